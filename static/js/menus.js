/* Menus are <details>: they open without script. This closes them like menus, one at a time, and turns them upward
   where there is no room below. A menu with data-menu fetches what may be done now when it is opened. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const open = () => document.querySelectorAll("details.menu[open]");

  document.addEventListener("click", (event) => {
    const inside = event.target.closest?.("details.menu");
    const chosen = event.target.closest?.(".menu-list a, .menu-list button:not([data-look])");
    for (const menu of open()) if (menu !== inside || chosen) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      const back = menu.contains(document.activeElement);
      menu.open = false;
      if (back) menu.querySelector("summary").focus();
      event.stopPropagation();
    }
  }, true);
  /* Menus of rows: the acts as they are now, and for those who walk the rows by key the first of them in focus. */
  function fill(menu) {
    const list = menu.querySelector(".menu-list");
    const byKey = document.activeElement === menu.querySelector("summary") && document.activeElement.matches(":focus-visible");
    return window.htmx.ajax("GET", menu.dataset.menu, { source: list, target: list, swap: "innerHTML" }).then(() => {
      place(menu);
      if (byKey && menu.open) list.querySelector("a, button")?.focus();
    });
  }

  flow.openMenu = (menu) => {
    if (menu.open) return Promise.resolve();
    return new Promise((resolve) => {
      menu.addEventListener("toggle", () => resolve(menu.filling), { once: true });
      menu.open = true;
    });
  };

  function place(menu) {
    menu.removeAttribute("data-up");
    const own = menu.querySelector(".menu-list");
    const list = own.getBoundingClientRect();
    const { top, bottom } = room(menu);
    if (list.bottom <= bottom - 8) return;
    if (menu.getBoundingClientRect().top - top > list.height + 8) menu.setAttribute("data-up", "");
    else if (menu.closest("[data-board], .wards")) own.scrollIntoView({ block: "nearest" });
  }

  /* What scrolls a row cuts its menu, too. */
  function room(menu) {
    let [top, bottom] = [0, innerHeight];
    for (let el = menu.parentElement; el; el = el.parentElement) {
      if (!/auto|scroll/.test(getComputedStyle(el).overflowY) || el.scrollHeight <= el.clientHeight) continue;
      const seen = el.getBoundingClientRect();
      [top, bottom] = [Math.max(top, seen.top), Math.min(bottom, seen.bottom)];
    }
    return { top, bottom };
  }

  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.("details.menu") || !menu.open) return;
    place(menu);
    if (menu.dataset.menu && document.documentElement.dataset.link !== "offline") menu.filling = fill(menu);
  }, true);
})();

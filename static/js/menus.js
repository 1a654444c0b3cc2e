/* Menus are <details>: they open without script. This closes them like menus, one at a time, and turns them upward
   where there is no room below. */
(() => {
  "use strict";
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
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.("details.menu") || !menu.open) return;
    menu.removeAttribute("data-up");
    const list = menu.querySelector(".menu-list").getBoundingClientRect();
    const above = menu.getBoundingClientRect().top;
    if (list.bottom > innerHeight - 8 && above > list.height + 8) menu.setAttribute("data-up", "");
  }, true);
})();

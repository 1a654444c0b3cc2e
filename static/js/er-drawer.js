/* A visit beside the board: the link of a row opens it in a drawer, and the board goes on beneath. The address says
   which one is open, so that reloading, going back and sending the address on do what they promise. Escape closes; the
   focus goes back to the row. On a narrow screen, and with a key for a new tab held down, the link leads to the page. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const drawer = document.querySelector("[data-drawer]");
  const board = document.querySelector("[data-board]");
  if (!drawer || !board) return;
  const OPENS = /\/er\/visits\/([0-9a-f-]{36})\/$/;
  const wide = matchMedia("(min-width: 901px)");
  let shown = "";
  let asked = 0;

  const address = (visit) => {
    const url = new URL(location.href);
    if (visit) url.searchParams.set("visit", visit);
    else url.searchParams.delete("visit");
    url.searchParams.delete("to");
    return url;
  };
  const wanted = () => new URLSearchParams(location.search).get("visit") || "";
  const row = (visit) => document.getElementById(`er-${visit}`);
  const mark = () => {
    for (const one of board.querySelectorAll("[data-shown]")) if (one.dataset.row !== shown) one.removeAttribute("data-shown");
    row(shown)?.setAttribute("data-shown", "");
  };

  async function show(visit) {
    const mine = (asked += 1);
    const page = drawer.dataset.of.replace("00000000-0000-0000-0000-000000000000", visit);
    let html = "";
    try {
      const answer = await fetch(page, { headers: { "HX-Request": "true" }, redirect: "error" });
      if (mine !== asked) return;
      /* Gone, or the session has ended: the page itself says what is the matter. */
      if (!answer.ok) return location.assign(page);
      html = await answer.text();
    } catch {
      if (mine !== asked) return;
      hide();
      history.replaceState(null, "", address(""));
      return flow.toast?.({ text: flow.say("act.offline"), tone: "late" });
    }
    if (mine !== asked) return;
    shown = visit;
    drawer.replaceChildren(flow.rows.build(html));
    drawer.setAttribute("aria-label", drawer.firstElementChild.dataset.title);
    drawer.hidden = false;
    drawer.scrollTop = 0;
    window.htmx.process(drawer);
    document.dispatchEvent(new CustomEvent("regions:changed"));
    mark();
    drawer.focus({ preventScroll: true });
    row(visit)?.scrollIntoView({ block: "nearest" });
  }

  function hide() {
    asked += 1;
    if (drawer.hidden) return;
    const inside = drawer.contains(document.activeElement) || document.activeElement === document.body;
    const back = row(shown)?.querySelector("[data-open]") || board;
    shown = "";
    drawer.hidden = true;
    drawer.replaceChildren();
    document.dispatchEvent(new CustomEvent("regions:changed"));
    mark();
    if (inside) back.focus({ preventScroll: true });
  }

  /* What was opened from here is closed by going back, so that going back once more leaves the board. */
  function close() {
    if (history.state?.drawer) return history.back();
    history.replaceState(null, "", address(""));
    hide();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-close-drawer]")) return close();
    const link = event.target.closest?.("a[href]");
    const visit = link && board.contains(link) && OPENS.exec(new URL(link.href).pathname)?.[1];
    if (!visit || !wide.matches || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (visit === shown) return drawer.focus({ preventScroll: true });
    if (drawer.hidden) history.pushState({ drawer: true }, "", address(visit));
    else history.replaceState(history.state, "", address(visit));
    show(visit);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || drawer.hidden || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    close();
  });
  addEventListener("popstate", () => {
    if (wanted() === shown) return;
    if (wanted()) show(wanted());
    else hide();
  });
  for (const name of ["live:applied", "live:settled"]) document.addEventListener(name, ({ detail }) => board.contains(detail.element) && mark());
  if (/^[0-9a-f-]{36}$/.test(wanted())) {
    if (wide.matches) show(wanted());
    else location.replace(drawer.dataset.of.replace("00000000-0000-0000-0000-000000000000", wanted()));
  }
})();

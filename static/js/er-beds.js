/* The map of beds: a chosen patient's beds are told and marked, and a patient may be dragged to a bed. Which beds suit
   is asked for whoever is chosen, and again after each change: the rows themselves only name the one that is offered.
   Dropping is the same act as the button: one POST through the page's one form. On a bed that is taken it changes two
   patients. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const page = document.querySelector("[data-bedpage]");
  if (!page) return;
  const NOBODY = "00000000-0000-0000-0000-000000000000";
  let picked = page.dataset.picked || "";
  let dragged = null;

  const beds = () => [...page.querySelectorAll(".bed")];
  const needs = () => [...page.querySelectorAll(".need")];
  const may = page.dataset.may !== undefined;
  const PAUSE = 150;
  let asked = 0;
  let timer = 0;

  function marks() {
    const row = needs().find((need) => need.dataset.row === picked);
    const told = row?.querySelector("[data-ids]")?.dataset.ids;
    const fits = (told ?? row?.dataset.offer ?? "").split(" ").filter(Boolean);
    for (const need of needs()) {
      const is = need === row;
      need.toggleAttribute("data-picked", is);
      need.draggable = may;
      need.querySelector("[data-fits]")?.setAttribute("aria-expanded", String(is));
      if (!is) need.querySelector("[data-own]")?.replaceChildren();
    }
    for (const bed of beds()) {
      const at = fits.indexOf(bed.dataset.row);
      if (at < 0) bed.removeAttribute("data-fit");
      else bed.dataset.fit = at ? "ok" : "best";
      bed.draggable = may && Boolean(bed.dataset.visit);
    }
  }

  /* All beds that suit whoever is chosen, put into their row. An answer that comes late is for nobody any more. */
  async function tell() {
    const row = needs().find((need) => need.dataset.row === picked);
    const url = row?.querySelector("[data-fits]")?.href;
    const turn = ++asked;
    if (!url || document.documentElement.dataset.link === "offline") return;
    let html = "";
    try {
      const answer = await fetch(url, { headers: { "HX-Request": "true" }, redirect: "error" });
      if (answer.ok) html = await answer.text();
    } catch {
      return; /* the link is down: the banner says so, and what is shown stays */
    }
    const place = row.querySelector("[data-own]");
    if (!html || turn !== asked || !place?.isConnected) return;
    if (place.firstElementChild) flow.rows.morph(place.firstElementChild, flow.rows.build(html));
    else place.append(flow.rows.build(html));
    window.htmx?.process(place);
    marks();
  }
  function soon() {
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE);
  }
  function pick(key) {
    if (key === picked) return;
    picked = key;
    marks();
    soon();
  }

  page.addEventListener("click", (event) => {
    const need = event.target.closest(".need");
    if (!need) return;
    const link = event.target.closest("[data-fits]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      return pick(need.dataset.row);
    }
    if (event.target.closest("a, button, summary")) return;
    pick(picked === need.dataset.row ? "" : need.dataset.row);
  });
  /* By key only: a list that opened or closed between the press and the release of a mouse would swallow the click. */
  page.addEventListener("focusin", (event) => {
    const need = event.target.closest(".need");
    if (need && event.target.matches(":focus-visible")) pick(need.dataset.row);
  });

  /* --- dragging ---------------------------------------------------------------------------------------------------- */
  const target = (event) => {
    const bed = event.target.closest?.(".bed");
    const free = bed && ["available", "reserved", "occupied"].includes(bed.dataset.state);
    return free && bed.dataset.visit !== dragged?.dataset.visit ? bed : null;
  };
  page.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-visit]");
    if (!dragged) return;
    event.dataTransfer.setData("text/plain", dragged.dataset.visit);
    event.dataTransfer.effectAllowed = "move";
    if (dragged.matches(".need")) pick(dragged.dataset.row);
  });
  page.addEventListener("dragover", (event) => {
    const bed = dragged && target(event);
    for (const each of beds()) each.toggleAttribute("data-over", each === bed);
    if (bed) event.preventDefault();
  });
  page.addEventListener("dragend", () => {
    dragged = null;
    for (const each of beds()) each.removeAttribute("data-over");
  });
  page.addEventListener("drop", (event) => {
    const bed = dragged && target(event);
    if (!bed) return;
    event.preventDefault();
    const swaps = bed.dataset.state === "occupied";
    if (swaps && dragged.matches(".need")) return flow.toast?.({ text: flow.say("er.taken", { bed: bed.querySelector(".bed-id").textContent }), tone: "late" });
    const url = (swaps ? page.dataset.swap : page.dataset.assign).replace(NOBODY, dragged.dataset.visit);
    press(dragged, url, swaps ? ["visit", bed.dataset.visit] : ["bed", bed.dataset.row]);
  });

  /* A button of the row itself, so that whatever guards its acts guards this one. */
  function press(row, url, [name, value]) {
    const button = Object.assign(document.createElement("button"), { type: "submit", hidden: true, name, value });
    button.setAttribute("form", "act");
    button.setAttribute("formaction", url);
    row.append(button);
    document.getElementById("act").requestSubmit(button);
    setTimeout(() => button.remove(), 60000);
  }

  for (const name of ["live:applied", "live:settled"]) {
    document.addEventListener(name, ({ detail }) => {
      if (!page.contains(detail.element)) return;
      marks();
      if (picked) soon();
    });
  }
  marks();
  if (picked) tell();
})();

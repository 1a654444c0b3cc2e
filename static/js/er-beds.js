/* The map of beds: a chosen patient's beds are marked, and a patient may be dragged to a bed. Dropping is the same act
   as the button: one POST through the page's one form. On a bed that is taken it changes two patients. */
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
  const may = Boolean(page.querySelector("button[form=act]")) || page.dataset.may !== undefined;

  function marks() {
    const row = needs().find((need) => need.dataset.row === picked);
    const fits = (row?.dataset.fits || "").split(" ").filter(Boolean);
    for (const need of needs()) {
      need.toggleAttribute("data-picked", need === row);
      need.draggable = true;
    }
    for (const bed of beds()) {
      const at = fits.indexOf(bed.dataset.row);
      if (at < 0) bed.removeAttribute("data-fit");
      else bed.dataset.fit = at ? "ok" : "best";
      bed.draggable = Boolean(bed.dataset.visit);
    }
  }

  page.addEventListener("click", (event) => {
    const need = event.target.closest(".need");
    if (!need || event.target.closest("a, button, summary")) return;
    picked = picked === need.dataset.row ? "" : need.dataset.row;
    marks();
  });
  page.addEventListener("focusin", (event) => {
    const need = event.target.closest(".need");
    if (!need || need.dataset.row === picked) return;
    picked = need.dataset.row;
    marks();
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
    if (dragged.matches(".need")) picked = dragged.dataset.row;
    marks();
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

  for (const name of ["live:applied", "live:settled"]) document.addEventListener(name, ({ detail }) => page.contains(detail.element) && marks());
  if (may) marks();
})();

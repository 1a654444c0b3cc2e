/* A visit's page: what may be done now follows what has happened, as the menus of the board do. */
(() => {
  "use strict";
  const list = document.querySelector("[data-visit-list]");
  const from = document.querySelector("[data-visit-acts]")?.dataset.visitActs;
  if (!list || !from) return;
  document.addEventListener("live:applied", ({ detail }) => {
    if (detail.region.startsWith("er-visit:")) window.htmx.ajax("GET", from, { source: list, target: list, swap: "innerHTML" });
  });
})();

/* Triage of many: levels are chosen row by row and set by one button. A key chooses and sets nothing: 1 and 2 choose in
   the row in focus, 0 takes the choice away, c leads to the button, Enter there sets. What one is refused for stands at
   the row; whoever got a level elsewhere meanwhile goes, and so does what was chosen for them. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const form = document.querySelector("form[data-quick]");
  if (!form) return;
  const button = document.getElementById("quick-do");
  const word = button.textContent;
  const rows = () => [...document.querySelectorAll(".quick[data-row]")];
  const radios = (row) => [...row.querySelectorAll("input[type=radio]")];
  const level = (row) => radios(row).find((one) => one.checked)?.value || "";

  function choose(row, value) {
    const radio = radios(row).find((one) => one.value === value);
    if (!radio) return false;
    radio.checked = true;
    changed(row);
    return true;
  }

  function refuse(row, why = "") {
    const place = row.querySelector("[data-refusal]");
    place.hidden = !why;
    place.lastElementChild.textContent = why;
  }

  function changed(row) {
    row.toggleAttribute("data-chosen", level(row) !== "");
    refuse(row);
    count();
  }

  function count() {
    const n = rows().filter((row) => level(row)).length;
    button.textContent = n ? button.dataset.set.replace("{n}", n) : word;
  }

  document.addEventListener("change", ({ target }) => {
    const row = target.closest?.(".quick[data-row]");
    if (!row) return;
    /* What is seen says the level, where none is chosen yet. */
    const says = target.matches("select") ? target.selectedOptions[0]?.dataset.level : "";
    if (says && !level(row)) choose(row, says);
    changed(row);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.documentElement.dataset.keys === "off") return;
    const row = event.target.closest?.(".quick[data-row]");
    if (!row || flow.typing(event.target) || !["0", "1", "2"].includes(event.key)) return;
    event.preventDefault();
    const said = event.key === "0" ? "" : event.key;
    if (choose(row, said)) flow.announce?.(row.querySelector(`input[value="${said}"]`).closest("label").textContent.trim());
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-command=quick-do]")) return;
    event.preventDefault();
    button.focus();
  });

  /* What came back: refusals to their rows; those whose row is gone are read above. */
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target.id !== "quick-told") return;
    for (const row of rows()) refuse(row);
    for (const one of detail.target.querySelectorAll("[data-refused]")) {
      const row = document.getElementById(`quick-${one.dataset.refused}`);
      if (row) refuse(row, one.querySelector("[data-why]").textContent);
    }
    const first = rows().find((row) => !row.querySelector("[data-refusal]").hidden);
    first?.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.elt !== form) return;
    if (detail.xhr.status === 204) document.getElementById("quick-told").replaceChildren();
    if (detail.xhr.status < 300 || detail.xhr.status === 422) {
      flow.rows.letGo(rows()[0]);
      if (document.documentElement.dataset.link !== "live") flow.fresh();
    }
  });

  for (const name of ["live:applied", "live:settled"]) document.addEventListener(name, count);
  for (const row of rows()) row.toggleAttribute("data-chosen", level(row) !== "");
  count();
})();

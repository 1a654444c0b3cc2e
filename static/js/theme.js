/* Light, dark or as the system; contrast; density; hidden names; keys on or off. The server writes the same
   attributes from the same cookie on the next page, this only shows a choice at once. */
(() => {
  "use strict";
  const root = document.documentElement;
  const flow = window.clinicflow;
  const groups = [["light", "dark"], ["contrast", "plain"], ["compact", "comfortable"], ["names"], ["nokeys"]];

  function attribute(name, value) {
    if (value) root.setAttribute(name, value);
    else root.removeAttribute(name);
  }

  function show() {
    const chosen = flow.look.words();
    const strong = chosen.has("contrast") || (!chosen.has("plain") && matchMedia("(prefers-contrast: more)").matches);
    attribute("data-bs-theme", chosen.has("dark") ? "dark" : chosen.has("light") ? "light" : "");
    attribute("data-contrast", strong ? "high" : "");
    attribute("data-density", chosen.has("compact") ? "compact" : chosen.has("comfortable") ? "comfortable" : "");
    attribute("data-names", chosen.has("names") ? "hidden" : "");
    attribute("data-keys", chosen.has("nokeys") ? "off" : "");
    for (const control of document.querySelectorAll("[data-look]")) {
      const word = control.dataset.look;
      const group = groups.find((g) => g.includes(word)) || (groups.find((g) => g.includes(control.dataset.lookGroup)) ?? []);
      const on = word ? chosen.has(word) : !group.some((w) => chosen.has(w));
      if (control.matches("input")) control.checked = on;
      else control.setAttribute("aria-pressed", String(on));
    }
  }

  /* `word` "" stands for the group's default: as the system wishes. A lone word is switched on and off. */
  function choose(word, of) {
    const chosen = flow.look.words();
    const group = groups.find((g) => g.includes(word || of)) || [];
    const had = chosen.has(word);
    group.forEach((w) => chosen.delete(w));
    if (word && !(had && group.length === 1)) chosen.add(word);
    flow.look.save(chosen);
    show();
  }

  document.addEventListener("click", (event) => {
    const control = event.target.closest?.("button[data-look]");
    if (control) choose(control.dataset.look, control.dataset.lookGroup);
  });
  document.addEventListener("change", (event) => {
    const control = event.target.closest?.("input[data-look]");
    if (control) choose(control.dataset.look, control.dataset.lookGroup);
  });
  matchMedia("(prefers-contrast: more)").addEventListener("change", show);
  show();
})();

/* Triage by keyboard: Enter in a field leads to the decision, 1 to 5 choose (static/js/commands.js), Enter confirms.
   Nothing is chosen by what is typed into a field. A level chosen by hand stays while the suggestion stays the same. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-triage]");
  if (!form) return;
  const decide = form.querySelector("[data-decide]");

  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input:not([type=submit])") || event.isComposing) return;
    if (event.target.matches("[role=combobox]")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.target.name === "level" || decide.contains(event.target)) return confirm();
    decide.focus({ preventScroll: false });
  });
  function confirm() {
    form.requestSubmit(decide.querySelector("button[type=submit]"));
  }

  form.addEventListener("change", (event) => {
    if (event.target.name !== "level") return;
    form.querySelector("[data-by-hand]").value = event.target.value;
    const other = event.target.hasAttribute("data-over") ? form.querySelector(".why-other input") : null;
    if (event.isTrusted && other && !other.value) setTimeout(() => other.focus({ preventScroll: false }), 0);
  }, true);

  /* A vital sign beyond its limit, or that is none, is marked at its field too, as the suggestion says it. */
  function marks() {
    const told = document.getElementById("suggestion")?.dataset || {};
    for (const sign of form.querySelectorAll("[data-sign]")) {
      const named = (list) => (list || "").split(" ").some((name) => name === sign.dataset.sign || (sign.dataset.sign === "bp" && /^[sd]bp$/.test(name)));
      sign.toggleAttribute("data-out", named(told.out));
      sign.toggleAttribute("data-wrong", named(told.wrong));
    }
  }
  document.addEventListener("htmx:afterSettle", marks);
  marks();

  form.addEventListener("submit", () => form.querySelector("button[type=submit][data-command]")?.setAttribute("aria-busy", "true"));
  addEventListener("pageshow", () => form.querySelector("[aria-busy]")?.removeAttribute("aria-busy"));
  /* What was refused for want of a word asks for it; else the vital signs come first. */
  const asked = decide.querySelector(".field:has(.form-error) input");
  (asked || form.querySelector("[name=hr]"))?.focus({ preventScroll: !asked });
})();

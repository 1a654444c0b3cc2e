/* A combobox with a listbox (ARIA 1.2): the arrow keys choose, Enter takes, Escape closes. The options come from the
   server by htmx (`hx-get` on the input, into the listbox) or from another script; what is taken is told by a
   `combo:choose` event on the input. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const boxOf = (input) => document.getElementById(input.getAttribute("aria-controls"));
  const options = (box) => [...box.querySelectorAll("[role=option]")].filter((one) => !one.hidden);

  function mark(input, option) {
    const box = boxOf(input);
    for (const one of options(box)) one.setAttribute("aria-selected", String(one === option));
    if (option) {
      option.id ||= `${box.id}-${options(box).indexOf(option)}`;
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function expand(input) {
    const box = boxOf(input);
    const some = options(box).length > 0;
    box.hidden = !some;
    input.setAttribute("aria-expanded", String(some));
    mark(input, input.dataset.comboFirst === undefined ? null : options(box)[0]);
  }

  function close(input) {
    boxOf(input).hidden = true;
    input.setAttribute("aria-expanded", "false");
    mark(input, null);
  }

  function choose(input, option) {
    input.dispatchEvent(new CustomEvent("combo:choose", { bubbles: true, detail: { option } }));
  }

  document.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!input.matches?.("[role=combobox]") || event.isComposing) return;
    const box = boxOf(input);
    const list = options(box);
    const at = list.findIndex((one) => one.getAttribute("aria-selected") === "true");
    const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? list.length - 1 : at - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      if (box.hidden) return expand(input);
      mark(input, list[Math.min(Math.max(to, 0), list.length - 1)]);
    } else if (event.key === "Enter" && at >= 0 && !box.hidden) {
      event.preventDefault();
      choose(input, list[at]);
    } else if (event.key === "Escape" && !box.hidden && !input.closest("dialog")) {
      event.preventDefault();
      close(input);
    }
  });
  document.addEventListener("click", (event) => {
    const option = event.target.closest?.("[role=option]");
    const box = option?.closest("[role=listbox]");
    const input = box && document.querySelector(`[role=combobox][aria-controls="${CSS.escape(box.id)}"]`);
    if (input) {
      choose(input, option);
      return;
    }
    if (event.target.matches?.("[role=combobox][aria-expanded=false]")) expand(event.target); /* what was found is still there */
    for (const other of document.querySelectorAll("[role=combobox][aria-expanded=true]")) {
      if (other !== event.target && !other.closest("dialog")) close(other);
    }
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const box = detail.target?.closest?.("[role=listbox]");
    const input = box && document.querySelector(`[role=combobox][aria-controls="${CSS.escape(box.id)}"]`);
    if (input && (document.activeElement === input || box.querySelector("[data-force]"))) expand(input);
  });
  flow.combo = { expand, close, mark };
})();

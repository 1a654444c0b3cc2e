/* Ctrl or ⌘ K: commands of this page, and patients from the server, in one list. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const input = dialog.querySelector("[role=combobox]");
  const list = dialog.querySelector("[data-commands]");
  const shape = document.getElementById("option-shape");

  function fits(label, text) {
    const words = label.toLocaleLowerCase();
    return text.toLocaleLowerCase().split(/\s+/).every((part) => words.includes(part));
  }

  function fill() {
    const text = input.value.trim();
    const found = flow.commands().filter((one) => fits(one.label, text));
    list.replaceChildren(...found.map((one) => {
      const option = shape.content.firstElementChild.cloneNode(true);
      option.querySelector("[data-label]").textContent = one.label;
      if (one.icon) option.prepend(one.icon.cloneNode(true));
      option.append(...flow.kbd(one.key));
      option.command = one.el;
      return option;
    }));
    list.closest(".group").hidden = !found.length;
    flow.combo.expand(input);
  }

  function open() {
    if (dialog.open || document.querySelector("dialog[open]")) return;
    input.value = "";
    dialog.showModal();
    dialog.querySelector("[data-patients]")?.replaceChildren();
    fill();
    input.focus();
  }

  input.addEventListener("input", fill);
  input.addEventListener("combo:choose", ({ detail }) => {
    dialog.close();
    const { option } = detail;
    if (option.command) flow.run(option.command);
    else if (!flow.jump?.(option.dataset.here, option.dataset.hereOn) && option.dataset.href) location.assign(option.dataset.href);
  });
  document.addEventListener("palette:open", open);
  document.addEventListener("click", (event) => event.target.closest?.("[data-palette]") && open());
})();

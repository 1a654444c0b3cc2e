/* One registry: whatever on the page carries data-command may be done by key, by palette and by pointer, and only
   what the server has put on the page, so rights need no second list.
     <button data-command="call-next" data-key="c" data-label="Call next">      data-key="g r" is one key after another */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const AFTER = 1500;
  const INTERACTIVE = "a, button, summary, input, select, textarea, [role=option]";
  let first = "";
  let firstTimer = 0;

  flow.commands = () => {
    const known = new Map();
    for (const el of document.querySelectorAll("[data-command]")) {
      if (known.has(el.dataset.command) || el.disabled || el.getAttribute("aria-disabled") === "true") continue;
      if (!flow.seen(el) && el.dataset.hiddenCommand === undefined) continue;
      const label = el.dataset.label || el.getAttribute("aria-label") || el.textContent.trim().replace(/\s+/g, " ");
      known.set(el.dataset.command, { id: el.dataset.command, el, label, key: el.dataset.key || "", icon: el.querySelector("svg.icon") });
    }
    return [...known.values()];
  };

  flow.run = (el) => {
    if (el.matches("input, textarea, select")) {
      el.focus();
      el.select?.();
    } else if (el.dataset.opens) flow.open(el.dataset.opens);
    else el.click();
  };

  /* Rows: j and k walk through those in sight, Enter opens the row's own link. */
  function step(by) {
    const rows = [...document.querySelectorAll("main [data-row]:not([data-plain-row], .away-h)")].filter(flow.seen);
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (!row) return;
    row.tabIndex = -1;
    row.focus({ focusVisible: true });
    row.scrollIntoView({ block: "nearest" });
  }

  /* Acts of the row in focus: the help dialog names their keys, the row's menu knows whether they are possible now. */
  const rowKeys = () => new Map([...document.querySelectorAll("[data-row-key]")].map((el) => [el.dataset.rowKey, el.dataset.of]));

  function ofRow(key) {
    const name = rowKeys().get(key);
    const menu = name && document.activeElement?.closest?.("[data-row], .now, [data-drawer]")?.querySelector("details[data-menu]");
    if (!menu) return false;
    flow.openMenu(menu).then(() => menu.querySelector(`[data-row-command="${name}"]`)?.click());
    return true;
  }

  function press(key) {
    const pair = first ? `${first} ${key}` : key;
    first = "";
    if (ofRow(pair)) return true;
    const command = flow.commands().find((one) => one.key === pair);
    if (command) return flow.run(command.el), true;
    if (pair === "j" || pair === "k") return step(pair === "j" ? 1 : -1), true;
    if (flow.commands().some((one) => one.key.startsWith(`${key} `))) {
      first = key;
      clearTimeout(firstTimer);
      firstTimer = setTimeout(() => (first = ""), AFTER);
      return true;
    }
    return false;
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return document.dispatchEvent(new CustomEvent("palette:open"));
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (document.documentElement.dataset.keys === "off" || flow.typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter") {
      const row = event.target.closest?.("[data-row]");
      const open = row?.querySelector("[data-open]") || [...(row?.querySelectorAll("a, summary") || [])].find((el) => !el.closest(".menu-list"));
      if (row && event.target === row) return open?.click();
      if (event.target.closest?.(INTERACTIVE)) return;
    }
    if (event.key.length > 1 && event.key !== "Enter") return;
    if (press(event.key.length === 1 ? event.key.toLowerCase() : event.key)) event.preventDefault();
  });

  /* The help dialog lists what stands on this page, from the same registry. */
  function listKeys(list) {
    const keyed = flow.commands().filter((one) => one.key);
    list.replaceChildren(...keyed.map(({ key, label }) => {
      const item = Object.assign(document.createElement("li"), { className: "line" });
      const words = Object.assign(document.createElement("span"), { className: "grow", textContent: label });
      item.append(words, ...flow.kbd(key));
      return item;
    }));
  }

  flow.kbd = (keys) => keys.split(" ").filter(Boolean).map((key) => Object.assign(document.createElement("kbd"), { textContent: key === "Enter" ? "⏎" : key.toUpperCase() }));

  flow.open = (id) => {
    const dialog = document.getElementById(id);
    const list = dialog?.querySelector("[data-keys-list]");
    if (list) listKeys(list);
    dialog?.showModal();
  };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-opens]");
    if (opener) {
      event.preventDefault();
      flow.open(opener.dataset.opens);
    }
    if (event.target.matches?.("dialog")) event.target.close("");
  });
})();

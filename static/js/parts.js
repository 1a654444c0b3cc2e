/* A page of several lines: a line that is added or goes while the page is open appears and goes without a reload.
   A region with data-parts-from lists the lines there are; what stands in [data-parts] follows it, piece by piece, from
   the same page asked for anew. What is typed, open or pinned on this device stays. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const from = document.querySelector("[data-parts-from]");
  const box = document.querySelector("[data-parts]");
  if (!from || !box) return;

  const listed = () => [...from.querySelectorAll("[data-row]")].map((row) => row.dataset.row);
  const parts = () => [...box.children].filter((part) => part.dataset.part);
  const differs = () => [...listed()].sort().join() !== parts().map((part) => part.dataset.part).sort().join();
  let asked = 0;

  async function follow() {
    if (!differs() || asked > 3) return;
    asked += 1;
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = [...page.querySelectorAll("[data-parts] > [data-part]")];
    const keep = new Map(parts().map((part) => [part.dataset.part, part]));
    const wanted = fresh.map((part) => keep.get(part.dataset.part) || document.importNode(part, true));
    for (const part of parts()) if (!wanted.includes(part)) part.remove();
    wanted.forEach((part, n) => {
      const here = parts()[n];
      if (here !== part) box.insertBefore(part, here || null);
      if (!keep.has(part.dataset.part)) window.htmx?.process(part);
    });
    choices(page);
    document.dispatchEvent(new CustomEvent("regions:changed"));
  }

  /* The walk-in's choice of lines follows too; what was chosen stays chosen. */
  function choices(page) {
    const mine = document.querySelector(".line-pick");
    const theirs = page.querySelector(".line-pick");
    if (!mine || !theirs) return;
    const chosen = mine.querySelector(":checked")?.value;
    mine.replaceChildren(...[...theirs.children].map((label) => document.importNode(label, true)));
    for (const radio of mine.querySelectorAll("input")) radio.checked = radio.value === chosen;
    hints();
  }

  /* What joining means now stands in the chips; the walk-in shows it beside each line. */
  function hints() {
    for (const chip of from.querySelectorAll("[data-row]")) {
      const words = document.querySelector(`[data-hint-of="${CSS.escape(chip.dataset.row)}"]`);
      const hint = chip.querySelector(".hint")?.textContent.trim();
      if (words && hint && words.textContent !== hint) words.textContent = hint;
    }
  }

  for (const name of ["live:applied", "live:settled"]) {
    document.addEventListener(name, ({ detail }) => {
      if (detail.element !== from) return;
      hints();
      asked = 0;
      follow();
    });
  }
  hints();
  follow();

  /* Pinned lines stand in front: a word in this device's cookie, read by the server too. */
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button?.dataset.pin) return;
    const part = box.querySelector(`[data-part="${CSS.escape(button.dataset.pin)}"]`);
    const pinned = !part.hasAttribute("data-pinned");
    part.toggleAttribute("data-pinned", pinned);
    button.value = pinned ? "0" : "1";
    button.querySelector("[data-pinned]").hidden = !pinned;
    button.querySelector("[data-unpinned]").hidden = pinned;
    const order = listed();
    const place = (one) => (one.hasAttribute("data-pinned") ? 0 : 1000) + order.indexOf(one.dataset.part);
    parts().sort((a, b) => place(a) - place(b)).forEach((one) => box.append(one));
    part.scrollIntoView({ inline: "nearest", block: "nearest" });
  });

  from.addEventListener("click", (event) => {
    const chip = event.target.closest("a.pill");
    const part = chip && document.querySelector(chip.getAttribute("href"));
    if (!part) return;
    event.preventDefault();
    part.scrollIntoView({ inline: "start", block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    part.querySelector("summary, a, button")?.focus({ preventScroll: true });
  });
  flow.parts = { follow };
})();

/* What just happened, with Undo. A `toast` event (HX-Trigger) carries {text, undo, link, label, tone}; eight seconds,
   which stand still while the pointer or the focus is in it. Undo is an ordinary act through the page's one form. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const LIFE = 8000;
  const STEP = 100;
  const MOST = 3;
  const place = document.getElementById("toasts");
  const shape = document.getElementById("toast-shape");
  if (!place) return;

  function dismiss(toast) {
    clearInterval(toast.ticking);
    if (toast.contains(document.activeElement)) document.getElementById("main")?.focus({ preventScroll: true });
    toast.remove();
  }

  function run(toast) {
    const bar = toast.querySelector("progress");
    let left = LIFE;
    toast.ticking = setInterval(() => {
      if (toast.matches(":hover") || toast.contains(document.activeElement)) return;
      left -= STEP;
      if (bar) bar.value = left / 1000;
      if (left <= 0) dismiss(toast);
    }, STEP);
  }

  function show({ text, undo = "", link = "", label = "", tone = "" }) {
    if (!text || !shape) return;
    const toast = shape.content.firstElementChild.cloneNode(true);
    toast.querySelector("[data-text]").textContent = text;
    if (tone) toast.dataset.tone = tone;
    for (const icon of toast.querySelectorAll("[data-icon]")) icon.hidden = (icon.dataset.icon === "late") !== (tone === "late");
    const button = toast.querySelector("[data-undo]");
    if (undo) button.formAction = undo;
    else button.remove();
    const open = toast.querySelector("[data-link]");
    if (link) Object.assign(open, { href: link, textContent: label });
    else open.remove();
    /* "u" is for the newest only. */
    for (const older of place.querySelectorAll("[data-command=undo]")) older.removeAttribute("data-command");
    while (place.children.length >= MOST) dismiss(place.firstElementChild);
    place.append(toast);
    flow.announce(text);
    run(toast);
  }

  document.addEventListener("toast", (event) => show(event.detail));
  place.addEventListener("click", (event) => {
    const toast = event.target.closest(".toast-c");
    if (toast && event.target.closest("[data-close]")) dismiss(toast);
    if (toast && event.target.closest("[data-undo]")) setTimeout(dismiss, 0, toast);
  });
  place.addEventListener("keydown", (event) => {
    const toast = event.target.closest(".toast-c");
    if (toast && event.key === "Escape") dismiss(toast);
  });
  /* Those the server wrote into the page (no JavaScript on the way here) live as long. */
  for (const toast of place.querySelectorAll(".toast-c")) run(toast);
  flow.toast = show;
})();

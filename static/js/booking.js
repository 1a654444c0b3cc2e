/* Small help on the booking pages, which work without it: a kind of visit is shown as soon as it is chosen, whoever's
   clock differs from the clinic's is told so, a second press of a button does not send the form twice, and the field
   that is wrong has the cursor, a page that only says something goes on by itself, and a booking's page follows its live
   parts. */
(() => {
  "use strict";
  const flow = window.clinicflow;

  for (const form of document.querySelectorAll("form[data-goes]")) {
    form.querySelector("[data-go]")?.setAttribute("hidden", "");
    form.addEventListener("change", () => form.requestSubmit());
  }

  const zone = flow.meta("time-zone");
  const note = document.querySelector("[data-own-zone]");
  if (note && zone) {
    const shown = (timeZone) => new Intl.DateTimeFormat("en-GB", { dateStyle: "short", timeStyle: "short", timeZone }).format(flow.now());
    if (shown(zone) !== shown(undefined)) note.hidden = false;
  }

  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") return;
    if (event.target.dataset.sent) return event.preventDefault();
    event.target.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const busy of form.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
    }
  });

  const on = document.querySelector("a[data-goes-on]");
  if (on) {
    const later = () => setTimeout(() => on.click(), Number(on.dataset.goesOn) * 1000 + 400);
    let timer = later();
    document.addEventListener("input", () => {
      clearTimeout(timer);
      timer = later();
    });
  }

  /* A booking's page: what stands around its live parts is there while the booking is in one of these states. */
  const state = () => document.querySelector("[data-booking]")?.dataset.booking || "";
  let before = state();
  function follow() {
    if (document.querySelector("[data-elsewhere]")) return location.reload(); /* the server knows where to */
    if (state() === before) return;
    before = state();
    for (const el of document.querySelectorAll("[data-while]")) el.hidden = !el.dataset.while.split(" ").includes(before);
    flow.announce(document.querySelector("[data-booking]")?.dataset.said);
  }
  if (before) {
    document.addEventListener("live:applied", follow);
    document.addEventListener("live:settled", follow);
    document.addEventListener("live:ended", () => location.reload());
  }

  document.querySelector('[aria-invalid="true"]')?.focus();
  document.querySelector(".days [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
})();

/* What the passing of time shows. The server sends stamps, never "12 min": this ticks them by the server's clock.
     <time data-since="ISO">           minutes since then (data-zero: words for less than one); with data-target="30" amber from 80 %, red from 100 %
     <time data-until="ISO">           minutes until then
     data-from-show="ISO", data-until-hide="ISO"   on anything: shown from then on, or until then
     <time data-clock>                 the time of day; data-clock="date" the date beside it */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const WARN = 0.8;

  function minutes(ms, zero = "") {
    const whole = Math.max(0, Math.floor(ms / 60000));
    if (!whole && zero) return zero;
    if (whole < 100) return flow.say("time.minutes", { n: whole });
    return flow.say("time.hours", { h: Math.floor(whole / 60), m: String(whole % 60).padStart(2, "0") });
  }

  function due(el, passed) {
    const target = Number(el.dataset.target);
    if (!target) return;
    const state = passed >= target * 60000 ? "late" : passed >= target * 60000 * WARN ? "warn" : "";
    if ((el.dataset.due || "") === state) return;
    if (state) el.dataset.due = state;
    else delete el.dataset.due;
    document.dispatchEvent(new CustomEvent("ticks:due", { detail: { element: el, state } }));
  }

  function put(el, text) {
    if (el.textContent !== text) el.textContent = text;
  }

  function tick(within) {
    const now = flow.now();
    for (const el of within.querySelectorAll("time[data-since]")) {
      const passed = now - Date.parse(el.dataset.since);
      if (!Number.isFinite(passed)) continue;
      due(el, passed);
      const late = el.dataset.due === "late" ? flow.say("time.late") : "";
      const words = el.querySelector(".vh");
      put(el.firstChild?.nodeType === 3 ? el.firstChild : el.insertBefore(document.createTextNode(""), el.firstChild), minutes(passed, el.dataset.zero));
      if (late && !words) el.append(Object.assign(document.createElement("span"), { className: "vh", textContent: late }));
      if (!late) words?.remove();
    }
    for (const el of within.querySelectorAll("time[data-until]")) {
      const left = Date.parse(el.dataset.until) - now;
      if (Number.isFinite(left)) put(el, minutes(left + 59999));
    }
    for (const el of within.querySelectorAll("[data-from-show]")) el.hidden = now < Date.parse(el.dataset.fromShow);
    for (const el of within.querySelectorAll("[data-until-hide]")) el.hidden = now >= Date.parse(el.dataset.untilHide);
    const zone = flow.meta("time-zone") || undefined;
    for (const el of within.querySelectorAll("time[data-clock]")) {
      const text =
        el.dataset.clock === "date"
          ? new Intl.DateTimeFormat(document.documentElement.lang || "en", { weekday: "long", day: "numeric", month: "long", timeZone: zone }).format(new Date(now))
          : flow.clock(now);
      put(el, text);
    }
  }

  document.addEventListener("live:applied", ({ detail }) => tick(detail.element));
  document.addEventListener("live:settled", ({ detail }) => tick(detail.element));
  document.addEventListener("htmx:afterSettle", ({ detail }) => tick(detail.elt || document));
  document.addEventListener("visibilitychange", () => tick(document));
  /* Every five seconds: a minute turns at another moment in every row. */
  setInterval(() => tick(document), 5000);
  tick(document);
})();

/* The board of an emergency department: what passes with time, and the filters. The server sends stamps; bars, "late"
   and "due" are ticked here by its clock. A filter only hides: it never reorders, and what it shows follows the rows. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const board = document.querySelector("[data-board]");
  if (!board) return;
  const MINUTE = 60000;
  const WARN = 0.8;
  const SHOWS = { "": () => true, late: (row) => row.hasAttribute("data-late"), mine: (row) => row.hasAttribute("data-mine"), nobed: (row) => row.hasAttribute("data-nobed"), provider: (row) => row.hasAttribute("data-waits-for-provider"), redue: (row) => row.hasAttribute("data-redue"), boards: (row) => row.hasAttribute("data-boards") };
  const own = board.dataset.ownId;
  const rows = () => [...board.querySelectorAll("tr[data-row]:not(.group)")];

  function mark(el, name, value) {
    if (value === false || value === "") el.removeAttribute(name);
    else if (el.getAttribute(name) !== String(value)) el.setAttribute(name, value === true ? "" : value);
  }
  const put = (el, text) => el.textContent === text || (el.textContent = text);
  const span = (ms) => {
    const whole = Math.max(0, Math.floor(ms / MINUTE));
    return whole < 100 ? flow.say("time.minutes", { n: whole }) : flow.say("time.hours", { h: Math.floor(whole / 60), m: String(whole % 60).padStart(2, "0") });
  };

  /* How much of the time to a provider has passed; past it, by how much. */
  function target(row, now) {
    const el = row.querySelector(".tgt[data-began]");
    if (!el) return;
    const passed = now - Date.parse(el.dataset.began);
    const limit = Number(el.dataset.limit) * MINUTE;
    const late = passed > limit;
    const due = late ? "late" : passed >= limit * WARN ? "warn" : "";
    if (due && due !== (el.dataset.due || "")) document.dispatchEvent(new CustomEvent("ticks:due", { detail: { element: el, state: due } }));
    mark(el, "data-due", due);
    mark(row, "data-late", late);
    const bar = el.querySelector("progress");
    bar.value = late ? bar.max : Math.max(0, passed / MINUTE);
    put(el.querySelector("[data-said]"), late ? flow.say("er.over", { n: span(passed - limit) }) : flow.say("er.of", { n: Math.max(0, Math.floor(passed / MINUTE)), of: el.dataset.limit }));
  }

  function reassess(row, now) {
    const el = row.querySelector("[data-due-at]");
    const left = el ? Date.parse(el.dataset.dueAt) - now : NaN;
    mark(row, "data-redue", left <= 0);
    if (!el) return;
    mark(el, "data-due", left <= 0 ? "late" : left <= 5 * MINUTE ? "warn" : "");
    put(el, left <= 0 ? flow.say("er.late", { n: span(-left) }) : flow.say("er.in", { n: span(left + MINUTE - 1) }));
  }

  function tick() {
    const now = flow.now();
    for (const row of rows()) {
      target(row, now);
      reassess(row, now);
      mark(row, "data-mine", Boolean(own) && (row.dataset.team || "").split(" ").includes(own));
    }
    count();
  }

  /* --- filters ----------------------------------------------------------------------------------------------------- */
  const pills = [...document.querySelectorAll("[data-shows] [data-show]")];

  function count() {
    const all = rows();
    for (const pill of pills) put(pill.querySelector("[data-n]"), String(all.filter(SHOWS[pill.dataset.show]).length));
    const shows = SHOWS[board.dataset.showing || ""] || SHOWS[""];
    const groups = new Set(all.filter(shows).map((row) => row.dataset.group));
    for (const group of board.querySelectorAll("tr.group")) mark(group, "data-empty", !groups.has(group.dataset.group));
    const none = board.querySelector(".nobody-shown");
    if (none) none.hidden = !all.length || groups.size > 0;
  }

  function show(name) {
    board.dataset.showing = name;
    for (const pill of pills) mark(pill, "aria-current", pill.dataset.show === name ? "true" : "");
    count();
  }

  document.addEventListener("click", (event) => {
    const pill = event.target.closest?.("[data-show]");
    if (!pill || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(pill.dataset.show);
    const address = new URL(location.href);
    if (pill.dataset.show) address.searchParams.set("show", pill.dataset.show);
    else address.searchParams.delete("show");
    history.replaceState(history.state, "", address);
  });

  const within = ({ detail }) => board.contains(detail.element) && tick();
  document.addEventListener("live:applied", within);
  document.addEventListener("live:settled", within);
  document.addEventListener("visibilitychange", tick);
  setInterval(tick, 5000);
  tick();
  if (pills.length) show(board.dataset.showing);
})();

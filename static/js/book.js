/* The book: a booking is dragged to another time (the sheet's "Move" does the same by keyboard), choosers of times follow
   the line, kind and day, and what depends on the hour shows itself. Without this script everything is a page. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const STEP = 5;
  const TICK = 15000;
  const sheet = document.querySelector("[data-book]");
  document.documentElement.classList.add("has-script");

  /* --- drag to move ------------------------------------------------------------------------------------------------ */
  let dragged = null;
  let grip = 0;
  const mark = Object.assign(document.createElement("div"), { className: "book-drop", hidden: true });
  const words = (minute) => `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

  /* The time under the pointer, where the booking's upper edge would be. */
  function minuteAt(track, y) {
    const box = track.getBoundingClientRect();
    const first = Number(sheet.dataset.from) * 60;
    const last = Number(sheet.dataset.to) * 60;
    const minute = first + ((y - grip - box.top) / box.height) * (last - first);
    return Math.min(last - STEP, Math.max(first, Math.round(minute / STEP) * STEP));
  }

  function place(el, track, minute) {
    const first = Number(sheet.dataset.from) * 60;
    const share = (minute - first) / (Number(sheet.dataset.to) * 60 - first);
    el.style.setProperty("inset-block-start", `${share * 100}%`);
  }

  function endDrag() {
    dragged?.removeAttribute("data-dragged");
    dragged = null;
    mark.hidden = true;
    mark.remove();
  }

  sheet?.addEventListener("dragstart", (event) => {
    const block = event.target.closest?.("[data-move]");
    if (!block) return;
    dragged = block;
    grip = event.clientY - block.getBoundingClientRect().top;
    block.setAttribute("data-dragged", "");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", block.dataset.row);
  });
  sheet?.addEventListener("dragover", (event) => {
    const track = dragged && event.target.closest?.(".book-track");
    if (!track || track.closest("[data-past]")) return;
    event.preventDefault();
    const minute = minuteAt(track, event.clientY);
    if (mark.parentElement !== track) track.append(mark);
    mark.hidden = false;
    mark.textContent = words(minute);
    place(mark, track, minute);
  });
  sheet?.addEventListener("drop", (event) => {
    const track = dragged && event.target.closest?.(".book-track");
    if (!track) return;
    event.preventDefault();
    const column = track.closest(".book-col");
    const values = { queue: column.dataset.queue, day: column.dataset.day, minute: minuteAt(track, event.clientY) };
    const url = dragged.dataset.move;
    flow.rows?.letGo(dragged);
    endDrag();
    if (document.documentElement.dataset.link === "offline") return flow.toast?.({ text: flow.say("act.offline"), tone: "late" });
    window.htmx.ajax("POST", url, { source: sheet, swap: "none", values });
  });
  sheet?.addEventListener("dragend", endDrag);

  /* --- what depends on the hour ------------------------------------------------------------------------------------ */
  const line = Object.assign(document.createElement("div"), { className: "book-now" });

  function minuteNow() {
    const zone = flow.meta("time-zone") || undefined;
    const parts = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).formatToParts(new Date(flow.now()));
    const read = (type) => Number(parts.find((part) => part.type === type).value);
    return read("hour") * 60 + read("minute");
  }

  function tick() {
    const now = flow.now();
    for (const el of document.querySelectorAll("[data-shows-from]")) el.hidden = now < Date.parse(el.dataset.showsFrom) + 60000;
    const track = sheet?.querySelector("[data-today] .book-track");
    const minute = minuteNow();
    const drawn = track && minute >= Number(sheet.dataset.from) * 60 && minute <= Number(sheet.dataset.to) * 60;
    if (!drawn) return line.remove();
    for (const each of sheet.querySelectorAll("[data-today] .book-track")) {
      const mine = each.querySelector(":scope > .book-now") || each.appendChild(line.cloneNode());
      place(mine, each, minute);
    }
  }

  for (const name of ["live:applied", "live:settled", "visibilitychange"]) document.addEventListener(name, tick);
  setInterval(tick, TICK);
  tick();
  /* The page opens where the day is. */
  const nowLine = sheet?.querySelector(".book-now");
  if (nowLine && getComputedStyle(nowLine).display !== "none") sheet.scrollTop = Math.max(0, nowLine.offsetTop - 120);

  /* --- choosers ------------------------------------------------------------------------------------------------------ */
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-goes]") && form.checkValidity()) return form.requestSubmit();
    const follows = form?.dataset.times && (event.target.matches("[data-when]") || event.target.name === "day");
    if (!follows) return;
    const given = new FormData(form);
    const query = new URLSearchParams(["queue", "type", "day", "at"].map((name) => [name, given.get(name) || ""]));
    const target = form.querySelector("#times");
    const name = event.target.name;
    window.htmx.ajax("GET", `${form.dataset.times}?${query}`, { source: target, target, swap: "innerHTML" }).then(() => {
      if (name === "day") target.querySelector("[name=day]:checked")?.focus();
    });
  });

  /* The sheet of a booking closes when one of its acts is done. */
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const asked = document.getElementById("asked");
    const wrote = detail.requestConfig?.verb === "post" && detail.xhr.status < 300;
    if (wrote && asked?.open && asked.querySelector("[data-sheet]")) asked.close("");
  });
})();

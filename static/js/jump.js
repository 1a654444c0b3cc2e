/* Jumps to a person wherever they wait on this page: the row comes into sight, is marked, and takes the focus.
   The look-up's options name the visit (data-here) and the screen that shows it (data-here-on: the emergency board; else
   the desk); where the page has no such row, that screen is opened with ?to=<visit>, which does the same there. Who may
   not open that screen (the body has no address of it) is sent nowhere: the answer is false. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const PLACES = ["wait", "now", "seat", "away", "er"];
  const MARKED = 4000;
  /* Only a visit's id: the ED log, its measures and the diary have a last day of the same name in their addresses. */
  const VISIT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
  const asked = new URLSearchParams(location.search).get("to") || "";
  const to = VISIT.test(asked) ? asked : "";

  flow.jump = (visit, screen = "reception") => {
    if (!visit) return false;
    const found = PLACES.map((place) => document.getElementById(`${place}-${visit}`)).find(Boolean);
    if (!found) return go(visit, document.body.dataset[screen]);
    /* A filter of the board may hide the row. */
    if (!flow.seen(found)) document.querySelector("[data-shows] [data-show='']")?.click();
    found.scrollIntoView({ block: "center", inline: "center" });
    found.tabIndex = -1;
    found.focus({ preventScroll: true });
    found.setAttribute("data-found", "");
    setTimeout(() => found.removeAttribute("data-found"), MARKED);
    return true;
  };

  /* Not twice to the same place: who has left meanwhile is on no row there. */
  function go(visit, address) {
    if (!address || (location.pathname === address && (address !== document.body.dataset.er || to === visit))) return false;
    location.assign(`${address}?to=${visit}`);
    return true;
  }

  if (to) flow.jump(to, location.pathname === document.body.dataset.er ? "er" : undefined);
})();

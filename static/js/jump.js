/* Jumps to a person wherever they wait on this page: the row comes into sight, is marked, and takes the focus.
   The look-up's options name the visit (data-here); ?to=<visit> in the address does the same when the page opens. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const PLACES = ["wait", "now", "seat", "away"];
  const MARKED = 4000;

  flow.jump = (visit) => {
    if (!visit) return false;
    const found = PLACES.map((place) => document.getElementById(`${place}-${visit}`)).find(Boolean);
    const reception = document.body.dataset.reception;
    if (!found && reception && location.pathname !== reception) return location.assign(`${reception}?to=${visit}`), true;
    if (!found) return false;
    found.scrollIntoView({ block: "center", inline: "center" });
    found.tabIndex = -1;
    found.focus({ preventScroll: true });
    found.setAttribute("data-found", "");
    setTimeout(() => found.removeAttribute("data-found"), MARKED);
    return true;
  };

  const to = new URLSearchParams(location.search).get("to");
  if (to) flow.jump(to);
})();

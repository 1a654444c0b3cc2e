/* The identity guard: an act on a patient's row of a board, or in the drawer beside it, whose data are older than 10 s asks whether it is still this
   patient. While the link is live but quiet, the board first asks the server once: if nothing has changed, nobody is
   asked anything. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const dialog = document.getElementById("er-guard");
  if (!dialog) return;
  const OLD = 10000;
  const PATIENCE = 1500;
  let asking = null;
  let passed = null;

  /* The row of an act; in a drawer (data-guard="one") everything is about the one who is shown there. */
  function rowOf(el) {
    const place = el instanceof Element ? el.closest("[data-guard]") : null;
    return place?.dataset.guard === "one" ? place.querySelector("[data-who]") : (place && el.closest("[data-row][data-who]"));
  }
  const old = () => flow.age() > OLD;
  const face = (row) => row && `${row.dataset.who}\n${row.dataset.about}`;

  /* Stops what was pressed and does it again once it is sure; `again` presses it. */
  function guard(event, el, again) {
    const row = rowOf(el);
    if (!row || passed === el || !old()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const before = face(row);
    const go = () => {
      passed = el;
      again();
      passed = null;
    };
    if (document.documentElement.dataset.link !== "live") return ask(row, el, go);
    const slow = new Promise((resolve) => setTimeout(resolve, PATIENCE, false));
    Promise.race([flow.fresh(), slow]).then((is) => {
      const now = el.isConnected ? rowOf(el) : null;
      if (is && now && face(now) === before) go();
      else ask(now || row, el, go);
    });
  }

  function ask(row, el, go) {
    asking = go;
    dialog.querySelector("[data-guard-who]").textContent = row.dataset.who;
    dialog.querySelector("[data-guard-about]").textContent = row.dataset.about;
    dialog.querySelector("[data-guard-do]").textContent = flow.say("er.guard", { act: (el.firstChild?.textContent || el.textContent).trim() });
    dialog.returnValue = "";
    dialog.showModal();
  }
  dialog.addEventListener("close", () => {
    const go = asking;
    asking = null;
    if (dialog.returnValue === "do") go?.();
    if (dialog.returnValue === "refresh") location.reload();
  });

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.target.id === "act" && button) guard(event, button, () => event.target.requestSubmit(button));
  }, true);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-dialog]");
    if (link && !event.ctrlKey && !event.metaKey) guard(event, link, () => link.click());
  }, true);
})();

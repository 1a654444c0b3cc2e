/* The patient's phone: the page's title says the place, and a call is felt and heard. The page itself is the server's
   and works without this. */
(() => {
  "use strict";
  const place = () => document.querySelector("[data-place]");
  const title = document.title;
  let before = place()?.dataset.place || "";

  function show() {
    const now = place();
    document.title = now?.dataset.title ? `${now.dataset.title} · ${title}` : title;
    const state = now?.dataset.place || "";
    if (state === before) return;
    before = state;
    if (now?.dataset.say) window.clinicflow.announce(now.dataset.say);
    if (state === "called") {
      navigator.vibrate?.([300, 150, 300]);
      document.querySelector("audio[data-chime]")?.play().catch(() => {});
    } else if (state === "next") navigator.vibrate?.(200);
  }

  document.addEventListener("live:applied", show);
  document.addEventListener("live:settled", show);
  document.addEventListener("live:ended", () => location.reload());
  show();
})();

/* The patient's phone: the page's title says the place, and a call is felt and heard. The page itself is the server's
   and works without this. "Tell me when I am next" is the touch that browsers want before they make a sound or show
   a notice of the system; nothing is kept. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const place = () => document.querySelector("[data-place]");
  const title = document.title;
  const chime = document.querySelector("audio[data-chime]");
  let before = place()?.dataset.place || "";
  let asked = false;
  let lock = null;

  const ring = () => {
    if (chime) chime.currentTime = 0;
    return chime?.play().catch(() => {});
  };

  function tell(text) {
    flow.announce(text);
    if (!asked || !text) return;
    try {
      if (document.hidden && !flow.pushed && window.Notification?.permission === "granted") new Notification(text, { tag: "place" });
    } catch {
      /* some phones show notices only for installed pages: the sound has to do */
    }
  }

  async function stayOn() {
    if (!asked || document.hidden || (lock && !lock.released)) return;
    lock = await navigator.wakeLock?.request("screen").catch(() => null);
  }

  function show() {
    const now = place();
    document.title = now?.dataset.title ? `${now.dataset.title} · ${title}` : title;
    label();
    const state = now?.dataset.place || "";
    if (state === before) return;
    before = state;
    tell(now?.dataset.said || "");
    if (state === "called") {
      navigator.vibrate?.([300, 150, 300]);
      ring();
    } else if (state === "next") {
      navigator.vibrate?.(200);
      if (asked) ring();
    }
  }

  function label() {
    const button = document.querySelector("[data-tell]");
    if (!button || !asked || button.disabled) return;
    button.disabled = true;
    button.lastChild.textContent = flow.say("status.told");
  }

  document.addEventListener("click", async (event) => {
    if (!event.target.closest?.("[data-tell]")) return;
    asked = true;
    label();
    ring();
    stayOn();
    if (window.Notification?.permission === "default") await Notification.requestPermission().catch(() => {});
  });
  document.addEventListener("visibilitychange", stayOn);
  document.addEventListener("live:applied", show);
  document.addEventListener("live:settled", show);
  document.addEventListener("live:ended", () => location.reload());
  show();
})();

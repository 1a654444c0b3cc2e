/* "Notices on this phone": the page offers them where the clinic sends any and this browser takes any; else it says
   nothing of them. Whether this very browser is told already is known by the digest of its own address, so that
   nothing has to be kept here. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const box = document.querySelector("[data-push]");
  const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window && window.isSecureContext;
  if (!box || !able) return;
  const { key, on, off, worker, scope } = box.dataset;
  const known = new Set(box.dataset.known.split(" "));
  const buttons = { on: box.querySelector("[data-push-on]"), off: box.querySelector("[data-push-off]") };

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer || []))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  async function digest(endpoint) {
    const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
    return [...new Uint8Array(sum)].map((one) => one.toString(16).padStart(2, "0")).join("");
  }

  function show(state, focus) {
    for (const said of box.querySelectorAll("[data-push-say]")) said.hidden = said.dataset.pushSay !== state;
    const told = state === "on";
    flow.pushed = told; /* static/js/status.js shows no notice of its own then */
    const [shown, gone] = told ? [buttons.off, buttons.on] : [buttons.on, buttons.off];
    gone.hidden = true;
    shown.hidden = state === "denied";
    if (focus && !shown.hidden) shown.focus();
    box.hidden = false;
  }

  const registered = () => navigator.serviceWorker.getRegistration(scope);

  async function started() {
    const made = await navigator.serviceWorker.register(worker, { scope, updateViaCache: "none" });
    const next = made.installing || made.waiting;
    if (!made.active && next) {
      await new Promise((done) => {
        next.addEventListener("statechange", () => next.state === "activated" && done());
        if (next.state === "activated") done();
      });
    }
    return made;
  }

  async function subscribed(made) {
    const old = await made.pushManager.getSubscription();
    if (old && text(old.options?.applicationServerKey) === key) return old;
    await old?.unsubscribe(); /* made for another key: nobody can send to it */
    return made.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  }

  async function tell(url, fields) {
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
    if (!answer.ok) throw new Error(String(answer.status));
  }

  async function turnOn() {
    if ((await Notification.requestPermission()) !== "granted") return show("denied");
    const one = await subscribed(await started());
    await tell(on, { endpoint: one.endpoint, p256dh: text(one.getKey("p256dh")), auth: text(one.getKey("auth")) });
    known.add(await digest(one.endpoint));
    show("on", true);
  }

  async function turnOff() {
    const one = await (await registered())?.pushManager.getSubscription();
    if (one) await tell(off, { endpoint: one.endpoint }); /* other visits of this clinic may go on being told */
    if (one) known.delete(await digest(one.endpoint));
    show("off", true);
  }

  async function press(button, act) {
    button.disabled = true;
    await act().catch(() => show("failed"));
    button.disabled = false;
    flow.announce(box.querySelector("[data-push-say]:not([hidden])")?.textContent);
  }

  async function look() {
    if (Notification.permission === "denied") return show("denied");
    const one = await (await registered())?.pushManager.getSubscription();
    show(one && Notification.permission === "granted" && known.has(await digest(one.endpoint)) ? "on" : "off");
  }

  buttons.on.addEventListener("click", () => press(buttons.on, turnOn));
  buttons.off.addEventListener("click", () => press(buttons.off, turnOff));
  look().catch(() => {});
})();

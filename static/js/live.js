/* The page's side of the live protocol: one socket, one `watch` message (recovery is the same as start-up), frames
   into their regions, and an honest link state on <html data-link>: live, reconnecting, polling, offline.
   Socket address: <meta name="live-url">; plain refresh: <meta name="live-refresh">. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const root = document.documentElement;
  const BANNER = 3000;
  const FALL_BACK = 5000;
  const POLL = 15000;
  const SILENCE = 22000; /* a heartbeat (15 s) is missing: the socket is dead, whatever it says */
  const ENDED = [4401, 4404]; /* signed out, link no longer valid */
  const tally = (window.clinicflowLive = { frames: 0, lastSeq: 0, state: "reconnecting" });

  const url = flow.meta("live-url");
  const refreshUrl = flow.meta("live-refresh");
  let socket = null;
  let tries = 0;
  let downSince = performance.now();
  let heardAt = flow.now();
  const timers = {};
  let ended = false;
  let watched = [];

  const regions = () => [...document.querySelectorAll("[data-region]")];
  const names = () => [...new Set(regions().map((el) => el.dataset.region))].sort();
  const named = (name) => document.querySelectorAll(`[data-region="${CSS.escape(name)}"]`);
  const after = (name, ms, run) => (clearTimeout(timers[name]), (timers[name] = setTimeout(run, ms)));

  function link(state) {
    const before = tally.state;
    tally.state = state;
    root.dataset.link = state;
    root.toggleAttribute("data-link-banner", state === "offline" || (state === "reconnecting" && performance.now() - downSince >= BANNER));
    show();
    if (before === state) return;
    if (state === "offline" || state === "polling" || before === "offline") flow.announce(flow.say(`link.said.${state}`));
    document.dispatchEvent(new CustomEvent("live:link", { detail: { state, before } }));
  }

  /* The words beside the dot, and the banner with the time of the last data. */
  function show() {
    const put = (name, text) => document.querySelectorAll(`[${name}]`).forEach((el) => el.textContent === text || (el.textContent = text));
    const ago = Math.max(0, Math.round((flow.now() - heardAt) / 1000));
    put("data-link-word", flow.say(`link.${tally.state}`));
    put("data-link-ago", flow.say("link.ago", { n: ago }));
    put("data-link-time", flow.clock(heardAt, true));
  }

  /* --- frames ---------------------------------------------------------------------------------------------------- */
  function take(frame) {
    if (frame.error) return refused(frame);
    tally.frames += 1;
    tally.lastSeq = Math.max(tally.lastSeq, frame.seq || 0);
    for (const el of named(frame.region)) {
      if (el.dataset.digest === frame.digest) continue;
      const fits = frame.html !== undefined || frame.base === undefined || frame.base === el.dataset.digest;
      const counts = fits && flow.rows.apply(el, frame);
      if (!counts) {
        rewatch(el);
        continue;
      }
      el.dataset.digest = frame.digest;
      el.dataset.seq = frame.seq;
      document.dispatchEvent(new CustomEvent("live:applied", { detail: { region: frame.region, frame, element: el, counts } }));
    }
  }

  /* Rights were taken away while the page was open: what it showed goes with them. */
  function refused({ region, error }) {
    if (error.code !== "access.denied") return;
    for (const el of named(region)) el.replaceChildren();
  }

  /* A heartbeat carries the digests the server believes we show: what differs is asked for anew. */
  function compare(digests) {
    for (const [name, digest] of Object.entries(digests)) for (const el of named(name)) if (el.dataset.digest !== digest) rewatch(el);
  }

  /* Asks for the whole region, all that were noticed together in one message. */
  let again = new Set();
  function rewatch(el) {
    el.dataset.digest = "";
    if (!again.size) setTimeout(() => (watch([...again]), again.clear()), 0);
    again.add(el);
  }

  const send = (message) => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));

  function watch(elements) {
    send({ watch: Object.fromEntries(elements.map((el) => [el.dataset.region, el.dataset.digest || ""])), lang: root.lang });
  }

  function watchAll() {
    const now = names();
    const left = watched.filter((name) => !now.includes(name));
    if (left.length && tally.state === "live") send({ unwatch: left });
    watched = now;
    watch(regions());
  }

  function read(text) {
    const message = JSON.parse(text);
    heardAt = flow.now();
    if (message.at) flow.setNow(message.at);
    for (const frame of message.frames || [message]) if (frame.region) take(frame);
    if (message.digests) compare(message.digests);
    if (tally.state !== "live" && socket?.readyState === WebSocket.OPEN) link("live");
    after("silence", SILENCE, drop);
  }

  /* --- the socket ------------------------------------------------------------------------------------------------ */
  function open() {
    if (!url || ended || (socket && socket.readyState <= WebSocket.OPEN)) return;
    const address = new URL(url, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const mine = (socket = new WebSocket(address));
    mine.onopen = () => {
      tries = 0;
      watchAll();
      link("live");
      heardAt = flow.now();
      clearTimeout(timers.poll);
      after("silence", SILENCE, drop);
    };
    mine.onmessage = (event) => mine === socket && read(event.data);
    mine.onclose = (event) => mine === socket && closed(event.code);
  }

  /* A dead network never answers the closing handshake, so nobody waits for it. */
  function drop() {
    const old = socket;
    closed(0);
    old?.close();
  }

  function closed(code) {
    socket = null;
    clearTimeout(timers.silence);
    if (ENDED.includes(code)) return finish();
    if (tally.state === "live") {
      downSince = performance.now();
      link("reconnecting");
      after("banner", BANNER, () => tally.state === "reconnecting" && link("reconnecting"));
      after("poll", FALL_BACK, poll);
    }
    retry();
  }

  function retry() {
    const most = Math.min(10000, 500 * 2 ** tries);
    tries += 1;
    after("retry", 500 + Math.random() * (most - 500 + 250), open);
  }

  /* The session ended: nothing here is live any more, and nothing may be sent. The next page asks for sign-in. */
  function finish() {
    ended = true;
    Object.values(timers).forEach(clearTimeout);
    root.toggleAttribute("data-link-ended", true);
    link("offline");
    document.dispatchEvent(new CustomEvent("live:ended"));
  }

  /* --- no socket: plain GET every 15 s --------------------------------------------------------------------------- */
  async function poll() {
    if (ended || tally.state === "live") return;
    after("poll", POLL, poll);
    if (!(await refresh()) && tally.state !== "live") link("offline");
  }

  async function refresh() {
    if (!refreshUrl) return false;
    const query = new URLSearchParams(regions().flatMap((el) => [["r", el.dataset.region], ["d", el.dataset.digest || ""]]));
    try {
      const answer = await fetch(`${refreshUrl}?${query}`, { headers: { "HX-Request": "true" }, redirect: "error" });
      if ([401, 403, 404].includes(answer.status)) return finish(), true;
      if (!answer.ok) return false;
      const message = await answer.json();
      if (message.at) flow.setNow(message.at);
      message.frames.forEach(take);
      heardAt = flow.now();
      if (tally.state !== "live") link("polling");
      return true;
    } catch {
      return false;
    }
  }

  flow.age = () => flow.now() - heardAt; /* of what the page shows */
  flow.fresh = refresh;

  addEventListener("offline", drop);
  addEventListener("online", open);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-refresh]");
    if (!button) return;
    event.preventDefault();
    tries = 0;
    open();
    if (!(await refresh())) link(tally.state === "live" ? "live" : "offline");
  });
  /* A fragment may have brought or taken regions. */
  document.addEventListener("htmx:afterSettle", () => names().join() !== watched.join() && watchAll());
  document.addEventListener("regions:changed", watchAll);
  document.addEventListener("live:settled", ({ detail }) => detail.counts || rewatch(detail.element));

  if (!url && !refreshUrl) return;
  root.dataset.link = "reconnecting";
  show();
  setInterval(show, 1000);
  after("banner", BANNER, () => tally.state === "reconnecting" && link("reconnecting"));
  after("poll", FALL_BACK, poll);
  open();
})();

/* The waiting room's screen. Every call of the page (`[data-call]`) is announced once, one after another: its card
   stands in front for at least fifteen seconds, a chime, then the sentence twice in each language. "Sound off" is shown
   until sound has really been played once. Many lines or rooms take turns, page by page. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const { announcer, isSilent, pages } = flow.calls;
  const PAGE = 10000;
  const LISTS = [["#lines", ":scope > article", 6], [".tv-serving", ":scope > li", 6]];
  const narrow = matchMedia("(max-width: 900px)");
  const body = document.body;
  const button = document.querySelector("[data-sound]");
  const heading = document.querySelector("[data-pages]");
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const state = (window.clinicflowDisplay = { said: [], muted: false, page: 0 });
  const now = () => document.getElementById("now");
  const cardOf = (key) => document.querySelector(`#now [data-call="${CSS.escape(key)}"]`);
  let stays = null; /* the card of somebody who went in before everybody could read it */

  /* --- sound ------------------------------------------------------------------------------------------------------ */
  function silence() {
    const board = now();
    if (!board || board.dataset.speaks !== "yes") return "none";
    if (isSilent(flow.clock(flow.now()), board.dataset.silentFrom, board.dataset.silentUntil)) return "silent";
    return state.muted ? "muted" : "";
  }

  function label() {
    const key = silence() || (flow.sound.heard ? "on" : "off");
    body.dataset.voice = key;
    const text = flow.say(`sound.${key}`, { time: now()?.dataset.silentUntil || "" });
    const word = button?.querySelector("[data-sound-word]");
    if (word && word.textContent !== text) word.textContent = text;
    button?.setAttribute("aria-pressed", String(key === "on"));
  }

  async function press() {
    if (flow.sound.heard) {
      state.muted = !state.muted;
      if (state.muted) flow.sound.stop();
    } else if (!silence() && !told.state.running) await flow.sound.ring({ kind: "trial" });
    label();
  }

  /* --- calls ------------------------------------------------------------------------------------------------------ */
  const isBack = (item) => Boolean(document.querySelector(`#now [data-back="${CSS.escape(item.token)}"]`));

  function front(item) {
    for (const card of document.querySelectorAll("#now [data-call]")) card.toggleAttribute("data-shown", card.dataset.call === item?.key);
  }

  /* Whoever went in early: the caption stays for those who could not read so fast. A call taken back goes at once. */
  function keep() {
    const item = told.state.current;
    const board = now();
    board?.querySelector("[data-stays]")?.remove();
    if (!item?.call || !board) return;
    const card = cardOf(item.key);
    if (card) stays = card.cloneNode(true);
    else if (stays?.dataset.call === item.key && !isBack(item) && !document.querySelector(`#now [data-token="${CSS.escape(item.token)}"]`)) {
      stays.removeAttribute("data-new");
      stays.removeAttribute("id");
      stays.dataset.stays = "";
      stays.dataset.shown = "";
      board.prepend(stays);
    }
  }

  const told = announcer({
    wait,
    stands: (item) => (item.call ? Boolean(cardOf(item.key)) : isBack(item)),
    show(item) {
      state.current = item.key;
      front(item);
      const card = item.call && cardOf(item.key);
      if (card) {
        card.setAttribute("data-new", "");
        keep();
      }
    },
    ring: async (item) => !silence() && flow.sound.ring({ key: item.key }),
    say: async (sentence, item) => !silence() && flow.sound.say(sentence, { key: item.key }),
    done(item) {
      state.said.push(item.key);
      state.current = "";
      if (item.call) state.tokens.add(item.token);
      now()?.querySelector("[data-stays]")?.remove();
      stays = null;
      front(null);
    },
  });
  state.tokens = new Set(); /* what has been announced here: only that is taken back aloud */
  state.told = told;

  const says = (el) => [...el.querySelectorAll("[data-say]")].map((said) => ({ text: said.dataset.say, language: said.lang, clips: el.dataset.clips }));

  function look(first = false) {
    for (const card of [...document.querySelectorAll("#now [data-call]:not([data-stays])")].reverse()) {
      const { call: key, token } = card.dataset;
      if (first) told.know(key);
      else told.add({ key, token, call: true, says: says(card) });
    }
    for (const back of document.querySelectorAll("#now [data-back]")) {
      const key = `${back.id}-${back.dataset.untilHide}`;
      const known = state.tokens.has(back.dataset.back) || told.state.current?.token === back.dataset.back;
      if (first || !known) told.know(key);
      else told.add({ key, token: back.dataset.back, says: says(back), times: 1, caption: 0 });
    }
    front(told.state.current);
    keep();
  }

  /* --- lists that take turns --------------------------------------------------------------------------------------- */
  function turn(step = 0) {
    state.page = Math.max(0, state.page + step);
    let most = 1;
    for (const [list, rows, size] of LISTS) {
      const all = [...(document.querySelector(list)?.querySelectorAll(rows) || [])];
      const { number, has } = pages(all.length, narrow.matches ? all.length || 1 : size); /* a phone scrolls */
      most = Math.max(most, number);
      all.forEach((row, at) => row.toggleAttribute("data-off", !has(state.page, at)));
    }
    state.page %= most;
    if (!heading) return;
    heading.hidden = most === 1;
    heading.textContent = `${state.page + 1} / ${most}`;
  }
  let turning = setInterval(() => turn(1), PAGE);
  function turnBy(step) {
    clearInterval(turning);
    turning = setInterval(() => turn(1), PAGE);
    turn(step < 0 && state.page === 0 ? 0 : step);
  }

  /* --- a television ------------------------------------------------------------------------------------------------ */
  let idle = 0;
  function awake() {
    delete body.dataset.idle;
    clearTimeout(idle);
    idle = setTimeout(() => (body.dataset.idle = ""), 3000);
  }
  const isFull = () => Boolean(document.fullscreenElement) || matchMedia("(display-mode: fullscreen)").matches;
  function full() {
    if (isFull()) document.exitFullscreen?.();
    else document.documentElement.requestFullscreen?.().catch(() => {});
  }
  const showFull = () => document.querySelector("[data-full]")?.toggleAttribute("hidden", isFull() || !document.fullscreenEnabled);

  let lock = null;
  async function stayOn() {
    if (document.visibilityState !== "visible" || (lock && !lock.released)) return;
    lock = await navigator.wakeLock?.request("screen").catch(() => null);
  }

  /* Once a night, when nobody is called and the server answers, the page loads itself again: new words, new styles. */
  const born = Date.now();
  async function nightly() {
    const hour = Number(flow.clock(flow.now()).slice(0, 2));
    if (hour !== 3 || Date.now() - born < 6 * 3600 * 1000 || told.state.running) return;
    try {
      if ((await fetch(location.href, { method: "HEAD" })).ok) location.reload();
    } catch {
      /* no connection now: asked again in a minute */
    }
  }

  /* The desk has changed the screen: its name is put in place, another language of the page is loaded. */
  function follow() {
    const board = now();
    const name = document.querySelector("[data-name-of]");
    if (name && board && name.textContent !== board.dataset.name) name.textContent = board.dataset.name;
    if (board?.dataset.lang && board.dataset.lang !== document.documentElement.lang && Date.now() - born > 3000) location.reload();
  }

  function applied() {
    look();
    turn();
    follow();
    label();
  }

  document.addEventListener("live:applied", applied);
  document.addEventListener("live:settled", () => turn());
  /* Switched off by the desk: nothing stays on the wall; the screen asks for a new pairing. */
  document.addEventListener("live:ended", () => location.replace("/d/"));
  document.addEventListener("sound:state", label);
  button?.addEventListener("click", press);
  document.querySelector("[data-full]")?.addEventListener("click", full);
  document.addEventListener("fullscreenchange", showFull);
  document.addEventListener("visibilitychange", stayOn);
  for (const name of ["pointermove", "pointerdown"]) document.addEventListener(name, awake);
  document.addEventListener("keydown", (event) => {
    awake();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "f" || event.key === "F") full();
    else if (event.key === "ArrowRight" || event.key === "PageDown") turnBy(1);
    else if (event.key === "ArrowLeft" || event.key === "PageUp") turnBy(-1);
    else if ((event.key === "Enter" || event.key === "m" || event.key === "M") && !event.target.closest("button")) press();
  });
  setInterval(() => (label(), nightly(), stayOn()), 20000);
  flow.sound.wake().then(label);
  stayOn();
  awake();
  showFull();
  label();
  look(true);
  turn();
})();

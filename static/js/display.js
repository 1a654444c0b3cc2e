/* The waiting room's voice. Every call of the page (`[data-call]`) is announced once, one after another: its card stands
   in front for at least fifteen seconds, a chime, then the sentence twice in each language. "Sound off" is shown
   until sound has really been heard by this browser once. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const CAPTION = 15000;
  const UTTERANCE = 12000; /* some voices never say that they have ended */
  const page = document.body;
  const button = document.querySelector("[data-sound]");
  const chime = document.querySelector("audio[data-chime]");
  const known = new Set();
  const queue = [];
  const state = (window.clinicflowDisplay = { said: [], speaking: false, heard: false, muted: false });
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  function label() {
    const key = !state.heard ? "off" : state.muted ? "muted" : "on";
    page.dataset.voice = key;
    if (!button) return;
    button.querySelector("[data-sound-word]").textContent = flow.say(`sound.${key}`);
    button.setAttribute("aria-pressed", String(key === "on"));
  }

  /* Resolves true only when the chime has been played to its end, aloud. */
  async function ring() {
    if (!chime || state.muted) return false;
    chime.currentTime = 0;
    try {
      await chime.play();
    } catch {
      return false; /* the browser wants a touch first */
    }
    const ended = await Promise.race([new Promise((done) => chime.addEventListener("ended", () => done(true), { once: true })), wait(5000)]);
    if (ended && !chime.muted && !state.heard) {
      state.heard = true;
      label();
    }
    return Boolean(ended);
  }

  const voiceFor = (language) =>
    window.speechSynthesis?.getVoices().find((voice) => voice.lang.toLowerCase().replace("_", "-").split("-")[0] === language.toLowerCase().split("-")[0]);

  function say(text, language) {
    const voice = voiceFor(language);
    if (!voice || state.muted) return Promise.resolve(false);
    const words = new SpeechSynthesisUtterance(text);
    words.voice = voice;
    words.lang = voice.lang;
    words.rate = 0.9;
    const ended = new Promise((done) => {
      words.onend = () => done(true);
      words.onerror = () => done(false);
    });
    window.speechSynthesis.speak(words);
    return Promise.race([ended, wait(UTTERANCE).then(() => window.speechSynthesis.cancel())]);
  }

  function front(key) {
    for (const card of document.querySelectorAll("[data-call]")) card.toggleAttribute("data-shown", card.dataset.call === key);
  }

  async function announce(call) {
    const until = wait(CAPTION);
    state.current = call.key;
    front(call.key);
    document.querySelector(`[data-call="${CSS.escape(call.key)}"]`)?.setAttribute("data-new", "");
    if (await ring()) {
      for (const { text, language } of call.says) {
        await say(text, language);
        await say(text, language);
      }
    }
    state.said.push(call.key);
    await until;
  }

  async function work() {
    if (state.speaking) return;
    state.speaking = true;
    while (queue.length) {
      const call = queue.shift();
      /* Already in the room, or taken back: nobody has to be called any more. */
      if (document.querySelector(`[data-call="${CSS.escape(call.key)}"]`)) await announce(call);
    }
    state.speaking = false;
    state.current = "";
    front("");
  }

  function look(first = false) {
    const cards = [...document.querySelectorAll("[data-call]")].reverse();
    for (const card of cards) {
      if (known.has(card.dataset.call)) continue;
      known.add(card.dataset.call);
      const says = [...card.querySelectorAll("[data-say]")].map((el) => ({ text: el.dataset.say, language: el.lang }));
      if (!first) queue.push({ key: card.dataset.call, says });
    }
    if (state.current) front(state.current);
    work();
  }

  document.addEventListener("live:applied", () => look());
  /* Switched off by the desk: nothing stays on the wall; the screen asks for a new pairing. */
  document.addEventListener("live:ended", () => location.replace("/d/"));
  button?.addEventListener("click", async () => {
    if (state.heard) {
      state.muted = !state.muted;
      if (state.muted) window.speechSynthesis?.cancel();
    } else if (!state.speaking) await ring();
    label();
  });
  window.speechSynthesis?.getVoices(); /* makes the browser load them before the first call */
  label();
  look(true);
})();

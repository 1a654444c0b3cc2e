/* Sound of the waiting room: the chime, and sentences in a voice of the device or put together from shipped clips.
   One thing at a time. `heard` is true only after something has really been played to its end, aloud.
   Says what it does: events sound:began and sound:ended on the document, sound:state when `heard` changes. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const { plan } = flow.calls;
  const AWAKE = 400; /* how long a context may take to resume */
  const LATE = 2000; /* after the time it should take, a sound has not been played */
  const SPOKEN = 15000; /* some voices never say that they have ended */
  const BREATH = 0.04;
  const Context = window.AudioContext || window.webkitAudioContext;
  const source = document.getElementById("speech");
  const files = new Map([...(source?.content.children || [])].map((el) => [el.dataset.lang, el.dataset.src]));
  const kept = new Map();
  const mute = new Set(); /* languages whose voice of the device has failed */
  const sound = (flow.sound = { heard: false });
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const short = (language) => language.toLowerCase().replace("_", "-").split("-")[0];
  let context = null;
  let last = Promise.resolve();

  function tell(name, detail) {
    document.dispatchEvent(new CustomEvent(`sound:${name}`, { detail }));
  }

  function heard(now) {
    if (sound.heard === now) return;
    sound.heard = now;
    tell("state", { heard: now });
  }

  /* True if the context runs. Browsers let it only after a touch, and take it back when another app takes the speakers. */
  sound.wake = async () => {
    if (!Context) return false;
    if (!context) {
      context = new Context();
      context.onstatechange = () => context.state === "running" || heard(false);
    }
    if (context.state !== "running") await Promise.race([context.resume().catch(() => {}), wait(AWAKE)]);
    return context.state === "running";
  };

  function load(url, read) {
    if (!kept.has(url)) {
      const got = fetch(url).then((answer) => (answer.ok ? read(answer) : Promise.reject(answer.status)));
      kept.set(url, got);
      got.catch(() => kept.delete(url)); /* tried again at the next call */
    }
    return kept.get(url);
  }
  const decoded = (url) => load(url, async (answer) => context.decodeAudioData(await answer.arrayBuffer()));
  const index = () => load(source.dataset.index, (answer) => answer.json());

  /* Plays parts of a buffer one after the other: true when the last has ended. */
  async function play(buffer, parts, what) {
    if (!parts.length || !(await sound.wake())) return false;
    let at = context.currentTime + 0.03;
    let node = null;
    const began = at;
    for (const { offset, length } of parts) {
      node = context.createBufferSource();
      node.buffer = buffer;
      node.connect(context.destination);
      node.start(at, offset, length);
      at += length + BREATH;
    }
    tell("began", { ...what, at: began });
    const ended = new Promise((done) => (node.onended = () => done(true)));
    const whole = await Promise.race([ended, wait((at - began) * 1000 + LATE).then(() => false)]);
    const really = whole && context.state === "running" && context.currentTime > began;
    tell("ended", { ...what, at: context.currentTime, really });
    if (really) heard(true);
    return really;
  }

  /* A voice on the device itself is taken before one that needs the network. */
  function voiceFor(language) {
    if (mute.has(short(language))) return null;
    const voices = (window.speechSynthesis?.getVoices() || []).filter((voice) => short(voice.lang) === short(language));
    return voices.find((voice) => voice.localService) || voices[0] || null;
  }

  async function speak(text, language, what) {
    const voice = voiceFor(language);
    if (!voice) return false;
    const words = new SpeechSynthesisUtterance(text);
    Object.assign(words, { voice, lang: voice.lang, rate: 0.9 });
    const ended = new Promise((done) => {
      words.onend = () => done(true);
      words.onerror = () => done(false);
    });
    const began = new Promise((done) => (words.onstart = () => done(true)));
    tell("began", { ...what, voice: voice.name });
    window.speechSynthesis.speak(words);
    const started = await Promise.race([began, ended, wait(LATE).then(() => false)]);
    const said = started && (await Promise.race([ended, wait(SPOKEN).then(() => false)]));
    if (!said) {
      window.speechSynthesis.cancel();
      mute.add(short(language)); /* the shipped clips from now on */
    }
    tell("ended", { ...what, voice: voice.name, really: said });
    return said;
  }

  const next = (run) => (last = last.then(run, run));

  sound.ring = (what = {}) =>
    next(async () => {
      if (!(await sound.wake())) return false;
      const buffer = await decoded(source.dataset.chime).catch(() => null);
      return buffer ? play(buffer, [{ offset: 0, length: buffer.duration }], { kind: "chime", ...what }) : false;
    });

  sound.say = ({ text, language, clips }, what = {}) =>
    next(async () => {
      const told = { kind: "sentence", language, ...what };
      if (await speak(text, language, told)) return true;
      const url = files.get(short(language));
      if (!url || !(await sound.wake())) return false;
      const [buffer, where] = await Promise.all([decoded(url), index()]).catch(() => []);
      return buffer ? play(buffer, plan(clips, where?.[short(language)]), told) : false;
    });

  sound.stop = () => window.speechSynthesis?.cancel();
  window.speechSynthesis?.getVoices(); /* makes the browser load them before the first call */
})();

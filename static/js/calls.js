/* How calls are told one after another, and when the screen is silent: no page and no sound in here. */
(() => {
  "use strict";
  const CAPTION = 15000;
  const TIMES = 2;

  /* "21:00" to "07:00" crosses midnight; from the first minute to before the last. Empty ends: never silent. */
  function isSilent(clock, from, until) {
    if (!from || !until || from === until) return false;
    return from < until ? from <= clock && clock < until : clock >= from || clock < until;
  }

  /* How many pages a list of so many takes, and which of its rows stand on one of them: evenly filled, 7 of 6 are 4 + 3. */
  function pages(count, most) {
    const number = Math.max(1, Math.ceil(count / most));
    const size = Math.ceil(count / number);
    return { number, has: (page, at) => number === 1 || Math.floor(at / size) === page % number };
  }

  /* What is to be played of a sentence: each clip with its place in the language's file. A clip that is missing is left out. */
  function plan(clips, index) {
    return clips.split(" ").filter((name) => index?.[name]).map((name) => ({ name, offset: index[name][0], length: index[name][1] }));
  }

  /* Tells one after another, each to its end. `tools`: now(), wait(ms), stands(item), show(item), ring() → heard,
     say(sentence, item) → said, done(item). `stands`: it is still a call. */
  function announcer(tools) {
    const queue = [];
    const known = new Set();
    const state = { current: null, told: [], running: false };

    async function tell(item) {
      const shown = tools.wait(item.caption ?? CAPTION);
      state.current = item;
      tools.show(item);
      if (await tools.ring(item)) {
        for (const sentence of item.says) {
          for (let time = 0; time < (item.times ?? TIMES); time += 1) if (tools.stands(item)) await tools.say(sentence, item);
        }
      }
      state.told.push(item.key);
      await shown;
      state.current = null;
      tools.done(item);
    }

    async function work() {
      if (state.running) return;
      state.running = true;
      while (queue.length) {
        const item = queue.shift();
        if (tools.stands(item)) await tell(item); /* in the room already, or taken back: nobody has to be called */
      }
      state.running = false;
    }

    return {
      state,
      waiting: () => queue.length,
      know: (key) => known.add(key),
      /* Once for each key, however often it is seen. */
      add(item) {
        if (known.has(item.key)) return false;
        known.add(item.key);
        queue.push(item);
        work();
        return true;
      },
    };
  }

  const made = { isSilent, pages, plan, announcer };
  if (typeof module === "undefined") window.clinicflow.calls = made;
  else module.exports = made;
})();

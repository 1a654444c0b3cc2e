"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const { announcer, isSilent, pages, plan } = require("../../static/js/calls.js");

test("silent hours hold from their first minute to before their last, across midnight too", () => {
  const clocks = (from, until) => ["00:00", "06:59", "07:00", "12:00", "20:59", "21:00", "23:59"].filter((clock) => isSilent(clock, from, until));
  assert.deepEqual(clocks("21:00", "07:00"), ["00:00", "06:59", "21:00", "23:59"]);
  assert.deepEqual(clocks("12:00", "21:00"), ["12:00", "20:59"]);
  assert.deepEqual(clocks("", ""), []);
  assert.deepEqual(clocks("21:00", ""), []);
  assert.deepEqual(clocks("08:00", "08:00"), []);
});

test("every row stands on exactly one page, and the pages are evenly filled", () => {
  for (let count = 0; count < 40; count += 1) {
    const { number, has } = pages(count, 6);
    const sizes = [];
    for (let page = 0; page < number; page += 1) sizes.push([...Array(count).keys()].filter((at) => has(page, at)).length);
    assert.equal(sizes.reduce((sum, size) => sum + size, 0), count);
    assert.ok(Math.max(...sizes) <= 6, `${count}: ${sizes}`);
    assert.ok(count === 0 || Math.min(...sizes) > 0, `${count}: ${sizes}`);
  }
  assert.equal(pages(11, 6).number, 2);
  assert.ok(pages(11, 6).has(3, 8), "pages go round");
});

test("a sentence is put together from the clips there are", () => {
  const index = { token: [0.1, 0.5], A: [1, 0.4], 0: [2, 0.3] };
  assert.deepEqual(plan("token A 0 € 0", index).map((part) => part.name), ["token", "A", "0", "0"]);
  assert.deepEqual(plan("token A", index)[1], { name: "A", offset: 1, length: 0.4 });
  assert.deepEqual(plan("token", undefined), []);
});

/* A clock that only moves when everybody waits. */
function stage(gone = new Set(), heard = true) {
  let now = 0;
  const waits = [];
  const log = [];
  const wait = (ms) => new Promise((done) => waits.push({ at: now + ms, done }));
  const sounds = async (what, ms) => {
    log.push(["began", what, now]);
    await wait(ms);
    log.push(["ended", what, now]);
    return true;
  };
  const desk = announcer({
    wait,
    stands: (item) => !gone.has(item.key),
    show: (item) => log.push(["shown", item.key, now]),
    ring: async (item) => heard && sounds(`${item.key} chime`, 1900),
    say: (sentence, item) => sounds(`${item.key} ${sentence}`, 3000),
    done: (item) => log.push(["done", item.key, now]),
  });
  const run = async (until) => {
    for (;;) {
      for (let n = 0; n < 20; n += 1) await Promise.resolve();
      waits.sort((a, b) => a.at - b.at);
      const next = waits[0];
      if (!next || next.at > until) return;
      waits.shift();
      now = next.at;
      next.done();
    }
  };
  return { desk, log, run };
}

test("calls of one second are told one after the other, to the end, twice in each language", async () => {
  const { desk, log, run } = stage();
  desk.add({ key: "a", says: ["en", "es"] });
  desk.add({ key: "b", says: ["en", "es"] });
  assert.equal(desk.add({ key: "a", says: ["en"] }), false, "once, however often it is seen");
  await run(120000);
  let open = 0;
  for (const [what] of log) {
    if (what === "began") open += 1;
    if (what === "ended") open -= 1;
    assert.ok(open <= 1, "two sounds at once");
  }
  const said = log.filter(([what]) => what === "ended").map(([, name]) => name);
  const whole = (key) => [`${key} chime`, `${key} en`, `${key} en`, `${key} es`, `${key} es`];
  assert.deepEqual(said, [...whole("a"), ...whole("b")]);
  assert.deepEqual(desk.state.told, ["a", "b"]);
});

test("each caption stands at least fifteen seconds, with sound or without", async () => {
  for (const heard of [true, false]) {
    const { desk, log, run } = stage(new Set(), heard);
    for (const key of ["a", "b", "c"]) desk.add({ key, says: ["en"] });
    await run(120000);
    for (const key of ["a", "b", "c"]) {
      const at = (what) => log.find((line) => line[0] === what && line[1] === key)[2];
      assert.ok(at("done") - at("shown") >= 15000, key);
    }
  }
});

test("whoever went in or was taken back meanwhile is not called any more", async () => {
  const gone = new Set();
  const { desk, log, run } = stage(gone);
  for (const key of ["a", "b"]) desk.add({ key, says: ["en"] });
  await run(2500); /* the chime of a, and its first sentence begins */
  gone.add("a");
  gone.add("b");
  await run(120000);
  const said = log.filter(([what]) => what === "ended").map(([, name]) => name);
  assert.deepEqual(said, ["a chime", "a en"], "what was begun is said to its end, and no more");
});

test("what stood there when the page came is not announced again", async () => {
  const { desk, log, run } = stage();
  desk.know("old");
  assert.equal(desk.add({ key: "old", says: ["en"] }), false);
  await run(60000);
  assert.deepEqual(log, []);
});

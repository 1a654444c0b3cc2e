"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const { reorder, staying } = require("../../static/js/live-order.js");

test("moves are done in turn, each after a row that already stands", () => {
  const frame = { moves: [["3", "after", null], ["4", "after", "1"]], rows: { 4: "<li>" }, gone: ["2"] };
  assert.deepEqual(reorder(["1", "2", "3"], frame), ["3", "1", "4"]);
});

test("a frame that does not fit is refused, so that the whole region is asked for", () => {
  assert.equal(reorder(["1"], { moves: [["2", "after", "9"]], rows: { 2: "<li>" } }), null);
  assert.equal(reorder(["1"], { rows: { 2: "<li>" } }), null);
});

test("a changed row stays where it is", () => {
  assert.deepEqual(reorder(["1", "2"], { rows: { 2: "<li>" } }), ["1", "2"]);
});

test("as many rows as can be stay where they are", () => {
  assert.deepEqual([...staying(["a", "b", "c", "d"], ["b", "c", "d", "a"])].sort(), ["b", "c", "d"]);
  assert.deepEqual([...staying(["a", "b"], [])], []);
});

test("any order leads to any other by the moves of the rows that do not stay", () => {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const pick = () => [..."abcdefghij"].filter(() => random() < 0.7).map((key) => [random(), key]).sort().map(([, key]) => key);
  for (let round = 0; round < 2000; round += 1) {
    const [from, to] = [pick(), pick()];
    const stay = staying(from, to);
    const moves = to.map((key, at) => [key, "after", to[at - 1] ?? null]).filter(([key]) => !stay.has(key));
    assert.deepEqual(reorder(from, { moves, gone: from.filter((key) => !to.includes(key)) }), to);
  }
});

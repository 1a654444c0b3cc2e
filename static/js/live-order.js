/* The arithmetic of moving rows: lists of keys in, lists of keys out, no page. */
(() => {
  "use strict";

  /* The order after a frame; null when the frame does not fit, so that the caller asks for the whole region. */
  function reorder(order, frame) {
    const gone = new Set(frame.gone || []);
    const next = order.filter((key) => !gone.has(key));
    for (const [key, , after] of frame.moves || []) {
      const at = next.indexOf(key);
      if (at >= 0) next.splice(at, 1);
      const before = after === null ? -1 : next.indexOf(after);
      if (after !== null && before < 0) return null;
      next.splice(before + 1, 0, key);
    }
    const known = new Set(next);
    return Object.keys(frame.rows || {}).every((key) => known.has(key)) ? next : null;
  }

  /* The keys of `from` that may stay where they are when it becomes `to`: a longest rising run. */
  function staying(from, to) {
    const place = new Map(to.map((key, i) => [key, i]));
    const ranks = from.filter((key) => place.has(key)).map((key) => place.get(key));
    const tops = [];
    const under = new Map();
    for (const rank of ranks) {
      let low = 0;
      let high = tops.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (tops[middle] < rank) low = middle + 1;
        else high = middle;
      }
      under.set(rank, low ? tops[low - 1] : undefined);
      tops[low] = rank;
    }
    const stay = new Set();
    for (let rank = tops.at(-1); rank !== undefined; rank = under.get(rank)) stay.add(to[rank]);
    return stay;
  }

  if (typeof module === "undefined") window.clinicflow.order = { reorder, staying };
  else module.exports = { reorder, staying };
})();

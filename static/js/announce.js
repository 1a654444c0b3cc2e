/* What a screen reader hears of the lists: one short summary every few seconds, never the board itself. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const GATHER = 3000;
  let fresh = 0;
  let overdue = 0;
  let timer = 0;

  function later() {
    timer ||= setTimeout(() => {
      const parts = [];
      if (fresh > 0) parts.push(flow.say("rows.new", { n: fresh }));
      if (overdue > 0) parts.push(flow.say("rows.overdue", { n: overdue }));
      if (parts.length) flow.announce(parts.join(", "));
      fresh = overdue = timer = 0;
    }, GATHER);
  }

  for (const name of ["live:applied", "live:settled"]) {
    document.addEventListener(name, ({ detail }) => {
      fresh += detail.counts?.fresh || 0;
      if (fresh) later();
    });
  }
  document.addEventListener("ticks:due", ({ detail }) => {
    overdue += detail.state === "late" ? 1 : 0;
    if (overdue) later();
  });
})();

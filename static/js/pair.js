/* A screen waiting to be paired asks every four seconds whether it still is. */
(() => {
  "use strict";
  setInterval(async () => {
    try {
      const page = await (await fetch(location.href, { headers: { Accept: "text/html" } })).text();
      if (!page.includes("data-pairing")) location.reload();
    } catch {
      /* no connection now: asked again */
    }
  }, 4000);
})();

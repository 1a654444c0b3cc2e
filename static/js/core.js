/* What the other scripts share: the server's clock, translated words, the polite status line, preferences.
   Everything hangs on `window.clinicflow`; no script reads or writes browser storage. */
(() => {
  "use strict";
  const LOOKS = ["light", "dark", "contrast", "plain", "compact", "comfortable", "names", "nokeys"];
  const YEAR = 60 * 60 * 24 * 365;
  const root = document.documentElement;
  const flow = (window.clinicflow = { skew: 0 });

  /* Times are ticked from server stamps, so a wrong clock in this device must not matter. */
  flow.now = () => Date.now() + flow.skew;
  flow.setNow = (stamp) => {
    const server = typeof stamp === "number" ? stamp : Date.parse(stamp);
    if (Number.isFinite(server)) flow.skew = server - Date.now();
  };
  flow.meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content || "";

  /* Words stand, translated, in <template id="words"> of the page: <p data-word="link.live">Live</p>. */
  let words = null;
  flow.say = (key, values = {}) => {
    if (!words) {
      const source = document.getElementById("words");
      words = new Map([...(source?.content.children || [])].map((word) => [word.dataset.word, word.textContent]));
    }
    return (words.get(key) ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  };

  flow.clock = (ms, withSeconds = false) => {
    const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: flow.meta("time-zone") || undefined };
    if (withSeconds) parts.second = "2-digit";
    return new Intl.DateTimeFormat("en-GB", parts).format(new Date(ms));
  };

  /* One polite line for the whole page. Several summaries within two seconds become one sentence. */
  let said = [];
  let sayTimer = 0;
  flow.announce = (text) => {
    if (!text) return;
    said.push(text);
    sayTimer ||= setTimeout(() => {
      const line = document.getElementById("announce");
      if (line) line.textContent = [...new Set(said)].join(". ");
      said = [];
      sayTimer = 0;
    }, 1000);
  };

  flow.typing = (target) =>
    target instanceof Element &&
    Boolean(target.closest("textarea, select, [contenteditable=''], [contenteditable=true], input:not([type=radio]):not([type=checkbox]):not([type=button]):not([type=submit])"));

  flow.seen = (element) => element.getClientRects().length > 0;

  /* Preferences of this device: words in one cookie, read by the server too, so that no page flashes. */
  flow.look = {
    words: () => new Set((/(?:^|; )look=([^;]*)/.exec(document.cookie)?.[1] || "").split(".").filter((w) => LOOKS.includes(w))),
    save(chosen) {
      const secure = location.protocol === "https:" ? "; Secure" : "";
      document.cookie = `look=${[...chosen].join(".")}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
    },
  };
  flow.setNow(flow.meta("server-now"));
  root.classList.add("js");
})();

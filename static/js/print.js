/* A ticket: the button prints; ?print opens the dialog by itself. */
(() => {
  "use strict";
  document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
  if (new URLSearchParams(location.search).has("print")) addEventListener("load", () => window.print());
})();

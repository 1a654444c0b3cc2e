/* Acts that ask something first: a link with data-dialog leads to the page that asks; here its form opens in a dialog.
   The server sends the form, and again with what is missing; an empty answer means that it was done. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const dialog = document.getElementById("asked");
  const body = document.getElementById("asked-body");
  if (!dialog) return;
  let reload = false;

  flow.ask = (link) => {
    if (document.documentElement.dataset.link === "offline") return flow.toast?.({ text: flow.say("act.offline"), tone: "late" });
    reload = link.dataset.then === "reload";
    window.htmx.ajax("GET", link.href, { source: body, target: body, swap: "innerHTML" });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-dialog]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      flow.rows?.letGo(link);
      flow.ask(link);
    }
    if (event.target.closest?.("[data-close-dialog]")) event.target.closest("dialog").close("");
  });

  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target !== body || !body.querySelector("form, [data-sheet]")) return;
    if (!dialog.open) dialog.showModal();
    (body.querySelector("[role=alert]") ? null : body.querySelector("input:not([type=hidden]), select"))?.focus();
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!detail.elt.matches?.("form[data-asked]") || detail.xhr.status !== 204) return;
    dialog.close("");
    if (reload) location.reload();
  });
  dialog.addEventListener("close", () => body.replaceChildren());

  /* A look-up inside the dialog fills the hidden field of its form. */
  dialog.addEventListener("combo:choose", ({ target, detail }) => {
    const field = target.form?.querySelector(`[name="${target.dataset.fills}"]`);
    if (!field) return;
    field.value = detail.option.dataset.value || "";
    target.value = detail.option.dataset.name || target.value;
    flow.combo.close(target);
  });
})();

/* Acts. Every button of a row belongs to the page's one form (`form="act" formaction=…`), so it works without script;
   here its submit goes through htmx. Pressed twice is pressed once; offline nothing is sent; what the server refuses
   is said; an ended session leads to the sign-in page. */
(() => {
  "use strict";
  const flow = window.clinicflow;
  const root = document.documentElement;
  const TWICE = 800;
  const pressed = new Map();
  const offline = () => root.dataset.link === "offline";

  function twice(url) {
    const now = performance.now();
    const last = pressed.get(url) ?? -TWICE;
    if (now - last < TWICE) return true;
    pressed.set(url, now);
    return false;
  }

  function act(button, more = {}) {
    const url = button.formAction;
    if (offline()) return flow.toast?.({ text: flow.say("act.offline"), tone: "late" });
    if (button.getAttribute("aria-disabled") === "true" || button.getAttribute("aria-busy") === "true" || twice(url)) return;
    const values = { ...more };
    if (button.name) values[button.name] ??= button.value;
    /* A source of its own: it stays in the page when the row has gone, and two acts never queue behind each other. */
    const source = document.createElement("span");
    source.hidden = true;
    document.getElementById("act").append(source);
    button.setAttribute("aria-busy", "true");
    flow.rows?.letGo(button);
    const done = () => {
      button.removeAttribute("aria-busy");
      flow.rows?.letGo(button);
      setTimeout(() => source.remove(), 0);
    };
    if (button.dataset.then === "reload") source.addEventListener("htmx:afterRequest", ({ detail }) => detail.xhr.status < 300 && location.reload());
    window.htmx.ajax("POST", url, { source, swap: "none", values }).then(done, done);
  }

  /* --- an act that needs a reason, or that cannot be taken back, asks in a dialog ---------------------------------- */
  const dialog = document.getElementById("ask");
  let asking = null;

  function ask(button) {
    asking = button;
    const needed = button.dataset.reason !== undefined;
    const whom = dialog.querySelector("[data-ask-doctor]");
    if (whom) whom.hidden = button.dataset.doctor === undefined;
    dialog.querySelector("[data-ask-title]").textContent = button.dataset.ask;
    dialog.querySelector("[data-ask-why]").textContent = button.dataset.askWhy || "";
    dialog.querySelector("[data-ask-reason]").hidden = !needed;
    const field = dialog.querySelector("[name=reason]");
    field.required = needed;
    field.value = "";
    dialog.querySelector("[value=do]").textContent = button.dataset.askDo || button.textContent.trim();
    dialog.returnValue = "";
    dialog.showModal();
  }

  dialog?.addEventListener("close", () => {
    const button = asking;
    asking = null;
    if (dialog.returnValue !== "do" || !button) return;
    const more = {};
    if (button.dataset.reason !== undefined) more.reason = dialog.querySelector("[name=reason]").value.trim();
    if (button.dataset.doctor !== undefined) more.doctor = dialog.querySelector("[name=doctor]")?.value || "";
    act(button, more);
  });

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "act" || !event.submitter || event.submitter.dataset.plain !== undefined) return;
    event.preventDefault();
    const button = event.submitter;
    if (button.dataset.ask && dialog) ask(button);
    else act(button);
  });

  /* --- forms sent by htmx ------------------------------------------------------------------------------------------ */
  const submitter = (event) => event.detail.requestConfig?.triggeringEvent?.submitter;
  const writes = (event) => event.detail.requestConfig?.verb !== "get";

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!writes(event)) return;
    if (offline()) {
      event.preventDefault();
      flow.toast?.({ text: flow.say("act.offline"), tone: "late" });
    } else submitter(event)?.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    submitter(event)?.removeAttribute("aria-busy");
    const form = event.detail.elt;
    if (event.detail.xhr.status < 300 && form.matches("form[data-reset]")) {
      form.reset();
      form.dispatchEvent(new CustomEvent("form:done", { bubbles: true }));
    }
  });

  /* What the server wants opened beside this page, as a ticket to print. */
  document.addEventListener("ticket", ({ detail }) => window.open(detail.url, "_blank", "noopener"));

  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    const told = ["HX-Trigger", "HX-Redirect"].some((name) => xhr.getResponseHeader(name));
    if (told) return;
    if (xhr.status === 401) return location.reload();
    flow.toast?.({ text: flow.say("act.failed", { id: xhr.getResponseHeader("X-Request-Id") || String(xhr.status) }), tone: "late" });
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => flow.toast?.({ text: flow.say("act.unsent"), tone: "late" }));
  }

  /* Offline, what would be sent is greyed; the reason stands in the banner. */
  document.addEventListener("live:link", ({ detail }) => {
    for (const button of document.querySelectorAll("button[form=act], [data-needs-link]")) {
      if (detail.state === "offline") button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
  });
})();

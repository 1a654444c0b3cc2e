/* Walk-in: the look-up fills the form with a known patient; a new one gets the fields of the least data (R3.23). */
(() => {
  "use strict";
  const form = document.querySelector("form[data-intake]");
  if (!form) return;
  const who = form.querySelector("[role=combobox]");
  const known = form.querySelector("[name=patient]");
  const fresh = form.querySelector("[data-new-patient]");
  const chosen = form.querySelector("[data-chosen]");
  const family = form.querySelector("[data-family]");
  const NOBODY = "00000000-0000-0000-0000-000000000000";
  let scanned = false;

  /* A new patient's fields come when they are asked for; without this script they are always there. */
  function take(option, isNew = false) {
    known.value = option?.dataset.value || "";
    chosen.textContent = option?.dataset.about || "";
    chosen.hidden = !known.value;
    fresh.hidden = !isNew;
    for (const field of fresh.querySelectorAll("input, select")) field.disabled = fresh.hidden;
    if (option?.dataset.name) who.value = option.dataset.name;
    askFamily(known.value);
  }

  /* Who shares the phone can be taken in together. */
  function askFamily(patient) {
    family?.replaceChildren();
    if (patient && family) window.htmx.ajax("GET", family.dataset.family.replace(NOBODY, patient), { source: family, target: family, swap: "innerHTML" });
  }

  /* "No, this is somebody else": the same form again, with that said. */
  function insist() {
    form.querySelector("[name=force_new]").value = "1";
    form.requestSubmit(form.querySelector("[type=submit]"));
  }

  function begin() {
    take(null, true);
    const typed = who.value.trim();
    const isPhone = /^[+\d][\d\s()/.-]{4,}$/.test(typed);
    const [given, family] = [fresh.querySelector("[name=given_name]"), fresh.querySelector("[name=family_name]")];
    if (isPhone) fresh.querySelector("[name=phone]").value = typed;
    else if (typed && !given.value && !family.value) {
      const words = typed.split(/\s+/);
      given.value = words.slice(0, -1).join(" ") || words[0];
      family.value = words.length > 1 ? words.at(-1) : "";
    }
    (given.value ? fresh.querySelector("[name=phone]") : given).focus();
  }

  who.addEventListener("combo:choose", ({ detail }) => {
    const { option } = detail;
    window.clinicflow.combo.close(who);
    if (option.dataset.force !== undefined) insist();
    else if (option.dataset.value) take(option);
    else begin();
  });
  /* A scanner types a code and presses Enter before the answer is there: the one patient it names is taken then. */
  const options = () => [...form.querySelectorAll("#found [role=option][data-value]")];
  who.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || who.getAttribute("aria-expanded") === "true" || known.value || !who.value.trim() || !fresh.hidden) return;
    event.preventDefault();
    scanned = true;
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (!scanned || detail.target?.id !== "found") return;
    scanned = false;
    if (options().length !== 1) return;
    take(options()[0]);
    window.clinicflow.combo.close(who);
  });
  /* Sent with a name typed and nobody chosen: the choice is shown, or, where nobody is known, the new patient's fields. */
  form.addEventListener("submit", (event) => {
    if (known.value || !fresh.hidden || !who.value.trim() || form.querySelector("[type=radio][name=patient]:checked")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (options().length) {
      who.focus();
      window.clinicflow.combo.expand(who);
    } else begin();
  }, true);
  who.addEventListener("input", () => {
    scanned = false;
    if (known.value) take(null);
  });
  const say = form.querySelector("#intake-say");
  form.addEventListener("htmx:beforeRequest", (event) => event.target === form && say?.replaceChildren());
  if (known.value) fresh.hidden = true; /* the page came with somebody chosen */
  else take(null, [...fresh.querySelectorAll("input:not([type=checkbox])")].some((field) => field.value));
  form.addEventListener("form:done", () => {
    take(null);
    form.querySelector("[name=force_new]").value = "";
    who.focus();
  });
})();

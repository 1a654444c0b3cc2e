/* Walk-in: the look-up fills the form with a known patient; a new one gets the fields of the least data (R3.23). */
(() => {
  "use strict";
  const form = document.querySelector("form[data-intake]");
  if (!form) return;
  const who = form.querySelector("[role=combobox]");
  const known = form.querySelector("[name=patient]");
  const fresh = form.querySelector("[data-new-patient]");
  const chosen = form.querySelector("[data-chosen]");

  /* A new patient's fields come when they are asked for; without this script they are always there. */
  function take(option, isNew = false) {
    known.value = option?.dataset.value || "";
    chosen.textContent = option?.dataset.about || "";
    chosen.hidden = !known.value;
    fresh.hidden = !isNew;
    for (const field of fresh.querySelectorAll("input, select")) field.disabled = fresh.hidden;
    if (option?.dataset.name) who.value = option.dataset.name;
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
  who.addEventListener("input", () => known.value && take(null));
  const say = form.querySelector("#intake-say");
  form.addEventListener("htmx:beforeRequest", (event) => event.target === form && say.replaceChildren());
  take(null, [...fresh.querySelectorAll("input:not([type=checkbox])")].some((field) => field.value));
  form.addEventListener("form:done", () => {
    take(null);
    form.querySelector("[name=force_new]").value = "";
    who.focus();
  });
})();

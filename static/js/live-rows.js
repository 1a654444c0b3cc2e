/* Rows and regions: how a frame is put into the page. No socket here.
   A list keeps the order it is meant to have apart from the order it shows: while a pointer or the keyboard is in one
   of its rows, contents change in place and the new order waits. */
(() => {
  "use strict";
  const LEFT = 1000;
  const ACTED = 1000;

  const flow = window.clinicflow;
  const { reorder, staying } = flow.order;
  const states = new WeakMap();
  const waiting = new Set();
  let hover = null;
  let leftAt = new WeakMap();
  let acted = { list: null, until: 0 };

  const boxOf = (region) => region.querySelector("[data-rows]") || region;
  const shown = (region) => new Map([...boxOf(region).children].filter((el) => el.dataset.row).map((el) => [el.dataset.row, el]));
  const stateOf = (region) => {
    if (!states.has(region)) states.set(region, { order: [...shown(region).keys()], fresh: new Map() });
    return states.get(region);
  };

  function build(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    return holder.content.firstElementChild;
  }

  /* Another option than the page came with; without a default that is the first. */
  const chosen = (select) => select && select.selectedIndex !== Math.max(0, [...select.options].findIndex((option) => option.defaultSelected));
  const typed = (el) =>
    (el.matches("textarea, input:not([type=radio]):not([type=hidden])") && (el === document.activeElement || el.value !== el.defaultValue || el.checked !== el.defaultChecked)) ||
    (el.matches("option") && chosen(el.closest("select")));
  const MORPH = {
    callbacks: {
      beforeAttributeUpdated(name, el) {
        if (["open", "data-up", "data-waits", "data-kept", "aria-busy"].includes(name)) return false;
        if (name === "style" && el.hasAttribute("data-steady")) return false;
        if (name === "value" || name === "checked" || name === "selected") return !typed(el);
        return true;
      },
      /* Not ours to touch: what a script of the page fills itself, and the rows, which are put in one by one. */
      beforeNodeMorphed: (el) => !(el.nodeType === 1 && (el.hasAttribute("data-own") || el.hasAttribute("data-rows"))),
    },
  };

  /* Idiomorph leaves alone what has not changed: focus, open menus and typed text stay. */
  function morph(el, fresh) {
    window.Idiomorph.morph(el, fresh, MORPH);
    window.htmx?.process(el);
  }

  const rowOf = (target) => (target instanceof Element ? target.closest("[data-row]") : null);
  const listOf = (row) => row?.closest("[data-region]") || null;

  function held(region) {
    if (acted.list === region && performance.now() < acted.until) return false;
    if (hover === region) return true;
    if (performance.now() - (leftAt.get(region) ?? -LEFT) < LEFT) return true;
    const active = document.activeElement;
    if (active?.matches(":focus-visible") && listOf(rowOf(active)) === region) return true;
    return Boolean(boxOf(region).querySelector(":scope > [data-row] details[open]"));
  }

  function settle(region) {
    const state = stateOf(region);
    const box = boxOf(region);
    const have = shown(region);
    const stay = staying([...have.keys()], state.order);
    const focus = document.activeElement;
    const focused = focus !== box && box.contains(focus) ? focus : null; /* the list itself may have it */
    const lost = focused && !state.order.includes(rowOf(focused)?.dataset.row) ? rowOf(focused).nextElementSibling : null;
    const counts = { fresh: 0, moved: 0, gone: 0 };
    for (const [key, el] of have) if (!state.order.includes(key)) { el.remove(); counts.gone += 1; }
    const moved = [];
    for (const [key, el] of have) if (el.isConnected && !stay.has(key)) { el.remove(); moved.push(el); }
    let before = null;
    for (const key of state.order) {
      let el = have.get(key);
      const isNew = !el;
      if (isNew) {
        if (!state.fresh.has(key)) return false;
        el = build(state.fresh.get(key));
        counts.fresh += 1;
      }
      const expected = before ? before.nextElementSibling : box.firstElementChild;
      if (expected !== el) box.insertBefore(el, expected);
      if (isNew) window.htmx?.process(el);
      before = el;
    }
    state.fresh.clear();
    counts.moved = moved.length;
    if (state.tint) moved.forEach(tint);
    state.tint = false;
    region.removeAttribute("data-waits");
    waiting.delete(region);
    if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
    else if (lost?.isConnected) lost.querySelector("a, button, summary")?.focus({ preventScroll: true });
    return counts;
  }

  function tint(el) {
    el.setAttribute("data-moved", "");
    setTimeout(() => el.removeAttribute("data-moved"), 1000);
  }

  /* What a held list still has to do, as words for the small mark. */
  function markWaiting(region) {
    const state = stateOf(region);
    const now = shown(region);
    const stay = staying([...now.keys()], state.order);
    const fresh = state.order.filter((key) => !now.has(key)).length;
    const gone = [...now.keys()].filter((key) => !state.order.includes(key));
    const moved = [...now.keys()].filter((key) => !stay.has(key)).length - gone.length;
    now.forEach((el, key) => el.toggleAttribute("data-gone", gone.includes(key)));
    if (!fresh && !moved && !gone.length) return region.removeAttribute("data-waits");
    region.setAttribute("data-waits", flow.say("rows.wait", { fresh, moved, gone: gone.length }));
    waiting.add(region);
  }

  /* Applies one frame to one element. Returns false when it does not fit; else what came, moved and went. */
  function apply(region, frame) {
    if (frame.html !== undefined) return whole(region, frame);
    const state = stateOf(region);
    const order = reorder(state.order, frame);
    if (!order) return false;
    state.order = order;
    state.tint = true;
    return rows(region, frame.rows || {});
  }

  function rows(region, changed) {
    const state = stateOf(region);
    const have = shown(region);
    for (const [key, html] of Object.entries(changed)) {
      const el = have.get(key);
      if (el) morph(el, build(html));
      else state.fresh.set(key, html);
    }
    if (!held(region)) return settle(region);
    if (state.order.some((key) => !have.has(key) && !state.fresh.has(key))) return false;
    markWaiting(region);
    return { fresh: 0, moved: 0, gone: 0 };
  }

  function whole(region, frame) {
    const fresh = build(frame.html) || region.cloneNode(false); /* no HTML: what it showed is not there any more */
    const list = [...boxOf(fresh).children].filter((el) => el.dataset.row);
    const had = [...boxOf(region).children].some((el) => el.dataset.row);
    if (!list.length && !had) return morph(region, fresh), { fresh: 0, moved: 0, gone: 0 };
    if (boxOf(region) !== region) morph(region, fresh.cloneNode(true));
    else for (const { name, value } of fresh.attributes) region.setAttribute(name, value);
    const state = stateOf(region);
    state.order = list.map((el) => el.dataset.row);
    return rows(region, Object.fromEntries(list.map((el) => [el.dataset.row, el.outerHTML])));
  }

  /* The pointer: a mouse is in a row while it is over it, a finger while it is down. */
  function over(list) {
    if (hover === list) return;
    if (hover) {
      leftAt.set(hover, performance.now());
      setTimeout(flush, LEFT + 10);
    }
    hover = list;
    if (list) keep();
  }

  /* What comes and goes above a list (a banner) takes no room and gives none back while the pointer is in the list:
     else the rows would move although their order waits. It is seen at once all the same, above what is there. */
  function keep() {
    for (const el of document.querySelectorAll("[data-steady]:not([data-kept])")) {
      const height = el.offsetHeight;
      if (height) el.style.blockSize = `${height}px`;
      el.dataset.kept = height ? "room" : "none";
    }
  }
  function letFlow() {
    for (const el of document.querySelectorAll("[data-kept]")) {
      el.style.blockSize = "";
      delete el.dataset.kept;
    }
  }

  function flush() {
    if (!hover) letFlow();
    for (const region of waiting) {
      if (!region.isConnected) waiting.delete(region);
      else if (!held(region)) {
        const counts = settle(region);
        document.dispatchEvent(new CustomEvent("live:settled", { detail: { element: region, counts } }));
      }
    }
  }
  document.addEventListener("pointerover", (event) => over(listOf(rowOf(event.target))));
  document.documentElement.addEventListener("pointerleave", () => over(null));
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, (event) => event.pointerType === "touch" && over(null));
  document.addEventListener("focusout", () => setTimeout(flush, LEFT + 10));
  document.addEventListener("toggle", () => setTimeout(flush, LEFT + 10), true);

  /* Who acts in a row wants to see what it did: the hold of that list is lifted for a moment. */
  function letGo(element) {
    const list = listOf(rowOf(element));
    if (list) acted = { list, until: performance.now() + ACTED };
    setTimeout(flush, ACTED + 10);
  }
  flow.rows = { apply, held, letGo, build, morph, waiting: () => waiting.size };
})();

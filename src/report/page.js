// Shows the view that the fragment names, and its controls; draws again when they change.
"use strict";

(() => {
  const { el, unique, select } = Dom;
  const byId = (id) => document.getElementById(id);
  const root = document.documentElement;
  if (!Data.machines.length) { root.dataset.ready = "1"; return; }

  const VIEWS = [["machine", "One machine"], ...Views.across.map(({ id, title }) => [id, title])];
  // At most this many machines are picked by default: more lines would look alike.
  const FIRST = 8;
  const KEYS = ["view", "machine", "level", "bench", "placement", "row", "figure", "unit", "a", "b", "pick", "filter", "sort", "threads", "distance"];
  const ids = Data.machines.map((m) => m.id);
  let state = Object.fromEntries(KEYS.map((key) => [key, ""]));
  let latest = 0;

  // The pick as ids; "all" and "none" are words of the fragment.
  function picked() {
    const asked = state.pick === "all" ? ids : state.pick === "none" ? [] : state.pick.split(",").filter((id) => ids.includes(id));
    return state.pick === "" || (!asked.length && state.pick !== "none") ? ids.slice(0, FIRST) : asked;
  }

  function readHash() {
    const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    KEYS.forEach((key) => { state[key] = given[key] ?? ""; });
    if (!VIEWS.some(([id]) => id === state.view)) state.view = "machine";
  }

  function fragment(wanted) {
    const all = { ...state, ...wanted };
    if (all.view === "machine") ["row", "figure", "unit", "a", "b"].forEach((key) => { delete all[key]; });
    else if (!Views.across.find(({ id }) => id === all.view).free) delete all.machine;
    if (all.view !== "python") delete all.threads;
    if (all.view !== "machine" || !["near", "far"].includes(all.distance)) delete all.distance;
    const words = KEYS.filter((key) => all[key] && !(key === "view" && all[key] === "machine")).map((key) => [key, all[key]]);
    return "#" + new URLSearchParams(words);
  }

  function go(wanted) {
    Object.assign(state, wanted);
    history.replaceState(null, "", fragment({}));
    return show();
  }

  // ---- controls ------------------------------------------------------------------------------

  function nav() {
    const one = ([id, text]) => el("a", { href: fragment({ view: id, row: "", sort: "", filter: "" }), "aria-current": id === state.view ? "page" : null }, text);
    byId("views").replaceChildren(...VIEWS.map(one));
  }

  function machinePicker() {
    const on = new Set(picked());
    const set = (pick) => go({ pick: pick.length === ids.length ? "all" : pick.length ? pick.join(",") : "none" });
    const box = (m) => {
      const input = el("input", { type: "checkbox", id: "pick-" + m.id, checked: on.has(m.id) });
      input.addEventListener("change", () => { input.checked ? on.add(m.id) : on.delete(m.id); set(ids.filter((id) => on.has(id))); });
      return el("label", {}, input, m.title, el("small", {}, m.cpu));
    };
    const button = (id, text, pick) => {
      const node = el("button", { type: "button", class: "plain", id }, text);
      node.addEventListener("click", () => set(pick));
      return node;
    };
    const was = byId("picker")?.open;
    return el("details", { id: "picker", open: was }, el("summary", { id: "picker-summary" }, on.size + " of " + ids.length + " machines picked"),
      el("fieldset", {}, el("legend", {}, "Machines to show"), button("pick-all", "all", ids), button("pick-none", "none", []), el("div", { class: "boxes" }, Data.machines.map(box))));
  }

  // Draws again and gives the focus back to the control that had it.
  async function keepingFocus(draw) {
    const had = document.activeElement;
    const at = had?.id && had.selectionStart !== undefined ? had.selectionStart : null;
    const done = draw();
    const back = () => {
      const now = had?.id && !had.isConnected && document.activeElement === document.body && byId(had.id);
      if (!now) return;
      now.focus();
      if (at !== null && now.type === "search") now.setSelectionRange(at, at);
    };
    back();
    await done;
    back();
  }

  // ---- one machine ---------------------------------------------------------------------------

  // The machine, bench, level and placement nearest to those of the fragment.
  async function choose() {
    const pick = (all, wanted) => (all.includes(wanted) ? wanted : all[0]);
    const machine = await Data.open(pick(ids, state.machine));
    const benches = unique(machine.views.map((v) => v.bench));
    const bench = pick(benches, state.bench);
    const ofBench = machine.views.filter((v) => v.bench === bench);
    const level = pick(unique(ofBench.map((v) => v.level)), state.level);
    const placements = ofBench.filter((v) => v.level === level).map((v) => v.placement);
    return { machine, bench, level, placement: pick(placements, state.placement), filter: state.filter, sort: state.sort, distance: state.distance, benches, placements: unique(machine.views.map((v) => v.placement)) };
  }

  async function oneMachine() {
    const chosen = await choose();
    const change = (wanted) => {
      const { machine, bench, level, placement, benches, placements } = chosen;
      return go({ machine: machine.id, level, bench: benches.length > 1 ? bench : "", placement: placements.length > 1 ? placement : "", ...wanted });
    };
    return () => {
      const box = byId("pickers");
      box.replaceChildren();
      if (ids.length > 1) box.append(select("machine-box", "Machine", Data.machines.map((m) => [m.id, m.title]), chosen.machine.id, (machine) => change({ machine })));
      return One.show(chosen, change);
    };
  }

  async function acrossMachines() {
    const { free, prepare } = Views.across.find(({ id }) => id === state.view);
    const across = await prepare(state, free ? [] : await Data.openAll(picked()), go);
    return () => {
      byId("pickers").replaceChildren(...(free ? [] : [machinePicker()]));
      ["machine", "tabs", "claims"].forEach((id) => byId(id).replaceChildren());
      byId("panel").setAttribute("aria-labelledby", "views-label");
      return across(byId("panel"));
    };
  }

  // ---- drawing -------------------------------------------------------------------------------

  async function show() {
    const mine = ++latest;
    root.removeAttribute("data-ready");
    One.hideTip();
    // All waiting comes first, so that a view that was left meanwhile draws nothing.
    const draw = await (state.view === "machine" ? oneMachine() : acrossMachines());
    if (mine !== latest) return;
    await keepingFocus(() => { nav(); return draw(); });
    finish(mine);
  }

  function finish(mine) {
    if (mine !== latest) return;
    // For tests: whether a reader would see a sideways scroll bar.
    root.dataset.width = String(innerWidth);
    root.dataset.overflow = String(root.scrollWidth > innerWidth);
    root.dataset.drawn = String(Math.round(performance.now()));
    root.dataset.ready = "1";
  }

  const again = () => { readHash(); show(); };
  addEventListener("hashchange", again);
  addEventListener("scroll", One.hideTip, { passive: true });
  // Paper is light: charts are not drawn again for printing.
  let printing = false;
  addEventListener("beforeprint", () => { printing = true; });
  addEventListener("afterprint", () => { printing = false; });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => printing || show());
  let width = innerWidth, waiting = 0;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(show, 200);
  });
  again();
})();

// The page: its five views, and the fragment that says which one is open and what it shows.
// @ts-check
"use strict";

(() => {
  const { el } = Dom;
  const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
  const root = document.documentElement;

  /** @type {{id: string, title: string, draw: (state: any, go: (change: Record<string, any>) => void) => Promise<any[]>}[]} */
  const views = [{ id: "here", title: "Here", draw: Here.draw }, { id: "cpus", title: "CPUs", draw: Cpus.draw }, { id: "python", title: "Python",
    draw: Python.draw }, { id: "how", title: "How it happens", draw: Race.draw }, { id: "method", title: "Method", draw: Method.draw }];

  // Fragments of earlier versions lead to where their figures are now.
  /** @type {Record<string, Record<string, string>>} */
  const MOVED = { machines: { view: "cpus" }, counter: { view: "cpus" }, pair: { view: "cpus" }, loss: { view: "cpus" }, crossover: { view: "cpus" },
    collapse: { view: "here" }, fairness: { view: "here", bench: "locks" }, race: { view: "how" } };

  function asked() {
    const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    const state = { ...given, ...MOVED[given.view] };
    if (!views.some((view) => view.id === state.view)) state.view = "here";
    return state;
  }

  /** @param {Record<string, any>} state */
  const fragment = (state) =>
    "#" + new URLSearchParams(Object.entries(state).filter(([, value]) => value !== undefined && value !== null && value !== "")).toString();

  // Changes the fragment; what is `undefined` or empty leaves it.
  /** @param {Record<string, any>} change */
  const go = (change) => {
    location.hash = fragment({ ...asked(), ...change });
  };

  let turn = 0;
  async function draw() {
    const mine = ++turn, state = asked(), focus = document.activeElement?.id;
    delete root.dataset.ready;
    Charts.hide();
    byId("views").replaceChildren(
      ...views.map((view) =>
        el("a", { href: fragment({ view: view.id === "here" ? undefined : view.id, machine: state.machine }),
          "aria-current": view.id === state.view ? "page" : null }, view.title)
      ),
    );
    const view = views.find((view) => view.id === state.view) ?? views[0];
    const before = root.dataset.view;
    let parts;
    try {
      parts = await view.draw(state, go);
    } catch (error) {
      console.error(String(error));
      parts = [el("p", { class: "callout bad" }, "This view could not be drawn.")];
    }
    if (mine !== turn) return;
    byId("panel").replaceChildren(...parts.flat(Infinity).filter(Boolean));
    root.dataset.view = view.id;
    if (before !== undefined && before !== view.id) {
      scrollTo(0, 0);
      byId("main").focus({ preventScroll: true });
    } else if (focus) { document.getElementById(focus)?.focus({ preventScroll: true }); }
    done();
  }

  // What the tests of the page ask for.
  function done() {
    root.dataset.overflow = String(root.scrollWidth > root.clientWidth);
    root.dataset.width = String(innerWidth);
    root.dataset.height = String(root.scrollHeight);
    root.dataset.ready = "1";
  }

  if (!Data.machines.length) {
    done();
    return;
  }
  addEventListener("hashchange", draw);
  Drop.listen(draw);
  draw();
})();

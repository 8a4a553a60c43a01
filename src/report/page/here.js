// One machine, the answer first: a line on it, four cards, what every counter costs and loses, which one to take, what
// articles say; then its benches.
// @ts-check
"use strict";

const Here = (() => {
  const { el } = Dom;

  // ---- the first lines -----------------------------------------------------------------------

  /** @param {any} machine @param {(change: any) => void} go */
  function about(machine, go) {
    const { trust } = machine.headline,
      words = [machine.cpu, machine.usable + (machine.usable === 1 ? " CPU" : " CPUs"), machine.virtual ? "virtual" : null, machine.date, trust.words];
    const other = Data.machines.length > 1 &&
      Dom.select("machine", "Machine",
        Data.machines.map((/** @type {any} */ m) => [m.id, m.id + (m.published ? " (published by others)" : m.dropped ? " (dropped here)" : "")]), machine.id,
        (id) => go({ machine: id, bench: undefined, level: undefined, cell: undefined }));
    return [el("div", { class: "controls" }, other), el("p", { class: "about" }, words.filter(Boolean).join(" · ")),
      machine.published
        ? el("p", { class: "callout" }, "Published by others, not measured here. " + machine.published.map((/** @type {string[]} */ [, text]) =>
          text
        ).join(". "))
        : null];
  }

  /** @param {any} machine */
  function cards(machine) {
    const one = (/** @type {any} */ card, /** @type {number} */ n) => {
      const { bench, level, placement, subjects, threads } = card.proof;
      const to = "#" +
        new URLSearchParams({ machine: machine.id, bench, level, placement,
          ...(subjects.length ? { cell: subjects[0], threads: String(threads[threads.length - 1]) } : {}) });
      return el("li", { class: card.standing !== "sure" ? "unsure" : n === 3 ? "wrong" : null },
        el("a", { href: to }, el("span", {}, card.title), el("strong", {}, card.figure), card.words));
    };
    return el("ul", { class: "cards" }, machine.headline.cards.map(one));
  }

  // ---- the dot plot --------------------------------------------------------------------------

  // What a mark says of its cell.
  /** @param {Cell} cell */
  function told(cell) {
    const lost = cell.get("loss"), cost = cell.cost === "gross" ? "gross" : "net";
    const lines = [cell.name + ", " + Dom.threads(cell.threads) + (cell.over ? ", more than CPUs" : ""), cost + " " + Data.text(cell, cost),
      lost === null ? null : "lost " + Figures.percent(lost), cell.grade === "eventual" ? "reads lag until threads are done" : null,
      cell.doubt && "not to be trusted: " + cell.doubt];
    return lines.filter(Boolean).join("\n");
  }

  // The cells of a counter that the plot shows: alone, at most threads that fit, at the fewest that do not.
  /** @param {Cell[]} cells */
  function three(cells) {
    const fits = cells.filter((c) => !c.over), over = cells.filter((c) => c.over);
    return { alone: fits.find((c) => c.threads === 1), full: fits[fits.length - 1], over: over[0] };
  }

  /** @param {any} machine @param {string} level */
  function rows(machine, level) {
    const cells = /** @type {Cell[]} */ (machine.cells).filter((c) =>
      c.bench === "counters" && c.level === level && ["ranked", "wrong"].includes(c.part) && c.ns
    );
    const placement = cells.some((c) => c.placement === "spread") ? "spread" : cells[0]?.placement;
    const here = cells.filter((c) => c.placement === placement);
    const of = Dom.unique(here.map((c) => c.name)).map((name) => {
      const mine = here.filter((c) => c.name === name).sort((a, b) => a.threads - b.threads);
      return { name, wrong: mine[0].part === "wrong", lags: mine[0].grade === "eventual", ...three(mine) };
    });
    // What is below the resolution, or below 0, is as cheap as can be told.
    const cost = (/** @type {any} */ row) => (row.full ? Math.max(row.full.ns[1], row.full.cost === "gross" ? 0 : row.full.resolution) : Infinity);
    return of.sort((a, b) => Number(a.wrong) - Number(b.wrong) || cost(a) - cost(b));
  }

  /** @param {any} machine @param {Cell} cell @param {string} shape @param {string} kind */
  function dot(machine, cell, shape, kind) {
    const href = "#" + new URLSearchParams({ machine: machine.id, level: cell.level, cell: cell.name, threads: String(cell.threads) });
    const [low, middle, high] = /** @type {number[]} */ (cell.ns), below = cell.cost === "below" || middle <= 0;
    return { x: below ? cell.resolution : middle, ...(below ? {} : { low, high }), shape: below ? "triangle" : shape,
      kind: kind + (cell.trusted ? "" : " pale") + (below && shape === "ring" ? " hollow" : ""), tip: told(cell), href };
  }

  /** @param {any} machine @param {string} level @param {(change: any) => void} go */
  function plot(machine, level, go) {
    const found = rows(machine, level),
      levels = Dom.unique(machine.views.filter((/** @type {any} */ v) => v.bench === "counters").map((/** @type {any} */ v) => v.level));
    if (!found.length) return [];
    const full = Math.max(...found.map((row) => row.full?.threads ?? 0)), over = Math.min(...found.map((row) => row.over?.threads ?? Infinity));
    const net = found.some((row) => ["net", "below"].includes((row.full ?? row.over)?.cost));
    const line = (/** @type {any} */ row, /** @type {number} */ n) => {
      const { alone, full, over } = row, last = full ?? over, lost = last?.get("loss");
      const dots = [alone && alone !== full && dot(machine, alone, "ring", ""), full && dot(machine, full, "dot", ""),
        over && dot(machine, over, "ring", "over")].filter(Boolean);
      return { name: row.name + (row.lags ? "*" : ""), dots, kind: row.wrong ? "wrong" : "", rule: row.wrong && !found[n - 1]?.wrong && n > 0,
        fields: [last ? (last.trusted ? Data.cost(last) : "(" + Data.cost(last) + ")") : "", lost === null || lost === undefined ? "" : Figures.percent(lost)],
        bar: row.wrong ? lost : 0 };
    };
    const words = [found.some((row) => row.alone && row.alone !== row.full) ? "○ 1 thread, " : "", full ? "● " + Dom.threads(full) : "none that fits the CPUs",
      over < Infinity ? ", pale ○ " + over + " threads on " + machine.usable + (machine.usable === 1 ? " CPU" : " CPUs") : "",
      ", ▽ below what this machine can tell. Exact counters above, wrong ones below the line. In brackets and pale: not to be trusted.",
      found.some((row) => row.lags) ? " * reads lag." : ""];
    return [el("h2", {}, "What one increment costs, and what it loses"),
      el("p", { class: "caption" }, (net ? "Net ns" : "Gross ns") + " per increment and thread, log scale. ", words),
      el("div", { class: "controls" },
        Dom.choices("level", "Think time between increments", levels.map((l) => [l, Data.level(l)]), level, (to) => go({ level: to }))),
      Charts.figure({ id: "dots",
        draw: Charts.dots({ label: "What one increment costs, and what it loses", rows: found.map(line), format: Figures.time,
          heads: [(full || over) + " threads, ns", "lost"], bars: true }) })];
  }

  // ---- which one for me ----------------------------------------------------------------------

  const KINDS = /** @type {Record<string, string>} */ ({ counters: "a counter", reads: "a counter that is read", locks: "a lock" });

  /** @param {any} machine @param {any} state @param {(change: any) => void} go */
  function choose(machine, state, go) {
    /** @type {[string, number, string][]} */
    const answers = machine.answers ?? [];
    const bench = (/** @type {string} */ level) => machine.views.find((/** @type {any} */ v) => v.level === level)?.bench;
    const kinds = Object.keys(KINDS).filter((kind) => answers.some(([level]) => bench(level) === kind));
    if (!kinds.length) return [];
    const kind = kinds.includes(state.need) ? state.need : kinds[0];
    const mine = answers.filter(([level]) => bench(level) === kind), loads = Dom.unique(mine.map(([level]) => level)),
      load = loads.includes(state.load) ? state.load : loads[0];
    const threads = mine.filter(([level]) => level === load).map(([, n]) => String(n)), fits = threads.filter((n) => Number(n) <= machine.usable);
    const chosen = threads.includes(state.for) ? state.for : fits[fits.length - 1] ?? threads[0];
    const found = mine.find(([level, n]) => level === load && String(n) === chosen);
    return [el("h2", { id: "which" }, "Which one for me"),
      el("div", { class: "controls" },
        Dom.select("need", "I need", kinds.map((k) => [k, KINDS[k]]), kind, (need) => go({ need, load: undefined, for: undefined })),
        Dom.select("load", "with", loads.map((l) => [l, Data.level(l)]), load, (to) => go({ load: to })),
        Dom.select("for", "on", threads.map((n) => [n, Dom.threads(Number(n)) + (Number(n) > machine.usable ? ", more than CPUs" : "")]), chosen,
          (to) => go({ for: to }))), el("p", { class: "answer", "aria-live": "polite" }, Dom.coded(found?.[2] ?? "Not measured on this machine."))];
  }

  // ---- claims --------------------------------------------------------------------------------

  /** @param {any} claim @param {string} text @param {string} check @param {number} n */
  function claim(claim, text, check, n) {
    const says = /** @type {Record<string, string>} */ ({ yes: "yes", no: "no", partly: "partly", unclear: "cannot tell" });
    const head = [el("span", { class: "finding " + claim.finding }, claim.verdict), text];
    if (!claim.figures.length) return el("p", {}, head);
    return Dom.fold("claim-" + n, head,
      () => [el("p", { class: "caption" }, "Check: " + check + "."),
        Dom.table("Figures of the claim", ["cells", "measured", "agrees"],
          claim.figures.map((/** @type {string[]} */ [what, measured, agrees]) => [what, measured, says[agrees]]), { class: "texts" })]);
  }

  /** @param {any} machine */
  const claims = (
    machine,
  ) => (machine.claims?.length
    ? [el("h2", {}, "What articles say, checked on this machine"), machine.claims.map((/** @type {any} */ c, /** @type {number} */ n) =>
      claim(c, Data.claims[n][0], Data.claims[n][1], n)
    )]
    : []);

  // ---- the view ------------------------------------------------------------------------------

  /** @param {any} state @param {(change: any) => void} go */
  async function draw(state, go) {
    const asked = Data.machines.findIndex((/** @type {any} */ m) => m.id === state.machine);
    const machine = await Data.one(asked < 0 ? Data.here : asked);
    const levels = machine.views.filter((/** @type {any} */ v) => v.bench === "counters").map((/** @type {any} */ v) => v.level);
    const level = levels.includes(state.level) ? state.level : levels[0];
    const ranks = machine.ranks ? el("p", { class: "caption", id: "ranks" }, machine.ranks) : null;
    return [about(machine, go), cards(machine), plot(machine, level, go), ranks, choose(machine, state, go), claims(machine),
      Benches.draw(machine, await Data.others(), state, go)];
  }

  return { draw };
})();

// Method: how to read the page; one machine, its runs, and how far to trust its figures.
// @ts-check
"use strict";

const Method = (() => {
  const { el } = Dom;
  /** @param {string[][]} rows */
  const facts = (rows) => el("dl", { class: "facts" }, rows.map(([name, text]) => el("div", {}, el("dt", {}, name), el("dd", {}, text))));
  /** @param {string[]} lines */
  const list = (lines) => el("ul", {}, lines.map((line) => el("li", {}, line)));

  // For each bench how many cells nothing speaks against, and what speaks against the others.
  /** @param {any} machine */
  function trust(machine) {
    const count = (/** @type {Cell[]} */ cells, /** @type {(cell: Cell) => boolean} */ is) => Figures.count(cells.filter(is).length);
    const rows = Dom.unique(machine.cells.map((/** @type {Cell} */ c) => c.bench)).map((bench) => {
      const cells = machine.cells.filter((/** @type {Cell} */ c) => c.bench === bench);
      return [bench, Figures.count(cells.length), count(cells, (c) => c.trusted), count(cells, (c) => c.noisy),
        count(cells, (c) => c.verdict !== (c.over ? "oversubscribed" : "valid")), count(cells, (c) => c.quick)];
    });
    return Dom.table("Cells to trust, by bench", ["bench", "cells", "trusted", "noisy", "another verdict than valid", "quick"], rows);
  }

  // The fits of each level, those that have any; what is said of the others once.
  /** @param {any} machine */
  function scaling(machine) {
    const fitted = machine.views.filter((/** @type {any} */ v) => v.scaling[1].length),
      others = Dom.unique(machine.views.filter((/** @type {any} */ v) => !v.scaling[1].length).flatMap((/** @type {any} */ v) => v.scaling[0]));
    const one = (/** @type {any} */ v) => {
      const title = v.bench + ", " + Data.level(v.level) + ", " + v.placement, heads = ["counter", ...Data.scaling_columns];
      const row = (/** @type {string[]} */ [name, mark, ...fields]) => [mark ? name + " (" + mark + ")" : name, ...fields];
      return [el("h3", {}, title), v.scaling[0].map((/** @type {string} */ note) => el("p", { class: "caption" }, note)),
        Dom.table(title, heads, v.scaling[1].map(row))];
    };
    return [...fitted.flatMap(one).flat(), others.length ? list(/** @type {string[]} */ (others)) : null].filter(Boolean);
  }

  /** @param {any} state @param {(change: any) => void} go */
  async function draw(state, go) {
    const [machine, box] = Python.choose(await Data.all(), state, go);
    const reading = /** @type {DocumentFragment} */ (/** @type {HTMLTemplateElement} */ (document.getElementById("reading")).content.cloneNode(true));
    return [el("h2", {}, "The machine: " + machine.id), el("div", { class: "controls" }, box), el("p", { class: "answer" }, machine.headline.trust.words),
      machine.published && el("div", { class: "callout" }, el("p", {}, "Published by others, not measured by us."), facts(machine.published)),
      machine.warnings.length > 0 && el("div", { class: "callout warn" }, list(machine.warnings)), facts(machine.card),
      machine.facts?.length > 0 && Dom.fold("facts", "What was measured with", () => list(machine.facts)),
      Dom.fold("trust", "Noise and verdicts, by bench", () => trust(machine)),
      machine.runs.length > 0 &&
      Dom.fold("runs", machine.runs.length + (machine.runs.length === 1 ? " run" : " runs"), () =>
        machine.runs.flatMap((/** @type {string[][]} */ run) => [el("h3", {}, run[0][1]), facts(run.slice(1))])),
      Dom.fold("scaling", "How its counters scale: the Universal Scalability Law", () => scaling(machine)),
      Data.criterion ? el("p", {}, el("a", { href: Data.criterion }, "Criterion’s own pages"), " of the last run: distributions, cell by cell.") : null,
      ...reading.children];
  }

  return { draw };
})();

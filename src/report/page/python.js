// Python: what each interpreter loses and what a lock costs in it, on one machine; what articles say of it.
// @ts-check
"use strict";

const Python = (() => {
  const { el } = Dom;
  // How each way of counting is drawn: those that can lose, then the one with a lock.
  const LOOKS = [{ ink: "wrong", shape: "dot", sign: "●" }, { ink: "ink-4", shape: "square", sign: "■" }, { ink: "ink-1 thick", shape: "dot", sign: "●" }];
  /** @param {number} x a share */
  const whole = (x) => Math.round(x * 100) + " %";

  // A table of the report with its title and note, folded. The first fields of a row, so many, name it together.
  /** @param {string} id @param {any} sheet @param {number} [names] */
  function folded(id, sheet, names = 1) {
    const row = (
      /** @type {string[]} */ [first, ...rest],
    ) => [{ text: [first, ...rest.slice(0, names - 1).map((text) => el("small", {}, text))] }, ...rest.slice(names - 1)];
    return Dom.fold(id, sheet.title,
      () => [el("p", { class: "caption" }, sheet.note),
        Dom.table(sheet.title, [sheet.head.slice(0, names).join(", "), ...sheet.head.slice(names)], sheet.rows.map(row), { class: "figures sheet" })]);
  }

  // A box for one of the machines, if there are several; the first choice is the one asked for, else the one to open.
  /** @param {any[]} machines those that have what the view shows @param {any} state @param {(change: any) => void} go @returns {[any, any]} */
  function choose(machines, state, go) {
    const here = Data.machines[Data.here]?.id, chosen = machines.find((m) => m.id === state.machine) ?? machines.find((m) => m.id === here) ?? machines[0];
    const absent = chosen && chosen.id !== state.machine && Data.machines.some((/** @type {any} */ m) => m.id === state.machine);
    return [chosen, [machines.length > 1 && Dom.select("machine", "Machine", machines.map((m) => [m.id, m.id]), chosen.id, (machine) => go({ machine })),
      absent && el("span", { class: "caption" }, "Not measured on " + state.machine + ".")]];
  }

  // What interpreters and models show at a number of threads and a level; `way` is null for a model.
  /** @param {any} machine @param {number} threads @param {string} level @returns {any[]} */
  function pointsAt(machine, threads, level) {
    const p = machine.python, cells = machine.cells.filter((/** @type {Cell} */ c) => c.bench === "interpreters" && c.threads === threads && c.level === level);
    const one = (/** @type {string} */ name, /** @type {number} */ who, /** @type {number | null} */ way) => {
      const cell = cells.find((/** @type {Cell} */ c) => c.name === name), rounds = cell?.get("loss_rounds");
      return rounds &&
        { who, way, threads, lost: [cell.get("loss"), rounds[0], rounds[2]], predicted: cell.get("predicted"), ns: way === null ? null : cell.get("gross"),
          doubt: cell.doubt };
    };
    const real = p.interpreters.flatMap((/** @type {any} */ i, /** @type {number} */ who) =>
      p.ways.map((/** @type {string[]} */ [subject], /** @type {number} */ way) => one(subject + " " + i.variant, who, way))
    );
    return [...real, ...p.models.map((/** @type {string} */ id, /** @type {number} */ who) => one(id, who, null))].filter(Boolean);
  }

  // ---- the pictures --------------------------------------------------------------------------

  /**
   * What a picture shows of a point: a number, the least and the most.
   * @typedef {(point: any) => number[] | null} Pick
   */

  /** @param {any} machine @param {any} point @param {string} who @param {string} code */
  function mark(machine, point, who, code) {
    const [lost, least, most] = point.lost.map(Figures.percent), over = point.threads > machine.usable;
    const tip = [who, code + ": lost " + lost + (least === most ? "" : " (" + least + " to " + most + ")"),
      point.predicted != null && "predicted: " + Figures.percent(point.predicted), point.ns && Figures.write("ns", point.ns, 0) + " an increment",
      over && "more threads than CPUs", point.doubt];
    return { tip: tip.filter(Boolean).join("\n"), kind: (over ? "hollow " : "") + (point.doubt ? "pale" : "") };
  }

  // A picture by version: a line for each way in a wide window, a row for each interpreter in a narrow one.
  /** @param {any} machine @param {any[]} points @param {boolean} models @param {Pick} pick @param {{label: string, title: string, log: boolean, format: (x: number) => string}} y */
  function picture(machine, points, models, pick, y) {
    const p = machine.python;
    const at = (/** @type {number} */ who, /** @type {number} */ way, /** @type {any} */ point, /** @type {any} */ more) => {
      const of = point && pick(point);
      return of && { who, way, y: of[0], low: of[1], high: of[2], shape: LOOKS[way].shape, ...more };
    };
    const real = p.interpreters.map((/** @type {any} */ i, /** @type {number} */ who) =>
      p.ways.map((/** @type {string[]} */ [, code], /** @type {number} */ way) => {
        const point = points.find((q) => q.way === way && q.who === who);
        return at(who, way, point, point && mark(machine, point, i.label, code));
      })
    );
    const modelled = p.interpreters.map((/** @type {any} */ i, /** @type {number} */ who) =>
      i.models.map((/** @type {number | null} */ model, /** @type {number} */ way) => {
        const point = models && model !== null && points.find((q) => q.way === null && q.who === model);
        return at(who, way, point, point && { ...mark(machine, point, "Model of " + i.label, p.models[model]), shape: "cross" });
      })
    );
    const all = [...real.flat(), ...modelled.flat()].filter(Boolean), most = Math.max(...all.map((q) => q.high)), to = y.log || most > 0 ? undefined : 1;
    const line = (/** @type {number} */ way, /** @type {boolean} */ gil) => ({ name: p.ways[way][1], kind: LOOKS[way].ink, joined: gil,
      points: real.map((/** @type {any[]} */ row) => row[way]).filter((/** @type {any} */ q) => q && p.interpreters[q.who].gil === gil).map((
        /** @type {any} */ q,
      ) => ({ ...q, x: q.who + 0.07 * (way - 1) })) });
    const cross = (/** @type {number} */ way) => ({ name: "", kind: LOOKS[way].ink, joined: false,
      points: modelled.map((/** @type {any[]} */ row) => row[way]).filter(Boolean).map((/** @type {any} */ q) => ({ ...q,
        x: q.who + 0.07 * (way - 1) + 0.22 })
      ) });
    // The lock first: it lies below the others where all lose nothing.
    const ways = p.ways.map((/** @type {any} */ _, /** @type {number} */ way) => way).reverse();
    const series = [...ways.flatMap((/** @type {number} */ way) => [line(way, true), line(way, false)]), ...ways.map(cross)].filter((s) => s.points.length);
    const wide = Charts.plot({ label: y.label, series, height: 300, y: { title: y.title, log: y.log, format: y.format, from: y.log ? undefined : 0, to },
      x: { title: "interpreter, old to new", from: -0.4, to: p.interpreters.length - 0.6,
        ticks: p.interpreters.map((/** @type {any} */ _, /** @type {number} */ n) => n), format: (n) => p.interpreters[n].short } });
    const tall = Charts.dots({ label: y.label, log: y.log, format: y.format, from: y.log ? undefined : 0, to,
      rows: p.interpreters.map((/** @type {any} */ i, /** @type {number} */ n) => ({ name: i.short,
        dots: [...real[n], ...modelled[n]].filter(Boolean).map((q) => ({ ...q, x: q.y, kind: LOOKS[q.way].ink + " " + q.kind })) })
      ) });
    return (/** @type {number} */ width) => (width < 640 ? tall : wide)(width);
  }

  /** @param {any} machine @param {any[]} points @param {boolean} models */
  function pictures(machine, points, models) {
    const p = machine.python, over = points[0].threads > machine.usable;
    const missing = p.interpreters.filter((/** @type {any} */ _, /** @type {number} */ who) => !points.some((q) => q.way !== null && q.who === who)).map((
      /** @type {any} */ i,
    ) => i.label);
    const notes = [over && "Hollow: more threads than the " + machine.usable + " CPUs.", points.some((q) => q.doubt) && "Pale: not to be trusted.",
      missing.length > 0 && "Not measured: " + missing.join(", ") + "."].filter(Boolean).join(" ");
    const key = el("p", { class: "keys" },
      p.ways.map((/** @type {string[]} */ [, code], /** @type {number} */ n) => el("span", { class: LOOKS[n].ink }, LOOKS[n].sign + " ", el("code", {}, code))),
      models && el("span", {}, "× a model of the interpreter’s lock"));
    const costs = points.some((q) => q.ns);
    return [key,
      Charts.figure({ id: "python-loss", title: "Loss by version",
        caption: "Share of all increments; lines reach from the least to the most of a round. " + notes,
        draw: picture(machine, points, models, (q) => q.lost, { label: "Loss by interpreter", title: "lost", log: false, format: whole }) }),
      costs &&
      Charts.figure({ id: "python-cost", title: "Cost of an increment by version",
        caption: "ns for the thread that makes it, the loop included, with the 95 % interval.", draw: picture(machine, points, false, (q) =>
          q.ns && [q.ns[1], q.ns[0], q.ns[2]], { label: "Cost of an increment by interpreter", title: "time of one, log", log: true,
          format: Figures.time }) })];
  }

  // ---- the view ------------------------------------------------------------------------------

  /** @param {any} claim @param {number} n */
  const claim = (claim, n) =>
    Dom.fold("claim-" + n, [el("span", { class: "finding " + claim.finding }, claim.finding === "not_measured" ? "not measured" : claim.verdict), claim.text],
      () =>
        [el("p", { class: "caption" }, "Checked: " + claim.check + "." + (claim.finding === "not_measured" ? " " + claim.verdict + "." : "")),
          claim.figures.length
            ? Dom.table(claim.text, ["figure", "measured", "agrees"], claim.figures.map((/** @type {any} */ f) => [f.what, f.measured, f.says]), {
              class: "figures texts",
            })
            : null].filter(Boolean));

  /** @param {any} state @param {(change: any) => void} go */
  async function draw(state, go) {
    const measured = (await Data.all()).filter((/** @type {any} */ m) => m.python);
    if (!measured.length) {
      return [el("h2", {}, "Python"),
        el("p", { class: "callout" }, "Not measured: no machine has cells of interpreters. ", el("code", {}, "cargo bench --bench interpreters"),
          " measures the ones it finds.")];
    }
    const [machine, box] = choose(measured, state, go), p = machine.python, models = state.models === "1";
    const threads = p.threads.map(String).includes(state.threads) ? state.threads : String(p.threads[0]);
    const level = Math.max(0, p.levels.findIndex((/** @type {string[]} */ [id]) => id === state.level));
    const points = pointsAt(machine, Number(threads), p.levels[level][0]);
    return [el("h2", {}, "What Python’s ", el("code", {}, "+="), " loses: " + machine.id),
      p.told &&
      el("div", { class: "answer" }, el("p", {}, p.told.at + ":"), el("ul", {}, p.told.sentences.map((/** @type {string[]} */ [code, rest]) =>
        el("li", {}, el("code", {}, code), " " + rest)
      ))),
      el("div", { class: "controls" }, box,
        p.threads.length > 1 &&
          Dom.choices("threads", "Threads", p.threads.map((/** @type {number} */ n) => [String(n), n + " threads"]), threads, (to) => go({ threads: to })),
        p.levels.length > 1 && Dom.select("level", "Switch interval", p.levels, p.levels[level][0], (to) => go({ level: to })),
        p.models.length > 0 &&
          Dom.choices("models", "Models", [["", "interpreters"], ["1", "and models of their lock"]], models ? "1" : "", (to) => go({ models: to }))),
      points.length
        ? pictures(machine, points, models)
        : el("p", { class: "callout" }, "Nothing was measured here with " + threads + " threads and this switch interval."),
      models &&
      [el("p", { class: "caption" }, p.agreement), p.disagreements.length > 0 && Dom.fold("disagreements", "Where model and interpreter disagree", () =>
        el("ul", {}, p.disagreements.map((/** @type {string} */ line) =>
          el("li", {}, line)
        )))], p.sheets.map((/** @type {any} */ sheet, /** @type {number} */ n) => folded("python-" + n, sheet, 2)), el("h2", {}, "What articles say of Python"),
      p.claims.map(claim)];
  }

  return { draw, folded, choose };
})();

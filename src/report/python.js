// From Python to here, on one machine: one increment in each interpreter, in the models and in native counters; where
// models and interpreters disagree; what articles say of Python. Rust writes all figures.
"use strict";

(() => {
  const { el, unique, select } = Dom;
  const { plain, style } = Plots;
  const THREADS = { columns: [{ threads: 1, over: false }] };
  const pick = (all, wanted) => (all.includes(wanted) ? wanted : all[0]);
  const caption = (text) => el("p", { class: "caption" }, text);

  // A point of a chart, with the text that tables show.
  function point(found) {
    const [y, least, most] = found.lost.map(Figure.read);
    const range = found.lost[1] === found.lost[2] ? "" : " (" + found.lost[1] + " to " + found.lost[2] + ")";
    return { y, spread: [Math.max(0, y - least), Math.max(0, most - y)], text: found.lost[0] + range, small: found.verdict === "valid" ? "" : found.verdict };
  }

  // The loss at a point: of a way of counting in an interpreter, or of a model if there is no way.
  const lookup = (p) => (who, way, threads, level) => {
    const found = p.points.find((q) => q.who === who && q.way === way && q.threads === threads && q.level === level);
    return found ? point(found) : null;
  };

  // One series. Models have open symbols and dashed lines; bars reach from the least to the most loss of a round.
  function trace(name, points, { colour, ink, symbol, model, mode }) {
    const there = points.filter((q) => q.y !== undefined);
    return {
      type: "scatter", mode, name: plain(name), legendgroup: name, meta: { ink }, x: there.map((q) => q.x), y: there.map((q) => q.y),
      customdata: there.map((q) => [q.at, q.text, q.small].filter(Boolean).map(plain).join("<br>")),
      hovertemplate: "<b>" + plain(name) + "</b><br>%{customdata}<extra></extra>",
      line: { color: colour, width: 1.8, dash: model ? "dash" : "solid" },
      marker: { color: colour, symbol: model ? symbol + "-open" : symbol, size: 8, line: { color: colour, width: 1.4 } },
      error_y: { type: "data", symmetric: false, array: there.map((q) => q.spread[1]), arrayminus: there.map((q) => q.spread[0]), thickness: 1, width: 3, color: colour },
    };
  }

  const field = (q) => (q ? { text: q.text, small: q.small, value: q.y } : "");
  const yaxis = { range: [-2, 102], ticksuffix: " %", title: { text: "lost of all increments" } };
  const grid = () => ({ gridcolor: style("--grid"), linecolor: style("--line"), zeroline: false, automargin: true });

  // Loss by interpreter; the model of each stands beside it.
  function byInterpreter(p, threads, level) {
    const at = lookup(p);
    const look = Charts.looks(null, p.ways.map(([id]) => id));
    const rows = p.interpreters.map((i) => [i.label]);
    const data = [], heads = ["interpreter"];
    p.ways.forEach(([id, code], way) => {
      const modelled = p.interpreters.some((i) => i.models[way] !== null);
      const { colour, ink, symbol } = look({ name: id }, false);
      const real = p.interpreters.map((i, n) => at(n, way, threads, level));
      const model = p.interpreters.map(({ models }) => {
        const q = models[way] === null ? null : at(models[way], null, threads, level);
        return q && { ...q, small: [p.models[models[way]], q.small].filter(Boolean).join(", ") };
      });
      // Side by side, so that the one does not hide the other.
      const shifted = (q, n, aside) => (q ? { ...q, at: p.interpreters[n].label, x: n + (way - 1) * 0.26 + aside } : {});
      data.push(trace(code, real.map((q, n) => shifted(q, n, modelled ? -0.06 : 0)), { colour, ink, symbol, mode: "markers" }));
      heads.push(code);
      rows.forEach((row, n) => row.push(field(real[n])));
      if (!modelled) return;
      data.push(trace(code + ", model", model.map((q, n) => shifted(q, n, 0.06)), { colour, ink, symbol, model: true, mode: "markers" }));
      heads.push([code, "model"]);
      rows.forEach((row, n) => row.push(field(model[n])));
    });
    const ticks = p.interpreters.map((_, n) => n);
    return {
      id: "python-loss", data: data.filter((t) => t.x.length), yaxis, open: true, title: "Loss by interpreter", table: { heads, rows },
      caption: "Share of increments lost at " + threads + " threads, switch interval " + p.levels[level][1] + ", all rounds together with the least and the most of a round; open symbols are the model of that interpreter’s lock.",
      xaxis: { ...grid(), type: "linear", tickvals: ticks, ticktext: p.interpreters.map((i) => plain(i.short)), tickangle: ticks.length > 5 ? -45 : 0, range: [-0.6, ticks.length - 0.4], title: { text: "interpreter, old to new", standoff: 10 } },
    };
  }

  // Loss against the switch interval, a line for each interpreter and each model of it.
  function byInterval(p, threads, way) {
    const at = lookup(p);
    const known = p.levels.map((l, n) => [l, n]).filter(([[, , ns]]) => ns !== null).reverse();
    const models = unique(p.interpreters.map((i) => i.models[way])).filter((m) => m !== null);
    const rows = [...p.interpreters.map((i, who) => ({ name: i.label, who, own: way, model: false })), ...models.map((who) => ({ name: "model " + p.models[who], who, own: null, model: true }))];
    const look = Charts.looks(null, rows.map((r) => r.name));
    const lines = rows.map((r) => ({ ...r, points: known.map(([[, text, ns], n]) => { const q = at(r.who, r.own, threads, n); return q && { ...q, at: text, x: ns / 1000 }; }) })).filter((r) => r.points.some(Boolean));
    return {
      id: "python-interval", yaxis, open: true, title: "Loss against the switch interval",
      data: lines.map((r) => trace(r.name, r.points.map((q) => q ?? {}), { ...look(r, false), model: r.model, mode: "lines+markers" })),
      table: { heads: ["row", ...known.map(([[, text]]) => text)], rows: lines.map((r) => [r.name, ...r.points.map(field)]) },
      caption: "Share of increments lost by " + p.ways[way][1] + " at " + threads + " threads, by the time after which a waiting thread asks for the lock, with the least and the most of a round; dashed lines are models.",
      xaxis: { ...grid(), type: "log", tickvals: known.map(([[, , ns]]) => ns / 1000), ticktext: known.map(([[, text]]) => text), title: { text: "switch interval", standoff: 8 } },
    };
  }

  function sheet(s, n) {
    const field = (text) => ({ text, value: /^-?[\d,.]+|^[<>×] /.test(text) ? Figure.read(text) : text });
    // Interpreter and increment share a column, which stays in sight when the others scroll.
    const rows = s.rows.map(([name, increment, ...rest]) => [{ text: name, small: increment }, ...rest.map(field)]);
    const [name, increment, ...heads] = s.head;
    return [el("h2", {}, s.title), caption(s.note), Tables.table({ id: "python-" + n, label: s.title, heads: [[name, increment], ...heads], rows })];
  }

  function agreement(p) {
    const all = p.disagreements.map((line) => el("li", {}, line));
    return [el("h2", { id: "agreement" }, "Where model and interpreters disagree"), caption(p.agreement),
      all.length ? el("div", { class: "callout warn", id: "disagreements" }, el("ul", {}, all)) : null];
  }

  // Everything the view needs, opened; what comes back draws it.
  async function prepare(state, machines, go) {
    const measured = Data.machines.filter((m) => m.python);
    if (!measured.length) {
      return (panel) => {
        panel.replaceChildren(el("h2", {}, "From Python to here"), el("p", { class: "callout" }, "Not measured here: no machine has cells of interpreters. ", el("code", {}, "cargo bench --bench interpreters"), " measures the ones it finds."));
        Plots.begin();
      };
    }
    const wanted = pick(measured.map((m) => m.id), state.machine);
    const machine = measured.find((m) => m.id === wanted);
    const p = (await Data.beside(wanted)).python;
    const threads = pick(p.threads.map(String), state.threads);
    const level = Math.max(0, p.levels.findIndex(([id]) => id === state.level));
    const way = Math.max(0, p.ways.findIndex(([id]) => id === state.row));
    const boxes = [select("machine-box", "Machine", measured.map((m) => [m.id, m.title]), machine.id, (to) => go({ machine: to })),
      p.threads.length ? select("threads", "Threads", p.threads.map((n) => [String(n), String(n)]), threads, (to) => go({ threads: to })) : null,
      select("level", "Switch interval", p.levels.map(([id, text]) => [id, text]), p.levels[level][0], (to) => go({ level: to })),
      select("row", "Increment against the interval", p.ways, p.ways[way][0], (to) => go({ row: to }))];
    const [increments, ...losses] = p.sheets;
    return (panel) => {
      const charts = el("div", { class: "charts one" });
      panel.replaceChildren(...[el("h2", {}, "From Python to here: " + machine.title),
        caption("The increment of the articles in each interpreter found on this machine, in a model of its lock, and in the native counters."),
        el("div", { class: "view-pickers" }, boxes), charts, ...(increments ? sheet(increments, 0) : []), ...agreement(p), ...losses.flatMap((s, n) => sheet(s, n + 1)),
        el("h2", {}, "What articles say of Python, checked on this machine"), caption("Computed from the cells of " + machine.title + ". Open a line for the figures behind it."),
        ...p.claims.map(One.claim)].filter(Boolean));
      const specs = p.threads.length ? [byInterpreter(p, Number(threads), level), byInterval(p, Number(threads), way)] : [];
      return Plots.show(charts, specs.map((spec) => ({ ...spec, view: THREADS })), [machine.id, "python"]);
    };
  }

  Views.add({ id: "python", title: "Python", free: true, prepare });
})();

// The contents of the charts. The text of every figure comes from the data;
// numbers only place points.
"use strict";

const Charts = (() => {
  // Seven inks and eight symbols have no common divisor: 56 rows differ before a pair repeats.
  const INKS = 7;
  const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "pentagon", "star", "hexagon", "triangle-left"];
  const LOSING = ["x", "cross"];
  // A chart with more rows cannot be read: the legend is too long, and colours and symbols repeat.
  const MOST = 100;
  const { plain, style } = Plots;
  function looks(view, order) {
    const inks = Array.from({ length: INKS }, (_, n) => "--ink-" + (n + 1)), colours = inks.map(style);
    return (row, wrong) => {
      const n = Math.max(0, order.indexOf(row.name));
      const symbols = wrong ? LOSING : SYMBOLS;
      return { colour: colours[n % INKS], ink: inks[n % INKS], symbol: symbols[n % symbols.length] };
    };
  }

  // One row as a few traces: its place in the legend, within the CPUs, the step beyond, and beyond.
  function traces(row, view, look, wrong, point, name) {
    const { colour, ink, symbol } = look(row, wrong);
    const within = [], beyond = [];
    view.columns.forEach((column, n) => {
      const entry = row.entries[n];
      const p = entry && point(entry, column);
      if (p && Number.isFinite(p.y)) (column.over ? beyond : within).push({ x: column.threads, entry, ...p });
    });
    const base = { type: "scatter", legendgroup: row.name, name: plain(name), meta: { ink } };
    const part = (points, over) => ({
      ...base,
      mode: "lines+markers",
      showlegend: false,
      x: points.map((p) => p.x),
      y: points.map((p) => p.y),
      customdata: points.map((p) => p.hover),
      hovertemplate: "<b>" + plain(name) + "</b>, %{x} threads" + (over ? " (oversubscribed)" : "") + "<br>%{customdata}<extra></extra>",
      line: { color: colour, width: 1.8, dash: wrong ? "dot" : over ? "dash" : "solid" },
      marker: {
        color: colour, size: wrong ? 8 : 7, line: { color: colour, width: 1.4 },
        symbol: points.map((p) => (p.below ? "triangle-down-open" : over ? symbol + "-open" : symbol)),
      },
      ...(points.some((p) => p.spread)
        ? { error_y: { type: "data", symmetric: false, array: points.map((p) => p.spread[1]), arrayminus: points.map((p) => p.spread[0]), thickness: 1, width: 3, color: colour } }
        : {}),
    });
    if (!within.length && !beyond.length) return [];
    // The legend takes its symbol from a trace's first point, which may have another mark. So the legend
    // gets a trace of its own.
    const out = [{ ...base, mode: "lines+markers", x: [null], y: [null], line: { color: colour, width: 1.8, dash: wrong ? "dot" : "solid" }, marker: { color: colour, size: 7, symbol } }];
    if (within.length) out.push(part(within, false));
    if (within.length && beyond.length) {
      const ends = [within[within.length - 1], beyond[0]];
      out.push({ ...base, mode: "lines", showlegend: false, hoverinfo: "skip", x: ends.map((p) => p.x), y: ends.map((p) => p.y), line: { color: colour, width: 1.2, dash: wrong ? "dot" : "dash" } });
    }
    if (beyond.length) out.push(part(beyond, true));
    return out;
  }

  function specs(machine, view, order) {
    const places = Data.places;
    const look = looks(view, order);
    const rows = (part) => view.sections.filter((s) => s.part === part).flatMap((s) => s.rows);
    const exact = rows("ranked"), wrong = rows("wrong");
    const where = view.level + (view.think ? " (" + view.think + ")" : "") + ", " + view.placement + " placement, " + machine.title;
    const each = (point, losing) => [
      ...exact.flatMap((r) => traces(r, view, look, false, point, r.name)),
      ...wrong.flatMap((r) => traces(r, view, look, true, point, r.name + losing)),
    ];
    const said = (entry, place) => plain(entry.details[place] || "not measured") + (entry.verdict === "valid" ? "" : "<br>" + plain(entry.verdict));
    const some = (f) => [...exact, ...wrong].some((r) => r.entries.some((e) => e && f(e)));

    const net = some((e) => e.cost === "net" || e.cost === "below");
    const cost = each((e) => {
      if (!net) return e.gross === null ? null : { y: e.gross, hover: said(e, places.gross) + " gross" };
      if (e.cost !== "net" && e.cost !== "below") return null;
      if (e.cost === "net" && e.net > 0) return { y: e.net, hover: said(e, places.net) + " net" };
      const why = e.cost === "below" ? "below resolution: " + plain(e.text) + " ns" : "negative: " + plain(e.text) + " ns, drawn at the resolution";
      return { y: e.resolution, below: true, hover: why };
    }, " (loses)");
    const throughput = each((e) => e.throughput === null ? null : { y: e.throughput, hover: said(e, places.throughput) + " attempted" }, " (loses)");
    const goodput = each((e) => e.goodput === null || e.goodput <= 0 ? null : { y: e.goodput, hover: said(e, places.goodput) + " kept" }, " (loses)");

    const counted = exact.filter((r) => r.entries.some((e) => e && e.lost));
    const losses = wrong.flatMap((r) => traces(r, view, look, true, (e) => e.lost && {
      y: e.lost[0], spread: [e.lost[0] - e.lost[1], e.lost[2] - e.lost[0]].map((d) => Math.max(0, d)), hover: said(e, places.loss),
    }, r.name));
    const reference = {
      type: "scatter", mode: "lines", name: "1 − 1/min(N, CPUs)", meta: { ink: "--muted" }, x: view.columns.map((c) => c.threads), y: view.columns.map((c) => Figure.read(c.expected)),
      customdata: view.columns.map((c) => plain(c.expected)), hovertemplate: "reference at %{x} threads: %{customdata}<extra></extra>",
      line: { color: style("--muted"), width: 1.2, dash: "longdashdot" },
    };
    const unrecorded = wrong.filter((r) => !r.entries.some((e) => e && e.lost)).map((r) => r.name);

    const log = { type: "log", exponentformat: "SI" };
    return [
      {
        id: "cost", data: cost, title: (net ? "Net cost" : "Gross cost") + " by threads",
        yaxis: { ...log, exponentformat: "none", title: { text: "ns/op per thread, " + (net ? "net" : "gross") } },
        caption: (net
          ? "The time of one increment for the thread that makes it, minus the loop without a counter, in ns, at " + where + ". Open downward triangles are below the resolution: they are at most that high."
          : "The time of one increment for the thread that makes it, in ns, with the loop (there is no control to subtract), at " + where + ".") + " Lower is better.",
      },
      {
        id: "throughput", data: throughput, title: "Throughput by threads",
        yaxis: { ...log, title: { text: "attempted per second" } },
        caption: "Increments attempted per second by all threads together, with think time, at " + where + ". Dotted lines with crosses lose updates: their speed is of no use.",
      },
      {
        id: "goodput", data: goodput, title: "Goodput by threads",
        yaxis: { ...log, title: { text: "kept per second" } },
        caption: goodput.length
          ? "Increments kept per second by all threads together, with think time, at " + where + ". Higher is better. Rows without a recorded loss are missing."
          : "Not measured here: lost updates were not recorded, so the kept updates are unknown.",
      },
      {
        id: "loss", data: losses.length ? [...losses, reference] : [], title: "Lost updates by threads",
        yaxis: { range: [0, 102], ticksuffix: " %", title: { text: "lost of attempted" } },
        caption: (losses.length
          ? "Share of attempted increments that were lost, all rounds together with the lowest and the highest of a round, at " + where + ". The grey line is 1 − 1/min(N, CPUs): the loss of a plain load and store if every running thread were equally likely to store next."
          : wrong.length ? "Not measured here." : "No counter here lost anything.") +
          (counted.length ? " Counted and found to lose nothing: " + counted.length + " other " + (counted.length === 1 ? "counter." : "counters.") : "") +
          (unrecorded.length ? " Lost updates were not recorded for " + unrecorded.join(", ") + "." : ""),
      },
    ];
  }

  function draw(into, machine, view, order) {
    return Plots.show(into, view ? specs(machine, view, order).map((spec) => ({ ...spec, view })) : [], view ? [machine.id, view.bench, view.level, view.placement] : []);
  }

  // A chart of lines over threads, each with its own regimes: series are {name, wrong, points: [{x, y, over,
  // hover, spread}]}. Points stand as in a view whose columns are all thread counts.
  function lines(into, spec, series) {
    const threads = Dom.unique(series.flatMap((s) => s.points.map((p) => p.x))).sort((a, b) => a - b);
    const view = { columns: threads.map((t) => ({ threads: t, over: false })) };
    const look = looks(view, series.map((s) => s.name));
    const data = series.flatMap((s) => {
      const beyond = new Map(s.points.map((p) => [p.x, p]));
      const own = { columns: threads.map((t) => ({ threads: t, over: Boolean(beyond.get(t)?.over) })) };
      return traces({ name: s.name, entries: threads.map((t) => beyond.get(t) ?? null) }, own, look, s.wrong, (p) => p, s.name);
    });
    return Plots.show(into, [{ ...spec, view, data: [...data, ...reference(spec, data, threads)] }], ["across"]);
  }

  // A grey line to compare the others with.
  function reference({ reference: y }, data, xs) {
    if (y === undefined || !data.length) return [];
    return [{ type: "scatter", mode: "lines", showlegend: false, hoverinfo: "skip", meta: { ink: "--muted" }, x: [xs[0], xs[xs.length - 1]], y: [y, y], line: { color: style("--muted"), width: 1.2, dash: "longdashdot" } }];
  }

  // A chart of dots over names; series as for lines.
  function dots(into, spec, series) {
    const names = Dom.unique(series.flatMap((s) => s.points.map((p) => p.x)));
    const look = looks(null, series.map((s) => s.name));
    const data = series.filter((s) => s.points.length).map((s) => {
      const { colour, ink, symbol } = look(s, false);
      return {
        type: "scatter", mode: "markers", name: plain(s.name), legendgroup: s.name, meta: { ink }, x: s.points.map((p) => plain(p.x)), y: s.points.map((p) => p.y), customdata: s.points.map((p) => plain(p.hover)),
        hovertemplate: "<b>" + plain(s.name) + "</b>, %{x}<br>%{customdata}<extra></extra>", marker: { color: colour, symbol, size: 8 },
      };
    });
    const xaxis = { type: "category", tickangle: -45, automargin: true };
    return Plots.show(into, [{ ...spec, xaxis, view: { columns: [{ threads: 1, over: false }] }, data: [...data, ...reference(spec, data, names.map(plain))] }], ["across"]);
  }

  return { MOST, draw, lines, dots, looks };
})();

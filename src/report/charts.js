// Draws the charts of one view. Every text a reader sees of a figure comes written from the data;
// numbers are used only to place points.
"use strict";

const Charts = (() => {
  // Colours that stay apart for colour-blind readers, darker on white and lighter on black. Seven
  // colours and eight symbols have no common divisor: 56 rows differ before a pair repeats.
  const COLOURS = {
    light: ["#0063a6", "#c2410c", "#00806a", "#a3348f", "#8a6d00", "#3d3d94", "#b3123f"],
    dark: ["#6cb8ff", "#ff9e5e", "#3fd0ae", "#e58ad3", "#e2c14a", "#a9a6ff", "#ff8297"],
  };
  const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "pentagon", "star", "hexagon", "triangle-left"];
  const LOSING = ["x", "cross"];
  // More rows than these are no chart any more: a legend of pages, every look twice.
  const MOST = 100;
  const hidden = new Set();
  let drawn = [];

  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;
  // Plotly reads a little markup in its texts: none may come from data.
  const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

  function looks(view, order) {
    const colours = COLOURS[dark() ? "dark" : "light"];
    return (row, wrong) => {
      const n = Math.max(0, order.indexOf(row.name));
      const symbols = wrong ? LOSING : SYMBOLS;
      return { colour: colours[n % colours.length], symbol: symbols[n % symbols.length] };
    };
  }

  // One row as a few traces: its place in the legend, within the CPUs, the step beyond, and beyond.
  function traces(row, view, look, wrong, point, name) {
    const { colour, symbol } = look(row, wrong);
    const within = [], beyond = [];
    view.columns.forEach((column, n) => {
      const entry = row.entries[n];
      const p = entry && point(entry, column);
      if (p && Number.isFinite(p.y)) (column.over ? beyond : within).push({ x: column.threads, entry, ...p });
    });
    const base = { type: "scatter", legendgroup: row.name, name: plain(name), visible: hidden.has(row.name) ? "legendonly" : true };
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
    // The legend takes its symbol from a trace's first point, which may be marked as something
    // else: it gets a trace of its own.
    const out = [{ ...base, mode: "lines+markers", x: [null], y: [null], line: { color: colour, width: 1.8, dash: wrong ? "dot" : "solid" }, marker: { color: colour, size: 7, symbol } }];
    if (within.length) out.push(part(within, false));
    if (within.length && beyond.length) {
      const ends = [within[within.length - 1], beyond[0]];
      out.push({ ...base, mode: "lines", showlegend: false, hoverinfo: "skip", x: ends.map((p) => p.x), y: ends.map((p) => p.y), line: { color: colour, width: 1.2, dash: wrong ? "dot" : "dash" } });
    }
    if (beyond.length) out.push(part(beyond, true));
    return out;
  }

  function xAxis(view) {
    const threads = view.columns.map((c) => c.threads);
    const least = threads[0], most = threads[threads.length - 1];
    const log = most > 16;
    let ticks = threads;
    if (log) {
      ticks = [];
      for (let t = 1; t <= most * 1.2; t *= 2) if (t >= least / 1.2) ticks.push(t);
    }
    const low = log ? least / 1.15 : least - 0.4, high = log ? most * 1.15 : most + 0.4;
    const range = log ? [Math.log10(low), Math.log10(high)] : [low, high];
    return {
      low, high, log,
      axis: { title: { text: "threads", standoff: 8 }, type: log ? "log" : "linear", tickvals: ticks, ticktext: ticks.map(String), range, gridcolor: style("--grid"), linecolor: style("--line"), zeroline: false },
    };
  }

  // The region beyond the CPUs, shaded and named.
  function region(view, x) {
    const first = view.columns.findIndex((c) => c.over);
    if (first < 0) return { shapes: [], annotations: [] };
    const over = view.columns[first].threads;
    const before = first > 0 ? view.columns[first - 1].threads : null;
    const edge = before === null ? x.low : x.log ? Math.sqrt(before * over) : (before + over) / 2;
    return {
      shapes: [{ type: "rect", xref: "x", yref: "paper", x0: edge, x1: x.high, y0: 0, y1: 1, fillcolor: style("--over"), line: { width: 0 }, layer: "below" },
        { type: "line", xref: "x", yref: "paper", x0: edge, x1: edge, y0: 0, y1: 1, line: { width: 1, color: style("--muted"), dash: "dot" }, layer: "below" }],
      annotations: [{ xref: "x", yref: "paper", x: x.log ? Math.log10(x.high) : x.high, y: 1, xanchor: "right", yanchor: "top", text: "oversubscribed", showarrow: false, font: { size: 11, color: style("--muted") } }],
    };
  }

  // Labels of a logarithmic axis: as many as its span can bear.
  function steps(data) {
    const all = data.flatMap((t) => t.y).filter((y) => y > 0);
    const decades = Math.log10(Math.max(...all) / Math.min(...all));
    return decades > 2.5 ? 1 : decades > 0.5 ? "D2" : undefined;
  }

  function layout(node, view, yaxis, data) {
    const x = xAxis(view);
    const shade = region(view, x);
    const wide = node.clientWidth >= 560;
    if (yaxis.type === "log") yaxis = { ...yaxis, dtick: steps(data) };
    return {
      height: wide ? 420 : 520,
      margin: { l: 64, r: 12, t: 34, b: 52 },
      paper_bgcolor: style("--bg"), plot_bgcolor: style("--bg"),
      font: { family: "system-ui, -apple-system, Segoe UI, Roboto, DejaVu Sans, sans-serif", size: 12, color: style("--text") },
      hoverlabel: { bgcolor: style("--bg"), bordercolor: style("--line"), font: { color: style("--text") }, align: "left" },
      hovermode: "closest",
      modebar: { bgcolor: "rgba(0,0,0,0)", color: style("--muted"), activecolor: style("--accent"), orientation: "h" },
      legend: wide ? { x: 1.01, y: 1, font: { size: 11 }, tracegroupgap: 0 } : { x: 0, y: -0.22, yanchor: "top", font: { size: 11 }, tracegroupgap: 0 },
      xaxis: x.axis,
      yaxis: { gridcolor: style("--grid"), linecolor: style("--line"), zeroline: false, automargin: true, ...yaxis },
      shapes: shade.shapes,
      annotations: shade.annotations,
    };
  }

  // A legend click hides a row in all charts; a double click shows it alone.
  function toggle(row, alone) {
    const all = new Set(drawn.flatMap((d) => d.node.data.map((t) => t.legendgroup).filter(Boolean)));
    if (alone) {
      const only = [...all].every((r) => r === row || hidden.has(r));
      hidden.clear();
      if (!only) all.forEach((r) => r !== row && hidden.add(r));
    } else if (!hidden.delete(row)) {
      hidden.add(row);
    }
    drawn.forEach(({ node }) => {
      Plotly.restyle(node, { visible: node.data.map((t) => (hidden.has(t.legendgroup) ? "legendonly" : true)) });
    });
  }

  function figure(into, spec) {
    const figure = document.createElement("figure");
    const title = document.createElement("h3");
    title.textContent = spec.title;
    const caption = document.createElement("figcaption");
    caption.textContent = spec.caption;
    figure.append(title, caption);
    into.append(figure);
    table(figure, spec);
    if (!spec.data.length) return null;
    const node = document.createElement("div");
    node.className = "plot";
    node.dataset.chart = spec.id;
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", spec.title + ". " + spec.caption + " The same figures stand in the table beside it.");
    caption.after(node);
    return node;
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
      type: "scatter", mode: "lines", name: "1 − 1/min(N, CPUs)", x: view.columns.map((c) => c.threads), y: view.columns.map((c) => Figure.read(c.expected)),
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
          ? "What one increment costs the thread that makes it, less the loop without a counter, in ns, at " + where + ". Open downward triangles are below the resolution: at most that."
          : "What one increment costs the thread that makes it, in ns, the loop included (no control was measured to subtract), at " + where + ".") + " Lower is better.",
      },
      {
        id: "throughput", data: throughput, title: "Throughput by threads",
        yaxis: { ...log, title: { text: "attempted per second" } },
        caption: "Increments attempted per second by all threads together, think time included, at " + where + ". Dotted lines with crosses lose updates: their speed is not worth having.",
      },
      {
        id: "goodput", data: goodput, title: "Goodput by threads",
        yaxis: { ...log, title: { text: "kept per second" } },
        caption: goodput.length
          ? "Increments kept per second by all threads together, think time included, at " + where + ". Higher is better; rows whose loss was not recorded are missing."
          : "Not measured here: lost updates were not recorded, so what was kept is unknown.",
      },
      {
        id: "loss", data: losses.length ? [...losses, reference] : [], title: "Lost updates by threads",
        yaxis: { range: [0, 102], ticksuffix: " %", title: { text: "lost of attempted" } },
        caption: (losses.length
          ? "Share of attempted increments that were lost, all rounds together with the least and the most of a round, at " + where + "; the grey line is 1 − 1/min(N, CPUs), what a plain load and store would lose if any running thread were as likely as another to store next."
          : wrong.length ? "Not measured here." : "No counter here lost anything.") +
          (counted.length ? " Counted and found to lose nothing: " + counted.length + " other " + (counted.length === 1 ? "counter." : "counters.") : "") +
          (unrecorded.length ? " Lost updates were not recorded for " + unrecorded.join(", ") + "." : ""),
      },
    ];
  }

  // The data of a chart of rows against threads, as the table beside it.
  function asTable(spec) {
    const points = new Map();
    for (const trace of spec.data.filter((t) => t.customdata)) {
      trace.x.forEach((x, n) => {
        const [text, ...verdict] = String(trace.customdata[n]).split("<br>");
        if (!points.has(trace.name)) points.set(trace.name, new Map());
        points.get(trace.name).set(x, { text: entities(text), small: entities(verdict.join(", ")), value: trace.y[n] });
      });
    }
    const threads = Dom.unique([...points.values()].flatMap((row) => [...row.keys()])).sort((a, b) => a - b);
    return { heads: ["row", ...threads.map(String)], rows: [...points].map(([name, row]) => [entities(name), ...threads.map((t) => row.get(t) ?? "")]) };
  }

  const entities = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

  function table(into, spec) {
    if (!spec.data.length || spec.beside) return;
    const { heads, rows } = spec.table ?? asTable(spec);
    into.append(Dom.el("details", { class: "data", open: spec.open }, Dom.el("summary", {}, "The data of this chart as a table"),
      Tables.table({ id: "data-" + spec.id, label: spec.title, heads, rows })));
  }

  // Forgets what was drawn last; everything new is drawn with what comes back.
  function begin() {
    drawn.forEach(({ node }) => Plotly.purge(node));
    drawn = [];
  }

  async function plot(into, spec, view, name) {
    const node = figure(into, spec);
    if (!node) return;
    drawn.push({ spec, node });
    const config = {
      responsive: true, displaylogo: false, displayModeBar: true,
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
      toImageButtonOptions: { format: "svg", filename: ["miscount", ...name, spec.id].join("-"), width: 900, height: 480 },
    };
    await Plotly.newPlot(node, spec.data, { ...layout(node, view, spec.yaxis, spec.data), ...(spec.xaxis ? { xaxis: spec.xaxis } : {}) }, config);
    // For tests: when a reader saw the first chart, in ms after opening.
    document.documentElement.dataset.firstChart ??= String(Math.round(performance.now()));
    const group = (e) => e.data[e.curveNumber].legendgroup;
    node.on("plotly_legendclick", (e) => { if (group(e)) toggle(group(e), false); return false; });
    node.on("plotly_legenddoubleclick", (e) => { if (group(e)) toggle(group(e), true); return false; });
  }

  function draw(into, machine, view, order) {
    begin();
    into.replaceChildren();
    if (!view) return Promise.resolve();
    const name = [machine.id, view.bench, view.level, view.placement];
    // One after another, so that the first is seen while the others are drawn.
    return specs(machine, view, order).reduce((done, spec) => done.then(() => plot(into, spec, view, name)), Promise.resolve());
  }

  // A chart of lines over threads, each with its own regimes: series are {name, wrong, points: [{x, y, over,
  // hover, spread}]}. Points stand as in a view whose columns are all thread counts.
  function lines(into, spec, series) {
    begin();
    into.replaceChildren();
    const threads = Dom.unique(series.flatMap((s) => s.points.map((p) => p.x))).sort((a, b) => a - b);
    const view = { columns: threads.map((t) => ({ threads: t, over: false })) };
    const look = looks(view, series.map((s) => s.name));
    const data = series.flatMap((s) => {
      const beyond = new Map(s.points.map((p) => [p.x, p]));
      const own = { columns: threads.map((t) => ({ threads: t, over: Boolean(beyond.get(t)?.over) })) };
      return traces({ name: s.name, entries: threads.map((t) => beyond.get(t) ?? null) }, own, look, s.wrong, (p) => p, s.name);
    });
    return plot(into, { ...spec, data: [...data, ...reference(spec, data, threads)] }, view, ["across"]);
  }

  // A grey line to hold the others against.
  function reference({ reference: y }, data, xs) {
    if (y === undefined || !data.length) return [];
    return [{ type: "scatter", mode: "lines", showlegend: false, hoverinfo: "skip", x: [xs[0], xs[xs.length - 1]], y: [y, y], line: { color: style("--muted"), width: 1.2, dash: "longdashdot" } }];
  }

  // A chart of dots over names; series as for lines.
  function dots(into, spec, series) {
    begin();
    into.replaceChildren();
    const names = Dom.unique(series.flatMap((s) => s.points.map((p) => p.x)));
    const look = looks(null, series.map((s) => s.name));
    const data = series.filter((s) => s.points.length).map((s) => {
      const { colour, symbol } = look(s, false);
      return {
        type: "scatter", mode: "markers", name: plain(s.name), legendgroup: s.name, x: s.points.map((p) => plain(p.x)), y: s.points.map((p) => p.y), customdata: s.points.map((p) => plain(p.hover)),
        hovertemplate: "<b>" + plain(s.name) + "</b>, %{x}<br>%{customdata}<extra></extra>", visible: hidden.has(s.name) ? "legendonly" : true, marker: { color: colour, symbol, size: 8 },
      };
    });
    const xaxis = { type: "category", tickangle: -45, automargin: true, gridcolor: style("--grid"), linecolor: style("--line") };
    return plot(into, { ...spec, xaxis, data: [...data, ...reference(spec, data, names.map(plain))] }, { columns: [{ threads: 1, over: false }] }, ["across"]);
  }

  return { MOST, draw, lines, dots, begin, plot, looks, style, plain };
})();

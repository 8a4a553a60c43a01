// Puts charts on the page: title, picture, legend, data. Each is a sketch first; plotly.js draws over it
// after it has loaded.
"use strict";

const Plots = (() => {
  const { el } = Dom;
  const { plain, entities } = Sketch;
  // Rows a reader has hidden, by legend group, in all charts.
  const hidden = new Set();
  let drawn = [];

  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // ---- plotly.js -----------------------------------------------------------------------------

  // After the next frame, or soon if there are no frames, as in a hidden tab.
  const painted = () => new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); setTimeout(done, 300); });

  // The page holds it as text, which costs no time until it becomes a script.
  let loading = null;
  const library = () => (loading ??= (async () => {
    if (document.readyState === "loading") await new Promise((done) => addEventListener("DOMContentLoaded", done, { once: true }));
    document.head.append(el("script", {}, document.getElementById("library").textContent));
  })());

  // ---- axes ----------------------------------------------------------------------------------

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

  // Labels of a logarithmic axis, as many as fit its span.
  function steps(data) {
    const all = data.flatMap((t) => t.y).filter((y) => y > 0);
    const decades = Math.log10(Math.max(...all) / Math.min(...all));
    return decades > 2.5 ? 1 : decades > 0.5 ? "D2" : undefined;
  }

  function layout(node, { view, xaxis, yaxis, data }) {
    const x = xAxis(view);
    const shade = xaxis ? { shapes: [], annotations: [] } : region(view, x);
    // With this format a tick between two powers of ten shows all its digits.
    if (yaxis.type === "log") yaxis = { ...yaxis, dtick: steps(data), tickformat: yaxis.exponentformat === "SI" ? "~s" : ",~r" };
    return {
      height: node.clientWidth >= 560 ? 400 : 320,
      margin: { l: 64, r: 12, t: 34, b: 52 },
      paper_bgcolor: style("--bg"), plot_bgcolor: style("--bg"),
      font: { family: "system-ui, -apple-system, Segoe UI, Roboto, DejaVu Sans, sans-serif", size: 12, color: style("--text") },
      hoverlabel: { bgcolor: style("--bg"), bordercolor: style("--line"), font: { color: style("--text") }, align: "left" },
      hovermode: "closest",
      modebar: { bgcolor: "rgba(0,0,0,0)", color: style("--muted"), activecolor: style("--accent"), orientation: "h" },
      showlegend: false,
      xaxis: xaxis ? { gridcolor: style("--grid"), linecolor: style("--line"), ...xaxis } : x.axis,
      yaxis: { gridcolor: style("--grid"), linecolor: style("--line"), zeroline: false, automargin: true, ...yaxis },
      ...shade,
    };
  }

  // ---- the legend ----------------------------------------------------------------------------

  const visible = ({ legendgroup }) => (hidden.has(legendgroup) ? "legendonly" : true);

  // Hides a row in all charts, or shows it again; `alone` hides all others.
  function toggle(row, alone) {
    const all = new Set(drawn.flatMap((d) => d.spec.data.map((t) => t.legendgroup).filter(Boolean)));
    if (alone) {
      const only = [...all].every((r) => r === row || hidden.has(r));
      hidden.clear();
      if (!only) all.forEach((r) => r !== row && hidden.add(r));
    } else if (!hidden.delete(row)) {
      hidden.add(row);
    }
    drawn.forEach((chart) => {
      sketch(chart);
      chart.keys.forEach((key) => key.setAttribute("aria-pressed", String(!hidden.has(key.dataset.row))));
      if (chart.live) Plotly.restyle(chart.live, { visible: chart.live.data.map(visible) });
    });
  }

  // A button for each row; a double click, or a click with Shift held, shows it alone.
  function legend({ data }) {
    return data.filter((t) => t.legendgroup && t.showlegend !== false).map((t) => {
      const row = t.legendgroup;
      const key = el("button", { type: "button", "data-row": row, "aria-pressed": String(!hidden.has(row)), title: "Click to hide or show, double click to show alone" }, Sketch.key(t), el("span", {}, Dom.name(entities(t.name))));
      key.addEventListener("click", (e) => toggle(row, e.shiftKey));
      key.addEventListener("dblclick", () => toggle(row, true));
      return key;
    });
  }

  // ---- the data ------------------------------------------------------------------------------

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

  // Made when it is opened, or printed.
  function table(spec) {
    if (!spec.data.length || spec.beside) return null;
    const box = el("details", { class: "data" }, el("summary", {}, "The data of this chart as a table"));
    const fill = () => { if (box.children.length === 1) box.append(Tables.table({ id: "data-" + spec.id, label: spec.title, ...(spec.table ?? asTable(spec)) })); };
    if (spec.open) {
      fill();
      box.open = true;
    }
    box.addEventListener("toggle", fill);
    addEventListener("beforeprint", () => { fill(); box.open = true; }, { signal: leaving.signal });
    return box;
  }

  // ---- drawing -------------------------------------------------------------------------------

  let leaving = new AbortController();

  // Removes the last drawing.
  function begin() {
    leaving.abort();
    leaving = new AbortController();
    drawn.forEach(({ live }) => live && Plotly.purge(live));
    drawn = [];
  }

  function sketch(chart) {
    const { node, spec } = chart;
    spec.data.forEach((t) => { t.visible = visible(t); });
    const made = Sketch.draw(spec.data, layout(node, spec), node.clientWidth);
    chart.sketch ? chart.sketch.replaceWith(made) : node.append(made);
    chart.sketch = made;
  }

  // A figure in the document; null if there is nothing to draw.
  function frame(into, spec) {
    const node = el("div", { class: "plot", "data-chart": spec.id, role: "img", "aria-label": spec.title + ". " + spec.caption + " The table beside it has the same figures." });
    const keys = legend(spec);
    const some = spec.data.length > 0;
    into.append(el("figure", {}, el("h3", {}, spec.title), el("figcaption", {}, spec.caption), ...(some ? [node, el("div", { class: "keys", role: "group", "aria-label": "Rows in the charts" }, keys), table(spec)].filter(Boolean) : [])));
    return some ? { node, spec, keys } : null;
  }

  // plotly.js's own picture, with a legend.
  async function save({ spec, node }, name) {
    const rows = spec.data.filter((t) => t.showlegend !== false).length;
    const figure = { data: spec.data, layout: { ...layout(node, spec), showlegend: true, legend: { x: 1.01, y: 1, font: { size: 11 }, tracegroupgap: 0 } } };
    await Plotly.downloadImage(figure, { format: "svg", filename: ["miscount", ...name, spec.id].join("-"), width: 1000, height: Math.max(480, 19 * rows + 100) });
  }

  async function plot(chart, name) {
    const { node, spec } = chart;
    const download = { name: "download", title: "Download as SVG", icon: Plotly.Icons.camera, click: () => save(chart, name) };
    const config = { responsive: true, displaylogo: false, displayModeBar: true, modeBarButtonsToRemove: ["toImage", "select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"], modeBarButtonsToAdd: [download] };
    const live = el("div", { class: "live" });
    node.append(live);
    await Plotly.newPlot(live, spec.data, layout(node, spec), config);
    chart.live = live;
    node.classList.add("drawn");
  }

  // Draws charts in place of the contents of `into`, sketches first; `name` begins the names of saved pictures. A
  // chart: {id, title, caption, data, view, yaxis, xaxis}; `beside` if its data is already beside it, `table` if its
  // table is not made of `data`, `open` if its table is open at once.
  // Resolves when plotly.js has drawn them, or another drawing has begun.
  async function show(into, specs, name) {
    begin();
    into.replaceChildren();
    const mine = specs.map((spec) => frame(into, spec)).filter(Boolean);
    drawn = mine;
    mine.forEach(sketch);
    if (!mine.length) return;
    await painted();
    const { dataset } = document.documentElement;
    // For tests: when a reader saw the first chart, in ms after opening, and how long drawing took.
    dataset.firstChart ??= Math.round(performance.now()) + " ms, " + Data.opened.size + " opened, " + (window.Plotly ? "with" : "without") + " plotly.js";
    await library();
    for (const chart of mine) {
      await painted();
      if (drawn !== mine) return;
      await plot(chart, name);
    }
  }

  return { show, begin, style, plain };
})();

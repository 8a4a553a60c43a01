// A chart as plain SVG, from the data for plotly.js. It is there at once, while plotly.js takes a second to
// load, and it is used for printing. It draws only the features that this page's charts use.
"use strict";

const Sketch = (() => {
  function svg(tag, attributes, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  // plotly.js reads some markup in its texts. Data must not bring any.
  const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const entities = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

  // ---- symbols -------------------------------------------------------------------------------

  // Corners around 0, the first at `turn` of a circle from the top.
  const corners = (n, turn = 0, radius = () => 1) => Array.from({ length: n }, (_, k) => {
    const angle = 2 * Math.PI * (turn + k / n);
    return [radius(k) * Math.sin(angle), -radius(k) * Math.cos(angle)];
  });
  const SHAPES = {
    square: corners(4, 1 / 8), diamond: corners(4), "triangle-up": corners(3), "triangle-down": corners(3, 1 / 2), "triangle-left": corners(3, 3 / 4),
    pentagon: corners(5), hexagon: corners(6), star: corners(10, 0, (k) => (k % 2 ? 0.5 : 1.2)),
  };

  function symbol(name, x, y, size, colour) {
    const open = name.endsWith("-open"), r = size / 2;
    const paint = { stroke: colour, "stroke-width": 1.4, fill: open ? "none" : colour };
    const kind = name.replace("-open", "");
    if (kind === "x" || kind === "cross") {
      const arm = (a, b) => "M" + (x - a) + " " + (y - b) + "L" + (x + a) + " " + (y + b);
      const d = kind === "x" ? arm(0.8 * r, 0.8 * r) + arm(0.8 * r, -0.8 * r) : arm(r, 0) + arm(0, r);
      return svg("path", { d, ...paint, "stroke-width": open ? 1.4 : 2.6 });
    }
    if (!SHAPES[kind]) return svg("circle", { cx: x, cy: y, r, ...paint });
    return svg("path", { d: "M" + SHAPES[kind].map(([dx, dy]) => (x + 1.15 * r * dx).toFixed(1) + " " + (y + 1.15 * r * dy).toFixed(1)).join("L") + "Z", ...paint });
  }

  // By name, so that a print gets the colour of a light page.
  const ink = (trace) => "var(" + trace.meta.ink + ")";
  const DASHES = { dash: "7 4", dot: "2 3", longdashdot: "10 4 2 4" };
  const stroke = (line, colour) => ({ stroke: colour, "stroke-width": line.width, "stroke-dasharray": DASHES[line.dash], fill: "none" });

  // A trace's line and symbol, for a legend.
  function key(trace) {
    const { mode, line, marker } = trace;
    return svg("svg", { width: 30, height: 12, "aria-hidden": "true" },
      ...(mode.includes("lines") ? [svg("path", { d: "M0 6H30", ...stroke(line, ink(trace)) })] : []), ...(mode.includes("markers") ? [symbol(marker.symbol, 15, 6, marker.size, ink(trace))] : []));
  }

  // ---- axes ----------------------------------------------------------------------------------

  const NAMES = [[1e9, "G"], [1e6, "M"], [1e3, "k"]];
  function label(value, { exponentformat, ticksuffix = "" }) {
    const [unit, name] = (exponentformat === "SI" && NAMES.find(([unit]) => Math.abs(value) >= unit)) || [1, ""];
    return (value / unit).toLocaleString("en", { maximumSignificantDigits: 6 }) + name + ticksuffix;
  }

  // Round steps from low to high, about `count` of them.
  function steps(low, high, count) {
    const rough = (high - low) / count, size = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * size).find((s) => s >= rough);
    return Array.from({ length: Math.floor(high / step) - Math.ceil(low / step) + 1 }, (_, n) => (Math.ceil(low / step) + n) * step);
  }

  function decades(low, high) {
    const marks = high - low > 2.5 ? [1] : [1, 2, 5];
    const all = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, n) => marks.map((m) => m * 10 ** (Math.floor(low) + n))).flat();
    const inside = all.filter((x) => Math.log10(x) >= low && Math.log10(x) <= high);
    return inside.length > 2 ? inside : steps(10 ** low, 10 ** high, 4);
  }

  // The place of a value between 0 and 1, and the ticks: [value, text].
  function scale(axis, values) {
    if (axis.type === "category") {
      const names = [...new Set(values)];
      return { at: (v) => (names.indexOf(v) + 0.5) / names.length, ticks: names.map((n) => [n, entities(n)]) };
    }
    const log = axis.type === "log", into = log ? Math.log10 : (v) => v;
    const inside = values.filter((v) => Number.isFinite(v) && (!log || v > 0)).map(into);
    let [low, high] = axis.range ?? [Math.min(...inside), Math.max(...inside)];
    if (!axis.range) {
      const pad = Math.max(0.06 * (high - low), log ? 0.02 : 1e-9);
      [low, high] = [low - pad, high + pad];
    }
    const ticks = axis.tickvals ?? (log ? decades(low, high) : steps(low, high, 5));
    return { at: (v) => (into(v) - low) / (high - low), ticks: ticks.map((v, n) => [v, axis.ticktext?.[n] ?? label(v, axis)]) };
  }

  // ---- the chart -----------------------------------------------------------------------------

  function draw(data, layout, width) {
    const { xaxis, yaxis, height, font } = layout;
    const shown = data.filter((t) => t.visible !== "legendonly" && t.x[0] !== null);
    const ends = (t) => (t.error_y ? t.y.flatMap((y, n) => [y + t.error_y.array[n], y - t.error_y.arrayminus[n]]) : t.y);
    const x = scale(xaxis, shown.flatMap((t) => t.x)), y = scale(yaxis, shown.flatMap(ends));
    const longest = (ticks) => Math.max(0, ...ticks.map(([, text]) => text.length)) * 0.58 * font.size;
    const slanted = Boolean(xaxis.tickangle);
    const left = Math.max(layout.margin.l, longest(y.ticks) + 34), top = layout.margin.t, right = width - layout.margin.r;
    const bottom = height - (slanted ? Math.max(layout.margin.b, 0.71 * longest(x.ticks) + 20) : layout.margin.b);
    const px = (v) => left + x.at(v) * (right - left), py = (v) => bottom - y.at(v) * (bottom - top);
    const text = (at, words, attributes) => svg("text", { x: at[0], y: at[1], "font-size": font.size, ...attributes }, words);
    const line = (x1, y1, x2, y2, paint) => svg("line", { x1, y1, x2, y2, ...paint });
    const back = [], front = [];
    // Slanted labels that would overlap are left out, as in plotly.js.
    const each = slanted ? Math.ceil((1.3 * font.size * x.ticks.length) / (right - left)) : 1;
    for (const [value, words] of x.ticks.filter((_, n) => n % each === 0)) {
      const at = px(value);
      if (at < left - 1 || at > right + 1) continue;
      back.push(line(at, top, at, bottom, { class: "grid" }));
      back.push(slanted ? text([0, 0], words, { "text-anchor": "end", transform: "translate(" + (at + 4) + " " + (bottom + 12) + ") rotate(-45)" }) : text([at, bottom + 17], words, { "text-anchor": "middle" }));
    }
    for (const [value, words] of y.ticks) back.push(line(left, py(value), right, py(value), { class: "grid" }), text([left - 5, py(value) + 4], words, { "text-anchor": "end" }));
    if (xaxis.title) back.push(text([(left + right) / 2, bottom + 40], xaxis.title.text, { "text-anchor": "middle", "font-size": font.size + 2 }));
    back.push(text([0, 0], yaxis.title.text, { "text-anchor": "middle", "font-size": font.size + 2, transform: "translate(16 " + (top + bottom) / 2 + ") rotate(-90)" }));
    for (const { type, x0, x1, line: edge } of layout.shapes) {
      if (type === "rect") back.push(svg("rect", { x: px(x0), y: top, width: px(x1) - px(x0), height: bottom - top, class: "over" }));
      else back.push(line(px(x0), top, px(x1), bottom, stroke(edge, edge.color)));
    }
    for (const note of layout.annotations) back.push(text([right - 4, top + 14], note.text, { "text-anchor": "end", class: "muted", "font-size": note.font.size }));
    for (const t of shown) {
      const points = t.x.map((v, n) => [px(v), py(t.y[n]), n]).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
      if (t.mode.includes("lines") && points.length > 1) front.push(svg("path", { d: "M" + points.map(([a, b]) => a.toFixed(1) + " " + b.toFixed(1)).join("L"), ...stroke(t.line, ink(t)) }));
      if (t.error_y) for (const [a, , n] of points) front.push(line(a, py(t.y[n] + t.error_y.array[n]), a, py(t.y[n] - t.error_y.arrayminus[n]), { stroke: ink(t) }));
      if (t.mode.includes("markers")) for (const [a, b, n] of points) front.push(symbol(Array.isArray(t.marker.symbol) ? t.marker.symbol[n] : t.marker.symbol, a, b, t.marker.size, ink(t)));
    }
    return svg("svg", { class: "sketch", viewBox: "0 0 " + width + " " + height, "aria-hidden": "true" }, ...back, ...front);
  }

  return { draw, key, plain, entities };
})();

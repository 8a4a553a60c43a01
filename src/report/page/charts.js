// Charts as SVG, coloured by CSS: drawn at once, at the width they have, with a hint for each mark under the pointer and
// the arrow keys. A chart is a figure with a title, a picture and what it says in words.
// @ts-check
"use strict";

/**
 * A mark of a chart.
 * @typedef {object} Mark
 * @property {number} x @property {number} y its place in the picture
 * @property {string} tip what it says
 * @property {string} [href] where a click leads
 */

const Charts = (() => {
  const { el, svg } = Dom;
  const FONT = 12;
  /** Width of so many letters. @param {string} text @param {number} [size] */
  const long = (text, size = FONT) => text.length * size * 0.6;

  // ---- scales --------------------------------------------------------------------------------

  /**
   * Places of values: `at` gives 0 to 1, `ticks` the values to name.
   * @param {{values: number[], log?: boolean, from?: number, to?: number}} of
   */
  function scale({ values, log = false, from, to }) {
    const into = log ? Math.log10 : (/** @type {number} */ x) => x;
    const known = values.filter((x) => Number.isFinite(x) && (!log || x > 0)).map(into);
    let low = from !== undefined ? into(from) : Math.min(...known), high = to !== undefined ? into(to) : Math.max(...known);
    if (!Number.isFinite(low) || !Number.isFinite(high)) [low, high] = [0, 1];
    if (low === high) [low, high] = log ? [low - 0.5, high + 0.5] : [low - 0.5, high + 0.5];
    const pad = 0.04 * (high - low);
    if (from === undefined) low -= pad;
    if (to === undefined) high += pad;
    return { at: (/** @type {number} */ x) => (into(x) - low) / (high - low), ticks: log ? decades(low, high) : steps(low, high, 5), low: log ? 10 ** low : low,
      high: log ? 10 ** high : high, log };
  }

  /** @param {number} low @param {number} high @param {number} count */
  function steps(low, high, count) {
    const rough = (high - low) / count, size = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * size).find((s) => s >= rough) ?? rough;
    const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
    return Array.from({ length: last - first + 1 }, (_, n) => Number(((first + n) * step).toPrecision(12)));
  }

  /** @param {number} low @param {number} high */
  function decades(low, high) {
    const marks = high - low > 2.5 ? [1] : high - low > 1 ? [1, 3] : [1, 2, 5];
    const all = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, n) => marks.map((m) => m * 10 ** (Math.floor(low) + n))).flat();
    const inside = all.filter((x) => Math.log10(x) >= low - 1e-9 && Math.log10(x) <= high + 1e-9);
    return inside.length > 1 ? inside : steps(10 ** low, 10 ** high, 4);
  }

  // ---- pieces --------------------------------------------------------------------------------

  /** @param {number} x @param {number} y @param {string} words @param {Record<string, any>} [attributes] */
  const text = (x, y, words, attributes = {}) => svg("text", { x: x.toFixed(1), y: y.toFixed(1), ...attributes }, words);
  /** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {string} kind @param {Record<string, any>} [attributes] */
  const line = (x1, y1, x2, y2, kind, attributes = {}) =>
    svg("line", { x1: x1.toFixed(1), y1: y1.toFixed(1), x2: x2.toFixed(1), y2: y2.toFixed(1), class: kind, ...attributes });

  // A symbol: dot, ring, triangle (below what can be told), square, cross.
  /** @param {string} shape @param {number} x @param {number} y @param {number} r @param {string} kind classes */
  function symbol(shape, x, y, r, kind) {
    const name = "mark " + shape + " " + kind;
    if (shape === "triangle")
      return svg("path", { class: name, d: `M${(x - r).toFixed(1)} ${(y - 0.8 * r).toFixed(1)}h${2 * r}L${x.toFixed(1)} ${(y + r).toFixed(1)}Z` });
    if (shape === "square") return svg("rect", { class: name, x: (x - r).toFixed(1), y: (y - r).toFixed(1), width: 2 * r, height: 2 * r });
    if (shape === "cross")
      return svg("path", { class: name, d: `M${(x - r).toFixed(1)} ${(y - r).toFixed(1)}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}` });
    return svg("circle", { class: name, cx: x.toFixed(1), cy: y.toFixed(1), r });
  }

  /** @param {number} width @param {number} height @param {any[]} parts @param {Mark[]} marks @param {string} label */
  function picture(width, height, parts, marks, label) {
    const root = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, width, height, tabindex: marks.length ? 0 : null, role: "group",
      "aria-label": label + (marks.length ? ". Arrow keys go from mark to mark." : ""), "font-size": FONT }, parts);
    /** @type {any} */ (root).marks = marks;
    return root;
  }

  // ---- hints ---------------------------------------------------------------------------------

  const tip = () => /** @type {HTMLElement} */ (document.getElementById("tip"));

  const hide = () => {
    tip().hidden = true;
    document.querySelectorAll(".chart .here").forEach((node) => node.remove());
  };

  /** @param {any} root @param {Mark} mark */
  function show(root, mark) {
    hide();
    root.append(svg("circle", { class: "here", cx: mark.x, cy: mark.y, r: 8 }));
    const box = tip(), at = root.getBoundingClientRect(), size = at.width / root.viewBox.baseVal.width;
    box.textContent = mark.tip;
    box.hidden = false;
    const x = at.left + mark.x * size + 12, y = at.top + mark.y * size + 12;
    box.style.left = Math.max(4, Math.min(x, innerWidth - box.offsetWidth - 4)) + "px";
    box.style.top = Math.max(4, y + box.offsetHeight > innerHeight ? y - box.offsetHeight - 24 : y) + "px";
  }

  /** @param {any} root */
  function listen(root) {
    let at = -1;
    const marks = /** @type {Mark[]} */ (root.marks);
    const nearest = (/** @type {PointerEvent} */ e) => {
      const box = root.getBoundingClientRect(), size = root.viewBox.baseVal.width / box.width;
      const x = (e.clientX - box.left) * size, y = (e.clientY - box.top) * size;
      const away = marks.map((m) => (m.x - x) ** 2 + (m.y - y) ** 2), least = Math.min(...away);
      return least < 30 ** 2 ? marks[away.indexOf(least)] : null;
    };
    root.addEventListener("pointermove", (/** @type {PointerEvent} */ e) => {
      const mark = nearest(e);
      mark ? show(root, mark) : hide();
    });
    root.addEventListener("pointerleave", hide);
    root.addEventListener("click", (/** @type {PointerEvent} */ e) => {
      const mark = nearest(e);
      if (mark?.href) location.hash = mark.href;
    });
    root.addEventListener("blur", hide);
    root.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
      const steps = /** @type {Record<string, [number, number]>} */ ({ ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] })[e.key];
      if (e.key === "Enter" && marks[at]?.href) location.hash = /** @type {string} */ (marks[at].href);
      if (e.key === "Escape") hide();
      if (!steps || !marks.length) return;
      e.preventDefault();
      at = at < 0 ? 0 : next(marks, at, steps);
      show(root, marks[at]);
    });
  }

  // The nearest mark in a direction; the same where there is none.
  /** @param {Mark[]} marks @param {number} at @param {[number, number]} direction */
  function next(marks, at, [dx, dy]) {
    let best = at, least = Infinity;
    marks.forEach((mark, n) => {
      const x = mark.x - marks[at].x, y = mark.y - marks[at].y, ahead = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
      const away = ahead + 3 * aside;
      if (n !== at && ahead > 0.5 && away < least) [best, least] = [n, away];
    });
    return best;
  }

  // ---- the figure ----------------------------------------------------------------------------

  /**
   * A chart with its title, and a button that saves it. `draw` gives the picture for a width.
   * @param {{id: string, title?: string, caption?: any, draw: (width: number) => any}} of
   */
  function figure({ id, title, caption, draw }) {
    const room = el("div", { class: "picture" });
    const button = el("button", { type: "button", class: "plain save", title: "Save this picture as SVG" }, "Save SVG");
    button.addEventListener("click", () => save(room.firstChild, id));
    const box = el("figure", { id, "data-chart": id },
      title ? el("figcaption", {}, el("strong", {}, title), caption ? [" ", el("span", { class: "caption" }, caption)] : null) : null, room, button);
    let drawn = 0;
    const again = (/** @type {number} */ width) => {
      if (!width || Math.abs(width - drawn) < 1) return;
      drawn = width;
      const root = draw(Math.floor(width));
      // Found again when the page is drawn anew, so that it keeps the focus.
      root.id = id + "-picture";
      listen(root);
      room.replaceChildren(root);
    };
    new ResizeObserver(([entry]) => requestAnimationFrame(() => again(entry.contentRect.width))).observe(room);
    // There at once; the observer mends the width.
    again(Math.min(innerWidth, 1240) - 44);
    return box;
  }

  /** @param {any} root @param {string} id */
  function save(root, id) {
    const copy = root.cloneNode(true), from = root.querySelectorAll("*"), to = copy.querySelectorAll("*");
    from.forEach((/** @type {Element} */ node, /** @type {number} */ n) => {
      const style = getComputedStyle(node);
      for (const name of ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight", "text-anchor"])
        to[n].setAttribute(name, style.getPropertyValue(name));
    });
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("style",
      "background:" + getComputedStyle(document.body).backgroundColor + ";font-family:" + getComputedStyle(document.body).fontFamily.replaceAll('"', "'"));
    const link = el("a", { href: "data:image/svg+xml;charset=utf-8," + encodeURIComponent(copy.outerHTML), download: "miscount-" + id + ".svg" });
    link.click();
    return link.getAttribute("href");
  }

  // ---- dots: a row a name, its marks on one axis ----------------------------------------------

  /**
   * @typedef {object} Dot
   * @property {number} x @property {number} [low] @property {number} [high]
   * @property {string} shape dot, ring, triangle, square, cross @property {string} [kind] classes: over, pale, wrong, ink-1 ...
   * @property {string} tip @property {string} [href]
   */
  /**
   * @typedef {object} Row
   * @property {string} name @property {Dot[]} dots in the order in which they are joined @property {string} [kind] classes
   * @property {string[]} [fields] texts at the right @property {number} [bar] a share from 0 to 1, drawn beside the last field
   * @property {boolean} [rule] a line above it
   */

  /**
   * @param {{label: string, rows: Row[], log?: boolean, format: (x: number) => string, heads?: string[], bars?: boolean, from?: number, to?: number, least?: number, mark?: number}} of
   * `heads` are those of the fields; values below `least` are drawn at it; a line stands at `mark`.
   */
  const dots = ({ label, rows, log = true, format, heads = [], bars = false, from, to, least, mark }) => (/** @type {number} */ width) => {
    const step = 17, top = 24, narrow = width < 560;
    // A narrow chart has the unit only, which comes last.
    const tops = heads.map((head) => (narrow ? (head.split(", ").pop() ?? "") + (bars ? ", lost" : "") : head));
    const widths = tops.map((head, n) => Math.max(long(head, 11), ...rows.map((row) => long(row.fields?.[n] ?? "", 11))) + 12);
    const shown = narrow ? widths.slice(0, 1) : widths, barred = bars && !narrow ? 80 : 0;
    const size = narrow ? 10 : 11.5, names = Math.min(Math.max(...rows.map((row) => long(row.name, size))) + 12, narrow ? width * 0.42 : width * 0.3);
    const right = width - shown.reduce((sum, w) => sum + w, 0) - barred - 8;
    // A log axis has no place for 0 and less: such ends are drawn at the least that there is.
    const above = rows.flatMap((row) => row.dots.flatMap((d) => [d.x, d.low ?? d.x, d.high ?? d.x])).filter((x) => x > 0);
    const floor = least ?? (log ? Math.min(...above) : -Infinity), clip = (/** @type {number} */ x) => Math.max(x, floor);
    const of = scale({ values: [...rows.flatMap((row) => row.dots.flatMap((d) => [d.x, d.low ?? d.x, d.high ?? d.x].map(clip))), mark ?? NaN], log, from, to });
    const px = (/** @type {number} */ x) => names + 8 + of.at(clip(x)) * (right - names - 16);
    const height = top + rows.length * step + 8;
    /** @type {Mark[]} */
    const marks = [];
    /** @type {any[]} */
    const back = [];
    /** @type {any[]} */
    const front = [];
    const room = (right - names) / Math.max(1, of.ticks.length), every = Math.max(1, Math.ceil((Math.max(...of.ticks.map((t) => long(format(t)))) + 8) / room));
    of.ticks.forEach((tick, n) => {
      back.push(line(px(tick), top - 6, px(tick), height - 8, "grid"));
      if (n % every === 0) back.push(text(px(tick), 12, format(tick), { "text-anchor": "middle", class: "muted" }));
    });
    if (mark !== undefined) back.push(line(px(mark), top - 6, px(mark), height - 8, "one"));
    let at = right + 8;
    const places = shown.map((w) => (at += w) - 8);
    places.forEach((x, n) => back.push(text(x, 12, tops[n], { "text-anchor": "end", class: "muted", "font-size": 11 })));
    rows.forEach((row, n) => {
      const y = top + n * step + step / 2, kind = row.kind ?? "";
      if (row.rule) back.push(line(4, y - step / 2, width - 4, y - step / 2, "rule"));
      front.push(text(names, y + 4, fit(row.name, names - 4, size), { "text-anchor": "end", class: "name " + kind, "font-size": size }));
      row.dots.forEach((d, k) => k && front.push(line(px(row.dots[k - 1].x), y, px(d.x), y, "join " + kind + (d.kind?.includes("over") ? " over" : ""))));
      row.dots.forEach((d) => {
        if (d.low !== undefined && d.high !== undefined) front.push(line(px(d.low), y, px(d.high), y, "interval " + kind + " " + (d.kind ?? "")));
        front.push(symbol(d.shape, px(d.x), y, d.shape === "dot" ? 4.2 : 3.6, kind + " " + (d.kind ?? "")));
        marks.push({ x: px(d.x), y, tip: d.tip, href: d.href });
      });
      // A narrow chart has room for one field: of a row with a bar it is the share.
      const fields = narrow && row.bar ? (row.fields ?? []).slice(-1) : (row.fields ?? []);
      places.forEach((x, k) => front.push(text(x, y + 4, fields[k] ?? "", { "text-anchor": "end", class: "field " + kind, "font-size": 11 })));
      if (barred && row.bar)
        front.push(svg("rect", { class: "bar " + kind, x: width - barred, y: y - 5, width: (row.bar * (barred - 8)).toFixed(1), height: 10 }));
    });
    return picture(width, height, [...back, ...front], marks, label);
  };

  // A text cut to a width, with a sign that it was.
  /** @param {string} words @param {number} width @param {number} size */
  const fit = (words, width, size) => (long(words, size) <= width ? words : words.slice(0, Math.max(3, Math.floor(width / size / 0.6) - 1)) + "…");

  // ---- lines, points: two axes ---------------------------------------------------------------

  /**
   * @typedef {object} Point
   * @property {number} x @property {number} y @property {number} [low] @property {number} [high]
   * @property {string} [shape] @property {string} [kind] classes: pale @property {string} tip @property {string} [href] @property {string} [name] shown where there is room
   */
  /**
   * @typedef {object} Series
   * @property {string} name @property {string} kind classes: ink-1 to ink-7, thick, thin, dashed @property {Point[]} points
   * @property {boolean} [joined] as a line @property {boolean} [marked] with its points @property {boolean} [named] its name at its end, or at each point
   */
  /**
   * @typedef {object} Axis
   * @property {string} title @property {boolean} [log] @property {(x: number) => string} format @property {number} [from] @property {number} [to] @property {number[]} [ticks]
   */

  /**
   * Series on two axes. `over` is the x from which on the ground is shaded, and what that means.
   * @param {{label: string, series: Series[], x: Axis, y: Axis, height?: number, over?: {from: number, text: string} | null, notes?: {x: number, y: number, text: string}[]}} of
   */
  const plot = ({ label, series, x, y, height = 260, over = null, notes = [] }) => (/** @type {number} */ width) => {
    const all = series.flatMap((s) => s.points);
    const xs = scale({ values: all.map((p) => p.x), log: x.log, from: x.from, to: x.to }),
      ys = scale({ values: all.flatMap((p) => [p.y, p.low ?? p.y, p.high ?? p.y]), log: y.log, from: y.from, to: y.to });
    const xticks = x.ticks ?? xs.ticks, named = series.filter((s) => s.named);
    const left = Math.max(...ys.ticks.map((t) => long(y.format(t)))) + 26,
      right = width - (named.length ? Math.min(width * 0.3, Math.max(...named.map((s) => long(s.name, 11))) + 10) : 14), top = 12, bottom = height - 42;
    const px = (/** @type {number} */ v) => left + xs.at(v) * (right - left), py = (/** @type {number} */ v) => bottom - ys.at(v) * (bottom - top);
    /** @type {Mark[]} */
    const marks = [];
    /** @type {any[]} */
    const back = [];
    /** @type {any[]} */
    const front = [];
    if (over && over.from < xs.high) {
      const from = px(Math.max(over.from, xs.low));
      back.push(svg("rect", { class: "over", x: from, y: top, width: Math.max(0, right - from), height: bottom - top }),
        text(right - 4, top + 12, over.text, { class: "muted", "text-anchor": "end", "font-size": 11 }));
    }
    const every = Math.max(1, Math.ceil((xticks.length * (Math.max(...xticks.map((t) => long(x.format(t)))) + 8)) / (right - left)));
    xticks.forEach((t, n) => {
      const inside = px(t) >= left - 1 && px(t) <= right + 1;
      if (inside) back.push(line(px(t), top, px(t), bottom, "grid"));
      if (inside && n % every === 0) back.push(text(px(t), bottom + 16, x.format(t), { "text-anchor": "middle" }));
    });
    ys.ticks.forEach((t) => back.push(line(left, py(t), right, py(t), "grid"), text(left - 5, py(t) + 4, y.format(t), { "text-anchor": "end" })));
    back.push(text((left + right) / 2, height - 6, x.title, { "text-anchor": "middle", class: "muted" }),
      text(0, 0, y.title, { "text-anchor": "middle", class: "muted", transform: `translate(12 ${(top + bottom) / 2}) rotate(-90)` }));
    /** @type {{x: number, y: number, text: string, kind: string}[]} */
    const ends = [];
    for (const s of series) {
      const points = s.points.filter((p) => Number.isFinite(px(p.x)) && Number.isFinite(py(p.y)));
      if (s.joined !== false && points.length > 1)
        front.push(svg("path", { class: "line " + s.kind, d: "M" + points.map((p) => px(p.x).toFixed(1) + " " + py(p.y).toFixed(1)).join("L") }));
      for (const p of points) {
        if (p.low !== undefined && p.high !== undefined && Number.isFinite(py(p.low)) && Number.isFinite(py(p.high)))
          front.push(line(px(p.x), py(p.low), px(p.x), py(p.high), "interval " + s.kind));
        if (s.marked === false) continue;
        front.push(symbol(p.shape ?? "dot", px(p.x), py(p.y), s.kind.includes("thin") ? 2 : 3.6, s.kind + " " + (p.kind ?? "")));
        marks.push({ x: px(p.x), y: py(p.y), tip: p.tip, href: p.href });
      }
      const last = points[points.length - 1];
      if (s.named && last) ends.push({ x: px(last.x) + 8, y: py(last.y) + 4, text: s.name, kind: s.kind });
    }
    // Names at the ends of lines do not lie on each other: each takes the nearest free place above or below.
    ends.forEach((end, n) => {
      const free = (/** @type {number} */ y) =>
        y > top && y <= bottom && ends.slice(0, n).every((o) => Math.abs(o.y - y) >= 12 || end.x > o.x + long(o.text, 11) || o.x > end.x + long(end.text, 11));
      end.y = Array.from({ length: 200 }, (_, k) => end.y + 2 * Math.ceil(k / 2) * (k % 2 ? -1 : 1)).find(free) ?? end.y;
      front.push(text(end.x, end.y, fit(end.text, width - end.x - 2, 11), { class: "end " + end.kind, "font-size": 11 }));
    });
    // Boxes of points, names and intervals: left, top, right, bottom. A name may lie on an interval if it must.
    const taken = marks.map((m) => [m.x - 5, m.y - 5, m.x + 5, m.y + 5]),
      intervals = all.map((p) => [px(p.x) - 2, py(p.high ?? p.y), px(p.x) + 2, py(p.low ?? p.y)]);
    const clear = (/** @type {number[]} */ b, /** @type {number[][]} */ of) => of.every((t) => b[2] < t[0] || b[0] > t[2] || b[3] < t[1] || b[1] > t[3]);
    for (const p of all.filter((p) => p.name && Number.isFinite(px(p.x)) && Number.isFinite(py(p.y)))) {
      const name = /** @type {string} */ (p.name), w = long(name, 11), at = [px(p.x), py(p.y)];
      const boxes = [[7, -6], [-7 - w, -6], [-w / 2, -19], [-w / 2, 7], [7, -16], [7, 5], [-7 - w, -16], [-7 - w, 5]].map((
        [dx, dy],
      ) => [at[0] + dx, at[1] + dy, at[0] + dx + w, at[1] + dy + 12]);
      const inside = boxes.filter((b) => b[0] >= left && b[2] <= right && b[1] >= top && b[3] <= bottom && clear(b, taken)), free = inside.find((b) =>
        clear(b, intervals)
      ) ?? inside[0];
      if (free) {
        taken.push(free);
        front.push(text(free[0], free[1] + 10, name, { class: "name", "font-size": 11 }));
      }
    }
    notes.forEach((note) => front.push(text(px(note.x), py(note.y) - 6, note.text, { class: "note", "text-anchor": "middle", "font-size": 11 })));
    return picture(width, height, [...back, ...front], marks, label);
  };

  // ---- heat map: rows by columns, one colour -------------------------------------------------

  /**
   * @param {{label: string, names: string[], heads: string[], value: (row: number, column: number) => number | null, format: (x: number) => string, tip: (row: number, column: number) => string}} of
   */
  const heat = ({ label, names, heads, value, format, tip }) => (/** @type {number} */ width) => {
    const all = names.flatMap((_, r) => heads.map((_, c) => value(r, c))).filter((x) => x !== null && x > 0).map((x) => Math.log(/** @type {number} */ (x)));
    const low = Math.min(...all), high = Math.max(...all), left = Math.max(...names.map((name) => long(name))) + 12, top = 22;
    const size = Math.max(4, Math.min(56, (width - left - 4) / heads.length)), tall = Math.min(size, 30), figures = size >= 30;
    /** @type {Mark[]} */
    const marks = [];
    const parts = names.flatMap((name,
      r) => [...(tall >= 10 ? [text(left - 6, top + (r + 0.5) * tall + 4, name, { "text-anchor": "end" })] : []), ...heads.map((_, c) => {
        const x = value(r, c);
        if (x === null) return null;
        const shade = high > low && x > 0 ? (Math.log(x) - low) / (high - low) : 0, at = { x: left + (c + 0.5) * size, y: top + (r + 0.5) * tall };
        marks.push({ ...at, tip: tip(r, c) });
        return [
          svg("rect", { class: "heat", x: left + c * size, y: top + r * tall, width: size - 1, height: tall - 1, style: { "--shade": shade.toFixed(3) } }),
          figures ? text(at.x, at.y + 4, format(x), { "text-anchor": "middle", "font-size": 11 }) : null,
        ];
      })]
    );
    const every = Math.max(1, Math.ceil(24 / size));
    const tops = heads.map((head, c) => (c % every === 0 ? text(left + (c + 0.5) * size, 14, head, { "text-anchor": "middle" }) : null));
    return picture(Math.ceil(Math.min(width, left + heads.length * size + 4)), Math.ceil(top + names.length * tall + 4),
      [...tops, ...parts].flat(3).filter(Boolean), marks, label);
  };

  // ---- bars: a share for each name, from left to right ----------------------------------------

  /** @param {{label: string, bars: {name: string, share: number, tip: string, kind?: string}[], x: string, y: string, format: (x: number) => string, mark?: {at: number, text: string} | null, height?: number}} of
   * `mark.at` is a place among the bars, from 0 to their number. */
  const bars = ({ label, bars, x, y, format, mark = null, height = 220 }) => (/** @type {number} */ width) => {
    const ys = scale({ values: bars.map((b) => b.share), from: 0 }), left = Math.max(...ys.ticks.map((t) => long(format(t)))) + 26, right = width - 8,
      top = mark ? 30 : 18, bottom = height - 40, step = (right - left) / bars.length;
    const py = (/** @type {number} */ v) => bottom - ys.at(v) * (bottom - top);
    const every = Math.max(1, Math.ceil((Math.max(...bars.map((b) => long(b.name))) + 6) / step));
    /** @type {Mark[]} */
    const marks = bars.map((b, n) => ({ x: left + (n + 0.5) * step, y: py(b.share), tip: b.tip }));
    const parts = [...ys.ticks.flatMap((t) => [line(left, py(t), right, py(t), "grid"), text(left - 5, py(t) + 4, format(t), { "text-anchor": "end" })]),
      ...bars.flatMap((b,
        n) => [
        svg("rect", { class: "bar " + (b.kind ?? ""), x: (left + n * step + 1).toFixed(1), y: py(b.share).toFixed(1), width: Math.max(1, step - 2).toFixed(1),
          height: Math.max(0, bottom - py(b.share)).toFixed(1) }),
        n % every === 0 ? text(left + (n + 0.5) * step, bottom + 16, b.name, { "text-anchor": "middle" }) : null,
      ]), text((left + right) / 2, height - 6, x, { "text-anchor": "middle", class: "muted" }),
      text(0, 0, y, { "text-anchor": "middle", class: "muted", transform: `translate(12 ${(top + bottom) / 2}) rotate(-90)` }),
      ...(mark
        ? [line(left + mark.at * step, 6, left + mark.at * step, bottom, "rule"),
          text(Math.min(left + mark.at * step + 5, right - long(mark.text, 11)), 15, mark.text, { class: "note", "font-size": 11 })]
        : [])];
    return picture(width, height, parts.filter(Boolean), marks, label);
  };

  return { figure, dots, plot, heat, bars, save, hide };
})();

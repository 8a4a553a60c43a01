// CPUs: how machines differ. A row a machine, panels by threads, and the costs of one machine divided by those of another.
// @ts-check
"use strict";

const Cpus = (() => {
  const { el, svg, unique, threads } = Dom;
  // At most this many machines are drawn at first: more lines look alike.
  const FIRST = 12;
  const SHARDED = "per_thread";
  // A lock measured twice tells how much chance does; it is no lock of its own.
  const AGAIN = " again";
  // The row of a card that tells what a locked add costs.
  const LOCKED = "locked add";
  const ABSENT = { text: "not measured", class: "unsure" };

  const times = (/** @type {number} */ x) => Figures.ns(x), plain = (/** @type {number} */ x) => x.toLocaleString("en");
  const gross = (/** @type {Cell} */ c) => c.get("gross")?.[1] || null, ns = (/** @type {Cell} */ c) => Data.text(c, "gross") ?? "";
  /** @param {string[]} all */
  const list = (all) => (all.length < 2 ? all.join() : all.slice(0, -1).join(", ") + " and " + all[all.length - 1]);

  // The first parts of an id, two or as many as tell it from the others.
  /** @param {string} id */
  function short(id) {
    const parts = id.split("-"), first = (/** @type {string} */ of, /** @type {number} */ n) => of.split("-").slice(0, n).join("-");
    const n = parts.findIndex((_, n) => n > 0 && Data.machines.filter((/** @type {any} */ m) => first(m.id, n + 1) === first(id, n + 1)).length === 1);
    return n < 0 ? id : first(id, n + 1);
  }

  // Its colour, the same everywhere; beyond seven machines they come again, dashed.
  /** @param {any} m */
  const ink = (m) => `ink-${(m.n % 7) + 1}${m.n === Data.here ? " thick" : m.published ? " thin" : ""}${m.n >= 7 ? " dashed" : ""}`;

  // Its cells there, in the first placement that it has.
  /** @param {any} m @param {string} bench @param {string} level @returns {Cell[]} */
  function cells(m, bench, level) {
    const at = m.views.find((/** @type {any} */ v) => v.bench === bench && v.level === level)?.placement;
    return m.cells.filter((/** @type {Cell} */ c) => c.bench === bench && c.level === level && c.placement === at && !c.name.endsWith(AGAIN));
  }

  // The most threads that fit.
  /** @param {Cell[]} all */
  function most(all) {
    const fit = all.filter((c) => !c.over), own = fit.filter((c) => c.name === "fetch_add");
    return Math.max(0, ...(own.length ? own : fit).map((c) => c.threads));
  }

  // What speaks against a cell, on a line of its own.
  /** @param {Cell} c */
  const doubt = (c) => (c.doubt ? "\n" + c.doubt : "");

  // ---- the headline table ----------------------------------------------------------------------

  // A cost alone and with the most threads, as the cards write it.
  /** @param {Cell[]} all @param {string} name @param {number} threads */
  function cost(all, name, threads) {
    const found = unique([1, threads]).map((t) => all.find((c) => c.name === name && c.threads === t));
    if (!found.some((c) => c?.ns)) return ABSENT;
    const text = found.map((c) => (c?.ns ? Data.cost(c) : "not measured")).join(" → ");
    return { text: text + (found.some((c) => c?.cost === "gross") ? " gross" : ""), class: found.every((c) => c?.trusted) ? null : "unsure" };
  }

  // What load_store loses with two threads and with the most.
  /** @param {Cell[]} all @param {number} threads */
  function lost(all, threads) {
    const found = all.filter((c) => c.name === "load_store" && c.threads > 1 && (c.threads === 2 || c.threads === threads)).sort((a, b) =>
      a.threads - b.threads
    );
    if (!found.length) return ABSENT;
    if (found.every((c) => c.get("loss") === null)) return { text: "not recorded", class: "unsure" };
    return { text: found.map((c) => (Data.text(c, "loss") ?? "not recorded").replaceAll(" ", "\u00a0")).join(" → "),
      class: found.every((c) => c.trusted) ? "lost" : "unsure" };
  }

  /** @param {any} m */
  function cheapest(m) {
    const card = m.headline.cards[0];
    if (!card) return { text: "not ranked here", class: "words unsure" };
    return card.standing === "sure" ? { text: card.figure, class: "words" } : { text: card.figure, class: "words unsure" };
  }

  // A button in the machine's ink that says whether its lines are drawn.
  /** @param {any} m @param {any[]} drawn @param {any[]} all @param {(change: any) => void} go */
  function key(m, drawn, all, go) {
    const on = drawn.includes(m),
      sign = svg("svg", { class: "chart", width: 24, height: 12, "aria-hidden": "true" }, svg("path", { class: "line " + ink(m), d: "M0 6H24" }),
        svg("circle", { class: "mark " + ink(m) + (on ? "" : " hollow"), cx: 12, cy: 6, r: 3.6 }));
    const button = el("button", { type: "button", class: "key", id: "key-" + m.id, "aria-pressed": String(on), "aria-label": "draw " + m.id,
      title: on ? "Leave out of the pictures" : "Draw in the pictures" }, sign);
    button.addEventListener("click", () => {
      const next = all.filter((x) => (x === m ? !on : drawn.includes(x)));
      go({ pick: next.length === all.length ? "all" : next.map((x) => x.id).join(",") || "none" });
    });
    return button;
  }

  /** @param {any[]} all @param {any[]} drawn @param {(change: any) => void} go */
  function headline(all, drawn, go) {
    const rows = all.map((m) => {
      const here = cells(m, "counters", "saturated"), fit = most(here);
      const name = m.dropped ? m.id : el("a", { href: "#" + new URLSearchParams({ machine: m.id }) }, m.id);
      const what = [m.cpu, m.published && "published", m.dropped && "dropped here", here[0]?.placement === "unpinned" && "unpinned"].filter(Boolean).join(", ");
      return [{ text: [key(m, drawn, all, go), name, el("small", {}, what)] }, String(m.usable), fit ? String(fit) : ABSENT, cost(here, "fetch_add", fit),
        cost(here, "std_mutex", fit), cheapest(m), lost(here, fit), m.units[1] === null ? ABSENT : Figures.ns(m.units[1]) + " ns"];
    });
    return Dom.table("Machines", ["machine", "CPUs", "most threads", "fetch_add, ns", "std_mutex, ns", "cheapest exact", "load_store loses, 2 → most threads",
      "line transfer"], rows, { class: "figures machines" });
  }

  // Where published figures come from: each source once.
  /** @param {any[]} all */
  function sources(all) {
    const others = all.filter((m) => m.published), of = (/** @type {any} */ m) => new Map(m.published).get("source").split(",")[0];
    if (!others.length) return null;
    const each = unique(others.map(of)).map((source) => source + " (" + list(others.filter((m) => of(m) === source).map((m) => short(m.id))) + ")");
    return " Published figures were taken by other methods and compare only roughly: " + list(each) + ".";
  }

  // What the machines have in common, in a sentence.
  /** @param {any[]} all */
  function sentence(all) {
    const of = (/** @type {boolean} */ alone) =>
      all.flatMap((m) => {
        const here = cells(m, "counters", "saturated"), at = alone ? 1 : most(here), c = here.find((c) => c.name === "fetch_add" && c.threads === at);
        return c?.trusted && c.get("gross") && most(here) > 1 ? [c.get("gross")[1]] : [];
      });
    const [alone, full] = [of(true), of(false)];
    if (!alone.length || !full.length) return null;
    const range = (/** @type {number[]} */ x) => unique([Math.min(...x), Math.max(...x)].map(Figures.ns)).join(" to ") + " ns";
    return el("p", { class: "answer" },
      `One fetch_add takes ${range(alone)} alone, and ${
        range(full)
      } where as many threads as fit share the counter (gross; ${full.length} of ${all.length} machines, those whose figures can be trusted there).`);
  }

  // ---- panels ----------------------------------------------------------------------------------

  /** @typedef {{m: any, points: any[]}} Line */

  // A line a machine. `y` gives a figure of a cell, `says` the same as text.
  /** @param {any[]} machines @param {(m: any) => Cell[]} of @param {(c: Cell) => number | null} y @param {(c: Cell) => string} says @returns {Line[]} */
  const lines = (machines, of, y, says) =>
    machines.map((m) => ({ m, points: of(m).flatMap((c) => {
      const value = y(c);
      if (value === null) return [];
      return [{ x: c.threads, y: value, shape: c.over ? "ring" : "dot", kind: c.trusted ? "" : "pale",
        tip: `${m.id}\n${c.name}, ${threads(c.threads)}: ${says(c)}${doubt(c)}` }];
    }).sort((a, b) => a.x - b.x) })).filter((line) => line.points.length);

  /**
   * @param {string} id @param {string} title @param {string} caption @param {any[]} drawn @param {Line[]} all
   * @param {{x: any, y: any, more?: any[], notes?: any[]}} of
   */
  function panel(id, title, caption, drawn, all, { x, y, more = [], notes = [] }) {
    const without = drawn.filter((m) => !all.some((line) => line.m === m)).map((m) => short(m.id));
    const missing = without.length > 2 ? without.length + " machines" : list(without);
    const said = [caption, without.length && all.length ? "Not measured on " + missing + "." : ""].filter(Boolean).join(" ");
    if (!all.length)
      return el("figure", { id }, el("figcaption", {}, el("strong", {}, title), el("p", { class: "caption" }, "Not measured on these machines.")));
    const series = all.map(({ m, points }) => ({ name: short(m.id), kind: ink(m), points, named: true }));
    return Charts.figure({ id, title, caption: said, draw: Charts.plot({ label: title, series: [...more, ...series], x, y, notes, height: 250 }) });
  }

  /** @param {string} id @param {string} kind @param {[number, number][]} points */
  const ruler = (id, kind, points) => ({ name: id, kind, marked: false,
    points: points.map(([x, y]) => ({ x, y, tip: `${id}, ${threads(x)}: ${Figures.percent(y)}` })) });

  // What a counter would lose whose running threads store in turn: 1 - 1/N of N threads, of no more than there are CPUs.
  /** @param {Line[]} all */
  function expected(all) {
    const within = Math.max(...all.map(({ m, points }) => Math.min(m.usable, ...points.slice(-1).map((p) => p.x))));
    const turns = all.flatMap(({ m, points }) => points.slice(-1).filter((p) => p.x > m.usable).map((p) => /** @type {[number, number]} */ ([m.usable, p.x])));
    const name = "1 - 1/N", lost = (/** @type {number} */ n) => 1 - 1 / n;
    const curve = unique([...Array.from({ length: 33 }, (_, n) => within ** (n / 32)), 2, 3, 4].filter((n) => n <= within)).sort((a, b) => a - b);
    return [ruler(name, "pale", curve.map((n) => [n, lost(n)])),
      ...turns.map(([cpus, to]) => ruler(name, "pale dashed", [[cpus, lost(cpus)], [to, lost(cpus)]]))];
  }

  // Among the sharded counters the one that most machines have.
  /** @param {any[]} machines */
  function sharded(machines) {
    const names = machines.flatMap((m) =>
      unique(cells(m, "counters", "saturated").filter((c) => c.family === "sharded" && c.part === "ranked").map((c) => c.name))
    );
    const count = (/** @type {string} */ name) => names.filter((x) => x === name).length + (name === SHARDED ? 0.5 : 0);
    return unique(names).sort((a, b) => count(b) - count(a))[0] ?? SHARDED;
  }

  /** @param {any[]} drawn @param {any} state @param {(change: any) => void} go */
  function panels(drawn, state, go) {
    const counters = (/** @type {string} */ name) => (/** @type {any} */ m) => cells(m, "counters", "saturated").filter((c) => c.name === name);
    const costs = ["fetch_add", "std_mutex", sharded(drawn)].map((name) => ({ name, all: lines(drawn, counters(name), gross, ns) }));
    const loss = lines(drawn, counters("load_store"), (c) => c.get("loss"), (c) => Data.text(c, "loss") + " lost");
    const kept = goodputs(drawn, counters);
    const other = asked(drawn, costs.map(({ name }) => name), state);
    const x = axis([...costs.map((c) => c.all), loss, kept, other.all].flat());
    const values = costs.flatMap(({ all }) => all.flatMap((line) => line.points.map((p) => p.y)));
    const y = { title: "ns/op per thread", log: true, format: plain, from: Math.min(...values) * 0.7, to: Math.max(...values) * 1.4 };
    const found = drawn.flatMap((m) =>
      m.crossovers.filter((/** @type {any} */ c) => c.level === "saturated" && c.threads !== null).slice(0, 1).map((/** @type {any} */ c) => ({ m, c }))
    );
    const notes = found.flatMap(({ m, c }) =>
      kept.filter((line) => line.m === m).flatMap((line) => line.points.filter((p) => p.x === c.threads).map((p) => ({ x: p.x, y: p.y, text: c.text })))
    );
    const crossing = found.length ? "It also keeps fewer a second: " + list(found.map(({ m, c }) => c.text + " on " + short(m.id))) + "." : "";
    return el("div", { class: "panels" }, costs.map(({ name, all }) => panel("cost-" + name, name, "", drawn, all, { x, y })),
      panel("loss", "What load_store loses", "Grey line: 1 - 1/N, for N threads on CPUs of their own.", drawn, loss, { x,
        y: { title: "lost of attempted", format: (/** @type {number} */ v) => Math.round(100 * v) + " %", from: 0, to: 1.03 },
        more: loss.length ? expected(loss) : [] }),
      panel("goodput", "Goodput of load_store / fetch_add", crossing, drawn, kept, { x, y: { title: "times as many kept a second", log: true, format: plain },
        notes, more: kept.length ? [ruler("as many", "pale", [[1, 1], [Math.max(...kept.flatMap((line) => line.points.map((p) => p.x))), 1]])] : [] }),
      el("div", {},
        el("div", { class: "controls" }, Dom.select("row", "Any counter", other.names.map((n) => [n, n]), other.name, (row) => go({ row })),
          loads("load", other.loads, other.load, go)),
        panel("any", other.name, "On a scale of its own.", drawn, other.all, { x, y: { ...y, from: undefined, to: undefined } })));
  }

  // The panel of the counter and the load that the reader chose.
  /** @param {any[]} drawn @param {string[]} shown @param {any} state */
  function asked(drawn, shown, state) {
    const there = unique(drawn.flatMap((m) => m.views.map((/** @type {any} */ v) => v.bench + " " + v.level))), load = chosen(there, state);
    const [bench, level] = load.split(" "), all = drawn.map((m) => cells(m, bench, level).filter(gross));
    const count = new Map();
    all.forEach((of) => unique(of.map((c) => c.name)).forEach((name) => count.set(name, (count.get(name) ?? 0) + 1)));
    const names = [...count.keys()].sort(),
      rest = names.filter((name) => !shown.includes(name) && name !== "load_store" && name !== "none").sort((a, b) => count.get(b) - count.get(a));
    const name = names.includes(state.row) ? state.row : rest[0] ?? names[0] ?? "";
    return { name, names, load, loads: there, all: lines(drawn, (m) => all[drawn.indexOf(m)].filter((c) => c.name === name), gross, ns) };
  }
  // The bench and level of the fragment, where they are among these.
  /** @param {string[]} there @param {any} state */
  const chosen = (there, state) =>
    there.find((l) => l === (state.bench || "counters") + " " + state.level) ?? there.find((l) => state.level && l.endsWith(" " + state.level)) ??
      there.find((l) => l === "counters saturated") ?? there[0] ?? " ";

  /** @param {string} id @param {string[]} all @param {string} load @param {(change: any) => void} go */
  function loads(id, all, load, go) {
    if (all.length < 2) return null;
    const words = (/** @type {string} */ of) => of.split(" ").map((part, n) => (n ? Data.level(part) : part)).join(": ");
    return Dom.select(id, "Load", all.map((l) => [l, words(l)]), load, (to) => go({ bench: to.split(" ")[0], level: to.split(" ")[1] }));
  }

  // Kept updates of load_store for each of fetch_add: within the CPUs.
  /** @param {any[]} drawn @param {(name: string) => (m: any) => Cell[]} counters @returns {Line[]} */
  function goodputs(drawn, counters) {
    return drawn.flatMap((m) => {
      const exact = new Map(counters("fetch_add")(m).map((c) => [c.threads, c]));
      const racy = (/** @type {any} */ x) => counters("load_store")(x).filter((c) => !c.over && exact.get(c.threads)?.get("goodput") && c.get("goodput"));
      const both = (/** @type {Cell} */ c) => [c, exact.get(c.threads)].map((x) => Data.text(/** @type {Cell} */ (x), "goodput")).join(" against ");
      return lines([m], racy, (c) => c.get("goodput") / exact.get(c.threads)?.get("goodput"), both);
    });
  }

  // One axis of threads for all panels.
  /** @param {Line[]} all */
  function axis(all) {
    const most = Math.max(2, ...all.flatMap((line) => line.points.map((p) => p.x))), log = most > 16;
    const ticks = log ? Array.from({ length: 21 }, (_, n) => 2 ** n).filter((t) => t <= most) : Array.from({ length: most }, (_, n) => n + 1);
    return { title: "threads", log, ticks, format: String, from: log ? 0.9 : 0.8, to: log ? most * 1.1 : most + 0.2 };
  }

  // ---- two machines ----------------------------------------------------------------------------

  // Rows that may be compared, by bench, level, thread count and name.
  /** @param {any} m @returns {Map<string, Cell>} */
  function rows(m) {
    const first = new Map();
    m.views.forEach((/** @type {any} */ v) => first.has(v.bench + v.level) || first.set(v.bench + v.level, v.placement));
    const fit = (/** @type {Cell} */ c) =>
      (c.part === "ranked" || c.part === "wrong") && c.get("gross") && !c.name.endsWith(AGAIN) && first.get(c.bench + c.level) === c.placement;
    return new Map(m.cells.filter(fit).map((/** @type {Cell} */ c) => [[c.bench, c.level, c.threads, c.name].join(" "), c]));
  }

  // B / A by the rule of `miscount compare`, or why there is none.
  /** @param {Cell} a @param {Cell} b */
  function ratio(a, b) {
    const regime = (/** @type {Cell} */ c) => (c.verdict === "unpinned" ? "valid" : c.verdict);
    if (regime(a) !== regime(b) || !["valid", "oversubscribed"].includes(regime(a))) return { why: unique([a, b].map((c) => c.verdict)).join(" against ") };
    const nets = [a, b].map((c) => c.get("overhead") ?? c.get("net")), net = nets[0] && nets[1];
    if (net && [a, b].some((c, n) => nets[n][1] < c.resolution || nets[n][0] <= 0)) return { why: "net cost below the resolution" };
    // Elsewhere gross times hold think time or work, which no machine is to blame for.
    if (!net && !Data.bare.includes(a.level)) return { why: "no net cost in both" };
    const [x, y] = net ? nets : [a, b].map((c) => c.get("gross"));
    return x[0] > 0
      ? { of: net ? "net" : "gross", costs: [x, y], low: Math.min(y[0] / x[2], y[1] / x[1]), middle: y[1] / x[1], high: Math.max(y[2] / x[0], y[1] / x[1]) }
      : { why: "no time in both" };
  }

  /** @param {any[]} all @param {any} state @param {(change: any) => void} go */
  async function compare(all, state, go) {
    const known = all.map(rows);
    const common = (/** @type {any} */ a, /** @type {any} */ b) => (a === b ? [] : [...known[a.n].keys()].filter((key) => known[b.n].has(key)));
    const partners = (/** @type {any} */ a) => all.filter((b) => common(a, b).length).sort((x, y) => common(a, y).length - common(a, x).length);
    const offered = all.filter((a) => partners(a).length);
    if (!offered.length) return [];
    const a = offered.find((m) => m.id === state.a) ?? offered.find((m) => m.n === Data.here && m.id !== state.b) ?? offered.find((m) => m.id !== state.b) ??
      offered[0];
    const others = partners(a), b = others.find((m) => m.id === state.b) ?? others[0];
    const keys = common(a, b).map((key) => key.split(" ")), there = unique(keys.map(([bench, level]) => bench + " " + level)), load = chosen(there, state);
    const counts = unique(keys.filter(([bench, level]) => bench + " " + level === load).map((key) => Number(key[2]))).sort((x, y) => x - y);
    const fit = counts.filter((n) => n <= a.usable && n <= b.usable), at = counts.find((n) => String(n) === state.threads) ?? fit[fit.length - 1] ?? counts[0];
    const found = [...known[a.n]].flatMap(([key, x]) => {
      const y = known[b.n].get(key);
      return y && key.startsWith(load + " " + at + " ") ? [{ name: x.name, x, y, wrong: [x, y].some((c) => c.part === "wrong"), ...ratio(x, y) }] : [];
    }).sort((p, q) => Number(p.wrong) - Number(q.wrong) || (p.middle ?? Infinity) - (q.middle ?? Infinity) || (p.name < q.name ? -1 : 1));
    const box = (/** @type {string} */ id, /** @type {any[]} */ of, /** @type {any} */ m) =>
      Dom.select(id, id.toUpperCase(), of.map((m) => [m.id, m.id + (m.published ? " (published)" : m.dropped ? " (dropped here)" : "")]), m.id, (to) =>
        go({ [id]: to }));
    return [el("h2", { id: "compare" }, "Compare two"),
      el("div", { class: "controls" }, box("a", offered, a), box("b", [...others].sort((x, y) => x.n - y.n), b), loads("both", there, load, go),
        counts.length > 1 ? Dom.select("threads", "Threads", counts.map((n) => [String(n), String(n)]), String(at), (to) => go({ threads: to })) : null),
      await unfair(a, b), ...ratios(a, b, at, load, found)];
  }

  // What makes the pair unfair.
  /** @param {any} a @param {any} b */
  async function unfair(a, b) {
    const [first, second] = a.n < b.n ? [a, b] : [b, a], cpus = a.usable === b.usable ? [] : [`usable CPUs: ${first.usable} against ${second.usable}`];
    const found = second.dropped ? cpus : await Data.differences(a.n, b.n);
    const all = [found.length ? `Not a fair comparison (${first.id} against ${second.id}): ${found.join("; ")}.` : "",
      second.dropped ? "What else differs from a dropped machine is not checked here; miscount compare does it." : ""].filter(Boolean);
    return all.length ? el("p", { class: "caption" }, all.join(" ")) : null;
  }

  /** @param {any} r */
  const takes = (r) => `B takes ${times(r.middle)} times as long (${times(r.low)} to ${times(r.high)})`;

  /** @param {any} a @param {any} b @param {number} at @param {string} load @param {any[]} found */
  function ratios(a, b, at, load, found) {
    const known = found.filter((r) => r.middle), kinds = unique(known.map((r) => r.of)), example = known.find((r) => r.name === "fetch_add") ?? known[0];
    const bench = load.split(" "), where = `${threads(at)}, ${bench[0]}, ${Data.level(bench[1])}`;
    const written = (/** @type {any} */ r, /** @type {number} */ n) =>
      (r.middle ? (r.of === "net" ? Figures.net(r.costs[n][1], [r.x, r.y][n].resolution) : Figures.ns(r.costs[n][1])) : Data.cost([r.x, r.y][n])) ||
      "not measured";
    const sure = (/** @type {any} */ r) => r.x.trusted && r.y.trusted;
    const dot = (/** @type {any} */ r) => ({ x: r.middle, low: r.low, high: r.high, shape: kinds.length > 1 && r.of === "gross" ? "square" : "dot",
      kind: r.x.over || r.y.over ? "over" : sure(r) ? "" : "pale", tip: `${r.name}, ${r.of}: ${takes(r)}${unique([r.x, r.y].map(doubt)).join("")}` });
    const lines = known.map((r, n) => ({ name: r.name, kind: r.wrong ? "wrong" : "", rule: r.wrong && n > 0 && !known[n - 1].wrong, dots: [dot(r)],
      fields: [times(r.middle)] })
    );
    const which = kinds.length > 1 ? "Net costs (dots) or gross ones (squares)" : kinds[0] === "net" ? "Net costs" : "Gross costs";
    const caption =
      `A is ${a.id}, B is ${b.id}; ${where}. ${which} of B / those of A, with the widest interval that the two allow. Grey: not to be trusted. Red: loses updates. Which differences are beyond chance, miscount compare says.`;
    const table = () =>
      Dom.table("Costs of B / those of A", ["counter", "A, ns", "B, ns", "of", "B / A"],
        found.map((r) => [r.name, written(r, 0), written(r, 1), r.of ?? "", r.middle
          ? { text: takes(r) + (sure(r) ? "" : "; not to be trusted"), class: "words" + (sure(r) ? "" : " unsure") }
          : { text: r.why, class: "words unsure" }]
        ));
    return [example ? el("p", { class: "answer" }, `${example.name}, ${threads(at)}: ${takes(example)}.`) : null,
      known.length
        ? Charts.figure({ id: "ratios", title: "How many times as long B takes", caption,
          draw: Charts.dots({ label: "B / A by counter", rows: lines, format: plain, heads: ["B / A"], mark: 1 }) })
        : el("p", { class: "caption" }, "Nothing can be divided there: the table says why."), Dom.fold("ratio-table", `All ${found.length} rows`, table)];
  }

  // ---- the view --------------------------------------------------------------------------------

  /** @param {any[]} all @param {any} state */
  function picked(all, state) {
    const ids = (state.pick ?? "").split(","), some = all.filter((m) => ids.includes(m.id));
    if (state.pick === "all") return all;
    if (state.pick === "none" || some.length) return some;
    const first = (/** @type {any} */ m) => (m.n === Data.here ? 0 : m.dropped ? 1 : m.published ? 3 : 2);
    const kept = [...all].sort((x, y) => first(x) - first(y) || x.n - y.n).slice(0, FIRST);
    return all.filter((m) => kept.includes(m));
  }

  // What ranks on one CPU ranks otherwise where a locked add costs more: cycles by family, and what was measured here.
  /** @param {any[]} all */
  function locked(all) {
    const { rows, source } = Data.locked;
    const here = all.flatMap((m) => {
      const told = (m.card ?? []).find((/** @type {string[]} */ [name]) => name === LOCKED);
      return told ? [[m.id, { text: told[1], class: "words" }]] : [];
    });
    return Dom.fold("locked", "What a locked add costs: 6.5 to 89 cycles, by family of x86 CPUs",
      () =>
        [
          el("p", { class: "caption" },
            "Cycles of one lock add that nobody contends for, the median over measured CPUs of the family. It is the floor under every atomic counter and lock: where it costs several times as much, they rank otherwise. Source: " +
              source + "."),
          Dom.table("Cycles of a locked add by family", ["family", "cycles", "files", "one of them"],
            rows.map((/** @type {string[]} */ [family, cycles, files, file]) => [family, cycles, files, { text: Dom.name(file), class: "words" }]), {
            class: "figures sheet",
          }),
          here.length ? Dom.table("A locked add on the machines of this page", ["machine", "expected, and measured"], here) : null,
        ].filter(Boolean));
  }

  function files() {
    const input = el("input", { type: "file", id: "files", multiple: true, accept: ".json,application/json" });
    input.addEventListener("change", () => Drop.take(input.files ?? []));
    return el("p", { class: "caption files" }, "Another machine: drop files from its folder runs anywhere on this page, ",
      el("label", { for: "files" }, "or choose files "), input, " They do not leave this page.");
  }

  /** @param {any} state @param {(change: any) => void} go */
  async function draw(state, go) {
    // What an emulator imitates is no CPU to compare others with.
    const every = (await Data.all()).map((/** @type {any} */ m, /** @type {number} */ n) => ({ ...m, n }));
    const all = every.filter((/** @type {any} */ m) => !m.emulated), drawn = picked(all, state);
    const few = drawn.length < all.length ? ` Drawn: ${drawn.length} of ${all.length} machines, as the keys in the table say.` : "";
    return [el("h2", {}, "How CPUs differ"), sentence(all), headline(all, drawn, go),
      el("p", { class: "caption" },
        "No think time; 1 thread → the most threads that fit. Net of the empty loop unless marked gross. Grey figures are not to be trusted, such as those of threads not tied to CPUs.",
        sources(all)), locked(all), files(), el("h2", {}, "By threads"),
      el("p", { class: "caption" },
        "No think time, each thread on a CPU of its own; gross ns/op per thread, on one scale. Thick: the machine of Here; thin: published. Hollow: more threads than CPUs. Grey marks: not to be trusted." +
          few), drawn.length ? panels(drawn, state, go) : null, ...(await compare(all, state, go))];
  }

  return { draw };
})();

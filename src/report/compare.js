// Views across machines: their cards, one counter, two machines as ratios, crossover, collapse.
"use strict";

(() => {
  const { el, unique, select } = Dom;
  const CAUTION = "These machines have different CPUs: a lower figure may come from the CPU. Nothing is ranked across machines.";
  const FIGURES = [["cost", "cost"], ["throughput", "throughput"], ["goodput", "goodput"], ["loss", "loss rate"], ["jain", "fairness (Jain)"]];
  const UNITS = [["ns", "ns"], ["fetch_add", "own fetch_add"], ["line", "own line transfer"]];
  const IN = { ns: "ns", fetch_add: "uncontended fetch_adds of its own", line: "cache-line transfers of its own" };
  const ABSENT = "not measured here";

  const unitOf = (m, unit) => (unit === "fetch_add" ? m.fetch_add_ns : unit === "line" ? m.line_transfer_ns : 1);
  const pick = (all, wanted, or) => (all.includes(wanted) ? wanted : all.includes(or) ? or : all[0] ?? "");
  const rowsOf = (view) => view.sections.flatMap((s) => s.rows.map((r) => ({ ...r, part: s.part })));
  const verdict = (e) => (e.over ? "oversubscribed" : "") + (e.verdict === "valid" || (e.over && e.verdict === "oversubscribed") ? "" : (e.over ? ", " : "") + e.verdict);
  const heading = (text) => el("h2", {}, text);
  const caption = (text) => el("p", { class: "caption" }, text);
  const callout = (kind, ...inside) => el("div", { class: "callout " + kind }, inside);
  const byPublished = (machines) => (machines.some((m) => m.published) ? caption("Machines marked “published by others” were not measured by this suite. The page of each has its source and method.") : null);

  // A view of a machine: the placement asked for, else its first.
  function viewOf(machine, { bench, level, placement }) {
    const here = machine.views.filter((v) => v.bench === bench && v.level === level);
    return here.find((v) => v.placement === placement) ?? here[0];
  }

  // Bench, level and placement as far as these machines have them, and their boxes.
  function load(state, machines, go, placements = true) {
    const views = machines.flatMap((m) => m.views);
    const benches = unique(views.map((v) => v.bench));
    const bench = pick(benches, state.bench, "counters");
    const levels = unique(views.filter((v) => v.bench === bench).map((v) => v.level));
    const level = pick(levels, state.level, "saturated");
    const places = unique(views.filter((v) => v.bench === bench && v.level === level).map((v) => v.placement));
    const placement = places.includes(state.placement) ? state.placement : "";
    const boxes = [select("bench", "Bench", benches.map((b) => [b, b]), bench, (to) => go({ bench: to, level: "", row: "" })),
      select("level", "Level", levels.map((l) => [l, l]), level, (to) => go({ level: to }))];
    if (placements) boxes.push(select("placement", "Placement", [["", "each machine’s own"], ...places.map((p) => [p, p])], placement, (to) => go({ placement: to })));
    return { bench, level, placement, boxes };
  }

  const filterBox = (state, go) => Tables.filter(state.filter, "words", (filter) => go({ filter }));

  // The sortable table of a view: rows that match the filter, in the fragment's order.
  function table(state, go, id, label, heads, rows) {
    const text = (f) => (f && typeof f === "object" ? f.text : f);
    const kept = rows.filter((row) => Tables.matches(state.filter, ...row.map(text)));
    if (!kept.length) return callout("", el("p", {}, rows.length ? "No row matches the filter “" + state.filter + "”." : ABSENT[0].toUpperCase() + ABSENT.slice(1) + "."));
    return Tables.table({ id, label, heads, rows: kept, sort: Tables.order(state.sort), change: (to) => go({ sort: to ? String(to) : "" }) });
  }

  const controls = (...boxes) => el("div", { class: "view-pickers" }, boxes);

  async function unfair(a, b) {
    const { between, lines } = await Data.mismatches(a, b);
    if (!lines.length) return el("p", {}, between.join(" and ") + ": no known difference makes the comparison unfair.");
    return callout("warn", el("p", {}, el("strong", {}, "Not a fair comparison: " + between.join(" against "))), el("ul", {}, lines.map((line) => el("li", {}, line))));
  }

  // ---- machines side by side -----------------------------------------------------------------

  async function machinesView(state, machines, go) {
    const reference = pick(machines.map((m) => m.id), state.a);
    const others = machines.filter((m) => m.id !== reference);
    const found = await Promise.all(others.map((m) => unfair(reference, m.id)));
    const names = unique(machines.flatMap((m) => m.card.map(([name]) => name)));
    const unit = (ns) => (ns === null ? { text: ABSENT, value: null } : { text: Figure.write(ns) + " ns", value: ns });
    const crossover = (m) => m.crossovers.find((c) => c.level === "saturated");
    const heads = ["machine", "measured by", ...names, "own fetch_add", "own line transfer", "goodput crossover"];
    const rows = machines.map((m) => {
      const card = new Map(m.card);
      const facts = names.map((name) => { const text = card.get(name) ?? "unknown"; return /^[\d,.]+( |$)/.test(text) ? { text, value: Figure.read(text) } : text; });
      return [m.title, m.published ? "others" : "this suite", ...facts, unit(m.fetch_add_ns), unit(m.line_transfer_ns), { text: crossover(m)?.text ?? ABSENT, value: crossover(m)?.threads ?? null }];
    });
    return (panel) => {
      panel.replaceChildren(heading("Machines side by side"), caption("One row for each machine. " + CAUTION), ...[byPublished(machines)].filter(Boolean),
        controls(filterBox(state, go)), table(state, go, "cards", "Machine cards", heads, rows),
        heading("Differences that make comparisons unfair"), controls(select("a", "Against", machines.map((m) => [m.id, m.title]), reference, (a) => go({ a }))),
        el("div", { class: "pairs" }, found.length ? found : el("p", {}, "Pick two machines or more.")));
      Plots.begin();
    };
  }

  // ---- one counter across machines -----------------------------------------------------------

  const TITLES = { cost: "Cost", throughput: "Throughput", goodput: "Goodput", loss: "Lost updates", jain: "Fairness" };
  const AXES = { throughput: "attempted per second", goodput: "kept per second", loss: "lost of attempted, with the lowest and the highest of a round", jain: "Jain’s index" };

  // A figure of an entry: {y, text, spread}; null where there is none.
  function read(entry, figure, basis, unit) {
    if (figure === "loss") {
      const lost = entry.lost;
      const [, pooled, range] = /^(.*) in all; rounds: median .*, (.*)$/.exec(entry.detail(Data.places.loss) ?? "") ?? [];
      return lost && { y: lost[0], text: pooled, small: range, spread: [lost[0] - lost[1], lost[2] - lost[0]].map((d) => Math.max(0, d)) };
    }
    if (figure !== "cost") return entry.place(figure) === null ? null : { y: entry.place(figure), text: entry.detail(Data.places[figure]) };
    if (unit === null) return null;
    if (basis === "net" && entry.cost === "below") return { y: entry.resolution / unit, text: (unit === 1 ? entry.text + " ns" : "< " + Figure.write(entry.resolution / unit)), below: true, value: -1e18 };
    const cost = entry.cost_of(basis);
    if (!cost) return null;
    const text = unit === 1 ? entry.detail(Data.places[basis]) : Figure.interval(Figure.ratio(cost, { mid: 1, low: 1, high: 1 }, unit));
    return cost.mid > 0 ? { y: cost.mid / unit, text } : { y: NaN, text };
  }

  function counterView(state, machines, go, fixed) {
    const { bench, level, placement, boxes } = load(state, machines, go);
    const figure = fixed ?? pick(FIGURES.map(([id]) => id), state.figure);
    const unit = pick(UNITS.map(([id]) => id), state.unit);
    const views = machines.flatMap((m) => m.views.filter((v) => v.bench === bench && v.level === level && (!placement || v.placement === placement)).map((v) => ({ m, v })));
    const names = unique(views.flatMap(({ v }) => rowsOf(v).filter((r) => figure !== "loss" || r.grade === "racy" || r.entries.some((e) => e?.lost?.[0] > 0)).map((r) => r.name))).sort();
    const name = pick(names, state.row, figure === "loss" ? "load_store" : "fetch_add");
    const found = views.map(({ m, v }) => ({ m, v, row: rowsOf(v).find((r) => r.name === name) })).filter(({ row }) => row);
    const entries = found.flatMap(({ row }) => row.entries.filter(Boolean));
    const basis = entries.every((e) => e.cost === "net" || e.cost === "below") ? "net" : "gross";
    const many = (m) => found.filter((f) => f.m === m).length > 1;
    const series = found.map(({ m, v, row }) => {
      const each = row.entries.map((e, n) => ({ e, x: v.columns[n].threads, r: e && read(e, figure, basis, unitOf(m, unit)) })).filter(({ r }) => r);
      const points = each.map(({ e, x, r }) => ({ ...r, x, over: e.over, e, hover: [r.text, r.small, verdict(e)].filter(Boolean).join("<br>").replace(/<(?!br>)/g, "&lt;") }));
      return { name: m.title + (many(m) || v.placement !== "spread" ? ", " + v.placement : ""), m, v, points, wrong: row.part === "wrong" };
    });
    const without = machines.filter((m) => !series.some((s) => s.m === m && s.points.length));
    const threads = unique(series.flatMap((s) => s.points.map((p) => p.x))).sort((a, b) => a - b);
    const rows = series.filter((s) => s.points.length).map((s) => [s.name, { text: String(s.m.usable), value: s.m.usable }, s.v.placement,
      ...threads.map((t) => { const p = s.points.find((q) => q.x === t); return p ? { text: p.text, small: [p.small, verdict(p.e)].filter(Boolean).join("; "), value: p.value ?? Figure.read(p.text), class: p.over ? "over" : "" } : ""; })]);
    const drawn = series.filter((s) => Tables.matches(state.filter, s.name, s.v.placement, String(s.m.usable)));
    const inUnit = figure === "cost" ? basis + " ns/op per thread" + (unit === "ns" ? "" : ", in " + IN[unit]) : AXES[figure];
    const where = name + " at " + level + " (" + bench + ")";
    const log = figure !== "loss" && figure !== "jain";
    const yaxis = log ? { type: "log", exponentformat: figure === "cost" ? "none" : "SI", title: { text: inUnit } }
      : figure === "loss" ? { range: [0, 102], ticksuffix: " %", title: { text: "lost of attempted" } } : { range: [0, 1.04], title: { text: inUnit } };
    const choices = [...boxes, select("row", "Counter", names.map((n) => [n, n]), name, (row) => go({ row }))];
    if (!fixed) choices.push(select("figure", "Figure", FIGURES, figure, (to) => go({ figure: to })));
    if (figure === "cost") choices.push(select("unit", "Unit", UNITS, unit, (to) => go({ unit: to })));
    return async (panel) => {
      const chart = el("div", { class: "charts one" });
      const what = "By threads, one line for each machine; " + inUnit + ". Dashed lines and open marks are beyond a machine’s own CPUs: another regime. " + CAUTION;
      panel.replaceChildren(...[heading(TITLES[figure] + " of " + (where.trim() || "a counter") + " across machines"), controls(choices, filterBox(state, go)), caption(what), byPublished(machines),
        without.length ? caption(ABSENT[0].toUpperCase() + ABSENT.slice(1) + ": " + without.map((m) => m.title).join(", ") + (unit === "ns" ? "." : ", or its unit was not measured.")) : null,
        chart, table(state, go, "across", TITLES[figure] + " of " + where, ["machine", ["CPUs", "usable"], "placement", ...threads.map(String)], rows)].filter(Boolean));
      await Charts.lines(chart, { id: figure, title: TITLES[figure] + " by threads", caption: where + "; the table below has the same data.", yaxis, beside: true }, drawn);
    };
  }

  // ---- two machines --------------------------------------------------------------------------

  async function pairView(state, go) {
    const ids = Data.machines.map((m) => m.id);
    const a = pick(ids, state.a), b = pick(ids, state.b, ids[ids.indexOf(a) === 0 ? Math.min(1, ids.length - 1) : 0]);
    const machines = await Data.openAll([a, b]);
    const { bench, level, placement, boxes } = load(state, machines, go);
    const unit = pick(UNITS.map(([id]) => id), state.unit);
    const warning = await unfair(a, b);
    const views = machines.map((m) => viewOf(m, { bench, level, placement }));
    const units = machines.map((m) => unitOf(m, unit));
    const both = views.every(Boolean);
    const threads = both ? views[0].columns.map((c) => c.threads).filter((t) => views[1].columns.some((c) => c.threads === t)) : [];
    const allGross = both && views.some((v) => rowsOf(v).every((r) => r.entries.every((e) => !e || e.cost === "gross" || r.part === "floor")));
    const at = (row, v, t) => row.entries[v.columns.findIndex((c) => c.threads === t)];
    const field = (x, y) => {
      if (!x || !y) return null;
      if (units.includes(null)) return null;
      const [ofA, ofB] = [x, y].map(verdict);
      const verdicts = ofA === ofB ? ofA && "both " + ofA : [ofA && "A " + ofA, ofB && "B " + ofB].filter(Boolean).join("; ");
      const basis = ["net", "gross"].find((k) => x.cost_of(k) && y.cost_of(k));
      if (!basis) return { text: x.cost === "below" || y.cost === "below" ? "below the resolution" : "no cost in common", value: null, small: verdicts };
      const ratio = Figure.ratio(x.cost_of(basis), y.cost_of(basis), ...units);
      if (!(ratio.mid > 0)) return { text: "below nothing", value: null, small: verdicts };
      const same = ratio.low !== null && ratio.low <= 1 && ratio.high >= 1;
      return { y: ratio.mid, text: Figure.interval(ratio), value: ratio.mid, small: [basis === "gross" && !allGross ? "gross" : "", same ? "not told apart" : "", verdicts].filter(Boolean).join("; "), over: x.over || y.over };
    };
    const rows = !both ? [] : rowsOf(views[0]).filter((r) => r.part !== "hazard").map((r) => ({ r, other: rowsOf(views[1]).find((o) => o.name === r.name) })).filter(({ other }) => other)
      .map(({ r, other }) => ({ name: r.name, wrong: r.part === "wrong" || other.part === "wrong", family: r.family, fields: threads.map((t) => field(at(r, views[0], t), at(other, views[1], t))) }));
    const series = rows.filter((r) => Tables.matches(state.filter, r.name, r.family)).map((r) => ({ name: r.name, wrong: r.wrong,
      points: r.fields.map((f, n) => f && { x: threads[n], y: f.y ?? NaN, over: f.over, hover: [f.text, f.small].filter(Boolean).join("<br>") }).filter(Boolean) }));
    const lines = rows.map((r) => [{ text: r.name, small: r.wrong ? "loses updates" : "" }, r.family, ...r.fields.map((f) => (f ? { ...f, class: f.over ? "over" : "" } : ""))]);
    return async (panel) => {
      const box = (id, chosen) => select(id, id.toUpperCase(), Data.machines.map((m) => [m.id, m.title]), chosen, (to) => go({ [id]: to }));
      const swap = el("button", { type: "button", class: "plain", id: "swap" }, "swap");
      swap.addEventListener("click", () => go({ a: b, b: a }));
      const chart = el("div", { class: "charts one" });
      const missing = units.map((u, n) => (u === null ? machines[n].id : null)).filter(Boolean);
      const inUnit = unit === "ns" ? "in ns" : "each cost in " + IN[unit];
      const placed = both && views[0].placement !== views[1].placement ? callout("warn", el("p", {}, "Placements differ: " + machines.map((m, n) => m.id + " " + views[n].placement).join(", ") + ".")) : null;
      panel.replaceChildren(...[heading(machines[0].title + " by " + machines[1].title), controls(box("a", a), box("b", b), swap, boxes, select("unit", "Unit", UNITS, unit, (to) => go({ unit: to })), filterBox(state, go)),
        a === b ? callout("warn", el("p", {}, "A and B are the same machine.")) : warning, placed,
        caption("The cost on A / the cost on B, " + inUnit + ", with the widest interval that the two allow. Above 1 it costs more on A. " + (allGross ? "Costs are gross: there are no net costs to compare. " : "Costs are net if both have them, else gross. ") + CAUTION), byPublished(machines),
        missing.length ? callout("", el("p", {}, "The unit was " + ABSENT.replace("here", "on") + " " + missing.join(" and ") + ": no ratio.")) : null,
        chart, table(state, go, "ratios", "Ratios of two machines", ["row", "family", ...threads.map(String)], lines)].filter(Boolean));
      await Charts.lines(chart, { id: "ratio", title: "Ratio by threads", caption: "A by B, " + inUnit + ", at " + level + " (" + bench + "); the grey line is 1. The table below has the same data.", reference: 1, beside: true,
        yaxis: { type: "log", exponentformat: "none", title: { text: "cost on A / cost on B" } } }, series);
    };
  }

  // ---- goodput crossover ---------------------------------------------------------------------

  function crossoverView(state, machines, go) {
    const levels = unique(machines.flatMap((m) => m.crossovers.map((c) => c.level)));
    const level = pick(levels, state.level, "saturated");
    const found = machines.map((m) => ({ m, all: m.crossovers.filter((c) => c.level === level) }));
    const name = (m, c) => m.title + (c.placement === "spread" ? "" : ", " + c.placement);
    const rows = found.flatMap(({ m, all }) => (all.length ? all : [null]).map((c) => {
      const at = c?.points.find(([threads]) => threads === c.threads)?.[1] ?? ["", ""];
      return [m.title, { text: String(m.usable), value: m.usable }, c?.placement ?? "", { text: c?.text ?? ABSENT, value: c?.threads ?? null }, ...at.map((text) => ({ text, value: Figure.read(text) }))];
    }));
    const one = (text) => { const mid = Figure.read(text); return { mid, low: mid, high: mid }; };
    const series = found.flatMap(({ m, all }) => all.map((c) => ({ name: name(m, c), wrong: false, points: c.points.map(([x, [racy, exact]]) => {
      const y = Figure.ratio(one(racy), one(exact)).mid;
      return { x, y, over: false, hover: Figure.write(y) + "<br>" + racy + " against " + exact };
    }) }))).filter((s) => Tables.matches(state.filter, s.name));
    return async (panel) => {
      const chart = el("div", { class: "charts one" });
      panel.replaceChildren(...[heading("Goodput crossover"), controls(levels.length ? select("level", "Level", levels.map((l) => [l, l]), level, (to) => go({ level: to })) : null, filterBox(state, go)),
        caption("load_store loses updates. From this thread count on it also keeps fewer of them a second than fetch_add: wrong, and not even fast. Up to the CPUs, valid cells only (of published ones also unpinned). " + CAUTION), byPublished(machines),
        table(state, go, "crossovers", "Goodput crossovers", ["machine", ["CPUs", "usable"], "placement", "crossover", "load_store there", "fetch_add there"], rows), chart].filter(Boolean));
      await Charts.lines(chart, { id: "crossover", title: "Goodput of load_store by that of fetch_add", caption: series.length ? "Below the grey line fetch_add keeps more, " + level + "." : "Not measured on these machines.", reference: 1,
        yaxis: { type: "log", exponentformat: "none", title: { text: "load_store / fetch_add, kept per second" } } }, series);
    };
  }

  // ---- oversubscription collapse -------------------------------------------------------------

  function collapseView(state, machines, go) {
    const { bench, level, placement, boxes } = load(state, machines, go);
    const found = machines.map((m) => ({ m, v: viewOf(m, { bench, level, placement }) }));
    const all = found.flatMap(({ m, v }) => (v ? rowsOf(v) : []).filter((r) => r.collapse && r.part !== "hazard").map((r) => ({ m, v, r })));
    const without = found.filter(({ m }) => !all.some((x) => x.m === m)).map(({ m }) => m.title);
    const kept = all.filter(({ m, r }) => Tables.matches(state.filter, m.title, r.name, r.family));
    const rows = all.map(({ m, v, r: { name, family, collapse: [fits, over, text] } }) => [m.title, name, family, v.placement, { text: String(fits), value: fits }, { text: String(over), value: over }, { text, value: Figure.read(text) }]);
    return async (panel) => {
      const chart = el("div", { class: "charts one" });
      panel.replaceChildren(...[heading("Oversubscription collapse"), controls(boxes, filterBox(state, go)),
        caption("Gross ns/op per thread at the lowest thread count above the CPUs / that at the highest thread count that fits. × 1 means that an operation takes as long. FIFO locks wait for threads that are not running. " + CAUTION), byPublished(machines),
        without.length ? caption(ABSENT[0].toUpperCase() + ABSENT.slice(1) + ": " + without.join(", ") + ".") : null,
        chart, table(state, go, "collapses", "Oversubscription collapse", ["machine", "row", "family", "placement", "threads that fit", "threads that do not", "collapse"], rows)].filter(Boolean));
      const series = machines.map((m) => ({ name: m.title, points: kept.filter((k) => k.m === m).map(({ r }) => ({ x: r.name, y: Figure.read(r.collapse[2]), hover: r.collapse[2] + ", " + r.collapse[1] + " threads by " + r.collapse[0] })) }));
      await Charts.dots(chart, { id: "collapse", title: "Collapse by row", caption: "At " + level + " (" + bench + "); the table below has the same data.", beside: true, reference: 1, yaxis: { type: "log", exponentformat: "none", title: { text: "times as long" } } }, series);
    };
  }

  const add = (id, title, prepare, free = false) => Views.add({ id, title, free, prepare });
  add("machines", "Machines", machinesView);
  add("counter", "One counter", counterView);
  add("pair", "Two machines", (state, _, go) => pairView(state, go), true);
  add("loss", "Loss", (state, machines, go) => counterView(state, machines, go, "loss"));
  add("crossover", "Goodput crossover", crossoverView);
  add("fairness", "Fairness", (state, machines, go) => counterView({ ...state, bench: state.bench || "locks" }, machines, go, "jain"));
  add("collapse", "Oversubscription", collapseView);
})();

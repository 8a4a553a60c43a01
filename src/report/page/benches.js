// The benches of one machine, below the first screen of "Here": of each a sentence, a picture, and all figures in a
// folded table.
// @ts-check
"use strict";

/**
 * What is drawn: a bench at one level and placement.
 * @typedef {object} Scene
 * @property {any} machine @property {any} state @property {(change: Record<string, any>) => void} go
 * @property {string} bench @property {string} level @property {string} placement
 * @property {any} others what others measured @property {any} view its notes and fits @property {Cell[]} cells @property {number[]} counts thread counts, ascending
 * @property {number} most the most threads that fit @property {number | undefined} over the most of all, where they do not fit
 */

const Benches = (() => {
  const { el, unique, threads } = Dom;

  const TABS = [["counters", "Counters"], ["locks", "Locks"], ["reads", "Reads"], ["lazy_init", "Lazy"], ["ordering", "Order"], ["async", "Async"], ["peers",
    "Peers"], ["core_to_core", "Cores"], ["interpreters", "Interpreters"]];

  // ---- words ---------------------------------------------------------------------------------

  const words = (/** @type {string} */ level) => Data.level(level).replaceAll("_", " ");
  const code = (/** @type {string} */ name) => el("code", {}, name);

  // Names as a list in a sentence; of many only the first.
  /** @param {Cell[]} cells */
  function list(cells) {
    const shown = cells.length > 5 ? cells.slice(0, 4) : cells, more = cells.length - shown.length;
    const parts = shown.map((cell) => [code(cell.name), cell.grade === "eventual" ? " (reads lag)" : ""]);
    if (more) parts.push([more + " more"]);
    return parts.flatMap((part, n) => [n === 0 ? "" : n === parts.length - 1 ? " and " : ", ", ...part]);
  }

  /** @param {...any} inside */
  const sentence = (...inside) => el("p", { class: "answer" }, ...inside);

  /** @param {Record<string, any>} state @param {Record<string, any>} change */
  const link = (state, change) => "#" + new URLSearchParams(Object.entries({ ...state, ...change }).filter(([, value]) => value)).toString();

  // ---- cells ---------------------------------------------------------------------------------

  /** @type {Record<string, string>} */
  const BASES = { overhead: "beyond the time that no lock can avoid", net: "net of the loop alone", gross: "gross, with the loop and its work" };

  // What a cell costs; of a lock its overhead, where it has one.
  /** @param {Cell} cell */
  function price(cell) {
    const overhead = cell.get("overhead"), ns = /** @type {number[]} */ (overhead ?? cell.ns);
    const basis = overhead ? "overhead" : cell.cost === "gross" ? "gross" : "net";
    return { ns, basis, below: basis !== "gross" && ns[1] < cell.resolution, text: overhead ? Figures.net(ns[1], cell.resolution) : Data.cost(cell) };
  }

  // The second measurement of a lock, which tells what can be told apart, is no lock of its own.
  const again = (/** @type {Cell} */ cell) => cell.bench === "locks" && cell.name.endsWith(" again");
  // A lock that is held long has waits and no cost.
  const heldLong = (/** @type {Cell} */ cell) => cell.cost === "absent" && cell.get("longest") !== null;
  const isLong = (/** @type {Scene} */ scene) => scene.cells.every(heldLong);
  const racy = (/** @type {Cell} */ cell) => cell.part === "wrong" || (cell.part === "hazard" && cell.grade === "racy");

  /** @param {Scene} scene @param {string} name @param {number | undefined} n */
  const at = ({ cells }, name, n) => cells.find((cell) => cell.name === name && cell.threads === n && cell.cost !== "absent");

  // Names of the rows of a picture: those that are no controls, by cost at the most threads that fit, wrong ones last.
  /** @param {Scene} scene */
  function names(scene) {
    const shown = scene.cells.filter((cell) => cell.part !== "floor" && !again(cell) && cell.cost !== "absent");
    const found = unique(shown.map((cell) => cell.name)).map((
      name,
    ) => /** @type {Cell} */ (at(scene, name, scene.most) ?? shown.find((cell) => cell.name === name)));
    return found.sort((a, b) => Number(racy(a)) - Number(racy(b)) || price(a).ns[1] - price(b).ns[1]).map((cell) => cell.name);
  }

  /** @param {Cell} cell */
  const doubt = (cell) => (cell.doubt ? "\nNot to be trusted: " + cell.doubt : "");

  /** @param {Scene} scene @param {Cell} cell */
  const opened = (scene, cell) =>
    link(scene.state, { bench: scene.bench, level: scene.level, placement: scene.placement, cell: cell.name, threads: cell.threads });

  /** @param {Cell} cell */
  const shade = (cell) => [cell.over ? "over" : "", cell.trusted ? "" : "pale", cell.threads === 1 ? "hollow" : ""].join(" ");

  // The dot of what a cell costs.
  /** @param {Scene} scene @param {Cell} cell */
  function dot(scene, cell) {
    const { ns, below, text, basis } = price(cell);
    const range = below ? {} : { low: ns[0], high: ns[2] };
    const tip = cell.name + ", " + threads(cell.threads) + "\n" + text + " ns, " + BASES[basis] + doubt(cell);
    return { x: below ? cell.resolution : ns[1], ...range, shape: below ? "triangle" : "dot", kind: shade(cell), tip, href: opened(scene, cell) };
  }

  // ---- sentences -----------------------------------------------------------------------------

  // Who is cheapest at so many threads, by what the cells are marked.
  /** @param {Scene} scene @param {number} n @returns {any[]} */
  function cheapest(scene, n) {
    const ranked = scene.cells.filter((cell) => cell.threads === n && cell.part === "ranked" && !again(cell) && cell.ns).sort((a, b) =>
      price(a).ns[1] - price(b).ns[1]
    );
    const [best, ties] = ["cheapest", "tie"].map((mark) => ranked.filter((cell) => cell.mark === mark && cell.trusted));
    const noisy = ranked.filter((cell) => cell.mark && ![...best, ...ties].includes(cell));
    const when = n === 1 ? "Alone, " : "At " + threads(n) + ", ";
    if (best.length)
      return [when, ...list(best), " is the cheapest: " + price(best[0]).text + " ns" + (price(best[0]).basis === "gross" ? " gross" : "") + ". "];
    if (ties.length)
      return [when, ...list(ties), " cannot be told from the cheapest", noisy.length ? "; of " + noisy.length + " more it is too noisy to say" : "", ". "];
    return [when, "it is too noisy to say which is the cheapest. "];
  }

  /** @param {Scene} scene */
  function cheapestOfAll(scene) {
    const ranked = unique([1, scene.most]).filter((n) => scene.cells.some((cell) => cell.threads === n && cell.mark));
    return sentence(ranked.length ? ranked.map((n) => cheapest(scene, n)) : "Nothing can be ranked here.");
  }

  // ---- controls ------------------------------------------------------------------------------

  // A choice of one parameter of the fragment; none where there is one value only.
  /** @param {Scene} scene @param {string} name @param {string} label @param {string[]} values @param {string} chosen @param {(value: string) => string} text */
  function choice({ go }, name, label, values, chosen, text) {
    const make = values.length > 6 ? Dom.select : Dom.choices;
    return values.length < 2 ? null : make("bench-" + name, label, values.map((value) => [value, text(value)]), chosen, (to) => go({ [name]: to }));
  }

  // The level and the placement.
  /** @param {Scene} scene */
  function controls(scene) {
    const all = /** @type {Cell[]} */ (scene.machine.cells).filter((cell) => cell.bench === scene.bench);
    const places = unique(all.filter((cell) => cell.level === scene.level).map((cell) => cell.placement));
    const made = [choice(scene, "level", "Load", unique(all.map((cell) => cell.level)), scene.level, words),
      choice(scene, "placement", "Placement", places, scene.placement, (id) => id)];
    return made.some(Boolean) ? el("div", { class: "controls" }, made) : null;
  }

  // ---- pictures ------------------------------------------------------------------------------

  /** @param {Scene} scene */
  const load = ({ level }) => "Load: " + words(level) + ". ";

  // What the costs of cells are, by thread count where they differ.
  /** @param {Cell[]} cells */
  function costs(cells) {
    const basis = (/** @type {Cell} */ cell) => price(cell).basis, all = unique(cells.map(basis));
    const where = (/** @type {string} */ one) =>
      "at " + unique(cells.filter((cell) => basis(cell) === one).map((cell) => cell.threads)).sort((a, b) => a - b).join(", ") + " threads ";
    return "ns per operation and thread, " + all.map((one) => (all.length > 1 ? where(one) : "") + BASES[one]).join(", ");
  }

  // Where a picture was taken, and what its marks are.
  /** @param {Scene} scene @param {string[]} rows */
  function legend(scene, rows) {
    const shown = rows.flatMap((name) => [1, scene.most, scene.over].map((n) => at(scene, name, n))).filter((cell) => cell !== undefined);
    const marks = [scene.most > 1 ? "○ 1 thread" : null, "● " + threads(scene.most),
      scene.over ? "grey: " + threads(scene.over) + " on " + scene.machine.usable + " CPUs" : null,
      shown.some((cell) => price(cell).below) ? "▽ below what can be told" : null, shown.some((cell) => !cell.trusted) ? "pale: not to be trusted" : null];
    return load(scene) + costs(shown) + ". Log scale. " + marks.filter(Boolean).join(", ") + ".";
  }

  // A row a name: alone, with the most threads that fit, with more than fit.
  /** @param {Scene} scene @param {{title: string, heads?: string[], fields?: (cell: Cell) => string[]}} of */
  function dumbbell(scene, { title, heads = [], fields = () => [] }) {
    const rows = names(scene);
    const wrong = rows.findIndex((name) => scene.cells.some((cell) => cell.name === name && racy(cell)));
    const row = (/** @type {string} */ name, /** @type {number} */ n) => {
      const cells = unique([1, scene.most, scene.over]).map((n) => at(scene, name, n)).filter((cell) => cell !== undefined), most = at(scene, name, scene.most);
      return { name, kind: wrong >= 0 && n >= wrong ? "wrong" : "", rule: n > 0 && n === wrong, dots: cells.map((cell) => dot(scene, cell)),
        fields: most ? [price(most).text, ...fields(most)] : ["not measured"] };
    };
    const all = rows.map(row), least = Math.min(...all.flatMap((row) => row.dots.map((d) => d.x)).filter((x) => x > 0));
    return Charts.figure({ id: "dumbbell", title, caption: legend(scene, rows),
      draw: Charts.dots({ label: title, rows: all, format: Figures.time, heads: ["ns at " + scene.most, ...heads], least }) });
  }

  // The longest wait, with a sign where it is a lower bound.
  /** @param {Cell} cell */
  function longest(cell) {
    const wait = cell.get("longest"), open = cell.get("open") && (cell.get("still_open") === null || cell.get("still_open") >= wait);
    return (open ? "≥ " : "") + Figures.time(wait);
  }

  // The thread count whose waits are shown: that of the fragment, else the most that fit.
  /** @param {Scene} scene */
  function waiting(scene) {
    const counts = scene.counts.filter((n) => scene.cells.some((cell) => cell.threads === n && cell.get("longest") !== null)),
      asked = Number(scene.state.threads);
    return { counts, chosen: counts.includes(asked) ? asked : counts.includes(scene.most) ? scene.most : counts[0] };
  }

  // Which locks bound a wait, as Rust says it.
  /** @param {any} machine @param {string} level @param {number} threads */
  function bounds(machine, level, threads) {
    /** @type {[string, number, string][]} */
    const answers = machine.answers ?? [];
    return answers.find(([of, n]) => of === level && n === threads)?.[2];
  }

  /** @param {Scene} scene */
  function boundsHere(scene) {
    return sentence(Dom.coded(bounds(scene.machine, scene.level, waiting(scene).chosen) ?? "Nothing can be said here of who waits."));
  }

  // The same of the first level at which locks were held long, where another one is shown.
  /** @param {Scene} scene */
  function boundsElsewhere({ machine, state, bench }) {
    const cell = /** @type {Cell[]} */ (machine.cells).find((cell) => cell.bench === bench && heldLong(cell) && bounds(machine, cell.level, cell.threads));
    return cell
      ? sentence(Dom.coded(bounds(machine, cell.level, cell.threads) ?? ""), " ",
        el("a", { href: link(state, { bench, level: cell.level, placement: cell.placement, threads: cell.threads, cell: "" }) }, "See who waits"))
      : null;
  }

  const WAITS = [["p50", "half"], ["p90", "90 %"], ["p99", "99 %"], ["p999", "99.9 %"]];

  // How long threads, or the tasks of an async run-time, wait for each lock.
  /** @param {Scene} scene */
  function waits(scene) {
    const who = scene.bench === "async" ? "task" : "thread", each = who === "task" ? Number(/^t(\d+)/.exec(scene.level)?.[1]) : 1;
    const { counts, chosen } = waiting(scene);
    if (!counts.length) return el("p", { class: "caption" }, "Waits were not measured on this machine at this load.");
    const mark = (/** @type {Cell} */ cell, /** @type {string} */ id, /** @type {string} */ text, /** @type {number} */ n) => ({ x: cell.get(id),
      shape: n === 0 ? "dot" : id === "longest" ? "cross" : "ring", kind: cell.trusted ? "" : "pale",
      tip: cell.name + ", " + threads(cell.threads) + "\n" + text + doubt(cell), href: opened(scene, cell) });
    const starves = (/** @type {Cell} */ cell) => cell.trusted && cell.get("waiting") === "starves";
    const row = (/** @type {Cell} */ cell) => {
      const dots = WAITS.map(([id, share], n) => mark(cell, id, share + " of the waits are no longer than " + Figures.time(cell.get(id)), n));
      const open = cell.get("open") ? ", " + cell.get("open") + " still open at the end" : "";
      return { name: cell.name, kind: cell.over || !cell.trusted ? "pale" : starves(cell) ? "wrong" : "",
        dots: [...dots, mark(cell, "longest", "The longest wait: " + longest(cell) + open, WAITS.length)],
        fields: [longest(cell), Data.text(cell, "least_share") ?? ""] };
    };
    const long = isLong(scene), by = long ? "longest" : "p99";
    const here = scene.cells.filter((cell) => cell.threads === chosen && cell.get("longest") !== null && !again(cell)).sort((a, b) => a.get(by) - b.get(by));
    const over = (/** @type {string} */ n) => threads(Number(n)) + (Number(n) > scene.machine.usable ? " on " + scene.machine.usable + " CPUs" : "");
    const caption = load(scene) + over(String(chosen)) + ", log scale. ● half of the waits are no longer, ○ 90 %, 99 %, 99.9 %, × the longest." +
      (long ? " Red: a thread starves." : " A fair share of the passes is " + Figures.percent(1 / (each * chosen)) + ".");
    const title = "How long a " + who + " waits for a lock";
    return [el("div", { class: "controls" }, choice(scene, "threads", "Threads", counts.map(String), String(chosen), over)),
      Charts.figure({ id: "waits", title, caption,
        draw: Charts.dots({ label: title, rows: here.map(row), format: Figures.time, heads: ["longest", "least share"] }) }),
      long ? shares(scene, here, chosen, starves) : null];
  }

  // The share of the thread that got least, and of the one that got most.
  /** @param {Scene} scene @param {Cell[]} cells @param {number} chosen @param {(cell: Cell) => boolean} starves */
  function shares(scene, cells, chosen, starves) {
    const row = (/** @type {Cell} */ cell) => {
      const dot = (/** @type {string} */ id, /** @type {string} */ shape) => ({ x: cell.get(id), shape, kind: cell.trusted ? "" : "pale",
        tip: cell.name + ", " + threads(cell.threads) + "\n" + Data.details.get(id)?.[0] + ": " + Data.text(cell, id) + doubt(cell),
        href: opened(scene, cell) });
      const run = cell.get("longest_turn");
      return { name: cell.name, kind: cell.over || !cell.trusted ? "pale" : starves(cell) ? "wrong" : "",
        dots: [dot("least_share", "ring"), dot("most_share", "dot")], fields: [Data.text(cell, "hand_offs") ?? "", run === null ? "" : Figures.count(run)] };
    };
    const title = "Who gets the lock",
      caption = "Shares of the sections of one second: ○ the thread that got least, ● the one that got most; the line is a fair share. Beside them how " +
        "often the lock went to another thread, and the most sections of one thread in a row.";
    return Charts.figure({ id: "shares", title, caption,
      draw: Charts.dots({ label: title, rows: cells.map(row), log: false, from: 0, to: 1.05, format: Figures.percent, heads: ["hand-overs", "in a row"],
        mark: 1 / chosen }) });
  }

  // ns per write against ns per read.
  /** @param {Scene} scene */
  function trade(scene) {
    const cells = names(scene).map((name) => at(scene, name, scene.most)).filter((cell) => cell !== undefined);
    const both = cells.filter((cell) => (cell.get("read")?.[1] ?? 0) > 0 && (cell.get("write")?.[1] ?? 0) > 0);
    if (!both.length) return dumbbell(scene, { title: "What an operation costs" });
    const point = (/** @type {Cell} */ cell) => {
      const [read, write] = [cell.get("read"), cell.get("write")], lag = cell.grade === "eventual";
      return { x: write[1], y: read[1], low: Math.max(read[0], read[1] / 10), high: read[2], shape: lag ? "ring" : "dot", name: cell.name,
        tip: cell.name + ", " + threads(cell.threads) + "\n" + Data.text(cell, "read") + " a read\n" + Data.text(cell, "write") + " a write" +
          (lag ? "\nReads lag: off by " + Data.text(cell, "off") + ", at most " + Data.text(cell, "off_most") : "") + doubt(cell), href: opened(scene, cell) };
    };
    const of = (/** @type {boolean} */ trusted, /** @type {string} */ kind) => ({ name: kind, kind, joined: false,
      points: both.filter((cell) => cell.trusted === trusted).map(point) });
    const starved = scene.cells.filter((cell) => cell.get("lone_writer")?.startsWith("never")).map((cell) => cell.name);
    const left = cells.length - both.length, title = "What a read costs, and what a write";
    const caption = load(scene) + threads(scene.most) +
      ", ns per read and per write, net of think time and clock, log scales. Near the corner both are cheap." + (both.some((cell) =>
          cell.grade === "eventual"
        )
        ? " ○ reads lag."
        : "") +
      (both.every((cell) => cell.trusted) ? "" : " Pale: not to be trusted.") + (left ? " Left out: " + left + " without both figures above 0." : "") +
      (starved.length ? " Beside readers that never pause, the one writer never got in: " + unique(starved).join(", ") + "." : "");
    return Charts.figure({ id: "trade", title, caption,
      draw: Charts.plot({ label: title, series: [of(true, "ink-1"), of(false, "pale")], x: { title: "a write", log: true, format: Figures.time },
        y: { title: "a read", log: true, format: Figures.time }, height: 380 }) });
  }

  // Costs as multiples of the cheapest of ours, one picture for each variant.
  /** @param {Scene} scene */
  function ratios(scene) {
    const variant = (/** @type {string} */ name) => name.split(" ")[1] ?? "", all = names(scene);
    const times = (/** @type {number} */ x) => "× " + Number(x.toPrecision(3)).toLocaleString("en");
    const picture = (/** @type {string} */ of) => {
      const shown = all.filter((name) => variant(name) === of), counts = unique([1, scene.most, scene.over]);
      const best = (/** @type {number | undefined} */ n) =>
        shown.map((name) => at(scene, name, n)).find((cell, _, cells) =>
          cell && cell.family === "ours" && cells.every((c) => !c || c.family !== "ours" || price(cell).ns[1] <= price(c).ns[1])
        );
      const ratio = (/** @type {Cell} */ cell) => {
        const ours = /** @type {Cell | undefined} */ (best(cell.threads));
        if (!ours) return null;
        const base = price(ours), mine = price(cell), by = base.below ? [ours.resolution, ours.resolution, ours.resolution] : base.ns;
        const alike = cell === ours || (mine.below && base.below), x = alike ? 1 : Math.max(mine.ns[1], cell.resolution) / by[1];
        const text = alike ? (cell === ours ? "our best" : "as our best") : (mine.below ? "< " : base.below ? "> " : "") + times(x);
        return { x, ...(alike || mine.below ? {} : { low: mine.ns[0] / by[2], high: mine.ns[2] / by[0] }), text, shape: mine.below ? "triangle" : "dot",
          kind: shade(cell),
          tip: cell.name + ", " + threads(cell.threads) + "\n" + mine.text + " ns, " + text + doubt(cell) +
            (ours.trusted ? "" : "\nOur best is not to be trusted."), href: opened(scene, cell) };
      };
      const bytes = (/** @type {string} */ name) => {
        const cell = at(scene, name, scene.over ?? scene.most);
        return (cell && Data.text(cell, "bytes")) ?? "";
      };
      const row = (/** @type {string} */ name) => {
        const dots = counts.map((n) => at(scene, name, n)).flatMap((cell) => (cell ? (ratio(cell) ?? []) : [])), most = at(scene, name, scene.most),
          cell = scene.cells.find((c) => c.name === name);
        return { name: name.split(" ")[0], kind: cell?.family === "ours" ? "" : "ink-2", dots,
          fields: [most ? (ratio(most)?.text ?? "") : "not measured", bytes(name)] };
      };
      const ours = best(scene.most), title = (of === "one" ? "One counter" : of === "many" ? "Many counters, one after another" : of) || "Against our best";
      const caption = "Costs as multiples of our best, log scale." + (ours
        ? " At " + threads(scene.most) + " it is " + ours.name.split(" ")[0] + ", " + price(ours).text + " ns." +
          (price(ours).below ? " That is less than can be told: the multiples are the least." : "")
        : "") +
        " Orange: crates of others. ○ 1 thread, ● " + threads(scene.most) +
        (scene.over ? ", grey: " + threads(scene.over) + " on " + scene.machine.usable + " CPUs" : "") + ".";
      return Charts.figure({ id: "ratios-" + of, title, caption,
        draw: Charts.dots({ label: title, rows: shown.map(row), format: times, heads: [threads(scene.most), "bytes"], mark: 1 }) });
    };
    return el("div", { class: "panels" }, unique(all.map(variant)).sort().reverse().map(picture));
  }

  // Line transfers, CPU by CPU.
  /** @param {Scene} scene */
  function cores(scene) {
    const cells = scene.cells.filter((cell) => cell.get("pair") !== null && cell.cost !== "absent"),
      ends = (/** @type {Cell} */ cell) => cell.get("pair").split(" ");
    if (!cells.length) return [sentence("Line transfers were not measured on this machine.")];
    const trusted = cells.filter((cell) => cell.trusted).sort((a, b) => price(a).ns[1] - price(b).ns[1]), left = cells.length - trusted.length;
    const says = (/** @type {Cell} */ cell) => [price(cell).text + " ns between CPUs " + ends(cell).join(" and ")];
    const answer = !trusted.length
      ? "How long a cache line takes from CPU to CPU is too noisy to say."
      : trusted.length === 1
      ? ["A cache line takes ", says(trusted[0]), "."]
      : ["A cache line takes ", says(trusted[0]), ", the nearest, and ", says(trusted[trusted.length - 1]), ", the most distant."];
    const cpus = unique(cells.flatMap(ends)).sort((a, b) => Number(a) - Number(b)),
      pairs = new Map(trusted.flatMap((cell) => [[ends(cell).join(" "), cell], [ends(cell).reverse().join(" "), cell]]));
    const of = (/** @type {number} */ a, /** @type {number} */ b) => pairs.get(cpus[a] + " " + cpus[b]), title = "A cache line from CPU to CPU";
    const tip = (/** @type {number} */ a, /** @type {number} */ b) => {
      const cell = /** @type {Cell} */ (of(a, b));
      return "CPUs " + cpus[a] + " and " + cpus[b] + "\n" + Data.text(cell, "gross") + "\n" + cell.label;
    };
    return [sentence(answer, left ? " Left out: " + Figures.count(left) + " of " + Figures.count(cells.length) + " pairs, not to be trusted." : ""),
      trusted.length
        ? Charts.figure({ id: "cores", title, caption: "ns per transfer; darker is longer.", draw: Charts.heat({ label: title, names: cpus.map((cpu) =>
          "CPU " + cpu
        ), heads: cpus, value: (a, b) => {
          const cell = of(a, b);
          return cell ? price(cell).ns[1] : null;
        }, format: Figures.ns, tip }) })
        : null, Among.draw(scene.machine, trusted.map((cell) => price(cell).ns[1]), scene.others), overRuns(scene.machine)];
  }

  // The line transfer over the runs of a machine: where its CPUs were.
  /** @param {any} machine */
  function overRuns(machine) {
    /** @type {[string, number, number, number][]} */
    const runs = machine.yardstick ?? [], title = "The line transfer over the runs";
    if (runs.length < 2) return null;
    const points = runs.map(([when, low, y, high], x) => ({ x, y, low, high,
      tip: when + "\n" + Figures.ns(y) + " (" + Figures.ns(low) + " to " + Figures.ns(high) + ") ns" })
    );
    const caption = "The middle of the looks of each run, with four fifths of them. Where it jumps, the host moved the CPUs: compare runs of one height.";
    return Charts.figure({ id: "yardstick", title, caption,
      draw: Charts.plot({ label: title, series: [{ name: title, kind: "ink-1", points, joined: false }], height: 200,
        x: { title: "runs, old to new", ticks: points.map((p) => p.x), from: -0.5, to: runs.length - 0.5, format: (x) => (runs[x]?.[0] ?? "").slice(5, 10) },
        y: { title: "ns", log: true, format: Figures.time } }) });
  }

  // ---- litmus tests --------------------------------------------------------------------------

  const VARIANTS = ["relaxed", "acqrel", "seqcst", "fence", "mutex", "event"];

  /** @param {Scene} scene */
  function order(scene) {
    const cells = scene.cells.filter((cell) => cell.get("asked") !== null), seen = (/** @type {Cell} */ cell) => cell.get("here") !== "not seen";
    const [trusted, sheet] = [cells.filter((cell) => cell.trusted), Data.programs];
    const broken = trusted.filter((cell) => seen(cell) && cell.get("model") === "forbidden");
    const reordered = trusted.filter((cell) =>
      seen(cell) && sheet.rows.some((/** @type {string[]} */ [id, , , , takes]) => cell.name.startsWith(id + " ") && takes === "a reordering")
    );
    const answer = sentence(
      reordered.length ? ["Reorderings were seen here in ", ...list(reordered), ". "] : "No reordering that the tests ask for was seen here. ",
      broken.length ? ["The memory model forbids what was seen in ", ...list(broken), "."] : "Nothing was seen that the memory model forbids.",
    );
    const variants = VARIANTS.filter((variant) => cells.some((cell) => cell.name.endsWith(" " + variant)));
    const field = (/** @type {Cell | undefined} */ cell) => {
      if (!cell) return el("td", { class: "unsure" }, "");
      const forbidden = cell.get("model") === "forbidden",
        text = seen(cell) ? (forbidden ? "FORBIDDEN, " : "") + cell.get("here") : forbidden ? "forbidden" : "allowed, not seen";
      return el("td", { class: !cell.trusted ? "unsure" : seen(cell) ? (forbidden ? "lost" : "best") : forbidden ? "unsure" : "" },
        opens(scene, cell, text, variants.length + 1), cell.doubt && el("small", {}, " " + cell.doubt));
    };
    const row = (/** @type {string[]} */ [id, name, , asked]) => {
      const here = variants.map((variant) => cells.find((cell) => cell.name === id + " " + variant));
      return el("tr", {}, el("th", { scope: "row" }, id, el("small", {}, name + ", asks for " + asked)),
        here.some(Boolean) ? here.map(field) : el("td", { class: "unsure words", colspan: variants.length }, "not measured on this machine"));
    };
    const title = "Outcomes that the tests ask for";
    const table = el("table", { class: "figures orders", "aria-label": title },
      el("thead", {}, el("tr", {}, ["test", ...variants].map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, sheet.rows.map(row)));
    const programs = () => [el("p", { class: "caption" }, sheet.note), Dom.table(sheet.title, sheet.head, sheet.rows, { class: "figures texts" })];
    return [answer,
      el("p", { class: "caption" }, el("strong", {}, title),
        ", with each memory order: what the memory model forbids or allows, and how often it was seen. Press one for all its figures."),
      Dom.scroll(title, shown(scene, table)), folded("programs", "The programs of the tests", programs)];
  }

  /** @param {Scene} scene */
  function lazy(scene) {
    const here = scene.cells.filter((cell) => cell.threads === scene.most && cell.get("anomalies") !== null && cell.trusted),
      bad = here.filter((cell) => cell.get("anomalies") > 0), kind = here[0]?.get("anomaly");
    const says = !here.length ?
      "Nothing here can be trusted at " + threads(scene.most) + "." :
      ["At " + threads(scene.most) + ", " + words(scene.level) + ": ",
        bad.length ? bad.flatMap((cell, n) => [n ? ", " : "", code(cell.name), " saw " + Data.text(cell, "anomalies") + " " + kind]) : "no way saw " + kind,
        bad.length ? "; the other " + (here.length - bad.length) + " ways saw none." : "."];
    return [sentence(says), controls(scene),
      dumbbell(scene, { title: "What the first value costs to get", heads: kind ? [kind] : [], fields: (cell) => [Data.text(cell, "anomalies") ?? ""] })];
  }

  // ---- the table -----------------------------------------------------------------------------

  // A fold that stays open when the page is drawn again.
  /** @param {string} id @param {string} title @param {() => any} make */
  function folded(id, title, make, open = false) {
    const box = Dom.fold(id, title, make), before = /** @type {HTMLDetailsElement | null} */ (document.getElementById(id));
    if (open || before?.open) {
      box.append(...[make()].flat());
      box.open = true;
    }
    return box;
  }

  // Writes into the fragment what is open, without drawing again.
  /** @param {Scene} scene @param {Record<string, any>} change */
  const keep = ({ state }, change) => history.replaceState(null, "", link(Object.assign(state, change), {}));

  /** @param {Scene} scene @param {Cell} cell */
  const isOpen = ({ state }, cell) => state.cell === cell.name && Number(state.threads) === cell.threads;

  // The cell that was last opened.
  let last = "";

  // A button that opens all figures of a cell in a row below its own.
  /** @param {Scene} scene @param {Cell} cell @param {string} text @param {number} columns */
  function opens(scene, cell, text, columns) {
    const button = el("button", { type: "button", class: "cell", "aria-expanded": "false", "data-open": isOpen(scene, cell),
      "aria-label": cell.name + ", " + threads(cell.threads) + ": " + text }, text);
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") === "true", table = button.closest("table");
      table.querySelectorAll(".detail").forEach((/** @type {Element} */ row) => row.remove());
      table.querySelectorAll("button.cell").forEach((/** @type {Element} */ other) => other.setAttribute("aria-expanded", "false"));
      if (!open) {
        button.closest("tr").after(detail(cell, columns));
        button.setAttribute("aria-expanded", "true");
      }
      keep(scene, open ? { cell: "", threads: "" } : { cell: cell.name, threads: String(cell.threads) });
      last = scene.state.cell + " " + scene.state.threads;
    });
    return button;
  }

  // A table in which the cell of the fragment is open; a link to a cell leads to it.
  /** @param {Scene} scene @param {any} table */
  function shown({ state }, table) {
    const button = table.querySelector("button[data-open]");
    if (button && last !== state.cell + " " + state.threads) requestAnimationFrame(() => button.scrollIntoView({ block: "center" }));
    button?.click();
    return table;
  }

  /** @param {Cell} cell @param {number} columns */
  function detail(cell, columns) {
    const facts = [...Data.details].map(([id, [name]]) => [name, Data.text(cell, id)]).filter(([, text]) => text !== null);
    return el("tr", { class: "detail" },
      el("td", { colspan: columns },
        el("div", {},
          el("p", {}, el("strong", {}, cell.name + ", " + threads(cell.threads)), " ", Dom.coded(cell.label),
            " · " + unique([cell.family, cell.grade]).join(" · ")),
          el("dl", {}, facts.map(([name, text]) => el("div", {}, el("dt", {}, name), el("dd", {}, text)))))));
  }

  const PARTS = [["ranked", "Ranked, by cost at the most threads that fit"], ["wrong", "Wrong counts: not ranked"], ["hazard",
    "Not counters: anomalies seen, not ranked"], ["floor", "Controls, gross"]];
  /** @type {Record<string, string>} */
  const MARKS = { cheapest: "less than every other of its column, beyond noise", tie: "cannot be told from the cheapest",
    "too noisy": "perhaps the cheapest, but its interval is too wide to say", gross: "nothing is subtracted", noisy: "the machine was busy",
    quick: "taken with --quick, poor for loss" };

  // What stands beside a cost: its standing, and what speaks against it.
  /** @param {Cell} cell @param {boolean} mixed @returns {string[]} */
  const marks = (cell,
    mixed) => /** @type {string[]} */ ([cell.mark, mixed && cell.cost === "gross" && cell.part !== "floor" ? "gross" : null, cell.noisy ? "noisy" : null,
      cell.quick ? "quick" : null, cell.verdict === (cell.over ? "oversubscribed" : "valid") ? null : cell.verdict].filter(Boolean));

  // What a cell shows: a cost, and below it what it lost; at a distance only the figures of its rounds.
  /** @param {Cell} cell @param {string} distance */
  function shows(cell, distance) {
    if (heldLong(cell)) return { cost: longest(cell), below: [cell.get("waiting"), Data.text(cell, "least_share")].filter(Boolean).join(", "), bad: false };
    const apart = distance !== "" && cell.threads > 1, net = cell.get(distance + "_net"), gross = cell.get(distance + "_gross");
    const cost = !apart ? price(cell).text : net ? Figures.net(net[1], cell.resolution) : gross ? Figures.ns(gross[1]) : "not split";
    const loss = cell.get(apart ? distance + "_loss" : "loss"), [read, write] = ["read", "write"].map((id) => cell.get(id));
    const sides = [read && Figures.ns(read[1]) + " a read", write && Figures.ns(write[1]) + " a write"].filter(Boolean).join(", ");
    const below = cell.part === "wrong"
      ? (loss === null ? (cost === "not split" ? "" : "loss not recorded") : "lost " + Figures.percent(loss))
      : cell.part === "hazard" && cell.get("anomalies") !== null
      ? Data.text(cell, "anomalies") + " anomalies"
      : apart
      ? ""
      : sides;
    return { cost, below, bad: cell.part === "wrong" ? loss > 0 : cell.part === "hazard" && cell.get("anomalies") > 0 };
  }

  /** @param {Scene} scene */
  function table(scene) {
    const long = isLong(scene), cells = scene.cells.filter((cell) => long || cell.cost !== "absent"), columns = scene.counts.length + 2;
    const find = (/** @type {string} */ name, /** @type {number} */ n) => cells.find((cell) => cell.name === name && cell.threads === n);
    const split = cells.some((cell) => cell.threads > 1 && (cell.get("near_net") || cell.get("near_gross"))),
      distance = split && ["near", "far"].includes(scene.state.cpus) ? scene.state.cpus : "";
    const mixed = unique(cells.filter((cell) => cell.part !== "floor").map((cell) => cell.cost === "gross")).length > 1, met = new Set();
    const field = (/** @type {Cell | undefined} */ cell) => {
      if (!cell) return el("td");
      const { cost, below, bad } = shows(cell, distance), beside = distance && cell.threads > 1 ? [] : marks(cell, mixed);
      beside.forEach((mark) => met.add(mark));
      return el("td", { class: [cell.trusted ? "" : "unsure", cell.mark === "cheapest" ? "best" : ""].join(" ").trim() || null },
        beside.length ? el("small", {}, beside.join(", ") + " ") : null, opens(scene, cell, cost, columns),
        below ? el("small", { class: bad ? "below lost" : "below" }, below) : null);
    };
    const cost = (/** @type {string} */ name) => {
      const cell = find(name, scene.most);
      return !cell ? Infinity : long ? cell.get("longest") : price(cell).ns[1];
    };
    const groups = PARTS.map(([part, title]) => {
      const rows = unique(cells.filter((cell) => cell.part === part).map((cell) => cell.name)).sort((a, b) => cost(a) - cost(b)).map((name) => {
        const first = /** @type {Cell} */ (cells.find((cell) => cell.name === name));
        const tr = el("tr", { class: part }, el("th", { scope: "row" }, Dom.name(name), first.grade === "eventual" ? el("small", {}, " reads lag") : null),
          scene.counts.map((n) => field(find(name, n))), el("td", { class: "rest" }));
        return { tr, text: [name, first.label, first.family].join(" ").toLowerCase() };
      });
      return { rows,
        body: rows.length
          ? el("tbody", {}, el("tr", { class: "group" }, el("th", { scope: "rowgroup", colspan: columns }, long ? "By the longest wait" : title)),
            rows.map((row) => row.tr))
          : null };
    });
    const filter = el("input", { type: "search", id: "filter", placeholder: "name or family", value: scene.state.filter ?? "" });
    const sift = () => {
      const asked = filter.value.toLowerCase().split(" ").filter(Boolean);
      groups.forEach(({ rows, body }) => {
        rows.forEach((row) => {
          row.tr.hidden = !asked.every((/** @type {string} */ word) => row.text.includes(word));
        });
        if (body) body.hidden = rows.every((row) => row.tr.hidden);
      });
    };
    filter.addEventListener("input", () => {
      sift();
      keep(scene, { filter: filter.value });
    });
    sift();
    const over = (/** @type {number} */ n) => n > scene.machine.usable && el("small", { class: "below" }, "on " + scene.machine.usable + " CPUs");
    const heads = el("tr", {}, el("th", { scope: "col" }, long ? "longest wait" : "ns/op"),
      scene.counts.map((n) => el("th", { scope: "col" }, threads(n), over(n))), el("td", { class: "rest" }));
    const all = el("table", { class: "figures costs", "aria-label": "All figures" }, el("thead", {}, heads), groups.map((group) => group.body).filter(Boolean));
    const explain = new Map([...Object.entries(MARKS), ...Data.verdicts]);
    return [scene.bench === "counters" ? controls(scene) : null,
      el("div", { class: "controls" }, el("label", {}, "Rows", filter),
        split
          ? choice(scene, "cpus", "Distance of the CPUs", ["", "near", "far"], distance, (id) =>
            ({ near: "near CPUs", far: "distant CPUs" })[id] ?? "all rounds")
          : null),
      el("p", { class: "caption" },
        (long ? "The longest wait of one second, and the least share of a thread" : "Costs are " + costs(cells.filter((cell) => cell.part !== "floor"))) +
          ". Press one for all its figures." +
          (distance
            ? " From two threads on, only the rounds between " + (distance === "near" ? "near" : "distant") +
              " CPUs; a cell that was measured at one distance is not split."
            : ""), (scene.view?.notes ?? []).map((/** @type {string} */ note) => " " + note)), Dom.scroll("All figures", shown(scene, all)),
      met.size ? el("ul", { class: "marks" }, [...met].map((mark) => el("li", {}, el("strong", {}, mark), ": " + (explain.get(mark) ?? "")))) : null].filter(
        Boolean,
      );
  }

  // Fits, where there are any.
  /** @param {Scene} scene */
  function scaling(scene) {
    const [notes, rows] = scene.view?.scaling ?? [[], []], fitted = rows.filter((/** @type {string[]} */ row) => row.length > 3),
      refused = rows.filter((/** @type {string[]} */ row) => row.length === 3);
    if (!fitted.length) return null;
    return folded("scaling", "How rows scale with threads",
      () =>
        [el("p", { class: "caption" }, notes.join(" ")),
          Dom.table("How each row scales with threads", ["row", ...Data.scaling_columns],
            fitted.map((/** @type {string[]} */ [name, mark, ...figures]) => [mark ? name + " (" + mark + ")" : name, ...figures])),
          refused.length ? el("ul", { class: "marks" }, refused.map((/** @type {string[]} */ [name, , why]) => el("li", {}, code(name), ": " + why))) : null]
          .filter(Boolean));
  }

  // ---- all of it -----------------------------------------------------------------------------

  // The level that tells most, where it is not the first.
  /** @type {Record<string, string>} */
  const FIRST = { reads: "r90", lazy_init: "first_access" };

  /** @type {Record<string, (scene: Scene) => any[]>} */
  const PICTURES = { counters: (scene) => [cheapestOfAll(scene)],
    locks: (scene) =>
      isLong(scene)
        ? [boundsHere(scene), controls(scene), waits(scene)]
        : [cheapestOfAll(scene), boundsElsewhere(scene), controls(scene), dumbbell(scene, { title: "What a lock costs" }), waits(scene)],
    async: (scene) => [cheapestOfAll(scene), controls(scene), dumbbell(scene, { title: "What a lock costs a task" }), waits(scene)],
    reads: (scene) => [cheapestOfAll(scene), controls(scene), trade(scene)], peers: (scene) => [cheapestOfAll(scene), controls(scene), ratios(scene)],
    lazy_init: lazy, ordering: order, core_to_core: cores };

  /** @param {any} machine @param {any} others @param {any} state @param {(change: Record<string, any>) => void} go @returns {any[]} */
  function draw(machine, others, state, go) {
    const cells = /** @type {Cell[]} */ (machine.cells), has = TABS.filter(([id]) => cells.some((cell) => cell.bench === id));
    const own = has.filter(([id]) => id in PICTURES).map(([id]) => id), bench = own.includes(state.bench) ? state.bench : own[0];
    const tabs = el("nav", { class: "tabs", id: "benches", "aria-label": "Benches" },
      has.map(([id, title]) =>
        el("a", id in PICTURES
          ? { id: "bench-" + id, href: link({ machine: state.machine }, { bench: id }), "aria-current": id === bench ? "page" : null }
          : { id: "bench-" + id, href: link({ machine: state.machine }, { view: "python" }) }, title)
      ));
    if (!bench) return has.length ? [tabs] : [];
    // What the fragment asks for, else the first that was measured.
    const pick = (/** @type {string} */ name, /** @type {string[]} */ values) =>
      [state[name], FIRST[bench]].find((value) => values.includes(value)) ?? values[0];
    const ofBench = cells.filter((cell) => cell.bench === bench), level = pick("level", unique(ofBench.map((cell) => cell.level)));
    const ofLevel = ofBench.filter((cell) => cell.level === level), placement = pick("placement", unique(ofLevel.map((cell) => cell.placement)));
    const here = ofLevel.filter((cell) => cell.placement === placement), counts = unique(here.map((cell) => cell.threads)).sort((a, b) => a - b);
    const fit = here.filter((cell) => !cell.over && cell.part !== "floor").map((cell) => cell.threads), most = Math.max(...(fit.length ? fit : counts)),
      last = counts[counts.length - 1];
    const view = machine.views?.find((/** @type {any} */ v) => v.bench === bench && v.level === level && v.placement === placement);
    const scene = { machine, others, state, go, view, bench, level, placement, cells: here, counts, most, over: last > most ? last : undefined };
    return [tabs, PICTURES[bench](scene),
      folded("figures", "All figures", () => table(scene), Boolean(state.filter) || (Boolean(state.cell) && bench !== "ordering")), scaling(scene)].flat(
        Infinity,
      ).filter(Boolean);
  }

  return { draw };
})();

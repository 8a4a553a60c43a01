// Results of another machine, dropped on the page: read here, checked, and made a machine like the others. Nothing leaves
// the page. The files are those of src/docs/format.md; nothing is ranked.
// @ts-check
"use strict";

const Drop = (() => {
  const MOST_BYTES = 20e6, MOST_CELLS = 50_000;
  const GRADES = ["exact", "eventual", "racy", "control"], PLACEMENTS = ["spread", "siblings", "unpinned", "spread@middle", "spread@efficiency", "spread@all"];
  // Shares above which a cell is noisy.
  /** @type {[string, number][]} */
  const NOISE = Data.noise ?? [];

  // What a figure may be: from, to, whether it is whole.
  /** @type {Record<string, [number, number, boolean]>} */
  const RANGES = { count: [0, 2 ** 64, true], share: [0, 1, false], time: [0, 1e18, false], signed: [-1e18, 1e18, false] };
  // The figures of a cell: their place in the record, what they may be, and the fields of those that are several.
  const ENDS = ["low", "median", "high"];
  /** @type {[string, string, string, string[]?][]} */
  const FIGURES = [["gross", "ns_per_op_per_thread", "time", ENDS], ["net", "net_ns_per_op", "signed", ENDS], ["overhead", "holding.overhead_ns", "signed",
    ENDS], ["loss", "loss_rate.pooled", "share"], ["loss_rounds", "loss_rate", "share", ["min", "median", "max"]], ["attempted", "attempted", "count"], ["kept",
    "kept", "count"], ["lost", "lost", "count"], ["throughput", "throughput", "time"], ["goodput", "goodput", "time"], ["read", "reading.read_ns", "signed",
    ENDS], ["write", "reading.write_ns", "signed", ENDS], ["longest_write", "reading.longest_write_ns", "time"], ["off", "reading.error.median", "time"], [
    "off_most",
    "reading.error.max",
    "time",
  ],
    ...["p50", "p90", "p99", "p999", "longest", "open"].map((
      id,
    ) => /** @type {[string, string, string]} */ ([id, "waits." + id, id === "open" ? "count" : "time"])), ["hand_off", "holding.hand_off_rate", "share"], [
    "least_share",
    "shares.min",
    "share",
  ], ["most_share", "shares.max", "share"], ["still_open", "waits.longest_open", "time"], ["hand_offs", "turns.hand_offs", "count"], ["longest_turn",
    "turns.longest", "count"], ["jain", "jain", "share"], ["seen", "anomalies.seen", "count"], ["of", "anomalies.of", "count"], ["overlap", "overlap.min",
    "signed"], ["think", "achieved_think_ns", "time"], ["cpu", "cpu_ns_per_op", "time"],
    ...NOISE.map(([id]) => /** @type {[string, string, string]} */ (["noise_" + id, "noise." + id, id === "drift" ? "time" : "share"]))];

  // What is wrong with a file, said to the reader.
  class Refused extends Error {}
  /** @param {string} why @returns {never} */
  const refuse = (why) => {
    throw new Refused(why);
  };

  // ---- checks ----------------------------------------------------------------------------------

  /** @param {any} x @param {string} what @returns {any} */
  const object = (x, what) => (x && typeof x === "object" && !Array.isArray(x) ? x : refuse(what + " is no object"));

  // A text without signs that cannot be seen.
  /** @param {any} x @param {string} what @param {number} [most] @returns {string} */
  const text = (x, what,
    most =
      200) => (typeof x === "string" && x.length <= most && !/[\p{Cc}\p{Cf}]/u.test(x)
      ? x
      : refuse(what + " is no plain text of at most " + most + " letters"));

  /** @param {any} x @param {string} what @param {RegExp} [like] @returns {string} */
  const id = (x, what, like = /^[a-z0-9_]{1,64}$/) => (typeof x === "string" && like.test(x) ? x : refuse(what + " is no id"));

  /** @template T @param {T} x @param {string} what @param {T[]} all */
  const oneOf = (x, what, all) => (all.includes(x) ? x : refuse(what + " is none that is known"));

  /** @param {any} x @param {string} what @param {[number, number, boolean]} range @returns {number} */
  const number = (x, what,
    [from, to, whole]) => (typeof x === "number" && x >= from && x <= to && (!whole || Number.isInteger(x)) ? x : refuse(what + " is no number that can be"));

  // A figure: a number, or low, middle and high; null where it was not measured.
  /** @param {any} record @param {string} place @param {string} kind @param {string[]} [fields] */
  function figure(record, place, kind, fields) {
    const parts = place.split("."), last = parts.pop() ?? "";
    const within = parts.reduce((at, part) => (at && at[part] !== undefined ? object(at[part], part) : null), record);
    const x = within && within[last];
    if (x === undefined || x === null) return null;
    if (!fields) return number(x, place, RANGES[kind]);
    const found = fields.map((field) => number(object(x, place)[field], place + "." + field, RANGES[kind])), slack = 1e-6 * (1 + Math.abs(found[1]));
    return found[0] <= found[1] + slack && found[1] <= found[2] + slack ? found : refuse(place + " has no middle between its ends");
  }

  // The record of a cell, checked; what is not asked for is never looked at.
  /** @param {any} given @param {string} run */
  function record(given, run) {
    const cell = object(given, "it"), variant = cell.variant ? id(cell.variant, "variant") : "";
    /** @type {Record<string, any>} */
    const figures = Object.fromEntries(FIGURES.map(([id, place, kind, fields]) => [id, figure(cell, place, kind, fields)]));
    if (figures.lost !== null && !(figures.lost <= figures.attempted)) refuse("lost is more than attempted");
    figures.kept ??= figures.lost === null ? null : figures.attempted - figures.lost;
    figures.anomalies = figures.of ? figures.seen / figures.of : null;
    figures.run = text(cell.run ?? run, "run", 64);
    figures.recorded = text(cell.recorded, "recorded", 64);
    return { bench: id(cell.bench, "bench"), level: id(cell.level, "level"), placement: oneOf(cell.placement, "placement", PLACEMENTS),
      threads: number(cell.threads, "threads", [1, 1e6, true]), name: id(cell.subject, "subject") + (variant && " " + variant),
      label: text(cell.label, "label"), family: id(cell.family, "family"), grade: oneOf(cell.grade, "grade", GRADES),
      verdict: oneOf(cell.verdict, "verdict", Data.verdicts.map((/** @type {string[]} */ [id]) => id)), quick: cell.quick === true, figures };
  }

  /** @param {any} given */
  function card(given) {
    const of = object(given, "card");
    return { id: id(of.id, "card.id", /^[a-z0-9._-]{1,64}$/), cpu: text(of.cpu ?? "unknown", "card.cpu"),
      usable: number(of.usable_cpus, "card.usable_cpus", [1, 1e6, true]), emulated: of.emulated !== undefined };
  }

  // A run of schema 2; or, of schema 1, the card of a machine or its cells.
  /** @param {string} given */
  function parse(given) {
    let file;
    try {
      file = JSON.parse(given);
    } catch {
      refuse("it is not JSON");
    }
    const { schema, cells } = object(file, "it");
    if (schema !== 1 && schema !== 2) refuse("it is no results file of schema 1 or 2");
    if (cells !== undefined && !Array.isArray(cells)) refuse("cells is no list");
    if (cells === undefined && schema === 2) refuse("it has no cells");
    if (cells?.length > MOST_CELLS) refuse(`it has more than ${Figures.count(MOST_CELLS)} cells`);
    if (cells === undefined && file.card === undefined) refuse("it has neither a card nor cells");
    const run = file.id === undefined ? "" : text(file.id, "id", 64), keys = new Set();
    const records = (cells ?? []).map((/** @type {any} */ cell, /** @type {number} */ n) =>
      naming("cell " + (n + 1), () => {
        const made = record(cell, run), key = keyOf(made);
        return keys.has(key) ? refuse("it comes twice") : (keys.add(key), made);
      })
    );
    return { card: schema === 2 || file.card !== undefined ? card(file.card) : null, records };
  }

  // Says where, if something is refused.
  /** @template T @param {string} where @param {() => T} what */
  function naming(where, what) {
    try {
      return what();
    } catch (error) {
      throw error instanceof Refused ? new Refused(where + ": " + error.message) : error;
    }
  }

  /** @param {any} c */
  const keyOf = (c) => [c.bench, c.name, c.threads, c.level, c.placement].join("|");

  // ---- a machine -------------------------------------------------------------------------------

  // The greatest resolution of the machines of the page there: a dropped file has no null study.
  /** @param {any[]} known @returns {(bench: string, level: string, threads: number, over: boolean) => number} */
  function resolutions(known) {
    const found = new Map(), key = (/** @type {any[]} */ ...parts) => parts.join("|");
    for (const v of known.flatMap((m) => m.views)) {
      for (const c of v.columns) {
        const at = key(v.bench, v.level, c.threads > 1, c.over);
        found.set(at, Math.max(found.get(at) ?? 0, c.resolution));
      }
    }
    return (bench, level, threads, over) => found.get(key(bench, level, threads > 1, over)) ?? 0;
  }

  /** @param {any} card @param {any[]} records @param {any[]} known */
  function machine(card, records, known) {
    const least = resolutions(known), row = (/** @type {any} */ c) => c.bench + "|" + c.name;
    const wrong = new Set(records.filter((c) => c.grade === "racy" || (c.grade !== "control" && c.figures.lost > 0)).map(row));
    const order = (/** @type {any} */ c) =>
      [c.bench === "counters" ? 0 : 1, c.bench, c.level === "saturated" ? 0 : 1, c.level, PLACEMENTS.indexOf(c.placement)].join("|");
    const sorted = records.map((c) => ({ c, at: order(c) })).sort((x, y) => (x.at < y.at ? -1 : x.at > y.at ? 1 : x.c.threads - y.c.threads)).map(({ c }) => c);
    const cells = sorted.map((c) => {
      const over = c.threads > card.usable, resolution = least(c.bench, c.level, c.threads, over), { gross, net } = c.figures;
      const part = c.grade === "control" ? "floor" : c.figures.seen !== null ? "hazard" : wrong.has(row(c)) ? "wrong" : "ranked";
      const cost = net && part !== "floor" ? (Math.abs(net[1]) < resolution ? "below" : "net") : gross ? "gross" : "absent";
      const queue = c.verdict === "oversubscribed" || c.verdict === "unpinned";
      const noisy = NOISE.some(([id, most]) => c.figures["noise_" + id] > most && !(id === "waited" && queue));
      const { figures, ...facts } = c, fits = c.verdict === (over ? "oversubscribed" : "valid");
      const doubt = [fits ? null : c.verdict, noisy ? "noisy" : null, c.quick ? "taken with --quick" : null].filter(Boolean).join(", ") || null;
      return { ...facts, over, resolution, part, cost, ns: cost === "absent" ? null : cost === "gross" ? gross : net, mark: null, noisy, doubt, trusted: !doubt,
        get: (/** @type {string} */ id) => figures[id] ?? null };
    });
    const transfers = cells.filter((c) => c.bench === "core_to_core" && c.verdict === "valid" && c.get("gross")).map((c) => c.get("gross")[1]).sort((a, b) =>
      a - b
    );
    const transfer = transfers.length ? (transfers[(transfers.length - 1) >> 1] + transfers[transfers.length >> 1]) / 2 : null;
    const quiet = cells.filter((c) => c.trusted).length, words = `Dropped here: ${Figures.count(cells.length)} cells.`;
    return { ...card, published: null, dropped: true, headline: { cards: [], trust: { quiet, cells: cells.length, transfer_ns: transfer, words } },
      card: [["CPU", card.cpu], ["usable CPUs", String(card.usable)]], warnings: [], runs: [], views: views(cells), cells, claims: [], crossovers: [],
      units: [null, transfer], answers: [], python: null, race: null };
  }

  /** @param {any[]} cells in order */
  function views(cells) {
    const found = new Map();
    for (const c of cells) {
      const key = [c.bench, c.level, c.placement].join("|"),
        view = found.get(key) ?? { bench: c.bench, level: c.level, placement: c.placement, notes: [], columns: [], scaling: [[], []] };
      found.set(key, view);
      if (view.columns[view.columns.length - 1]?.threads !== c.threads) view.columns.push({ threads: c.threads, over: c.over, resolution: c.resolution });
    }
    return [...found.values()];
  }

  // ---- dropping --------------------------------------------------------------------------------

  // What was dropped so far: the machine's card, its records by key, and its place among the machines.
  /** @type {Map<string, {card: any, records: Map<string, any>, place: number}>} */
  const dropped = new Map();
  let again = async () => {};

  // The newest cell of each key; one taken with --quick never replaces a full one.
  /** @param {Map<string, any>} all @param {any[]} more */
  function merge(all, more) {
    for (const c of more) {
      const key = keyOf(c), old = all.get(key);
      if (!old || (old.quick !== c.quick ? old.quick : old.figures.recorded <= c.figures.recorded)) all.set(key, c);
    }
  }

  /** @param {File} file */
  async function read(file) {
    const name = file.name.replace(/[\p{Cc}\p{Cf}]/gu, "?").slice(0, 100);
    if (file.size > MOST_BYTES) refuse(name + ": it is larger than 20 MB");
    const given = await file.text().catch(() => refuse(name + ": it cannot be read"));
    return { name, ...naming(name, () => parse(given)) };
  }

  // Takes files; gives the id of the machine to compare with. Nothing changes if one of them is refused.
  /** @param {File[]} files */
  async function add(files) {
    const all = await Promise.all(files.map(read)), cards = all.flatMap((file) => (file.card ? [file.card] : [])), known = await Data.all();
    const lone = new Set(all.filter((file) => !file.card).map((file) => file.name)), ids = Dom.unique(cards.map((card) => card.id));
    if (lone.size && ids.length !== 1) refuse([...lone][0] + ": it has no card; drop machine.json of the same folder with it");
    const made = ids.map((given) => {
      const before = dropped.get(given), records = new Map(before?.records), mine = cards.filter((card) => card.id === given);
      all.filter((file) => (file.card?.id ?? ids[0]) === given).forEach((file) => merge(records, file.records));
      if (records.size > MOST_CELLS) refuse(`${given}: it has more than ${Figures.count(MOST_CELLS)} cells`);
      if (!records.size) refuse(given + ": no cells; beside a machine.json drop cells.json of the same folder");
      const taken = Data.machines.some((/** @type {any} */ m) => m.id === given && !m.dropped),
        usable = Math.max(...mine.map((card) => card.usable), before?.card.usable ?? 0);
      return { given, records, before, card: { ...mine[0], id: taken ? "dropped-" + given : given, usable } };
    });
    for (const { given, records, before, card } of made) {
      const whole = machine(card, [...records.values()], known.filter((/** @type {any} */ m) => !m.dropped));
      if (before) {
        Object.assign(await Data.one(before.place), whole);
        Object.assign(Data.machines[before.place], { cpu: card.cpu, usable: card.usable });
      }
      dropped.set(given, { card, records, place: before?.place ?? Data.add(whole) });
    }
    return made[0].card.id;
  }

  /** @param {string} what nothing to say if empty */
  function say(what) {
    document.getElementById("refused")?.remove();
    if (what) document.getElementById("main")?.prepend(Dom.el("p", { id: "refused", class: "callout bad", role: "alert" }, what));
  }

  /** @param {ArrayLike<File>} files */
  async function take(files) {
    if (!files.length) return;
    try {
      const b = await add([...Array.from(files)]);
      say("");
      history.pushState(null, "", "#" + new URLSearchParams({ view: "cpus", b }));
      await again();
      document.getElementById("compare")?.scrollIntoView();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      say("Not taken: " + error.message + ".");
      scrollTo(0, 0);
    }
  }

  /** @param {() => Promise<void>} draw draws the page again */
  function listen(draw) {
    again = draw;
    const files = (/** @type {DragEvent} */ e) => e.dataTransfer?.types.includes("Files");
    const mark = (/** @type {boolean} */ on) => document.body.classList.toggle("dropping", on);
    addEventListener("dragover", (e) => {
      if (files(e)) {
        e.preventDefault();
        mark(true);
      }
    });
    addEventListener("dragleave", (e) => {
      if (!e.relatedTarget) mark(false);
    });
    addEventListener("drop", (e) => {
      mark(false);
      if (!files(e)) return;
      e.preventDefault();
      take(e.dataTransfer?.files ?? []);
    });
  }

  return { listen, take };
})();

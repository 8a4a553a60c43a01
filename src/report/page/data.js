// The data of the page: opens the blocks, makes cells of the columns.
// @ts-check
"use strict";

/**
 * A cell, and where it stands.
 * @typedef {object} Cell
 * @property {string} bench @property {string} level @property {string} placement @property {number} threads
 * @property {boolean} over more threads than usable CPUs
 * @property {number} resolution net costs nearer to 0 than this are not figures, in ns
 * @property {string} name subject and variant @property {string} label @property {string} family @property {string} grade
 * @property {string} part floor, ranked, wrong or hazard
 * @property {string} cost net, below, gross or absent: what [low, middle, high] of `ns` are
 * @property {number[] | null} ns the cost that the cell is ranked by
 * @property {string} verdict @property {string | null} mark cheapest, tie or too noisy
 * @property {boolean} quick @property {boolean} noisy
 * @property {string | null} doubt what speaks against its figures @property {boolean} trusted nothing does
 * @property {(id: string) => any} get a figure by its id: a number, [low, middle, high], words; null where it was not measured
 */

const Data = (() => {
  const given = document.getElementById("data")?.textContent ?? "{}";
  const data = JSON.parse(given);
  /** @type {Map<string, [string, string]>} */
  const details = new Map((data.details ?? []).map((/** @type {string[]} */ [id, name, kind]) => [id, [name, kind]]));

  /** @param {string} block */
  async function bytes(block) {
    const packed = Uint8Array.from(atob(block), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /** @param {string} block */
  const open = async (block) => JSON.parse(new TextDecoder().decode(await bytes(block)));

  // ---- columns of numbers: src/report/payload/numbers.rs writes them --------------------------

  /** @typedef {{digits: number, decimals: number}} Decimal */

  /** @param {Uint8Array} from @param {number} start @param {number} length @param {(Decimal | null)[]} [near] @returns {(Decimal | null)[]} */
  function decimals(from, start, length, near = []) {
    const forms = from.subarray(start, start + length), there = forms.reduce((n, form) => n + (form ? 1 : 0), 0);
    const width = from[start + length], first = start + length + 1;
    let at = 0;
    return Array.from(forms, (form, n) => {
      if (!form) return null;
      let value = 0;
      for (let plane = width - 1; plane >= 0; plane--) value = value * 256 + from[first + plane * there + at];
      at++;
      const digits = value % 2 ? -(value + 1) / 2 : value / 2;
      const like = near[n];
      return { digits: digits + (like ? moved(like, form - 1) : 0), decimals: form - 1 };
    });
  }

  // Its digits with so many decimals, rounded.
  /** @param {Decimal} of @param {number} to */
  function moved({ digits, decimals }, to) {
    const power = 10 ** Math.abs(decimals - to);
    return decimals >= to ? Math.floor((2 * digits + power) / (2 * power)) : digits * power;
  }

  /** @param {Decimal | null} decimal */
  const number = (decimal) => decimal && decimal.digits / 10 ** decimal.decimals;

  // A column of a figure: for each cell a number, [low, middle, high], words, or null.
  /** @param {any} column @param {Uint8Array} numbers @param {number} length @returns {any[]} */
  function column(column, numbers, length) {
    if (typeof column === "number") return decimals(numbers, column, length).map(number);
    if (!Array.isArray(column)) return column.at.map((/** @type {number | null} */ n) => (n === null ? null : column.words[n]));
    const middle = decimals(numbers, column[0], length);
    const [low, high] = [column[1], column[2]].map((start) => decimals(numbers, start, length, middle));
    return middle.map((m, n) => m && [number(low[n]), number(m), number(high[n])]);
  }

  // Figures that are made of others.
  /** @type {Record<string, (cell: Cell) => any>} */
  const MADE = { kept: (cell) => (cell.get("lost") === null ? null : cell.get("attempted") - cell.get("lost")),
    throughput: (cell) => (cell.get("gross") ? (cell.threads * 1e9) / cell.get("gross")[1] : null),
    goodput: (cell) => (cell.get("loss") === 0 ? cell.get("throughput") : null) };

  // ---- machines ------------------------------------------------------------------------------

  // For each name the facts of all machines.
  let facts = /** @type {Promise<Record<string, any[]>> | null} */ (null);
  const of = (/** @type {Record<string, any[]>} */ facts, /** @type {number} */ n) =>
    Object.fromEntries(Object.entries(facts).map(([name, all]) => [name, all[n]]));
  const rows = data.rows ? open(data.rows) : Promise.resolve([]);

  /** @param {any} head @param {any} facts @param {any} cells @param {Uint8Array} numbers @param {string[][]} names */
  function machine(head, facts, cells, numbers, names) {
    const length = cells.view.length, doubts = column(cells.doubt, numbers, length);
    /** @type {Record<string, any[]>} */
    const columns = {};
    const of = (/** @type {string} */ id) => (columns[id] ??= id in cells.details ? column(cells.details[id], numbers, length) : []);
    const cell = (/** @type {number} */ _, /** @type {number} */ n) => {
      const view = facts.views[cells.view[n]], at = view.columns[cells.column[n]];
      const [name, label, family, grade] = names[cells.row[n]];
      /** @type {any} */
      const made = { bench: view.bench, level: view.level, placement: view.placement, threads: at.threads, over: at.over, resolution: at.resolution, name,
        label, family, grade, part: cells.part[n], cost: cells.cost[n], verdict: cells.verdict[n], mark: cells.mark[n], quick: cells.quick[n] === 1,
        noisy: cells.noisy[n] === 1, get: (/** @type {string} */ id) => of(id)[n] ?? MADE[id]?.(made) ?? null };
      made.ns = made.cost === "absent" ? null : made.cost === "gross" ? made.get("gross") : made.get("net");
      made.doubt = doubts[n];
      made.trusted = made.doubt === null;
      return made;
    };
    return { ...head, ...facts, cells: /** @type {Cell[]} */ (cells.view.map(cell)) };
  }

  /** @type {Map<number, Promise<any>>} */
  const opened = new Map();

  // A machine with its facts and cells.
  /** @param {number} n @returns {Promise<any>} */
  function one(n) {
    if (!opened.has(n)) {
      facts ??= open(data.facts);
      const head = data.machines[n];
      opened.set(n, Promise.all([facts, open(head.block), bytes(head.numbers), rows]).then(([facts, cells, numbers, names]) =>
        machine(head, of(facts, n), cells, numbers, names)
      ));
    }
    return /** @type {Promise<any>} */ (opened.get(n));
  }

  // What others measured of the line transfer; null where nothing is known of it.
  let known = /** @type {Promise<any> | null} */ (null);
  const others = () => (known ??= data.others ? open(data.others) : Promise.resolve(null));

  /** @returns {Promise<any[]>} */
  const all = () => Promise.all((data.machines ?? []).map((/** @type {any} */ _, /** @type {number} */ n) => one(n)));

  // A machine from elsewhere, such as a file dropped on the page, stands with the others from then on.
  /** @param {any} machine */
  function add(machine) {
    data.machines.push({ id: machine.id, cpu: machine.cpu, published: false, usable: machine.usable, dropped: true });
    opened.set(data.machines.length - 1, Promise.resolve(machine));
    return data.machines.length - 1;
  }

  // What makes a comparison of two machines unfair.
  /** @param {number} a @param {number} b @returns {Promise<string[]>} */
  async function differences(a, b) {
    const { texts, pairs } = await open(data.pairs), n = Math.min(a, b), m = Math.max(a, b),
      known = data.machines.filter((/** @type {any} */ x) => !x.dropped).length;
    if (m >= known || n === m) return [];
    return pairs[n * known - (n * (n + 1)) / 2 + m - n - 1].map((/** @type {number} */ place) => texts[place]);
  }

  // A figure of a cell as text; null where it was not measured.
  /** @param {Cell} cell @param {string} id */
  function text(cell, id) {
    const value = cell.get(id);
    return value === null ? null : Figures.write(details.get(id)?.[1] ?? "words", value, cell.resolution);
  }

  // The cost of a cell as tables show it, without its unit.
  /** @param {Cell} cell */
  const cost = (cell) => (cell.ns === null ? "" : cell.cost === "gross" ? Figures.ns(cell.ns[1]) : Figures.net(cell.ns[1], cell.resolution));

  /** @param {string} level */
  const level = (level) => (Object.hasOwn(data.levels ?? {}, level) && data.levels[level]) || level;

  return { ...data, details, one, all, others, add, differences, text, cost, level, machines: data.machines ?? [] };
})();

// The data: opens blocks, unpacks columns, reads and writes the few numbers that are divided here.
"use strict";

const Figure = (() => {
  // x with d decimals; exact halves go to the even digit, as in Rust.
  function fixed(x, d) {
    const long = x.toFixed(d + 30), cut = long.slice(0, long.length - 30), rest = long.slice(-30);
    if (/^50*$/.test(rest) && "02468".includes(cut.replace(".", "").slice(-1))) return cut.replace(/\.$/, "");
    return x.toFixed(d);
  }

  // What figure.rs calls `ns`: three significant digits, thousands set apart, never 0 for what is not 0.
  // tests/browser.rs holds the two against each other.
  function write(x) {
    if (!Number.isFinite(x)) return "unknown";
    const size = Math.abs(x);
    if (size !== 0 && size < 0.001) return "< 0.001";
    if (size >= 1e15) return x.toExponential(2).replace("e+", "e");
    const decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.0995 || size === 0 ? 2 : 3;
    const [whole, part] = fixed(size, decimals).split(".");
    return (x < 0 ? "-" : "") + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? "." + part : "");
  }

  // The first number of a written figure, for a point's place in a chart or a row's in a sorted table.
  const UNITS = { k: 1e3, M: 1e6, G: 1e9 };
  function read(text) {
    const found = /(-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?)(?: ([kMG])\/s)?/.exec(text ?? "");
    return found ? Number(found[1].replace(/,/g, "")) * (UNITS[found[2]] ?? 1) : NaN;
  }

  // All that is divided on this page: one cost by another, each {mid, low, high}; `unit` by how much each
  // is divided first. The interval is the widest that the two allow; none where an end is not above 0.
  function ratio(a, b, unitA = 1, unitB = 1) {
    const by = (x, y) => x / unitA / (y / unitB);
    const mid = by(a.mid, b.mid);
    const sure = [a.low, a.high, b.low, b.high].every((x) => x > 0);
    return { mid, low: sure ? by(a.low, b.high) : null, high: sure ? by(a.high, b.low) : null };
  }

  const interval = ({ mid, low, high }) => write(mid) + (low === null ? " (interval unknown)" : " (" + write(low) + " to " + write(high) + ")");
  return { write, read, ratio, interval };
})();

const Data = (() => {
  const SLOT = "\u0001";
  const data = JSON.parse(document.getElementById("data").textContent);
  const opened = new Map();

  async function inflate(block) {
    const bytes = Uint8Array.from(atob(block), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return JSON.parse(await new Response(stream).text());
  }

  // What columns.rs packed.
  class Column {
    constructor({ patterns, which, numbers }, like) {
      this.patterns = patterns.map((p) => (p === null ? null : p.split(SLOT)));
      Object.assign(this, { which, numbers, like, starts: null });
    }
    tokens(n) {
      if (!this.starts) {
        this.numbers = this.numbers.split(" ");
        let next = 0;
        this.starts = this.which.map((w) => { const at = next; next += this.patterns[w] ? this.patterns[w].length - 1 : 0; return at; });
      }
      const pattern = this.patterns[this.which[n]];
      if (!pattern) return [];
      const own = this.numbers.slice(this.starts[n], this.starts[n] + pattern.length - 1);
      return own.map((text, k) => (text === "" ? this.like.tokens(n)[k] : text));
    }
    at(n) {
      const pattern = this.patterns[this.which[n]];
      if (!pattern || pattern.length === 1) return pattern ? pattern[0] : null;
      const tokens = this.tokens(n);
      return pattern.map((part, k) => part + (tokens[k] ?? "")).join("");
    }
  }

  // One cell. Its texts are put together when they are asked for.
  class Entry {
    constructor(cells, n, column) { Object.assign(this, { cells, n, resolution: column.resolution, over: column.over }); }
    detail(place) { return this.cells.details[place].at(this.n); }
    get details() { return data.details.map((_, place) => this.detail(place)); }
    get shade() { const text = this.cells.shade.at(this.n); return text === null ? null : Number(text); }
    get quick() { return this.cells.quick.at(this.n) !== null; }
    get noisy() { return this.cells.noisy.at(this.n) !== null; }
    place(name) { const text = this.detail(data.places[name]); return text === null ? null : Figure.read(text); }
    get net() { return this.cost === "below" ? null : this.place("net"); }
    get gross() { return this.place("gross"); }
    get throughput() { return this.place("throughput"); }
    get goodput() { return this.place("goodput"); }
    // Pooled, least and most, in percent.
    get lost() {
      const text = this.detail(data.places.loss);
      if (text === null) return null;
      const [pooled, , least, most] = text.match(/\d+(?:\.\d+)?(?= %)/g).map(Number);
      return [pooled, least, most];
    }
    // A cost to be divided: {mid, low, high}; null where there is none above the resolution. An end below
    // it is no number.
    cost_of(basis) {
      const text = basis === "gross" ? this.cells.gross.at(this.n) : this.cost === "net" ? this.detail(data.places.net) : null;
      if (text === null) return null;
      const [mid, low, high] = text.split(/ \(| to |\)/).map((part) => (part.includes("<") ? NaN : Figure.read(part)));
      return { mid, low, high };
    }
  }
  for (const name of ["text", "cost", "loss", "anomalies", "verdict", "letter", "mark"]) {
    Object.defineProperty(Entry.prototype, name, { get() { return this.cells[name].at(this.n); } });
  }

  function unpack(head, body) {
    const { details, like, ...others } = body.cells;
    const cells = { details: [] };
    // A column comes after the one it is like, or is like none.
    const order = details.map((_, n) => n).sort((a, b) => (like[a] !== null) - (like[b] !== null));
    for (const n of order) cells.details[n] = new Column(details[n], like[n] === null ? null : cells.details[like[n]]);
    const { net, gross, loss } = data.places;
    const likes = { text: net, gross, loss };
    for (const [name, column] of Object.entries(others)) cells[name] = new Column(column, cells.details[likes[name]]);
    body.claims.forEach((claim, n) => { [claim.text, claim.check] = data.claims[n]; });
    let next = 0;
    for (const view of body.views) {
      for (const row of view.sections.flatMap((s) => s.rows)) {
        [row.name, row.label, row.family, row.grade] = data.rows[row.row];
        row.entries = row.entries.map((there, n) => (there ? new Entry(cells, next++, view.columns[n]) : null));
      }
    }
    return { ...head, ...body, cells };
  }

  // A machine with everything known of it; its block is opened once.
  function open(id) {
    if (!opened.has(id)) {
      const head = data.machines.find((m) => m.id === id);
      opened.set(id, inflate(head.block).then((body) => unpack(head, body)));
    }
    return opened.get(id);
  }

  const openAll = (ids) => Promise.all(ids.map(open));

  // What makes comparing two machines unfair, a line each.
  let pairs = null;
  async function mismatches(a, b) {
    const places = [a, b].map((id) => data.machines.findIndex((m) => m.id === id)).sort((x, y) => x - y);
    const [i, j] = places;
    if (i === j) return { between: [a, b], lines: [] };
    pairs = pairs || (await inflate(data.pairs));
    const at = i * data.machines.length - (i * (i + 1)) / 2 + (j - i - 1);
    return { between: places.map((n) => data.machines[n].id), lines: pairs.pairs[at].map((n) => pairs.texts[n]) };
  }

  return { machines: data.machines, details: data.details, places: data.places, scaling_columns: data.scaling_columns, open, openAll, mismatches };
})();

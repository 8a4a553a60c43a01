// The data: opens blocks, unpacks columns, and reads and writes the few numbers that are divided here.
"use strict";

const Figure = (() => {
  // x with d decimals; exact halves are rounded to the even digit, as in Rust.
  function fixed(x, d) {
    const long = x.toFixed(d + 30), cut = long.slice(0, long.length - 30), rest = long.slice(-30);
    if (/^50*$/.test(rest) && "02468".includes(cut.replace(".", "").slice(-1))) return cut.replace(/\.$/, "");
    return x.toFixed(d);
  }

  // What figure.rs calls `ns`: three significant digits, thousands set apart, never 0 for what is not 0.
  // tests/browser.rs compares the two.
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
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  const json = async (block) => JSON.parse(new TextDecoder().decode(await inflate(block)));

  // The patterns of texts, cut at the numbers; opened with the first machine.
  let patterns = null;
  const openPatterns = () => (patterns ??= json(data.patterns).then((all) => all.map((p) => (p === null ? null : p.split(SLOT)))));

  // A number as it was packed: [its digits, how many of them are decimals].
  function written([digits, decimals]) {
    const text = String(digits).padStart(decimals + 1, "0"), cut = text.length - decimals;
    return text.slice(0, cut).replace(/\B(?=(\d{3})+$)/g, ",") + (decimals ? "." + text.slice(cut) : "");
  }

  // A column that columns.rs packed. It is unpacked when its first text is needed.
  class Column {
    constructor({ patterns, texts, start }, all, bytes, like) { Object.assign(this, { patterns, length: texts, start, all, bytes, like, unpacked: null }); }
    unpack() {
      let at = this.start;
      const planes = (count) => {
        const width = this.bytes[at++], first = at;
        at += width * count;
        return (n) => { let value = 0; for (let p = width - 1; p >= 0; p--) value = value * 256 + this.bytes[first + p * count + n]; return value; };
      };
      const which = planes(this.length);
      const patterns = Array.from({ length: this.length }, (_, n) => this.all[this.patterns[which(n)]]);
      const numbers = patterns.map(() => []);
      for (let slot = 0; ; slot++) {
        const here = patterns.flatMap((p, n) => (p && p.length - 1 > slot ? [n] : []));
        if (!here.length) break;
        const forms = this.bytes.subarray(at, at + here.length);
        at += here.length;
        const values = planes(here.length);
        here.forEach((n, k) => {
          const value = values(k);
          if (forms[k]) { numbers[n].push([value, forms[k] - 1]); return; }
          const [digits, decimals] = this.like?.numbers(n)[slot] ?? numbers[n][0];
          numbers[n].push([digits + (value % 2 ? -(value + 1) / 2 : value / 2), decimals]);
        });
      }
      return { patterns, numbers };
    }
    numbers(n) { return (this.unpacked ??= this.unpack()).numbers[n]; }
    at(n) {
      const numbers = this.numbers(n), pattern = this.unpacked.patterns[n];
      return pattern && pattern.map((part, k) => part + (k < numbers.length ? written(numbers[k]) : "")).join("");
    }
  }

  // One cell. Its texts are made when they are needed.
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
    // A cost for dividing: {mid, low, high}; null if there is none above the resolution. An end below
    // the resolution is NaN.
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

  // A machine with all its facts, from its blocks.
  function unpack(head, body, patterns, bytes) {
    const column = (packed, like) => new Column(packed, patterns, bytes, like);
    const { details, like, ...others } = body.cells;
    const cells = { details: [] };
    // A detail comes after the one it is like.
    details.forEach((packed, n) => cells.details.push(column(packed, cells.details[like[n]])));
    const { net, gross, loss } = data.places;
    const likes = { text: net, gross, loss };
    for (const [name, packed] of Object.entries(others)) cells[name] = column(packed, cells.details[likes[name]]);
    // Rows of a table: fields up to where there is none.
    const tables = body.tables.map((packed) => column(packed));
    const rows = ([first, count]) => Array.from({ length: count }, (_, n) => {
      const fields = tables.map((t) => t.at(first + n));
      return fields.includes(null) ? fields.slice(0, fields.indexOf(null)) : fields;
    });
    const later = (object, makers) => {
      for (const [name, make] of Object.entries(makers)) {
        let made;
        Object.defineProperty(object, name, { get: () => (made ??= make()), enumerable: true });
      }
      return object;
    };
    const sheet = ({ rows: [first, count], shades }) => {
      const [title, note, ...head] = rows([first, 1])[0];
      return { title, note, head, rows: rows([first + 1, count - 1]), shades };
    };
    const fit = ([name, mark, ...figures]) => ({ name, mark, figures: figures.length > 1 ? figures : null, refusal: figures[0] });
    const claims = body.claims.map(({ finding, verdict, figures }, n) => later({ finding, verdict, text: data.claims[n][0], check: data.claims[n][1], count: figures[1] },
      { figures: () => rows(figures).map(([what, measured, says]) => ({ what, measured, says })) }));
    let next = 0;
    const views = body.views.map(({ sheets, scaling: [notes, fits], ...view }) => {
      view.columns = view.columns.map((n) => body.columns[n]);
      for (const row of view.sections.flatMap((s) => s.rows)) {
        [row.name, row.label, row.family, row.grade] = data.rows[row.row];
        row.entries = row.entries.map((there, n) => (there ? new Entry(cells, next++, view.columns[n]) : null));
      }
      return later(view, { sheets: () => sheets.map(sheet), scaling: () => ({ notes, rows: rows(fits).map(fit) }) });
    });
    return { ...head, ...body, cells, views, claims };
  }

  // A machine, opened once: only what is looked at is taken apart.
  function open(id) {
    if (!opened.has(id)) {
      const head = data.machines.find((m) => m.id === id);
      opened.set(id, Promise.all([json(head.block), openPatterns(), inflate(head.columns)]).then((all) => unpack(head, ...all)));
    }
    return opened.get(id);
  }

  const openAll = (ids) => Promise.all(ids.map(open));

  // What some views show of a machine beside its cells.
  let others = null;
  const beside = async (id) => (await (others ??= json(data.beside)))[data.machines.findIndex((m) => m.id === id)];

  // What makes comparing two machines unfair, a line each.
  let pairs = null;
  async function mismatches(a, b) {
    const places = [a, b].map((id) => data.machines.findIndex((m) => m.id === id)).sort((x, y) => x - y);
    const [i, j] = places;
    if (i === j) return { between: [a, b], lines: [] };
    pairs ??= await json(data.pairs);
    const at = i * data.machines.length - (i * (i + 1)) / 2 + (j - i - 1);
    return { between: places.map((n) => data.machines[n].id), lines: pairs.pairs[at].map((n) => pairs.texts[n]) };
  }

  return { opened, machines: data.machines, race: data.race, details: data.details, places: data.places, scaling_columns: data.scaling_columns, open, openAll, beside, mismatches };
})();

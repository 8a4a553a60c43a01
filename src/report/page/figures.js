// How figures are written: the rules of src/figure.rs, which tests/figures.json holds both to.
// @ts-check
"use strict";

const Figures = (() => {
  // Text with so many decimals; a number that lies in the middle goes to the even digit.
  /** @param {number} x @param {number} decimals */
  function fixed(x, decimals) {
    const [whole, part = ""] = x.toFixed(Math.min(100, decimals + 60)).split(".");
    const rest = part.slice(decimals), middle = "5" + "0".repeat(rest.length - 1);
    if (rest !== middle) return x.toFixed(decimals);
    const kept = whole + part.slice(0, decimals), even = Number(kept[kept.length - 1]) % 2 === 0;
    return even ? (decimals ? whole + "." + part.slice(0, decimals) : whole) : x.toFixed(decimals);
  }

  /** @param {string} digits */
  const grouped = (digits) => [...digits].map((digit, n) => (n > 0 && (digits.length - n) % 3 === 0 ? "," : "") + digit).join("");

  /** @param {number} x @param {number} decimals */
  function rounded(x, decimals) {
    if (!Number.isFinite(x)) return "unknown";
    if (Math.abs(x) >= 1e15) return x.toExponential(2).replace("e+", "e");
    const text = fixed(Math.abs(x), decimals);
    const [whole, part] = text.split(".");
    const sign = x < 0 && Number(text) !== 0 ? "-" : "";
    return sign + grouped(whole) + (part ? "." + part : "");
  }

  // Decimals that make three significant digits.
  /** @param {number} x */
  const decimals = (x) => (Math.abs(x) >= 99.95 ? 0 : Math.abs(x) >= 9.995 ? 1 : Math.abs(x) >= 0.0995 || x === 0 ? 2 : 3);

  /** @param {number} x */
  const ns = (x) => (x !== 0 && Math.abs(x) < 0.001 ? "< 0.001" : rounded(x, decimals(x)));

  // The resolution as `< r` writes it: two digits, rounded up.
  /** @param {number} resolution */
  function threshold(resolution) {
    const power = Math.floor(Math.log10(Math.max(resolution, 1e-9))) - 1, step = 10 ** power;
    const text = rounded(Math.ceil(resolution / step - 1e-9) * step, Math.max(0, -power));
    return text.includes(".") ? String(Number(text)) : text;
  }

  // A net cost, `< r` when it is nearer to 0 than the resolution.
  /** @param {number} x @param {number} resolution */
  function net(x, resolution) {
    if (Math.abs(x) < resolution) return "< " + threshold(resolution);
    const most = resolution >= 1 ? 0 : resolution >= 0.1 ? 1 : resolution >= 0.01 ? 2 : 3;
    return rounded(x, Math.min(decimals(x), most));
  }

  /** @param {number} rate */
  function percent(rate) {
    const x = rate * 100;
    if (rate === 0) return "0 %";
    if (rate === 1) return "100 %";
    if (x < 0.001) return "< 0.001 %";
    if (x > 99.99) return "> 99.99 %";
    return rounded(x, x < 0.1 ? 3 : x >= 1 && x < 99 ? 1 : 2) + " %";
  }

  /** @param {number} x */
  function rate(x) {
    const [unit, name] = /** @type {[number, string][]} */ ([[1e9, "G"], [1e6, "M"], [1e3, "k"]]).find(([unit]) => x >= unit * 0.9995) ?? [1, ""];
    return ns(x / unit) + " " + name + "/s";
  }

  /** @param {number} n */
  const count = (n) => grouped(String(n));

  /** @param {number} x */
  const plain = (x) => rounded(x, 2);

  // A time on an axis or in a sentence, in the unit that suits it.
  /** @param {number} x in ns */
  function time(x) {
    const [unit, name] = /** @type {[number, string][]} */ ([[1e9, "s"], [1e6, "ms"], [1e3, "µs"]]).find(([unit]) => Math.abs(x) >= unit) ?? [1, "ns"];
    return Number((x / unit).toPrecision(3)).toLocaleString("en") + " " + name;
  }

  /** @type {Record<string, (x: number, resolution: number) => string>} */
  const KINDS = { ns, net, percent, rate, count, plain };

  // A figure of a cell with its unit: a number, [low, middle, high], or words.
  /** @param {string} kind @param {any} value @param {number} resolution */
  function write(kind, value, resolution) {
    if (kind === "words") return value;
    const one = (/** @type {number} */ x) => KINDS[kind](x, resolution);
    const unit = kind === "ns" || kind === "net" ? " ns" : "";
    if (!Array.isArray(value)) return one(value) + unit;
    const [low, middle, high] = value;
    if (kind === "net" && value.every((x) => Math.abs(x) < resolution)) return one(middle) + " ns, its whole interval";
    return one(middle) + " (" + one(low) + " to " + one(high) + ")" + unit;
  }

  return { ns, net, threshold, percent, rate, count, plain, time, write };
})();

// The line transfers of machines that others measured, from near to far, with one of this page among them.
// @ts-check
"use strict";

const Among = (() => {
  const { el } = Dom;
  const CAPTION =
    "Each machine’s median pair of CPUs with its quartiles (bars), nearest and farthest pair (lines). A machine of few CPUs has few distant pairs. Theirs: two threads try compare-and-swap until it succeeds; ours: one looks, the other stores. So compare roughly. Hollow: threads not tied to CPUs, or a coarse clock.";

  /** @typedef {{name: string, cpus: number, pairs: number, ns: number[], clusters: number[][], doubts: string, own: boolean}} Machine */

  // A quantile, interpolated between ranks.
  /** @param {number[]} sorted @param {number} q */
  function quantile(sorted, q) {
    const rank = q * (sorted.length - 1), below = Math.floor(rank);
    return sorted[below] + (sorted[Math.ceil(rank)] - sorted[below]) * (rank - below);
  }

  // What is near each other, a text each.
  /** @param {Machine} m */
  const near = (m) =>
    m.clusters.map(([cpus, count, ns]) => (count > 1 ? `${Figures.count(count)} × ${cpus}` : Figures.count(cpus)) + ` CPUs: ${Figures.ns(ns)} ns`);

  /** @param {Machine} m */
  function tip(m) {
    const [least, low, middle, high, most] = m.ns.map(Figures.ns);
    return [m.own ? m.name + ", on this page" : m.name, `${Figures.count(m.cpus)} CPUs, ${Figures.count(m.pairs)} ${m.pairs === 1 ? "pair" : "pairs"}`,
      m.pairs === 1 ? `${middle} ns` : `median ${middle} ns, quartiles ${low} and ${high} ns`, m.pairs === 1 ? "" : `least ${least} ns, most ${most} ns`,
      m.clusters.length > 1 ? "near each other: " + near(m).join("; ") : "", m.doubts].filter(Boolean).join("\n");
  }

  /** @param {Machine[]} all from near to far */
  function strip(all) {
    const point = (/** @type {Machine} */ m, /** @type {number} */ x, /** @type {number} */ low, /** @type {number} */ high) => ({ x, y: m.ns[2],
      low: m.ns[low], high: m.ns[high], tip: tip(m), shape: m.doubts && !m.own ? "ring" : "dot", name: m.own ? "this machine" : undefined });
    const of = (/** @type {boolean} */ own, /** @type {number} */ low, /** @type {number} */ high) =>
      all.flatMap((m, x) => (m.own === own ? [point(m, x + 1, low, high)] : []));
    const title = "The line transfer among machines of others";
    return Charts.plot({ label: title,
      series: [{ name: "others", kind: "ink-1 thin", points: of(false, 0, 4), joined: false }, { name: "their quartiles", kind: "ink-1 quartiles",
        points: of(false, 1, 3), joined: false, marked: false }, { name: "own quartiles", kind: "ink-2 quartiles",
        points: of(true, 1, 3).map((p) => ({ ...p, name: undefined })), joined: false, marked: false }, { name: "own", kind: "ink-2", points: of(true, 0, 4),
        joined: false }], height: 280,
      x: { title: `${all.length} machines, from near to far`, from: 0, to: all.length + 1, format: String,
        ticks: [1, 20, 40, 60, 80, 100].filter((n) => n <= all.length) }, y: { title: "ns", log: true, format: Figures.time } });
  }

  /** @param {Machine[]} all */
  const table = (all) =>
    Dom.table("Line transfers of all machines", ["machine", "CPUs", "pairs", "least, ns", "quartile", "median", "quartile", "most", "near each other",
      "remarks"],
      all.map((
        m,
      ) => [{ text: m.own ? el("strong", {}, m.name) : m.name }, Figures.count(m.cpus), Figures.count(m.pairs), ...m.ns.map(Figures.ns), {
        text: near(m).map((text) => text.replaceAll(" ", "\u00a0")).join("; "),
        class: "words",
      }, { text: m.own ? "on this page" : m.doubts, class: "words" }]), { class: "figures among" });

  // The strip, its table and where it comes from; nothing without others or without a pair of one's own.
  /** @param {any} machine @param {number[]} costs of its pairs, in ns @param {any} others */
  function draw(machine, costs, others) {
    if (!others || !costs.length) return [];
    const sorted = [...costs].sort((a, b) => a - b);
    /** @type {Machine} */
    const own = { name: machine.id, cpus: machine.usable, pairs: costs.length, ns: [0, 0.25, 0.5, 0.75, 1].map((q) => quantile(sorted, q)), clusters: [],
      doubts: "", own: true };
    const theirs = others.machines.map((/** @type {any[]} */ [name, cpus, pairs, ns, clusters, doubts]) => ({ name, cpus, pairs, ns, clusters, doubts,
      own: false })
    );
    const all = [own, ...theirs].sort((a, b) => a.ns[2] - b.ns[2]);
    const title = "Among machines of others", said = machine.among ? "Here: " + machine.among + ". " : "";
    const sources = others.sources.map((/** @type {string[]} */ [source, licence]) => `${source} (licence: ${licence})`).join("; ");
    return [Charts.figure({ id: "among", title, caption: said + CAPTION, draw: strip(all) }),
      Dom.fold("among-table", `All ${all.length} machines`, () => [el("p", { class: "caption" }, "Source: " + sources + "."), table(all)])];
  }

  return { draw };
})();

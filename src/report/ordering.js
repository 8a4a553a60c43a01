// The tables of the bench `ordering` as one: each test with its program, then its variants.
"use strict";

const Ordering = (() => {
  const { el, scroll } = Dom;

  const state = (text) => ({ forbidden: "unknown", never: "unknown", "not seen": "unknown", "not modelled": "unknown" })[text] ?? null;

  // An outcome and how often it came, such as "(0, 0) 1,149 weak".
  function outcome(text) {
    const kind = text.endsWith("FORBIDDEN") ? "outcome lost" : /forbidden$|not seen$/.test(text) ? "outcome unknown" : text.endsWith("weak") ? "outcome weak" : "outcome";
    return el("span", { class: kind }, text);
  }

  // The test: its program, one thread beside the other, and the outcome that it asks for.
  function about(id, program, columns) {
    const [, name, threads, asked, takes] = program ?? [id, "", "", "", ""];
    const says = asked ? "asks for " + asked + ", which takes " + takes : "";
    return el("tr", { class: "test" }, el("th", { scope: "rowgroup", colspan: columns },
      el("span", { class: "stick" }, el("span", { class: "name" }, id), " " + name + " ", el("code", {}, threads), el("small", {}, says))));
  }

  function variant(id, row) {
    const [name, ns, net, , model, x86, here, loom, met, all] = row;
    const forbidden = model === "forbidden" && here.startsWith("seen");
    const field = (text, kind = state(text)) => el("td", { class: kind }, text);
    return el("tr", {}, el("th", { scope: "row" }, el("span", { class: "name" }, name.slice(id.length + 1))), field(ns), field(net), field(model), field(x86),
      field(here, forbidden ? "lost" : here.startsWith("seen") ? "seen" : state(here)), field(loom), field(met), el("td", { class: "outcomes" }, all.split("; ").map(outcome)));
  }

  // The section for the two sheets of this bench; null for those of other benches.
  function draw(sheets) {
    const [order, programs] = ["Memory order", "Litmus tests"].map((title) => sheets.find((s) => s.title === title));
    if (!order) return null;
    const heads = ["variant", ...order.head.slice(1).filter((_, n) => n !== 2)];
    const ids = Dom.unique([...order.rows, ...(programs?.rows ?? [])].map(([name]) => name.split(" ")[0]));
    const bodies = ids.map((id) => {
      const rows = order.rows.filter(([name]) => name.startsWith(id + " "));
      const none = el("tr", {}, el("th", { scope: "row" }), el("td", { class: "outcomes unknown", colspan: heads.length - 1 }, "not measured here"));
      return el("tbody", {}, about(id, programs?.rows.find(([name]) => name === id), heads.length), rows.length ? rows.map((row) => variant(id, row)) : none);
    });
    const table = el("table", { class: "matrix sheet ordering", "aria-label": order.title }, el("thead", {}, el("tr", {}, heads.map((name) => el("th", { scope: "col" }, name)))), bodies);
    return [el("h2", {}, order.title), el("p", { class: "caption" }, order.note, " ", programs?.note ?? ""), scroll(order.title, table)];
  }

  return { draw };
})();

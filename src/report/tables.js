// Elements, and tables that can be sorted by their heads. Data gets into the document only as text.
"use strict";

const Dom = (() => {
  function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined || value === null || value === false) continue;
      if (name === "class") node.className = value;
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined));
    return node;
  }

  // A name that may break after each underscore.
  const name = (text) => String(text).split(/(?<=_)/).flatMap((part, n) => (n ? [el("wbr"), part] : [part]));

  const unique = (all) => [...new Set(all)];

  // Controls have ids, so that a page drawn again finds the one that had the focus.
  function select(id, label, options, chosen, change) {
    const box = el("select", { id }, options.map(([value, text]) => el("option", { value }, text)));
    box.value = chosen;
    box.addEventListener("change", () => change(box.value));
    return el("label", {}, label, box);
  }

  const scroll = (label, ...inside) => el("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": label + ", scrolls sideways" }, ...inside);

  return { el, name, unique, select, scroll };
})();

const Tables = (() => {
  const { el, scroll } = Dom;

  // A sort order as the fragment has it: the column's place, from 1, negative for descending; 0 for none.
  const order = (text) => { const n = Math.trunc(Number(text)); return Number.isFinite(n) ? n : 0; };
  const next = (sort, n) => (sort === n ? -n : sort === -n ? 0 : n);

  function head(id, n, sort, attributes, content, change) {
    const state = sort === n ? "ascending" : sort === -n ? "descending" : "none";
    const button = el("button", { type: "button", class: "sort", id: id + "-sort-" + n, title: "Sort by this column" }, content[0]);
    button.addEventListener("click", () => change(next(sort, n)));
    return el("th", { scope: "col", "aria-sort": state, ...attributes }, button, content.slice(1));
  }

  // Items sorted by their `key`: numbers before texts, empty keys last in both directions.
  function sorted(items, sort, key) {
    if (!sort) return items;
    const sign = Math.sign(sort);
    const none = (x) => x === null || x === undefined || x === "" || Number.isNaN(x);
    return items.map((item) => [key(item), item]).sort(([a], [b]) => {
      if (none(a) || none(b)) return none(a) - none(b);
      if (typeof a === "number" && typeof b === "number") return sign * (a - b);
      if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
      return sign * a.localeCompare(b, "en", { numeric: true });
    }).map(([, item]) => item);
  }

  const matches = (filter, ...texts) => filter.trim().toLowerCase().split(/\s+/).every((word) => texts.some((t) => String(t).toLowerCase().includes(word)));

  // How long typing must pause before it counts, in ms.
  const PAUSE = 200;

  // The box that filters rows by the typed text.
  function filter(value, placeholder, change) {
    const box = el("input", { id: "filter", type: "search", value, placeholder, autocomplete: "off" });
    const view = () => new URLSearchParams(location.hash.slice(1)).get("view"), here = view();
    let waiting = 0;
    box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => view() === here && change(box.value), PAUSE); });
    return el("label", {}, "Filter rows", box);
  }

  // heads: texts, or [text, small text]; rows: a name and fields, each a text or {text, value, small, class};
  // without `change` the table remembers its order itself.
  function table({ id, label, heads, rows, sort = 0, change = null, kind = "" }) {
    const box = scroll(label);
    const value = (field) => (field && typeof field === "object" ? field.value ?? field.text : field);
    // Columns of words are left-aligned with their heads, figures right-aligned.
    const words = heads.map((_, n) => rows.every((row) => typeof value(row[n]) !== "number"));
    const draw = (by) => {
      const resort = change ?? ((to) => { draw(to); document.getElementById(id + "-sort-" + Math.abs(to || by))?.focus(); });
      const line = el("tr", {}, heads.map((h, n) => head(id, n + 1, by, { class: words[n] ? "words" : null }, Array.isArray(h) ? [h[0], el("small", {}, h[1])] : [h], resort)));
      const field = (f, n) => {
        const { text, small, class: name } = f && typeof f === "object" ? f : { text: f };
        const inside = [n === 0 ? Dom.name(text ?? "") : text ?? "", small ? el("small", { class: "unknown" }, small) : null];
        return n === 0 ? el("th", { scope: "row" }, inside) : el("td", { class: [name, words[n] ? "words" : ""].filter(Boolean).join(" ") || null }, inside);
      };
      const body = sorted(rows, by, (row) => value(row[Math.abs(by) - 1])).map((row) => el("tr", {}, row.map(field)));
      box.replaceChildren(el("table", { class: ("matrix sheet " + kind).trim(), id, "aria-label": label }, el("thead", {}, line), el("tbody", {}, body)));
    };
    draw(sort);
    return box;
  }

  return { table, head, sorted, order, matches, filter };
})();

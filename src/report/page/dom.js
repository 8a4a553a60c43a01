// Elements. Data gets into the document only as text.
// @ts-check
"use strict";

const Dom = (() => {
  /** @param {Element} node @param {Record<string, any>} attributes @param {any[]} children */
  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined || value === null || value === false) continue;
      if (name === "style") Object.entries(value).forEach(([key, to]) => /** @type {any} */ (node).style.setProperty(key, String(to)));
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
    return node;
  }

  /** @param {string} tag @param {Record<string, any>} [attributes] @param {...any} children @returns {any} */
  const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

  /** @param {string} tag @param {Record<string, any>} [attributes] @param {...any} children @returns {any} */
  const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

  // A name that may break after each underscore.
  /** @param {any} text */
  const name = (text) => String(text).split(/(?<=_)/).flatMap((part, n) => (n ? [el("wbr"), part] : [part]));

  // A text with what stands between backticks as code.
  /** @param {string} text */
  const coded = (text) => text.split("`").map((part, n) => (n % 2 ? el("code", {}, part) : part));

  /** @param {number} n */
  const threads = (n) => n + (n === 1 ? " thread" : " threads");

  /** @template T @param {T[]} all */
  const unique = (all) => [...new Set(all)];

  // Controls have ids, so that a page drawn again finds the one that had the focus.
  /** @param {string} id @param {string} label @param {[string, string][]} options value and text @param {string} chosen @param {(value: string) => void} change */
  function select(id, label, options, chosen, change) {
    const box = el("select", { id }, options.map(([value, text]) => el("option", { value }, text)));
    box.value = chosen;
    box.addEventListener("change", () => change(box.value));
    return el("label", {}, label, box);
  }

  // A few choices side by side, of which one is chosen.
  /** @param {string} id @param {string} label @param {[string, string][]} options value and text @param {string} chosen @param {(value: string) => void} change */
  function choices(id, label, options, chosen, change) {
    const one = (/** @type {[string, string]} */ [value, text]) => {
      const button = el("button", { type: "button", id: id + "-" + value, "aria-pressed": String(value === chosen) }, text);
      button.addEventListener("click", () => change(value));
      return button;
    };
    return el("div", { class: "choices", role: "group", "aria-label": label }, options.map(one));
  }

  /** @param {string} label @param {...any} inside */
  const scroll = (label, ...inside) => el("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": label + ", scrolls sideways" }, ...inside);

  // What is made when it is first opened.
  /** @param {string} id @param {any} title text or elements @param {() => any} make */
  function fold(id, title, make) {
    const box = el("details", { id }, el("summary", {}, title));
    box.addEventListener("toggle", () => box.open && box.children.length === 1 && box.append(...[make()].flat()));
    return box;
  }

  // A table: heads are texts; rows are texts, numbers already written, or {text, class}. The first field names the row.
  /** @param {string} label @param {any[]} heads @param {any[][]} rows @param {Record<string, any>} [attributes] */
  function table(label, heads, rows, attributes = {}) {
    const field = (/** @type {any} */ f, /** @type {number} */ n) => {
      const { text, class: kind } = f && typeof f === "object" && "text" in f ? f : { text: f, class: null };
      return n === 0 ? el("th", { scope: "row" }, typeof text === "string" ? name(text) : text) : el("td", { class: kind }, text ?? "");
    };
    return scroll(label,
      el("table", { class: "figures", "aria-label": label, ...attributes },
        el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", {}, rows.map((row) => el("tr", {}, row.map(field))))));
  }

  return { el, svg, name, coded, threads, unique, select, choices, scroll, fold, table };
})();

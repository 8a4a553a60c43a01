// One machine across its counters: card, levels, matrix, charts, scaling, claims.
"use strict";

const One = (() => {
  const { el, unique, select, scroll } = Dom;
  const byId = (id) => document.getElementById(id);
  const tip = byId("tip");
  const data = Data;
  let state, go;

  // ---- card ----------------------------------------------------------------------------------

  function card() {
    const m = state.machine;
    const pair = ([name, text]) => el("div", { class: text.length > 22 ? "wide" : "" }, el("dt", {}, name), el("dd", {}, text));
    const parts = [el("h2", {}, m.title)];
    if (m.published) {
      parts.push(el("div", { class: "callout", id: "published" }, el("p", {}, el("strong", {}, "Published by others, not measured by this suite.")),
        ...m.published.map(([name, text]) => el("p", {}, name[0].toUpperCase() + name.slice(1) + ": " + text + "."))));
    }
    if (m.warnings.length) {
      const all = el("ul", {}, ...m.warnings.map((w) => el("li", {}, w)));
      const many = m.warnings.length > 2;
      parts.push(el("div", { class: "callout warn", id: "warnings" }, many ? el("details", {}, el("summary", {}, m.warnings.length + " warnings about the runs of these figures"), all) : all));
    }
    parts.push(el("dl", { class: "card" }, ...m.card.map(pair)));
    if (m.runs.length) {
      parts.push(el("details", {}, el("summary", {}, m.runs.length === 1 ? "The run of these figures" : "The " + m.runs.length + " runs of these figures"),
        ...m.runs.map((run) => el("dl", { class: "card callout" }, ...run.map(([name, text]) => pair([name, text || "unknown"]))))));
    }
    byId("machine").replaceChildren(...parts);
  }

  // ---- tabs ----------------------------------------------------------------------------------

  function tabs() {
    const levels = unique(state.machine.views.filter((v) => v.bench === state.bench).map((v) => v.level));
    const list = byId("tabs");
    const had = list.contains(document.activeElement);
    list.replaceChildren(...levels.map((level, n) => {
      const think = state.machine.views.find((v) => v.bench === state.bench && v.level === level).think;
      const on = level === state.level;
      const tab = el("button", { type: "button", role: "tab", id: "tab-" + n, "aria-selected": String(on), "aria-controls": "panel", tabindex: on ? "0" : "-1" },
        level, think ? el("small", {}, think) : null);
      tab.addEventListener("click", () => go({ level }));
      tab.addEventListener("keydown", (e) => {
        const last = levels.length - 1;
        const to = { ArrowRight: n === last ? 0 : n + 1, ArrowLeft: n === 0 ? last : n - 1, Home: 0, End: last }[e.key];
        if (to === undefined) return;
        e.preventDefault();
        go({ level: levels[to] });
      });
      if (on) byId("panel").setAttribute("aria-labelledby", "tab-" + n);
      return tab;
    }));
    if (had) list.querySelector('[aria-selected="true"]').focus();
  }

  // ---- matrix --------------------------------------------------------------------------------

  const facts = (entry) => data.details.map((name, n) => [name, entry.details[n]]).filter(([, text]) => text !== null);
  const headline = (row, column) => row.name + ", " + column.threads + (column.threads === 1 ? " thread" : " threads") + ", " + state.level + ", " + state.placement;

  function showTip(td, row, column, entry) {
    tip.replaceChildren(el("strong", {}, headline(row, column)), el("table", {}, ...facts(entry).map(([name, text]) => el("tr", {}, el("td", {}, name), el("td", {}, text)))));
    tip.hidden = false;
    const cell = td.getBoundingClientRect(), box = tip.getBoundingClientRect();
    const below = cell.bottom + 6 + box.height <= innerHeight;
    tip.style.left = Math.max(8, Math.min(cell.left, innerWidth - box.width - 8)) + "px";
    tip.style.top = Math.max(8, below ? cell.bottom + 6 : cell.top - box.height - 6) + "px";
  }

  const hideTip = () => { tip.hidden = true; };

  function openDetail(into, td, row, column, entry) {
    hideTip();
    document.querySelectorAll("td.chosen").forEach((old) => old.classList.remove("chosen"));
    td.classList.add("chosen");
    const close = el("button", { type: "button", class: "plain" }, "close");
    const shut = () => { into.replaceChildren(); td.classList.remove("chosen"); td.focus(); };
    close.addEventListener("click", shut);
    const pair = (name, text) => el("div", {}, el("dt", {}, name), el("dd", {}, text === null ? "not measured" : text));
    const panel = el("section", { class: "detail", tabindex: "-1", "aria-label": "Details of " + headline(row, column) },
      el("header", {}, el("h3", {}, headline(row, column)), close),
      row.label !== row.name ? el("p", { class: "caption" }, row.label + " · " + row.family + " · " + row.grade) : el("p", { class: "caption" }, row.family + " · " + row.grade),
      el("dl", {}, ...data.details.map((name, n) => pair(name, entry.details[n]))));
    panel.addEventListener("keydown", (e) => e.key === "Escape" && shut());
    into.replaceChildren(panel);
    panel.focus();
  }

  // The same cell with its cost and loss at the chosen distance; without a figure if it was measured at one
  // distance only. Marks, shades and anomalies are of all rounds together.
  function elsewhere(entry) {
    const text = entry.details[data.places[state.distance]];
    const [cost, ...rest] = (text ?? "").split(" ns");
    const lost = /, lost (.+)$/.exec(rest.join(" ns"));
    const loss = text === null || entry.loss === null ? null : lost ? lost[1] : "0 %";
    const fields = { text: cost.split(" (")[0], loss, shade: null, mark: null, anomalies: null, cost: entry.cost === "gross" ? "gross" : "net" };
    if (text === null) Object.assign(fields, { letter: null, quick: null, noisy: null });
    return Object.create(entry, Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { value }])));
  }

  function cell(section, row, column, whole, mixed) {
    const classes = [column.over ? "over" : "", column.first ? "first-over" : ""];
    if (!whole) return el("td", { class: classes.join(" ") });
    const apart = state.distance && column.threads > 1;
    const entry = apart ? elsewhere(whole) : whole;
    if (entry.shade !== null) classes.push("shaded");
    if (entry.mark) classes.push("best");
    const gross = entry.cost === "gross" && mixed && section.part !== "floor";
    const td = el("td", { class: classes.join(" "), tabindex: "-1" },
      el("span", { class: "figure" }, entry.text), gross ? el("span", { class: "badge" }, "gross") : null,
      entry.letter && !(column.over && entry.verdict === "oversubscribed") ? el("abbr", { class: "badge", "aria-label": entry.verdict }, entry.letter) : null,
      entry.quick ? el("span", { class: "badge" }, "quick") : null,
      entry.noisy ? el("abbr", { class: "badge", "aria-label": "noisy" }, "n") : null,
      entry.loss === null ? null : el("small", { class: entry.loss === "not recorded" ? "unknown" : "lost" }, entry.loss === "not recorded" ? "loss not recorded" : "lost " + entry.loss),
      apart && !entry.text ? el("small", { class: "unknown" }, "not split") : null,
      entry.anomalies === null ? null : el("small", { class: entry.anomalies === "0 %" ? "unknown" : "lost" }, "anomalies " + entry.anomalies),
      entry.mark ? el("small", {}, el("span", { class: "mark " + entry.mark.replace(" ", "-") }, entry.mark)) : null);
    if (entry.shade !== null) td.style.setProperty("--shade", entry.shade.toFixed(3));
    return td;
  }

  function matrix(view, detail) {
    const first = view.columns.findIndex((c) => c.over);
    const columns = view.columns.map((c, n) => ({ ...c, first: n === first }));
    const counted = view.sections.filter((s) => s.part !== "floor").flatMap((s) => s.rows).flatMap((r) => r.entries).filter(Boolean);
    const allGross = counted.every((e) => e.cost !== "net" && e.cost !== "below");
    const grid = [];
    const sort = Tables.order(state.sort);
    const by = Math.abs(sort) - 1;
    const resort = (to) => go({ sort: to ? String(to) : "" });
    const heads = [Tables.head("matrix", 1, sort, {}, ["threads", el("small", {}, (allGross ? "gross" : "net") + " ns/op per thread")], resort),
      ...columns.map((c, n) => Tables.head("matrix", n + 2, sort, { class: (c.over ? "over " : "") + (c.first ? "first-over" : "") },
        [String(c.threads), c.over ? el("small", {}, "oversubscribed") : null], resort))];
    const table = el("table", { class: "matrix", role: "grid", "aria-label": "Cost and lost updates by counter and thread count" },
      el("thead", {}, el("tr", {}, ...heads)));
    for (const section of view.sections) {
      const body = el("tbody", { "data-part": section.part },
        el("tr", { class: "section " + section.part }, el("th", { scope: "rowgroup", colspan: columns.length + 1 }, el("span", { class: "stick" }, section.title))));
      let family = null;
      // Costs below the resolution come before all figures.
      const cost = (row) => { const e = row.entries[by - 1]; return e ? (e.cost === "below" ? -1e18 : Figure.read(e.text)) : null; };
      for (const row of Tables.sorted(section.rows, sort, (row) => (by === 0 ? row.name : cost(row)))) {
        if (!sort && row.family !== family && section.part === "ranked") {
          body.append(el("tr", { class: "family" }, el("th", { colspan: columns.length + 1 }, el("span", { class: "stick" }, row.family))));
        }
        family = row.family;
        const tr = el("tr", { class: section.part + "-row", "data-row": row.name }, el("th", { scope: "row" }, el("span", { class: "name" }, Dom.name(row.name)), row.label === row.name ? null : el("small", {}, row.label)));
        const line = [];
        columns.forEach((column, n) => {
          const entry = row.entries[n];
          const td = cell(section, row, column, entry, !allGross);
          tr.append(td);
          if (!entry) return;
          const at = [grid.length, line.length];
          td.addEventListener("mouseenter", () => showTip(td, row, column, entry));
          td.addEventListener("mouseleave", hideTip);
          td.addEventListener("focus", () => { if (td.matches(":focus-visible")) showTip(td, row, column, entry); });
          td.addEventListener("blur", hideTip);
          td.addEventListener("click", () => openDetail(detail, td, row, column, entry));
          td.addEventListener("keydown", (e) => move(e, grid, at, () => openDetail(detail, td, row, column, entry)));
          line.push(td);
        });
        if (line.length) grid.push(line);
        body.append(tr);
      }
      table.append(body);
    }
    if (grid.length) grid[0][0].tabIndex = 0;
    return el("div", { class: "scroll", role: "group", "aria-label": "Table, scrolls sideways" }, table);
  }

  function move(e, grid, [y, x], open) {
    const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    if (e.key === "Enter" || e.key === " ") { e.preventDefault(); open(); return; }
    if (e.key === "Escape") { hideTip(); return; }
    if (!steps[e.key]) return;
    e.preventDefault();
    const line = grid[y + steps[e.key][0]];
    if (!line) return;
    const to = line[Math.min(line.length - 1, Math.max(0, x + steps[e.key][1]))];
    e.currentTarget.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }

  function legend(view) {
    const items = [];
    if (view.sections.some((s) => s.part === "ranked")) {
      items.push(el("li", {}, el("span", { class: "swatch scale" }), " from cheap to costly, within each column (log)"));
    }
    if (view.columns.some((c) => c.over)) {
      items.push(el("li", {}, el("span", { class: "swatch hatch" }), " oversubscribed: more threads than the " + state.machine.usable + " usable CPUs, another regime"));
    }
    view.legend.forEach(([letter, id, text]) => {
      const within = view.sections.some((s) => s.rows.some((r) => r.entries.some((e, n) => e && e.verdict === id && !view.columns[n].over)));
      if (id !== "oversubscribed" || within) items.push(el("li", {}, el("span", { class: "badge" }, letter), " " + id + ": " + text));
    });
    return el("ul", { class: "legend" }, ...items);
  }

  // ---- tables of some benches only -----------------------------------------------------------

  function sheet({ title, note, head, rows, shades = [] }) {
    // A column without any text is left out.
    const says = head.map((_, c) => c === 0 || rows.some((row) => row[c]));
    const kept = (row) => row.filter((_, c) => says[c]);
    const figure = (text, shade) => {
      const td = el("td", shade == null ? {} : { class: "shaded" }, text);
      if (shade != null) td.style.setProperty("--shade", String(shade / 100));
      return td;
    };
    const table = el("table", { class: "matrix sheet", "aria-label": title },
      el("thead", {}, el("tr", {}, ...kept(head).map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...rows.map(([name, ...figures], r) => el("tr", {}, el("th", { scope: "row" }, Dom.name(name)), ...figures.map((text, c) => says[c + 1] && figure(text, shades[r]?.[c])).filter(Boolean)))));
    return [el("h2", {}, title), el("p", { class: "caption" }, note), el("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": title + ", scrolls sideways" }, table)];
  }

  // ---- scaling -------------------------------------------------------------------------------

  function scaling(view) {
    const { notes, rows } = view.scaling;
    const parts = [el("h2", { id: "scaling" }, "Scaling"), ...notes.map((n) => el("p", { class: "caption" }, n))];
    if (!rows.length) return parts;
    const body = rows.map((row) => el("tr", {},
      el("th", { scope: "row" }, el("span", { class: "name" }, Dom.name(row.name)), row.mark ? el("span", { class: "badge" }, row.mark) : null),
      ...(row.figures ? row.figures.map((text) => el("td", {}, text)) : [el("td", { class: "refused", colspan: data.scaling_columns.length }, row.refusal)])));
    const head = ["row", ...data.scaling_columns].map((name) => el("th", { scope: "col" }, name));
    const table = el("table", { class: "matrix scaling", "aria-label": "How each row scales with threads" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body));
    return [...parts, el("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": "Scaling table, scrolls sideways" }, table)];
  }

  // ---- claims --------------------------------------------------------------------------------

  function claim(c) {
    const words = { yes: "yes", no: "no", partly: "partly", unclear: "cannot tell" };
    const line = (f) => el("tr", {}, el("td", {}, f.what), el("td", {}, f.measured), el("td", { class: "says-" + f.says }, words[f.says]));
    const head = [el("span", { class: "finding " + c.finding }, c.verdict), el("strong", {}, c.text)];
    if (!c.figures.length) return el("p", { class: "claim" }, ...head);
    return el("details", { class: "claim" }, el("summary", {}, ...head, el("small", {}, c.figures.length + (c.figures.length === 1 ? " figure" : " figures"))),
      el("p", { class: "caption" }, "Check: " + c.check + "."),
      el("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": "Figures, scroll sideways" },
        el("table", { class: "figures" }, el("thead", {}, el("tr", {}, ...["cells", "measured", "agrees"].map((t) => el("th", { scope: "col" }, t)))),
          el("tbody", {}, ...c.figures.map(line)))));
  }

  function claims() {
    byId("claims").replaceChildren(el("h2", {}, "What articles say, checked on this machine"),
      el("p", { class: "caption" }, "Computed from the cells of " + state.machine.title + ": exact counts, trusted verdicts, no more threads than CPUs. Open a line to see its figures."),
      ...state.machine.claims.map(claim));
  }

  // ---- the whole view ------------------------------------------------------------------------

  // The rows of a view that pass the filter.
  function filtered(view, filter) {
    if (!filter) return view;
    const rows = (s) => s.rows.filter((r) => Tables.matches(filter, r.name, r.label, r.family));
    const sections = view.sections.map((s) => ({ ...s, rows: rows(s) })).filter((s) => s.rows.length);
    return { ...view, sections, sheets: view.sheets.map((s) => { const kept = (_, r) => Tables.matches(filter, s.rows[r][0]); return { ...s, rows: s.rows.filter(kept), shades: (s.shades ?? []).filter(kept) }; }),
      scaling: { ...view.scaling, rows: view.scaling.rows.filter((r) => Tables.matches(filter, r.name)) } };
  }

  // Draws the open machine; resolves when its charts are drawn.
  function show(chosen, change) {
    [state, go] = [chosen, change];
    hideTip();
    card();
    claims();
    tabs();
    const panel = byId("panel");
    const { machine, bench, level, placement } = state;
    const whole = machine.views.find((v) => v.bench === bench && v.level === level && v.placement === placement);
    if (!whole) {
      panel.replaceChildren(el("p", {}, "No cells were measured on this machine."));
      return Promise.resolve();
    }
    const view = filtered(whole, state.filter);
    const benches = unique(machine.views.map((v) => v.bench));
    const places = machine.views.filter((v) => v.bench === bench && v.level === level).map((v) => v.placement);
    const choices = el("div", { class: "view-pickers" });
    choices.append(Tables.filter(state.filter, "name or family", (filter) => go({ filter })));
    if (benches.length > 1) choices.append(select("bench", "Bench", benches.map((b) => [b, b]), bench, (to) => go({ bench: to })));
    if (places.length > 1) choices.append(select("placement", "Placement", places.map((p) => [p, p]), placement, (to) => go({ placement: to })));
    const split = view.sections.some((s) => s.rows.some((r) => r.entries.some((e) => e && e.details[data.places.near])));
    if (split) choices.append(select("distance", "CPUs", [["", "all rounds"], ["near", "near"], ["far", "distant"]], state.distance, (to) => go({ distance: to })));
    const anyNet = view.sections.some((s) => s.rows.some((r) => r.entries.some((e) => e && (e.cost === "net" || e.cost === "below"))));
    // Charts show counters; anomalies are in the table.
    const counters = view.sections.some((s) => s.part === "ranked" || s.part === "wrong");
    const hazards = view.sections.some((s) => s.part === "hazard");
    const below = [counters ? "its loss" : null, hazards ? "how often something impossible was seen" : null].filter(Boolean).join(" or ");
    const caption = "Each cell: " + (anyNet ? "net cost" : "gross cost (there is no control to subtract)") + " in ns per " + (counters ? "increment" : "operation") + " and thread, at " + level + (view.think ? " (" + view.think + ")" : "") +
      ", " + placement + " placement" + (below ? "; below it " + below : "") + ". Point at a cell to see all its figures. Click or press Enter to keep them open.";
    const ordering = Ordering.draw(view.sheets);
    const others = ordering ? view.sheets.filter((s) => s.title === "By distance of the CPUs") : view.sheets;
    const detail = el("div", { class: "aside", "aria-live": "polite" });
    const charts = el("div", { class: "charts" });
    panel.replaceChildren(...[choices, el("p", { class: "caption" }, caption),
      view.sections.length ? null : el("p", { class: "callout" }, "No row matches the filter “" + state.filter + "”."),
      ...view.notes.map((n) => el("p", { class: "caption" }, el("strong", {}, n))),
      state.distance ? el("p", { class: "callout" }, "For two and more threads, the table “All figures” shows only the rounds between " + (state.distance === "near" ? "near" : "distant") + " CPUs. A cell that was measured at one distance only is not split, and has no figure there. All other tables and charts show all rounds.") : null,
      ...(ordering ?? []), ...others.flatMap(sheet), ...(view.sheets.length ? [el("h2", {}, "All figures")] : []), el("div", { class: "pair" }, matrix(view, detail), detail), legend(view), ...Views.sections.flatMap((make) => make(machine, view)), ...(counters ? [el("h2", {}, "Charts"), charts] : []), ...scaling(view)].filter(Boolean));
    const order = unique(machine.views.flatMap((v) => v.sections.flatMap((s) => s.rows.map((r) => r.name))));
    if (counters && view.sections.flatMap((s) => (s.part === "ranked" || s.part === "wrong" ? s.rows : [])).length > Charts.MOST) {
      Plots.begin();
      charts.append(el("p", { class: "caption" }, "More than " + Charts.MOST + " rows are too many for a readable chart: filter them to see charts."));
      return Promise.resolve();
    }
    return Charts.draw(charts, machine, counters ? view : null, order);
  }

  return { show, hideTip, claim };
})();

// How an update is lost: six steps that lose one, every final value of a short race, and on one machine
// the loss that the steps alone explain beside the measured loss. All figures are texts already.
"use strict";

(() => {
  const { el, select } = Dom;
  const caption = (text) => el("p", { class: "caption" }, text);

  function sheet(s, id) {
    const field = (text) => ({ text, value: /^-?[\d,.]+/.test(text) ? Figure.read(text) : text });
    return [el("h2", {}, s.title), caption(s.note), Tables.table({ id, label: s.title, heads: s.head, rows: s.rows.map(([name, ...rest]) => [/^\d+$/.test(name) ? field(name) : name, ...rest.map(field)]) })];
  }

  // As a picture: it brings its own colours, light and dark.
  const timeline = ({ schedule, timeline, told }) => el("figure", { class: "timeline" },
    el("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": "Timeline, scroll sideways" }, el("img", { src: "data:image/svg+xml," + encodeURIComponent(timeline), alt: told })),
    el("figcaption", {}, "Six steps that lose one of two increments. ", el("code", {}, "miscount race --replay " + schedule), " shows it in a terminal. --counter, --threads, --increments and --seed draw other schedules."));

  async function prepare(state, machines, go) {
    const measured = Data.machines.filter((m) => m.race);
    const machine = measured.find((m) => m.id === state.machine) ?? measured[0];
    const beside = machine ? (await Data.beside(machine.id)).race : null;
    return (panel) => {
      const boxes = machine ? [el("div", { class: "view-pickers" }, select("machine-box", "Machine", measured.map((m) => [m.id, m.title]), machine.id, (to) => go({ machine: to })))] : [];
      panel.replaceChildren(el("h2", {}, "How an update is lost"), timeline(Data.race), ...boxes,
        ...(machine ? sheet(beside, "race-beside") : [el("p", { class: "callout" }, "Not measured here: no machine has cells of these counters.")]), ...sheet(Data.race.values, "race-values"));
      Plots.begin();
    };
  }

  Views.add({ id: "race", title: "Interleavings", free: true, prepare });
})();

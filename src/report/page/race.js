// How an update is lost: six steps, one at a time; every final value of a short race beside what a machine lost.
// @ts-check
"use strict";

const Race = (() => {
  const { el } = Dom;
  const SCHEDULERS = /** @type {[string, string][]} */ ([["random", "random scheduler"], ["uniform", "uniform over schedules"]]);
  // Time between two steps that are played, in ms.
  const PACE = 1500;

  // Counter and registers, and the six steps below; buttons and arrow keys go from step to step.
  function stepper() {
    const { steps, schedule } = Data.race, registers = steps[0].registers.map(() => null);
    let at = 0, timer = 0;
    const shown = (/** @type {number | null} */ register) => (register === null ? "–" : String(register));
    const names = [...registers.map((/** @type {any} */ _, /** @type {number} */ n) => "register of thread " + n)];
    names.splice(1, 0, "counter");
    const values = names.map(() => el("strong", {})), said = el("p", { "aria-live": "polite" });
    const rows = steps.map((/** @type {any} */ step, /** @type {number} */ n) =>
      el("tr", {}, el("th", { scope: "row" }, String(n + 1)), step.registers.map((/** @type {number | null} */ register, /** @type {number} */ thread) =>
        el("td", {}, thread === step.thread ? [el("b", {}, step.name), step.lost && el("span", { class: "lost" }, " lost")] : null,
          register === null ? null : el("span", { class: "caption" }, " r = " + register))
      ), el("td", {}, String(step.value)))
    );

    /** @param {number} to */
    function go(to) {
      at = Math.max(0, Math.min(steps.length, to));
      const step = steps[at - 1] ?? { registers, value: 0, told: "Two threads are about to add 1 each to a counter that holds 0." },
        now = step.registers.map(shown);
      now.splice(1, 0, String(step.value));
      values.forEach((value, n) => {
        value.textContent = now[n];
      });
      said.textContent = (at ? at + " of " + steps.length + ". " : "") + step.told;
      rows.forEach((/** @type {Element} */ row, /** @type {number} */ n) => {
        row.className = n + 1 === at ? "now" : n + 1 > at ? "later" : "";
      });
      back.setAttribute("aria-disabled", String(at === 0));
      next.setAttribute("aria-disabled", String(at === steps.length));
    }
    const stop = () => {
      clearInterval(timer);
      timer = 0;
      play.textContent = "Play";
    };
    const button = (/** @type {string} */ id, /** @type {string} */ words, /** @type {() => void} */ does) => {
      const made = el("button", { type: "button", class: "plain", id: "step-" + id }, words);
      made.addEventListener("click", does);
      return made;
    };
    const back = button("back", "Back", () => {
        stop();
        go(at - 1);
      }), next = button("next", "Next", () => {
        stop();
        go(at + 1);
      });
    const play = button("play", "Play", () => {
      if (timer) return stop();
      go(at === steps.length ? 0 : at + 1);
      // Who wants no motion gets one step.
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
      play.textContent = "Pause";
      timer = setInterval(() => {
        if (!box.isConnected || at === steps.length) return stop();
        go(at + 1);
        if (at === steps.length) stop();
      }, PACE);
    });
    const box = el("div", { class: "stepper", id: "steps", role: "group", tabindex: "0", "aria-label": "Six steps. Arrow keys go from step to step." },
      el("div", {}, el("dl", { class: "memory" }, names.map((name, n) => el("div", {}, el("dt", {}, name), el("dd", {}, values[n])))), said,
        el("p", { class: "choices" }, back, next, play),
        el("p", { class: "caption" }, "r is a thread’s register. In a terminal: ", el("code", {}, "miscount race --replay " + schedule))),
      el("table", { class: "figures", "aria-label": "The six steps" },
        el("thead", {},
          el("tr", {},
            ["step", ...registers.map((/** @type {any} */ _, /** @type {number} */ n) => "thread " + n), "counter"].map((head) =>
              el("th", { scope: "col" }, head)
            ))), el("tbody", {}, rows)));
    box.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
      const to =
        /** @type {Record<string, number>} */ ({ ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: steps.length })[
          e.key
        ];
      if (to === undefined) return;
      e.preventDefault();
      stop();
      go(to);
    });
    go(0);
    return box;
  }

  // What two threads lost on a machine with as much loss as the race of the picture can have: no think time.
  /** @param {any} machine @returns {Cell | undefined} */
  const measured = (machine) =>
    machine.cells.find((/** @type {Cell} */ c) =>
      c.bench === "counters" && c.level === "saturated" && c.name === "load_store" && c.threads === Data.race.threads && c.trusted && c.get("loss") !== null
    );

  /** @param {any} machine @param {string} chosen */
  function values(machine, chosen) {
    const { values, loss, threads, increments } = Data.race, all = threads * increments, scheduler = SCHEDULERS.findIndex(([id]) => id === chosen);
    const share = (/** @type {number} */ value) => Figures.percent(1 - value / all), name = SCHEDULERS[scheduler][1], cell = machine && measured(machine);
    const lost = cell?.get("loss"), rounds = cell?.get("loss_rounds");
    const bars = values.map((/** @type {number[]} */ of) => ({ name: String(of[0]), share: of[1 + scheduler],
      tip: of[0] + " of " + all + " kept, " + share(of[0]) + " lost\n" + Figures.percent(of[1 + scheduler]) + " of all races, " + name })
    );
    return [
      el("p", { class: "answer" },
        `${threads} threads add ${increments} each, and the counter ends anywhere from ${values[0][0]} to ${all}. By the steps alone ${
          Figures.percent(loss[scheduler])
        } are lost on average. `, cell
        ? `On ${machine.id} two threads lost ${Figures.percent(lost)} (${Figures.percent(rounds[0])} to ${Figures.percent(rounds[2])} in a round).`
        : "Not measured on this machine, or too noisy to say."),
      Charts.figure({ id: "race-values", title: "How often each final value comes",
        caption: "Exact, over all orders of loads and stores. " +
          (scheduler ? "Each sequence of turns counts the same." : "At each turn every thread is equally likely."),
        draw: Charts.bars({ label: "Share of races by final value", bars, x: "final value of the counter", y: "share of races", format: (x) =>
          Math.round(x * 100) + " %", mark: cell ? { at: all * (1 - lost) - values[0][0] + 0.5, text: "measured here" } : null }) }),
      Dom.fold("race-table", "Every final value", () =>
        Dom.table("Every final value", ["value", "lost", ...SCHEDULERS.map(([, text]) =>
          text
        )], values.map((/** @type {number[]} */ [value, ...shares]) => [String(value), share(value), ...shares.map(Figures.percent)]))),
    ];
  }

  /** @param {any} state @param {(change: any) => void} go */
  async function draw(state, go) {
    const all = await Data.all(), able = all.filter((/** @type {any} */ m) => m.race || measured(m)),
      chosen = SCHEDULERS.some(([id]) => id === state.scheduler) ? state.scheduler : SCHEDULERS[0][0];
    const [machine, box] = Python.choose(able, state, go);
    return [el("h2", {}, "How an update is lost"), el("p", { class: "answer" }, Data.race.told), stepper(), el("h2", {}, "How many are lost"),
      el("div", { class: "controls" }, box, Dom.choices("scheduler", "Scheduler", SCHEDULERS, chosen, (scheduler) => go({ scheduler }))),
      values(machine, chosen), machine?.race && Python.folded("race-beside", machine.race)];
  }

  return { draw };
})();

//! Made-up rounds, cells and machines for unit tests: no figure in them was measured.

use std::time::Duration;

use crate::counter::Grade;
use crate::machine::Card;
use crate::results::{Cell, Interval, Key, LossRate, Machine, Origin, Shares, Turns, Waits};
use crate::round::{Round, Setting, Tally, Verdict};
use crate::workload::Placement;

/// The machine `m` with 2 CPUs and these cells.
pub(crate) fn machine(cells: Vec<Cell>) -> Machine {
    let card = Card { id: "m".into(), cpus: 2, usable_cpus: 2, ..Card::default() };
    Machine { card, cells, ..Machine::default() }
}

/// The same, but of figures that others published.
pub(crate) fn published(machine: Machine) -> Machine {
    let [source, method, figures] = ["a paper", "by hand", "means"].map(str::to_owned);
    Machine { origin: Origin::Published { source, method, figures }, ..machine }
}

/// A valid cell of an exact counter, without any figure.
pub(crate) fn cell(bench: &str, subject: &str, threads: usize, level: &str) -> Cell {
    let [bench, subject, level] = [bench, subject, level].map(str::to_owned);
    let key = Key { bench, subject, variant: String::new(), threads, level, placement: Placement::Spread };
    Cell::blank(key, "atomic".into(), Grade::Exact, Verdict::Valid).with(|c| c.facts.run = "r".into())
}

/// The same with a gross cost.
pub(crate) fn costing(ns: f64, cell: Cell) -> Cell {
    cell.with(|c| c.figures.ns_per_op_per_thread = Some(around(ns, 0.1)))
}

/// A cell of the interpreters bench: of the model of the lock where there is no variant.
pub(crate) fn python(subject: &str, variant: &str, threads: usize, level: &str) -> Cell {
    let family = if variant.is_empty() { "gil" } else { "python" };
    cell("interpreters", subject, threads, level).with(|c| {
        c.key.variant = variant.into();
        c.facts.family = family.into();
        c.facts.grade = Grade::Racy;
    })
}

/// The same with what all its rounds lost together, the least and the most of one; the middle one lost half of both.
pub(crate) fn losing([pooled, min, max]: [f64; 3], cell: Cell) -> Cell {
    cell.with(|c| c.figures.loss_rate = Some(LossRate { min, median: (min + max) / 2.0, max, pooled }))
}

/// An interval that reaches as far to both sides.
pub(crate) fn around(median: f64, half: f64) -> Interval {
    Interval { low: median - half, median, high: median + half }
}

/// A round of one pinned thread that took so many ms, of wall and of CPU.
pub(crate) fn round(ms: u64, attempted: u64, kept: u64) -> Round {
    let tally = Tally { attempted, end: Duration::from_millis(ms), pinned: true, cpus: vec![1], ..Tally::default() };
    let round = Round::of(attempted, vec![tally], Setting { usable_cpus: 2, helpers: 0 });
    Round { kept: Some(kept), cpu: Some(Duration::from_millis(ms)), ..round }
}

/// A cell of the locks bench after a pass of a second, in which a thread waited for so many ms.
pub(crate) fn held_long(subject: &str, threads: usize, level: &str, longest_ms: f64) -> Cell {
    let longest = longest_ms * 1e6;
    let waits = Waits {
        p50: 30.0,
        p90: 40.0,
        p99: 50.0,
        p999: longest / 2.0,
        max: longest,
        longest,
        open: 1,
        longest_open: Some(1e3),
        sampled: 2_000,
        one_in: 1,
        clock_ns: 25.0,
    };
    cell("locks", subject, threads, level).with(|c| {
        c.facts.family = "blocking".into();
        c.figures.jain = Some(0.9);
        c.figures.shares = Some(Shares { min: 0.25, max: 0.75, pass_ms: 1000.0 });
        c.figures.turns = Some(Turns { sections: vec![1_500, 500], hand_offs: 40, longest: 900 });
        c.figures.waits = Some(waits);
    })
}

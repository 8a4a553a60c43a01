//! A machine's own units of cost: what its uncontended `fetch_add` takes, and what one transfer of a cache
//! line between two of its CPUs takes.
//!
//! A cost in these units says how many atomic adds, or how many trips of a line, an operation is
//! worth, so that a slow clock or a long way between CPUs does not make every counter of a machine look bad.

pub mod locked_add;

use crate::results::{Cell, Interval, Machine};
use crate::round::Verdict;
use crate::stats;
use crate::transfer::{BENCH, Kind, LINE_TRANSFER};
use crate::workload::Placement;

/// The machine's own `fetch_add`: gross ns per increment of one thread at `saturated`, the median round.
/// `None` when it was not measured, or not validly.
///
/// It is gross because figures that others published are; what the loop adds is less than 0.5 ns.
pub fn fetch_add_ns(machine: &Machine) -> Option<f64> {
    let fits = |c: &&Cell| {
        (c.key.bench.as_str(), c.key.subject.as_str(), c.key.variant.as_str()) == ("counters", "fetch_add", "")
            && (c.key.threads, c.key.level.as_str()) == (1, "saturated")
            && !matches!(c.key.placement, Placement::SpreadMiddle | Placement::SpreadEfficiency)
            // One thread meets nobody, wherever the system moves it.
            && matches!(c.facts.verdict, Verdict::Valid | Verdict::Unpinned)
    };
    let order = |c: &&Cell| Placement::ALL.iter().position(|&placement| placement == c.key.placement);
    let cell = machine.cells.iter().filter(fits).min_by_key(order)?;
    positive(cell.figures.ns_per_op_per_thread?.median)
}

/// The machine's own line transfer, in ns: the median of the medians of all pairs of CPUs that were
/// measured validly, whatever lies between them; of unlike cores only pairs of the kind that threads are put on. `None` when there is none.
pub fn line_transfer_ns(machine: &Machine) -> Option<f64> {
    line_transfer(machine).map(|i| i.median)
}

/// The same with its 95 % interval, in ns: how well the pairs measured tell the median pair; of a single pair, that of
/// its rounds.
pub fn line_transfer(machine: &Machine) -> Option<Interval> {
    let pairs: Vec<Interval> = transfers(machine).filter_map(|cell| cell.figures.ns_per_op_per_thread).collect();
    let i = match pairs[..] {
        [] => return None,
        [only] => only,
        _ => stats::interval(&pairs.iter().map(|i| i.median).collect::<Vec<f64>>()),
    };
    positive(i.median).map(|_| i)
}

/// The cells of pairs that were measured validly; of unlike cores those of the kind that other cells are measured on.
fn transfers(machine: &Machine) -> impl Iterator<Item = &Cell> {
    let other_cores = [Kind::SlowerCores, Kind::UnlikeCores].map(Kind::id);
    let fits = move |c: &&Cell| {
        c.key.bench == BENCH
            && c.key.subject == LINE_TRANSFER.id
            && c.facts.verdict == Verdict::Valid
            && !other_cores.contains(&c.facts.family.as_str())
    };
    machine.cells.iter().filter(fits)
}

/// What can be a unit.
fn positive(ns: f64) -> Option<f64> {
    (ns > 0.0 && ns.is_finite()).then_some(ns)
}

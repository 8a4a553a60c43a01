//! Does a file make sense as a whole? What no single figure shows: figures of one cell that
//! contradict each other, a card that cannot be, tables too large to be drawn.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cell, Interval};
use crate::machine::{self, Card, Run};

/// The most fields that the tables of one machine may have, rows by thread counts: a table has a field for
/// each of them, measured or not. Fifty counters at a hundred thread counts, with four levels and three
/// placements, have 60,000.
const FIELDS: usize = 500_000;

/// The most CPUs, cores and the like that a machine may have.
const CPUS: usize = 1_000_000;

/// Says which figures of a cell contradict each other, if any do.
pub(super) fn contradiction(cell: &Cell) -> Option<String> {
    // A rate is written with fewer digits than it has.
    const NEAR: f64 = 1e-6;
    // A figure that all resamples agree on may differ from its ends in its last digit.
    let slack = |i: &Interval| NEAR * (1.0 + i.median.abs());
    let out_of_order = |i: &&Interval| !(i.low <= i.median + slack(i) && i.median <= i.high + slack(i));
    if let Some(i) = [&cell.ns_per_op_per_thread, &cell.net_ns_per_op].into_iter().flatten().find(out_of_order) {
        return Some(format!("{} is not between {} and {}", i.median, i.low, i.high));
    }
    let rate = cell.loss_rate?;
    for (what, x) in [("median", rate.median), ("pooled", rate.pooled)] {
        if !(rate.min - NEAR <= x && x <= rate.max + NEAR) {
            return Some(format!("a {what} loss rate of {x} is not between {} and {}", rate.min, rate.max));
        }
    }
    let (lost, attempted) = (cell.lost?, cell.attempted?);
    let counted = if attempted == 0 { 0.0 } else { lost as f64 / attempted as f64 };
    let differs = (counted - rate.pooled).abs() > NEAR;
    differs.then(|| format!("a pooled loss rate of {} is not lost {lost} of attempted {attempted}", rate.pooled))
}

/// Says so when the tables of these cells would be too large.
pub(super) fn too_many(cells: &[Cell]) -> Option<String> {
    let mut tables = BTreeMap::<_, (BTreeSet<_>, BTreeSet<usize>)>::new();
    for cell in cells {
        let table = tables.entry((&cell.bench, &cell.level, cell.placement.id())).or_default();
        table.0.insert((&cell.subject, &cell.variant));
        table.1.insert(cell.threads);
    }
    let fields: usize = tables.values().map(|(rows, columns)| rows.len() * columns.len()).sum();
    (fields > FIELDS).then(|| format!("its tables would have {fields} fields, more than the {FIELDS} they may have"))
}

/// Says what makes a card impossible, if anything does.
pub(super) fn card_fault(card: &Card) -> Option<String> {
    if !machine::is_id(&card.id) {
        return Some(format!("{:?} is no machine id (1 to 64 of a-z, 0-9, '.', '_' and '-')", card.id));
    }
    let counts = [card.cpus, card.usable_cpus].into_iter().chain(card.cores).chain(card.packages);
    if let Some(bad) = counts.into_iter().find(|n| !(1..=CPUS).contains(n)) {
        return Some(format!("a machine with {bad} CPUs, cores or packages cannot be"));
    }
    let memory = card.memory_gib.filter(|gib| !(0.0..1e9).contains(gib));
    memory.map(|gib| format!("a memory of {gib} GiB cannot be"))
}

/// Says what makes the description of a run impossible, if anything does.
pub(super) fn run_fault(run: &Run) -> Option<String> {
    let load = run.load.filter(|load| !(0.0..1e9).contains(load));
    load.map(|load| format!("a load of {load} cannot be"))
}

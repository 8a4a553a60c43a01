//! Comparing machines beyond single cells: from which thread count a racy counter is not even fast.
//!
//! Everything here is computed from one machine's cells, by the same rules for all.

use std::collections::BTreeMap;

use crate::results::{Cell, Machine, Origin};
use crate::scaling::is_point;
use crate::workload::{Placement, in_order};

/// The counter that loses, and the exact one that it is compared with.
const RACY: &str = "load_store";
const EXACT: &str = "fetch_add";

/// From which thread count the racy counter `load_store` counts more slowly than `fetch_add`, at one
/// level and placement.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossover {
    /// The level's id.
    pub level: String,
    /// Placement of the threads.
    pub placement: Placement,
    /// The smallest measured thread count from which on the goodput of `load_store` is below that of `fetch_add`, at
    /// every measured thread count up to the usable CPUs. `None` if it is not below at the highest measured thread count.
    pub threads: Option<usize>,
    /// Thread counts at which both were measured; never empty.
    pub points: Vec<Goodputs>,
}

/// The goodputs of the two counters at one thread count, in kept increments per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goodputs {
    /// Counting threads.
    pub threads: usize,
    /// Of `load_store`.
    pub racy: f64,
    /// Of `fetch_add`.
    pub exact: f64,
}

/// The goodput crossovers of a machine's counters bench, most contended level first. Only `valid` cells within the
/// usable CPUs count, and of published figures also `unpinned` cells. A level and placement
/// at which the two counters were not both measured with more than one thread has none.
pub fn crossovers(machine: &Machine) -> Vec<Crossover> {
    let mut all = Vec::new();
    for level in in_order(counters(machine).map(|cell| cell.key.level.as_str())) {
        for placement in Placement::ALL {
            let goodputs = |subject: &str| -> BTreeMap<usize, f64> {
                let row = counters(machine).filter(|c| c.key.subject == subject && c.key.variant.is_empty());
                let here = row.filter(|c| c.key.level == level && c.key.placement == placement && counts(machine, c));
                here.filter_map(|c| Some((c.key.threads, c.figures.goodput?))).collect()
            };
            let (racy, exact) = (goodputs(RACY), goodputs(EXACT));
            let both = racy
                .iter()
                .filter_map(|(&threads, &racy)| Some(Goodputs { threads, racy, exact: *exact.get(&threads)? }));
            let points: Vec<Goodputs> = both.collect();
            if points.last().is_some_and(|most| most.threads > 1) {
                let below = points.iter().rev().take_while(|p| p.racy < p.exact);
                let threads = below.last().map(|p| p.threads);
                all.push(Crossover { level: level.to_owned(), placement, threads, points });
            }
        }
    }
    all
}

fn counters(machine: &Machine) -> impl Iterator<Item = &Cell> {
    machine.cells.iter().filter(|cell| cell.key.bench == "counters")
}

fn counts(machine: &Machine, cell: &Cell) -> bool {
    is_point(cell, machine.card.usable(cell.key.placement), machine.origin != Origin::Measured)
}

#[cfg(test)]
mod tests;

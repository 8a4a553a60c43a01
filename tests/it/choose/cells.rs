//! A made-up machine with counters, locks and reads: no figure in it was measured.

use std::collections::BTreeSet;
use std::path::Path;

use miscount::results::{Cell, Holding, Interval, Machine, ReadError, Reading, Store, Waits};

use crate::synthetic;

pub(crate) fn around(median: f64, half: f64) -> Interval {
    Interval { low: median - half, median, high: median + half }
}

/// Locks, their families and what they add around work at two threads.
const LOCKS: [(&str, &str, f64); 3] =
    [("std_mutex", "blocking", 90.0), ("parking_lot_mutex", "blocking", 60.0), ("ticket", "spinning", 30.0)];

/// Pairs of critical and parallel sections, in ns.
const PAIRS: [(u32, u32); 6] = [(0, 0), (0, 1000), (100, 900), (500, 500), (1000, 0), (1000, 5000)];

/// A cell of the locks bench; oversubscribed ones have only a gross cost.
pub(crate) fn lock(subject: &str, family: &str, adds: f64, threads: usize, (c, p): (u32, u32)) -> Cell {
    let mut cell = synthetic::cell(subject, family, 1.0, threads, "saturated", 2);
    let (c, p) = (f64::from(c), f64::from(p));
    let over = threads > 2;
    let adds = if threads == 1 { adds / 10.0 } else { adds };
    let gross = (c + p).max(threads as f64 * c) + adds;
    (cell.key.bench, cell.key.level) = ("locks".into(), format!("c{c}_p{p}"));
    (cell.figures.net_ns_per_op, cell.figures.ns_per_op_per_thread) = (None, Some(around(gross, gross * 0.002)));
    cell.figures.holding = Some(Holding {
        critical_ns: c,
        parallel_ns: p,
        overhead_ns: (!over).then(|| around(adds, adds * 0.02)),
        hand_off_rate: 0.5,
    });
    cell.figures.jain = Some(0.98);
    cell.figures.waits = Some(Waits {
        p50: 50.0,
        p90: 90.0,
        p99: 120.0,
        p999: 4321.0,
        max: 9e4,
        longest: 98_765.0,
        open: u64::from(over),
        longest_open: None,
        sampled: 1000,
        one_in: 64,
        clock_ns: 30.0,
    });
    cell
}

/// A cell of the reads bench: a cheap read, a write that costs `write`.
pub(crate) fn reads(subject: &str, family: &str, write: f64, threads: usize, percent: u32, think: &str) -> Cell {
    let mut cell = synthetic::cell(subject, family, 1.0, threads, "saturated", 2);
    let share = f64::from(percent) / 100.0;
    (cell.key.bench, cell.key.level) = ("reads".into(), format!("r{percent}{think}"));
    cell.figures.achieved_think_ns = (!think.is_empty()).then_some(1010.0);
    cell.figures.net_ns_per_op = None;
    cell.figures.reading = Some(Reading {
        share,
        read_ns: (percent > 0).then(|| around(2.0, 0.01)),
        write_ns: (percent < 100).then(|| around(write, write * 0.01)),
        longest_write_ns: Some(777.0),
        error: (percent < 100).then_some(ReadError { median: 0.0, p99: 3.0, max: 9.0, moved: 1.0, checked: 100 }),
    });
    cell
}

/// A machine of two CPUs with all three benches.
pub(crate) fn machine(id: &str) -> Machine {
    let mut machine = synthetic::machine(id, &synthetic::COUNTERS);
    for run in machine.runs.values_mut() {
        run.notes.clear();
    }
    for threads in [1, 2, 4] {
        for pair in PAIRS {
            machine.cells.extend(LOCKS.map(|(id, family, adds)| lock(id, family, adds, threads, pair)));
            machine
                .cells
                .push(lock("std_mutex", "blocking", 90.5, threads, pair).with(|c| c.key.variant = "again".into()));
        }
        for percent in [0, 50, 90, 99, 100] {
            for think in ["", "_moderate"] {
                machine.cells.push(reads("fetch_add", "atomic", 10.0, threads, percent, think));
                machine.cells.push(reads("std_mutex", "blocking", 50.0, threads, percent, think));
                machine.cells.push(reads("load_store", "racy", 1.0, threads, percent, think));
            }
        }
    }
    machine.cells.sort_by(|a, b| a.key.cmp(&b.key));
    machine
}

/// Writes it below a results folder.
pub(crate) fn put(results: &Path, machine: &Machine) {
    let (_, run) = machine.runs.first_key_value().expect("a run");
    let ids: BTreeSet<&String> = machine.cells.iter().map(|cell| &cell.facts.run).collect();
    for id in ids {
        let mut store = Store::open(results, machine.card.clone(), id.clone(), run.clone()).expect("a folder");
        let cells: Vec<Cell> = machine.cells.iter().filter(|cell| cell.facts.run == *id).cloned().collect();
        store.add(&cells).expect("cells are written");
    }
}

/// Changes the cells that fit; there must be some.
pub(crate) fn set(machine: &mut Machine, fits: impl Fn(&Cell) -> bool, change: impl Fn(&mut Cell)) {
    let mut changed = 0;
    for cell in machine.cells.iter_mut().filter(|c| fits(c)) {
        change(cell);
        changed += 1;
    }
    assert!(changed > 0, "nothing fits");
}

/// Sets what a lock adds.
pub(crate) fn overhead(cost: Interval) -> impl Fn(&mut Cell) {
    move |cell| cell.figures.holding.as_mut().expect("a lock").overhead_ns = Some(cost)
}

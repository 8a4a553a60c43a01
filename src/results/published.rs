//! Takes in figures that others published: one file a machine, each with its source and method.
//!
//! They stand beside measured ones so that a reader can see what happens beyond the CPUs at hand.
//! Nothing is filled in: what a source did not record stays absent, and whether threads were
//! pinned is what its method says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::read::{Machine, Origin, bytes, plain, utf8};
use super::{Cell, Error, Interval, Key, LossRate, sense};
use crate::counter::Grade;
use crate::machine::Card;
use crate::round::{Verdict, per_second};
use crate::workload::Placement;

/// The run id of every published cell.
pub const RUN: &str = "published";

#[derive(Deserialize)]
struct File {
    machine: String,
    cpu: String,
    logical_cpus: usize,
    year: u16,
    source: String,
    method: String,
    cells: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    counter: String,
    published_as: Option<String>,
    threads: usize,
    runs: usize,
    ns_per_op_per_thread: Spread,
    loss_rate: Option<Spread>,
}

/// A middle, which is a mean or a median, and the extremes.
#[derive(Deserialize)]
struct Spread {
    mean: Option<f64>,
    median: Option<f64>,
    min: f64,
    max: f64,
}

impl Spread {
    fn middle(&self) -> Option<(&'static str, f64)> {
        self.mean.map(|x| ("mean", x)).or(self.median.map(|x| ("median", x)))
    }
}

/// Reads one file of `results/published/`.
///
/// # Errors
///
/// When the file cannot be read, or as [`parse`].
pub fn read(path: &Path) -> Result<Machine, Error> {
    parse(path, &bytes(path)?)
}

/// Reads the bytes of one. `path` is only for the words of an error.
///
/// # Errors
///
/// When the bytes are not UTF-8, the file is not what the format says, has no source or method, names a counter this
/// version has no family for, or has a method that does not say whether threads were pinned.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Machine, Error> {
    let text = utf8(path, bytes)?;
    plain(path, text)?;
    let file: File = serde_json::from_str(text).map_err(|e| Error::corrupt(path, e))?;
    let corrupt = |what: String| Error::corrupt(path, what);
    let placement = if file.method.contains("not pinned") {
        Placement::Unpinned
    } else if file.method.contains("threads pinned") {
        Placement::Spread
    } else {
        return Err(corrupt("its method says neither \"threads pinned\" nor \"not pinned\"".into()));
    };
    for (what, text) in [("cpu", &file.cpu), ("source", &file.source), ("method", &file.method)] {
        if text.trim().is_empty() {
            return Err(corrupt(format!(
                "its {what} is empty: figures of others need all three of cpu, source and method"
            )));
        }
    }
    if !(1990..=2100).contains(&file.year) {
        return Err(corrupt(format!("year {} cannot be", file.year)));
    }
    let card = Card {
        id: file.machine.clone(),
        cpu: file.cpu.clone(),
        cpus: file.logical_cpus,
        usable_cpus: file.logical_cpus,
        ..Card::default()
    };
    if let Some(fault) = sense::card_fault(&card) {
        return Err(corrupt(fault));
    }
    let mut cells = Vec::new();
    let mut keys = BTreeSet::new();
    let mut middles = BTreeSet::new();
    for (n, row) in file.cells.iter().enumerate() {
        let name = format!("cell {}: {} at {} threads", n + 1, row.counter, row.threads);
        let (kind, cell) = cell(&file, row, placement).map_err(|what| corrupt(format!("{name}: {what}")))?;
        if let Some(fault) = cell.fault().or_else(|| sense::contradiction(&cell)) {
            return Err(corrupt(format!("{name}: {fault}")));
        }
        if !keys.insert(cell.key()) {
            return Err(corrupt(format!("{name}: a second cell of this key")));
        }
        middles.insert(kind);
        cells.push(cell);
    }
    if let Some(fault) = sense::too_many(&cells) {
        return Err(corrupt(fault));
    }
    cells.sort_by_cached_key(Cell::key);
    let middle = middles.into_iter().collect::<Vec<_>>().join(" or ");
    let losses = if cells.iter().any(|c| c.loss_rate.is_some()) {
        "; a loss rate is that middle too, not a pooled one"
    } else {
        ""
    };
    Ok(Machine {
        card,
        origin: Origin::Published {
            source: file.source,
            method: file.method,
            figures: format!(
                "the middle of each figure is the {middle} of the runs, its ends the lowest and the highest run{losses}"
            ),
        },
        runs: BTreeMap::new(),
        cells,
        resolution: Vec::new(),
    })
}

fn cell(file: &File, row: &Row, placement: Placement) -> Result<(&'static str, Cell), String> {
    let (family, grade) = match row.counter.as_str() {
        "fetch_add" | "cas_loop" => ("atomic", Grade::Exact),
        "load_store" => ("racy", Grade::Racy),
        "std_mutex" => ("blocking", Grade::Exact),
        "spin_mutex" | "ticket" | "queued_fifo" => ("spinning", Grade::Exact),
        "striped" | "per_thread" => ("sharded", Grade::Exact),
        other => return Err(format!("{other:?} is no counter this version has a family for")),
    };
    let cost = &row.ns_per_op_per_thread;
    let (kind, ns) = cost.middle().ok_or("neither a mean nor a median")?;
    if !(cost.min > 0.0 && cost.min <= ns && ns <= cost.max) {
        return Err(format!("{ns} ns is not between {} and {} ns", cost.min, cost.max));
    }
    let loss_rate = match &row.loss_rate {
        None => None,
        Some(loss) => {
            let (_, middle) = loss.middle().ok_or("a loss rate with neither a mean nor a median")?;
            // Without totals there is no pooled rate: the middle stands in for it, and `figures` says so.
            Some(LossRate { min: loss.min, median: middle, max: loss.max, pooled: middle })
        }
    };
    let verdict = if row.threads > file.logical_cpus {
        Verdict::Oversubscribed
    } else if placement == Placement::Unpinned {
        Verdict::Unpinned
    } else {
        Verdict::Valid
    };
    let throughput = per_second(row.threads, ns);
    let key = Key {
        bench: "counters".into(),
        subject: row.counter.clone(),
        variant: String::new(),
        threads: row.threads,
        level: "saturated".into(),
        placement,
    };
    let cell = Cell {
        label: format!("{} ({kind})", row.published_as.as_ref().unwrap_or(&row.counter)),
        loss_rate,
        ns_per_op_per_thread: Some(Interval { low: cost.min, median: ns, high: cost.max }),
        throughput: Some(throughput),
        goodput: loss_rate.map(|loss| throughput * (1.0 - loss.pooled)),
        rounds_kept: Some(row.runs),
        run: RUN.into(),
        recorded: format!("{:04}-01-01T00:00:00Z", file.year),
        ..Cell::blank(key, family.into(), grade, verdict)
    };
    Ok((kind, cell))
}

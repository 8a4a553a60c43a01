//! Takes in figures that others published: one file a machine, each with its source and method.
//!
//! They stand beside measured ones so that a reader can see what happens beyond the CPUs at hand.
//! Nothing is filled in: what a source did not record stays absent, and whether threads were
//! pinned is what its method says.

pub mod core_to_core;

use std::collections::BTreeSet;
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
        if !keys.insert(cell.key.clone()) {
            return Err(corrupt(format!("{name}: a second cell of this key")));
        }
        middles.insert(kind);
        cells.push(cell);
    }
    if let Some(fault) = sense::too_many(&cells) {
        return Err(corrupt(fault));
    }
    cells.sort_by(|a, b| a.key.cmp(&b.key));
    let middle = middles.into_iter().collect::<Vec<_>>().join(" or ");
    let losses = if cells.iter().any(|c| c.figures.loss_rate.is_some()) {
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
        cells,
        ..Machine::default()
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
    let cell = Cell::blank(key, family.into(), grade, verdict).with(|c| {
        c.facts.label = format!("{} ({kind})", row.published_as.as_ref().unwrap_or(&row.counter));
        c.figures.loss_rate = loss_rate;
        c.figures.ns_per_op_per_thread = Some(Interval { low: cost.min, median: ns, high: cost.max });
        c.figures.throughput = Some(throughput);
        c.figures.goodput = loss_rate.map(|loss| throughput * (1.0 - loss.pooled));
        c.figures.rounds_kept = Some(row.runs);
        c.facts.run = RUN.into();
        c.facts.recorded = format!("{:04}-01-01T00:00:00Z", file.year);
    });
    Ok((kind, cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{"machine": "theirs", "cpu": "C", "logical_cpus": 4, "year": 2020, "source": "S",
        "method": "threads pinned", "cells": [
        {"counter": "load_store", "published_as": "plain", "threads": 4, "runs": 3,
         "ns_per_op_per_thread": {"median": 5.0, "min": 4.0, "max": 6.0},
         "loss_rate": {"median": 0.5, "min": 0.25, "max": 0.75}},
        {"counter": "fetch_add", "threads": 5, "runs": 2, "ns_per_op_per_thread": {"mean": 10.0, "min": 10.0, "max": 10.0}}]}"#;

    fn with(from: &str, to: &str) -> Result<Machine, String> {
        assert!(FILE.contains(from), "{from}");
        parse(Path::new("a.json"), FILE.replace(from, to).as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn figures_of_others_are_taken_as_they_are() {
        let machine = with("theirs", "theirs").unwrap();
        let [add, racy] = &machine.cells[..] else { panic!("{:?}", machine.cells) };
        assert_eq!((machine.card.cpu.as_str(), machine.card.usable_cpus), ("C", 4));
        assert_eq!((add.facts.verdict, racy.facts.verdict), (Verdict::Oversubscribed, Verdict::Valid), "4 CPUs");
        assert_eq!((add.key.placement, racy.key.placement), (Placement::Spread, Placement::Spread));
        assert_eq!(racy.figures.ns_per_op_per_thread, Some(Interval { low: 4.0, median: 5.0, high: 6.0 }));
        assert_eq!(racy.figures.loss_rate, Some(LossRate { min: 0.25, median: 0.5, max: 0.75, pooled: 0.5 }));
        assert_eq!((racy.figures.throughput, racy.figures.goodput, add.figures.goodput), (Some(8e8), Some(4e8), None));
        assert_eq!((racy.facts.label.as_str(), add.facts.label.as_str()), ("plain (median)", "fetch_add (mean)"));
        assert_eq!((racy.figures.rounds_kept, add.figures.rounds_kept), (Some(3), Some(2)));
        assert_eq!((racy.facts.recorded.as_str(), racy.facts.run.as_str()), ("2020-01-01T00:00:00Z", RUN));
        let Origin::Published { figures, .. } = &machine.origin else { panic!("{:?}", machine.origin) };
        assert!(
            figures.contains("the mean or median of the runs") && figures.contains("not a pooled one"),
            "{figures}"
        );
        let without = with(",\n         \"loss_rate\": {\"median\": 0.5, \"min\": 0.25, \"max\": 0.75}", "").unwrap();
        let Origin::Published { figures, .. } = &without.origin else { panic!("{:?}", without.origin) };
        assert!(!figures.contains("pooled"), "{figures}");

        let unpinned = with("threads pinned", "threads not pinned").unwrap();
        let verdicts: Vec<Verdict> = unpinned.cells.iter().map(|cell| cell.facts.verdict).collect();
        assert_eq!(verdicts, [Verdict::Oversubscribed, Verdict::Unpinned]);
        assert!(unpinned.cells.iter().all(|cell| cell.key.placement == Placement::Unpinned));
    }

    #[test]
    fn each_counter_that_others_published_has_its_family() {
        for (counter, family) in [
            ("cas_loop", "atomic"),
            ("std_mutex", "blocking"),
            ("spin_mutex", "spinning"),
            ("ticket", "spinning"),
            ("queued_fifo", "spinning"),
            ("striped", "sharded"),
            ("per_thread", "sharded"),
        ] {
            let machine = with("fetch_add", counter).unwrap();
            let cell = machine.cells.iter().find(|cell| cell.key.subject == counter).unwrap();
            assert_eq!((cell.facts.family.as_str(), cell.facts.grade), (family, Grade::Exact));
        }
        assert_eq!(with("S", "S").unwrap().cells[1].facts.grade, Grade::Racy);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_cell() {
        for (from, to, says) in [
            ("\"min\": 4.0", "\"min\": 0.0", "cell 1: load_store at 4 threads: 5 ns is not between 0 and 6 ns"),
            ("\"min\": 4.0", "\"min\": 5.5", "5 ns is not between 5.5 and 6 ns"),
            ("\"max\": 6.0", "\"max\": 4.5", "5 ns is not between 4 and 4.5 ns"),
            ("\"mean\": 10.0, ", "", "cell 2: fetch_add at 5 threads: neither a mean nor a median"),
            ("{\"median\": 0.5, ", "{", "a loss rate with neither"),
            ("\"threads\": 5", "\"threads\": 0", "0 threads cannot be"),
            ("\"C\"", "\" \"", "its cpu is empty"),
            ("2020", "1989", "year 1989 cannot be"),
            ("2020", "2101", "year 2101 cannot be"),
            ("\"fetch_add\", \"threads\": 5", "\"load_store\", \"threads\": 4", "a second cell of this key"),
        ] {
            let line = with(from, to).expect_err(says);
            assert!(line.starts_with("a.json: ") && line.contains(says), "{line}");
        }
    }
}

//! What the page gets: tables, sentences and claims as they are shown, and the points of its charts.

use serde::Serialize;

use super::tables;
use crate::claims::Claim;
use crate::figure;
use crate::python::agreement::agreement;
use crate::python::claims::claims;
use crate::python::record::{Record, RecordedInterpreter, WAYS, interval};
use crate::report::sheet::Sheet;
use crate::results::{Cell, Machine};
use crate::round::nanos;
use crate::workload::Load;

/// A machine's part of the view "Python".
#[derive(Serialize)]
pub(in crate::report) struct PythonView {
    sheets: Vec<Sheet>,
    agreement: String,
    disagreements: Vec<String>,
    claims: Vec<Claim>,
    threads: Vec<usize>,
    /// Id, interval in words, interval in ns (none if it is not known).
    levels: Vec<(String, String, Option<f64>)>,
    /// Subject and increment of the ways that have a chart.
    ways: Vec<(&'static str, &'static str)>,
    interpreters: Vec<InterpreterView>,
    models: Vec<String>,
    points: Vec<Point>,
}

#[derive(Serialize)]
struct InterpreterView {
    label: String,
    /// The label as an axis has it.
    short: String,
    /// For each way the index of its model, if it has one.
    models: Vec<Option<usize>>,
}

/// What an interpreter or a model lost at one point of a chart.
#[derive(Serialize)]
struct Point {
    /// Index in `interpreters`, or in `models` if there is no way.
    who: usize,
    way: Option<usize>,
    threads: usize,
    /// Index in `levels`.
    level: usize,
    /// The share of all rounds together, of the round that lost least and of the one that lost most.
    lost: [String; 3],
    verdict: &'static str,
}

/// What the page shows of a machine; `None` if its interpreters were not measured.
pub(in crate::report) fn view(machine: &Machine) -> Option<PythonView> {
    let record = Record::of(machine)?;
    let ways = &WAYS[1..];
    let levels = record.levels();
    let threads: Vec<usize> = record.racing_threads().collect();
    let mut points = Vec::new();
    for (index, level) in levels.iter().enumerate() {
        for &n in &threads {
            for (who, interpreter) in record.interpreters.iter().enumerate() {
                for (way, named) in ways.iter().enumerate() {
                    let cell = record.at(named.subject, interpreter.variant, n, level);
                    points.extend(cell.and_then(|cell| point(who, Some(way), index, cell)));
                }
            }
            for (who, model) in record.models.iter().enumerate() {
                points.extend(record.at(model, "", n, level).and_then(|cell| point(who, None, index, cell)));
            }
        }
    }
    let of = |level: &&str| Load::of(level)?.switch_interval().map(nanos);
    let models = |interpreter: &RecordedInterpreter| -> Vec<Option<usize>> {
        let index = |id: &str| record.models.iter().position(|model| *model == id);
        ways.iter().map(|way| record.model(interpreter, way).and_then(index)).collect()
    };
    let named = |interpreter: &RecordedInterpreter| InterpreterView {
        label: interpreter.label.clone(),
        short: match interpreter.version.is_cpython() {
            true => interpreter.version.text(),
            false => interpreter.label.clone(),
        },
        models: models(interpreter),
    };
    let (agreement, disagreements) = agreement(machine);
    Some(PythonView {
        sheets: tables(&record),
        agreement,
        disagreements,
        claims: claims(machine),
        levels: levels.iter().map(|level| ((*level).to_owned(), interval(level), of(level))).collect(),
        ways: ways.iter().map(|way| (way.subject, way.code)).collect(),
        interpreters: record.interpreters.iter().map(named).collect(),
        models: record.models.iter().map(|id| (*id).to_owned()).collect(),
        threads,
        points,
    })
}

fn point(who: usize, way: Option<usize>, level: usize, cell: &Cell) -> Option<Point> {
    let rate = cell.figures.loss_rate?;
    let lost = [rate.pooled, rate.min, rate.max].map(figure::percent);
    Some(Point { who, way, threads: cell.key.threads, level, lost, verdict: cell.facts.verdict.id() })
}

#[cfg(test)]
mod tests;

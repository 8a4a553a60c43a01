//! What the page is given: tables, sentences and claims as written, and the points of its charts.

use serde::Serialize;

use super::{Found, Interpreter, WAYS, agreement, claims, interval, tables};
use crate::report::claims::Claim;
use crate::report::figure;
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
    /// Id, interval in words, interval in ns (none where it is not known).
    levels: Vec<(String, String, Option<f64>)>,
    /// Id and increment of those that may lose, and of the lock.
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
    /// For each way the place of its model, if it has one.
    models: Vec<Option<usize>>,
}

/// What a row lost at one point.
#[derive(Serialize)]
struct Point {
    /// Place in `interpreters`, or in `models` where there is no way.
    who: usize,
    way: Option<usize>,
    threads: usize,
    /// Place in `levels`.
    level: usize,
    /// Pooled, least and most of a round.
    lost: [String; 3],
    verdict: &'static str,
}

/// What the page shows of a machine; `None` when its interpreters were not measured.
pub(in crate::report) fn view(machine: &Machine) -> Option<PythonView> {
    let found = Found::of(machine)?;
    let ways = &WAYS[1..];
    let levels = found.levels();
    let threads: Vec<usize> = found.threads().into_iter().filter(|&n| n > 1).collect();
    let mut points = Vec::new();
    for (place, level) in levels.iter().enumerate() {
        for &n in &threads {
            for (who, interpreter) in found.interpreters.iter().enumerate() {
                for (way, named) in ways.iter().enumerate() {
                    let cell = found.at(named.subject, interpreter.variant, n, level);
                    points.extend(cell.and_then(|cell| point(who, Some(way), place, cell)));
                }
            }
            for (who, model) in found.models.iter().enumerate() {
                points.extend(found.at(model, "", n, level).and_then(|cell| point(who, None, place, cell)));
            }
        }
    }
    let of = |level: &&str| Load::of(level)?.switch_interval().map(nanos);
    let models = |interpreter: &Interpreter| -> Vec<Option<usize>> {
        let place = |id: &str| found.models.iter().position(|model| *model == id);
        ways.iter().map(|way| found.model(interpreter, way).and_then(place)).collect()
    };
    let named = |interpreter: &Interpreter| InterpreterView {
        label: interpreter.label.clone(),
        short: match interpreter.version.is_cpython() {
            true => interpreter.version.text(),
            false => interpreter.label.clone(),
        },
        models: models(interpreter),
    };
    let (agreement, disagreements) = agreement(machine);
    Some(PythonView {
        sheets: tables(&found),
        agreement,
        disagreements,
        claims: claims(machine),
        levels: levels.iter().map(|level| ((*level).to_owned(), interval(level), of(level))).collect(),
        ways: ways.iter().map(|way| (way.subject, way.code)).collect(),
        interpreters: found.interpreters.iter().map(named).collect(),
        models: found.models.iter().map(|id| (*id).to_owned()).collect(),
        threads,
        points,
    })
}

fn point(who: usize, way: Option<usize>, level: usize, cell: &Cell) -> Option<Point> {
    let rate = cell.loss_rate?;
    let lost = [rate.pooled, rate.min, rate.max].map(figure::percent);
    Some(Point { who, way, threads: cell.threads, level, lost, verdict: cell.verdict.id() })
}

#[cfg(test)]
mod tests;

//! What the page gets: tables, sentences and claims as they are shown, and the points of its charts.

use serde_json::{Value, json};

use super::tables;
use crate::figure;
use crate::python::agreement::agreement;
use crate::python::claims::claims;
use crate::python::record::{Record, RecordedInterpreter, WAYS, interval};
use crate::results::{Cell, Machine};
use crate::round::nanos;
use crate::workload::Load;

/// What the page shows of a machine; `None` if its interpreters were not measured.
pub(in crate::report) fn view(machine: &Machine) -> Option<Value> {
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
    let named = |interpreter: &RecordedInterpreter| {
        let is_cpython = interpreter.version.is_cpython();
        json!({
            "label": interpreter.label,
            // The label as an axis has it.
            "short": if is_cpython { interpreter.version.text() } else { interpreter.label.clone() },
            // For each way the index of its model, if it has one.
            "models": models(interpreter),
        })
    };
    let named: Vec<Value> = record.interpreters.iter().map(named).collect();
    let levels: Vec<_> = levels.iter().map(|level| (level, interval(level), of(level))).collect();
    let (agreement, disagreements) = agreement(machine);
    Some(json!({
        "sheets": tables(&record),
        "agreement": agreement,
        "disagreements": disagreements,
        "claims": claims(machine),
        "threads": threads,
        // Id, interval in words, interval in ns (none if it is not known).
        "levels": levels,
        // Subject and increment of the ways that have a chart.
        "ways": ways.iter().map(|way| (way.subject, way.code)).collect::<Vec<_>>(),
        "interpreters": named,
        "models": record.models,
        "points": points,
    }))
}

/// What an interpreter or a model lost at one point of a chart. `who` is an index in `interpreters`, or in `models` if
/// there is no way; `level` is one in `levels`.
fn point(who: usize, way: Option<usize>, level: usize, cell: &Cell) -> Option<Value> {
    let rate = cell.figures.loss_rate?;
    // The share of all rounds together, of the round that lost least and of the one that lost most.
    let lost = [rate.pooled, rate.min, rate.max].map(figure::percent);
    let verdict = cell.facts.verdict.id();
    Some(json!({"who": who, "way": way, "threads": cell.key.threads, "level": level, "lost": lost, "verdict": verdict}))
}

#[cfg(test)]
mod tests;

//! What the page gets beside the cells: the answer in sentences, tables and claims.

use serde_json::{Value, json};

use super::tables;
use crate::figure;
use crate::headline::doubt;
use crate::python::agreement::agreement;
use crate::python::claims::claims;
use crate::python::record::{Record, RecordedInterpreter, WAYS, Way, decisive, interval};
use crate::results::{Cell, Machine};

/// What the page shows of a machine; `None` if its interpreters were not measured.
pub(in crate::report) fn view(machine: &Machine) -> Option<Value> {
    let record = Record::of(machine)?;
    let ways = &WAYS[1..];
    let levels = record.levels();
    let threads: Vec<usize> = record.racing_threads().collect();
    let models = |interpreter: &RecordedInterpreter| -> Vec<Option<usize>> {
        let index = |id: &str| record.models.iter().position(|model| *model == id);
        ways.iter().map(|way| record.model(interpreter, way).and_then(index)).collect()
    };
    let named = |interpreter: &RecordedInterpreter| {
        json!({
            // The variant of its cells, of which the charts are made.
            "variant": interpreter.variant,
            "label": interpreter.label,
            // The label as an axis has it.
            "short": short(interpreter),
            // Whether its threads take turns at CPython's global lock.
            "gil": interpreter.version.is_cpython() && !interpreter.version.is_free_threaded(),
            // For each way the index of its model, if it has one.
            "models": models(interpreter),
        })
    };
    let named: Vec<Value> = record.interpreters.iter().map(named).collect();
    let (agreement, disagreements) = agreement(machine);
    Some(json!({
        "told": told(&record),
        "sheets": tables(&record),
        "agreement": agreement,
        "disagreements": disagreements,
        "claims": claims(machine),
        "threads": threads,
        // Id, interval in words.
        "levels": levels.iter().map(|level| (level, interval(level))).collect::<Vec<_>>(),
        // Subject and increment of the ways that have a chart; the last has a lock.
        "ways": ways.iter().map(|way| (way.subject, way.code)).collect::<Vec<_>>(),
        "interpreters": named,
        "models": record.models,
    }))
}

fn short(interpreter: &RecordedInterpreter) -> String {
    let (text, name) = (interpreter.version.text(), interpreter.label.split(' ').next().unwrap_or_default());
    if interpreter.version.is_cpython() { text } else { format!("{name} {text}") }
}

/// What a cell shows of a way of counting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shows {
    Loss,
    NoLoss,
    /// It cannot show that nothing is lost.
    Nothing,
    NotMeasured,
}

impl Shows {
    fn of(cell: Option<&Cell>) -> Shows {
        match cell.and_then(|cell| Some((cell, cell.figures.loss_rate?))) {
            None => Shows::NotMeasured,
            Some((_, rate)) if rate.pooled > 0.0 => Shows::Loss,
            Some((cell, _)) if decisive(cell) => Shows::NoLoss,
            Some(_) => Shows::Nothing,
        }
    }
}

/// Interpreters next to each other that lose alike.
struct Group<'f, 'm> {
    shows: Shows,
    all: Vec<(&'f RecordedInterpreter<'m>, Option<&'m Cell>)>,
}

/// The answer: where it was measured, and for each way the code and the rest of its sentence.
#[derive(serde::Serialize)]
pub(in crate::report) struct Told {
    pub(in crate::report) at: String,
    pub(in crate::report) sentences: Vec<(&'static str, String)>,
}

/// The answer at the fewest threads that race and the longest interval; `None` where no threads raced.
pub(in crate::report) fn told(record: &Record) -> Option<Told> {
    let threads = record.racing_threads().next()?;
    let level = *record.levels().first()?;
    let usable = record.machine.card.usable_cpus;
    let sentences = WAYS[1..].iter().map(|way| (way.code, sentence(&groups(record, way, threads, level), usable)));
    Some(Told { at: format!("{threads} threads, switch interval {}", interval(level)), sentences: sentences.collect() })
}

/// CPython with its lock from old to new, then without it, then each other implementation by itself.
fn groups<'f, 'm>(record: &'f Record<'m>, way: &Way, threads: usize, level: &str) -> Vec<Group<'f, 'm>> {
    let other = |i: &RecordedInterpreter<'m>| (!i.version.is_cpython()).then(|| i.variant.split('_').next());
    let kind = |i: &RecordedInterpreter<'m>| (other(i), i.version.is_free_threaded());
    let mut all: Vec<_> = record.interpreters.iter().collect();
    all.sort_by_key(|interpreter| kind(interpreter));
    let mut groups: Vec<Group> = Vec::new();
    for interpreter in all {
        let cell = record.at(way.subject, interpreter.variant, threads, level);
        let shows = Shows::of(cell);
        match groups.last_mut() {
            Some(group) if group.shows == shows && kind(group.all[0].0) == kind(interpreter) => {
                group.all.push((interpreter, cell));
            }
            _ => groups.push(Group { shows, all: vec![(interpreter, cell)] }),
        }
    }
    groups
}

/// The sentence without its subject, the code.
fn sentence(groups: &[Group], usable: usize) -> String {
    let trusted = |cell: Option<&Cell>| cell.filter(|cell| doubt(cell, usable).is_none()).cloned();
    let range = |numbers: Vec<f64>, one: fn(f64) -> String| {
        let least = numbers.iter().copied().reduce(f64::min)?;
        let [least, most] = [least, numbers.into_iter().fold(least, f64::max)].map(one);
        Some(if least == most { least } else { format!("{least} to {most}") })
    };
    let same =
        groups.iter().all(|group| group.shows == groups[0].shows && (group.shows != Shows::Loss || groups.len() == 1));
    let mut parts: Vec<String> = Vec::new();
    let mut verb = "";
    for group in groups.iter().take(if same { 1 } else { groups.len() }) {
        let cells = group.all.iter().filter_map(|(_, cell)| trusted(*cell));
        let what = match group.shows {
            Shows::Loss => {
                let lost =
                    range(cells.filter_map(|cell| Some(cell.figures.loss_rate?.pooled)).collect(), figure::percent);
                lost.unwrap_or("some, too noisy to say how much,".into())
            }
            Shows::NoLoss => "nothing".into(),
            Shows::Nothing => "is too noisy to say".into(),
            Shows::NotMeasured => "was not measured".into(),
        };
        let place = match (same, group.shows) {
            (true, Shows::NotMeasured) => String::new(),
            (true, Shows::Loss) => " in each".into(),
            (true, _) => " in any".into(),
            (false, _) => format!(" in {}", names(group)),
        };
        // One verb for all that lose or lose nothing, one after the other.
        let loses = if matches!(group.shows, Shows::Loss | Shows::NoLoss) { "loses " } else { "" };
        parts.push(format!("{}{what}{place}", if loses == verb { "" } else { loses }));
        verb = loses;
    }
    // The price of losing nothing.
    if same && groups.first().is_some_and(|group| group.shows == Shows::NoLoss) {
        let cells = groups.iter().flat_map(|group| &group.all).filter_map(|(_, cell)| trusted(*cell));
        let ns = range(cells.filter_map(|cell| Some(cell.figures.ns_per_op_per_thread?.median)).collect(), figure::ns);
        parts.extend(ns.map(|ns| format!("at {ns} ns an increment")));
    }
    format!("{}.", parts.join(", "))
}

/// The interpreters of a group: a range of versions where they are CPython's.
fn names(group: &Group) -> String {
    let all: Vec<&RecordedInterpreter> = group.all.iter().map(|(interpreter, _)| *interpreter).collect();
    match all[..] {
        [first, .., last] if first.version.is_cpython() && !first.version.is_free_threaded() => {
            format!("CPython {} to {}", short(first), short(last))
        }
        _ => all.iter().map(|interpreter| interpreter.label.as_str()).collect::<Vec<_>>().join(" and "),
    }
}

#[cfg(test)]
mod tests;

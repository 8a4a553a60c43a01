//! The table of one increment in each interpreter, in the models and in the native counters.

use super::{legend, marked};
use crate::counter::Grade;
use crate::figure;
use crate::python::record::{Record, WAYS, interval, short};
use crate::report::sheet::{Sheet, threads as head};
use crate::results::{Cell, Machine};
use crate::round::in_units;

/// The native counters of the table, from the loop alone to a lock, at [`LEVEL`] of the bench `counters`.
const NATIVE: [&str; 7] =
    ["none", "load_store", "wide_window", "fetch_add", "std_mutex", "parking_lot_mutex", "thread_local"];

/// The counter by whose cost the others are divided.
const UNIT: &str = "fetch_add";

const LEVEL: &str = "saturated";

/// One row: the interpreter, model or counter, its increment, its load and its cells.
struct IncrementRow<'m> {
    name: String,
    increment: String,
    level: String,
    cells: Vec<&'m Cell>,
}

pub(super) fn sheet(record: &Record) -> Sheet {
    let machine = record.machine;
    let usable = machine.card.usable_cpus;
    let counts = record.threads();
    let lines: Vec<IncrementRow> = interpreters(record).chain(models(record)).chain(native(machine, &counts)).collect();
    let units: Vec<(usize, f64)> = counts
        .iter()
        .filter(|&&n| n <= usable)
        .filter_map(|&n| Some((n, gross(counter(machine, UNIT, n)?)?)))
        .collect();
    let mut heads = vec!["where".to_owned(), "increment".into(), "load".into()];
    heads.extend(counts.iter().map(|&n| format!("{} {}", head(n, usable), if n == 1 { "thread" } else { "threads" })));
    heads.extend(units.iter().map(|(n, _)| format!("× {UNIT}, {n}")));
    let row = |line: &IncrementRow| {
        let at = |n: usize| line.cells.iter().copied().find(|cell| cell.key.threads == n);
        let mut fields = vec![line.name.clone(), line.increment.clone(), line.level.clone()];
        fields.extend(counts.iter().map(|&n| at(n).map_or(String::new(), |cell| field(cell, usable))));
        let times = |&(n, unit): &(usize, f64)| Some(format!("× {}", figure::ns(in_units(gross(at(n)?)?, unit))));
        fields.extend(units.iter().map(|unit| times(unit).unwrap_or_default()));
        fields
    };
    let cells = lines.iter().flat_map(|line| line.cells.iter().copied());
    Sheet {
        title: "From Python to here: one increment, from the oldest interpreter to the native counters".into(),
        note: format!(
            "ns/op per thread, gross (the loop is in it), the median round, and the share of updates lost, all rounds together. \
             × {UNIT}: by an atomic add of this machine at as many threads, up to its CPUs. Load: the switch interval, or the level \
             of the bench counters.{}",
            legend(cells, usable)
        ),
        rows: lines.iter().map(row).collect(),
        head: heads,
    }
}

fn gross(cell: &Cell) -> Option<f64> {
    cell.figures.ns_per_op_per_thread.map(|i| i.median)
}

/// The cost and the loss of a row at one thread count.
fn field(cell: &Cell, usable: usize) -> String {
    let cost = gross(cell).map_or("-".into(), figure::ns);
    let text = match cell.figures.loss_rate {
        Some(rate) => format!("{cost}, lost {}", figure::percent(rate.pooled)),
        None if cell.facts.grade == Grade::Control => cost,
        None => format!("{cost}, lost ?"),
    };
    marked(text, cell, usable)
}

fn interpreters<'f>(record: &'f Record) -> impl Iterator<Item = IncrementRow<'f>> {
    record.interpreters.iter().flat_map(|interpreter| WAYS.iter().map(move |way| (interpreter, way))).filter_map(
        |(interpreter, way)| {
            let (name, increment) = (interpreter.label.clone(), way.code.to_owned());
            switched(record, way.subject, interpreter.variant, name, increment)
        },
    )
}

fn models<'f>(record: &'f Record) -> impl Iterator<Item = IncrementRow<'f>> {
    record.models.iter().filter_map(|model| {
        let any = record.any_of(model)?;
        switched(record, model, &any.key.variant, format!("model {model}"), described(any))
    })
}

/// The label of a row, unless that is its id.
fn described(cell: &Cell) -> String {
    if cell.facts.label == cell.key.subject { String::new() } else { short(&cell.facts.label) }
}

/// A row of the interpreters bench at the longest switch interval it was measured at.
fn switched<'m>(
    record: &Record<'m>,
    subject: &str,
    variant: &str,
    name: String,
    increment: String,
) -> Option<IncrementRow<'m>> {
    let level = record.level_of(subject, variant)?;
    let cells = record.threads().into_iter().filter_map(|n| record.at(subject, variant, n, level)).collect();
    Some(IncrementRow { name, increment, level: interval(level), cells })
}

fn native<'m>(machine: &'m Machine, counts: &[usize]) -> impl Iterator<Item = IncrementRow<'m>> {
    NATIVE.into_iter().filter_map(|subject| {
        let cells: Vec<&Cell> = counts.iter().filter_map(|&n| counter(machine, subject, n)).collect();
        Some(IncrementRow {
            name: format!("native {subject}"),
            increment: described(cells.first()?),
            level: LEVEL.into(),
            cells,
        })
    })
}

/// The cell of a native counter. Where several placements were measured, the first.
fn counter<'m>(machine: &'m Machine, subject: &str, threads: usize) -> Option<&'m Cell> {
    let own = |c: &&Cell| {
        (&*c.key.bench, &*c.key.level, &*c.key.subject, c.key.threads) == ("counters", LEVEL, subject, threads)
    };
    machine.cells.iter().filter(own).filter(|c| c.key.variant.is_empty()).min_by_key(|c| c.key.placement)
}

#[cfg(test)]
mod tests;

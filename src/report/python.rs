//! From Python to here, as tables, terminal, Markdown and page: the interpreters, the models of their lock and the
//! native counters.
//!
//! [`python`](crate::python) says what they lost, where they disagree and what holds of the claims; here it is laid
//! out. `increments` is the table of one increment everywhere, `losses` are the tables of interpreters and models,
//! `view` is what the page is given.

mod increments;
mod losses;
pub(super) mod view;

use std::collections::BTreeSet;

use super::document::{Document, Part};
use super::matrix;
use super::sheet::Sheet;
use crate::python::agreement::agreement;
use crate::python::claims::claims;
use crate::python::record::Record;
use crate::results::{Cell, Machine};
use crate::round::Verdict;

/// The text with the cell's marks, and whether it is of a quick run.
fn marked(text: String, cell: &Cell, usable: usize) -> String {
    let quick = if cell.facts.quick { " quick" } else { "" };
    format!("{text}{}{quick}", matrix::marks(cell, usable))
}

/// A sentence that explains the marks of these cells; empty if there are none.
fn legend<'c>(cells: impl Iterator<Item = &'c Cell>, usable: usize) -> String {
    let mut words = BTreeSet::new();
    for cell in cells {
        let over = cell.key.threads > usable;
        if over {
            words.insert(format!("* = more threads than the {usable} usable CPUs"));
        }
        if let Some(letter) =
            matrix::letter(cell.facts.verdict).filter(|_| !over || cell.facts.verdict != Verdict::Oversubscribed)
        {
            words.insert(format!("[{letter}] = {}", cell.facts.verdict.id()));
        }
        if cell.is_noisy() {
            words.insert(format!("[{}] = noisy", matrix::NOISY));
        }
    }
    let words: Vec<String> = words.into_iter().collect();
    if words.is_empty() { String::new() } else { format!(" {}.", words.join("; ")) }
}

/// The tables of a machine: one increment everywhere, then the losses of interpreters and models. Empty if its
/// interpreters were not measured.
pub fn sheets(machine: &Machine) -> Vec<Sheet> {
    Record::of(machine).map_or(Vec::new(), |record| tables(&record))
}

fn tables(record: &Record) -> Vec<Sheet> {
    let mut all = vec![increments::sheet(record), losses::by_version(record)];
    all.extend(losses::by_interval(record));
    all.retain(|sheet| !sheet.rows.is_empty());
    all
}

/// The section of a machine; nothing if its interpreters were not measured.
pub fn document(machine: &Machine) -> Document {
    let mut out = Document::default();
    let Some(record) = Record::of(machine) else { return out };
    out.add(Part::Paragraph(format!("{}: from Python to here", machine.card.id)));
    tables(&record).into_iter().for_each(|sheet| out.add(Part::Table(sheet)));
    let (summary, lines) = agreement(machine);
    out.add(Part::List(summary, lines));
    out.add(Part::Claims("What articles say of Python".into(), "what articles say of Python", claims(machine)));
    out
}

#[cfg(test)]
mod tests;

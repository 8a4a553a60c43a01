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
use std::fmt::Write as _;

use super::sheet::Sheet;
use super::{markdown, matrix};
use crate::claims::Says;
use crate::python::agreement::agreement;
use crate::python::claims::claims;
use crate::python::record::Record;
use crate::results::{Cell, Machine};
use crate::round::Verdict;

/// The text with its marks: the letter of the verdict, unless the thread count implies it, and whether the cell is noisy.
fn marked(text: String, cell: &Cell, usable: usize) -> String {
    let said = cell.key.threads > usable && cell.facts.verdict == Verdict::Oversubscribed;
    let letter = matrix::letter(cell.facts.verdict).filter(|_| !said);
    let marks: String = letter.into_iter().chain(cell.is_noisy().then_some(matrix::NOISY)).collect();
    let quick = if cell.facts.quick { " quick" } else { "" };
    if marks.is_empty() { format!("{text}{quick}") } else { format!("{text} [{marks}]{quick}") }
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
    let mut all = vec![increments::sheet(record), losses::by_version(record), losses::by_interval(record)];
    all.retain(|sheet| !sheet.rows.is_empty());
    all
}

/// The section for the terminal; empty if the machine's interpreters were not measured.
pub fn terminal(machine: &Machine) -> String {
    let Some(record) = Record::of(machine) else { return String::new() };
    let mut out = format!("{}: from Python to here\n", machine.card.id);
    for sheet in tables(&record) {
        writeln!(out, "\n{}", sheet.terminal().trim_end()).expect("a string takes all");
    }
    let (summary, lines) = agreement(machine);
    writeln!(out, "\n{summary}").expect("a string takes all");
    lines.iter().for_each(|line| writeln!(out, "  {line}").expect("a string takes all"));
    out.push_str("\nWhat articles say of Python\n");
    for claim in claims(machine) {
        let agree = claim.figures.iter().filter(|f| f.says == Says::Yes).count();
        let of = match claim.figures.len() {
            0 => String::new(),
            all => format!(" ({agree} of {all} figures agree)"),
        };
        writeln!(out, "  {}: {}{of}", claim.text, claim.verdict).expect("a string takes all");
    }
    out
}

/// The section as Markdown; empty if the machine's interpreters were not measured.
pub fn markdown(machine: &Machine) -> String {
    let Some(record) = Record::of(machine) else { return String::new() };
    let plain = markdown::plain;
    let mut out = format!("{}: from Python to here\n\n", plain(&machine.card.id));
    for sheet in tables(&record) {
        writeln!(out, "{}", sheet.markdown()).expect("a string takes all");
    }
    let (summary, lines) = agreement(machine);
    writeln!(out, "{}\n", plain(&summary)).expect("a string takes all");
    lines.iter().for_each(|line| writeln!(out, "- {}", plain(line)).expect("a string takes all"));
    out.push_str(if lines.is_empty() { "" } else { "\n" });
    out.push_str("| what articles say of Python | here | figures that agree |\n|---|---|---:|\n");
    for claim in claims(machine) {
        let agree = claim.figures.iter().filter(|f| f.says == Says::Yes).count();
        let of = format!("{agree} of {}", claim.figures.len());
        writeln!(out, "| {} | {} | {of} |", plain(claim.text), plain(&claim.verdict)).expect("a string takes all");
    }
    out
}

#[cfg(test)]
mod tests;

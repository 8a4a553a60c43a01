//! From Python to here: what the interpreters bench found, beside the model of their lock and the native
//! counters.
//!
//! `version` reads which interpreter a variant names and which model stands for it, `ladder` puts the same
//! increment into one table, from the oldest interpreter to the native counters, `beside` holds the
//! interpreters against the model and says where the two disagree, `claims` checks what articles say of
//! Python, `view` is what the page is given. Everything is computed from recorded cells.

mod beside;
mod claims;
mod ladder;
mod version;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::claims::Says;
use super::sheet::Sheet;
use super::{figure, markdown, matrix};
use crate::results::text::shown;
use crate::results::{Cell, LossRate, Machine};
use crate::round::Verdict;
use crate::workload::{Load, in_order};

pub use beside::{Comparison, LEAST_LOSS, Outcome, comparisons};
pub use claims::claims;
pub use version::Version;
pub(super) use version::natural;
pub(super) use view::{PythonView, view};

/// The bench whose cells these are.
pub const BENCH: &str = "interpreters";

/// The family of the model of the interpreter's lock.
pub const MODEL: &str = "gil";

/// The most characters of an interpreter's or model's own text that a table shows.
const LABEL: usize = 48;

/// A way to count in Python, and what its model is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Its subject, such as `py_plain`.
    pub subject: &'static str,
    /// The increment, as it is written in Python.
    pub code: &'static str,
    /// The last word of its model's id, if it has one: `plain` in `gil_3_9_plain`.
    pub model: Option<&'static str>,
}

/// The ways that are shown for each interpreter, the loop alone first.
pub const WAYS: [Way; 4] = [
    Way { subject: "py_none", code: "the loop alone", model: None },
    Way { subject: "py_plain", code: "self.val += 1", model: Some("plain") },
    Way { subject: "py_int_conversion", code: "self.val += int(1)", model: Some("int") },
    Way { subject: "py_lock", code: "with lock: self.val += 1", model: Some("lock") },
];

/// An interpreter that was measured.
#[derive(Clone, Debug)]
pub struct Interpreter<'m> {
    /// Its variant, such as `cpython_3_9_18`.
    pub variant: &'m str,
    /// The text for people.
    pub label: String,
    /// What the variant says.
    pub version: Version,
}

/// The cells of the interpreters bench, by what they are.
pub struct Found<'m> {
    machine: &'m Machine,
    /// Oldest first, free-threaded builds after the others of their version.
    interpreters: Vec<Interpreter<'m>>,
    /// Ids of the model's rows.
    models: Vec<&'m str>,
    /// By subject, variant, threads and level; of several placements the first.
    cells: BTreeMap<(&'m str, &'m str, usize, &'m str), &'m Cell>,
}

impl<'m> Found<'m> {
    /// What a machine has; `None` when its interpreters were not measured.
    pub fn of(machine: &'m Machine) -> Option<Found<'m>> {
        let mut cells = BTreeMap::<_, &'m Cell>::new();
        let mut labels = BTreeMap::new();
        let mut models = BTreeSet::new();
        for cell in machine.cells.iter().filter(|cell| cell.bench == BENCH) {
            let key = (cell.subject.as_str(), cell.variant.as_str(), cell.threads, cell.level.as_str());
            let known = cells.entry(key).or_insert(cell);
            if cell.placement < known.placement {
                *known = cell;
            }
            if cell.family == MODEL {
                models.insert((version::natural(&cell.subject), cell.subject.as_str()));
            } else if !cell.variant.is_empty() {
                labels.entry(cell.variant.as_str()).or_insert(cell.label.as_str());
            }
        }
        if labels.is_empty() && models.is_empty() {
            return None;
        }
        let one = |(variant, label)| Interpreter { variant, label: short(label), version: Version::of(variant) };
        let mut interpreters: Vec<Interpreter<'m>> = labels.into_iter().map(one).collect();
        interpreters.sort_by(|a, b| (&a.version, a.variant).cmp(&(&b.version, b.variant)));
        let models = models.into_iter().map(|(_, id)| id).collect();
        Some(Found { machine, interpreters, models, cells })
    }

    fn at(&self, subject: &str, variant: &str, threads: usize, level: &str) -> Option<&'m Cell> {
        self.cells.get(&(subject, variant, threads, level)).copied()
    }

    /// The model of a way for an interpreter, if it was measured.
    fn model(&self, interpreter: &Interpreter, way: &Way) -> Option<&'m str> {
        let wanted = interpreter.version.models(way.model?);
        wanted.iter().find_map(|id| self.models.iter().copied().find(|model| model == id))
    }

    /// Thread counts, ascending.
    fn threads(&self) -> Vec<usize> {
        let all: BTreeSet<usize> = self.cells.keys().map(|(_, _, threads, _)| *threads).collect();
        all.into_iter().collect()
    }

    /// Levels, the longest switch interval first.
    fn levels(&self) -> Vec<&'m str> {
        in_order(self.cells.keys().map(|(.., level)| *level))
    }

    /// The longest switch interval at which a row was measured.
    fn level_of(&self, subject: &str, variant: &str) -> Option<&'m str> {
        let own = |key: &&(&str, &str, usize, &str)| key.0 == subject && key.1 == variant;
        in_order(self.cells.keys().filter(own).map(|(.., level)| *level)).first().copied()
    }
}

/// A foreign text as a table shows it.
fn short(text: &str) -> String {
    let text = shown(text);
    if text.chars().count() <= LABEL { text } else { text.chars().take(LABEL).chain(['…']).collect() }
}

/// A level's switch interval in words, or its id.
fn interval(level: &str) -> String {
    let known = Load::of(level).and_then(Load::switch_interval);
    known.map_or_else(|| level.to_owned(), figure::duration)
}

/// Whether a cell can show that nothing is lost: threads that hardly meet, or only for a moment, lose
/// nothing, and two rounds of unequal length say little.
fn decisive(cell: &Cell) -> bool {
    !matches!(cell.verdict, Verdict::Short | Verdict::Serialised) && !cell.quick
}

/// A loss with the least and the most of a round.
fn loss(rate: LossRate) -> String {
    let [pooled, min, max] = [rate.pooled, rate.min, rate.max].map(figure::percent);
    if min == max { pooled } else { format!("{pooled} ({min} to {max})") }
}

/// The text with the letter of the verdict, unless the thread count says it already, and other marks.
fn marked(text: String, cell: &Cell, usable: usize) -> String {
    let said = cell.threads > usable && cell.verdict == Verdict::Oversubscribed;
    let letter = matrix::letter(cell.verdict).filter(|_| !said);
    let marks: String = letter.into_iter().chain(cell.is_noisy().then_some(matrix::NOISY)).collect();
    let quick = if cell.quick { " quick" } else { "" };
    if marks.is_empty() { format!("{text}{quick}") } else { format!("{text} [{marks}]{quick}") }
}

/// What the marks of these cells mean, as a sentence; empty when there are none.
fn legend<'c>(cells: impl Iterator<Item = &'c Cell>, usable: usize) -> String {
    let mut words = BTreeSet::new();
    for cell in cells {
        let over = cell.threads > usable;
        if over {
            words.insert(format!("* = more threads than the {usable} usable CPUs"));
        }
        if let Some(letter) = matrix::letter(cell.verdict).filter(|_| !over || cell.verdict != Verdict::Oversubscribed)
        {
            words.insert(format!("[{letter}] = {}", cell.verdict.id()));
        }
        if cell.is_noisy() {
            words.insert(format!("[{}] = noisy", matrix::NOISY));
        }
    }
    let words: Vec<String> = words.into_iter().collect();
    if words.is_empty() { String::new() } else { format!(" {}.", words.join("; ")) }
}

/// The tables of a machine: the same increment everywhere, then the model beside the interpreters. None
/// when its interpreters were not measured.
pub fn sheets(machine: &Machine) -> Vec<Sheet> {
    Found::of(machine).map_or(Vec::new(), |found| tables(&found))
}

fn tables(found: &Found) -> Vec<Sheet> {
    let mut all = vec![ladder::sheet(found), beside::by_version(found), beside::by_interval(found)];
    all.retain(|sheet| !sheet.rows.is_empty());
    all
}

/// How far the interpreters and their model agree, and a line for each of those that do not.
pub fn agreement(machine: &Machine) -> (String, Vec<String>) {
    let compared = comparisons(machine);
    (beside::summary(&compared), beside::disagreements(&compared))
}

/// The section for the terminal; empty when the machine's interpreters were not measured.
pub fn terminal(machine: &Machine) -> String {
    let Some(found) = Found::of(machine) else { return String::new() };
    let mut out = format!("{}: from Python to here\n", machine.card.id);
    for sheet in tables(&found) {
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

/// The section as Markdown; empty when the machine's interpreters were not measured.
pub fn markdown(machine: &Machine) -> String {
    let Some(found) = Found::of(machine) else { return String::new() };
    let plain = markdown::plain;
    let mut out = format!("{}: from Python to here\n\n", plain(&machine.card.id));
    for sheet in tables(&found) {
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

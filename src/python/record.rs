//! The recorded cells of interpreters and models: the cells of the bench `interpreters` on one machine.

mod version;

use std::collections::{BTreeMap, BTreeSet};

use crate::figure;
use crate::results::text::shown;
use crate::results::{Cell, LossRate, Machine};
use crate::round::Verdict;
use crate::workload::{Load, in_order};

pub use version::Version;
pub(crate) use version::natural;

/// The bench whose cells these are.
pub const BENCH: &str = "interpreters";

/// The family of the models of CPython's lock.
pub const MODEL: &str = "gil";

/// The longest label that a table shows, in characters.
const LABEL: usize = 48;

/// A way to count in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The id of its subject, such as `py_plain`.
    pub subject: &'static str,
    /// The increment, as it is written in Python.
    pub code: &'static str,
    /// The last word of its model's id, if it has one: `plain` in `gil_3_9_plain`.
    pub model: Option<&'static str>,
}

/// The ways that are shown for each interpreter. The first is the loop without an increment.
pub const WAYS: [Way; 4] = [
    Way { subject: "py_none", code: "the loop alone", model: None },
    Way { subject: "py_plain", code: "self.val += 1", model: Some("plain") },
    Way { subject: "py_int_conversion", code: "self.val += int(1)", model: Some("int") },
    Way { subject: "py_lock", code: "with lock: self.val += 1", model: Some("lock") },
];

/// An interpreter that the record has cells of.
#[derive(Clone, Debug)]
pub struct RecordedInterpreter<'m> {
    /// Its variant, such as `cpython_3_9_18`.
    pub variant: &'m str,
    /// Its name for people.
    pub label: String,
    /// The version that the variant names.
    pub version: Version,
}

/// The cells of the bench `interpreters` on one machine.
pub struct Record<'m> {
    pub(crate) machine: &'m Machine,
    /// From old to new; a free-threaded build comes after the other builds of its version.
    pub(crate) interpreters: Vec<RecordedInterpreter<'m>>,
    /// Ids of the models.
    pub(crate) models: Vec<&'m str>,
    /// By subject, variant, threads and level. Where several placements were measured, the first.
    cells: BTreeMap<(&'m str, &'m str, usize, &'m str), &'m Cell>,
}

impl<'m> Record<'m> {
    /// The record of a machine; `None` when the bench was not measured there.
    pub fn of(machine: &'m Machine) -> Option<Record<'m>> {
        let mut cells = BTreeMap::<_, &'m Cell>::new();
        let mut labels = BTreeMap::new();
        let mut models = BTreeSet::new();
        // A watched thread loses otherwise: what is said of an interpreter is said of one that nobody watches.
        let watched = |cell: &Cell| Load::of(&cell.key.level).and_then(Load::watch).is_some();
        for cell in machine.cells.iter().filter(|cell| cell.key.bench == BENCH && !watched(cell)) {
            let key = (cell.key.subject.as_str(), cell.key.variant.as_str(), cell.key.threads, cell.key.level.as_str());
            let known = cells.entry(key).or_insert(cell);
            if cell.key.placement < known.key.placement {
                *known = cell;
            }
            if cell.facts.family == MODEL {
                models.insert((natural(&cell.key.subject), cell.key.subject.as_str()));
            } else if !cell.key.variant.is_empty() {
                labels.entry(cell.key.variant.as_str()).or_insert(cell.facts.label.as_str());
            }
        }
        if labels.is_empty() && models.is_empty() {
            return None;
        }
        let one =
            |(variant, label)| RecordedInterpreter { variant, label: short(label), version: Version::of(variant) };
        let mut interpreters: Vec<RecordedInterpreter<'m>> = labels.into_iter().map(one).collect();
        interpreters.sort_by(|a, b| (&a.version, a.variant).cmp(&(&b.version, b.variant)));
        let models = models.into_iter().map(|(_, id)| id).collect();
        Some(Record { machine, interpreters, models, cells })
    }

    pub(crate) fn at(&self, subject: &str, variant: &str, threads: usize, level: &str) -> Option<&'m Cell> {
        self.cells.get(&(subject, variant, threads, level)).copied()
    }

    /// Any cell of a model.
    pub(crate) fn any_of(&self, model: &str) -> Option<&'m Cell> {
        self.cells.values().copied().find(|cell| cell.key.subject == model && cell.facts.family == MODEL)
    }

    /// The model of a way in an interpreter, if it was measured.
    pub(crate) fn model(&self, interpreter: &RecordedInterpreter, way: &Way) -> Option<&'m str> {
        let wanted = interpreter.version.models(way.model?);
        wanted.iter().find_map(|id| self.models.iter().copied().find(|model| model == id))
    }

    /// Thread counts, ascending.
    pub(crate) fn threads(&self) -> Vec<usize> {
        let all: BTreeSet<usize> = self.cells.keys().map(|(_, _, threads, _)| *threads).collect();
        all.into_iter().collect()
    }

    /// Thread counts above 1, ascending: one thread alone loses nothing.
    pub(crate) fn racing_threads(&self) -> impl Iterator<Item = usize> + use<> {
        self.threads().into_iter().filter(|&n| n > 1)
    }

    /// Levels, the longest switch interval first.
    pub(crate) fn levels(&self) -> Vec<&'m str> {
        in_order(self.cells.keys().map(|(.., level)| *level))
    }

    /// The longest switch interval at which a subject was measured in a variant.
    pub(crate) fn level_of(&self, subject: &str, variant: &str) -> Option<&'m str> {
        let own = |key: &&(&str, &str, usize, &str)| key.0 == subject && key.1 == variant;
        in_order(self.cells.keys().filter(own).map(|(.., level)| *level)).first().copied()
    }
}

/// A foreign text as a table shows it.
pub(crate) fn short(text: &str) -> String {
    let text = shown(text);
    if text.chars().count() <= LABEL { text } else { text.chars().take(LABEL).chain(['…']).collect() }
}

/// A level's switch interval in words, or its id.
pub(crate) fn interval(level: &str) -> String {
    let known = Load::of(level).and_then(Load::switch_interval);
    known.map_or_else(|| level.to_owned(), figure::duration)
}

/// Whether a cell that lost nothing shows that nothing can be lost. Threads that hardly met, or met only for a moment,
/// do not show it; nor do the two rounds of unequal length that `--quick` takes.
pub(crate) fn decisive(cell: &Cell) -> bool {
    !matches!(cell.facts.verdict, Verdict::Short | Verdict::Serialised) && !cell.facts.quick
}

/// The share of updates that were lost, and in brackets the least and the most that one round lost.
pub(crate) fn loss(rate: LossRate) -> String {
    let [pooled, min, max] = [rate.pooled, rate.min, rate.max].map(figure::percent);
    if min == max { pooled } else { format!("{pooled} ({min} to {max})") }
}

#[cfg(test)]
pub(crate) mod tests;

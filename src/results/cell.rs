//! One record: what one Criterion benchmark measured.

use serde::{Deserialize, Serialize};

use super::Figures;
use crate::counter::Grade;
use crate::noise::Kind;
use crate::round::Verdict;
use crate::workload::Placement;

/// What tells one cell from another. Cells are merged, sorted and compared by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The bench, such as `counters`.
    pub bench: String,
    /// What was measured, such as `fetch_add`.
    pub subject: String,
    /// A further id where the bench needs one, else empty.
    #[serde(default)]
    pub variant: String,
    /// Counting threads.
    pub threads: usize,
    /// The bench's own load id, such as `saturated`.
    pub level: String,
    /// Where the threads were put.
    pub placement: Placement,
}

/// What is known of a cell besides its key and its figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The text for people.
    pub label: String,
    /// The counter's family.
    pub family: String,
    /// What the counter promises.
    pub grade: Grade,
    /// Whether the figures can be trusted, and if not, why.
    pub verdict: Verdict,
    /// Taken with `--quick`: two rounds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quick: bool,
    /// Id of the run; on disk it stands once, at the top of the run's file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// When the cell ended: UTC, RFC 3339.
    pub recorded: String,
}

/// What one benchmark measured. In a file the fields of all three parts stand side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// What tells it from other cells.
    #[serde(flatten)]
    pub key: Key,
    /// What else is known of it.
    #[serde(flatten)]
    pub facts: Facts,
    /// What was measured.
    #[serde(flatten)]
    pub figures: Figures,
    /// Fields that a later version added: carried along, so that no version loses them.
    #[serde(flatten)]
    pub later: serde_json::Map<String, serde_json::Value>,
}

/// Whether `text` is an id: 1 to 64 of `[a-z0-9_]`.
pub fn is_id(text: &str) -> bool {
    let one = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(one)
}

impl Cell {
    /// A cell of `key` with no figure at all, labelled as its subject.
    pub fn blank(key: Key, family: String, grade: Grade, verdict: Verdict) -> Cell {
        let facts = Facts {
            label: key.subject.clone(),
            family,
            grade,
            verdict,
            quick: false,
            run: String::new(),
            recorded: String::new(),
        };
        Cell { key, facts, figures: Figures::default(), later: Default::default() }
    }

    /// The cell after `change`.
    ///
    /// ```
    /// # use miscount::results::Cell;
    /// # fn louder(cell: Cell) -> Cell {
    /// cell.with(|cell| cell.figures.jain = Some(1.0))
    /// # }
    /// ```
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Cell)) -> Cell {
        change(&mut self);
        self
    }

    /// What disturbed it too much, by name; empty also when nothing is known of it.
    pub fn too_noisy(&self) -> Vec<Kind> {
        // Threads that nobody tied to CPUs share them, as those beyond the CPUs do.
        let queue = matches!(self.facts.verdict, Verdict::Oversubscribed | Verdict::Unpinned);
        self.figures.noise.map(|noise| noise.too_much(queue)).unwrap_or_default()
    }

    /// Whether the machine was too busy with other things, or changed its speed.
    pub fn is_noisy(&self) -> bool {
        !self.too_noisy().is_empty()
    }

    /// Says what makes the cell impossible, if anything does: a figure that is not finite or out
    /// of its range, a count that does not add up, an id that is none.
    pub fn fault(&self) -> Option<String> {
        for (what, id) in [
            ("bench", &self.key.bench),
            ("subject", &self.key.subject),
            ("family", &self.facts.family),
            ("level", &self.key.level),
        ] {
            if !is_id(id) {
                return Some(format!("{what} {id:?} is not an id ([a-z0-9_], 1 to 64)"));
            }
        }
        if !self.key.variant.is_empty() && !is_id(&self.key.variant) {
            return Some(format!("variant {:?} is not an id", self.key.variant));
        }
        if !(1..=1_000_000).contains(&self.key.threads) {
            return Some(format!("{} threads cannot be", self.key.threads));
        }
        self.figures.fault()
    }
}

#[cfg(test)]
mod tests;

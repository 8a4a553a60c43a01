//! How far runs of one row lie apart on an unchanged machine.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::machine::Run;
use crate::rank::is_usable;
use crate::rank::resolution::like;
use crate::results::cell::Key;
use crate::results::{Machine, PastRun};
use crate::stats::significance::Z95;

/// Fewest runs of a row that give a spread of its own.
const ENOUGH: usize = 3;
/// Degrees of freedom of the spread before a row's own runs. They are few: a null study has few rows, and other rows
/// behave differently (one of them differed 1.8 times between two sweeps right after each other).
const BEFORE: f64 = 2.0;
/// Spread of machines without a null study, at 1 thread, at more, and oversubscribed: 95 % of the pairs of runs differ
/// by less, as the logarithm of their ratio. The values are the worst of the study of a virtual machine with two CPUs,
/// rounded up. Oversubscribed threads were not studied; the scheduler may make them twice as slow.
const FALLBACK: [f64; 3] = [0.075, 0.4, 0.7];

/// Source of a spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Three or more runs of the row, combined with the null study or its fallback.
    History,
    /// The machine's null study.
    NullStudy,
    /// Another machine's null study.
    Fallback,
}

impl Source {
    /// Its text.
    pub fn text(self) -> &'static str {
        match self {
            Source::History => "history",
            Source::NullStudy => "null study",
            Source::Fallback => "fallback",
        }
    }
}

/// Spread of the logarithm of a row's time from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Its variance.
    pub variance: f64,
    /// Degrees of freedom: how well the variance is known.
    pub freedom: f64,
    /// Its source.
    pub source: Source,
}

/// The spreads of a machine's rows.
pub(super) struct Spreads<'m> {
    machine: &'m Machine,
    /// Logarithms of a row's times, one for each run.
    logs: HashMap<Key, Vec<f64>>,
}

impl<'m> Spreads<'m> {
    /// `history` is every run of the machine. The compared runs are left out, since the question is whether they
    /// differ; so are runs of another build, which may differ for that reason.
    pub(super) fn new(machine: &'m Machine, history: &[PastRun], compared: &[&Machine]) -> Spreads<'m> {
        let cells = compared.iter().flat_map(|m| &m.cells);
        let taken: HashSet<(&str, &Key)> = cells.map(|cell| (cell.facts.run.as_str(), &cell.key)).collect();
        let builds: Vec<&Run> = compared.iter().flat_map(|m| m.runs.values()).collect();
        let is_known = |past: &PastRun| builds.iter().any(|run| is_same_build(run, &past.run));
        let mut logs = HashMap::<Key, Vec<f64>>::new();
        for past in history.iter().filter(|past| is_known(past)) {
            for cell in &past.cells {
                let usable =
                    !cell.facts.quick && is_usable(machine, cell) && !taken.contains(&(past.id.as_str(), &cell.key));
                if let Some(ns) = cell.figures.ns_per_op_per_thread.filter(|ns| usable && ns.median > 0.0) {
                    logs.entry(cell.key.clone()).or_default().push(ns.median.ln());
                }
            }
        }
        Spreads { machine, logs }
    }

    /// The spread of a row.
    pub(super) fn of(&self, key: &Key) -> Spread {
        let (between, source) = self.before(&key.level, key.threads);
        // `between` is the 95 % limit of the difference of two runs; one run has half the variance.
        let before = (between / Z95).powi(2) / 2.0;
        match self.logs.get(key).filter(|logs| logs.len() >= ENOUGH) {
            None => Spread { variance: before, freedom: BEFORE, source },
            Some(logs) => {
                let (own, freedom) = (variance(logs), (logs.len() - 1) as f64);
                let both = (BEFORE * before + freedom * own) / (BEFORE + freedom);
                // A few runs that agree by chance do not show that a row is steady; a few runs that disagree do not
                // show that it is not.
                Spread { variance: both.max(own), freedom: BEFORE + freedom, source: Source::History }
            }
        }
    }

    /// The spread of the level, before the row's own runs.
    fn before(&self, level: &str, threads: usize) -> (f64, Source) {
        let [one, more, over] = FALLBACK;
        let level = like(level);
        let studied = || self.machine.resolution.iter().filter(|r| r.level == level && r.between_log.is_some());
        let below = studied().filter(|r| r.threads <= threads).max_by_key(|r| r.threads);
        // One thread tells nothing of several.
        let own = below.filter(|r| (r.threads == 1) == (threads == 1)).and_then(|r| r.between_log);
        match own {
            _ if threads > self.machine.card.usable_cpus => (own.unwrap_or(0.0).max(over), Source::Fallback),
            Some(own) => (own, Source::NullStudy),
            None if threads == 1 => (one, Source::Fallback),
            None => (more, Source::Fallback),
        }
    }
}

fn is_same_build(a: &Run, b: &Run) -> bool {
    (&a.rustc, &a.flags, &a.kernel, &a.version) == (&b.rustc, &b.flags, &b.kernel, &b.version)
}

fn variance(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0)
}

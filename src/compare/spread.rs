//! How far apart two runs of one row are on a machine on which nothing changed.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::machine::Run;
use crate::rank::is_usable;
use crate::rank::resolution::like;
use crate::results::cell::Key;
use crate::results::{Machine, PastRun};
use crate::stats::significance::Z95;

/// Runs of a row that say something of its own spread.
const ENOUGH: usize = 3;
/// Degrees of freedom of what is known before a row's own runs: few, since a null study has few rows, and others
/// are not like them (one that it does not have differed 1.8 times between two sweeps right after each other).
const BEFORE: f64 = 2.0;
/// 95 % of the pairs of runs are no further apart than this, as the logarithm of their ratio, at 1 thread, at
/// more, and oversubscribed: for machines without a null study. The worst that the study of a virtual machine
/// with two CPUs found, rounded up; oversubscribed threads were not studied, and the scheduler may make them
/// twice as slow.
const FALLBACK: [f64; 3] = [0.075, 0.4, 0.7];

/// Where a spread comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Three runs or more of the row, and the null study or its stand-in before them.
    History,
    /// The machine's null study.
    NullStudy,
    /// What another machine's null study found.
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

/// How the logarithm of a row's time scatters from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Its variance.
    pub variance: f64,
    /// Degrees of freedom: how well the variance is known.
    pub freedom: f64,
    /// Where it comes from.
    pub source: Source,
}

/// The spreads of a machine's rows.
pub(super) struct Spreads<'m> {
    machine: &'m Machine,
    /// The logarithms of a row's times, run by run.
    logs: HashMap<Key, Vec<f64>>,
}

impl<'m> Spreads<'m> {
    /// `history` is every run of the machine; the runs that are compared say nothing here, for what is asked
    /// is whether they differ, and runs of another build may differ for that.
    pub(super) fn new(machine: &'m Machine, history: &[PastRun], compared: &[&Machine]) -> Spreads<'m> {
        let cells = compared.iter().flat_map(|m| &m.cells);
        let taken: HashSet<(&str, Key)> = cells.map(|cell| (cell.run.as_str(), cell.key())).collect();
        let builds: Vec<&Run> = compared.iter().flat_map(|m| m.runs.values()).collect();
        let is_known = |past: &PastRun| builds.iter().any(|run| is_same_build(run, &past.run));
        let mut logs = HashMap::<Key, Vec<f64>>::new();
        for past in history.iter().filter(|past| is_known(past)) {
            for cell in &past.cells {
                let usable = !cell.quick && is_usable(machine, cell) && !taken.contains(&(&past.id, cell.key()));
                if let Some(ns) = cell.ns_per_op_per_thread.filter(|ns| usable && ns.median > 0.0) {
                    logs.entry(cell.key()).or_default().push(ns.median.ln());
                }
            }
        }
        Spreads { machine, logs }
    }

    /// The spread of a row.
    pub(super) fn of(&self, key: &Key) -> Spread {
        let (between, source) = self.before(&key.level, key.threads);
        // Of the difference of two runs that makes `between` its 95 %, one run has half the variance.
        let before = (between / Z95).powi(2) / 2.0;
        match self.logs.get(key).filter(|logs| logs.len() >= ENOUGH) {
            None => Spread { variance: before, freedom: BEFORE, source },
            Some(logs) => {
                let (own, freedom) = (variance(logs), (logs.len() - 1) as f64);
                let both = (BEFORE * before + freedom * own) / (BEFORE + freedom);
                // A few runs that agree by chance do not show that a row is steady; a few that do not show
                // that it is not.
                Spread { variance: both.max(own), freedom: BEFORE + freedom, source: Source::History }
            }
        }
    }

    /// What is known of the level before the row's own runs are looked at.
    fn before(&self, level: &str, threads: usize) -> (f64, Source) {
        let [one, more, over] = FALLBACK;
        let level = like(level);
        let studied = || self.machine.resolution.iter().filter(|r| r.level == level && r.between_log.is_some());
        let below = studied().filter(|r| r.threads <= threads).max_by_key(|r| r.threads);
        // What one thread shows says nothing of several.
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

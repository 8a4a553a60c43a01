//! One line of a file of `history/`: a cell, less what no comparison asked for.

use serde::Deserialize;

use crate::counter::Grade;
use crate::hazard::Anomalies;
use crate::results::cell::Key;
use crate::results::{Cell, Distance, Holding, Interval, LossRate, Reading, Rounds};
use crate::round::Verdict;
use crate::workload::Placement;

/// A cell, less what no comparison asks for.
#[derive(Deserialize)]
pub(super) struct Line {
    /// Bench, subject, variant, threads, level, placement.
    pub(super) key: (String, String, String, usize, String, Placement),
    pub(super) family: String,
    pub(super) grade: Grade,
    pub(super) verdict: Verdict,
    /// Gross ns/op per thread: low, median, high.
    #[serde(default)]
    pub(super) ns: Option<Three>,
    /// Net ns/op, likewise.
    #[serde(default)]
    pub(super) net: Option<Three>,
    /// Loss rates: least, median, most, pooled.
    #[serde(default)]
    pub(super) loss: Option<[f64; 4]>,
    #[serde(default)]
    pub(super) anomalies: Option<Anomalies>,
    /// Of a lock around work: critical section, parallel section, hand-off rate; overhead.
    #[serde(default)]
    pub(super) held: Option<([f64; 3], Option<Three>)>,
    /// Of a mix: share of reads; ns per read; ns per write.
    #[serde(default)]
    pub(super) mix: Option<(f64, Option<Three>, Option<Three>)>,
    #[serde(default)]
    pub(super) rounds: Option<Rounds>,
    #[serde(default)]
    pub(super) distances: Vec<Distance>,
    #[serde(default)]
    pub(super) quick: bool,
}

/// Low, median, high.
pub(super) type Three = [f64; 3];

fn interval([low, median, high]: Three) -> Interval {
    Interval { low, median, high }
}

impl Line {
    pub(super) fn cell(self, run: &str, recorded: &str) -> Cell {
        let (bench, subject, variant, threads, level, placement) = self.key;
        let key = Key { bench, subject, variant, threads, level, placement };
        Cell::blank(key, self.family, self.grade, self.verdict).with(|c| {
            c.figures.loss_rate = self.loss.map(|[min, median, max, pooled]| LossRate { min, median, max, pooled });
            c.figures.anomalies = self.anomalies;
            c.figures.ns_per_op_per_thread = self.ns.map(interval);
            c.figures.net_ns_per_op = self.net.map(interval);
            c.figures.holding = self.held.map(|([critical_ns, parallel_ns, hand_off_rate], overhead)| Holding {
                critical_ns,
                parallel_ns,
                overhead_ns: overhead.map(interval),
                hand_off_rate,
            });
            c.figures.reading = self.mix.map(|(share, read, write)| Reading {
                share,
                read_ns: read.map(interval),
                write_ns: write.map(interval),
                longest_write_ns: None,
                error: None,
            });
            c.figures.rounds = self.rounds;
            c.figures.distances = self.distances;
            c.facts.quick = self.quick;
            c.facts.run = run.to_owned();
            c.facts.recorded = recorded.to_owned();
        })
    }
}

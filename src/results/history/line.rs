//! One line of a history file: a cell, less what no comparison asks for.

use serde::{Deserialize, Serialize};

use crate::counter::Grade;
use crate::hazard::Anomalies;
use crate::results::cell::Key;
use crate::results::{Cell, Distance, Holding, Interval, LossRate, Reading, Rounds};
use crate::round::Verdict;
use crate::workload::Placement;

/// Significant digits of a figure.
const DIGITS: usize = 6;

/// A cell, less what no comparison asks for.
#[derive(Serialize, Deserialize)]
pub(super) struct Line {
    /// Bench, subject, variant, threads, level, placement.
    pub(super) key: (String, String, String, usize, String, Placement),
    pub(super) family: String,
    pub(super) grade: Grade,
    pub(super) verdict: Verdict,
    /// Gross ns/op per thread: low, median, high.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ns: Option<Three>,
    /// Net ns/op, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) net: Option<Three>,
    /// Loss rates: least, median, most, pooled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) loss: Option<[f64; 4]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) anomalies: Option<Anomalies>,
    /// Of a lock around work: critical section, parallel section, hand-off rate; overhead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) held: Option<([f64; 3], Option<Three>)>,
    /// Of a mix: share of reads; ns per read; ns per write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mix: Option<(f64, Option<Three>, Option<Three>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rounds: Option<Rounds>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) distances: Vec<Distance>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) quick: bool,
}

/// Low, median, high.
pub(super) type Three = [f64; 3];

/// The figure with so many digits that no interval is moved by what is cut off.
fn short(x: f64) -> f64 {
    let rounded = format!("{x:.*e}", DIGITS - 1).parse().unwrap_or(x);
    // A share that is almost 1 is not 1.
    if rounded == 1.0 { x } else { rounded }
}

fn interval([low, median, high]: Three) -> Interval {
    Interval { low, median, high }
}

impl Line {
    pub(super) fn of(cell: &Cell) -> Line {
        let three = |i: Interval| [i.low, i.median, i.high].map(short);
        let Key { bench, subject, variant, threads, level, placement } = cell.key();
        Line {
            key: (bench, subject, variant, threads, level, placement),
            family: cell.family.clone(),
            grade: cell.grade,
            verdict: cell.verdict,
            ns: cell.ns_per_op_per_thread.map(three),
            net: cell.net_ns_per_op.map(three),
            loss: cell.loss_rate.map(|l| [l.min, l.median, l.max, l.pooled].map(short)),
            anomalies: cell.anomalies.clone(),
            held: cell
                .holding
                .map(|h| ([h.critical_ns, h.parallel_ns, h.hand_off_rate].map(short), h.overhead_ns.map(three))),
            mix: cell.reading.map(|r| (short(r.share), r.read_ns.map(three), r.write_ns.map(three))),
            rounds: cell.rounds.clone(),
            distances: cell.distances.clone(),
            quick: cell.quick,
        }
    }

    pub(super) fn cell(self, run: &str, recorded: &str) -> Cell {
        let (bench, subject, variant, threads, level, placement) = self.key;
        let key = Key { bench, subject, variant, threads, level, placement };
        Cell {
            loss_rate: self.loss.map(|[min, median, max, pooled]| LossRate { min, median, max, pooled }),
            anomalies: self.anomalies,
            ns_per_op_per_thread: self.ns.map(interval),
            net_ns_per_op: self.net.map(interval),
            holding: self.held.map(|([critical_ns, parallel_ns, hand_off_rate], overhead)| Holding {
                critical_ns,
                parallel_ns,
                overhead_ns: overhead.map(interval),
                hand_off_rate,
            }),
            reading: self.mix.map(|(share, read, write)| Reading {
                share,
                read_ns: read.map(interval),
                write_ns: write.map(interval),
                longest_write_ns: None,
                error: None,
            }),
            rounds: self.rounds,
            distances: self.distances,
            quick: self.quick,
            run: run.to_owned(),
            recorded: recorded.to_owned(),
            ..Cell::blank(key, self.family, self.grade, self.verdict)
        }
    }
}

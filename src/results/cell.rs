//! One record: what one Criterion benchmark measured.

use serde::{Deserialize, Serialize};

use super::contention::{Holding, Reading, Shares, Transfer, Waits};
use super::noise::{Kind, Noise};
use super::outcomes::Outcomes;
use super::rounds::{self, Distance, Rounds};
use crate::counter::{Grade, Info};
use crate::hazard::Anomalies;
use crate::round::Verdict;
use crate::round::summary::Summary;
use crate::workload::Placement;

/// What tells one cell from another. Cells are merged, sorted and compared by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The bench, such as `counters`.
    pub bench: String,
    /// What was measured, such as `fetch_add`.
    pub subject: String,
    /// A further id where the bench needs one, else empty.
    pub variant: String,
    /// Counting threads.
    pub threads: usize,
    /// The bench's own load id, such as `saturated`.
    pub level: String,
    /// Where the threads were put.
    pub placement: Placement,
}

/// A 95 % interval and its middle, all in one unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// The median round.
    pub median: f64,
    /// Upper end.
    pub high: f64,
}

/// Loss rates of a cell's rounds, each in `[0, 1]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossRate {
    /// The round that lost least.
    pub min: f64,
    /// The median round.
    pub median: f64,
    /// The round that lost most.
    pub max: f64,
    /// All lost by all attempted.
    pub pooled: f64,
}

/// Overlap of a cell's rounds; at most 1, negative when the threads never met.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// The median round.
    pub median: f64,
    /// The worst round.
    pub min: f64,
}

/// What one benchmark measured. A figure that was not measured is absent, never 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The bench, such as `counters`.
    pub bench: String,
    /// What was measured, such as `fetch_add`.
    pub subject: String,
    /// A further id where the bench needs one, else empty.
    #[serde(default)]
    pub variant: String,
    /// The text for people.
    pub label: String,
    /// The counter's family.
    pub family: String,
    /// What the counter promises.
    pub grade: Grade,
    /// Counting threads.
    pub threads: usize,
    /// The bench's own load id.
    pub level: String,
    /// Where the threads were put.
    pub placement: Placement,
    /// Whether the figures can be trusted, and if not, why.
    pub verdict: Verdict,
    /// Increments completed, over all kept rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempted: Option<u64>,
    /// What the counters held afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<u64>,
    /// `attempted - kept`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<u64>,
    /// `lost / attempted`, by round and pooled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_rate: Option<LossRate>,
    /// What was seen to go wrong, where the subject is no counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anomalies: Option<Anomalies>,
    /// What one increment costs the thread that makes it: threads x wall / attempted, in ns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ns_per_op_per_thread: Option<Interval>,
    /// The same less that of `none` in the same run; sign kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net_ns_per_op: Option<Interval>,
    /// Attempted per second of wall time, the median round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<f64>,
    /// Kept per second of wall time, the median round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goodput: Option<f64>,
    /// How much of each round all threads were counting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Overlap>,
    /// Jain's fairness index; only from a time-stopped pass of at least a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jain: Option<f64>,
    /// Rounds behind the figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds_kept: Option<usize>,
    /// Rounds run for them, retried ones included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds_tried: Option<usize>,
    /// Median wall time of a kept round, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_ms: Option<f64>,
    /// Mean think time drawn between two increments, in ns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub achieved_think_ns: Option<f64>,
    /// CPU time of the whole process per increment, helpers included, in ns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ns_per_op: Option<f64>,
    /// What a lock cost around work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holding: Option<Holding>,
    /// The least and the greatest share, beside `jain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares: Option<Shares>,
    /// How long acquiring took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<Waits>,
    /// Reads and writes told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// Which CPUs passed a cache line to each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// What came of a litmus test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<Outcomes>,
    /// What else went on meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
    /// What is kept of each round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<Rounds>,
    /// The figures by the distance of the CPUs, the nearest first; empty where all rounds had one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distances: Vec<Distance>,
    /// CPU ids the threads were seen on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cpus_seen: Vec<usize>,
    /// Taken with `--quick`: two rounds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quick: bool,
    /// Id of the run; on disk it stands once, at the top of the run's file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// When the cell ended: UTC, RFC 3339.
    pub recorded: String,
    /// Fields that a later version added: carried along, so that merging loses nothing.
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
        let Key { bench, subject, variant, threads, level, placement } = key;
        Cell {
            label: subject.clone(),
            bench,
            subject,
            variant,
            family,
            grade,
            threads,
            level,
            placement,
            verdict,
            attempted: None,
            kept: None,
            lost: None,
            loss_rate: None,
            anomalies: None,
            ns_per_op_per_thread: None,
            net_ns_per_op: None,
            throughput: None,
            goodput: None,
            overlap: None,
            jain: None,
            rounds_kept: None,
            rounds_tried: None,
            sample_ms: None,
            achieved_think_ns: None,
            cpu_ns_per_op: None,
            holding: None,
            shares: None,
            waits: None,
            reading: None,
            transfer: None,
            outcomes: None,
            noise: None,
            rounds: None,
            distances: Vec::new(),
            cpus_seen: Vec::new(),
            quick: false,
            run: String::new(),
            recorded: String::new(),
            later: Default::default(),
        }
    }

    /// A cell of `key` with the figures of so many `rounds`.
    pub(crate) fn of(key: Key, info: &Info, anomaly: Option<&str>, summary: Summary, rounds: usize) -> Cell {
        let Summary { attempted, kept, anomalies, chances, .. } = summary;
        let seen = anomalies.zip(anomaly);
        Cell {
            attempted: Some(attempted),
            kept,
            lost: kept.map(|kept| attempted - kept),
            loss_rate: summary.loss_rate,
            anomalies: seen.map(|(seen, kind)| Anomalies {
                kind: kind.to_owned(),
                seen,
                of: chances.unwrap_or(attempted),
            }),
            ns_per_op_per_thread: Some(summary.ns_per_op_per_thread),
            throughput: Some(summary.throughput),
            goodput: summary.goodput,
            overlap: Some(summary.overlap),
            rounds_kept: Some(rounds),
            sample_ms: Some(summary.sample_ms),
            achieved_think_ns: summary.achieved_think_ns,
            cpu_ns_per_op: summary.cpu_ns_per_op,
            cpus_seen: summary.cpus_seen,
            ..Cell::blank(key, info.family.to_owned(), info.grade, summary.verdict)
        }
    }

    /// The cell's key.
    pub fn key(&self) -> Key {
        Key {
            bench: self.bench.clone(),
            subject: self.subject.clone(),
            variant: self.variant.clone(),
            threads: self.threads,
            level: self.level.clone(),
            placement: self.placement,
        }
    }

    /// What disturbed it too much, by name; empty also when nothing is known of it.
    pub fn too_noisy(&self) -> Vec<Kind> {
        // Threads that nobody tied to CPUs share them, as those beyond the CPUs do.
        let queue = matches!(self.verdict, Verdict::Oversubscribed | Verdict::Unpinned);
        self.noise.map(|noise| noise.too_much(queue)).unwrap_or_default()
    }

    /// Whether the machine was too busy with other things, or changed its speed.
    pub fn is_noisy(&self) -> bool {
        !self.too_noisy().is_empty()
    }

    /// Says what makes the cell impossible, if anything does: a figure that is not finite or out
    /// of its range, a count that does not add up, an id that is none.
    pub fn fault(&self) -> Option<String> {
        for (what, id) in
            [("bench", &self.bench), ("subject", &self.subject), ("family", &self.family), ("level", &self.level)]
        {
            if !is_id(id) {
                return Some(format!("{what} {id:?} is not an id ([a-z0-9_], 1 to 64)"));
            }
        }
        if !self.variant.is_empty() && !is_id(&self.variant) {
            return Some(format!("variant {:?} is not an id", self.variant));
        }
        if !(1..=1_000_000).contains(&self.threads) {
            return Some(format!("{} threads cannot be", self.threads));
        }
        match (self.attempted, self.kept, self.lost) {
            (Some(attempted), Some(kept), Some(lost)) if kept.checked_add(lost) != Some(attempted) => {
                return Some(format!("kept {kept} + lost {lost} is not attempted {attempted}"));
            }
            (None, Some(_), _) | (None, _, Some(_)) => return Some("kept or lost without attempted".into()),
            _ => {}
        }
        if let Some(anomalies) = self.anomalies.as_ref().filter(|a| a.kind.len() > 64) {
            return Some(format!("an anomaly of a kind of {} bytes", anomalies.kind.len()));
        }
        if let Some(Transfer { cpus: [a, b], .. }) = self.transfer.filter(|t| t.cpus[0] >= t.cpus[1] || t.pairs > t.of)
        {
            return Some(format!("a transfer between CPU {a} and CPU {b} cannot be"));
        }
        if let Some(fault) = self.outcomes.as_ref().and_then(Outcomes::fault) {
            return Some(fault);
        }
        let shares = self.shares.iter().flat_map(|s| [s.min, s.max]);
        let shares = shares.chain(self.holding.map(|h| h.hand_off_rate)).chain(self.reading.map(|r| r.share));
        if let Some(bad) = shares.chain(self.jain).find(|x| !(0.0..=1.0).contains(x)) {
            return Some(format!("a share of {bad} cannot be"));
        }
        if let Some(fault) = self.noise.and_then(|noise| noise.fault()) {
            return Some(fault);
        }
        if let Some(fault) = self.rounds.as_ref().and_then(Rounds::fault).or_else(|| rounds::fault(&self.distances)) {
            return Some(fault);
        }
        let rate = self.loss_rate.map(|l| [l.min, l.median, l.max, l.pooled]);
        if let Some(bad) = rate.into_iter().flatten().find(|r| !(0.0..=1.0).contains(r)) {
            return Some(format!("a loss rate of {bad} cannot be"));
        }
        let interval = |i: Option<Interval>| i.into_iter().flat_map(|i| [i.low, i.median, i.high]);
        let positive = interval(self.ns_per_op_per_thread)
            .chain(self.throughput)
            .chain(self.goodput)
            .chain(self.sample_ms)
            .chain(self.achieved_think_ns)
            .chain(self.cpu_ns_per_op)
            .chain(self.jain)
            .chain(self.waits.iter().flat_map(Waits::figures))
            .chain(self.reading.iter().flat_map(Reading::figures));
        if let Some(bad) = positive.into_iter().find(|x| !(0.0..1e18).contains(x)) {
            return Some(format!("a figure of {bad} cannot be"));
        }
        let overhead = self.holding.iter().flat_map(|h| interval(h.overhead_ns).chain([h.critical_ns, h.parallel_ns]));
        let mut signed = interval(self.net_ns_per_op)
            .chain(overhead)
            .chain(self.reading.iter().flat_map(Reading::signed))
            .chain(self.overlap.into_iter().flat_map(|o| [o.median, o.min]));
        signed.find(|x| x.is_nan() || x.abs() >= 1e18).map(|bad| format!("a figure of {bad} cannot be"))
    }
}

#[cfg(test)]
mod tests;

//! The figures of a cell: all that was measured, made in one place.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::contention::{Holding, Reading, Transfer};
use super::outcomes::Outcomes;
use super::rounds::{self, Distance, Rounds};
use crate::hazard::Anomalies;
use crate::holding::{Shares, Turns, Waits};
use crate::mix::LoneWriter;
use crate::noise::Noise;
use crate::python::real::Window;
use crate::round::{LossRate, Overlap, Round, Series, nanos};
use crate::stats::{self, Interval};

/// What a cell measured. A figure that was not measured is absent, never 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
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
    /// Bytes that one counter takes, after as many threads as counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
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
    /// Who had the lock, and for how long in a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turns: Option<Turns>,
    /// How long acquiring took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<Waits>,
    /// Reads and writes told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// One thread that writes while the others read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lone_writer: Option<LoneWriter>,
    /// Which CPUs passed a cache line to each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// What came of a litmus test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<Outcomes>,
    /// How often an interpreter's threads let go between load and store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
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
}

impl Figures {
    /// The figures of a series, where an anomaly is of this kind; `None` when it has no round, or when nothing was
    /// attempted in them.
    pub fn of(series: &Series<'_>, anomaly: Option<&str>) -> Option<Figures> {
        let attempted = series.sum(|round| Some(round.attempted())).filter(|attempted| *attempted > 0)?;
        let chances = series.sum(|round| round.chances).unwrap_or(attempted);
        let anomalies = |kind: &str| {
            series.sum(|round| round.anomalies).map(|seen| Anomalies { kind: kind.to_owned(), seen, of: chances })
        };
        let kept = series.sum(|round| round.kept);
        let tallies = || series.rounds.iter().flat_map(|round| &round.tallies);
        let cpus: BTreeSet<usize> = tallies().flat_map(|tally| tally.cpus.iter().copied()).collect();
        Some(Figures {
            attempted: Some(attempted),
            kept,
            lost: kept.map(|kept| attempted - kept),
            loss_rate: LossRate::of(series),
            anomalies: anomaly.and_then(anomalies),
            ns_per_op_per_thread: Some(stats::clustered(&series.each(Round::ns_per_op_per_thread), &series.clusters)),
            throughput: series.median(|round| Some(round.throughput())),
            goodput: series.median(Round::goodput),
            overlap: Overlap::of(series),
            rounds_kept: Some(series.rounds.len()),
            sample_ms: series.median(|round| Some(nanos(round.wall()) / 1e6)),
            achieved_think_ns: series.median(Round::think_ns),
            cpu_ns_per_op: series.median(Round::cpu_ns_per_op),
            cpus_seen: cpus.into_iter().collect(),
            ..Figures::default()
        })
    }

    /// Says what makes the figures impossible, if anything does: one that is not finite or out of its range, a count
    /// that does not add up.
    pub fn fault(&self) -> Option<String> {
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
        if let Some(fault) = self.turns.as_ref().and_then(Turns::fault) {
            return Some(fault);
        }
        if let Some(fault) = self.window.and_then(|window| window.fault()) {
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
            .chain(self.reading.iter().flat_map(Reading::figures))
            .chain(self.lone_writer.iter().flat_map(LoneWriter::figures));
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
mod tests {
    use super::*;
    use crate::samples::round;

    #[test]
    fn medians_extremes_and_pooled_loss() {
        let rounds = [round(40, 100, 100), round(20, 300, 150), round(30, 100, 90)];
        let s = Figures::of(&Series::independent(rounds.iter().collect()), None).unwrap();
        assert_eq!((s.attempted, s.kept, s.lost), (Some(500), Some(340), Some(160)));
        assert_eq!(s.loss_rate, Some(LossRate { min: 0.0, median: 0.1, max: 0.5, pooled: 0.32 }));
        assert_eq!((s.sample_ms, s.rounds_kept), (Some(30.0), Some(3)));
        assert_eq!(s.ns_per_op_per_thread.unwrap().median, 300_000.0);
        assert_eq!((s.throughput, s.goodput), (Some(100.0 / 0.03), Some(90.0 / 0.03)));
        assert_eq!(s.cpu_ns_per_op, Some(300_000.0));
        assert_eq!((s.overlap, s.achieved_think_ns), (Some(Overlap { median: 1.0, min: 1.0 }), None));
        assert_eq!(s.cpus_seen, [1]);
        assert_eq!(Figures::of(&Series::default(), None), None);
        assert_eq!(Figures::of(&Series::independent(vec![&round(40, 0, 0)]), None), None);
    }

    #[test]
    fn a_control_has_no_loss() {
        let mut control = round(40, 100, 0);
        control.kept = None;
        let s = Figures::of(&Series::independent(vec![&control]), None).unwrap();
        assert_eq!((s.kept, s.loss_rate, s.goodput), (None, None, None));
    }

    #[test]
    fn anomalies_are_told_of_the_chances_there_were() {
        let seen = |chances| Round { kept: None, anomalies: Some(3), chances, ..round(40, 100, 0) };
        let of = |round: &Round, kind| Figures::of(&Series::independent(vec![round]), kind).unwrap().anomalies;
        let torn = |of| Some(Anomalies { kind: "torn pair".into(), seen: 3, of });
        assert_eq!(of(&seen(Some(7)), Some("torn pair")), torn(7));
        assert_eq!(of(&seen(None), Some("torn pair")), torn(100), "one chance an attempt");
        assert_eq!(of(&seen(None), None), None);
    }
}

//! The figures of a cell: many rounds made one.

use std::collections::BTreeMap;

use super::{Round, Verdict, nanos};
use crate::results::{Interval, LossRate, Overlap};
use crate::stats;

/// The share of kept rounds that must be valid for the cell to be.
pub const VALID_FROM: f64 = 0.8;

/// The rounds of a cell in the order in which they were run, and which of them belong together.
#[derive(Clone, Debug, Default)]
pub struct Series<'r> {
    /// The rounds.
    pub rounds: Vec<&'r Round>,
    /// The cluster of each, as [`Rounds::clusters`](crate::results::Rounds::clusters) has them.
    pub clusters: Vec<usize>,
}

impl<'r> Series<'r> {
    /// Rounds that are independent of each other.
    pub fn independent(rounds: Vec<&'r Round>) -> Series<'r> {
        Series { clusters: (0..rounds.len()).collect(), rounds }
    }

    /// One figure of each round.
    pub fn each(&self, figure: impl Fn(&Round) -> f64) -> Vec<f64> {
        self.rounds.iter().map(|round| figure(round)).collect()
    }

    /// The median of values that some of the rounds have, one a round, with its interval; `None` where none has.
    pub fn interval(&self, values: &[Option<f64>]) -> Option<Interval> {
        let known = values.iter().zip(&self.clusters).filter_map(|(value, cluster)| Some(((*value)?, *cluster)));
        let (values, clusters): (Vec<f64>, Vec<usize>) = known.unzip();
        (!values.is_empty()).then(|| stats::clustered(&values, &clusters))
    }
}

/// What a cell's kept rounds say together.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// `valid` when at least 80 % of the rounds are, else their most frequent other verdict.
    pub verdict: Verdict,
    /// Increments completed.
    pub attempted: u64,
    /// What stayed; `None` for a control.
    pub kept: Option<u64>,
    /// Anomalies seen; `None` for counters.
    pub anomalies: Option<u64>,
    /// How many there could have been, where that is not one an attempt.
    pub chances: Option<u64>,
    /// Loss by round and pooled; `None` for a control.
    pub loss_rate: Option<LossRate>,
    /// ns/op per thread.
    pub ns_per_op_per_thread: Interval,
    /// Attempted per second, the median round.
    pub throughput: f64,
    /// Kept per second, the median round.
    pub goodput: Option<f64>,
    /// Overlap over the rounds.
    pub overlap: Overlap,
    /// Median wall time, in ms.
    pub sample_ms: f64,
    /// Mean think time drawn, in ns, the median round.
    pub achieved_think_ns: Option<f64>,
    /// CPU time per increment, in ns, the median round.
    pub cpu_ns_per_op: Option<f64>,
    /// CPU ids seen, ascending.
    pub cpus_seen: Vec<usize>,
}

impl Summary {
    /// The figures of a series; `None` when it has no round, or when nothing was attempted in them.
    pub fn of(series: &Series<'_>) -> Option<Summary> {
        let rounds = &series.rounds[..];
        let attempted: u64 = rounds.iter().map(|round| round.attempted()).sum();
        if attempted == 0 {
            return None;
        }
        let each = |figure: fn(&Round) -> f64| rounds.iter().map(|round| figure(round)).collect::<Vec<f64>>();
        let all =
            |figure: fn(&Round) -> Option<f64>| rounds.iter().map(|round| figure(round)).collect::<Option<Vec<f64>>>();
        let middle = |figures: Vec<f64>| stats::median(&figures);
        let kept = rounds.iter().map(|r| r.kept).sum::<Option<u64>>();
        let overlaps = each(Round::overlap);
        let mut cpus_seen: Vec<usize> =
            rounds.iter().flat_map(|r| r.tallies.iter().flat_map(|t| t.cpus.iter().copied())).collect();
        cpus_seen.sort_unstable();
        cpus_seen.dedup();
        Some(Summary {
            verdict: verdict(rounds),
            attempted,
            kept,
            anomalies: rounds.iter().map(|round| round.anomalies).sum(),
            chances: rounds.iter().map(|round| round.chances).sum(),
            loss_rate: all(Round::loss_rate).zip(kept).map(|(rates, kept)| LossRate {
                min: rates.iter().copied().fold(1.0, f64::min),
                median: stats::median(&rates),
                max: rates.iter().copied().fold(0.0, f64::max),
                pooled: (attempted - kept) as f64 / attempted as f64,
            }),
            ns_per_op_per_thread: stats::clustered(&each(Round::ns_per_op_per_thread), &series.clusters),
            throughput: middle(each(Round::throughput)),
            goodput: all(Round::goodput).map(middle),
            overlap: Overlap { median: stats::median(&overlaps), min: overlaps.iter().copied().fold(1.0, f64::min) },
            sample_ms: middle(each(|r| nanos(r.wall()) / 1e6)),
            achieved_think_ns: all(Round::think_ns).map(middle),
            cpu_ns_per_op: all(Round::cpu_ns_per_op).map(middle),
            cpus_seen,
        })
    }
}

/// The verdict of a cell from those of its rounds; of equally frequent ones the first in order.
fn verdict(rounds: &[&Round]) -> Verdict {
    let mut seen: BTreeMap<Verdict, usize> = BTreeMap::new();
    for round in rounds {
        *seen.entry(round.verdict()).or_default() += 1;
    }
    let valid = seen.remove(&Verdict::Valid).unwrap_or(0);
    if valid as f64 >= VALID_FROM * rounds.len() as f64 {
        return Verdict::Valid;
    }
    let worst = seen.into_iter().max_by_key(|&(verdict, times)| (times, std::cmp::Reverse(verdict)));
    worst.map_or(Verdict::Valid, |(verdict, _)| verdict)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round::{Setting, Tally};
    use std::time::Duration;

    fn round(ms: u64, attempted: u64, kept: u64) -> Round {
        let tally =
            Tally { attempted, end: Duration::from_millis(ms), pinned: true, cpus: vec![1], ..Tally::default() };
        let round = Round::of(attempted, vec![tally], Setting { usable_cpus: 2, helpers: 0 });
        Round { kept: Some(kept), cpu: Some(Duration::from_millis(ms)), ..round }
    }

    #[test]
    fn medians_extremes_and_pooled_loss() {
        let rounds = [round(40, 100, 100), round(20, 300, 150), round(30, 100, 90)];
        let s = Summary::of(&Series::independent(rounds.iter().collect())).unwrap();
        assert_eq!((s.attempted, s.kept), (500, Some(340)));
        assert_eq!(s.loss_rate, Some(LossRate { min: 0.0, median: 0.1, max: 0.5, pooled: 0.32 }));
        assert_eq!(s.sample_ms, 30.0);
        assert_eq!(s.ns_per_op_per_thread.median, 300_000.0);
        assert_eq!((s.throughput, s.goodput), (100.0 / 0.03, Some(90.0 / 0.03)));
        assert_eq!(s.cpu_ns_per_op, Some(300_000.0));
        assert_eq!((s.overlap, s.achieved_think_ns), (Overlap { median: 1.0, min: 1.0 }, None));
        assert_eq!(s.cpus_seen, [1]);
        assert_eq!(Summary::of(&Series::default()), None);
        assert_eq!(Summary::of(&Series::independent(vec![&round(40, 0, 0)])), None);
    }

    #[test]
    fn a_control_has_no_loss() {
        let mut control = round(40, 100, 0);
        control.kept = None;
        let s = Summary::of(&Series::independent(vec![&control])).unwrap();
        assert_eq!((s.kept, s.loss_rate, s.goodput), (None, None, None));
    }

    #[test]
    fn four_valid_rounds_of_five_make_a_valid_cell() {
        let long = round(40, 100, 100);
        let short = round(5, 100, 100);
        let rounds = |valid: usize, bad: usize| [vec![&long; valid], vec![&short; bad]].concat();
        assert_eq!(verdict(&rounds(8, 2)), Verdict::Valid);
        assert_eq!(verdict(&rounds(7, 3)), Verdict::Short);
        let mut unpinned = round(40, 100, 100);
        unpinned.tallies[0].pinned = false;
        assert_eq!(verdict(&[&long, &short, &unpinned]), Verdict::Unpinned, "of two as frequent the first in order");
        assert_eq!(verdict(&[&long, &short, &short, &unpinned]), Verdict::Short);
    }
}

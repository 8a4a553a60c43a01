//! What a cell records of each of its rounds, and its figures by the distance of the CPUs.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize, Serializer};

use crate::round::Series;
use crate::round::{Round, share};
use crate::stats::{self, Interval};

/// Significant digits of what is kept of a round.
const DIGITS: usize = 5;
/// The most rounds that are taken from a file.
const MOST: usize = 100_000;

/// The rounds behind a cell's figures, one entry each, in the order in which they were run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rounds {
    /// The pass of each, from 1. Rounds of one pass and block, of whatever row, were run within a second or so.
    pub passes: Vec<usize>,
    /// ns/op per thread.
    #[serde(serialize_with = "short")]
    pub ns: Vec<f64>,
    /// The line transfer beside it, in ns; `None` where the CPUs were moved meanwhile or did not answer, empty where nobody
    /// looked.
    #[serde(default, skip_serializing_if = "Vec::is_empty", serialize_with = "short_if_known")]
    pub transfer_ns: Vec<Option<f64>>,
    /// The stay of each: rounds of one stay belong together. Empty where the CPUs stayed where they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<usize>,
}

impl Rounds {
    /// What each round belongs to: rounds of one cluster are not independent. Where the CPUs were moved that is its stay.
    /// Elsewhere neighbouring rounds may have a slow drift in common: the cube root of their number belong together
    /// (blocks of Künsch, Annals of Statistics 17, 1989).
    pub fn clusters(&self) -> Vec<usize> {
        let length = (self.passes.len() as f64).cbrt().ceil().max(1.0) as usize;
        if self.stays.is_empty() { (0..self.passes.len()).map(|n| n / length).collect() } else { self.stays.clone() }
    }

    /// Says what makes them impossible, if anything does.
    pub(super) fn fault(&self) -> Option<String> {
        let rounds = self.passes.len();
        let lengths = [self.ns.len(), self.transfer_ns.len(), self.stays.len()];
        if rounds > MOST || self.ns.len() != rounds || lengths.into_iter().any(|length| length != 0 && length != rounds)
        {
            return Some(format!("figures of rounds that are not {rounds} each"));
        }
        if !self.passes.is_sorted() {
            return Some("passes that are not in order".into());
        }
        let bad = self.ns.iter().chain(self.transfer_ns.iter().flatten()).find(|x| !(0.0..1e18).contains(*x));
        bad.map(|bad| format!("a round of {bad} ns cannot be"))
    }
}

fn short_if_known<S: Serializer>(figures: &[Option<f64>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(figures.iter().map(|x| x.map(rounded)))
}

fn short<S: Serializer>(figures: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(figures.iter().map(|&x| rounded(x)))
}

/// The figure with as many digits as are kept.
pub(crate) fn rounded(x: f64) -> f64 {
    format!("{x:.*e}", DIGITS - 1).parse().unwrap_or(x)
}

/// A cell's figures where its CPUs were about as far from each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distance {
    /// The line transfer there, the median look, in ns.
    pub transfer_ns: f64,
    /// Rounds there.
    pub rounds: usize,
    /// ns/op per thread.
    pub ns_per_op_per_thread: Interval,
    /// The same less that of the control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net_ns_per_op: Option<Interval>,
    /// All that was lost there by all that was attempted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_rate: Option<f64>,
}

impl Distance {
    /// The figures at each distance, from near to far, of rounds of which the group of each, the line transfer beside it and
    /// the net cost are given. Empty where there are not two groups.
    pub(crate) fn all(
        series: &Series<'_>,
        groups: &[Option<usize>],
        transfer_ns: &[Option<f64>],
        net: &[Option<f64>],
    ) -> Vec<Distance> {
        let gross: Vec<Option<f64>> = series.each(Round::ns_per_op_per_thread).into_iter().map(Some).collect();
        let at = |here: usize| {
            let among = |figures: &[Option<f64>]| -> Vec<Option<f64>> {
                figures.iter().zip(groups).map(|(x, group)| x.filter(|_| *group == Some(here))).collect()
            };
            let there = series.rounds.iter().zip(groups).filter(|(_, group)| **group == Some(here));
            let there: Vec<&Round> = there.map(|(round, _)| *round).collect();
            let attempted: u64 = there.iter().map(|round| round.attempted()).sum();
            let lost = there.iter().map(|round| round.lost()).sum::<Option<u64>>();
            let transfers: Vec<f64> = among(transfer_ns).into_iter().flatten().collect();
            Some(Distance {
                transfer_ns: (!transfers.is_empty()).then(|| stats::median(&transfers))?,
                rounds: there.len(),
                ns_per_op_per_thread: series.interval(&among(&gross))?,
                net_ns_per_op: series.interval(&among(net)),
                loss_rate: lost.map(|lost| share(lost, attempted)),
            })
        };
        let there: BTreeSet<usize> = groups.iter().copied().flatten().collect();
        if there.len() > 1 { there.into_iter().filter_map(at).collect() } else { Vec::new() }
    }

    /// Says what makes it impossible, if anything does.
    pub(super) fn fault(&self) -> Option<String> {
        let of = |i: Interval| [i.low, i.median, i.high];
        let positive = of(self.ns_per_op_per_thread).into_iter().chain([self.transfer_ns]);
        if let Some(bad) = positive.into_iter().find(|x| !(0.0..1e18).contains(x)) {
            return Some(format!("a figure of {bad} at a distance cannot be"));
        }
        if let Some(bad) = self.net_ns_per_op.into_iter().flat_map(of).find(|x| x.is_nan() || x.abs() >= 1e18) {
            return Some(format!("a net cost of {bad} at a distance cannot be"));
        }
        self.loss_rate.filter(|rate| !(0.0..=1.0).contains(rate)).map(|bad| format!("a loss rate of {bad} cannot be"))
    }
}

/// Says what makes a cell's distances impossible: they go from near to far.
pub(super) fn fault(distances: &[Distance]) -> Option<String> {
    if distances.len() == 1 || !distances.is_sorted_by(|a, b| a.transfer_ns < b.transfer_ns) {
        return Some("distances that do not go from near to far".into());
    }
    distances.iter().find_map(Distance::fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds() -> Rounds {
        Rounds { passes: vec![1, 2, 3], ns: vec![1.0, 2.0, 1.5], transfer_ns: vec![Some(25.0); 3], stays: Vec::new() }
    }

    #[test]
    fn figures_are_kept_with_five_digits_and_read_again() {
        let with = Rounds { ns: vec![1.234_567_8, 98_765.432_1, 0.0], ..rounds() };
        let text = serde_json::to_string(&with).unwrap();
        assert_eq!(text, r#"{"passes":[1,2,3],"ns":[1.2346,98765.0,0.0],"transfer_ns":[25.0,25.0,25.0]}"#);
        let read: Rounds = serde_json::from_str(&text).unwrap();
        assert_eq!((read.ns[0], read.fault()), (1.2346, None));
    }

    #[test]
    fn rounds_of_one_stay_belong_together() {
        let of = |rounds: usize| Rounds { passes: (1..=rounds).collect(), ..Rounds::default() }.clusters();
        assert_eq!((of(0), of(1), of(3)), (vec![], vec![0], vec![0, 0, 1]));
        assert_eq!(of(20)[..7], [0, 0, 0, 1, 1, 1, 2]);
        assert_eq!(of(20)[19], 6);
        assert_eq!(Rounds { stays: vec![4, 4, 7], ..rounds() }.clusters(), [4, 4, 7]);
    }

    #[test]
    fn what_does_not_fit_together_is_a_fault() {
        assert_eq!(rounds().fault(), None);
        assert_eq!(Rounds::default().fault(), None);
        assert_eq!(Rounds { transfer_ns: Vec::new(), ..rounds() }.fault(), None);
        assert_eq!(Rounds { transfer_ns: vec![Some(1.0), None, None], ..rounds() }.fault(), None);
        for bad in [
            Rounds { ns: vec![1.0], ..rounds() },
            Rounds { ns: Vec::new(), ..rounds() },
            Rounds { transfer_ns: vec![Some(1.0)], ..rounds() },
            Rounds { stays: vec![1], ..rounds() },
            Rounds { passes: vec![2, 1, 3], ..rounds() },
            Rounds { ns: vec![1.0, f64::NAN, 1.0], ..rounds() },
            Rounds { transfer_ns: vec![Some(1.0), Some(-1.0), None], ..rounds() },
        ] {
            assert!(bad.fault().is_some(), "{bad:?}");
        }
    }

    #[test]
    fn each_distance_has_the_figures_of_its_own_rounds() {
        use crate::round::{Setting, Tally};
        use std::time::Duration;
        // 10 ns an increment near, 5 far; half is lost far.
        let round = |ns: u64, kept: u64| {
            let tally = Tally { attempted: 100, end: Duration::from_nanos(100 * ns), ..Tally::default() };
            Round { kept: Some(kept), ..Round::of(100, vec![tally], Setting { usable_cpus: 2, helpers: 0 }) }
        };
        let rounds: Vec<Round> = (0..8).map(|n| if n % 4 < 3 { round(10, 100) } else { round(5, 50) }).collect();
        let series = Series { rounds: rounds.iter().collect(), clusters: (0..8).collect() };
        let far = |n: usize| n % 4 == 3;
        let groups: Vec<Option<usize>> = (0..8).map(|n| Some(usize::from(far(n)))).collect();
        let transfers: Vec<Option<f64>> = (0..8).map(|n| Some(if far(n) { 160.0 } else { 27.0 })).collect();
        let net: Vec<Option<f64>> = (0..8).map(|n| Some(if far(n) { 4.0 } else { 9.0 })).collect();
        let [near, far] = Distance::all(&series, &groups, &transfers, &net)[..] else { panic!("two") };
        assert_eq!((near.transfer_ns, near.rounds, near.ns_per_op_per_thread.median), (27.0, 6, 10.0));
        assert_eq!((far.transfer_ns, far.rounds, far.ns_per_op_per_thread.median), (160.0, 2, 5.0));
        assert_eq!(
            [near, far].map(|at| (at.net_ns_per_op.unwrap().median, at.loss_rate)),
            [(9.0, Some(0.0)), (4.0, Some(0.5))]
        );
        assert!(Distance::all(&series, &[Some(0); 8], &transfers, &net).is_empty(), "the CPUs stayed");
        assert!(Distance::all(&series, &[None; 8], &transfers, &net).is_empty(), "nobody looked");
    }

    #[test]
    fn distances_go_from_near_to_far() {
        let i = Interval { low: 1.0, median: 2.0, high: 3.0 };
        let near = Distance {
            transfer_ns: 25.0,
            rounds: 5,
            ns_per_op_per_thread: i,
            net_ns_per_op: None,
            loss_rate: Some(0.5),
        };
        let far = Distance { transfer_ns: 160.0, net_ns_per_op: Some(Interval { low: -1.0, ..i }), ..near };
        assert_eq!((fault(&[]), fault(&[near, far])), (None, None));
        assert!(fault(&[near]).is_some() && fault(&[far, near]).is_some() && fault(&[near, near]).is_some());
        for bad in [
            Distance { transfer_ns: f64::INFINITY, ..far },
            Distance { loss_rate: Some(1.5), ..far },
            Distance { net_ns_per_op: Some(Interval { high: f64::NAN, ..i }), ..far },
        ] {
            assert!(fault(&[near, bad]).is_some(), "{bad:?}");
        }
    }
}

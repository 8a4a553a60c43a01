//! Costs of one block, compared pass by pass: a disturbance slows both.

use std::collections::BTreeMap;

use crate::results::{Cell, Interval, Rounds};
use crate::stats;
use crate::stats::significance::{p_value, t95};

/// Fewest clusters of passes that show a difference.
const FEWEST: usize = 3;

/// A cost, with its cell if it is the cost of one cell.
#[derive(Clone, Copy, Debug)]
pub struct Cost<'c> {
    /// The cost, in ns per operation and thread.
    pub interval: Interval,
    /// Its cell.
    pub cell: Option<&'c Cell>,
}

impl From<Interval> for Cost<'_> {
    fn from(interval: Interval) -> Self {
        Cost { interval, cell: None }
    }
}

/// The difference of two costs of one block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Its 95 % interval, in ns.
    pub ns: Interval,
    /// Probability of a difference this far from 0 where there is none.
    pub p: f64,
}

/// Whether two cells were measured in one block of one run. Their net costs and overheads subtract the same control, so
/// they differ by as much as their gross times. That does not hold for reads and writes, which a clock tells apart.
fn is_beside(a: &Cell, b: &Cell) -> bool {
    (&a.facts.run, &a.key.bench, &a.key.level, a.key.threads, a.key.placement)
        == (&b.facts.run, &b.key.bench, &b.key.level, b.key.threads, b.key.placement)
        && a.figures.reading.is_none()
        && b.figures.reading.is_none()
        && !a.facts.run.is_empty()
}

impl Cost<'_> {
    /// Whether the cell has too few rounds to know how they scatter.
    pub(super) fn is_of_few(&self) -> bool {
        let rounds = self.cell.and_then(|cell| cell.figures.rounds.as_ref());
        rounds.is_some_and(|rounds| rounds.ns.len() < FEWEST)
    }

    /// This cost minus `other`, where both were measured in the same passes; else `None`.
    ///
    /// The rounds of one pass are compared with each other. The median of the passes of one cluster counts once.
    /// Student's t of these medians gives the interval. Where the clusters of the two costs differ, those count that show less.
    ///
    /// *Source:* analysis of cluster summaries (Hayes and Moulton, Cluster Randomised Trials, 2009, section 10.3).
    pub fn less(&self, other: &Cost<'_>) -> Option<Difference> {
        let (a, b) = self.cell.zip(other.cell).filter(|(a, b)| is_beside(a, b))?;
        let (one, two) = (a.figures.rounds.as_ref()?, b.figures.rounds.as_ref()?);
        let ours = by_clusters_of_first(one, two)?;
        if (&one.passes, &one.stays) == (&two.passes, &two.stays) {
            return Some(ours);
        }
        let Difference { ns, p } = by_clusters_of_first(two, one)?;
        let theirs = Difference { ns: Interval { low: -ns.high, median: -ns.median, high: -ns.low }, p };
        Some(if theirs.p > ours.p { theirs } else { ours })
    }
}

/// The first minus the second, by the clusters of the first; `None` where there are too few.
fn by_clusters_of_first(one: &Rounds, two: &Rounds) -> Option<Difference> {
    let beside: BTreeMap<usize, f64> = two.passes.iter().copied().zip(two.ns.iter().copied()).collect();
    let mut clusters = BTreeMap::<usize, Vec<f64>>::new();
    for ((pass, ns), cluster) in one.passes.iter().zip(&one.ns).zip(one.clusters()) {
        if let Some(other) = beside.get(pass) {
            clusters.entry(cluster).or_default().push(ns - other);
        }
    }
    let each: Vec<f64> = clusters.values().map(|differences| stats::median(differences)).collect();
    (each.len() >= FEWEST).then(|| of_clusters(&each))
}

fn of_clusters(each: &[f64]) -> Difference {
    let count = each.len() as f64;
    let mean = each.iter().sum::<f64>() / count;
    let variance = each.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let error = (variance / count).sqrt();
    let half = t95(count - 1.0) * error;
    // A difference of exactly 0 is never significant.
    let p = if mean == 0.0 { 1.0 } else { p_value(mean / error, count - 1.0) };
    Difference { ns: Interval { low: mean - half, median: mean, high: mean + half }, p }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rank::{Mark, marks};
    use crate::samples::{around, cell};

    /// A cell with these rounds.
    fn with(subject: &str, ns: &[f64], stays: &[usize]) -> Cell {
        let rounds = Rounds {
            passes: (1..=ns.len()).collect(),
            ns: ns.to_vec(),
            stays: stays.to_vec(),
            transfer_ns: Vec::new(),
        };
        cell("counters", subject, 2, "saturated").with(|c| c.figures.rounds = Some(rounds))
    }

    fn cost(cell: &Cell) -> Cost<'_> {
        Cost { interval: around(stats::median(&cell.figures.rounds.as_ref().unwrap().ns), 10.0), cell: Some(cell) }
    }

    #[test]
    fn what_slows_both_alike_hides_no_difference() {
        // The machine is twice as slow in every second pass; one row costs 1 ns more than the other.
        let machine: Vec<f64> = (0..20).map(|n| if n % 2 == 0 { 10.0 } else { 20.0 }).collect();
        let small = |n: usize| (n * 7 % 5) as f64 / 20.0;
        let one = with("a", &machine.iter().enumerate().map(|(n, ns)| ns + small(n)).collect::<Vec<_>>(), &[]);
        let two =
            with("b", &machine.iter().enumerate().map(|(n, ns)| ns + 1.0 + small(n + 1)).collect::<Vec<_>>(), &[]);
        let difference = cost(&two).less(&cost(&one)).unwrap();
        assert!((difference.ns.median - 1.0).abs() < 0.1 && difference.p < 1e-4, "{difference:?}");
        assert_eq!(marks(&[cost(&one), cost(&two)], 0.1), [Some(Mark::Cheapest), None]);
        // Their intervals alone decide nothing.
        let apart = [cost(&one), cost(&two)].map(|cost| Cost::from(cost.interval));
        assert_eq!(marks(&apart, 0.1), [Some(Mark::Noisy); 2]);
        assert_eq!(marks(&[cost(&one), cost(&two)], 1.5), [Some(Mark::Tie); 2], "below the resolution");
    }

    #[test]
    fn the_lowest_median_that_is_costlier_pass_by_pass_is_undecided() {
        let scatter = |n: usize| 10.0 + (n * 7 % 5) as f64 / 20.0;
        let few = with("a", &(0..20).map(scatter).collect::<Vec<_>>(), &[]);
        let more = with("b", &(0..20).map(|n| scatter(n) + 1.0).collect::<Vec<_>>(), &[]);
        // As where a cost is that of other rounds too.
        let of = |cell, median| Cost { interval: around(median, 0.1), cell: Some(cell) };
        let [lowest, other] = [of(&more, 9.0), of(&few, 9.5)];
        assert_eq!(marks(&[lowest, other], 0.1), [Some(Mark::Noisy); 2]);
        assert_eq!(marks(&[other, lowest], 0.1), [Some(Mark::Noisy); 2]);
    }

    #[test]
    fn rounds_of_one_stay_are_one_sample() {
        // Stays differ by more than the rounds of one stay.
        let ns: Vec<f64> = (0..20).map(|n| 10.3 + [0.9, -0.4, 0.7, -0.2][n / 5]).collect();
        let none = [10.0; 20];
        let p = |stays: &[usize]| {
            let (one, two) = (with("a", &ns, stays), with("b", &none, stays));
            cost(&one).less(&cost(&two)).map(|difference| difference.p)
        };
        let stays = |length: usize| (0..20).map(|n| n / length).collect::<Vec<usize>>();
        assert!(p(&[]).unwrap() < p(&stays(5)).unwrap(), "seven clusters, or four");
        assert_eq!(p(&stays(10)), None, "two stays show nothing");
    }

    #[test]
    fn the_order_of_two_costs_changes_nothing() {
        let ns: Vec<f64> = (0..20).map(|n| 10.3 + [0.9, -0.4, 0.7, -0.2][n / 5]).collect();
        let stays = |length: usize| (0..20).map(|n| n / length).collect::<Vec<usize>>();
        // A host that moved the CPUs between the two rounds of one pass.
        for (length, known) in [(5, true), (4, true), (10, false)] {
            let (one, two) = (with("a", &ns, &stays(5)), with("b", &[10.0; 20], &stays(length)));
            let (there, back) = (cost(&one).less(&cost(&two)), cost(&two).less(&cost(&one)));
            let turned = back.map(|d| (-d.ns.high, -d.ns.median, -d.ns.low, d.p));
            assert_eq!(there.map(|d| (d.ns.low, d.ns.median, d.ns.high, d.p)), turned, "{length}");
            assert_eq!(there.is_some(), known, "two stays show nothing");
            let alike = cost(&one).less(&cost(&with("b", &[10.0; 20], &stays(5)))).unwrap();
            assert!(there.is_none_or(|there| there.p >= alike.p), "less than by the clusters of the first");
        }
    }

    #[test]
    fn only_what_was_measured_side_by_side_is_compared_pass_by_pass() {
        let few: Vec<f64> = (0..9).map(f64::from).collect();
        let more: Vec<f64> = few.iter().map(|ns| ns + 1.0).collect();
        let (a, b) = (with("a", &few, &[]), with("b", &more, &[]));
        assert!(cost(&a).less(&cost(&b)).is_some());
        let (run, threads) = (b.clone().with(|c| c.facts.run = "other".into()), b.clone().with(|c| c.key.threads = 4));
        let rounds = b.clone().with(|c| c.figures.rounds = None);
        for other in [run, threads, rounds] {
            let other = Cost { interval: around(3.0, 1.0), cell: Some(&other) };
            assert_eq!(cost(&a).less(&other), None);
        }
        assert_eq!(cost(&a).less(&around(3.0, 1.0).into()), None);
        let same = cost(&a).less(&cost(&a)).unwrap();
        assert_eq!((same.ns.median, same.p), (0.0, 1.0));
    }
}

//! The little statistics the records need: medians, bootstrap intervals, and what is beyond chance.

pub(crate) mod significance;

use serde::{Deserialize, Serialize};

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

/// Resamples behind each interval.
const RESAMPLES: usize = 1_000;

/// The median, by value; the mean of the middle two for an even count.
///
/// # Panics
/// On an empty slice.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The quantile `q` in `[0, 1]`, interpolated linearly between ranks.
///
/// # Panics
/// On an empty slice.
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = q * (sorted.len() - 1) as f64;
    let (below, above) = (rank.floor() as usize, rank.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * rank.fract()
}

/// Medians of resamples of whole clusters, always the same ones for the same values.
///
/// `values` and the cluster of each; as many clusters are drawn with replacement as there are.
fn medians_of_resamples(values: &[f64], clusters: &[usize], seed: u64) -> Vec<f64> {
    assert_eq!(values.len(), clusters.len(), "each value has its cluster");
    let mut names: Vec<usize> = clusters.to_vec();
    names.sort_unstable();
    names.dedup();
    let of = |cluster: &usize| names.binary_search(cluster).expect("every cluster is named");
    // Sorted once: a resample is how often each cluster was drawn, and its median is found on the way up.
    let mut sorted: Vec<(f64, usize)> = values.iter().copied().zip(clusters.iter().map(of)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let sizes: Vec<usize> =
        (0..names.len()).map(|name| sorted.iter().filter(|(_, cluster)| *cluster == name).count()).collect();
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut drawn = vec![0_usize; names.len()];
    let mut one = || {
        drawn.fill(0);
        let mut total = 0;
        for _ in 0..names.len() {
            let cluster = rng.usize(..names.len());
            drawn[cluster] += 1;
            total += sizes[cluster];
        }
        let (below, above) = ((total - 1) / 2, total / 2);
        let (mut passed, mut lower) = (0, f64::NAN);
        for &(value, cluster) in &sorted {
            let before = passed;
            passed += drawn[cluster];
            if (before..passed).contains(&below) {
                lower = value;
            }
            if (before..passed).contains(&above) {
                return (lower + value) / 2.0;
            }
        }
        unreachable!("a resample has a middle")
    };
    (0..RESAMPLES).map(|_| one()).collect()
}

/// The share of resamples below a 95 % interval of so many clusters.
///
/// 2.5 % for many. A bootstrap of few is too narrow: it draws from what was seen as if that were all, and takes its
/// spread for known. The levels are moved out to where Student's t of as many has its 95 % (expanded percentiles:
/// Hesterberg, The American Statistician 69, 2015).
fn tail(clusters: usize) -> f64 {
    let n = clusters as f64;
    if clusters < 2 {
        return 0.0;
    }
    significance::p_normal(significance::t95(n - 1.0) * (n / (n - 1.0)).sqrt()) / 2.0
}

fn count(clusters: &[usize]) -> usize {
    clusters.iter().collect::<std::collections::BTreeSet<_>>().len()
}

fn around(resampled: &[f64], median: f64, tail: f64) -> Interval {
    let [low, high] = [tail, 1.0 - tail].map(|q| quantile(resampled, q));
    // The resamples of very few need not reach over the median of all.
    Interval { low: low.min(median), median, high: high.max(median) }
}

/// The median with its 95 % interval, in the unit of the values, where some of them belong together: those of one
/// cluster are not independent, and are resampled as one.
///
/// *Source:* percentile bootstrap (Efron 1979) of clusters (Davison and Hinkley, Bootstrap Methods and their
/// Application, 1997, section 3.8), at levels for few of them (Hesterberg 2015).
///
/// # Panics
/// On an empty slice, or when there is not one cluster a value.
pub fn clustered(values: &[f64], clusters: &[usize]) -> Interval {
    // Where all belong together, nothing is known of what else there may be: as they are, they scatter so.
    let each: Vec<usize> = (0..values.len()).collect();
    let clusters = if count(clusters) > 1 { clusters } else { &each };
    around(&medians_of_resamples(values, clusters, 1), median(values), tail(count(clusters)))
}

/// As [`clustered`] of values that are all independent of each other.
///
/// # Panics
/// On an empty slice.
pub fn interval(values: &[f64]) -> Interval {
    clustered(values, &(0..values.len()).collect::<Vec<usize>>())
}

/// The difference of two medians with its 95 % bootstrap interval, both sides resampled; the values of each side are
/// independent.
///
/// # Panics
/// When either slice is empty.
pub fn difference(values: &[f64], baseline: &[f64]) -> Interval {
    let own = |values: &[f64]| (0..values.len()).collect::<Vec<usize>>();
    let resampled: Vec<f64> = medians_of_resamples(values, &own(values), 1)
        .into_iter()
        .zip(medians_of_resamples(baseline, &own(baseline), 2))
        .map(|(a, b)| a - b)
        .collect();
    around(&resampled, median(values) - median(baseline), tail(values.len().min(baseline.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_quantiles() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(quantile(&[0.0, 10.0], 0.25), 2.5);
        assert_eq!(quantile(&[7.0], 0.9), 7.0);
    }

    #[test]
    fn an_interval_holds_its_median_and_narrows_with_agreement() {
        let wide = interval(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
        assert!(wide.low < wide.median && wide.median < wide.high, "{wide:?}");
        assert!(wide.low >= 1.0 && wide.high <= 10.0, "{wide:?}");
        assert_eq!(interval(&[5.0; 10]), Interval { low: 5.0, median: 5.0, high: 5.0 });
    }

    #[test]
    fn a_difference_keeps_its_sign() {
        let below = difference(&[1.0, 1.1, 0.9], &[3.0, 3.1, 2.9]);
        assert!(below.high < 0.0 && (below.median + 2.0).abs() < 1e-9, "{below:?}");
    }

    /// Of many samples of one known distribution, about 95 % of the intervals hold its median.
    #[test]
    fn intervals_cover_as_often_as_they_say() {
        let mut rng = fastrand::Rng::with_seed(7);
        let held = (0..300)
            .filter(|_| {
                let sample: Vec<f64> = (0..10).map(|_| rng.f64()).collect();
                let i = interval(&sample);
                i.low <= 0.5 && 0.5 <= i.high
            })
            .count();
        assert!((258..=300).contains(&held), "{held} of 300");
    }

    /// A run of `rounds` rounds over `seconds`, one in each pass, while a host moves the CPUs: near for 5 to 30 s, far for
    /// 5 to 20 s. The figure is 20 near and 12 far, and scatters by some percent about that.
    fn run(rng: &mut fastrand::Rng, rounds: usize, seconds: f64) -> (Vec<f64>, Vec<usize>) {
        let (mut values, mut stays) = (Vec::new(), Vec::new());
        // The first stay began long before the run.
        let (mut until, mut near, mut stay) = (-500.0 * rng.f64(), true, 0);
        let pass = seconds / rounds as f64;
        for n in 0..rounds {
            let at = (n as f64 + rng.f64()) * pass;
            while until < at {
                near = !near;
                until += 5.0 + if near { 25.0 } else { 15.0 } * rng.f64();
                stay += 1;
            }
            let scatter = 1.0 + 0.05 * (rng.f64() + rng.f64() - 1.0);
            values.push(if near { 20.0 } else { 12.0 } * scatter);
            stays.push(stay);
        }
        (values, stays)
    }

    fn share_held(rounds: usize, seconds: f64, clusters: impl Fn(Vec<usize>) -> Vec<usize>) -> f64 {
        let mut rng = fastrand::Rng::with_seed(11);
        let truth = {
            let all: Vec<f64> = (0..4_000).flat_map(|_| run(&mut rng, 1, 5.0).0).collect();
            median(&all)
        };
        let tries = 400;
        let held = (0..tries).filter(|_| {
            let (values, stays) = run(&mut rng, rounds, seconds);
            let i = clustered(&values, &clusters(stays));
            i.low <= truth && truth <= i.high
        });
        held.count() as f64 / f64::from(tries)
    }

    #[test]
    fn intervals_of_stays_cover_the_long_run() {
        for (rounds, seconds) in [(20, 100.0), (10, 120.0), (40, 200.0)] {
            let held = share_held(rounds, seconds, |stays| stays);
            assert!(held >= 0.9, "{rounds} rounds in {seconds} s: {held}");
        }
        // As if neighbouring rounds were independent: what made the intervals of version 0.1 too narrow.
        let held = share_held(10, 0.5, |stays| (0..stays.len()).collect());
        assert!(held < 0.5, "ten rounds in half a second: {held}");
    }

    #[test]
    fn few_clusters_make_a_wide_interval() {
        assert!((tail(1_000) - 0.025).abs() < 1e-3 && tail(20) < 0.018 && tail(5) < 0.002 && tail(1) == 0.0);
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let apart = clustered(&values, &[0, 1, 2, 3, 4, 5]);
        let together = clustered(&values, &[0, 0, 0, 1, 1, 1]);
        assert_eq!((together.low, together.high), (2.0, 5.0), "either stay may be what the machine is like");
        assert_eq!((apart.low, apart.high), (1.0, 6.0));
        assert_eq!(clustered(&values, &[4; 6]), apart, "one stay");
        assert_eq!(clustered(&[7.0], &[3]), Interval { low: 7.0, median: 7.0, high: 7.0 });
    }
}

//! The little statistics the records need: medians, bootstrap intervals, and what is beyond chance.

pub(crate) mod significance;

use crate::results::Interval;

/// Resamples behind each interval.
const RESAMPLES: usize = 2_000;

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

/// Medians of resamples drawn with replacement, always the same ones for the same values.
fn medians_of_resamples(values: &[f64], seed: u64) -> Vec<f64> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut draw = vec![0.0; values.len()];
    let mut one = || {
        draw.fill_with(|| values[rng.usize(..values.len())]);
        median(&draw)
    };
    (0..RESAMPLES).map(|_| one()).collect()
}

fn middle_95(resampled: &[f64], median: f64) -> Interval {
    Interval { low: quantile(resampled, 0.025), median, high: quantile(resampled, 0.975) }
}

/// The median with its 95 % percentile-bootstrap interval (Efron 1979), in the unit of the values.
///
/// # Panics
/// On an empty slice.
pub fn interval(values: &[f64]) -> Interval {
    middle_95(&medians_of_resamples(values, 1), median(values))
}

/// The difference of two medians with its 95 % bootstrap interval, both sides resampled.
///
/// # Panics
/// When either slice is empty.
pub fn difference(values: &[f64], baseline: &[f64]) -> Interval {
    let resampled: Vec<f64> = medians_of_resamples(values, 1)
        .into_iter()
        .zip(medians_of_resamples(baseline, 2))
        .map(|(a, b)| a - b)
        .collect();
    middle_95(&resampled, median(values) - median(baseline))
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
}

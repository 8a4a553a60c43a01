//! Many values in little room: their percentiles from a histogram, the greatest of them as it was.

use hdrhistogram::{CreationError, Histogram};

/// Values that were seen one by one. The histogram keeps so many digits of each; the greatest is kept beside it, whole.
pub(crate) struct Values {
    histogram: Histogram<u64>,
    max: u64,
}

impl Values {
    /// None yet. The histogram tells values from `low` to `high` apart by `digits` digits.
    ///
    /// # Errors
    /// [`CreationError`] when no histogram has such bounds or so many digits.
    pub(crate) fn between(low: u64, high: u64, digits: u8) -> Result<Values, CreationError> {
        Ok(Values { histogram: Histogram::new_with_bounds(low, high, digits)?, max: 0 })
    }

    /// None yet. The histogram grows, and keeps `digits` digits of each value.
    ///
    /// # Errors
    /// [`CreationError`] when no histogram has so many digits.
    pub(crate) fn growing(digits: u8) -> Result<Values, CreationError> {
        Ok(Values { histogram: Histogram::new(digits)?, max: 0 })
    }

    /// Takes one value. A histogram with an end counts what lies beyond it as the largest value that it has.
    pub(crate) fn record(&mut self, value: u64) {
        // `saturating_record` alone would not let a histogram grow.
        if self.histogram.record(value).is_err() {
            self.histogram.saturating_record(value);
        }
        self.max = self.max.max(value);
    }

    /// Takes all values of `other`, which was made in the same way.
    pub(crate) fn add(&mut self, other: &Values) {
        self.histogram.add(&other.histogram).expect("both were made in the same way");
        self.max = self.max.max(other.max);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.histogram.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// The greatest, exactly; 0 when there are none.
    pub(crate) fn max(&self) -> u64 {
        self.max
    }

    /// So large a share of the values is no greater. The histogram rounds it up, but never above the greatest value.
    pub(crate) fn quantile(&self, share: f64) -> u64 {
        self.histogram.value_at_quantile(share).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coarse() -> Values {
        Values::between(1, 1_000_000, 2).unwrap()
    }

    fn of(values: &[u64]) -> Values {
        let mut all = coarse();
        values.iter().for_each(|&value| all.record(value));
        all
    }

    #[test]
    fn the_greatest_is_what_it_was_though_the_histogram_rounds_it_up() {
        let all = of(&[7, 100_001, 50_001]);
        assert!(all.histogram.max() > 100_001, "the histogram says {}", all.histogram.max());
        assert_eq!((all.max(), all.len()), (100_001, 3));
        assert_eq!(all.quantile(1.0), 100_001, "no percentile is above it");
        assert!(all.quantile(0.5) >= 50_001, "percentiles are rounded up");
    }

    #[test]
    fn the_greatest_is_kept_when_values_are_put_together() {
        let parts = [of(&[1, 2]), of(&[100_001]), of(&[3, 99_999]), of(&[])];
        let mut all = coarse();
        parts.iter().for_each(|part| all.add(part));
        assert_eq!((all.max(), all.len()), (100_001, 5));
    }

    #[test]
    fn the_greatest_is_kept_where_the_histogram_ends() {
        assert_eq!(of(&[123_456_789]).max(), 123_456_789);
    }

    #[test]
    fn a_histogram_that_grows_rounds_as_well() {
        let mut all = Values::growing(3).unwrap();
        [1_000_001, 1_000_001, 9_000_001].into_iter().for_each(|value| all.record(value));
        assert!(all.histogram.max() > 9_000_001, "the histogram says {}", all.histogram.max());
        assert_eq!((all.max(), all.len()), (9_000_001, 3));
        let median = all.quantile(0.5);
        assert!((1_000_001..=1_001_000).contains(&median), "it has grown, and keeps three digits: {median}");
    }

    #[test]
    fn values_put_together_make_a_histogram_grow() {
        let (mut all, mut part) = (Values::growing(3).unwrap(), Values::growing(3).unwrap());
        part.record(5_000_001);
        all.add(&part);
        assert!(all.quantile(0.5) >= 5_000_001);
    }

    #[test]
    fn without_values_all_is_0() {
        let none = coarse();
        assert!(none.is_empty());
        assert_eq!((none.max(), none.quantile(0.5)), (0, 0));
    }
}

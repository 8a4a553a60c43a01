//! Rounds of one cell taken together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Round, Verdict, share};
use crate::stats::{self, Interval};

/// The share of kept rounds that must be valid for the cell to be.
pub const VALID_FROM: f64 = 0.8;

/// The rounds of a cell in the order in which they were run, and which of them belong together.
#[derive(Clone, Debug, Default)]
pub struct Series<'r> {
    /// The rounds.
    pub rounds: Vec<&'r Round>,
    /// The cluster of each; rounds of one cluster are not independent.
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

    /// The median of one figure of each round; `None` where a round lacks it, or where there is no round.
    pub fn median(&self, figure: impl Fn(&Round) -> Option<f64>) -> Option<f64> {
        self.all(figure).map(|values| stats::median(&values))
    }

    fn all(&self, figure: impl Fn(&Round) -> Option<f64>) -> Option<Vec<f64>> {
        let values = self.rounds.iter().map(|round| figure(round)).collect::<Option<Vec<f64>>>();
        values.filter(|values| !values.is_empty())
    }

    /// A count over all rounds; `None` where a round lacks it.
    pub fn sum(&self, count: impl Fn(&Round) -> Option<u64>) -> Option<u64> {
        self.rounds.iter().map(|round| count(round)).sum()
    }

    /// The median of values that some of the rounds have, one a round, with its interval; `None` where none has.
    pub fn interval(&self, values: &[Option<f64>]) -> Option<Interval> {
        let known = values.iter().zip(&self.clusters).filter_map(|(value, cluster)| Some(((*value)?, *cluster)));
        let (values, clusters): (Vec<f64>, Vec<usize>) = known.unzip();
        (!values.is_empty()).then(|| stats::clustered(&values, &clusters))
    }

    /// The verdict of the rounds together: `valid` when at least 80 % of them are, else their most frequent other
    /// verdict; of equally frequent ones the first in order.
    pub fn verdict(&self) -> Verdict {
        let mut seen: BTreeMap<Verdict, usize> = BTreeMap::new();
        for round in &self.rounds {
            *seen.entry(round.verdict()).or_default() += 1;
        }
        let valid = seen.remove(&Verdict::Valid).unwrap_or(0);
        if valid as f64 >= VALID_FROM * self.rounds.len() as f64 {
            return Verdict::Valid;
        }
        let worst = seen.into_iter().max_by_key(|&(verdict, times)| (times, std::cmp::Reverse(verdict)));
        worst.map_or(Verdict::Valid, |(verdict, _)| verdict)
    }
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

impl LossRate {
    /// Those of a series; `None` where a round has none, as a control's.
    pub fn of(series: &Series<'_>) -> Option<LossRate> {
        let rates = series.all(Round::loss_rate)?;
        Some(LossRate {
            min: rates.iter().copied().fold(1.0, f64::min),
            median: stats::median(&rates),
            max: rates.iter().copied().fold(0.0, f64::max),
            pooled: share(series.sum(Round::lost)?, series.sum(|round| Some(round.attempted()))?),
        })
    }
}

/// Overlap of a cell's rounds; at most 1, negative when the threads never met.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// The median round.
    pub median: f64,
    /// The worst round.
    pub min: f64,
}

impl Overlap {
    /// That of a series; `None` without a round.
    pub fn of(series: &Series<'_>) -> Option<Overlap> {
        let all = series.all(|round| Some(round.overlap()))?;
        Some(Overlap { median: stats::median(&all), min: all.iter().copied().fold(1.0, f64::min) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::round;

    #[test]
    fn four_valid_rounds_of_five_make_a_valid_cell() {
        let long = round(40, 100, 100);
        let short = round(5, 100, 100);
        let rounds = |valid: usize, bad: usize| [vec![&long; valid], vec![&short; bad]].concat();
        let verdict = |rounds| Series::independent(rounds).verdict();
        assert_eq!(verdict(rounds(8, 2)), Verdict::Valid);
        assert_eq!(verdict(rounds(7, 3)), Verdict::Short);
        let mut unpinned = round(40, 100, 100);
        unpinned.tallies[0].pinned = false;
        assert_eq!(verdict(vec![&long, &short, &unpinned]), Verdict::Unpinned, "of two as frequent the first in order");
        assert_eq!(verdict(vec![&long, &short, &short, &unpinned]), Verdict::Short);
    }
}

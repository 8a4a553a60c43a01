//! The exact distribution of the final value over all schedules, in two senses of "all".
//!
//! It searches forward, turn by turn. Equivalent states are one state: the value, the flag, and the *sorted* threads,
//! since swapping two threads makes no difference.

mod estimate;
mod search;
mod share;
mod weight;

use num_bigint::BigUint;

pub use share::Share;

use super::{Error, Grain, Race};
use search::{Search, Stopped};

/// The most states that are computed without `force`: some seconds, some hundred megabytes.
pub const LIMIT: u64 = 6_000_000;

/// The probability of each final value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// The race.
    pub race: Race,
    /// Where schedules may switch: what a turn is.
    pub grain: Grain,
    /// States that were computed.
    pub states: u64,
    /// How many schedules there are.
    pub schedules: BigUint,
    /// Every final value that some schedule gives, in rising order.
    pub outcomes: Vec<Outcome>,
}

/// A final value that some schedule gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The final value.
    pub value: u64,
    /// Its probability under the *random scheduler*: at each turn, every thread that can run is equally likely.
    pub random: Share,
    /// Its share of all schedules, *uniform over schedules*: each possible sequence of turns counts the
    /// same. Under the random scheduler a schedule that leaves few choices is likelier, so the two
    /// differ.
    pub uniform: Share,
}

impl Distribution {
    /// Computes it, by default up to [`LIMIT`] states; all states with `force`.
    ///
    /// # Errors
    /// [`Error::TooManyStates`] with an estimate of their cost, as soon as it is clear that there are more.
    pub fn of(race: &Race, grain: Grain, force: bool) -> Result<Distribution, Error> {
        Distribution::within(race, grain, if force { u64::MAX } else { LIMIT })
    }

    /// The same with another limit, in states.
    ///
    /// # Errors
    /// As [`Distribution::of`].
    pub fn within(race: &Race, grain: Grain, limit: u64) -> Result<Distribution, Error> {
        let refused = |estimate: String| Error::TooManyStates {
            id: race.program().id,
            threads: race.threads(),
            increments: race.increments(),
            estimate,
            limit,
        };
        // An estimate can be wrong, the search cannot: so the search begins unless the estimate is clearly too high.
        if limit < u64::MAX
            && let Some(cost) = estimate::cost(race, grain)
            && cost.states > 2.0 * limit as f64
        {
            return Err(refused(cost.to_string()));
        }
        let found = search::search(race, grain, limit).map_err(|Stopped { levels, of }| {
            refused(format!("{limit} states were found after {levels} of about {of} turns"))
        })?;
        let Search { states, finals, schedules, whole, .. } = found;
        let outcomes = finals.into_iter().map(|(value, (count, chance))| Outcome {
            value: u64::from(value),
            random: Share::new(chance, &whole),
            uniform: Share::new(count, &schedules),
        });
        Ok(Distribution { race: race.clone(), grain, states, outcomes: outcomes.collect(), schedules })
    }

    /// The mean loss rate, as `(random scheduler, uniform over schedules)`.
    pub fn mean_loss(&self) -> (f64, f64) {
        let attempted = self.race.attempted() as f64;
        let mean = |share: fn(&Outcome) -> &Share| -> f64 {
            let loss = |outcome: &Outcome| (1.0 - outcome.value as f64 / attempted) * share(outcome).as_f64();
            self.outcomes.iter().map(loss).sum()
        };
        (mean(|outcome| &outcome.random), mean(|outcome| &outcome.uniform))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distribution(id: &str, threads: usize, increments: usize, grain: Grain) -> Distribution {
        Distribution::of(&Race::new(id, threads, increments).unwrap(), grain, false).unwrap()
    }

    fn shares(distribution: &Distribution) -> Vec<(u64, String, String)> {
        let shares = |o: &Outcome| (o.value, o.random.to_string(), o.uniform.to_string());
        distribution.outcomes.iter().map(shares).collect()
    }

    #[test]
    fn two_threads_and_an_increment_each() {
        // Between load and store: 6 schedules, of which the 2 in which one thread ends first lose nothing.
        let over_shared = distribution("load_store", 2, 1, Grain::Shared);
        assert_eq!(shares(&over_shared), [(1, "1/2".into(), "2/3".into()), (2, "1/2".into(), "1/3".into())]);
        assert_eq!(over_shared.schedules, BigUint::from(6u32));
        assert_eq!(over_shared.mean_loss(), (0.25, 1.0 / 3.0));
        assert_eq!((over_shared.race.program().id, over_shared.grain), ("load_store", Grain::Shared));
        // With the add a turn of its own: 2 of 20.
        let over_every = distribution("load_store", 2, 1, Grain::Every);
        assert_eq!(over_every.grain, Grain::Every);
        assert_eq!(shares(&over_every), [(1, "3/4".into(), "9/10".into()), (2, "1/4".into(), "1/10".into())]);
    }

    #[test]
    fn states_are_as_many_as_published() {
        assert_eq!(distribution("load_store", 2, 10, Grain::Shared).states, 11_446);
    }

    #[test]
    fn schedules_are_as_many_as_the_multinomial_says() {
        let factorial = |n: u32| (1..=n).fold(BigUint::from(1u32), |product, factor| product * factor);
        for (threads, increments) in [(1, 3), (2, 1), (2, 5), (2, 8), (3, 2), (3, 3), (4, 2), (5, 1)] {
            for (grain, turns) in [(Grain::Shared, 2), (Grain::Every, 3)] {
                let (n, k) = (threads as u32, increments as u32);
                let multinomial = factorial(turns * n * k) / factorial(turns * k).pow(n);
                let found = distribution("load_store", threads, increments, grain);
                assert_eq!(found.schedules, multinomial, "{threads}x{increments}");
            }
        }
    }

    #[test]
    fn counts_do_not_overflow() {
        // 150! / 50!^3 has 229 bits.
        let exact = distribution("fetch_add", 3, 50, Grain::Shared);
        assert!(exact.schedules.bits() > 200);
        assert_eq!(shares(&exact), [(150, "1".into(), "1".into())]);
        // A state of 12 threads takes two words and numbers of 256 bits, one of 13 wider numbers, one of 36 more words.
        for threads in [12, 13, 36] {
            let each_once = distribution("fetch_add", threads, 1, Grain::Shared);
            let orders = (1..=threads as u32).fold(BigUint::from(1u32), |product, factor| product * factor);
            assert_eq!(each_once.schedules, orders);
            assert_eq!(shares(&each_once), [(threads as u64, "1".into(), "1".into())]);
        }
        // Probabilities are parts of 60^40 here.
        let racy = distribution("load_store", 5, 1, Grain::Every);
        let sum = |share: fn(&Outcome) -> &Share| racy.outcomes.iter().map(|o| share(o).as_f64()).sum::<f64>();
        assert!((sum(|o| &o.random) - 1.0).abs() < 1e-15 && (sum(|o| &o.uniform) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn the_minimum_is_two_and_the_maximum_all() {
        for (threads, increments) in [(2, 2), (2, 3), (2, 7), (3, 2), (3, 3), (4, 2), (2, 1), (3, 1), (4, 1), (1, 5)] {
            for grain in [Grain::Shared, Grain::Every] {
                let found = distribution("load_store", threads, increments, grain);
                let values: Vec<u64> = found.outcomes.iter().map(|outcome| outcome.value).collect();
                let most = (threads * increments) as u64;
                let least = if threads == 1 { most } else { (increments as u64).min(2) };
                assert_eq!(values, (least..=most).collect::<Vec<_>>(), "{threads}x{increments}");
            }
        }
    }

    #[test]
    fn too_many_states_are_refused_with_an_estimate() {
        let race = Race::new("load_store", 3, 10).unwrap();
        let refused = |limit| Distribution::within(&race, Grain::Shared, limit).unwrap_err().to_string();
        let line = refused(10_000);
        assert!(line.starts_with("3 threads x 10 increments of load_store: about "), "{line}");
        for word in ["million states", " s and ", " MB", "more than 10000; ask for less, or add --force"] {
            assert!(line.contains(word), "no {word:?} in {line}");
        }
        let small = Race::new("load_store", 2, 10).unwrap();
        let line = Distribution::within(&small, Grain::Shared, 11_000).unwrap_err().to_string();
        assert!(line.contains("11000 states were found after"), "{line}");
        // An estimate may be off by a factor of two before the search is not even begun.
        let estimate = estimate::cost(&small, Grain::Shared).unwrap().states;
        let limit = (estimate * 0.6) as u64;
        let line = Distribution::within(&small, Grain::Shared, limit).unwrap_err().to_string();
        assert!(line.contains(&format!("{limit} states were found after")), "{line}");
        assert!(Distribution::within(&small, Grain::Shared, 11_446).is_ok());
    }
}

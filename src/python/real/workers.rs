//! Workers that are kept running, one an interpreter, for all rounds of a run.

use std::cell::Cell;
use std::collections::HashMap;
use std::time::Duration;

use super::{Answer, Error, Interpreter, Order, Worker};
use crate::kernel::UNTIL_TIME_IS_UP;
use crate::round::{Round, nanos};
use crate::team::Failure;

/// After so many failures an interpreter is left out.
const FAILURES: u32 = 2;
/// Iterations of the first round of all.
const FIRST: u64 = 64;
/// A budget grows by no more than this from one round to the next: in a short round threads hardly take turns, and it
/// looks fast.
const GROWTH: f64 = 16.0;
/// Rounds are longer than they have to be by this factor: they differ by some percent.
const ABOVE_LEAST: f64 = 1.1;

/// Workers by their interpreter, each started when it is first needed.
#[derive(Default)]
pub struct Workers {
    running: HashMap<String, Worker>,
    failures: HashMap<String, u32>,
}

impl Workers {
    /// Has `interpreter` run one round.
    ///
    /// # Errors
    /// [`Failure::Gone`] when it cannot be started, ends, hangs or answers nonsense, and at once after two of these.
    pub fn round(&mut self, interpreter: &Interpreter, order: &Order, usable: usize) -> Result<Round, Failure> {
        let (variant, label) = (interpreter.variant(), interpreter.label());
        if self.failures.get(&variant).is_some_and(|failures| *failures >= FAILURES) {
            let what = format!("{label} failed {FAILURES} times in this run and is left out");
            return Err(Failure::Gone { what, said: String::new() });
        }
        let answer = self.answer(&variant, interpreter, order);
        answer.map(|answer| answer.into_round(order, usable)).map_err(|error| {
            *self.failures.entry(variant.clone()).or_default() += 1;
            self.running.remove(&variant);
            let (published, shown) = (error.publishable(), error.to_string());
            let said = shown.strip_prefix(&published).unwrap_or_default().to_owned();
            Failure::Gone { what: format!("{label}: {published}"), said }
        })
    }

    fn answer(&mut self, variant: &str, interpreter: &Interpreter, order: &Order) -> Result<Answer, Error> {
        if !self.running.contains_key(variant) {
            self.running.insert(variant.to_owned(), Worker::start(interpreter)?);
        }
        self.running.get_mut(variant).expect("it was started just now").round(order)
    }
}

/// The budget of rounds that last a certain time, in iterations: it grows with each round that was too short.
pub struct Budget {
    least: Duration,
    iters: Cell<u64>,
}

impl Budget {
    /// Of rounds that last at least so long.
    pub fn of(least: Duration) -> Budget {
        Budget { least, iters: Cell::new(FIRST) }
    }

    /// The iterations of the next round, where `asked` does not say how many.
    pub fn next(&self, asked: u64) -> u64 {
        if asked == UNTIL_TIME_IS_UP { self.iters.get() } else { asked }
    }

    /// Learns from a round.
    pub fn learn(&self, round: &Round) {
        if round.wall() < self.least && !round.was_cut(round.iters) {
            let longer = ABOVE_LEAST * nanos(self.least) / nanos(round.wall()).max(1.0);
            self.iters.set((round.iters as f64 * longer.clamp(ABOVE_LEAST, GROWTH)).ceil() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round::{Setting, Tally};

    fn round(iters: u64, ms: f64) -> Round {
        let tally = Tally { attempted: iters, end: Duration::from_secs_f64(ms / 1e3), ..Tally::default() };
        Round::of(iters, vec![tally], Setting { usable_cpus: 2, helpers: 0 })
    }

    #[test]
    fn a_budget_grows_until_rounds_are_long_enough() {
        let budget = Budget::of(Duration::from_millis(50));
        assert_eq!((budget.next(7), budget.next(UNTIL_TIME_IS_UP)), (7, FIRST));
        let mut rounds = 0;
        loop {
            let iters = budget.next(UNTIL_TIME_IS_UP);
            // 1 us an iteration.
            let round = round(iters, iters as f64 / 1e3);
            budget.learn(&round);
            if round.wall() >= Duration::from_millis(50) {
                break;
            }
            rounds += 1;
        }
        assert_eq!(rounds, 3, "64, 1024, 16384, and 55000");
        assert!((55_000..55_010).contains(&budget.next(UNTIL_TIME_IS_UP)));
        budget.learn(&round(55_000, 49.0));
        assert!((61_700..61_800).contains(&budget.next(UNTIL_TIME_IS_UP)));
        budget.learn(&round(100, 0.0));
        assert_eq!(budget.next(UNTIL_TIME_IS_UP), 1_600, "by no more than sixteen times");
    }
}

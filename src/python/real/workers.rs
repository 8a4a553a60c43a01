//! Workers for all rounds of a run: one for each interpreter, kept running.

use std::cell::Cell;
use std::collections::HashMap;
use std::time::Duration;

use super::{Error, Interpreter, Request, Subject, Window, Worker};
use crate::kernel::UNTIL_TIME_IS_UP;
use crate::round::{Round, nanos};
use crate::team::Failure;
use crate::workload::Watch;

/// An interpreter that has failed this often is left out.
const FAILURES: u32 = 2;
/// How long looks at one subject in one interpreter take: some thousand of them.
const LOOKS: Duration = Duration::from_millis(500);
/// Iterations of the first round.
const FIRST: u64 = 64;
/// A budget grows by at most this factor from one round to the next. A short round looks fast, since threads hardly
/// switch in it.
const GROWTH: f64 = 16.0;
/// Rounds are made longer than necessary by this factor, since they differ by some percent.
const ABOVE_LEAST: f64 = 1.1;

/// What rounds may leave behind in an interpreter: what watched its threads, and a package that was imported. Others get
/// a process without.
type Traces = (Option<Watch>, Option<&'static str>);

/// A variant, and what is left behind.
type Key = (String, Traces);

/// Workers by the variant of their interpreter and what their rounds may leave behind in it. Each is started when it is
/// first needed.
#[derive(Default)]
pub struct Workers {
    running: HashMap<Key, Worker>,
    failures: HashMap<String, u32>,
    /// What looks found, by variant and subject; `None` where they failed.
    windows: HashMap<(String, &'static str), Option<Window>>,
}

impl Workers {
    /// Looks at how `interpreter` counts with `subject`, unless it has done so in this run.
    pub fn look(&mut self, interpreter: &Interpreter, subject: &'static Subject) {
        let key = (interpreter.variant(), subject.info.id);
        if self.windows.contains_key(&key) {
            return;
        }
        let worker: Key = (key.0.clone(), (None, subject.package));
        let window = self.worker(&worker, interpreter).and_then(|worker| worker.look(subject, LOOKS));
        if window.is_err() {
            self.running.remove(&worker);
        }
        self.windows.insert(key, window.ok());
    }

    /// What looks found.
    pub fn window(&self, interpreter: &Interpreter, subject: &'static Subject) -> Option<Window> {
        *self.windows.get(&(interpreter.variant(), subject.info.id))?
    }

    /// Has `interpreter` run one round.
    ///
    /// # Errors
    /// [`Failure::Gone`] when the interpreter cannot be started, ends, hangs or replies with nonsense; at once when it has
    /// failed twice.
    pub fn round(&mut self, interpreter: &Interpreter, request: &Request, usable: usize) -> Result<Round, Failure> {
        let (variant, label) = (interpreter.variant(), interpreter.label());
        if self.failures.get(&variant).is_some_and(|failures| *failures >= FAILURES) {
            let what = format!("{label} failed {FAILURES} times in this run and is left out");
            return Err(Failure::Gone { what, said: String::new() });
        }
        let worker = (variant.clone(), (request.watch, request.subject.package));
        let reply = self.worker(&worker, interpreter).and_then(|worker| worker.round(request));
        reply.map(|reply| reply.into_round(request, usable)).map_err(|error| {
            *self.failures.entry(variant.clone()).or_default() += 1;
            self.running.remove(&worker);
            let (published, shown) = (error.publishable(), error.to_string());
            let said = shown.strip_prefix(&published).unwrap_or_default().to_owned();
            Failure::Gone { what: format!("{label}: {published}"), said }
        })
    }

    fn worker(&mut self, key: &Key, interpreter: &Interpreter) -> Result<&mut Worker, Error> {
        if !self.running.contains_key(key) {
            self.running.insert(key.clone(), Worker::start(interpreter)?);
        }
        Ok(self.running.get_mut(key).expect("it was started just now"))
    }
}

/// The iterations of rounds that must last a certain time. It grows with each round that was too short.
pub struct GrowingBudget {
    least: Duration,
    iters: Cell<u64>,
}

impl GrowingBudget {
    /// For rounds that last at least `least`.
    pub fn of(least: Duration) -> GrowingBudget {
        GrowingBudget { least, iters: Cell::new(FIRST) }
    }

    /// The iterations of the next round: `asked`, unless that leaves them open.
    pub fn next(&self, asked: u64) -> u64 {
        if asked == UNTIL_TIME_IS_UP { self.iters.get() } else { asked }
    }

    /// Grows if `round` was too short.
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
        let budget = GrowingBudget::of(Duration::from_millis(50));
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
        assert_eq!(budget.next(UNTIL_TIME_IS_UP), 1_600, "at most sixteen times as many");
    }
}

//! The articles' own experiments, run again: the same threads, increments and code, in interpreters of this machine.
//!
//! A [`Scenario`] is one of them. [`Pythons::run`] has every interpreter do one round of it, as the articles did:
//! threads that are tied to no CPU, started one after the other, with one loop each. What came out stands beside what
//! was published ([`Published`]).
//!
//! One round is one draw: what is lost differs from run to run by far. Where a round was too short to lose anything, a
//! note says so ([`Outcome::notes`]). The interpreters bench (`cargo bench --bench interpreters`) is what measures.
//!
//! `miscount articles` prints all of it. An interpreter that fails is named and left out of the rest; each round is
//! ended after [`PATIENCE`].

pub(super) mod published;
mod pythons;

use std::time::Duration;

use serde::Serialize;

use crate::python::real::{Interpreter, Request, Subject};

pub use published::{Near, Published};
pub use pythons::{InterpreterResult, LeftOut, Pythons, ScenarioResult};
pub(super) use pythons::{longest, round};

/// How long a round may take before its interpreter is given up: the slowest took 28 s on two busy CPUs.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Which interpreters a scenario is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// Any.
    Nothing,
    /// Those that run with a global lock.
    GlobalLock,
    /// Those that run without.
    NoGlobalLock,
}

impl Needs {
    /// Whether `interpreter` is one of them.
    pub fn met_by(self, interpreter: &Interpreter) -> bool {
        match self {
            Needs::Nothing => true,
            Needs::GlobalLock => interpreter.gil,
            Needs::NoGlobalLock => !interpreter.gil,
        }
    }

    /// Why nothing was run where there is none of them, and what to do.
    fn absent(self) -> &'static str {
        match self {
            Needs::Nothing => "no interpreter is left",
            Needs::GlobalLock => "no CPython with a global lock here",
            Needs::NoGlobalLock => {
                "no free-threaded CPython here; name one, built with --disable-gil, with --python or MISCOUNT_PYTHONS"
            }
        }
    }
}

/// An experiment of the articles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Scenario {
    /// Its name: what counts, threads x increments of each.
    pub id: &'static str,
    /// Counting threads.
    pub threads: usize,
    /// Increments by each.
    pub iters: u64,
    /// The subject's id, such as `py_plain`.
    pub subject: &'static str,
    /// The increment, as it is written in Python.
    pub code: &'static str,
    /// Which interpreters it is about.
    pub needs: Needs,
}

const fn scenario(
    id: &'static str,
    (threads, iters): (usize, u64),
    (subject, code): (&'static str, &'static str),
    needs: Needs,
) -> Scenario {
    Scenario { id, threads, iters, subject, code, needs }
}

/// The increment of a global counter, and its subject.
const GLOBAL: (&str, &str) = ("py_global", "global counter; counter += 1");

/// All of them, in the order in which they are run.
pub const SCENARIOS: [Scenario; 7] = [
    scenario("plain_10x1m", (10, 1_000_000), ("py_plain", "self.val += 1"), Needs::Nothing),
    scenario("int_10x1m", (10, 1_000_000), ("py_int_conversion", "self.val += int(1)"), Needs::Nothing),
    scenario("lock_10x1m", (10, 1_000_000), ("py_lock", "with self.lock: self.val += 1"), Needs::Nothing),
    scenario("global_2x100k", (2, 100_000), GLOBAL, Needs::GlobalLock),
    scenario("global_lock_2x100k", (2, 100_000), ("py_global_lock", "with lock: counter += 1"), Needs::Nothing),
    scenario("global_free_2x100k", (2, 100_000), GLOBAL, Needs::NoGlobalLock),
    scenario("explicit_400x100k", (400, 100_000), ("py_explicit", "counter = counter + 1"), Needs::Nothing),
];

/// A name that no scenario has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no scenario {0:?}; there are {all}, and {CLAIMS}", all = SCENARIOS.map(|scenario| scenario.id).join(", "))]
pub struct Unknown(String);

/// What the claims are called where scenarios are named.
pub const CLAIMS: &str = "claims";

impl Scenario {
    /// The scenario of this name.
    ///
    /// # Errors
    /// [`Unknown`] lists the names there are.
    pub fn named(id: &str) -> Result<&'static Scenario, Unknown> {
        SCENARIOS.iter().find(|scenario| scenario.id == id).ok_or_else(|| Unknown(id.to_owned()))
    }

    /// What the counter holds at the end when nothing is lost.
    pub fn expected(&self) -> u64 {
        self.threads as u64 * self.iters
    }

    /// How many figures were published of it.
    pub fn published(&self) -> usize {
        published::figures_of(self)
    }

    /// What counts in it.
    pub fn counts(&self) -> &'static Subject {
        Subject::named(self.subject).expect("a test looks each of them up")
    }

    fn request(&self) -> Request {
        Request { patience: PATIENCE, ..Request::as_in_articles(self.counts(), self.threads, self.iters) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_named_after_what_they_do() {
        for scenario in &SCENARIOS {
            assert_eq!(Scenario::named(scenario.id), Ok(scenario));
            let name = |n: u64| match n {
                1_000_000 => "1m".to_owned(),
                100_000 => "100k".to_owned(),
                n => n.to_string(),
            };
            let size = format!("{}x{}", scenario.threads, name(scenario.iters));
            assert!(scenario.id.ends_with(&size), "{} is {size}", scenario.id);
            assert!(scenario.counts().anomaly.is_none());
        }
        let said = Scenario::named("plain").unwrap_err().to_string();
        assert!(said.starts_with("no scenario \"plain\"; there are plain_10x1m, int_10x1m"), "{said}");
        assert!(said.ends_with("explicit_400x100k, and claims"), "{said}");
    }
}

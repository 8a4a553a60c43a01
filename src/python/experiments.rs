//! The articles' own experiments, run again in the interpreters of this machine: the same threads, increments and code.
//!
//! A [`Scenario`] is one experiment. [`Pythons::run`] has every interpreter do one round of it as the articles did:
//! threads are tied to no CPU, start one after the other, and run one loop each. Each result stands beside the
//! [`Published`] figure.
//!
//! One round is one sample: losses differ widely from run to run. Where a round was too short to lose anything,
//! [`ScenarioResult::notes`] says so. `cargo bench --bench interpreters` measures in earnest.
//!
//! `miscount articles` prints all of it. An interpreter that fails is named, and left out of the rest. A round is killed
//! after [`PATIENCE`].

pub(in crate::python) mod published;
mod pythons;

use std::time::Duration;

use serde::Serialize;

use crate::python::real::{Interpreter, Request, Subject};

pub use published::{Near, Published};
pub use pythons::{InterpreterResult, LeftOut, Pythons, ScenarioResult};
pub(super) use pythons::{longest, round};

/// How long a round may take before its interpreter is given up. The slowest took 28 s on two busy CPUs.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Which interpreters a scenario is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// All.
    Nothing,
    /// Those that run with a global lock.
    GlobalLock,
    /// Those that run without it.
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

    /// Why nothing was run when there is no such interpreter, and what to do.
    fn absent(self) -> &'static str {
        match self {
            Needs::Nothing => "no interpreter is left",
            Needs::GlobalLock => "no interpreter with a global lock here",
            Needs::NoGlobalLock => {
                "no interpreter without a global lock here; name one, such as a CPython built with --disable-gil, with --python or MISCOUNT_PYTHONS"
            }
        }
    }
}

/// An experiment of the articles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Scenario {
    /// Its name: the way of counting, threads x increments of each.
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

/// The subject that increments a global, and its increment.
const GLOBAL: (&str, &str) = ("py_global", "global counter; counter += 1");

/// All scenarios, in the order in which they are run.
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
pub struct UnknownScenario(String);

/// The name that stands for the claims where scenarios are named.
pub const CLAIMS: &str = "claims";

impl Scenario {
    /// The scenario of this name.
    ///
    /// # Errors
    /// [`UnknownScenario`] lists the names there are.
    pub fn named(id: &str) -> Result<&'static Scenario, UnknownScenario> {
        SCENARIOS.iter().find(|scenario| scenario.id == id).ok_or_else(|| UnknownScenario(id.to_owned()))
    }

    /// What the counter holds at the end if nothing is lost.
    pub fn expected(&self) -> u64 {
        self.threads as u64 * self.iters
    }

    /// What is counted with.
    pub fn subject(&self) -> &'static Subject {
        Subject::named(self.subject).expect("a test looks each of them up")
    }

    fn request(&self) -> Request {
        Request { patience: PATIENCE, ..Request::as_in_articles(self.subject(), self.threads, self.iters) }
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
            assert!(scenario.subject().anomaly.is_none());
        }
        let said = Scenario::named("plain").unwrap_err().to_string();
        assert!(said.starts_with("no scenario \"plain\"; there are plain_10x1m, int_10x1m"), "{said}");
        assert!(said.ends_with("explicit_400x100k, and claims"), "{said}");
    }
}

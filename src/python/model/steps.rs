//! What each version of CPython does for one increment, step by step, and where it checks whether to let another
//! thread run.
//!
//! One program is one iteration of `for _ in range(n): c.increment()`; `line` of the program is the body of
//! `increment`. [`docs::interpreters`](crate::docs::interpreters) shows the programs, and says where the checks are in
//! CPython's source and how they were confirmed.

mod tables;

use std::fmt;

use crate::counter::Grade;

pub use tables::{
    GIL_3_9_INT, GIL_3_9_LOCK, GIL_3_9_PLAIN, GIL_3_10_INT, GIL_3_10_LOCK, GIL_3_10_PLAIN, GIL_3_11_INT, GIL_3_13_INT,
    GIL_FREE_THREADED,
};

/// One step of an increment: a bytecode, by its name, or a check of the eval breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PyStep {
    /// Touches neither the value nor a lock.
    Other(&'static str),
    /// Puts the value on the thread's own stack.
    Load(&'static str),
    /// Adds one to what is on the stack.
    Add(&'static str),
    /// Writes what is on the stack back to the value.
    Store(&'static str),
    /// Takes the object's lock, waiting for it without the interpreter's.
    Lock(&'static str),
    /// Releases the object's lock.
    Unlock(&'static str),
    /// Checks whether another thread has requested the interpreter's lock, and if so lets it run. Where there is such a
    /// lock, threads change at checks and nowhere else, except while one waits in [`PyStep::Lock`]. The number is the share
    /// of an iteration's time that has passed since the check before, in per cent.
    Check(u8),
}

impl PyStep {
    /// The bytecode's name, or `(check)`.
    pub fn name(self) -> &'static str {
        match self {
            PyStep::Other(name)
            | PyStep::Load(name)
            | PyStep::Add(name)
            | PyStep::Store(name)
            | PyStep::Lock(name)
            | PyStep::Unlock(name) => name,
            PyStep::Check(_) => "(check)",
        }
    }

    /// What the bytecode does to the value or to a lock, in a word; empty if it touches neither.
    pub fn does(self) -> &'static str {
        match self {
            PyStep::Other(_) | PyStep::Check(_) => "",
            PyStep::Load(_) => "load",
            PyStep::Add(_) => "add",
            PyStep::Store(_) => "store",
            PyStep::Lock(_) => "lock",
            PyStep::Unlock(_) => "unlock",
        }
    }
}

/// One increment in one version of CPython.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PyProgram {
    /// The id of the model that runs it.
    pub id: &'static str,
    /// The increment, as it is written in Python.
    pub line: &'static str,
    /// What the model promises.
    pub grade: Grade,
    /// One line for tables.
    pub summary: &'static str,
    /// The versions of CPython it stands for.
    pub pythons: &'static [&'static str],
    /// Whether there is an interpreter's lock. Without it threads run at once, and any step of one thread may come
    /// between any two steps of another.
    pub gil: bool,
    /// The steps, in order.
    pub steps: &'static [PyStep],
}

/// Every program, in the order of the versions.
pub const fn programs() -> &'static [PyProgram] {
    &PROGRAMS
}

impl PyProgram {
    /// The share of switches that come between load and store: of an iteration's time, the part that passes before the
    /// checks there. A program that has none loses no update. Without an interpreter's lock it is 0 too, since threads
    /// do not wait for checks.
    pub fn exposed(&self) -> f64 {
        let (mut exposed, mut loaded, mut held) = (0, false, false);
        for step in self.steps {
            match step {
                PyStep::Load(_) => loaded = true,
                PyStep::Store(_) => loaded = false,
                PyStep::Lock(_) => held = true,
                PyStep::Unlock(_) => held = false,
                PyStep::Check(share) if self.gil && loaded && !held => exposed += u32::from(*share),
                PyStep::Other(_) | PyStep::Add(_) | PyStep::Check(_) => {}
            }
        }
        f64::from(exposed) / 100.0
    }
}

/// The share of updates that `threads` threads lose of which each lets go of the lock between load and store in the share
/// `exposed` of its turns. [`docs::interpreters`](crate::docs::interpreters) derives it.
///
/// ```
/// use miscount::python::model::steps::lost;
/// assert_eq!((lost(0.0, 10), lost(0.5, 1)), (0.0, 0.0));
/// assert_eq!(lost(1.0, 2), 0.5);
/// ```
pub fn lost(exposed: f64, threads: usize) -> f64 {
    let undone = exposed * threads.saturating_sub(1) as f64;
    undone / (1.0 + undone)
}

/// The same for a run of `turns` turns in all. The first turn of a thread undoes nothing, so a short run loses less than an endless
/// one: with 4 threads and 90 turns some 2 points.
///
/// ```
/// use miscount::python::model::steps::{lost, lost_in};
/// assert_eq!([lost_in(0.5, 2, 0), lost_in(0.5, 2, 2)], [0.0; 2]);
/// assert_eq!(lost_in(1.0, 2, 4), 0.25);
/// assert!((lost_in(0.3, 10, 100_000) - lost(0.3, 10)).abs() < 1e-4);
/// ```
pub fn lost_in(exposed: f64, threads: usize, turns: usize) -> f64 {
    if turns == 0 { 0.0 } else { 1.0 - values(exposed, threads, turns)[turns] / turns as f64 }
}

/// The mean of the value after each number of turns up to `turns`, in turns.
fn values(exposed: f64, threads: usize, turns: usize) -> Vec<f64> {
    let mut values = vec![0.0];
    for turn in 1..=turns {
        let before = values[turn - 1];
        let own = if turn > threads { values[turn - threads] } else { before };
        values.push(1.0 + exposed * own + (1.0 - exposed) * before);
    }
    values
}

impl fmt::Display for PyProgram {
    /// A line for the program, then a line for each bytecode: what it does, and whether a check follows, with its share of
    /// the time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PyProgram { id, line, pythons, .. } = self;
        writeln!(f, "{id}: {line:?} in CPython {}", pythons.join(", "))?;
        let mut loaded = false;
        for (n, step) in self.steps.iter().enumerate().filter(|(_, step)| !matches!(step, PyStep::Check(_))) {
            let does = step.does();
            loaded = (loaded || does == "load") && does != "store";
            let check = match self.steps.get(n + 1) {
                Some(PyStep::Check(share)) if loaded => format!("check {share} %, between load and store"),
                Some(PyStep::Check(share)) => format!("check {share} %"),
                _ => String::new(),
            };
            writeln!(f, "{}", format!("  {:<16}{does:<9}{check}", step.name()).trim_end())?;
        }
        Ok(())
    }
}

const PROGRAMS: [PyProgram; 9] = [
    GIL_3_9_PLAIN,
    GIL_3_9_INT,
    GIL_3_9_LOCK,
    GIL_3_10_PLAIN,
    GIL_3_10_INT,
    GIL_3_10_LOCK,
    GIL_3_11_INT,
    GIL_3_13_INT,
    GIL_FREE_THREADED,
];

#[cfg(test)]
mod tests {
    use super::PyStep::{Check, Other};
    use super::tables::LOCK;
    use super::*;
    use crate::catalogue;
    use crate::counter::Grade;

    #[test]
    fn what_can_be_interrupted_is_called_racy_and_nothing_else_is() {
        let models = catalogue::infos().into_iter().filter(|info| info.family == "gil");
        for (model, program) in models.zip(programs()) {
            assert_eq!(model.id, program.id);
            assert_eq!(model.grade == Grade::Racy, program.exposed() > 0.0 || !program.gil, "{program}");
        }
    }

    #[test]
    fn each_increment_loads_adds_and_stores_once() {
        for program in programs() {
            let does: Vec<&PyStep> = program.steps.iter().filter(|s| !matches!(s, Other(_) | Check(_))).collect();
            let does = does.iter().map(|step| step.does()).collect::<Vec<_>>().join(" ");
            assert!(["load add store", "lock load add store unlock"].contains(&&*does), "{program}");
        }
    }

    #[test]
    fn the_time_before_the_checks_in_between_is_exposed() {
        assert_eq!(GIL_3_9_PLAIN.exposed(), 0.26);
        assert_eq!(GIL_3_9_INT.exposed(), 0.4);
        assert_eq!(GIL_3_10_PLAIN.exposed(), 0.0);
        assert_eq!(GIL_3_10_INT.exposed(), 0.29);
        assert_eq!(GIL_3_11_INT.exposed(), 0.52);
        assert_eq!(GIL_3_13_INT.exposed(), 0.29);
        assert_eq!(GIL_3_9_LOCK.exposed(), 0.0);
        assert_eq!(GIL_FREE_THREADED.exposed(), 0.0);
    }

    #[test]
    fn the_shares_of_a_program_are_all_of_its_time() {
        for program in programs() {
            let share = |step: &PyStep| if let Check(share) = step { u32::from(*share) } else { 0 };
            assert_eq!(program.steps.iter().map(share).sum::<u32>(), 100, "{program}");
        }
    }

    /// The work that is kept of turns that take turns, of which the marked ones end between load and store.
    fn kept(ends_inside: u32, turns: usize, threads: usize) -> usize {
        let mut value = 0;
        // What each thread has loaded and not stored yet.
        let mut loaded = vec![None; threads];
        for turn in 0..turns {
            let thread = turn % threads;
            value = loaded[thread].take().unwrap_or(value) + 1;
            loaded[thread] = (ends_inside >> turn & 1 == 1).then_some(value);
        }
        value
    }

    #[test]
    fn what_is_lost_is_the_mean_over_all_ways_in_which_turns_can_end() {
        for exposed in programs().iter().map(PyProgram::exposed).chain([0.1, 0.9, 1.0]) {
            for threads in [2, 3, 4] {
                let turns = 12;
                let probability = |ways: u32| {
                    let inside = ways.count_ones() as i32;
                    exposed.powi(inside) * (1.0 - exposed).powi(turns as i32 - inside)
                };
                let all =
                    (0..1 << turns).map(|ways| probability(ways) * kept(ways, turns, threads) as f64).sum::<f64>();
                let means = values(exposed, threads, 2_000);
                assert!((all - means[turns]).abs() < 1e-9, "{exposed} {threads}: {all} and {}", means[turns]);
                let kept = (means[2_000] - means[1_000]) / 1_000.0;
                let formula = 1.0 - lost(exposed, threads);
                assert!((kept - formula).abs() < 1e-3, "{exposed} {threads}: {kept} and {formula}");
            }
        }
    }

    #[test]
    fn the_page_shows_the_tables() {
        let page = include_str!("../../docs/interpreters.md");
        for program in programs().iter().filter(|program| program.line != LOCK) {
            assert!(page.contains(&program.to_string()), "the page lacks this:\n{program}");
        }
    }
}

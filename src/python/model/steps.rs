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
    GIL_3_9_INT, GIL_3_9_LOCK, GIL_3_9_PLAIN, GIL_3_10_INT, GIL_3_10_LOCK, GIL_3_10_PLAIN, GIL_3_13_INT,
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
    /// lock, threads change at checks and nowhere else, except while one waits in [`PyStep::Lock`].
    Check,
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
            PyStep::Check => "(check)",
        }
    }

    /// What the bytecode does to the value or to a lock, in a word; empty if it touches neither.
    pub fn does(self) -> &'static str {
        match self {
            PyStep::Other(_) | PyStep::Check => "",
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
    /// How many bytecodes lead to a switch between load and store when the lock is requested while they run, and how
    /// many bytecodes there are. If all took equally long, the first divided by the second would be the share of
    /// switches that lose updates. A program whose first number is 0 never loses one.
    pub fn exposed(&self) -> (usize, usize) {
        let (mut exposed, mut since_check) = (0, 0);
        let (mut loaded, mut held) = (false, false);
        for step in self.steps {
            match step {
                PyStep::Load(_) => loaded = true,
                PyStep::Store(_) => loaded = false,
                PyStep::Lock(_) => held = true,
                PyStep::Unlock(_) => held = false,
                PyStep::Other(_) | PyStep::Add(_) | PyStep::Check => {}
            }
            if *step != PyStep::Check {
                since_check += 1;
            }
            if loaded && !held && (*step == PyStep::Check || !self.gil) {
                exposed += since_check;
            }
            if *step == PyStep::Check || !self.gil {
                since_check = 0;
            }
        }
        (exposed, self.steps.iter().filter(|step| **step != PyStep::Check).count())
    }
}

impl fmt::Display for PyProgram {
    /// A line for the program, then a line for each bytecode: what it does, and whether a check follows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PyProgram { id, line, pythons, .. } = self;
        writeln!(f, "{id}: {line:?} in CPython {}", pythons.join(", "))?;
        let mut loaded = false;
        for (n, step) in self.steps.iter().enumerate().filter(|(_, step)| **step != PyStep::Check) {
            let does = step.does();
            loaded = (loaded || does == "load") && does != "store";
            let check = match self.steps.get(n + 1) {
                Some(PyStep::Check) if loaded => "check, between load and store",
                Some(PyStep::Check) => "check",
                _ => "",
            };
            writeln!(f, "{}", format!("  {:<16}{does:<9}{check}", step.name()).trim_end())?;
        }
        Ok(())
    }
}

const PROGRAMS: [PyProgram; 8] = [
    GIL_3_9_PLAIN,
    GIL_3_9_INT,
    GIL_3_9_LOCK,
    GIL_3_10_PLAIN,
    GIL_3_10_INT,
    GIL_3_10_LOCK,
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
            assert_eq!(model.grade == Grade::Racy, program.exposed().0 > 0, "{program}");
        }
    }

    #[test]
    fn each_increment_loads_adds_and_stores_once() {
        for program in programs() {
            let does: Vec<&PyStep> = program.steps.iter().filter(|s| !matches!(s, Other(_) | Check)).collect();
            let does = does.iter().map(|step| step.does()).collect::<Vec<_>>().join(" ");
            assert!(["load add store", "lock load add store unlock"].contains(&&*does), "{program}");
        }
    }

    #[test]
    fn bytecodes_before_a_check_in_between_are_counted() {
        assert_eq!(GIL_3_9_PLAIN.exposed(), (5, 16));
        assert_eq!(GIL_3_9_INT.exposed(), (7, 18));
        assert_eq!(GIL_3_10_PLAIN.exposed(), (0, 16));
        assert_eq!(GIL_3_10_INT.exposed(), (6, 18));
        assert_eq!(GIL_3_13_INT.exposed(), (6, 18));
        assert_eq!(GIL_3_9_LOCK.exposed().0, 0);
        assert_eq!(GIL_FREE_THREADED.exposed(), (4, 16));
    }

    #[test]
    fn the_page_shows_the_tables() {
        let page = include_str!("../../docs/interpreters.md");
        for program in programs().iter().filter(|program| program.line != LOCK) {
            assert!(page.contains(&program.to_string()), "the page lacks this:\n{program}");
        }
    }
}

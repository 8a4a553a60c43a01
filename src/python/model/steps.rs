//! What CPython does for one increment, step by step, and where it looks whether to let another thread run.
//!
//! One table is one turn of the loop
//!
//! ```python
//! for _ in range(n):
//!     c.increment()      # whose body is `line` of the table
//! ```
//!
//! The bytecodes are what `dis` prints in CPython 3.7.16, 3.8.18, 3.9.18, 3.10.13, 3.12.1 and 3.13.0. Between
//! two of them the evaluator looks at its *eval breaker*, or does not:
//!
//! - **up to 3.9** (`Python/ceval.c`) most bytecodes end with `DISPATCH()`, which looks at it; the cheap
//!   ones (`LOAD_FAST`, `LOAD_CONST`, `STORE_FAST`, `POP_TOP`, `DUP_TOP`, `ROT_TWO`, `JUMP_FORWARD`) end with
//!   `FAST_DISPATCH()`, which does not. So does whatever comes right before a `SETUP_WITH`.
//! - **3.10** (`Python/ceval.c`): when a function is entered, and where `CHECK_EVAL_BREAKER()` stands: after a
//!   jump back, and after a call.
//! - **3.11 to 3.13** (`Python/ceval.c` in 3.11, `Python/bytecodes.c` since): in `RESUME`, with which each
//!   function begins, in `JUMP_BACKWARD`, and after the call of what is not written in Python. The call of a
//!   Python function looks in its `RESUME` only.
//!
//! That these are the places was seen from outside, too: a thread that has been made to let go shows the
//! bytecode it stands at in `sys._current_frames()`, and in thousands of looks at each of 3.7 to 3.13 it
//! stood behind one of the checks below and nowhere else.

mod tables;

use std::fmt;

pub use tables::{
    GIL_3_9_INT, GIL_3_9_LOCK, GIL_3_9_PLAIN, GIL_3_10_INT, GIL_3_10_LOCK, GIL_3_10_PLAIN, GIL_3_13_INT,
    GIL_FREE_THREADED,
};

/// One step of an increment: a bytecode, by name, or a look at the eval breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
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
    /// Looks whether another thread has asked for the interpreter's lock, and lets it run if so: under that
    /// lock, threads change here and nowhere else (but where one waits in [`Step::Lock`]).
    Check,
}

impl Step {
    /// The bytecode's name, or `(check)`.
    pub fn name(self) -> &'static str {
        match self {
            Step::Other(name)
            | Step::Load(name)
            | Step::Add(name)
            | Step::Store(name)
            | Step::Lock(name)
            | Step::Unlock(name) => name,
            Step::Check => "(check)",
        }
    }

    /// What the bytecode does to the value or to a lock, in a word; empty for nothing.
    pub fn does(self) -> &'static str {
        match self {
            Step::Other(_) | Step::Check => "",
            Step::Load(_) => "load",
            Step::Add(_) => "add",
            Step::Store(_) => "store",
            Step::Lock(_) => "lock",
            Step::Unlock(_) => "unlock",
        }
    }
}

/// The steps of one increment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// The id of the model that runs it.
    pub id: &'static str,
    /// What it does, in Python.
    pub line: &'static str,
    /// The versions of CPython it stands for.
    pub pythons: &'static [&'static str],
    /// Whether there is an interpreter's lock. Without, threads run at once, and every step of one may come
    /// between any two of another.
    pub gil: bool,
    /// The steps, in order.
    pub steps: &'static [Step],
}

/// Every program, in the order of the versions.
pub fn programs() -> &'static [Program] {
    &PROGRAMS
}

impl Program {
    /// Bytecodes that end in a switch between load and store, if a switch is asked for while they run, and
    /// bytecodes in all. If each took as long as any other, the first through the second would be how many
    /// switches go wrong; a program that has none never loses an update.
    pub fn exposed(&self) -> (usize, usize) {
        let (mut exposed, mut since_check) = (0, 0);
        let (mut loaded, mut held) = (false, false);
        for step in self.steps {
            match step {
                Step::Load(_) => loaded = true,
                Step::Store(_) => loaded = false,
                Step::Lock(_) => held = true,
                Step::Unlock(_) => held = false,
                Step::Other(_) | Step::Add(_) | Step::Check => {}
            }
            if *step != Step::Check {
                since_check += 1;
            }
            if loaded && !held && (*step == Step::Check || !self.gil) {
                exposed += since_check;
            }
            if *step == Step::Check || !self.gil {
                since_check = 0;
            }
        }
        (exposed, self.steps.iter().filter(|step| **step != Step::Check).count())
    }
}

impl fmt::Display for Program {
    /// A line for the program, and one for each bytecode: what it does, and whether a check follows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Program { id, line, pythons, .. } = self;
        writeln!(f, "{id}: {line:?} in CPython {}", pythons.join(", "))?;
        let mut loaded = false;
        for (n, step) in self.steps.iter().enumerate().filter(|(_, step)| **step != Step::Check) {
            let does = step.does();
            loaded = (loaded || does == "load") && does != "store";
            let check = match self.steps.get(n + 1) {
                Some(Step::Check) if loaded => "check, between load and store",
                Some(Step::Check) => "check",
                _ => "",
            };
            writeln!(f, "{}", format!("  {:<16}{does:<9}{check}", step.name()).trim_end())?;
        }
        Ok(())
    }
}

const PROGRAMS: [Program; 8] = [
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
    use super::Step::{Check, Other};
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
            let does: Vec<&Step> = program.steps.iter().filter(|s| !matches!(s, Other(_) | Check)).collect();
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

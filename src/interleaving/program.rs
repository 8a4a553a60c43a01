//! The steps of an increment, counter by counter.

use super::gil;

/// The effect of a step. A thread has one register. The value and one flag are shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Does {
    /// The value is copied into the register.
    Load,
    /// One is added to the register.
    Add,
    /// The register is copied into the value.
    Store,
    /// One is added to the value, in one step.
    FetchAdd,
    /// If the value still equals the register, one is added to it. If not, the register gets the
    /// value, and the step is done again.
    CompareAndSwap,
    /// Waits until the flag is down, and raises it, in one step. While it is up, the thread has no turn.
    Lock,
    /// Waits until the flag is down. While it is up, the thread has no turn: a look that finds it
    /// up changes nothing.
    AwaitFree,
    /// Raises the flag, whatever it was.
    Take,
    /// Lowers the flag.
    Unlock,
    /// A step that only this thread can see.
    Local,
    /// The interpreter looks whether another thread wants its lock. Only here it hands the lock over.
    Check,
}

impl Does {
    /// Whether other threads can see it or change its result. Between two steps that are not
    /// shared, a switch makes no difference to any value.
    pub fn is_shared(self) -> bool {
        !matches!(self, Does::Add | Does::Local | Does::Check)
    }

    /// Whether it waits for the flag.
    pub(super) fn waits(self) -> bool {
        matches!(self, Does::Lock | Does::AwaitFree)
    }
}

/// One step: its effect, and its name in timelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// A word, such as `load` or `LOAD_ATTR`.
    pub name: &'static str,
    /// Its effect.
    pub does: Does,
}

impl Step {
    /// A step of that name.
    pub const fn new(name: &'static str, does: Does) -> Step {
        Step { name, does }
    }
}

/// Where another thread can interrupt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preempted {
    /// Between any two steps.
    Anywhere,
    /// At a [`Does::Check`] only: an interpreter with a global lock.
    AtChecks,
}

/// The program of one thread: `first`, then an increment `batch` times, then `last`, and all of it again until
/// its increments are done. The last batch may be shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// The counter's id in the catalogue.
    pub id: &'static str,
    /// Goes up when the steps change, so that older schedules are refused and not replayed wrongly.
    pub version: u32,
    /// One line about it.
    pub summary: &'static str,
    /// Where threads can be switched.
    pub preempted: Preempted,
    /// Steps before a batch of increments.
    pub first: &'static [Step],
    /// Steps of one increment.
    pub increment: &'static [Step],
    /// Steps after a batch.
    pub last: &'static [Step],
    /// Increments of a batch, 1 or more.
    pub batch: usize,
}

impl Program {
    /// A program that does the same for each increment.
    pub(super) const fn new(
        id: &'static str,
        summary: &'static str,
        preempted: Preempted,
        increment: &'static [Step],
    ) -> Program {
        Program { id, version: 1, summary, preempted, first: &[], increment, last: &[], batch: 1 }
    }

    /// The program of a counter; `None` if its steps are not known.
    pub fn find(id: &str) -> Option<&'static Program> {
        programs().find(|program| program.id == id)
    }

    /// All steps of one thread, in order.
    pub(super) fn steps(&self, increments: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        for done in 0..increments {
            if done % self.batch == 0 {
                steps.extend(self.first);
            }
            steps.extend(self.increment);
            if (done + 1) % self.batch == 0 || done + 1 == increments {
                steps.extend(self.last);
            }
        }
        steps
    }
}

const LOAD: Step = Step::new("load", Does::Load);
const ADD: Step = Step::new("add", Does::Add);
const STORE: Step = Step::new("store", Does::Store);
const LOCK: Step = Step::new("lock", Does::Lock);
const UNLOCK: Step = Step::new("unlock", Does::Unlock);
const CALL: Step = Step::new("call", Does::Local);
const FETCH_ADD: Step = Step::new("fetch_add", Does::FetchAdd);
const COMPARE_AND_SWAP: Step = Step::new("cas", Does::CompareAndSwap);
const AWAIT_FREE: Step = Step::new("look", Does::AwaitFree);
const TAKE: Step = Step::new("take", Does::Take);
const FREE: Step = Step::new("free", Does::Unlock);

/// Counters of this crate; those of Python are in `gil`.
const NATIVE: &[Program] = &[
    Program::new("load_store", "load, add, store", Preempted::Anywhere, &[LOAD, ADD, STORE]),
    Program::new("wide_window", "load, a call, add, store", Preempted::Anywhere, &[LOAD, CALL, ADD, STORE]),
    Program {
        first: &[LOAD],
        last: &[STORE],
        batch: 16,
        ..Program::new("hoisted", "load, add 16 times, store", Preempted::Anywhere, &[ADD])
    },
    Program::new(
        "busted_lock",
        "look whether the lock is free, take it, load, add, store, free",
        Preempted::Anywhere,
        &[AWAIT_FREE, TAKE, LOAD, ADD, STORE, FREE],
    ),
    Program::new("fetch_add", "one atomic add", Preempted::Anywhere, &[FETCH_ADD]),
    Program::new(
        "cas_loop",
        "load, then compare-and-swap until it succeeds",
        Preempted::Anywhere,
        &[LOAD, COMPARE_AND_SWAP],
    ),
    Program::new("std_mutex", "lock, load, add, store, unlock", Preempted::Anywhere, &[LOCK, LOAD, ADD, STORE, UNLOCK]),
];

/// Every program.
pub fn programs() -> impl Iterator<Item = &'static Program> {
    NATIVE.iter().chain(gil::PROGRAMS)
}

/// The ids of all programs, for people.
pub(super) fn ids() -> String {
    programs().map(|program| program.id).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(id: &str, increments: usize) -> String {
        let steps = Program::find(id).expect("a program").steps(increments);
        steps.iter().map(|step| step.name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_thread_repeats_its_increment() {
        assert_eq!(names("load_store", 2), "load add store load add store");
        assert_eq!(names("fetch_add", 3), "fetch_add fetch_add fetch_add");
    }

    #[test]
    fn a_batch_is_stored_when_it_is_full_and_at_the_end() {
        assert_eq!(names("hoisted", 2), "load add add store");
        let adds = vec!["add"; 16].join(" ");
        assert_eq!(names("hoisted", 16), format!("load {adds} store"));
        assert_eq!(names("hoisted", 17), format!("load {adds} store load add store"));
    }

    #[test]
    fn ids_are_unique_and_words() {
        let mut ids: Vec<&str> = programs().map(|program| program.id).collect();
        assert!(ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), programs().count());
    }
}

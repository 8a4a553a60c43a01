//! Python's increments, bytecode by bytecode: the steps of the `gil` counters
//! ([`counters::gil::steps`](crate::counters::gil::steps)), for the scheduler here.
//!
//! Programs that take a lock are left out: a thread that waits in `SETUP_WITH` waits in the middle of a turn.

use super::program::{Does, Preempted, Program, Step};
use crate::counters::gil::steps::{
    GIL_3_9_INT, GIL_3_9_PLAIN, GIL_3_10_INT, GIL_3_10_PLAIN, GIL_3_13_INT, GIL_FREE_THREADED, Program as Python,
    Step as Bytecode,
};

/// The steps of a table.
const fn steps<const N: usize>(python: &Python) -> [Step; N] {
    let mut steps = [Step::new("", Does::Local); N];
    let mut at = 0;
    while at < N {
        steps[at] = match python.steps[at] {
            Bytecode::Other(name) => Step::new(name, Does::Local),
            Bytecode::Load(name) => Step::new(name, Does::Load),
            Bytecode::Add(name) => Step::new(name, Does::Add),
            Bytecode::Store(name) => Step::new(name, Does::Store),
            Bytecode::Check => Step::new("(check)", Does::Check),
            Bytecode::Lock(_) | Bytecode::Unlock(_) => panic!("programs with a lock are left out"),
        };
        at += 1;
    }
    steps
}

macro_rules! program {
    ($python:ident, $summary:literal) => {{
        const STEPS: [Step; $python.steps.len()] = steps(&$python);
        let preempted = if $python.gil { Preempted::AtChecks } else { Preempted::Anywhere };
        Program::new($python.id, $summary, preempted, &STEPS)
    }};
}

pub(super) const PROGRAMS: &[Program] = &[
    program!(GIL_3_9_PLAIN, "CPython 3.9, self.val += 1: a check after most bytecodes"),
    program!(GIL_3_9_INT, "CPython 3.9, self.val += int(1): a check after most bytecodes"),
    program!(GIL_3_10_PLAIN, "CPython 3.10, self.val += 1: no check between load and store"),
    program!(GIL_3_10_INT, "CPython 3.10, self.val += int(1): a check after the call, between load and store"),
    program!(GIL_3_13_INT, "CPython 3.11 to 3.13, self.val += int(1): a check after the call, between load and store"),
    program!(GIL_FREE_THREADED, "CPython without its lock, self.val += 1: a switch anywhere"),
];

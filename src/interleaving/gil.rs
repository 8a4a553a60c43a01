//! Python's increments, bytecode by bytecode: the programs of the models
//! ([`python::model::steps`](crate::python::model::steps)) as programs of the scheduler here.
//!
//! Programs that take a lock are left out: a thread that waits in `SETUP_WITH` waits in the middle of an increment.

use super::program::{Does, Preempted, Program, Step};
use crate::python::model::steps::{
    GIL_3_9_INT, GIL_3_9_PLAIN, GIL_3_10_INT, GIL_3_10_PLAIN, GIL_3_11_INT, GIL_3_13_INT, GIL_FREE_THREADED, PyProgram,
    PyStep,
};

/// The steps of a table.
const fn steps<const N: usize>(python: &PyProgram) -> [Step; N] {
    let mut steps = [Step::new("", Does::Local); N];
    let mut at = 0;
    while at < N {
        steps[at] = match python.steps[at] {
            PyStep::Other(name) => Step::new(name, Does::Local),
            PyStep::Load(name) => Step::new(name, Does::Load),
            PyStep::Add(name) => Step::new(name, Does::Add),
            PyStep::Store(name) => Step::new(name, Does::Store),
            PyStep::Check(_) => Step::new("(check)", Does::Check),
            PyStep::Lock(_) | PyStep::Unlock(_) => panic!("programs with a lock are left out"),
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
    program!(GIL_3_11_INT, "CPython 3.11 and 3.12, self.val += int(1): a check after the call, between load and store"),
    program!(
        GIL_3_13_INT,
        "CPython 3.13 and newer, self.val += int(1): a check after the call, between load and store"
    ),
    program!(GIL_FREE_THREADED, "CPython without its lock, self.val += 1: a switch anywhere"),
];

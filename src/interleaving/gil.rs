//! Python's increments, bytecode by bytecode: THE place where the steps of the `gil` counters are
//! plugged in.
//!
//! `for _ in range(n): self.val += 1` (`plain`) and `self.val += int(1)` (`int`), as `dis` prints them, and
//! where the evaluation loop looks at its `eval_breaker` (CPython's `Python/ceval.c`): up to 3.9 after
//! each bytecode that ends in `DISPATCH()`, since 3.10 after calls and backward jumps only.

use super::program::{Does, Preempted, Program, Step};

const fn local(name: &'static str) -> Step {
    Step::new(name, Does::Local)
}

const CHECK: Step = Step::new("(check)", Does::Check);
const FOR_ITER: Step = local("FOR_ITER");
const STORE_FAST: Step = local("STORE_FAST");
const LOAD_FAST: Step = local("LOAD_FAST");
const DUP_TOP: Step = local("DUP_TOP");
const LOAD_ATTR: Step = Step::new("LOAD_ATTR", Does::Load);
const LOAD_GLOBAL: Step = local("LOAD_GLOBAL");
const LOAD_CONST: Step = local("LOAD_CONST");
const CALL_FUNCTION: Step = local("CALL_FUNCTION");
const INPLACE_ADD: Step = Step::new("INPLACE_ADD", Does::Add);
const ROT_TWO: Step = local("ROT_TWO");
const STORE_ATTR: Step = Step::new("STORE_ATTR", Does::Store);
const JUMP_ABSOLUTE: Step = local("JUMP_ABSOLUTE");

pub(super) const PROGRAMS: &[Program] = &[
    Program::new(
        "gil_3_9_plain",
        "CPython 3.9, self.val += 1: a check after most bytecodes",
        Preempted::AtChecks,
        &[
            FOR_ITER,
            CHECK,
            STORE_FAST,
            LOAD_FAST,
            DUP_TOP,
            LOAD_ATTR,
            CHECK,
            LOAD_CONST,
            INPLACE_ADD,
            CHECK,
            ROT_TWO,
            STORE_ATTR,
            CHECK,
            JUMP_ABSOLUTE,
            CHECK,
        ],
    ),
    Program::new(
        "gil_3_9_int",
        "CPython 3.9, self.val += int(1): a check after most bytecodes",
        Preempted::AtChecks,
        &[
            FOR_ITER,
            CHECK,
            STORE_FAST,
            LOAD_FAST,
            DUP_TOP,
            LOAD_ATTR,
            CHECK,
            LOAD_GLOBAL,
            CHECK,
            LOAD_CONST,
            CALL_FUNCTION,
            CHECK,
            INPLACE_ADD,
            CHECK,
            ROT_TWO,
            STORE_ATTR,
            CHECK,
            JUMP_ABSOLUTE,
            CHECK,
        ],
    ),
    Program::new(
        "gil_3_10_plain",
        "CPython 3.10, self.val += 1: no check between load and store",
        Preempted::AtChecks,
        &[
            FOR_ITER,
            STORE_FAST,
            LOAD_FAST,
            DUP_TOP,
            LOAD_ATTR,
            LOAD_CONST,
            INPLACE_ADD,
            ROT_TWO,
            STORE_ATTR,
            JUMP_ABSOLUTE,
            CHECK,
        ],
    ),
    Program::new(
        "gil_3_10_int",
        "CPython 3.10, self.val += int(1): a check after the call, between load and store",
        Preempted::AtChecks,
        &[
            FOR_ITER,
            STORE_FAST,
            LOAD_FAST,
            DUP_TOP,
            LOAD_ATTR,
            LOAD_GLOBAL,
            LOAD_CONST,
            CALL_FUNCTION,
            CHECK,
            INPLACE_ADD,
            ROT_TWO,
            STORE_ATTR,
            JUMP_ABSOLUTE,
            CHECK,
        ],
    ),
    Program::new(
        "gil_free_threaded",
        "CPython without its lock, self.val += 1: a switch anywhere",
        Preempted::Anywhere,
        &[LOAD_ATTR, INPLACE_ADD, STORE_ATTR],
    ),
];

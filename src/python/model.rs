//! The global interpreter lock of CPython in miniature: one lock, a few lines of bytecode, and the
//! places where a running thread looks whether it is to let go.
//!
//! [`lock`] is the lock, [`steps`] what each version of CPython does for one increment and where it looks,
//! [`counters`] the counters: one each for a version and a way of writing the increment. All of them are run
//! by the same evaluator, below: whether one loses follows from its table alone.
//! [`docs::interpreters`](crate::docs::interpreters) shows the tables, and sets the models beside real
//! interpreters.

pub mod counters;
pub mod lock;
pub mod steps;

use std::hint::black_box;
use std::marker::PhantomData;
use std::time::Duration;

use crossbeam_utils::CachePadded;

use crate::counter::{Counter, Grade, Handle, Info};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use lock::{Gil, PyLock, Thread};
use steps::{Program, Step};

/// The switch interval of CPython, unless it is told another: how long a thread waits for the lock
/// before it asks for it. *Source:* `DEFAULT_INTERVAL` in CPython's `Python/ceval_gil.c`.
pub const SWITCH_INTERVAL: Duration = Duration::from_millis(5);

/// What the models differ in.
pub trait Runs: Send + Sync + 'static {
    /// The steps of one increment.
    const PROGRAM: Program;
    /// What it promises.
    const GRADE: Grade;
    /// One line for tables.
    const SUMMARY: &'static str;
}

/// A counter whose switch interval can be chosen.
pub trait Interpreted: Counter {
    /// A counter at zero, in whose interpreter a waiting thread waits for `interval` before it asks for
    /// the lock. [`Counter::new`] makes one of [`SWITCH_INTERVAL`].
    fn with_interval(interval: Duration) -> Self;
}

/// An interpreter with one object in it, whose `val` is counted up: the program of `R`, run a step at a
/// time.
pub struct Interpreter<R> {
    gil: Gil,
    /// The object's own lock, for programs that take one.
    lock: PyLock,
    /// `val`. All accesses are relaxed: what orders them is the lock, where there is one.
    val: CachePadded<AtomicU64>,
    runs: PhantomData<R>,
}

impl<R: Runs> Interpreted for Interpreter<R> {
    fn with_interval(interval: Duration) -> Self {
        let val = CachePadded::new(AtomicU64::new(0));
        Interpreter { gil: Gil::new(interval), lock: PyLock::default(), val, runs: PhantomData }
    }
}

impl<R: Runs> Counter for Interpreter<R> {
    const INFO: Info = Info {
        id: R::PROGRAM.id,
        family: "gil",
        grade: R::GRADE,
        helpers: 0,
        summary: R::SUMMARY,
        source: "CPython, Python/ceval.c and Python/ceval_gil.c; self.val += 1 in the articles on Python threads",
    };

    // Where nothing is lost, nothing is ever taken back.
    const MONOTONIC_READ: bool = matches!(R::GRADE, Grade::Exact);

    type Handle<'a> = Running<'a, R>;

    fn new(_threads: usize) -> Self {
        Interpreter::with_interval(SWITCH_INTERVAL)
    }

    fn handle(&self) -> Running<'_, R> {
        // The steps are read as an interpreter reads bytecode: the optimiser must not know them.
        Running { thread: self.gil.thread(), interpreter: self, steps: black_box(R::PROGRAM.steps) }
    }

    fn read(&self) -> Option<u64> {
        Some(self.val.load(Relaxed))
    }

    fn total(&self) -> u64 {
        self.val.load(Relaxed)
    }
}

/// A thread of the interpreter.
pub struct Running<'a, R> {
    thread: Thread<'a>,
    interpreter: &'a Interpreter<R>,
    steps: &'static [Step],
}

impl<R: Runs> Handle for Running<'_, R> {
    /// The evaluator: one turn of the loop around `self.val += 1`.
    #[inline]
    fn increment(&mut self) {
        let Running { thread, interpreter, steps } = self;
        if R::PROGRAM.gil {
            thread.go_on();
        }
        // What stands on top of the thread's own stack.
        let mut top = 0_u64;
        for step in *steps {
            match step {
                Step::Other(_) => {}
                Step::Load(_) => top = interpreter.val.load(Relaxed),
                Step::Add(_) => top = top.wrapping_add(1),
                Step::Store(_) => interpreter.val.store(top, Relaxed),
                Step::Lock(_) => interpreter.lock.acquire(thread),
                Step::Unlock(_) => interpreter.lock.release(),
                Step::Check if R::PROGRAM.gil => thread.check(),
                Step::Check => {}
            }
        }
        if R::PROGRAM.gil {
            thread.pause();
        }
    }
}

//! CPython's global interpreter lock in miniature: the lock, the bytecodes of one increment, and the checks at which a
//! thread may let go of the lock.
//!
//! [`lock`] is the lock. [`steps`] lists what each version of CPython does for one increment, and where it checks. A
//! [`Model`] is a counter that runs one of these lists. All models share one evaluator: whether a model loses updates
//! follows from its list alone. [`docs::interpreters`](crate::docs::interpreters) shows the lists, and compares the
//! models with real interpreters.

pub mod lock;
pub mod steps;

use std::hint::black_box;
use std::time::Duration;

use crossbeam_utils::CachePadded;

use crate::counter::{Counter, Grade, Handle, Info};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use lock::{Gil, PyLock, Thread};
use steps::{PyProgram, PyStep};

/// The default switch interval of CPython: how long a thread waits for the lock before it requests it.
/// *Source:* `DEFAULT_INTERVAL` in CPython's `Python/ceval_gil.c`.
pub const SWITCH_INTERVAL: Duration = Duration::from_millis(5);

/// Runs `self.val += 1` of CPython 3.7 to 3.9.
pub type Gil39Plain = Model<0>;
/// Runs `self.val += int(1)` of CPython 3.7 to 3.9.
pub type Gil39Int = Model<1>;
/// Runs `self.val += 1` of CPython 3.9 under a `threading.Lock`.
pub type Gil39Lock = Model<2>;
/// Runs `self.val += 1` of CPython 3.10.
pub type Gil310Plain = Model<3>;
/// Runs `self.val += int(1)` of CPython 3.10.
pub type Gil310Int = Model<4>;
/// Runs `self.val += 1` of CPython 3.10 under a `threading.Lock`.
pub type Gil310Lock = Model<5>;
/// Runs `self.val += int(1)` of CPython 3.11 and 3.12.
pub type Gil311Int = Model<6>;
/// Runs `self.val += int(1)` of CPython 3.13 and newer.
pub type Gil313Int = Model<7>;
/// Runs `self.val += 1` of a free-threaded CPython 3.13.
pub type GilFreeThreaded = Model<8>;

/// Empty turns for each per cent of an iteration's time: so many that the steps themselves take little of it. Without
/// optimisation a turn takes thirty times as long.
const TURNS: u32 = if cfg!(debug_assertions) { 1 } else { 20 };

/// A counter whose switch interval can be chosen.
pub trait Interpreted: Counter {
    /// A counter at zero; a thread waits for `interval` before it requests the lock. [`Counter::new`] takes
    /// [`SWITCH_INTERVAL`].
    fn with_interval(interval: Duration) -> Self;
}

/// One Python object in one modelled interpreter. Threads count its `val` up by running program `P` of
/// [`steps::programs`], step by step.
pub struct Model<const P: usize> {
    gil: Gil,
    /// The object's own lock, for programs that take one.
    lock: PyLock,
    /// `val`. All accesses are relaxed: the lock orders them, where there is one.
    val: CachePadded<AtomicU64>,
}

impl<const P: usize> Model<P> {
    const PROGRAM: PyProgram = steps::programs()[P];
}

impl<const P: usize> Interpreted for Model<P> {
    fn with_interval(interval: Duration) -> Self {
        Model { gil: Gil::new(interval), lock: PyLock::default(), val: CachePadded::new(AtomicU64::new(0)) }
    }
}

impl<const P: usize> Counter for Model<P> {
    const INFO: Info = Info {
        id: Self::PROGRAM.id,
        family: "gil",
        grade: Self::PROGRAM.grade,
        helpers: 0,
        summary: Self::PROGRAM.summary,
        source: "CPython, Python/ceval.c and Python/ceval_gil.c; self.val += 1 in the articles on Python threads",
    };

    // A model that loses nothing never takes an update back.
    const MONOTONIC_READ: bool = matches!(Self::PROGRAM.grade, Grade::Exact);

    type Handle<'a> = Running<'a, P>;

    fn new(_threads: usize) -> Self {
        Model::with_interval(SWITCH_INTERVAL)
    }

    fn handle(&self) -> Running<'_, P> {
        // An interpreter reads its bytecode when it runs, so the optimiser must not know the steps.
        Running { thread: self.gil.thread(), model: self, steps: black_box(Self::PROGRAM.steps) }
    }

    fn read(&self) -> Option<u64> {
        Some(self.val.load(Relaxed))
    }

    fn total(&self) -> u64 {
        self.val.load(Relaxed)
    }
}

/// A thread of a model.
pub struct Running<'a, const P: usize> {
    thread: Thread<'a>,
    model: &'a Model<P>,
    steps: &'static [PyStep],
}

impl<const P: usize> Handle for Running<'_, P> {
    /// The evaluator: one iteration of the loop around the increment.
    #[inline]
    fn increment(&mut self) {
        let has_gil = const { Model::<P>::PROGRAM.gil };
        let Running { thread, model, steps } = self;
        if has_gil {
            thread.resume();
        }
        // The top of the thread's own stack.
        let mut top = 0_u64;
        for step in *steps {
            match step {
                PyStep::Other(_) => {}
                PyStep::Load(_) => top = model.val.load(Relaxed),
                PyStep::Add(_) => top = top.wrapping_add(1),
                PyStep::Store(_) => model.val.store(top, Relaxed),
                PyStep::Lock(_) => model.lock.acquire(thread),
                PyStep::Unlock(_) => model.lock.release(),
                // Without the lock threads change anywhere: time that passes at checks would hide all between load and store.
                PyStep::Check(share) if has_gil => {
                    pass(u32::from(*share) * TURNS);
                    thread.check();
                }
                PyStep::Check(_) => {}
            }
        }
        if has_gil {
            thread.pause();
        }
    }
}

/// Lets the time of so many empty turns pass.
#[inline]
fn pass(turns: u32) {
    for turn in 0..turns {
        black_box(turn);
    }
}

//! Question: what does a lock of your own cost around work, beside the standard library's and beside no lock at all?
//!
//! Like the second example, this is what a bench of your own crate looks like, in a file under `benches/` with
//! `harness = false`. A lock is written once, as a [`Lock`] around any value. Its counter follows from it; around work it
//! is measured as [`Case::lock`], with the same loop without a lock beside it.
//!
//! ```text
//! cargo run --release --example 04_your_own_lock -- --list
//! cargo run --release --example 04_your_own_lock
//! MISCOUNT_RESULTS=target/mine MISCOUNT_THREADS=1,2 cargo run --release --example 04_your_own_lock -- --bench
//! ```
//!
//! The first line names the cells, the second runs each once as a test, the third measures them. Levels are those of the bench
//! `locks`, such as `MISCOUNT_LEVELS=c0_p0,c100_p900`: the ns inside the lock and outside. If a second thread gets
//! inside, it sees that, and the run fails.

use std::hint::spin_loop;
use std::process::ExitCode;
use std::sync::{Mutex, TryLockError};

use miscount::counter::{Grade, Info};
use miscount::counters::blocking::StdMutexLock;
use miscount::critical::Guarded;
use miscount::lock::Lock;
use miscount::suite::{self, Case};

/// Tries this often before it goes to sleep.
const TRIES: u32 = 100;

/// A mutex that asks again and again for a while before it lets its thread sleep.
struct TryFirst<T>(Mutex<T>);

impl<T: Send + 'static> Lock<T> for TryFirst<T> {
    const INFO: Info = Info {
        id: "try_first",
        family: "mine",
        grade: Grade::Exact,
        helpers: 0,
        summary: "`std::sync::Mutex`, tried a hundred times before it is waited for",
        source: "this example",
    };

    // A queue lock has its node here. This lock needs nothing per thread.
    type Node = ();

    fn new(value: T) -> Self {
        TryFirst(Mutex::new(value))
    }

    #[inline]
    fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R) -> R {
        for _ in 0..TRIES {
            match self.0.try_lock() {
                Ok(mut value) => return critical(&mut value),
                Err(TryLockError::WouldBlock) => spin_loop(),
                Err(TryLockError::Poisoned(_)) => break,
            }
        }
        critical(&mut self.0.lock().expect("nobody panics while holding it"))
    }
}

fn main() -> ExitCode {
    // The bench is called `locks`, too: results of that name get the tables of locks.
    suite::run("locks", |sweep| {
        let mut cases = Vec::new();
        for at in sweep.grid("locks") {
            // The controls of the overhead come first.
            cases.push(Case::no_lock(at, false));
            if !at.level.load.outside().is_zero() {
                cases.push(Case::no_lock(at, true));
            }
            cases.push(Case::lock::<StdMutexLock<Guarded>>(at));
            cases.push(Case::lock::<TryFirst<Guarded>>(at));
        }
        cases
    })
}

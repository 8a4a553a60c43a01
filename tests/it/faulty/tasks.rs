//! Locks of tasks that hang.

use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Condvar, Mutex};

use miscount::counter::{Grade, Info};

use crate::async_cases::subjects::{Inside, Subject};

const fn info(id: &'static str) -> Info {
    Info { id, family: "faulty", grade: Grade::Exact, helpers: 0, summary: "hangs", source: "tests" }
}

/// Increments before one hangs.
const BEFORE: u64 = 500;

/// Wakes nobody any more after some increments: every task waits.
pub(crate) struct WakesNobody(AtomicU64);

impl Subject for WakesNobody {
    const INFO: Info = info("wakes_nobody");

    fn new() -> Self {
        WakesNobody(AtomicU64::new(0))
    }

    async fn increment<I: Inside>(&self, inside: &mut I) {
        if self.0.fetch_add(1, Relaxed) >= BEFORE {
            pending::<()>().await;
        }
        inside.entered();
        inside.pause().await;
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Blocks its thread, and is held across an await, as a mutex of the standard library must not be: the task that would
/// let it go cannot run any more.
pub(crate) struct BlocksItsWorker {
    is_taken: Mutex<bool>,
    is_free: Condvar,
    value: AtomicU64,
}

impl Subject for BlocksItsWorker {
    const INFO: Info = info("blocks_its_worker");

    fn new() -> Self {
        BlocksItsWorker { is_taken: Mutex::new(false), is_free: Condvar::new(), value: AtomicU64::new(0) }
    }

    async fn increment<I: Inside>(&self, inside: &mut I) {
        {
            let is_taken = self.is_taken.lock().unwrap();
            *self.is_free.wait_while(is_taken, |is_taken| *is_taken).unwrap() = true;
        }
        inside.entered();
        inside.pause().await;
        self.value.fetch_add(1, Relaxed);
        *self.is_taken.lock().unwrap() = false;
        self.is_free.notify_one();
    }

    fn total(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

/// Panics after some increments.
pub(crate) struct PanicsInATask(AtomicU64);

impl Subject for PanicsInATask {
    const INFO: Info = info("panics_in_a_task");

    fn new() -> Self {
        PanicsInATask(AtomicU64::new(0))
    }

    async fn increment<I: Inside>(&self, inside: &mut I) {
        assert!(self.0.fetch_add(1, Relaxed) < BEFORE, "five hundred tasks are enough");
        inside.entered();
        inside.pause().await;
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

//! Counters that are wrong when threads collide.

use std::sync::atomic::{
    AtomicBool, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::{Condvar, Mutex};
use std::thread;

use miscount::counter::{Counter, Grade, Handle, Info, Plain};

use super::info;

/// Load, let others run, store: the window is held open so that the check need not be lucky.
fn slow_add(value: &AtomicU64) {
    let seen = value.load(Relaxed);
    thread::yield_now();
    value.store(seen + 1, Relaxed);
}

#[derive(Default)]
pub(super) struct NoLock(AtomicU64);

impl Plain for NoLock {
    const INFO: Info = info("no_lock", Grade::Exact);
    fn increment(&self) {
        slow_add(&self.0);
    }
    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Its lock is right, but its critical section ends a line too early.
#[derive(Default)]
pub(super) struct UnlocksTooEarly {
    taken: AtomicBool,
    value: AtomicU64,
}

impl Plain for UnlocksTooEarly {
    const INFO: Info = info("unlocks_too_early", Grade::Exact);
    fn increment(&self) {
        while self.taken.swap(true, Acquire) {
            thread::yield_now();
        }
        let seen = self.value.load(Relaxed);
        self.taken.store(false, Release);
        thread::yield_now();
        self.value.store(seen + 1, Relaxed);
    }
    fn total(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

/// A compare-and-swap that failed is made up for, and then tried again.
#[derive(Default)]
pub(super) struct CountsTwice(AtomicU64);

impl Plain for CountsTwice {
    const INFO: Info = info("counts_twice", Grade::Exact);
    fn increment(&self) {
        loop {
            let seen = self.0.load(Relaxed);
            thread::yield_now();
            if self.0.compare_exchange(seen, seen + 1, Relaxed, Relaxed).is_ok() {
                return;
            }
            self.0.fetch_add(1, Relaxed);
        }
    }
    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A mutex that notes *that* somebody waits, wakes one, and forgets the others. The classic mistake
/// of a first futex lock.
#[derive(Default)]
pub(super) struct LosesWakeUp {
    state: Mutex<Waiting>,
    freed: Condvar,
    value: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    taken: bool,
    somebody: bool,
}

impl Plain for LosesWakeUp {
    const INFO: Info = info("loses_wake_up", Grade::Exact);
    fn increment(&self) {
        let mut state = self.state.lock().unwrap();
        while state.taken {
            state.somebody = true;
            state = self.freed.wait(state).unwrap();
        }
        state.taken = true;
        drop(state);
        slow_add(&self.value);
        let mut state = self.state.lock().unwrap();
        state.taken = false;
        if std::mem::take(&mut state.somebody) {
            self.freed.notify_one();
        }
    }
    fn total(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

/// Counts right, but looks at the value before it adds, and not while.
#[derive(Default)]
pub(super) struct DrawsTwice(AtomicU64);

impl Counter for DrawsTwice {
    const INFO: Info = info("draws_twice", Grade::Exact);
    const MONOTONIC_READ: bool = true;
    type Handle<'a> = &'a DrawsTwice;
    fn new(_threads: usize) -> Self {
        DrawsTwice::default()
    }
    fn handle(&self) -> &DrawsTwice {
        self
    }
    fn read(&self) -> Option<u64> {
        Some(self.total())
    }
    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl Handle for &DrawsTwice {
    fn increment(&mut self) {
        self.draw();
    }
    fn draw(&mut self) -> Option<u64> {
        let seen = self.0.load(Relaxed);
        thread::yield_now();
        self.0.fetch_add(1, Relaxed);
        Some(seen)
    }
}

/// As many cells with one writer each as threads were announced; one more thread, and one has two.
pub(super) struct SharesSlots {
    slots: Box<[AtomicU64]>,
    next: AtomicUsize,
}
pub(super) struct Slot<'a>(&'a AtomicU64);

impl Handle for Slot<'_> {
    fn increment(&mut self) {
        slow_add(self.0);
    }
}

impl Counter for SharesSlots {
    const INFO: Info = info("shares_slots", Grade::Exact);
    type Handle<'a> = Slot<'a>;
    fn new(threads: usize) -> Self {
        SharesSlots { slots: (0..threads).map(|_| AtomicU64::new(0)).collect(), next: AtomicUsize::new(0) }
    }
    fn handle(&self) -> Slot<'_> {
        Slot(&self.slots[self.next.fetch_add(1, Relaxed) % self.slots.len()])
    }
    fn total(&self) -> u64 {
        self.slots.iter().map(|slot| slot.load(Relaxed)).sum()
    }
}

//! Locks that are only models. One is right: `.ci/ordering-mutation` weakens its orderings and must notice.
//! The others are wrong, and a model checker must catch them.

use std::marker::PhantomData;

use miscount::counter::{Grade, Info, Plain};
use miscount::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{self, Acquire, Relaxed, Release},
};
use miscount::sync::relax;

/// The orderings of a test-and-set lock.
pub(crate) trait Orderings: Send + Sync + 'static {
    /// Its id.
    const ID: &'static str;
    /// Of the compare-and-swap that takes it.
    const TAKE: Ordering;
    /// Of the store that frees it.
    const FREE: Ordering;
}

/// The right ones.
pub(crate) struct Right;

impl Orderings for Right {
    const ID: &'static str = "model_spin";
    const TAKE: Ordering = Acquire;
    const FREE: Ordering = Release;
}

/// Takes it without seeing what the last owner wrote.
pub(crate) struct WeakTake;

impl Orderings for WeakTake {
    const ID: &'static str = "weak_take";
    const TAKE: Ordering = Relaxed;
    const FREE: Ordering = Right::FREE;
}

/// Frees it before its writes can be seen.
pub(crate) struct WeakFree;

impl Orderings for WeakFree {
    const ID: &'static str = "weak_free";
    const TAKE: Ordering = Right::TAKE;
    const FREE: Ordering = Relaxed;
}

/// A value under a test-and-set lock. The value is an atomic that is loaded and stored `Relaxed`: only
/// the lock orders its accesses, and a race costs updates instead of being undefined behaviour.
pub(crate) struct SpinLocked<O> {
    taken: AtomicBool,
    value: AtomicU64,
    orderings: PhantomData<O>,
}

impl<O> Default for SpinLocked<O> {
    fn default() -> Self {
        SpinLocked { taken: AtomicBool::default(), value: AtomicU64::default(), orderings: PhantomData }
    }
}

/// A counter that is a model and in no catalogue.
pub(crate) const fn info(id: &'static str) -> Info {
    Info { id, family: "model", grade: Grade::Exact, helpers: 0, summary: "a model", source: "these tests" }
}

impl<O: Orderings> Plain for SpinLocked<O> {
    const INFO: Info = info(O::ID);

    fn increment(&self) {
        // Not a swap: one that fails stores as well, and loom loses the order of the flag's stores.
        while self.taken.compare_exchange(false, true, O::TAKE, Relaxed).is_err() {
            relax();
        }
        self.value.store(self.value.load(Relaxed) + 1, Relaxed);
        self.taken.store(false, O::FREE);
    }

    fn total(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

/// The lock is right, and free before the sum is written.
#[derive(Default)]
pub(crate) struct UnlocksTooEarly {
    taken: AtomicBool,
    value: AtomicU64,
}

impl Plain for UnlocksTooEarly {
    const INFO: Info = info("unlocks_too_early");

    fn increment(&self) {
        while self.taken.compare_exchange(false, true, Right::TAKE, Relaxed).is_err() {
            relax();
        }
        let seen = self.value.load(Relaxed);
        self.taken.store(false, Right::FREE);
        self.value.store(seen + 1, Relaxed);
    }

    fn total(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

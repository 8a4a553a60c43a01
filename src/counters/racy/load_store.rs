//! `counter += 1` as most people write it: load, add, store. *Source:* `count_nonatomic.c` of
//! perfbook's `CodeSamples/count`; `self.val += 1` in the articles on Python threads.
//!
//! A plain `u64` shared between threads would be undefined behaviour in Rust, so the value is an
//! atomic, loaded and stored `Relaxed`. On x86-64 the optimiser makes the same instruction as for
//! the plain one, a single `incq (%rax)` without a `lock` prefix (checked with `objdump -d`,
//! rustc 1.95, opt-level 3).

use crate::counter::{Grade, Info, Plain};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Loads the value, adds one, stores it.
#[derive(Default)]
pub struct LoadStore(AtomicU64);

impl Plain for LoadStore {
    const INFO: Info = Info {
        id: "load_store",
        family: "racy",
        grade: Grade::Racy,
        helpers: 0,
        summary: "load, add one, store: the plain `counter += 1`",
        source: "perfbook, CodeSamples/count/count_nonatomic.c",
    };

    #[inline]
    fn increment(&self) {
        self.0.store(self.0.load(Relaxed).wrapping_add(1), Relaxed);
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(LoadStore(AtomicU64::new(u64::MAX - 1)));
}

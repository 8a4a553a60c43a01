//! Load, then compare-and-swap until it succeeds. *Source:* the "cas add" of
//! travisdowns/concurrency-hierarchy-bench; Herlihy, *Wait-Free Synchronization* (1991).

use crate::counter::{Grade, Info, Plain};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// `compare_exchange_weak` in a loop, with no pause between tries.
#[derive(Default)]
pub struct CasLoop(AtomicU64);

impl CasLoop {
    /// Adds one, and gives back the value before.
    #[inline]
    pub(in crate::counters) fn fetch_add(&self) -> u64 {
        let mut seen = self.0.load(Relaxed);
        while let Err(now) = self.0.compare_exchange_weak(seen, seen.wrapping_add(1), Relaxed, Relaxed) {
            seen = now;
        }
        seen
    }
}

impl Plain for CasLoop {
    const INFO: Info = Info {
        id: "cas_loop",
        family: "atomic",
        grade: Grade::Exact,
        helpers: 0,
        summary: "compare-and-swap until it succeeds",
        source: "travisdowns/concurrency-hierarchy-bench, cas add",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        self.fetch_add();
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }

    fn take(&self) -> Option<u64> {
        Some(self.0.swap(0, Relaxed))
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(CasLoop(AtomicU64::new(u64::MAX - 1)));
}

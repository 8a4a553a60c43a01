//! One hardware instruction: `lock xadd` and its kin. *Source:* `count_atomic.c` of perfbook's
//! `CodeSamples/count`.

use crate::counter::{Grade, Info, Plain};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// `AtomicU64::fetch_add` with `Relaxed` ordering.
#[derive(Default)]
pub struct FetchAdd(pub(in crate::counters) AtomicU64);

impl Plain for FetchAdd {
    const INFO: Info = Info {
        id: "fetch_add",
        family: "atomic",
        grade: Grade::Exact,
        helpers: 0,
        summary: "one atomic add, relaxed",
        source: "perfbook, CodeSamples/count/count_atomic.c",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        self.0.fetch_add(1, Relaxed);
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
    crate::counters::assert_wraps(FetchAdd(AtomicU64::new(u64::MAX - 1)));
}

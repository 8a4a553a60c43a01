//! Compare-and-swap, with a pause that doubles after each failure. *Source:* Anderson,
//! *The Performance of Spin Lock Alternatives for Shared-Memory Multiprocessors* (1990); crossbeam's
//! `Backoff`.

use crossbeam_utils::Backoff;

use crate::counter::{Grade, Info, Plain};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// `compare_exchange_weak` in a loop, with exponential backoff between tries.
#[derive(Default)]
pub struct CasBackoff(AtomicU64);

impl Plain for CasBackoff {
    const INFO: Info = Info {
        id: "cas_backoff",
        family: "atomic",
        grade: Grade::Exact,
        helpers: 0,
        summary: "compare-and-swap, waiting longer after each failure",
        source: "Anderson 1990; crossbeam's Backoff",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        let backoff = Backoff::new();
        loop {
            // Loaded again after each pause: the earlier value is old by then.
            let seen = self.0.load(Relaxed);
            if self.0.compare_exchange_weak(seen, seen.wrapping_add(1), Relaxed, Relaxed).is_ok() {
                return;
            }
            backoff.spin();
        }
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
    crate::counters::assert_wraps(CasBackoff(AtomicU64::new(u64::MAX - 1)));
}

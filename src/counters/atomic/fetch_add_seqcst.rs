//! The atomic add in the strongest order, which is what most people write. The same instruction as
//! the relaxed one on x86-64, not on Arm. *Source:* the default `memory_order_seq_cst` of C++ and of
//! Java's `AtomicLong`.

use crate::counter::{Grade, Info, Plain};
use crate::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// `AtomicU64::fetch_add` with `SeqCst` ordering.
#[derive(Default)]
pub struct FetchAddSeqCst(AtomicU64);

impl Plain for FetchAddSeqCst {
    const INFO: Info = Info {
        id: "fetch_add_seqcst",
        family: "atomic",
        grade: Grade::Exact,
        helpers: 0,
        summary: "one atomic add, sequentially consistent",
        source: "the default order of C++'s std::atomic and Java's AtomicLong",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    fn total(&self) -> u64 {
        self.0.load(SeqCst)
    }

    fn take(&self) -> Option<u64> {
        Some(self.0.swap(0, SeqCst))
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(FetchAddSeqCst(AtomicU64::new(u64::MAX - 1)));
}

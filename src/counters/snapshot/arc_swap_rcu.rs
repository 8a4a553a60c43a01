//! Read, copy, update: a new value is made beside the old one and replaces it if no other thread was
//! first, else it is made again. Readers never wait. *Source:* McKenney and Slingwine, *Read-Copy Update*
//! (1998); `arc_swap`'s `rcu`.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::counter::{Grade, Info, Plain};

/// Replaces the value with `ArcSwap::rcu`.
#[derive(Default)]
pub struct ArcSwapRcu(ArcSwap<u64>);

impl Plain for ArcSwapRcu {
    const INFO: Info = Info {
        id: "arc_swap_rcu",
        family: "snapshot",
        grade: Grade::Exact,
        helpers: 0,
        summary: "an immutable value replaced by `arc_swap`'s rcu, again until it succeeds",
        source: "McKenney and Slingwine 1998; the arc-swap crate",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        self.0.rcu(|value| value.wrapping_add(1));
    }

    fn total(&self) -> u64 {
        **self.0.load()
    }

    fn take(&self) -> Option<u64> {
        Some(*self.0.swap(Arc::new(0)))
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(ArcSwapRcu(ArcSwap::from_pointee(u64::MAX - 1)));
}

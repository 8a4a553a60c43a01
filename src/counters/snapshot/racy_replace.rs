//! The same without a check: read the value, make a new one, and replace whatever value is
//! there by then. Every step is safe for threads, and updates are lost all the same. *Source:*
//! `config.store(modified(config.load()))`, the mistake that `arc_swap`'s `rcu` avoids.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::counter::{Grade, Info, Plain};

/// Replaces the value with `ArcSwap::load`, then `ArcSwap::store`.
#[derive(Default)]
pub struct RacyReplace(ArcSwap<u64>);

impl Plain for RacyReplace {
    const INFO: Info = Info {
        id: "racy_replace",
        family: "snapshot",
        grade: Grade::Racy,
        helpers: 0,
        summary: "an immutable value replaced without a check",
        source: "the arc-swap crate: load and store in place of rcu",
    };

    #[inline]
    fn increment(&self) {
        let next = self.0.load().wrapping_add(1);
        self.0.store(Arc::new(next));
    }

    fn total(&self) -> u64 {
        **self.0.load()
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(RacyReplace(ArcSwap::from_pointee(u64::MAX - 1)));
}

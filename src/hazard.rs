//! What goes wrong besides lost updates: objects that many threads use at once, and the anomalies
//! they see.
//!
//! A [`Hazard`] is no counter, so it has no loss; it has anomalies (a torn pair, a gauge that does
//! not come back to 0, a limit overshot). Each comes in a racy and an exact form under one subject
//! and two variants, and the exact form fails the run when one anomaly is seen. Rounds are those of
//! counters: [`Watched`] makes a hazard look like one that counts the anomalies its threads see.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::counter::{Counter, Handle, Info};
use crate::round::share;

/// Something that many threads use at once, and that can be seen to go wrong.
pub trait Hazard: Default + Send + Sync + 'static {
    /// Facts about it; `id` is the subject, the same for both forms.
    const INFO: Info;

    /// Which form it is: `racy` or `exact`.
    const VARIANT: &'static str;

    /// What an anomaly is, in a few words for tables.
    const KIND: &'static str;

    /// Uses it once; true when the calling thread sees an anomaly.
    fn attempt(&self) -> bool;

    /// Anomalies that show only once nobody uses it any more.
    fn left_over(&self) -> u64 {
        0
    }
}

/// Anomalies seen, of those that there could have been.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Anomalies {
    /// What an anomaly is.
    pub kind: String,
    /// How many were seen.
    pub seen: u64,
    /// Attempts at it, or values that could have been made twice.
    pub of: u64,
}

impl Anomalies {
    /// Anomalies seen by chances to see one, in `[0, 1]`; where many threads make one value again and again
    /// there may be more than one a chance.
    pub fn rate(&self) -> f64 {
        share(self.seen, self.of).min(1.0)
    }
}

/// A hazard as the kernel runs it: what it totals is anomalies.
#[derive(Default)]
pub struct Watched<H> {
    hazard: H,
    seen: AtomicU64,
}

/// One thread's use of a hazard; hands in what it saw when dropped.
pub struct Watching<'a, H: Hazard> {
    watched: &'a Watched<H>,
    seen: u64,
}

impl<H: Hazard> Handle for Watching<'_, H> {
    #[inline]
    fn increment(&mut self) {
        self.seen += u64::from(self.watched.hazard.attempt());
    }
}

impl<H: Hazard> Drop for Watching<'_, H> {
    fn drop(&mut self) {
        self.watched.seen.fetch_add(self.seen, Relaxed);
    }
}

impl<H: Hazard> Counter for Watched<H> {
    const INFO: Info = H::INFO;

    type Handle<'a> = Watching<'a, H>;

    fn new(_threads: usize) -> Self {
        Watched { hazard: H::default(), seen: AtomicU64::new(0) }
    }

    fn handle(&self) -> Watching<'_, H> {
        Watching { watched: self, seen: 0 }
    }

    /// Anomalies seen, not increments.
    fn total(&self) -> u64 {
        self.seen.load(Relaxed) + self.hazard.left_over()
    }
}

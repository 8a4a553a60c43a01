//! Hazards: objects that many threads use at once, and the anomalies that they show instead of lost updates.
//!
//! A [`Hazard`] is not a counter, so it has no loss. It has anomalies (a torn pair, a gauge that does
//! not come back to 0, a limit overshot). Each has a racy and an exact form under one subject
//! and two variants. One anomaly in the exact form fails the run. Rounds are those of
//! counters: [`Watched`] makes a hazard look like a counter of the anomalies that its threads see.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::counter::{Counter, Handle, Info};
use crate::round::share;

/// An object that many threads use at once, and that may show anomalies.
pub trait Hazard: Default + Send + Sync + 'static {
    /// Facts about it; `id` is the subject, the same for both forms.
    const INFO: Info;

    /// Which form it is: `racy` or `exact`.
    const VARIANT: &'static str;

    /// The kind of anomaly, in a few words for tables.
    const KIND: &'static str;

    /// Uses it once; true when the calling thread sees an anomaly.
    fn attempt(&self) -> bool;

    /// Anomalies that only show when no thread uses it any more.
    fn left_over(&self) -> u64 {
        0
    }
}

/// Anomalies seen, and how many were possible.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Anomalies {
    /// The kind of anomaly.
    pub kind: String,
    /// How many were seen.
    pub seen: u64,
    /// Attempts at it, or values that could have been made twice.
    pub of: u64,
}

impl Anomalies {
    /// Anomalies seen / chances to see one, in `[0, 1]`. Where many threads make one value again and again
    /// there may be more than one for each chance.
    pub fn rate(&self) -> f64 {
        share(self.seen, self.of).min(1.0)
    }
}

/// A hazard for the kernel: its total is the number of anomalies.
#[derive(Default)]
pub struct Watched<H> {
    hazard: H,
    seen: AtomicU64,
}

/// One thread's use of a hazard; dropping it adds the anomalies that it saw.
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

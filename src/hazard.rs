//! Hazards: objects that many threads use at once, and the anomalies that they show instead of lost updates.
//!
//! A [`Hazard`] is no counter, so it has no loss; it has anomalies (a torn pair, a gauge that does
//! not come back to 0, a limit overshot). Each comes in a racy and an exact form under one subject
//! and two variants, and the exact form fails the run when one anomaly is seen. Rounds are those of
//! counters: [`AnomaliesOf`] makes a counter of a hazard.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::counter::{Counter, Handle, Info, Total};
use crate::round::share;

/// An object that many threads use at once, and that may show anomalies.
pub trait Hazard: Default + Send + Sync + 'static {
    /// Facts about it; `id` is the subject, the same for both forms. The grade, `Racy` or `Exact`, says which form it is,
    /// and its id is the variant.
    const INFO: Info;

    /// What an anomaly is, in a few words for tables.
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
pub struct AnomaliesOf<H> {
    hazard: H,
    seen: AtomicU64,
}

/// One thread's use of a hazard; dropping it adds the anomalies that it saw.
pub struct Attempts<'a, H: Hazard> {
    all: &'a AnomaliesOf<H>,
    seen: u64,
}

impl<H: Hazard> Handle for Attempts<'_, H> {
    #[inline]
    fn increment(&mut self) {
        self.seen += u64::from(self.all.hazard.attempt());
    }
}

impl<H: Hazard> Drop for Attempts<'_, H> {
    fn drop(&mut self) {
        self.all.seen.fetch_add(self.seen, Relaxed);
    }
}

impl<H: Hazard> Counter for AnomaliesOf<H> {
    const INFO: Info = H::INFO;

    const VARIANT: &'static str = H::INFO.grade.id();

    const TOTAL: Total = Total::Anomalies(H::KIND);

    type Handle<'a> = Attempts<'a, H>;

    fn new(_threads: usize) -> Self {
        AnomaliesOf { hazard: H::default(), seen: AtomicU64::new(0) }
    }

    fn handle(&self) -> Attempts<'_, H> {
        Attempts { all: self, seen: 0 }
    }

    fn total(&self) -> u64 {
        self.seen.load(Relaxed) + self.hazard.left_over()
    }
}

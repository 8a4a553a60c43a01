//! Add one before a task, subtract one after it: when all tasks are done it must be 0 again.
//! *Source:* the "active workloads" of a scheduler in the articles on Python threads.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use crate::counter::{Grade, Info};
use crate::hazard::Hazard;

const INFO: Info = Info {
    id: "gauge",
    family: "hazard",
    grade: Grade::Racy,
    helpers: 0,
    summary: "+1 before a task, -1 after: is it 0 at the end?",
    source: "the active workloads of a scheduler in the articles on Python threads",
};

/// Goes up and down by load and store.
#[derive(Default)]
pub struct DriftingGauge(AtomicI64);

impl Hazard for DriftingGauge {
    const INFO: Info = INFO;
    const KIND: &'static str = "steps off 0 at the end";

    #[inline]
    fn attempt(&self) -> bool {
        self.0.store(self.0.load(Relaxed) + 1, Relaxed);
        self.0.store(self.0.load(Relaxed) - 1, Relaxed);
        false
    }

    fn left_over(&self) -> u64 {
        self.0.load(Relaxed).unsigned_abs()
    }
}

/// Goes up and down by one atomic instruction each.
#[derive(Default)]
pub struct AtomicGauge(AtomicI64);

impl Hazard for AtomicGauge {
    const INFO: Info = Info { grade: Grade::Exact, ..INFO };
    const KIND: &'static str = DriftingGauge::KIND;

    #[inline]
    fn attempt(&self) -> bool {
        self.0.fetch_add(1, Relaxed);
        self.0.fetch_sub(1, Relaxed);
        false
    }

    fn left_over(&self) -> u64 {
        self.0.load(Relaxed).unsigned_abs()
    }
}

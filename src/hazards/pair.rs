//! Two fields that belong together, updated and read together: a reader of the racy form can see
//! one of them updated and the other not yet. *Source:* count and total of the articles on Python
//! threads; torn reads in `count_stat.c` of perfbook.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::counter::{Grade, Info};
use crate::hazard::Hazard;

/// Each use adds this to the total.
const AMOUNT: u64 = 3;

const INFO: Info = Info {
    id: "pair",
    family: "hazard",
    grade: Grade::Racy,
    helpers: 0,
    summary: "count and total updated together: is total = 3 x count whenever both are read?",
    source: "count and total in the articles on Python threads",
};

/// Each field is exact by itself, but nothing keeps the two together.
#[derive(Default)]
pub struct TornPair {
    count: AtomicU64,
    total: AtomicU64,
}

impl Hazard for TornPair {
    const INFO: Info = INFO;
    const KIND: &'static str = "torn reads";

    #[inline]
    fn attempt(&self) -> bool {
        let count = self.count.load(Relaxed);
        let total = self.total.load(Relaxed);
        self.count.fetch_add(1, Relaxed);
        self.total.fetch_add(AMOUNT, Relaxed);
        total != AMOUNT * count
    }
}

/// Both fields under one lock.
#[derive(Default)]
pub struct LockedPair(Mutex<(u64, u64)>);

impl Hazard for LockedPair {
    const INFO: Info = Info { grade: Grade::Exact, ..INFO };
    const KIND: &'static str = TornPair::KIND;

    #[inline]
    fn attempt(&self) -> bool {
        let mut pair = self.0.lock().expect("the mutex is poisoned");
        let (count, total) = *pair;
        *pair = (count + 1, total + AMOUNT);
        total != AMOUNT * count
    }
}

//! Question: how do you find out that a counter of your own is wrong, before you measure it?
//!
//! ```text
//! cargo run --release --example 03_is_it_right
//! ```
//!
//! Checks four counters with the conformance suite, which the whole catalogue passes: one that is right, and
//! three that are wrong in the three usual ways. In a crate of your own each of these calls is a test:
//! `conformance::check::<Mine>(&Budget::default()).unwrap()`. It printed:
//!
//! ```text
//! right: passed 13 of 15 checks
//! forgets: forgets fails one_thread: lost 10 of 1009 attempted (1 thread)
//! never_flushes: never_flushes fails one_thread: lost 49 of 1009 attempted (1 thread)
//! races: races fails exact_total: lost 56964 of 505153 attempted (2 threads)
//! ```
//!
//! The first takes longest: its last check makes 200 million increments of one instance, or as many as fit in 10 s. The
//! rest of its report says which rate of loss it would have seen. The next two are always wrong with one thread, and the
//! suite reports the same figures each time. The last is right with one thread and wrong with two. Its loss differs from
//! run to run, and on a machine with one CPU it may pass.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use miscount::conformance::{self, Budget};
use miscount::counter::{Counter, Grade, Handle, Info, Plain};

/// The facts of all four but the id: they promise to lose nothing.
const fn exact(id: &'static str) -> Info {
    Info { id, family: "mine", grade: Grade::Exact, helpers: 0, summary: "a counter of mine", source: "this example" }
}

/// One atomic step an increment.
#[derive(Default)]
struct Right(AtomicU64);

impl Plain for Right {
    const INFO: Info = exact("right");

    // A single atomic never goes back for one reader, so this can be promised; it is checked, too.
    const MONOTONIC_READ: bool = true;

    fn increment(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Forgets every hundredth increment.
#[derive(Default)]
struct Forgets {
    calls: AtomicU64,
    value: AtomicU64,
}

impl Plain for Forgets {
    const INFO: Info = exact("forgets");

    fn increment(&self) {
        if self.calls.fetch_add(1, Relaxed) % 100 != 99 {
            self.value.fetch_add(1, Relaxed);
        }
    }

    fn total(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

/// Holds increments back, 64 at a time, and has no `Drop` that hands in the rest.
struct NeverFlushes(AtomicU64);

struct Batch<'a> {
    sum: &'a AtomicU64,
    held: u64,
}

impl Handle for Batch<'_> {
    fn increment(&mut self) {
        self.held += 1;
        if self.held == 64 {
            self.sum.fetch_add(self.held, Relaxed);
            self.held = 0;
        }
    }
}

impl Counter for NeverFlushes {
    const INFO: Info = exact("never_flushes");

    type Handle<'a> = Batch<'a>;

    fn new(_threads: usize) -> Self {
        NeverFlushes(AtomicU64::new(0))
    }

    fn handle(&self) -> Batch<'_> {
        Batch { sum: &self.0, held: 0 }
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Loads, adds and stores: what another thread stores in between is lost.
#[derive(Default)]
struct Races(AtomicU64);

impl Plain for Races {
    const INFO: Info = exact("races");

    fn increment(&self) {
        self.0.store(self.0.load(Relaxed) + 1, Relaxed);
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

fn main() {
    show::<Right>();
    show::<Forgets>();
    show::<NeverFlushes>();
    show::<Races>();
}

/// Makes every check on `C` until one fails, and prints the result.
fn show<C: Counter>() {
    match conformance::check::<C>(&Budget::default()) {
        Ok(report) => println!("{}", report.to_string().lines().next().unwrap_or_default()),
        Err(failure) => println!("{}: {failure}", C::INFO.id),
    }
}

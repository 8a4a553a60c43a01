//! Question: how do counters of your own compare with the catalogue's?
//!
//! A bench of your own crate looks like this file: `main` hands the suite the counters to
//! measure. Run the example like this:
//!
//! ```text
//! cargo run --release --example 02_your_own_counter -- --list
//! cargo run --release --example 02_your_own_counter
//! MISCOUNT_RESULTS=target/mine cargo run --release --example 02_your_own_counter -- --bench
//! ```
//!
//! The first line names the cells, the second runs each once as a test, the third measures them.
//! Without the flag `--bench` Criterion only tests; `cargo bench` adds it, `cargo run` does not.
//! `MISCOUNT_RESULTS` keeps your tries apart from the results that this package
//! publishes. The report is then `target/mine/index.html`. All of Criterion's flags and all
//! `MISCOUNT_*` variables work as in `cargo bench`.

use std::process::ExitCode;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Relaxed, SeqCst},
};

use miscount::counter::{Counter, Grade, Handle, Info, Plain};
use miscount::counters::{atomic::FetchAdd, control::NoCounter, racy::LoadStore};
use miscount::suite::Counters;

/// A counter that needs nothing per thread implements [`Plain`].
#[derive(Default)]
struct SeqCstAdd(AtomicU64);

impl Plain for SeqCstAdd {
    const INFO: Info = Info {
        id: "seqcst_add",
        family: "mine",
        grade: Grade::Exact,
        helpers: 0,
        summary: "one atomic add, sequentially consistent",
        source: "this example",
    };

    #[inline]
    fn increment(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    fn total(&self) -> u64 {
        self.0.load(SeqCst)
    }
}

/// A counter whose threads hold increments back and add them in one go.
struct Batched(AtomicU64);

/// Increments held back before they are added.
const BATCH: u64 = 64;

/// The handle of one thread: a reference to the counter, and the increments not added yet.
struct Batch<'a> {
    sum: &'a AtomicU64,
    held: u64,
}

impl Batch<'_> {
    fn flush(&mut self) {
        self.sum.fetch_add(self.held, Relaxed);
        self.held = 0;
    }
}

impl Handle for Batch<'_> {
    #[inline]
    fn increment(&mut self) {
        self.held += 1;
        if self.held == BATCH {
            self.flush();
        }
    }
}

impl Drop for Batch<'_> {
    // Without this the counter would lose what its threads hold back, and the gate would say so. It
    // is timed, too: work put off is still work.
    fn drop(&mut self) {
        self.flush();
    }
}

impl Counter for Batched {
    const INFO: Info = Info {
        id: "batched",
        family: "mine",
        // Exact once every handle is dropped; until then `read` lags.
        grade: Grade::Eventual,
        helpers: 0,
        summary: "64 increments held back and added at once",
        source: "this example; perfbook, CodeSamples/count, has the idea in full",
    };

    type Handle<'a> = Batch<'a>;

    fn new(_threads: usize) -> Self {
        Batched(AtomicU64::new(0))
    }

    fn handle(&self) -> Batch<'_> {
        Batch { sum: &self.0, held: 0 }
    }

    fn read(&self) -> Option<u64> {
        Some(self.0.load(Relaxed))
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

fn main() -> ExitCode {
    Counters::default()
        // First the empty loop: the net cost of a counter is its cost minus that of this loop.
        .with::<NoCounter>()
        // For comparison, and so that the run can tell whether threads contended at all.
        .with::<LoadStore>()
        .with::<FetchAdd>()
        .with::<SeqCstAdd>()
        .with::<Batched>()
        .run("mine")
}

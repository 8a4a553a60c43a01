//! Real threads for the sanitizers: every counter for a moment, and two planted bugs that must be
//! reported. `.ci/sanitize` builds and runs this on the nightly toolchain:
//!
//! ```text
//! .ci/sanitize
//! ```
//!
//! `cargo test` runs it too, without a sanitizer; then it only counts. It has no test harness:
//! ThreadSanitizer cannot see into the standard library's own locks and references, and reports the
//! harness itself, scoped threads, and the last drop of an `Arc`. So it uses plain `spawn` and `join` and a
//! line-up of its own, and never drops counters under ThreadSanitizer.

use std::alloc::{Layout, alloc, dealloc};
use std::cell::UnsafeCell;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::thread;
use std::time::{Duration, Instant};

use miscount::catalogue::{self, Visitor};
use miscount::counter::{Counter, Grade, Handle, Info, Plain};

const THREADS: usize = 3;
/// For each counter.
const TIME: Duration = Duration::from_millis(100);
const MOST: u64 = 100_000;

/// Queue locks of other crates that use an acquire fence, which ThreadSanitizer does not know.
const FENCES: &[&str] = &["mcs", "mcs_barging", "clh"];

/// Counters that use the standard library's locks and channels, if only for a list of cells or of threads.
/// ThreadSanitizer does not know their ordering, and reports the data that they guard.
const STD_LOCKS: &[&str] = &[
    "std_mutex",
    "std_rwlock",
    "tickets_std_mutex",
    "semaphore",
    "per_thread",
    "thread_local",
    "std_mpsc",
    "bounded_queue",
    "crossbeam_channel",
    "crossbeam_sharded_lock",
    "big_reader",
    "left_right",
    "copy_on_write",
    "arc_swap_rcu",
    "racy_replace",
    "per_thread_tls",
    "adaptive",
    "gil_3_9_plain",
    "gil_3_9_int",
    "gil_3_9_lock",
    "gil_3_10_plain",
    "gil_3_10_int",
    "gil_3_10_lock",
    "gil_3_11_int",
    "gil_3_13_int",
];

struct Stress {
    /// Under ThreadSanitizer.
    threads: bool,
    counted: usize,
    wrong: usize,
}

impl Stress {
    fn count<C: Counter>(&mut self) {
        let id = C::INFO.id;
        if C::INFO.grade == Grade::Control || (self.threads && (STD_LOCKS.contains(&id) || FENCES.contains(&id))) {
            println!("stress: {id}: left out");
            return;
        }
        let counter = Arc::new(C::new(THREADS));
        let arrived = Arc::new(AtomicUsize::new(0));
        let workers: Vec<_> = (0..THREADS)
            .map(|_| {
                let (counter, arrived) = (Arc::clone(&counter), Arc::clone(&arrived));
                thread::spawn(move || part(&*counter, &arrived))
            })
            .collect();
        let attempted: u64 = workers.into_iter().map(|worker| worker.join().expect("a worker panicked")).sum();
        let kept = counter.total();
        if self.threads {
            // The last drop of an `Arc` is a false report.
            std::mem::forget((counter, arrived));
        }
        let wrong = kept > attempted || (C::INFO.grade.gated() && kept < attempted);
        println!("stress: {id}: kept {kept} of {attempted}{}", if wrong { ": WRONG" } else { "" });
        self.counted += 1;
        self.wrong += usize::from(wrong);
    }
}

impl Visitor for Stress {
    fn visit<C: Counter>(&mut self) {
        self.count::<C>();
    }
}

/// One thread: half its time with one handle, then with a new one every ten increments.
fn part<C: Counter>(counter: &C, arrived: &AtomicUsize) -> u64 {
    let mut handle = counter.handle();
    arrived.fetch_add(1, Relaxed);
    while arrived.load(Relaxed) < THREADS {
        thread::yield_now();
    }
    let began = Instant::now();
    let mut attempted = 0;
    while attempted < MOST / 2 && began.elapsed() < TIME / 2 {
        handle.increment();
        attempted += 1;
    }
    drop(handle);
    while attempted < MOST && began.elapsed() < TIME {
        let mut handle = counter.handle();
        for _ in 0..10 {
            handle.increment();
        }
        attempted += 10;
    }
    attempted
}

/// A planted bug for ThreadSanitizer: a lock that is freed without `Release`, around a plain value.
#[derive(Default)]
struct WeakLock<const WEAK: bool> {
    taken: AtomicBool,
    value: UnsafeCell<u64>,
}

#[allow(unsafe_code, reason = "a planted bug is no bug without it")]
// SAFETY: only true for `WEAK = false`: the lock is taken around each access to the value.
unsafe impl<const WEAK: bool> Sync for WeakLock<WEAK> {}

impl<const WEAK: bool> Plain for WeakLock<WEAK> {
    const INFO: Info = Info {
        id: if WEAK { "planted_race" } else { "right_lock" },
        family: "planted",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a lock freed too weakly, or not",
        source: "this file",
    };

    #[allow(unsafe_code, reason = "a planted bug is no bug without it")]
    fn increment(&self) {
        while self.taken.swap(true, if WEAK { Relaxed } else { Acquire }) {
            thread::yield_now();
        }
        // SAFETY: the lock is held. With `WEAK` this is the planted race.
        unsafe { *self.value.get() += 1 };
        self.taken.store(false, if WEAK { Relaxed } else { Release });
    }

    #[allow(unsafe_code, reason = "a planted bug is no bug without it")]
    fn total(&self) -> u64 {
        // SAFETY: every worker has been joined.
        unsafe { *self.value.get() }
    }
}

/// A planted bug for AddressSanitizer: a queue node that is read after it was freed.
#[allow(unsafe_code, reason = "a planted bug is no bug without it")]
fn use_after_free() -> u64 {
    let layout = Layout::new::<AtomicU64>();
    // SAFETY: the layout is not empty, and the node is written before it is read. Reading it once more
    // after it was freed is the planted bug.
    unsafe {
        let node = alloc(layout).cast::<AtomicU64>();
        node.write(AtomicU64::new(1));
        let before = (*node).load(Relaxed);
        dealloc(node.cast(), layout);
        before + (*node).load(Relaxed)
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| words.iter().any(|w| w == word);
    let mut stress = Stress { threads: has("thread"), counted: 0, wrong: 0 };
    if has("--list") {
        // For cargo-nextest, which asks each test program what it has.
        if !has("--ignored") {
            println!("stress: test");
        }
        return ExitCode::SUCCESS;
    }
    if has("planted-race") {
        stress.count::<WeakLock<true>>();
    } else if has("planted-use-after-free") {
        println!("stress: a node holds {}", use_after_free());
    } else {
        stress.count::<WeakLock<false>>();
        catalogue::visit(&mut stress);
        println!("stress: {} counters, {} wrong", stress.counted, stress.wrong);
    }
    ExitCode::from(u8::from(stress.wrong > 0))
}

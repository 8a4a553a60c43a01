//! Does a counter need the memory that it states, and no more however many threads come and end? Counts the allocated bytes while
//! many counters of each type are made and used. A program of its own with one test, because nothing else may allocate: the test
//! harness frees what it kept of a test that has ended.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use miscount::catalogue::{self, Visitor};
use miscount::counter::{Counter, Grade, Handle, Info};

#[path = "support/counting.rs"]
mod counting;
#[path = "../benches/peers/published/mod.rs"]
#[allow(dead_code, reason = "the types are for tests/peers.rs")]
mod published;

/// Threads that count with each counter.
const THREADS: usize = 4;
/// Live counters of a type; they share the memory that the type shares.
const COUNTERS: usize = 64;

/// Bytes of one of many counters after all threads have counted with it.
fn measured<C: Counter>() -> usize {
    let together = Arc::new(Barrier::new(THREADS));
    let before = counting::in_use();
    let counters: Arc<Vec<Box<C>>> = Arc::new((0..COUNTERS).map(|_| Box::new(C::new(THREADS))).collect());
    let count = |counters: Arc<Vec<Box<C>>>, together: Arc<Barrier>| {
        let mut handles: Vec<C::Handle<'_>> = counters.iter().map(|counter| counter.handle()).collect();
        handles.iter_mut().for_each(Handle::increment);
        // Reading may take something of its own.
        for (counter, handle) in counters.iter().zip(&mut handles) {
            counter.read_by(handle, |_| ());
        }
        // None may end before the last has begun, or they could use the same memory.
        together.wait();
        handles.iter_mut().for_each(|handle| (0..50).for_each(|_| handle.increment()));
    };
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (counters, together) = (Arc::clone(&counters), Arc::clone(&together));
            thread::spawn(move || count(counters, together))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    // The list's own pointer to each counter is not the counter's.
    (counting::in_use() - before).div_ceil(COUNTERS) - size_of::<Box<C>>()
}

struct Compare(Vec<String>);

impl Visitor for Compare {
    fn visit<C: Counter>(&mut self) {
        // Cells in thread-local storage, and a list in a static, come from no allocator.
        let unseen = if C::INFO.id == "per_thread_tls" { (THREADS + 1) * size_of::<u64>() } else { 0 };
        let (stated, measured) = (C::bytes(THREADS), measured::<C>() + unseen);
        println!("{:28} states {stated:6} bytes with {THREADS} threads, takes {measured:6}", C::INFO.id);
        // There is room upwards for rounding, and downwards for parts that are only made when threads collide.
        if measured > stated + stated / 2 + 64 || stated > 3 * measured {
            self.0.push(format!("{} states {stated} bytes and takes {measured}", C::INFO.id));
        }
    }
}

/// Threads that count a few times with one counter and end, one after the other.
const SHORT_LIVED: usize = 10_000;
/// The first of them: after these a counter has what it needs.
const FIRST: usize = 100;
/// Bytes that it may need more after the others, for messages and lists in which there is room. A byte for each would be more.
const MORE: usize = 8_192;

/// The same where a count is behind one lock, and threads leave nothing.
const BEHIND_A_LOCK: usize = 1_000;

/// By how many bytes one counter has grown since the first threads, of so many.
fn grown<C: Counter>(short_lived: usize) -> usize {
    let counter = Arc::new(C::new(1));
    let threads = |count: usize| {
        for _ in 0..count {
            let counter = Arc::clone(&counter);
            let count = move || {
                let mut handle = counter.handle();
                (0..3).for_each(|_| handle.increment());
                counter.read_by(&mut handle, |_| ());
            };
            thread::spawn(count).join().unwrap();
        }
        counting::in_use()
    };
    let first = threads(FIRST);
    threads(short_lived - FIRST).saturating_sub(first)
}

/// Keeps a cell for each thread that ever counted. As `ThreadLocal` with all its values did for the pool's threads of .NET:
/// dotnet/runtimelab, pull request 1337 (2021).
struct KeepsAll(Mutex<Vec<Arc<AtomicU64>>>);
struct Kept(Arc<AtomicU64>);

impl Handle for Kept {
    fn increment(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Counter for KeepsAll {
    const INFO: Info = Info {
        id: "keeps_all",
        family: "broken",
        grade: Grade::Exact,
        helpers: 0,
        summary: "broken on purpose",
        source: "this test",
    };
    type Handle<'a> = Kept;
    fn new(_threads: usize) -> Self {
        KeepsAll(Mutex::default())
    }
    fn handle(&self) -> Kept {
        let mine = Arc::default();
        self.0.lock().unwrap().push(Arc::clone(&mine));
        Kept(mine)
    }
    fn total(&self) -> u64 {
        self.0.lock().unwrap().iter().map(|cell| cell.load(Relaxed)).sum()
    }
}

struct Grow(Vec<String>);

impl Visitor for Grow {
    fn visit<C: Counter>(&mut self) {
        let behind_a_lock = ["blocking", "spinning", "combining"].contains(&C::INFO.family);
        let grown = grown::<C>(if behind_a_lock { BEHIND_A_LOCK } else { SHORT_LIVED });
        println!("{:28} has grown by {grown} bytes", C::INFO.id);
        if grown > MORE {
            self.0.push(format!("{} has grown by {grown} bytes", C::INFO.id));
        }
    }
}

#[test]
fn counters_do_not_grow_with_the_threads_that_have_ended_and_take_the_memory_they_state() {
    // First what takes long: until then the harness has done what it does beside a test that begins.
    assert!(grown::<KeepsAll>(SHORT_LIVED) > MORE, "the control is not seen");
    let mut grow = Grow(Vec::new());
    catalogue::visit_native(|_| true, &mut grow);
    let mut compare = Compare(Vec::new());
    catalogue::visit(&mut compare);
    published::visit(&mut compare);
    assert!(grow.0.is_empty() && compare.0.is_empty(), "{:#?} {:#?}", grow.0, compare.0);
}

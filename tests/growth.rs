//! Does a counter need no more memory however many threads have counted and ended? Counts the allocated bytes.
//! A program of its own with one test, because nothing else may allocate.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;

use miscount::catalogue::{self, Visitor};
use miscount::counter::{Counter, Grade, Handle, Info};

#[path = "support/counting.rs"]
mod counting;

/// Threads that count a few times with one counter and end.
const SHORT_LIVED: usize = 10_000;
/// So many of them at once.
const AT_ONCE: usize = 4;
/// The first of them: after these a counter has what it needs.
const FIRST: usize = 100;
/// Bytes that it may need more after the others, for messages and lists in which there is room. Five for each of 1,000 would be more.
const MORE: usize = 4_096;

/// The same where a count is one word or behind one lock: nothing there is a thread's own.
const OF_ONE_WORD: usize = 1_000;
const ONE_WORD: [&str; 6] = ["control", "racy", "atomic", "blocking", "spinning", "combining"];

/// By how many bytes one counter has grown since the first threads, of so many.
fn grown<C: Counter>(short_lived: usize) -> usize {
    let counter = Arc::new(C::new(AT_ONCE));
    let threads = |count: usize| {
        for _ in 0..count / AT_ONCE {
            let few = [(); AT_ONCE].map(|()| {
                let counter = Arc::clone(&counter);
                thread::spawn(move || {
                    let mut handle = counter.handle();
                    (0..3).for_each(|_| handle.increment());
                    counter.read_by(&mut handle, |_| ());
                })
            });
            few.into_iter().for_each(|thread| thread.join().unwrap());
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
        let grown = grown::<C>(if ONE_WORD.contains(&C::INFO.family) { OF_ONE_WORD } else { SHORT_LIVED });
        println!("{:28} has grown by {grown} bytes", C::INFO.id);
        if grown > MORE {
            self.0.push(format!("{} has grown by {grown} bytes", C::INFO.id));
        }
    }
}

#[test]
fn no_counter_grows_with_the_threads_that_have_ended() {
    assert!(grown::<KeepsAll>(OF_ONE_WORD) > MORE, "the control is not seen");
    let mut grow = Grow(Vec::new());
    catalogue::visit_native(|_| true, &mut grow);
    assert!(grow.0.is_empty(), "{:#?}", grow.0);
}

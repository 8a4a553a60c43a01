//! Does a counter need the memory that it states? Counts the allocated bytes while many counters of each type are made and used.
//! A program of its own with one test, because nothing else may allocate: the harness frees what it kept of a test that has ended.

use std::sync::{Arc, Barrier};
use std::thread;

use miscount::catalogue::{self, Visitor};
use miscount::counter::{Counter, Handle};

#[path = "support/counting.rs"]
mod counting;
#[path = "../benches/peers/published/mod.rs"]
#[allow(dead_code, reason = "the types are for tests/peers.rs")]
mod published;

/// Threads that count with each counter.
const THREADS: usize = 4;
/// Live counters of a type; they share the memory that the type shares.
const COUNTERS: usize = 64;
/// The same of models of Python's lock, where threads wait for each other's turns of 5 ms.
const MODELS: usize = 8;

/// Bytes of one of so many counters after all threads have counted with it.
fn measured<C: Counter>(many: usize) -> usize {
    let together = Arc::new(Barrier::new(THREADS));
    let before = counting::in_use();
    let counters: Arc<Vec<Box<C>>> = Arc::new((0..many).map(|_| Box::new(C::new(THREADS))).collect());
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
    (counting::in_use() - before).div_ceil(many) - size_of::<Box<C>>()
}

struct Compare(Vec<String>);

impl Visitor for Compare {
    fn visit<C: Counter>(&mut self) {
        // Cells in thread-local storage, and a list in a static, come from no allocator.
        let unseen = if C::INFO.id == "per_thread_tls" { (THREADS + 1) * size_of::<u64>() } else { 0 };
        let many = if C::INFO.family == "gil" { MODELS } else { COUNTERS };
        let (stated, measured) = (C::bytes(THREADS), measured::<C>(many) + unseen);
        println!("{:28} states {stated:6} bytes with {THREADS} threads, takes {measured:6}", C::INFO.id);
        // There is room upwards for rounding, and downwards for parts that are only made when threads collide.
        if measured > stated + stated / 2 + 64 || stated > 3 * measured {
            self.0.push(format!("{} states {stated} bytes and takes {measured}", C::INFO.id));
        }
    }
}

#[test]
fn counters_take_the_memory_they_state() {
    // Until these have come and gone, the harness has done what it does beside a test that begins.
    (0..200).for_each(|_| thread::spawn(|| ()).join().unwrap());
    let mut compare = Compare(Vec::new());
    catalogue::visit(&mut compare);
    published::visit(&mut compare);
    assert!(compare.0.is_empty(), "{:#?}", compare.0);
}

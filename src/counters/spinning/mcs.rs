//! A queue of waiting threads, each watching a word of its own that the one before it sets. *Source:*
//! Mellor-Crummey and Scott, *Algorithms for Scalable Synchronization on Shared-Memory
//! Multiprocessors* (1991); `mcslock::raw`.
//!
//! First come, first served, so it suffers like the ticket lock when threads outnumber CPUs.

use mcslock::raw::{MutexNode, spins::Mutex};

use crate::counter::{Counter, Grade, Handle, Info};

/// Adds under the lock.
#[derive(Default)]
pub struct Mcs(Mutex<u64>);

/// One thread's node for the queue.
pub struct Node<'a> {
    lock: &'a Mutex<u64>,
    node: MutexNode,
}

impl Handle for Node<'_> {
    #[inline]
    fn increment(&mut self) {
        self.lock.lock_with_then(&mut self.node, |value| *value = value.wrapping_add(1));
    }
}

impl Counter for Mcs {
    const INFO: Info = Info {
        id: "mcs",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a queue lock: each waiter watches its own word",
        source: "Mellor-Crummey and Scott 1991; the mcslock crate",
    };

    const MONOTONIC_READ: bool = true;

    type Handle<'a> = Node<'a>;

    fn new(_threads: usize) -> Self {
        Mcs::default()
    }

    fn handle(&self) -> Node<'_> {
        Node { lock: &self.0, node: MutexNode::new() }
    }

    fn read(&self) -> Option<u64> {
        Some(self.total())
    }

    fn total(&self) -> u64 {
        self.0.lock_then(|value| *value)
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(Mcs(Mutex::new(u64::MAX - 1)));
}

//! A queue of waiting threads, each watching the word of the one before it. *Source:* Craig, *Building
//! FIFO and Priority-Queuing Spin Locks from Atomic Swap* (1993); Magnusson, Landin and Hagersten,
//! *Queue Locks on Cache Coherent Multiprocessors* (1994); `clhlock`.
//!
//! First come, first served, so it suffers like the ticket lock when threads outnumber CPUs.

use clhlock::raw::{MutexNode, spins::Mutex};

use crate::counter::{Counter, Grade, Handle, Info};

/// Adds under the lock.
#[derive(Default)]
pub struct Clh(Mutex<u64>);

/// One thread's node for the queue. Each increment leaves it to the next thread in the queue and
/// goes on with the node of the one before.
pub struct Node<'a> {
    lock: &'a Mutex<u64>,
    node: Option<MutexNode>,
}

impl Handle for Node<'_> {
    #[inline]
    fn increment(&mut self) {
        let node = self.node.take().unwrap_or_default();
        let mut value = self.lock.lock_with(node);
        *value = value.wrapping_add(1);
        self.node = Some(value.unlock());
    }
}

impl Counter for Clh {
    const INFO: Info = Info {
        id: "clh",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a queue lock: each waiter watches the one before it",
        source: "Craig 1993; Magnusson, Landin and Hagersten 1994; the clhlock crate",
    };

    const MONOTONIC_READ: bool = true;

    type Handle<'a> = Node<'a>;

    fn new(_threads: usize) -> Self {
        Clh::default()
    }

    fn handle(&self) -> Node<'_> {
        Node { lock: &self.0, node: Some(MutexNode::new()) }
    }

    fn read(&self) -> Option<u64> {
        Some(self.total())
    }

    fn total(&self) -> u64 {
        *self.0.lock()
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(Clh(Mutex::new(u64::MAX - 1)));
}

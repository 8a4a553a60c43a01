//! A queue of waiting threads, each watching the word of the one before it. *Source:* Craig, *Building
//! FIFO and Priority-Queuing Spin Locks from Atomic Swap* (1993); Magnusson, Landin and Hagersten,
//! *Queue Locks on Cache Coherent Multiprocessors* (1994); `clhlock`.
//!
//! First come, first served, so it suffers like the ticket lock when threads outnumber CPUs.

use clhlock::raw::{MutexNode, spins::Mutex};

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock. A thread brings its node for the queue.
pub type ClhLock<T> = Mutex<T>;

/// The counter.
pub type Clh = Locked<ClhLock<u64>>;

/// One thread's node for the queue. A critical section leaves its node to the next thread in the queue
/// and takes over the node of the thread before; after a panic it takes a new node.
pub struct Node(Option<MutexNode>);

impl Default for Node {
    fn default() -> Self {
        // Made here and not by the first critical section, which is timed.
        Node(Some(MutexNode::new()))
    }
}

impl<T: Send + 'static> Lock<T> for ClhLock<T> {
    const INFO: Info = Info {
        id: "clh",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a queue lock: each waiter watches the one before it",
        source: "Craig 1993; Magnusson, Landin and Hagersten 1994; the clhlock crate",
    };

    type Node = Node;

    fn new(value: T) -> Self {
        Mutex::new(value)
    }

    #[inline]
    fn with<R>(&self, node: &mut Node, critical: impl FnOnce(&mut T) -> R) -> R {
        let mut value = self.lock_with(node.0.take().unwrap_or_default());
        let result = critical(&mut value);
        node.0 = Some(value.unlock());
        result
    }
}

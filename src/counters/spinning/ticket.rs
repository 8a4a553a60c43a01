//! Draw a number, wait until it is called: first come, first served. All waiting threads watch one
//! word. *Source:* Mellor-Crummey and Scott, *Algorithms for Scalable Synchronization on
//! Shared-Memory Multiprocessors* (1991); `spin::mutex::TicketMutex`.
//!
//! With more threads than CPUs the next in line is often not running, and everybody waits for it.

use spin::mutex::TicketMutex;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock.
pub type TicketLock<T> = TicketMutex<T>;

/// The counter.
pub type Ticket = Locked<TicketLock<u64>>;

impl<T: Send + 'static> Lock<T> for TicketLock<T> {
    const INFO: Info = Info {
        id: "ticket",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a ticket lock: first come, first served",
        source: "Mellor-Crummey and Scott 1991; the spin crate, TicketMutex",
    };

    type Node = ();

    fn new(value: T) -> Self {
        TicketMutex::new(value)
    }

    #[inline]
    fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R) -> R {
        critical(&mut self.lock())
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(Ticket::at(u64::MAX - 1));
}

//! Draw a number, wait until it is called: first come, first served. All waiting threads watch one
//! word. *Source:* Mellor-Crummey and Scott, *Algorithms for Scalable Synchronization on
//! Shared-Memory Multiprocessors* (1991); `spin::mutex::TicketMutex`.
//!
//! With more threads than CPUs the next in line is often not running, and everybody waits for it.

use spin::mutex::TicketMutex;

use crate::counter::{Grade, Info, Plain};

/// Adds under the lock.
#[derive(Default)]
pub struct Ticket(TicketMutex<u64>);

impl Plain for Ticket {
    const INFO: Info = Info {
        id: "ticket",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a ticket lock: first come, first served",
        source: "Mellor-Crummey and Scott 1991; the spin crate, TicketMutex",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        let mut value = self.0.lock();
        *value = value.wrapping_add(1);
    }

    fn total(&self) -> u64 {
        *self.0.lock()
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(Ticket(TicketMutex::new(u64::MAX - 1)));
}

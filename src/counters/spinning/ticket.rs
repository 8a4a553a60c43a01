//! Draw a number, wait until it is called: first come, first served. All waiting threads watch one
//! word. *Source:* Mellor-Crummey and Scott, *Algorithms for Scalable Synchronization on
//! Shared-Memory Multiprocessors* (1991); `spin::mutex::TicketMutex`.
//!
//! With more threads than CPUs the next in line is often not running, and everybody waits for it.

use spin::mutex::TicketMutex;

use crate::counter::{Grade, Info};
use crate::lock::{Locked, guard_lock};

/// The lock.
pub type TicketLock<T> = TicketMutex<T>;

/// The counter.
pub type Ticket = Locked<TicketLock<u64>>;

guard_lock!(
    TicketLock,
    Info {
        id: "ticket",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a ticket lock: first come, first served",
        source: "Mellor-Crummey and Scott 1991; the spin crate, TicketMutex",
    },
    |lock| lock.lock()
);

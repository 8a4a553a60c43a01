//! A ticket lock whose waiting threads, but for the next in line, watch a word of their own in an array that all such
//! locks share. Who frees the lock calls the next number, and tells the one after it to watch the number
//! called. *Source:* Dice and Kogan, *TWA: Ticket Locks Augmented with a Waiting Array* (Euro-Par 2019), listing 1.
//!
//! First come, first served, so it suffers like the ticket lock when threads outnumber CPUs. Two waiting threads may
//! have the same word of the array. Then one of them looks at the number called once too often.

use std::ptr;

use crate::counter::{Grade, Info};
use crate::counters::own_lock::{OwnLock, RawLock};
use crate::lock::Locked;
use crate::sync::{
    atomic::{
        AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
    process_wide_words, relax,
};

/// The lock.
pub type TwaLock<T> = OwnLock<RawTwa, T>;

/// The counter.
pub type Twa = Locked<TwaLock<u64>>;

/// How the lock is taken and freed.
#[derive(Default)]
pub struct RawTwa {
    /// The next number to be drawn.
    ticket: AtomicU64,
    /// The number called.
    grant: AtomicU64,
}

process_wide_words! {
    /// What waiting threads watch. It means nothing; only that it changes.
    static WAITING: [AtomicU64; 4096];
}

/// A thread with no more than so many before it watches the number called. A model checker has two threads, and would
/// never see one watch the array.
const NEAR: u64 = if cfg!(miscount_loom) { 0 } else { 1 };

impl RawLock for RawTwa {
    const INFO: Info = Info {
        id: "twa",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a ticket lock whose far waiters watch a shared array",
        source: "Dice and Kogan 2019, TWA",
    };

    type Node = ();

    type Turn = ();

    #[inline]
    fn acquire(&self, (): &()) {
        let mine = self.ticket.fetch_add(1, Relaxed);
        let before = self.before(mine);
        if before != 0 {
            self.wait(mine, before);
        }
    }

    #[inline]
    fn release(&self, (): &()) {
        let next = self.grant.load(Relaxed).wrapping_add(1);
        self.grant.store(next, Release);
        self.word(next.wrapping_add(NEAR)).fetch_add(1, Release);
    }

    /// A word for each thread.
    fn share(threads: usize) -> usize {
        threads * size_of::<AtomicU64>()
    }
}

impl RawTwa {
    /// Threads that go before the one with number `mine`. At 0 it may go in.
    #[inline]
    fn before(&self, mine: u64) -> u64 {
        mine.wrapping_sub(self.grant.load(Acquire))
    }

    #[cold]
    fn wait(&self, mine: u64, before: u64) {
        if before > NEAR {
            self.wait_far(mine);
        }
        while self.before(mine) != 0 {
            relax();
        }
    }

    /// Waits in the array until the thread is near.
    fn wait_far(&self, mine: u64) {
        let word = self.word(mine);
        loop {
            // Before the number called, or a change in between would be missed.
            let seen = word.load(Acquire);
            if self.before(mine) <= NEAR {
                return;
            }
            while word.load(Relaxed) == seen {
                relax();
            }
        }
    }

    /// The paper's hash: numbers that follow each other are not in one cache line, and two locks differ.
    #[inline]
    fn word(&self, number: u64) -> &'static AtomicU64 {
        let at = (number as usize).wrapping_mul(127) ^ ptr::from_ref(self).addr();
        &WAITING[at % WAITING.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::own_lock::tests::{assert_panic_releases, entries};

    #[test]
    fn threads_enter_in_the_order_in_which_they_arrived() {
        let entered = entries::<RawTwa>(6, |lock| lock.ticket.load(Relaxed));
        assert_eq!(entered, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_panic_releases_it() {
        assert_panic_releases::<RawTwa>();
    }

    #[test]
    fn numbers_wrap() {
        let start = u64::MAX - 2;
        let lock = RawTwa { ticket: AtomicU64::new(start), grant: AtomicU64::new(start) };
        (0..5).for_each(|_| lock.release(&lock.acquire(&())));
        assert_eq!(lock.grant.load(Relaxed), 2);
    }
}

//! A queue lock without nodes. A thread swaps a number that is used only once, a hapax, for that of the thread before it, and
//! waits until that one leaves. It shows itself to the one before it in a word of an array that all
//! such locks share, and there the lock is handed over. Where that word is taken it waits for the number of the one before it
//! in the lock's own `depart`. *Source:* Dice and Kogan, *Hapax Locks: Scalable Value-Based Mutual Exclusion* (PPoPP
//! 2026), with visible waiters (`HapaxVW`, listing 5 of its long form).
//!
//! First come, first served, so it suffers like the ticket lock when threads outnumber CPUs.

use std::cell::Cell;
use std::ptr;
// Only makes numbers, whatever the order in which threads get them.
use std::sync::atomic::AtomicU64 as Blocks;

use crate::counter::{Grade, Info};
use crate::counters::own_lock::{OwnLock, RawLock};
use crate::lock::Locked;
use crate::sync::{
    atomic::{
        AtomicU64,
        Ordering::{Acquire, Relaxed, Release, SeqCst},
        fence,
    },
    process_wide_words, relax,
};

/// The lock.
pub type HapaxLock<T> = OwnLock<RawHapax, T>;

/// The counter.
pub type Hapax = Locked<HapaxLock<u64>>;

/// How the lock is taken and freed.
#[derive(Default)]
pub struct RawHapax {
    /// The hapax of the thread that came last.
    arrive: AtomicU64,
    /// The hapax of the thread that left last, of those that nobody was seen waiting for.
    depart: AtomicU64,
}

process_wide_words! {
    /// The hapax whose successor waits here; 0 for nobody.
    static WAITING: [AtomicU64; 4096];
}

impl RawLock for RawHapax {
    const INFO: Info = Info {
        id: "hapax",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a queue lock without nodes: numbers used once, a shared waiting array",
        source: "Dice and Kogan 2026, Hapax Locks",
    };

    type Node = ();

    /// Its hapax.
    type Turn = u64;

    #[inline]
    fn acquire(&self, (): &()) -> u64 {
        let mine = hapax();
        let before = self.arrive.swap(mine, Relaxed);
        if !self.departed(before) {
            self.wait(before);
        }
        mine
    }

    #[inline]
    fn release(&self, mine: &u64) {
        if self.hand_over(*mine) {
            return;
        }
        self.depart.store(*mine, Release);
        // A successor shows itself and then looks at `depart`: it sees that, or is seen here.
        fence(SeqCst);
        self.hand_over(*mine);
    }

    /// A word for each thread.
    fn share(threads: usize) -> usize {
        threads * size_of::<AtomicU64>()
    }
}

impl RawHapax {
    /// Whether the thread of hapax `before` was seen leaving.
    #[inline]
    fn departed(&self, before: u64) -> bool {
        self.depart.load(Acquire) == before
    }

    /// Lets the successor of `mine` in, if it waits in the array.
    #[inline]
    fn hand_over(&self, mine: u64) -> bool {
        self.word(mine).compare_exchange(mine, 0, Release, Relaxed).is_ok()
    }

    #[cold]
    fn wait(&self, before: u64) {
        let word = self.word(before);
        if word.compare_exchange(0, before, Relaxed, Relaxed).is_err() {
            // Somebody else waits there, maybe for another lock.
            while !self.departed(before) {
                relax();
            }
            return;
        }
        fence(SeqCst);
        if self.departed(before) {
            // The one before may have cleared it meanwhile.
            _ = word.compare_exchange(before, 0, Relaxed, Relaxed);
            return;
        }
        while word.load(Acquire) == before {
            relax();
        }
    }

    /// The paper's hash. The numbers of one thread have one word for long, those of the next thread are in another cache line.
    #[inline]
    fn word(&self, hapax: u64) -> &'static AtomicU64 {
        let at = ptr::from_ref(self).addr().wrapping_add((hapax / BLOCK) as usize).wrapping_mul(17);
        &WAITING[at % WAITING.len()]
    }
}

/// Numbers that a thread gets at a time.
const BLOCK: u64 = 1 << 16;

/// A number that this process has not used and will not use again; never 0.
#[inline]
fn hapax() -> u64 {
    thread_local! {
        /// The next one of this thread's block; the first of a block is not its own yet.
        static NEXT: Cell<u64> = const { Cell::new(0) };
    }
    static BLOCKS: Blocks = Blocks::new(1);
    let mut hapax = NEXT.get();
    if hapax.is_multiple_of(BLOCK) {
        hapax = BLOCKS.fetch_add(1, Relaxed) * BLOCK;
    }
    NEXT.set(hapax + 1);
    hapax
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;
    use crate::counters::own_lock::tests::{assert_panic_releases, entries};

    #[test]
    fn threads_enter_in_the_order_in_which_they_arrived() {
        let entered = entries::<RawHapax>(6, |lock| lock.arrive.load(Relaxed));
        assert_eq!(entered, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_panic_releases_it() {
        assert_panic_releases::<RawHapax>();
    }

    #[test]
    fn a_hapax_comes_once() {
        let many = || (0..2 * BLOCK + 10).map(|_| hapax()).collect::<Vec<_>>();
        let (mut all, other) = (many(), thread::spawn(many).join().unwrap());
        all.extend(other);
        assert!(!all.contains(&0));
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }

    /// Where the word of the array is taken, threads wait for `depart` instead, and leave the word alone.
    #[test]
    fn a_taken_word_only_costs_the_quick_hand_over() {
        let lock = RawHapax::default();
        let first = lock.acquire(&());
        let word = lock.word(first);
        word.store(u64::MAX, Relaxed);
        thread::scope(|scope| {
            let second = scope.spawn(|| lock.release(&lock.acquire(&())));
            while lock.arrive.load(Relaxed) == first {
                thread::yield_now();
            }
            assert!(!second.is_finished(), "it is held");
            lock.release(&first);
        });
        assert_eq!(word.swap(0, Relaxed), u64::MAX);
    }
}

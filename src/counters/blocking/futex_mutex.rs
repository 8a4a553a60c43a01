//! The mutex with three states, written out: free, held, held and maybe waited for. Only who finds the third one asks the
//! system, to sleep or to wake one thread. *Source:* Drepper, *Futexes Are Tricky* (2011), the third mutex; Linux's futex.
//!
//! There is nothing else in it, so it shows what `std_mutex` adds (it spins before it sleeps, and knows whether somebody panicked inside)
//! and what `parking_lot_mutex` adds (a byte instead of a word, and queues of its own). Linux and Android only: elsewhere
//! the row is left out.

use crate::counter::{Grade, Info};
use crate::counters::own_lock::{OwnLock, RawLock};
use crate::lock::Locked;
use crate::sync::{
    atomic::Ordering::{Acquire, Relaxed, Release},
    futex::Futex,
};

/// The lock.
pub type FutexLock<T> = OwnLock<RawFutexMutex, T>;

/// The counter.
pub type FutexMutex = Locked<FutexLock<u64>>;

/// How the lock is taken and freed.
#[derive(Default)]
pub struct RawFutexMutex(Futex);

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Held, and somebody may sleep.
const WAITED_FOR: u32 = 2;

impl RawLock for RawFutexMutex {
    const INFO: Info = Info {
        id: "futex_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a mutex of one futex with three states and nothing else (Linux)",
        source: "Drepper 2011, Futexes Are Tricky",
    };

    type Node = ();

    type Turn = ();

    #[inline]
    fn acquire(&self, (): &()) {
        if let Err(state) = self.0.word.compare_exchange(FREE, HELD, Acquire, Relaxed) {
            self.wait(state);
        }
    }

    /// Drepper's subtracts 1, and stores 0 where that was not enough. One exchange is the same.
    #[inline]
    fn release(&self, (): &()) {
        if self.0.word.swap(FREE, Release) == WAITED_FOR {
            self.0.wake_one();
        }
    }
}

impl RawFutexMutex {
    /// Who has waited does not know whether others still do, so it takes the lock as waited for.
    #[cold]
    fn wait(&self, mut state: u32) {
        if state == HELD {
            state = self.0.word.swap(WAITED_FOR, Acquire);
        }
        while state != FREE {
            self.0.sleep_while(WAITED_FOR);
            state = self.0.word.swap(WAITED_FOR, Acquire);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::counters::own_lock::tests::assert_panic_releases;

    #[test]
    fn a_panic_releases_it() {
        assert_panic_releases::<RawFutexMutex>();
    }

    #[test]
    fn only_a_thread_that_waited_leaves_the_third_state() {
        let lock = RawFutexMutex::default();
        let state = || lock.0.word.load(Relaxed);
        lock.acquire(&());
        assert_eq!(state(), HELD);
        thread::scope(|scope| {
            let waits = scope.spawn(|| {
                lock.acquire(&());
                let taken = state();
                lock.release(&());
                taken
            });
            while state() != WAITED_FOR {
                thread::yield_now();
            }
            thread::sleep(Duration::from_millis(20));
            assert!(!waits.is_finished(), "it is held");
            lock.release(&());
            assert_eq!(waits.join().unwrap(), WAITED_FOR);
        });
        assert_eq!(state(), FREE);
    }
}

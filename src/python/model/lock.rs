//! The interpreter's lock, and the `threading.Lock` that a Python program takes under it.
//!
//! It works as in CPython (`take_gil` and `drop_gil` in `Python/ceval_gil.c`, in `Python/ceval_gil.h` before 3.12; read in
//! 3.9 and 3.13), in the four steps that [`docs::interpreters`](crate::docs::interpreters) describes: a mutex and a
//! condition variable guard a flag. A holder that drops the lock on request waits until another thread has taken it
//! (`FORCE_SWITCHING`); otherwise the holder, with the lock in its cache, would take it again every time.
//!
//! Two things differ. CPython has a second mutex for that last wait; here one mutex serves both waits. And a Python
//! thread runs bytecode all the time, while a thread of a bench may do anything between two increments, even wait for
//! another thread. So a thread here *pauses* between increments: it keeps the lock, but a thread that has set the
//! request and waited for another switch interval may take the lock from it.

use std::sync::atomic::AtomicU64 as Numbers;
use std::time::Duration;

use crossbeam_utils::CachePadded;

use crate::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::sync::{self, Condvar, Mutex, MutexGuard};

/// No thread has this number.
const NOBODY: u64 = 0;

/// What the mutex guards.
struct State {
    /// Whether a thread has the lock.
    locked: bool,
    /// The thread that took the lock last; it may have dropped it since.
    last_holder: u64,
    /// How often another thread than the last holder took the lock.
    switches: u64,
}

/// A global interpreter lock.
///
/// A waiting thread touches no data of the running thread before it sets the request. Otherwise each request would
/// stall the running thread at the same step.
pub struct Gil {
    interval: Duration,
    /// Whether a thread has requested the lock: this part of CPython's `eval_breaker`.
    drop_request: CachePadded<AtomicBool>,
    /// Twice the number of the thread that has the lock, plus one unless it pauses; or [`NOBODY`].
    holder: CachePadded<AtomicU64>,
    state: Mutex<State>,
    /// Notified when the lock becomes free.
    freed: Condvar,
    /// Notified when a thread has taken the lock.
    taken: Condvar,
    /// Threads so far; gives each its number. Model checkers need not see it.
    threads: Numbers,
}

impl Gil {
    /// A free lock. A thread waits for `interval` before it requests the lock.
    pub fn new(interval: Duration) -> Gil {
        Gil {
            interval,
            drop_request: CachePadded::new(AtomicBool::new(false)),
            holder: CachePadded::new(AtomicU64::new(NOBODY)),
            state: Mutex::new(State { locked: false, last_holder: NOBODY, switches: 0 }),
            freed: Condvar::new(),
            taken: Condvar::new(),
            threads: Numbers::new(0),
        }
    }

    /// A new thread, which does not hold the lock yet.
    pub fn thread(&self) -> Thread<'_> {
        Thread { gil: self, number: 1 + self.threads.fetch_add(1, Relaxed) }
    }

    /// How often another thread than the last holder took the lock.
    pub fn switches(&self) -> u64 {
        self.state().switches
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics in here")
    }

    /// Takes the lock from a holder that pauses. Call it with the mutex locked.
    fn take_away(&self) -> bool {
        let holder = self.holder.load(Relaxed);
        // Acquire: the next holder sees all that this one did before it paused.
        holder.is_multiple_of(2) && self.holder.compare_exchange(holder, NOBODY, Acquire, Relaxed).is_ok()
    }
}

/// A thread that works under the lock. Dropping it drops the lock.
pub struct Thread<'a> {
    gil: &'a Gil,
    number: u64,
}

impl Thread<'_> {
    fn paused(&self) -> u64 {
        2 * self.number
    }

    fn running(&self) -> u64 {
        2 * self.number + 1
    }

    /// Ends a pause, or starts the thread: takes the lock, unless the thread still has it.
    #[inline]
    pub fn resume(&mut self) {
        // If the holder is still this thread, pausing, nothing has happened since.
        if self.gil.holder.compare_exchange(self.paused(), self.running(), Relaxed, Relaxed).is_err() {
            self.take_gil();
        }
    }

    /// Keeps the lock, but lets a thread that has waited long enough take it away.
    #[inline]
    pub fn pause(&mut self) {
        self.gil.holder.store(self.paused(), Release);
        sync::tick();
    }

    /// Drops the lock if it was requested, and returns when the thread has it again.
    #[inline]
    pub fn check(&mut self) {
        sync::tick();
        if self.gil.drop_request.load(Relaxed) {
            self.drop_gil();
            self.take_gil();
        }
    }

    /// Waits for the lock and takes it.
    #[cold]
    fn take_gil(&mut self) {
        let gil = self.gil;
        let mut state = gil.state();
        // The switch before which this thread requested the lock.
        let mut requested = None;
        while state.locked {
            let before = state.switches;
            let timed_out;
            (state, timed_out) = sync::wait_timeout(&gil.freed, &gil.state, state, gil.interval);
            if timed_out && state.locked && state.switches == before {
                // A running holder would have read this thread's request by now. It need not have read one that another
                // thread made a moment ago.
                if requested == Some(before) && gil.take_away() {
                    break;
                }
                requested = Some(before);
                gil.drop_request.store(true, Relaxed);
            }
        }
        state.locked = true;
        gil.holder.store(self.running(), Relaxed);
        if state.last_holder != self.number {
            state.last_holder = self.number;
            state.switches += 1;
        }
        gil.drop_request.store(false, Relaxed);
        gil.taken.notify_one();
    }

    /// Drops the lock. If it was requested, waits until another thread has taken it.
    #[cold]
    fn drop_gil(&mut self) {
        let gil = self.gil;
        let mut state = gil.state();
        state.locked = false;
        gil.holder.store(NOBODY, Relaxed);
        gil.freed.notify_one();
        if gil.drop_request.load(Relaxed) {
            gil.drop_request.store(false, Relaxed);
            // The thread that requested the lock is still waiting, so this ends.
            while state.last_holder == self.number {
                state = gil.taken.wait(state).expect("nothing panics in here");
            }
        }
    }
}

impl Drop for Thread<'_> {
    /// Drops the lock without waiting for another thread to take it.
    fn drop(&mut self) {
        let has_it = || self.gil.holder.load(Relaxed) / 2 == self.number;
        if !has_it() {
            return;
        }
        let mut state = self.gil.state();
        // Another thread may have taken it away meanwhile.
        if has_it() {
            state.locked = false;
            self.gil.holder.store(NOBODY, Relaxed);
            self.gil.freed.notify_one();
        }
    }
}

/// `threading.Lock`. A thread that finds it taken drops the interpreter's lock before it waits; otherwise no thread
/// could ever release it. *Source:* `PyThread_acquire_lock_timed_with_retries` in CPython's `Python/thread.c`, 3.13.
#[derive(Default)]
pub struct PyLock {
    held: Mutex<Held>,
    released: Condvar,
}

#[derive(Default)]
struct Held {
    taken: bool,
    /// Threads that wait. Without any, `release` saves the system call that wakes one.
    waiting: usize,
}

impl PyLock {
    /// Takes it. A thread that has to wait waits without the interpreter's lock.
    #[inline]
    pub fn acquire(&self, thread: &mut Thread<'_>) {
        let mut held = self.held();
        if !held.taken {
            held.taken = true;
            return;
        }
        drop(held);
        thread.drop_gil();
        self.wait();
        thread.take_gil();
    }

    #[cold]
    fn wait(&self) {
        let mut held = self.held();
        held.waiting += 1;
        while held.taken {
            held = self.released.wait(held).expect("nothing panics in here");
        }
        held.waiting -= 1;
        held.taken = true;
    }

    /// Releases it, and wakes one waiting thread.
    #[inline]
    pub fn release(&self) {
        let mut held = self.held();
        held.taken = false;
        if held.waiting > 0 {
            self.released.notify_one();
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("nothing panics in here")
    }
}

#[cfg(all(test, not(any(miscount_loom, shuttle))))]
mod tests {
    use std::sync::{Arc, mpsc};
    use std::thread;
    use std::time::Instant;

    use super::*;

    const BRIEF: Duration = Duration::from_millis(1);
    const LONG: Duration = Duration::from_millis(50);
    const PATIENT: Duration = Duration::from_secs(10);

    /// Another thread that takes the lock, says so when it has it, and holds it until it is told to end.
    fn another(gil: &Arc<Gil>) -> (mpsc::Receiver<()>, mpsc::Sender<()>, thread::JoinHandle<()>) {
        let ((say, hear), (tell, told)) = (mpsc::channel(), mpsc::channel());
        let gil = Arc::clone(gil);
        let other = thread::spawn(move || {
            let mut thread = gil.thread();
            thread.resume();
            say.send(()).unwrap();
            told.recv().unwrap();
        });
        (hear, tell, other)
    }

    #[test]
    fn a_running_thread_keeps_the_lock_until_it_checks() {
        let gil = Arc::new(Gil::new(BRIEF));
        let mut thread = gil.thread();
        thread.resume();
        let (hear, tell, other) = another(&gil);
        assert!(hear.recv_timeout(LONG).is_err(), "taken from a running thread");
        tell.send(()).unwrap();
        thread.check();
        // `check` returned only after the other thread had taken the lock.
        assert_eq!(hear.try_recv(), Ok(()));
        other.join().unwrap();
        assert_eq!(gil.switches(), 3);
    }

    #[test]
    fn no_request_comes_before_the_switch_interval() {
        let gil = Arc::new(Gil::new(PATIENT));
        let mut thread = gil.thread();
        thread.resume();
        let (hear, tell, other) = another(&gil);
        tell.send(()).unwrap();
        let until = Instant::now() + LONG;
        while Instant::now() < until {
            thread.check();
        }
        assert!(hear.try_recv().is_err());
        assert_eq!(gil.switches(), 1);
        drop(thread);
        hear.recv_timeout(PATIENT).expect("free");
        other.join().unwrap();
    }

    #[test]
    fn the_lock_is_taken_from_a_thread_that_pauses() {
        let gil = Arc::new(Gil::new(BRIEF));
        let mut thread = gil.thread();
        thread.resume();
        thread.pause();
        let (hear, tell, other) = another(&gil);
        hear.recv_timeout(PATIENT).expect("taken from a thread that pauses");
        let resumes = thread::spawn({
            let gil = Arc::clone(&gil);
            move || gil.thread().resume()
        });
        thread::sleep(LONG);
        assert!(!resumes.is_finished(), "held by another");
        tell.send(()).unwrap();
        thread.resume();
        other.join().unwrap();
        drop(thread);
        resumes.join().unwrap();
    }

    #[test]
    fn a_thread_waits_for_a_python_lock_without_the_gil() {
        let gil = Arc::new(Gil::new(PATIENT));
        let lock = Arc::new(PyLock::default());
        let mut thread = gil.thread();
        thread.resume();
        lock.acquire(&mut thread);
        thread.drop_gil();
        let acquires = thread::spawn({
            let (gil, lock) = (Arc::clone(&gil), Arc::clone(&lock));
            move || {
                let mut thread = gil.thread();
                thread.resume();
                lock.acquire(&mut thread);
            }
        });
        thread::sleep(LONG);
        thread.take_gil();
        assert!(!acquires.is_finished());
        lock.release();
        drop(thread);
        acquires.join().unwrap();
    }
}

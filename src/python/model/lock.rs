//! The lock itself, and the lock of `threading.Lock` that a Python program takes while it holds it.
//!
//! As in CPython (`take_gil` and `drop_gil` in `Python/ceval_gil.c`, in `Python/ceval_gil.h` before 3.12;
//! read in 3.9 and 3.13): a mutex and a condition variable around a flag. Who waits does so for the switch
//! interval; if nobody else has got the lock meanwhile, it sets the request to drop it. The holder looks at
//! the request at its checks only. When it drops the lock it does not go for it again before
//! another thread has got it (`FORCE_SWITCHING`): with the lock in its cache it would be first every time.
//!
//! Two things differ. CPython has a second mutex for that last wait; here one does for both. And a Python
//! thread goes from one increment to the next by bytecode, while a thread here may do as it likes between
//! two, even wait for another thread. So there it only *pauses*: it keeps the lock, but who has asked for it and
//! got no answer for another switch interval may take it away.

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

/// What is read and written only with the mutex locked.
struct State {
    /// Whether a thread has the lock.
    locked: bool,
    /// The thread that got the lock last, whether it still has it or not.
    last_holder: u64,
    /// How often the lock went to another thread than the one before.
    switches: u64,
}

/// A global interpreter lock.
///
/// Who waits touches nothing that a running thread does before it has set the request: else the runner
/// would stand still, at the same place each time, when it is asked.
pub struct Gil {
    interval: Duration,
    /// Whether somebody has asked for the lock: CPython's `eval_breaker`, as far as it is about this.
    drop_request: CachePadded<AtomicBool>,
    /// Twice the number of the thread that has the lock, plus one while it runs; or [`NOBODY`].
    holder: CachePadded<AtomicU64>,
    state: Mutex<State>,
    /// Told when the lock becomes free.
    freed: Condvar,
    /// Told when a thread has got the lock.
    taken: Condvar,
    /// Threads so far, which gives each its number. No model checker needs to see it.
    threads: Numbers,
}

impl Gil {
    /// A free lock; a waiting thread waits for `interval` before it asks for it.
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

    /// One more thread. It does not hold the lock yet.
    pub fn thread(&self) -> Thread<'_> {
        Thread { gil: self, number: 1 + self.threads.fetch_add(1, Relaxed) }
    }

    /// How often the lock went to another thread than the one before.
    pub fn switches(&self) -> u64 {
        self.state().switches
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics in here")
    }

    /// Takes the lock away from a holder that pauses. The mutex is locked.
    fn take_away(&self) -> bool {
        let holder = self.holder.load(Relaxed);
        // Acquire: what the holder did before it paused is seen by the one who comes after it.
        holder.is_multiple_of(2) && self.holder.compare_exchange(holder, NOBODY, Acquire, Relaxed).is_ok()
    }
}

/// A thread that works under the lock. Dropping it lets go of the lock.
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

    /// Runs on after a pause, or for the first time: with the lock, waiting for it where it must.
    #[inline]
    pub fn go_on(&mut self) {
        // Its own pause: nothing has happened since.
        if self.gil.holder.compare_exchange(self.paused(), self.running(), Relaxed, Relaxed).is_err() {
            self.take();
        }
    }

    /// Holds the lock no more than it must: until somebody has waited for it long enough.
    #[inline]
    pub fn pause(&mut self) {
        self.gil.holder.store(self.paused(), Release);
        sync::tick();
    }

    /// Looks whether the lock is asked for. If it is, lets go of it, and goes on when it has it again.
    #[inline]
    pub fn check(&mut self) {
        sync::tick();
        if self.gil.drop_request.load(Relaxed) {
            self.let_go();
            self.take();
        }
    }

    /// Waits for the lock (`take_gil`).
    #[cold]
    fn take(&mut self) {
        let gil = self.gil;
        let mut state = gil.state();
        while state.locked {
            let before = state.switches;
            let timed_out;
            (state, timed_out) = sync::wait_timeout(&gil.freed, &gil.state, state, gil.interval);
            if timed_out && state.locked && state.switches == before {
                // One that runs has heard the first request by now.
                if gil.drop_request.load(Relaxed) && gil.take_away() {
                    break;
                }
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

    /// Lets go of the lock, and if it was asked for, waits until another thread has got it (`drop_gil`).
    #[cold]
    fn let_go(&mut self) {
        let gil = self.gil;
        let mut state = gil.state();
        state.locked = false;
        gil.holder.store(NOBODY, Relaxed);
        gil.freed.notify_one();
        if gil.drop_request.load(Relaxed) {
            gil.drop_request.store(false, Relaxed);
            // Who asked is still waiting, so this ends.
            while state.last_holder == self.number {
                state = gil.taken.wait(state).expect("nothing panics in here");
            }
        }
    }
}

impl Drop for Thread<'_> {
    /// Lets go of the lock for good: nobody is waited for.
    fn drop(&mut self) {
        let has_it = || self.gil.holder.load(Relaxed) / 2 == self.number;
        if !has_it() {
            return;
        }
        let mut state = self.gil.state();
        // It may have been taken away meanwhile.
        if has_it() {
            state.locked = false;
            self.gil.holder.store(NOBODY, Relaxed);
            self.gil.freed.notify_one();
        }
    }
}

/// `threading.Lock`. Who finds it taken lets go of the interpreter's lock before it waits, or nobody could
/// ever release it. *Source:* `PyThread_acquire_lock_timed_with_retries` in CPython's `Python/thread.c`, 3.13.
#[derive(Default)]
pub struct PyLock {
    held: Mutex<Held>,
    released: Condvar,
}

#[derive(Default)]
struct Held {
    taken: bool,
    /// Threads that wait; where there is none, nobody is woken, which is a system call.
    waiting: usize,
}

impl PyLock {
    /// Takes it, after waiting for it without the interpreter's lock.
    #[inline]
    pub fn acquire(&self, thread: &mut Thread<'_>) {
        let mut held = self.held();
        if !held.taken {
            held.taken = true;
            return;
        }
        drop(held);
        thread.let_go();
        self.wait();
        thread.take();
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

    /// Releases it, and wakes one thread that waits.
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

    /// Another thread that goes for the lock, says so when it has it, and holds it until it is told.
    fn another(gil: &Arc<Gil>) -> (mpsc::Receiver<()>, mpsc::Sender<()>, thread::JoinHandle<()>) {
        let ((say, hear), (tell, told)) = (mpsc::channel(), mpsc::channel());
        let gil = Arc::clone(gil);
        let other = thread::spawn(move || {
            let mut thread = gil.thread();
            thread.go_on();
            say.send(()).unwrap();
            told.recv().unwrap();
        });
        (hear, tell, other)
    }

    #[test]
    fn who_runs_keeps_it_until_it_looks() {
        let gil = Arc::new(Gil::new(BRIEF));
        let mut thread = gil.thread();
        thread.go_on();
        let (hear, tell, other) = another(&gil);
        assert!(hear.recv_timeout(LONG).is_err(), "taken from a thread that runs");
        tell.send(()).unwrap();
        thread.check();
        // No lock to go for again before another has had it.
        assert_eq!(hear.try_recv(), Ok(()));
        other.join().unwrap();
        assert_eq!(gil.switches(), 3);
    }

    #[test]
    fn nobody_is_asked_before_the_switch_interval() {
        let gil = Arc::new(Gil::new(PATIENT));
        let mut thread = gil.thread();
        thread.go_on();
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
    fn it_is_taken_from_who_pauses() {
        let gil = Arc::new(Gil::new(BRIEF));
        let mut thread = gil.thread();
        thread.go_on();
        thread.pause();
        let (hear, tell, other) = another(&gil);
        hear.recv_timeout(PATIENT).expect("a pause is none of the others' business");
        let goes_on = thread::spawn({
            let gil = Arc::clone(&gil);
            move || gil.thread().go_on()
        });
        thread::sleep(LONG);
        assert!(!goes_on.is_finished(), "held by another");
        tell.send(()).unwrap();
        thread.go_on();
        other.join().unwrap();
        drop(thread);
        goes_on.join().unwrap();
    }

    #[test]
    fn who_waits_for_a_python_lock_holds_nothing_else() {
        let gil = Arc::new(Gil::new(PATIENT));
        let lock = Arc::new(PyLock::default());
        let mut thread = gil.thread();
        thread.go_on();
        lock.acquire(&mut thread);
        thread.let_go();
        let acquires = thread::spawn({
            let (gil, lock) = (Arc::clone(&gil), Arc::clone(&lock));
            move || {
                let mut thread = gil.thread();
                thread.go_on();
                lock.acquire(&mut thread);
            }
        });
        thread::sleep(LONG);
        thread.take();
        assert!(!acquires.is_finished());
        lock.release();
        drop(thread);
        acquires.join().unwrap();
    }
}

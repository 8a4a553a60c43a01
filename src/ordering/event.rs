//! An event that threads wait for, as Python's `threading.Event` is: a flag under a mutex, and a condition
//! variable.

use crate::sync::{Condvar, Mutex};

/// What the mutex guards.
#[derive(Default)]
struct State {
    set: bool,
    /// Times it was set.
    times: u64,
}

/// An event. Who waits goes on when it is set, even if it has been cleared again by the time they wake up: that is
/// how CPython's `Event.wait` does it, which does not look at the flag after waking. It could not tell a wake-up
/// without a cause; this one counts the times it was set.
#[derive(Default)]
pub struct Event {
    state: Mutex<State>,
    changed: Condvar,
}

impl Event {
    /// Sets it, and wakes everybody who waits.
    pub fn set(&self) {
        let mut state = self.state.lock().expect("nothing panics in here");
        state.set = true;
        state.times += 1;
        self.changed.notify_all();
    }

    /// Unsets it.
    pub fn clear(&self) {
        self.state.lock().expect("nothing panics in here").set = false;
    }

    /// Waits until it is set, and returns whether there was something to wait for. `waiting` is called before,
    /// at a time when nobody can set it.
    pub fn wait(&self, waiting: impl FnOnce()) -> bool {
        let mut state = self.state.lock().expect("nothing panics in here");
        waiting();
        if state.set {
            return false;
        }
        let before = state.times;
        while state.times == before {
            state = self.changed.wait(state).expect("nothing panics in here");
        }
        true
    }
}

#[cfg(all(test, not(any(miscount_loom, shuttle))))]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn who_comes_late_does_not_wait() {
        let event = Event::default();
        event.set();
        assert!(!event.wait(|| ()));
    }

    #[test]
    fn who_waits_when_it_is_set_goes_on_although_it_is_cleared_at_once() {
        let event = Event::default();
        for _ in 0..1_000 {
            let (waits, waiting) = mpsc::channel();
            thread::scope(|scope| {
                let reader = scope.spawn(|| event.wait(move || waits.send(()).unwrap()));
                waiting.recv().unwrap();
                event.set();
                event.clear();
                assert!(reader.join().unwrap());
            });
        }
    }
}

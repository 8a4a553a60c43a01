//! A binary semaphore made of a mutex and a condition variable: acquiring waits until there is a
//! permit, releasing puts it back and wakes one thread. *Source:* Dijkstra, *Cooperating Sequential
//! Processes* (1965), with his P and V; Python's `threading.Semaphore(1)`.
//!
//! The standard library's condition variable does not know whether anybody waits. On Linux it asks the
//! kernel, so each release is a system call.

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};
use crate::sync::{Condvar, Mutex};

/// The lock. The value is the permit: acquiring takes it out, releasing puts it back. So no thread
/// can reach the value without the permit. The value is moved twice each time, which is cheap for a count.
///
/// A thread that panics while holding it releases it, as Python's `with` does. The value comes back in the state of the
/// panic, and the others go on.
pub struct BinarySemaphore<T> {
    permit: Mutex<Option<T>>,
    released: Condvar,
}

/// The counter.
pub type Semaphore = Locked<BinarySemaphore<u64>>;

/// The permit while it is held; dropping it releases the semaphore.
struct Held<'a, T> {
    semaphore: &'a BinarySemaphore<T>,
    /// Only empty while it is dropped.
    value: Option<T>,
}

impl<T> BinarySemaphore<T> {
    #[inline]
    fn acquire(&self) -> Held<'_, T> {
        let mut permit = self.permit.lock().expect("nothing panics in here");
        loop {
            let value = permit.take();
            if value.is_some() {
                return Held { semaphore: self, value };
            }
            permit = self.released.wait(permit).expect("nothing panics in here");
        }
    }
}

impl<T> Drop for Held<'_, T> {
    #[inline]
    fn drop(&mut self) {
        *self.semaphore.permit.lock().expect("nothing panics in here") = self.value.take();
        // After the mutex is free, or the woken thread would wait for the mutex next.
        self.semaphore.released.notify_one();
    }
}

impl<T: Send + 'static> Lock<T> for BinarySemaphore<T> {
    const INFO: Info = Info {
        id: "semaphore",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a binary semaphore made of a mutex and a condition variable",
        source: "Dijkstra 1965; threading.Semaphore in the articles on Python threads",
    };

    type Node = ();

    fn new(value: T) -> Self {
        BinarySemaphore { permit: Mutex::new(Some(value)), released: Condvar::new() }
    }

    #[inline]
    fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R) -> R {
        critical(self.acquire().value.as_mut().expect("held"))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::{Arc, mpsc};
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// The value that another thread sees after it has acquired the semaphore. That thread may have to wait for ever.
    fn seen_by_another(semaphore: &Arc<BinarySemaphore<u64>>) -> mpsc::Receiver<u64> {
        let (say, hear) = mpsc::channel();
        let semaphore = Arc::clone(semaphore);
        // Nobody receives it any more when the test has failed.
        thread::spawn(move || _ = say.send(semaphore.look(&mut (), |value| *value)));
        hear
    }

    #[test]
    fn another_waits_until_it_is_released() {
        let semaphore = Arc::new(BinarySemaphore::new(0));
        let seen = semaphore.with(&mut (), |value| {
            let seen = seen_by_another(&semaphore);
            assert!(seen.recv_timeout(Duration::from_millis(50)).is_err(), "it is held");
            *value = 7;
            seen
        });
        assert_eq!(seen.recv_timeout(Duration::from_secs(5)), Ok(7));
    }

    #[test]
    fn a_panic_releases_it() {
        let semaphore = Arc::new(BinarySemaphore::new(0));
        let fails = || {
            semaphore.with(&mut (), |value| {
                *value = 7;
                panic!("on purpose");
            })
        };
        assert!(catch_unwind(AssertUnwindSafe(fails)).is_err());
        assert_eq!(seen_by_another(&semaphore).recv_timeout(Duration::from_secs(5)), Ok(7));
    }
}

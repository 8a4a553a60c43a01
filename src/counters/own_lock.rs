//! A lock of our own: how it is taken and freed, which is its algorithm, and the value that it guards.

use crate::counter::{Grade, Info};
use crate::lock::Lock;
use crate::sync::LockCell;

/// How a lock is taken and freed.
pub trait RawLock: Default + Send + Sync + 'static {
    /// Facts about it.
    const INFO: Info;

    /// What one thread brings along: a queue node, or nothing.
    type Node: Default;

    /// What the thread inside keeps until it frees the lock.
    type Turn;

    /// Waits until nobody else is inside, and keeps others out from then on. What was done inside before is visible.
    fn acquire(&self, node: &Self::Node) -> Self::Turn;

    /// Lets the next one in. Called once a turn, by the thread that has it.
    fn release(&self, turn: &Self::Turn);

    /// Bytes of what all such locks use together that are for one of them, once `threads` threads have used it.
    fn share(threads: usize) -> usize {
        let _ = threads;
        0
    }
}

/// A value under such a lock. Who panics inside frees it, and the others go on.
pub struct OwnLock<R, T> {
    raw: R,
    value: LockCell<T>,
}

/// The lock while it is held; dropping it frees the lock.
struct Held<'a, R: RawLock> {
    raw: &'a R,
    turn: R::Turn,
}

impl<R: RawLock> Drop for Held<'_, R> {
    #[inline]
    fn drop(&mut self) {
        self.raw.release(&self.turn);
    }
}

impl<R: RawLock, T: Send + 'static> Lock<T> for OwnLock<R, T> {
    const INFO: Info = {
        assert!(matches!(R::INFO.grade, Grade::Exact), "a lock that loses is no lock");
        R::INFO
    };

    type Node = R::Node;

    fn new(value: T) -> Self {
        OwnLock { raw: R::default(), value: LockCell::new(value) }
    }

    #[inline]
    #[allow(unsafe_code, reason = "a lock is what makes it safe")]
    fn with<X>(&self, node: &mut R::Node, critical: impl FnOnce(&mut T) -> X) -> X {
        let _held = Held { raw: &self.raw, turn: self.raw.acquire(node) };
        // SAFETY: between acquiring and releasing this is the only thread inside, and `_held` is released afterwards.
        unsafe { self.value.with(critical) }
    }

    fn bytes(threads: usize) -> usize {
        size_of::<Self>() + R::share(threads)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread;

    use super::*;

    /// Who got in, in order, of `threads` threads that arrive one after the other while the lock is held. `arrivals` is
    /// something of the lock that changes with each arrival.
    pub(crate) fn entries<R: RawLock>(threads: usize, arrivals: impl Fn(&R) -> u64 + Sync) -> Vec<usize> {
        let lock = OwnLock::<R, Vec<usize>>::new(Vec::new());
        thread::scope(|scope| {
            lock.with(&mut R::Node::default(), |_| {
                for me in 0..threads {
                    let lock = &lock;
                    wait_for_arrival(lock, &arrivals, || {
                        scope.spawn(move || lock.with(&mut R::Node::default(), |entered| entered.push(me)));
                    });
                }
            });
        });
        lock.with(&mut R::Node::default(), |entered| entered.clone())
    }

    /// Does `start`, after which another thread arrives, and waits until it has.
    pub(crate) fn wait_for_arrival<R: RawLock, T>(
        lock: &OwnLock<R, T>,
        arrivals: impl Fn(&R) -> u64,
        start: impl FnOnce(),
    ) {
        let before = arrivals(&lock.raw);
        start();
        while arrivals(&lock.raw) == before {
            thread::yield_now();
        }
    }

    /// A panic inside frees the lock, and leaves the value as it is.
    pub(crate) fn assert_panic_releases<R: RawLock>() {
        let lock = OwnLock::<R, u64>::new(0);
        let fails = || {
            lock.with(&mut R::Node::default(), |value| {
                *value = 7;
                panic!("on purpose");
            })
        };
        assert!(catch_unwind(AssertUnwindSafe(fails)).is_err());
        let seen = thread::scope(|scope| {
            scope.spawn(|| lock.with(&mut R::Node::default(), |value| *value)).join().expect("it is free")
        });
        assert_eq!(seen, 7, "{}", R::INFO.id);
    }
}

//! What a lock is: one trait over all of them, and the counter that each of them makes.

use crate::counter::{Counter, Grade, Handle, Info};

/// A lock that guards a `T`.
///
/// Each lock is written once, as an implementation of this: the locks bench measures it around work,
/// and [`Locked`] makes a counter of it.
pub trait Lock<T>: Send + Sync + Sized + 'static {
    /// Facts about it; the counter made of it has the same.
    const INFO: Info;

    /// What one thread brings along: a queue node, or nothing.
    type Node: Default;

    /// The lock, free, around `value`.
    fn new(value: T) -> Self;

    /// Does `critical` while holding it. Not to be called from within `critical`.
    ///
    /// Another thread that holds the lock may do it, so it and its result can be sent there. A lock that needs no `Send` leaves it out.
    fn with<R: Send>(&self, node: &mut Self::Node, critical: impl FnOnce(&mut T) -> R + Send) -> R;

    /// Does `reading` while nobody writes; locks with a read side let other readers in.
    fn look<R: Send>(&self, node: &mut Self::Node, reading: impl FnOnce(&T) -> R + Send) -> R {
        self.with(node, |value| reading(value))
    }

    /// Bytes that one such lock takes, its value included, once `threads` threads have used it: see
    /// [`Counter::bytes`].
    fn bytes(threads: usize) -> usize {
        let _ = threads;
        size_of::<Self>()
    }
}

/// Implements [`Lock`] for a mutex of another crate: its name here, its facts, and how it is taken. What is taken gives
/// the value and, when dropped, frees the mutex.
macro_rules! guard_lock {
    ($Lock:ident, $info:expr, |$lock:ident| $taken:expr) => {
        impl<T: Send + 'static> $crate::lock::Lock<T> for $Lock<T> {
            const INFO: Info = $info;

            type Node = ();

            fn new(value: T) -> Self {
                Self::new(value)
            }

            #[inline]
            fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R) -> R {
                let $lock = self;
                critical(&mut $taken)
            }
        }
    };
}
pub(crate) use guard_lock;

/// A count behind a lock.
pub struct Locked<L>(L);

/// One thread's way to a count behind a lock.
pub struct Locking<'a, L: Lock<u64>> {
    lock: &'a L,
    node: L::Node,
}

impl<L: Lock<u64>> Locking<'_, L> {
    /// Adds one, and gives back the value before.
    #[inline]
    pub fn fetch_add(&mut self) -> u64 {
        self.lock.with(&mut self.node, |value| {
            let before = *value;
            *value = before.wrapping_add(1);
            before
        })
    }
}

impl<L: Lock<u64>> Handle for Locking<'_, L> {
    #[inline]
    fn increment(&mut self) {
        self.lock.with(&mut self.node, |value| *value = value.wrapping_add(1));
    }
}

impl<L: Lock<u64>> Locked<L> {
    /// A count that starts at `value`.
    pub fn at(value: u64) -> Self {
        Locked(L::new(value))
    }
}

impl<L: Lock<u64>> Counter for Locked<L> {
    const INFO: Info = {
        assert!(matches!(L::INFO.grade, Grade::Exact), "a lock that loses is no lock");
        L::INFO
    };

    const MONOTONIC_READ: bool = true;

    const READ_BLOCKS: bool = true;

    type Handle<'a> = Locking<'a, L>;

    fn new(_threads: usize) -> Self {
        Locked::at(0)
    }

    #[inline]
    fn handle(&self) -> Locking<'_, L> {
        Locking { lock: &self.0, node: L::Node::default() }
    }

    fn read(&self) -> Option<u64> {
        Some(self.total())
    }

    #[inline]
    fn read_by<R: Send>(&self, handle: &mut Locking<'_, L>, reading: impl FnOnce(u64) -> R + Send) -> Option<R> {
        Some(self.0.look(&mut handle.node, |value| reading(*value)))
    }

    fn take(&self) -> Option<u64> {
        Some(self.0.with(&mut L::Node::default(), std::mem::take))
    }

    fn total(&self) -> u64 {
        self.0.look(&mut L::Node::default(), |value| *value)
    }

    fn bytes(threads: usize) -> usize {
        L::bytes(threads)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    use std::sync::{Barrier, Mutex};
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::catalogue::{self, LockVisitor};
    use crate::critical::Guarded;

    const THREADS: usize = 3;
    /// For each lock. It bounds queue locks too, which are slow when threads outnumber CPUs.
    const TIME: Duration = Duration::from_millis(30);

    /// What one lock let happen.
    struct Seen {
        attempted: u64,
        /// Looks that saw a section half done.
        torn: u64,
        guarded: Guarded,
    }

    /// Critical sections of several threads, and a look after each.
    fn crowd<L: Lock<Guarded>>() -> Seen {
        let (lock, together) = (L::new(Guarded::default()), Barrier::new(THREADS));
        let part = |me| {
            let (mut node, mut attempted, mut torn) = (L::Node::default(), 0, 0);
            together.wait();
            let began = Instant::now();
            while began.elapsed() < TIME {
                lock.with(&mut node, |guarded| guarded.section(me, || {}));
                torn += u64::from(!lock.look(&mut node, Guarded::whole));
                attempted += 1;
            }
            (attempted, torn)
        };
        let mut seen = Seen { attempted: 0, torn: 0, guarded: Guarded::default() };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|me| scope.spawn(move || part(me))).collect();
            for (attempted, torn) in threads.into_iter().map(|thread| thread.join().unwrap()) {
                seen.attempted += attempted;
                seen.torn += torn;
            }
        });
        seen.guarded = lock.look(&mut L::Node::default(), |guarded| *guarded);
        seen
    }

    #[test]
    fn every_lock_lets_in_one_at_a_time() {
        struct Crowds(usize);
        impl LockVisitor for Crowds {
            fn visit<L: Lock<Guarded>>(&mut self) {
                let Seen { attempted, torn, guarded } = crowd::<L>();
                assert_eq!((guarded.violations(), torn), (0, 0), "{}", L::INFO.id);
                assert_eq!(guarded.sections(), attempted, "{}", L::INFO.id);
                assert!(guarded.hand_offs() > 1, "{}: the threads never met", L::INFO.id);
                self.0 += 1;
            }
        }
        let mut crowds = Crowds(0);
        catalogue::visit_locks(|_| true, &mut crowds);
        assert!(crowds.0 >= 16);
    }

    /// Looks whether it is taken, and takes it a moment later. Who is inside works on a copy.
    struct Busted {
        taken: AtomicBool,
        value: Mutex<Guarded>,
    }

    impl Lock<Guarded> for Busted {
        const INFO: Info = Info {
            id: "busted",
            family: "broken",
            grade: Grade::Exact,
            helpers: 0,
            summary: "checks, then takes",
            source: "this test",
        };

        type Node = ();

        fn new(value: Guarded) -> Self {
            Busted { taken: AtomicBool::new(false), value: Mutex::new(value) }
        }

        fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut Guarded) -> R) -> R {
            while self.taken.load(SeqCst) {
                thread::yield_now();
            }
            thread::yield_now();
            self.taken.store(true, SeqCst);
            let mut value = *self.value.lock().unwrap();
            let result = critical(&mut value);
            thread::yield_now();
            *self.value.lock().unwrap() = value;
            self.taken.store(false, SeqCst);
            result
        }
    }

    #[test]
    fn a_lock_that_checks_and_then_takes_is_caught() {
        let Seen { attempted, guarded, .. } = crowd::<Busted>();
        assert!(guarded.sections() < attempted, "{} of {attempted}", guarded.sections());
    }

    #[test]
    fn looking_sees_the_value() {
        struct Looks;
        impl LockVisitor for Looks {
            fn visit<L: Lock<Guarded>>(&mut self) {
                let (mut node, mut value) = (L::Node::default(), Guarded::default());
                value.section(0, || {});
                let lock = L::new(value);
                assert_eq!(lock.look(&mut node, Guarded::sections), 1, "{}", L::INFO.id);
                lock.with(&mut node, |guarded| guarded.section(1, || {}));
                assert_eq!(lock.look(&mut node, Guarded::sections), 2, "{}", L::INFO.id);
            }
        }
        catalogue::visit_locks(|_| true, &mut Looks);
    }
}

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
    fn with<R>(&self, node: &mut Self::Node, critical: impl FnOnce(&mut T) -> R) -> R;

    /// Does `reading` while nobody writes; locks with a read side let other readers in.
    fn look<R>(&self, node: &mut Self::Node, reading: impl FnOnce(&T) -> R) -> R {
        self.with(node, |value| reading(value))
    }

    /// Bytes that one such lock takes, its value included, once `threads` threads have used it: see
    /// [`Counter::bytes`].
    fn bytes(threads: usize) -> usize {
        let _ = threads;
        size_of::<Self>()
    }
}

/// A count behind a lock.
pub struct Locked<L>(L);

/// One thread's way to a count behind a lock.
pub struct Locking<'a, L: Lock<u64>> {
    lock: &'a L,
    node: L::Node,
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

    fn total(&self) -> u64 {
        self.0.look(&mut L::Node::default(), |value| *value)
    }

    fn bytes(threads: usize) -> usize {
        L::bytes(threads)
    }
}

//! The counters: one file an algorithm, a folder a family. [`crate::catalogue`] lists them.

pub mod atomic;
pub mod blocking;
pub mod control;
pub mod message;
pub mod racy;
pub mod sharded;
pub mod snapshot;
pub mod spinning;

/// A counter that stands one below the top goes on at zero: for each type's own test, which alone
/// can make it stand there.
#[cfg(test)]
pub(crate) fn assert_wraps<C: crate::counter::Counter>(one_below_the_top: C) {
    let counter = one_below_the_top;
    assert_eq!(counter.total(), u64::MAX - 1, "{}", C::INFO.id);
    let mut handle = counter.handle();
    (0..4).for_each(|_| crate::counter::Handle::increment(&mut handle));
    drop(handle);
    assert_eq!(counter.total(), 2, "{}", C::INFO.id);
}

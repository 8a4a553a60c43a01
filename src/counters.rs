//! The counters: one file an algorithm, a folder a family. [`crate::catalogue`] lists them.

pub mod atomic;
pub mod blocking;
pub mod combining;
pub mod control;
pub mod message;
pub(crate) mod own_lock;
pub mod racy;
pub mod sharded;
pub mod snapshot;
pub mod spinning;
pub mod ticketing;

/// A counter one below its highest value goes on at zero. Only a type's own test can set that value, so each type calls
/// this; the catalogue calls it for all locks.
#[cfg(test)]
pub(crate) fn assert_wraps<C: crate::counter::Counter>(one_below_the_top: C) {
    let counter = one_below_the_top;
    assert_eq!(counter.total(), u64::MAX - 1, "{}", C::INFO.id);
    let mut handle = counter.handle();
    (0..4).for_each(|_| crate::counter::Handle::increment(&mut handle));
    drop(handle);
    assert_eq!(counter.total(), 2, "{}", C::INFO.id);
}

/// Two threads look at once; an exclusive `look` fails after a while. A family calls this for each lock with a read side.
#[cfg(test)]
pub(crate) fn assert_readers_meet<L: crate::lock::Lock<()>>() {
    use std::{sync::mpsc, thread, time::Duration};
    let lock = L::new(());
    let look = |say: mpsc::Sender<()>, hear: mpsc::Receiver<()>| {
        lock.look(&mut L::Node::default(), move |_| {
            say.send(()).unwrap();
            hear.recv_timeout(Duration::from_secs(5)).is_ok()
        })
    };
    let ((one, two), (three, four)) = (mpsc::channel(), mpsc::channel());
    let met = thread::scope(|scope| {
        let other = scope.spawn(move || look(one, four));
        look(three, two) & other.join().unwrap()
    });
    assert!(met, "{}: readers keep each other out", L::INFO.id);
}

//! Reads once, adds in a register for a while, stores. An optimiser may do this to `counter += 1`
//! in a loop over a plain variable. *Source:* McKenney, perfbook, "Shared-Variable
//! Shenanigans" (invented and fused loads and stores).

use crate::counter::{Counter, Grade, Handle, Info};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Increments that stay in the register before it is stored.
const HOISTED: u64 = 16;

/// A shared value that each thread keeps in a register for 16 increments at a time. Whatever the
/// others store meanwhile is overwritten.
#[derive(Default)]
pub struct Hoisted(AtomicU64);

/// One thread's register. Dropping it stores what is still in it.
pub struct Register<'a> {
    shared: &'a AtomicU64,
    value: u64,
    added: u64,
}

impl Handle for Register<'_> {
    #[inline]
    fn increment(&mut self) {
        if self.added == 0 {
            self.value = self.shared.load(Relaxed);
        }
        self.value = self.value.wrapping_add(1);
        self.added += 1;
        if self.added == HOISTED {
            self.store();
        }
    }
}

impl Register<'_> {
    #[inline]
    fn store(&mut self) {
        self.shared.store(self.value, Relaxed);
        self.added = 0;
    }
}

impl Drop for Register<'_> {
    fn drop(&mut self) {
        // Without an increment there is nothing to store, and the old value would undo updates of others.
        if self.added > 0 {
            self.store();
        }
    }
}

impl Counter for Hoisted {
    const INFO: Info = Info {
        id: "hoisted",
        family: "racy",
        grade: Grade::Racy,
        helpers: 0,
        summary: "read once, add 16 times in a register, store",
        source: "McKenney, perfbook, Shared-Variable Shenanigans",
    };

    type Handle<'a> = Register<'a>;

    fn new(_threads: usize) -> Self {
        Hoisted::default()
    }

    fn handle(&self) -> Register<'_> {
        Register { shared: &self.0, value: 0, added: 0 }
    }

    fn read(&self) -> Option<u64> {
        Some(self.total())
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_store_meanwhile_is_lost() {
        let counter = Hoisted::new(2);
        let (mut one, mut other) = (counter.handle(), counter.handle());
        one.increment();
        (0..HOISTED).for_each(|_| other.increment());
        assert_eq!(counter.total(), HOISTED);
        drop(one);
        assert_eq!(counter.total(), 1);
    }

    #[test]
    fn one_thread_alone_loses_nothing() {
        for n in [0, 1, HOISTED - 1, HOISTED, HOISTED + 1, 10 * HOISTED + 3] {
            let counter = Hoisted::new(1);
            let mut handle = counter.handle();
            (0..n).for_each(|_| handle.increment());
            drop(handle);
            assert_eq!(counter.total(), n);
        }
    }

    #[test]
    fn an_unused_handle_stores_nothing() {
        let counter = Hoisted::new(2);
        let unused = counter.handle();
        counter.handle().increment();
        drop(unused);
        assert_eq!(counter.total(), 1);
    }

    #[test]
    fn it_wraps() {
        crate::counters::assert_wraps(Hoisted(AtomicU64::new(u64::MAX - 1)));
    }
}

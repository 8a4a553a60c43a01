//! A flag that is set for a moment: a reader is waiting for it already when it is set, and may still miss it.

use std::marker::PhantomData;
use std::thread;

use super::Kind::{Interleaved, Sequential};
use super::{Event, Litmus, LitmusOutcome, Location, MemoryOrder, Relaxed, Test, Variant, clear, register};
use crate::sync::Mutex;

/// The flag was true and false again between two looks of the reader.
const TEST: Test = Test {
    id: "flag",
    name: "transient flag",
    program: &["flag = 1; flag = 0; over = 1", "r0 = flag until r0 = 1 or over = 1"],
    asked: &[0],
    // Missed; seen.
    outcomes: &[LitmusOutcome::new(&[0], Sequential), LitmusOutcome::new(&[1], Interleaved)],
    weak_allowed: &[],
    weak_on_x86: false,
    event: &[&[1]],
    // Every look is a branch, and there is no end to them.
    loom: None,
    source: "the articles' flag that is set to True, then to False",
};

/// Looks between which a thread lets others have its CPU: the other one may need it.
const LOOKS: u32 = 4_096;

/// Looks until it sees something.
#[inline(always)]
fn look<T>(mut see: impl FnMut() -> Option<T>) -> T {
    loop {
        for _ in 0..LOOKS {
            if let Some(seen) = see() {
                return seen;
            }
        }
        thread::yield_now();
    }
}

/// Waits until the reader waits.
#[inline(always)]
fn await_reader(ready: &Location) {
    look(|| (Relaxed::load(ready) == 1).then_some(()));
}

/// A flag that is an atomic.
#[derive(Default)]
pub struct TransientFlag<O> {
    ready: Location,
    flag: Location,
    over: Location,
    order: PhantomData<O>,
}

impl<O: MemoryOrder> Litmus for TransientFlag<O> {
    const TEST: &'static Test = &TEST;
    const VARIANT: Variant = O::VARIANT;

    #[inline(always)]
    fn step(&self, thread: usize) -> u16 {
        if thread == 0 {
            await_reader(&self.ready);
            O::store(&self.flag, 1);
            O::between();
            O::store(&self.flag, 0);
            O::between();
            O::store(&self.over, 1);
            return 0;
        }
        O::store(&self.ready, 1);
        let seen = look(|| match O::load(&self.flag) {
            1 => Some(1),
            _ => (O::load(&self.over) == 1).then_some(0),
        });
        register(0, seen)
    }

    fn clear(&self, thread: usize) {
        if thread == 0 {
            [&self.ready, &self.flag, &self.over].into_iter().for_each(clear);
        }
    }
}

/// A flag under a mutex, locked for each look at it and each change.
#[derive(Default)]
pub struct LockedFlag {
    ready: Location,
    /// The flag, and whether it is over.
    state: Mutex<(bool, bool)>,
}

impl LockedFlag {
    fn change(&self, to: (bool, bool)) {
        *self.state.lock().expect("nothing panics in here") = to;
    }
}

impl Litmus for LockedFlag {
    const TEST: &'static Test = &TEST;
    const VARIANT: Variant = Variant::Mutex;

    #[inline(always)]
    fn step(&self, thread: usize) -> u16 {
        if thread == 0 {
            await_reader(&self.ready);
            self.change((true, false));
            self.change((false, false));
            self.change((false, true));
            return 0;
        }
        Relaxed::store(&self.ready, 1);
        let seen = look(|| match *self.state.lock().expect("nothing panics in here") {
            (true, _) => Some(1),
            (_, true) => Some(0),
            _ => None,
        });
        register(0, seen)
    }

    fn clear(&self, thread: usize) {
        if thread == 0 {
            clear(&self.ready);
            self.change((false, false));
        }
    }
}

/// An event: who waits for it when it is set does not miss it, although it is cleared at once.
#[derive(Default)]
pub struct EventFlag {
    ready: Location,
    event: Event,
}

impl Litmus for EventFlag {
    const TEST: &'static Test = &TEST;
    const VARIANT: Variant = Variant::Event;

    #[inline(always)]
    fn step(&self, thread: usize) -> u16 {
        if thread == 0 {
            await_reader(&self.ready);
            self.event.set();
            self.event.clear();
            return 0;
        }
        // It cannot be set before the reader has let go of the mutex, and that is when it waits.
        let waited = self.event.wait(|| Relaxed::store(&self.ready, 1));
        register(0, u32::from(waited))
    }

    fn clear(&self, thread: usize) {
        if thread == 0 {
            clear(&self.ready);
        }
    }
}

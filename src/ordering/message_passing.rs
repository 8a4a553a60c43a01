//! Message passing: one thread writes data and says that it is there, the other looks whether it is there
//! and reads it. The articles pass a dict along with a `threading.Event`.

use std::marker::PhantomData;

use super::Kind::{Interleaved, Sequential, Weak};
use super::{Event, Litmus, LitmusOutcome, Location, MET, MemoryOrder, Relaxed, Test, Variant, clear, register};

/// The flag is there, and the data is not.
const TEST: Test = Test {
    id: "mp",
    name: "message passing",
    program: &["data = 1; flag = 1", "r0 = flag; r1 = data"],
    asked: &[1, 0],
    outcomes: &[
        LitmusOutcome::new(&[0, 0], Sequential),
        LitmusOutcome::new(&[0, 1], Interleaved),
        LitmusOutcome::new(&[1, 0], Weak),
        LitmusOutcome::new(&[1, 1], Sequential),
    ],
    weak_allowed: &[Variant::Relaxed],
    weak_on_x86: false,
    event: &[&[1, 1]],
    loom: Some(&[Variant::Relaxed]),
    source: "the articles' Event and dict; Alglave et al. 2011",
};

/// What one instance shares: data and a flag.
#[derive(Default)]
pub struct MessagePassing<O> {
    data: Location,
    flag: Location,
    order: PhantomData<O>,
}

impl<O: MemoryOrder> Litmus for MessagePassing<O> {
    const TEST: &'static Test = &TEST;
    const VARIANT: Variant = O::VARIANT;

    #[inline(always)]
    fn step(&self, thread: usize) -> u16 {
        if thread == 0 {
            O::store(&self.data, 1);
            O::between();
            O::store(&self.flag, 1);
            return 0;
        }
        let flag = O::load(&self.flag);
        O::between();
        register(0, flag) | register(1, O::load(&self.data))
    }

    fn clear(&self, thread: usize) {
        clear(if thread == 0 { &self.flag } else { &self.data });
    }
}

/// What one instance shares: data, and an event that the reader waits for. The data is `Relaxed`: only the
/// event orders it.
#[derive(Default)]
pub struct EventAndDict {
    data: Location,
    event: Event,
}

impl Litmus for EventAndDict {
    const TEST: &'static Test = &TEST;
    const VARIANT: Variant = Variant::Event;

    #[inline(always)]
    fn step(&self, thread: usize) -> u16 {
        if thread == 0 {
            Relaxed::store(&self.data, 1);
            self.event.set();
            return 0;
        }
        let met = if self.event.wait(|| ()) { MET } else { 0 };
        met | register(0, 1) | register(1, Relaxed::load(&self.data))
    }

    fn clear(&self, thread: usize) {
        if thread == 0 {
            self.event.clear();
        } else {
            clear(&self.data);
        }
    }
}

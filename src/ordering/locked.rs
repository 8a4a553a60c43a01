//! Any test with each thread's part under one mutex.

use crossbeam_utils::CachePadded;

use super::{Litmus, MET, Test, Variant};
use crate::sync::Mutex;

/// A test whose threads lock a mutex around their parts. What is shared stays as it is: the mutex alone orders it.
#[derive(Default)]
pub struct Locked<L> {
    lock: CachePadded<Mutex<()>>,
    test: L,
}

impl<L: Litmus> Litmus for Locked<L> {
    const TEST: &'static Test = L::TEST;
    const VARIANT: Variant = Variant::Mutex;

    /// Who finds the mutex taken has met the other thread: one after the other, registers never show that.
    #[inline(always)]
    fn step(&self, thread: usize) -> u16 {
        if let Ok(_held) = self.lock.try_lock() {
            return self.test.step(thread);
        }
        let _held = self.lock.lock().expect("nothing panics in here");
        self.test.step(thread) | MET
    }

    fn clear(&self, thread: usize) {
        self.test.clear(thread);
    }
}

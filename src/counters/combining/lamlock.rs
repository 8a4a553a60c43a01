//! A queue lock whose first waiter runs the critical sections of those behind it, one after the other, while they
//! wait. *Source:* the crate `lamlock`, which joins the queue of Mellor and Scott (1991) to flat combining (Hendler and others 2010).
//!
//! A free lock without a queue is taken by one compare-and-swap, past nobody. Who has to queue up looks 100 times and then sleeps on
//! a futex, so the crate is for Linux. The first in the queue does not sleep: it spins until whoever overtook the queue is done.
//! It goes on until it has seen the end of the queue, without a limit: while others keep coming, its own thread does not
//! get on. A section that panics poisons the lock, on whichever thread it ran.

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock. Taking it panics if a section panicked before.
pub type CombiningLock<T> = lamlock::Lock<T>;

/// The counter.
pub type Combining = Locked<CombiningLock<u64>>;

impl<T: Send + 'static> Lock<T> for CombiningLock<T> {
    const INFO: Info = Info {
        id: "combining",
        family: "combining",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a queue lock whose first waiter runs the sections of the others",
        source: "the lamlock crate 0.2; Hendler, Incze, Shavit and Tzafrir 2010",
    };

    type Node = ();

    fn new(value: T) -> Self {
        Self::new(value)
    }

    #[inline]
    fn with<R: Send>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R + Send) -> R {
        self.run(critical).expect("the lock is poisoned")
    }
}

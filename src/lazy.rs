//! Lazy initialisation: a value is made when a thread first asks for it, and must be made
//! only once, however many threads ask.
//!
//! Each implementation of [`Lazy`] has a file of its own. It is measured in two ways, both with
//! rounds of a counter: [`FastPath`] accesses one value that is there already, [`FirstAccess`] walks
//! along many values that are not there. An anomaly is a value made a second time.

mod check_then_create;
mod double_checked;
mod lazy_lock;
mod lock_every_access;
mod once_lock;
mod private;
mod std_once;
mod walk;

use std::cell::Cell;
use std::hint::black_box;

use crate::counter::{Grade, Info, Total};

pub use check_then_create::CheckThenCreate;
pub use double_checked::DoubleChecked;
pub use lazy_lock::StdLazyLock;
pub use lock_every_access::LockEveryAccess;
pub use once_lock::StdOnceLock;
pub use private::Private;
pub use std_once::StdOnce;
pub use walk::{ACCESSES, FastPath, FirstAccess};

/// The kind of anomaly.
const TOTAL: Total = Total::Anomalies("double initialisations");

/// Steps of [`make`]: dependent multiplications, some 100 ns.
const STEPS: u64 = 64;

/// A value that is made when it is first asked for.
pub trait Lazy: Send + Sync + 'static {
    /// Facts about it.
    const INFO: Info;

    /// Starts without a value; `make` makes it, and it is never 0.
    fn new(make: fn() -> u64) -> Self;

    /// The value, made now if it has not been.
    fn get(&self) -> u64;
}

/// How everything iterates over the ways of lazy initialisation with each type in hand.
pub trait LazyVisitor {
    /// Called once for each.
    fn visit<L: Lazy>(&mut self);
}

/// Shows every way to `visitor`, the control first, since net costs need it.
pub fn visit(visitor: &mut impl LazyVisitor) {
    visitor.visit::<Private>();
    visitor.visit::<CheckThenCreate>();
    visitor.visit::<LockEveryAccess>();
    visitor.visit::<DoubleChecked>();
    visitor.visit::<StdOnce>();
    visitor.visit::<StdOnceLock>();
    visitor.visit::<StdLazyLock>();
}

/// Facts that they have in common.
const COMMON: Info = Info { id: "", family: "lazy_init", grade: Grade::Exact, helpers: 0, summary: "", source: "" };

thread_local! {
    /// Values that this thread has made since it was last asked.
    static MADE: Cell<u64> = const { Cell::new(0) };
}

/// Makes a value in some 100 ns and counts it.
fn make() -> u64 {
    MADE.set(MADE.get() + 1);
    (0..STEPS).fold(black_box(1), |x: u64, _| x.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1)) | 1
}

/// How many values the calling thread has made since it was last asked.
fn take_made() -> u64 {
    MADE.take()
}

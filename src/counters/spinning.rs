//! A value behind a lock whose waiting threads never sleep: the locks, and the counter of each.

mod big_reader;
mod clh;
mod hapax;
mod mcs;
mod mcs_barging;
mod phase_fair;
mod reciprocating;
mod spin_mutex;
mod spin_mutex_yield;
mod spin_rwlock;
mod ticket;
mod twa;

pub use big_reader::{BigReader, BigReaderLock};
pub use clh::{Clh, ClhLock};
pub use hapax::{Hapax, HapaxLock};
pub use mcs::{Mcs, McsLock};
pub use mcs_barging::{McsBarging, McsBargingLock};
pub use phase_fair::{PhaseFair, PhaseFairLock};
pub use reciprocating::{Reciprocating, ReciprocatingLock};
pub use spin_mutex::{SpinLock, SpinMutex};
pub use spin_mutex_yield::{SpinMutexYield, SpinYieldLock};
pub use spin_rwlock::{SpinRwLock, SpinWriteLock};
pub use ticket::{Ticket, TicketLock};
pub use twa::{Twa, TwaLock};

#[test]
fn readers_of_a_lock_with_a_read_side_meet() {
    super::assert_readers_meet::<SpinWriteLock<()>>();
    super::assert_readers_meet::<PhaseFairLock<()>>();
    super::assert_readers_meet::<BigReaderLock<()>>();
}

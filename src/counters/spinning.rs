//! A value behind a lock whose waiting threads never sleep: the locks, and the counter of each.

mod clh;
mod mcs;
mod mcs_barging;
mod spin_mutex;
mod spin_mutex_yield;
mod ticket;

pub use clh::{Clh, ClhLock};
pub use mcs::{Mcs, McsLock};
pub use mcs_barging::{McsBarging, McsBargingLock};
pub use spin_mutex::{SpinLock, SpinMutex};
pub use spin_mutex_yield::{SpinMutexYield, SpinYieldLock};
pub use ticket::{Ticket, TicketLock};

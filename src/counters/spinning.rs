//! A value behind a lock whose waiting threads never sleep: the locks, and the counter of each.

mod clh;
mod hapax;
mod mcs;
mod mcs_barging;
mod reciprocating;
mod spin_mutex;
mod spin_mutex_yield;
mod ticket;
mod twa;

pub use clh::{Clh, ClhLock};
pub use hapax::{Hapax, HapaxLock};
pub use mcs::{Mcs, McsLock};
pub use mcs_barging::{McsBarging, McsBargingLock};
pub use reciprocating::{Reciprocating, ReciprocatingLock};
pub use spin_mutex::{SpinLock, SpinMutex};
pub use spin_mutex_yield::{SpinMutexYield, SpinYieldLock};
pub use ticket::{Ticket, TicketLock};
pub use twa::{Twa, TwaLock};

//! A value behind a lock whose waiting threads never sleep.

mod clh;
mod mcs;
mod mcs_barging;
mod spin_mutex;
mod spin_mutex_yield;
mod ticket;

pub use clh::Clh;
pub use mcs::Mcs;
pub use mcs_barging::McsBarging;
pub use spin_mutex::SpinMutex;
pub use spin_mutex_yield::SpinMutexYield;
pub use ticket::Ticket;

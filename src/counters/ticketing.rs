//! Counters that give back the value before, and whose value is used.

mod cas_loop;
mod fetch_add;
mod funnel;
mod parking_lot_mutex;
mod std_mutex;

pub use cas_loop::TicketsCasLoop;
pub use fetch_add::TicketsFetchAdd;
pub use funnel::Funnel;
pub use parking_lot_mutex::TicketsParkingLot;
pub use std_mutex::TicketsStdMutex;

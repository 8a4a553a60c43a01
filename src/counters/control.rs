//! Not counters but yardsticks: what the harness costs, and the floor no counter gets under.

mod local_cell;
mod none;

pub use local_cell::LocalCell;
pub use none::NoCounter;

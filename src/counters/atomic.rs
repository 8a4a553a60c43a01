//! One atomic word that every thread updates.

mod cas_loop;
mod fetch_add;

pub use cas_loop::CasLoop;
pub use fetch_add::FetchAdd;

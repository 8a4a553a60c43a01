//! One atomic word that every thread updates.

mod cas_backoff;
mod cas_loop;
mod fetch_add;
mod fetch_add_seqcst;

pub use cas_backoff::CasBackoff;
pub use cas_loop::CasLoop;
pub use fetch_add::FetchAdd;
pub use fetch_add_seqcst::FetchAddSeqCst;

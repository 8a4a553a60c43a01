//! The count split into parts, summed when somebody asks.

mod per_thread;
mod striped;
mod thread_local;

pub use per_thread::PerThread;
pub use striped::Striped;
pub use thread_local::ThreadLocalCells;

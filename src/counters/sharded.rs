//! The count split into parts, summed on reading.

mod adaptive;
mod flushing;
mod per_cpu;
mod per_thread;
mod per_thread_tls;
mod striped;
mod striped_unpadded;
mod thread_local;

pub use adaptive::Adaptive;
pub use flushing::Flushing;
pub use per_cpu::PerCpu;
pub use per_thread::PerThread;
pub use per_thread_tls::PerThreadTls;
pub use striped::{Striped, StripedOf};
pub use striped_unpadded::StripedUnpadded;
pub use thread_local::ThreadLocalCells;

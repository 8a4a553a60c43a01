//! A value behind a lock whose waiting threads never sleep.

mod spin_mutex;

pub use spin_mutex::SpinMutex;

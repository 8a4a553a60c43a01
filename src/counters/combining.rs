//! A value behind a lock whose holder runs the critical sections of those who wait: the locks, and the counter of each.

mod flat_combining;
#[cfg(target_os = "linux")]
mod lamlock;

pub use flat_combining::{FlatCombining, FlatCombiningLock};
#[cfg(target_os = "linux")]
pub use lamlock::{Combining, CombiningLock};

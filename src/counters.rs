//! The counters: one file an algorithm, a folder a family. [`crate::catalogue`] lists them.

pub mod atomic;
pub mod blocking;
pub mod control;
pub mod message;
pub mod racy;
pub mod sharded;
pub mod spinning;

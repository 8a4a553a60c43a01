//! The hazards: one file an object, both its forms side by side. [`crate::catalogue`] lists them.

pub mod bounded;
pub mod gauge;
pub mod pair;
pub mod self_locked;

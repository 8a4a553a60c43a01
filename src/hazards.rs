//! The hazards: one file for each object, with both its forms. [`crate::catalogue`] lists them.

pub mod bounded;
pub mod gauge;
pub mod pair;
pub mod self_locked;

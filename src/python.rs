//! Python's counters: a model of its lock, real interpreters, and what articles say of both.
//!
//! | Module | What it holds |
//! |---|---|
//! | [`model`] | CPython's lock in miniature, the bytecodes of each version, the counters that run them |
//! | [`real`] | the CPython interpreters of this machine, and threads that count in them |
//! | [`experiments`] | the articles' experiments in those interpreters, beside the published figures |
//! | [`record`] | the recorded cells of interpreters and models |
//! | [`agreement`] | where the recorded interpreters and their models disagree |
//! | [`claims`] | what articles say of Python, checked against the record or in interpreters |
//!
//! [`model`] stands on `counter` and `sync` only, and is built without the feature `suite`, too. Rows of the benches
//! are made in [`suite`](crate::suite), tables and the page in [`report`](crate::report::python).

#[cfg(feature = "suite")]
pub mod agreement;
#[cfg(feature = "suite")]
pub mod claims;
#[cfg(feature = "suite")]
pub mod experiments;
pub mod model;
#[cfg(feature = "suite")]
pub mod real;
#[cfg(feature = "suite")]
pub mod record;

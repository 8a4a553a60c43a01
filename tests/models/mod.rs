//! Shared by the two model checkers: the counters that they can see into, and locks and counters that
//! are only models.
#![allow(dead_code, reason = "each checker uses its part")]

pub(crate) mod locks;

use miscount::counter::{Grade, Info};

/// Families and counters that no model checker can see into, and why. Everything else in the
/// catalogue is modelled, and the loom test fails on one whose interleavings it cannot see.
pub(crate) const UNSEEN: &[(&str, &str)] = &[
    ("control", "nothing of it is counted"),
    ("blocking", "the work is done by a lock of std or of another crate"),
    ("message", "threads of its own, and channels, do the work"),
    ("spinning", "the work is done by the locks of the crates spin, mcslock and clhlock"),
    ("combining", "the work is done by the lamlock crate"),
    ("tickets_std_mutex", "the work is done by a lock of std"),
    ("tickets_parking_lot", "the work is done by a lock of parking_lot"),
    ("snapshot", "the work is done by Arc, a lock of std, or the crates arc-swap and left-right"),
    ("adaptive", "OnceLock, and a probe in the system's thread-local storage"),
    ("per_thread_tls", "the cells are in the system's thread-local storage"),
    ("per_cpu", "restartable sequences are the system's, in assembly"),
    ("thread_local", "the cells are the thread_local crate's, by the thread of the system"),
];

/// Home-made ones of those families, which a model checker can see into.
pub(crate) const SEEN: &[&str] = &[
    "semaphore",
    "flat_combining",
    #[cfg(any(target_os = "linux", target_os = "android"))]
    "futex_mutex",
    "phase_fair",
    "big_reader",
    "hapax",
    "twa",
    "reciprocating",
];

/// Whether a model checker can see into it.
pub(crate) fn seen(info: &Info) -> bool {
    SEEN.contains(&info.id)
        || info.grade != Grade::Control && UNSEEN.iter().all(|(name, _)| *name != info.id && *name != info.family)
}

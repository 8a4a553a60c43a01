//! What is too small to be told from nothing.

use crate::results::Machine;

/// Net costs that differ from 0 by less than this are noise, level by level, in ns per operation:
/// for machines that have no null study of their own.
const FALLBACK: [(&str, f64); 4] = [("saturated", 0.3), ("high", 3.0), ("moderate", 20.0), ("low", 100.0)];

/// The smallest net cost that can be told from nothing at a level, in ns per operation: what the
/// machine's own null study found, else a careful value for the level, else that of `saturated`.
pub fn of(machine: &Machine, level: &str) -> f64 {
    let own = machine.resolution.iter().find(|r| r.level == level).map(|r| r.ns);
    own.unwrap_or_else(|| FALLBACK.iter().find(|(id, _)| *id == level).unwrap_or(&FALLBACK[0]).1)
}

/// Whether [`of`] comes from the machine's own null study.
pub fn is_own(machine: &Machine, level: &str) -> bool {
    machine.resolution.iter().any(|r| r.level == level)
}

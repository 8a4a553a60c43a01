//! The smallest net cost that can be distinguished from nothing.

use crate::results::Machine;
use crate::results::read::Resolution;
use crate::workload::{Load, Yields, levels_of};

/// Resolution of machines without a null study, by level, in ns per operation at 1 thread, at more, and oversubscribed:
/// the worst of three studies of a virtual machine with two CPUs (`cargo run --release --example null_study`), rounded
/// up.
const FALLBACK: [(&str, [f64; 3]); 4] = [
    ("saturated", [0.1, 1.0, 3.0]),
    ("high", [1.4, 11.0, 55.0]),
    ("moderate", [14.0, 15.0, 90.0]),
    ("low", [140.0, 160.0, 310.0]),
];

/// The level of the counters bench whose loop takes as long as that of `level`, or the next longer one: `moderate` for
/// `c100_p900`. The same id where the load is unknown or of another kind.
pub fn like(level: &str) -> &str {
    let load = match Load::of(level) {
        Some(load @ (Load::Think(_) | Load::Work { .. } | Load::Mix { .. })) => load,
        Some(Load::Tasks { yields: Yields::Never, .. }) => return "saturated",
        // Some 100 ns in a queue.
        Some(Load::Tasks { .. }) => return "high",
        _ => return level,
    };
    let mut counters = levels_of("counters");
    let longer = counters.clone().find(|l| l.load.outside() >= load.outside() + load.inside());
    longer.or_else(|| counters.next_back()).map_or(level, |l| l.id)
}

/// The null study's resolution for the most threads that are not more than `threads`, else for the fewest.
fn own<'m>(machine: &'m Machine, level: &str, threads: usize) -> Option<&'m Resolution> {
    let studied = || machine.resolution.iter().filter(|r| r.level == level);
    let below = studied().filter(|r| r.threads <= threads).max_by_key(|r| r.threads);
    below.or_else(|| studied().min_by_key(|r| r.threads))
}

/// The smallest net cost that can be distinguished from nothing at a level and thread count, in ns per operation.
///
/// It comes from the machine's own null study, else from a careful value for the level, else from that of `saturated`.
/// A level of another bench uses the counters bench's level that keeps threads apart as long. The null study does not
/// measure oversubscribed threads; the scheduler makes them noisier, so they use the difference between runs.
pub fn of(machine: &Machine, level: &str, threads: usize) -> f64 {
    let level = like(level);
    let oversubscribed = threads > machine.card.usable_cpus;
    match own(machine, level, threads) {
        Some(found) if oversubscribed => found.between_ns,
        Some(found) => found.ns,
        None => {
            let (_, [one, more, over]) = FALLBACK.iter().find(|(id, _)| *id == level).unwrap_or(&FALLBACK[0]);
            if oversubscribed {
                *over
            } else if threads > 1 {
                *more
            } else {
                *one
            }
        }
    }
}

/// Whether a net cost is too close to 0.
pub fn is_below(net: f64, resolution: f64) -> bool {
    net.abs() < resolution
}

/// Whether [`of`] uses the machine's own null study.
pub fn is_own(machine: &Machine, level: &str) -> bool {
    own(machine, like(level), 1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_other_benches_are_like_one_of_the_counters() {
        for (level, known) in [
            ("saturated", "saturated"),
            ("low", "low"),
            ("c0_p0", "saturated"),
            ("c500_p500", "moderate"),
            ("c1000_p5000", "low"),
            ("c9000_p9000", "low"),
            ("r100", "saturated"),
            ("r50_moderate", "moderate"),
            ("t1", "saturated"),
            ("t64_inside", "high"),
            ("switch_5ms", "switch_5ms"),
            ("litmus", "litmus"),
        ] {
            assert_eq!(like(level), known, "{level}");
        }
    }
}

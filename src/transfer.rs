//! What it takes two CPUs to pass one cache line: the unit in which contended costs of different
//! machines are compared.
//!
//! [`ping_pong`] runs a round between two CPUs on a [`fresh`] page, [`pairs`] says which pairs of CPUs
//! there are and which of them are measured. [`probe`] has a quick look at the transfer beside a round,
//! [`distance`] says into which groups such looks fall.
//!
//! *Source:* the idea of nviennot's `core-to-core-latency`, and of the core-to-core matrices of Intel's
//! Memory Latency Checker.

pub mod distance;
pub mod fresh;
pub mod pairs;
pub mod ping_pong;
pub mod probe;

use std::path::Path;

use crate::counter::{Grade, Info};
use crate::topology::{self, Placement, Topology, l3_caches, sysfs_cpus};
pub use pairs::{Kind, Pair, sample};

/// The bench's id.
pub const BENCH: &str = "core_to_core";

/// The most pairs measured by default: all there are of 8 CPUs.
pub const MOST_PAIRS: usize = 28;

/// The most pairs measured with `MISCOUNT_FULL=1`: all there are of 32 CPUs.
pub const MOST_PAIRS_FULL: usize = 496;

/// What is measured. It counts nothing, so it is a control, and ranked nowhere; the family is that of
/// the pair ([`Kind::id`]).
pub const LINE_TRANSFER: Info = Info {
    id: "line_transfer",
    family: "transfer",
    grade: Grade::Control,
    helpers: 0,
    summary: "a cache line passed from one CPU to another and seen there",
    source: "nviennot/core-to-core-latency; Intel Memory Latency Checker",
};

/// Why line transfers cannot be measured with `cpus` CPUs allowed (affinity mask and quota) and
/// threads that can be tied to a CPU or not, and what would make it possible; `None` when they can.
pub fn obstacle(cpus: usize, pins: bool) -> Option<&'static str> {
    if cpus < 2 {
        return Some(
            "only one CPU may be used, and a transfer takes two; allow this process more (affinity mask, cpuset, quota)",
        );
    }
    (!pins).then_some(
        "threads cannot be tied to CPUs here, so nobody knows which two would be measured; run it on a system that allows it, such as Linux",
    )
}

/// [`obstacle`] on this machine.
pub fn obstacle_here() -> Option<&'static str> {
    let cpus = topology::usable_count_at(Placement::SpreadAll).min(topology::usable_cpus().len());
    obstacle(cpus, cpus >= 2 && topology::pinning_works())
}

/// Every pair of CPUs that this process may use.
pub fn pairs_here() -> Vec<Pair> {
    let topology = Topology::detect();
    let ids: Vec<usize> = topology.cpus.iter().map(|cpu| cpu.id).collect();
    pairs::all(&topology, &l3_caches(&sysfs_cpus(Path::new("/")), &ids))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_way_is_said_in_one_line() {
        assert_eq!(obstacle(2, true), None);
        assert!(obstacle(1, true).unwrap().contains("only one CPU"));
        assert!(obstacle(1, false).unwrap().contains("only one CPU"), "the first reason comes first");
        assert!(obstacle(8, false).unwrap().contains("tied to CPUs"));
        for text in [obstacle(1, true), obstacle(2, false)].into_iter().flatten() {
            assert!(!text.contains('\n'));
        }
    }

    #[test]
    fn pairs_of_this_machine_are_of_its_usable_cpus() {
        let cpus = topology::usable_cpus();
        let pairs = pairs_here();
        assert_eq!(pairs.len(), cpus.len() * cpus.len().saturating_sub(1) / 2);
        assert!(pairs.iter().flat_map(|pair| pair.cpus).all(|cpu| cpus.contains(&cpu)));
    }
}

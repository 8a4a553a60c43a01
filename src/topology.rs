//! The CPUs that this process may use, their cores, and the order in which workers take them.

mod caches;
mod placement;
mod sysfs;
mod usable;

use std::collections::BTreeMap;
use std::path::Path;

pub(crate) use caches::Cache;
pub use caches::l3_caches;
pub use placement::Placement;
pub(crate) use sysfs::{parse_cpu_list, possible_cpus, sysfs_cpus, text};
pub use usable::{pinning_works, usable_count, usable_cpus, usable_now};

/// One logical CPU: an SMT sibling counts as a CPU of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Cpu {
    /// The system's number for it.
    pub id: usize,
    /// The package (socket) it sits in.
    pub package: usize,
    /// The physical core; unique within its package only.
    pub core: usize,
}

/// CPUs and their cores. Empty on a system that does not describe its CPUs.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Topology {
    /// The CPUs, in any order, each id once.
    pub cpus: Vec<Cpu>,
}

impl Topology {
    /// The topology of [`usable_cpus`]. Where the system does not describe it, each CPU counts as
    /// a core of its own.
    pub fn detect() -> Topology {
        let ids = usable_cpus();
        Topology::described().unwrap_or_else(|| Topology::flat(&ids))
    }

    /// The topology of [`usable_cpus`]; `None` where the system does not describe it, and siblings are unknown.
    pub fn described() -> Option<Topology> {
        Topology::read(&sysfs_cpus(Path::new("/")), &usable_cpus())
    }

    /// One package in which each CPU is a core of its own.
    pub fn flat(ids: &[usize]) -> Topology {
        let cpus = ids.iter().map(|&id| Cpu { id, package: 0, core: id }).collect();
        Topology { cpus }
    }

    /// Number of physical cores.
    pub fn cores(&self) -> usize {
        self.by_core().len()
    }

    /// Number of packages (sockets).
    pub fn packages(&self) -> usize {
        let mut packages: Vec<usize> = self.cpus.iter().map(|cpu| cpu.package).collect();
        packages.sort_unstable();
        packages.dedup();
        packages.len()
    }

    /// Most CPUs of any core: 1 without SMT, 0 without CPUs.
    pub fn threads_per_core(&self) -> usize {
        self.by_core().values().map(Vec::len).max().unwrap_or(0)
    }

    /// CPU ids in the order in which workers take them; empty for [`Placement::Unpinned`].
    ///
    /// `Spread` takes the first sibling of each core, package after package, then the second siblings in the same
    /// order, and so on. It fills a package before it begins the next, so that few threads stay on one socket.
    /// `Siblings` takes all siblings of a core, then those of the next.
    pub fn order(&self, placement: Placement) -> Vec<usize> {
        let cores = self.by_core();
        match placement {
            Placement::Unpinned => Vec::new(),
            Placement::Siblings => cores.into_values().flatten().collect(),
            Placement::Spread => {
                let widest = cores.values().map(Vec::len).max().unwrap_or(0);
                (0..widest).flat_map(|nth| cores.values().filter_map(move |ids| ids.get(nth)).copied()).collect()
            }
        }
    }

    /// The CPU of each of `threads` workers; `None` leaves the worker where the system puts it. More workers than CPUs
    /// begin with the first CPU again.
    pub fn assign(&self, placement: Placement, threads: usize) -> Vec<Option<usize>> {
        let order = self.order(placement);
        (0..threads).map(|worker| order.get(worker % order.len().max(1)).copied()).collect()
    }

    /// Drops each placement that puts all teams of `threads` on the same CPUs as an earlier one, so that nothing is
    /// measured twice under two names.
    pub fn distinct(&self, placements: &[Placement], threads: &[usize]) -> Vec<Placement> {
        let mut seen = Vec::new();
        let mut is_new = |placement: &Placement| {
            let teams: Vec<_> = threads.iter().map(|&threads| self.assign(*placement, threads)).collect();
            let new = !seen.contains(&teams);
            seen.push(teams);
            new
        };
        placements.iter().copied().filter(|placement| is_new(placement)).collect()
    }

    /// CPU ids by package and core, ascending.
    fn by_core(&self) -> BTreeMap<(usize, usize), Vec<usize>> {
        let mut cores: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for cpu in &self.cpus {
            cores.entry((cpu.package, cpu.core)).or_default().push(cpu.id);
        }
        for ids in cores.values_mut() {
            ids.sort_unstable();
            ids.dedup();
        }
        cores
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Placement::{Siblings, Spread, Unpinned};

    pub(super) fn topology(cpus: &[(usize, usize, usize)]) -> Topology {
        let cpus = cpus.iter().map(|&(id, package, core)| Cpu { id, package, core }).collect();
        Topology { cpus }
    }

    /// 2 sockets x 4 cores x 2 SMT, numbered as Linux does on servers: second siblings from 8 on.
    fn server() -> Topology {
        let cpus: Vec<_> = (0..16).map(|id| (id, id % 8 / 4, id % 4)).collect();
        topology(&cpus)
    }

    #[test]
    fn spread_takes_every_core_once_before_any_second_sibling() {
        let order = server().order(Spread);
        assert_eq!(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!((server().cores(), server().packages()), (8, 2));
    }

    #[test]
    fn siblings_of_a_core_are_neighbours() {
        let order = server().order(Siblings);
        assert_eq!(order, [0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15]);
    }

    #[test]
    fn desktop_numbering_puts_siblings_side_by_side() {
        let cpus: Vec<_> = (0..8).map(|id| (id, 0, id / 2)).collect();
        let desktop = topology(&cpus);
        assert_eq!(desktop.order(Spread), [0, 2, 4, 6, 1, 3, 5, 7]);
        assert_eq!(desktop.order(Siblings), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(desktop.cores(), 4);
    }

    #[test]
    fn without_smt_both_pinned_placements_are_one() {
        let flat = Topology::flat(&[0, 1, 2, 3]);
        assert_eq!(flat.order(Spread), [0, 1, 2, 3]);
        assert_eq!(flat.order(Siblings), [0, 1, 2, 3]);
        assert_eq!(flat.cores(), 4);
    }

    #[test]
    fn odd_numbering_and_unequal_cores_keep_every_cpu_once() {
        // Sockets interleaved by id, cores with gaps, one core with a single sibling, any order.
        let odd = topology(&[(7, 1, 9), (2, 0, 8), (5, 1, 0), (0, 0, 0), (4, 0, 8), (3, 1, 9), (1, 1, 0)]);
        assert_eq!(odd.order(Spread), [0, 2, 1, 3, 4, 5, 7]);
        assert_eq!(odd.order(Siblings), [0, 2, 4, 1, 5, 3, 7]);
        assert_eq!((odd.cores(), odd.packages()), (4, 2));
    }

    #[test]
    fn workers_start_over_when_cpus_run_out() {
        let desktop = topology(&[(0, 0, 0), (1, 0, 0), (2, 0, 1), (3, 0, 1)]);
        let some = |ids: &[usize]| ids.iter().map(|&id| Some(id)).collect::<Vec<_>>();
        assert_eq!(desktop.assign(Spread, 6), some(&[0, 2, 1, 3, 0, 2]));
        assert_eq!(desktop.assign(Siblings, 2), some(&[0, 1]));
        assert_eq!(desktop.assign(Unpinned, 3), [None; 3]);
        assert_eq!(Topology::flat(&[5]).assign(Spread, 3), [Some(5); 3]);
    }

    #[test]
    fn where_nothing_is_known_nobody_is_pinned() {
        let nothing = Topology::default();
        for placement in Placement::ALL {
            assert!(nothing.order(placement).is_empty());
            assert_eq!(nothing.assign(placement, 2), [None; 2]);
        }
    }

    #[test]
    fn placements_that_differ_in_name_only_are_dropped() {
        let desktop = topology(&[(0, 0, 0), (1, 0, 0), (2, 0, 1), (3, 0, 1)]);
        assert_eq!(desktop.distinct(&Placement::ALL, &[1, 2]), Placement::ALL);
        assert_eq!(desktop.distinct(&[Spread, Siblings], &[1]), [Spread], "one thread is alike");
        assert_eq!(desktop.distinct(&[Siblings], &[1]), [Siblings], "nothing stands in for it");
        let without_smt = Topology::flat(&[0, 1]);
        assert_eq!(without_smt.distinct(&Placement::ALL, &[1, 2]), [Spread, Unpinned]);
        assert_eq!(Topology::default().distinct(&Placement::ALL, &[1, 2]), [Spread], "nothing is pinned");
    }

    #[test]
    fn this_machine_has_a_cpu() {
        let ids = usable_cpus();
        assert!(usable_count() >= 1);
        assert!(ids.is_empty() || usable_count() <= ids.len());
        let mut spread = Topology::detect().order(Spread);
        spread.sort_unstable();
        assert_eq!(spread, ids, "each usable CPU once");
    }
}

//! The CPUs that this process may use, their cores, and the order in which workers take them.

mod affinity;
mod caches;
mod kinds;
mod placement;
mod quota;
mod sysfs;
mod usable;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(crate) use caches::Cache;
pub use caches::l3_caches;
pub(crate) use kinds::midr;
pub use placement::Placement;
pub use quota::Quota;
pub(crate) use sysfs::{parse_cpu_list, possible_cpus, sysfs_cpus, text};
pub use usable::{pinning_works, tie_to, usable_count, usable_count_at, usable_cpus, usable_now};

/// One logical CPU: an SMT sibling counts as a CPU of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Cpu {
    /// The system's number for it.
    pub id: usize,
    /// The package (socket) it sits in.
    pub package: usize,
    /// The physical core; unique within its package only.
    pub core: usize,
    /// The kind of core, 0 for the fastest of the machine; all are of kind 0 where nothing tells them apart.
    pub kind: usize,
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
        Topology::of(&usable_cpus())
    }

    /// The topology of [`usable_cpus`]; `None` where the system does not describe it, and siblings are unknown.
    pub fn described() -> Option<Topology> {
        Topology::read(&sysfs_cpus(Path::new("/")), &usable_cpus())
    }

    /// The topology of these CPUs of this computer.
    fn of(ids: &[usize]) -> Topology {
        Topology::read(&sysfs_cpus(Path::new("/")), ids).unwrap_or_else(|| Topology::flat(ids))
    }

    /// One package in which each CPU is a core of its own.
    pub fn flat(ids: &[usize]) -> Topology {
        let cpus = ids.iter().map(|&id| Cpu { id, core: id, ..Cpu::default() }).collect();
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

    /// The kinds of core, the fastest first: how many CPUs each has.
    pub fn kinds(&self) -> Vec<usize> {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        self.cpus.iter().for_each(|cpu| *counts.entry(cpu.kind).or_default() += 1);
        counts.into_values().collect()
    }

    /// The kinds of core that a placement takes, as [`Cpu::kind`] has them; `None` for all.
    fn kinds_of(&self, placement: Placement) -> Option<BTreeSet<usize>> {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        self.cpus.iter().for_each(|cpu| *counts.entry(cpu.kind).or_default() += 1);
        // A single fast core is of no use to two threads.
        let first = counts.iter().find(|(_, count)| **count > 1).or(counts.iter().next()).map(|(kind, _)| *kind);
        let below: Vec<usize> = counts.keys().copied().filter(|kind| Some(*kind) > first).collect();
        let one = match placement {
            Placement::Unpinned | Placement::SpreadAll => return None,
            Placement::Spread | Placement::Siblings => first,
            Placement::SpreadMiddle => below.split_last().and_then(|(_, middle)| middle.first()).copied(),
            Placement::SpreadEfficiency => below.last().copied(),
        };
        Some(one.into_iter().collect())
    }

    /// CPU ids in the order in which workers take them; empty for [`Placement::Unpinned`], and for a kind of core that the
    /// machine has not.
    ///
    /// `Spread` takes the first sibling of each core, package after package, then the second siblings in the same
    /// order, and so on. It fills a package before it begins the next, so that few threads stay on one socket.
    /// `Siblings` takes all siblings of a core, then those of the next. On a machine with unlike cores both take the fastest
    /// kind of which there are two CPUs; `SpreadEfficiency` takes the slowest, `SpreadMiddle` the one between, and
    /// `SpreadAll` takes every kind, the fastest first.
    pub fn order(&self, placement: Placement) -> Vec<usize> {
        let kinds = self.kinds_of(placement);
        let taken = |cpu: &&Cpu| kinds.as_ref().is_none_or(|kinds| kinds.contains(&cpu.kind));
        let cores = by_core(self.cpus.iter().filter(taken));
        match placement {
            Placement::Unpinned => Vec::new(),
            Placement::Siblings => cores.into_values().flatten().collect(),
            Placement::Spread | Placement::SpreadMiddle | Placement::SpreadEfficiency | Placement::SpreadAll => {
                let widest = cores.values().map(Vec::len).max().unwrap_or(0);
                (0..widest).flat_map(|nth| cores.values().filter_map(move |ids| ids.get(nth)).copied()).collect()
            }
        }
    }

    /// How many CPUs threads have at a placement, of so many that mask and quota allow.
    pub fn usable(&self, placement: Placement, allowed: usize) -> usize {
        match self.order(placement).len() {
            // The system decides, or nothing is known of the CPUs.
            0 => allowed,
            cpus => cpus.min(allowed),
        }
    }

    /// A line on CPUs of unlike kinds and on what the placements take; `None` where they are of one kind.
    pub fn unlike(&self) -> Option<String> {
        let kinds = self.kinds();
        (kinds.len() > 1).then(|| {
            let counts: Vec<String> = kinds.iter().map(usize::to_string).collect();
            let others = [Placement::SpreadMiddle, Placement::SpreadEfficiency, Placement::SpreadAll];
            let others = others.into_iter().map(|placement| (placement, self.order(placement).len()));
            let others: Vec<String> =
                others.filter(|(_, cpus)| *cpus > 0).map(|(placement, cpus)| format!("{placement} {cpus}")).collect();
            format!(
                "{} kinds of core, with {} CPUs, the fastest first: spread takes {} of one kind; by MISCOUNT_PLACEMENT {}",
                kinds.len(),
                counts.join(" + "),
                self.order(Placement::Spread).len(),
                others.join(", ")
            )
        })
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

    /// CPU ids by core, ascending.
    fn by_core(&self) -> BTreeMap<(usize, usize, usize), Vec<usize>> {
        by_core(self.cpus.iter())
    }
}

/// CPU ids by kind, package and core, ascending.
fn by_core<'c>(cpus: impl Iterator<Item = &'c Cpu>) -> BTreeMap<(usize, usize, usize), Vec<usize>> {
    let mut cores: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for cpu in cpus {
        cores.entry((cpu.kind, cpu.package, cpu.core)).or_default().push(cpu.id);
    }
    for ids in cores.values_mut() {
        ids.sort_unstable();
        ids.dedup();
    }
    cores
}

#[cfg(test)]
mod tests {
    use super::*;
    use Placement::{Siblings, Spread, Unpinned};

    pub(super) fn topology(cpus: &[(usize, usize, usize)]) -> Topology {
        let cpus = cpus.iter().map(|&(id, package, core)| Cpu { id, package, core, kind: 0 }).collect();
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
        let three = [Spread, Siblings, Unpinned];
        assert_eq!(desktop.distinct(&three, &[1, 2]), three);
        assert_eq!(desktop.distinct(&[Spread, Siblings], &[1]), [Spread], "one thread is alike");
        assert_eq!(desktop.distinct(&[Siblings], &[1]), [Siblings], "nothing stands in for it");
        let without_smt = Topology::flat(&[0, 1]);
        assert_eq!(without_smt.distinct(&three, &[1, 2]), [Spread, Unpinned]);
        assert_eq!(Topology::default().distinct(&Placement::ALL, &[1, 2]), [Spread], "nothing is pinned");
    }

    #[test]
    fn this_machine_has_a_cpu() {
        let ids = usable_cpus();
        assert!(usable_count() >= 1);
        assert!(ids.is_empty() || usable_count() <= ids.len());
        let topology = Topology::detect();
        let mut all = topology.order(Placement::SpreadAll);
        all.sort_unstable();
        assert_eq!(all, ids, "each usable CPU once");
        assert!(usable_count() <= usable_count_at(Placement::SpreadAll));
        assert_eq!(usable_count(), usable_count_at(Spread));
    }

    /// CPUs 0 to 3 are two fast cores with two siblings each, 4 to 7 four slow cores, 8 and 9 two that are slower still.
    fn unlike(kinds: usize) -> Topology {
        let cpu = |id: usize| match id {
            0..=3 => Cpu { id, package: 0, core: id / 2, kind: 0 },
            4..=7 => Cpu { id, package: 0, core: id, kind: 1 },
            _ => Cpu { id, package: 0, core: id, kind: 2 },
        };
        Topology { cpus: (0..10).map(cpu).filter(|cpu| cpu.kind < kinds).collect() }
    }

    #[test]
    fn a_placement_takes_one_kind_of_core() {
        use Placement::{SpreadAll, SpreadEfficiency, SpreadMiddle};
        let (two, three) = (unlike(2), unlike(3));
        for topology in [&two, &three] {
            assert_eq!(topology.order(Spread), [0, 2, 1, 3]);
            assert_eq!(topology.order(Siblings), [0, 1, 2, 3]);
            assert_eq!(topology.assign(Spread, 5)[4], Some(0), "and starts over");
        }
        assert_eq!(two.order(SpreadEfficiency), [4, 5, 6, 7]);
        assert_eq!(two.order(SpreadMiddle), [0; 0]);
        assert_eq!(two.order(SpreadAll), [0, 2, 4, 5, 6, 7, 1, 3], "fast cores, slow cores, then siblings");
        assert_eq!((three.order(SpreadMiddle), three.order(SpreadEfficiency)), (vec![4, 5, 6, 7], vec![8, 9]));
        assert_eq!((two.kinds(), three.kinds(), unlike(1).kinds()), (vec![4, 4], vec![4, 4, 2], vec![4]));
        assert_eq!([Spread, SpreadEfficiency, SpreadAll, Unpinned].map(|p| two.usable(p, 6)), [4, 4, 6, 6]);
        assert_eq!([SpreadEfficiency, SpreadAll].map(|p| unlike(1).order(p)), [vec![], vec![0, 2, 1, 3]]);
        assert_eq!((two.cores(), two.packages(), two.threads_per_core()), (6, 1, 2));
    }

    #[test]
    fn a_single_fast_core_is_left_to_the_placement_of_all() {
        let cpu = |id: usize| Cpu { id, core: id, kind: if id == 0 { 0 } else { 1 + id / 4 }, ..Cpu::default() };
        let phone = Topology { cpus: (0..8).map(cpu).collect() };
        assert_eq!(phone.kinds(), [1, 3, 4]);
        assert_eq!(phone.order(Spread), [1, 2, 3]);
        assert_eq!(phone.order(Placement::SpreadEfficiency), [4, 5, 6, 7]);
        assert!(phone.order(Placement::SpreadMiddle).is_empty());
        let one_each = Topology { cpus: (0..2).map(|id| Cpu { id, core: id, kind: id, ..Cpu::default() }).collect() };
        assert_eq!((one_each.order(Spread), one_each.order(Placement::SpreadAll)), (vec![0], vec![0, 1]));
    }

    #[test]
    fn unlike_kinds_are_said_and_how_to_take_the_others() {
        assert_eq!((unlike(1).unlike(), Topology::default().unlike()), (None, None));
        assert_eq!(
            unlike(2).unlike().unwrap(),
            "2 kinds of core, with 4 + 4 CPUs, the fastest first: spread takes 4 of one kind; by MISCOUNT_PLACEMENT \
             spread@efficiency 4, spread@all 8"
        );
        assert!(unlike(3).unlike().unwrap().contains("spread@middle 4, spread@efficiency 2, spread@all 10"));
    }
}

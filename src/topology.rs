//! Which CPUs this process may use, which of them share a core, and in what order workers take
//! them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use crate::workload::Placement;

/// Where Linux describes its CPUs.
pub(crate) const SYSFS_CPUS: &str = "/sys/devices/system/cpu";

/// The CPU ids of the process's affinity mask, ascending; empty when the system does not tell.
///
/// The system only knows the mask of the calling *thread*, and a pinned worker's mask is one CPU.
/// So the first answer is kept for the life of the process: ask once before pinning anything.
pub fn usable_cpus() -> Vec<usize> {
    looked_up().ids.clone()
}

/// How many CPUs a run may use: the affinity mask or the cgroup's quota, whichever is less, and
/// at least 1.
///
/// Kept from the first call on, like [`usable_cpus`].
pub fn usable_count() -> usize {
    looked_up().count
}

struct Usable {
    ids: Vec<usize>,
    count: usize,
}

fn looked_up() -> &'static Usable {
    static USABLE: OnceLock<Usable> = OnceLock::new();
    USABLE.get_or_init(|| {
        let mut ids: Vec<usize> =
            core_affinity::get_core_ids().unwrap_or_default().into_iter().map(|core| core.id).collect();
        ids.sort_unstable();
        ids.dedup();
        Usable { count: at_most(ids.len(), num_cpus::get()), ids }
    })
}

/// The lesser of a mask's length (0: unknown) and a quota, at least 1.
fn at_most(mask: usize, quota: usize) -> usize {
    let mask = if mask == 0 { usize::MAX } else { mask };
    mask.min(quota).max(1)
}

/// Whether a thread of this process can be tied to one CPU: tries it on a thread of its own.
///
/// False where the system has no such call, or takes it only as a hint and says so.
pub fn pinning_works() -> bool {
    let Some(&id) = usable_cpus().first() else {
        return false;
    };
    std::thread::spawn(move || {
        // Linux can be asked back; a sandbox may accept the call and do nothing.
        core_affinity::set_for_current(core_affinity::CoreId { id })
            && (!cfg!(target_os = "linux")
                || core_affinity::get_core_ids().is_some_and(|ids| ids.len() == 1 && ids[0].id == id))
    })
    .join()
    .unwrap_or(false)
}

/// One CPU, as the system schedules them: an SMT sibling counts as a CPU of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Cpu {
    /// The system's number for it.
    pub id: usize,
    /// The package (socket) it sits in.
    pub package: usize,
    /// The physical core, told apart within its package only.
    pub core: usize,
}

/// CPUs and the cores they share. An empty one stands for a system that tells nothing.
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
        Topology::read(Path::new(SYSFS_CPUS), &ids).unwrap_or_else(|| Topology::flat(&ids))
    }

    /// One package in which each CPU is a core of its own.
    pub fn flat(ids: &[usize]) -> Topology {
        let cpus = ids.iter().map(|&id| Cpu { id, package: 0, core: id }).collect();
        Topology { cpus }
    }

    /// Reads `cpuN/topology/` below `dir` for each of `ids`, in the layout of Linux's
    /// `/sys/devices/system/cpu`; `None` unless all of them can be told apart by it.
    ///
    /// A core is named by the least CPU id among its siblings where the kernel lists siblings:
    /// `core_id` alone repeats from cluster to cluster on some Arm machines.
    pub fn read(dir: &Path, ids: &[usize]) -> Option<Topology> {
        let file = |id: usize, name: &str| text(&dir.join(format!("cpu{id}/topology/{name}")));
        let siblings = |id: usize| {
            let list = parse_cpu_list(&file(id, "thread_siblings_list")?);
            list.contains(&id).then(|| list[0])
        };
        let core_id = |id: usize| number(&file(id, "core_id")?);
        // All by one rule or all by the other: mixed, two cores could get one name.
        let cores: Vec<usize> = ids
            .iter()
            .map(|&id| siblings(id))
            .collect::<Option<_>>()
            .or_else(|| ids.iter().map(|&id| core_id(id)).collect())?;
        let cpus = ids
            .iter()
            .zip(cores)
            .map(|(&id, core)| {
                let package = number(&file(id, "physical_package_id")?)?;
                Some(Cpu { id, package, core })
            })
            .collect::<Option<Vec<_>>>()?;
        (!cpus.is_empty()).then_some(Topology { cpus })
    }

    /// How many physical cores.
    pub fn cores(&self) -> usize {
        self.by_core().len()
    }

    /// How many packages (sockets).
    pub fn packages(&self) -> usize {
        let mut packages: Vec<usize> = self.cpus.iter().map(|cpu| cpu.package).collect();
        packages.sort_unstable();
        packages.dedup();
        packages.len()
    }

    /// CPU ids in the order in which workers take them; empty for [`Placement::Unpinned`].
    ///
    /// `Spread` takes the first sibling of each core, package after package, then the second
    /// siblings in the same order, and so on: a package is filled before the next is begun, so that
    /// few threads are never spread over sockets. `Siblings` takes all siblings of a core, then
    /// goes on to the next.
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

    /// The CPU for each of `threads` workers, starting over when there are more workers than
    /// CPUs; `None` = leave it where the system puts it.
    pub fn assign(&self, placement: Placement, threads: usize) -> Vec<Option<usize>> {
        let order = self.order(placement);
        (0..threads).map(|worker| order.get(worker % order.len().max(1)).copied()).collect()
    }

    /// Those of `placements` that put some team of `threads` where no earlier one does, so that
    /// nothing is measured twice under two names.
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

    /// CPU ids, ascending, by (package, core).
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

/// A small file's text, whatever its bytes; `None` when it cannot be read.
pub(crate) fn text(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// A number as sysfs writes it; Linux says -1 where it does not know, which is as good as 0.
fn number(text: &str) -> Option<usize> {
    let number: i64 = text.trim().parse().ok()?;
    usize::try_from(number.max(0)).ok()
}

/// CPU ids from Linux's list format (`0-3,8`), ascending; what is no number is passed over.
pub(crate) fn parse_cpu_list(text: &str) -> Vec<usize> {
    // More CPUs than any Linux is built for; keeps a damaged range from filling the memory.
    const MOST: usize = 1 << 16;
    let mut ids: Vec<usize> = text
        .trim()
        .split(',')
        .filter_map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let first: usize = first.trim().parse().ok()?;
            let last: usize = last.trim().parse().ok()?;
            (last < MOST).then_some(first..=last)
        })
        .take(MOST)
        .flatten()
        .take(MOST)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use Placement::{Siblings, Spread, Unpinned};

    fn topology(cpus: &[(usize, usize, usize)]) -> Topology {
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
    fn counts_never_exceed_mask_or_quota_and_never_reach_zero() {
        assert_eq!(at_most(4, 2), 2);
        assert_eq!(at_most(2, 4), 2);
        assert_eq!(at_most(0, 4), 4, "an unknown mask does not limit");
        assert_eq!(at_most(0, 0), 1);
    }

    #[test]
    fn cpu_lists_survive_anything() {
        assert_eq!(parse_cpu_list("0-3,8,10-11\n"), [0, 1, 2, 3, 8, 10, 11]);
        assert_eq!(parse_cpu_list("3,1,1-2"), [1, 2, 3]);
        assert!(parse_cpu_list("").is_empty());
        assert_eq!(parse_cpu_list("-,x,4-,-2,9-7,5"), [5]);
        assert_eq!(parse_cpu_list("0-18446744073709551615,6"), [6]);
        let long = "0-65535,".repeat(1000);
        assert_eq!(parse_cpu_list(&long).len(), 1 << 16);
    }

    /// A folder like sysfs of the files given: CPU, name, bytes.
    fn sysfs(files: &[(usize, &str, &[u8])]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (id, name, bytes) in files {
            let topology = dir.path().join(format!("cpu{id}/topology"));
            std::fs::create_dir_all(&topology).unwrap();
            std::fs::write(topology.join(name), bytes).unwrap();
        }
        dir
    }

    #[test]
    fn sysfs_is_read_by_siblings_before_core_ids() {
        // Two clusters that number their cores alike.
        let clusters = sysfs(&[
            (0, "physical_package_id", b"0\n"),
            (0, "core_id", b"0\n"),
            (0, "thread_siblings_list", b"0\n"),
            (4, "physical_package_id", b"0\n"),
            (4, "core_id", b"0\n"),
            (4, "thread_siblings_list", b"4-5\n"),
            (5, "physical_package_id", b"0\n"),
            (5, "core_id", b"0\n"),
            (5, "thread_siblings_list", b"4-5\n"),
        ]);
        let read = Topology::read(clusters.path(), &[0, 4, 5]).unwrap();
        assert_eq!(read, topology(&[(0, 0, 0), (4, 0, 4), (5, 0, 4)]));
    }

    #[test]
    fn sysfs_is_read_by_core_id_where_one_list_is_missing() {
        let old = sysfs(&[
            (0, "physical_package_id", b"-1\n"),
            (0, "core_id", b"3\n"),
            (0, "thread_siblings_list", b"0-1\n"),
            (1, "physical_package_id", b"-1\n"),
            (1, "core_id", b"3\n"),
        ]);
        let read = Topology::read(old.path(), &[0, 1]).unwrap();
        assert_eq!(read, topology(&[(0, 0, 3), (1, 0, 3)]));
    }

    #[test]
    fn damaged_sysfs_is_no_topology() {
        for bytes in [&b""[..], b"x", b"\xff\xfe\0", b"99999999999999999999", b"0 1"] {
            let dir = sysfs(&[(0, "physical_package_id", b"0"), (0, "core_id", bytes)]);
            assert_eq!(Topology::read(dir.path(), &[0]), None, "{bytes:?}");
        }
        let dir = sysfs(&[(0, "physical_package_id", b"0"), (0, "core_id", b"0")]);
        assert_eq!(Topology::read(dir.path(), &[0, 1]), None, "CPU 1 is missing");
        assert!(Topology::read(dir.path(), &[0]).is_some());
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

    #[test]
    fn a_pinned_thread_does_not_shrink_what_is_usable() {
        let before = usable_cpus();
        let inside = std::thread::spawn(|| {
            if let Some(&id) = usable_cpus().first() {
                core_affinity::set_for_current(core_affinity::CoreId { id });
            }
            (usable_cpus(), usable_count())
        });
        assert_eq!(inside.join().unwrap(), (before, usable_count()));
    }
}

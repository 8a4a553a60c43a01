//! Linux's description of its CPUs in sysfs.

use std::path::{Path, PathBuf};

use super::{Cpu, Topology, kinds};

/// The folder of Linux's CPU descriptions, below `root`.
pub(crate) fn sysfs_cpus(root: &Path) -> PathBuf {
    root.join("sys/devices/system/cpu")
}

impl Topology {
    /// Reads `cpuN/topology/` below `dir` for each of `ids`, in the layout of Linux's `/sys/devices/system/cpu`; `None`
    /// unless it describes all of them.
    ///
    /// A core is named by the lowest CPU id among its siblings where the kernel lists siblings: on some Arm machines,
    /// `core_id` repeats from cluster to cluster. The kind of a core comes from its capacity, from the lists of hybrid x86
    /// beside `dir` (`../../cpu_core/cpus`), or from its frequency.
    pub fn read(dir: &Path, ids: &[usize]) -> Option<Topology> {
        let file = |id: usize, name: &str| text(&dir.join(format!("cpu{id}/topology/{name}")));
        let siblings = |id: usize| {
            let list = parse_cpu_list(&file(id, "thread_siblings_list")?);
            list.contains(&id).then(|| list[0])
        };
        let core_id = |id: usize| number(&file(id, "core_id")?);
        // One rule for all: with both rules mixed, two cores could get one name.
        let cores: Vec<usize> = ids
            .iter()
            .map(|&id| siblings(id))
            .collect::<Option<_>>()
            .or_else(|| ids.iter().map(|&id| core_id(id)).collect())?;
        let cpus = ids
            .iter()
            .zip(cores)
            .zip(kinds::of(dir, ids))
            .map(|((&id, core), kind)| {
                let package = number(&file(id, "physical_package_id")?)?;
                Some(Cpu { id, package, core, kind })
            })
            .collect::<Option<Vec<_>>>()?;
        (!cpus.is_empty()).then_some(Topology { cpus })
    }
}

/// One more than the highest id that a CPU may ever have on this machine; `None` where the system does not say.
pub(crate) fn possible_cpus() -> Option<usize> {
    let list = text(&sysfs_cpus(Path::new("/")).join("possible"))?;
    parse_cpu_list(&list).last().map(|id| id + 1)
}

/// Text of a small file with any bytes; `None` when it cannot be read.
pub(crate) fn text(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// A number as sysfs writes it. Linux writes -1 for unknown, which is read as 0.
fn number(text: &str) -> Option<usize> {
    let number: i64 = text.trim().parse().ok()?;
    usize::try_from(number.max(0)).ok()
}

/// CPU ids from Linux's list format (`0-3,8`), ascending; anything else is skipped.
pub(crate) fn parse_cpu_list(text: &str) -> Vec<usize> {
    // More CPUs than any Linux is built for; a damaged range does not fill the memory.
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
    use crate::topology::tests::topology;

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
}

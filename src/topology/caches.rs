//! The caches above CPUs, from sysfs.

use std::path::Path;

use super::{parse_cpu_list, text};

/// A cache above a CPU.
pub(crate) struct Cache {
    /// The CPUs that share it, ascending.
    pub(crate) cpus: Vec<usize>,
    /// Its size; `None` where the system does not tell.
    pub(crate) kib: Option<u64>,
}

impl Cache {
    /// The cache of `level` above CPU `id`, read from `cpuN/cache/` below `dir`, in the layout of Linux's
    /// `/sys/devices/system/cpu`; `None` where the system does not tell. At level 1, data and instructions have caches
    /// of their own: `level` is 2 or more.
    pub(crate) fn above(dir: &Path, id: usize, level: u32) -> Option<Cache> {
        let (cache, level) = (dir.join(format!("cpu{id}/cache")), level.to_string());
        // Linux numbers a CPU's caches from 0 without gaps; four or five are usual.
        let mut indices = (0..16).map(|n| cache.join(format!("index{n}")));
        let index = indices.find(|index| text(&index.join("level")).as_ref() == Some(&level))?;
        let cpus = parse_cpu_list(&text(&index.join("shared_cpu_list"))?);
        let kib = text(&index.join("size")).and_then(|size| size.strip_suffix('K')?.parse().ok());
        cpus.contains(&id).then_some(Cache { cpus, kib })
    }
}

/// The level-3 cache above each of `ids`, named by its lowest CPU id, read from `cpuN/cache/` below `dir`, in the
/// layout of Linux's `/sys/devices/system/cpu`; `None` where the system does not tell.
pub fn l3_caches(dir: &Path, ids: &[usize]) -> Vec<Option<usize>> {
    ids.iter().map(|&id| Some(Cache::above(dir, id, 3)?.cpus[0])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_are_named_by_their_least_cpu() {
        let dir = tempfile::tempdir().unwrap();
        for (id, shared) in [(0, "0-1"), (1, "0-1\n"), (5, "4-7"), (6, "0-1"), (7, "\u{fffd}")] {
            for (index, level, shared) in [(0, "1", "9"), (3, "3", shared)] {
                let index = dir.path().join(format!("cpu{id}/cache/index{index}"));
                std::fs::create_dir_all(&index).unwrap();
                std::fs::write(index.join("level"), level).unwrap();
                std::fs::write(index.join("shared_cpu_list"), shared).unwrap();
            }
        }
        let found = l3_caches(dir.path(), &[0, 1, 5, 6, 7, 9]);
        assert_eq!(found, [Some(0), Some(0), Some(4), None, None, None], "6 is not on its own list, 9 tells nothing");
    }
}

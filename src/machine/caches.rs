//! Caches, counted by size.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::topology::Cache;

/// Caches of one `level` (2 or more) by size, such as `2 x 32 MiB`, from `cpuN/cache/` below `dir`. `None`
/// unless the system describes one for each of `ids`.
pub(super) fn of_level(level: u32, dir: &Path, ids: &[usize]) -> Option<String> {
    let mut caches: BTreeSet<(Vec<usize>, u64)> = BTreeSet::new();
    for &id in ids {
        let cache = Cache::above(dir, id, level)?;
        caches.insert((cache.cpus, cache.kib?));
    }
    let mut by_size: BTreeMap<u64, usize> = BTreeMap::new();
    for (_, kib) in caches {
        *by_size.entry(kib).or_default() += 1;
    }
    let groups: Vec<String> = by_size
        .iter()
        .rev()
        .map(|(&kib, count)| match kib {
            kib if kib < 1024 => format!("{count} x {kib} KiB"),
            kib if kib % 1024 == 0 => format!("{count} x {} MiB", kib / 1024),
            kib => format!("{count} x {:.1} MiB", kib as f64 / 1024.0),
        })
        .collect();
    (!groups.is_empty()).then(|| groups.join(" + "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caches(cpus: &[(usize, &str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (id, size, shared) in cpus {
            for (index, level, size, shared) in [(0, "1", "32K", "0"), (3, "3", *size, *shared)] {
                let index = dir.path().join(format!("cpu{id}/cache/index{index}"));
                std::fs::create_dir_all(&index).unwrap();
                std::fs::write(index.join("level"), level).unwrap();
                std::fs::write(index.join("size"), size).unwrap();
                std::fs::write(index.join("shared_cpu_list"), shared).unwrap();
            }
        }
        dir
    }

    #[test]
    fn caches_are_counted_once_each() {
        let one = caches(&[(0, "32768K\n", "0-1\n"), (1, "32768K\n", "0-1\n")]);
        assert_eq!(of_level(3, one.path(), &[0, 1]).as_deref(), Some("1 x 32 MiB"));
        assert_eq!(of_level(2, one.path(), &[0, 1]), None);

        let mixed = caches(&[
            (0, "32768K", "0"),
            (1, "98304K", "1-2"),
            (2, "98304K", "1-2"),
            (3, "32768K", "3"),
            (4, "1536K", "4"),
            (5, "512K", "5"),
        ]);
        let all = of_level(3, mixed.path(), &[0, 1, 2, 3, 4, 5]);
        assert_eq!(all.as_deref(), Some("1 x 96 MiB + 2 x 32 MiB + 1 x 1.5 MiB + 1 x 512 KiB"));
    }

    #[test]
    fn caches_that_cannot_be_read_are_unknown() {
        let dir = caches(&[(0, "32768K", "0"), (1, "much", "1")]);
        assert_eq!(of_level(3, dir.path(), &[0]).as_deref(), Some("1 x 32 MiB"));
        assert_eq!(of_level(3, dir.path(), &[0, 1]), None, "size is damaged");
        assert_eq!(of_level(3, dir.path(), &[0, 7]), None, "CPU 7 tells nothing");
        assert_eq!(of_level(3, dir.path(), &[]), None);
    }
}

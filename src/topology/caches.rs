//! Which CPUs share a level-3 cache.

use std::path::Path;

use super::{parse_cpu_list, text};

/// The level-3 cache above each of `ids`, named by the least CPU under it, from `cpuN/cache/` below
/// `dir` in the layout of Linux's `/sys/devices/system/cpu`; `None` where the system does not tell.
pub fn l3_caches(dir: &Path, ids: &[usize]) -> Vec<Option<usize>> {
    let above = |id: &usize| {
        let cache = dir.join(format!("cpu{id}/cache"));
        // Linux numbers a CPU's caches from 0 without gaps; four or five are usual.
        let mut indices = (0..16).map(|n| cache.join(format!("index{n}")));
        let index = indices.find(|index| text(&index.join("level")).as_deref() == Some("3"))?;
        let shared = parse_cpu_list(&text(&index.join("shared_cpu_list"))?);
        shared.contains(id).then(|| shared[0])
    };
    ids.iter().map(above).collect()
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

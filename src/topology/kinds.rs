//! CPUs of unlike kinds: performance and efficiency cores. Threads on unlike cores do unlike work in the same time, so a
//! placement takes one kind.

use std::cmp::Reverse;
use std::path::Path;

use super::{parse_cpu_list, text};

/// CPUs of one core type whose speeds are this many times apart are of different kinds. A firm's best cores of one type
/// are faster by up to 7 %; the smaller cores of Zen 4c by 40 %.
const APART: f64 = 1.2;

/// Cores of these parts (implementer, part) are small ones, where neither capacity nor frequency tells: Cortex-A35, A53, A55,
/// A510, A520, and Apple's small cores.
const SMALL: [(u32, u32); 17] = [
    (0x41, 0xd03),
    (0x41, 0xd04),
    (0x41, 0xd05),
    (0x41, 0xd46),
    (0x41, 0xd80),
    (0x61, 0x020),
    (0x61, 0x022),
    (0x61, 0x024),
    (0x61, 0x028),
    (0x61, 0x030),
    (0x61, 0x032),
    (0x61, 0x034),
    (0x61, 0x038),
    (0x61, 0x048),
    (0x61, 0x052),
    (0x61, 0x054),
    (0x61, 0x058),
];

/// What tells the kind of a CPU. The first field that differs decides which is the faster.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Signs {
    /// The kernel's own measure (Arm, RISC-V, some x86): the fastest CPU has 1,024.
    capacity: Option<f64>,
    /// x86: 0 for the cores of `cpu_core`, 1 for those of `cpu_atom`, 2 for those of `cpu_lowpower`.
    list: Option<usize>,
    /// The highest frequency that can be set, in kHz.
    khz: Option<f64>,
    /// Arm: implementer and part.
    part: Option<(u32, u32)>,
}

/// The kind of each of `ids`, 0 for the fastest, with the system's CPUs described below `dir` in the layout of Linux's
/// `/sys/devices/system/cpu`. All are of kind 0 where nothing tells them apart.
pub(super) fn of(dir: &Path, ids: &[usize]) -> Vec<usize> {
    let lists = ["cpu_core", "cpu_atom", "cpu_lowpower"].map(|name| {
        text(&dir.join(format!("../../{name}/cpus"))).map(|list| parse_cpu_list(&list)).unwrap_or_default()
    });
    let signs: Vec<Signs> = ids
        .iter()
        .map(|&id| {
            let number =
                |name: &str| text(&dir.join(format!("cpu{id}/{name}")))?.parse().ok().filter(|n: &f64| *n > 0.0);
            Signs {
                capacity: number("cpu_capacity"),
                list: lists.iter().position(|list| list.contains(&id)),
                khz: number("cpufreq/cpuinfo_max_freq"),
                part: midr(dir, id).map(|midr| (midr >> 24 & 0xff, midr >> 4 & 0xfff)),
            }
        })
        .collect();
    ranked(&signs)
}

/// Arm's main identification register of a CPU.
pub(crate) fn midr(dir: &Path, id: usize) -> Option<u32> {
    let text = text(&dir.join(format!("cpu{id}/regs/identification/midr_el1")))?;
    u64::from_str_radix(text.trim_start_matches("0x"), 16).ok().and_then(|midr| u32::try_from(midr).ok())
}

impl Signs {
    /// The type of core, which two kinds never share.
    fn core(&self) -> (Option<usize>, Option<(u32, u32)>) {
        (self.list, self.part)
    }
}

/// The kind of each, 0 for the fastest.
fn ranked(signs: &[Signs]) -> Vec<usize> {
    // One that is not known of all tells nothing.
    let known = |of: fn(&Signs) -> bool| signs.iter().all(of);
    let capacities = known(|s| s.capacity.is_some());
    let frequencies = !capacities && known(|s| s.khz.is_some());
    let speed = |s: &Signs| if capacities { s.capacity } else { s.khz.filter(|_| frequencies) };
    // Types of core: parts, and lists of x86. Then each type is cut where its speeds are far apart.
    let mut types: Vec<_> = signs.iter().map(Signs::core).collect();
    types.sort_unstable();
    types.dedup();
    let mut kinds: Vec<Vec<usize>> = Vec::new();
    for of_type in types {
        let mut places: Vec<usize> = (0..signs.len()).filter(|&n| signs[n].core() == of_type).collect();
        let fast = |&n: &usize| speed(&signs[n]).unwrap_or(0.0);
        places.sort_by(|a, b| fast(b).total_cmp(&fast(a)));
        kinds.extend(places.chunk_by(|a, b| fast(a) <= APART * fast(b)).map(<[usize]>::to_vec));
    }
    let rank = |kind: &Vec<usize>| {
        let s = &signs[kind[0]];
        let most = kind.iter().filter_map(|&n| speed(&signs[n])).fold(0.0, f64::max);
        let capacity = if capacities { most as u64 } else { 0 };
        (Reverse(capacity), s.list, Reverse(most as u64), s.part.is_some_and(|part| SMALL.contains(&part)))
    };
    kinds.sort_by_key(rank);
    let mut found = vec![0; signs.len()];
    for (kind, places) in kinds.into_iter().enumerate() {
        places.into_iter().for_each(|n| found[n] = kind);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The system's folder with these files, by their paths below `sys/devices`.
    fn kinds(files: &[(&str, &str)], cpus: usize) -> Vec<usize> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, format!("{text}\n")).unwrap();
        }
        let dir = root.path().join("system/cpu");
        std::fs::create_dir_all(&dir).unwrap();
        of(&dir, &(0..cpus).collect::<Vec<_>>())
    }

    /// One file of each CPU.
    fn each(name: &str, texts: &[&str]) -> Vec<(String, String)> {
        let file = |(id, text): (usize, &&str)| (format!("system/cpu/cpu{id}/{name}"), (*text).to_owned());
        texts.iter().enumerate().map(file).collect()
    }

    fn with(files: &[Vec<(String, String)>], cpus: usize) -> Vec<usize> {
        let files: Vec<(&str, &str)> = files.iter().flatten().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        kinds(&files, cpus)
    }

    #[test]
    fn cpus_that_nothing_tells_apart_are_of_one_kind() {
        assert_eq!(kinds(&[], 3), [0, 0, 0]);
        assert_eq!(kinds(&[], 0), [0; 0]);
        // The best cores of one chip, and two sockets.
        assert_eq!(with(&[each("cpufreq/cpuinfo_max_freq", &["5800000", "5500000", "3700000", "5400000"])], 2), [0, 0]);
        // Known of some only.
        assert_eq!(with(&[each("cpufreq/cpuinfo_max_freq", &["5800000", "x", "3700000"])], 3), [0, 0, 0]);
        assert_eq!(with(&[each("cpu_capacity", &["1024", "0", "512"])], 3), [0, 0, 0]);
    }

    #[test]
    fn hybrid_x86_is_told_by_the_kernels_lists() {
        let lists = [("cpu_core/cpus", "0-3"), ("cpu_atom/cpus", "4-7"), ("cpu_lowpower/cpus", "8-9")];
        assert_eq!(kinds(&lists, 10), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
        assert_eq!(kinds(&lists[..2], 6), [0, 0, 0, 0, 1, 1]);
        // Two kinds of small core on one list.
        let mut files: Vec<(String, String)> = lists[..1].iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
        files.push(("cpu_atom/cpus".into(), "4-7".into()));
        let mhz = ["4900000", "4900000", "4800000", "4800000", "3800000", "3800000", "2500000", "2500000"];
        assert_eq!(with(&[files, each("cpufreq/cpuinfo_max_freq", &mhz)], 8), [0, 0, 0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn arm_is_told_by_capacity_before_frequency() {
        // RK3588: four small cores first, then two pairs of large ones, of which one is a little slower.
        let capacity = each("cpu_capacity", &["414", "414", "414", "414", "1024", "1024", "1001", "1001"]);
        let small = "0x00000000412fd050";
        let large = "0x00000000414fd0b0";
        let part = each("regs/identification/midr_el1", &[small, small, small, small, large, large, large, large]);
        assert_eq!(with(std::slice::from_ref(&capacity), 8), [1, 1, 1, 1, 0, 0, 0, 0]);
        assert_eq!(with(&[capacity, part.clone()], 8), [1, 1, 1, 1, 0, 0, 0, 0]);
        assert_eq!(with(&[part], 8), [1, 1, 1, 1, 0, 0, 0, 0], "by the part alone");
        let khz = each("cpufreq/cpuinfo_max_freq", &["2400000", "2400000", "1800000", "1800000"]);
        assert_eq!(with(&[khz], 4), [0, 0, 1, 1]);
    }

    #[test]
    fn three_kinds_of_a_phone() {
        let midr = |part: u32| format!("{:#018x}", 0x4100_0000_u64 | 0xf_0000 | u64::from(part) << 4);
        let [small, middle, large] = [0xd80, 0xd81, 0xd82].map(midr);
        let parts = [&small, &small, &middle, &middle, &middle, &middle, &middle, &large].map(String::as_str);
        let parts = each("regs/identification/midr_el1", &parts);
        let capacity = each("cpu_capacity", &["325", "325", "867", "867", "867", "923", "923", "1024"]);
        assert_eq!(with(&[parts, capacity], 8), [2, 2, 1, 1, 1, 1, 1, 0]);
    }
}

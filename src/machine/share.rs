//! Whether the machine is a whole host, or a slice of one that others use too.

use std::path::Path;

use super::Card;
use crate::topology::{Quota, parse_cpu_list, sysfs_cpus, text};

/// `whole`, or what cuts the slice out, such as `virtual, 1.5 of 8 CPUs by quota`; `None` where it is not known whether the machine is virtual.
pub(super) fn of(root: &Path, card: &Card, allowed: usize, quota: Quota) -> Option<String> {
    let mut cuts = Vec::new();
    match card.hypervisor.as_deref() {
        Some("none") => {}
        Some(_) => cuts.push("virtual".to_owned()),
        None => {}
    }
    if stolen(root) {
        cuts.push("the host takes time".to_owned());
    }
    if (1..card.cpus).contains(&allowed) {
        cuts.push(format!("{allowed} of {} CPUs by mask", card.cpus));
    }
    if let Quota::Cpus(cpus) = quota {
        cuts.push(format!("{} of {} CPUs by quota", (cpus * 100.0).round() / 100.0, card.cpus));
    }
    let present = text(&sysfs_cpus(root).join("present")).map_or(0, |list| parse_cpu_list(&list).len());
    if present > card.cpus {
        cuts.push(format!("{} of {present} CPUs are off", present - card.cpus));
    }
    if cuts.is_empty() {
        // Without a word on a hypervisor there may be one.
        return card.hypervisor.is_some().then(|| "whole".to_owned());
    }
    Some(format!("slice: {}", cuts.join(", ")))
}

/// Whether a host has ever taken a CPU from this system.
fn stolen(root: &Path) -> bool {
    let stat = text(&root.join("proc/stat")).unwrap_or_default();
    let all = stat.lines().find_map(|line| line.strip_prefix("cpu "));
    all.and_then(|line| line.split_whitespace().nth(7))
        .and_then(|ticks| ticks.parse::<u64>().ok())
        .is_some_and(|ticks| ticks > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_says_what_cuts_it_out() {
        let of = |hypervisor: Option<&str>, stat: &str, present: &str, allowed, quota| {
            let root = tempfile::tempdir().unwrap();
            for (path, text) in [("proc/stat", stat), ("sys/devices/system/cpu/present", present)] {
                let path = root.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            let card = Card { cpus: 8, hypervisor: hypervisor.map(str::to_owned), ..Card::default() };
            super::of(root.path(), &card, allowed, quota)
        };
        let (still, taken) = ("cpu  1 2 3 4 5 6 7 0 0 0\n", "cpu  1 2 3 4 5 6 7 8 0 0\n");
        assert_eq!(of(Some("none"), still, "0-7", 8, Quota::Unlimited).as_deref(), Some("whole"));
        assert_eq!(of(None, still, "", 0, Quota::Unknown), None, "nobody knows");
        assert_eq!(of(Some("kvm"), still, "0-7", 8, Quota::Unlimited).as_deref(), Some("slice: virtual"));
        assert_eq!(of(None, taken, "0-7", 8, Quota::Unlimited).as_deref(), Some("slice: the host takes time"));
        assert_eq!(
            of(Some("yes"), taken, "0-7", 4, Quota::Cpus(1.5)).as_deref(),
            Some("slice: virtual, the host takes time, 4 of 8 CPUs by mask, 1.5 of 8 CPUs by quota")
        );
        assert_eq!(
            of(Some("none"), still, "0-15", 8, Quota::Unlimited).as_deref(),
            Some("slice: 8 of 16 CPUs are off")
        );
    }
}

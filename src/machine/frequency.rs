//! The frequency of CPUs in Linux's files. Virtual machines mostly have no such files.

use std::path::Path;

use crate::topology::text;

/// Frequencies of the CPUs and their governor; absent where unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frequency {
    /// The lowest of any CPU, in MHz.
    pub min_mhz: Option<u64>,
    /// The highest of any CPU, in MHz.
    pub max_mhz: Option<u64>,
    /// The governor, such as `performance`; joined by `+` where CPUs differ.
    pub governor: Option<String>,
    /// Whether CPUs may run faster than their nominal frequency for a while.
    pub boost: Option<bool>,
}

impl Frequency {
    /// Reads `cpuN/cpufreq/` of each of `ids` below `dir`, in the layout of Linux's
    /// `/sys/devices/system/cpu`, and the switches for boost beside them.
    pub fn read(dir: &Path, ids: &[usize]) -> Frequency {
        let each = |name: &str| -> Vec<String> {
            ids.iter().filter_map(|id| text(&dir.join(format!("cpu{id}/cpufreq/{name}")))).collect()
        };
        let mhz = |name: &str| -> Vec<u64> {
            let khz = each(name).into_iter().filter_map(|khz| khz.parse::<u64>().ok());
            khz.map(|khz| khz / 1000).filter(|&mhz| (1..100_000).contains(&mhz)).collect()
        };
        let mut governors: Vec<String> = each("scaling_governor").into_iter().filter(|name| is_name(name)).collect();
        governors.sort();
        governors.dedup();
        Frequency {
            min_mhz: mhz("cpuinfo_min_freq").into_iter().min(),
            max_mhz: mhz("cpuinfo_max_freq").into_iter().max(),
            governor: (!governors.is_empty()).then(|| governors.join("+")),
            boost: boost(dir),
        }
    }
}

/// Governors are kernel modules: short names.
fn is_name(name: &str) -> bool {
    (1..=16).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The switch of one driver is 1 when boost is off, and that of all others is 1 when it is on.
fn boost(dir: &Path) -> Option<bool> {
    let switch = |name: &str| match text(&dir.join(name))?.as_str() {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    };
    switch("intel_pstate/no_turbo").map(|off| !off).or_else(|| switch("cpufreq/boost"))
}

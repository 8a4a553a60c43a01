//! The record of a run before it measures anything.

use std::path::Path;
use std::time::SystemTime;

use super::detect::plain;
use super::{Frequency, Quota, Run, libc};
use crate::topology::{self, sysfs_cpus};

impl Run {
    /// Begins a run: its id, such as `20261121t214003z-1a2b`, and the facts known at its start.
    ///
    /// The id is the UTC second of the start, so that ids sort by time, and four random hex digits
    /// for runs of the same second. `pinned` says whether the system names CPUs to pin to. The caller
    /// corrects it when pinning fails.
    pub fn begin() -> (String, Run) {
        let started = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let id = format!("{}-{:04x}", compact(&started), fastrand::u16(..));
        let allowed = topology::usable_cpus();
        let root = Path::new("/");
        let Frequency { governor, boost, .. } = Frequency::read(&sysfs_cpus(root), &allowed);
        let run = Run {
            started,
            rustc: env!("MISCOUNT_RUSTC").to_owned(),
            flags: env!("MISCOUNT_FLAGS").to_owned(),
            kernel: sysinfo::System::kernel_version()
                .map(|kernel| plain(&kernel))
                .ok()
                .filter(|kernel| !kernel.is_empty())
                .unwrap_or_else(|| "unknown".to_owned()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            load: load(),
            pinned: !allowed.is_empty(),
            libc: libc::version(root),
            governor,
            boost,
            allowed: (!allowed.is_empty()).then(|| cpu_list(&allowed)),
            quota: Quota::detect().text(),
            ..Run::default()
        };
        (id, run)
    }
}

/// Ascending CPU ids as Linux lists them: `0-3,8`.
pub(crate) fn cpu_list(ids: &[usize]) -> String {
    let runs = ids.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [first, .., last] => format!("{first}-{last}"),
        one => one.iter().map(usize::to_string).collect(),
    });
    runs.collect::<Vec<_>>().join(",")
}

/// One-minute load average; Windows has none.
pub(crate) fn load() -> Option<f64> {
    if cfg!(windows) {
        return None;
    }
    let load = sysinfo::System::load_average().ok()?.one;
    load.is_finite().then_some(load)
}

/// `2026-11-21T21:40:03Z` as `20261121t214003z`.
fn compact(rfc3339: &str) -> String {
    rfc3339.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_fit_a_key() {
        assert_eq!(compact("2026-11-21T21:40:03Z"), "20261121t214003z");
        let (id, run) = Run::begin();
        let (time, random) = id.split_once('-').unwrap();
        assert_eq!(time, compact(&run.started));
        assert_eq!(random.len(), 4);
        assert!(random.bytes().all(|b| b.is_ascii_hexdigit()));
        let parsed = humantime::parse_rfc3339(&run.started).unwrap();
        assert!(parsed.elapsed().unwrap().as_secs() < 60);
    }

    #[test]
    fn cpus_are_listed_as_linux_does() {
        assert_eq!(cpu_list(&[0, 1, 2, 3, 8, 10, 11]), "0-3,8,10-11");
        assert_eq!(cpu_list(&[5]), "5");
        let ids = topology::usable_cpus();
        assert_eq!(topology::parse_cpu_list(&cpu_list(&ids)), ids);
    }

    #[test]
    fn a_run_knows_what_built_it() {
        let (_, run) = Run::begin();
        assert!(run.rustc.starts_with("rustc 1."), "{}", run.rustc);
        assert!(run.flags.contains("opt-level="), "{}", run.flags);
        assert_eq!(run.version, env!("CARGO_PKG_VERSION"));
        assert!(run.load.is_none_or(|load| load >= 0.0));
    }
}

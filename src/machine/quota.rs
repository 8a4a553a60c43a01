//! The CPU quota of this process's cgroup.

use std::path::{Path, PathBuf};

use crate::topology::text;

/// Reads the quota of one group's folder.
type Limit = fn(&Path) -> Option<Quota>;

/// The cgroup's CPU quota.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Quota {
    /// The system does not say.
    #[default]
    Unknown,
    /// No limit.
    Unlimited,
    /// The time of this many CPUs, such as 1.5. Threads that use more are stopped for a while.
    Cpus(f64),
}

impl Quota {
    /// The lowest quota from this process's cgroup up to the root, of either version.
    pub fn detect() -> Quota {
        Quota::read(Path::new("/"))
    }

    /// As [`Quota::detect`], with the system's files below `root`.
    pub fn read(root: &Path) -> Quota {
        let groups = text(&root.join("proc/self/cgroup")).unwrap_or_default();
        let mut found = Vec::new();
        for line in groups.lines() {
            let mut fields = line.splitn(3, ':');
            let (Some(_), Some(controllers), Some(group)) = (fields.next(), fields.next(), fields.next()) else {
                continue;
            };
            let (mounts, limit): (&[&str], Limit) = if controllers.is_empty() {
                (&["sys/fs/cgroup", "sys/fs/cgroup/unified"], version_2)
            } else if controllers.split(',').any(|controller| controller == "cpu") {
                (&["sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct"], version_1)
            } else {
                continue;
            };
            for mount in mounts {
                found.extend(upwards(&root.join(mount), group).iter().filter_map(|folder| limit(folder)));
            }
        }
        let least = found.iter().filter_map(|quota| if let Quota::Cpus(cpus) = quota { Some(*cpus) } else { None });
        match least.min_by(f64::total_cmp) {
            Some(cpus) => Quota::Cpus(cpus),
            // Version 2 has no file at its root, because the root has no limit.
            None if !found.is_empty() || groups.lines().any(|line| line == "0::/") => Quota::Unlimited,
            None => Quota::Unknown,
        }
    }

    /// As the record has it: `none`, or CPUs with up to two decimals; absent when unknown.
    pub fn text(self) -> Option<String> {
        match self {
            Quota::Unknown => None,
            Quota::Unlimited => Some("none".to_owned()),
            Quota::Cpus(cpus) => Some(format!("{} CPUs", (cpus * 100.0).round() / 100.0)),
        }
    }
}

/// A group's folder and those above it, within the mount. A container often sees its own group as the
/// root while its name is that of the host: then only the mount itself exists.
fn upwards(mount: &Path, group: &str) -> Vec<PathBuf> {
    let names: Vec<&str> = group.split('/').filter(|name| !name.is_empty() && *name != "..").take(64).collect();
    (0..=names.len()).map(|n| names[..n].iter().fold(mount.to_owned(), |path, name| path.join(name))).collect()
}

/// `cpu.max`: quota (or `max`) and period.
fn version_2(folder: &Path) -> Option<Quota> {
    let text = text(&folder.join("cpu.max"))?;
    let (quota, period) = text.split_once(' ')?;
    if quota == "max" { Some(Quota::Unlimited) } else { cpus(quota, period) }
}

/// Two files; a quota of -1 is none.
fn version_1(folder: &Path) -> Option<Quota> {
    let quota = text(&folder.join("cpu.cfs_quota_us"))?;
    if quota == "-1" { Some(Quota::Unlimited) } else { cpus(&quota, &text(&folder.join("cpu.cfs_period_us"))?) }
}

fn cpus(quota: &str, period: &str) -> Option<Quota> {
    let (quota, period): (u32, u32) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0 && period > 0).then(|| Quota::Cpus(f64::from(quota) / f64::from(period)))
}

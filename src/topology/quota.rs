//! The CPU quota of this process's cgroup and of those above it.

use std::path::{Path, PathBuf};

use super::text;

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
        let mounts = mounts(root);
        let mut found = Vec::new();
        for line in groups.lines() {
            let mut fields = line.splitn(3, ':');
            let (Some(_), Some(controllers), Some(group)) = (fields.next(), fields.next(), fields.next()) else {
                continue;
            };
            let (version, limit): (u8, Limit) = match controllers {
                "" => (2, version_2),
                several if several.split(',').any(|controller| controller == "cpu") => (1, version_1),
                _ => continue,
            };
            for mount in mounts.iter().filter(|mount| mount.version == version) {
                found.extend(mount.upwards(group).iter().filter_map(|folder| limit(folder)));
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

/// Where a tree of groups can be read.
struct Mount {
    version: u8,
    /// The group that is its root: in a container often not the host's.
    group: String,
    folder: PathBuf,
}

impl Mount {
    /// A group's folder and those above it, within the mount. A container may see its own group as the root while its
    /// name is that of the host: then only the mount itself exists.
    fn upwards(&self, group: &str) -> Vec<PathBuf> {
        let below = group
            .strip_prefix(self.group.trim_end_matches('/'))
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let names = below.unwrap_or(group).split('/').filter(|name| !name.is_empty() && *name != "..").take(64);
        let names: Vec<&str> = names.collect();
        (0..=names.len()).map(|n| names[..n].iter().fold(self.folder.clone(), |path, name| path.join(name))).collect()
    }
}

/// The trees that are mounted, else those of the usual places.
fn mounts(root: &Path) -> Vec<Mount> {
    let listed = text(&root.join("proc/self/mountinfo")).unwrap_or_default();
    let found: Vec<Mount> = listed.lines().filter_map(|line| mount(root, line)).collect();
    let usual = [
        (2, "sys/fs/cgroup"),
        (2, "sys/fs/cgroup/unified"),
        (1, "sys/fs/cgroup/cpu"),
        (1, "sys/fs/cgroup/cpu,cpuacct"),
    ];
    let usual = usual.map(|(version, folder)| Mount { version, group: "/".to_owned(), folder: root.join(folder) });
    if found.is_empty() { usual.into() } else { found }
}

/// A line of `mountinfo`, if it is of groups that may have a CPU quota: number, parent, device, root, mount point and options,
/// then after a dash the kind, the source and further options.
fn mount(root: &Path, line: &str) -> Option<Mount> {
    let (mount, kind) = line.split_once(" - ")?;
    let mut fields = mount.split(' ').skip(3);
    let (group, folder) = (fields.next()?, fields.next()?);
    let mut kind = kind.split(' ');
    let version = match (kind.next()?, kind.nth(1)) {
        ("cgroup2", _) => 2,
        ("cgroup", Some(options)) if options.split(',').any(|option| option == "cpu") => 1,
        _ => return None,
    };
    let folder = root.join(folder.replace("\\040", " ").trim_start_matches('/'));
    Some(Mount { version, group: group.to_owned(), folder })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Quota {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, format!("{text}\n")).unwrap();
        }
        Quota::read(root.path())
    }

    #[test]
    fn quotas_of_either_version_are_found_from_the_group_upwards() {
        let own = ("proc/self/cgroup", "0::/a/b");
        assert_eq!(read(&[own, ("sys/fs/cgroup/a/b/cpu.max", "150000 100000")]), Quota::Cpus(1.5));
        assert_eq!(read(&[own, ("sys/fs/cgroup/a/b/cpu.max", "max 100000")]), Quota::Unlimited);
        let above = [own, ("sys/fs/cgroup/a/b/cpu.max", "300000 100000"), ("sys/fs/cgroup/a/cpu.max", "50000 100000")];
        assert_eq!(read(&above), Quota::Cpus(0.5), "the least of all");
        // In a container: the host's name, the container's own files.
        assert_eq!(read(&[own, ("sys/fs/cgroup/cpu.max", "200000 100000")]), Quota::Cpus(2.0));
        assert_eq!(read(&[("proc/self/cgroup", "0::/")]), Quota::Unlimited);
        assert_eq!(read(&[own]), Quota::Unknown);
        assert_eq!(read(&[own, ("sys/fs/cgroup/a/b/cpu.max", "0 0")]), Quota::Unknown, "damage");

        let own = ("proc/self/cgroup", "4:memory:/x\n3:cpu,cpuacct:/a");
        let period = ("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000");
        assert_eq!(read(&[own, period, ("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "25000")]), Quota::Cpus(0.25));
        assert_eq!(read(&[own, period, ("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "-1")]), Quota::Unlimited);
        assert_eq!(Quota::Cpus(1.0 / 3.0).text().as_deref(), Some("0.33 CPUs"));
        assert_eq!(Quota::Unlimited.text().as_deref(), Some("none"));
        assert_eq!(Quota::Unknown.text(), None);
    }

    #[test]
    fn the_quota_of_a_parent_group_counts_in_version_1_too() {
        let group = ("proc/self/cgroup", "1:cpu:/top/mine\n0::/");
        let [period, quota] = [
            ("sys/fs/cgroup/cpu/top/cpu.cfs_period_us", "100000"),
            ("sys/fs/cgroup/cpu/top/cpu.cfs_quota_us", "100000"),
        ];
        let own = [
            ("sys/fs/cgroup/cpu/top/mine/cpu.cfs_quota_us", "-1"),
            ("sys/fs/cgroup/cpu/top/mine/cpu.cfs_period_us", "100000"),
        ];
        assert_eq!(read(&[group, period, quota, own[0], own[1]]), Quota::Cpus(1.0));
    }

    #[test]
    fn groups_are_read_where_they_are_mounted() {
        let mounts = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw\n\
            32 31 0:29 /kube/pod7 /else\\040where/cpu rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\ndamage\n - cgroup2\n";
        let of =
            |group, path, text| read(&[("proc/self/mountinfo", mounts), ("proc/self/cgroup", group), (path, text)]);
        let period = |folder: &str| format!("{folder}/cpu.cfs_period_us");
        for (group, folder) in [
            ("3:cpu,cpuacct:/kube/pod7/box", "else where/cpu/box"),
            ("3:cpu,cpuacct:/kube/pod7/box", "else where/cpu"),
            ("3:cpu,cpuacct:/kube/pod7", "else where/cpu"),
            ("3:cpu,cpuacct:/", "else where/cpu"),
            ("3:cpu,cpuacct:/kube/pod77", "else where/cpu"),
        ] {
            let (period, quota) = (period(folder), format!("{folder}/cpu.cfs_quota_us"));
            let files =
                [("proc/self/mountinfo", mounts), ("proc/self/cgroup", group), (&period, "50000"), (&quota, "100000")];
            assert_eq!(read(&files), Quota::Cpus(2.0), "{group} {folder}");
        }
        assert_eq!(of("0::/a", "sys/fs/cgroup/unified/a/cpu.max", "300000 100000"), Quota::Cpus(3.0));
        assert_eq!(of("0::/a", "sys/fs/cgroup/a/cpu.max", "300000 100000"), Quota::Unknown, "no such mount");
    }
}

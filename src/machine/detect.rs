//! Fills in the card from what the system tells.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::cpuinfo::{self, CpuInfo};
use super::{Card, Error, identity};
use crate::topology::{self, SYSFS_CPUS, Topology, parse_cpu_list, text};

impl Card {
    /// Describes this computer. Its id is `MISCOUNT_MACHINE` where that is set, and else follows
    /// from the hardware.
    ///
    /// Holds no host name, user name or path.
    ///
    /// # Errors
    /// When `MISCOUNT_MACHINE` cannot be the name of a results folder.
    pub fn detect() -> Result<Card, Error> {
        let wished = identity::wished(std::env::var_os("MISCOUNT_MACHINE").as_deref())?;
        let info = text(Path::new("/proc/cpuinfo")).map(|text| cpuinfo::parse(&text)).unwrap_or_default();
        let (brand, seen, memory) = from_sysinfo();
        let online = text(&Path::new(SYSFS_CPUS).join("online")).map(|list| parse_cpu_list(&list)).unwrap_or_default();
        let whole = Topology::read(Path::new(SYSFS_CPUS), &online);
        let usable = topology::usable_count();
        let cores = || sysinfo::System::physical_core_count().ok();
        let mut card = Card {
            cpu: brand,
            cpus: if online.is_empty() { seen } else { online.len() }.max(usable),
            usable_cpus: usable,
            cores: whole.as_ref().map(Topology::cores).or_else(cores),
            packages: whole.as_ref().map(Topology::packages),
            l3: l3(Path::new(SYSFS_CPUS), &online),
            arch: std::env::consts::ARCH.to_owned(),
            hypervisor: hypervisor(&info, &Firmware::read()),
            family: info.family,
            model: info.model,
            stepping: info.stepping,
            memory_gib: memory,
            os: os(),
            id: String::new(),
        };
        card.id = wished.unwrap_or_else(|| identity::derived(&card));
        Ok(card)
    }
}

/// CPU brand, CPUs and memory in GiB, to one decimal.
fn from_sysinfo() -> (String, usize, Option<f64>) {
    let Ok(mut system) = sysinfo::System::new() else {
        return (String::new(), 0, None);
    };
    system.refresh_cpu_list(sysinfo::CpuRefreshKind::nothing());
    system.refresh_memory_specifics(sysinfo::MemoryRefreshKind::nothing().with_ram());
    let mut brands: Vec<String> = Vec::new();
    for cpu in system.cpus() {
        let brand = plain(cpu.brand());
        if !brand.is_empty() && !brands.contains(&brand) {
            brands.push(brand);
        }
    }
    let bytes = system.total_memory();
    let gib = (bytes as f64 / f64::from(1 << 30) * 10.0).round() / 10.0;
    (plain(&brands.join(" + ")), system.cpus().len(), (bytes > 0).then_some(gib))
}

/// Operating system and its version.
fn os() -> Option<String> {
    let name = plain(&sysinfo::System::name().ok()?);
    let version = sysinfo::System::os_version().map_or_else(|_| String::new(), |v| plain(&v));
    let both = format!("{name} {version}");
    let both = both.trim();
    (!both.is_empty()).then(|| both.to_owned())
}

/// A foreign text fit for a table and a file of one line per record: no control characters, single
/// spaces, at most 128 characters.
pub(super) fn plain(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(128).collect()
}

/// What firmware and kernel say of a virtual machine's maker.
#[derive(Default)]
struct Firmware {
    /// `/sys/hypervisor/type`
    kind: Option<String>,
    /// `sys_vendor` of the DMI table
    vendor: Option<String>,
    /// `product_name` of the DMI table
    product: Option<String>,
}

impl Firmware {
    fn read() -> Firmware {
        let file = |path: &str| text(Path::new(path));
        Firmware {
            kind: file("/sys/hypervisor/type"),
            vendor: file("/sys/class/dmi/id/sys_vendor"),
            product: file("/sys/class/dmi/id/product_name"),
        }
    }
}

/// The hypervisor's name, `yes` for one without a name, `none` for bare metal.
///
/// Only names on the list below are passed on: a computer's maker or owner may write whatever
/// they like into its firmware, and that is no business of a results file.
fn hypervisor(info: &CpuInfo, firmware: &Firmware) -> Option<String> {
    // True where the vendor sells nothing but virtual machines, so that the name alone proves one.
    const VENDORS: [(&str, &str, bool); 9] = [
        ("qemu", "qemu", true),
        ("vmware", "vmware", true),
        ("xen", "xen", true),
        ("parallels", "parallels", true),
        ("innotek", "virtualbox", true),
        ("amazon ec2", "amazon ec2", false),
        ("google", "google", false),
        ("microsoft", "hyper-v", false),
        ("apple", "apple", false),
    ];
    let lower = |field: &Option<String>| field.as_deref().unwrap_or("").to_ascii_lowercase();
    if lower(&firmware.kind) == "xen" {
        return Some("xen".to_owned());
    }
    let (vendor, product) = (lower(&firmware.vendor), lower(&firmware.product));
    let named = VENDORS.iter().find(|(start, ..)| vendor.starts_with(start));
    match (info.hypervisor_flag, named) {
        (Some(false), _) => Some("none".to_owned()),
        (Some(true), Some((_, name, _))) => Some((*name).to_owned()),
        (Some(true), None) => Some("yes".to_owned()),
        (None, Some((_, name, true))) => Some((*name).to_owned()),
        // Amazon's products are named after their size, and the bare ones after the metal.
        (None, Some((_, "amazon ec2", _))) if product.ends_with(".metal") => Some("none".to_owned()),
        (None, Some((_, "amazon ec2", _))) if !product.is_empty() => Some("amazon ec2".to_owned()),
        (None, _) => None,
    }
}

/// Level-3 caches by size, such as `2 x 32 MiB`, from `cpuN/cache/` below `dir`.
fn l3(dir: &Path, ids: &[usize]) -> Option<String> {
    let mut caches: BTreeSet<(Vec<usize>, u64)> = BTreeSet::new();
    for id in ids {
        let cache = dir.join(format!("cpu{id}/cache"));
        // Linux numbers a CPU's caches from 0 without gaps; four or five are usual.
        let index = (0..16)
            .map(|n| cache.join(format!("index{n}")))
            .find(|index| text(&index.join("level")).as_deref() == Some("3"))?;
        let kib: u64 = text(&index.join("size"))?.strip_suffix('K')?.parse().ok()?;
        let shared = parse_cpu_list(&text(&index.join("shared_cpu_list"))?);
        caches.insert((shared, kib));
    }
    let mut by_size: BTreeMap<u64, usize> = BTreeMap::new();
    for (_, kib) in caches {
        *by_size.entry(kib).or_default() += 1;
    }
    let groups: Vec<String> = by_size
        .iter()
        .rev()
        .map(|(&kib, count)| match kib % 1024 {
            0 => format!("{count} x {} MiB", kib / 1024),
            _ => format!("{count} x {:.1} MiB", kib as f64 / 1024.0),
        })
        .collect();
    (!groups.is_empty()).then(|| groups.join(" + "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(hypervisor_flag: Option<bool>) -> CpuInfo {
        CpuInfo { hypervisor_flag, ..CpuInfo::default() }
    }

    fn sold_by(vendor: &str, product: &str) -> Firmware {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Firmware { kind: None, vendor: some(vendor), product: some(product) }
    }

    #[test]
    fn hypervisors_are_named_only_from_the_list() {
        let (virtual_x86, bare_x86, arm) = (flag(Some(true)), flag(Some(false)), flag(None));
        for (info, vendor, product, expected) in [
            (&virtual_x86, "", "", Some("yes")),
            (&virtual_x86, "QEMU", "", Some("qemu")),
            (&virtual_x86, "Microsoft Corporation", "", Some("hyper-v")),
            (&virtual_x86, "Ms Smith's own cloud", "", Some("yes")),
            (&bare_x86, "Microsoft Corporation", "Surface", Some("none")),
            (&bare_x86, "", "", Some("none")),
            (&arm, "", "", None),
            (&arm, "Microsoft Corporation", "Surface", None),
            (&arm, "QEMU", "", Some("qemu")),
            (&arm, "Amazon EC2", "c7g.large", Some("amazon ec2")),
            (&arm, "Amazon EC2", "c7g.metal", Some("none")),
            (&arm, "Amazon EC2", "", None),
        ] {
            let found = hypervisor(info, &sold_by(vendor, product));
            assert_eq!(found.as_deref(), expected, "{vendor:?} {product:?} {info:?}");
        }
        let xen = Firmware { kind: Some("xen".to_owned()), ..Firmware::default() };
        assert_eq!(hypervisor(&virtual_x86, &xen).as_deref(), Some("xen"));
    }

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
        assert_eq!(l3(one.path(), &[0, 1]).as_deref(), Some("1 x 32 MiB"));

        let mixed = caches(&[
            (0, "32768K", "0"),
            (1, "98304K", "1-2"),
            (2, "98304K", "1-2"),
            (3, "32768K", "3"),
            (4, "1536K", "4"),
        ]);
        assert_eq!(l3(mixed.path(), &[0, 1, 2, 3, 4]).as_deref(), Some("1 x 96 MiB + 2 x 32 MiB + 1 x 1.5 MiB"));
    }

    #[test]
    fn caches_that_cannot_be_read_are_unknown() {
        let dir = caches(&[(0, "32768K", "0"), (1, "much", "1")]);
        assert_eq!(l3(dir.path(), &[0]).as_deref(), Some("1 x 32 MiB"));
        assert_eq!(l3(dir.path(), &[0, 1]), None, "size is damaged");
        assert_eq!(l3(dir.path(), &[0, 7]), None, "CPU 7 tells nothing");
        assert_eq!(l3(dir.path(), &[]), None);
    }

    #[test]
    fn foreign_texts_become_one_short_line() {
        assert_eq!(plain("  a\tb\n\0c  "), "a b c");
        assert_eq!(plain(&"é".repeat(1000)).chars().count(), 128);
    }
}

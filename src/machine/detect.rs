//! Fills in the card from the system's calls and files.

use std::path::Path;

use super::cpuinfo::{self, CpuInfo};
use super::{Card, Error, Frequency, caches, identity, microarchitecture};
use crate::topology::{self, Topology, parse_cpu_list, sysfs_cpus, text};

impl Card {
    /// Describes this computer. Its id is `MISCOUNT_MACHINE` if that is set, else it comes
    /// from the hardware.
    ///
    /// Holds no host name, user name or path.
    ///
    /// # Errors
    /// When `MISCOUNT_MACHINE` cannot be the name of a results folder.
    pub fn detect() -> Result<Card, Error> {
        let wished = identity::wished(std::env::var_os("MISCOUNT_MACHINE").as_deref())?;
        let mut card = described(Path::new("/"), Asked::system());
        if let Some(id) = wished {
            card.id = id;
        }
        Ok(card)
    }
}

/// Facts from calls that work on every system. All others are read from Linux's files.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) brand: String,
    pub(super) cpus: usize,
    pub(super) usable: usize,
    pub(super) cores: Option<usize>,
    pub(super) memory_gib: Option<f64>,
    pub(super) os: Option<String>,
}

impl Asked {
    fn system() -> Asked {
        let (brand, cpus, memory_gib) = from_sysinfo();
        let usable = topology::usable_count();
        let cores = sysinfo::System::physical_core_count().ok();
        Asked { brand, cpus, usable, cores, memory_gib, os: os() }
    }
}

/// The card, with its id, of the computer whose `/proc` and `/sys` are below `root`.
pub(super) fn described(root: &Path, asked: Asked) -> Card {
    let info = text(&root.join("proc/cpuinfo")).map(|text| cpuinfo::parse(&text)).unwrap_or_default();
    let cpus = sysfs_cpus(root);
    let online = text(&cpus.join("online")).map(|list| parse_cpu_list(&list)).unwrap_or_default();
    let whole = Topology::read(&cpus, &online);
    let frequency = Frequency::read(&cpus, &online);
    let mut card = Card {
        cpus: if online.is_empty() { asked.cpus } else { online.len() }.max(asked.usable).max(1),
        usable_cpus: asked.usable.max(1),
        cores: some(whole.as_ref().map(Topology::cores).or(asked.cores)),
        threads_per_core: some(whole.as_ref().map(Topology::threads_per_core)),
        packages: some(whole.as_ref().map(Topology::packages)),
        numa_nodes: numa_nodes(root),
        l2: caches::of_level(2, &cpus, &online),
        l3: caches::of_level(3, &cpus, &online),
        arch: std::env::consts::ARCH.to_owned(),
        microarchitecture: microarchitecture::name(&info, &asked.brand),
        min_mhz: frequency.min_mhz,
        max_mhz: frequency.max_mhz,
        hypervisor: hypervisor(&info, &Firmware::read(root)),
        family: info.family,
        model: info.model,
        stepping: info.stepping,
        memory_gib: asked.memory_gib,
        os: asked.os,
        cpu: asked.brand,
        ..Card::default()
    };
    card.id = identity::derived(&card);
    card
}

/// A count that is at least 1: a system that says 0 does not know it.
fn some(count: Option<usize>) -> Option<usize> {
    count.filter(|&count| count > 0)
}

/// Nodes that have CPUs; absent where the kernel was built without NUMA.
fn numa_nodes(root: &Path) -> Option<usize> {
    let nodes = root.join("sys/devices/system/node");
    let list = text(&nodes.join("has_cpu")).or_else(|| text(&nodes.join("online")))?;
    Some(parse_cpu_list(&list).len()).filter(|&nodes| nodes > 0)
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

/// The names that firmware and kernel give for a virtual machine's maker.
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
    fn read(root: &Path) -> Firmware {
        let file = |path: &str| text(&root.join(path));
        Firmware {
            kind: file("sys/hypervisor/type"),
            vendor: file("sys/class/dmi/id/sys_vendor"),
            product: file("sys/class/dmi/id/product_name"),
        }
    }
}

/// The hypervisor's name, `yes` for one without a name, `none` for bare metal.
///
/// Only names on the list below are passed on. A computer's maker or owner may write any text
/// into its firmware, and that must not get into results.
fn hypervisor(info: &CpuInfo, firmware: &Firmware) -> Option<String> {
    // True if the vendor sells only virtual machines, so that the name alone proves one.
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

    #[test]
    fn foreign_texts_become_one_short_line() {
        assert_eq!(plain("  a\tb\n\0c  "), "a b c");
        assert_eq!(plain(&"é".repeat(1000)).chars().count(), 128);
    }
}

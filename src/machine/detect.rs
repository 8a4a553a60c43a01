//! Fills in the card from the system's calls and files.

use std::collections::BTreeMap;
use std::path::Path;

use super::cpuinfo::{self, CpuInfo};
use super::{
    Card, Error, Frequency, Quota, caches, cpuid, emulation, identity, kernel, microarchitecture, pause, share,
    stand_in,
};
use crate::topology::{self, Placement, Topology, midr, parse_cpu_list, sysfs_cpus, text};

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
        card.pause_ns = Some(pause::ns());
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
    /// Instruction set of this program.
    pub(super) arch: String,
    pub(super) cpus: usize,
    pub(super) usable: usize,
    /// What an x86 processor says of itself, in the form of `/proc/cpuinfo`.
    pub(super) cpuid: Option<String>,
    /// CPUs of the affinity mask; 0 when unknown.
    pub(super) allowed: usize,
    /// On a machine of unlike cores what each placement may use.
    pub(super) usable_at: Vec<(Placement, usize)>,
    pub(super) cores: Option<usize>,
    pub(super) memory_gib: Option<f64>,
    pub(super) os: Option<String>,
}

impl Asked {
    fn system() -> Asked {
        let (brand, cpus, memory_gib) = from_sysinfo();
        let usable = topology::usable_count();
        let cores = sysinfo::System::physical_core_count().ok();
        let (arch, allowed) = (std::env::consts::ARCH.to_owned(), topology::usable_cpus().len());
        let topology = Topology::detect();
        let has = |placement: &Placement| *placement == Placement::Unpinned || !topology.order(*placement).is_empty();
        let unlike = topology.kinds().len() > 1;
        let placements = Placement::ALL.into_iter().filter(|placement| unlike && has(placement));
        let usable_at = placements.map(|placement| (placement, topology::usable_count_at(placement))).collect();
        let cpuid = cpuid::told();
        Asked { brand, arch, cpuid, cpus, usable, allowed, usable_at, cores, memory_gib, os: os() }
    }
}

/// The card, with its id, of the computer whose `/proc` and `/sys` are below `root`.
pub(super) fn described(root: &Path, asked: Asked) -> Card {
    let cpus = sysfs_cpus(root);
    let online = text(&cpus.join("online")).map(|list| parse_cpu_list(&list)).unwrap_or_default();
    let told = text(&root.join("proc/cpuinfo")).map(|text| cpuinfo::parse(&text)).unwrap_or_default();
    let hidden = told == CpuInfo::default();
    let own = asked.cpuid.as_deref().map(cpuinfo::parse);
    let stands_in = || own.unwrap_or_else(|| stand_in::read(root, &online));
    let info = if hidden && is_linux(root) { stands_in() } else { told };
    // What these say is all that the file says: the processor's own registers.
    let whole_processor = [&info.family, &info.model, &info.stepping].iter().all(|field| field.is_some());
    let whole = Topology::read(&cpus, &online);
    let frequency = Frequency::read(&cpus, &online);
    let firmware = Firmware::read(root);
    let microarchitecture = microarchitecture::name(&info, &asked.brand);
    let mut card = Card {
        cpus: if online.is_empty() { asked.cpus } else { online.len() }.max(asked.usable).max(1),
        usable_cpus: asked.usable.max(1),
        usable_at: usable_at(&asked),
        cores: some(whole.as_ref().map(Topology::cores).or(asked.cores)),
        threads_per_core: some(whole.as_ref().map(Topology::threads_per_core)),
        packages: some(whole.as_ref().map(Topology::packages)),
        kinds: whole.as_ref().and_then(|whole| kinds(whole, &cpus)),
        numa_nodes: numa_nodes(root),
        l2: caches::of_level(2, &cpus, &online),
        l3: caches::of_level(3, &cpus, &online),
        min_mhz: frequency.min_mhz,
        max_mhz: frequency.max_mhz,
        hypervisor: hypervisor(&info, &firmware),
        emulated: emulation::seen(root, &asked.arch, &info),
        missing: missing(
            root,
            &[
                ("processor (cpuinfo)", hidden && !whole_processor),
                ("cores (topology)", whole.is_none()),
                ("hypervisor (firmware)", !firmware.is_there && firmware.is_expected(&asked.arch, &info)),
            ],
        ),
        cpu: brand(&asked.brand, &info, microarchitecture.as_deref()),
        microarchitecture,
        family: info.family,
        model: info.model,
        stepping: info.stepping,
        processor: info.processor,
        memory_gib: asked.memory_gib,
        os: asked.os,
        arch: asked.arch,
        ..Card::default()
    };
    let config = kernel::Config::read(root);
    card.preemption = kernel::preemption(root, &config);
    card.huge_pages = kernel::huge_pages(root);
    card.restartable = kernel::restartable(root, &config);
    card.share = share::of(root, &card, asked.allowed, Quota::read(root));
    if hidden && !whole_processor {
        // What is left to tell machines apart.
        let clock = card.max_mhz.map(|mhz| format!("{mhz} MHz"));
        let rest = [
            card.processor.take(),
            card.l2.clone(),
            card.l3.clone(),
            clock,
            card.numa_nodes.map(|n| format!("{n} nodes")),
        ];
        card.processor = joined(rest);
    }
    card.id = identity::derived(&card);
    card
}

/// Whether the folder is of a Linux, which has such files. Elsewhere none is hidden.
fn is_linux(root: &Path) -> bool {
    ["proc", "sys"].iter().any(|folder| root.join(folder).exists())
}

fn joined(parts: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What the processor is called, by the first source that calls it anything.
fn brand(asked: &str, info: &CpuInfo, microarchitecture: Option<&str>) -> String {
    let vendor = match info.vendor.as_deref() {
        Some("AuthenticAMD") => "AMD ",
        Some("GenuineIntel") => "Intel ",
        _ => "",
    };
    let core = microarchitecture::brand(info).or_else(|| microarchitecture.map(|name| format!("{vendor}{name}")));
    let number = info.family.as_ref().zip(info.model.as_ref()).map(|(family, model)| format!("{family}/{model}"));
    let told = [Some(asked.to_owned()), info.brand.clone(), core, number];
    told.into_iter().flatten().map(|brand| plain(&brand)).find(|brand| !brand.is_empty()).unwrap_or_default()
}

/// The kinds of core of a machine that has several, the fastest first: CPUs, cores, name, clock and caches of each.
fn kinds(whole: &Topology, dir: &Path) -> Option<String> {
    let count = whole.kinds().len();
    let kind = |kind: usize| {
        let of_kind = Topology { cpus: whole.cpus.iter().filter(|cpu| cpu.kind == kind).copied().collect() };
        let ids: Vec<usize> = of_kind.cpus.iter().map(|cpu| cpu.id).collect();
        let name = midr(dir, ids[0]).and_then(microarchitecture::of_register);
        let clock = Frequency::read(dir, &ids).max_mhz.map(|mhz| format!("to {mhz} MHz"));
        let caches = [2, 3].map(|level| caches::of_level(level, dir, &ids).map(|caches| format!("L{level} {caches}")));
        let counted = |n: usize, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
        let numbers = format!("{} on {}", counted(ids.len(), "CPU"), counted(of_kind.cores(), "core"));
        let name = name.map(str::to_owned);
        let all: Vec<String> = [Some(numbers), name, clock].into_iter().chain(caches).flatten().collect();
        all.join(", ")
    };
    (count > 1).then(|| (0..count).map(kind).collect::<Vec<_>>().join("; "))
}

/// The CPUs of the placements that may use more or fewer than `spread`.
fn usable_at(asked: &Asked) -> BTreeMap<String, usize> {
    let others = asked.usable_at.iter().filter(|(_, cpus)| *cpus != asked.usable);
    others.map(|(placement, cpus)| (placement.id().to_owned(), *cpus)).collect()
}

/// The sources that the system hides and that the id is made of; `None` where none is hidden, or the system has none of them.
fn missing(root: &Path, hidden: &[(&'static str, bool)]) -> Option<String> {
    let names: Vec<&str> = hidden.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
    (is_linux(root) && !names.is_empty()).then(|| names.join(", "))
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
    /// What a device tree says of its hypervisor, such as `linux,kvm`; on s390x `VM00 Control Program`.
    control: Option<String>,
    /// Whether any of the places was there.
    is_there: bool,
}

impl Firmware {
    fn read(root: &Path) -> Firmware {
        let file = |path: &str| text(&root.join(path));
        Firmware {
            kind: file("sys/hypervisor/type"),
            vendor: file("sys/class/dmi/id/sys_vendor"),
            product: file("sys/class/dmi/id/product_name"),
            control: file("proc/device-tree/hypervisor/compatible").or_else(|| {
                let sysinfo = file("proc/sysinfo")?;
                sysinfo.lines().find_map(|line| Some(line.strip_prefix("VM00 Control Program:")?.trim().to_owned()))
            }),
            is_there: ["sys/hypervisor/type", "sys/class/dmi/id", "proc/device-tree", "proc/sysinfo"]
                .iter()
                .any(|path| root.join(path).exists()),
        }
    }

    /// Whether a machine of this instruction set has such a place, and needs it to say by whom it is virtual.
    fn is_expected(&self, arch: &str, info: &CpuInfo) -> bool {
        match arch {
            // The processor itself says that it is no virtual one.
            "x86" | "x86_64" => info.hypervisor_flag != Some(false),
            "aarch64" | "riscv64" | "loongarch64" | "powerpc64" | "s390x" => true,
            _ => false,
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
    let control = lower(&firmware.control);
    for (said, name) in [("linux,kvm", "kvm"), ("kvm/linux", "kvm"), ("xen,", "xen"), ("z/vm", "z/vm")] {
        if control.starts_with(said) {
            return Some(name.to_owned());
        }
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
        Firmware { vendor: some(vendor), product: some(product), ..Firmware::default() }
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

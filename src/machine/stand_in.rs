//! Other sources of what `/proc/cpuinfo` says, where that file is hidden, as it may be in a container.

use std::path::Path;

use super::cpuinfo::{self, CpuInfo};
use crate::topology::{midr, sysfs_cpus, text};

/// What the other sources say of the processor, with the system's files below `root`; nothing where they say nothing. Each gives
/// its lines in the form of `/proc/cpuinfo`.
pub(super) fn read(root: &Path, cpus: &[usize]) -> CpuInfo {
    let sources = [arm, x86, ibm, device_tree, soc, hardware];
    let said = sources.into_iter().find_map(|source| source(root, cpus));
    said.map(|text| cpuinfo::parse(&text)).unwrap_or_default()
}

/// Arm: each CPU's main identification register.
fn arm(root: &Path, cpus: &[usize]) -> Option<String> {
    let registers: Option<Vec<u32>> = cpus.iter().map(|&id| midr(&sysfs_cpus(root), id)).collect();
    let block = |midr: u32| {
        format!(
            "CPU implementer\t: {:#04x}\nCPU variant\t: {:#x}\nCPU part\t: {:#05x}\nCPU revision\t: {}\n\n",
            midr >> 24,
            midr >> 20 & 0xf,
            midr >> 4 & 0xfff,
            midr & 0xf
        )
    };
    registers.filter(|registers| !registers.is_empty()).map(|registers| registers.into_iter().map(block).collect())
}

/// x86: the alias by which the kernel finds modules, such as `cpu:type:x86,ven0002fam0019mod0011:feature:...`.
fn x86(root: &Path, _: &[usize]) -> Option<String> {
    let alias = text(&sysfs_cpus(root).join("modalias"))?;
    let rest = alias.strip_prefix("cpu:type:x86,ven")?;
    let number = |after: &str| {
        let digits = rest.split_once(after)?.1.get(..4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let vendor = match rest.get(..4)? {
        "0000" => "GenuineIntel",
        "0002" => "AuthenticAMD",
        "0005" => "CentaurHauls",
        "0009" => "HygonGenuine",
        _ => "other",
    };
    Some(format!("processor: 0\nvendor_id: {vendor}\ncpu family: {}\nmodel: {}\n", number("fam")?, number("mod")?))
}

/// s390x: the machine's type. The file has serial numbers too, which are not read.
fn ibm(root: &Path, _: &[usize]) -> Option<String> {
    let sysinfo = text(&root.join("proc/sysinfo"))?;
    let machine = sysinfo.lines().find_map(|line| line.strip_prefix("Type:"))?.trim();
    Some(format!("vendor_id: IBM/S390\nprocessor 0: machine = {machine}\n"))
}

/// RISC-V, POWER, MIPS: the processors in the device tree, where that is not hidden too.
fn device_tree(root: &Path, _: &[usize]) -> Option<String> {
    let folder = ["proc/device-tree/cpus", "sys/firmware/devicetree/base/cpus"].map(|path| root.join(path));
    let entries = folder.iter().find_map(|folder| std::fs::read_dir(folder).ok())?;
    let mut nodes: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    nodes.sort();
    let mut said = String::new();
    for node in nodes {
        let name = node.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some((_, cpu)) = name.split('@').next().and_then(|name| name.split_once("PowerPC,")) {
            said += &format!("processor: 0\ncpu: {cpu}\n\n");
        } else if name.starts_with("cpu@") {
            let [model, isa] = ["compatible", "riscv,isa"].map(|file| words(&node.join(file)).into_iter().next());
            let lines = [("uarch", model.filter(|model| model != "riscv")), ("isa", isa)];
            let lines = lines.into_iter().filter_map(|(key, value)| Some(format!("{key}: {}\n", value?)));
            said += &format!("processor: 0\n{}\n", lines.collect::<String>());
        }
    }
    said.contains(": ")
        .then_some(said)
        .filter(|said| said.lines().any(|line| !line.starts_with("processor") && !line.is_empty()))
}

/// The chip's own name: the last of what a device tree says that a board is compatible with, such as `rockchip,rk3588`.
fn soc(root: &Path, _: &[usize]) -> Option<String> {
    let files = ["proc/device-tree/compatible", "sys/firmware/devicetree/base/compatible"];
    let name = files.iter().find_map(|file| words(&root.join(file)).pop())?;
    // `linux,dummy-virt` and the like name nothing.
    (!name.starts_with("linux,")).then(|| format!("processor: 0\ncpu: {name}\n"))
}

/// m68k: the model that Linux was built to run on.
fn hardware(root: &Path, _: &[usize]) -> Option<String> {
    let hardware = text(&root.join("proc/hardware"))?;
    let model = hardware.lines().find_map(|line| line.strip_prefix("Model:"))?.trim();
    Some(format!("processor: 0\ncpu: m68k, {model}\nmachine: {model}\n"))
}

/// The texts of a file of the device tree, each ended by a zero; only short names of chips are taken.
fn words(path: &Path) -> Vec<String> {
    let bytes = text(path).unwrap_or_default();
    let is_name = |word: &&str| {
        (1..=48).contains(&word.len())
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b',' | b'-' | b'_' | b'.' | b'+'))
    };
    bytes.split('\0').filter(is_name).map(str::to_owned).collect()
}

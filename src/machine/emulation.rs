//! Whether this processor is another one's imitation: what an emulator runs has the emulated processor's name, and the costs and
//! the memory order of the host's.

use std::path::Path;

use super::cpuinfo::CpuInfo;
use crate::topology::{sysfs_cpus, text};

/// Families of instruction sets: a processor runs the others of its own family itself.
const FAMILIES: [(&str, &[&str]); 7] = [
    ("x86", &["x86", "x86_64"]),
    ("Arm", &["arm", "aarch64"]),
    ("POWER", &["powerpc", "powerpc64"]),
    ("s390x", &["s390x"]),
    ("LoongArch", &["loongarch32", "loongarch64"]),
    ("MIPS", &["mips", "mips64", "mips32r6", "mips64r6"]),
    ("RISC-V", &["riscv32", "riscv64"]),
];

/// By what a program for `arch` is emulated, in words; `None` where nothing speaks for an emulator.
pub(super) fn seen(root: &Path, arch: &str, info: &CpuInfo) -> Option<String> {
    let own = family(arch);
    let host = host(root, info).filter(|host| Some(*host) != own);
    if let Some(host) = host.filter(|_| own.is_some() || !arch.is_empty()) {
        return Some(format!("{arch} on {host}"));
    }
    if info.vendor.as_deref() == Some("VirtualApple") {
        return Some("x86 on Apple's (Rosetta)".to_owned());
    }
    // No maker has the number 0. Mixed processors have several numbers.
    if own == Some("Arm") && info.family.as_deref().is_some_and(|family| family.split('+').any(|one| one == "0x00")) {
        return Some(format!("{arch} by an emulator (implementer 0x00)"));
    }
    // x86 and POWER are called so by a hypervisor that emulates nothing.
    let called =
        [&info.brand, &info.processor].into_iter().flatten().any(|text| text.to_ascii_lowercase().contains("qemu"));
    (called && !matches!(own, Some("x86" | "POWER"))).then(|| format!("{arch} by QEMU"))
}

fn family(arch: &str) -> Option<&'static str> {
    FAMILIES.iter().find(|(_, all)| all.contains(&arch)).map(|(name, _)| *name)
}

/// The family of the kernel's own processor, by signs that an emulator of programs does not imitate.
fn host(root: &Path, info: &CpuInfo) -> Option<&'static str> {
    if let Some(alias) = text(&sysfs_cpus(root).join("modalias")) {
        let kind = alias.strip_prefix("cpu:type:").unwrap_or_default().split([',', ':']).next().unwrap_or_default();
        let digit =
            |start: &str| kind.strip_prefix(start).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let found = match kind {
            "x86" => Some("x86"),
            "aarch64" => Some("Arm"),
            "riscv" => Some("RISC-V"),
            _ if digit("v") => Some("Arm"),
            _ if digit("z") => Some("s390x"),
            _ if digit("power") || digit("ppc") => Some("POWER"),
            _ if kind.starts_with("loongarch") => Some("LoongArch"),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    // Linux has this line on x86 since 6.6.
    let status = text(&root.join("proc/self/status")).unwrap_or_default();
    if status.lines().any(|line| line.starts_with("x86_Thread_features:")) {
        return Some("x86");
    }
    // Older emulators pass on the host's own file.
    let x86 = ["GenuineIntel", "AuthenticAMD", "HygonGenuine", "CentaurHauls"];
    let flagged = info.hypervisor_flag.is_some() && info.vendor.as_deref().is_some_and(|vendor| x86.contains(&vendor));
    flagged.then_some("x86")
}

#[cfg(test)]
mod tests {
    use super::super::cpuinfo::parse;
    use super::*;

    const N1: &str =
        "processor\t: 0\nCPU implementer\t: 0x41\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n";
    const X86: &str =
        "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t: 85\nstepping\t: 7\nflags\t: fpu\n";

    fn seen_with(arch: &str, cpuinfo: &str, files: &[(&str, &str)]) -> Option<String> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        seen(root.path(), arch, &parse(cpuinfo))
    }

    #[test]
    fn a_program_of_another_processor_is_told_by_what_the_kernel_says_of_its_own() {
        let alias = |kind: &'static str| [("sys/devices/system/cpu/modalias", kind)];
        let x86 = "cpu:type:x86,ven0002fam0019mod0011:feature:,0000,0001\n";
        assert_eq!(seen_with("aarch64", N1, &alias(x86)).as_deref(), Some("aarch64 on x86"));
        assert_eq!(seen_with("riscv64", "", &alias(x86)).as_deref(), Some("riscv64 on x86"));
        assert_eq!(seen_with("sparc64", "", &alias(x86)).as_deref(), Some("sparc64 on x86"));
        assert_eq!(
            seen_with("x86_64", X86, &alias("cpu:type:aarch64:feature:,0000")).as_deref(),
            Some("x86_64 on Arm")
        );
        assert_eq!(seen_with("s390x", "", &alias("cpu:type:power9:feature:")).as_deref(), Some("s390x on POWER"));
        // Of one family: the processor does it itself.
        assert_eq!(seen_with("x86", X86, &alias(x86)), None);
        assert_eq!(seen_with("arm", N1, &alias("cpu:type:aarch64:feature:,0000")), None);
        assert_eq!(seen_with("aarch64", N1, &alias("cpu:type:aarch64:feature:,0000")), None);
        assert_eq!(seen_with("arm", N1, &alias("cpu:type:v7l:feature:,0000")), None);
        assert_eq!(seen_with("s390x", "", &alias("cpu:type:z15:feature:,0000")), None);
        assert_eq!(seen_with("aarch64", N1, &alias("cpu:type:strange:feature:")), None, "unknown says nothing");
        assert_eq!(seen_with("aarch64", N1, &[]), None);
    }

    #[test]
    fn other_signs_serve_where_the_alias_is_hidden() {
        let status = [("proc/self/status", "Name:\tx\nx86_Thread_features:\t\nx86_Thread_features_locked:\t\n")];
        assert_eq!(seen_with("aarch64", N1, &status).as_deref(), Some("aarch64 on x86"));
        assert_eq!(seen_with("x86_64", X86, &status), None);
        assert_eq!(seen_with("aarch64", X86, &[]).as_deref(), Some("aarch64 on x86"), "the host's own cpuinfo");
        let nobody = N1.replace("0x41", "0x00");
        assert_eq!(seen_with("aarch64", &nobody, &[]).as_deref(), Some("aarch64 by an emulator (implementer 0x00)"));
        let rosetta = X86.replace("GenuineIntel", "VirtualApple");
        assert_eq!(seen_with("x86_64", &rosetta, &[]).as_deref(), Some("x86 on Apple's (Rosetta)"));
        let alpha = "cpu\t: Alpha\ncpu model\t: ev67\nsystem type\t: QEMU\n";
        assert_eq!(seen_with("alpha", alpha, &[]).as_deref(), Some("alpha by QEMU"));
        let kvm = X86.to_owned() + "model name\t: QEMU Virtual CPU version 2.5+\n";
        assert_eq!(seen_with("x86_64", &kvm, &[]), None, "a virtual machine");
    }
}

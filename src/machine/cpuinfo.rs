//! Reads Linux's `/proc/cpuinfo`, whose keys differ from one instruction set to the next.
//!
//! *Source:* `show_cpuinfo` of each folder of Linux's `arch/`. Serial numbers (`identification`, `Serial`, `cpu serial number`)
//! are among what it shows, so only the keys named here are read.

use std::collections::BTreeMap;

/// The facts about the processor in `/proc/cpuinfo`; absent where it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CpuInfo {
    /// x86: `vendor_id`, such as `GenuineIntel`.
    pub(super) vendor: Option<String>,
    /// x86: `cpu family`; Arm: `CPU implementer`.
    pub(super) family: Option<String>,
    /// x86: `model`; Arm: `CPU part`.
    pub(super) model: Option<String>,
    /// x86: `stepping`; Arm: `CPU variant` and `CPU revision` as `r3p1`.
    pub(super) stepping: Option<String>,
    /// Whether an x86 processor says that it is virtual; absent on others, which have no such flag.
    pub(super) hypervisor_flag: Option<bool>,
    /// What the processor is called, by whichever key this instruction set has for it.
    pub(super) brand: Option<String>,
    /// What tells processors apart where family, model and stepping do not: the other facts of each kind of core, with the number
    /// of its CPUs where there are several kinds. On Arm it is there for several kinds only.
    pub(super) processor: Option<String>,
}

/// Parses the file's text; survives any text.
///
/// A mixed machine (big and little cores) gives each value once, in order, joined by `+`.
pub(super) fn parse(text: &str) -> CpuInfo {
    let mut vendor = Distinct::default();
    let mut family = Distinct::default();
    let mut model = Distinct::default();
    let mut stepping = Distinct::default();
    let mut variant = "";
    let mut hypervisor_flag = None;
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        match key.trim() {
            "vendor_id" => vendor.add(value),
            "cpu family" | "CPU implementer" => family.add(value),
            "model" | "CPU part" => model.add(value),
            "stepping" => stepping.add(value),
            "CPU variant" => variant = value,
            // Comes last in a processor's block, after its variant.
            "CPU revision" => {
                let variant = variant.trim_start_matches("0x");
                let shown = if variant.is_empty() { "?" } else { variant };
                stepping.add(&format!("r{shown}p{value}"));
            }
            "flags" => {
                let flag = value.split_whitespace().any(|flag| flag == "hypervisor");
                hypervisor_flag = Some(hypervisor_flag.unwrap_or(false) || flag);
            }
            _ => {}
        }
    }
    let told = [&family, &model, &stepping].iter().all(|field| !field.0.is_empty());
    let blocks = blocks(text);
    CpuInfo {
        vendor: vendor.joined(),
        family: family.joined(),
        model: model.joined(),
        stepping: stepping.joined(),
        hypervisor_flag,
        brand: brand(&blocks),
        processor: processor(&blocks, told),
    }
}

/// Each value once, in the order of first appearance.
#[derive(Default)]
struct Distinct(Vec<String>);

impl Distinct {
    fn add(&mut self, value: &str) {
        // These are short numbers. Anything else is damage and stays out of results.
        let sound = !value.is_empty() && value.len() <= 16 && value.bytes().all(is_number_byte);
        if sound && self.0.len() < 8 && !self.0.iter().any(|known| known == value) {
            self.0.push(value.to_owned());
        }
    }

    fn joined(self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join("+"))
    }
}

fn is_number_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'?'
}

/// What one CPU, or the part of the file about all of them, says by the keys below; the keys are in lower case.
type Block<'t> = BTreeMap<String, &'t str>;

/// Facts that tell processors apart, beside x86's and Arm's: the key, and what it is called on the card. In this order they are
/// hashed.
const FACTS: [(&str, &str); 26] = [
    // RISC-V.
    ("uarch", "uarch"),
    ("isa", "isa"),
    ("mvendorid", "mvendorid"),
    ("marchid", "marchid"),
    ("mimpid", "mimpid"),
    // POWER: `cpu`, `revision`, `platform`, `model`, `machine`. SPARC: `cpu`, `type`. PA-RISC: `cpu family`, `cpu`, `model`,
    // `model name`, `hversion`. MIPS: `system type`, `machine`, `cpu model`. Alpha: `cpu`, `cpu model`, `cpu variation`, `cpu
    // revision`, `system type`, `system variation`, `platform string`. LoongArch: `CPU Family`, `Model Name`, `CPU Revision`.
    // IA-64: `vendor`, `family`, `model`, `revision`. Elbrus: `vendor_id`, `cpu family`, `model`, `revision`. SuperH: `machine`,
    // `cpu family`, `cpu type`, `cut`. m68k: `CPU`. ARC, Xtensa, C-SKY, Nios II, OpenRISC and MicroBlaze: some of these.
    ("vendor_id", "vendor"),
    ("vendor", "vendor"),
    ("cpu family", "family"),
    ("family", "family"),
    ("cpu-family", "family"),
    ("cpu", "cpu"),
    ("cpu model", "cpu model"),
    ("cpu type", "cpu type"),
    ("cpu variation", "variation"),
    ("cpu revision", "revision"),
    ("revision", "revision"),
    ("cut", "cut"),
    ("model", "model"),
    ("model name", "model name"),
    ("hversion", "hversion"),
    ("type", "type"),
    ("system type", "system"),
    ("system variation", "system variation"),
    ("platform", "platform"),
    ("platform string", "platform"),
    ("machine", "machine"),
];

/// Arm's.
const ARM: [&str; 4] = ["cpu implementer", "cpu part", "cpu variant", "cpu revision"];

/// What the processor is called, the preferred key first.
const BRANDS: [&str; 9] =
    ["model name", "uarch", "cpu", "cpu model", "cpu type", "cpu-family", "cpu core", "processor", "hardware"];

/// The blocks of the file, each up to an empty line or the next `processor`.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = vec![Block::new()];
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else {
            if line.trim().is_empty() && blocks.last().is_some_and(|block| !block.is_empty()) {
                blocks.push(Block::new());
            }
            continue;
        };
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        let last = blocks.last_mut().expect("there is one");
        // s390x: `processor 0: version = 00,  identification = 123456,  machine = 8561`.
        if key.starts_with("processor ") {
            if let Some((_, machine)) = value.split_once("machine = ") {
                blocks.push([("processor".to_owned(), ""), ("machine".to_owned(), machine)].into());
            }
            continue;
        }
        if key == "processor" && !last.is_empty() {
            blocks.push([(key, value)].into());
        } else {
            last.entry(key).or_insert(value);
        }
        // More than any Linux is built for: damage.
        if blocks.len() > 1 << 16 {
            break;
        }
    }
    blocks
}

/// A value that may be shown, without what changes with the kernel.
fn sound(key: &str, value: &str) -> Option<String> {
    let value = match key {
        // Later kernels name more extensions of the same processor. Only RISC-V's begin like that.
        "isa" => value.split('_').next().filter(|isa| isa.starts_with("rv"))?,
        // "POWER9, altivec supported": what follows is no part of the name.
        "cpu" => value.split(", ").next().unwrap_or_default(),
        _ => value,
    };
    // More than one slash would look like a path.
    let value = if value.matches('/').count() > 1 { value.replace('/', "-") } else { value.to_owned() };
    let fits = (1..=64).contains(&value.len())
        && !value.starts_with(['/', '-', '~', '.'])
        && value.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    (fits && value != "N/A").then_some(value)
}

/// The facts of one block, of all but Arm; empty where it has none.
fn facts(block: &Block<'_>) -> String {
    let fact = |(key, name): &(&str, &str)| Some(format!("{name} {}", sound(key, block.get(*key)?)?));
    FACTS.iter().filter_map(fact).collect::<Vec<_>>().join(", ")
}

/// The identity of one Arm core, such as `0x41/0xd0b r4p0`.
fn arm(block: &Block<'_>) -> Option<String> {
    let [implementer, part, variant, revision] = ARM.map(|key| block.get(key).and_then(|value| sound(key, value)));
    let shown = variant.unwrap_or_else(|| "?".to_owned());
    Some(format!("{}/{} r{}p{}", implementer?, part?, shown.trim_start_matches("0x"), revision.unwrap_or_default()))
}

/// See [`CpuInfo::processor`]. `told`: family, model and stepping do.
fn processor(blocks: &[Block<'_>], told: bool) -> Option<String> {
    let cores: Vec<String> = blocks.iter().filter_map(arm).collect();
    if !cores.is_empty() {
        return several(cores.iter().map(String::as_str));
    }
    if told {
        return None;
    }
    let (of_cpus, of_all): (Vec<&Block<'_>>, Vec<&Block<'_>>) =
        blocks.iter().partition(|block| block.contains_key("processor"));
    let cpus: Vec<String> = of_cpus.into_iter().map(facts).collect();
    let cpus = several(cpus.iter().map(String::as_str)).or_else(|| cpus.into_iter().next());
    let mut each: Vec<String> = Vec::new();
    for facts in cpus.into_iter().chain(of_all.into_iter().map(facts)) {
        if !facts.is_empty() && !each.contains(&facts) {
            each.push(facts);
        }
    }
    let text: String = each.join("; ").chars().take(512).collect();
    (!text.is_empty()).then_some(text)
}

/// The kinds with the number of each, in the order of their first; `None` for one kind.
pub(super) fn several<'t>(cpus: impl Iterator<Item = &'t str>) -> Option<String> {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for cpu in cpus {
        match kinds.iter().position(|(kind, _)| *kind == cpu) {
            Some(known) => kinds[known].1 += 1,
            None if kinds.len() < 8 => kinds.push((cpu, 1)),
            None => {}
        }
    }
    let each: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} x {kind}")).collect();
    (each.len() > 1).then(|| each.join(" + "))
}

/// Machine types of IBM's, which calls none of its processors by name.
const IBM: [(&str, &str); 13] = [
    ("2817", "IBM z196"),
    ("2818", "IBM z114"),
    ("2827", "IBM zEC12"),
    ("2828", "IBM zBC12"),
    ("2964", "IBM z13"),
    ("2965", "IBM z13s"),
    ("3906", "IBM z14"),
    ("3907", "IBM z14 ZR1"),
    ("8561", "IBM z15"),
    ("8562", "IBM z15 T02"),
    ("3931", "IBM z16"),
    ("3932", "IBM z16 A02"),
    ("9175", "IBM z17"),
];

/// The name of an IBM machine type, such as `8561`.
pub(super) fn ibm(machine: &str) -> String {
    let known = IBM.iter().find(|(number, _)| *number == machine).map(|(_, name)| (*name).to_owned());
    known.unwrap_or_else(|| format!("IBM Z {machine}"))
}

/// See [`CpuInfo::brand`]; the brands of unlike cores joined by ` + `.
fn brand(blocks: &[Block<'_>]) -> Option<String> {
    let mut brands: Vec<String> = Vec::new();
    let said = |key: &'static str| blocks.iter().filter_map(move |block| sound(key, block.get(key)?));
    if said("vendor_id").any(|vendor| vendor == "IBM/S390") {
        brands.extend(said("machine").map(|machine| ibm(&machine)));
    } else if said("cpu").any(|cpu| cpu == "Alpha") {
        brands.extend(said("cpu model").map(|model| format!("Alpha {model}")));
    } else if said("cpu family").any(|family| family.starts_with("PA-RISC")) {
        brands.extend(said("cpu"));
    } else {
        // A number is the CPU's own.
        let is_number = |key, brand: &String| key == "processor" && brand.bytes().all(|b| b.is_ascii_digit());
        let mut by_key =
            BRANDS.into_iter().map(|key| said(key).filter(|brand| !is_number(key, brand)).collect::<Vec<_>>());
        brands = by_key.find(|brands| !brands.is_empty()).unwrap_or_default();
    }
    if brands.is_empty() {
        brands.extend(said("mvendorid").map(|vendor| riscv(&vendor, said("marchid").next())));
    }
    let mut each: Vec<String> = Vec::new();
    for brand in brands {
        if !each.contains(&brand) && each.len() < 4 {
            each.push(brand);
        }
    }
    (!each.is_empty()).then(|| each.join(" + "))
}

/// A RISC-V processor that is not called anything: its vendor (JEDEC's number) and architecture.
fn riscv(vendor: &str, arch: Option<String>) -> String {
    let name = match vendor {
        "0x489" => "SiFive",
        "0x5b7" => "T-Head",
        "0x710" => "SpacemiT",
        "0x31e" => "Andes",
        "0x61f" => "Tenstorrent",
        other => return format!("RISC-V {other}/{}", arch.unwrap_or_default()),
    };
    format!("{name} {}", arch.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    const X86: &str = "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\n\
        model name\t: AMD EPYC\nstepping\t: 1\nflags\t\t: fpu vme hypervisor lahf_lm\n\n\
        processor\t: 1\ncpu family\t: 25\nmodel\t\t: 17\nstepping\t: 1\nflags\t\t: fpu vme hypervisor\n";

    #[test]
    fn x86_is_read() {
        let info = parse(X86);
        assert_eq!(info.vendor, some("AuthenticAMD"));
        assert_eq!(info.family, some("25"));
        assert_eq!(info.model, some("17"), "and not the model name");
        assert_eq!(info.stepping, some("1"));
        assert_eq!(info.hypervisor_flag, Some(true));
    }

    #[test]
    fn x86_without_the_flag_is_bare_metal() {
        let info = parse(&X86.replace("hypervisor", "hypervisor_not"));
        assert_eq!(info.hypervisor_flag, Some(false));
    }

    #[test]
    fn arm_is_read_and_a_mixed_machine_keeps_both_parts() {
        let text = "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n\
            CPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd03\nCPU revision\t: 4\n\n\
            processor\t: 1\nCPU implementer\t: 0x41\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n";
        let info = parse(text);
        assert_eq!(info.family, some("0x41"));
        assert_eq!(info.model, some("0xd03+0xd0c"));
        assert_eq!(info.stepping, some("r0p4+r3p1"));
        assert_eq!(info.hypervisor_flag, None, "Arm has no such flag");
    }

    #[test]
    fn damage_is_left_out() {
        assert_eq!(parse(""), CpuInfo::default());
        assert_eq!(parse("model\nmodel:\n:\n::::\n\0\u{fffd}"), CpuInfo::default());
        assert_eq!(parse("model: /home/someone\nstepping: a b"), CpuInfo::default());
        assert_eq!(parse(&format!("model: {}", "7".repeat(1 << 20))).model, None);
        let many: String = (0..1000).map(|n| format!("model: {n}\n")).collect();
        assert_eq!(parse(&many).model, some("0+1+2+3+4+5+6+7"));
        assert_eq!(parse("CPU revision: 2").stepping, some("r?p2"));
    }

    #[test]
    fn any_cut_and_any_flipped_byte_is_survived() {
        for end in 0..X86.len() {
            parse(&X86[..end]);
            let mut bytes = X86.as_bytes().to_vec();
            bytes[end] ^= 0xa5;
            parse(&String::from_utf8_lossy(&bytes));
        }
    }
}

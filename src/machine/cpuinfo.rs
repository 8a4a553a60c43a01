//! Reads Linux's `/proc/cpuinfo`, whose keys differ from one instruction set to the next.

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
    CpuInfo {
        vendor: vendor.joined(),
        family: family.joined(),
        model: model.joined(),
        stepping: stepping.joined(),
        hypervisor_flag,
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

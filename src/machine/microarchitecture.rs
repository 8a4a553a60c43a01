//! The microarchitecture's name from the processor's vendor, family and model.
//!
//! No processor gives this name. The table has common processors of servers and desktops. For others no name is
//! guessed. *Sources:* Linux's `arch/x86/include/asm/intel-family.h`, `arch/x86/kernel/cpu/amd.c`
//! (`bsp_init_amd`) and `arch/arm64/include/asm/cputype.h`.

use super::cpuinfo::CpuInfo;

/// Its name, such as `Zen 4`; for a mixed machine one a kind of core, joined by ` + `. `None` when
/// any of them is not in the table.
pub(super) fn name(info: &CpuInfo, brand: &str) -> Option<String> {
    let (family, model) = (info.family.as_deref(), info.model.as_deref());
    let Some((family, model)) = family.zip(model) else {
        return apple_brand(brand).map(str::to_owned);
    };
    if let Some(implementer) = hex(family) {
        let names = model.split('+').map(|part| arm(implementer, hex(part)?)).collect::<Option<Vec<_>>>()?;
        return Some(names.join(" + "));
    }
    let (family, model) = (family.parse().ok()?, model.parse().ok()?);
    // Several steppings cannot tell names apart.
    let stepping = info.stepping.as_deref().and_then(|stepping| stepping.parse().ok());
    let name = match info.vendor.as_deref()? {
        "AuthenticAMD" => amd(family, model),
        "HygonGenuine" if family == 24 => Some("Dhyana (Zen)"),
        "GenuineIntel" if family == 6 => intel(model, stepping),
        _ => None,
    };
    name.map(str::to_owned)
}

/// What an Arm processor is called where `/proc/cpuinfo` is read by `sysinfo`, which names some cores otherwise than here.
pub(super) fn brand(info: &CpuInfo) -> Option<String> {
    let implementer = hex(info.family.as_deref()?)?;
    let name = |part: &str| {
        let part = hex(part)?;
        let other = BRANDS.iter().find(|(known, ..)| *known == (implementer, part)).map(|(_, name)| *name);
        other.or_else(|| arm(implementer, part))
    };
    let names = info.model.as_deref()?.split('+').map(name).collect::<Option<Vec<_>>>()?;
    Some(names.join(" + "))
}

/// See [`brand`].
const BRANDS: [((u32, u32), &str); 12] = [
    ((0x43, 0x0af), "ThunderX2-99xx"),
    ((0x48, 0xd01), "Kunpeng-920"),
    ((0x61, 0x022), "Icestorm-M1"),
    ((0x61, 0x023), "Firestorm-M1"),
    ((0x61, 0x024), "Icestorm-M1-Pro"),
    ((0x61, 0x025), "Firestorm-M1-Pro"),
    ((0x61, 0x028), "Icestorm-M1-Max"),
    ((0x61, 0x029), "Firestorm-M1-Max"),
    ((0x61, 0x032), "Blizzard-M2"),
    ((0x61, 0x033), "Avalanche-M2"),
    ((0x61, 0x030), "Blizzard-A15"),
    ((0x61, 0x031), "Avalanche-A15"),
];

/// The name of an Arm core by its main identification register.
pub(super) fn of_register(midr: u32) -> Option<&'static str> {
    arm(midr >> 24, midr >> 4 & 0xfff)
}

fn hex(text: &str) -> Option<u32> {
    u32::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

fn amd(family: u32, model: u32) -> Option<&'static str> {
    Some(match (family, model) {
        (0x15, 0x00..=0x01) => "Bulldozer",
        (0x15, 0x02..=0x1f) => "Piledriver",
        (0x15, 0x30..=0x3f) => "Steamroller",
        (0x15, 0x60..=0x7f) => "Excavator",
        (0x17, 0x08 | 0x18) => "Zen+",
        (0x17, 0x00..=0x2f | 0x50..=0x5f) => "Zen",
        (0x17, 0x30..=0x4f | 0x60..=0x7f | 0x90..=0x91 | 0xa0..=0xaf) => "Zen 2",
        (0x19, 0x00..=0x0f | 0x20..=0x5f) => "Zen 3",
        (0x19, 0x10..=0x1f | 0x60..=0xaf) => "Zen 4",
        (0x1a, 0x00..=0x2f | 0x40..=0x4f | 0x60..=0x7f) => "Zen 5",
        _ => return None,
    })
}

/// Family 6. Some models are shared by several names, told apart by stepping, or not at all.
fn intel(model: u32, stepping: Option<u32>) -> Option<&'static str> {
    Some(match model {
        0x1a | 0x1e | 0x1f | 0x2e => "Nehalem",
        0x25 | 0x2c | 0x2f => "Westmere",
        0x2a | 0x2d => "Sandy Bridge",
        0x3a | 0x3e => "Ivy Bridge",
        0x3c | 0x3f | 0x45 | 0x46 => "Haswell",
        0x3d | 0x47 | 0x4f | 0x56 => "Broadwell",
        0x4e | 0x5e => "Skylake",
        0x55 => match stepping? {
            0..=4 => "Skylake",
            5..=7 => "Cascade Lake",
            10 | 11 => "Cooper Lake",
            _ => return None,
        },
        0x8e | 0x9e => "Kaby Lake or Coffee Lake",
        0xa5 | 0xa6 => "Comet Lake",
        0x66 => "Cannon Lake",
        0x6a | 0x6c | 0x7d | 0x7e => "Ice Lake",
        0x8c | 0x8d => "Tiger Lake",
        0xa7 => "Rocket Lake",
        0x8f => "Sapphire Rapids",
        0xcf => "Emerald Rapids",
        0xad | 0xae => "Granite Rapids",
        0xaf => "Sierra Forest",
        0x97 | 0x9a => "Alder Lake",
        0xb7 | 0xba | 0xbf => "Raptor Lake",
        0xbe => "Alder Lake-N",
        0xaa | 0xac => "Meteor Lake",
        0xb5 | 0xc5 | 0xc6 => "Arrow Lake",
        0xbd => "Lunar Lake",
        0x37 | 0x4a | 0x4d | 0x5a | 0x5d => "Silvermont",
        0x4c => "Airmont",
        0x5c | 0x5f => "Goldmont",
        0x7a => "Goldmont Plus",
        0x86 | 0x96 | 0x9c => "Tremont",
        _ => return None,
    })
}

/// By implementer and part.
fn arm(implementer: u32, part: u32) -> Option<&'static str> {
    Some(match (implementer, part) {
        (0x41, 0xd01) => "Cortex-A32",
        (0x41, 0xd02) => "Cortex-A34",
        (0x41, 0xd03) => "Cortex-A53",
        (0x41, 0xd04) => "Cortex-A35",
        (0x41, 0xd05) => "Cortex-A55",
        (0x41, 0xd06) => "Cortex-A65",
        (0x41, 0xd07) => "Cortex-A57",
        (0x41, 0xd08) => "Cortex-A72",
        (0x41, 0xd09) => "Cortex-A73",
        (0x41, 0xd0a) => "Cortex-A75",
        (0x41, 0xd0b) => "Cortex-A76",
        (0x41, 0xd0c) => "Neoverse N1",
        (0x41, 0xd0d) => "Cortex-A77",
        (0x41, 0xd0e) => "Cortex-A76AE",
        (0x41, 0xd40) => "Neoverse V1",
        (0x41, 0xd41) => "Cortex-A78",
        (0x41, 0xd42) => "Cortex-A78AE",
        (0x41, 0xd43) => "Cortex-A65AE",
        (0x41, 0xd44) => "Cortex-X1",
        (0x41, 0xd46) => "Cortex-A510",
        (0x41, 0xd47) => "Cortex-A710",
        (0x41, 0xd48) => "Cortex-X2",
        (0x41, 0xd49) => "Neoverse N2",
        (0x41, 0xd4a) => "Neoverse E1",
        (0x41, 0xd4b) => "Cortex-A78C",
        (0x41, 0xd4c) => "Cortex-X1C",
        (0x41, 0xd4d) => "Cortex-A715",
        (0x41, 0xd4e) => "Cortex-X3",
        (0x41, 0xd4f) => "Neoverse V2",
        (0x41, 0xd80) => "Cortex-A520",
        (0x41, 0xd81) => "Cortex-A720",
        (0x41, 0xd82) => "Cortex-X4",
        (0x41, 0xd84) => "Neoverse V3",
        (0x41, 0xd85) => "Cortex-X925",
        (0x41, 0xd87) => "Cortex-A725",
        (0x41, 0xd8e) => "Neoverse N3",
        (0x43, 0x0af) => "ThunderX2",
        (0x43, 0x0a0) => "ThunderX",
        (0x43, 0x0a1) => "ThunderX-88XX",
        (0x43, 0x0a2) => "ThunderX-81XX",
        (0x43, 0x0a3) => "ThunderX-83XX",
        (0x46, 0x001) => "A64FX",
        (0x48, 0xd01) => "TaiShan v110",
        (0x4e, 0x000) => "Denver",
        (0x4e, 0x003) => "Denver 2",
        (0x4e, 0x004) => "Carmel",
        (0x50, 0x000) => "X-Gene",
        (0x51, 0x001) => "Oryon",
        (0x51, 0xc00) => "Falkor",
        (0x51, 0xc01) => "Saphira",
        (0x61, 0x022 | 0x024 | 0x028) => "Icestorm",
        (0x61, 0x023 | 0x025 | 0x029) => "Firestorm",
        (0x61, 0x032 | 0x034 | 0x038) => "Blizzard",
        (0x61, 0x033 | 0x035 | 0x039) => "Avalanche",
        (0x70, 0x660) => "FTC660",
        (0x70, 0x661) => "FTC661",
        (0x70, 0x662) => "FTC662",
        (0x70, 0x663) => "FTC663",
        (0xc0, 0xac3) => "AmpereOne",
        _ => return None,
    })
}

/// macOS tells the brand only; Apple gave no names to the cores of later chips.
fn apple_brand(brand: &str) -> Option<&'static str> {
    let chip = brand.strip_prefix("Apple ")?.split(' ').next()?;
    match chip {
        "M1" => Some("Icestorm + Firestorm"),
        "M2" => Some("Blizzard + Avalanche"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(vendor: &str, family: &str, model: &str, stepping: &str) -> Option<String> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let info = CpuInfo {
            vendor: some(vendor),
            family: some(family),
            model: some(model),
            stepping: some(stepping),
            ..CpuInfo::default()
        };
        name(&info, "")
    }

    #[test]
    fn processors_have_the_names_their_makers_gave() {
        for (vendor, family, model, stepping, expected) in [
            ("AuthenticAMD", "25", "17", "1", "Zen 4"),
            ("AuthenticAMD", "25", "1", "1", "Zen 3"),
            ("AuthenticAMD", "23", "49", "0", "Zen 2"),
            ("AuthenticAMD", "23", "1", "2", "Zen"),
            ("AuthenticAMD", "23", "8", "2", "Zen+"),
            ("AuthenticAMD", "26", "2", "1", "Zen 5"),
            ("GenuineIntel", "6", "85", "4", "Skylake"),
            ("GenuineIntel", "6", "85", "7", "Cascade Lake"),
            ("GenuineIntel", "6", "106", "6", "Ice Lake"),
            ("GenuineIntel", "6", "143", "8", "Sapphire Rapids"),
            ("GenuineIntel", "6", "151", "2", "Alder Lake"),
            ("GenuineIntel", "6", "183", "1", "Raptor Lake"),
            ("", "0x41", "0xd0c", "r3p1", "Neoverse N1"),
            ("", "0x41", "0xd40", "r1p1", "Neoverse V1"),
            ("", "0x41", "0xd49", "", "Neoverse N2"),
            ("", "0x41", "0xd4f", "", "Neoverse V2"),
            ("", "0x41", "0xd05+0xd0b", "", "Cortex-A55 + Cortex-A76"),
            ("", "0x61", "0x022+0x023", "", "Icestorm + Firestorm"),
        ] {
            assert_eq!(named(vendor, family, model, stepping).as_deref(), Some(expected), "{family}/{model}");
        }
    }

    #[test]
    fn what_is_not_in_the_table_is_unknown() {
        for (vendor, family, model, stepping) in [
            ("AuthenticAMD", "99", "1", "1"),
            ("AuthenticAMD", "25", "255", "1"),
            ("GenuineIntel", "6", "255", "1"),
            ("GenuineIntel", "15", "85", "4"),
            ("GenuineIntel", "6", "85", "4+7"),
            ("GenuineIntel", "6", "85", ""),
            ("", "6", "85", "4"),
            ("Somebody", "6", "85", "4"),
            ("", "0x41", "0xd0c+0xfff", ""),
            ("", "0x41+0x51", "0xd0c+0x001", ""),
            ("", "0x41", "", ""),
            ("AuthenticAMD", "25", "17+33", "1"),
        ] {
            assert_eq!(named(vendor, family, model, stepping), None, "{vendor} {family}/{model}/{stepping}");
        }
    }

    #[test]
    fn a_brand_alone_names_apples_first_two() {
        let brand = |brand| name(&CpuInfo::default(), brand);
        assert_eq!(brand("Apple M1 Max").as_deref(), Some("Icestorm + Firestorm"));
        assert_eq!(brand("Apple M2").as_deref(), Some("Blizzard + Avalanche"));
        for other in ["Apple M12", "Apple", "", "AMD EPYC", "M1"] {
            assert_eq!(brand(other), None, "{other}");
        }
    }
}

//! What an x86 processor says of itself, whatever files the system hides.

/// In the form of `/proc/cpuinfo`; `None` for other processors, and where it does not say.
///
/// *Source:* Intel's Software Developer's Manual, volume 2A, CPUID; AMD's Architecture Programmer's Manual, volume 3, appendix E.
#[cfg(target_arch = "x86_64")]
pub(super) fn told() -> Option<String> {
    use core::arch::x86_64::__cpuid;

    let text = |words: &[u32]| -> String {
        let bytes = words.iter().flat_map(|word| word.to_le_bytes()).take_while(|byte| *byte != 0);
        bytes.map(char::from).filter(|c| c.is_ascii_graphic() || *c == ' ').collect()
    };
    let most = __cpuid(0);
    let vendor = text(&[most.ebx, most.edx, most.ecx]);
    if most.eax < 1 || vendor.trim().is_empty() {
        return None;
    }
    let version = __cpuid(1);
    let field = |at: u32, bits: u32| version.eax >> at & ((1 << bits) - 1);
    let family = if field(8, 4) == 15 { 15 + field(20, 8) } else { field(8, 4) };
    let model = if family >= 6 { field(16, 4) << 4 | field(4, 4) } else { field(4, 4) };
    let virtual_one = version.ecx >> 31 == 1;
    const BRAND: u32 = 0x8000_0002;
    let brand = if __cpuid(0x8000_0000).eax >= BRAND + 2 {
        let words = (BRAND..BRAND + 3).map(__cpuid).flat_map(|part| [part.eax, part.ebx, part.ecx, part.edx]);
        text(&words.collect::<Vec<u32>>())
    } else {
        String::new()
    };
    Some(format!(
        "processor: 0\nvendor_id: {vendor}\ncpu family: {family}\nmodel: {model}\nmodel name: {brand}\nstepping: {}\nflags: {}\n",
        field(0, 4),
        if virtual_one { "hypervisor" } else { "fpu" }
    ))
}

/// Other processors have no such instruction for programs, or a system that stands in for it.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn told() -> Option<String> {
    None
}

#[cfg(all(test, target_arch = "x86_64", target_os = "linux"))]
mod tests {
    use super::super::cpuinfo::parse;
    use super::*;

    #[test]
    fn the_processor_says_what_the_file_says() {
        let (told, file) = (parse(&told().unwrap()), parse(&std::fs::read_to_string("/proc/cpuinfo").unwrap()));
        assert_eq!((told.vendor, told.family, told.model), (file.vendor, file.family, file.model));
        assert_eq!((told.stepping, told.hypervisor_flag), (file.stepping, file.hypervisor_flag));
        let words = |brand: Option<String>| brand.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(told.brand), words(file.brand));
    }
}

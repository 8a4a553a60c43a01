//! What a machine is called whose file somebody gave away: words about the CPU, and nobody's name.

use std::path::Path;

/// The longest name, in bytes.
const LONGEST: usize = 100;

/// Whether this can be the name of a machine: `a-z`, `0-9`, `.`, `+`, `_` and `-`, first a letter or digit.
pub fn is_name(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".+_-".contains(&b))
        && name.as_bytes()[0].is_ascii_alphanumeric()
}

/// A text as a name: small letters and digits, what is between them a `-`. Whom a result is `by` is left out, with all that
/// follows. `None` where nothing is left.
///
/// ```
/// use miscount::results::published::core_to_core::named;
/// assert_eq!(named("Intel(R) Xeon(R) Gold 6242 @ 2.8GHz by-Somebody").as_deref(), Some("intel-xeon-gold-6242-at-2.8ghz"));
/// ```
pub fn named(text: &str) -> Option<String> {
    let text = text.to_lowercase().replace("(r)", " ").replace("(tm)", " ").replace('@', " at ");
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+');
    let words = text.split(|c| !kept(c)).map(|word| word.trim_matches('.'));
    let words =
        words.filter(|word| word.contains(|c: char| c.is_ascii_alphanumeric())).take_while(|word| *word != "by");
    let mut name = words.collect::<Vec<&str>>().join("-");
    name.truncate(LONGEST);
    let name = name.trim_matches(['-', '.', '+']).to_owned() + if name.ends_with('+') { "+" } else { "" };
    is_name(&name).then_some(name)
}

/// The name that the name of a file gives.
pub(super) fn of_file(path: &Path) -> Option<String> {
    named(&path.file_stem()?.to_string_lossy())
}

/// Whether a machine of this name cannot tie threads to CPUs: those of Apple.
pub(super) fn is_unpinned(name: &str) -> bool {
    name.split(['-', '.']).any(|word| word == "apple")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_the_files_without_whose_they_are() {
        for (file, name) in [
            ("amd-ryzen-9-3900x-12-core-processor-2.csv", "amd-ryzen-9-3900x-12-core-processor-2"),
            ("x/AMD Ryzen 9 3900X 12-Core Processor by-Some_Body.csv", "amd-ryzen-9-3900x-12-core-processor"),
            ("AMD EPYC 9754 by nobody 128-Core.csv", "amd-epyc-9754"),
            ("Intel(R) Core(TM) i7-1165G7 @ 2.80GHz (by somebody).csv", "intel-core-i7-1165g7-at-2.80ghz"),
            ("Loongson 3C5000, 2.2GHz, 16 Cores, 2022-Q2_by_X.csv", "loongson-3c5000-2.2ghz-16-cores-2022-q2"),
            ("apple.m1.air.csv", "apple.m1.air"),
            ("Qualcomm Snapdragon 855+.csv", "qualcomm-snapdragon-855+"),
            ("Core 2 + Core 3.csv", "core-2-core-3"),
            ("龙芯 3A6000.csv", "3a6000"),
        ] {
            assert_eq!(of_file(Path::new(file)).as_deref(), Some(name));
        }
        for none in ["by-somebody.csv", "龙芯.csv", ".csv", "..."] {
            let name = of_file(Path::new(none));
            assert!(name.as_deref().is_none_or(|name| name == "csv"), "{name:?}");
        }
        let long = named(&"long ".repeat(50)).unwrap();
        assert!(is_name(&long) && long.len() <= LONGEST, "{long}");
    }

    #[test]
    fn only_apples_are_known_not_to_pin() {
        assert!(is_unpinned("apple-m1-pro") && is_unpinned("apple.m1.air"));
        assert!(!is_unpinned("pineapple-pi") && !is_unpinned("amd-epyc"));
    }
}

//! A machine's id: stable for one machine, different for machines that count differently.

use super::{Card, Error};
use crate::topology::Placement;

/// Longest slug of a brand, in bytes; leaves room for the rest within a folder name of 64.
const LONGEST_SLUG: usize = 48;

/// The id made of the card's other fields: slug(brand), CPUs online and 6 hex digits.
pub(super) fn derived(card: &Card) -> String {
    let or_empty = |field: &Option<String>| field.clone().unwrap_or_default();
    let number = |field: Option<usize>| field.map_or_else(String::new, |n| n.to_string());
    // Counts only: a kernel may number the same CPUs differently.
    let topology = format!("{}/{}/{}", number(card.packages), number(card.cores), card.cpus);
    let mut facts =
        [or_empty(&card.family), or_empty(&card.model), or_empty(&card.stepping), topology, or_empty(&card.hypervisor)]
            .join("\n");
    // Later facts, where those above do not tell processors apart: an id that was published stays as it is.
    let emulated = card.emulated.as_ref().filter(|_| !card.is_x86()).map(|_| "emulated".to_owned());
    for fact in card.processor.iter().chain(&emulated) {
        facts.push('\n');
        facts.push_str(fact);
    }
    let hash = crc32fast::hash(facts.as_bytes()) & 0xff_ffff;
    let name = if card.cpu.is_empty() { &card.arch } else { &card.cpu };
    format!("{}-{}-{hash:06x}", slug(name), card.cpus)
}

impl Card {
    /// Whether its programs are x86's.
    pub(super) fn is_x86(&self) -> bool {
        matches!(self.arch.as_str(), "x86" | "x86_64")
    }

    /// The CPU's name, marked where an emulator imitates it.
    pub fn name(&self) -> String {
        if self.emulated.is_some() { format!("{} (emulated)", self.cpu) } else { self.cpu.clone() }
    }

    /// CPUs that threads may use at a placement: of unlike cores those of the kinds that it takes.
    pub fn usable(&self, placement: Placement) -> usize {
        self.usable_at.get(placement.id()).copied().unwrap_or(self.usable_cpus)
    }

    /// Whether both are of one computer, whatever it is called.
    pub(crate) fn is_of_same_computer(&self, other: &Card) -> bool {
        derived(self) == derived(other)
    }
}

/// The id that a value of `MISCOUNT_MACHINE` asks for; `None` when it is unset or empty.
///
/// # Errors
/// [`Error`] when it is no id, or one that is taken.
pub fn wished(value: Option<&std::ffi::OsStr>) -> Result<Option<String>, Error> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let id =
        value.to_str().filter(|id| is_id(id)).ok_or_else(|| Error::NotAnId(value.to_string_lossy().into_owned()))?;
    if ["published", "runs"].contains(&id) {
        return Err(Error::Reserved(id.to_owned()));
    }
    Ok(Some(id.to_owned()))
}

/// Names that Windows gives to devices, with any extension.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Whether it is `[a-z0-9][a-z0-9._-]{0,63}`.
pub(crate) fn is_name(id: &str) -> bool {
    let alnum = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    id.len() <= 64
        && id.bytes().next().is_some_and(alnum)
        && id.bytes().all(|byte| alnum(byte) || matches!(byte, b'.' | b'_' | b'-'))
}

/// Whether it is a name, and a folder on every system: no device's name, no `.` at the end.
pub(crate) fn is_id(id: &str) -> bool {
    let stem = id.split('.').next().unwrap_or_default();
    is_name(id) && !DEVICES.contains(&stem) && !id.ends_with('.')
}

/// A brand as part of a folder name, without the words that vendors add to every brand.
fn slug(brand: &str) -> String {
    let mut brand = brand.to_ascii_lowercase();
    for mark in ["(r)", "(tm)"] {
        brand = brand.replace(mark, "");
    }
    // A nominal clock, as in "@ 2.10GHz", is always the end of a brand.
    if let Some((before, clock)) = brand.split_once('@')
        && clock.trim_end().ends_with("hz")
    {
        brand.truncate(before.len());
    }
    let mut slug = brand
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty() && *word != "cpu")
        .collect::<Vec<_>>()
        .join("-");
    slug.truncate(LONGEST_SLUG);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "unknown-cpu".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn slugs_say_what_tells_processors_apart() {
        for (brand, expected) in [
            ("AMD EPYC", "amd-epyc"),
            ("Intel(R) Xeon(R) Platinum 8176 CPU @ 2.10GHz", "intel-xeon-platinum-8176"),
            ("Intel(R) Core(TM)2 Duo CPU     E8400  @ 3.00GHz", "intel-core2-duo-e8400"),
            ("Neoverse-N1", "neoverse-n1"),
            ("", "unknown-cpu"),
            ("  (R) CPU @ 1MHz", "unknown-cpu"),
            ("\u{fffd}\0 日本", "unknown-cpu"),
            ("a @ home", "a-home"),
        ] {
            assert_eq!(slug(brand), expected, "{brand:?}");
        }
        let long = slug(&format!("{} tail", "x".repeat(47)));
        assert_eq!(long, "x".repeat(47), "cut before the hyphen, not after it");
        assert_eq!(slug(&"é9".repeat(500)).len(), 47);
    }

    fn epyc() -> Card {
        Card {
            cpu: "AMD EPYC".to_owned(),
            cpus: 2,
            cores: Some(2),
            packages: Some(1),
            family: Some("25".to_owned()),
            model: Some("17".to_owned()),
            stepping: Some("1".to_owned()),
            hypervisor: Some("yes".to_owned()),
            ..Card::default()
        }
    }

    #[test]
    fn an_id_is_a_folder_on_every_system() {
        for id in ["aux", "con", "nul.txt", "com1.a.b", "lpt9", "a.", "a..", "-a", ".a", ""] {
            assert!(!is_id(id), "{id:?}");
        }
        for id in ["auxiliary", "console", "nul-1", "com10", "a.b", "my.con", "0"] {
            assert!(is_id(id), "{id:?}");
        }
    }

    #[test]
    fn the_id_never_changes_once_published() {
        assert_eq!(derived(&epyc()), "amd-epyc-2-adcd15");
        assert!(is_id(&derived(&epyc())));
        assert!(is_id(&derived(&Card::default())));
    }

    #[test]
    fn each_fact_of_the_hash_counts_and_no_other() {
        let id = derived(&epyc());
        let other = |change: fn(&mut Card)| {
            let mut card = epyc();
            change(&mut card);
            derived(&card)
        };
        for changed in [
            other(|card| card.family = Some("26".to_owned())),
            other(|card| card.model = Some("1".to_owned())),
            other(|card| card.stepping = None),
            other(|card| card.cores = Some(1)),
            other(|card| card.packages = Some(2)),
            other(|card| card.hypervisor = Some("none".to_owned())),
        ] {
            assert_ne!(changed, id);
        }
        let same = other(|card| {
            card.os = Some("another".to_owned());
            card.memory_gib = Some(1.0);
            card.usable_cpus = 1;
        });
        assert_eq!(same, id);
    }

    #[test]
    fn later_facts_count_only_where_the_first_tell_nothing() {
        type Change = fn(&mut Card);
        let id = |arch: &str, change: Change| {
            let mut card = Card { arch: arch.to_owned(), ..epyc() };
            change(&mut card);
            derived(&card)
        };
        let changes: [Change; 8] = [
            |card| card.emulated = Some("x86 on Apple's (Rosetta)".to_owned()),
            |card| card.kinds = Some("4 CPUs on 4 cores; 4 CPUs on 4 cores".to_owned()),
            |card| card.share = Some("whole".to_owned()),
            |card| card.pause_ns = Some(40.0),
            |card| card.preemption = Some("full".to_owned()),
            |card| card.huge_pages = Some("always".to_owned()),
            |card| card.missing = Some("hypervisor (firmware)".to_owned()),
            |card| card.usable_at = [("spread@all".to_owned(), 4)].into(),
        ];
        for change in changes {
            assert_eq!(id("x86_64", change), derived(&epyc()));
        }
        let same: Change = |_| ();
        assert_eq!(id("aarch64", same), derived(&epyc()));
        let [emulated, ..] = changes;
        assert_ne!(id("aarch64", emulated), id("aarch64", same));
        assert_ne!(id("riscv64", |card| card.processor = Some("uarch a".to_owned())), id("riscv64", same));
        let nameless: Change = |card| card.cpu.clear();
        assert!(id("riscv64", nameless).starts_with("riscv64-2-") && id("", nameless).starts_with("unknown-cpu-2-"));
    }

    #[test]
    fn committed_machines_keep_their_ids() {
        let results = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
        let folders = std::fs::read_dir(results)
            .unwrap()
            .filter_map(|entry| std::fs::read_dir(entry.unwrap().path().join("runs")).ok());
        let mut seen = 0;
        for run in folders.flatten() {
            let text = std::fs::read_to_string(run.unwrap().path()).unwrap();
            let card = text.lines().find_map(|line| line.strip_prefix("\"card\": ")?.strip_suffix(','));
            let card: Card = serde_json::from_str(card.unwrap()).unwrap();
            assert_eq!(derived(&card), card.id);
            seen += 1;
        }
        assert!(seen > 10, "{seen}");
    }

    #[test]
    fn a_wish_is_taken_only_if_it_can_be_a_folder() {
        let wish = |value: &str| wished(Some(OsStr::new(value)));
        assert_eq!(wished(None), Ok(None));
        assert_eq!(wish(""), Ok(None));
        for good in ["a", "0", "my-box_2.new", "a..b", &"x".repeat(64)] {
            assert_eq!(wish(good), Ok(Some(good.to_owned())), "{good:?}");
        }
        for bad in ["..", ".a", "-a", "_a", "A", "a/b", "a\\b", "a b", "é", "a\n", &"x".repeat(65)] {
            assert_eq!(wish(bad), Err(Error::NotAnId(bad.to_owned())), "{bad:?}");
        }
        let taken = wish("published").unwrap_err();
        assert_eq!(taken, Error::Reserved("published".to_owned()));
        assert_eq!(wish("a\nb").unwrap_err().to_string().lines().count(), 1);
    }
}

//! What one uncontended `lock add` takes, by family of x86 CPUs: the floor under every atomic counter and lock.
//!
//! *Source:* InstLatx64/InstLatx64, commit 087af2c (22 July 2026): what its files give as the latency of `LOCK ADD [m64], r64`. The median
//! over the files of a family, and the range where it is wide; the file named is one that gives the median, or comes nearest.

use std::fmt;

use crate::machine::Card;

/// Where the figures come from.
pub const SOURCE: &str = "InstLatx64/InstLatx64, commit 087af2c (22 July 2026), latency of LOCK ADD [m64], r64";

/// A family of CPUs that take alike for it.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name, for people.
    pub name: &'static str,
    /// The microarchitectures of cards that belong to it; none where cards name none of it.
    pub cards: &'static [&'static str],
    /// Cycles of one.
    pub cycles: Cycles,
    /// How many files tell it.
    pub files: usize,
    /// The name of one of them.
    pub file: &'static str,
}

/// A number of cycles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cycles {
    /// The median.
    pub middle: f64,
    /// The lowest and the highest, where they are far apart.
    pub range: Option<[f64; 2]>,
}

impl fmt::Display for Cycles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.middle)?;
        self.range.map_or(Ok(()), |[low, high]| write!(f, " ({low} to {high})"))
    }
}

impl Family {
    const fn new(
        name: &'static str,
        cards: &'static [&'static str],
        middle: f64,
        range: Option<[f64; 2]>,
        files: usize,
        file: &'static str,
    ) -> Family {
        Family { name, cards, cycles: Cycles { middle, range }, files, file }
    }
}

/// All families that are known.
#[rustfmt::skip]
pub const FAMILIES: [Family; 26] = [
    Family::new("K8, K10", &[], 19.0, Some([19.0, 23.0]), 14, "AuthenticAMD0020FB1_K8_Manchester_InstLatX64.txt"),
    Family::new("Bulldozer to Excavator", &["Bulldozer", "Piledriver", "Steamroller", "Excavator"], 41.3, Some([36.0, 55.0]), 12, "AuthenticAMD0600F20_K15_Vishera_InstLatX64.txt"),
    Family::new("Bobcat, Jaguar", &[], 19.0, None, 6, "AuthenticAMD0700F01_K16_Kabini2_InstLatX64.txt"),
    Family::new("Zen, Zen+", &["Zen", "Zen+"], 22.4, Some([19.6, 22.5]), 12, "AuthenticAMD0800F82_K17_ZenP_InstLatX64.txt"),
    Family::new("Zen 2", &["Zen 2"], 17.7, None, 11, "AuthenticAMD0830F10_K17_CastlePeak_InstLatX64.txt"),
    Family::new("Zen 3", &["Zen 3"], 6.5, None, 3, "AuthenticAMD0A20F10_K19_Vermeer2_InstLatX64.txt"),
    Family::new("Zen 4", &["Zen 4"], 7.5, None, 3, "AuthenticAMD0A10F81_K19_StormPeak_01_InstLatX64.txt"),
    Family::new("Zen 5", &["Zen 5"], 19.7, None, 2, "AuthenticAMD0B40F40_K20_GraniteRidge_02_256b_InstLatX64.txt"),
    Family::new("Hygon", &["Dhyana (Zen)"], 22.5, None, 1, "HygonGenuine0900F01_Hygon_InstLatX64.txt"),
    Family::new("NetBurst", &[], 89.2, None, 2, "GenuineIntel0000F43_P4_Prescott_InstLatX64.txt"),
    Family::new("Core 2, 65 nm", &[], 27.0, None, 2, "GenuineIntel00006F4_Conroe_InstLatX64.txt"),
    Family::new("Core 2, 45 nm", &[], 20.0, Some([20.0, 25.0]), 3, "GenuineIntel0010676_Yorkfield_InstLatX64.txt"),
    Family::new("Nehalem, Westmere", &["Nehalem", "Westmere"], 19.0, None, 8, "GenuineIntel0020652_Clarkdale_InstLatX64.txt"),
    Family::new("Sandy Bridge, Ivy Bridge", &["Sandy Bridge", "Ivy Bridge"], 23.0, None, 8, "GenuineIntel00206A7_SandyBridge2_InstLatX64.txt"),
    Family::new("Haswell, Broadwell", &["Haswell", "Broadwell"], 19.0, Some([19.0, 21.0]), 19, "GenuineIntel00306C3_Haswell2_InstLatX64.txt"),
    Family::new("Skylake to Comet Lake", &["Skylake", "Cascade Lake", "Kaby Lake or Coffee Lake", "Comet Lake", "Cannon Lake"], 18.0, None, 19, "GenuineIntel0050654_SkylakeXeon11_InstLatX64.txt"),
    Family::new("Ice, Tiger, Rocket Lake", &["Ice Lake", "Tiger Lake", "Rocket Lake"], 20.1, Some([19.8, 21.2]), 7, "GenuineIntel00806A1_Lakefield_BC_InstLatX64.txt"),
    Family::new("Alder, Raptor, Meteor Lake, performance cores", &["Alder Lake", "Raptor Lake", "Meteor Lake"], 18.0, None, 6, "GenuineIntel00906A4_AlderLakeP_00_BC_InstLatX64.txt"),
    Family::new("Arrow Lake, performance cores", &["Arrow Lake"], 20.2, None, 1, "GenuineIntel00C0662_ArrowLake_08_BC_InstLatX64.txt"),
    Family::new("Arrow Lake, efficiency cores", &[], 15.1, None, 1, "GenuineIntel00C0662_ArrowLake_08_LC_InstLatX64.txt"),
    Family::new("Bonnell", &[], 8.0, None, 4, "GenuineIntel00106C2_DiamondvilleDC_InstLatX64.txt"),
    Family::new("Silvermont, Airmont", &["Silvermont", "Airmont"], 10.5, None, 4, "GenuineIntel0030673_Silvermont3_InstLatX64.txt"),
    Family::new("Goldmont, Goldmont Plus", &["Goldmont", "Goldmont Plus"], 13.0, Some([13.0, 14.0]), 4, "GenuineIntel00506C9_Goldmont2_InstLatX64.txt"),
    Family::new("Tremont", &["Tremont"], 15.5, None, 3, "GenuineIntel00906C0_JasperLake_InstLatX64.txt"),
    Family::new("Knights Landing", &[], 13.0, None, 1, "GenuineIntel0050671_KnightsLanding_InstLatX64.txt"),
    Family::new("VIA, Centaur, Zhaoxin", &[], 24.0, Some([15.2, 26.0]), 6, "CentaurHauls00006F8_CNB_Isaiah_InstLatX64.txt"),
];

/// The family of a machine; of a mixed one, that of the first kind of core that is known.
pub fn family(card: &Card) -> Option<&'static Family> {
    let kinds = card.microarchitecture.as_deref()?.split(" + ");
    kinds.filter_map(named).next()
}

/// The family that a microarchitecture belongs to.
pub fn named(microarchitecture: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.cards.contains(&microarchitecture))
}

/// What a cycle of a machine takes at the highest frequency that its system states, in ns; `None` where it states none.
pub fn ns_per_cycle(card: &Card) -> Option<f64> {
    card.max_mhz.filter(|mhz| *mhz > 0).map(|mhz| 1e3 / mhz as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(microarchitecture: &str, max_mhz: Option<u64>) -> Card {
        Card { microarchitecture: Some(microarchitecture.into()), max_mhz, ..Card::default() }
    }

    #[test]
    fn a_card_has_its_family_or_none() {
        let of = |name: &str| family(&card(name, None)).map(|family| family.cycles.middle);
        assert_eq!(
            [of("Zen 3"), of("Zen 4"), of("Zen 5"), of("Cascade Lake")],
            [Some(6.5), Some(7.5), Some(19.7), Some(18.0)]
        );
        assert_eq!([of("Zen 9"), of("Sapphire Rapids"), of(""), of("Neoverse N1")], [None; 4], "nothing is guessed");
        assert_eq!(of("Gracemont + Alder Lake"), Some(18.0));
        assert!(family(&Card::default()).is_none());
    }

    #[test]
    fn a_cycle_takes_what_the_clock_says() {
        assert_eq!(ns_per_cycle(&card("Zen 4", Some(4_000))), Some(0.25));
        assert_eq!([ns_per_cycle(&card("Zen 4", None)), ns_per_cycle(&card("Zen 4", Some(0)))], [None; 2]);
    }

    #[test]
    fn each_family_stands_there_once_with_its_source() {
        for (n, family) in FAMILIES.iter().enumerate() {
            let Cycles { middle, range } = family.cycles;
            assert!(
                (5.0..=100.0).contains(&middle)
                    && range.is_none_or(|[low, high]| low <= middle && middle <= high && low < high),
                "{family:?}"
            );
            assert!(family.files > 0 && family.file.ends_with("_InstLatX64.txt"), "{family:?}");
            for other in &FAMILIES[n + 1..] {
                assert!(family.name != other.name && family.file != other.file, "{family:?}");
                assert!(!family.cards.iter().any(|card| other.cards.contains(card)), "{family:?}");
            }
        }
        assert_eq!(FAMILIES.iter().map(|family| family.files).sum::<usize>(), 162);
        let [wide, narrow] = ["Zen", "Zen 2"].map(|name| named(name).unwrap().cycles.to_string());
        assert_eq!([wide.as_str(), narrow.as_str()], ["22.4 (19.6 to 22.5)", "17.7"]);
    }
}

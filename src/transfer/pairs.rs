//! Which pairs of CPUs there are, of what kind, and a sample of them where they are too many.

use std::fmt;

use serde::Serialize;

use crate::ids::with_ids;
use crate::topology::{Cpu, Placement, Topology};

/// The fewest pairs of each kind in a sample, or all of a kind that has fewer.
pub const LEAST_OF_A_KIND: usize = 3;

with_ids! {
    /// What two CPUs have in common, the nearest first.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Kind {
        /// One physical core: they are its SMT siblings.
        Siblings = "siblings",
        /// A level-3 cache, but no core.
        SameL3 = "same_l3",
        /// A package, but no level-3 cache, or nobody knows which.
        SamePackage = "same_package",
        /// Nothing but the machine.
        OtherPackage = "other_package",
        /// Both are of a slower kind of core, whatever they share: their transfer is not that of the machine's fast cores.
        SlowerCores = "slower_cores",
        /// They are of two kinds of core, whatever they share.
        UnlikeCores = "unlike_cores",
    }
}

impl Kind {
    /// The kind of an id.
    pub fn of(id: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.id() == id)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Siblings => "SMT siblings of one core",
            Kind::SameL3 => "two cores under one L3 cache",
            Kind::SamePackage => "two cores of one package, no L3 cache known to be shared",
            Kind::OtherPackage => "two packages",
            Kind::SlowerCores => "two cores of a slower kind",
            Kind::UnlikeCores => "two cores of unlike kinds",
        })
    }
}

/// Two CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    /// The system's numbers for them, the lower first.
    pub cpus: [usize; 2],
    /// What they have in common.
    pub kind: Kind,
}

impl Pair {
    /// Its id, such as `cpu0_cpu1`: the variant of its cells.
    pub fn id(&self) -> String {
        let [a, b] = self.cpus;
        format!("cpu{a}_cpu{b}")
    }

    /// Its rank in a draw without chance: far from the ranks of pairs that are like it (the finaliser of
    /// SplitMix64, Steele, Lea and Flood 2014).
    fn lot(&self) -> u64 {
        let [a, b] = self.cpus.map(|cpu| cpu as u64);
        let mut z = (a << 32 | b).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Every pair of the topology's CPUs, in the order of their numbers. `l3` names the level-3 cache above
/// each of `topology.cpus`, in their order.
pub fn all(topology: &Topology, l3: &[Option<usize>]) -> Vec<Pair> {
    let l3 = |n: usize| l3.get(n).copied().flatten();
    let mut cpus: Vec<(&Cpu, Option<usize>)> = topology.cpus.iter().enumerate().map(|(n, cpu)| (cpu, l3(n))).collect();
    cpus.sort_by_key(|(cpu, _)| cpu.id);
    // Those that threads are put on by default: a single fast core makes no pair of its kind.
    let first = topology.order(Placement::Spread).first().copied();
    let fastest = topology.cpus.iter().find(|cpu| Some(cpu.id) == first).map_or(0, |cpu| cpu.kind);
    let kind = |(a, a_l3): (&Cpu, Option<usize>), (b, b_l3): (&Cpu, Option<usize>)| {
        if a.kind != b.kind {
            Kind::UnlikeCores
        } else if a.kind > fastest {
            Kind::SlowerCores
        } else if (a.package, a.core) == (b.package, b.core) {
            Kind::Siblings
        } else if a_l3.is_some() && a_l3 == b_l3 {
            Kind::SameL3
        } else if a.package == b.package {
            Kind::SamePackage
        } else {
            Kind::OtherPackage
        }
    };
    let mut pairs = Vec::new();
    for (n, &a) in cpus.iter().enumerate() {
        pairs.extend(cpus[n + 1..].iter().map(|&b| Pair { cpus: [a.0.id, b.0.id], kind: kind(a, b) }));
    }
    pairs
}

/// At most `most` of `pairs`, always the same ones: [`LEAST_OF_A_KIND`] of each kind (as far as `most`
/// goes), and the rest in proportion to how many pairs of a kind there are, so that their median is near
/// that of all.
pub fn sample(pairs: &[Pair], most: usize) -> Vec<Pair> {
    if pairs.len() <= most {
        return pairs.to_vec();
    }
    let of_kind = |kind| pairs.iter().copied().filter(|pair| pair.kind == kind).collect::<Vec<Pair>>();
    let mut kinds: Vec<(Vec<Pair>, usize)> =
        Kind::ALL.into_iter().map(|kind| (of_kind(kind), 0)).filter(|(pairs, _)| !pairs.is_empty()).collect();
    for _ in 0..most {
        // Who has least of its share comes next; cross-multiplied, it needs no fractions.
        let behind = |(pairs, taken): &(Vec<Pair>, usize)| (*taken < pairs.len()).then_some((*taken, pairs.len()));
        let open = (0..kinds.len()).filter_map(|n| Some((n, behind(&kinds[n])?)));
        let next = open.min_by(|(_, (a, of_a)), (_, (b, of_b))| {
            let served = |taken: &usize| (*taken).min(LEAST_OF_A_KIND);
            served(a).cmp(&served(b)).then((a * of_b).cmp(&(b * of_a)))
        });
        // There are more pairs than are taken.
        let Some((n, _)) = next else { break };
        kinds[n].1 += 1;
    }
    let drawn = |(mut pairs, take): (Vec<Pair>, usize)| {
        pairs.sort_by_key(Pair::lot);
        pairs.truncate(take);
        pairs
    };
    let mut sample: Vec<Pair> = kinds.into_iter().flat_map(drawn).collect();
    sample.sort_by_key(|pair| pair.cpus);
    sample
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// `packages` x `caches` x `cores` x 2 siblings; the second siblings have the upper half of the numbers.
    fn server(packages: usize, caches: usize, cores: usize) -> Vec<Pair> {
        let half = packages * caches * cores;
        let cpu = |id: usize| Cpu { id, package: id % half / (caches * cores), core: id % half, ..Cpu::default() };
        let topology = Topology { cpus: (0..2 * half).map(cpu).collect() };
        let l3: Vec<Option<usize>> = (0..2 * half).map(|id| Some(id % half / cores * cores)).collect();
        all(&topology, &l3)
    }

    fn count(pairs: &[Pair], kind: Kind) -> usize {
        pairs.iter().filter(|pair| pair.kind == kind).count()
    }

    #[test]
    fn pairs_are_told_apart_by_what_they_share() {
        let pairs = server(2, 2, 4);
        assert_eq!(pairs.len(), 32 * 31 / 2);
        assert_eq!(count(&pairs, Kind::Siblings), 16);
        assert_eq!(count(&pairs, Kind::SameL3), 4 * (8 * 7 / 2 - 4));
        assert_eq!(count(&pairs, Kind::SamePackage), 2 * 8 * 8);
        assert_eq!(count(&pairs, Kind::OtherPackage), 16 * 16);
        let kind = |a, b| pairs.iter().find(|pair| pair.cpus == [a, b]).unwrap().kind;
        assert_eq!(
            [kind(0, 16), kind(0, 1), kind(0, 17), kind(0, 4), kind(0, 8)],
            [Kind::Siblings, Kind::SameL3, Kind::SameL3, Kind::SamePackage, Kind::OtherPackage]
        );
    }

    #[test]
    fn without_knowledge_of_caches_cores_share_a_package() {
        let pairs = all(&Topology::flat(&[3, 0, 1]), &[]);
        assert_eq!(pairs.iter().map(Pair::id).collect::<Vec<_>>(), ["cpu0_cpu1", "cpu0_cpu3", "cpu1_cpu3"]);
        assert_eq!(count(&pairs, Kind::SamePackage), 3);
        assert!(all(&Topology::flat(&[0]), &[]).is_empty());
        assert!(all(&Topology::default(), &[]).is_empty());
    }

    #[test]
    fn a_sample_is_bounded_holds_every_kind_and_is_always_the_same() {
        // 256 CPUs: 32,640 pairs, 128 of them siblings.
        let pairs = server(4, 4, 8);
        for most in [4, 12, 28, 496] {
            let drawn = sample(&pairs, most);
            assert_eq!(drawn.len(), most);
            assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), most, "none twice");
            for kind in [Kind::Siblings, Kind::SameL3, Kind::SamePackage, Kind::OtherPackage] {
                assert!(count(&drawn, kind) >= LEAST_OF_A_KIND.min(most / 4), "{most}: {kind:?}");
            }
            let mut other = pairs.clone();
            other.reverse();
            assert_eq!(drawn, sample(&other, most), "whatever the order");
        }
    }

    #[test]
    fn most_of_a_sample_is_shared_out_as_the_pairs_are() {
        let pairs = server(2, 2, 8);
        let drawn = sample(&pairs, 496);
        for kind in [Kind::SameL3, Kind::SamePackage, Kind::OtherPackage] {
            let fair = 496.0 * count(&pairs, kind) as f64 / pairs.len() as f64;
            assert!((count(&drawn, kind) as f64 - fair).abs() < 2.0, "{kind:?}: {} of {fair}", count(&drawn, kind));
        }
        // Not one corner of the machine: nearly every CPU is in some pair.
        let seen: BTreeSet<usize> = drawn.iter().flat_map(|pair| pair.cpus).collect();
        assert!(seen.len() > 60, "{} of 64 CPUs", seen.len());
    }

    #[test]
    fn few_pairs_are_all_measured() {
        let pairs = server(1, 1, 4);
        assert_eq!(sample(&pairs, pairs.len()), pairs);
        assert_eq!(sample(&pairs, 1000), pairs);
        assert!(sample(&pairs, 0).is_empty());
        assert!(sample(&[], 5).is_empty());
    }

    #[test]
    fn pairs_of_unlike_cores_are_of_their_own_kind() {
        // Two fast cores of two siblings, four slow ones under the same cache.
        let cpu =
            |id: usize| Cpu { id, package: 0, core: if id < 4 { id / 2 } else { id }, kind: usize::from(id >= 4) };
        let hybrid = Topology { cpus: (0..8).map(cpu).collect() };
        let pairs = all(&hybrid, &[Some(0); 8]);
        let counts = Kind::ALL.map(|kind| count(&pairs, kind));
        assert_eq!(counts, [2, 4, 0, 0, 6, 16]);
        let kind = |a, b| pairs.iter().find(|pair| pair.cpus == [a, b]).unwrap().kind;
        assert_eq!(
            [kind(0, 1), kind(0, 2), kind(4, 5), kind(3, 4)],
            [Kind::Siblings, Kind::SameL3, Kind::SlowerCores, Kind::UnlikeCores]
        );
        // One fastest core: threads are put on the next kind.
        let cpu = |id: usize| Cpu { id, core: id, kind: usize::from(id > 0), ..Cpu::default() };
        let phone = all(&Topology { cpus: (0..4).map(cpu).collect() }, &[]);
        assert_eq!((count(&phone, Kind::UnlikeCores), count(&phone, Kind::SamePackage)), (3, 3));
    }

    #[test]
    fn ids_name_the_kinds() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.id()), Some(kind));
        }
        assert_eq!(Kind::of("transfer"), None);
    }
}

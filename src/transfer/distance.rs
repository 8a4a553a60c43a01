//! Into which groups the line transfers of a run fall: one where the CPUs stay where they are, two and more where a
//! host moves them between near and distant cores.

use std::collections::HashMap;
use std::hash::Hash;

/// Neighbouring transfers this many times apart belong to different groups.
pub const APART: f64 = 2.0;
/// A group has at least this share of all looks, so that no group is made of a few that were disturbed.
const SHARE: f64 = 0.05;
/// And at least so many.
const LOOKS: usize = 3;

/// The transfers between the groups that `looks` (in ns, in any order) fall into, ascending: as many as there are groups,
/// less one.
pub fn cuts(looks: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = looks.iter().copied().filter(|ns| *ns > 0.0).collect();
    sorted.sort_by(f64::total_cmp);
    let least = LOOKS.max((SHARE * sorted.len() as f64).ceil() as usize);
    let (mut cuts, mut begins) = (Vec::new(), 0);
    for at in 1..sorted.len() {
        // What is too few for a group belongs to the one below; at the near end, to the one above.
        if sorted[at] > APART * sorted[at - 1] && at - begins >= least && sorted.len() - at >= least {
            cuts.push((sorted[at] * sorted[at - 1]).sqrt());
            begins = at;
        }
    }
    cuts
}

/// The group that a transfer falls into: 0 is the nearest.
pub fn group(cuts: &[f64], ns: f64) -> usize {
    cuts.iter().filter(|cut| ns > **cut).count()
}

/// What a group is called among so many.
pub fn name(group: usize, groups: usize) -> String {
    match (group, groups) {
        (_, 0 | 1) => "all".to_owned(),
        (0, _) => "near".to_owned(),
        (_, _) if group + 1 == groups => "far".to_owned(),
        (_, 3) => "between".to_owned(),
        _ => format!("between {group}"),
    }
}

/// Where the CPUs were in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// 0 is the nearest.
    pub group: usize,
    /// Which stay of theirs it was.
    pub stay: usize,
}

/// Where the CPUs were in each round of a run, where they were moved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    by_number: HashMap<usize, Place>,
    moves: usize,
}

impl Places {
    /// Finds the groups into which the transfers fall, apart for each of the `pairs` of CPUs that were looked at, and the
    /// stays: from one change of the group to the next. Takes the number of each round, its pairs and its transfer.
    pub fn find<K: Hash + Eq>(looks: impl Iterator<Item = (usize, K, f64)>) -> Places {
        let mut by_pairs: HashMap<K, Vec<(usize, f64)>> = HashMap::new();
        for (number, pairs, ns) in looks {
            by_pairs.entry(pairs).or_default().push((number, ns));
        }
        let mut places = Places::default();
        for mut rounds in by_pairs.into_values() {
            rounds.sort_by_key(|(number, _)| *number);
            let cuts = cuts(&rounds.iter().map(|(_, ns)| *ns).collect::<Vec<f64>>());
            if cuts.is_empty() {
                continue;
            }
            let (mut stay, mut last, mut stays) = (0, None, 0_usize);
            for (number, ns) in rounds {
                let group = group(&cuts, ns);
                if last.replace(group) != Some(group) {
                    // By the round it begins with: stays of other pairs have other numbers.
                    stay = number;
                    stays += 1;
                }
                places.by_number.insert(number, Place { group, stay });
            }
            places.moves = places.moves.max(stays - 1);
        }
        places
    }

    /// Of a round; `None` where nothing moved, or nobody looked.
    pub fn of(&self, number: usize) -> Option<Place> {
        self.by_number.get(&number).copied()
    }

    /// How often the CPUs were moved from one group to another; 0 where they stayed, the most of any pairs.
    pub fn moves(&self) -> usize {
        self.moves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(of: &[(f64, usize)]) -> Vec<f64> {
        // Within a group each pair of cores has its own value.
        of.iter().flat_map(|&(ns, n)| (0..n).map(move |i| ns * (1.0 + 0.2 * (i % 5) as f64 / 4.0))).collect()
    }

    #[test]
    fn cpus_that_stay_make_one_group() {
        assert!(cuts(&looks(&[(25.0, 100)])).is_empty());
        assert!(cuts(&[]).is_empty());
        // A continuum has no gap, however wide.
        assert!(cuts(&(0..60).map(|n| 20.0 * 1.05_f64.powi(n)).collect::<Vec<_>>()).is_empty());
    }

    #[test]
    fn near_and_far_are_two_groups() {
        let of = cuts(&looks(&[(160.0, 30), (25.0, 70)]));
        assert_eq!(of.len(), 1);
        assert_eq!([25.0, 30.0, 160.0, 190.0].map(|ns| group(&of, ns)), [0, 0, 1, 1]);
        assert_eq!([0, 1].map(|n| name(n, 2)), ["near", "far"]);
    }

    #[test]
    fn three_sockets_and_few_looks() {
        assert_eq!(cuts(&looks(&[(25.0, 40), (80.0, 40), (200.0, 20)])).len(), 2);
        assert_eq!([0, 1, 2].map(|n| name(n, 3)), ["near", "between", "far"]);
        assert!(cuts(&looks(&[(25.0, 98), (900.0, 2)])).is_empty(), "two that were disturbed");
        assert!(cuts(&looks(&[(25.0, 2), (160.0, 98)])).is_empty(), "nor two that were near");
        assert!(cuts(&looks(&[(25.0, 2), (160.0, 2)])).is_empty(), "too few to say");
        assert_eq!(cuts(&looks(&[(25.0, 3), (160.0, 3)])).len(), 1);
    }

    fn places(transfers: &[f64]) -> Places {
        Places::find(transfers.iter().enumerate().map(|(number, ns)| (number, "pair", *ns)))
    }

    fn group_and_stay(places: &Places, number: usize) -> Option<(usize, usize)> {
        places.by_number.get(&number).map(|place| (place.group, place.stay))
    }

    #[test]
    fn stays_go_from_one_move_to_the_next() {
        let moved = places(&[25.0, 26.0, 160.0, 158.0, 155.0, 28.0, 25.0, 24.0]);
        let of: Vec<_> = (0..8).map(|number| group_and_stay(&moved, number).unwrap()).collect();
        assert_eq!(of, [(0, 0), (0, 0), (1, 2), (1, 2), (1, 2), (0, 5), (0, 5), (0, 5)]);
        assert_eq!(moved.moves(), 2);
        let stayed = places(&[25.0, 26.0, 30.0, 31.0, 28.0, 25.0]);
        assert_eq!((group_and_stay(&stayed, 0), stayed.moves()), (None, 0));
    }

    #[test]
    fn pairs_of_cpus_have_groups_of_their_own() {
        // Two cores of one socket, and two sockets: neither pair was moved.
        let looks = (0..20).map(|number| (number, number % 2, if number % 2 == 0 { 30.0 } else { 150.0 }));
        assert_eq!(Places::find(looks), Places::default());
    }
}

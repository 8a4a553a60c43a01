//! What is kept of a matrix: how near and how far the CPUs of a machine are, in a line of text.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::matrix::Matrix;
use crate::stats::quantile;

/// How many classes a histogram has: half an octave each, so that 16 reach from [`LEAST`] to 256 times as much.
pub const CLASSES: usize = 16;
/// Where the first class begins, in ns; it also holds what is less, and the last one what is more.
pub const LEAST: f64 = 4.0;

/// CPUs that are this many times farther from each other than those that are joined already make clusters of their own.
const APART: f64 = 1.25;
/// The most sizes of clusters that are told apart.
const SIZES: usize = 6;

/// Fewer times do not tell whether a clock is coarse.
const ENOUGH: usize = 5;
/// Times nearer to each other than this share of them are the same: reading a clock takes time too.
const SAME: f64 = 3e-4;
/// All times lie as near as this to a multiple of the step of a coarse clock, as a share of the step.
const NEAR: f64 = 0.01;
/// A step below this share of the nearest pair's time does not show.
const VISIBLE: f64 = 0.005;

/// How near and how far the CPUs of one machine are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// What the machine is called: words about its CPU, as in an id.
    pub name: String,
    /// Its CPUs.
    pub cpus: usize,
    /// Pairs of CPUs that have a time.
    pub pairs: usize,
    /// The time of the nearest pair, the quartiles, that of the farthest, in ns.
    pub ns: [f64; 5],
    /// How many pairs are in each class.
    pub classes: [usize; CLASSES],
    /// What is near each other, from the smallest clusters to the largest.
    pub clusters: Vec<Cluster>,
    /// The step of a coarse clock, of which each time is a multiple, in ns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_ns: Option<f64>,
    /// Pairs that were left out because their time was 0: the clock did not advance.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub zeros: usize,
    /// Whether threads were not tied to CPUs, so that nobody knows which pairs were measured.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpinned: bool,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// CPUs that are nearer to each other than to others, such as those of one core or of one cache.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(usize, usize, f64)", into = "(usize, usize, f64)")]
pub struct Cluster {
    /// The CPUs of the largest of this size.
    pub cpus: usize,
    /// How many there are.
    pub count: usize,
    /// The median time between two CPUs that no smaller cluster joins, in ns.
    pub ns: f64,
}

impl From<(usize, usize, f64)> for Cluster {
    fn from((cpus, count, ns): (usize, usize, f64)) -> Cluster {
        Cluster { cpus, count, ns }
    }
}

impl From<Cluster> for (usize, usize, f64) {
    fn from(Cluster { cpus, count, ns }: Cluster) -> (usize, usize, f64) {
        (cpus, count, ns)
    }
}

impl Summary {
    /// Sums up a matrix that has a pair, under a name.
    pub fn of(name: String, matrix: &Matrix, unpinned: bool) -> Summary {
        let mut sorted: Vec<f64> = matrix.pairs.values().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let mut classes = [0; CLASSES];
        sorted.iter().for_each(|ns| classes[class(*ns)] += 1);
        Summary {
            name,
            cpus: matrix.cpus,
            pairs: sorted.len(),
            ns: [0.0, 0.25, 0.5, 0.75, 1.0].map(|q| short(quantile(&sorted, q))),
            classes,
            clusters: clusters(matrix),
            step_ns: step(&sorted).map(short),
            zeros: matrix.zeros,
            unpinned,
        }
    }

    /// The median pair's time, in ns.
    pub fn median(&self) -> f64 {
        self.ns[2]
    }

    /// What speaks against its figures, in words.
    pub fn doubts(&self) -> Vec<String> {
        let clock = self.step_ns.map(|step| format!("coarse clock: each time is a multiple of {step} ns"));
        let zeros = (self.zeros > 0).then(|| format!("{} of 0 ns left out", self.zeros));
        let unpinned = self.unpinned.then(|| "threads not tied to CPUs".to_owned());
        [unpinned, clock, zeros].into_iter().flatten().collect()
    }

    /// Whether its figures are those of another, whatever the two are called and whether that was known to be pinned.
    pub fn is_same(&self, other: &Summary) -> bool {
        *self == Summary { name: self.name.clone(), unpinned: self.unpinned, ..other.clone() }
    }

    /// Why it cannot be; `None` where it can.
    pub(super) fn fault(&self) -> Option<String> {
        let Summary { name, cpus, pairs, ns, classes, clusters, step_ns, zeros, .. } = self;
        let all = cpus.checked_mul(cpus.saturating_sub(1)).map_or(usize::MAX, |twice| twice / 2);
        let fault = if !super::name::is_name(name) {
            format!("{name:?} is no name of a machine")
        } else if !(2..=super::matrix::MOST_CPUS).contains(cpus) {
            format!("{cpus} CPUs cannot be")
        } else if *pairs == 0 || pairs.saturating_add(*zeros) > all {
            format!("{pairs} pairs of {cpus} CPUs cannot be")
        } else if !(ns[0] > 0.0 && ns.is_sorted() && ns[4] <= super::matrix::LONGEST) {
            format!("{ns:?} are no least, quartiles and most")
        } else if classes.iter().try_fold(0_usize, |sum, n| sum.checked_add(*n)) != Some(*pairs) {
            "its classes do not hold its pairs".to_owned()
        } else if clusters.len() > SIZES
            || !clusters.iter().all(|of| {
                (2..=*cpus).contains(&of.cpus) && (1..=*cpus).contains(&of.count) && (ns[0]..=ns[4]).contains(&of.ns)
            })
        {
            "its clusters cannot be".to_owned()
        } else if step_ns.is_some_and(|step| !(step > 0.0 && step <= 2.0 * ns[4])) {
            "its clock cannot have that step".to_owned()
        } else {
            return None;
        };
        Some(fault)
    }
}

/// A figure as it is kept: with four digits.
fn short(ns: f64) -> f64 {
    format!("{ns:.3e}").parse().unwrap_or(ns)
}

fn class(ns: f64) -> usize {
    ((2.0 * (ns / LEAST).log2()).floor().max(0.0) as usize).min(CLASSES - 1)
}

/// The step of which all these times are multiples, ascending; `None` where there is none that shows.
fn step(sorted: &[f64]) -> Option<f64> {
    let mut apart: Vec<f64> = Vec::new();
    for &ns in sorted {
        if apart.last().is_none_or(|last| ns - last > SAME * last) {
            apart.push(ns);
        }
    }
    let gaps = apart.windows(2).map(|two| two[1] - two[0]);
    let mut step = gaps.reduce(f64::min).filter(|_| sorted.len() >= ENOUGH)?;
    // The longer a way is, the better it tells the step; the first ones tell how many steps the next one has.
    for from in [apart[0], 0.0] {
        for way in apart.iter().map(|ns| ns - from) {
            let steps = (way / step).round();
            if steps > 0.0 && (way - steps * step).abs() <= step / 4.0 {
                step = way / steps;
            }
        }
    }
    let off = |ns: &f64| (ns / step - (ns / step).round()).abs();
    (step >= VISIBLE * sorted[0] && sorted.iter().all(|ns| off(ns) <= NEAR)).then_some(step)
}

/// Which CPUs are near each other: a tree of pairs, joined from near to far, cut where the next pair is much farther.
fn clusters(matrix: &Matrix) -> Vec<Cluster> {
    let mut pairs: Vec<([usize; 2], f64)> = matrix.pairs.iter().map(|(&(a, b), &ns)| ([a, b], ns)).collect();
    pairs.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut sets = Sets::new(matrix.cpus);
    let joining: Vec<f64> = pairs.iter().filter(|(of, _)| sets.join(*of)).map(|(_, ns)| *ns).collect();
    let mut cuts: Vec<[f64; 2]> =
        joining.windows(2).map(|two| [two[0], two[1]]).filter(|[a, b]| *b > APART * a).collect();
    cuts.sort_by(|x, y| (y[1] / y[0]).total_cmp(&(x[1] / x[0])));
    cuts.truncate(SIZES - 1);
    let mut limits: Vec<f64> = cuts.iter().map(|[a, b]| (a * b).sqrt()).chain([f64::INFINITY]).collect();
    limits.sort_by(f64::total_cmp);
    let mut sets = Sets::new(matrix.cpus);
    let mut found = Vec::new();
    for limit in limits {
        for (of, _) in pairs.iter().filter(|(_, ns)| *ns <= limit) {
            sets.join(*of);
        }
        let (inside, outside) = pairs.into_iter().partition(|([a, b], _)| sets.root(*a) == sets.root(*b));
        pairs = outside;
        let (cpus, count) = sets.largest();
        let ns: Vec<f64> = Vec::into_iter(inside).map(|(_, ns): ([usize; 2], f64)| ns).collect();
        if !ns.is_empty() {
            found.push(Cluster { cpus, count, ns: short(quantile(&ns, 0.5)) });
        }
    }
    found
}

/// CPUs in sets, each at first in one of its own.
struct Sets {
    parent: Vec<usize>,
}

impl Sets {
    fn new(cpus: usize) -> Sets {
        Sets { parent: (0..cpus).collect() }
    }

    fn root(&mut self, of: usize) -> usize {
        let mut at = of;
        while self.parent[at] != at {
            self.parent[at] = self.parent[self.parent[at]];
            at = self.parent[at];
        }
        at
    }

    /// Joins the sets of two; whether they were apart.
    fn join(&mut self, [a, b]: [usize; 2]) -> bool {
        let [a, b] = [a, b].map(|cpu| self.root(cpu));
        self.parent[a] = b;
        a != b
    }

    /// The size of the largest set, and how many sets have more than one CPU.
    fn largest(&mut self) -> (usize, usize) {
        let mut sizes = HashMap::<usize, usize>::new();
        for cpu in 0..self.parent.len() {
            *sizes.entry(self.root(cpu)).or_default() += 1;
        }
        (sizes.values().copied().max().unwrap_or(0), sizes.values().filter(|size| **size > 1).count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine of `groups` x 4 x 2 CPUs: 10 ns within a core, 30 within a group, 100 between groups, each a little off.
    fn matrix(groups: usize) -> Matrix {
        let cpus = groups * 8;
        let ns = |a: usize, b: usize| {
            let near = if a / 2 == b / 2 {
                10.0
            } else if a / 8 == b / 8 {
                30.0
            } else {
                100.0
            };
            near + ((a * 7 + b * 13) % 97) as f64 / 97.0
        };
        let pairs = (0..cpus).flat_map(|a| (a + 1..cpus).map(move |b| ((a, b), ns(a, b)))).collect();
        Matrix { cpus, pairs, zeros: 0, further: 0 }
    }

    fn of(times: &[f64]) -> Summary {
        let pairs = times.iter().enumerate().map(|(n, ns)| ((0, n + 1), *ns)).collect();
        Summary::of("x".into(), &Matrix { cpus: times.len() + 1, pairs, zeros: 0, further: 0 }, false)
    }

    #[test]
    fn least_quartiles_most_and_classes() {
        let five = of(&[10.0, 20.0, 30.0, 40.0, 1000.0]);
        assert_eq!((five.ns, five.cpus, five.pairs, five.median()), ([10.0, 20.0, 30.0, 40.0, 1000.0], 6, 5, 30.0));
        let mut classes = [0; CLASSES];
        // Half an octave: from 8, 16, 22.6, 32 and 724 ns on.
        [2, 4, 5, 6, 15].into_iter().for_each(|n| classes[n] += 1);
        assert_eq!(five.classes, classes);
        assert_eq!([0.1, 3.9, 4.0, 5.7, 1023.0, 1e8].map(class), [0, 0, 0, 1, 15, 15]);
        assert_eq!(of(&[22.542864316666666]).ns, [22.54; 5]);
        assert_eq!(five.fault(), None);
    }

    #[test]
    fn clusters_go_from_cores_to_the_machine() {
        let four = Summary::of("x".into(), &matrix(4), false).clusters;
        assert_eq!(four.iter().map(|of| (of.cpus, of.count)).collect::<Vec<_>>(), [(2, 16), (8, 4), (32, 1)]);
        assert_eq!(four.iter().map(|of| of.ns.floor()).collect::<Vec<_>>(), [10.0, 30.0, 100.0]);
        // Alike: one cluster.
        assert_eq!(of(&[20.0, 21.0, 22.0]).clusters, [Cluster { cpus: 4, count: 1, ns: 21.0 }]);
        // One pair each at many distances: the widest gaps are kept.
        let many: Vec<f64> = (0..12).map(|n| 1.3_f64.powi(n) * if n > 5 { 10.0 } else { 1.0 }).collect();
        let found = of(&many).clusters;
        assert!(found.len() == SIZES && found.iter().any(|of| of.cpus == 7), "{found:?}");
        assert_eq!(found.last().map(|of| of.cpus), Some(13));
    }

    #[test]
    fn a_coarse_clock_shows_as_multiples_of_its_step() {
        let step = |times: &[f64]| of(times).step_ns;
        // As a clock of 10 ms tells 3,000,000 transfers, each reading a little late.
        let tick = |n: u32| f64::from(n) * 10.0 / 3.0 * (1.0 - 1e-6);
        assert_eq!(step(&[49, 51, 52, 135, 130, 132].map(tick)), Some(3.333));
        assert_eq!(step(&[5.0, 20.0 + 2.0 / 3.0, 26.0, 5.0 + 1.0 / 3.0, 20.0]), Some(0.3333));
        assert_eq!(step(&[16.0, 31.0, 32.0, 31.0]), None, "too few to tell");
        assert_eq!(step(&[35.283, 36.013, 37.747, 41.139, 52.421, 60.017]), None);
        assert_eq!(step(&[39.49, 39.49, 39.49, 39.49, 39.49, 39.49]), None, "all alike");
        // A step that is small beside every time.
        assert_eq!(step(&[97.3, 97.4, 97.6, 355.6, 356.3, 356.0]), None);
    }

    #[test]
    fn what_cannot_be_is_found() {
        let good = Summary { zeros: 3, step_ns: Some(0.3), ..Summary::of("epyc".into(), &matrix(1), true) };
        assert_eq!(good.fault(), Some("28 pairs of 8 CPUs cannot be".into()), "three more than there are");
        let good = Summary { zeros: 0, ..good };
        assert_eq!(good.fault(), None);
        for (bad, says) in [
            (Summary { name: "A B".into(), ..good.clone() }, "no name"),
            (Summary { cpus: 1, ..good.clone() }, "1 CPUs"),
            (Summary { pairs: 0, ..good.clone() }, "0 pairs"),
            (Summary { ns: [2.0, 1.0, 3.0, 4.0, 5.0], ..good.clone() }, "no least"),
            (Summary { ns: [f64::NAN; 5], ..good.clone() }, "no least"),
            (Summary { classes: [usize::MAX; CLASSES], ..good.clone() }, "classes"),
            (Summary { clusters: vec![Cluster { cpus: 9, count: 1, ns: 20.0 }], ..good.clone() }, "clusters"),
            (Summary { step_ns: Some(-1.0), ..good.clone() }, "step"),
        ] {
            assert!(bad.fault().is_some_and(|fault| fault.contains(says)), "{says}: {bad:?}");
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let whole = Summary { step_ns: Some(0.25), zeros: 2, ..Summary::of("x".into(), &matrix(2), true) };
        for summary in [whole, of(&[1.0])] {
            let json = serde_json::to_string(&summary).unwrap();
            assert_eq!(serde_json::from_str::<Summary>(&json).unwrap(), summary, "{json}");
            assert!(summary.is_same(&Summary { name: "y".into(), ..summary.clone() }));
            assert!(!summary.is_same(&Summary { cpus: 99, ..summary.clone() }));
        }
        assert!(!serde_json::to_string(&of(&[1.0])).unwrap().contains("unpinned"));
    }
}

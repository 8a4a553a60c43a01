//! What to measure: thread counts, levels, placements, passes, and the environment variables that change them.

use std::collections::BTreeSet;

use crate::topology::Topology;

mod levels;
mod passes;
mod variables;

pub use crate::topology::Placement;
pub(crate) use levels::position;
pub use levels::{LEVELS, Level, Load, Watch, Yields, in_order, level, levels_of};
pub use passes::{MOST as MOST_PASSES, PASSES, Passes};
pub use variables::{VARIABLES, unknown};

/// The variable that chooses placements.
const PLACEMENT: &str = "MISCOUNT_PLACEMENT";

/// Most threads that may be asked for on any machine.
pub const MOST_THREADS: usize = 4096;

/// An environment variable with an unusable value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}={value:?}: {what}")]
pub struct Error {
    /// The variable.
    pub variable: &'static str,
    /// Its value, or the wrong part of it.
    pub value: String,
    /// What is wrong, and what to do.
    pub what: String,
}

/// What to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Thread counts, ascending.
    pub threads: Vec<usize>,
    /// Level ids asked for; `None` for the default levels.
    pub levels: Option<Vec<String>>,
    /// Placements; none appears twice.
    pub placements: Vec<Placement>,
    /// Whether everything is measured, instead of the default cells.
    pub full: bool,
    /// Whether the thread counts were asked for.
    pub threads_given: bool,
    /// Whether the placements were asked for.
    pub placements_given: bool,
    /// Number of passes; `None` where the environment does not say.
    pub passes: Option<Passes>,
    /// CPUs that mask and quota allow, of whatever kind.
    pub cpus: usize,
}

/// One point of a sweep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridPoint {
    /// The level.
    pub level: &'static Level,
    /// Counting threads.
    pub threads: usize,
    /// Where the threads are put.
    pub placement: Placement,
}

impl Sweep {
    /// The sweep that the environment asks for on a machine with `cpus` usable CPUs: `MISCOUNT_THREADS`,
    /// `MISCOUNT_LEVELS`, `MISCOUNT_PLACEMENT`, `MISCOUNT_FULL`, `MISCOUNT_PASSES` and `MISCOUNT_TIME`. One that is set
    /// but empty counts as unset.
    ///
    /// # Errors
    /// [`Error`] names the first variable with an unusable value.
    pub fn from_env(cpus: usize) -> Result<Sweep, Error> {
        Sweep::from_vars(cpus, |name| std::env::var_os(name).map(|v| v.to_string_lossy().into_owned()))
    }

    /// As [`Sweep::from_env`], with `var` in place of the environment.
    ///
    /// # Errors
    /// [`Error`] names the first variable with an unusable value.
    pub fn from_vars(cpus: usize, var: impl Fn(&str) -> Option<String>) -> Result<Sweep, Error> {
        let var = |name: &str| var(name).filter(|value| !value.is_empty());
        let full = match var("MISCOUNT_FULL").as_deref() {
            None | Some("0") => false,
            Some("1") => true,
            Some(other) => return Err(wrong("MISCOUNT_FULL", other, "set it to 1 to measure every cell, or unset it")),
        };
        let threads = match var("MISCOUNT_THREADS") {
            Some(list) => parse_list("MISCOUNT_THREADS", &list, parse_threads)?.into_iter().collect(),
            None => own_threads(full, cpus),
        };
        let levels = match var("MISCOUNT_LEVELS") {
            Some(list) => Some(parse_list("MISCOUNT_LEVELS", &list, parse_level)?.into_iter().collect()),
            None => None,
        };
        let placements = match var(PLACEMENT) {
            Some(list) => parse_list(PLACEMENT, &list, parse_placement)?.into_iter().collect(),
            None if full => vec![Placement::Spread, Placement::Siblings],
            None => vec![Placement::default()],
        };
        let threads_given = var("MISCOUNT_THREADS").is_some();
        let placements_given = var(PLACEMENT).is_some();
        let passes = Passes::from_vars(var)?;
        Ok(Sweep { threads, levels, placements, full, threads_given, placements_given, passes, cpus })
    }

    /// Keeps only the first of placements that give the same CPUs on this `topology`. Without SMT, `siblings` and
    /// `spread` are the same. Unless thread counts were asked for, they are those of the CPUs that the placements take: of
    /// unlike cores one kind. Returns whether a placement was dropped that had been asked for.
    ///
    /// # Errors
    /// [`Error`] names a placement of a kind of core that the machine has not.
    pub fn place_on(&mut self, topology: &Topology) -> Result<bool, Error> {
        let is_there = |placement: &&Placement| topology.cpus.is_empty() || !topology.order(**placement).is_empty();
        if let Some(lacks) =
            self.placements.iter().find(|placement| **placement != Placement::Unpinned && !is_there(placement))
        {
            let kinds = topology.kinds().len();
            let what = format!(
                "there is no such core here: the CPUs that may be used are of {kinds} kind{}; choose among {}",
                if kinds == 1 { "" } else { "s" },
                Placement::ALL
                    .into_iter()
                    .filter(|p| *p == Placement::Unpinned || is_there(&p))
                    .map(Placement::id)
                    .collect::<Vec<_>>()
                    .join(", ")
            );
            return Err(wrong(PLACEMENT, lacks.id(), what));
        }
        let before = self.placements.len();
        if !self.threads_given {
            let cpus = self.placements.iter().map(|placement| topology.usable(*placement, self.cpus)).max();
            self.threads = own_threads(self.full, cpus.unwrap_or(self.cpus));
        }
        self.placements = topology.distinct(&self.placements, &self.threads);
        Ok(self.placements_given && self.placements.len() < before)
    }

    /// The thread counts asked for, else a bench's own.
    pub fn threads_or(&self, own: &[usize]) -> Vec<usize> {
        if self.threads_given { self.threads.clone() } else { own.to_vec() }
    }

    /// The points of a bench: every level with every placement and thread count.
    pub fn grid(&self, bench: &str) -> impl Iterator<Item = GridPoint> {
        self.grid_with(bench, self.threads.clone())
    }

    /// As [`Sweep::grid`], with these thread counts.
    pub fn grid_with(&self, bench: &str, threads: Vec<usize>) -> impl Iterator<Item = GridPoint> {
        let mut points = Vec::new();
        for level in self.pick(bench) {
            for &placement in &self.placements {
                points.extend(threads.iter().map(|&threads| GridPoint { level, threads, placement }));
            }
        }
        points.into_iter()
    }

    /// The same sweep at its first placement, unless placements were asked for. For benches whose figures do not depend
    /// on the placement.
    pub fn at_one_placement(&self) -> Sweep {
        let count = if self.placements_given { self.placements.len() } else { 1 };
        Sweep { placements: self.placements[..count].to_vec(), ..self.clone() }
    }

    /// The levels of a bench that the sweep measures.
    pub fn pick(&self, bench: &str) -> Vec<&'static Level> {
        let wanted = |level: &&Level| match &self.levels {
            Some(ids) => ids.iter().any(|id| id == level.id),
            None => self.full || level.default,
        };
        levels_of(bench).filter(wanted).collect()
    }
}

fn wrong(variable: &'static str, value: &str, what: impl Into<String>) -> Error {
    Error { variable, value: value.to_owned(), what: what.into() }
}

fn parse_list<T: Ord>(
    variable: &'static str,
    list: &str,
    one: impl Fn(&str) -> Result<T, String>,
) -> Result<BTreeSet<T>, Error> {
    let parse = |item: &str| one(item.trim()).map_err(|what| wrong(variable, item.trim(), what));
    list.split(',').map(parse).collect()
}

fn parse_threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads) if (1..=MOST_THREADS).contains(&threads) => Ok(threads),
        _ => Err(format!("give thread counts from 1 to {MOST_THREADS}, separated by commas, such as 1,2,8")),
    }
}

fn parse_level(text: &str) -> Result<String, String> {
    if level(text).is_some() {
        return Ok(text.to_owned());
    }
    let known: Vec<&str> = LEVELS.iter().map(|level| level.id).collect();
    Err(format!("no bench has this level; the levels are {}", known.join(", ")))
}

fn parse_placement(text: &str) -> Result<Placement, String> {
    let known = Placement::ALL.map(Placement::id);
    let found = Placement::ALL.into_iter().find(|p| p.id() == text);
    found.ok_or_else(|| format!("no such placement; the placements are {}", known.join(", ")))
}

/// The thread counts of a sweep that was asked for none.
fn own_threads(full: bool, cpus: usize) -> Vec<usize> {
    if full { full_threads(cpus) } else { default_threads(cpus) }
}

/// At most six thread counts: 1, 2, two between in equal ratios, the CPUs, and twice the CPUs.
pub fn default_threads(cpus: usize) -> Vec<usize> {
    let ratio = (cpus as f64 / 2.0).max(1.0);
    let between = [1.0, 2.0].map(|step: f64| (2.0 * ratio.powf(step / 3.0)).round() as usize);
    let counts = BTreeSet::from([1, 2, between[0], between[1], cpus, 2 * cpus]);
    counts.into_iter().collect()
}

/// The thread counts of a full sweep: all up to 8, then powers of two and the halves between up to the CPUs, one more
/// than the CPUs, and twice the CPUs.
pub fn full_threads(cpus: usize) -> Vec<usize> {
    let mut counts: BTreeSet<usize> = (1..=cpus.min(8)).collect();
    let powers = (3..).map(|k| 1_usize << k);
    counts.extend(powers.flat_map(|n| [n, n + n / 2]).take_while(|&n| n <= cpus));
    counts.extend([cpus, cpus + 1, 2 * cpus]);
    counts.into_iter().collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::topology::Cpu;

    /// The sweep of these variables and no others.
    pub(crate) fn given(cpus: usize, variables: &[(&str, &str)]) -> Result<Sweep, Error> {
        let value = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        Sweep::from_vars(cpus, |name| value(name).map(str::to_owned))
    }

    fn sweep(variable: &'static str, value: &'static str) -> Result<Sweep, Error> {
        given(8, &[(variable, value)])
    }

    #[test]
    fn default_thread_counts() {
        assert_eq!(default_threads(1), [1, 2]);
        assert_eq!(default_threads(2), [1, 2, 4]);
        assert_eq!(default_threads(4), [1, 2, 3, 4, 8]);
        assert_eq!(default_threads(16), [1, 2, 4, 8, 16, 32]);
        assert_eq!(default_threads(448), [1, 2, 12, 74, 448, 896]);
    }

    #[test]
    fn full_thread_counts() {
        assert_eq!(full_threads(1), [1, 2]);
        assert_eq!(full_threads(2), [1, 2, 3, 4]);
        assert_eq!(full_threads(8), [1, 2, 3, 4, 5, 6, 7, 8, 9, 16]);
        assert_eq!(full_threads(20), [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 21, 40]);
    }

    #[test]
    fn lists_are_sorted_and_each_value_counts_once() {
        assert_eq!(sweep("MISCOUNT_THREADS", "8, 1,2,2").unwrap().threads, [1, 2, 8]);
        assert_eq!(sweep("MISCOUNT_THREADS", "4").unwrap().threads_or(&[1, 2]), [4]);
        assert_eq!(sweep("", "").unwrap().threads_or(&[1, 2]), [1, 2]);
        let threads = ["0", "1"].map(|full| sweep("MISCOUNT_FULL", full).unwrap().threads);
        assert_eq!(threads, [default_threads(8), full_threads(8)]);
        assert_eq!(sweep("MISCOUNT_THREADS", "4096").unwrap().threads, [MOST_THREADS]);
        assert_eq!(
            Placement::ALL.map(|p| p.to_string()),
            ["spread", "siblings", "unpinned", "spread@middle", "spread@efficiency", "spread@all"]
        );
        let placed = sweep(PLACEMENT, "unpinned,spread").unwrap();
        assert_eq!(placed.placements, [Placement::Spread, Placement::Unpinned]);
    }

    #[test]
    fn each_bench_has_its_own_default_levels() {
        let ids = |bench, variable, value| {
            sweep(variable, value).unwrap().pick(bench).iter().map(|level| level.id).collect::<Vec<_>>()
        };
        assert_eq!(ids("counters", "", ""), ["saturated", "high"]);
        assert_eq!(ids("lazy_init", "", ""), ["fast_path", "first_access"]);
        assert_eq!(ids("locks", "", ""), ["c0_p0", "c100_p900", "c500000_p0"]);
        assert_eq!(ids("reads", "", ""), ["r50", "r90"]);
        assert_eq!(ids("interpreters", "", ""), ["switch_5ms"]);
        assert_eq!(ids("core_to_core", "", ""), ["ping_pong"]);
        assert_eq!(ids("ordering", "", ""), ["litmus"]);
        assert_eq!(ids("async", "", ""), ["t1", "t4_inside"]);
        let asked = "low,saturated,first_access,c0_p1000,r99,switch_5us,litmus";
        assert_eq!(ids("counters", "MISCOUNT_LEVELS", asked), ["saturated", "low"]);
        assert_eq!(ids("lazy_init", "MISCOUNT_LEVELS", asked), ["first_access"]);
        assert_eq!(ids("locks", "MISCOUNT_LEVELS", asked), ["c0_p1000"]);
        assert_eq!(ids("reads", "MISCOUNT_LEVELS", asked), ["r99"]);
        assert_eq!(ids("interpreters", "MISCOUNT_LEVELS", asked), ["switch_5us"]);
        assert!(ids("counters", "MISCOUNT_LEVELS", "first_access").is_empty());
        assert_eq!(ids("counters", "MISCOUNT_FULL", "1"), ["saturated", "high", "moderate", "low"]);
        assert_eq!(ids("counters", "MISCOUNT_FULL", "0"), ["saturated", "high"]);
        assert_eq!(ids("interpreters", "MISCOUNT_FULL", "1").len(), levels_of("interpreters").count());
    }

    #[test]
    fn a_grid_has_each_level_placement_and_thread_count_once() {
        let sweep = given(2, &[("MISCOUNT_LEVELS", "high,low"), (PLACEMENT, "spread,unpinned")]).unwrap();
        let points = |sweep: &Sweep| -> Vec<_> {
            sweep.grid("counters").map(|at| (at.level.id, at.placement, at.threads)).collect()
        };
        let all = points(&sweep);
        assert_eq!(all.len(), 2 * 2 * 3);
        assert_eq!(all[2..4], [("high", Placement::Spread, 4), ("high", Placement::Unpinned, 1)]);
        assert_eq!(points(&sweep.at_one_placement()), all, "both were asked for");
        let full = Sweep { placements_given: false, ..sweep };
        assert_eq!(points(&full.at_one_placement()).len(), 2 * 3);
        assert!(full.grid_with("locks", vec![2]).next().is_none(), "none of its levels");
    }

    /// CPUs 0 to 3; with SMT, two to a core.
    fn cpus(smt: bool) -> Topology {
        let core = |id| if smt { id / 2 } else { id };
        Topology { cpus: (0..4).map(|id| Cpu { id, package: 0, core: core(id), kind: 0 }).collect() }
    }

    #[test]
    fn a_full_sweep_takes_siblings_too_where_cores_have_them() {
        use Placement::{Siblings, Spread};
        let placed = |topology: &Topology, variables: &[(&str, &str)]| {
            let mut sweep = given(4, variables).unwrap();
            let dropped = sweep.place_on(topology).unwrap();
            (sweep.placements, dropped)
        };
        let full = ("MISCOUNT_FULL", "1");
        assert_eq!(placed(&cpus(true), &[full]), (vec![Spread, Siblings], false));
        assert_eq!(placed(&cpus(false), &[full]), (vec![Spread], false), "nobody asked for siblings");
        assert_eq!(placed(&Topology::default(), &[full]), (vec![Spread], false), "nothing is pinned");
        assert_eq!(placed(&cpus(true), &[]), (vec![Spread], false), "the default sweep is short");

        let all = (PLACEMENT, "spread,siblings,unpinned");
        assert_eq!(placed(&cpus(true), &[all]), (vec![Spread, Siblings, Placement::Unpinned], false));
        assert_eq!(placed(&cpus(false), &[all]), (vec![Spread, Placement::Unpinned], true));
        let asked = (PLACEMENT, "siblings");
        assert_eq!(placed(&cpus(false), &[asked, full]), (vec![Siblings], false), "asked for by itself");
    }

    /// Two fast cores with two CPUs each, and four slow ones of one.
    fn unlike() -> Topology {
        let cpu = |id| Cpu { id, package: 0, core: if id < 4 { id / 2 } else { id }, kind: usize::from(id >= 4) };
        Topology { cpus: (0..8).map(cpu).collect() }
    }

    #[test]
    fn threads_are_those_of_the_kind_of_core_that_is_measured() {
        use Placement::{Siblings, Spread, SpreadAll, SpreadEfficiency};
        let placed = |topology: &Topology, variables: &[(&str, &str)]| {
            let mut sweep = given(8, variables).unwrap();
            sweep.place_on(topology).map(|_| (sweep.placements, sweep.threads)).map_err(|error| error.to_string())
        };
        let efficiency = (PLACEMENT, "spread@efficiency");
        assert_eq!(placed(&unlike(), &[]), Ok((vec![Spread], default_threads(4))));
        assert_eq!(placed(&unlike(), &[("MISCOUNT_FULL", "1")]), Ok((vec![Spread, Siblings], full_threads(4))));
        assert_eq!(placed(&unlike(), &[efficiency]), Ok((vec![SpreadEfficiency], default_threads(4))));
        assert_eq!(placed(&unlike(), &[(PLACEMENT, "spread@all")]), Ok((vec![SpreadAll], default_threads(8))));
        assert_eq!(placed(&unlike(), &[efficiency, ("MISCOUNT_THREADS", "6")]), Ok((vec![SpreadEfficiency], vec![6])));
        // A quota of fewer CPUs than a kind has.
        let mut few = given(3, &[]).unwrap();
        few.place_on(&unlike()).unwrap();
        assert_eq!(few.threads, default_threads(3));
        let said = placed(&cpus(true), &[efficiency]).unwrap_err();
        assert!(said.starts_with("MISCOUNT_PLACEMENT=\"spread@efficiency\": there is no such core here"), "{said}");
        assert!(said.ends_with("of 1 kind; choose among spread, siblings, unpinned, spread@all"), "{said}");
        assert!(placed(&unlike(), &[(PLACEMENT, "spread@middle")]).is_err(), "two kinds have no third between");
    }

    #[test]
    fn what_is_set_but_empty_counts_as_unset() {
        let none = given(8, &[]).unwrap();
        let names = ["THREADS", "LEVELS", "PLACEMENT", "FULL", "PASSES", "TIME"].map(|name| format!("MISCOUNT_{name}"));
        for name in &names {
            assert_eq!(given(8, &[(name.as_str(), "")]), Ok(none.clone()), "{name}");
        }
        let all: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert_eq!(given(8, &all), Ok(none));
    }

    #[test]
    fn wrong_values_are_named() {
        for (variable, value, part) in [
            ("MISCOUNT_THREADS", "0", "0"),
            ("MISCOUNT_THREADS", "10000", "10000"),
            ("MISCOUNT_THREADS", "1,two,3", "two"),
            ("MISCOUNT_THREADS", "1,,2", ""),
            ("MISCOUNT_THREADS", "-1", "-1"),
            ("MISCOUNT_LEVELS", "saturated,hihg", "hihg"),
            (PLACEMENT, "everywhere", "everywhere"),
            ("MISCOUNT_FULL", "yes", "yes"),
        ] {
            let error = sweep(variable, value).unwrap_err();
            assert_eq!((error.variable, error.value.as_str()), (variable, part));
            let line = error.to_string();
            assert!(line.starts_with(variable) && !line.contains('\n'), "{line}");
        }
    }
}

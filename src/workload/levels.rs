//! The levels of all benches, and the load of each.

use std::collections::BTreeSet;
use std::time::Duration;

/// What threads do at a level. Times are means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Load {
    /// Counters: think time between two increments; zero means no think code at all.
    Think(Duration),
    /// Locks: work inside and outside the lock.
    Work {
        /// Critical section.
        critical: Duration,
        /// Parallel section.
        parallel: Duration,
    },
    /// Reads: operations that read, and think time before each operation.
    Mix {
        /// Share of operations that read, in `[0, 1]`.
        share: f64,
        /// Think time; zero means no think code at all.
        think: Duration,
    },
    /// Interpreters: time after which a thread that waits for the interpreter's lock asks the holder to let go.
    Switch(Duration),
    /// Interpreters: each counting thread is watched, at CPython's own switch interval.
    Watched(Watch),
    /// Litmus tests: think time before each instance of a test, about as long as a line transfer. Threads then reach
    /// the instance in every order.
    Litmus(Duration),
    /// Tasks of an async run-time.
    Tasks {
        /// Tasks for each worker thread.
        each: usize,
        /// Where each of them yields to the others, once an operation.
        yields: Yields,
    },
    /// The load does not vary.
    Fixed,
}

/// From this long on a section is long.
const LONG: Duration = Duration::from_micros(10);

/// Where a task yields to others: it goes to the end of its run-time's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Yields {
    /// Nowhere: it goes on until a lock makes it wait.
    Never,
    /// Between two operations.
    Outside,
    /// While it holds the lock; where that cannot be held across an await, just after it was let go.
    Inside,
}

impl Load {
    /// The load of a level; `None` where it is unknown. Benches outside this crate may have levels of their own: ids of
    /// the form `c<ns>_p<ns>`, as in the locks bench, are read.
    ///
    /// ```
    /// use miscount::workload::Load;
    /// use std::time::Duration;
    /// assert_eq!(Load::of("high"), Some(Load::Think(Duration::from_nanos(100))));
    /// let [critical, parallel] = [200, 800].map(Duration::from_nanos);
    /// assert_eq!(Load::of("c200_p800"), Some(Load::Work { critical, parallel }));
    /// assert_eq!(Load::of("mine"), None);
    /// ```
    pub fn of(level: &str) -> Option<Load> {
        if let Some(known) = self::level(level) {
            return Some(known.load);
        }
        let time = |ns: &str| ns.parse::<u32>().ok().map(|ns| Duration::from_nanos(ns.into()));
        let (critical, parallel) = level.strip_prefix('c')?.split_once("_p")?;
        Some(Load::Work { critical: time(critical)?, parallel: time(parallel)? })
    }

    /// Mean work between two operations: think time or parallel section.
    pub fn outside(self) -> Duration {
        match self {
            Load::Think(think) | Load::Mix { think, .. } | Load::Litmus(think) => think,
            Load::Work { parallel, .. } => parallel,
            Load::Switch(_) | Load::Watched(_) | Load::Tasks { .. } | Load::Fixed => Duration::ZERO,
        }
    }

    /// Mean work inside an operation: the critical section.
    pub fn inside(self) -> Duration {
        if let Load::Work { critical, .. } = self { critical } else { Duration::ZERO }
    }

    /// Whether a lock is held long and taken again at once: for 10 us and more on average, with no work outside. A round of
    /// the usual length has too few such sections to tell what they cost, so the bench `locks` makes one pass of a second.
    pub fn is_held_long(self) -> bool {
        self.inside() >= LONG && self.outside().is_zero()
    }

    /// Operations of a hundred that read.
    pub fn reads_percent(self) -> u64 {
        if let Load::Mix { share, .. } = self { (100.0 * share).round() as u64 } else { 0 }
    }

    /// The switch interval of an interpreter.
    pub fn switch_interval(self) -> Option<Duration> {
        match self {
            Load::Switch(interval) => Some(interval),
            Load::Watched(_) => Some(OWN_INTERVAL),
            _ => None,
        }
    }

    /// What watches the threads of an interpreter.
    pub fn watch(self) -> Option<Watch> {
        if let Load::Watched(watch) = self { Some(watch) } else { None }
    }
}

/// CPython's own switch interval.
const OWN_INTERVAL: Duration = Duration::from_millis(5);

/// What watches the counting threads of an interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Watch {
    /// A function that is called for each line, set by `sys.settrace`, as by coverage and debuggers.
    Trace,
    /// A function that is called for each call, set by `sys.setprofile`, as by profilers.
    Profile,
}

impl Watch {
    /// Its name in the protocol of interpreters.
    pub fn id(self) -> &'static str {
        match self {
            Watch::Trace => "trace",
            Watch::Profile => "profile",
        }
    }
}

/// A level of a bench.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Its id in results, groups and `MISCOUNT_LEVELS`; unique among all benches.
    pub id: &'static str,
    /// The bench that measures it.
    pub bench: &'static str,
    /// What threads do.
    pub load: Load,
    /// Whether it is measured without being asked for.
    pub default: bool,
}

const fn level_of(bench: &'static str, id: &'static str, load: Load, default: bool) -> Level {
    Level { id, bench, load, default }
}

const fn think(ns: u64) -> Load {
    Load::Think(Duration::from_nanos(ns))
}

const fn work(critical_ns: u64, parallel_ns: u64) -> Load {
    Load::Work { critical: Duration::from_nanos(critical_ns), parallel: Duration::from_nanos(parallel_ns) }
}

const fn mix(percent: u32, think_ns: u64) -> Load {
    Load::Mix { share: percent as f64 / 100.0, think: Duration::from_nanos(think_ns) }
}

const fn tasks(each: usize, yields: Yields) -> Load {
    Load::Tasks { each, yields }
}

const fn switch(us: u64) -> Load {
    Load::Switch(Duration::from_micros(us))
}

/// The levels of all benches; those of the counters bench come first, from most to least contended. `MISCOUNT_LEVELS`
/// accepts these ids only, so a bench of this crate adds its levels here.
pub const LEVELS: &[Level] = &[
    level_of("counters", "saturated", think(0), true),
    level_of("counters", "high", think(100), true),
    level_of("counters", "moderate", think(1_000), false),
    level_of("counters", "low", think(10_000), false),
    // Values that exist already, and values that do not exist yet.
    level_of("lazy_init", "fast_path", Load::Fixed, true),
    level_of("lazy_init", "first_access", Load::Fixed, true),
    // Four of them have 1,000 ns of work in all, with more and more of it inside the lock.
    level_of("locks", "c0_p0", work(0, 0), true),
    level_of("locks", "c0_p1000", work(0, 1_000), false),
    level_of("locks", "c100_p900", work(100, 900), true),
    level_of("locks", "c500_p500", work(500, 500), false),
    level_of("locks", "c1000_p0", work(1_000, 0), false),
    level_of("locks", "c1000_p5000", work(1_000, 5_000), false),
    // Held long and taken again at once: who waits.
    level_of("locks", "c20000_p0", work(20_000, 0), false),
    level_of("locks", "c500000_p0", work(500_000, 0), true),
    level_of("locks", "c5000000_p0", work(5_000_000, 0), false),
    level_of("reads", "r0", mix(0, 0), false),
    level_of("reads", "r50", mix(50, 0), true),
    level_of("reads", "r90", mix(90, 0), true),
    level_of("reads", "r99", mix(99, 0), false),
    level_of("reads", "r100", mix(100, 0), false),
    level_of("reads", "r0_moderate", mix(0, 1_000), false),
    level_of("reads", "r50_moderate", mix(50, 1_000), false),
    level_of("reads", "r90_moderate", mix(90, 1_000), false),
    level_of("reads", "r99_moderate", mix(99, 1_000), false),
    level_of("reads", "r100_moderate", mix(100, 1_000), false),
    // Two CPUs pass a cache line to and fro.
    level_of("core_to_core", "ping_pong", Load::Fixed, true),
    // CPython's own interval, then shorter ones.
    level_of("interpreters", "switch_5ms", switch(5_000), true),
    level_of("interpreters", "switch_500us", switch(500), false),
    level_of("interpreters", "switch_50us", switch(50), false),
    level_of("interpreters", "switch_5us", switch(5), false),
    level_of("interpreters", "traced", Load::Watched(Watch::Trace), false),
    level_of("interpreters", "profiled", Load::Watched(Watch::Profile), false),
    // One task a worker, as a thread would do it; then several, which make room for each other.
    level_of("async", "t1", tasks(1, Yields::Never), true),
    level_of("async", "t4_outside", tasks(4, Yields::Outside), false),
    level_of("async", "t4_inside", tasks(4, Yields::Inside), true),
    level_of("async", "t64_outside", tasks(64, Yields::Outside), false),
    level_of("async", "t64_inside", tasks(64, Yields::Inside), false),
    level_of("ordering", "litmus", Load::Litmus(Duration::from_nanos(50)), true),
];

/// The level of this id.
pub fn level(id: &str) -> Option<&'static Level> {
    LEVELS.iter().find(|level| level.id == id)
}

/// The levels of a bench.
pub fn levels_of(bench: &str) -> impl DoubleEndedIterator<Item = &'static Level> + Clone {
    LEVELS.iter().filter(move |level| level.bench == bench)
}

/// Index of a level in [`LEVELS`]; ids that are not there come last.
pub(crate) fn position(id: &str) -> usize {
    LEVELS.iter().position(|level| level.id == id).unwrap_or(LEVELS.len())
}

/// Level ids, each once, in the order of [`LEVELS`], then the others by name.
pub fn in_order<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let ids: BTreeSet<(usize, &str)> = ids.map(|id| (position(id), id)).collect();
    ids.into_iter().map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_say_what_is_in_them() {
        for Level { id, load, .. } in LEVELS {
            let said = match *load {
                Load::Work { critical, parallel } => format!("c{}_p{}", critical.as_nanos(), parallel.as_nanos()),
                Load::Mix { think, .. } => {
                    let think = if think.is_zero() { "" } else { "_moderate" };
                    format!("r{}{think}", load.reads_percent())
                }
                Load::Switch(interval) => format!("switch_{interval:?}").replace('µ', "u"),
                Load::Watched(watch) => format!("{}d", watch.id()),
                Load::Tasks { each, yields } => {
                    let place = match yields {
                        Yields::Never => "",
                        Yields::Outside => "_outside",
                        Yields::Inside => "_inside",
                    };
                    format!("t{each}{place}")
                }
                _ => continue,
            };
            assert_eq!(*id, said);
        }
    }

    #[test]
    fn each_level_has_an_id_of_its_own() {
        let all: BTreeSet<&str> = LEVELS.iter().map(|level| level.id).collect();
        assert_eq!(all.len(), LEVELS.len(), "two levels of one id");
        assert_eq!(level("r90_moderate").map(|level| level.bench), Some("reads"));
    }

    #[test]
    fn levels_go_from_most_to_least_contended() {
        let ids = ["zz", "first_access", "low", "aa", "fast_path", "saturated", "low"];
        assert_eq!(in_order(ids.into_iter()), ["saturated", "low", "fast_path", "first_access", "aa", "zz"]);
    }

    #[test]
    fn a_level_says_what_its_load_is() {
        assert_eq!(Load::of("high"), Some(think(100)));
        assert_eq!(Load::of("c100_p900"), Some(work(100, 900)));
        assert_eq!(Load::of("r100"), Some(mix(100, 0)));
        assert_eq!(Load::of("r90_moderate"), Some(mix(90, 1_000)));
    }

    #[test]
    fn a_lock_is_held_long_at_three_levels() {
        let long = LEVELS.iter().filter(|level| level.load.is_held_long()).map(|level| level.id);
        assert_eq!(long.collect::<Vec<_>>(), ["c20000_p0", "c500000_p0", "c5000000_p0"]);
        let of = |id| Load::of(id).unwrap().is_held_long();
        assert_eq!(["c10000_p0", "c9999_p0", "c500000_p1", "r50"].map(of), [true, false, false, false]);
    }

    #[test]
    fn what_is_no_level_is_none() {
        for id in ["", "c", "c1", "c1_p", "cx_p1", "r", "r101", "r-1", "r50_often", "r50_", "p1_c1", "c1_p-1"] {
            assert_eq!(Load::of(id), None, "{id:?}");
        }
    }
}

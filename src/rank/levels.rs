//! What the level ids of the benches say: `high`, `c100_p900`, `r90_moderate`.

use crate::workload::LEVELS;

/// The load behind a level's id; times in ns, as the id has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Load {
    /// Counters: mean think time between two increments.
    Think {
        /// 0 for none.
        ns: f64,
    },
    /// Locks: work inside and outside.
    Work {
        /// Critical section.
        critical: f64,
        /// Parallel section.
        parallel: f64,
    },
    /// Reads: share of operations that read, and think time between two operations.
    Mix {
        /// In `[0, 1]`.
        share: f64,
        /// 0 for none.
        think: f64,
    },
}

impl Load {
    /// The load of a level; `None` for ids of another kind.
    ///
    /// ```
    /// use miscount::rank::levels::Load;
    /// assert_eq!(Load::of("high"), Some(Load::Think { ns: 100.0 }));
    /// assert_eq!(Load::of("c100_p900"), Some(Load::Work { critical: 100.0, parallel: 900.0 }));
    /// assert_eq!(Load::of("r90_moderate"), Some(Load::Mix { share: 0.9, think: 1000.0 }));
    /// assert_eq!(Load::of("switch_5ms"), None);
    /// ```
    pub fn of(level: &str) -> Option<Load> {
        let number = |text: &str| text.parse::<u32>().ok().map(f64::from);
        if let Some(ns) = think(level) {
            return Some(Load::Think { ns });
        }
        if let Some((critical, parallel)) = level.strip_prefix('c').and_then(|rest| rest.split_once("_p")) {
            return Some(Load::Work { critical: number(critical)?, parallel: number(parallel)? });
        }
        let (percent, think) = match level.strip_prefix('r')?.split_once('_') {
            Some((percent, known)) => (percent, think(known)?),
            None => (&level[1..], 0.0),
        };
        number(percent).filter(|n| *n <= 100.0).map(|n| Load::Mix { share: n / 100.0, think })
    }

    /// How long a thread keeps off what is shared or holds it, in ns: what makes rounds of two benches
    /// alike.
    fn loop_ns(self) -> f64 {
        match self {
            Load::Think { ns } => ns,
            Load::Work { critical, parallel } => critical + parallel,
            Load::Mix { think, .. } => think,
        }
    }
}

/// The mean think time of a level of the counters bench, in ns.
fn think(level: &str) -> Option<f64> {
    LEVELS.iter().find(|l| l.id == level).map(|l| l.think.as_nanos() as f64)
}

/// The level of the counters bench whose loop takes as long as that of `level`, or the next longer
/// one: `moderate` for `c100_p900`. The same id where nothing is known of it.
pub fn like(level: &str) -> &str {
    let Some(load) = Load::of(level) else { return level };
    let longer = LEVELS.iter().find(|l| l.think.as_nanos() as f64 >= load.loop_ns());
    longer.unwrap_or(&LEVELS[LEVELS.len() - 1]).id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_other_benches_are_like_one_of_the_counters() {
        for (level, known) in [
            ("saturated", "saturated"),
            ("low", "low"),
            ("c0_p0", "saturated"),
            ("c500_p500", "moderate"),
            ("c1000_p5000", "low"),
            ("c9000_p9000", "low"),
            ("r100", "saturated"),
            ("r50_moderate", "moderate"),
            ("switch_5ms", "switch_5ms"),
        ] {
            assert_eq!(like(level), known, "{level}");
        }
    }

    #[test]
    fn a_level_says_what_its_load_is() {
        assert_eq!(Load::of("high"), Some(Load::Think { ns: 100.0 }));
        assert_eq!(Load::of("c100_p900"), Some(Load::Work { critical: 100.0, parallel: 900.0 }));
        assert_eq!(Load::of("r100"), Some(Load::Mix { share: 1.0, think: 0.0 }));
        assert_eq!(Load::of("r90_moderate"), Some(Load::Mix { share: 0.9, think: 1000.0 }));
    }

    #[test]
    fn what_is_no_level_is_none() {
        for id in ["", "c", "c1", "c1_p", "cx_p1", "r", "r101", "r-1", "r50_often", "r50_", "p1_c1", "c1_p-1"] {
            assert_eq!(Load::of(id), None, "{id:?}");
        }
    }
}

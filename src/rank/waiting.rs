//! Whether a lock that is held long and taken again at once bounds how long another thread waits for it.

use serde::Serialize;

use crate::results::Cell;
use crate::round::nanos;
use crate::workload::Load;

/// The longest wait is bounded up to this share of the pass.
pub const BOUNDED: f64 = 0.1;
/// A thread starves from this share of the pass on.
pub const STARVED: f64 = 0.2;
/// In a bounded wait all threads can take so many turns.
const TURNS: f64 = 2.0;

/// What a lock that is held long makes of a thread that waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// The longest wait was at most a tenth of the pass.
    Bounded,
    /// Between the two others.
    Unclear,
    /// The longest wait was a fifth of the pass and more.
    Starved,
}

impl Waiting {
    /// That of a cell. `None` without a pass, where the lock is not held long, and where a turn of all threads takes so
    /// long that the pass tells nothing.
    ///
    /// ```
    /// use miscount::rank::waiting::Waiting;
    /// # use miscount::results::{Cell, Shares, Waits};
    /// # fn said(cell: Cell, waits: Waits) {
    /// let of = |ms: f64| Waiting::of(&cell.clone().with(|c| {
    ///     c.key.level = "c500000_p0".into();
    ///     c.figures.shares = Some(Shares { min: 0.5, max: 0.5, pass_ms: 1000.0 });
    ///     c.figures.waits = Some(Waits { longest: ms * 1e6, ..waits });
    /// }));
    /// assert_eq!([3.5, 150.0, 670.0].map(of), [Waiting::Bounded, Waiting::Unclear, Waiting::Starved].map(Some));
    /// # }
    /// ```
    pub fn of(cell: &Cell) -> Option<Waiting> {
        let load = Load::of(&cell.key.level).filter(|load| load.is_held_long())?;
        let pass_ns = cell.figures.shares?.pass_ms * 1e6;
        let turns_ns = TURNS * cell.key.threads as f64 * nanos(load.inside());
        let share = cell.figures.waits?.longest / pass_ns;
        (turns_ns <= BOUNDED * pass_ns).then_some(match share {
            share if share <= BOUNDED => Waiting::Bounded,
            share if share >= STARVED => Waiting::Starved,
            _ => Waiting::Unclear,
        })
    }

    /// Its text in tables.
    pub fn text(self) -> &'static str {
        match self {
            Waiting::Bounded => "bounded",
            Waiting::Unclear => "unclear",
            Waiting::Starved => "starves",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::held_long;

    #[test]
    fn a_tenth_of_the_pass_is_bounded_and_a_fifth_starves() {
        let of = |ms| Waiting::of(&held_long("a", 2, "c500000_p0", ms));
        let [bounded, unclear, starved] = [Waiting::Bounded, Waiting::Unclear, Waiting::Starved].map(Some);
        assert_eq!(
            [3.5, 100.0, 100.1, 199.0, 200.0, 1000.0].map(of),
            [bounded, bounded, unclear, unclear, starved, starved]
        );
    }

    #[test]
    fn what_tells_nothing_has_no_word() {
        let cell = |threads, level: &str| held_long("a", threads, level, 700.0);
        assert_eq!(Waiting::of(&cell(2, "c1000_p0")), None, "not held long");
        assert_eq!(Waiting::of(&cell(2, "elsewhere")), None);
        assert_eq!(Waiting::of(&cell(2, "c500000_p0").with(|c| c.figures.waits = None)), None);
        assert_eq!(Waiting::of(&cell(2, "c500000_p0").with(|c| c.figures.shares = None)), None);
        // Eleven threads that each hold it for 5 ms need 55 ms for one turn each.
        assert_eq!([10, 11].map(|n| Waiting::of(&cell(n, "c5000000_p0")).is_some()), [true, false]);
        let nothing = cell(2, "c500000_p0").with(|c| c.figures.shares.as_mut().unwrap().pass_ms = 0.0);
        assert_eq!(Waiting::of(&nothing), None);
    }
}

//! The window of an increment in an interpreter: between load and store, threads may lose updates.

use serde::{Deserialize, Serialize};

/// How often threads let go of an interpreter's lock between load and store, measured before the rounds in two ways: by
/// looks at where a thread stands, and by time. Neither knows what the rounds lose.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Looks at where a thread stood that had to let go.
    pub looks: u64,
    /// Looks at which it stood between load and store; at most `looks`.
    pub inside: u64,
    /// One iteration of the loop around the increment, the best of many timings, in ns.
    pub turn_ns: f64,
    /// What passes of it before the checks between load and store, in ns; absent where it was not timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_ns: Option<f64>,
}

impl Window {
    /// The share of looks between load and store; `None` without looks.
    pub fn by_looks(&self) -> Option<f64> {
        (self.looks > 0).then(|| self.inside as f64 / self.looks as f64)
    }

    /// The share of the time; 0 where no look found a thread between load and store, since there is no check then.
    pub fn by_time(&self) -> Option<f64> {
        let share = (self.window_ns? / self.turn_ns).clamp(0.0, 1.0);
        (self.looks > 0).then_some(if self.inside == 0 { 0.0 } else { share })
    }

    /// What makes it impossible, if anything does.
    pub(crate) fn fault(&self) -> Option<String> {
        if self.inside > self.looks {
            return Some(format!("{} of {} looks cannot be", self.inside, self.looks));
        }
        let bad = [Some(self.turn_ns), self.window_ns].into_iter().flatten().find(|ns| !(0.0..1e18).contains(ns));
        bad.map(|bad| format!("a figure of {bad} cannot be"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: Window = Window { looks: 200, inside: 50, turn_ns: 80.0, window_ns: Some(24.0) };

    #[test]
    fn shares_are_of_looks_and_of_time() {
        assert_eq!((SEEN.by_looks(), SEEN.by_time()), (Some(0.25), Some(0.3)));
        let never = Window { inside: 0, ..SEEN };
        assert_eq!((never.by_looks(), never.by_time()), (Some(0.0), Some(0.0)));
        let blind = Window { looks: 0, inside: 0, window_ns: None, ..SEEN };
        assert_eq!((blind.by_looks(), blind.by_time()), (None, None));
    }

    #[test]
    fn what_cannot_be_is_a_fault() {
        assert_eq!(SEEN.fault(), None);
        for bad in [
            Window { inside: 201, ..SEEN },
            Window { turn_ns: -1.0, ..SEEN },
            Window { turn_ns: f64::NAN, ..SEEN },
            Window { window_ns: Some(f64::INFINITY), ..SEEN },
        ] {
            assert!(bad.fault().is_some(), "{bad:?}");
        }
    }
}

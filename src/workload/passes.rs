//! The number of passes: `MISCOUNT_PASSES` and `MISCOUNT_TIME`.

use std::time::Duration;

use super::{Error, wrong};

/// Default number of passes of a run.
pub const PASSES: usize = 20;
/// Fewest passes that may be asked for: one round has no interval.
const FEWEST: usize = 2;
/// Most passes, also with `MISCOUNT_TIME`.
pub const MOST: usize = 1_000;

/// Longest time: `30M` means months, not minutes.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// How many passes a run makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// This number.
    Count(usize),
    /// As many as fit into this time; it applies to each bench.
    Time(Duration),
}

impl Default for Passes {
    fn default() -> Self {
        Passes::Count(PASSES)
    }
}

impl Passes {
    /// The passes that the two variables ask for; `None` where neither is set. `var` gives none that is empty.
    pub(super) fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Option<Passes>, Error> {
        match (var("MISCOUNT_PASSES"), var("MISCOUNT_TIME")) {
            (None, None) => Ok(None),
            (Some(count), None) => parse_count(&count).map(Some),
            (None, Some(time)) => parse_time(&time).map(Some),
            (Some(count), Some(_)) => {
                Err(wrong("MISCOUNT_PASSES", &count, "MISCOUNT_TIME is set, too: set one of them, unset the other"))
            }
        }
    }
}

fn parse_count(text: &str) -> Result<Passes, Error> {
    let count = text.trim().parse().ok().filter(|count| (FEWEST..=MOST).contains(count));
    let what = || format!("give a number of passes from {FEWEST} to {MOST}");
    count.map(Passes::Count).ok_or_else(|| wrong("MISCOUNT_PASSES", text, what()))
}

fn parse_time(text: &str) -> Result<Passes, Error> {
    let time = humantime::parse_duration(text.trim()).ok().filter(|time| !time.is_zero() && *time <= LONGEST);
    let what = "give a time for each bench, such as 90s, 30m or 2h, of 7 days at most (M is a month)";
    time.map(Passes::Time).ok_or_else(|| wrong("MISCOUNT_TIME", text, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(passes: &str, time: &str) -> Result<Option<Passes>, String> {
        let var = |name: &str| match name {
            "MISCOUNT_PASSES" => Some(passes.to_owned()),
            "MISCOUNT_TIME" => Some(time.to_owned()),
            _ => None,
        };
        let var = |name: &str| var(name).filter(|value| !value.is_empty());
        Passes::from_vars(var).map_err(|error| error.to_string())
    }

    #[test]
    fn passes_are_a_number_or_a_time() {
        assert_eq!(asked("", ""), Ok(None));
        assert_eq!(asked("2", ""), Ok(Some(Passes::Count(2))));
        assert_eq!(asked(" 1000 ", ""), Ok(Some(Passes::Count(1_000))));
        assert_eq!(asked("", "30m"), Ok(Some(Passes::Time(Duration::from_secs(1_800)))));
        assert_eq!(asked("", "1m 30s"), Ok(Some(Passes::Time(Duration::from_secs(90)))));
    }

    #[test]
    fn what_is_no_number_of_passes_and_no_time_is_refused_in_one_line() {
        for passes in ["0", "1", "10000", "x", "-3", "2.5"] {
            let said = asked(passes, "").unwrap_err();
            assert_eq!(said, format!("MISCOUNT_PASSES={passes:?}: give a number of passes from 2 to 1000"));
        }
        for time in ["0", "0s", "5 parsecs", "-1s", "30", "s", "30M", "8days"] {
            let said = asked("", time).unwrap_err();
            assert!(said.starts_with(&format!("MISCOUNT_TIME={time:?}: give a time")), "{said}");
        }
        assert!(asked("3", "1m").unwrap_err().contains("set one of them"));
    }
}

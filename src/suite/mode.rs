//! What the command line asks for, as far as the suite itself must know; all else is Criterion's.

use std::io;
use std::process::Command;
use std::time::Duration;

use crate::guard;

/// What Criterion will do with the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Name them.
    List,
    /// Run each once.
    Test,
    /// Run each for a profiler.
    Profile,
    /// Show figures saved earlier.
    Load,
    /// Measure them.
    Measure {
        /// With `--quick`.
        quick: bool,
    },
}

impl Mode {
    /// The mode that arguments (without the program's name) ask for, by Criterion's own rules.
    pub(super) fn of(args: &[String]) -> Mode {
        let has = |flag: &str| args.iter().any(|arg| arg == flag);
        let takes = |flag: &str| args.iter().any(|arg| arg.split('=').next() == Some(flag));
        if has("--list") {
            Mode::List
        } else if has("--test") || !has("--bench") {
            Mode::Test
        } else if takes("--profile-time") {
            Mode::Profile
        } else if takes("--load-baseline") {
            Mode::Load
        } else {
            Mode::Measure { quick: has("--quick") }
        }
    }

    /// Whether what is measured goes to results.
    pub(super) fn publishes(self) -> bool {
        matches!(self, Mode::Measure { .. })
    }

    /// Whether rounds are run when Criterion asks for them, one each, and nothing is made of them.
    pub(super) fn runs_singly(self) -> bool {
        matches!(self, Mode::Test | Mode::Profile)
    }

    /// Whether loss is replayed into Criterion's own report: two rounds are too few for that.
    pub(super) fn replays(self) -> bool {
        self != Mode::Profile && self != (Mode::Measure { quick: true })
    }
}

/// What of Criterion's own options the suite heeds, since the rounds are its: the number of samples, and how long all of
/// a cell's take. What cannot be used Criterion has refused by then.
pub(super) fn wishes(args: &[String]) -> (Option<usize>, Option<Duration>) {
    let value = |flag: &str| {
        let at = args.iter().position(|arg| arg.split('=').next() == Some(flag))?;
        args[at].split_once('=').map(|(_, value)| value).or(args.get(at + 1).map(String::as_str))
    };
    let seconds = value("--measurement-time").and_then(|text| text.parse().ok());
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    (value("--sample-size").and_then(|text| text.parse().ok()), time)
}

/// The ids that the command line selects: Criterion is asked in a process of its own, since only
/// it knows its rules.
///
/// # Errors
/// When the process cannot be started, or Criterion refuses the arguments (it has said why then).
pub(super) fn selected(args: &[String]) -> io::Result<Vec<String>> {
    let mut listing = Command::new(std::env::current_exe()?);
    // What cannot be listed together: measuring or not makes no difference to the names.
    let mut skip_value = false;
    let listed = args.iter().filter(|arg| {
        let skip = std::mem::take(&mut skip_value);
        skip_value = *arg == "--profile-time";
        !(skip || *arg == "--test" || arg.starts_with("--profile-time"))
    });
    listing.args(listed).arg("--list").env_remove("CARGO_CRITERION_PORT");
    let unstarted = |e| io::Error::other(format!("this program cannot start itself to list its cells: {e}"));
    let output = guard::output(&listing).map_err(unstarted)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().find(|line| line.starts_with("error") || line.starts_with("Unable"));
        let line = line.unwrap_or("Criterion refused them");
        return Err(io::Error::other(format!("these arguments cannot be used: {line}")));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(|line| line.strip_suffix(": benchmark")).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn samples_and_their_time_are_heeded() {
        let of = |line: &str| wishes(&words(line));
        assert_eq!(of("--bench fetch"), (None, None));
        assert_eq!(of("--bench --sample-size 25 --measurement-time=0.5"), (Some(25), Some(Duration::from_millis(500))));
        assert_eq!(of("--sample-size=12 --measurement-time -1"), (Some(12), None));
        assert_eq!(of("--sample-size"), (None, None));
    }

    #[test]
    fn modes_follow_criterions_rules() {
        let mode = |line: &str| Mode::of(&words(line));
        assert_eq!(mode("--bench"), Mode::Measure { quick: false });
        assert_eq!(mode("--bench --quick fetch"), Mode::Measure { quick: true });
        assert_eq!(mode("fetch"), Mode::Test);
        assert_eq!(mode("--bench --test"), Mode::Test);
        assert_eq!(mode("--bench --list"), Mode::List);
        assert_eq!(mode("--bench --profile-time=5"), Mode::Profile);
        assert_eq!(mode("--bench --profile-time 5"), Mode::Profile);
        assert_eq!(mode("--bench --load-baseline a --baseline b"), Mode::Load);
        assert_eq!(mode("--bench --save-baseline a"), Mode::Measure { quick: false });
    }
}

//! What the command line asks for, as far as the suite itself must know; all else is Criterion's.

use std::io;
use std::process::Command;

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

    /// Whether rows that are compared are measured in turn: elsewhere Criterion's own order does.
    pub(super) fn takes_turns(self) -> bool {
        self == (Mode::Measure { quick: false })
    }

    /// Whether loss is replayed into Criterion's own report: two rounds are too few for that.
    pub(super) fn replays(self) -> bool {
        self != Mode::Profile && self != (Mode::Measure { quick: true })
    }
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

    #[test]
    fn modes_follow_criterions_rules() {
        let mode = |line: &str| Mode::of(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
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

//! Reads from the command line what the suite must know; Criterion reads the rest.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::guard;

/// What to do with the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Name them.
    List,
    /// Name them for another process of this program.
    Name,
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

    /// Whether results are recorded.
    pub(super) fn publishes(self) -> bool {
        matches!(self, Mode::Measure { .. })
    }

    /// Whether each round is run when Criterion asks for it, and not recorded.
    pub(super) fn runs_singly(self) -> bool {
        matches!(self, Mode::Test | Mode::Profile)
    }

    /// Whether loss is replayed to Criterion. Two rounds are too few for that.
    pub(super) fn replays(self) -> bool {
        self != Mode::Profile && self != (Mode::Measure { quick: true })
    }
}

/// Whether the arguments ask for what Criterion itself prints.
pub(super) fn is_verbose(args: &[String]) -> bool {
    let asked = ["--verbose", "-v", "--output-format", "--baseline", "-b", "--baseline-lenient"];
    args.iter().filter_map(|arg| arg.split('=').next()).any(|flag| asked.contains(&flag))
}

/// The value of an option, if it is given.
fn value<'a>(args: &'a [String], flag: &str) -> Option<&'a str> {
    let at = args.iter().position(|arg| arg.split('=').next() == Some(flag))?;
    args[at].split_once('=').map(|(_, value)| value).or(args.get(at + 1).map(String::as_str))
}

/// Criterion's options that apply to the suite's own rounds: number of samples, and time of all samples of a cell.
/// Criterion has refused unusable values before.
pub(super) fn wishes(args: &[String]) -> (Option<usize>, Option<Duration>) {
    let seconds = value(args, "--measurement-time").and_then(|text| text.parse().ok());
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    (value(args, "--sample-size").and_then(|text| text.parse().ok()), time)
}

/// Variable that is set for the process that [`selected`] starts.
const NAMING: &str = "_MISCOUNT_NAMING";
/// Prefix of a line in which that process names a cell.
const NAMED: &str = "selected: ";

/// Whether this process only names its cells for another one.
pub(super) fn is_naming() -> bool {
    std::env::var_os(NAMING).is_some()
}

/// The line in which this process names a cell.
pub(super) fn named(id: &str) -> String {
    format!("{NAMED}{id}\n")
}

/// Ids of the cells that the command line selects, in order. Only Criterion knows its filter rules, and it cuts the
/// titles that it prints. So this program starts itself once more with `--test`, where each selected cell prints its id
/// instead of running a round.
///
/// # Errors
/// The process cannot be started, or Criterion refuses the arguments: its message is passed on.
pub(super) fn selected(args: &[String]) -> io::Result<Vec<String>> {
    let mut naming = Command::new(std::env::current_exe()?);
    let mut skip_value = false;
    let kept = args.iter().filter(|arg| {
        let skip = std::mem::take(&mut skip_value);
        skip_value = *arg == "--profile-time";
        !(skip || *arg == "--test" || *arg == "--list" || arg.starts_with("--profile-time"))
    });
    naming.args(kept).arg("--test").env(NAMING, "1").env("RUST_BACKTRACE", "0").env_remove("CARGO_CRITERION_PORT");
    let unstarted = |e| io::Error::other(format!("this program cannot start itself to name its cells: {e}"));
    let output = guard::output(&naming).map_err(unstarted)?;
    if !output.status.success() {
        let why = words(&String::from_utf8_lossy(&output.stderr));
        return Err(io::Error::other(format!("these arguments cannot be used: {why}")));
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    Ok(lines.lines().filter_map(|line| line.strip_prefix(NAMED)).map(str::to_owned).collect())
}

/// Checks that a baseline named on the command line exists. Criterion would check only after all was measured.
///
/// # Errors
/// Names the baseline, and the folder where it was looked for.
pub(super) fn check_baseline(args: &[String]) -> io::Result<()> {
    let Some(name) = value(args, "--baseline").or_else(|| value(args, "-b")) else { return Ok(()) };
    // Criterion's folder, as far as it can be found without asking cargo.
    let set = |name| std::env::var_os(name).map(PathBuf::from);
    let program = std::env::current_exe()?;
    let built = || program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists()).map(Path::to_owned);
    let target = || set("CARGO_TARGET_DIR").or_else(built).map(|target| target.join("criterion"));
    let Some(home) = set("CRITERION_HOME").or_else(target) else { return Ok(()) };
    // Group, function, threads, baseline.
    let mut level = vec![home.clone()];
    for _ in 0..4 {
        let entries = level.iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
        level = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        if level.iter().any(|folder| folder.ends_with(name)) {
            return Ok(());
        }
    }
    let what = format!("there is none of this name in {}; make one with --save-baseline {name}", home.display());
    Err(io::Error::other(format!("--baseline {name}: {what}")))
}

/// Criterion's reason for refusing arguments, on one line: the error up to the first empty line, or the panic message.
fn words(said: &str) -> String {
    let begins = |line: &&str| line.starts_with("error") || line.starts_with("Unable") || line.contains("panicked at");
    let lines = said.lines().skip_while(|line| !begins(line)).take_while(|line| !line.trim().is_empty());
    let lines: Vec<&str> = lines.filter(|line| !line.contains("panicked at") && !line.starts_with("note:")).collect();
    let text = lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { "Criterion does not say why".to_owned() } else { text }
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
    fn criterion_speaks_where_it_is_asked_to() {
        let of = |line: &str| is_verbose(&words(line));
        assert_eq!(["--bench", "--bench verbose", "--bench --quiet"].map(of), [false; 3]);
        assert_eq!(
            ["--bench --verbose", "-v", "--output-format=bencher", "--output-format bencher"].map(of),
            [true; 4]
        );
    }

    #[test]
    fn criterions_own_words_are_passed_on() {
        let said =
            "\nthread 'main' (7) panicked at criterion/src/lib.rs:1:2:\nassertion failed: n >= 10\nnote: run with";
        assert_eq!(super::words(said), "assertion failed: n >= 10");
        let said = "error: the following required arguments were not provided:\n  --baseline <baseline>\n\nUsage: x";
        assert_eq!(
            super::words(said),
            "error: the following required arguments were not provided: --baseline <baseline>"
        );
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

//! Runs the faulty bench in a temporary folder of its own: for the tests that do so.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use miscount::results::{Cell, Machine, read_machine};

/// The faulty bench, built beside this test.
pub(crate) fn program() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let built = deps.parent().and_then(Path::parent).unwrap();
    let program = built.join("examples").join(format!("faulty{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "cargo test builds it, cargo test --test suite does not: cargo build --example faulty");
    program
}

/// Passes of a run that measures.
pub(crate) const PASSES: usize = 4;

/// One temporary folder a test: results and Criterion's own tree below it.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn results(&self) -> PathBuf {
        self.0.path().join("results")
    }

    pub(crate) fn machine(&self) -> Machine {
        read_machine(&self.results().join("test")).unwrap()
    }

    /// Whether there is a run.
    pub(crate) fn is_begun(&self) -> bool {
        let files = std::fs::read_dir(self.results().join("test/runs")).into_iter().flatten().flatten();
        files.into_iter().any(|file| file.path().extension().is_some_and(|e| e == "json"))
    }

    pub(crate) fn cells(&self) -> Vec<Cell> {
        self.machine().cells
    }

    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = Command::new(program());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MISCOUNT_")) {
            command.env_remove(name);
        }
        command
            .args(args.split_whitespace())
            .env("MISCOUNT_RESULTS", self.results())
            .env("MISCOUNT_MACHINE", "test")
            .env("MISCOUNT_LEVELS", "saturated")
            .env("MISCOUNT_THREADS", "1,2")
            .env("CRITERION_HOME", self.0.path().join("criterion"));
        command
    }

    /// Measures in a few passes, one right after the other.
    pub(crate) fn measure(&self, filter: &str) -> Command {
        let mut command = self.measure_slowly(filter);
        command.env("FAULTY_PASS", "0");
        command
    }

    /// The same, each pass as long as in any bench: for tests that do something to the run meanwhile.
    pub(crate) fn measure_slowly(&self, filter: &str) -> Command {
        let mut command = self.command(&format!("--bench --noplot {filter}"));
        command.env("MISCOUNT_PASSES", PASSES.to_string());
        command
    }
}

pub(crate) fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

pub(crate) fn line<'a>(text: &'a str, part: &str) -> &'a str {
    text.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("no line with {part:?} in:\n{text}"))
}

/// Waits until a run has written its first cell.
pub(crate) fn wait_for_cell(place: &Place, child: &mut Child) {
    let until = Instant::now() + Duration::from_secs(30);
    while !place.is_begun() {
        assert!(Instant::now() < until && child.try_wait().unwrap().is_none(), "no cell came");
        thread::sleep(Duration::from_millis(2));
    }
}

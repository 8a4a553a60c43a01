//! The bench as a program: its output, record and status, and that it leaves no process behind.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use miscount::python::real::{Implementation, Interpreter};
use miscount::results::{Cell, read_machine};
use miscount::round::Verdict;
use rustix::process::{Pid, Signal, kill_process};

use super::fakes::{Fakes, HANGS};
use super::under::under;

/// The bench, built beside this test.
fn program() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let built = deps.parent().and_then(Path::parent).unwrap();
    let program = built.join("examples").join("pythons");
    assert!(
        program.exists(),
        "cargo test builds it, cargo test --test interpreters does not: cargo build --example pythons"
    );
    program
}

fn bench(fakes: &Fakes, pythons: &[PathBuf], args: &str) -> Command {
    let mut command = Command::new(program());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MISCOUNT_")) {
        command.env_remove(name);
    }
    let names: Vec<String> = pythons.iter().map(|path| path.display().to_string()).collect();
    command
        .args(args.split_whitespace())
        .env("MISCOUNT_PYTHONS", names.join(","))
        .env("MISCOUNT_RESULTS", fakes.folder().join("results"))
        .env("MISCOUNT_MACHINE", "test")
        .env("MISCOUNT_LEVELS", "switch_5ms")
        .env("MISCOUNT_PASSES", "2")
        .env("FAULTY_PASS", "0")
        .env("FAULTY_ENDING", "1")
        .env("CRITERION_HOME", fakes.folder().join("criterion"));
    command
}

/// Measures in two passes.
const FAST: &str = "--bench --noplot";

fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn cells(fakes: &Fakes) -> Vec<Cell> {
    read_machine(&fakes.folder().join("results/test")).unwrap().cells
}

#[test]
fn broken_ones_are_named_and_the_rest_is_measured() {
    let fakes = Fakes::new();
    let pythons = [
        fakes.script("garbage", "echo oops; cat >/dev/null"),
        fakes.says_hello("dies", "3.8.1", "read -r _; kill -KILL $$"),
        fakes.good("good", "3.9.18"),
        fakes.folder().join("missing"),
    ];
    let (status, out, err) = run(&mut bench(&fakes, &pythons, &format!("{FAST} /python/")));
    assert_eq!(status, Some(0), "{err}");
    let lines = |part: &str| err.lines().filter(|line| line.contains(part)).count();
    assert_eq!(lines("garbage is left out: a script, and it answered with something else"), 1, "{err}");
    assert_eq!(lines("missing is left out: it cannot be started: there is no such file"), 1, "{err}");
    assert_eq!(lines("pythons: CPython 3.9.18: 3.9.18 (fake); global lock, switch interval 5ms"), 1, "{err}");
    assert_eq!(lines("is given up: CPython 3.8.1: it ended (signal: 9"), 2, "started again once: {err}");
    assert_eq!(lines("is given up: CPython 3.8.1 failed 2 times in this run and is left out"), 4, "{err}");
    assert_eq!(out.matches("  lost 0 %  ").count(), 6, "{out}");
    let cells = cells(&fakes);
    assert_eq!(cells.len(), 6, "three subjects at two thread counts, of the good one");
    for cell in &cells {
        assert_eq!((cell.key.variant.as_str(), cell.facts.label.as_str()), ("cpython_3_9_18", "CPython 3.9.18"));
        assert_eq!((cell.key.level.as_str(), cell.facts.family.as_str()), ("switch_5ms", "python"));
        let own = if cell.key.threads > miscount::topology::usable_count() {
            Verdict::Oversubscribed
        } else {
            Verdict::Valid
        };
        assert_eq!(cell.facts.verdict, own, "{cell:?}");
        assert_eq!((cell.figures.rounds_kept, cell.figures.sample_ms), (Some(2), Some(210.0)));
    }
    let machine = read_machine(&fakes.folder().join("results/test")).unwrap();
    let notes: Vec<&String> = machine.runs.values().flat_map(|run| &run.notes).collect();
    let facts: Vec<&String> = machine.runs.values().flat_map(|run| &run.facts).collect();
    assert_eq!(facts.iter().filter(|fact| fact.starts_with("CPython 3.9.18: ")).count(), 1, "{facts:?}");
    assert_eq!(notes.iter().filter(|note| note.contains("is given up: CPython 3.8.1: it ended (signal: 9")).count(), 2);
    let folder = fakes.folder().to_string_lossy();
    assert!(
        notes.iter().chain(&facts).all(|line| !line.contains(&*folder)),
        "no path is published: {notes:?} {facts:?}"
    );
    fakes.assert_gone();
}

#[test]
fn without_any_interpreter_it_says_so_and_ends_with_0() {
    let fakes = Fakes::new();
    let mut command = bench(&fakes, &[], "--bench --noplot /python/");
    command.env_remove("MISCOUNT_PYTHONS").env("PATH", "/no/such/folder").env("HOME", fakes.folder());
    let (status, out, err) = run(command.env_remove("PYENV_ROOT"));
    assert_eq!(status, Some(0), "{err}");
    assert!(
        err.contains("pythons: no Python on PATH or in pyenv that can be used; name some with MISCOUNT_PYTHONS"),
        "{err}"
    );
    assert!(out.contains("0 of 1 cells match"), "{out}");

    // Where its levels are not asked for, nothing is searched.
    let (status, _, err) =
        run(bench(&fakes, &[fakes.script("x", HANGS)], "--bench /python/").env("MISCOUNT_LEVELS", "high"));
    assert!(status == Some(0) && !err.contains("pythons:"), "{err}");
}

#[test]
fn a_list_that_cannot_be_used_gets_one_line_and_2() {
    let fakes = Fakes::new();
    for list in ["python3,", ",", " "] {
        let (status, _, err) = run(bench(&fakes, &[], FAST).env("MISCOUNT_PYTHONS", list));
        assert_eq!((status, err.lines().count()), (Some(2), 1), "{err}");
        assert!(err.starts_with("miscount: MISCOUNT_PYTHONS="), "{err}");
    }
}

#[test]
fn no_interpreter_is_led_by_files_of_the_working_directory() {
    let fakes = Fakes::new();
    let place = tempfile::tempdir().unwrap();
    let modules = [
        "_thread",
        "codecs",
        "ctypes",
        "ffi",
        "io",
        "itertools",
        "java",
        "json",
        "os",
        "platform",
        "posix",
        "pypyjit",
        "queue",
        "Queue",
        "resource",
        "site",
        "sysconfig",
        "threading",
        "time",
        "types",
    ];
    for module in modules {
        std::fs::write(place.path().join(format!("{module}.py")), "raise SystemExit('led astray')\n").unwrap();
    }
    let interpreters = miscount::python::real::find().unwrap().interpreters;
    if interpreters.is_empty() {
        return println!("skipped: there is no interpreter");
    }
    let launches: Vec<PathBuf> = interpreters.iter().map(|one| one.launch.to_string().into()).collect();
    let (status, out, err) = run(bench(&fakes, &launches, "--bench --test py_plain").current_dir(place.path()));
    assert!(status == Some(0) && !err.contains("is left out") && !out.contains(": 0 of "), "{out}{err}");
    for interpreter in interpreters {
        let label = interpreter.label();
        assert!(err.contains(&format!("pythons: {label}: ")), "{label} takes part: {err}");
    }
}

/// One package that counts, one that kills its interpreter, one that hangs and one that counts wrong.
const PACKAGES: [(&str, &str); 5] = [
    (
        "cereggii.py",
        "class AtomicInt64(object):\n def __init__(self, n): self.n = n\n def increment_and_get(self): self.n += 1\n def get(self): return self.n\n",
    ),
    ("atomicx.py", "import os\nprint('dies')\nos.kill(os.getpid(), 9)\n"),
    ("ft_utils/__init__.py", ""),
    ("ft_utils/_concurrency.py", "while True: pass\n"),
    ("fastcounter.py", "class FastWriteCounter(object):\n value = 0\n def increment(self): pass\n"),
];

#[test]
fn a_package_that_cannot_be_used_is_named_and_breaks_nothing() {
    let mut found = miscount::python::real::find().unwrap().interpreters;
    found.retain(|one| one.implementation == Implementation::CPython);
    std::thread::scope(|at_once| {
        for interpreter in found.first().into_iter().chain(found.last()) {
            at_once.spawn(|| runs_with_broken_packages(interpreter));
        }
    });
}

fn runs_with_broken_packages(interpreter: &Interpreter) {
    let fakes = Fakes::new();
    let (major, minor, _) = interpreter.numbers;
    let folder = fakes.folder().join(format!("{major}.{minor}{}", if interpreter.free_threaded { "t" } else { "" }));
    std::fs::create_dir_all(folder.join("ft_utils")).unwrap();
    for (name, text) in PACKAGES {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let mut command = bench(&fakes, &[interpreter.launch.to_string().into()], "--bench --test py_cereggii");
    command.env("MISCOUNT_FULL", "1").env("MISCOUNT_PYTHON_PACKAGES", fakes.folder());
    let (status, out, err) = run(&mut command);
    let label = interpreter.label();
    assert_eq!(status, Some(0), "{label}: {err}");
    let line =
        format!("pythons: {label} does without py_cereggii_handle, py_atomicx, py_ft_utils, py_fastcounter: its");
    assert_eq!(err.matches(&line).count(), 1, "{label}: {err}");
    assert!(!err.contains("is given up") && !out.contains(": 0 of "), "{label}: {out}{err}");
    // Where none is asked for, nothing is said of them.
    let (status, _, err) = run(command.env_remove("MISCOUNT_PYTHON_PACKAGES"));
    assert!(status == Some(0) && !err.contains("does without"), "{label}: {err}");
    let (status, _, err) = run(command.env("MISCOUNT_PYTHON_PACKAGES", "/no/such/folder"));
    assert!(status == Some(2) && err.starts_with("miscount: MISCOUNT_PYTHON_PACKAGES=\"/no/such/folder\": "), "{err}");
}

#[test]
fn each_cell_runs_once_as_a_test() {
    let fakes = Fakes::new();
    let (status, _, err) = run(&mut bench(&fakes, &[fakes.good("good", "3.9.18")], "--bench --test py_plain"));
    assert_eq!(status, Some(0), "{err}");
    assert!(!fakes.folder().join("results").exists());
}

/// Samples of 30 ms: long enough for any other row.
const LONGER: &str = "--bench --noplot --warm-up-time 0.05 --measurement-time 0.3 fetch_add";

#[test]
fn a_row_that_needs_long_rounds_gets_them_and_criterion_the_true_time() {
    let fakes = Fakes::new();
    let (status, _, err) = run(&mut bench(&fakes, &[fakes.good("good", "3.9.18")], LONGER));
    assert_eq!(status, Some(0), "{err}");
    let [cell] = &cells(&fakes)[..] else { panic!("one cell") };
    // Where the thread was off its CPU, rounds are as long as that took, or as short as it made them.
    assert!(
        cell.facts.verdict != Verdict::Valid || (90.0..200.0).contains(&cell.figures.sample_ms.unwrap()),
        "{cell:?}"
    );
    assert!(cell.figures.rounds_tried.unwrap() <= 10 + 5, "it converges: {cell:?}");
    let tree = fakes.folder().join("criterion/pythons_saturated_atomic/fetch_add/1/new/sample.json");
    let sample: serde_json::Value = serde_json::from_slice(&std::fs::read(tree).unwrap()).unwrap();
    let floats = |name: &str| -> Vec<f64> { serde_json::from_value(sample[name].clone()).unwrap() };
    let mut each: Vec<f64> = floats("times").iter().zip(floats("iters")).map(|(time, iters)| time / iters).collect();
    each.sort_by(f64::total_cmp);
    let (median, ours) = ((each[4] + each[5]) / 2.0, cell.figures.ns_per_op_per_thread.unwrap().median);
    assert!((median / ours - 1.0).abs() < 1e-5, "{median} and {ours}");
}

/// Kills the bench while `python` measures, and looks for processes left behind.
#[cfg(target_os = "linux")]
fn killed(signal: Signal, body: &str, at: impl Fn(&str) -> bool) {
    use std::os::unix::process::ExitStatusExt;
    let fakes = Fakes::new();
    let python = fakes.script("python", body);
    let inner = bench(&fakes, &[python], &format!("{FAST} /python/"));
    // A shell has what it starts in the background ignore some signals.
    let mut command = under("env", &["--default-signal=INT,TERM"], &inner);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while !fakes.alive().iter().any(|process| at(process)) {
        assert!(Instant::now() < until && child.try_wait().unwrap().is_none(), "it never came so far");
        std::thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), signal).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(signal.as_raw()));
    fakes.assert_gone();
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_outlives_a_bench_that_is_killed_while_it_asks() {
    for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
        killed(signal, HANGS, |process| process.contains("sleep"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_outlives_a_bench_that_is_killed_while_it_lists_its_cells() {
    // It answers once, and hangs where the process that names the cells asks it again.
    let hello = super::fakes::HELLO;
    let body = format!("if mkdir \"$0.asked\"; then echo '{hello}'; exec cat >/dev/null; fi\n{HANGS}");
    killed(Signal::KILL, &body, |process| process.contains("--test"));
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_outlives_a_bench_that_is_killed_in_mid_round() {
    let hello = super::fakes::HELLO;
    let body = format!("echo '{hello}'\nread -r _\nexec 3<&0\n{}", HANGS.replace("sleep 1", "sleep 2"));
    // At once: a run that is stuck takes seconds to end by a signal.
    let body = body.as_str();
    std::thread::scope(|at_once| {
        for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
            at_once.spawn(move || killed(signal, body, |process| process.contains("sleep 2")));
        }
    });
}

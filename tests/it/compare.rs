//! `miscount compare`: which cells it may not call a regression, which it must, and how sides are named.

#[path = "compare/past.rs"]
mod past;
use crate::folders;
use crate::synthetic;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use miscount::compare::{Comparison, Filter, Side, Source, Standing, Unit, compare, find, mismatches};
use miscount::results::read::{Resolution, parse_null_study};
use miscount::results::{Cell, Interval, Machine, PastRun};
use miscount::round::Verdict;

use folders::put;

/// A row and the standard deviation of the logarithm of its time from run to run.
struct CellPair {
    cell: Cell,
    spread: f64,
}

fn normal(rng: &mut fastrand::Rng) -> f64 {
    // Box and Muller.
    (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (std::f64::consts::TAU * rng.f64()).cos()
}

/// 770 rows, each with the spread of a row of the committed null study at the same threads.
fn rows(rng: &mut fastrand::Rng) -> (Vec<CellPair>, Vec<Resolution>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/amd-epyc-2-adcd15/null_study.json");
    let bytes = fs::read(&path).unwrap();
    let study: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let spreads = |threads: u64| -> Vec<f64> {
        let all = study["rows"].as_array().unwrap().iter().filter(|row| row["threads"] == threads);
        all.map(|row| row["between_ns"].as_f64().unwrap() / row["ns"].as_f64().unwrap() / 1.96 / 2f64.sqrt()).collect()
    };
    let spreads = [spreads(1), spreads(2)];
    assert!(spreads.iter().all(|s| s.len() == 12));
    let rows = (0..770).map(|n| {
        let threads = 1 + n % 2;
        let name = format!("counter_{}", n / 2);
        let cell = synthetic::cell(&name, "atomic", 2.0 + n as f64 / 20.0, threads, "saturated", 2);
        CellPair { cell, spread: spreads[threads - 1][rng.usize(..12)] }
    });
    (rows.collect(), parse_null_study(&path, &bytes).unwrap())
}

/// One run of the rows; `times` is the factor on the time of a row.
fn run(id: &str, rows: &[CellPair], rng: &mut fastrand::Rng, times: impl Fn(usize) -> f64) -> PastRun {
    let cells = rows.iter().enumerate().map(|(n, row)| {
        let mut cell = row.cell.clone();
        let base = cell.figures.ns_per_op_per_thread.unwrap().median;
        let median = base * times(n) * (row.spread * normal(rng)).exp();
        cell.figures.ns_per_op_per_thread = Some(Interval { low: median * 0.99, median, high: median * 1.01 });
        cell.facts.run = id.to_owned();
        cell
    });
    let run = synthetic::machine("m", &[]).runs.remove("r1").unwrap();
    PastRun { id: id.to_owned(), run, cells: cells.collect(), ..PastRun::default() }
}

fn side(past: PastRun, history: &[PastRun], resolution: &[Resolution]) -> Side {
    let mut machine = synthetic::machine("made_up_2", &[]);
    machine.runs = [(past.id, past.run)].into();
    machine.cells = past.cells;
    machine.resolution = resolution.to_vec();
    machine.history = history.to_vec();
    Side::of(machine)
}

fn compared(a: &Side, b: &Side) -> Comparison {
    compare(a, b, Unit::Ns, &Filter::default()).unwrap()
}

#[test]
fn two_runs_of_one_machine_compare_as_equal() {
    let mut rng = fastrand::Rng::with_seed(5);
    for (past, pairs) in [(0, 30), (3, 10), (10, 10)] {
        let mut regressions = 0;
        for _ in 0..pairs {
            let (rows, resolution) = rows(&mut rng);
            let same = |_| 1.0;
            let history: Vec<PastRun> = (0..past).map(|n| run(&format!("h{n}"), &rows, &mut rng, same)).collect();
            let a = side(run("a", &rows, &mut rng, same), &history, &resolution);
            let b = side(run("b", &rows, &mut rng, same), &[], &resolution);
            let found = compared(&a, &b);
            assert_eq!(found.compared, 770);
            regressions += found.regressions;
        }
        // At most one in five pairs.
        assert!(5 * regressions <= pairs, "{regressions} false regressions in {pairs} pairs, {past} runs before");
    }
}

#[test]
fn a_row_that_got_slower_is_found() {
    let mut rng = fastrand::Rng::with_seed(6);
    let (mut times, mut others) = (0, 0);
    let pairs = 10;
    for _ in 0..pairs {
        let (mut rows, resolution) = rows(&mut rng);
        rows[100].spread = 0.02;
        let history: Vec<PastRun> = (0..10).map(|n| run(&format!("h{n}"), &rows, &mut rng, |_| 1.0)).collect();
        let a = side(run("a", &rows, &mut rng, |_| 1.0), &history, &resolution);
        let b = side(run("b", &rows, &mut rng, |n| if n == 100 { 1.3 } else { 1.0 }), &[], &resolution);
        let found = compared(&a, &b);
        let slower = |row: &&miscount::compare::CellPair| row.standing == Standing::Slower;
        let row = found.rows.iter().filter(slower).find(|row| row.name == "counters/saturated/counter_50/1");
        if let Some(row) = row {
            times += 1;
            assert_eq!(row.a_spread.unwrap().source, Source::History);
            // The other way round it is no regression.
            let back = compared(&b, &a).rows.into_iter().find(|back| back.name == row.name).unwrap();
            assert_eq!(back.standing, Standing::Faster);
        }
        others += found.regressions - usize::from(row.is_some());
    }
    // The interval of what was drawn reaches down to 1.2 times: not each of them is beyond chance.
    assert!(10 * times >= 9 * pairs, "found {times} times in {pairs} pairs");
    assert!(5 * others <= pairs, "{others} others in {pairs} pairs");
}

#[test]
fn runs_that_are_compared_and_other_builds_say_nothing_of_the_spread() {
    let mut rng = fastrand::Rng::with_seed(7);
    let (rows, resolution) = rows(&mut rng);
    let mut history: Vec<PastRun> = (0..3).map(|n| run(&format!("h{n}"), &rows, &mut rng, |_| 1.0)).collect();
    let source = |history: &[PastRun]| {
        let a = side(history[0].clone(), history, &resolution);
        let b = side(run("b", &rows, &mut fastrand::Rng::with_seed(8), |_| 1.0), &[], &resolution);
        compared(&a, &b).rows[0].a_spread.unwrap().source
    };
    assert_eq!(source(&history), Source::NullStudy, "two others are too few");
    history.push(run("h3", &rows, &mut rng, |_| 1.0));
    assert_eq!(source(&history), Source::History);
    history[3].run.rustc = "rustc 1.0.0".into();
    assert_eq!(source(&history), Source::NullStudy, "one of three is of another build");
}

fn sample() -> Machine {
    synthetic::machine("made_up_2", &synthetic::COUNTERS)
}

fn standing(found: &Comparison, name: &str) -> Standing {
    found.rows.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no {name}")).standing
}

#[test]
fn loss_is_a_regression_only_where_nothing_may_be_lost() {
    let (a, mut machine) = (Side::of(sample()), sample());
    for cell in machine.cells.iter_mut().filter(|c| c.key.threads == 2 && c.key.level == "saturated") {
        let rate = cell.figures.loss_rate.as_mut();
        match (cell.key.subject.as_str(), rate) {
            ("fetch_add", Some(rate)) => rate.max = 0.25,
            ("load_store", Some(rate)) => *rate = miscount::results::LossRate { pooled: 0.9, max: 0.99, ..*rate },
            _ => {}
        }
    }
    let found = compared(&a, &Side::of(machine.clone()));
    assert_eq!(standing(&found, "counters/saturated/fetch_add/2"), Standing::Lost);
    assert_eq!(found.regressions, 1, "what is racy may lose more");
    assert!(found.rows[0].reason.as_ref().unwrap().contains("25.0 %"), "{:?}", found.rows[0]);
    let racy = found.rows.iter().find(|row| row.name == "counters/saturated/load_store/2").unwrap();
    assert_eq!(racy.b_loss, Some(0.9), "and is shown");
    assert_eq!(compared(&Side::of(machine), &a).regressions, 0, "lost before, and no longer");
}

#[test]
fn a_slower_control_is_a_slower_machine() {
    let (a, mut machine) = (Side::of(sample()), sample());
    for cell in machine.cells.iter_mut().filter(|c| c.key.subject == "local_cell" && c.key.threads == 1) {
        let ns = cell.figures.ns_per_op_per_thread.as_mut().unwrap();
        *ns = Interval { low: ns.low * 30.0, median: ns.median * 30.0, high: ns.high * 30.0 };
    }
    let found = compared(&a, &Side::of(machine));
    assert_eq!(standing(&found, "counters/saturated/local_cell/1"), Standing::Slower);
    assert_eq!(found.regressions, 0);
    assert!(found.mismatches.iter().any(|line| line.contains("local_cell/1")), "{:?}", found.mismatches);
}

#[test]
fn only_what_was_measured_alike_is_compared() {
    let (a, mut machine) = (Side::of(sample()), sample());
    machine.cells.retain(|c| c.key.subject != "mcs");
    for cell in machine.cells.iter_mut().filter(|c| c.key.subject == "ticket") {
        cell.facts.verdict = if cell.key.threads == 2 { Verdict::Preempted } else { cell.facts.verdict };
        // Ten times slower: not to be seen where it cannot be compared.
        let ns = cell.figures.ns_per_op_per_thread.as_mut().unwrap();
        *ns = Interval { low: ns.low * 10.0, median: ns.median * 10.0, high: ns.high * 10.0 };
    }
    let found = compared(&a, &Side::of(machine.clone()));
    let row = found.rows.iter().find(|row| row.name == "counters/saturated/ticket/2").unwrap();
    assert_eq!((row.standing, row.reason.as_deref()), (Standing::NotCompared, Some("valid in A, preempted in B")));
    assert_eq!((row.ratio, row.p), (None, None));
    assert_eq!(standing(&found, "counters/saturated/mcs/1"), Standing::OnlyA);
    assert_eq!(standing(&found, "counters/saturated/ticket/1"), Standing::Slower);
    assert_eq!(standing(&compared(&Side::of(machine), &a), "counters/saturated/mcs/1"), Standing::OnlyB);
}

#[test]
fn a_wide_interval_is_too_noisy_and_never_the_same() {
    let (a, mut machine) = (Side::of(sample()), sample());
    assert_eq!(standing(&compared(&a, &a), "counters/saturated/fetch_add/2"), Standing::TooNoisy, "no null study");
    let study =
        |level: &str| Resolution { level: level.into(), threads: 2, ns: 0.1, between_ns: 0.1, between_log: Some(0.01) };
    machine.resolution = vec![study("saturated"), study("high")];
    let a = Side::of(machine.clone());
    assert_eq!(standing(&compared(&a, &a), "counters/saturated/fetch_add/2"), Standing::Same);
    for cell in machine.cells.iter_mut().filter(|c| c.key.subject == "fetch_add") {
        let median = cell.figures.ns_per_op_per_thread.unwrap().median;
        cell.figures.ns_per_op_per_thread = Some(Interval { low: median * 0.85, median, high: median * 1.15 });
    }
    assert_eq!(standing(&compared(&a, &Side::of(machine)), "counters/saturated/fetch_add/2"), Standing::TooNoisy);
}

#[test]
fn machines_are_compared_by_net_cost_and_in_their_own_units() {
    let a = Side::of(sample());
    let mut slow = synthetic::machine("slow_2", &synthetic::COUNTERS);
    for cell in &mut slow.cells {
        for ns in
            [cell.figures.ns_per_op_per_thread.as_mut(), cell.figures.net_ns_per_op.as_mut()].into_iter().flatten()
        {
            *ns = Interval { low: ns.low * 5.0, median: ns.median * 5.0, high: ns.high * 5.0 };
        }
    }
    let b = Side::of(slow);
    let ratio = |unit: Unit, name: &str| {
        let found = compare(&a, &b, unit, &Filter::default()).unwrap();
        found.rows.into_iter().find(|row| row.name == name).unwrap().ratio.unwrap().median
    };
    assert!((ratio(Unit::Ns, "counters/saturated/ticket/1") - 5.0).abs() < 1e-9);
    assert!((ratio(Unit::FetchAdd, "counters/saturated/ticket/1") - 1.0).abs() < 1e-9);
    let error = compare(&a, &b, Unit::LineTransfer, &Filter::default()).unwrap_err().to_string();
    assert!(error.contains("made_up_2") && error.contains("core_to_core"), "{error}");
    let found = compared(&a, &b);
    // At 10 us of think time this counter costs less than can be told from nothing.
    assert_eq!(standing(&found, "counters/low/per_thread/1"), Standing::NotCompared);
}

#[test]
fn a_comparison_that_is_unfair_says_so() {
    let (a, mut b) = (sample(), sample());
    assert!(mismatches(&a, &a).is_empty(), "{:?}", mismatches(&a, &a));
    b.card.usable_cpus = 64;
    b.card.cpus = 64;
    b.card.hypervisor = Some("kvm".into());
    let run = b.runs.get_mut("r1").unwrap();
    run.rustc = "rustc 1.96.0".into();
    run.flags = "-C target-cpu=native".into();
    run.kernel = "7.0".into();
    run.version = "9".into();
    run.pinned = false;
    for (n, cell) in b.cells.iter_mut().enumerate() {
        cell.key.placement = miscount::workload::Placement::Unpinned;
        cell.facts.quick = true;
        cell.facts.run = if n % 2 == 0 { "r1" } else { "r2" }.into();
    }
    let lines = mismatches(&a, &b);
    for word in [
        "usable CPUs",
        "hypervisor",
        "1.96.0",
        "target-cpu",
        "7.0",
        "version",
        "not pinned",
        "unpinned",
        "--quick",
        "several runs",
    ] {
        assert!(lines.iter().any(|line| line.contains(word)), "no {word} in {lines:#?}");
    }
    assert_eq!(lines.len(), 10, "{lines:#?}");
    // They have no placement in common, and are compared all the same.
    assert!(compared(&Side::of(a), &Side::of(b)).compared > 0);
}

// ---- names, and the command ------------------------------------------------------------------------

struct Place(tempfile::TempDir);

impl Place {
    /// A results folder with a machine of two runs; in the second one counter takes four times as long.
    fn new() -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        let mut machine = sample();
        machine.runs.get_mut("r1").unwrap().notes.clear();
        put(place.0.path(), &machine);
        let mut later = machine.runs.remove("r1").unwrap();
        later.started = "2026-01-03T03:00:00Z".into();
        for cell in &mut machine.cells {
            cell.facts.run = "r2".into();
            if cell.key.subject == "std_mutex" && cell.key.threads == 1 {
                let ns = cell.figures.ns_per_op_per_thread.as_mut().unwrap();
                *ns = Interval { low: ns.low * 30.0, median: ns.median * 30.0, high: ns.high * 30.0 };
            }
        }
        machine.runs.insert("r2".into(), later);
        put(place.0.path(), &machine);
        place
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("made_up_2")
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_miscount"));
        command.arg("compare").args(args).current_dir(self.0.path()).env("MISCOUNT_RESULTS", self.0.path());
        command.env_remove("CARGO_MANIFEST_DIR").output().unwrap()
    }
}

#[test]
fn sides_have_many_names() {
    let place = Place::new();
    let folder = place.folder();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let find = |name: &str| find(name, place.0.path(), "another");
    let runs = |name: &str| -> Vec<String> { find(name).unwrap().machine.runs.into_keys().collect() };
    let names = ["made_up_2", "made_up_2@latest", "@latest", "@r2", &path(&folder), &path(place.0.path())];
    for name in names
        .into_iter()
        .map(str::to_owned)
        .chain([path(&folder.join("runs/r2.json")), format!("{}@r2", path(&folder))])
    {
        assert_eq!(runs(&name), ["r2"], "{name}");
        assert_eq!(find(&name).unwrap().machine.cells.len(), 192, "{name}");
    }
    for name in ["@previous", "made_up_2@r1", "made_up_2@previous"] {
        assert_eq!(runs(name), ["r1"], "{name}");
    }
    // Both begin with r: each cell's newest.
    assert_eq!(runs("@r"), ["r2"]);
    for (bad, words) in [
        ("nobody", "there are the machines made_up_2"),
        ("@r9", "latest, previous, r2, r1"),
        ("made_up_2@", "has no such run"),
        ("", "is no machine"),
        ("nobody@r1", "is no machine"),
    ] {
        let line = find(bad).unwrap_err().to_string();
        assert!(line.contains(words) && !line.contains('\n'), "{bad:?}: {line}");
    }
}

#[test]
fn a_regression_ends_with_status_1_only_where_it_is_asked_for() {
    let place = Place::new();
    let found = place.run(&["@previous", "@latest"]);
    let text = String::from_utf8(found.stdout).unwrap();
    assert_eq!(found.status.code(), Some(0), "{text}");
    assert!(text.contains("counters/saturated/std_mutex/1  slower"), "{text}");
    assert!(!text.contains("fetch_add/1 "), "only what changed: {text}");
    let asked = place.run(&["@previous", "@latest", "--fail-on-regression"]);
    assert_eq!(asked.status.code(), Some(1));
    let line = String::from_utf8(asked.stderr).unwrap();
    assert!(line.contains("slower in B") && line.lines().count() == 1, "{line}");
    for equal in [["@latest", "@latest"], ["@latest", "@previous"]] {
        assert_eq!(place.run(&[equal[0], equal[1], "--fail-on-regression"]).status.code(), Some(0));
    }
    let other = ["@previous", "@latest", "--fail-on-regression", "--filter", "fetch_add"];
    assert_eq!(place.run(&other).status.code(), Some(0), "not among those asked for");
    for bad in [&["nobody", "@latest"][..], &["@latest", "@latest", "--bench", "nothing"]] {
        let refused = place.run(bad);
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{bad:?}");
    }
}

#[test]
fn json_has_every_cell_and_a_damaged_run_is_named() {
    let place = Place::new();
    fs::write(place.folder().join("runs/bad.json"), "garbage").unwrap();
    let found = place.run(&["made_up_2@r1", "made_up_2@r2", "--json", "--level", "saturated"]);
    let line = String::from_utf8(found.stderr).unwrap();
    assert!(line.contains("left out") && line.contains("bad.json") && line.lines().count() == 1, "{line}");
    let json: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 48);
    assert_eq!(rows[0]["standing"], "slower");
    assert_eq!(json["regressions"], 1);
    assert!(rows.iter().all(|row| row["ratio"].is_object() == row["p_adjusted"].is_number()));
    assert_eq!(fs::read_to_string(place.folder().join("runs/bad.json")).unwrap(), "garbage");
}

#[test]
fn after_a_first_run_there_is_nothing_to_compare_and_nothing_wrong() {
    let place = Place::new();
    fs::remove_file(place.folder().join("runs/r1.json")).unwrap();
    for more in [&[][..], &["--fail-on-regression"]] {
        let said = place.run(&[&["@previous", "@latest"], more].concat());
        let line = String::from_utf8(said.stderr).unwrap();
        assert_eq!((said.status.code(), said.stdout.len()), (Some(0), 0), "{line}");
        assert!(line.contains("no cell was measured in two runs yet") && line.lines().count() == 1, "{line}");
    }
    let said = place.run(&["@r9", "@latest"]);
    let line = String::from_utf8(said.stderr).unwrap();
    assert_eq!(said.status.code(), Some(2), "{line}");
    assert!(
        line.contains("there are latest, r2") && !line.contains("previous"),
        "what it refuses it does not advise: {line}"
    );
    assert_eq!(place.run(&["@previous", "nobody"]).status.code(), Some(2));
}

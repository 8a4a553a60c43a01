//! Runs each example and checks its output. `cargo test` builds them. The numbered examples are for readers, the
//! others are tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use miscount::results::read::parse_null_study;
use miscount::results::{Cell, read_machine};
use miscount::topology;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An example, built beside this test; no variable of the environment changes it.
fn example(name: &str) -> Command {
    let deps = std::env::current_exe().unwrap();
    let built = deps.parent().and_then(Path::parent).unwrap();
    let program = built.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "cargo test builds it, cargo test --test examples does not: cargo build --example {name}"
    );
    let mut command = Command::new(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MISCOUNT_")) {
        command.env_remove(name);
    }
    command
}

/// Its output if it succeeds.
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The text after `name` in its line, up to the next blank.
fn field<'t>(text: &'t str, name: &str) -> &'t str {
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix(name));
    let line = line.unwrap_or_else(|| panic!("no {name:?} in\n{text}"));
    line.split_whitespace().next().unwrap_or_else(|| panic!("nothing after {name:?} in\n{text}"))
}

fn number(text: &str, name: &str) -> u64 {
    field(text, name).replace(',', "").parse().unwrap_or_else(|e| panic!("{name}: {e} in\n{text}"))
}

#[test]
fn the_first_loses_updates() {
    let text = printed(&example("01_lose_an_update").output().unwrap());
    let (racy, exact) = text.split_once("fetch_add by 2 threads").expect("two rounds");
    for part in [racy, exact] {
        assert_eq!(number(part, "kept") + number(part, "lost"), number(part, "attempted"), "{text}");
    }
    assert_eq!(number(exact, "lost"), 0, "{text}");
    // With one CPU, or threads that hardly met, none need be lost.
    if racy.starts_with("load_store by 2 threads, valid") {
        assert!(number(racy, "lost") > 0, "{text}");
    }
}

/// Measures one thread count of a bench as fast as Criterion allows, and returns what it recorded.
fn measured(name: &str, level: &str, filter: &str) -> Vec<Cell> {
    let place = tempfile::tempdir().unwrap();
    let mut command = example(name);
    command.args(["--bench", "--quick", filter]).envs([
        ("MISCOUNT_MACHINE", "here"),
        ("MISCOUNT_THREADS", "2"),
        ("MISCOUNT_LEVELS", level),
    ]);
    command.env("MISCOUNT_RESULTS", place.path()).env("CRITERION_HOME", place.path().join("criterion"));
    printed(&command.output().unwrap());
    assert!(place.path().join("index.html").exists(), "a report");
    read_machine(&place.path().join("here")).unwrap().cells
}

#[test]
fn the_second_is_a_bench_of_counters() {
    let listed = printed(&example("02_your_own_counter").arg("--list").output().unwrap());
    assert!(listed.contains("mine/saturated/mine/batched/2"), "{listed}");
    let cells = measured("02_your_own_counter", "saturated", "/(none|batched)/");
    let batched = cells.iter().find(|cell| cell.key.subject == "batched").expect("it was measured");
    assert_eq!(
        (batched.key.bench.as_str(), batched.facts.family.as_str(), batched.figures.lost),
        ("mine", "mine", Some(0))
    );
    assert!(batched.figures.attempted > Some(0) && batched.figures.net_ns_per_op.is_some(), "{batched:?}");
}

#[test]
fn the_third_tells_right_from_wrong() {
    let text = printed(&example("03_is_it_right").output().unwrap());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    let shown = fs::read_to_string(root().join("examples/03_is_it_right.rs")).unwrap();
    // The same figures each time: the example shows them.
    for line in &lines[..3] {
        assert!(shown.contains(&format!("//! {line}\n")), "the example does not show {line}");
    }
    let caught = lines[3].starts_with("races: races fails ") && lines[3].contains(": lost ");
    assert!(caught || topology::usable_count() == 1, "{text}");
}

#[test]
fn the_fourth_is_a_bench_of_a_lock() {
    let cells = measured("04_your_own_lock", "c0_p0", "/2$");
    let subjects: Vec<&str> = cells.iter().map(|cell| cell.key.subject.as_str()).collect();
    assert_eq!(subjects, ["no_lock", "std_mutex", "try_first"]);
    for lock in &cells[1..] {
        assert_eq!(lock.figures.lost, Some(0), "{lock:?}");
        let holding = lock.figures.holding.expect("what the lock cost");
        assert_eq!(holding.overhead_ns.is_some(), topology::usable_count() >= 2, "{holding:?}");
    }
}

#[test]
fn the_fifth_reads_the_committed_results() {
    let text = printed(&example("05_read_results").output().unwrap());
    let machine = text.lines().next().unwrap_or_default();
    let committed = read_machine(&root().join("results").join(machine.split(':').next().unwrap())).unwrap();
    assert!(machine.contains(&format!(": {} cells of ", committed.cells.len())), "{machine}");
    assert_eq!(number(&text, "kept") + number(&text, "lost"), number(&text, "attempted"), "{text}");
    assert!(text.contains("    load_store    "), "what loses is listed:\n{text}");
    assert!(text.contains("  cheapest of those that lose nothing"), "{text}");
}

#[test]
fn the_fifth_says_where_nothing_was_measured() {
    let place = tempfile::tempdir().unwrap();
    let output = example("05_read_results").arg(place.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("no machine was measured in ") && said.contains("cargo bench"), "{said}");
}

#[test]
fn the_sixth_is_the_same_everywhere() {
    let text = printed(&example("06_replay_a_schedule").output().unwrap());
    let page = fs::read_to_string(root().join("src/docs/start.md")).unwrap();
    assert!(
        page.contains(&format!("```text\n{text}```\n")),
        "src/docs/start.md: put in what the sixth example prints:\n{text}"
    );
}

#[test]
fn bias_sizes_are_those_of_the_page() {
    let text = printed(&example("bias_sizes").output().unwrap());
    let page = fs::read_to_string(root().join("src/docs/bias.md")).unwrap();
    let (_, shown) = page.split_once("<!-- bias sizes: begin -->\n").expect("the begin of the table");
    let (shown, _) = shown.split_once("<!-- bias sizes: end -->").expect("its end");
    let biases = |table: &str| -> Vec<String> {
        let rows = table.lines().filter_map(|line| line.strip_prefix("| "));
        rows.filter_map(|row| Some(row.split_once(" | ")?.0.to_owned())).collect()
    };
    // The figures are those of the day that the page names; results may be newer.
    assert_eq!(biases(shown), biases(&text), "put what `cargo run --example bias_sizes` prints between the marks");
    let known = text.lines().skip(2).filter(|row| !row.ends_with("| not measured |")).count();
    assert!(known > 10, "{text}");
    assert!(!text.contains("NaN") && !text.contains("unknown"), "{text}");
    for bias in &biases(shown)[1..] {
        assert!(page.contains(&format!("*Size: {bias}*")), "no bias of the page refers to {bias:?}");
    }
}

#[test]
fn harness_cost_compares_three_loops() {
    let text = printed(&example("harness_cost").args(["3", "20000"]).output().unwrap());
    for name in ["none", "fetch_add", "bare loop", "fetch_add / bare"] {
        let figure: f64 = field(&text, &format!("{name} ")).parse().unwrap();
        assert!(figure > 0.0, "{text}");
    }
}

#[test]
fn the_page_of_many_machines_is_written() {
    let place = tempfile::tempdir().unwrap();
    let page = place.path().join("page.html");
    let text = printed(&example("many_machines").args(["2", "10"]).arg(&page).output().unwrap());
    assert!(text.starts_with("2 machines x 10 cells: "), "{text}");
    assert!(fs::read_to_string(&page).unwrap().contains("synthetic"));
}

#[test]
fn a_null_study_can_be_read_again() {
    let place = tempfile::tempdir().unwrap();
    let mut command = example("null_study");
    command
        .args(["2", "2", "/saturated/.*/(none|fetch_add):"])
        .env("MISCOUNT_RESULTS", place.path())
        .env("MISCOUNT_MACHINE", "here");
    let table = printed(&command.output().unwrap());
    let path: PathBuf = place.path().join("here/null_study.json");
    let found = parse_null_study(&path, &fs::read(&path).unwrap()).unwrap();
    assert_eq!(found.len(), 2, "one level at one thread and two");
    assert!(found.iter().all(|level| level.ns >= 0.0 && level.between_log.is_some()), "{found:?}");
    // The page has both tables as they are printed.
    let page = fs::read_to_string(root().join("src/docs/method.md")).unwrap();
    for head in table.lines().filter(|line| line.starts_with("| level")) {
        assert!(page.contains(head), "{head}");
    }
}

/// An example without a test may be out of date.
#[test]
fn every_example_is_run_here() {
    let this = fs::read_to_string(root().join("tests/it/examples.rs")).unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(this.contains(&format!("(\"{name}\"")), "no test runs {name}");
        seen += 1;
    }
    assert!(seen >= 10, "{seen} examples");
}

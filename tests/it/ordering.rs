//! Litmus tests on this machine: forbidden outcomes never happen, and the reordering of an x86 is seen. Also the code that
//! an optimiser generates for a plain flag.

use crate::page;
use crate::synthetic;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use miscount::counter::Grade;
use miscount::ordering::{self, Litmus, LitmusVisitor, Relaxed, StoreBuffering, Variant};
use miscount::report::sheet::Sheet;
use miscount::report::sheets;
use miscount::report::{level, page as web};
use miscount::results::{Cell, Machine, Outcome, Outcomes};
use miscount::round::Round;
use miscount::team::{Limits, Plan, Team};
use miscount::topology::{Topology, usable_count};
use miscount::workload::Placement;

fn team(threads: usize) -> Team {
    Team::start(&Topology::detect().assign(Placement::Spread, threads), Limits::default()).unwrap()
}

fn round<L: Litmus>(team: &mut Team, iters: u64) -> Round {
    ordering::round::<L>(team, &Plan { iters, pace: None, usable_cpus: usable_count() }).unwrap()
}

// ---- what is measured -------------------------------------------------------------------------

/// Runs each variant of each test, however few CPUs there are.
struct Each(Vec<(&'static str, Variant)>);

impl LitmusVisitor for Each {
    fn visit<L: Litmus>(&mut self) {
        let (test, variant) = (L::TEST, L::VARIANT);
        let mut team = team(test.threads());
        // Threads beyond the CPUs wait for each other's turns.
        let iters = match variant {
            Variant::Event => 500,
            _ if test.threads() > usable_count() => 1_000,
            _ => 5_000,
        };
        for _ in 0..3 {
            let round = round::<L>(&mut team, iters);
            assert_eq!(round.anomalies, Some(0), "{} {}: {:?}", test.id, variant.id(), round.outcomes);
            assert_eq!(round.outcomes.unwrap().counts.len(), test.outcomes.len());
        }
        self.0.push((test.id, variant));
    }
}

#[test]
fn what_is_forbidden_never_happens() {
    let mut each = Each(Vec::new());
    ordering::visit(&mut each);
    let run = |test: &ordering::Test| each.0.iter().filter(|(id, _)| *id == test.id).count();
    assert!(
        ordering::tests().into_iter().all(|test| run(test) >= 5),
        "a test was not run in all its variants: {:?}",
        each.0
    );
}

/// The one reordering that every x86 shows: a load overtakes the store before it.
#[test]
fn store_buffering_is_seen_on_x86() {
    if !cfg!(target_arch = "x86_64") || usable_count() < 2 {
        return println!("skipped: it takes two CPUs, and only an x86 is sure to show it");
    }
    let mut team = team(2);
    let weak = |round: &Round| round.outcomes.as_ref().unwrap().counts[0];
    assert_eq!(StoreBuffering::<Relaxed>::TEST.outcomes[0].registers, [0, 0]);
    let tries = (1..=200).find(|_| weak(&round::<StoreBuffering<Relaxed>>(&mut team, 20_000)) > 0);
    assert!(tries.is_some(), "not in 200 rounds");
}

#[test]
fn a_waiting_reader_misses_a_flag_and_never_an_event() {
    let mut team = team(2);
    let counts = |round: Round| round.outcomes.unwrap().counts;
    let [missed, _] = counts(round::<ordering::TransientFlag<Relaxed>>(&mut team, 2_000))[..] else { panic!("two") };
    assert!(missed > 0);
    assert_eq!(counts(round::<ordering::EventFlag>(&mut team, 2_000)), [0, 2_000]);
}

// ---- the hoisted read -------------------------------------------------------------------------

/// The compiler beside the cargo that runs this.
pub(crate) fn rustc() -> PathBuf {
    let beside = env::var_os("CARGO").map(|cargo| Path::new(&cargo).with_file_name("rustc"));
    env::var_os("RUSTC").map(PathBuf::from).or(beside.filter(|path| path.exists())).unwrap_or_else(|| "rustc".into())
}

/// The optimised code of `tests/it/ordering/hoisted.rs` as LLVM has it, function by function.
fn generated() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("hoisted.ll");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/ordering/hoisted.rs");
    let mut rustc = Command::new(rustc());
    // It writes files of its own into the working folder, and two tests may run it at once.
    rustc.current_dir(folder.path());
    rustc.args(["--edition", "2024", "--crate-type", "lib", "-O", "--emit"]);
    rustc.arg(format!("llvm-ir={}", out.display())).arg(source);
    let ran = rustc.output().expect("rustc starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = std::fs::read_to_string(out).unwrap();
    text.split("\ndefine ").skip(1).map(|function| function.split("\n}").next().unwrap().to_owned()).collect()
}

/// The blocks of a function that jump back to themselves: its loops, where nothing is nested.
fn loops(function: &str) -> Vec<&str> {
    let blocks = function.split("\n\n").filter_map(|block| {
        let label = block.trim_start().split(':').next()?;
        let jumps = block.lines().filter(|line| line.trim_start().starts_with("br "));
        let target = format!("label %{label}");
        let mut back =
            jumps.filter(|line| line.split(['!']).next().unwrap().split(", ").any(|to| to.ends_with(&target)));
        back.next().map(|_| block)
    });
    blocks.collect()
}

#[test]
fn a_plain_flag_is_read_once_and_an_atomic_one_each_time() {
    let code = generated();
    let function = |name: &str| code.iter().find(|text| text.contains(name)).unwrap_or_else(|| panic!("no {name}"));
    let plain = function("wait_plain");
    assert_eq!(plain.matches(" load ").count(), 1, "{plain}");
    let [forever] = loops(plain)[..] else { panic!("no loop in {plain}") };
    assert!(!forever.contains(" load "), "the flag is read once, and then never again: {forever}");

    let relaxed = function("wait_relaxed");
    let [waits] = loops(relaxed)[..] else { panic!("no loop in {relaxed}") };
    assert!(waits.contains("load atomic"), "{waits}");
}

/// The counter `hoisted` joins 16 increments; an optimiser joins all of them.
#[test]
fn a_plain_counter_is_added_to_once_and_an_atomic_one_each_time() {
    let code = generated();
    let function = |name: &str| code.iter().find(|text| text.contains(name)).unwrap_or_else(|| panic!("no {name}"));
    let plain = function("count_plain");
    assert_eq!((plain.matches(" load ").count(), plain.matches("store ").count()), (1, 1), "{plain}");
    assert!(loops(plain).is_empty(), "n increments are one addition: {plain}");
    let relaxed = function("count_relaxed");
    assert!(!loops(relaxed).is_empty());
    for block in loops(relaxed) {
        assert!(block.contains("load atomic") && block.contains("store atomic"), "{block}");
        assert_eq!(block.matches("load atomic").count(), block.matches("store atomic").count(), "{block}");
    }
}

// ---- what people are shown --------------------------------------------------------------------

/// A made-up machine with a cell for each variant of each test that it has the CPUs for; every outcome that may be was
/// seen, as often as its place says.
fn machine(cpus: usize) -> Machine {
    struct Cells(Vec<Cell>);
    impl LitmusVisitor for Cells {
        fn visit<L: Litmus>(&mut self) {
            let (test, variant) = (L::TEST, L::VARIANT);
            let outcome = |(n, outcome): (usize, &ordering::LitmusOutcome)| {
                let allowed = test.possible_on_x86(variant, outcome);
                Outcome {
                    outcome: outcome.text(),
                    count: if allowed { 1_000 * (n as u64 + 1) } else { 0 },
                    allowed: test.allows(variant, outcome),
                    weak: outcome.kind == ordering::Kind::Weak,
                }
            };
            let list: Vec<Outcome> = test.outcomes.iter().enumerate().map(outcome).collect();
            let of = list.iter().map(|one| one.count).sum();
            let threads = test.threads();
            self.0.push(synthetic::cell(test.id, test.id, 50.0, threads, "saturated", threads).with(|c| {
                c.key.bench = ordering::BENCH.into();
                c.key.variant = variant.id().into();
                c.key.level = "litmus".into();
                c.figures.outcomes = Some(Outcomes { of, met: of / 4, list });
            }));
        }
    }
    let mut cells = Cells(Vec::new());
    ordering::visit(&mut cells);
    let mut machine = synthetic::machine("made_up", &synthetic::COUNTERS);
    (machine.card.cpus, machine.card.usable_cpus) = (cpus, cpus);
    cells.0.retain(|cell| cell.key.threads <= cpus);
    for cell in &mut cells.0 {
        (cell.facts.grade, cell.figures.kept, cell.figures.lost, cell.figures.loss_rate, cell.figures.goodput) =
            (Grade::Exact, None, None, None, None);
        assert_eq!(cell.fault(), None);
    }
    machine.cells.extend(cells.0);
    machine.cells.sort_by(|a, b| a.key.cmp(&b.key));
    machine
}

fn sheets(machine: &Machine) -> Vec<Sheet> {
    sheets::sheets(machine, ordering::BENCH, "litmus", Placement::Spread, |_| true)
}

fn row<'s>(sheet: &'s Sheet, name: &str) -> &'s [String] {
    sheet.rows.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("no {name}: {:?}", sheet.rows))
}

#[test]
fn the_table_says_what_each_ordering_allows_and_what_was_seen() {
    let shown = sheets(&machine(2));
    let [order, programs] = &shown[..] else { panic!("two tables") };
    assert_eq!(row(order, "sb relaxed")[3..8], ["(0, 0)", "allowed", "possible", "seen, 10.0 %", "reached"]);
    assert_eq!(row(order, "sb seqcst")[3..8], ["(0, 0)", "forbidden", "never", "not seen", "never"]);
    assert_eq!(row(order, "mp relaxed")[4..8], ["allowed", "never", "not seen", "reached"]);
    assert_eq!(row(order, "mp acqrel")[4..8], ["forbidden", "never", "not seen", "never"]);
    assert_eq!(row(order, "lb relaxed")[4..8], ["allowed", "never", "not seen", "not modelled"]);
    assert_eq!(row(order, "ab_a_first relaxed")[3..6], ["(0, 2)", "allowed", "possible"]);
    assert_eq!(row(order, "ab_b_first acqrel")[3..6], ["(2, 0)", "forbidden", "never"]);
    assert_eq!(
        row(order, "sb relaxed")[8..],
        ["25.0 %", "(0, 0) 1,000 weak; (0, 1) 2,000; (1, 0) 3,000; (1, 1) 4,000"]
    );
    assert_eq!(row(order, "mp event")[9], "(0, 0) forbidden; (0, 1) forbidden; (1, 0) forbidden; (1, 1) 4,000");
    assert!(order.note.contains("iriw was not run: it takes 4 CPUs"), "{}", order.note);
    assert_eq!(programs.rows.len(), ordering::tests().len());
    assert_eq!(row(programs, "sb")[2], "x = 1; r0 = y ‖ y = 1; r1 = x");
    assert_eq!(
        (row(programs, "ab_a_first")[4].as_str(), row(programs, "ab_b_first")[4].as_str()),
        ("interleaving", "a reordering")
    );
}

#[test]
fn four_cpus_run_the_test_of_four_threads() {
    let shown = sheets(&machine(4));
    assert!(!shown[0].note.contains("was not run"), "{}", shown[0].note);
    let iriw = row(&shown[0], "iriw relaxed");
    assert_eq!(iriw[3..8], ["(1, 0, 1, 0)", "allowed", "never", "not seen", "reached"]);
    assert_eq!(iriw[9], "(1, 0, 1, 0) not seen; 15 of 15 others 125,000");
}

#[test]
fn what_may_not_be_and_was_seen_stands_out() {
    let mut machine = machine(2);
    let cell = machine.cells.iter_mut().find(|cell| cell.key.subject == "sb" && cell.key.variant == "seqcst").unwrap();
    let outcomes = cell.figures.outcomes.as_mut().unwrap();
    outcomes.list[0].count = 7;
    outcomes.of += 7;
    let shown = row(&sheets(&machine)[0], "sb seqcst").join(" ");
    assert!(shown.contains("forbidden never seen, 0.078 %") && shown.contains("(0, 0) 7 FORBIDDEN"), "{shown}");
}

#[test]
fn tests_of_a_later_version_are_shown_with_what_is_known() {
    let mut machine = machine(2);
    let cell = machine.cells.iter_mut().find(|cell| cell.key.subject == "sb" && cell.key.variant == "relaxed").unwrap();
    cell.key.subject = "sb_thrice".into();
    let shown = sheets(&machine).remove(0);
    let row = row(&shown, "sb_thrice relaxed");
    assert_eq!(row[3..8], ["", "", "", "", ""]);
    assert!(row[9].contains("(0, 0) 1,000 weak"), "{row:?}");
}

#[test]
fn every_way_of_showing_has_the_table() {
    let machine = machine(2);
    let text = level::document(&machine, "litmus", None).terminal();
    assert!(text.contains("Memory order") && text.contains("Litmus tests") && !text.contains("lost"), "{text}");
    assert!(level::document(&machine, "litmus", None).markdown().contains("| sb relaxed |"));
    let page = page::opened(&web::render(std::slice::from_ref(&machine), &[])).to_string();
    assert!(page.contains("\"asked\":\"(0, 0)\"") && page.contains("x = 1; r0 = y"));
}

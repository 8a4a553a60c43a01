//! Every parser of foreign texts, each as a function of bytes. For any bytes it gives a value that
//! keeps the parser's promises, or an error of one plain line. `fuzz/` makes up the bytes; `tests/it/corpus.rs`
//! takes those of `fuzz/corpus/`.
#![allow(unreachable_pub, reason = "the fuzz targets are crates of their own")]

use std::collections::BTreeSet;
use std::path::Path;

use miscount::choose::{self, Question, Words};
use miscount::claims::claims;
use miscount::compare::{self, Filter, Side, Unit};
use miscount::headline::Headline;
use miscount::interleaving::{self, Schedule, timeline};
use miscount::machine::{self, Card};
use miscount::python::real::{Hello, Reply};
use miscount::report::export::{self, Format};
use miscount::report::{across, level, overview, page, scaling, transfers};
use miscount::results::published::core_to_core::{self, Others, Summary, matrix};
use miscount::results::{Cell, Machine, Origin, PastRun, cell, legacy, published, read, runs, text};
use miscount::workload::{self, LEVELS, Load, MOST_THREADS, Sweep};

/// A parser that is given bytes.
pub type Parser = fn(&[u8]);

/// Each of them, by the name of its fuzz target and of its folder in `fuzz/corpus/`.
pub const ALL: [(&str, Parser); 14] = [
    ("answer", answer),
    ("cells", cells),
    ("choose", choose),
    ("hello", hello),
    ("matrix", matrix),
    ("others", others),
    ("run", run),
    ("machine", machine),
    ("null_study", null_study),
    ("published", published),
    ("report", report),
    ("schedule", schedule),
    ("sides", sides),
    ("variables", variables),
];

/// Cells to choose from and to compare with: a few measured ones of the benches `counters`, `locks` and `reads`.
const SOME_CELLS: &[u8] = include_bytes!("some_cells.json");

fn path() -> &'static Path {
    Path::new("a file")
}

/// An error is one line, plain, and of bearable length whatever it quotes.
fn check_line(error: impl ToString) {
    let line = error.to_string();
    assert!(line.chars().all(text::is_plain), "{line:?}");
}

/// As [`check_line`], and short however long what it quotes is.
fn check_file_error(error: &miscount::results::Error) {
    let line = error.to_string();
    assert!(line.chars().count() < 2_000, "{} characters", line.chars().count());
    check_line(line);
}

fn machine_of(cells: Vec<Cell>) -> Machine {
    let card = Card { id: "made-up".into(), cpu: "Made up".into(), cpus: 2, usable_cpus: 2, ..Card::default() };
    Machine { card, cells, ..Machine::default() }
}

fn some_machine() -> Machine {
    machine_of(legacy::parse_cells(path(), SOME_CELLS).expect("measured cells"))
}

/// `cells.json`: what is read can be, and can be written as a run.
pub fn cells(bytes: &[u8]) {
    match legacy::parse_cells(path(), bytes) {
        Ok(cells) => {
            assert_eq!(cells.iter().find_map(Cell::fault), None);
            assert!(cells.is_sorted_by(|a, b| a.key < b.key), "sorted, each key once");
            check_run(PastRun { id: "r".into(), cells, ..PastRun::default() });
        }
        Err(error) => check_file_error(&error),
    }
}

/// `machine.json`: what is read is read again as it was, and can be shown.
pub fn machine(bytes: &[u8]) {
    match legacy::parse_machine(path(), bytes) {
        Ok(file) => {
            let again = serde_json::to_vec_pretty(&file).expect("plain data");
            assert_eq!(legacy::parse_machine(path(), &again).expect("what was written"), file);
            let rows = machine::card_rows(&file.card);
            let rows = rows.into_iter().chain(file.runs.values().flat_map(machine::run_rows));
            assert!(rows.map(|(_, text)| text).all(|text| !text.is_empty() && text.chars().all(text::is_plain)));
        }
        Err(error) => check_file_error(&error),
    }
}

/// A run is read as it was written, and written as it was read.
fn check_run(past: PastRun) {
    // What earlier versions wrote has no card, and one file alone is no machine.
    let past = PastRun { card: Some(past.card.clone().unwrap_or_else(|| some_machine().card)), ..past };
    // Figures are written with six digits: the first time, some are cut off.
    let once = past.text();
    let read = runs::parse(path(), once.as_bytes()).expect("what was written");
    assert_eq!((&read.id, &read.run, read.cells.len()), (&past.id, &past.run, past.cells.len()));
    assert!(read.cells.iter().zip(&past.cells).all(|(a, b)| a.key == b.key));
    assert_eq!(read.text(), once);
}

/// A run's file, or one that an earlier version left in `history/`: what is read is the same however often it is
/// written and read.
pub fn run(bytes: &[u8]) {
    match runs::parse(path(), bytes) {
        Ok(past) => {
            assert!(runs::is_run_id(&past.id), "{:?}", past.id);
            check_run(past);
        }
        Err(error) => check_file_error(&error),
    }
}

/// `null_study.json`: resolutions are figures that can be.
pub fn null_study(bytes: &[u8]) {
    match read::parse_null_study(path(), bytes) {
        Ok(levels) => {
            for level in levels {
                let figures = [level.ns, level.between_ns].into_iter().chain(level.between_log);
                assert!(figures.into_iter().all(|x| x.is_finite() && x >= 0.0), "{level:?}");
            }
        }
        Err(error) => check_file_error(&error),
    }
}

/// A file of `results/published/`: its cells can be, name their source, and keep what a run keeps.
pub fn published(bytes: &[u8]) {
    match published::parse(path(), bytes) {
        Ok(machine) => {
            let Origin::Published { source, method, .. } = &machine.origin else { panic!("measured here?") };
            assert!(!source.trim().is_empty() && !method.trim().is_empty());
            check_run(PastRun { id: "r".into(), cells: machine.cells.clone(), ..PastRun::default() });
            draw(&machine);
        }
        Err(error) => check_file_error(&error),
    }
}

/// What core-to-core-latency writes, or a spreadsheet made of it: its pairs have times, and its summary can be and is read as it
/// was written.
pub fn matrix(bytes: &[u8]) {
    match matrix::parse(bytes) {
        Ok(read) => {
            let all = read.cpus * (read.cpus - 1) / 2;
            assert!((2..=matrix::MOST_CPUS).contains(&read.cpus) && (1..=all - read.zeros).contains(&read.pairs.len()));
            assert!(read.pairs.iter().all(|(&(a, b), ns)| a < b && b < read.cpus && *ns > 0.0 && ns.is_finite()));
            let mut others = Others::default();
            others.take(Some("S"), Some("L"), Summary::of("made-up".into(), &read, false));
            check_others(&others);
        }
        Err(fault) => {
            assert!(fault.line >= 1 && fault.line <= 1 + bytes.len() && fault.what.chars().count() < 500, "{fault:?}");
            check_line(fault.what);
        }
    }
}

/// `core-to-core.json`: what is read is read again as it was.
pub fn others(bytes: &[u8]) {
    match core_to_core::parse(path(), bytes) {
        Ok(others) => check_others(&others),
        Err(error) => check_file_error(&error),
    }
}

fn check_others(others: &Others) {
    assert_eq!(core_to_core::parse(path(), others.text().as_bytes()).expect("what was written"), *others);
    for machine in others.machines() {
        assert!(core_to_core::is_name(&machine.name) && machine.ns.is_sorted() && machine.ns[0] > 0.0, "{machine:?}");
        assert_eq!(machine.classes.iter().sum::<usize>(), machine.pairs);
        assert!(machine.doubts().iter().all(|doubt| doubt.chars().all(text::is_plain)));
    }
    if let Some(text) = transfers::among_whose(&some_machine(), others) {
        check_line(text);
    }
}

/// A `cells.json` that can be read can be shown, exported, compared and chosen from.
pub fn report(bytes: &[u8]) {
    if let Ok(cells) = legacy::parse_cells(path(), bytes) {
        draw(&machine_of(cells));
    }
}

/// Everything that is made of a machine's cells.
fn draw(machine: &Machine) {
    for level in workload::in_order(machine.cells.iter().map(|cell| cell.key.level.as_str())) {
        let tables =
            [level::document(machine, level, None).markdown(), level::document(machine, level, None).terminal()];
        // A label may say so; a figure never does.
        let said = machine.cells.iter().any(|cell| cell.facts.label.contains("NaN"));
        assert!(said || tables.iter().all(|table| !table.contains("NaN")), "{tables:?}");
    }
    let answer = Headline::of(machine).lines(None);
    assert!((2..=5).contains(&answer.len()) && !answer.concat().contains("NaN"), "{answer:?}");
    scaling::summary(machine);
    claims(machine);
    level::published(machine);
    across::crossovers(machine);
    let machines = std::slice::from_ref(machine);
    for format in [Format::Csv, Format::Bmf, Format::GithubBigger, Format::GithubSmaller] {
        export::text(format, machines, None).expect("all machines");
    }
    overview::text(machines);
    overview::pictures(machines);
    page::data(machines);
    let side = Side::of(machine.clone());
    for other in [&side, &Side::of(some_machine())] {
        for unit in [Unit::Ns, Unit::FetchAdd, Unit::LineTransfer] {
            if let Ok(found) = compare::compare(&side, other, unit, &Filter::default()) {
                let p = found.rows.iter().flat_map(|row| [row.p, row.p_adjusted]).flatten();
                assert!(p.into_iter().all(|p| (0.0..=1.0).contains(&p)));
            }
        }
    }
    for cell in &machine.cells {
        if let Some(load) = Load::of(&cell.key.level) {
            let question =
                Question { threads: cell.key.threads, load, placement: None, now: Some(cell.key.subject.clone()) };
            check_choice(machine, &question);
        }
    }
}

fn check_choice(machine: &Machine, question: &Question) {
    match choose::answer(machine, question) {
        Ok(answer) => assert!(!answer.options.is_empty()),
        Err(error) => check_line(error),
    }
}

/// The arguments of `miscount choose`, a line each, as `--think 1us`: they are refused, or have an answer, or
/// it is said why there is none.
pub fn choose(bytes: &[u8]) {
    let Ok(typed) = std::str::from_utf8(bytes) else { return };
    let mut words = Words::default();
    for (name, value) in typed.lines().filter_map(|line| line.split_once(' ')) {
        match name {
            "--threads" => words.threads = Some(value),
            "--think" => words.think = Some(value),
            "--critical" => words.critical = Some(value),
            "--parallel" => words.parallel = Some(value),
            "--reads" => words.reads = Some(value),
            "--placement" => words.placement = Some(value),
            "--now" => words.now = Some(value),
            _ => {}
        }
    }
    match Question::ask(&words) {
        Ok(question) => {
            assert!((1..=MOST_THREADS).contains(&question.threads));
            match question.load {
                Load::Think(_) | Load::Work { .. } => {}
                Load::Mix { share, .. } => assert!((0.0..=1.0).contains(&share), "{question:?}"),
                load => panic!("nobody can ask for {load:?}"),
            }
            check_choice(&some_machine(), &question);
        }
        Err(error) => check_line(error),
    }
}

/// What stands on a side of `miscount compare`: a name that is split loses nothing, and of the runs it asks for
/// each cell is there once.
pub fn sides(bytes: &[u8]) {
    let Ok(name) = std::str::from_utf8(bytes) else { return };
    let (machine, runs) = compare::split(name);
    assert_eq!(runs.map_or(machine.to_owned(), |runs| format!("{machine}@{runs}")), name);
    let Some(asked) = runs else { return };
    assert!(!asked.contains('@'));
    let mut side = Side::of(some_machine());
    side.machine.history = ["20260103t000000z-aaaa", "20260102t000000z-bbbb", "20260102t000000z-aaaa"].map(past).into();
    match side.select(asked) {
        Ok(()) => {
            let cells = &side.machine.cells;
            assert!(!cells.is_empty() && cells.is_sorted_by(|a, b| a.key < b.key), "each key once");
            let meant = |id: &String| asked == "latest" || asked == "previous" || id.starts_with(asked);
            assert!(side.machine.runs.keys().all(meant), "{:?}", side.machine.runs);
        }
        Err(error) => check_line(error),
    }
}

/// A run of the cells to choose from.
fn past(id: &str) -> PastRun {
    let run = machine::Run { started: id.to_owned(), ..Default::default() };
    let mut cells = some_machine().cells;
    cells.iter_mut().for_each(|cell| cell.facts.run = id.to_owned());
    PastRun { id: id.to_owned(), run, cells, ..PastRun::default() }
}

/// The `MISCOUNT_*` variables, a line each, as `MISCOUNT_THREADS=1,2`: a sweep that can be run and a machine's
/// name, or an error that says what to do.
pub fn variables(bytes: &[u8]) {
    let Ok(typed) = std::str::from_utf8(bytes) else { return };
    let value = |name: &str| {
        let set = typed.split('\n').filter_map(|line| line.split_once('='));
        set.rev().find(|(variable, _)| *variable == name).map(|(_, value)| value.to_owned())
    };
    match Sweep::from_vars(2, value) {
        Ok(sweep) => {
            assert!(!sweep.threads.is_empty() && !sweep.placements.is_empty());
            assert!(sweep.threads.is_sorted_by(|a, b| a < b), "{:?}", sweep.threads);
            assert!(sweep.threads.iter().all(|n| (1..=MOST_THREADS).contains(n)), "{:?}", sweep.threads);
            let known: BTreeSet<&str> = LEVELS.iter().map(|level| level.id).collect();
            let levels = sweep.levels.iter().flatten();
            assert!(levels.into_iter().all(|id| known.contains(id.as_str())), "{:?}", sweep.levels);
        }
        Err(error) => check_line(error),
    }
    match machine::wished(value("MISCOUNT_MACHINE").as_deref().map(AsRef::as_ref)) {
        Ok(id) => {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
            assert!(id.is_none_or(|id| (1..=64).contains(&id.len()) && id.chars().all(plain) && !id.starts_with('.')));
        }
        Err(error) => check_line(error),
    }
}

/// A schedule: it is written as it was read, runs to the end the same each time, and loses what it does not keep;
/// with fewer switches it still loses.
pub fn schedule(bytes: &[u8]) {
    let Ok(typed) = std::str::from_utf8(bytes) else { return };
    match Schedule::parse(typed) {
        Ok(schedule) => {
            assert_eq!(schedule.to_string(), typed);
            let run = schedule.run();
            assert_eq!(run.kept() + run.lost(), run.attempted());
            assert!(run.kept() >= 1 && schedule.run() == run);
            let lines = timeline::text(&run, false);
            assert!(lines.lines().all(|line| line.chars().all(text::is_plain)), "{lines:?}");
            // Each step from the start is tried again and again: for short ones only.
            if schedule.turns().len() <= 24 {
                match interleaving::shrink(&schedule, false) {
                    Ok(shrunk) => {
                        assert!(shrunk.schedule.switches() <= schedule.switches());
                        assert!(shrunk.schedule.run().lost() > 0);
                    }
                    Err(_) => assert_eq!(run.lost(), 0),
                }
            }
        }
        Err(error) => check_line(error),
    }
}

/// The first line of what claims to be an interpreter.
pub fn hello(bytes: &[u8]) {
    let Ok(line) = std::str::from_utf8(bytes) else { return };
    match Hello::parse(line) {
        Ok(hello) => {
            let interpreter = hello.of("python".into());
            assert!(cell::is_id(&interpreter.variant()), "{interpreter:?}");
            assert!(interpreter.about().chars().all(text::is_plain), "{interpreter:?}");
        }
        Err(error) => check_stranger(&error),
    }
}

/// What an interpreter answers after a round: counts that add up, and times that do not run backwards.
pub fn answer(bytes: &[u8]) {
    let Ok(line) = std::str::from_utf8(bytes) else { return };
    match Reply::parse(line) {
        Ok(answer) => {
            let attempted = answer.attempted();
            assert!([answer.kept, answer.seen, answer.chances].into_iter().flatten().all(|n| n <= attempted));
            assert!(answer.tallies.iter().all(|tally| tally.start <= tally.end) && !answer.tallies.is_empty());
        }
        Err(error) => check_stranger(&error),
    }
}

/// What an interpreter did wrong is said in one line, which quotes little of it.
fn check_stranger(error: &miscount::python::real::Error) {
    assert!(error.to_string().chars().count() < 500, "{error}");
    check_line(error);
    check_line(error.publishable());
}

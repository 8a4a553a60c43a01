//! Keeps what was measured: records cells after each pass, prints lines, applies the gate and the canary.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant, SystemTime};

use super::Case;
use super::controls::Controls;
use super::lines::{self, minutes};
use super::measured::Measured;
use super::mode::Mode;
use super::passes::{Bench, End};
use super::progress::Progress;
use crate::compare;
use crate::counter::Grade;
use crate::headline::{self, Headline};
use crate::machine::{self, Card};
use crate::report;
use crate::results::{Cell, Facts, Figures, Machine, Store, read_folder};
use crate::round::{Round, Verdict};
use crate::signals;
use crate::streams::{say, show};
use crate::team::Failure;
use crate::topology;
use crate::transfer::distance::Places;
use crate::workload::Passes;

/// Below this loss at 2 threads, the threads of `load_store` hardly ran at once.
const CANARY: f64 = 0.1;
/// The page is written first after this pass.
const FIRST_LOOK: usize = 2;
/// The page is written again at this age.
const PAGE_AGE: Duration = Duration::from_secs(30);

/// Losses or anomalies of one cell that must have none.
#[derive(Default)]
struct Wrong {
    what: &'static str,
    seen: u64,
    of: u64,
    rounds: usize,
}

/// The record of one run of one bench.
pub(super) struct Recorder {
    bench: &'static str,
    mode: Mode,
    store: Option<Store>,
    pub(super) progress: Progress,
    /// Cells of this run, as of the last pass.
    cells: Vec<Cell>,
    /// Cells that could not be written yet.
    unsaved: Vec<Cell>,
    /// Losses and anomalies of cells that must have none, by id.
    wrong: BTreeMap<String, Wrong>,
    /// Other faults that fail the gate.
    faults: Vec<String>,
    /// Lines noted of the run.
    noted: HashSet<String>,
    /// When the page was written last.
    page: Option<Instant>,
}

impl Recorder {
    pub(super) fn new(bench: &'static str, mode: Mode, store: Option<Store>, progress: Progress) -> Recorder {
        Recorder {
            bench,
            mode,
            store,
            progress,
            cells: Vec::new(),
            unsaved: Vec::new(),
            wrong: BTreeMap::new(),
            faults: Vec::new(),
            noted: HashSet::new(),
            page: None,
        }
    }

    pub(super) fn measures_in_full(&self) -> bool {
        self.mode == Mode::Measure { quick: false }
    }

    /// Prints how long the run takes, and where results go.
    pub(super) fn announce(&self, passes: Passes, time: Duration) {
        if let Some(store) = &self.store {
            let to = store.folder().display();
            let count = if let Passes::Count(count) = passes { format!("{count} ") } else { String::new() };
            say(format_args!("{}: {count}passes, about {}; results go to {to}", self.bench, minutes(time)));
        }
    }

    /// Judges a round, kept or not: counts losses that the grade forbids.
    ///
    /// # Errors
    /// A line when the round's counts are impossible.
    pub(super) fn check(&mut self, id: &str, case: &Case, round: &Round) -> Result<(), String> {
        let grade = case.info.grade;
        if let Some(fault) = round.fault(grade) {
            return Err(format!("{id}: {fault}; the counter invents counts or the harness is broken"));
        }
        let anomalies = round.anomalies.map(|seen| (case.anomaly.unwrap_or("anomalies"), seen));
        let lost = round.lost().map(|lost| ("lost", lost));
        for (what, seen) in anomalies.into_iter().chain(lost).filter(|(_, seen)| grade.gated() && *seen > 0) {
            let wrong = self.wrong.entry(id.to_owned()).or_default();
            wrong.what = what;
            wrong.seen += seen;
            wrong.of += round.chances.unwrap_or(round.attempted());
            wrong.rounds += 1;
        }
        Ok(())
    }

    /// Says and notes that a cell is given up; the run goes on. `said` is printed, but not recorded.
    pub(super) fn give_up(&mut self, id: &str, what: &str, said: &str) {
        self.say(&format!("{id} is given up: {what}{said}"));
        self.note(format!("{id} is given up: {what}"));
    }

    fn say(&self, line: &str) {
        self.progress.aside(|| say(format_args!("miscount: {line}")));
    }

    /// Records the cells after a pass, and says so.
    pub(super) fn pass_done(&mut self, bench: &Bench, pass: usize) {
        self.take(bench, &bench.places());
        self.save();
        self.progress.pass_done(pass);
        let old = self.page.is_none_or(|written| written.elapsed() >= PAGE_AGE);
        if pass >= FIRST_LOOK && old && self.measures_in_full() && !self.cells.is_empty() {
            // An error is reported at the end, when the page is written again.
            let _ = report::page::write(&machine::results_folder());
            self.page = Some(Instant::now());
        }
    }

    /// Makes all cells from their rounds.
    fn take(&mut self, bench: &Bench, places: &Places) {
        if !self.mode.publishes() {
            return;
        }
        let cells = bench.cells.iter().filter(|cell| cell.wanted);
        self.cells = cells.filter_map(|cell| self.cell(cell, bench, places)).collect();
        self.unsaved.clone_from(&self.cells);
        self.heed_mask();
    }

    /// The record of a cell; `None` without a round.
    fn cell(&self, measured: &Measured, bench: &Bench, places: &Places) -> Option<Cell> {
        let case = measured.case;
        let series = measured.series(places);
        let figures = Figures::of(&series, case.anomaly)?;
        let block = bench.block(measured);
        let controls = Controls::of(&block, measured);
        let net = controls.net();
        let none = vec![None; measured.taken.len()];
        let mut cell = Cell {
            key: case.key(self.bench),
            facts: Facts {
                label: case.info.summary.to_owned(),
                family: case.info.family.to_owned(),
                grade: case.info.grade,
                verdict: series.verdict(),
                quick: self.mode == (Mode::Measure { quick: true }),
                run: self.store.as_ref().map(|store| store.run_id().to_owned()).unwrap_or_default(),
                recorded: now(),
            },
            figures: Figures {
                bytes: case.bytes.map(|bytes| bytes as u64),
                net_ns_per_op: net.as_ref().and_then(|net| series.interval(net)),
                rounds_tried: Some(measured.taken.iter().map(|taken| taken.tries).sum()),
                noise: bench.noise(measured),
                rounds: Some(measured.rounds(places)),
                distances: measured.distances(&series, places, net.as_ref().unwrap_or(&none)),
                ..figures
            },
            later: Default::default(),
        };
        if case.once {
            // One round has no interval.
            cell.figures = Figures {
                ns_per_op_per_thread: None,
                net_ns_per_op: None,
                rounds: None,
                distances: Vec::new(),
                ..cell.figures
            };
        }
        if let Some(derive) = &case.derive {
            derive(&series, &controls, &mut cell);
        }
        if let Some(after) = &measured.after {
            (after.write)(&mut cell);
        }
        Some(cell)
    }

    /// Writes unsaved cells. After an error, they are written again after the next pass.
    fn save(&mut self) {
        let Some(store) = &mut self.store else { return };
        if self.unsaved.is_empty() {
            return;
        }
        match store.add(&self.unsaved) {
            Ok(()) => self.unsaved.clear(),
            Err(error) => {
                let line = format!("{error} (kept in memory meanwhile)");
                if self.noted.insert(line.clone()) {
                    self.say(&line);
                }
            }
        }
    }

    /// Records a fact about what is measured, once.
    pub(super) fn fact(&mut self, line: &str) {
        if let Some(store) = &mut self.store
            && self.noted.insert(line.to_owned())
        {
            store.fact(line);
        }
    }

    /// Notes a warning about the run in its record, once.
    fn note(&mut self, line: String) {
        if let Some(store) = &mut self.store
            && self.noted.insert(line.clone())
        {
            store.note(line);
        }
    }

    /// Prints and notes a line, once.
    pub(super) fn say_and_note(&mut self, line: String) {
        if !self.noted.contains(&line) {
            self.say(&line);
        }
        self.note(line);
    }

    /// Applies the canary: if nothing contended, says so, and marks racy cells without loss as serialised.
    fn heed_canary(&mut self) {
        let is_canary = |c: &&Cell| c.key.subject == "load_store" && c.key.threads == 2 && c.key.level == "saturated";
        let silent = self.cells.iter().filter(is_canary).find_map(|cell| {
            let loss = cell.figures.loss_rate?.pooled;
            (loss < CANARY && topology::usable_count() >= 2).then_some(loss)
        });
        let Some(loss) = silent else { return };
        let line = format!(
            "canary: load_store lost only {:.1} % at 2 threads: nothing really contended in this run; racy cells that lost nothing are marked serialised",
            100.0 * loss
        );
        self.say_and_note(line);
        for cell in &mut self.cells {
            if cell.facts.grade == Grade::Racy && cell.key.threads > 1 && cell.figures.lost == Some(0) {
                cell.facts.verdict = Verdict::Serialised;
            }
        }
        self.unsaved.clone_from(&self.cells);
    }

    /// Says if the process's usable CPUs changed during the run.
    fn heed_mask(&mut self) {
        if let Some(line) = lines::changed(&topology::usable_cpus(), &topology::usable_now()) {
            self.say_and_note(line);
        }
    }

    /// Finishes the record after measuring, which is `whole` or was cut short. Returns whether all cells were saved.
    pub(super) fn publish(&mut self, bench: &Bench, whole: bool) -> bool {
        let places = bench.places();
        self.take(bench, &places);
        if !self.mode.publishes() {
            return true;
        }
        for cell in bench.cells.iter().filter(|cell| cell.wanted) {
            cell.case.fact.iter().filter(|_| !cell.taken.is_empty()).for_each(|fact| self.fact(fact));
            let after = cell.after.as_ref().and_then(|after| after.fault.as_ref());
            self.faults.extend(after.map(|fault| format!("{}: {fault}", cell.case.function())));
            if whole && cell.taken.is_empty() && !cell.gone {
                let why = "nothing was attempted before time was up, the machine is too busy";
                self.give_up(&cell.id, why, "");
            }
        }
        if self.cells.is_empty() {
            return true;
        }
        self.heed_canary();
        if let Some(line) = lines::noisy(&self.cells) {
            self.say_and_note(line);
        }
        if let Some(line) = lines::moved(&self.cells, places.moves()) {
            self.say_and_note(line);
        }
        self.save();
        if !self.unsaved.is_empty() {
            self.rescue();
        }
        let machine = self.machine();
        self.progress.aside(|| self.show_cells(&machine));
        self.unsaved.is_empty()
    }

    /// This machine with all that is recorded of it; only with its CPUs where that cannot be read.
    fn machine(&self) -> Machine {
        let read = self.store.as_ref().and_then(|store| read_folder(store.folder()).ok());
        read.map(|(machine, _)| machine).unwrap_or_else(|| Machine {
            card: Card { usable_cpus: topology::usable_count(), ..Card::default() },
            ..Machine::default()
        })
    }

    /// Prints a line for each cell of this run, on a terminal only for those that were disturbed, and what differs from
    /// earlier runs.
    fn show_cells(&self, machine: &Machine) {
        let all = !io::stdout().is_terminal();
        let is_shown = |cell: &&Cell| all || headline::disturbed(cell, machine.card.usable_cpus).is_some();
        self.cells
            .iter()
            .filter(is_shown)
            .for_each(|cell| show(format_args!("{}\n", report::lines::of(cell, machine))));
        let run = self.store.as_ref().map(Store::run_id).unwrap_or_default();
        let changes = compare::with_earlier(machine, run).map(|found| lines::changes(&found));
        changes.into_iter().flatten().for_each(|line| show(format_args!("{line}\n")));
    }

    /// Writes the page and prints the machine's answer. Returns whether the page was written.
    pub(super) fn report(&self) -> bool {
        self.progress.end();
        if self.cells.is_empty() || !self.mode.publishes() {
            return true;
        }
        let written = report::page::write(&machine::results_folder());
        match &written {
            Ok(written) => {
                let lines = Headline::of(&self.machine()).lines(Some(&written.path));
                show(format_args!("\n{}\n\n", lines.join("\n")));
            }
            Err(error) => say(format_args!("miscount: no report: {error}")),
        }
        written.is_ok()
    }

    /// Writes cells to another folder, or prints them, when results cannot be written.
    fn rescue(&self) {
        let count = self.unsaved.len();
        match self.store.as_ref().map(Store::rescue) {
            Some(Ok(path)) => {
                let path = path.display();
                say(format_args!("miscount: {count} cells could not be written to results; they are in {path}"));
            }
            Some(Err(text)) => {
                say(format_args!("miscount: cells could not be written anywhere; here they are:\n{text}"))
            }
            None => {}
        }
    }

    /// Says and notes why measuring ended early. Returns the exit status.
    pub(super) fn ended(&mut self, end: End) -> u8 {
        match end {
            End::Failed(id, failure) => {
                let line = format!("{id}: {failure}");
                self.say(&format!("{line}; what was measured before is kept"));
                self.note(line);
                if matches!(failure, Failure::NoThread { .. }) { 2 } else { 3 }
            }
            End::Impossible(line) => {
                self.say(&line);
                self.note(line);
                1
            }
            End::Asked(pass) => {
                let name = signals::came().map(signals::name).unwrap_or_default();
                let at =
                    if pass == 0 { "after the passes".to_owned() } else { format!("in {}", self.progress.pass(pass)) };
                self.say_and_note(format!("ended by {name} {at}"));
                0
            }
        }
    }

    /// Prints what fails the gate. Returns the exit status.
    pub(super) fn gate(&self) -> u8 {
        for (id, Wrong { what, seen, of, rounds }) in &self.wrong {
            let what = if *what == "lost" { format!("lost {seen}") } else { format!("saw {seen} {what}") };
            say(format_args!("miscount: gate: {id} {what} of {of} in {rounds} rounds, and none may be"));
        }
        self.faults.iter().for_each(|fault| say(format_args!("miscount: gate: {fault}")));
        let bad = self.wrong.len() + self.faults.len();
        if bad > 0 {
            say(format_args!("miscount: gate: {bad} cells in which something went wrong that may not"));
        }
        u8::from(bad > 0)
    }
}

/// The time now: UTC, RFC 3339.
fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

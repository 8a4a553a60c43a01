//! Keeps what was measured: cells to results as they end, lines for people, the gate, the canary.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::process;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use super::controls::{Baselines, Controls};
use super::lines::{self, minutes, shown};
use super::measurement::Kept;
use super::mode::Mode;
use super::{After, MEASURE, Row, WARM_UP, say, show, signals};
use crate::counter::Grade;
use crate::hazard::Anomalies;
use crate::machine;
use crate::report;
use crate::results::read::cells_text;
use crate::results::{Cell, Key, Noise, Store, read_machine};
use crate::round::summary::Summary;
use crate::round::{Round, Verdict};
use crate::team::Failure;
use crate::think::Gauge;
use crate::topology;
use crate::workload::{self, Placement};

/// What Criterion takes for a cell beside warming up and measuring.
const ANALYSIS: Duration = Duration::from_millis(250);
/// What a cell takes with `--quick`.
const QUICK: Duration = Duration::from_millis(450);
/// What a replayed cell takes.
const REPLAY: Duration = Duration::from_millis(200);
/// A racy counter that loses less than this at 2 threads never met the other thread.
const CANARY: f64 = 0.1;

/// The record of one run of one bench.
pub(super) struct Recorder {
    bench: &'static str,
    mode: Mode,
    store: Option<Store>,
    /// Cells that will be measured.
    wanted: usize,
    begun: usize,
    started: Instant,
    baselines: Baselines,
    /// Cells measured by this run.
    cells: Vec<Cell>,
    /// Those of them that could not be written yet.
    unsaved: Vec<Cell>,
    /// Losses and anomalies where none may be.
    losses: Vec<String>,
    /// What is recorded of the run as a whole.
    noted: HashSet<String>,
    /// What think steps cost, by threads running and placement.
    pub(super) gauges: HashMap<(usize, Placement), Gauge>,
}

impl Recorder {
    pub(super) fn new(bench: &'static str, mode: Mode, store: Option<Store>, wanted: usize) -> Recorder {
        Recorder {
            bench,
            mode,
            store,
            wanted,
            begun: 0,
            started: Instant::now(),
            baselines: HashMap::new(),
            cells: Vec::new(),
            unsaved: Vec::new(),
            losses: Vec::new(),
            noted: HashSet::new(),
            gauges: HashMap::new(),
        }
    }

    fn quick(&self) -> bool {
        self.mode == Mode::Measure { quick: true }
    }

    /// Whether cells are measured in full.
    pub(super) fn measuring(&self) -> bool {
        self.mode == Mode::Measure { quick: false }
    }

    /// Says how much there is to do. `more` is the time that some cells take beyond what every cell does.
    pub(super) fn announce(&self, replays: usize, more: Duration) {
        let cell = if self.quick() { QUICK } else { WARM_UP + MEASURE + ANALYSIS };
        let more = if self.quick() { Duration::ZERO } else { more };
        let time = cell * self.wanted as u32 + REPLAY * replays as u32 + more;
        if let Some(store) = &self.store {
            say(format_args!("{}: about {}; results go to {}", self.bench, minutes(time), shown(store.folder())));
        }
    }

    /// Says which cell comes.
    pub(super) fn next_cell(&mut self, id: &str) {
        self.begun += 1;
        if self.mode.publishes() {
            let done = self.begun - 1;
            let left = match done {
                0 => String::new(),
                _ => {
                    let each = self.started.elapsed() / done as u32;
                    format!(", about {} left", minutes(each * (self.wanted - done) as u32))
                }
            };
            say(format_args!("cell {} of {}{left}: {id}", self.begun, self.wanted));
        }
    }

    /// Judges a round, whether it is kept or not: what may never be lost, and what cannot be. Between two rounds
    /// is also where a run that is asked to end does.
    pub(super) fn check(&mut self, id: &str, row: &Row, round: &Round) {
        let grade = row.info.grade;
        if let Some(fault) = round.fault(grade) {
            say(format_args!("miscount: {id}: {fault}; the counter invents counts or the harness is broken"));
            self.publish();
            process::exit(1);
        }
        if let Some(seen) = round.anomalies.filter(|&seen| grade.gated() && seen > 0) {
            let (kind, of) = (row.anomaly.unwrap_or("anomalies"), round.chances.unwrap_or(round.attempted()));
            self.losses.push(format!("{id} saw {seen} {kind} of {of} possible in one round, but is {}", grade.id()));
        }
        if let Some(lost) = round.lost().filter(|&lost| grade.gated() && lost > 0) {
            let attempted = round.attempted();
            self.losses.push(format!("{id} lost {lost} of {attempted} in one round, but is {}", grade.id()));
        }
        if signals::came().is_some() {
            self.finish();
        }
    }

    /// Ends the run for a failure of the thing under test: what was measured is kept.
    pub(super) fn abort(&mut self, id: &str, failure: &Failure) -> ! {
        let line = format!("{id}: {failure}");
        say(format_args!("\nmiscount: {line}; what was measured before is kept"));
        self.record(line);
        self.publish();
        let status = if matches!(failure, Failure::NoThread { .. }) { 2 } else { 3 };
        process::exit(status)
    }

    /// Says and notes that a cell is given up; the run goes on. What was `said` is not for publishing.
    pub(super) fn give_up(&mut self, id: &str, what: &str, said: &str) {
        say(format_args!("miscount: {id} is given up: {what}{said}"));
        self.record(format!("{id} is given up: {what}"));
    }

    /// Takes in a cell that has ended, and shows it under Criterion's own lines.
    pub(super) fn cell_done(
        &mut self,
        id: &str,
        row: &Row,
        mut kept: Kept,
        noise: Option<Noise>,
        after: Option<After>,
    ) {
        if !self.mode.publishes() {
            return;
        }
        if self.quick() {
            // Criterion keeps the last two only.
            kept.drain(..kept.len().saturating_sub(2));
        }
        let rounds: Vec<&Round> = kept.iter().map(|taken| &*taken.round).collect();
        let Some(summary) = Summary::of(&rounds) else {
            if !rounds.is_empty() {
                self.give_up(id, "nothing was attempted before time was up, the machine is too busy", "");
            }
            return;
        };
        let gross: Vec<f64> = rounds.iter().map(|round| round.ns_per_op_per_thread()).collect();
        let net = Controls::of(&self.baselines, row).net(&kept, &gross);
        if row.info.grade == Grade::Control {
            let rounds = kept.iter().map(|taken| Rc::clone(&taken.round)).collect();
            let key = (row.info.id, row.variant.clone(), row.threads, row.level, row.placement);
            self.baselines.insert(key, rounds);
        }
        let key = Key {
            bench: self.bench.to_owned(),
            subject: row.info.id.to_owned(),
            variant: row.variant.clone(),
            threads: row.threads,
            level: row.level.to_owned(),
            placement: row.placement,
        };
        let mut cell = Cell {
            label: row.info.summary.to_owned(),
            attempted: Some(summary.attempted),
            kept: summary.kept,
            lost: summary.kept.map(|kept| summary.attempted - kept),
            loss_rate: summary.loss_rate,
            anomalies: summary.anomalies.zip(row.anomaly).map(|(seen, kind)| Anomalies {
                kind: kind.to_owned(),
                seen,
                of: summary.chances.unwrap_or(summary.attempted),
            }),
            ns_per_op_per_thread: Some(summary.ns_per_op_per_thread),
            net_ns_per_op: net,
            throughput: Some(summary.throughput),
            goodput: summary.goodput,
            overlap: Some(summary.overlap),
            rounds_kept: Some(rounds.len()),
            rounds_tried: Some(kept.iter().map(|taken| taken.tries).sum()),
            sample_ms: Some(summary.sample_ms),
            achieved_think_ns: summary.achieved_think_ns,
            cpu_ns_per_op: summary.cpu_ns_per_op,
            noise,
            cpus_seen: summary.cpus_seen,
            quick: self.quick(),
            run: self.store.as_ref().map(|store| store.run_id().to_owned()).unwrap_or_default(),
            recorded: now(),
            ..Cell::blank(key, row.info.family.to_owned(), row.info.grade, summary.verdict)
        };
        if let Some(derive) = &row.derive {
            derive(&rounds, &Controls::of(&self.baselines, row), &mut cell);
        }
        if let Some(After { note, fault }) = after {
            note(&mut cell);
            self.losses.extend(fault.map(|fault| format!("{}: {fault}", row.function())));
        }
        row.note.iter().for_each(|note| self.record(note.clone()));
        show(lines::of(&cell));
        self.heed_mask();
        self.cells.push(cell.clone());
        self.unsaved.push(cell);
        self.save();
    }

    /// Writes what is not written yet; what cannot be written now is tried again with the next cell.
    fn save(&mut self) {
        let Some(store) = &self.store else { return };
        let is_news = self.unsaved.len() <= 1;
        if store.is_forgotten() {
            // Nothing is written yet, or somebody has removed it since.
            self.unsaved = self.cells.clone();
        }
        match store.add(&self.unsaved) {
            Ok(()) => self.unsaved.clear(),
            Err(error) if is_news => say(format_args!("miscount: {error} (kept in memory meanwhile)")),
            Err(_) => {}
        }
    }

    /// Has a line about the run as a whole recorded, once.
    fn record(&mut self, line: String) {
        if let Some(store) = &mut self.store
            && self.noted.insert(line.clone())
        {
            store.note(line);
        }
    }

    /// Has a line recorded, and says it, once.
    fn note(&mut self, line: String) {
        if !self.noted.contains(&line) {
            say(format_args!("miscount: {line}"));
        }
        self.record(line);
    }

    /// If nothing really contended, says so, and marks the racy cells that seem to lose nothing.
    fn heed_canary(&mut self) {
        let is_canary = |c: &&Cell| c.subject == "load_store" && c.threads == 2 && c.level == "saturated";
        let silent = self.cells.iter().filter(is_canary).find_map(|cell| {
            let loss = cell.loss_rate?.pooled;
            (loss < CANARY && topology::usable_count() >= 2).then_some(loss)
        });
        let Some(loss) = silent else { return };
        let line = format!(
            "canary: load_store lost only {:.1} % at 2 threads: nothing really contended in this run; racy cells that lost nothing are marked serialised",
            100.0 * loss
        );
        self.note(line);
        for cell in &mut self.cells {
            if cell.grade == Grade::Racy && cell.threads > 1 && cell.lost == Some(0) {
                cell.verdict = Verdict::Serialised;
                self.unsaved.push(cell.clone());
            }
        }
    }

    /// If CPUs were taken from this process since it began, or given to it, says so.
    fn heed_mask(&mut self) {
        if let Some(line) = lines::moved(&topology::usable_cpus(), &topology::usable_now()) {
            self.note(line);
        }
    }

    /// If any cell was noisy, says so.
    fn heed_noise(&mut self) {
        if let Some(line) = lines::noisy(&self.cells) {
            self.note(line);
        }
    }

    /// Everything that follows the last cell: canary, results, report, tables. Returns whether all
    /// could be saved.
    fn publish(&mut self) -> bool {
        if !self.mode.publishes() || self.cells.is_empty() {
            return true;
        }
        self.heed_canary();
        self.heed_noise();
        self.save();
        let Some(store) = &self.store else { return true };
        if let Ok(machine) = read_machine(store.folder()) {
            for level in workload::in_order(self.cells.iter().map(|cell| cell.level.as_str())) {
                show(format_args!("\n{}\n", report::terminal::table(&machine, level, Some(store.run_id()))));
            }
        }
        match report::page::write(&machine::results_folder()) {
            Ok(written) => show(format_args!("report: {}\n", shown(&written.path))),
            Err(error) => say(format_args!("miscount: no report: {error}")),
        }
        self.unsaved.is_empty() || self.rescue()
    }

    /// The last resort: cells that could not be written where they belong.
    fn rescue(&self) -> bool {
        let text = cells_text(&self.unsaved);
        let rescued = tempfile::Builder::new()
            .prefix("miscount-cells-")
            .suffix(".json")
            .tempfile()
            .and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file))
            .and_then(|file| file.keep().map_err(|e| e.error));
        match rescued {
            Ok((_, path)) => say(format_args!(
                "miscount: {} cells could not be written to results; they are in {}",
                self.unsaved.len(),
                path.display()
            )),
            Err(_) => say(format_args!("miscount: cells could not be written anywhere; here they are:\n{text}")),
        }
        false
    }

    /// Ends the run: publishes, then the gate. Returns the exit status, unless a signal ends the process.
    pub(super) fn finish(&mut self) -> u8 {
        if let Some(signal) = signals::came() {
            let line =
                format!("ended by {} after {} of {} cells", signals::name(signal), self.cells.len(), self.wanted);
            self.note(line);
        }
        let saved = self.publish();
        let status = self.gate(saved);
        match signals::came() {
            Some(signal) => signals::end(signal),
            None => status,
        }
    }

    /// The exit status, by what was lost where nothing may be; says so.
    fn gate(&self, saved: bool) -> u8 {
        if !self.losses.is_empty() {
            for loss in self.losses.iter().take(20) {
                say(format_args!("miscount: gate: {loss}"));
            }
            say(format_args!(
                "miscount: gate: {} rounds in which something went wrong that may not",
                self.losses.len()
            ));
            return 1;
        }
        if saved { 0 } else { 2 }
    }
}

/// The time now: UTC, RFC 3339.
fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

//! The glue to Criterion, once for all benches: [`run`] takes rows, opens one Criterion benchmark
//! for each, keeps the record, and ends with report and gate.
//!
//! `mode` knows what the command line asks for, `measurement` what Criterion is given, `session`
//! measures one cell, `turns` several that are compared, `recorder` keeps what was measured.

mod lines;
mod measurement;
mod mode;
mod recorder;
mod session;
mod turns;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, PlottingBackend, SamplingMode, Throughput};

use crate::catalogue::{self, HazardVisitor, Visitor};
use crate::counter::{Counter, Info};
use crate::hazard::Hazard;
use crate::kernel::{self, Pace};
use crate::machine::{self, Card, Run};
use crate::results::Store;
use crate::results::cell::is_id;
use crate::round::Round;
use crate::team::{Failure, Team};
use crate::topology::{self, Topology};
use crate::workload::{LEVELS, Level, Placement, Sweep};
pub use measurement::Sample;
use measurement::TimeAndLoss;
use mode::Mode;
use recorder::Recorder;
use session::Session;

/// Subjects in one Criterion group at most: its line charts have eight colours.
const GROUP_OF: usize = 8;
/// Rounds of a cell, by default.
pub const SAMPLES: usize = 10;
/// Warm-up of a cell, by default.
const WARM_UP: Duration = Duration::from_millis(200);
/// Measured time of a cell, by default: rounds of 50 ms.
const MEASURE: Duration = Duration::from_millis(500);

/// How a row runs one round.
pub type RunRound = dyn Fn(&mut Team, u64, Option<Pace>, usize) -> Result<Round, Failure>;

/// One cell to be measured.
pub struct Row {
    /// Facts of the subject.
    pub info: Info,
    /// A further id where the bench needs one, else empty.
    pub variant: String,
    /// Counting threads.
    pub threads: usize,
    /// The level's id.
    pub level: &'static str,
    /// Mean think time; zero for none.
    pub think: Duration,
    /// Where the threads are put.
    pub placement: Placement,
    /// What a hazard's anomaly is; none for counters.
    pub anomaly: Option<&'static str>,
    /// Rows that name the same set are compared with each other, and measured round by round in
    /// turn; they have threads, think time and placement in common. `None` for a row that is
    /// measured alone.
    pub set: Option<String>,
    /// Runs one round.
    pub round: Box<RunRound>,
}

impl Row {
    /// The row of counter `C` at one point of the sweep.
    pub fn counter<C: Counter>(level: &Level, threads: usize, placement: Placement) -> Row {
        Row {
            info: C::INFO,
            variant: String::new(),
            threads,
            level: level.id,
            think: level.think,
            placement,
            anomaly: None,
            set: None,
            round: Box::new(kernel::round::<C>),
        }
    }

    /// The row of hazard `H` at one point of the sweep.
    pub fn hazard<H: Hazard>(level: &Level, threads: usize, placement: Placement) -> Row {
        Row {
            info: H::INFO,
            variant: H::VARIANT.to_owned(),
            threads,
            level: level.id,
            think: level.think,
            placement,
            anomaly: Some(H::KIND),
            set: None,
            round: Box::new(kernel::hazard_round::<H>),
        }
    }

    fn function(&self) -> String {
        if self.variant.is_empty() { self.info.id.to_owned() } else { format!("{}:{}", self.info.id, self.variant) }
    }

    fn group(&self, bench: &str) -> String {
        let placement = match self.placement {
            Placement::Spread => String::new(),
            other => format!("/{other}"),
        };
        format!("{bench}/{}/{}{placement}", self.level, self.info.family)
    }
}

/// A bench over counters: those it is given, at every point of the sweep.
///
/// ```no_run
/// use miscount::counters::{atomic::FetchAdd, racy::LoadStore};
/// use miscount::suite::Counters;
///
/// fn main() -> std::process::ExitCode {
///     // In a file under benches/ with `harness = false`:
///     Counters::default().with::<FetchAdd>().with::<LoadStore>().run("counters")
/// }
/// ```
#[derive(Default)]
pub struct Counters {
    makers: Vec<fn(&Level, usize, Placement) -> Row>,
}

impl Counters {
    /// Every counter of the catalogue.
    pub fn catalogue() -> Counters {
        let mut all = Counters::default();
        catalogue::visit(&mut all);
        all
    }

    /// With every hazard of the catalogue, too.
    #[must_use]
    pub fn with_hazards(mut self) -> Counters {
        catalogue::visit_hazards(&mut self);
        self
    }

    /// One more counter.
    #[must_use]
    pub fn with<C: Counter>(mut self) -> Counters {
        Visitor::visit::<C>(&mut self);
        self
    }

    /// The rows of a sweep: a full rectangle of counters and thread counts for each level and
    /// placement.
    pub fn rows(&self, sweep: &Sweep) -> Vec<Row> {
        let mut rows = Vec::new();
        for &placement in &sweep.placements {
            for level in sweep.pick(&LEVELS) {
                for maker in &self.makers {
                    rows.extend(sweep.threads.iter().map(|&threads| maker(level, threads, placement)));
                }
            }
        }
        rows
    }

    /// Measures them as bench `bench` and returns the exit status: see [`run`].
    pub fn run(&self, bench: &'static str) -> ExitCode {
        run(bench, |sweep| self.rows(sweep))
    }
}

impl HazardVisitor for Counters {
    fn visit<H: Hazard>(&mut self) {
        self.makers.push(Row::hazard::<H>);
    }
}

impl Visitor for Counters {
    fn visit<C: Counter>(&mut self) {
        self.makers.push(Row::counter::<C>);
    }
}

/// Measures the rows that `rows` makes of the sweep, as the command line and the `MISCOUNT_*`
/// variables say, and returns the exit status: 0 done, 1 the gate, 2 bad input, 3 a hang or a panic
/// in the thing under test.
pub fn run(bench: &'static str, rows: impl FnOnce(&Sweep) -> Vec<Row>) -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match try_run(bench, rows, &args) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            say(format_args!("miscount: {error}"));
            ExitCode::from(2)
        }
    }
}

type AnyError = Box<dyn std::error::Error>;

fn try_run(bench: &'static str, rows: impl FnOnce(&Sweep) -> Vec<Row>, args: &[String]) -> Result<u8, AnyError> {
    let mode = Mode::of(args);
    let mut sweep = Sweep::from_env(topology::usable_count())?;
    let topology = Topology::detect();
    let asked = sweep.placements.len();
    sweep.placements = topology.distinct(&sweep.placements, &sweep.threads);
    if sweep.placements.len() < asked && mode != Mode::List {
        show(format_args!("{bench}: placements that give the same CPUs here are measured once\n"));
    }
    let rows = rows(&sweep);
    if rows.is_empty() && mode != Mode::List {
        show(format_args!("{bench}: none of its levels is asked for by MISCOUNT_LEVELS; nothing to do\n"));
        return Ok(0);
    }
    check_ids(bench, &rows)?;
    let groups = groups(bench, rows);
    let selected: HashSet<String> = match mode {
        Mode::List => HashSet::new(),
        _ => mode::selected(args).map_err(|e| format!("these arguments cannot be used: {e}"))?.into_iter().collect(),
    };
    let measurement = TimeAndLoss::default();
    let mut criterion = Criterion::default()
        .with_measurement(measurement.clone())
        .sample_size(SAMPLES)
        .warm_up_time(WARM_UP)
        .measurement_time(MEASURE)
        .nresamples(2_000)
        .plotting_backend(PlottingBackend::Plotters)
        .configure_from_args();
    let total: usize = groups.iter().map(|group| group.rows.len()).sum();
    let wanted = |group: &Group, row: &Row| selected.contains(&group.id(row));
    let cells = groups.iter().flat_map(|g| g.rows.iter().map(move |r| wanted(g, r))).filter(|&w| w).count();
    let replays = selected.len() - cells;
    if mode != Mode::List {
        show(format_args!("{bench}: {cells} of {total} cells match\n"));
        if selected.is_empty() {
            return Ok(0);
        }
    }
    let store = if mode.publishes() { Some(open_store()?) } else { None };
    let recorder = Rc::new(RefCell::new(Recorder::new(bench, mode, store, cells)));
    if mode.publishes() {
        recorder.borrow().announce(replays);
    }
    let session = |group: &Group, row| Session::new(row, group.id(row), &topology, Rc::clone(&recorder), &measurement);
    let in_turns = groups.iter().flat_map(|group| group.rows.iter().map(move |row| (group, row)));
    let in_turns = in_turns.filter(|(group, row)| mode.takes_turns() && wanted(group, row));
    let sets = turns::sets(in_turns.map(|(group, row)| session(group, row)));
    // Criterion panics when a baseline is missing, for instance.
    let ran = panic::catch_unwind(AssertUnwindSafe(|| {
        for group in &groups {
            let mut sessions: Vec<Session> = group.rows.iter().map(|row| session(group, row)).collect();
            sessions.iter_mut().filter(|session| wanted(group, session.row())).for_each(|session| session.join(&sets));
            measure_group(&mut criterion, &measurement, &recorder, group, sessions, &selected, mode);
        }
        criterion.final_summary();
    }));
    let status = recorder.borrow_mut().finish();
    if ran.is_err() {
        return Err("Criterion gave up (it says why above); what was measured before is kept".into());
    }
    Ok(status)
}

/// Ids end up in results, where only `[a-z0-9_]` is read again, and each names one row. Rows of one
/// set run on one team.
fn check_ids(bench: &str, rows: &[Row]) -> Result<(), AnyError> {
    let mut seen = HashSet::new();
    let mut sets = HashMap::new();
    for row in rows {
        let Info { id, family, .. } = row.info;
        let ids = [("bench", bench), ("counter", id), ("family", family), ("variant", &row.variant)];
        for (what, id) in ids.into_iter().filter(|(what, id)| !(*what == "variant" && id.is_empty())) {
            if !is_id(id) {
                return Err(format!("the {what} id {id:?} cannot be used: give 1 to 64 of [a-z0-9_]").into());
            }
        }
        if !seen.insert((id, &row.variant, row.level, row.threads, row.placement)) {
            return Err(format!("the counter id {id:?} is used twice: each needs an id of its own").into());
        }
        let place = (row.threads, row.think, row.placement);
        if let Some(set) = row.set.as_deref().filter(|&set| *sets.entry(set).or_insert(place) != place) {
            return Err(format!("the rows of set {set:?} differ in threads, think time or placement").into());
        }
    }
    Ok(())
}

fn open_store() -> Result<Store, AnyError> {
    let card = Card::detect()?;
    let (id, run) = Run::begin();
    Ok(Store::open(&machine::results_folder(), card, id, run)?)
}

/// Rows that share a Criterion group: one bench, level, placement and family, eight subjects at
/// most.
struct Group {
    name: String,
    rows: Vec<Row>,
}

impl Group {
    fn id(&self, row: &Row) -> String {
        format!("{}/{}/{}", self.name, row.function(), row.threads)
    }

    /// The group in which the loss of this one's racy rows is replayed.
    fn replay_name(&self) -> String {
        format!("{}/attempts_per_kept", self.name)
    }

    /// Whether a row's loss is worth a picture: one thread cannot lose.
    fn replayed(row: &Row) -> bool {
        row.info.grade == crate::counter::Grade::Racy && row.anomaly.is_none() && row.threads > 1
    }
}

fn groups(bench: &str, rows: Vec<Row>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut parts = HashMap::new();
    for row in rows {
        let base = row.group(bench);
        let (part, subjects): &mut (usize, Vec<String>) = parts.entry(base.clone()).or_default();
        let function = row.function();
        if !subjects.contains(&function) {
            if subjects.len() == GROUP_OF {
                subjects.clear();
                *part += 1;
            }
            subjects.push(function);
        }
        let name = if *part == 0 { base } else { format!("{base}_{}", *part + 1) };
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { name, rows: vec![row] }),
        }
    }
    groups.iter_mut().for_each(|group| group.rows.sort_by_key(|row| row.set.is_some()));
    groups
}

/// Everything of one group: its cells, then the replay of its losses.
fn measure_group(
    criterion: &mut Criterion<TimeAndLoss>,
    measurement: &TimeAndLoss,
    recorder: &Rc<RefCell<Recorder>>,
    group: &Group,
    mut sessions: Vec<Session>,
    selected: &HashSet<String>,
    mode: Mode,
) {
    let mut opened = criterion.benchmark_group(&group.name);
    opened.sampling_mode(SamplingMode::Flat);
    for session in &mut sessions {
        let row = session.row();
        if session.takes_turns() {
            // Replayed rounds need none. Rows that are not replayed come before these.
            opened.warm_up_time(Duration::from_nanos(1));
        }
        opened.throughput(Throughput::Elements(row.threads as u64));
        if selected.contains(session.id()) {
            recorder.borrow_mut().next_cell(session.id());
        }
        opened.bench_function(BenchmarkId::new(row.function(), row.threads), |bencher| {
            bencher.iter_custom(|iters| session.sample(iters));
        });
        session.end();
    }
    opened.finish();
    if !mode.replays() || !group.rows.iter().any(Group::replayed) {
        return;
    }
    measurement.replaying.set(true);
    let mut opened = criterion.benchmark_group(group.replay_name());
    // Nothing runs here, so there is nothing to warm up.
    opened.sampling_mode(SamplingMode::Flat).warm_up_time(Duration::from_nanos(1));
    for session in sessions.iter_mut().filter(|session| Group::replayed(session.row())) {
        let row = session.row();
        let mut loss = session.losses(mode);
        opened.sample_size(SAMPLES);
        opened.throughput(Throughput::Elements(row.threads as u64));
        opened.bench_function(BenchmarkId::new(row.function(), row.threads), |bencher| {
            bencher.iter_custom(|iters| loss.next(iters));
        });
    }
    opened.finish();
    measurement.replaying.set(false);
}

/// One line to stderr, where Criterion's own progress goes. Nobody may be reading.
fn say(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Text to stdout, where Criterion's own figures go. Nobody may be reading.
fn show(text: impl Display) {
    let mut out = std::io::stdout();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counter::Plain;
    use crate::counters::atomic::FetchAdd;

    fn rows(counters: &Counters) -> Vec<Row> {
        counters.rows(&Sweep::from_vars(2, |_| None).unwrap())
    }

    #[derive(Default)]
    struct Shouting(FetchAdd);
    impl Plain for Shouting {
        const INFO: Info = Info { id: "SHOUTING", ..<FetchAdd as Plain>::INFO };
        fn increment(&self) {
            Plain::increment(&self.0);
        }
        fn total(&self) -> u64 {
            Plain::total(&self.0)
        }
    }

    #[test]
    fn ids_that_results_could_not_hold_are_refused() {
        let said = |bench, counters| check_ids(bench, &rows(&counters)).unwrap_err().to_string();
        assert!(said("mine", Counters::default().with::<Shouting>()).contains("\"SHOUTING\""));
        assert!(said("my bench", Counters::default().with::<FetchAdd>()).contains("\"my bench\""));
        assert!(said("mine", Counters::default().with::<FetchAdd>().with::<FetchAdd>()).contains("twice"));
        assert!(check_ids("counters", &rows(&Counters::catalogue())).is_ok());
    }

    #[test]
    fn rows_of_one_set_have_threads_in_common() {
        let mut all = rows(&Counters::default().with::<FetchAdd>());
        all.iter_mut().for_each(|row| row.set = Some(format!("{} {}", row.level, row.threads)));
        assert!(check_ids("mine", &all).is_ok());
        all.iter_mut().for_each(|row| row.set = Some("all".into()));
        assert!(check_ids("mine", &all).unwrap_err().to_string().contains("\"all\""));
    }

    #[test]
    fn groups_hold_eight_subjects_and_full_rectangles() {
        let groups = groups("counters", rows(&Counters::catalogue()));
        assert!(groups.len() >= 2 * 7, "two levels of seven families");
        for group in &groups {
            let subjects: HashSet<String> = group.rows.iter().map(Row::function).collect();
            assert!(subjects.len() <= GROUP_OF);
            assert_eq!(group.rows.len(), 3 * subjects.len(), "{}: three thread counts each", group.name);
        }
    }

    #[test]
    fn a_family_of_nine_makes_two_groups() {
        let mut nine = Vec::new();
        for n in 0..9 {
            for mut row in rows(&Counters::default().with::<FetchAdd>()) {
                row.variant = format!("v{n}");
                nine.push(row);
            }
        }
        let names: Vec<String> = groups("counters", nine).into_iter().map(|group| group.name).collect();
        assert_eq!(names.len(), 4);
        assert!(names.contains(&"counters/high/atomic_2".to_owned()), "{names:?}");
    }
}

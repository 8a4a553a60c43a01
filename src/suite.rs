//! The glue to Criterion, once for all benches: [`run`] takes rows, opens one Criterion benchmark
//! for each, keeps the record, and ends with report and gate.
//!
//! `counters` makes rows, `groups` sorts them into Criterion's groups, `mode` knows what the command
//! line asks for, `measurement` what Criterion is given, `session` measures one cell, `turns` several
//! that are compared, `recorder` keeps what was measured. `signals` and `streams` are for runs that are ended,
//! or that nobody reads.

mod controls;
mod counters;
mod gil;
mod groups;
mod interpreters;
mod lines;
mod locks;
mod measurement;
mod mode;
mod ordering;
mod reads;
mod recorder;
mod row;
mod session;
mod signals;
mod streams;
mod transfers;
mod turns;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, PlottingBackend, SamplingMode, Throughput};

use crate::counter::Info;
use crate::machine::{self, Card, Run};
use crate::results::Store;
use crate::results::cell::is_id;
use crate::topology::{self, Topology};
use crate::workload::Sweep;
pub use controls::Controls;
pub use counters::Counters;
use groups::{Group, groups};
pub use interpreters::Interpreters;
pub use measurement::Sample;
use measurement::TimeAndLoss;
use mode::Mode;
use recorder::Recorder;
pub use row::{After, Derive, Row, RunAfter, RunRound};
use session::Session;
use streams::{say, show};

/// Rounds of a cell, by default.
pub const SAMPLES: usize = 10;
/// Warm-up of a cell, by default.
const WARM_UP: Duration = Duration::from_millis(150);
/// Measured time of a cell, by default: rounds of 40 ms.
const MEASURE: Duration = Duration::from_millis(400);

/// Measures the rows that `rows` makes of the sweep, as the command line and the `MISCOUNT_*`
/// variables say, and returns the exit status: 0 done, 1 the gate, 2 bad input, 3 a hang or a panic
/// in the thing under test.
pub fn run(bench: &'static str, rows: impl FnOnce(&Sweep) -> Vec<Row>) -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    streams::watch();
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
    if sweep.place_on(&topology) && mode != Mode::List {
        show(format_args!("{bench}: placements that give the same CPUs here are measured once\n"));
    }
    let rows = rows(&sweep);
    if rows.is_empty() && mode != Mode::List {
        let none_asked = "none of its levels is asked for by MISCOUNT_LEVELS; nothing to do";
        let why = if sweep.levels.is_some() { none_asked } else { "there is nothing to measure" };
        show(format_args!("{bench}: {why}\n"));
        return Ok(0);
    }
    check_ids(bench, &rows)?;
    let groups = groups(bench, rows);
    let selected: HashSet<String> = match mode {
        Mode::List => HashSet::new(),
        _ => mode::selected(args)?.into_iter().collect(),
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
    if mode.publishes() {
        signals::watch();
    }
    let store = if mode.publishes() { Some(open_store()?) } else { None };
    let recorder = Rc::new(RefCell::new(Recorder::new(bench, mode, store, cells)));
    if mode.publishes() {
        let chosen = groups.iter().flat_map(|g| g.rows.iter().filter(move |row| wanted(g, row)));
        recorder.borrow().announce(replays, chosen.map(Row::extra_time).sum());
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
        streams::printing(|| criterion.final_summary()).go_on();
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
            if mode.publishes() {
                session.prepare();
            }
        }
        let mut bench = || {
            streams::printing(|| {
                opened.bench_function(BenchmarkId::new(row.function(), row.threads), |bencher| {
                    bencher.iter_custom(|iters| session.sample(iters));
                });
            })
        };
        let mut ended = bench();
        // Cut short before anything was measured: again, once for each of the two streams.
        for _ in 0..2 {
            if ended.is_cut() && measurement.kept.borrow().is_empty() {
                ended = bench();
            }
        }
        session.end();
        ended.go_on();
    }
    streams::printing(|| opened.finish()).go_on();
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
        let ended = streams::printing(|| {
            opened.bench_function(BenchmarkId::new(row.function(), row.threads), |bencher| {
                bencher.iter_custom(|iters| loss.next(iters));
            });
        });
        ended.go_on();
    }
    streams::printing(|| opened.finish()).go_on();
    measurement.replaying.set(false);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counter::Plain;
    use crate::counters::atomic::FetchAdd;

    pub(super) fn rows(counters: &Counters) -> Vec<Row> {
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
}

//! The glue to Criterion, once for all benches. [`run`] measures cases pass by pass, records them, hands the rounds to
//! Criterion as one benchmark per cell, writes the report and applies the gate.
//!
//! `counters` and its neighbours make cases. `groups` sorts them into Criterion's groups. `mode` reads the command
//! line. `passes` measures. `measured` holds one cell while it is measured. `measurement` replays its rounds to
//! Criterion. `recorder` keeps the results.

mod case;
mod controls;
mod counters;
mod gil;
mod groups;
mod interpreters;
mod lines;
mod locks;
mod measured;
mod measurement;
mod mode;
mod ordering;
mod passes;
mod progress;
mod reads;
mod recorder;
mod transfers;

use std::collections::{BTreeSet, HashSet};
use std::process::ExitCode;
use std::time::Duration;

use criterion::{AxisScale, BenchmarkId, Criterion, PlotConfiguration, PlottingBackend, SamplingMode, Throughput};

use crate::counter::Info;
use crate::machine::{self, Card, Run};
use crate::results::Store;
use crate::results::cell::is_id;
use crate::round::{Round, SHORT};
use crate::signals;
use crate::streams::{self, say, show};
use crate::team::Failure;
use crate::topology::{self, Topology};
use crate::workload::{self, MOST_PASSES, Passes, Placement, Sweep};
pub use case::{After, Case, Derive, RunAfter, RunRound};
pub use controls::Controls;
pub use counters::Counters;
use groups::{Group, alike, groups};
pub use interpreters::Interpreters;
use measurement::{Replay, TimeOrLoss};
use mode::Mode;
pub use passes::ROUND;
use passes::{Bench, End, RunPlan};
use progress::Progress;
use recorder::Recorder;

/// Passes with `--quick`.
const QUICK: usize = 2;
/// Time that Criterion's analysis of a cell takes.
const ANALYSIS: Duration = Duration::from_millis(35);

/// Measures the cases that `cases` makes of the sweep, and returns the exit status: 0 done, 1 the gate failed, 2 bad
/// input, 3 a hang or a panic in the thing under test. The command line and the `MISCOUNT_*` variables select the
/// cells.
pub fn run(bench: &'static str, cases: impl FnOnce(&Sweep) -> Vec<Case>) -> ExitCode {
    run_timed(bench, Timing::default(), cases)
}

/// Like [`run`], at other times than usual.
pub fn run_timed(bench: &'static str, timing: Timing, cases: impl FnOnce(&Sweep) -> Vec<Case>) -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    streams::outlive_readers();
    match try_run(bench, timing, Box::new(cases), &args) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            say(format_args!("miscount: {error}"));
            ExitCode::from(2)
        }
    }
}

/// Times of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Least time of a pass, so that a few cells are not all measured in one stay of the CPUs. 350 ms.
    pub pass: Duration,
    /// Time after which a run that a signal asks to end is ended at once: it takes a round and the report to end by
    /// itself. 5 s.
    pub ending: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing { pass: Duration::from_millis(350), ending: Duration::from_secs(5) }
    }
}

type AnyError = Box<dyn std::error::Error>;

/// Boxed, so that what measures is compiled once, and not once for each bench.
type MakeCases<'m> = Box<dyn FnOnce(&Sweep) -> Vec<Case> + 'm>;

fn try_run(bench: &'static str, timing: Timing, cases: MakeCases<'_>, args: &[String]) -> Result<u8, AnyError> {
    let mode = if mode::is_naming() { Mode::Name } else { Mode::of(args) };
    let mut sweep = Sweep::from_env(topology::usable_count_at(Placement::SpreadAll))?;
    let variables = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    for line in workload::unknown(variables.filter(|_| mode != Mode::Name)) {
        say(format_args!("miscount: {line}"));
    }
    let topology = Topology::detect();
    let dropped = sweep.place_on(&topology)?;
    if !matches!(mode, Mode::List | Mode::Name) {
        if let Some(line) = topology.unlike() {
            show(format_args!("{bench}: {line}\n"));
        }
        if dropped {
            show(format_args!("{bench}: placements that give the same CPUs here are measured once\n"));
        }
    }
    let (mut cases, left_out) = leave_out(cases(&sweep));
    if !matches!(mode, Mode::List | Mode::Name) {
        left_out.iter().for_each(|line| show(format_args!("{bench}: {line}\n")));
    }
    // Benches make cases subject by subject; people read them level by level.
    cases.sort_by_key(|case| workload::position(case.level));
    if cases.is_empty() && !matches!(mode, Mode::List | Mode::Name) {
        let none_asked = "MISCOUNT_LEVELS asks for none of its levels, or for none with these threads; nothing to do";
        let why = if sweep.levels.is_some() { none_asked } else { "there is nothing to measure" };
        show(format_args!("{bench}: {why}\n"));
        return Ok(0);
    }
    check_ids(bench, &cases)?;
    let groups = groups(bench, cases);
    if let Some([one, other]) = alike(&groups) {
        let why =
            "Criterion keeps 64 characters of a group and of a counter, and the two begin alike: give shorter ids";
        return Err(format!("{one} and {other} cannot be told apart: {why}").into());
    }
    let measurement = TimeOrLoss::default();
    let criterion = || {
        Criterion::default()
            .with_measurement(measurement.clone())
            .nresamples(2_000)
            .plotting_backend(PlottingBackend::Plotters)
            .configure_from_args()
    };
    if mode == Mode::Name {
        name(&mut criterion(), &groups);
        return Ok(0);
    }
    let selected = mode::selected(args)?;
    if mode == Mode::List {
        selected.iter().for_each(|id| show(format_args!("{id}: benchmark\n")));
        return Ok(0);
    }
    // Errors that prevent recording or comparing are reported before anything is measured.
    let card = if mode.publishes() { Some(Card::detect()?) } else { None };
    if mode.publishes() {
        mode::check_baseline(args)?;
    }
    let selected: HashSet<String> = selected.into_iter().collect();
    let all = || groups.iter().flat_map(|group| group.cases.iter().map(move |case| (group, case)));
    let wanted = |group: &Group, case: &Case| {
        selected.contains(&group.id(case)) || Group::replayed(case) && selected.contains(&group.replay_id(case))
    };
    let cells = all().filter(|(group, case)| wanted(group, case)).count();
    let matching = format!("{bench}: {cells} of {} cells match\n", all().count());
    if selected.is_empty() {
        show(matching);
        let first = all().next().map(|(group, case)| group.id(case)).unwrap_or_default();
        let more = if sweep.full { "" } else { "; MISCOUNT_FULL=1 measures more" };
        show(format_args!("names begin with the bench, such as {first}; --list gives all of them{more}\n"));
        return Ok(0);
    }
    let plan = plan(mode, &sweep, args, timing.pass);
    let mut measured = Bench::new(all().map(|(group, case)| (case, group.id(case), wanted(group, case))), &topology);
    let cases = || measured.cells.iter().map(|cell| cell.case);
    let two = plan.time(2, cases());
    if let Passes::Time(time) = plan.passes
        && mode.publishes()
        && time < two
    {
        let (time, takes) = (humantime::format_duration(time), lines::minutes(two));
        let what = format!("two passes over {cells} cells take about {takes}; give more, or select fewer cells");
        return Err(format!("MISCOUNT_TIME={time}: {what}").into());
    }
    show(matching);
    let time = plan.whole(cases());
    if mode.publishes() {
        signals::catch(timing.ending);
    }
    let store = card.map(|card| open_store(card, &plan)).transpose()?;
    let rounds = |count| cases().map(|case| plan.rounds(case, count)).sum::<usize>() as u64;
    let progress = Progress::new(bench, plan.passes, rounds);
    let mut recorder = Recorder::new(bench, mode, store, progress);
    left_out.iter().for_each(|line| recorder.fact(line));
    let (mut status, mut saved) = (0, true);
    if mode.publishes() {
        let after = measured.cells.iter().filter_map(|cell| cell.case.after.as_ref()).map(|(time, _)| *time).sum();
        let after = if mode == (Mode::Measure { quick: true }) { Duration::ZERO } else { after };
        recorder.announce(plan.passes, time + after + ANALYSIS * cells as u32);
        let ended = measured.measure(&plan, &mut recorder);
        let whole = ended.is_ok();
        status = ended.map_or_else(|end| recorder.ended(end), |()| 0);
        saved = recorder.publish(&measured, whole);
    }
    // After a failure or a signal, Criterion is given nothing.
    let goes_on = status == 0 && signals::came().is_none();
    // A line of ours tells of each cell.
    let quiet = mode.publishes() && !mode::is_verbose(args);
    let handed_over = if goes_on {
        if !quiet {
            recorder.progress.end();
        }
        let mut made = None;
        streams::printing(quiet, || made = Some(criterion()));
        let mut criterion = made.unwrap_or_else(criterion);
        hand_over(&mut criterion, &measurement, &groups, &mut measured, &mut recorder, mode, quiet)
    } else {
        Ok(())
    };
    let reported = recorder.report();
    let gate = recorder.gate();
    if let Some(signal) = signals::came() {
        signals::end(signal);
    }
    handed_over.map_err(|why| format!("Criterion gave up: {why}; what was measured is kept"))?;
    Ok([status, gate, if saved && reported { 0 } else { 2 }].into_iter().find(|status| *status > 0).unwrap_or(0))
}

/// The cases that this machine can measure, and a line for each subject of the others.
fn leave_out(cases: Vec<Case>) -> (Vec<Case>, BTreeSet<String>) {
    let (missing, cases): (Vec<Case>, Vec<Case>) = cases.into_iter().partition(|case| case.missing.is_some());
    let line = |case: &Case| Some(format!("{} is left out: {}", case.info.id, case.missing?));
    (cases, missing.iter().filter_map(line).collect())
}

/// The plan of the run: the environment's wishes, else Criterion's own options.
fn plan(mode: Mode, sweep: &Sweep, args: &[String], pass: Duration) -> RunPlan {
    let (samples, time) = mode::wishes(args);
    let passes = match (mode, sweep.passes) {
        (Mode::Measure { quick: true }, _) => Passes::Count(QUICK),
        (_, Some(passes)) => passes,
        (_, None) => samples.map_or_else(Passes::default, |samples| Passes::Count(samples.min(MOST_PASSES))),
    };
    let each = time.zip(if let Passes::Count(count) = passes { Some(count) } else { None });
    let each = each.map(|(time, count)| (time / count as u32).clamp(SHORT.mul_f64(1.1), SHORT * 1_000));
    RunPlan { passes, pass, round: each.unwrap_or(ROUND), seed: fastrand::u64(..1 << 48) }
}

/// Checks the ids of cases: results accept `[a-z0-9_]` only, and each id names one case.
fn check_ids(bench: &str, cases: &[Case]) -> Result<(), AnyError> {
    let mut seen = HashSet::new();
    for case in cases {
        let Info { id, family, .. } = case.info;
        let ids = [("bench", bench), ("counter", id), ("family", family), ("variant", &case.variant)];
        for (what, id) in ids.into_iter().filter(|(what, id)| !(*what == "variant" && id.is_empty())) {
            if !is_id(id) {
                return Err(format!("the {what} id {id:?} cannot be used: give 1 to 64 of [a-z0-9_]").into());
            }
        }
        if !seen.insert((id, &case.variant, case.level, case.threads, case.placement)) {
            return Err(format!("the counter id {id:?} is used twice: each needs an id of its own").into());
        }
    }
    Ok(())
}

fn open_store(card: Card, plan: &RunPlan) -> Result<Store, AnyError> {
    let (id, run) = Run::begin();
    let passes = if let Passes::Count(count) = plan.passes { Some(count) } else { None };
    let run = Run { passes, seed: Some(plan.seed), ..run };
    Ok(Store::open(&machine::results_folder(), card, id, run)?)
}

/// Hands the rounds to Criterion, group by group, for its pages and baselines, and for its lines unless it is to be
/// `quiet`. Where nothing is recorded, Criterion asks for rounds and they are run then.
///
/// # Errors
/// Criterion's message where it panics, as it does when a baseline is missing.
fn hand_over(
    criterion: &mut Criterion<TimeOrLoss>,
    measurement: &TimeOrLoss,
    groups: &[Group],
    measured: &mut Bench,
    recorder: &mut Recorder,
    mode: Mode,
    quiet: bool,
) -> Result<(), String> {
    streams::without_backtrace(|| {
        for group in groups {
            hand_over_group(criterion, group, false, measured, recorder, mode, quiet);
            if mode.replays() && group.cases.iter().any(Group::replayed) {
                measurement.loss.set(true);
                hand_over_group(criterion, group, true, measured, recorder, mode, quiet);
                measurement.loss.set(false);
            }
        }
        streams::printing(quiet, || criterion.final_summary());
    })
}

/// Names the cells that Criterion selects.
fn name(criterion: &mut Criterion<TimeOrLoss>, groups: &[Group]) {
    for (group, case, id) in groups.iter().flat_map(Group::names) {
        let named = BenchmarkId::new(case.function(), case.threads);
        criterion.benchmark_group(group).bench_function(named, |bencher| {
            bencher.iter_custom(|_| {
                show(mode::named(&id));
                1.0
            });
        });
    }
}

/// Hands over the cells of one group; with `loss`, their attempts per kept update.
fn hand_over_group(
    criterion: &mut Criterion<TimeOrLoss>,
    group: &Group,
    loss: bool,
    measured: &mut Bench,
    recorder: &mut Recorder,
    mode: Mode,
    quiet: bool,
) {
    let mut opened = criterion.benchmark_group(if loss { group.replay_name() } else { group.name.clone() });
    opened.sampling_mode(SamplingMode::Flat);
    // Costs of one family differ by up to a thousand times.
    opened.plot_config(PlotConfiguration::default().summary_scale(AxisScale::Logarithmic));
    for case in group.cases.iter().filter(|case| !loss || Group::replayed(case)) {
        let id = group.id(case);
        let cell = measured.cells.iter().position(|cell| cell.id == id);
        let figure = if loss { attempts_per_kept } else { Round::ns_per_op_per_thread };
        let rounds =
            cell.map_or(Vec::new(), |cell| measured.cells[cell].taken.iter().map(|t| figure(&t.round)).collect());
        if mode.publishes() && (cell.is_some() && rounds.is_empty() || signals::came().is_some()) {
            // The cell was given up, or the run was asked to end.
            continue;
        }
        let mut replay = Replay::of(rounds);
        opened.throughput(Throughput::Elements(case.threads as u64));
        if mode.publishes() {
            // Nothing runs here, so there is nothing to warm up; and `--quick` ends with its second sample.
            opened.sample_size(replay.samples()).warm_up_time(Duration::from_nanos(1));
        }
        if mode == (Mode::Measure { quick: true }) {
            opened.measurement_time(QUICK_TIME);
        }
        if quiet {
            recorder.progress.at(None, &id);
        }
        let mut asked = 0;
        streams::printing(quiet, || {
            opened.bench_function(BenchmarkId::new(case.function(), case.threads), |bencher| {
                bencher.iter_custom(|iters| {
                    asked += 1;
                    if mode.runs_singly() {
                        return single(measured, cell, iters, recorder);
                    }
                    match mode {
                        Mode::Measure { quick: true } if asked > 1 => std::thread::sleep(QUICK_TIME * 2),
                        Mode::Measure { quick: false } if asked == 2 => replay.again(),
                        _ => {}
                    }
                    replay.next(iters)
                });
            });
        });
    }
    streams::printing(quiet, || opened.finish());
}

/// With `--quick`, Criterion takes samples until this time is over.
const QUICK_TIME: Duration = Duration::from_millis(1);

/// Runs the round that Criterion asks for, and returns its time in ns; a failure ends the process.
fn single(measured: &mut Bench, cell: Option<usize>, iters: u64, recorder: &mut Recorder) -> f64 {
    let Some(cell) = cell else { return 1.0 };
    match measured.single(cell, iters, recorder) {
        Ok(round) => round.criterion_ns_for(iters).max(1.0),
        Err(End::Failed(id, Failure::Gone { what, said })) => {
            recorder.give_up(&id, &what, &said);
            1.0
        }
        Err(end) => std::process::exit(i32::from(recorder.ended(end))),
    }
}

/// Attempts for each kept update.
fn attempts_per_kept(round: &Round) -> f64 {
    // With nothing kept there is no finite value to draw: one kept update is assumed.
    let loss = round.loss_rate().unwrap_or(0.0);
    crate::round::ns_per_kept(1.0, loss).min(round.attempted() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counter::Plain;
    use crate::counters::atomic::FetchAdd;

    /// One round of `case`, and the exit status of a run that is this round only.
    pub(super) fn single(case: &Case, iters: u64) -> (Round, u8) {
        let topology = Topology::detect();
        let mut bench = Bench::new(std::iter::once((case, "id".to_owned(), true)), &topology);
        let mut recorder = Recorder::new("mine", Mode::Test, None, Progress::new("mine", Passes::Count(1), |_| 1));
        let Ok(round) = bench.single(0, iters, &mut recorder) else { panic!("a round") };
        (round, recorder.gate())
    }

    pub(super) fn cases(counters: &Counters) -> Vec<Case> {
        counters.cases(&Sweep::from_vars(2, |_| None).unwrap())
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
    fn what_is_missing_here_is_left_out_with_a_word() {
        let mut all = cases(&Counters::default().with::<FetchAdd>().with::<crate::counters::sharded::Striped>());
        all.iter_mut().filter(|case| case.info.id == "striped").for_each(|case| case.missing = Some("no stripes"));
        let (kept, said) = leave_out(all);
        assert!(!kept.is_empty() && kept.iter().all(|case| case.info.id == "fetch_add"));
        assert_eq!(said.into_iter().collect::<Vec<_>>(), ["striped is left out: no stripes"]);
    }

    #[test]
    fn ids_that_results_could_not_hold_are_refused() {
        let said = |bench, counters| check_ids(bench, &cases(&counters)).unwrap_err().to_string();
        assert!(said("mine", Counters::default().with::<Shouting>()).contains("\"SHOUTING\""));
        assert!(said("my bench", Counters::default().with::<FetchAdd>()).contains("\"my bench\""));
        assert!(said("mine", Counters::default().with::<FetchAdd>().with::<FetchAdd>()).contains("twice"));
        assert!(check_ids("counters", &cases(&Counters::catalogue())).is_ok());
    }
}

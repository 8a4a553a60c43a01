//! Makes the cases of interpreters, which share their worker processes.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::{Case, Controls, say};
use crate::python::real::{
    Found, GrowingBudget, Implementation, Interpreter, Request, SUBJECTS, Search, Subject, Workers,
};
use crate::results::Cell;
use crate::round::Series;
use crate::team::Plan;
use crate::topology::Topology;
use crate::workload::{GridPoint, Level, Sweep};

/// Default subjects.
const DEFAULTS: [&str; 3] = ["py_plain", "py_int_conversion", "py_lock"];
/// Subjects measured with more threads, too.
const CROWDED: [&str; 5] = ["py_plain", "py_int_conversion", "py_len", "py_property", "py_lock"];
/// Subjects measured while their threads are watched.
const WATCHED: [&str; 3] = ["py_plain", "py_int_conversion", "py_len"];
/// Subjects measured at every switch interval.
const AT_EVERY_LEVEL: [&str; 2] = ["py_plain", "py_int_conversion"];
/// Subjects of which it is predicted what they lose.
const PREDICTED: [&str; 4] = ["py_plain", "py_int_conversion", "py_len", "py_property"];
/// The control of all other subjects.
const CONTROL: &str = SUBJECTS[0].info.id;
/// Thread counts; a full run has more.
const THREADS: [usize; 2] = [1, 2];
const MORE_THREADS: [usize; 4] = [1, 2, 4, 10];
/// Least time of an interpreter's round.
const LEAST: Duration = Duration::from_millis(50);
/// Least number of turns of each thread in a round; a turn lasts one switch interval.
const TURNS: u32 = 20;
/// A round is cut after this many times its least time.
const STOP: u32 = 3;

/// Least time of a round in which threads take turns at the interpreter's lock. In a shorter round, a thread may be
/// done before the next one has begun. One thread takes no turns.
pub(super) fn least(threads: usize, level: &Level) -> Duration {
    if threads == 1 { LEAST } else { LEAST.max(interval(level) * TURNS * threads as u32) }
}

/// Switch interval of a level; zero where the level has none.
pub(super) fn interval(level: &Level) -> Duration {
    level.load.switch_interval().unwrap_or_default()
}

/// The interpreters found on this machine, and their cases.
pub struct Interpreters {
    interpreters: Vec<Interpreter>,
    workers: Rc<RefCell<Workers>>,
}

impl Interpreters {
    /// Searches for interpreters and picks those that the sweep measures ([`Found::pick`]). Prints a line on each one
    /// that is measured or refused, in the name of `bench`. Does not search when none of the levels is asked for.
    pub fn search(search: &Search, bench: &str, sweep: &Sweep) -> Interpreters {
        let found = if sweep.pick("interpreters").is_empty() { Found::default() } else { search.run() };
        let interpreters = found.pick(sweep.full);
        for refused in &found.refused {
            say(format_args!("{bench}: {refused}"));
        }
        for interpreter in &interpreters {
            say(format_args!("{bench}: {}", interpreter.about()));
            if let Some(missing) = missing(interpreter)
                .filter(|_| std::env::var_os("MISCOUNT_PYTHON_PACKAGES").is_some_and(|v| !v.is_empty()))
            {
                say(format_args!("{bench}: {missing}"));
            }
        }
        let rest = found.interpreters.len() - interpreters.len();
        if rest > 0 {
            say(format_args!(
                "{bench}: {rest} more are measured with MISCOUNT_FULL=1, or when MISCOUNT_PYTHONS names them"
            ));
        }
        if interpreters.is_empty() && !sweep.pick("interpreters").is_empty() {
            say(format_args!(
                "{bench}: no Python on PATH or in pyenv that can be used; name some with MISCOUNT_PYTHONS=path,path"
            ));
        }
        Interpreters { interpreters, workers: Rc::default() }
    }

    /// The cases of a sweep. By default three subjects with 1 and 2 threads. In full, every subject, five with more threads
    /// too, two of them at the other switch intervals with 2 threads, and three with 2 threads that are watched.
    pub fn cases(&self, sweep: &Sweep) -> Vec<Case> {
        let mut cases = Vec::new();
        let topology = Topology::detect();
        let sweep = sweep.at_one_placement();
        for &placement in &sweep.placements {
            for level in sweep.pick("interpreters") {
                for (subjects, own) in parts(sweep.full, level) {
                    for interpreter in self.interpreters.iter().filter(|one| has_level(one, level)) {
                        for subject in subjects.iter().filter(|subject| interpreter.can(subject)) {
                            for threads in sweep.threads_or(own) {
                                let at = GridPoint { level, threads, placement };
                                cases.push(self.case(interpreter, subject, at, &topology));
                            }
                        }
                    }
                }
            }
        }
        cases
    }

    fn case(&self, interpreter: &Interpreter, subject: &'static Subject, at: GridPoint, topology: &Topology) -> Case {
        let GridPoint { level, threads, placement } = at;
        let (least, interval) = (least(threads, level), interval(level));
        let cpus: Option<Vec<usize>> = topology.assign(placement, threads).into_iter().collect();
        let cpus = cpus.unwrap_or_default();
        let (workers, of, budget) = (Rc::clone(&self.workers), interpreter.clone(), GrowingBudget::of(least));
        let predicted = threads > 1 && level.load.watch().is_none() && is_predicted(interpreter, subject);
        let round = move |_: &mut _, plan: &Plan| {
            if predicted {
                workers.borrow_mut().look(&of, subject);
            }
            let request = Request::shared(subject, threads, budget.next(plan.iters), least * STOP, cpus.clone());
            let request = Request { switch: Some(interval), watch: level.load.watch(), ..request };
            let round = workers.borrow_mut().round(&of, &request, plan.usable_cpus);
            round.inspect(|round| budget.learn(round))
        };
        let label = interpreter.label();
        let (workers, of) = (Rc::clone(&self.workers), interpreter.clone());
        let derive = move |_: &Series<'_>, _: &Controls<'_>, cell: &mut Cell| {
            cell.facts.label.clone_from(&label);
            cell.figures.window = predicted.then(|| workers.borrow().window(&of, subject)).flatten();
        };
        Case {
            variant: interpreter.variant(),
            anomaly: subject.anomaly,
            control: CONTROL,
            least,
            elsewhere: true,
            fact: Some(interpreter.about()),
            derive: Some(Box::new(derive)),
            ..Case::new(subject.info, at, round)
        }
    }
}

/// Whether it is predicted what an interpreter loses: CPython with a global lock and a switch interval.
fn is_predicted(interpreter: &Interpreter, subject: &Subject) -> bool {
    let has_lock = interpreter.gil && interpreter.switch.is_some();
    interpreter.implementation == Implementation::CPython && has_lock && PREDICTED.contains(&subject.info.id)
}

/// A line that names the subjects of packages that an interpreter cannot run; `None` if there is none.
fn missing(interpreter: &Interpreter) -> Option<String> {
    let missing = SUBJECTS.iter().filter(|subject| subject.package.is_some() && !interpreter.can(subject));
    let ids: Vec<&str> = missing.map(|subject| subject.info.id).collect();
    let why = "its folder of MISCOUNT_PYTHON_PACKAGES has no such package, or one that does not run here or turns the \
               global lock on";
    (!ids.is_empty()).then(|| format!("{} does without {}: {why}", interpreter.label(), ids.join(", ")))
}

/// Whether an interpreter is measured at a level. Without a switch interval or a global lock, only at the default one.
fn has_level(interpreter: &Interpreter, level: &Level) -> bool {
    level.default || (interpreter.gil && interpreter.switch.is_some())
}

/// Subjects of a level with their thread counts. Each part is a full rectangle, as Criterion's charts need; the control
/// comes first.
fn parts(full: bool, level: &Level) -> Vec<(Vec<&'static Subject>, &'static [usize])> {
    let of = |wanted: &dyn Fn(&str) -> bool| SUBJECTS.iter().filter(|subject| wanted(subject.info.id)).collect();
    let defaults = of(&|id| DEFAULTS.contains(&id));
    match (full, level.default) {
        _ if level.load.watch().is_some() => vec![(of(&|id| WATCHED.contains(&id)), &THREADS[1..])],
        (false, _) => vec![(defaults, &THREADS)],
        (true, true) => vec![
            (of(&|id| id == CONTROL), &THREADS),
            (of(&|id| CROWDED.contains(&id)), &MORE_THREADS),
            (of(&|id| id != CONTROL && !CROWDED.contains(&id)), &THREADS),
        ],
        (true, false) => vec![(of(&|id| AT_EVERY_LEVEL.contains(&id)), &THREADS[1..])],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::real::Hello;
    use crate::workload::{levels_of, tests::given};

    fn interpreter(version: &str, free: bool) -> Interpreter {
        let switch = if version.starts_with('2') { "null" } else { "5000" };
        let hello = format!(
            r#"{{"hello": 1, "implementation": "CPython", "version": "{version}", "build": "b", "free_threaded": {free},
                "gil": {}, "switch_us": {switch}, "check_interval": null}}"#,
            !free
        );
        Hello::parse(&hello).unwrap().of("python".into())
    }

    fn cases(interpreters: Vec<Interpreter>, vars: &[(&str, &str)]) -> Vec<Case> {
        Interpreters { interpreters, workers: Rc::default() }.cases(&given(2, vars).unwrap())
    }

    fn three() -> Vec<Interpreter> {
        ["2.7.18", "3.9.18", "3.13.0"].map(|version| interpreter(version, false)).to_vec()
    }

    /// Time of all rounds: of twenty passes, long rounds are run in seven, and last a fifth longer than the least time.
    fn seconds(cases: &[Case]) -> f64 {
        cases.iter().map(|case| 7.0 * 1.2 * case.least.as_secs_f64()).sum()
    }

    #[test]
    fn default_rows_leave_a_quarter_of_a_minute_for_the_model() {
        let mut five = three();
        five.push(interpreter("3.15.0", true));
        five.push(interpreter("3.16.0", false));
        let cases = cases(five, &[]);
        assert_eq!(cases.len(), 5 * 3 * 2);
        assert!(cases.iter().all(|case| case.level == "switch_5ms" && DEFAULTS.contains(&case.info.id)));
        assert!((20.0..45.0).contains(&seconds(&cases)), "{}", seconds(&cases));
    }

    #[test]
    fn a_full_run_of_ten_interpreters_takes_less_than_half_an_hour() {
        let ten: Vec<Interpreter> = (6..16).map(|minor| interpreter(&format!("3.{minor}.1"), false)).collect();
        let cases = cases(ten, &[("MISCOUNT_FULL", "1")]);
        // All subjects but those of packages with 1 and 2 threads; five of them with 4 and 10; two of them at three more
        // switch intervals; three of them watched in two ways.
        assert_eq!(cases.len(), 10 * (22 * 2 + 5 * 2 + 2 * 3 + 3 * 2));
        assert!((600.0..1_800.0).contains(&seconds(&cases)), "{}", seconds(&cases));
        let control = cases.iter().position(|case| case.info.id == CONTROL).unwrap();
        assert_eq!(control, 0, "what is taken off is measured first");
    }

    #[test]
    fn rounds_last_as_long_as_threads_need_to_take_turns() {
        let levels: Vec<&Level> = levels_of("interpreters").collect();
        let least = |threads, at: usize| least(threads, levels[at]).as_millis();
        assert_eq!([least(1, 0), least(2, 0), least(4, 0), least(10, 0)], [50, 200, 400, 1_000]);
        assert_eq!([least(2, 1), least(10, 1), least(10, 3)], [50, 100, 50]);
    }

    #[test]
    fn an_interpreter_has_the_rows_that_it_can_run() {
        let few = ["py_lock", "py_rlock", "py_atomicx"].map(str::to_owned);
        let few = Interpreter { subjects: Some(few.into()), ..interpreter("3.9.18", false) };
        let ids = |vars| cases(vec![few.clone()], vars).into_iter().map(|case| case.info.id).collect::<Vec<_>>();
        assert_eq!(ids(&[]), ["py_lock"; 2]);
        let full = ids(&[("MISCOUNT_FULL", "1")]);
        assert_eq!(full, [["py_lock"; 2], ["py_lock"; 2], ["py_rlock"; 2], ["py_atomicx"; 2]].concat());
        let line = missing(&few).unwrap();
        assert!(
            line.starts_with(
                "CPython 3.9.18 does without py_cereggii, py_cereggii_handle, py_ft_utils, py_fastcounter: "
            ),
            "{line}"
        );
        let all = SUBJECTS.iter().map(|subject| subject.info.id.to_owned());
        assert_eq!(missing(&Interpreter { subjects: Some(all.collect()), ..few }), None);
    }

    #[test]
    fn threads_are_watched_when_it_is_asked_for() {
        let levels = ("MISCOUNT_LEVELS", "traced,profiled");
        let mut all = three();
        all.push(interpreter("3.13.0", true));
        let cases = cases(all, &[levels]);
        let of = |level: &str| {
            let at = cases.iter().filter(|case| case.level == level && case.threads == 2);
            at.map(|case| (case.variant.as_str(), case.info.id)).collect::<Vec<_>>()
        };
        let each = |variant| WATCHED.map(|id| (variant, id));
        let expected = [each("cpython_3_9_18"), each("cpython_3_13_0")].concat();
        assert_eq!((of("traced"), of("profiled"), cases.len()), (expected.clone(), expected, 12));
    }

    #[test]
    fn without_a_switch_interval_or_a_lock_there_is_one_level() {
        let mut all = three();
        all.push(interpreter("3.13.0", true));
        let cases = cases(all, &[("MISCOUNT_LEVELS", "switch_5ms,switch_50us"), ("MISCOUNT_THREADS", "3")]);
        let of =
            |level: &str| cases.iter().filter(|case| case.level == level).map(|case| case.variant.as_str()).collect();
        let (default, short): (Vec<&str>, Vec<&str>) = (of("switch_5ms"), of("switch_50us"));
        assert_eq!((default.len(), short.len()), (4 * 3, 2 * 3));
        assert!(!short.iter().any(|variant| variant.starts_with("cpython_2") || variant.ends_with('t')), "{short:?}");
        assert!(cases.iter().all(|case| case.threads == 3));
    }
}

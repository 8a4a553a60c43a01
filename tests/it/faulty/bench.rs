//! A bench of faulty counters, run by `tests/it/suite.rs` and `tests/it/faults.rs`. Not an example to follow.

#[allow(dead_code, reason = "only some of it is used here")]
#[path = "../../../benches/async/cases.rs"]
mod async_cases;
#[allow(dead_code, reason = "only some of it is used here")]
mod tasks;
mod timing;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use async_cases::run_times::Kind;
use async_cases::subjects::Subject;
use miscount::counter::{Counter, Grade, Handle, Info, Plain};
use miscount::counters::{atomic::FetchAdd, control::NoCounter, racy::LoadStore};
use miscount::suite::{self, Case, Counters};
use miscount::team::{Plan, Team};
use miscount::workload::{GridPoint, LEVELS, Placement, Sweep, level};
use tasks::{BlocksItsWorker, WakesNobody};

const fn info(id: &'static str) -> Info {
    Info { id, family: "faulty", grade: Grade::Exact, helpers: 0, summary: "goes wrong", source: "tests" }
}

macro_rules! faulty {
    ($name:ident, $id:literal, |$value:ident, $count:ident| $increment:expr) => {
        #[derive(Default)]
        struct $name {
            value: AtomicU64,
            count: AtomicU64,
        }

        impl Plain for $name {
            const INFO: Info = info($id);

            fn increment(&self) {
                let $value = &self.value;
                let $count = self.count.fetch_add(1, Relaxed);
                $increment
            }

            fn total(&self) -> u64 {
                self.value.load(Relaxed)
            }
        }
    };
}

faulty!(LosesOneInAHundred, "loses_one", |value, count| {
    if count % 100 != 99 {
        value.fetch_add(1, Relaxed);
    }
});
faulty!(InventsOne, "invents", |value, count| {
    value.fetch_add(if count == 7 { 2 } else { 1 }, Relaxed);
});
faulty!(Panics, "panics", |_value, count| assert!(count < 500, "five hundred \u{1b}[31mis enough"));
faulty!(Hangs, "hangs", |value, count| {
    value.fetch_add(1, Relaxed);
    if count == 500 {
        thread::sleep(Duration::from_secs(3600));
    }
});

/// Whether this run has recorded a cell of the subject, so that its first pass is over.
fn is_recorded(subject: &str) -> bool {
    static SEEN: AtomicBool = AtomicBool::new(false);
    let look = || {
        let runs = PathBuf::from(std::env::var_os("MISCOUNT_RESULTS")?).join("test/runs");
        let mut files = fs::read_dir(runs).ok()?.flatten();
        let named = format!("\"{subject}\"");
        Some(files.any(|file| fs::read_to_string(file.path()).is_ok_and(|text| text.contains(&named))))
    };
    if !SEEN.load(Relaxed) && look() == Some(true) {
        SEEN.store(true, Relaxed);
    }
    SEEN.load(Relaxed)
}

/// What says, where results are, that threads stand still in a deadlock.
const STUCK: &str = "stuck";

/// Two locks, taken in one order by some threads and in the other by the others; not in the first pass, so that
/// there is one.
struct Deadlocks {
    locks: [Mutex<u64>; 2],
    handles: AtomicUsize,
    crosses: bool,
    /// Where both meet, each with its first lock taken.
    met: Barrier,
}

struct Crossing<'a>(&'a Deadlocks, usize);

impl Counter for Deadlocks {
    const INFO: Info = info("deadlocks");
    type Handle<'a> = Crossing<'a>;

    fn new(threads: usize) -> Self {
        let crosses = is_recorded(Self::INFO.id);
        let met = Barrier::new(if crosses { threads.min(2) } else { 1 });
        Deadlocks { locks: Default::default(), handles: AtomicUsize::default(), crosses, met }
    }

    fn handle(&self) -> Crossing<'_> {
        let mine = self.handles.fetch_add(1, Relaxed) % 2;
        Crossing(self, if self.crosses { mine } else { 0 })
    }

    fn total(&self) -> u64 {
        self.locks.iter().map(|lock| *lock.lock().unwrap()).sum()
    }
}

impl Handle for Crossing<'_> {
    fn increment(&mut self) {
        let &mut Crossing(Deadlocks { locks, met, crosses, .. }, first) = self;
        let crosses = *crosses;
        let mut mine = locks[first].lock().unwrap();
        met.wait();
        if crosses && let Some(results) = std::env::var_os("MISCOUNT_RESULTS") {
            fs::write(PathBuf::from(results).with_file_name(STUCK), "").unwrap();
        }
        let _theirs = locks[1 - first].lock().unwrap();
        *mine += 1;
    }
}

/// Needs longer than a round to make a handle.
#[derive(Default)]
struct Late(FetchAdd);

impl Counter for Late {
    const INFO: Info = info("late");
    type Handle<'a> = &'a FetchAdd;

    fn new(_threads: usize) -> Self {
        Self::default()
    }

    fn handle(&self) -> &FetchAdd {
        thread::sleep(Duration::from_millis(100));
        &self.0
    }

    fn total(&self) -> u64 {
        Plain::total(&self.0)
    }
}

// Takes 3 GiB in each round after the first pass and never gives them back. Nothing is written there, so that it only matters
// below a limit.
faulty!(Hoards, "hoards", |value, count| {
    value.fetch_add(1, Relaxed);
    if count == 0 && is_recorded("hoards") {
        (0..192).for_each(|_| std::mem::forget(std::hint::black_box(vec![0_u8; 16 << 20])));
    }
});

/// Which of the two was made, in order.
static MADE: Mutex<String> = Mutex::new(String::new());

/// A correct counter that reports when it is made.
struct Said<const LETTER: char>(FetchAdd);

impl<const LETTER: char> Default for Said<LETTER> {
    fn default() -> Self {
        MADE.lock().unwrap().push(LETTER);
        Said(FetchAdd::default())
    }
}

impl<const LETTER: char> Plain for Said<LETTER> {
    const INFO: Info = Info { family: "turns", ..info(if LETTER == 'a' { "turns_a" } else { "turns_b" }) };

    fn increment(&self) {
        self.0.increment();
    }

    fn total(&self) -> u64 {
        Plain::total(&self.0)
    }
}

fn in_turn<C: Counter>(sweep: &Sweep) -> impl Iterator<Item = Case> {
    let at = |&threads| GridPoint { level: &LEVELS[0], threads, placement: Placement::Spread };
    sweep.threads.iter().map(move |threads| Case::counter::<C>(at(threads)))
}

/// Tasks on each run-time, with a lock that hangs.
fn of_tasks<S: Subject>(sweep: &Sweep) -> impl Iterator<Item = Case> {
    let level = level("t4_inside").unwrap();
    let at = |&threads| GridPoint { level, threads, placement: Placement::Spread };
    let kinds = Kind::ALL.into_iter();
    kinds.flat_map(move |kind| sweep.threads.iter().map(at).map(move |at| async_cases::case::<S>(at, kind)))
}

/// The same, but given up as hung after so many seconds.
fn impatient(case: Case, seconds: &str) -> Case {
    let patience = Duration::from_secs(seconds.parse().unwrap());
    let usual = case.round;
    let round = move |team: &mut Team, plan: &Plan| {
        team.give_up_after(patience);
        usual(team, plan)
    };
    Case { round: Box::new(round), ..case }
}

fn main() -> ExitCode {
    let faulty = Counters::default()
        .with::<NoCounter>()
        .with::<FetchAdd>()
        .with::<LoadStore>()
        .with::<LosesOneInAHundred>()
        .with::<InventsOne>()
        .with::<Panics>()
        .with::<Hangs>()
        .with::<Deadlocks>()
        .with::<Late>()
        .with::<Hoards>();
    let status = suite::run_timed("faulty", timing::timing(), |sweep| {
        let mut cases = faulty.cases(sweep);
        cases.extend(in_turn::<Said<'a'>>(sweep).chain(in_turn::<Said<'b'>>(sweep)));
        cases.extend(of_tasks::<WakesNobody>(sweep).chain(of_tasks::<BlocksItsWorker>(sweep)));
        match std::env::var("FAULTY_PATIENCE") {
            Ok(seconds) => cases.into_iter().map(|case| impatient(case, &seconds)).collect(),
            Err(_) => cases,
        }
    });
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "made: {}", MADE.lock().unwrap());
    status
}

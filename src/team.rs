//! Pinned, persistent worker threads that run one round after another.
//!
//! Workers are parked between rounds, lined up before each ([`Seat::line_up`]), and never joined: a
//! thread that hangs cannot be ended, only named. `board` is what the threads of one round share.

mod board;
mod os;
mod play;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{
    Arc,
    mpsc::{Receiver, RecvTimeoutError, Sender, channel},
};
use std::thread;
use std::time::{Duration, Instant};

use crate::round::Tally;
pub(crate) use board::{Board, CheckedRead, Standstill};
pub use board::{Seat, Stage, TaskSeat};
pub use os::OsThread;
pub(crate) use os::process_cpu;
pub use play::{Pace, Plan};

/// What one thread does in a round: it must line up once, claim until nothing is left, and finish.
pub type Job = Arc<dyn Fn(&mut Seat) + Send + Sync>;

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// After counting for this long threads stop claiming: a round ends then, whatever is left of its budget.
    pub round: Duration,
    /// After this long without any progress the round is given up as hung.
    pub hang: Duration,
}

impl Default for Limits {
    /// A round of 250 ms at most, 10 s without progress.
    fn default() -> Self {
        Limits { round: Duration::from_millis(250), hang: Duration::from_secs(10) }
    }
}

/// What went wrong in the thing under test. The team cannot be used afterwards, but for [`Failure::Gone`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A thread made no progress for as long as [`Limits::hang`] allows.
    #[error("{who} made no progress for {} s while {stage}", after.as_secs_f64())]
    Hung {
        /// Which thread, or which threads.
        who: String,
        /// What it was doing.
        stage: Stage,
        /// For how long nothing moved.
        after: Duration,
    },
    /// A thread panicked.
    #[error("{who} panicked while {stage}: {message}")]
    Panicked {
        /// Which thread.
        who: String,
        /// What it was doing.
        stage: Stage,
        /// What it said.
        message: String,
    },
    /// The system refused to start a thread.
    #[error(
        "the system refused thread {number} of {wanted}: {message}; ask for fewer with MISCOUNT_THREADS, or raise the limit"
    )]
    NoThread {
        /// The thread that could not be started, counted from 1.
        number: usize,
        /// Threads wanted.
        wanted: usize,
        /// What the system said.
        message: String,
    },
    /// A program outside that does the measuring cannot go on: its cell is given up, the run goes on.
    #[error("{what}{said}")]
    Gone {
        /// What happened to which; it is published.
        what: String,
        /// What it said itself, for the terminal only; may be empty.
        said: String,
    },
}

struct Assignment {
    job: Job,
    board: Arc<Board>,
}

struct Report {
    worker: usize,
    result: Result<Tally, (Stage, String)>,
}

pub(crate) type Errand = Box<dyn FnOnce() + Send>;

/// Worker threads, one a CPU given, and an unpinned foreman that makes and ends counters (so that
/// helper threads a counter starts inherit no pin).
pub struct Team {
    inboxes: Vec<Sender<Assignment>>,
    reports: Receiver<Report>,
    errands: Sender<Errand>,
    limits: Limits,
    rounds: u64,
}

impl Team {
    /// Starts one worker for each entry of `cpus`, pinned to it; `None` leaves the worker where the
    /// system puts it.
    ///
    /// # Errors
    /// [`Failure::NoThread`] when the system refuses a thread.
    pub fn start(cpus: &[Option<usize>], limits: Limits) -> Result<Team, Failure> {
        let refused = |number: usize| {
            move |e: std::io::Error| Failure::NoThread { number, wanted: cpus.len() + 1, message: e.to_string() }
        };
        let (errands, inbox) = channel::<Errand>();
        thread::Builder::new()
            .name("foreman".into())
            .spawn(move || inbox.into_iter().for_each(|errand| errand()))
            .map_err(refused(1))?;
        let (report, reports) = channel();
        let mut inboxes = Vec::new();
        for (worker, &cpu) in cpus.iter().enumerate() {
            let (give, inbox) = channel::<Assignment>();
            let report = report.clone();
            thread::Builder::new()
                .name(format!("worker {worker}"))
                .spawn(move || work(worker, cpu, &inbox, &report))
                .map_err(refused(worker + 2))?;
            inboxes.push(give);
        }
        Ok(Team { inboxes, reports, errands, limits, rounds: 0 })
    }

    /// Workers in it.
    pub fn threads(&self) -> usize {
        self.inboxes.len()
    }

    /// Rounds it has begun: a different number, and so a different seed, for each.
    pub fn rounds(&self) -> u64 {
        self.rounds
    }

    /// Has every worker run `job`, sharing `iters` x threads increments between them in chunks, and
    /// returns one tally each, in the workers' order.
    ///
    /// # Errors
    /// [`Failure`] names the worker that hung or panicked; what the others did is discarded.
    pub fn round(&mut self, iters: u64, job: &Job) -> Result<Vec<Tally>, Failure> {
        let time = self.limits.round;
        let board = Arc::new(Board::new(self.threads(), iters, self.rounds << 16));
        self.rounds += 1;
        for inbox in &self.inboxes {
            let assignment = Assignment { job: Arc::clone(job), board: Arc::clone(&board) };
            inbox.send(assignment).expect("a worker waits for assignments until its team is gone");
        }
        let mut tallies = vec![None; self.threads()];
        let mut panicked = None;
        let began = Instant::now();
        let mut standstill = Standstill::begins(&board);
        while tallies.iter().any(Option::is_none) {
            // The time begins when all have lined up. Past it, look for progress a few times before giving up.
            let counting = board.counting_for();
            let left = counting.map_or(time, |counting| time.saturating_sub(counting));
            let patience = if left.is_zero() { self.limits.hang / 20 } else { left };
            match self.reports.recv_timeout(patience) {
                Ok(Report { worker, result }) => {
                    tallies[worker] = Some(result.unwrap_or_else(|(stage, message)| {
                        board.stop();
                        let who = format!("worker {worker}");
                        panicked.get_or_insert(Failure::Panicked { who, stage, message });
                        Tally::default()
                    }));
                }
                Err(RecvTimeoutError::Timeout) => {
                    // Those who wait for a thread that does not line up in time are let go.
                    let is_over = match board.counting_for() {
                        Some(counting) => counting >= time,
                        None => began.elapsed() >= self.limits.hang,
                    };
                    if is_over {
                        board.stop();
                    }
                    if standstill.lasts(&board) >= self.limits.hang {
                        let missing: Vec<usize> = (0..tallies.len()).filter(|&w| tallies[w].is_none()).collect();
                        return Err(panicked.unwrap_or_else(|| {
                            let (who, stage) = board.hung("worker", &missing);
                            Failure::Hung { who, stage, after: self.limits.hang }
                        }));
                    }
                }
                Err(RecvTimeoutError::Disconnected) => unreachable!("workers outlive their team"),
            }
        }
        match panicked {
            Some(failure) => Err(failure),
            None => Ok(tallies.into_iter().flatten().collect()),
        }
    }

    /// Has threads stop claiming after `time` from now on: sets [`Limits::round`].
    pub fn end_rounds_after(&mut self, time: Duration) {
        self.limits.round = time;
    }

    /// Has a round given up as hung after `time` without progress: sets [`Limits::hang`].
    pub fn give_up_after(&mut self, time: Duration) {
        self.limits.hang = time;
    }

    /// Does `what`, meanwhile with `time` as [`Limits::round`].
    pub(crate) fn within<T>(&mut self, time: Duration, what: impl FnOnce(&mut Team) -> T) -> T {
        let usual = std::mem::replace(&mut self.limits.round, time);
        let done = what(self);
        self.limits.round = usual;
        done
    }

    /// Counts rounds from `rounds` on: a team that goes on where another left off draws other random numbers.
    pub(crate) fn begin_at(&mut self, rounds: u64) {
        self.rounds = rounds;
    }

    /// Has the foreman do `what`, and returns what comes of it.
    ///
    /// # Errors
    /// [`Failure`] when it panics, or takes longer than [`Limits::hang`].
    pub fn call<T: Send + 'static>(
        &self,
        stage: Stage,
        what: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        errand("the foreman", stage, self.limits.hang, what, |errand| {
            self.errands.send(errand).expect("the foreman waits for errands until its team is gone");
            Ok(())
        })
    }
}

/// Does `what` on the thread that `run` hands it to, and returns what comes of it; fails when it panics, or takes
/// longer than `hang`.
pub(crate) fn errand<T: Send + 'static, E: From<Failure>>(
    who: &str,
    stage: Stage,
    hang: Duration,
    what: impl FnOnce() -> T + Send + 'static,
    run: impl FnOnce(Errand) -> Result<(), E>,
) -> Result<T, E> {
    let (errand, wait) = boxed(Box::new(move || Box::new(what())));
    run(errand)?;
    let done = outcome(&wait, who, stage, hang)?;
    Ok(*done.downcast().expect("what was done has the type it was asked for with"))
}

/// What comes of an errand. Its type is gone: channels of a type of their own for each counter and lock were a third of
/// what the compiler made of a bench.
type Done = Result<Box<dyn Any + Send>, String>;

fn boxed(what: Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>) -> (Errand, Receiver<Done>) {
    let (done, wait) = channel();
    let errand = Box::new(move || {
        let result = catch_unwind(AssertUnwindSafe(what));
        // Nobody listens any more when it took too long.
        let _ = done.send(result.map_err(|payload| text_of(&*payload)));
    });
    (errand, wait)
}

fn outcome(wait: &Receiver<Done>, who: &str, stage: Stage, hang: Duration) -> Result<Box<dyn Any + Send>, Failure> {
    let who = who.to_owned();
    match wait.recv_timeout(hang) {
        Err(_) => Err(Failure::Hung { who, stage, after: hang }),
        Ok(result) => result.map_err(|message| Failure::Panicked { who, stage, message }),
    }
}

/// A worker's life: assignments in, tallies out, until the team is gone.
fn work(worker: usize, cpu: Option<usize>, inbox: &Receiver<Assignment>, report: &Sender<Report>) {
    let thread = OsThread::pin(cpu);
    for Assignment { job, board } in inbox {
        let mut seat = Seat::new(worker, board, &thread);
        let ran = catch_unwind(AssertUnwindSafe(|| job(&mut seat)));
        // The counter must be nobody's by the time its total is asked for.
        drop(job);
        let result = match ran {
            Ok(()) => Ok(seat.tally()),
            Err(payload) => Err((seat.stage(), text_of(&*payload))),
        };
        if report.send(Report { worker, result }).is_err() {
            return;
        }
    }
}

/// What a panic said, where that is a text.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// What a panic said, in any case.
pub(crate) fn text_of(payload: &(dyn Any + Send)) -> String {
    panic_text(payload).unwrap_or("(no message)").to_owned()
}

/// Two workers on the first two usable CPUs, if there are any.
#[cfg(test)]
pub(crate) fn pair_of_workers(limits: Limits) -> Team {
    let cpus = crate::topology::usable_cpus();
    let cpu = |n: usize| (!cpus.is_empty()).then(|| cpus[n % cpus.len()]);
    Team::start(&[cpu(0), cpu(1)], limits).unwrap()
}

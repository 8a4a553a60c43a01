//! One interpreter kept running, which does a round for each order.

use std::path::Path;
use std::time::{Duration, Instant};

use super::process::Process;
use super::{Answer, Error, Hello, Interpreter, Order, PATIENCE, SCRIPT};

/// Options that every CPython since 2.7 has: no `PYTHON*` variables, no site packages, no files written.
const OPTIONS: [&str; 5] = ["-E", "-S", "-s", "-B", "-c"];

/// An interpreter that runs our script. Dropping it kills it, and all it has started.
pub struct Worker {
    process: Process,
    rounds: u64,
}

impl Worker {
    /// Starts `interpreter` and waits until it has said what it is.
    ///
    /// # Errors
    /// [`Error`] when it cannot be started, does not say so within [`PATIENCE`], or is another one now.
    pub fn start(interpreter: &Interpreter) -> Result<Worker, Error> {
        let (worker, hello) = Worker::ask(&interpreter.path, PATIENCE)?;
        let now = hello.of(interpreter.path.clone());
        if now != *interpreter {
            return Err(Error::Nonsense(format!("it is {} now", now.label())));
        }
        Ok(worker)
    }

    /// Starts whatever is at `path`, and has it say what it is.
    pub(super) fn ask(path: &Path, patience: Duration) -> Result<(Worker, Hello), Error> {
        let mut process = Process::start(path, &[&OPTIONS[..], &[SCRIPT]].concat())?;
        let hello = Hello::parse(&process.line(patience)?)?;
        Ok((Worker { process, rounds: 0 }, hello))
    }

    /// Has it do one round.
    ///
    /// # Errors
    /// [`Error`] when it ends, does not answer in time, or answers with what cannot be. It is killed then, and each
    /// further round fails: start another worker.
    pub fn round(&mut self, order: &Order) -> Result<Answer, Error> {
        let answer = self.try_round(order);
        if answer.is_err() {
            self.process.kill();
        }
        answer
    }

    fn try_round(&mut self, order: &Order) -> Result<Answer, Error> {
        self.rounds += 1;
        let given = Instant::now();
        self.process.send(&order.line(self.rounds))?;
        let line = self.process.line(order.patience)?;
        Answer::parse(&line)?.fits(order, self.rounds, given.elapsed())
    }

    /// The process that runs, for those who watch over it; that of the leader of its group.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};
    use std::time::Instant;

    use super::*;
    use crate::python::real::{Subject, find};

    #[test]
    fn the_script_ends_in_mid_round_when_nobody_asks_any_more() {
        // Where there is no guard, this is what ends it.
        for interpreter in find().unwrap().interpreters {
            let mut python = Command::new(&interpreter.path);
            python.args(OPTIONS).arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = python.spawn().unwrap();
            let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
            let mut lines = BufReader::new(output).lines();
            Hello::parse(&lines.next().unwrap().unwrap()).unwrap();
            let order = Order::as_in_articles(Subject::named("py_plain").unwrap(), 2, 4_000_000_000);
            input.write_all(order.line(1).as_bytes()).unwrap();
            std::thread::sleep(Duration::from_millis(200));
            assert_eq!(child.try_wait().unwrap(), None, "it counts");
            drop(input);
            let until = Instant::now() + Duration::from_secs(20);
            while child.try_wait().unwrap().is_none() {
                let ended = Instant::now() < until;
                if !ended {
                    child.kill().unwrap();
                }
                assert!(ended, "{} counts on", interpreter.label());
                std::thread::sleep(Duration::from_millis(10));
            }
            assert!(lines.next().is_none(), "no answer");
        }
    }
}

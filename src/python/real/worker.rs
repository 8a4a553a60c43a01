//! One interpreter that is kept running and does a round for each request.

use std::time::{Duration, Instant};

use super::process::Process;
use super::protocol::{look_line, window};
use super::{Error, Hello, Interpreter, Launch, PATIENCE, Reply, Request, SCRIPT, Subject, Window};

/// Options to run our script with. No site packages, and no files written; MicroPython has no such options, and a heap of
/// 2 MB unless it is given more.
const OPTIONS: [&[&str]; 2] = [&["-S", "-s", "-B", "-c"], &["-X", "heapsize=256m", "-c"]];

/// An interpreter that runs our script. Dropping the worker kills the interpreter and every process it has started.
pub struct Worker {
    process: Process,
    rounds: u64,
}

impl Worker {
    /// Starts `interpreter`, and waits until it has said what it is.
    ///
    /// # Errors
    /// [`Error`] when it cannot be started, does not say what it is within [`PATIENCE`], or says that it is another one.
    pub fn start(interpreter: &Interpreter) -> Result<Worker, Error> {
        let (worker, hello) = Worker::ask(&interpreter.launch, PATIENCE)?;
        // On a busy machine the trial of a package may take too long; the subject can be run all the same.
        let now = Interpreter { subjects: interpreter.subjects.clone(), ..hello.of(interpreter.launch.clone()) };
        if now != *interpreter {
            return Err(Error::Nonsense(format!("it is {} now", now.label())));
        }
        Ok(worker)
    }

    /// Starts a program, and has it say what it is. One that does not take the usual options is started again without.
    pub(super) fn ask(launch: &Launch, patience: Duration) -> Result<(Worker, Hello), Error> {
        if !launch.program.is_file() {
            return Err(Error::NoStart("there is no such file".to_owned()));
        }
        let ask = |options: &[&str]| {
            let mut process = Process::start(&launch.command(&[options, &[SCRIPT]].concat()))?;
            let hello = Hello::parse(&process.line(patience)?)?;
            Ok((Worker { process, rounds: 0 }, hello))
        };
        match ask(OPTIONS[0]) {
            Err(refused @ (Error::Ended { .. } | Error::Garbage(_))) => ask(OPTIONS[1]).map_err(|_| refused),
            asked => asked,
        }
    }

    /// Has it do one round.
    ///
    /// # Errors
    /// [`Error`] when the interpreter ends, does not reply in time, or replies with what cannot be. It is then killed, and
    /// every further round fails: start another worker.
    pub fn round(&mut self, request: &Request) -> Result<Reply, Error> {
        self.try_round(request).inspect_err(|_| self.process.kill())
    }

    fn try_round(&mut self, request: &Request) -> Result<Reply, Error> {
        self.rounds += 1;
        let sent = Instant::now();
        self.process.send(&request.line(self.rounds))?;
        let line = self.process.line(request.patience)?;
        Reply::parse(&line)?.fits(request, self.rounds, sent.elapsed())
    }

    /// Has it look for `time` at a thread that counts with `subject`: how often that lets go between load and store.
    ///
    /// # Errors
    /// [`Error::Failed`] when it cannot look, as an interpreter without frames or a global lock; else as for a round.
    pub fn look(&mut self, subject: &Subject, time: Duration) -> Result<Window, Error> {
        self.try_look(subject, time).inspect_err(|_| self.process.kill())
    }

    fn try_look(&mut self, subject: &Subject, time: Duration) -> Result<Window, Error> {
        self.rounds += 1;
        self.process.send(&look_line(self.rounds, subject, time))?;
        window(&self.process.line(time + PATIENCE)?, self.rounds)
    }

    /// The id of its process, which leads its process group.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::process::Stdio;
    use std::time::Instant;

    use super::*;
    use crate::python::real::{Implementation, Subject, find};
    use crate::workload::Watch;

    #[test]
    fn the_script_ends_in_mid_round_when_its_input_ends() {
        // Where there is no guard, nothing else ends it.
        for interpreter in find().unwrap().interpreters {
            let options = OPTIONS[usize::from(interpreter.implementation == Implementation::MicroPython)];
            let mut python = interpreter.launch.command(&[options, &[SCRIPT]].concat());
            python.stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = python.spawn().unwrap();
            let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
            let mut lines = BufReader::new(output).lines();
            Hello::parse(&lines.next().unwrap().unwrap()).unwrap();
            let request = Request::as_in_articles(Subject::named("py_plain").unwrap(), 2, 2_000_000_000);
            input.write_all(request.line(1).as_bytes()).unwrap();
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

    #[test]
    fn looks_find_threads_between_load_and_store_where_there_is_a_check() {
        let is_cpython = |one: &Interpreter| one.implementation == Implementation::CPython;
        let locked = |one: &Interpreter| is_cpython(one) && one.gil && one.switch.is_some();
        for interpreter in find().unwrap().pick(false).into_iter().filter(locked) {
            let mut worker = Worker::start(&interpreter).unwrap();
            // On a busy machine there are few looks in a time: again, as long as none is between load and store.
            let mut look = |id: &str, tries: usize| {
                let mut once = || worker.look(Subject::named(id).unwrap(), Duration::from_millis(200)).unwrap();
                let first = once();
                (1..tries).fold(first, |window, _| if window.inside > 0 { window } else { once() })
            };
            let (loses, label) = (interpreter.numbers < (3, 10, 0), interpreter.label());
            let (plain, int) = (look("py_plain", if loses { 20 } else { 1 }), look("py_int_conversion", 20));
            assert!(plain.looks > 0 && int.looks > 0, "{label}: {plain:?} {int:?}");
            assert!(int.inside > 0 && int.by_time().is_some(), "{label}: {int:?}");
            assert_eq!(plain.inside > 0, loses, "{label}: {plain:?}");
            assert!(worker.look(Subject::named("py_queue").unwrap(), Duration::from_millis(1)).is_err(), "{label}");
        }
    }

    /// What the script, changed from `from` to `to`, says in an interpreter first, and of a round that is watched.
    fn changed(
        interpreter: &Interpreter,
        [from, to]: [&str; 2],
        watch: Watch,
    ) -> (Result<Hello, Error>, Option<Error>) {
        assert!(SCRIPT.contains(from));
        let script = SCRIPT.replace(from, to);
        let mut process = Process::start(&interpreter.launch.command(&[OPTIONS[0], &[&script]].concat())).unwrap();
        let hello = Hello::parse(&process.line(PATIENCE).unwrap());
        let len = Request::as_in_articles(Subject::named("py_len").unwrap(), 2, 1_000);
        process.send(&Request { watch: Some(watch), ..len }.line(1)).unwrap();
        (hello, Reply::parse(&process.line(PATIENCE).unwrap()).err())
    }

    fn cpythons() -> Vec<Interpreter> {
        let mut found = find().unwrap().interpreters;
        found.retain(|one| one.label().starts_with("CPython"));
        found
    }

    #[test]
    fn calls_that_are_left_instrumented_are_told() {
        for interpreter in cpythons() {
            for watch in [Watch::Trace, Watch::Profile] {
                let error = changed(&interpreter, ["\n            watch(None)\n", "\n            pass\n"], watch).1;
                // A thread takes its function with it, but since 3.12 not what that has left in the code.
                let (told, label) = (error.map(|error| error.to_string()), interpreter.label());
                if interpreter.numbers < (3, 12, 0) {
                    assert_eq!(told, None, "{label}");
                } else if interpreter.numbers <= (3, 15, 2) {
                    let told = told.unwrap_or_default();
                    assert!(told.contains("calls are left instrumented: INSTRUMENTED_"), "{label}: {told}");
                }
                let clean = changed(&interpreter, ["watch(None)", "watch(None)"], watch);
                assert!(clean.0.is_ok() && clean.1.is_none(), "{label}: {clean:?}");
            }
        }
    }

    #[test]
    fn one_that_is_watched_from_its_start_is_refused() {
        let start = "if __name__ == \"__main__\":\n";
        for interpreter in cpythons() {
            let mut watchers =
                vec![("sys.settrace", "sys.settrace(trace)"), ("sys.setprofile", "sys.setprofile(profile)")];
            if interpreter.numbers >= (3, 12, 0) {
                watchers.push(("sys.monitoring", "sys.monitoring.use_tool_id(2, 'a tool')"));
            }
            for (name, watches) in watchers {
                let (hello, _) = changed(&interpreter, [start, &format!("{start}    {watches}\n")], Watch::Trace);
                assert_eq!(hello.unwrap_err(), Error::Watched(name.into()), "{}", interpreter.label());
            }
            let (hello, error) =
                changed(&interpreter, [start, &format!("{start}    threading.settrace(trace)\n")], Watch::Trace);
            assert!(
                hello.is_ok() && error.unwrap().to_string().contains("watched by sys.settrace"),
                "each thread asks"
            );
        }
    }
}

//! Standard output and error when they cannot be written: their reader has gone, the disk they go to is full.
//!
//! Criterion prints with `println!`, which panics then. What is measured goes to results all the same, so
//! the stream is pointed at nothing, and the run goes on.

use std::any::Any;
use std::fmt::Display;
#[cfg(unix)]
use std::io::Read;
use std::io::{self, Write};
#[cfg(unix)]
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
#[cfg(unix)]
use std::sync::Once;
use std::thread;

#[cfg(unix)]
use rustix::stdio::{dup2_stderr, dup2_stdout};

use crate::results::text::tame;
use crate::team::panic_text;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stream {
    Out,
    Err,
}

/// From now on, a panic of `println!` or `eprintln!` is about that stream and nothing else.
pub(crate) fn outlive_readers() {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| match (unwritable(info.payload()), panic_text(info.payload())) {
        (Some((stream, why)), _) => stream.give_up(why),
        // What a counter of anybody's says may hold what a terminal obeys.
        (None, Some(text)) if text != tame(text) => say(format_args!("a thread panicked: {text}")),
        (None, _) => others(info),
    }));
}

/// Does `what`, whose panics in this thread end in their words and not in a backtrace.
///
/// # Errors
/// With the words of a panic.
pub(crate) fn without_backtrace(what: impl FnOnce()) -> Result<(), String> {
    let (here, others) = (thread::current().id(), Arc::new(panic::take_hook()));
    let kept = Arc::clone(&others);
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() != here || unwritable(info.payload()).is_some() {
            kept(info);
        }
    }));
    let done = panic::catch_unwind(AssertUnwindSafe(what));
    panic::set_hook(Box::new(move |info| others(info)));
    done.map_err(|payload| {
        let text = panic_text(&*payload).unwrap_or("it did not say why");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

/// Has Criterion do `what`; a panic about anything but printing goes on. Where it is to be `quiet`, its lines are dropped,
/// but for the first that tells of an error.
pub(crate) fn printing(quiet: bool, what: impl FnOnce()) {
    // Where there is no thread or no descriptor left, its lines are shown.
    #[cfg(unix)]
    let _aside = quiet.then(Aside::begin);
    #[cfg(not(unix))]
    let _ = quiet;
    match panic::catch_unwind(AssertUnwindSafe(what)) {
        Err(payload) if unwritable(&*payload).is_none() => panic::resume_unwind(payload),
        _ => {}
    }
}

#[cfg(unix)]
static FIRST_ERROR: Once = Once::new();

/// Both streams while what is printed goes to a thread of ours, which keeps the errors.
#[cfg(unix)]
struct Aside {
    out: OwnedFd,
    err: OwnedFd,
    errors: Option<thread::JoinHandle<Vec<String>>>,
}

#[cfg(unix)]
impl Aside {
    fn begin() -> io::Result<Aside> {
        let (out, err) = (io::stdout().as_fd().try_clone_to_owned()?, io::stderr().as_fd().try_clone_to_owned()?);
        let (mut reader, writer) = io::pipe()?;
        let read = move || {
            let mut said = Vec::new();
            // What came before an error is there all the same.
            let _ = reader.read_to_end(&mut said);
            let lines = String::from_utf8_lossy(&said);
            lines.lines().filter(|line| line.contains("ERROR")).map(str::to_owned).collect()
        };
        let errors = Some(thread::Builder::new().spawn(read)?);
        let aside = Aside { out, err, errors };
        let _ = io::stdout().flush();
        let _ = (dup2_stdout(&writer), dup2_stderr(&writer));
        Ok(aside)
    }
}

#[cfg(unix)]
impl Drop for Aside {
    fn drop(&mut self) {
        let _ = io::stdout().flush();
        // The pipe ends where nothing is open on it any more.
        let _ = (dup2_stdout(&self.out), dup2_stderr(&self.err));
        let errors = self.errors.take().and_then(|errors| errors.join().ok());
        if let Some(first) = errors.into_iter().flatten().next() {
            // A disk that is full fails for each file of each cell.
            FIRST_ERROR.call_once(|| say(format_args!("{first}; --verbose shows further errors of Criterion")));
        }
    }
}

/// One line to stderr, where Criterion's own progress goes.
pub(crate) fn say(line: impl Display) {
    if let Err(error) = writeln!(io::stderr(), "{}", tame(&line.to_string())) {
        Stream::Err.give_up(&error.to_string());
    }
}

/// Text to stdout, where Criterion's own figures go.
pub(crate) fn show(text: impl Display) {
    let mut out = io::stdout();
    let shown = write!(out, "{text}").and_then(|()| out.flush());
    // The line about it must not be written while the lock is held.
    if let Err(error) = shown {
        Stream::Out.give_up(&error.to_string());
    }
}

/// The stream that the standard library's own panic is about, and why it could not be written.
fn unwritable(payload: &(dyn Any + Send)) -> Option<(Stream, &str)> {
    let text = payload.downcast_ref::<String>()?.strip_prefix("failed printing to ")?;
    let (name, why) = text.split_once(": ")?;
    match name {
        "stdout" => Some((Stream::Out, why)),
        "stderr" => Some((Stream::Err, why)),
        _ => None,
    }
}

impl Stream {
    /// Lets what is written to it from now on vanish; says so where anybody may read it.
    fn give_up(self, why: &str) {
        self.to_nowhere();
        if self == Stream::Out {
            say(format_args!(
                "miscount: standard output cannot be written ({why}); the run goes on, and what it measures is recorded"
            ));
        }
    }

    #[cfg(unix)]
    fn to_nowhere(self) {
        // Without it, what is printed goes on being lost line by line.
        let Ok(nowhere) = std::fs::File::options().write(true).open("/dev/null") else { return };
        let _ = match self {
            Stream::Out => dup2_stdout(nowhere),
            Stream::Err => dup2_stderr(nowhere),
        };
    }

    #[cfg(not(unix))]
    fn to_nowhere(self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_panics_of_printing_are_about_a_stream() {
        let of = |text: &str| {
            unwritable(&text.to_owned() as &(dyn Any + Send)).map(|(stream, why)| (stream, why.to_owned()))
        };
        assert_eq!(of("failed printing to stdout: Broken pipe (os error 32)").unwrap().0, Stream::Out);
        assert_eq!(of("failed printing to stderr: No space left").unwrap(), (Stream::Err, "No space left".into()));
        assert_eq!(of("failed printing to me"), None);
        assert_eq!(of("five hundred is enough"), None);
        assert_eq!(unwritable(&"failed printing to stdout: x" as &(dyn Any + Send)), None, "std formats it");
    }

    #[test]
    fn only_other_panics_go_on() {
        let panicking = |text: &str| printing(false, || panic::resume_unwind(Box::new(text.to_owned())));
        assert!(panic::catch_unwind(|| panicking("a fault")).is_err());
        panicking("failed printing to stdout: gone");
        printing(false, || ());
    }
}

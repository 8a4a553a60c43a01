//! A foreign process: its output is read line by line, with limits on time and length.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Error;
use super::protocol::{LONGEST_LINE, garbage, printable};
use crate::guard::Guarded;

/// Lines that may wait to be read. A process that writes more is held up.
const WAITING: usize = 4;
/// How long a process may take to end once its output has ended.
const GRACE: Duration = Duration::from_millis(500);

/// A running process, its input and its output.
pub(super) struct Process {
    guarded: Guarded,
    input: Option<ChildStdin>,
    lines: Receiver<Result<String, Error>>,
    /// The last line of standard error, once that has ended.
    said: Receiver<String>,
}

impl Process {
    pub(super) fn start(command: &Command) -> Result<Process, Error> {
        let no_start = |e: std::io::Error| Error::NoStart(e.to_string());
        let (mut guarded, errors) = Guarded::spawn(command).map_err(no_start)?;
        let input = guarded.child.stdin.take();
        let mut output = guarded.child.stdout.take().map(BufReader::new);
        let (line, lines) = sync_channel(WAITING);
        let (last, said) = sync_channel(1);
        let reader = move || {
            while let Some(read) = output.as_mut().and_then(read_line) {
                let over = read.is_err();
                if line.send(read).is_err() || over {
                    return;
                }
            }
        };
        thread::Builder::new().name("replies".into()).spawn(reader).map_err(no_start)?;
        // Once the process was killed, nothing reads this.
        let listener = move || drop(last.send(last_line(errors)));
        thread::Builder::new().name("complaints".into()).spawn(listener).map_err(no_start)?;
        Ok(Process { guarded, input, lines, said })
    }

    pub(super) fn pid(&self) -> u32 {
        self.guarded.child.id()
    }

    /// Writes a line to it.
    pub(super) fn send(&mut self, line: &str) -> Result<(), Error> {
        let written = self.input.as_mut().map(|input| input.write_all(line.as_bytes()).and_then(|()| input.flush()));
        if matches!(written, Some(Ok(()))) { Ok(()) } else { Err(self.ended()) }
    }

    /// Its next line of output.
    pub(super) fn line(&mut self, patience: Duration) -> Result<String, Error> {
        match self.lines.recv_timeout(patience) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => Err(Error::Silent(patience)),
            Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
        }
    }

    /// How it ended. Called when its output has ended; kills what is left of it.
    fn ended(&mut self) -> Error {
        // It may live on without output. It gets a moment to end by itself, so that there is a status.
        let until = Instant::now() + GRACE;
        let mut status = None;
        while status.is_none() && Instant::now() < until {
            status = self.guarded.child.try_wait().ok().flatten();
            thread::sleep(Duration::from_millis(5));
        }
        let status = status.map_or_else(|| "it closed its output".to_owned(), |status| status.to_string());
        self.kill();
        let said = self.said.recv_timeout(GRACE).unwrap_or_default();
        Error::Ended { status, said }
    }

    /// Kills it and its process group.
    pub(super) fn kill(&mut self) {
        self.guarded.kill();
        self.input = None;
    }
}

/// The next line, without its end; `None` at the end. A line that is too long or is not UTF-8 is an error.
fn read_line(output: &mut impl BufRead) -> Option<Result<String, Error>> {
    let mut line = Vec::new();
    output.take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut line).ok()?;
    if line.is_empty() {
        return None;
    }
    if line.len() > LONGEST_LINE {
        return Some(Err(Error::Garbage(format!("a line of more than {LONGEST_LINE} bytes"))));
    }
    let text = String::from_utf8(line);
    Some(text.map(|text| text.trim_end().to_owned()).map_err(|e| garbage(&String::from_utf8_lossy(e.as_bytes()))))
}

/// Reads to the end, and returns what can be shown of the last line that is not empty.
fn last_line(errors: impl Read) -> String {
    let mut errors = BufReader::new(errors);
    let mut last = String::new();
    let mut line = Vec::new();
    // Only the start of a longer line is shown anyway.
    while let Ok(1..) = (&mut errors).take(4_096).read_until(b'\n', &mut line) {
        let text = printable(&String::from_utf8_lossy(&line));
        if !text.is_empty() {
            last = text;
        }
        line.clear();
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_one_by_one_and_never_more_than_there_is_room_for() {
        let mut text: &[u8] = b"one\r\n\ntwo";
        let mut next = || read_line(&mut text);
        assert_eq!(next(), Some(Ok("one".into())));
        assert_eq!(next(), Some(Ok(String::new())));
        assert_eq!(next(), Some(Ok("two".into())));
        assert_eq!(next(), None);
        assert!(matches!(read_line(&mut &b"\xff\xfe\n"[..]), Some(Err(Error::Garbage(_)))));
        let mut endless = BufReader::new(std::io::repeat(b'a'));
        assert!(matches!(read_line(&mut endless), Some(Err(Error::Garbage(_)))));
    }

    #[test]
    fn the_last_complaint_is_kept_and_cannot_harm_a_terminal() {
        assert_eq!(last_line(&b"first\n\x1b[31mlast\n\n  \n"[..]), ".[31mlast");
        assert_eq!(last_line(&b""[..]), "");
        assert_eq!(last_line(std::io::repeat(b'b').take(1 << 20)).len(), 80);
    }
}

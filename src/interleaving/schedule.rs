//! A schedule: whose turn it is, turn by turn, as a short text.
//!
//! `load_store.1:2x3:001011...`: the program and its version, threads x increments, and one character for each turn:
//! its thread, `0` to `9`, then `a` to `z`. A turn is one step, or all steps of an interpreter
//! from one check to the next.

use std::fmt::{self, Display, Formatter};

use super::race::{Machine, shortened};
use super::{Error, Grain, Race, Run};

/// Whose turn it is, from the first step of a race to the last. A schedule can always be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    race: Race,
    turns: Vec<u8>,
}

impl Schedule {
    /// Reads a schedule, such as `load_store.1:2x1:010101`.
    ///
    /// # Errors
    /// [`Error::Schedule`] names the first wrong character, and what to write instead.
    pub fn parse(text: &str) -> Result<Schedule, Error> {
        let mut reader = Reader { rest: text, at: 1 };
        let race = reader.race()?;
        let turns = reader.turns(&race)?;
        Ok(Schedule { race, turns })
    }

    /// Turns that were taken one after another, to the end of the race.
    pub(super) fn of(race: Race, turns: Vec<u8>) -> Schedule {
        Schedule { race, turns }
    }

    /// Its race.
    pub fn race(&self) -> &Race {
        &self.race
    }

    /// The thread of each turn.
    pub fn turns(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.turns.iter().map(|thread| usize::from(*thread))
    }

    /// The number of turns of another thread than the last one.
    pub fn switches(&self) -> usize {
        self.turns.windows(2).filter(|pair| pair[0] != pair[1]).count()
    }

    /// Runs it, with the same result each time.
    pub fn run(&self) -> Run {
        Run::of(self.clone())
    }
}

impl Display for Schedule {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let program = self.race.program();
        write!(out, "{}.{}:{}x{}:", program.id, program.version, self.race.threads(), self.race.increments())?;
        self.turns().try_for_each(|thread| write!(out, "{}", name(thread)))
    }
}

/// The character of a thread.
pub(super) fn name(thread: usize) -> char {
    char::from_digit(thread as u32, 36).expect("a race has 36 threads at most")
}

/// The rest of a text, and its place in it.
struct Reader<'a> {
    rest: &'a str,
    at: usize,
}

/// The whole form, for error messages.
const FORM: &str = "write it as load_store.1:2x1:010101";

impl<'a> Reader<'a> {
    fn error<T>(&self, what: String, advice: impl Into<String>) -> Result<T, Error> {
        Err(Error::Schedule { at: self.at, what, advice: advice.into() })
    }

    /// Takes the text up to and with the next `mark`.
    fn before(&mut self, mark: char, what: &str) -> Result<(&'a str, usize), Error> {
        let Some((part, rest)) = self.rest.split_once(mark) else {
            let at = self.at + self.rest.chars().count();
            return Reader { rest: "", at }.error(format!("no {mark:?} after the {what}"), FORM);
        };
        let start = self.at;
        self.at += part.chars().count() + 1;
        self.rest = rest;
        Ok((part, start))
    }

    /// A number exactly as [`Display`] writes it, so that a schedule has only one text.
    fn number(&mut self, mark: char, what: &str) -> Result<(usize, usize), Error> {
        let (text, at) = self.before(mark, what)?;
        match text.parse::<usize>() {
            Ok(number) if number.to_string() == text => Ok((number, at)),
            _ => Reader { rest: "", at }.error(format!("{:?} is no number of {what}", shortened(text)), FORM),
        }
    }

    fn race(&mut self) -> Result<Race, Error> {
        let (id, start) = self.before('.', "counter")?;
        let (version, version_at) = self.number(':', "version")?;
        let (threads, threads_at) = self.number('x', "threads")?;
        let (increments, increments_at) = self.number(':', "increments")?;
        let race = Race::new(id, threads, increments).map_err(|error| {
            let (at, advice) = match error {
                Error::Program(_) => (start, "take one of those"),
                Error::Threads(_) => (threads_at, FORM),
                _ => (increments_at, FORM),
            };
            Error::Schedule { at, what: error.to_string(), advice: advice.to_owned() }
        })?;
        let now = race.program().version;
        if version != now as usize {
            let what = format!("it was recorded with version {version} of {id}, whose steps were others");
            let advice = format!("record it again (version {now}), or use the miscount that recorded it");
            return Reader { rest: "", at: version_at }.error(what, advice);
        }
        Ok(race)
    }

    fn turns(&mut self, race: &Race) -> Result<Vec<u8>, Error> {
        let mut machine = Machine::new(race, Grain::Every);
        let mut turns = Vec::new();
        let last = name(race.threads() - 1);
        for character in self.rest.chars() {
            let lower = character.is_ascii_digit() || character.is_ascii_lowercase();
            let thread = character.to_digit(36).filter(|thread| lower && (*thread as usize) < race.threads());
            let Some(thread) = thread.map(|thread| thread as usize) else {
                return self.error(format!("{character:?} is no thread"), format!("threads are 0 to {last}"));
            };
            if machine.is_done(thread) {
                return self.error(format!("thread {thread} has done all its steps"), "leave this turn out");
            }
            if !machine.can_run(thread) {
                let advice = "give the turn to the thread that holds the lock";
                return self.error(format!("thread {thread} waits for a lock"), advice);
            }
            machine.run(thread, |_, _, _, _| {});
            turns.push(thread as u8);
            self.at += 1;
        }
        match (0..race.threads()).find(|thread| !machine.is_done(*thread)) {
            Some(thread) => {
                self.error(format!("it ends before thread {thread} has done all its steps"), "add the missing turns")
            }
            None => Ok(turns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Schedule::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_printed_is_what_was_read() {
        for text in [
            "load_store.1:2x1:010101",
            "load_store.1:1x1:000",
            "fetch_add.1:36x1:0123456789abcdefghijklmnopqrstuvwxyz",
            "cas_loop.1:2x1:0011",
            "hoisted.1:2x2:00011011",
            "cas_loop.1:2x1:01011",
            "std_mutex.1:2x1:0000011111",
        ] {
            assert_eq!(Schedule::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn switches_are_counted() {
        let switches = |text| Schedule::parse(text).unwrap().switches();
        assert_eq!(switches("load_store.1:2x1:010101"), 5);
        assert_eq!(switches("load_store.1:2x1:000111"), 1);
        assert_eq!(switches("load_store.1:1x1:000"), 0);
    }

    #[test]
    fn a_malformed_schedule_is_told_where_and_what_to_do() {
        for (text, says) in [
            ("", "character 1: no '.' after the counter; write it as load_store.1:2x1:010101"),
            ("load_store", "character 11: no '.' after the counter"),
            ("mcs.1:2x1:01", "character 1: no steps are known of the counter \"mcs\"; there are load_store"),
            ("load_store.:2x1:01", "character 12: \"\" is no number of version"),
            ("load_store.2:2x1:01", "character 12: it was recorded with version 2 of load_store"),
            ("load_store.1:+2x1:01", "character 14: \"+2\" is no number of threads"),
            ("load_store.1:02x1:01", "character 14: \"02\" is no number of threads"),
            ("load_store.1:2x:01", "character 16: \"\" is no number of increments"),
            ("load_store.1:2x1", "character 17: no ':' after the increments"),
            ("load_store.1:0x1:0", "character 14: 0 threads; ask for 1 to 36"),
            ("load_store.1:2x999:0", "character 16: 999 increments; ask for 1 to 100"),
            ("load_store.1:2x1:0121", "character 20: '2' is no thread; threads are 0 to 1"),
            ("load_store.1:2x1:0x", "character 19: 'x' is no thread"),
            ("fetch_add.1:11x1:0A", "character 19: 'A' is no thread; threads are 0 to a"),
            ("load_store.1:2x1:0000", "character 21: thread 0 has done all its steps; leave this turn out"),
            ("load_store.1:2x1:0101010", "character 24: thread 0 has done all its steps"),
            ("load_store.1:2x1:01010", "character 23: it ends before thread 1 has done all its steps"),
            ("load_store.1:2x1:", "character 18: it ends before thread 0"),
            ("std_mutex.1:2x1:01", "character 18: thread 1 waits for a lock; give the turn to the thread that"),
            ("load_store.1:2x1:010101 ", "character 24: ' ' is no thread"),
            ("é.1:2x1:é", "character 1: no steps are known of the counter \"é\""),
        ] {
            let line = refused(text);
            assert!(line.starts_with("schedule, ") && line.contains(says), "{text:?}: {line}");
            assert_eq!(line.lines().count(), 1);
        }
        assert!(refused(&"9".repeat(100_000)).len() < 200);
        assert!(refused(&format!("load_store.{}:2x1:", "9".repeat(100_000))).len() < 200);
        assert!(refused(&format!("load_store.1:2x1:{}", "01".repeat(100_000))).len() < 200);
    }
}

//! What an interpreter says of itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::protocol::{garbage, printable};
use super::{Error, Subject};

/// The first line that our script writes: in which interpreter it runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    hello: u32,
    implementation: String,
    version: String,
    build: String,
    free_threaded: bool,
    gil: bool,
    switch_us: Option<u64>,
    check_interval: Option<u64>,
    rwlock: Option<bool>,
    executable: String,
    subjects: Option<Vec<String>>,
    watched: Option<String>,
}

impl Hello {
    /// Reads one line.
    ///
    /// # Errors
    /// [`Error::Garbage`] if our script does not write such a line, [`Error::Unsupported`] unless the interpreter is CPython
    /// 2.7, or 3.6 or newer, [`Error::Watched`] if something watches it.
    pub fn parse(line: &str) -> Result<Hello, Error> {
        let hello: Hello = serde_json::from_str(line).map_err(|_| garbage(line))?;
        let named = |text: &str| !text.is_empty() && text.len() <= 200 && text.chars().all(|c| matches!(c, ' '..='~'));
        if hello.hello != 1 || !named(&hello.implementation) || !named(&hello.version) || !named(&hello.build) {
            return Err(garbage(line));
        }
        let said = format!("{} {}", hello.implementation, hello.version);
        if hello.implementation != "CPython" {
            return Err(Error::Unsupported(said));
        }
        match numbers(&hello.version).ok_or_else(|| garbage(line))? {
            (2, 7, _) | (3, 6.., _) | (4.., _, _) => {}
            _ => return Err(Error::Unsupported(said)),
        }
        match &hello.watched {
            Some(by) => Err(Error::Watched(printable(by))),
            None => Ok(hello),
        }
    }

    /// The file that really runs, with all links resolved. A script may start an interpreter of another path.
    pub(super) fn executable(&self) -> &Path {
        Path::new(&self.executable)
    }

    /// This interpreter, started by `path`.
    pub fn of(self, path: PathBuf) -> Interpreter {
        Interpreter {
            numbers: numbers(&self.version).expect("it was read before"),
            version: self.version,
            path,
            build: self.build,
            free_threaded: self.free_threaded,
            gil: self.gil,
            switch: self.switch_us.map(Duration::from_micros),
            check_interval: self.check_interval,
            rwlock: self.rwlock,
            subjects: self.subjects,
        }
    }
}

/// The numbers of a version such as `3.9.18` or `3.15.0a1`; `None` for any other text.
pub(in crate::python) fn numbers(version: &str) -> Option<(u32, u32, u32)> {
    let mut parts = version.split('.');
    let mut number = |plain: bool| {
        let part = parts.next()?;
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let rest_is_id = part[digits..].bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        (digits > 0 && digits <= 4 && part.len() <= 12 && rest_is_id && (!plain || digits == part.len()))
            .then(|| part[..digits].parse::<u32>().ok())?
    };
    let all = (number(true)?, number(true)?, number(false)?);
    parts.next().is_none().then_some(all)
}

/// A CPython interpreter that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The file that starts it. It is not published: it may name a person.
    pub path: PathBuf,
    /// Such as `3.9.18`.
    pub version: String,
    /// The version in numbers.
    pub numbers: (u32, u32, u32),
    /// What it says of its build: branch, date and compiler.
    pub build: String,
    /// Whether it was built to run without a global lock.
    pub free_threaded: bool,
    /// Whether it runs with the global lock.
    pub gil: bool,
    /// The switch interval: how long a thread waits for the lock before it requests it. `None` in Python 2.
    pub switch: Option<Duration>,
    /// Python 2 only: bytecodes between two checks whether another thread wants the lock.
    pub check_interval: Option<u64>,
    /// Whether its `threading` has an `RWLock`; `None` when it did not say.
    pub rwlock: Option<bool>,
    /// Ids of the subjects that it can run; `None` when it did not say.
    pub subjects: Option<Vec<String>>,
}

impl Interpreter {
    /// Its id in results, such as `cpython_3_9_18`. A free-threaded build has a `t` after it, and `_gil` too if it runs
    /// with the lock.
    pub fn variant(&self) -> String {
        let free = if self.free_threaded { "t" } else { "" };
        let gil = if self.free_threaded && self.gil { "_gil" } else { "" };
        format!("cpython_{}{free}{gil}", self.version.replace('.', "_"))
    }

    /// Its name for people: `CPython 3.9.18`, `CPython 3.13.5 free-threaded`.
    pub fn label(&self) -> String {
        let free = if self.free_threaded { " free-threaded" } else { "" };
        let gil = if self.free_threaded && self.gil { ", with its lock on" } else { "" };
        format!("CPython {}{free}{gil}", self.version)
    }

    /// Whether it can run a subject. One that did not say runs all that need no package.
    pub fn can(&self, subject: &Subject) -> bool {
        match &self.subjects {
            Some(ids) => ids.iter().any(|id| id == subject.info.id),
            None => subject.package.is_none(),
        }
    }

    /// One line with its label, build, lock and switch interval.
    pub fn about(&self) -> String {
        let lock = if self.gil { "global lock" } else { "no global lock" };
        let switch = match (self.switch, self.check_interval) {
            (Some(switch), _) => format!("switch interval {switch:?}"),
            (None, Some(codes)) => format!("a check every {codes} bytecodes"),
            (None, None) => "switch interval unknown".to_owned(),
        };
        format!("{}: {}; {lock}, {switch}", self.label(), self.build)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(in crate::python::real) const HELLO: &str = concat!(
        r#"{"hello": 1, "implementation": "CPython", "version": "3.9.18", "build": "3.9.18 (main) [GCC 12.2.0]", "#,
        r#""free_threaded": false, "gil": true, "switch_us": 5000, "check_interval": null, "executable": "/usr/bin/python3.9"}"#
    );

    fn hello(from: &str, to: &str) -> Result<Interpreter, Error> {
        assert!(HELLO.contains(from), "{from}");
        Ok(Hello::parse(&HELLO.replace(from, to))?.of(PathBuf::from("python")))
    }

    #[test]
    fn names_are_ids_and_tell_builds_apart() {
        let plain = hello("", "").unwrap();
        assert_eq!((plain.variant().as_str(), plain.label().as_str()), ("cpython_3_9_18", "CPython 3.9.18"));
        assert_eq!(plain.about(), "CPython 3.9.18: 3.9.18 (main) [GCC 12.2.0]; global lock, switch interval 5ms");
        let free = hello(r#""free_threaded": false, "gil": true"#, r#""free_threaded": true, "gil": false"#).unwrap();
        assert_eq!(
            (free.variant().as_str(), free.label().as_str()),
            ("cpython_3_9_18t", "CPython 3.9.18 free-threaded")
        );
        let locked = hello(r#""free_threaded": false"#, r#""free_threaded": true"#).unwrap();
        assert_eq!(locked.variant(), "cpython_3_9_18t_gil");
        let early = hello(r#""version": "3.9.18""#, r#""version": "3.15.0a1""#).unwrap();
        assert_eq!((early.variant().as_str(), early.numbers), ("cpython_3_15_0a1", (3, 15, 0)));
        for interpreter in [plain, free, locked, early] {
            assert!(crate::results::cell::is_id(&interpreter.variant()));
        }
    }

    #[test]
    fn other_pythons_are_refused_by_name() {
        let refused = |from, to| hello(from, to).unwrap_err();
        assert_eq!(refused("CPython", "PyPy"), Error::Unsupported("PyPy 3.9.18".into()));
        assert_eq!(
            refused(r#""version": "3.9.18""#, r#""version": "3.5.10""#),
            Error::Unsupported("CPython 3.5.10".into())
        );
        assert!(hello(r#""version": "3.9.18""#, r#""version": "2.7.18""#).is_ok());
    }

    #[test]
    fn a_watched_one_is_refused() {
        assert!(hello("}", r#", "watched": null}"#).is_ok());
        let error = hello("}", r#", "watched": "sys.settrace"}"#).unwrap_err();
        assert_eq!(error.to_string(), "it is watched by sys.settrace from its start: unwatched, it may lose less");
        assert_eq!(error.publishable(), error.to_string());
    }

    #[test]
    fn one_that_names_its_subjects_runs_no_other() {
        let can = |to: &str| {
            let interpreter = hello("}", to).unwrap();
            ["py_plain", "py_lock", "py_atomicx"].map(|id| interpreter.can(Subject::named(id).unwrap()))
        };
        assert_eq!(can("}"), [true, true, false]);
        assert_eq!(can(r#", "subjects": null}"#), [true, true, false]);
        assert_eq!(can(r#", "subjects": ["py_plain", "py_of_tomorrow"]}"#), [true, false, false]);
        assert_eq!(can(r#", "subjects": []}"#), [false; 3]);
    }

    #[test]
    fn anything_else_is_garbage() {
        for (from, to) in [
            ("{", ""),
            (r#""hello": 1"#, r#""hello": 2"#),
            (r#""hello": 1"#, r#""hello": 1, "more": 1"#),
            (r#""version": "3.9.18""#, r#""version": "3.9""#),
            (r#""version": "3.9.18""#, r#""version": "3.9.18.1""#),
            (r#""version": "3.9.18""#, r#""version": "3.9.-1""#),
            (r#""version": "3.9.18""#, r#""version": "3.9.18A""#),
            (r#""version": "3.9.18""#, r#""version": "3.99999.18""#),
            (r#""implementation": "CPython""#, r#""implementation": """#),
            ("[GCC 12.2.0]", r"\u001b[31m"),
        ] {
            assert!(matches!(hello(from, to), Err(Error::Garbage(_))), "{from} {to}");
        }
    }
}

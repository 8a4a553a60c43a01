//! What an interpreter says of itself.

use std::time::Duration;

use serde::Deserialize;

use super::protocol::{garbage, printable};
use super::{Error, Launch, Subject};
use crate::ids::with_ids;

with_ids! {
    /// An implementation of Python.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Implementation {
        /// The one that is just called Python.
        CPython = "CPython",
        /// Compiles to machine code as it runs.
        PyPy = "PyPy",
        /// On GraalVM.
        GraalPy = "GraalPy",
        /// On the Java virtual machine.
        Jython = "Jython",
        /// For microcontrollers.
        MicroPython = "MicroPython",
        /// In Rust.
        RustPython = "RustPython",
    }
}

impl Implementation {
    /// All but CPython, in words.
    pub(super) fn others() -> String {
        Implementation::ALL[1..].iter().map(|one| one.id()).collect::<Vec<_>>().join(", ")
    }
}

/// The first line that our script writes: in which interpreter it runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    hello: u32,
    implementation: String,
    version: String,
    language: Option<String>,
    build: String,
    free_threaded: bool,
    gil: bool,
    #[serde(default)]
    debug: bool,
    jit: Option<bool>,
    pgo: Option<bool>,
    lto: Option<bool>,
    switch_us: Option<u64>,
    check_interval: Option<u64>,
    rwlock: Option<bool>,
    subjects: Option<Vec<String>>,
    watched: Option<String>,
}

impl Hello {
    /// Reads one line.
    ///
    /// # Errors
    /// [`Error::Garbage`] if our script does not write such a line, [`Error::Unsupported`] if it is of no [`Implementation`],
    /// or a CPython other than 2.7, or 3.6 and newer, [`Error::Watched`] if something watches it.
    pub fn parse(line: &str) -> Result<Hello, Error> {
        let hello: Hello = serde_json::from_str(line).map_err(|_| garbage(line))?;
        let named = |text: &str| !text.is_empty() && text.len() <= 200 && text.chars().all(|c| matches!(c, ' '..='~'));
        if hello.hello != 1 || !named(&hello.implementation) || !named(&hello.version) || !named(&hello.build) {
            return Err(garbage(line));
        }
        let Some(version) = numbers(&hello.version).filter(|_| numbers(hello.language()).is_some()) else {
            return Err(garbage(line));
        };
        let is_known = match hello.implementation() {
            Some(Implementation::CPython) => matches!(version, (2, 7, _) | (3, 6.., _) | (4.., _, _)),
            other => other.is_some(),
        };
        match &hello.watched {
            _ if !is_known => Err(Error::Unsupported(format!("{} {}", hello.implementation, hello.version))),
            Some(by) => Err(Error::Watched(printable(by))),
            None => Ok(hello),
        }
    }

    fn implementation(&self) -> Option<Implementation> {
        Implementation::ALL.into_iter().find(|one| one.id() == self.implementation)
    }

    fn language(&self) -> &str {
        self.language.as_ref().unwrap_or(&self.version)
    }

    /// This interpreter, started by `launch`.
    pub fn of(self, launch: Launch) -> Interpreter {
        Interpreter {
            launch,
            implementation: self.implementation().expect("it was read before"),
            numbers: numbers(&self.version).expect("it was read before"),
            language: self.language().to_owned(),
            version: self.version,
            build: self.build,
            debug: self.debug,
            jit: self.jit,
            pgo: self.pgo,
            lto: self.lto,
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

/// An interpreter that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// How it is started.
    pub launch: Launch,
    /// Of which implementation it is.
    pub implementation: Implementation,
    /// The version of that implementation, such as `3.9.18` of CPython.
    pub version: String,
    /// The version in numbers.
    pub numbers: (u32, u32, u32),
    /// The version of the language; CPython's is its own.
    pub language: String,
    /// What it says of its build: branch, date and compiler.
    pub build: String,
    /// Whether it was built to run without a global lock.
    pub free_threaded: bool,
    /// Whether it runs with a global lock.
    pub gil: bool,
    /// Whether it is a debug build of CPython.
    pub debug: bool,
    /// Whether it compiles to machine code as it runs; `None` if it cannot.
    pub jit: Option<bool>,
    /// Whether its build was guided by profiles; `None` when it does not tell.
    pub pgo: Option<bool>,
    /// Whether its build was optimised at link time; `None` when it does not tell.
    pub lto: Option<bool>,
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
    /// Its id in results, such as `cpython_3_9_18`. Of CPython, a free-threaded build has a `t` after its version, a debug
    /// build a `d`; then comes `_gil` if a free-threaded build runs with the lock, and `_jit` if it compiles. PyPy and
    /// GraalPy, of which one version speaks several versions of the language, have that too, and `_nojit` if they do not
    /// compile: `pypy_7_3_19_py311_nojit`.
    pub fn variant(&self) -> String {
        let (free, gil) = self.free_threaded_or(["t", "_gil"]);
        let debug = if self.debug { "d" } else { "" };
        let jit = self.unusual_jit().map_or("", |on| if on { "_jit" } else { "_nojit" });
        let language = match (self.implementation, self.language_numbers()) {
            (Implementation::PyPy | Implementation::GraalPy, (major, minor, _)) => format!("_py{major}{minor}"),
            _ => String::new(),
        };
        let name = self.implementation.id().to_ascii_lowercase();
        format!("{name}_{}{free}{debug}{language}{gil}{jit}", self.version.replace('.', "_"))
    }

    /// Its name for people: `CPython 3.9.18`, `CPython 3.13.5 free-threaded`, `PyPy 7.3.19 (Python 3.11.11), JIT off`.
    pub fn label(&self) -> String {
        let (free, gil) = self.free_threaded_or([" free-threaded", ", with its lock on"]);
        let debug = if self.debug { ", debug build" } else { "" };
        let jit = self.unusual_jit().map_or("", |on| if on { ", JIT on" } else { ", JIT off" });
        let language = if self.language == self.version { "" } else { &format!(" (Python {})", self.language) };
        format!("{} {}{language}{free}{gil}{debug}{jit}", self.implementation.id(), self.version)
    }

    /// Two texts, each if it holds: of a free-threaded build, and of one that runs with the lock.
    fn free_threaded_or(&self, [free, gil]: [&'static str; 2]) -> (&'static str, &'static str) {
        (if self.free_threaded { free } else { "" }, if self.free_threaded && self.gil { gil } else { "" })
    }

    /// Whether it compiles, if that is not the usual in its implementation.
    pub(super) fn unusual_jit(&self) -> Option<bool> {
        self.jit.filter(|on| *on == (self.implementation == Implementation::CPython))
    }

    /// The version of the language in numbers.
    pub fn language_numbers(&self) -> (u32, u32, u32) {
        numbers(&self.language).expect("it was read before")
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
        let lock = match (self.implementation, self.jit) {
            (Implementation::PyPy, Some(true)) if self.gil => {
                "global lock, asked for in compiled code only at jumps back"
            }
            _ if self.gil => "global lock",
            _ => "no global lock",
        };
        let switch = match (self.switch, self.check_interval) {
            (Some(switch), _) => format!("switch interval {switch:?}"),
            (None, Some(codes)) => format!("a check every {codes} bytecodes"),
            (None, None) if self.gil => "switch interval unknown".to_owned(),
            (None, None) => "no switch interval".to_owned(),
        };
        let optimised = match (self.pgo, self.lto) {
            (None, _) => "",
            (Some(true), Some(true)) => ", optimised by profiles and at link time",
            (Some(true), _) => ", optimised by profiles",
            (Some(false), _) => ", not optimised by profiles",
        };
        format!("{}: {}{optimised}; {lock}, {switch}", self.label(), self.build)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(in crate::python::real) const HELLO: &str = concat!(
        r#"{"hello": 1, "implementation": "CPython", "version": "3.9.18", "build": "3.9.18 (main) [GCC 12.2.0]", "#,
        r#""free_threaded": false, "gil": true, "switch_us": 5000, "check_interval": null}"#
    );

    fn hello(from: &str, to: &str) -> Result<Interpreter, Error> {
        assert!(HELLO.contains(from), "{from}");
        Ok(Hello::parse(&HELLO.replace(from, to))?.of("python".into()))
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
        let debug = hello("}", r#", "debug": true, "jit": true, "pgo": true, "lto": true}"#).unwrap();
        assert_eq!(debug.variant(), "cpython_3_9_18d_jit");
        assert_eq!(
            debug.about(),
            "CPython 3.9.18, debug build, JIT on: 3.9.18 (main) [GCC 12.2.0], optimised by profiles and at link time; \
             global lock, switch interval 5ms"
        );
        let idle = hello("}", r#", "debug": false, "jit": false, "pgo": false, "lto": null}"#).unwrap();
        assert_eq!((idle.variant(), idle.label()), (plain.variant(), plain.label()), "compiling is not usual");
        assert!(idle.about().contains(", not optimised by profiles;"), "{}", idle.about());
        for interpreter in [plain, free, locked, early, debug, idle] {
            assert!(crate::results::cell::is_id(&interpreter.variant()));
        }
    }

    #[test]
    fn other_implementations_have_their_own_names_and_versions() {
        let other = |name: &str, version: &str, more: &str| {
            let line =
                HELLO.replace("CPython", name).replace(r#""version": "3.9.18""#, &format!(r#""version": "{version}""#));
            Hello::parse(&line.replace('}', &format!(", {more}}}"))).unwrap().of("python".into())
        };
        let pypy = other("PyPy", "7.3.19", r#""language": "3.11.11", "jit": true"#);
        assert_eq!((pypy.variant().as_str(), pypy.language_numbers()), ("pypy_7_3_19_py311", (3, 11, 11)));
        assert!(pypy.about().starts_with("PyPy 7.3.19 (Python 3.11.11): "), "{}", pypy.about());
        assert!(
            pypy.about().ends_with("; global lock, asked for in compiled code only at jumps back, switch interval 5ms")
        );
        let slow = other("PyPy", "7.3.19", r#""language": "3.11.11", "jit": false"#);
        assert_eq!(slow.variant(), "pypy_7_3_19_py311_nojit");
        assert_eq!(slow.label(), "PyPy 7.3.19 (Python 3.11.11), JIT off");
        assert!(slow.about().ends_with("; global lock, switch interval 5ms"), "{}", slow.about());
        let jython = other("Jython", "2.7.3", r#""language": "2.7.3""#);
        assert_eq!((jython.variant().as_str(), jython.label().as_str()), ("jython_2_7_3", "Jython 2.7.3"));
        let micro = other("MicroPython", "1.26.1", r#""language": "3.4.0""#);
        assert_eq!((micro.variant().as_str(), micro.numbers), ("micropython_1_26_1", (1, 26, 1)));
        assert_eq!(micro.label(), "MicroPython 1.26.1 (Python 3.4.0)");
    }

    #[test]
    fn other_pythons_are_refused_by_name() {
        let refused = |from, to| hello(from, to).unwrap_err();
        assert_eq!(refused("CPython", "IronPython"), Error::Unsupported("IronPython 3.9.18".into()));
        let said = refused("CPython", "IronPython").to_string();
        assert!(
            said.starts_with("it is IronPython 3.9.18, which is not measured: ") && said.contains("PyPy"),
            "{said}"
        );
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
            (r#""hello": 1"#, r#""hello": 1, "language": "3""#),
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

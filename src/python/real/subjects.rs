//! What is counted with in Python, each as the articles write it.

use crate::counter::{Grade, Info};

/// The family of all subjects but the control.
pub const FAMILY: &str = "python";

/// Something that threads of an interpreter use at once.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Its id, grade and other facts.
    pub info: Info,
    /// What an anomaly of it is; `None` for a counter.
    pub anomaly: Option<&'static str>,
    /// The package from PyPI that it needs, if it needs one.
    pub package: Option<&'static str>,
}

impl PartialEq for Subject {
    fn eq(&self, other: &Subject) -> bool {
        self.info.id == other.info.id
    }
}

impl Subject {
    /// The subject of this id.
    pub fn named(id: &str) -> Option<&'static Subject> {
        SUBJECTS.iter().find(|subject| subject.info.id == id)
    }
}

const ARTICLES: &str = "articles on Python's threads";
const EVALUATOR: &str = "CPython, Python/ceval.c and Python/bytecodes.c: where threads may switch";
const MODEL: &str = "The Python Language Reference, Data model";

const fn subject(id: &'static str, grade: Grade, summary: &'static str) -> Subject {
    let info = Info { id, family: FAMILY, grade, helpers: 0, summary, source: ARTICLES };
    Subject { info, anomaly: None, package: None }
}

const fn from(source: &'static str, subject: Subject) -> Subject {
    Subject { info: Info { source, ..subject.info }, ..subject }
}

const fn packaged(package: &'static str, source: &'static str, subject: Subject) -> Subject {
    Subject { package: Some(package), ..from(source, subject) }
}

const fn anomaly(subject: Subject, kind: &'static str) -> Subject {
    Subject { anomaly: Some(kind), ..subject }
}

const fn helped(subject: Subject) -> Subject {
    Subject { info: Info { helpers: 1, ..subject.info }, ..subject }
}

const fn control(id: &'static str, summary: &'static str) -> Subject {
    let control = subject(id, Grade::Control, summary);
    Subject { info: Info { family: "control", ..control.info }, ..control }
}

/// Every subject. The control of the others comes first; the second one reads the object that all threads share, and
/// shows what that costs alone: without a global lock, its reference counts do.
///
/// A subject is racy unless a document promises that its increment is one step, even where interpreters lose nothing:
/// `py_plain` in CPython 3.10 and newer, `py_itertools_count` in every CPython with a global lock.
pub const SUBJECTS: [Subject; 27] = [
    control("py_none", "Python: the loop, and no increment in it"),
    from(MODEL, control("py_read_only", "Python: `self.val` in a method, read and not written")),
    subject("py_plain", Grade::Racy, "Python: `self.val += 1` in a method"),
    subject("py_int_conversion", Grade::Racy, "Python: `self.val += int(1)` in a method"),
    from(EVALUATOR, subject("py_len", Grade::Racy, "Python: `self.val += len('a')` in a method")),
    from(MODEL, subject("py_property", Grade::Racy, "Python: `self.val += 1`, and `val` is a property")),
    from(MODEL, subject("py_iadd", Grade::Racy, "Python: `self.val += 1`, by an `__iadd__` in Python")),
    from(MODEL, subject("py_getitem", Grade::Racy, "Python: `counts['n'] += 1`, by a `__getitem__` in Python")),
    from(MODEL, subject("py_slots", Grade::Racy, "Python: `self.val += 1` in a method, with `__slots__`")),
    subject("py_global", Grade::Racy, "Python: `global counter; counter += 1`"),
    subject("py_explicit", Grade::Racy, "Python: `counter = counter + 1`, of a global"),
    subject("py_list_item", Grade::Racy, "Python: `counts[0] += 1`, of a list"),
    subject("py_dict_item", Grade::Racy, "Python: `counts['n'] += 1`, of a dict"),
    subject("py_itertools_count", Grade::Racy, "Python: `next()` of `itertools.count()`"),
    subject("py_lock", Grade::Exact, "Python: `with lock`, a `threading.Lock`"),
    subject("py_global_lock", Grade::Exact, "Python: `with lock: counter += 1`, of a global"),
    subject("py_rlock", Grade::Exact, "Python: `with lock`, a `threading.RLock`"),
    subject("py_replace_under_lock", Grade::Exact, "Python: an immutable tuple replaced under a lock"),
    subject("py_thread_local", Grade::Eventual, "Python: a count a thread, merged when it ends"),
    helped(subject("py_queue", Grade::Eventual, "Python: threads put into a `queue.Queue`, one more counts")),
    anomaly(
        subject("py_check_then_append", Grade::Racy, "Python: append a number unless it is on the list"),
        "appended twice",
    ),
    anomaly(subject("py_double_checked", Grade::Exact, "Python: made once, checked again under a lock"), "made twice"),
    packaged(
        "cereggii",
        "cereggii on PyPI: AtomicInt64",
        subject("py_cereggii", Grade::Exact, "Python: `increment_and_get()` of cereggii's `AtomicInt64`"),
    ),
    packaged(
        "cereggii",
        "cereggii on PyPI: AtomicInt64.get_handle",
        subject("py_cereggii_handle", Grade::Exact, "Python: the same, each thread through a handle of its own"),
    ),
    packaged(
        "atomicx",
        "atomicx on PyPI: AtomicInt",
        subject("py_atomicx", Grade::Exact, "Python: `inc()` of atomicx's `AtomicInt`"),
    ),
    packaged(
        "ft_utils",
        "ft_utils on PyPI: concurrency.AtomicInt64",
        subject("py_ft_utils", Grade::Exact, "Python: `incr()` of ft_utils' `AtomicInt64`"),
    ),
    packaged(
        "fastcounter",
        "fastcounter on PyPI: FastWriteCounter",
        subject("py_fastcounter", Grade::Exact, "Python: `increment()` of fastcounter's `FastWriteCounter`"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::real::SCRIPT;

    #[test]
    fn the_script_knows_every_subject_and_no_other() {
        let (_, table) = SCRIPT.split_once("\nSUBJECTS = {\n").unwrap();
        let (table, _) = table.split_once("\n}").unwrap();
        let mut known: Vec<&str> = table.lines().map(|line| line.split('"').nth(1).unwrap()).collect();
        let mut listed: Vec<&str> = SUBJECTS.iter().map(|subject| subject.info.id).collect();
        known.sort_unstable();
        listed.sort_unstable();
        assert_eq!(known, listed);
        assert!(Subject::named("py_plain").is_some() && Subject::named("py").is_none());
    }

    #[test]
    fn the_script_knows_which_subjects_need_a_package() {
        for subject in &SUBJECTS {
            let id = subject.info.id;
            let (_, class) = SCRIPT.split_once(&format!("\n    \"{id}\": ")).unwrap();
            let (class, _) = class.split_once(',').unwrap();
            let (_, body) = SCRIPT.split_once(&format!("\nclass {class}(")).unwrap();
            let body = body.split("\n\n\n").next().unwrap();
            let named = |package: &str| body.contains(&format!("    package = \"{package}\"\n"));
            let inherits = body.starts_with("Cereggii)");
            assert!(subject.package.map_or(!body.contains("    package = "), |it| named(it) || inherits), "{id}");
        }
    }
}

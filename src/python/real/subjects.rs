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

const fn subject(id: &'static str, grade: Grade, summary: &'static str) -> Subject {
    Subject { info: Info { id, family: FAMILY, grade, helpers: 0, summary, source: ARTICLES }, anomaly: None }
}

const fn anomaly(subject: Subject, kind: &'static str) -> Subject {
    Subject { anomaly: Some(kind), ..subject }
}

const fn helped(subject: Subject) -> Subject {
    Subject { info: Info { helpers: 1, ..subject.info }, ..subject }
}

const CONTROL: Subject = {
    let control = subject("py_none", Grade::Control, "Python: the loop, and no increment in it");
    Subject { info: Info { family: "control", ..control.info }, ..control }
};

/// Every subject, the control first.
///
/// A subject is racy unless a document promises that its increment is one step, even where interpreters lose nothing:
/// `py_plain` in CPython 3.10 and newer, `py_itertools_count` in every CPython with a global lock.
pub const SUBJECTS: [Subject; 16] = [
    CONTROL,
    subject("py_plain", Grade::Racy, "Python: `self.val += 1` in a method"),
    subject("py_int_conversion", Grade::Racy, "Python: `self.val += int(1)` in a method"),
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
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_knows_every_subject_and_no_other() {
        let (_, table) = super::super::SCRIPT.split_once("\nSUBJECTS = {\n").unwrap();
        let (table, _) = table.split_once("\n}").unwrap();
        let mut known: Vec<&str> = table.lines().map(|line| line.split('"').nth(1).unwrap()).collect();
        let mut listed: Vec<&str> = SUBJECTS.iter().map(|subject| subject.info.id).collect();
        known.sort_unstable();
        listed.sort_unstable();
        assert_eq!(known, listed);
        assert!(Subject::named("py_plain").is_some() && Subject::named("py").is_none());
    }
}

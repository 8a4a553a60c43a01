//! What a run leaves on disk: cells and machine cards, read and written under `results/`.
//!
//! [`cell`] is the record itself, `figures` its measured part, [`contention`] its parts about locks, reads and line transfers,
//! [`outcomes`] its part about litmus tests, [`rounds`] what is kept of each round and distance,
//! [`runs`] is the file of one run, [`store`] writes it, [`legacy`] reads what earlier
//! versions wrote, [`read`] takes whole folders in, [`gather`] merges them, [`published`] takes in figures that others published.
//! [`mismatch`] names what makes two of them differ besides what is compared. [`text`] says what a text of a file may hold; `sense`, whether a file makes sense as a whole.

pub mod cell;
pub mod contention;
mod figures;
pub mod gather;
pub mod legacy;
pub mod mismatch;
pub mod outcomes;
pub mod published;
pub mod read;
pub mod rounds;
pub mod runs;
mod sense;
pub mod store;
pub mod text;
mod yardstick;

pub use cell::{Cell, Facts, Key};
pub use contention::{Holding, Reading, Transfer};
pub use figures::Figures;
pub use outcomes::{Outcome, Outcomes};
pub use read::{Machine, Origin, read_all, read_folder, read_machine};
pub use rounds::{Distance, Rounds};
pub use runs::PastRun;
pub use store::Store;
pub use yardstick::Yardstick;

pub use crate::holding::{Shares, Turns, Waits};
pub use crate::mix::{LoneWriter, ReadError};
pub use crate::noise::Noise;
pub use crate::round::{LossRate, Overlap};
pub use crate::stats::Interval;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The schema number this version writes; older ones stay readable, newer ones are refused.
pub const SCHEMA: u32 = 2;

/// What can be wrong with a results folder. Its text names the path first, then what to do; it is plain and
/// short whatever the file holds.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused to read or write.
    #[error("{}: {source}; {todo}", name(path))]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
        /// What to do about it.
        todo: &'static str,
    },
    /// The bytes are not what the format says.
    #[error("{}: {}; nothing in it was changed: repair it or move it away", name(path), text::shown(what))]
    Corrupt {
        /// Where.
        path: PathBuf,
        /// What is wrong, with the line where one can be named.
        what: String,
    },
    /// A file of another program cannot be taken in.
    #[error("{}: line {line}: {}", name(path), text::shown(what))]
    Foreign {
        /// Where.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it, and what to do.
        what: String,
    },
    /// A later version of miscount wrote it.
    #[error(
        "{}: schema {found} is newer than the {SCHEMA} this version reads; nothing in it was changed: use a newer miscount or another MISCOUNT_RESULTS",
        name(path)
    )]
    Newer {
        /// Where.
        path: PathBuf,
        /// The schema number found.
        found: u32,
    },
}

/// A path as a line about it may show it: files of others have names of others.
fn name(path: &Path) -> String {
    text::shown(&path.to_string_lossy())
}

impl Error {
    /// The file or folder it is about.
    pub fn path(&self) -> &Path {
        match self {
            Error::Io { path, .. }
            | Error::Corrupt { path, .. }
            | Error::Foreign { path, .. }
            | Error::Newer { path, .. } => path,
        }
    }

    pub(crate) fn io(path: &Path, todo: &'static str) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Io { path, source, todo }
    }

    pub(crate) fn corrupt(path: &Path, what: impl ToString) -> Error {
        Error::Corrupt { path: path.to_owned(), what: what.to_string() }
    }
}

/// Writes a file for others, such as an export: whole, or not at all.
///
/// # Errors
/// [`Error::Io`] when it cannot be written.
pub fn write_whole(path: &Path, text: &str) -> Result<(), Error> {
    write(path, text, "name a file that can be written")
}

/// Writes `text` to a temporary file beside `path` and renames it, so that a reader sees the old
/// file or the new one, whole.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Error> {
    write(path, text, store::FULL)
}

/// How names of files begin that are still being written, or that a killed run left behind.
pub(crate) const UNFINISHED: &str = ".unfinished-";

/// Removes from a folder what killed runs left behind, as long as nothing has changed it for `age`.
pub(crate) fn sweep(folder: &Path, age: Duration) {
    // What cannot be removed now is only in the way.
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED)) {
        let changed = entry.metadata().and_then(|meta| meta.modified());
        let old = || changed.is_ok_and(|at| at.elapsed().is_ok_and(|elapsed| elapsed >= age));
        if age.is_zero() || old() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn write(path: &Path, text: &str, todo: &'static str) -> Result<(), Error> {
    use std::io::Write;
    // A bare name has an empty parent: the working folder.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder).map_err(Error::io(path, todo))?;
    file.write_all(text.as_bytes()).map_err(Error::io(path, todo))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private; results are for everybody.
        let readable = std::fs::Permissions::from_mode(0o644);
        file.as_file().set_permissions(readable).map_err(Error::io(path, todo))?;
    }
    file.persist(path).map_err(|e| Error::io(path, todo)(e.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_left_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.csv");
        write_whole(&path, "a longer text").unwrap();
        write_whole(&path, "short").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "short");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file stays");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644, "for everybody");
        }
        let nowhere = dir.path().join("nowhere/out.csv");
        for (error, todo) in [
            (write_whole(&nowhere, "").unwrap_err(), "name a file that can be written"),
            (replace(&nowhere, "").unwrap_err(), "name a results folder that can be written"),
        ] {
            assert_eq!(error.path(), nowhere);
            let line = error.to_string();
            assert!(line.starts_with(&nowhere.display().to_string()) && line.contains(todo), "{line}");
        }
        std::fs::create_dir(dir.path().join("folder")).unwrap();
        assert!(write_whole(&dir.path().join("folder"), "").is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "nor after an error");
    }

    #[test]
    fn an_error_names_its_file_in_one_plain_line() {
        let path = Path::new("a\u{1b}[31m/cells.json");
        let errors = [Error::corrupt(path, "two\nlines"), Error::Newer { path: path.into(), found: 7 }];
        for (error, says) in errors.iter().zip(["two lines; nothing in it was changed", "schema 7 is newer than the 2"])
        {
            let line = error.to_string();
            assert!(line.starts_with("a\\u{1b}[31m/cells.json: ") && line.contains(says), "{line}");
            assert_eq!(error.path(), path);
        }
    }
}

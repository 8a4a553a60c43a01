//! Writes the file of one run, again and again as cells come, so that a run killed at any moment leaves a whole file
//! with every finished cell.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::read::{bytes, entries, is_there};
use super::runs::{self, PastRun};
use super::{Cell, Error, Key, read_folder, text};
use crate::machine::{Card, Run};

pub(super) const FULL: &str = "make room or name a results folder that can be written (MISCOUNT_RESULTS)";

/// Nobody takes as long as this to write a file: what is older was left behind.
const ABANDONED: Duration = Duration::from_secs(60);

/// One machine's folder, open for the cells of one run.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// The run, without its cells.
    past: PastRun,
    cells: BTreeMap<Key, Cell>,
}

impl Store {
    /// Opens (and makes, if need be) the folder of the machine `card` describes below `results`, whatever it is called. Writes
    /// nothing that stays until the first cell comes. A run of this id that is there already is gone on with.
    ///
    /// # Errors
    /// [`Error`] when the folder cannot be written, or the id cannot name a file: whatever is wrong is found before
    /// anything is measured.
    pub fn open(results: &Path, card: Card, id: String, run: Run) -> Result<Store, Error> {
        let own = results.join(&card.id);
        let folder = if own.is_dir() { own } else { renamed(results, &card.id).unwrap_or(own) };
        let runs = runs::folder(&folder);
        fs::create_dir_all(&runs).map_err(Error::io(&runs, FULL))?;
        // More than a byte: a full disk still makes empty files.
        let mut probe = tempfile::tempfile_in(&runs).map_err(Error::io(&runs, FULL))?;
        probe.write_all(&[b' '; 65_536]).map_err(Error::io(&runs, FULL))?;
        [&folder, &runs].into_iter().for_each(|folder| super::sweep(folder, ABANDONED));
        super::sweep(results, Duration::from_secs(3600));
        let path = runs::path(&folder, &id);
        if !runs::is_run_id(&id) {
            return Err(Error::corrupt(&path, format!("{id:?} is no run id")));
        }
        let begun = if is_there(&path) { Some(runs::parse(&path, &bytes(&path)?)?) } else { None };
        let (number, cells) = match begun {
            Some(begun) => (begun.number, begun.cells),
            // What earlier versions wrote has no number.
            None => (1 + runs::files(&runs).0.iter().map(|past| past.number).max().unwrap_or(0), Vec::new()),
        };
        let cells = cells.into_iter().map(|cell| (cell.key.clone(), cell)).collect();
        let past = PastRun { id, number, card: Some(card), run, cells: Vec::new() };
        Ok(Store { folder, past, cells })
    }

    /// The machine's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The id of the run whose cells are added.
    pub fn run_id(&self) -> &str {
        &self.past.id
    }

    /// Adds a line to what is known of what the run measures; written with the next cells.
    pub fn fact(&mut self, line: &str) {
        self.past.run.facts.push(text::label(line));
    }

    /// Adds a warning: a line on what the run itself found wrong; written with the next cells.
    pub fn note(&mut self, line: String) {
        self.past.run.notes.push(text::label(&line));
    }

    /// Adds `cells` to the run's file, the newer ones in place of older ones of their key. Other runs may write theirs
    /// at the same time.
    ///
    /// # Errors
    /// [`Error`] when the file cannot be written; it is as it was then, and the cells come with the next ones.
    pub fn add(&mut self, cells: &[Cell]) -> Result<(), Error> {
        self.cells.extend(cells.iter().map(|cell| (cell.key.clone(), cell.clone())));
        let path = runs::path(&self.folder, &self.past.id);
        let first = !is_there(&path);
        let runs = runs::folder(&self.folder);
        fs::create_dir_all(&runs).map_err(Error::io(&runs, FULL))?;
        super::replace(&path, &self.text())?;
        if first {
            runs::prune(&self.folder, &runs::files(&runs).0, &self.past.id);
        }
        Ok(())
    }

    fn text(&self) -> String {
        PastRun { cells: self.cells.values().cloned().collect(), ..self.past.clone() }.text()
    }

    /// Keeps the run in a temporary file when it cannot be written where it belongs, and returns its path.
    ///
    /// # Errors
    /// With the run's file as text when no such file can be written either.
    pub fn rescue(&self) -> Result<PathBuf, String> {
        let text = self.text();
        let file = tempfile::Builder::new().prefix("miscount-run-").suffix(".json").tempfile();
        let written = file.and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file));
        let kept = written.and_then(|file| file.keep().map_err(|error| error.error));
        kept.map(|(_, path)| path).map_err(|_| text)
    }
}

/// The folder of this machine, where somebody gave it another name than the machine's id.
fn renamed(results: &Path, id: &str) -> Option<PathBuf> {
    let folders = entries(results, &mut Vec::new()).into_iter().filter(|folder| folder.is_dir());
    folders.into_iter().find(|folder| read_folder(folder).is_ok_and(|(machine, _)| machine.card.id == id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::read_machine;
    use crate::samples;
    use std::fs::File;

    fn card() -> Card {
        Card { id: "test-2-abcdef".into(), cpu: "Test".into(), cpus: 2, usable_cpus: 2, ..Card::default() }
    }

    fn store(dir: &Path, run: &str) -> Store {
        Store::open(dir, card(), run.into(), Run { started: "t".into(), ..Run::default() }).unwrap()
    }

    fn cell(subject: &str, run: &str) -> Cell {
        samples::cell("counters", subject, 2, "saturated").with(|c| {
            c.facts.label.clear();
            c.facts.run = run.into();
        })
    }

    fn runs_and_cells(dir: &Path) -> (Vec<String>, Vec<String>) {
        let machine = read_machine(&dir.join("test-2-abcdef")).unwrap();
        let cells = machine.cells.iter().map(|c| format!("{} {}", c.key.subject, c.facts.run)).collect();
        (machine.runs.into_keys().collect(), cells)
    }

    #[test]
    fn the_newest_cell_of_each_key_is_the_machines() {
        let dir = tempfile::tempdir().unwrap();
        store(dir.path(), "one").add(&[cell("b", "one"), cell("a", "one")]).unwrap();
        store(dir.path(), "two").add(&[cell("a", "two")]).unwrap();
        let expected = ["a two", "b one"].map(String::from).to_vec();
        assert_eq!(runs_and_cells(dir.path()), (vec!["one".into(), "two".into()], expected));
        let mut three = store(dir.path(), "three");
        three.fact("a\u{7} version");
        three.note("one thing".into());
        three.note("ano\u{1b}ther".into());
        three.add(&[cell("b", "three")]).unwrap();
        assert_eq!((runs_and_cells(dir.path()).0, three.run_id()), (vec!["three".into(), "two".into()], "three"));
        let machine = read_machine(three.folder()).unwrap();
        let run = &machine.runs["three"];
        assert_eq!(run.notes, ["one thing", "ano ther"], "what could not be read again is not written");
        assert_eq!(run.facts, ["a  version"]);
        let numbers: Vec<(&str, u64)> = machine.history.iter().map(|past| (past.id.as_str(), past.number)).collect();
        assert_eq!(numbers, [("three", 3), ("two", 2), ("one", 1)]);
    }

    #[test]
    fn a_run_is_gone_on_with_and_its_newer_cells_replace_its_older_ones() {
        let dir = tempfile::tempdir().unwrap();
        store(dir.path(), "one").add(&[cell("a", "one"), cell("b", "one")]).unwrap();
        let mut again = store(dir.path(), "one");
        again.add(&[cell("a", "one").with(|c| c.facts.label = "anew".into())]).unwrap();
        let machine = read_machine(again.folder()).unwrap();
        assert_eq!(machine.cells.iter().map(|cell| cell.facts.label.as_str()).collect::<Vec<_>>(), ["anew", ""]);
        assert_eq!((machine.history.len(), machine.history[0].number), (1, 1));
    }

    #[test]
    fn a_folder_of_another_name_is_gone_on_with() {
        let dir = tempfile::tempdir().unwrap();
        store(dir.path(), "one").add(&[cell("a", "one")]).unwrap();
        fs::rename(dir.path().join("test-2-abcdef"), dir.path().join("my_server")).unwrap();
        let mut two = store(dir.path(), "two");
        two.add(&[cell("b", "two")]).unwrap();
        assert_eq!(two.folder(), dir.path().join("my_server"));
        let (machines, errors) = crate::results::read_all(dir.path());
        assert!(errors.is_empty() && machines.len() == 1, "{errors:?}");
        assert_eq!((machines[0].card.id.as_str(), machines[0].cells.len()), ("test-2-abcdef", 2));
    }

    #[test]
    fn a_new_run_makes_the_oldest_one_be_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..runs::KEEP + 2 {
            let id = format!("r{n:02}");
            store(dir.path(), &id).add(&[cell("a", &id)]).unwrap();
        }
        let machine = read_machine(&dir.path().join("test-2-abcdef")).unwrap();
        assert_eq!(machine.history.len(), runs::KEEP);
        assert_eq!(machine.history[runs::KEEP - 1].id, "r02");
    }

    #[test]
    fn what_a_killed_run_left_behind_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let mut open = store(dir.path(), "one");
        open.add(&[cell("a", "one")]).unwrap();
        let places = [open.folder().to_owned(), runs::folder(open.folder()), dir.path().to_owned()];
        let left =
            |age: &str| places.each_ref().map(|folder| folder.join(format!("{}{age}", crate::results::UNFINISHED)));
        for path in [left("old"), left("new")].concat() {
            fs::write(&path, "half a").unwrap();
        }
        let yesterday = std::time::SystemTime::now() - Duration::from_secs(86_400);
        for path in left("old") {
            File::options().write(true).open(&path).unwrap().set_modified(yesterday).unwrap();
        }
        store(dir.path(), "two");
        assert_eq!(left("old").map(|path| path.exists()), [false; 3]);
        assert_eq!(left("new").map(|path| path.exists()), [true; 3], "somebody may be writing them");
        assert_eq!(runs_and_cells(dir.path()).1, ["a one"]);
    }

    #[test]
    fn two_runs_at_once_lose_no_cell() {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for run in 0..4 {
                let path = dir.path();
                scope.spawn(move || {
                    let run = format!("r{run}");
                    let mut store = store(path, &run);
                    for n in 0..10 {
                        store.add(&[cell(&format!("{run}_{n}"), &run)]).unwrap();
                    }
                });
            }
        });
        assert_eq!(runs_and_cells(dir.path()).1.len(), 40);
    }

    #[test]
    fn a_folder_that_is_removed_comes_back_with_all_that_was_measured() {
        let dir = tempfile::tempdir().unwrap();
        let mut open = store(dir.path(), "one");
        open.add(&[cell("a", "one")]).unwrap();
        fs::remove_dir_all(open.folder()).unwrap();
        open.add(&[cell("b", "one")]).unwrap();
        assert_eq!(runs_and_cells(dir.path()).1, ["a one", "b one"]);
    }

    #[test]
    fn what_cannot_be_written_is_said_and_comes_with_the_next_cells() {
        let dir = tempfile::tempdir().unwrap();
        let mut open = store(dir.path(), "one");
        let runs = runs::folder(open.folder());
        fs::remove_dir(&runs).unwrap();
        fs::write(&runs, "a file").unwrap();
        let line = open.add(&[cell("a", "one")]).unwrap_err().to_string();
        assert!(line.contains("runs: ") && line.contains("make room"), "{line}");
        let kept = open.rescue().unwrap();
        assert_eq!(runs::parse(&kept, &fs::read(&kept).unwrap()).unwrap().cells.len(), 1);
        fs::remove_file(kept).unwrap();
        fs::remove_file(&runs).unwrap();
        open.add(&[cell("b", "one")]).unwrap();
        assert_eq!(runs_and_cells(dir.path()).1, ["a one", "b one"]);
    }

    #[test]
    fn only_an_id_that_can_name_a_file_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        let error = Store::open(dir.path(), card(), "../one".into(), Run::default()).unwrap_err();
        assert!(error.to_string().contains("is no run id"), "{error}");
        let path = runs::path(&dir.path().join("test-2-abcdef"), "one");
        fs::write(&path, "garbage").unwrap();
        assert!(Store::open(dir.path(), card(), "one".into(), Run::default()).is_err(), "it would be overwritten");
        assert_eq!(fs::read_to_string(path).unwrap(), "garbage");
    }
}

//! Adds to one machine's folder, cell by cell, so that a run killed at any moment leaves whole
//! files with every finished cell.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::read::{MachineFile, cells_text, parse_cells, parse_machine};
use super::{Cell, Error, SCHEMA, history};
use crate::machine::{Card, Run};

pub(super) const FULL: &str = "make room or point MISCOUNT_RESULTS at a folder that can be written";

/// One machine's folder, open for the cells of one run.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    card: Card,
    run_id: String,
    run: Run,
}

impl Store {
    /// Opens (and makes, if need be) the folder of the machine `card` describes below `results`.
    /// Writes nothing that stays until the first cell comes.
    ///
    /// # Errors
    /// [`Error`] when the folder cannot be written, or what is in it cannot be read: whatever is
    /// wrong is found before anything is measured.
    pub fn open(results: &Path, card: Card, run_id: String, run: Run) -> Result<Store, Error> {
        let folder = results.join(&card.id);
        fs::create_dir_all(&folder).map_err(Error::io(&folder, FULL))?;
        let store = Store { folder, card, run_id, run };
        // More than a byte: a full disk still makes empty files.
        let mut probe = tempfile::tempfile_in(&store.folder).map_err(Error::io(&store.folder, FULL))?;
        probe.write_all(&[b' '; 65_536]).map_err(Error::io(&store.folder, FULL))?;
        let _lock = store.lock()?;
        store.read()?;
        // Nobody else writes here now; beside the page, somebody may.
        super::sweep(&store.folder, Duration::ZERO);
        super::sweep(&history::folder(&store.folder), Duration::ZERO);
        super::sweep(results, Duration::from_secs(3600));
        Ok(store)
    }

    /// The machine's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The id of the run whose cells are added.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Whether nothing on disk knows of this run: before its first cells, and after somebody removed the folder.
    pub fn is_forgotten(&self) -> bool {
        !history::path(&self.folder, &self.run_id).exists()
    }

    /// Adds a line to what the run itself found wrong; written with the next cells.
    pub fn note(&mut self, line: String) {
        self.run.notes.push(line);
    }

    /// Merges `cells` into the folder by key: the newer replaces the older. Another run may do the
    /// same at the same time. The history keeps what each run measured.
    ///
    /// # Errors
    /// [`Error`] when the folder cannot be read or written; nothing in it has changed then.
    pub fn add(&self, cells: &[Cell]) -> Result<(), Error> {
        fs::create_dir_all(&self.folder).map_err(Error::io(&self.folder, FULL))?;
        let _lock = self.lock()?;
        let (mut file, old) = self.read()?;
        self.remember(&file, &old, cells)?;
        let before: BTreeSet<String> = old.iter().map(|cell| cell.run.clone()).collect();
        let mut merged: BTreeMap<_, _> = old.into_iter().map(|cell| (cell.key(), cell)).collect();
        merged.extend(cells.iter().map(|cell| (cell.key(), cell.clone())));
        let merged: Vec<Cell> = merged.into_values().collect();
        let has_cells = |id: &String| *id == self.run_id || merged.iter().any(|cell| cell.run == *id);
        file.schema = SCHEMA;
        file.card = self.card.clone();
        file.runs.insert(self.run_id.clone(), self.run.clone());
        file.runs.retain(|id, _| has_cells(id) || before.contains(id));
        // Between any two of these steps, each cell's run is known: runs without cells are better than the reverse.
        self.replace_card(&file)?;
        self.replace("cells.json", &cells_text(&merged))?;
        if !file.runs.keys().all(has_cells) {
            file.runs.retain(|id, _| has_cells(id));
            // The cells are there, whether the rest can be removed now or with the next one.
            let _ = self.replace_card(&file);
        }
        Ok(())
    }

    /// Adds `cells` to the history, after runs of which only `cells.json` knows.
    fn remember(&self, file: &MachineFile, old: &[Cell], cells: &[Cell]) -> Result<(), Error> {
        for (id, run) in file.runs.iter().filter(|(id, _)| **id != self.run_id) {
            if !history::path(&self.folder, id).exists() {
                let theirs: Vec<Cell> = old.iter().filter(|cell| cell.run == *id).cloned().collect();
                history::add(&self.folder, id, run, &theirs)?;
            }
        }
        let first = self.is_forgotten();
        history::add(&self.folder, &self.run_id, &self.run, cells)?;
        if first {
            history::prune(&self.folder, &self.run_id);
        }
        Ok(())
    }

    /// Held while the files are read, merged and written.
    fn lock(&self) -> Result<File, Error> {
        let path = self.folder.join(".lock");
        // What is no file may keep whoever opens it waiting for ever.
        if fs::metadata(&path).is_ok_and(|there| !there.is_file()) {
            let source = std::io::Error::other("it is no file, and the lock of this folder must be one");
            return Err(Error::io(&path, "remove it")(source));
        }
        let file = File::options().create(true).append(true).open(&path).map_err(Error::io(&path, FULL))?;
        // A file system without locks is no reason to stop: it only matters for two runs at once.
        let _ = file.lock();
        Ok(file)
    }

    fn read(&self) -> Result<(MachineFile, Vec<Cell>), Error> {
        let read = |name: &str| {
            let path = self.folder.join(name);
            match fs::read(&path) {
                Ok(bytes) => Ok(Some((path, bytes))),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(e) => Err(Error::io(&path, "make it readable or move it away")(e)),
            }
        };
        let file = match read("machine.json")? {
            Some((path, bytes)) => parse_machine(&path, &bytes)?,
            None => MachineFile { schema: SCHEMA, card: self.card.clone(), runs: Default::default() },
        };
        let cells = match read("cells.json")? {
            Some((path, bytes)) => parse_cells(&path, &bytes)?,
            None => Vec::new(),
        };
        Ok((file, cells))
    }

    fn replace_card(&self, file: &MachineFile) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(file).expect("a card is plain data");
        self.replace("machine.json", &(text + "\n"))
    }

    fn replace(&self, name: &str, text: &str) -> Result<(), Error> {
        super::replace(&self.folder.join(name), text)
    }
}

/// Keeps cells that cannot be written where they belong in a temporary file, and returns its path.
///
/// # Errors
/// With the cells as text when no such file can be written either.
pub fn rescue(cells: &[Cell]) -> Result<PathBuf, String> {
    let text = cells_text(cells);
    let file = tempfile::Builder::new().prefix("miscount-cells-").suffix(".json").tempfile();
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file));
    let kept = written.and_then(|file| file.keep().map_err(|error| error.error));
    kept.map(|(_, path)| path).map_err(|_| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(dir: &Path, run: &str) -> Store {
        let card = Card { id: "test-2-abcdef".into(), cpu: "Test".into(), cpus: 2, usable_cpus: 2, ..Card::default() };
        Store::open(dir, card, run.into(), Run::default()).unwrap()
    }

    fn cell(subject: &str, run: &str) -> Cell {
        let text = format!(
            r#"{{"bench":"counters","subject":"{subject}","label":"","family":"atomic","grade":"exact","threads":2,
                "level":"saturated","placement":"spread","verdict":"valid","run":"{run}","recorded":""}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn runs_and_cells(dir: &Path) -> (Vec<String>, Vec<String>) {
        let machine = super::super::read_machine(&dir.join("test-2-abcdef")).unwrap();
        let cells = machine.cells.iter().map(|c| format!("{} {}", c.subject, c.run)).collect();
        (machine.runs.into_keys().collect(), cells)
    }

    #[test]
    fn cells_merge_by_key_and_runs_without_cells_are_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        store(dir.path(), "one").add(&[cell("b", "one"), cell("a", "one")]).unwrap();
        store(dir.path(), "two").add(&[cell("a", "two")]).unwrap();
        let expected = ["a two", "b one"].map(String::from).to_vec();
        assert_eq!(runs_and_cells(dir.path()), (vec!["one".into(), "two".into()], expected));
        let mut three = store(dir.path(), "three");
        three.note("one thing".into());
        three.note("another".into());
        three.add(&[cell("b", "three")]).unwrap();
        assert_eq!((runs_and_cells(dir.path()).0, three.run_id()), (vec!["three".into(), "two".into()], "three"));
        let machine = super::super::read_machine(three.folder()).unwrap();
        assert_eq!(machine.runs["three"].notes, ["one thing", "another"]);
    }

    #[test]
    fn a_new_run_makes_the_oldest_one_history_forgets() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..history::KEEP + 2 {
            let id = format!("r{n:02}");
            store(dir.path(), &id).add(&[cell("a", &id)]).unwrap();
        }
        let (runs, errors) = history::read(&dir.path().join("test-2-abcdef"));
        assert_eq!((runs.len(), errors.len()), (history::KEEP, 0));
        assert_eq!(runs[history::KEEP - 1].id, "r02");
    }

    #[test]
    fn the_history_keeps_what_a_newer_run_replaced() {
        let dir = tempfile::tempdir().unwrap();
        store(dir.path(), "one").add(&[cell("a", "one")]).unwrap();
        let folder = dir.path().join("test-2-abcdef");
        // As a version without a history left it.
        fs::remove_dir_all(folder.join("history")).unwrap();
        store(dir.path(), "two").add(&[cell("a", "two")]).unwrap();
        store(dir.path(), "two").add(&[cell("b", "two")]).unwrap();
        let machine = super::super::read_machine(&folder).unwrap();
        assert_eq!(machine.runs.keys().collect::<Vec<_>>(), ["two"]);
        let (runs, errors) = history::read(&folder);
        assert!(errors.is_empty(), "{errors:?}");
        let found: Vec<(&str, usize)> = runs.iter().map(|past| (past.id.as_str(), past.cells.len())).collect();
        assert_eq!(found, [("two", 2), ("one", 1)]);
        assert_eq!(history::runs(&machine, runs[1..].to_vec()).len(), 2, "the newer one from the cells");
        assert_eq!(history::runs(&machine, runs).len(), 2);
        assert_eq!(history::runs(&machine, Vec::new()).len(), 1, "known from the cells alone");
    }

    #[test]
    fn fields_of_a_later_version_survive_a_merge() {
        let dir = tempfile::tempdir().unwrap();
        let mut later = cell("a", "one");
        later.later.insert("hand_off_rate".into(), 0.25.into());
        store(dir.path(), "one").add(&[later]).unwrap();
        store(dir.path(), "two").add(&[cell("b", "two")]).unwrap();
        let text = fs::read_to_string(dir.path().join("test-2-abcdef/cells.json")).unwrap();
        assert!(text.contains(r#""hand_off_rate":0.25"#), "{text}");
    }

    #[test]
    fn a_clock_set_back_costs_no_cell() {
        let dir = tempfile::tempdir().unwrap();
        let at = |id: &str, started: &str| Store {
            run: Run { started: started.into(), ..Run::default() },
            ..store(dir.path(), id)
        };
        // As many runs as are kept, all of the same cells, and then one that seems older than all of them.
        for n in 0..history::KEEP + 1 {
            let late = at(&format!("20261121t21{n:02}03z-1a2b"), &format!("2026-11-21T21:{n:02}:03Z"));
            late.add(&["a", "b", "c"].map(|name| cell(name, late.run_id()))).unwrap();
        }
        let back = at("20010101t000000z-1a2b", "2001-01-01T00:00:00Z");
        assert!(back.is_forgotten());
        for name in ["a", "b"] {
            back.add(&[cell(name, back.run_id())]).unwrap();
            assert!(!back.is_forgotten());
        }
        let newest = format!("c 20261121t21{}03z-1a2b", history::KEEP);
        let (_, cells) = runs_and_cells(dir.path());
        let mine = |name: &str| format!("{name} {}", back.run_id());
        assert_eq!(cells, [mine("a"), mine("b"), newest], "what is written later replaces");
        let (runs, _) = history::read(back.folder());
        let mine = runs.iter().find(|past| past.id == back.run_id()).expect("the run being measured stays");
        assert_eq!(mine.cells.len(), 2, "each of its cells");
    }

    #[test]
    fn what_a_killed_run_left_behind_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let open = store(dir.path(), "one");
        open.add(&[cell("a", "one")]).unwrap();
        let left = |folder: &Path| folder.join(format!("{}abc", super::super::UNFINISHED));
        let places = [open.folder().to_owned(), history::folder(open.folder()), dir.path().to_owned()];
        places.iter().for_each(|folder| fs::write(left(folder), "half a").unwrap());
        let other = dir.path().join(format!("{}old", super::super::UNFINISHED));
        fs::write(&other, "half a").unwrap();
        let yesterday = std::time::SystemTime::now() - Duration::from_secs(86_400);
        File::options().write(true).open(&other).unwrap().set_modified(yesterday).unwrap();
        store(dir.path(), "two");
        let there: Vec<bool> = places.iter().map(|folder| left(folder).exists()).collect();
        assert_eq!(there, [false, false, true], "a page may be written beside us");
        assert!(!other.exists());
        assert_eq!(runs_and_cells(dir.path()).1, ["a one"]);
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let open = store(dir.path(), "one");
        fs::create_dir(open.folder().join("cells.json")).unwrap();
        let line = open.add(&[cell("a", "one")]).unwrap_err().to_string();
        assert!(line.contains("cells.json: ") && line.contains("make it readable"), "{line}");
    }

    #[test]
    fn two_runs_at_once_lose_no_cell() {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for run in 0..4 {
                let path = dir.path();
                scope.spawn(move || {
                    let run = format!("r{run}");
                    let store = store(path, &run);
                    for n in 0..10 {
                        store.add(&[cell(&format!("{run}_{n}"), &run)]).unwrap();
                    }
                });
            }
        });
        assert_eq!(runs_and_cells(dir.path()).1.len(), 40);
    }

    #[test]
    fn a_damaged_or_newer_file_is_refused_and_left_as_it_was() {
        for (text, part) in [("garbage", "cells.json"), (r#"{"schema": 99, "cells": [{"new": 1}]}"#, "schema 99")] {
            let dir = tempfile::tempdir().unwrap();
            let open = store(dir.path(), "one");
            open.add(&[cell("a", "one")]).unwrap();
            let path = open.folder().join("cells.json");
            fs::write(&path, text).unwrap();
            let card = open.card.clone();
            let line = Store::open(dir.path(), card, "two".into(), Run::default()).unwrap_err().to_string();
            assert!(line.contains(part) && !line.contains('\n'), "{line}");
            assert!(open.add(&[cell("b", "one")]).is_err());
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_lock_that_is_no_file_is_refused_and_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let lock = dir.path().join("test-2-abcdef/.lock");
        fs::create_dir_all(&lock).unwrap();
        let card = Card { id: "test-2-abcdef".into(), cpu: "Test".into(), cpus: 2, usable_cpus: 2, ..Card::default() };
        let error = Store::open(dir.path(), card, "one".into(), Run::default()).unwrap_err();
        assert!(error.path() == lock && error.to_string().contains("it is no file"), "{error}");
    }
}

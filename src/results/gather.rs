//! Merges results folders from anywhere into one: the runs of each machine go to its folder.
//!
//! Everything is read and judged first. What contradicts itself is refused before anything is written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::read::{bytes, entries, is_there, parse_null_study};
use super::runs::{self, PastRun};
use super::store::FULL;
use super::{Error, legacy};
use crate::machine::{Card, wished};

/// Folders in folders are looked into down to this depth.
const DEEPEST: usize = 12;

/// Of a longer id the end is cut off before a number is put behind it.
const LONGEST: usize = 60;

/// The null study's file in a machine's folder.
const STUDY: &str = "null_study.json";

/// What became of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// Its id in the results folder.
    pub id: String,
    /// Runs that came, or that came with more cells than were there.
    pub new: usize,
    /// Runs that were there already.
    pub known: usize,
    /// The id on its cards, where another machine that is not alike has it.
    pub apart_from: Option<String>,
    /// Null studies that were left where they are: the results folder has another one.
    pub studies_left: usize,
}

/// A machine of the results folder, with what comes to it.
struct Target {
    /// A card of it.
    card: Card,
    folder: PathBuf,
    here: BTreeMap<String, PastRun>,
    /// Runs to be written, each with the file it comes from.
    come: BTreeMap<String, (PastRun, PathBuf)>,
    study: Option<PathBuf>,
    done: Gathered,
}

/// Adds the runs below each folder of `from` to `results`: results folders, machines' folders, and folders that hold such. Runs that are
/// there already are not written again. Also says what could not be read, and was left out.
///
/// A machine whose id belongs to another one there, which is not alike, gets an id of its own: `<id>_2`.
///
/// # Errors
/// [`Error`] when a folder cannot be read or written, or one run has two contents: then nothing is written.
pub fn gather(results: &Path, from: &[PathBuf]) -> Result<(Vec<Gathered>, Vec<Error>), Error> {
    let mut errors = Vec::new();
    let mut targets: Vec<Target> = Vec::new();
    // What `report` reads, links too.
    for folder in machines(results, 1, true, &mut errors) {
        let found = read(&folder, &mut errors);
        if let Some(card) = runs::card(&found) {
            let here = found.into_iter().map(|past| (past.id.clone(), past)).collect();
            let study = Some(folder.join(STUDY)).filter(|path| is_there(path));
            let id = card.id.clone();
            targets.push(Target { here, study, ..Target::new(card, id, folder) });
        }
    }
    for dir in from {
        fs::read_dir(dir).map_err(Error::io(dir, "name a folder that holds results"))?;
        for folder in machines(dir, DEEPEST, false, &mut errors) {
            let found = read(&folder, &mut errors);
            let Some(card) = runs::card(&found) else { continue };
            if let Err(error) = wished(Some(card.id.as_ref())) {
                errors.push(Error::corrupt(&folder, error));
                continue;
            }
            let target = target(&mut targets, results, &card);
            for past in found {
                let into = runs::path(&target.folder, &past.id);
                if is_there(&into) && !target.here.contains_key(&past.id) {
                    let what = format!("a run comes from {} that has this name, and was left out", folder.display());
                    errors.push(Error::corrupt(&into, what));
                } else {
                    target.take(past, &folder)?;
                }
            }
            let study = folder.join(STUDY);
            if is_there(&study) {
                match bytes(&study).and_then(|read| parse_null_study(&study, &read)) {
                    Ok(_) => {
                        let other = |known: &PathBuf| fs::read(known).ok() != fs::read(&study).ok();
                        target.done.studies_left += usize::from(target.study.as_ref().is_some_and(other));
                        target.study.get_or_insert(study);
                    }
                    Err(error) => errors.push(error),
                }
            }
        }
    }
    targets.retain(|target| target.done.new + target.done.known > 0);
    for target in &mut targets {
        target.write()?;
    }
    let mut all: Vec<Gathered> = targets.into_iter().map(|target| target.done).collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    Ok((all, errors))
}

/// The folders of machines at `dir` and below, behind links as well where `links` says so.
fn machines(dir: &Path, depth: usize, links: bool, errors: &mut Vec<Error>) -> Vec<PathBuf> {
    if ["runs", "machine.json", "cells.json"].iter().any(|name| is_there(&dir.join(name))) {
        return vec![dir.to_owned()];
    }
    // A link could lead round in a circle.
    let folder = |path: &PathBuf| path.is_dir() && (links || !path.is_symlink());
    let inside = if depth == 0 || !is_there(dir) { Vec::new() } else { entries(dir, errors) };
    inside.into_iter().filter(folder).flat_map(|path| machines(&path, depth - 1, links, errors)).collect()
}

/// The runs of a machine's folder, those of earlier versions too.
fn read(folder: &Path, errors: &mut Vec<Error>) -> Vec<PastRun> {
    let (mut found, wrong) = runs::files(&runs::folder(folder));
    errors.extend(wrong);
    match legacy::read(folder) {
        Ok(left) => {
            errors.extend(left.errors);
            found.extend(left.runs);
        }
        Err(error) => errors.push(error),
    }
    found
}

/// Where the runs of a machine with this card go.
fn target<'t>(targets: &'t mut Vec<Target>, results: &Path, card: &Card) -> &'t mut Target {
    let mut id = card.id.clone();
    for n in 2.. {
        match targets.iter().position(|target| target.done.id == id) {
            Some(at) if targets[at].card.is_of_same_computer(card) => return &mut targets[at],
            // Another machine has it.
            Some(_) => id = format!("{}_{n}", &card.id[..card.id.len().min(LONGEST)]),
            None => break,
        }
    }
    let folder = results.join(&id);
    targets.push(Target::new(card.clone(), id, folder));
    targets.last_mut().expect("one was pushed")
}

impl Target {
    /// The machine of this card, called `id`, without any runs yet.
    fn new(card: Card, id: String, folder: PathBuf) -> Target {
        let apart_from = (id != card.id).then(|| card.id.clone());
        let done = Gathered { id, new: 0, known: 0, apart_from, studies_left: 0 };
        Target { card, folder, here: BTreeMap::new(), come: BTreeMap::new(), study: None, done }
    }

    /// Takes one run, unless it is there.
    fn take(&mut self, mut past: PastRun, folder: &Path) -> Result<(), Error> {
        if let Some(card) = &mut past.card {
            card.id.clone_from(&self.done.id);
        }
        let come = self.come.get(&past.id).map(|(known, path)| (known, path.clone()));
        let here = || self.here.get(&past.id).map(|known| (known, runs::path(&self.folder, &past.id)));
        let (known, at) = come.or_else(here).unzip();
        let path = runs::path(folder, &past.id);
        match known {
            Some(known) if holds(known, &past) => self.done.known += 1,
            // It was measuring still when it was gathered last.
            Some(known) if holds(&past, known) => {
                past.number = known.number;
                self.bring(past, path);
            }
            Some(_) => {
                let at = at.unwrap_or_default();
                let what = format!("run {} has other figures than in {}", past.id, at.display());
                return Err(Error::corrupt(&path, what));
            }
            None => {
                past.number = 0;
                self.bring(past, path);
            }
        }
        Ok(())
    }

    fn bring(&mut self, past: PastRun, path: PathBuf) {
        self.done.new += usize::from(self.come.insert(past.id.clone(), (past, path)).is_none());
    }

    /// Writes what came. New runs are numbered in the order in which they began, after those that are there.
    fn write(&mut self) -> Result<(), Error> {
        let runs = runs::folder(&self.folder);
        fs::create_dir_all(&runs).map_err(Error::io(&runs, FULL))?;
        let mut number = self.here.values().map(|past| past.number).max().unwrap_or(0);
        let mut come: Vec<&mut PastRun> = self.come.values_mut().map(|(past, _)| past).collect();
        come.sort_by(|a, b| (&a.run.started, &a.id).cmp(&(&b.run.started, &b.id)));
        for past in come {
            if past.number == 0 {
                number += 1;
                past.number = number;
            }
            super::replace(&runs::path(&self.folder, &past.id), &past.text())?;
        }
        let own = self.folder.join(STUDY);
        if let Some(study) = self.study.as_ref().filter(|study| **study != own) {
            let text = fs::read_to_string(study).map_err(Error::io(study, "check that it may be read"))?;
            super::replace(&own, &text)?;
        }
        Ok(())
    }
}

/// Whether `whole` is the same run as `part` and has each of its cells.
fn holds(whole: &PastRun, part: &PastRun) -> bool {
    whole.run.started == part.run.started && part.cells.iter().all(|cell| whole.cells.contains(cell))
}

#[cfg(test)]
mod tests;

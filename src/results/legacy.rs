//! What versions before schema 2 left in a machine's folder: `machine.json` with the card and the runs, `cells.json`
//! with the newest cells, `history/<run>.json` with what each run measured, less what no comparison asked for.

mod line;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::read::{bytes, checked, entries, is_there, whole};
use super::runs::{self, PastRun};
use super::{Cell, Error, sense};
use crate::machine::{Card, Run};
use line::Line;

/// What `machine.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MachineFile {
    /// The schema number it was written with.
    pub schema: u32,
    /// The machine.
    pub card: Card,
    /// The runs behind the cells, by id.
    #[serde(default)]
    pub runs: BTreeMap<String, Run>,
}

#[derive(Deserialize)]
struct CellsFile {
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct HistoryFile {
    id: String,
    run: Run,
    cells: Vec<Line>,
}

/// The files and folders that earlier versions left in a machine's folder, as far as they are there.
fn left(machine: &Path) -> Vec<PathBuf> {
    ["machine.json", "cells.json", "history"]
        .map(|name| machine.join(name))
        .into_iter()
        .filter(|p| is_there(p))
        .collect()
}

/// The machines below a results folder in which earlier versions left something.
///
/// # Errors
/// When the folder cannot be read.
pub fn folders(results: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut errors = Vec::new();
    let mut found = entries(results, &mut errors);
    found.retain(|path| path.is_dir() && !left(path).is_empty());
    errors.pop().map_or(Ok(found), Err)
}

/// Reads the bytes of a `machine.json`. `path` is only for the words of an error.
///
/// # Errors
///
/// When the bytes are not UTF-8 or not the format, a text is not plain, the card has no id or cannot be, or a
/// later version wrote them.
pub fn parse_machine(path: &Path, bytes: &[u8]) -> Result<MachineFile, Error> {
    let (text, _) = checked(path, bytes)?;
    let mut file: MachineFile = serde_json::from_str(text).map_err(|e| Error::corrupt(path, e))?;
    file.runs.values_mut().for_each(Run::sort_notes);
    match sense::card_fault(&file.card).or_else(|| file.runs.values().find_map(sense::run_fault)) {
        Some(fault) => Err(Error::corrupt(path, fault)),
        None => Ok(file),
    }
}

/// Reads the bytes of a `cells.json`. `path` is only for the words of an error.
///
/// # Errors
///
/// When the bytes are not UTF-8 or not the format, a text is not plain, a cell cannot be ([`Cell::fault`]) or
/// contradicts itself, a key comes twice, the tables would be too large, or a later version wrote them.
pub fn parse_cells(path: &Path, bytes: &[u8]) -> Result<Vec<Cell>, Error> {
    let (text, _) = checked(path, bytes)?;
    let file: CellsFile = serde_json::from_str(text).map_err(|e| Error::corrupt(path, e))?;
    whole(path, text, file.cells)
}

/// The run in a file of `history/`.
pub(super) fn run(path: &Path, text: &str) -> Result<PastRun, Error> {
    let HistoryFile { id, run, cells } = serde_json::from_str(text).map_err(|e| Error::corrupt(path, e))?;
    let cells = cells.into_iter().map(|line| line.cell(&id, &run.started)).collect();
    Ok(PastRun { cells: whole(path, text, cells)?, id, run, ..PastRun::default() })
}

/// What earlier versions left in a machine's folder.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// The machine; `None` where they left nothing.
    pub(super) card: Option<Card>,
    /// Its runs, in no order.
    pub(super) runs: Vec<PastRun>,
    /// What could not be read of its history.
    pub(super) errors: Vec<Error>,
}

/// Reads what earlier versions left in a machine's folder.
///
/// # Errors
/// When `machine.json` or `cells.json` is there and cannot be read, or only the second is there.
pub(super) fn read(machine: &Path) -> Result<Left, Error> {
    let [card, cells] = ["machine.json", "cells.json"].map(|name| machine.join(name));
    if !is_there(&card) && !is_there(&cells) {
        return Ok(Left::default());
    }
    let file = parse_machine(&card, &bytes(&card)?)?;
    let cells = if is_there(&cells) { parse_cells(&cells, &bytes(&cells)?)? } else { Vec::new() };
    let (history, errors) = runs::files(&machine.join("history"));
    let mut all: BTreeMap<String, PastRun> = history.into_iter().map(|past| (past.id.clone(), past)).collect();
    // A cell in `cells.json` has all its figures, its line in the history only some.
    let mut by_run = BTreeMap::<String, Vec<Cell>>::new();
    for cell in cells {
        by_run.entry(cell.facts.run.clone()).or_default().push(cell);
    }
    for (id, cells) in by_run {
        let past = all.entry(id.clone()).or_insert_with(|| PastRun { id: id.clone(), ..PastRun::default() });
        // What the run noted at its end may stand only here.
        past.run = file.runs.get(&id).unwrap_or(&past.run).clone();
        past.cells = if past.cells.is_empty() {
            cells
        } else {
            let mut merged: BTreeMap<_, _> = past.cells.drain(..).map(|cell| (cell.key.clone(), cell)).collect();
            merged.extend(cells.into_iter().map(|cell| (cell.key.clone(), cell)));
            merged.into_values().collect()
        };
    }
    let with_card = |past| PastRun { card: Some(file.card.clone()), ..past };
    Ok(Left { runs: all.into_values().map(with_card).collect(), card: Some(file.card.clone()), errors })
}

/// Makes files of runs out of what earlier versions left in a machine's folder, and removes that. Returns how many
/// runs there are. A conversion that was interrupted is taken up again.
///
/// # Errors
/// When something of it cannot be read or written: then it is left where it is.
pub fn convert(machine: &Path) -> Result<usize, Error> {
    let Left { runs, mut errors, .. } = read(machine)?;
    if let Some(error) = errors.pop() {
        return Err(error);
    }
    let folder = runs::folder(machine);
    if let Some(past) = runs.iter().find(|past| !runs::is_run_id(&past.id)) {
        return Err(Error::corrupt(&machine.join("cells.json"), format!("{:?} is no run id", past.id)));
    }
    if runs.is_empty() {
        return Ok(0);
    }
    fs::create_dir_all(&folder).map_err(Error::io(&folder, super::store::FULL))?;
    for past in &runs {
        let path = runs::path(machine, &past.id);
        if !is_there(&path) {
            super::replace(&path, &past.text())?;
        }
    }
    for path in left(machine) {
        let gone = if path.is_dir() { remove_history(&path) } else { fs::remove_file(&path) };
        gone.map_err(Error::io(&path, "remove it: all that it holds is in runs/"))?;
    }
    // The lock of earlier versions; nothing waits for it any more.
    let _ = fs::remove_file(machine.join(".lock"));
    Ok(runs.len())
}

/// Removes the runs of a history, and the folder where nothing else is in it.
fn remove_history(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "json") {
            fs::remove_file(path)?;
        }
    }
    // What is not ours stays.
    let _ = fs::remove_dir(folder);
    Ok(())
}

#[cfg(test)]
mod tests;

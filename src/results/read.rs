//! Takes results folders in: one machine's, or all that lie side by side.
//!
//! Whatever bytes a file holds, reading it ends in cells that can be or in an [`Error`] that names
//! the path and, where there is one, the line.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::legacy::{self, Left};
use super::runs::{self, PastRun};
use super::yardstick::{self, Yardstick};
use super::{Cell, Error, Key, SCHEMA, published, sense, text};
use crate::machine::{Card, Run};
use crate::parallel;

/// Files larger than this are refused unread, in bytes: it is room for some 40,000 cells of twenty rounds, and a full run on
/// hundreds of CPUs has a fifth of them.
const LARGEST: u64 = 64 << 20;

/// The most cells of all machines together that are shown. A full run on hundreds of CPUs has some 8,000.
const MOST_CELLS: usize = 2_000_000;

/// What to do where a file is not there.
const MISSING: &str = "check that it exists and may be read";

/// Who measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Origin {
    /// This suite.
    #[default]
    Measured,
    /// Somebody else, elsewhere: shown, but never mixed with measured figures without a mark.
    Published {
        /// Where the figures were published.
        source: String,
        /// How they were taken.
        method: String,
        /// What the middle and the ends of an interval are there, such as a mean and the extremes.
        figures: String,
    },
}

/// The smallest net cost a machine can tell from nothing at one level and thread count, as its null
/// study found it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resolution {
    /// The level's id.
    pub level: String,
    /// The thread count it was found at.
    pub threads: usize,
    /// Nanoseconds per operation: no net cost nearer to 0 than this is shown as a figure.
    pub ns: f64,
    /// The same between two runs.
    pub between_ns: f64,
    /// The largest change of a row between two runs, of all rows studied there: 95 % of the pairs of runs
    /// were no further apart, as the logarithm of their ratio. Absent where the study has no rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between_log: Option<f64>,
}

/// One machine and everything known of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Machine {
    /// The machine.
    pub card: Card,
    /// Who measured it.
    pub origin: Origin,
    /// The runs behind the cells, by id.
    pub runs: BTreeMap<String, Run>,
    /// Its cells, sorted by key, each key once: [`runs::newest`].
    pub cells: Vec<Cell>,
    /// Every run of it that is still known, the newest first.
    #[serde(skip)]
    pub history: Vec<PastRun>,
    /// The line transfer over its runs, the oldest first.
    pub yardstick: Vec<Yardstick>,
    /// Where it was read; empty where it was not.
    #[serde(skip)]
    pub folder: PathBuf,
    /// What its null study found, level by level; empty where none was made.
    pub resolution: Vec<Resolution>,
}

#[derive(Deserialize)]
struct NullStudy {
    levels: Vec<NullLevel>,
    #[serde(default)]
    rows: Vec<NullRow>,
}

#[derive(Deserialize)]
struct NullRow {
    level: String,
    threads: usize,
    ns: f64,
    between_ns: f64,
}

#[derive(Deserialize)]
struct NullLevel {
    level: String,
    threads: usize,
    within_ns: f64,
    between_ns: f64,
}

/// Reads one machine's folder, all of it: see [`read_folder`].
///
/// # Errors
///
/// When anything in it cannot be read, is not what the format says, or was written by a later version.
pub fn read_machine(dir: &Path) -> Result<Machine, Error> {
    let (machine, errors) = read_folder(dir)?;
    errors.into_iter().next().map_or(Ok(machine), Err)
}

/// Reads one machine's folder: its runs, those that earlier versions left, and `null_study.json` where it is. What
/// cannot be read is left out and its error returned.
///
/// # Errors
///
/// When no run of it can be read.
pub fn read_folder(dir: &Path) -> Result<(Machine, Vec<Error>), Error> {
    let (mut history, mut errors) = runs::files(&runs::folder(dir));
    let left = match legacy::read(dir) {
        Ok(left) => left,
        Err(error) if history.is_empty() => return Err(error),
        Err(error) => Left { errors: vec![error], ..Left::default() },
    };
    errors.extend(left.errors);
    let unknown = |past: &PastRun| history.iter().all(|known| known.id != past.id);
    let older: Vec<PastRun> = left.runs.into_iter().filter(unknown).collect();
    history.extend(older);
    runs::sort(&mut history);
    let Some(card) = runs::card(&history).or(left.card) else {
        let nothing = || Error::io(&runs::folder(dir), MISSING)(std::io::ErrorKind::NotFound.into());
        return Err(errors.into_iter().next().unwrap_or_else(nothing));
    };
    let cells = runs::newest(&history);
    if let Some(fault) = sense::too_many(&cells) {
        return Err(Error::corrupt(dir, fault));
    }
    let path = dir.join("null_study.json");
    let resolution = match is_there(&path).then(|| parse_null_study(&path, &bytes(&path)?)) {
        None => Vec::new(),
        Some(Ok(resolution)) => resolution,
        // Without it the figures are what they are.
        Some(Err(error)) => {
            errors.push(error);
            Vec::new()
        }
    };
    let behind: HashSet<&str> = cells.iter().map(|cell| cell.facts.run.as_str()).collect();
    // Of a run that nothing describes there is nothing to say.
    let described = history.iter().filter(|past| behind.contains(past.id.as_str()) && past.run != Run::default());
    let runs = described.map(|past| (past.id.clone(), past.run.clone())).collect();
    let (yardstick, folder) = (yardstick::of(&history), dir.to_owned());
    let machine = Machine { card, origin: Origin::Measured, runs, cells, history, yardstick, folder, resolution };
    Ok((machine, errors))
}

/// Reads every machine under a results folder: each sub-folder with runs, by the id on its card, and
/// then what others published (`published/*.json`, except what [`published::core_to_core`] reads). What cannot be read is left out and its error
/// returned; the rest is kept. A folder that does not exist holds nothing.
pub fn read_all(results_dir: &Path) -> (Vec<Machine>, Vec<Error>) {
    read_each(results_dir, |_, _| (), |machine| machine)
}

/// The same without the [`Machine::history`], which takes as much memory as the cells. `tell` is given how many of how
/// many folders were read, first and after each.
pub fn read_newest(results_dir: &Path, tell: impl Fn(usize, usize) + Sync) -> (Vec<Machine>, Vec<Error>) {
    read_each(results_dir, tell, |machine| Machine { history: Vec::new(), ..machine })
}

fn read_each(
    results_dir: &Path,
    tell: impl Fn(usize, usize) + Sync,
    part: impl Fn(Machine) -> Machine + Sync,
) -> (Vec<Machine>, Vec<Error>) {
    let mut errors = Vec::new();
    let mut folders = Vec::new();
    let mut seen = HashSet::new();
    for dir in entries(results_dir, &mut errors) {
        let real = fs::canonicalize(&dir).unwrap_or_else(|_| dir.clone());
        let ours = ["runs", "machine.json", "cells.json"].iter().any(|name| is_there(&dir.join(name)));
        if let Err(error) = fs::metadata(&dir) {
            // A link in a circle, or to nowhere.
            errors.push(Error::io(&dir, "repair it or move it away")(error));
        } else if dir.is_dir() && !dir.ends_with("published") && ours && seen.insert(real) {
            folders.push(dir);
        }
    }
    let (of, read) = (folders.len(), AtomicUsize::new(0));
    tell(0, of);
    let each = folders.into_par_iter().map(|dir| {
        let found = read_folder(&dir).map(|(machine, wrong)| (part(machine), wrong));
        tell(read.fetch_add(1, Relaxed) + 1, of);
        (dir, found)
    });
    let (mut measured, mut cells) = (Vec::new(), 0);
    for (dir, found) in parallel::on_all_cpus(|| each.collect::<Vec<_>>()) {
        match found {
            Ok((machine, _)) if cells + machine.cells.len() > MOST_CELLS => {
                errors.push(Error::corrupt(&dir, format!("with it there would be more than {MOST_CELLS} cells")));
            }
            Ok((machine, wrong)) => {
                cells += machine.cells.len();
                measured.push((dir, machine));
                errors.extend(wrong);
            }
            Err(error) => errors.push(error),
        }
    }
    let mut others = Vec::new();
    for path in entries(&results_dir.join("published"), &mut errors) {
        if path.extension().is_some_and(|e| e == "json") && !path.ends_with(published::core_to_core::FILE) {
            match published::read(&path) {
                Ok(machine) => others.push((path, machine)),
                Err(error) => errors.push(error),
            }
        }
    }
    let mut machines = Vec::new();
    let mut ids = BTreeMap::<String, PathBuf>::new();
    for mut group in [measured, others] {
        group.sort_by(|a, b| a.1.card.id.cmp(&b.1.card.id));
        for (path, machine) in group {
            if let Some(first) = ids.get(&machine.card.id) {
                let what = format!("machine id {:?} is that of {} too", machine.card.id, first.display());
                errors.push(Error::corrupt(&path, what));
                continue;
            }
            ids.insert(machine.card.id.clone(), path);
            machines.push(machine);
        }
    }
    (machines, errors)
}

/// The cells of a file, sorted by key, if each of them can be and no key comes twice.
pub(super) fn whole(path: &Path, text: &str, mut cells: Vec<Cell>) -> Result<Vec<Cell>, Error> {
    // Files are written sorted.
    let is_sorted = cells.is_sorted_by(|a, b| a.key < b.key);
    let mut keys = HashSet::<&Key>::new();
    for (n, cell) in cells.iter().enumerate() {
        let fault = cell.fault().or_else(|| sense::contradiction(cell));
        let is_second = !is_sorted && !keys.insert(&cell.key);
        let fault = fault.or_else(|| is_second.then(|| "a second cell of this key".into()));
        if let Some(fault) = fault {
            let place = place(text, n, cell);
            let Key { bench, subject, threads, level, .. } = &cell.key;
            let what = format!("{place}: {bench} {subject} at {threads} threads, {level}: {fault}");
            return Err(Error::corrupt(path, what));
        }
    }
    if let Some(fault) = sense::too_many(&cells) {
        return Err(Error::corrupt(path, fault));
    }
    cells.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(cells)
}

/// Reads the bytes of a `null_study.json`. `path` is only for the words of an error.
///
/// # Errors
///
/// When the bytes are not UTF-8 or not the format, a level is no id, a resolution cannot be, or a later version
/// wrote them.
pub fn parse_null_study(path: &Path, bytes: &[u8]) -> Result<Vec<Resolution>, Error> {
    let study: NullStudy = serde_json::from_str(checked(path, bytes)?.0).map_err(|e| Error::corrupt(path, e))?;
    let each = study.levels.into_iter().map(|l| {
        if !super::cell::is_id(&l.level) {
            return Err(Error::corrupt(path, format!("level {:?} is not an id", l.level)));
        }
        if let Some(ns) = [l.within_ns, l.between_ns].iter().find(|ns| !(0.0..1e18).contains(*ns)) {
            return Err(Error::corrupt(path, format!("a resolution of {ns} ns cannot be")));
        }
        let there = study.rows.iter().filter(|r| r.level == l.level && r.threads == l.threads);
        let shares = there.map(|r| (r.between_ns / r.ns).ln_1p()).filter(|x| x.is_finite() && *x >= 0.0);
        let between_log = shares.reduce(f64::max);
        Ok(Resolution { level: l.level, threads: l.threads, ns: l.within_ns, between_ns: l.between_ns, between_log })
    });
    each.collect()
}

/// The bytes of a regular file of bearable size.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let todo = MISSING;
    // Asked before opening: opening a pipe would wait for a writer.
    let meta = fs::metadata(path).map_err(Error::io(path, todo))?;
    if !meta.is_file() {
        return Err(Error::corrupt(path, "not a regular file"));
    }
    let mut bytes = Vec::new();
    if meta.len() <= LARGEST {
        let file = fs::File::open(path).map_err(Error::io(path, todo))?;
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(Error::io(path, todo))?;
    }
    if meta.len() > LARGEST || bytes.len() as u64 > LARGEST {
        return Err(Error::corrupt(path, format!("larger than the {} MiB a results file may have", LARGEST >> 20)));
    }
    Ok(bytes)
}

/// The bytes as text, where they are text at all; without the byte-order mark that some editors put before it.
pub(super) fn utf8<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, Error> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let line = 1 + bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count();
        Error::corrupt(path, format!("not UTF-8 at line {line}"))
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The bytes as text whose schema number this version knows, and that number; all texts in it are plain, and no
/// object has a field twice.
pub(super) fn checked<'a>(path: &Path, bytes: &'a [u8]) -> Result<(&'a str, u64), Error> {
    #[derive(Deserialize)]
    struct Probe {
        schema: Option<u64>,
    }
    let text = utf8(path, bytes)?;
    let (schema, fault) = match serde_json::from_str(text) {
        Ok(text::Plain { schema: Some(schema), .. }) => (Some(schema), None),
        // A later version's cells may be of any shape.
        other => {
            let probe: Probe = serde_json::from_str(text).map_err(|e| Error::corrupt(path, e))?;
            (probe.schema, other.err())
        }
    };
    match (schema, fault) {
        (Some(found), _) if found > u64::from(SCHEMA) => {
            Err(Error::Newer { path: path.to_owned(), found: u32::try_from(found).unwrap_or(u32::MAX) })
        }
        (Some(1..), Some(error)) => Err(Error::corrupt(path, error)),
        (Some(schema @ 1..), None) => Ok((text, schema)),
        _ => Err(Error::corrupt(path, "no schema number at its top")),
    }
}

/// Whether all texts of a file are plain and no object in it has a field twice.
pub(super) fn plain(path: &Path, json: &str) -> Result<(), Error> {
    serde_json::from_str::<text::Plain>(json).map(|_| ()).map_err(|e| Error::corrupt(path, e))
}

/// Whether a file has this name, be it only a link to nowhere: what is there is read, or named as bad.
pub(crate) fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Where the `n`-th cell stands: its line, if the file has one cell a line.
fn place(text: &str, n: usize, cell: &Cell) -> String {
    let before = text.lines().position(|line| line.ends_with('[')).map_or(0, |head| head + 1);
    let at = text.lines().nth(before + n).map(|line| line.trim().trim_end_matches(','));
    match at.and_then(|line| serde_json::from_str::<Cell>(line).ok()) {
        Some(there) if there == *cell => format!("line {}", before + n + 1),
        _ => format!("cell {}", n + 1),
    }
}

/// What lies in a folder, sorted; nothing where there is no such folder.
pub(super) fn entries(dir: &Path, errors: &mut Vec<Error>) -> Vec<PathBuf> {
    let listed = fs::read_dir(dir).and_then(|all| all.map(|e| Ok(e?.path())).collect::<Result<Vec<_>, _>>());
    match listed {
        Ok(mut paths) => {
            paths.sort();
            paths
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(e) => {
            errors.push(Error::io(dir, "check that it is a folder and may be read")(e));
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests;

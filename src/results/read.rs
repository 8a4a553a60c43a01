//! Takes results folders in: one machine's, or all that lie side by side.
//!
//! Whatever bytes a file holds, reading it ends in cells that can be or in an [`Error`] that names
//! the path and, where there is one, the line.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Cell, Error, Key, SCHEMA, published, sense, text};
use crate::machine::{Card, Run};

/// Files larger than this are refused unread, in bytes: it is room for some 40,000 cells of twenty rounds, and a full run on
/// hundreds of CPUs has a fifth of them.
const LARGEST: u64 = 64 << 20;

/// Who measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Origin {
    /// This suite.
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
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The machine.
    pub card: Card,
    /// Who measured it.
    pub origin: Origin,
    /// The runs behind the cells, by id.
    pub runs: BTreeMap<String, Run>,
    /// Its cells, sorted by key, each key once.
    pub cells: Vec<Cell>,
    /// What its null study found, level by level; empty where none was made.
    pub resolution: Vec<Resolution>,
}

/// What `machine.json` holds: the card, and the runs behind the cells beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MachineFile {
    /// The schema number it was written with.
    pub schema: u32,
    /// The machine.
    pub card: Card,
    /// The runs, by id.
    #[serde(default)]
    pub runs: BTreeMap<String, Run>,
}

#[derive(Deserialize)]
struct CellsFile {
    cells: Vec<Cell>,
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

/// Reads one machine's folder: `machine.json`, and `cells.json` and `null_study.json` where they
/// are.
///
/// # Errors
///
/// When a file cannot be read, is not what the format says, or was written by a later version.
pub fn read_machine(dir: &Path) -> Result<Machine, Error> {
    match read_folder(dir)? {
        (machine, None) => Ok(machine),
        (_, Some(error)) => Err(error),
    }
}

/// Reads every machine under a results folder: each sub-folder with a `machine.json`, by id, and
/// then what others published (`published/*.json`). What cannot be read is left out and its error
/// returned; the rest is kept. A folder that does not exist holds nothing.
pub fn read_all(results_dir: &Path) -> (Vec<Machine>, Vec<Error>) {
    let mut errors = Vec::new();
    let mut measured = Vec::new();
    let mut seen = HashSet::new();
    for dir in entries(results_dir, &mut errors) {
        let real = fs::canonicalize(&dir).unwrap_or_else(|_| dir.clone());
        let ours = ["machine.json", "cells.json"].iter().any(|file| is_there(&dir.join(file)));
        if let Err(error) = fs::metadata(&dir) {
            // A link in a circle, or to nowhere.
            errors.push(Error::io(&dir, "repair it or move it away")(error));
        } else if dir.is_dir() && !dir.ends_with("published") && ours && seen.insert(real) {
            match read_folder(&dir) {
                Ok((machine, error)) => {
                    measured.push((dir, machine));
                    errors.extend(error);
                }
                Err(error) => errors.push(error),
            }
        }
    }
    let mut others = Vec::new();
    for path in entries(&results_dir.join("published"), &mut errors) {
        if path.extension().is_some_and(|e| e == "json") {
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

/// Reads the bytes of a `cells.json`. `path` is only for the words of an error.
///
/// # Errors
///
/// When the bytes are not UTF-8 or not the format, a text is not plain, a cell cannot be ([`Cell::fault`]) or
/// contradicts itself, a key comes twice, the tables would be too large, or a later version wrote them.
pub fn parse_cells(path: &Path, bytes: &[u8]) -> Result<Vec<Cell>, Error> {
    let text = checked(path, bytes)?;
    let file: CellsFile = serde_json::from_str(text).map_err(|e| Error::corrupt(path, e))?;
    let mut keys = BTreeSet::<Key>::new();
    for (n, cell) in file.cells.iter().enumerate() {
        let fault = cell.fault().or_else(|| sense::contradiction(cell));
        let fault = fault.or_else(|| (!keys.insert(cell.key())).then(|| "a second cell of this key".into()));
        if let Some(fault) = fault {
            let place = place(text, n, cell);
            let Cell { bench, subject, threads, level, .. } = cell;
            let what = format!("{place}: {bench} {subject} at {threads} threads, {level}: {fault}");
            return Err(Error::corrupt(path, what));
        }
    }
    if let Some(fault) = sense::too_many(&file.cells) {
        return Err(Error::corrupt(path, fault));
    }
    let mut cells = file.cells;
    cells.sort_by_cached_key(Cell::key);
    Ok(cells)
}

/// Reads the bytes of a `machine.json`. `path` is only for the words of an error.
///
/// # Errors
///
/// When the bytes are not UTF-8 or not the format, a text is not plain, the card has no id or cannot be, or a
/// later version wrote them.
pub fn parse_machine(path: &Path, bytes: &[u8]) -> Result<MachineFile, Error> {
    let text = checked(path, bytes)?;
    let file: MachineFile = serde_json::from_str(text).map_err(|e| Error::corrupt(path, e))?;
    match sense::card_fault(&file.card).or_else(|| file.runs.values().find_map(sense::run_fault)) {
        Some(fault) => Err(Error::corrupt(path, fault)),
        None => Ok(file),
    }
}

/// Reads the bytes of a `null_study.json`. `path` is only for the words of an error.
///
/// # Errors
///
/// When the bytes are not UTF-8 or not the format, a level is no id, a resolution cannot be, or a later version
/// wrote them.
pub fn parse_null_study(path: &Path, bytes: &[u8]) -> Result<Vec<Resolution>, Error> {
    let study: NullStudy = serde_json::from_str(checked(path, bytes)?).map_err(|e| Error::corrupt(path, e))?;
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

/// The text of a `cells.json`: one cell a line, sorted by key, so that a change of one cell is a
/// change of one line.
pub fn cells_text(cells: &[Cell]) -> String {
    let mut sorted: Vec<&Cell> = cells.iter().collect();
    sorted.sort_by_cached_key(|cell| cell.key());
    // A label may come from a crate of anybody's: what could not be read again is not written.
    let line = |cell: &&Cell| match text::label(&cell.label) {
        same if same == cell.label => serde_json::to_string(cell),
        label => serde_json::to_string(&Cell { label, ..(*cell).clone() }),
    };
    let lines: Vec<String> = sorted.iter().map(|cell| line(cell).expect("a cell has only text keys")).collect();
    format!("{{\"schema\": {SCHEMA}, \"cells\": [\n{}\n]}}\n", lines.join(",\n"))
}

/// The bytes of a regular file of bearable size.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let todo = "check that it exists and may be read";
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

/// The bytes as text whose schema number this version knows.
pub(super) fn checked<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, Error> {
    #[derive(Deserialize)]
    struct Probe {
        schema: Option<u64>,
    }
    let text = utf8(path, bytes)?;
    // Only the number first: a later version's cells may be of any shape.
    let probe: Probe = serde_json::from_str(text).map_err(|e| Error::corrupt(path, e))?;
    match probe.schema {
        Some(found) if found > u64::from(SCHEMA) => {
            Err(Error::Newer { path: path.to_owned(), found: u32::try_from(found).unwrap_or(u32::MAX) })
        }
        Some(1..) => plain(path, text).map(|()| text),
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
    let at = text.lines().nth(n + 1).map(|line| line.trim().trim_end_matches(','));
    match at.and_then(|line| serde_json::from_str::<Cell>(line).ok()) {
        Some(there) if there == *cell => format!("line {}", n + 2),
        _ => format!("cell {}", n + 1),
    }
}

/// A machine's folder; a null study that cannot be read leaves the figures as they are.
fn read_folder(dir: &Path) -> Result<(Machine, Option<Error>), Error> {
    let path = dir.join("machine.json");
    let file = parse_machine(&path, &bytes(&path)?)?;
    let path = dir.join("cells.json");
    let cells = if is_there(&path) { parse_cells(&path, &bytes(&path)?)? } else { Vec::new() };
    let path = dir.join("null_study.json");
    let (resolution, error) = match is_there(&path).then(|| parse_null_study(&path, &bytes(&path)?)) {
        None => (Vec::new(), None),
        Some(Ok(resolution)) => (resolution, None),
        Some(Err(error)) => (Vec::new(), Some(error)),
    };
    let machine = Machine { card: file.card, origin: Origin::Measured, runs: file.runs, cells, resolution };
    Ok((machine, error))
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

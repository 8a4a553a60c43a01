//! One side of a comparison: a machine, a folder, a file, or runs of a machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Error;
use crate::machine::Card;
use crate::results::cell::Key;
use crate::results::legacy::parse_cells;
use crate::results::read::bytes;
use crate::results::{self, Cell, Machine, Origin, PastRun, published, runs};
use crate::round::Verdict;

/// One side of a comparison.
#[derive(Clone, Debug)]
pub struct Side {
    /// Name of the side, as given.
    pub name: String,
    /// The machine, with the cells to compare.
    pub machine: Machine,
    /// Unreadable files, which were left out.
    pub left_out: Vec<String>,
}

impl Side {
    /// A side with all cells of a machine.
    pub fn of(machine: Machine) -> Side {
        Side { name: machine.card.id.clone(), machine, left_out: Vec::new() }
    }

    /// A side with a machine, and the unreadable files of its folder.
    fn read(machine: Machine, errors: &[results::Error]) -> Side {
        let theirs = errors.iter().filter(|error| error.path().starts_with(&machine.folder));
        Side { left_out: theirs.map(ToString::to_string).collect(), ..Side::of(machine) }
    }

    /// Keeps only the cells of the runs asked for: `latest`, `previous`, or the beginning of their ids.
    ///
    /// # Errors
    /// [`Error::NoRun`] when no run fits, [`Error::OneRun`] when no run is before the newest.
    pub fn select(&mut self, asked: &str) -> Result<(), Error> {
        let back = match asked {
            "latest" => Some(0),
            "previous" => Some(1),
            _ => None,
        };
        let meant = |past: &&PastRun| back.is_some() || (!asked.is_empty() && past.id.starts_with(asked));
        let runs: Vec<PastRun> = self.machine.history.iter().filter(meant).cloned().collect();
        let mut seen = BTreeMap::<Key, usize>::new();
        let mut chosen = Vec::new();
        for mut past in runs {
            past.cells.retain(|cell| {
                let newer = seen.entry(cell.key.clone()).or_default();
                *newer += 1;
                *newer == back.unwrap_or(0) + 1
            });
            if !past.cells.is_empty() {
                chosen.push(past);
            }
        }
        if chosen.is_empty() {
            let machine = self.machine.card.id.clone();
            if back == Some(1) && !self.machine.history.is_empty() {
                return Err(Error::OneRun { machine });
            }
            return Err(Error::NoRun { name: self.name.clone(), machine, runs: self.selectable() });
        }
        put(&mut self.machine, chosen);
        Ok(())
    }

    /// What can be asked for; empty without runs.
    fn selectable(&self) -> Vec<String> {
        let history = &self.machine.history;
        let mut seen = BTreeSet::new();
        let again = history.iter().flat_map(|past| &past.cells).any(|cell| !seen.insert(&cell.key));
        let latest = (!history.is_empty()).then_some("latest");
        let named = latest.into_iter().chain(again.then_some("previous"));
        named.chain(history.iter().map(|past| past.id.as_str())).map(str::to_owned).collect()
    }
}

/// A machine with the cells of a run, after the same machine with these cells as earlier runs measured them last, without
/// cells of two rounds. `None` where there is no such run, or nothing before it.
pub(super) fn around(machine: &Machine, run: &str) -> Option<[Side; 2]> {
    let mut runs = machine.history.iter().skip_while(|past| past.id != run);
    let in_full = |cell: &&Cell| !cell.facts.quick;
    let only = |past: &PastRun, cells: Vec<Cell>| PastRun {
        id: past.id.clone(),
        number: past.number,
        card: past.card.clone(),
        run: past.run.clone(),
        cells,
    };
    let this = runs.next()?;
    let mut missing: BTreeSet<&Key> = this.cells.iter().filter(in_full).map(|cell| &cell.key).collect();
    let mut before = Vec::new();
    for past in runs {
        let cells: Vec<Cell> =
            past.cells.iter().filter(in_full).filter(|cell| missing.remove(&cell.key)).cloned().collect();
        if !cells.is_empty() {
            before.push(only(past, cells));
        }
    }
    let found: BTreeSet<&Key> = before.iter().flat_map(|past| &past.cells).map(|cell| &cell.key).collect();
    let now = this.cells.iter().filter(|cell| found.contains(&cell.key) && in_full(cell)).cloned().collect();
    let now = vec![only(this, now)];
    (!found.is_empty()).then(|| {
        [before, now].map(|runs| {
            let mut side = Side::of(machine.clone());
            put(&mut side.machine, runs);
            side
        })
    })
}

/// Finds a side by its name.
///
/// A name is the id of a machine below `results`, measured or published; a machine's folder; its file of a run; the
/// `cells.json` of an earlier version; or a published file. A machine may be followed by `@` and runs: `@latest` is
/// each cell's newest run, `@previous` the run before it, anything else the runs whose id begins with it. Without a
/// machine before the `@`, `here` is meant if it has results, else the only measured machine.
///
/// # Errors
/// [`Error`] when the name is unknown, with the known ones, or when its files cannot be read.
pub fn find(name: &str, results: &Path, here: &str) -> Result<Side, Error> {
    let (mut side, runs) = match split(name) {
        _ if Path::new(name).exists() => (whole(name, results)?, None),
        ("", Some(runs)) => (only(name, results, here)?, Some(runs)),
        (machine, runs) => (whole(machine, results)?, runs),
    };
    side.name = name.to_owned();
    match runs {
        Some(runs) => side.select(runs).map(|()| side),
        None => Ok(side),
    }
}

/// Splits a name into its machine and, after the last `@`, its runs.
///
/// ```
/// use miscount::compare::split;
/// assert_eq!(split("my@server@latest"), ("my@server", Some("latest")));
/// assert_eq!(split("my-server"), ("my-server", None));
/// ```
pub fn split(name: &str) -> (&str, Option<&str>) {
    name.rsplit_once('@').map_or((name, None), |(machine, runs)| (machine, Some(runs)))
}

/// The machine with this name, folder or file.
fn whole(name: &str, results: &Path) -> Result<Side, Error> {
    let (machines, errors) = results::read_all(results);
    let path = Path::new(name);
    if let Some(machine) = machines.iter().find(|m| m.card.id == name) {
        return Ok(Side::read(machine.clone(), &errors));
    }
    if path.is_dir() {
        // A results folder with one machine means that machine.
        let (inside, wrong) = results::read_all(path);
        let mut measured = inside.into_iter().filter(|m| m.origin == Origin::Measured);
        if let (Some(machine), None) = (measured.next(), measured.next()) {
            return Ok(Side::read(machine, &wrong));
        }
        let (machine, errors) = results::read_folder(path)?;
        return Ok(Side::read(machine, &errors));
    }
    if path.exists() {
        return file(path);
    }
    // The machine may exist but be unreadable: then that is the error.
    let theirs = results.join(name);
    match errors.into_iter().find(|e| e.path().starts_with(&theirs)) {
        Some(error) if !name.is_empty() => Err(error.into()),
        _ => Err(Error::Unknown { name: name.into(), machines: machines.into_iter().map(|m| m.card.id).collect() }),
    }
}

/// Reads a file: a run, the cells of an earlier version, or published figures.
fn file(path: &Path) -> Result<Side, Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let bytes = bytes(path)?;
    // The name only decides which reader and which error is used.
    let fields: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if fields.get("method").is_some() {
        return Ok(Side::of(published::read(path)?));
    }
    if fields.get("run").is_some() {
        let past = runs::parse(path, &bytes)?;
        let machine = folder.parent().and_then(|dir| results::read_folder(dir).ok());
        let machine = machine
            .map(|(machine, _)| machine)
            .or_else(|| past.card.clone().map(|card| Machine { card, ..Machine::default() }));
        let mut side = Side::of(machine.unwrap_or_else(|| alone(path, past.cells.clone())));
        put(&mut side.machine, [past]);
        return Ok(side);
    }
    let cells = parse_cells(path, &bytes)?;
    Ok(match results::read_folder(folder) {
        Ok((machine, errors)) => Side::read(Machine { cells, ..machine }, &errors),
        Err(_) => Side::of(alone(path, cells)),
    })
}

/// The machine of a single file. Its card only has a name, and the number of threads that had a CPU each.
fn alone(path: &Path, cells: Vec<Cell>) -> Machine {
    let within = cells.iter().filter(|c| c.facts.verdict != Verdict::Oversubscribed).map(|c| c.key.threads);
    let card = Card {
        id: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        usable_cpus: within.max().unwrap_or(0),
        ..Card::default()
    };
    Machine { card, cells, ..Machine::default() }
}

/// The machine that is meant without a name.
fn only(name: &str, results: &Path, here: &str) -> Result<Side, Error> {
    let (machines, _) = results::read_all(results);
    let ids: Vec<&str> = machines.iter().filter(|m| m.origin == Origin::Measured).map(|m| m.card.id.as_str()).collect();
    match &ids[..] {
        ids if ids.contains(&here) => whole(here, results),
        [one] => whole(one, results),
        _ => Err(Error::WhichMachine { name: name.into(), machines: ids.into_iter().map(str::to_owned).collect() }),
    }
}

/// Replaces the machine's cells by those of `runs`; each key appears once.
fn put(machine: &mut Machine, runs: impl IntoIterator<Item = PastRun>) {
    let mut cells: Vec<Cell> = Vec::new();
    machine.runs.clear();
    for past in runs {
        cells.extend(past.cells);
        machine.runs.insert(past.id, past.run);
    }
    cells.sort_by(|a, b| a.key.cmp(&b.key));
    machine.cells = cells;
}

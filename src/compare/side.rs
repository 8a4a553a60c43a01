//! What stands on one side of a comparison: a machine, a folder, a file, or runs of a machine.

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
    /// What it was called.
    pub name: String,
    /// The machine with the cells to compare.
    pub machine: Machine,
    /// Files that could not be read, and were left out.
    pub left_out: Vec<String>,
}

impl Side {
    /// A machine as it is.
    pub fn of(machine: Machine) -> Side {
        Side { name: machine.card.id.clone(), machine, left_out: Vec::new() }
    }

    /// A machine, and what could not be read in its folder.
    fn read(machine: Machine, errors: &[results::Error]) -> Side {
        let theirs = errors.iter().filter(|error| error.path().starts_with(&machine.folder));
        Side { left_out: theirs.map(ToString::to_string).collect(), ..Side::of(machine) }
    }

    /// Leaves the cells of the runs asked for: `latest`, `previous`, or the beginning of their ids.
    ///
    /// # Errors
    /// [`Error::NoRun`] when there are none, [`Error::OneRun`] when none is before the newest.
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

    /// What can be asked for: nothing where there is no run.
    fn selectable(&self) -> Vec<String> {
        let history = &self.machine.history;
        let mut seen = BTreeSet::new();
        let again = history.iter().flat_map(|past| &past.cells).any(|cell| !seen.insert(&cell.key));
        let latest = (!history.is_empty()).then_some("latest");
        let named = latest.into_iter().chain(again.then_some("previous"));
        named.chain(history.iter().map(|past| past.id.as_str())).map(str::to_owned).collect()
    }
}

/// Finds a side by its name: the id of a machine below `results`, also a published one; a machine's folder; its
/// file of a run, the `cells.json` of an earlier version, or a published file; and, after any of them that is a
/// machine, `@` and runs: `@latest` is each cell's newest run, `@previous` the one before it, anything else the runs whose id
/// begins so. Without a machine before the `@` it is `here`, if it has results, else the only measured one.
///
/// # Errors
/// [`Error`] when the name is nobody's, with what there is, or what it names cannot be read.
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

/// A name's machine and, behind its last `@`, its runs.
///
/// ```
/// use miscount::compare::split;
/// assert_eq!(split("my@server@latest"), ("my@server", Some("latest")));
/// assert_eq!(split("my-server"), ("my-server", None));
/// ```
pub fn split(name: &str) -> (&str, Option<&str>) {
    name.rsplit_once('@').map_or((name, None), |(machine, runs)| (machine, Some(runs)))
}

/// The machine of this name, its folder or its file.
fn whole(name: &str, results: &Path) -> Result<Side, Error> {
    let (machines, errors) = results::read_all(results);
    let path = Path::new(name);
    if let Some(machine) = machines.iter().find(|m| m.card.id == name) {
        return Ok(Side::read(machine.clone(), &errors));
    }
    if path.is_dir() {
        // A results folder of one machine is as good as that machine's.
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
    // The machine asked for may be there and unreadable: then that is what to say.
    let theirs = results.join(name);
    match errors.into_iter().find(|e| e.path().starts_with(&theirs)) {
        Some(error) if !name.is_empty() => Err(error.into()),
        _ => Err(Error::Unknown { name: name.into(), machines: machines.into_iter().map(|m| m.card.id).collect() }),
    }
}

/// A file: a run, the cells of an earlier version, or what others published.
fn file(path: &Path) -> Result<Side, Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let bytes = bytes(path)?;
    // Which of them it is only decides who reads it, and what is said when nobody can.
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

/// The machine of a file that lies alone: of its card a name is known, and how many threads had a CPU each.
fn alone(path: &Path, cells: Vec<Cell>) -> Machine {
    let within = cells.iter().filter(|c| c.facts.verdict != Verdict::Oversubscribed).map(|c| c.key.threads);
    let card = Card {
        id: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        usable_cpus: within.max().unwrap_or(0),
        ..Card::default()
    };
    Machine { card, cells, ..Machine::default() }
}

/// The machine that is meant where none is named.
fn only(name: &str, results: &Path, here: &str) -> Result<Side, Error> {
    let (machines, _) = results::read_all(results);
    let ids: Vec<&str> = machines.iter().filter(|m| m.origin == Origin::Measured).map(|m| m.card.id.as_str()).collect();
    match &ids[..] {
        ids if ids.contains(&here) => whole(here, results),
        [one] => whole(one, results),
        _ => Err(Error::WhichMachine { name: name.into(), machines: ids.into_iter().map(str::to_owned).collect() }),
    }
}

/// Puts the cells of `runs`, each key once, in place of the machine's own.
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

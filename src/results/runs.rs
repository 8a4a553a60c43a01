//! What each run measured: `runs/<run>.json`, one file a run, always whole.
//!
//! Cells stand nowhere else. The cells of a machine are chosen from its runs when they are read ([`newest`]). So a
//! damaged file costs one run, and two runs never change the same file.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::ser::{CompactFormatter, Formatter};

use super::cell::Key;
use super::read::{bytes, checked, entries, whole};
use super::{Cell, Error, Facts, Figures, SCHEMA, legacy, sense, text};
use crate::machine::{self, Card, Run};

/// A run is forgotten when each of its cells was measured this often since.
pub const KEEP: usize = 12;

/// Significant digits of a figure.
const DIGITS: usize = 6;

/// What one run measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PastRun {
    /// The run's id.
    pub id: String,
    /// Which run of its folder it is: 1, 2 and so on in the order in which they began, whatever the clock said; 0 in
    /// what earlier versions wrote.
    pub number: u64,
    /// The machine as this run found it; `None` in a file that lies alone and has none.
    pub card: Option<Card>,
    /// The run.
    pub run: Run,
    /// Its cells, sorted by key, each key once.
    pub cells: Vec<Cell>,
}

/// A file of schema 2 as it is read.
#[derive(Deserialize)]
struct File {
    id: String,
    number: u64,
    card: Card,
    run: Run,
    cells: Vec<Cell>,
}

/// A cell as it is written, less what a later version added.
#[derive(Serialize)]
struct Own<'c> {
    #[serde(flatten)]
    key: &'c Key,
    #[serde(flatten)]
    facts: Facts,
    #[serde(flatten)]
    figures: &'c Figures,
}

impl PastRun {
    /// The text of the run's file: one cell a line, sorted by key, figures with six digits.
    pub fn text(&self) -> String {
        let mut sorted: Vec<&Cell> = self.cells.iter().collect();
        sorted.sort_by_key(|cell| &cell.key);
        let line = |cell: &&Cell| {
            // The run is named once, above. A label may come from a crate of anybody's: what could not be read again
            // is not written.
            let facts = Facts { label: text::label(&cell.facts.label), run: String::new(), ..cell.facts.clone() };
            let Cell { key, figures, later, .. } = cell;
            let own = json(&Own { key, facts, figures });
            if later.is_empty() {
                return own;
            }
            // What a later version's figures are is not known: they keep all their digits.
            format!("{},{}", &own[..own.len() - 1], &plain(later)[1..])
        };
        let lines: Vec<String> = sorted.iter().map(line).collect();
        let (id, card, run) = (plain(&self.id), plain(&self.card.clone().unwrap_or_default()), plain(&self.run));
        format!(
            "{{\"schema\": {SCHEMA}, \"id\": {id}, \"number\": {},\n\"card\": {card},\n\"run\": {run},\n\"cells\": [\n{}\n]}}\n",
            self.number,
            lines.join(",\n")
        )
    }

    /// CPUs that the run could use; 0 where that is unknown.
    fn usable_cpus(&self) -> usize {
        self.card.as_ref().map_or(0, |card| card.usable_cpus)
    }

    /// By what runs are sorted: the newest is the greatest.
    fn age(&self) -> (u64, &str, &str) {
        (self.number, &self.run.started, &self.id)
    }
}

/// Whether an id can name a file everywhere: 1 to 64 of `[a-z0-9._-]`, beginning with a letter or digit.
pub fn is_run_id(id: &str) -> bool {
    machine::is_name(id)
}

pub(super) fn folder(machine: &Path) -> PathBuf {
    machine.join("runs")
}

/// Where a machine's folder holds a run.
pub fn path(machine: &Path, run: &str) -> PathBuf {
    folder(machine).join(format!("{run}.json"))
}

fn plain(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

/// JSON with figures cut to [`DIGITS`].
fn json(value: &impl Serialize) -> String {
    struct Short;
    impl Formatter for Short {
        fn write_f64<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, x: f64) -> std::io::Result<()> {
            CompactFormatter.write_f64(writer, short(x))
        }
    }
    let mut out = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut out, Short);
    value.serialize(&mut writer).expect("a run and its cells are plain data");
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// The figure with so many digits that no interval is moved by what is cut off.
fn short(x: f64) -> f64 {
    let rounded = format!("{x:.*e}", DIGITS - 1).parse().unwrap_or(x);
    // A share that is almost 1 is not 1.
    if rounded == 1.0 { x } else { rounded }
}

/// Reads the bytes of a run's file, or of one in the `history/` of earlier versions. `path` is only for the words of
/// an error.
///
/// # Errors
/// When the bytes are not UTF-8 or not the format, the id, the card, the run or a cell cannot be, a key comes twice,
/// the tables would be too large, or a later version wrote them.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<PastRun, Error> {
    let (text, schema) = checked(path, bytes)?;
    let mut past = if schema == 1 {
        legacy::run(path, text)?
    } else {
        let File { id, number, card, run, cells } = serde_json::from_str(text).map_err(|e| Error::corrupt(path, e))?;
        if let Some(fault) = sense::card_fault(&card) {
            return Err(Error::corrupt(path, fault));
        }
        let mut cells = whole(path, text, cells)?;
        cells.iter_mut().for_each(|cell| cell.facts.run.clone_from(&id));
        PastRun { id, number, card: Some(card), run, cells }
    };
    past.run.sort_notes();
    let bad_id = || (!is_run_id(&past.id)).then(|| format!("{:?} is no run id", past.id));
    match bad_id().or_else(|| sense::run_fault(&past.run)) {
        Some(fault) => Err(Error::corrupt(path, fault)),
        None => Ok(past),
    }
}

/// Reads the files of runs in a folder, in no order. What cannot be read is left out and its error returned.
/// Without the folder there is nothing.
pub(super) fn files(folder: &Path) -> (Vec<PastRun>, Vec<Error>) {
    let (mut runs, mut errors) = (Vec::new(), Vec::new());
    for path in entries(folder, &mut errors) {
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        match bytes(&path).and_then(|bytes| parse(&path, &bytes)) {
            Ok(run) if path.file_stem().is_some_and(|stem| stem == run.id.as_str()) => runs.push(run),
            Ok(run) => errors.push(Error::corrupt(&path, format!("it holds the run {:?}", run.id))),
            Err(error) => errors.push(error),
        }
    }
    (runs, errors)
}

/// Puts the newest run first.
pub(super) fn sort(runs: &mut [PastRun]) {
    runs.sort_by(|a, b| b.age().cmp(&a.age()));
}

/// The cells of a machine: of each key the newest. A cell taken with `--quick` replaces no full one, nor does one of
/// a run with fewer CPUs replace one of a run with more.
pub fn newest(runs: &[PastRun]) -> Vec<Cell> {
    if let [only] = runs {
        return only.cells.clone();
    }
    let mut best = BTreeMap::<&Key, (_, &Cell)>::new();
    for past in runs {
        for cell in &past.cells {
            let rank = (!cell.facts.quick, past.usable_cpus(), past.age());
            match best.entry(&cell.key) {
                Entry::Vacant(free) => {
                    free.insert((rank, cell));
                }
                Entry::Occupied(mut taken) if taken.get().0 < rank => {
                    taken.insert((rank, cell));
                }
                Entry::Occupied(_) => {}
            }
        }
    }
    best.into_values().map(|(_, cell)| cell.clone()).collect()
}

/// The machine as its newest run found it, with as many usable CPUs as any of the runs had; `None` where no run has
/// a card.
pub(super) fn card(runs: &[PastRun]) -> Option<Card> {
    let newest = runs.iter().max_by_key(|past| (past.card.is_some(), past.age()))?;
    let usable_cpus = runs.iter().map(PastRun::usable_cpus).max()?;
    newest.card.clone().map(|card| Card { usable_cpus, ..card })
}

/// Forgets the runs all of whose cells were measured [`KEEP`] times since. The run that is being measured stays.
pub(super) fn prune(machine: &Path, runs: &[PastRun], measured: &str) {
    let mut seen = HashMap::<&Key, usize>::new();
    let mut sorted: Vec<&PastRun> = runs.iter().collect();
    sorted.sort_by_key(|past| Reverse(past.age()));
    for past in sorted {
        let mut needed = past.id == measured;
        for cell in &past.cells {
            let newer = seen.entry(&cell.key).or_default();
            needed |= *newer < KEEP;
            *newer += 1;
        }
        if !needed {
            // One that cannot be removed now is only larger than it need be.
            let _ = fs::remove_file(path(machine, &past.id));
        }
    }
}

#[cfg(test)]
mod tests;

//! What each run measured, kept after newer runs have replaced its cells: `history/<run>.json`.
//!
//! One small file a run: a file that is damaged costs one run, and two runs never change the same file.

mod line;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cell::Key;
use super::read::{Machine, bytes, checked};
use super::{Cell, Error, SCHEMA};
use crate::machine::Run;
use line::Line;

/// A run is forgotten when each of its cells was measured this often since.
pub const KEEP: usize = 12;

/// What one run measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PastRun {
    /// The run's id.
    pub id: String,
    /// The run.
    pub run: Run,
    /// Its cells, sorted by key, each key once: verdict, time, loss, and what cells are ranked by (net cost, overhead
    /// of a lock, cost of reads and writes); the rest is absent.
    pub cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct File {
    id: String,
    run: Run,
    cells: Vec<Line>,
}

/// Whether an id can name a file everywhere: 1 to 64 of `[a-z0-9._-]`, beginning with a letter or digit.
pub fn is_run_id(id: &str) -> bool {
    let alnum = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=64).contains(&id.len())
        && id.bytes().next().is_some_and(alnum)
        && id.bytes().all(|b| alnum(b) || matches!(b, b'.' | b'_' | b'-'))
}

pub(super) fn folder(machine: &Path) -> PathBuf {
    machine.join("history")
}

/// Where the history of a machine's folder holds a run.
pub fn path(machine: &Path, run: &str) -> PathBuf {
    folder(machine).join(format!("{run}.json"))
}

/// The text of a history file: one cell a line, sorted by key.
pub fn text(id: &str, run: &Run, cells: &[Cell]) -> String {
    let mut sorted: Vec<&Cell> = cells.iter().collect();
    sorted.sort_by_cached_key(|cell| cell.key());
    let lines: Vec<String> = sorted.iter().map(|cell| json(&Line::of(cell))).collect();
    let (id, run) = (json(&id), json(run));
    format!("{{\"schema\": {SCHEMA}, \"id\": {id}, \"run\": {run}, \"cells\": [\n{}\n]}}\n", lines.join(",\n"))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("a run and its cells are plain data")
}

/// Reads the bytes of a history file. `path` is only for the words of an error.
///
/// # Errors
/// When the bytes are not UTF-8 or not the format, the id or a cell cannot be, a key comes twice, or a later
/// version wrote them.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<PastRun, Error> {
    let text = checked(path, bytes)?;
    let File { id, run, cells } = serde_json::from_str(text).map_err(|e| Error::corrupt(path, e))?;
    if !is_run_id(&id) {
        return Err(Error::corrupt(path, format!("{id:?} is no run id")));
    }
    let mut by_key = BTreeMap::new();
    for line in cells {
        let cell = line.cell(&id, &run.started);
        let name = format!("{} {} at {} threads, {}", cell.bench, cell.subject, cell.threads, cell.level);
        if let Some(fault) = cell.fault() {
            return Err(Error::corrupt(path, format!("{name}: {fault}")));
        }
        if by_key.insert(cell.key(), cell).is_some() {
            return Err(Error::corrupt(path, format!("{name}: a second cell of this key")));
        }
    }
    Ok(PastRun { id, run, cells: by_key.into_values().collect() })
}

/// Reads the runs in the history of a machine's folder, the newest first. What cannot be read is left out and
/// its error returned. Without a history there is nothing.
pub fn read(machine: &Path) -> (Vec<PastRun>, Vec<Error>) {
    let (mut runs, mut errors) = (Vec::new(), Vec::new());
    for path in super::read::entries(&folder(machine), &mut errors) {
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let read = bytes(&path).and_then(|bytes| parse(&path, &bytes));
        match read {
            Ok(run) if path.file_stem().is_some_and(|stem| stem == run.id.as_str()) => runs.push(run),
            Ok(run) => errors.push(Error::corrupt(&path, format!("it holds the run {:?}", run.id))),
            Err(error) => errors.push(error),
        }
    }
    runs.sort_by(newest_first);
    (runs, errors)
}

fn newest_first(a: &PastRun, b: &PastRun) -> std::cmp::Ordering {
    (&b.run.started, &b.id).cmp(&(&a.run.started, &a.id))
}

/// Every run of a machine, the newest first: those of its history, and the runs behind its cells that have no
/// place there, as they are after a version without a history.
pub fn runs(machine: &Machine, history: Vec<PastRun>) -> Vec<PastRun> {
    let mut runs = history;
    for (id, run) in &machine.runs {
        let cells = || machine.cells.iter().filter(|cell| cell.run == *id).cloned();
        if runs.iter().all(|past| past.id != *id) && cells().next().is_some() {
            runs.push(PastRun { id: id.clone(), run: run.clone(), cells: cells().collect() });
        }
    }
    runs.sort_by(newest_first);
    runs
}

/// Adds cells to a run's file, the newer ones in place of older ones of their key.
pub(super) fn add(machine: &Path, id: &str, run: &Run, cells: &[Cell]) -> Result<(), Error> {
    if !is_run_id(id) || cells.is_empty() {
        return Ok(());
    }
    let folder = folder(machine);
    fs::create_dir_all(&folder).map_err(Error::io(&folder, super::store::FULL))?;
    let path = path(machine, id);
    let old = if path.exists() { parse(&path, &bytes(&path)?)?.cells } else { Vec::new() };
    let mut merged: BTreeMap<Key, Cell> = old.into_iter().map(|cell| (cell.key(), cell)).collect();
    merged.extend(cells.iter().map(|cell| (cell.key(), cell.clone())));
    let merged: Vec<Cell> = merged.into_values().collect();
    super::replace(&path, &text(id, run, &merged))
}

/// Forgets the runs all of whose cells were measured [`KEEP`] times since. Files that cannot be read stay, and so
/// does the run that is being measured, whatever the clock said when it began.
pub(super) fn prune(machine: &Path, measured: &str) {
    let mut seen = HashMap::<Key, usize>::new();
    for past in read(machine).0 {
        let mut needed = past.id == measured;
        for cell in &past.cells {
            let newer = seen.entry(cell.key()).or_default();
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
mod tests {
    use super::*;
    use crate::counter::Grade;
    use crate::hazard::Anomalies;
    use crate::results::{Holding, Interval, LossRate, Reading};
    use crate::round::Verdict;
    use crate::workload::Placement;

    fn cell(subject: &str, ns: f64) -> Cell {
        let line = Line {
            key: ("counters".into(), subject.into(), String::new(), 2, "saturated".into(), Placement::Spread),
            family: "atomic".into(),
            grade: Grade::Exact,
            verdict: Verdict::Valid,
            ns: Some([ns * 0.99, ns, ns * 1.01]),
            net: None,
            loss: Some([0.0; 4]),
            anomalies: None,
            held: None,
            mix: None,
            rounds: None,
            distances: Vec::new(),
            quick: false,
        };
        line.cell("r", "2026-01-02T03:04:05Z")
    }

    fn run(n: usize) -> (String, Run) {
        (format!("r{n:03}"), Run { started: format!("2026-01-02T03:{n:02}:00Z"), ..Run::default() })
    }

    #[test]
    fn what_is_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let (id, run) = run(1);
        let mut racy = cell("load_store", 1.23456789);
        racy.loss_rate = Some(LossRate { min: 0.0, median: 0.25, max: 0.999_999_99, pooled: 1.0 });
        racy.net_ns_per_op = Some(Interval { low: -0.5, median: 0.0, high: 123_456_789.0 });
        racy.anomalies = Some(Anomalies { kind: "torn".into(), seen: 1, of: 2 });
        racy.quick = true;
        let anomalies = racy.anomalies.clone();
        add(dir.path(), &id, &run, &[cell("fetch_add", 8.0), racy]).unwrap();
        add(dir.path(), &id, &run, &[cell("fetch_add", 9.0)]).unwrap();
        let (runs, errors) = read(dir.path());
        assert!(errors.is_empty(), "{errors:?}");
        let [past] = &runs[..] else { panic!("{runs:?}") };
        assert_eq!((&past.id, &past.run, past.cells.len()), (&id, &run, 2));
        assert_eq!(past.cells[0].ns_per_op_per_thread.unwrap().median, 9.0, "the newer one");
        let racy = &past.cells[1];
        assert_eq!(racy.ns_per_op_per_thread.unwrap().median, 1.23457);
        assert_eq!(racy.net_ns_per_op.unwrap(), Interval { low: -0.5, median: 0.0, high: 123_457_000.0 });
        assert_eq!(racy.loss_rate.unwrap().max, 0.999_999_99, "not all");
        assert_eq!((racy.attempted, racy.goodput), (None, None));
        assert_eq!((&racy.anomalies, racy.quick, past.cells[0].quick), (&anomalies, true, false));
        assert_eq!((&racy.run, &racy.recorded), (&id, &run.started));
        assert_eq!(past.cells[0].net_ns_per_op, None);
        assert_eq!((past.cells[0].holding, past.cells[0].reading), (None, None));
    }

    #[test]
    fn what_locks_and_mixes_are_ranked_by_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let (id, run) = run(1);
        let three = |x: f64| Interval { low: -x, median: x, high: 2.0 * x };
        let (mut lock, mut oversubscribed, mut mix) = (cell("a", 8.0), cell("b", 8.0), cell("c", 8.0));
        let holding =
            Holding { critical_ns: 99.5, parallel_ns: 901.0, overhead_ns: Some(three(31.5)), hand_off_rate: 0.25 };
        lock.holding = Some(holding);
        oversubscribed.holding = Some(Holding { overhead_ns: None, ..holding });
        mix.reading = Some(Reading {
            share: 0.9,
            read_ns: Some(three(2.0)),
            write_ns: None,
            longest_write_ns: Some(7.0),
            error: None,
        });
        add(dir.path(), &id, &run, &[lock, oversubscribed, mix.clone()]).unwrap();
        let cells = read(dir.path()).0.remove(0).cells;
        assert_eq!(cells[0].holding, Some(holding));
        assert_eq!(cells[1].holding.unwrap().overhead_ns, None);
        assert_eq!(cells[2].reading, mix.reading.map(|r| Reading { longest_write_ns: None, ..r }), "not compared");
        assert_eq!(crate::rank::cost(&cells[0]), Some((crate::rank::Basis::Net, three(31.5))));
    }

    #[test]
    fn what_earlier_versions_wrote_is_read() {
        let line = r#"{"key":["locks","mcs","",2,"c100_p900","spread"],"family":"spinning","grade":"exact","verdict":"valid","ns":[1029.0,1030.0,1031.0]}"#;
        let text = format!("{{\"schema\": 1, \"id\": \"r\", \"run\": {}, \"cells\": [{line}]}}", json(&Run::default()));
        let past = parse(Path::new("r.json"), text.as_bytes()).unwrap();
        assert_eq!(past.cells[0].ns_per_op_per_thread.unwrap().median, 1030.0);
        assert_eq!(past.cells[0].holding, None);
    }

    #[test]
    fn any_bytes_are_named_left_out_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (id, run) = run(1);
        add(dir.path(), &id, &run, &[cell("fetch_add", 8.0)]).unwrap();
        let good = fs::read_to_string(path(dir.path(), &id)).unwrap();
        let other = |from: &str, to: &str| {
            let text = good.replace("r001", "bad").replacen(from, to, 1);
            assert_ne!(text, good);
            text.into_bytes()
        };
        let line = good.lines().nth(1).unwrap();
        let hostile = [
            b"garbage".to_vec(),
            vec![0xff, 0xfe],
            Vec::new(),
            other("\"schema\": 1", "\"schema\": 99"),
            other("\"id\": \"bad\"", "\"id\": \"../bad\""),
            other("\"id\": \"bad\"", "\"id\": \"another\""),
            other("8.0", "-8.0"),
            other("8.0", "1e999"),
            other("\"fetch_add\"", "\"<script>\""),
            other("\"loss\"", "\"held\":[[1.0,1.0,1.5],null],\"loss\""),
            other("\"loss\"", "\"mix\":[0.5,[1.0,1e999,1.0],null],\"loss\""),
            other(line, &format!("{line},\n{line}")),
        ];
        for bytes in hostile {
            let bad = path(dir.path(), "bad");
            fs::write(&bad, &bytes).unwrap();
            let (runs, errors) = read(dir.path());
            assert_eq!((runs.len(), errors.len()), (1, 1), "{}", String::from_utf8_lossy(&bytes));
            assert!(errors[0].to_string().contains("bad.json"), "{}", errors[0]);
            prune(dir.path(), "");
            let refused = add(dir.path(), "bad", &run, &[cell("fetch_add", 8.0)]);
            assert!(refused.is_err() || bytes == other("\"id\": \"bad\"", "\"id\": \"another\""));
            if refused.is_err() {
                assert_eq!(fs::read(&bad).unwrap(), bytes);
            }
        }
    }

    #[test]
    fn a_run_stays_while_a_cell_of_it_is_among_the_newest() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..KEEP + 3 {
            let (id, run) = run(n);
            // The second run and the last alone measured `mcs`.
            let both = n == 1 || n == KEEP + 2;
            let cells =
                if both { vec![cell("fetch_add", 8.0), cell("mcs", 8.0)] } else { vec![cell("fetch_add", 8.0)] };
            add(dir.path(), &id, &run, &cells).unwrap();
        }
        prune(dir.path(), "");
        let left: Vec<String> = read(dir.path()).0.into_iter().map(|past| past.id).collect();
        assert_eq!(left.len(), KEEP + 1, "{left:?}");
        assert_eq!(left[0], format!("r{:03}", KEEP + 2), "the newest first");
        assert_eq!(left[KEEP], "r001", "r000 and r002 are gone");
    }

    #[test]
    fn only_what_can_be_a_file_is_a_run_id() {
        for good in ["20261121t214003z-1a2b", "r1", "a..b", "0", &"x".repeat(64)] {
            assert!(is_run_id(good), "{good}");
        }
        for bad in ["", ".", "../x", "a/b", "A", "-a", "a b", &"x".repeat(65)] {
            assert!(!is_run_id(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_no_run_is_neither_written_nor_read() {
        let dir = tempfile::tempdir().unwrap();
        let (id, run) = run(1);
        add(dir.path(), "../outside", &run, &[cell("fetch_add", 8.0)]).unwrap();
        add(dir.path(), &id, &run, &[]).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "not even a folder");
        add(dir.path(), &id, &run, &[cell("fetch_add", 8.0)]).unwrap();
        fs::write(dir.path().join("history/notes.txt"), "mine").unwrap();
        let (runs, errors) = read(dir.path());
        assert_eq!((runs.len(), errors.len()), (1, 0));
    }

    #[test]
    fn a_full_run_is_small() {
        let cells: Vec<Cell> = (0..770)
            .map(|n| {
                let mut cell = cell(&format!("counter_{n}"), 12.3456789 + n as f64);
                cell.net_ns_per_op = cell.ns_per_op_per_thread;
                cell
            })
            .collect();
        let (id, run) = run(1);
        assert!(text(&id, &run, &cells).len() < 180_000);
    }
}

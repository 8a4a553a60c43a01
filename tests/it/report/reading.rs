//! Reading folders of results: right files are kept, wrong ones are named.

use std::fs;
use std::path::Path;

use miscount::report::{matrix, page};
use miscount::results::legacy::{MachineFile, parse_cells, parse_machine};
use miscount::results::read::Resolution;
use miscount::results::{Error, Machine, Origin, read_all, read_machine, runs};
use miscount::round::Verdict;

use super::{published, sample, synthetic};
use crate::folders::{past, put};

fn cells_error(bytes: impl AsRef<[u8]>) -> Error {
    parse_cells(Path::new("some/cells.json"), bytes.as_ref()).expect_err("these bytes are no cells")
}

#[test]
fn what_is_written_is_read_again() {
    let results = tempfile::tempdir().unwrap();
    let written = sample();
    let dir = put(results.path(), &written);
    let read = read_machine(&dir).unwrap();
    // Compared as text: a figure that changes by being read would show in every later diff.
    let text = |machine: &Machine| past(machine).remove(0).text();
    assert!(text(&read) == text(&written), "figures changed by being read");
    let keys = |machine: &Machine| machine.cells.iter().map(|cell| cell.key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&read), keys(&written));
    assert_eq!((&read.card, &read.runs, &read.origin), (&written.card, &written.runs, &Origin::Measured));
    assert_eq!((read.history.len(), &read.folder), (1, &dir));

    let mut shuffled = written.clone();
    shuffled.cells.reverse();
    assert_eq!(text(&shuffled), text(&written), "the order on disk is that of the keys");
    assert_eq!(text(&written).lines().count(), written.cells.len() + 5, "one cell a line");
}

#[test]
fn a_machine_without_cells_has_none() {
    let results = tempfile::tempdir().unwrap();
    let file = MachineFile { schema: 1, card: sample().card, runs: sample().runs };
    fs::write(results.path().join("machine.json"), serde_json::to_string(&file).unwrap()).unwrap();
    assert!(read_machine(results.path()).unwrap().cells.is_empty());
    fs::remove_file(results.path().join("machine.json")).unwrap();
    assert!(matches!(read_machine(results.path()), Err(Error::Io { .. })));
}

#[test]
fn a_later_schema_is_refused_as_such() {
    let error = cells_error("{\"schema\": 3, \"cells\": {\"of\": [\"another\", \"shape\"]}}");
    assert!(matches!(error, Error::Newer { found: 3, .. }), "{error}");
    let error = cells_error("{\"schema\": 99999999999, \"cells\": []}");
    assert!(matches!(error, Error::Newer { .. }), "{error}");
    for none in ["{\"cells\": []}", "{\"schema\": 0, \"cells\": []}", "{\"schema\": \"1\", \"cells\": []}"] {
        assert!(matches!(cells_error(none), Error::Corrupt { .. }), "{none}");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let mut four = past(&sample()).remove(0);
    four.cells.truncate(4);
    let good = four.text();
    let lines: Vec<&str> = good.lines().collect();
    let with = |n: usize, line: &str| {
        let mut all = lines.clone();
        all[n - 1] = line;
        all.join("\n")
    };
    let said = |bytes: &[u8]| {
        let text = runs::parse(Path::new("some/r1.json"), bytes).expect_err("no run").to_string();
        assert!(text.starts_with("some/r1.json: "), "{text}");
        text
    };
    assert!(said(with(6, "{\"bench\": oops},").as_bytes()).contains("line 6"));
    assert!(said(with(7, &lines[6].replace("\"sample_ms\":40.0", "\"sample_ms\":NaN")).as_bytes()).contains("line 7"));
    assert!(
        said(with(7, &lines[6].replace("\"sample_ms\":40.0", "\"sample_ms\":1e999")).as_bytes()).contains("line 7")
    );
    assert!(said(with(7, &lines[6].replace("\"sample_ms\":40.0", "\"sample_ms\":-1.0")).as_bytes()).contains("line 7"));
    let twice = said(with(6, lines[4]).as_bytes());
    assert!(twice.contains("line 6") && twice.contains("second cell"), "{twice}");
    assert!(said(format!("{good}garbage").as_bytes()).contains("line 10"));
    assert!(said(&good.as_bytes()[..good.len() / 2]).contains("EOF"));
    let mut bytes = good.clone().into_bytes();
    let second = good.find('\n').unwrap() + 10;
    bytes[second] = 0xff;
    assert!(said(&bytes).contains("not UTF-8 at line 2"));
    // Laid out by another tool, the file has no line a cell: the cell's place in the list is named.
    let one_line = with(7, &lines[6].replace("\"sample_ms\":40.0", "\"sample_ms\":-1.0")).replace('\n', "");
    assert!(said(one_line.as_bytes()).contains("cell 3"));
}

#[test]
fn a_card_needs_an_id() {
    let path = Path::new("machine.json");
    let file = MachineFile { schema: 1, card: sample().card, runs: sample().runs };
    let text = serde_json::to_string(&file).unwrap();
    assert_eq!(parse_machine(path, text.as_bytes()).unwrap(), file);
    let nameless = text.replace("made_up_2", " ");
    assert!(parse_machine(path, nameless.as_bytes()).is_err());
}

#[test]
fn bad_folders_are_left_out_and_the_rest_is_kept() {
    let results = tempfile::tempdir().unwrap();
    for id in ["b_good", "a_good"] {
        put(results.path(), &synthetic::machine(id, &synthetic::COUNTERS));
    }
    let bad = put(results.path(), &synthetic::machine("c_bad", &synthetic::COUNTERS));
    fs::write(bad.join("runs/r1.json"), b"\x00\xff").unwrap();
    let twin = results.path().join("d_twin");
    fs::create_dir_all(twin.join("runs")).unwrap();
    fs::copy(results.path().join("a_good/runs/r1.json"), twin.join("runs/r1.json")).unwrap();
    fs::create_dir(results.path().join("not_ours")).unwrap();
    fs::write(results.path().join("README.md"), "words").unwrap();
    fs::create_dir(results.path().join("published")).unwrap();
    fs::write(results.path().join("published/bad.json"), "[]").unwrap();
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/published/icelake-4c.json");
    fs::copy(shared, results.path().join("published/a.json")).unwrap();
    fs::write(bad.join("null_study.json"), "{}").unwrap();
    let study = results.path().join("b_good/null_study.json");
    fs::write(&study, "{\"schema\": 1, \"levels\": [{\"level\": \"high\", \"within_ns\": \"?\"}]}").unwrap();

    let (machines, errors) = read_all(results.path());
    let ids: Vec<&str> = machines.iter().map(|m| m.card.id.as_str()).collect();
    assert_eq!(ids, ["a_good", "b_good", "icelake-4c"], "measured first, by id");
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(text.len(), 4, "{text:?}");
    for path in ["c_bad/runs/r1.json", "d_twin", "published/bad.json", "b_good/null_study.json"] {
        let start = results.path().join(path).display().to_string();
        assert!(text.iter().any(|t| t.starts_with(&start)), "nothing said of {path}: {text:?}");
    }
    let page = page::render(&machines, &errors);
    assert!(page.contains("id=\"left-out\"") && page.contains("bad.json: "));
}

#[test]
fn a_folder_that_is_not_there_holds_nothing() {
    let results = tempfile::tempdir().unwrap();
    let (machines, errors) = read_all(&results.path().join("nowhere"));
    assert!(machines.is_empty() && errors.is_empty());
}

#[cfg(unix)]
#[test]
fn links_and_odd_files_do_no_harm() {
    use std::os::unix::fs::symlink;
    let results = tempfile::tempdir().unwrap();
    put(results.path(), &sample());
    symlink(results.path(), results.path().join("cycle")).unwrap();
    symlink(results.path().join("itself"), results.path().join("itself")).unwrap();
    symlink(results.path().join("made_up_2"), results.path().join("again")).unwrap();
    let odd = results.path().join("odd");
    fs::create_dir(&odd).unwrap();
    // Reading it as a file would never end.
    symlink("/dev/zero", odd.join("machine.json")).unwrap();
    let (machines, errors) = read_all(results.path());
    assert_eq!(machines.len(), 1, "one machine, though two names lead to it");
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("itself: ") && said[1].contains("not a regular file"), "{said:?}");
}

#[test]
fn a_huge_file_is_refused_unread() {
    let results = tempfile::tempdir().unwrap();
    let dir = put(results.path(), &sample());
    fs::File::create(dir.join("runs/r1.json")).unwrap().set_len(65 << 20).unwrap();
    assert!(read_machine(&dir).unwrap_err().to_string().contains("larger than the 64 MiB"));
}

#[test]
fn a_null_study_sets_the_resolution() {
    let results = tempfile::tempdir().unwrap();
    let dir = put(results.path(), &sample());
    let study = r#"{"schema": 1, "levels": [{"level": "high", "threads": 1, "within_ns": 0.5, "between_ns": 9.0},
        {"level": "high", "threads": 2, "within_ns": 7.5, "between_ns": 9.0}]}"#;
    fs::write(dir.join("null_study.json"), study).unwrap();
    let machine = read_machine(&dir).unwrap();
    assert_eq!(
        machine.resolution[1],
        Resolution { level: "high".into(), threads: 2, ns: 7.5, between_ns: 9.0, between_log: None }
    );
    let view = matrix::views(&machine, |c| c.key.level == "high").remove(0);
    for column in &view.columns {
        let found = [0.5, 7.5, 9.0][column.threads.min(3) - 1];
        assert_eq!(column.resolution, found, "{} threads", column.threads);
    }
    assert!(view.columns.iter().any(|column| column.threads > 2), "oversubscribed ones are there too");
    fs::write(dir.join("null_study.json"), "{").unwrap();
    assert!(read_machine(&dir).is_err());
}

#[test]
fn every_published_file_is_read() {
    let machines = published();
    assert_eq!(machines.len(), 6);
    assert_eq!(machines.iter().map(|m| m.cells.len()).sum::<usize>(), 651);
    let milan = machines.iter().find(|m| m.card.id == "epyc-milan-2024").expect("EPYC Milan");
    let view = matrix::views(milan, |_| true).remove(0);
    assert_eq!(view.columns.len(), 42, "thread counts");
    assert!(milan.cells.iter().all(|c| c.facts.verdict == Verdict::Unpinned), "its threads were not pinned");
    let icelake = machines.iter().find(|m| m.card.id == "icelake-4c").expect("Ice Lake");
    assert!(icelake.cells.iter().all(|c| (c.facts.verdict == Verdict::Oversubscribed) == (c.key.threads > 4)));
    assert!(
        icelake.cells.iter().all(|c| c.figures.goodput.is_none() && c.figures.loss_rate.is_none()),
        "losses were not recorded"
    );
}

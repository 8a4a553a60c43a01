//! What is on disk against what people are shown.

#[path = "browser/synthetic.rs"]
mod synthetic;

use std::fs;
use std::path::{Path, PathBuf};

use miscount::counter::Grade;
use miscount::report::matrix::{self, Cost, Mark, Part};
use miscount::report::{markdown, page, terminal};
use miscount::results::read::{MachineFile, Resolution, cells_text, parse_cells, parse_machine};
use miscount::results::{Error, Interval, Machine, Origin, SCHEMA, read_all, read_machine};
use miscount::round::Verdict;

fn sample() -> Machine {
    synthetic::machine("made_up_2", &synthetic::COUNTERS)
}

/// Puts a machine into its folder under `results`.
fn put(results: &Path, machine: &Machine) -> PathBuf {
    let dir = results.join(&machine.card.id);
    fs::create_dir_all(&dir).unwrap();
    let file = MachineFile { schema: SCHEMA, card: machine.card.clone(), runs: machine.runs.clone() };
    fs::write(dir.join("machine.json"), serde_json::to_string(&file).unwrap()).unwrap();
    fs::write(dir.join("cells.json"), cells_text(&machine.cells)).unwrap();
    dir
}

fn cells_error(bytes: impl AsRef<[u8]>) -> Error {
    parse_cells(Path::new("some/cells.json"), bytes.as_ref()).expect_err("these bytes are no cells")
}

fn published() -> Vec<Machine> {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let (machines, errors) = read_all(&results);
    let theirs = results.join("published").display().to_string();
    assert!(errors.iter().all(|e| !e.to_string().starts_with(&theirs)), "{errors:?}");
    machines.into_iter().filter(|m| m.origin != Origin::Measured).collect()
}

// ---- reading ----------------------------------------------------------------------------------

#[test]
fn what_is_written_is_read_again() {
    let results = tempfile::tempdir().unwrap();
    let written = sample();
    let dir = put(results.path(), &written);
    let read = read_machine(&dir).unwrap();
    // Compared as text first: a figure that changes by being read would show in every later diff.
    assert!(cells_text(&read.cells) == cells_text(&written.cells), "figures changed by being read");
    assert_eq!(read.cells, written.cells);
    assert_eq!((read.card, read.runs, read.origin), (written.card, written.runs, Origin::Measured));

    let mut shuffled = written.cells.clone();
    shuffled.reverse();
    let text = cells_text(&shuffled);
    assert_eq!(text, cells_text(&written.cells), "the order on disk is that of the keys");
    assert_eq!(text.lines().count(), written.cells.len() + 2, "one cell a line");
    assert!(parse_cells(&dir, cells_text(&[]).as_bytes()).unwrap().is_empty());
}

#[test]
fn a_machine_without_cells_has_none() {
    let results = tempfile::tempdir().unwrap();
    let dir = put(results.path(), &sample());
    fs::remove_file(dir.join("cells.json")).unwrap();
    assert!(read_machine(&dir).unwrap().cells.is_empty());
    fs::remove_file(dir.join("machine.json")).unwrap();
    assert!(matches!(read_machine(&dir), Err(Error::Io { .. })));
}

#[test]
fn a_later_schema_is_refused_as_such() {
    let error = cells_error("{\"schema\": 2, \"cells\": {\"of\": [\"another\", \"shape\"]}}");
    assert!(matches!(error, Error::Newer { found: 2, .. }), "{error}");
    let error = cells_error("{\"schema\": 99999999999, \"cells\": []}");
    assert!(matches!(error, Error::Newer { .. }), "{error}");
    for none in ["{\"cells\": []}", "{\"schema\": 0, \"cells\": []}", "{\"schema\": \"1\", \"cells\": []}"] {
        assert!(matches!(cells_error(none), Error::Corrupt { .. }), "{none}");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let cells = &sample().cells[..4];
    let good = cells_text(cells);
    let lines: Vec<&str> = good.lines().collect();
    let with = |n: usize, line: &str| {
        let mut all = lines.clone();
        all[n - 1] = line;
        all.join("\n")
    };
    let said = |bytes: &[u8]| {
        let text = cells_error(bytes).to_string();
        assert!(text.starts_with("some/cells.json: "), "{text}");
        text
    };
    assert!(said(with(3, "{\"bench\": oops},").as_bytes()).contains("line 3"));
    assert!(said(with(4, &lines[3].replace("\"sample_ms\":40.0", "\"sample_ms\":NaN")).as_bytes()).contains("line 4"));
    assert!(
        said(with(4, &lines[3].replace("\"sample_ms\":40.0", "\"sample_ms\":1e999")).as_bytes()).contains("line 4")
    );
    assert!(said(with(4, &lines[3].replace("\"sample_ms\":40.0", "\"sample_ms\":-1.0")).as_bytes()).contains("line 4"));
    let twice = said(with(3, lines[1]).as_bytes());
    assert!(twice.contains("line 3") && twice.contains("second cell"), "{twice}");
    assert!(said(format!("{good}garbage").as_bytes()).contains("line 7"));
    assert!(said(&good.as_bytes()[..good.len() / 2]).contains("EOF"));
    let mut bytes = good.clone().into_bytes();
    let second = good.find('\n').unwrap() + 10;
    bytes[second] = 0xff;
    assert!(said(&bytes).contains("not UTF-8 at line 2"));
    // Laid out by another tool, the file has no line a cell: the cell's place in the list is named.
    let one_line = with(4, &lines[3].replace("\"sample_ms\":40.0", "\"sample_ms\":-1.0")).replace('\n', "");
    assert!(said(one_line.as_bytes()).contains("cell 3"));
}

#[test]
fn a_card_needs_an_id() {
    let path = Path::new("machine.json");
    let file = MachineFile { schema: SCHEMA, card: sample().card, runs: sample().runs };
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
    fs::write(bad.join("cells.json"), b"\x00\xff").unwrap();
    let twin = results.path().join("d_twin");
    fs::create_dir(&twin).unwrap();
    fs::copy(results.path().join("a_good/machine.json"), twin.join("machine.json")).unwrap();
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
    for path in ["c_bad/cells.json", "d_twin", "published/bad.json", "b_good/null_study.json"] {
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
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].to_string().contains("not a regular file"));
}

#[test]
fn a_huge_file_is_refused_unread() {
    let results = tempfile::tempdir().unwrap();
    let dir = put(results.path(), &sample());
    fs::File::create(dir.join("cells.json")).unwrap().set_len(65 << 20).unwrap();
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
    assert_eq!(machine.resolution[1], Resolution { level: "high".into(), threads: 2, ns: 7.5, between_ns: 9.0 });
    let view = matrix::views(&machine, |c| c.level == "high").remove(0);
    for column in &view.columns {
        let found = [0.5, 7.5, 9.0][column.threads.min(3) - 1];
        assert_eq!(column.resolution, found, "{} threads", column.threads);
    }
    assert!(view.columns.iter().any(|column| column.threads > 2), "oversubscribed ones are there too");
    fs::write(dir.join("null_study.json"), "{").unwrap();
    assert!(read_machine(&dir).is_err());
}

// ---- published --------------------------------------------------------------------------------

#[test]
fn every_published_file_is_read() {
    let machines = published();
    assert_eq!(machines.len(), 6);
    assert_eq!(machines.iter().map(|m| m.cells.len()).sum::<usize>(), 651);
    let milan = machines.iter().find(|m| m.card.id == "epyc-milan-2024").expect("EPYC Milan");
    let view = matrix::views(milan, |_| true).remove(0);
    assert_eq!(view.columns.len(), 42, "thread counts");
    assert!(milan.cells.iter().all(|c| c.verdict == Verdict::Unpinned), "its threads were not pinned");
    let icelake = machines.iter().find(|m| m.card.id == "icelake-4c").expect("Ice Lake");
    assert!(icelake.cells.iter().all(|c| (c.verdict == Verdict::Oversubscribed) == (c.threads > 4)));
    assert!(icelake.cells.iter().all(|c| c.goodput.is_none() && c.loss_rate.is_none()), "losses were not recorded");
}

// ---- comparing --------------------------------------------------------------------------------

/// The marks of the ranked rows at one column.
fn marks(machine: &Machine, level: &str, column: usize) -> Vec<(String, Option<Mark>)> {
    let view = matrix::views(machine, |c| c.level == level).remove(0);
    let ranked = view.sections.iter().find(|s| s.part == Part::Ranked).expect("ranked rows");
    ranked.rows.iter().map(|r| (r.name(), r.entries[column].as_ref().and_then(|e| e.mark))).collect()
}

#[test]
fn wrong_counts_are_never_ranked() {
    let mut machine = sample();
    // An exact counter that lost at one level is wrong at all.
    for cell in machine.cells.iter_mut().filter(|c| c.subject == "fetch_add" && c.level == "low") {
        cell.loss_rate.as_mut().unwrap().max = 0.01;
    }
    for view in matrix::views(&machine, |_| true) {
        for section in &view.sections {
            let names: Vec<&str> = section.rows.iter().map(|r| r.subject).collect();
            let wrong = ["load_store", "load_store_padded", "fetch_add"];
            assert_eq!(section.part == Part::Wrong, wrong.iter().all(|w| names.contains(w)), "{names:?}");
            assert_eq!(section.part == Part::Wrong, wrong.iter().any(|w| names.contains(w)), "{names:?}");
            for entry in section.rows.iter().flat_map(|r| r.entries.iter().flatten()) {
                assert!(section.part == Part::Ranked || (entry.mark.is_none() && entry.shade.is_none()));
                assert!(section.part != Part::Wrong || entry.loss.is_some(), "a loss not shown");
            }
        }
    }
    let racy = machine.cells.iter().filter(|c| c.grade == Grade::Racy);
    assert!(racy.count() > 0);
}

#[test]
fn the_cheapest_stands_alone_or_ties() {
    let mut machine = sample();
    let cheapest = |machine: &Machine| -> Vec<(String, Mark)> {
        marks(machine, "saturated", 1).into_iter().filter_map(|(name, mark)| Some((name, mark?))).collect()
    };
    assert_eq!(cheapest(&machine), [("per_thread".to_string(), Mark::Cheapest)]);
    let mut set = |subject: &str, net: Interval, gross: Interval| {
        let mut cells = machine.cells.iter_mut().filter(|c| c.level == "saturated" && c.threads == 2);
        let cell = cells.find(|c| c.subject == subject).unwrap();
        (cell.net_ns_per_op, cell.ns_per_op_per_thread) = (Some(net), Some(gross));
    };
    let tight = |x: f64| Interval { low: x - 0.01, median: x, high: x + 0.01 };
    set("per_thread", tight(9.0), tight(9.3));
    set("striped", Interval { low: 9.005, median: 9.5, high: 9.9 }, Interval { low: 9.2, median: 9.8, high: 10.2 });
    set("mcs", Interval { low: 1.0, median: 9.6, high: 19.0 }, Interval { low: 1.3, median: 9.9, high: 19.3 });
    let all = cheapest(&machine);
    let mark = |name: &str| all.iter().find(|(n, _)| n == name).map(|(_, m)| *m);
    assert_eq!(mark("per_thread"), Some(Mark::Tie));
    assert_eq!(mark("striped"), Some(Mark::Tie));
    assert_eq!(mark("mcs"), Some(Mark::Noisy));
    assert_eq!(all.len(), 3, "{all:?}");
    // Nobody knows whether a serialised cell's threads met: it is not ranked.
    for cell in machine.cells.iter_mut().filter(|c| c.subject == "per_thread") {
        cell.verdict = Verdict::Serialised;
    }
    assert!(cheapest(&machine).iter().all(|(name, _)| name != "per_thread"));
}

#[test]
fn nothing_below_the_resolution_is_shown_as_a_figure() {
    let mut machine = sample();
    for cell in machine.cells.iter_mut().filter(|c| c.level == "high" && c.subject == "per_thread") {
        cell.net_ns_per_op = Some(Interval { low: 0.2345, median: -0.2222, high: 0.3456 });
    }
    let view = matrix::views(&machine, |c| c.level == "high").remove(0);
    let rows: Vec<_> = view.sections.iter().flat_map(|s| &s.rows).filter(|r| r.subject == "per_thread").collect();
    for entry in rows.iter().flat_map(|r| r.entries.iter().flatten()) {
        let least = ["< 1.4", "< 11", "< 55"][entry.cell.threads.min(3) - 1];
        assert_eq!((entry.cost, entry.text.as_str()), (Cost::Below, least));
    }
    let page = page::render(&[machine.clone()], &[]);
    let data = data(&page);
    assert!(!data.contains("0.222") && !data.contains("0.3456") && !data.contains("0.234"), "a figure slipped through");
    assert!(data.contains("\\u003c 55"));
    for table in [terminal::table(&machine, "high", None), markdown::table(&machine, "high", None)] {
        assert!(table.contains("< 11") || table.contains("&lt; 11"), "{table}");
        assert!(!table.contains("0.2"), "{table}");
    }
}

// ---- the page ---------------------------------------------------------------------------------

/// The data block of a page.
fn data(page: &str) -> &str {
    let start = page.split_once("<script type=\"application/json\" id=\"data\">").expect("a data block").1;
    start.split_once("</script>").expect("its end").0
}

/// The page less its chart library.
fn without_library(page: &str) -> String {
    let at = page.find("<script>/**\n* plotly.js v").expect("the chart library");
    let end = at + page[at..].find("</script>").expect("its end");
    format!("{}{}", &page[..at], &page[end..])
}

#[test]
fn names_are_escaped_wherever_they_stand() {
    let hostile = ["</script><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "<!--<script>\u{2028}"];
    for text in hostile {
        let mut machine = sample();
        machine.card.cpu = text.into();
        machine.card.id = text.into();
        machine.runs.get_mut("r1").unwrap().notes.push(text.into());
        for cell in &mut machine.cells {
            cell.label = text.into();
            cell.subject = text.into();
        }
        let what = Error::Corrupt { path: text.into(), what: text.into() };
        let page = without_library(&page::render(&[machine], &[what]));
        assert!(!page.contains(text), "{text} stands as it is");
        let parsed: serde_json::Value = serde_json::from_str(data(&page)).expect("the data block is JSON");
        assert_eq!(parsed["machines"][0]["id"], text, "and reads as it was");
    }
}

#[test]
fn the_page_asks_nothing_of_the_network() {
    let page = page::render(&published(), &[]);
    let own = without_library(&page);
    for attribute in ["src=", "href=", "url(", "@import", "fetch(", "XMLHttpRequest", "import("] {
        for (at, _) in own.match_indices(attribute) {
            let near: String = own[at..].chars().take(60).collect();
            assert!(!near.contains("http://") && !near.contains("https://") && !near.contains("=\"//"), "{near}");
        }
    }
    assert!(own.contains("default-src 'none'"), "nothing forbids requests");
    assert!(!page.contains("__webpack_modules__"), "the formula renderer came along");
    assert!(own.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    for part in ["<title>", "name=\"viewport\"", "rel=\"icon\" href=\"data:", "role=\"tablist\"", "How to read this"] {
        assert!(own.contains(part), "{part}");
    }
}

#[test]
fn forty_counters_make_a_page() {
    let names: Vec<String> = (0..40).map(|n| format!("counter_{n}")).collect();
    let families = ["atomic", "blocking", "spinning", "sharded", "racy"];
    let counters: Vec<(&str, &str, f64)> =
        names.iter().enumerate().map(|(n, name)| (name.as_str(), families[n % 5], 1.0 + n as f64)).collect();
    let page = page::render(&[synthetic::machine("forty", &counters)], &[]);
    let parsed: serde_json::Value = serde_json::from_str(data(&page)).unwrap();
    let sections = parsed["machines"][0]["views"][0]["sections"].as_array().unwrap();
    let rows: Vec<usize> = sections.iter().map(|s| s["rows"].as_array().unwrap().len()).collect();
    assert_eq!(rows, [32, 8], "exact ones, then those that lose");
}

#[test]
fn an_empty_page_says_so() {
    let page = page::render(&[], &[]);
    assert!(page.contains("Nothing measured yet") && page.contains("cargo bench"));
}

#[test]
fn the_page_is_written_beside_the_results() {
    let results = tempfile::tempdir().unwrap();
    let dir = results.path().join("new");
    let written = page::write(&dir).unwrap();
    assert_eq!((written.machines, written.cells), (0, 0));
    put(&dir, &sample());
    let written = page::write(&dir).unwrap();
    assert_eq!((written.machines, written.cells, written.left_out.len()), (1, 192, 0));
    assert!(fs::read_to_string(written.path).unwrap().contains("made_up_2"));
    let left: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "no temporary file stays: {left:?}");
}

// ---- terminal and Markdown --------------------------------------------------------------------

#[test]
fn tables_keep_wrong_counts_apart() {
    let mut machine = sample();
    for cell in machine.cells.iter_mut().filter(|c| c.subject == "ticket") {
        cell.verdict = Verdict::Preempted;
    }
    for table in [terminal::table(&machine, "saturated", None), markdown::table(&machine, "saturated", None)] {
        let (above, below) = table.split_once("wrong counts").expect("a part for wrong counts");
        let plain = |text: &str| text.replace('\\', "");
        assert!(plain(above).contains("fetch_add") && !plain(above).contains("load_store"), "{table}");
        assert!(plain(below).contains("load_store") && below.contains("lost 48.5 %"), "{table}");
        assert!(plain(above).contains("4*") && plain(below).contains("* = oversubscribed"), "{table}");
        assert!(plain(above).contains("1.8 [p]") && plain(below).contains("[p] = preempted"), "{table}");
    }
}

#[test]
fn only_one_run_is_shown_when_asked() {
    let mut machine = sample();
    for cell in machine.cells.iter_mut().filter(|c| c.subject == "mcs") {
        cell.run = "r2".into();
    }
    let table = terminal::table(&machine, "high", Some("r2"));
    assert!(table.contains("mcs") && !table.contains("ticket"), "{table}");
    assert!(terminal::table(&machine, "high", Some("r3")).contains("nothing measured"));
    assert!(terminal::table(&machine, "high", None).contains("cells of 2 runs"));
}

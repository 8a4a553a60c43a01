use super::*;
use crate::hazard::Anomalies;
use crate::results::{Interval, LossRate};
use crate::samples;

fn cell(subject: &str, ns: f64) -> Cell {
    samples::cell("counters", subject, 2, "saturated")
        .with(|c| c.figures.ns_per_op_per_thread = Some(samples::around(ns, ns * 0.01)))
}

/// The `n`-th run of a machine with so many usable CPUs.
fn run(n: u64, usable_cpus: usize, cells: Vec<Cell>) -> PastRun {
    let card = Card { id: "m".into(), cpu: "c".into(), cpus: 4, usable_cpus, ..Card::default() };
    let run = Run { started: format!("2026-01-02T03:{n:02}:00Z"), ..Run::default() };
    let mut past = PastRun { id: format!("r{n:03}"), number: n, card: Some(card), run, cells };
    past.cells.iter_mut().for_each(|cell| cell.facts.run.clone_from(&past.id));
    past
}

fn read(past: &PastRun) -> PastRun {
    parse(Path::new("r.json"), past.text().as_bytes()).unwrap()
}

#[test]
fn what_is_written_is_read_again() {
    let mut racy = cell("load_store", 1.23456789);
    racy.facts.label = "red \u{1b}[31m".into();
    racy.figures.loss_rate = Some(LossRate { min: 0.0, median: 0.25, max: 0.999_999_99, pooled: 1.0 });
    racy.figures.net_ns_per_op = Some(Interval { low: -0.5, median: 0.0, high: 123_456_789.0 });
    racy.figures.anomalies = Some(Anomalies { kind: "torn".into(), seen: 1, of: 2 });
    racy.facts.quick = true;
    let past = run(1, 2, vec![racy.clone(), cell("fetch_add", 8.0)]);
    let found = read(&past);
    assert_eq!((&found.id, found.number, &found.card, &found.run), (&past.id, 1, &past.card, &past.run));
    let [exact, short] = &found.cells[..] else { panic!("{found:?}") };
    assert_eq!((exact.key.subject.as_str(), exact.facts.run.as_str()), ("fetch_add", "r001"), "sorted by key");
    assert_eq!(short.figures.ns_per_op_per_thread.unwrap().median, 1.23457);
    assert_eq!(short.figures.net_ns_per_op.unwrap(), Interval { low: -0.5, median: 0.0, high: 123_457_000.0 });
    assert_eq!(short.figures.loss_rate.unwrap().max, 0.999_999_99, "not all");
    assert_eq!(
        (&short.figures.anomalies, short.facts.quick, exact.facts.quick),
        (&racy.figures.anomalies, true, false)
    );
    assert_eq!(short.facts.label, "red  [31m", "what a terminal obeys is not written");
    assert_eq!(found.text(), past.text(), "nothing more is cut off");
    let text = past.text();
    assert_eq!(text.lines().count(), 7, "one cell a line: {text}");
    assert_eq!(text.matches("r001").count(), 1, "the run is named once: {text}");
}

#[test]
fn fields_of_a_later_version_survive() {
    let text = run(1, 2, vec![cell("a", 1.0)]).text();
    let later = text
        .replace("\"threads\":2", "\"threads\":2,\"hue\":0.123456789,\"hues\":{\"of\":[1]}")
        .replace("\"arch\"", "\"sockets_hue\":7.7777777777,\"arch\"");
    let later = later.replace("\"pinned\"", "\"mood\":\"good\",\"pinned\"");
    let again = parse(Path::new("r.json"), later.as_bytes()).unwrap().text();
    for field in ["\"hue\":0.123456789,\"hues\":{\"of\":[1]}", "\"sockets_hue\":7.7777777777", "\"mood\":\"good\""] {
        assert!(again.contains(field), "{field} in {again}");
    }
}

#[test]
fn any_bytes_are_named_left_out_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(folder(dir.path())).unwrap();
    let good = run(1, 2, vec![cell("fetch_add", 8.0)]);
    fs::write(path(dir.path(), &good.id), good.text()).unwrap();
    let good = good.text();
    let other = |from: &str, to: &str| {
        let text = good.replace("r001", "bad").replacen(from, to, 1);
        assert_ne!(text, good.replace("r001", "bad"), "{from}");
        text.into_bytes()
    };
    let line = good.lines().nth(4).unwrap();
    let hostile = [
        b"garbage".to_vec(),
        vec![0xff, 0xfe],
        Vec::new(),
        other("\"schema\": 2", "\"schema\": 99"),
        other("\"id\": \"bad\"", "\"id\": \"../bad\""),
        other("\"id\": \"bad\"", "\"id\": \"another\""),
        other("\"id\":\"m\"", "\"id\":\"M M\""),
        other("\"number\": 1", "\"number\": -1"),
        other("\"cpus\":4", "\"cpus\":0"),
        other("8.0", "-8.0"),
        other("8.0", "1e999"),
        other("\"fetch_add\"", "\"<script>\""),
        other(line, &format!("{line},\n{line}")),
    ];
    for bytes in hostile {
        let bad = path(dir.path(), "bad");
        fs::write(&bad, &bytes).unwrap();
        let (runs, errors) = files(&folder(dir.path()));
        assert_eq!((runs.len(), errors.len()), (1, 1), "{}", String::from_utf8_lossy(&bytes));
        assert!(errors[0].to_string().contains("bad.json"), "{}", errors[0]);
        prune(dir.path(), &runs, "");
        assert_eq!(fs::read(&bad).unwrap(), bytes);
    }
    fs::write(folder(dir.path()).join("notes.txt"), "mine").unwrap();
    assert_eq!(files(&folder(dir.path())).1.len(), 1, "what is no run is not read");
}

#[test]
fn a_cell_is_that_of_the_newest_run_whatever_the_clock_said() {
    let mut back = run(3, 2, vec![cell("a", 3.0)]);
    back.run.started = "2001-01-01T00:00:00Z".into();
    let mut runs = [run(1, 2, vec![cell("a", 1.0), cell("b", 1.0)]), run(2, 2, vec![cell("a", 2.0)]), back];
    let of = |runs: &[PastRun]| -> Vec<String> {
        newest(runs).iter().map(|c| format!("{} {}", c.key.subject, c.facts.run)).collect()
    };
    assert_eq!(of(&runs), ["a r003", "b r001"]);
    sort(&mut runs);
    assert_eq!(runs.each_ref().map(|past| past.number), [3, 2, 1]);
    assert_eq!(of(&runs), ["a r003", "b r001"], "in whatever order they come");
    // What earlier versions wrote has no number: the clock decides.
    runs.iter_mut().for_each(|past| past.number = 0);
    assert_eq!(of(&runs), ["a r002", "b r001"]);
}

#[test]
fn quick_cells_and_those_of_fewer_cpus_replace_none() {
    let quick = cell("a", 9.0).with(|c| c.facts.quick = true);
    let runs = [
        run(1, 4, vec![cell("a", 1.0), cell("b", 1.0)]),
        run(2, 1, vec![cell("a", 2.0), cell("c", 2.0)]),
        run(3, 4, vec![quick.clone(), cell("d", 3.0).with(|c| c.facts.quick = true)]),
        run(4, 4, vec![cell("b", 4.0)]),
    ];
    let found: Vec<String> = newest(&runs).iter().map(|c| format!("{} {}", c.key.subject, c.facts.run)).collect();
    assert_eq!(found, ["a r001", "b r004", "c r002", "d r003"], "where there is nothing else they stand");
    let card = card(&[run(1, 4, Vec::new()), run(2, 1, Vec::new())]).unwrap();
    assert_eq!(card.usable_cpus, 4, "a run on one CPU does not make a machine of one");
    assert_eq!(super::card(&[]), None);
    assert_eq!(super::card(&[PastRun::default()]), None);
}

#[test]
fn a_run_stays_while_a_cell_of_it_is_among_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(folder(dir.path())).unwrap();
    for n in 0..KEEP as u64 + 3 {
        // The second run and the last alone measured `mcs`.
        let both = n == 1 || n == KEEP as u64 + 2;
        let mut cells = vec![cell("fetch_add", 8.0)];
        cells.extend(both.then(|| cell("mcs", 8.0)));
        let past = run(n, 2, cells);
        fs::write(path(dir.path(), &past.id), past.text()).unwrap();
    }
    let left = |measured: &str| {
        prune(dir.path(), &files(&folder(dir.path())).0, measured);
        let mut runs = files(&folder(dir.path())).0;
        sort(&mut runs);
        runs.into_iter().map(|past| past.id).collect::<Vec<_>>()
    };
    assert!(left("r000").contains(&"r000".to_owned()), "the run being measured stays");
    let left = left("");
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

use super::*;

const CELL: &str = r#"{"bench":"counters","subject":"fetch_add","label":"","family":"atomic","grade":"exact","threads":2,"level":"saturated","placement":"spread","verdict":"valid","sample_ms":40.0,"run":"r1","recorded":""}"#;

fn path() -> &'static Path {
    Path::new("some/file.json")
}

/// What is said of a file of these cells, a line each.
fn cells_error(cells: &[&str]) -> String {
    let text = format!("{{\"schema\": 1, \"cells\": [\n{}\n]}}\n", cells.join(",\n"));
    legacy::parse_cells(path(), text.as_bytes()).expect_err("no cells").to_string()
}

#[test]
fn a_bad_cell_is_named_with_its_line() {
    let (other, bad) = (CELL.replace("fetch_add", "mcs"), CELL.replace("40.0", "-1.0"));
    assert!(
        cells_error(&[&bad]).contains("line 2: counters fetch_add at 2 threads, saturated: a figure of -1 cannot be")
    );
    assert!(cells_error(&[&other, &bad]).contains("line 3: "));
    assert!(
        cells_error(&[CELL, &other, CELL]).contains("line 4: counters fetch_add at 2 threads, saturated: a second")
    );
    // Where a line is not a cell, its place in the list is named.
    assert!(cells_error(&[&format!("{other}, {bad}")]).contains("cell 2: "));
    assert!(cells_error(&[&format!("{other},\n\n{bad}")]).contains("cell 2: "));
    let text = format!("{{\"schema\": 1,\n\"cells\": [\n{other},\n{bad}]}}");
    assert!(
        legacy::parse_cells(path(), text.as_bytes()).unwrap_err().to_string().contains("cell 2: "),
        "another is in its line"
    );
    let untrue =
        CELL.replace("\"sample_ms\"", "\"net_ns_per_op\":{\"low\":3.0,\"median\":2.0,\"high\":4.0},\"sample_ms\"");
    assert!(cells_error(&[&untrue]).contains("2 is not between 3 and 4"));
}

#[test]
fn a_schema_is_known_or_refused() {
    let said = |text: &[u8]| match legacy::parse_cells(path(), text).expect_err("no cells") {
        Error::Newer { found, .. } => Err(found),
        error => Ok(error.to_string()),
    };
    assert_eq!(said(b"{\"schema\": 3, \"cells\": 7}"), Err(3));
    assert_eq!(said(b"{\"schema\": 99999999999, \"cells\": 7}"), Err(u32::MAX));
    for none in [&b"{\"cells\": []}"[..], b"{\"schema\": 0, \"cells\": []}"] {
        assert!(said(none).unwrap().contains("no schema number"));
    }
    assert!(said(b"{\"schema\": 1,\n\"cells\": [\n\xff]}").unwrap().contains("not UTF-8 at line 3"));
    assert!(said(b"\xff").unwrap().contains("not UTF-8 at line 1"));
    assert!(legacy::parse_cells(path(), b"{\"schema\": 1, \"cells\": []}").unwrap().is_empty());
}

#[test]
fn a_card_is_read_with_its_runs_or_refused() {
    let text = r#"{"schema": 1, "card": {"id": "m", "cpu": "c", "cpus": 2, "usable_cpus": 2, "arch": "a"},
        "runs": {"r1": {"started": "s", "rustc": "r", "flags": "f", "kernel": "k", "version": "v", "pinned": true}}}"#;
    let file = legacy::parse_machine(path(), text.as_bytes()).unwrap();
    assert_eq!((file.card.id.as_str(), file.runs.len()), ("m", 1));
    let refused = |from: &str, to: &str| {
        legacy::parse_machine(path(), text.replace(from, to).as_bytes()).unwrap_err().to_string()
    };
    assert!(refused("\"m\"", "\"M M\"").contains("no machine id"));
    assert!(refused("\"pinned\"", "\"load\": -3, \"pinned\"").contains("a load of -3"));
    assert!(refused("\"c\"", "\"\\u001b\"").contains("control character"));
}

#[test]
fn a_null_study_tells_what_is_nothing_and_how_far_runs_are_apart() {
    let study = |rows: &str| {
        let text = format!(
            r#"{{"schema": 1, "levels": [{{"level": "high", "threads": 2, "within_ns": 0.0, "between_ns": 9.0}}], "rows": [{rows}]}}"#
        );
        parse_null_study(path(), text.as_bytes()).unwrap().remove(0)
    };
    let row = |level: &str, threads: usize, ns: f64, between: f64| {
        format!(r#"{{"level": "{level}", "threads": {threads}, "ns": {ns:?}, "between_ns": {between:?}}}"#)
    };
    let none = study("");
    assert_eq!((none.level.as_str(), none.threads, none.ns, none.between_ns), ("high", 2, 0.0, 9.0));
    assert_eq!(none.between_log, None, "it has no rows");
    let others = [row("low", 2, 1.0, 9.0), row("high", 4, 1.0, 9.0)].join(", ");
    assert_eq!(study(&others).between_log, None, "nor of that level and thread count");
    let own =
        [row("high", 2, 10.0, 1.0), row("high", 2, 10.0, 5.0), row("high", 2, 0.0, 5.0), row("high", 2, 10.0, -2.0)];
    let found = study(&format!("{others}, {}", own.join(", "))).between_log.unwrap();
    assert!((found - 1.5f64.ln()).abs() < 1e-12, "the largest change of those that can be: {found}");
    assert_eq!(study(&row("high", 2, 10.0, 0.0)).between_log, Some(0.0));

    let refused = |level: &str, within: &str, between: &str| {
        let text = format!(
            r#"{{"schema": 1, "levels": [{{"level": "{level}", "threads": 2, "within_ns": {within}, "between_ns": {between}}}]}}"#
        );
        parse_null_study(path(), text.as_bytes()).unwrap_err().to_string()
    };
    assert!(refused("High", "1.0", "1.0").contains("level \"High\" is not an id"));
    assert!(refused("high", "-1.0", "1.0").contains("a resolution of -1 ns cannot be"));
    assert!(refused("high", "1.0", "1e18").contains("cannot be"));
}

#[test]
fn a_file_is_as_large_as_it_may_be_or_refused_unread() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cells.json");
    let file = fs::File::create(&path).unwrap();
    file.set_len(LARGEST + 1).unwrap();
    assert!(bytes(&path).unwrap_err().to_string().contains("larger than the 64 MiB"));
    file.set_len(LARGEST).unwrap();
    assert_eq!(bytes(&path).unwrap().len() as u64, LARGEST);
    assert!(bytes(dir.path()).unwrap_err().to_string().contains("not a regular file"));
    assert!(matches!(bytes(&dir.path().join("nowhere")), Err(Error::Io { .. })));
    assert!(is_there(&path) && !is_there(&dir.path().join("nowhere")));
}

/// Puts a machine's folder under `results`.
fn put(results: &Path, name: &str, id: &str) -> PathBuf {
    let dir = results.join(name);
    fs::create_dir_all(&dir).unwrap();
    let card = format!(r#"{{"id": "{id}", "cpu": "c", "cpus": 2, "usable_cpus": 2, "arch": "a"}}"#);
    fs::write(dir.join("machine.json"), format!("{{\"schema\": 1, \"card\": {card}}}")).unwrap();
    fs::write(dir.join("cells.json"), format!("{{\"schema\": 1, \"cells\": [{CELL}]}}")).unwrap();
    dir
}

#[test]
fn folders_are_read_side_by_side_and_what_is_bad_is_left_out() {
    let results = tempfile::tempdir().unwrap();
    put(results.path(), "b", "y");
    put(results.path(), "a", "z");
    put(results.path(), "c", "z");
    fs::write(put(results.path(), "d", "d").join("cells.json"), "?").unwrap();
    fs::write(put(results.path(), "e", "x").join("null_study.json"), "?").unwrap();
    fs::remove_file(put(results.path(), "f", "f").join("machine.json")).unwrap();
    // No folders of ours: another one, and a file.
    fs::create_dir(results.path().join("other")).unwrap();
    fs::write(results.path().join("README.md"), "words").unwrap();
    let published = results.path().join("published");
    fs::create_dir(&published).unwrap();
    fs::write(published.join("bad.json"), "?").unwrap();
    fs::write(published.join("notes.txt"), "?").unwrap();
    let (machines, errors) = read_all(results.path());
    let ids: Vec<&str> = machines.iter().map(|machine| machine.card.id.as_str()).collect();
    assert_eq!(ids, ["x", "y", "z"], "by id; without its null study a machine is what it was");
    assert!(machines.iter().all(|machine| machine.cells.len() == 1 && machine.resolution.is_empty()));
    let mut files: Vec<&Path> = errors.iter().map(|e| e.path().strip_prefix(results.path()).unwrap()).collect();
    files.sort();
    let expected = ["c", "d/cells.json", "e/null_study.json", "f/machine.json", "published/bad.json"];
    assert_eq!(files, expected.map(Path::new));

    assert_eq!(read_machine(&results.path().join("a")).unwrap().card.id, "z");
    assert!(read_machine(&results.path().join("e")).is_err(), "alone, all of it must be right");
    fs::remove_file(results.path().join("a/cells.json")).unwrap();
    assert!(read_machine(&results.path().join("a")).unwrap().cells.is_empty());
    let (machines, errors) = read_all(&results.path().join("nowhere"));
    assert!(machines.is_empty() && errors.is_empty());
    assert_eq!(read_all(&results.path().join("README.md")).1.len(), 2, "it is no folder, nor has it one");
}

#[test]
fn how_many_folders_there_are_is_told_before_the_first_is_read() {
    let results = tempfile::tempdir().unwrap();
    put(results.path(), "a", "a-2-abcdef");
    put(results.path(), "b", "b-2-abcdef");
    let told = std::sync::Mutex::new(Vec::new());
    read_newest(results.path(), |read, of| told.lock().unwrap().push((read, of)));
    let mut told = told.into_inner().unwrap();
    told[1..].sort_unstable();
    assert_eq!(told, [(0, 2), (1, 2), (2, 2)]);
}

#[test]
fn a_byte_order_mark_is_no_damage() {
    let path = Path::new("cells.json");
    let marked = "\u{feff}{\"schema\": 1, \"cells\": []}";
    assert_eq!(legacy::parse_cells(path, marked.as_bytes()).unwrap(), []);
    assert!(legacy::parse_cells(path, "\u{feff}\u{feff}{}".as_bytes()).is_err(), "one is enough");
}

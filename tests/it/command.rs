//! The `miscount` command as people and scripts use it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use miscount::results::{Origin, runs};

use crate::folders::committed;

/// The command in a folder of its own, without the caller's `MISCOUNT_*` variables.
fn miscount(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_miscount"));
    command.args(args).current_dir(dir).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MISCOUNT_") {
            command.env_remove(name);
        }
    }
    command.env_remove("CARGO_MANIFEST_DIR");
    command
}

fn run(args: &[&str]) -> Output {
    let dir = tempfile::tempdir().unwrap();
    miscount(dir.path(), args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Bad input: status 2, nothing on standard output, and the one line on standard error.
fn refused(output: &Output) -> String {
    let line = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert!(output.stdout.is_empty());
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_str(&stdout(output)).unwrap()
}

#[test]
fn every_sub_command_explains_itself() {
    let overview = stdout(&run(&["--help"]));
    for (name, words) in [
        ("list", ["--markdown", "--json", "Example: miscount list"]),
        ("machine", ["MISCOUNT_MACHINE", "--json", "miscount machine"]),
        ("report", ["index.html", "--tables", "Example: miscount report"]),
        ("compare", ["--fail-on-regression", "--json", "miscount compare @previous @latest"]),
        ("choose", ["--critical", "--json", "miscount choose --threads 2 --think 1us"]),
        ("race", ["--replay", "--json", "Example: miscount race --counter load_store"]),
        ("articles", ["--scenario", "--json", "Example: miscount articles"]),
        ("import", ["core-to-core", "another program", "stands beside"]),
        ("gather", ["not alike", "--results", "Example: miscount gather"]),
        ("check", ["not fit", "--json", "miscount check &&"]),
    ] {
        assert!(overview.contains(name), "{overview}");
        let help = stdout(&run(&[name, "--help"]));
        for word in words {
            assert!(help.contains(word), "{name}: no {word:?} in\n{help}");
        }
        assert!(help.contains("Prints") || help.contains("prints"), "{help}");
    }
}

#[test]
fn wrong_arguments_get_one_line() {
    for (args, says) in [
        (&["report", "--nope"][..], "miscount: unexpected argument '--nope' found; "),
        (&["report", "--tabels"], "tip: a similar argument exists: '--tables'"),
        (&["nope"], "unrecognized subcommand 'nope'; "),
        (&["import", "core-to-core"], "the following required arguments were not provided: <FILE>...; "),
        (&["list", "--json=7"], "unexpected value '7' for '--json' found"),
    ] {
        let line = refused(&run(args));
        assert!(line.contains(says) && line.ends_with("; for more information, try '--help'\n"), "{line}");
    }
    // Without a word there is help.
    let bare = run(&[]);
    assert!(bare.status.code() == Some(2) && stderr(&bare).contains("Usage: miscount <COMMAND>"), "{bare:?}");
    assert!(stdout(&run(&["--version"])).starts_with("miscount "));
}

#[test]
fn list_has_every_counter_once() {
    let expected: Vec<&str> = miscount::catalogue::infos().iter().map(|info| info.id).collect();
    assert!(expected.len() > 1);
    let table = stdout(&run(&["list"]));
    let mut lines = table.lines();
    assert!(lines.next().unwrap().starts_with("id "), "{table}");
    let ids: Vec<&str> = lines.map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(ids, expected);

    let markdown = stdout(&run(&["list", "--markdown"]));
    let mut lines = markdown.lines();
    assert_eq!(lines.next(), Some("| id | family | grade | bytes | summary |"));
    assert_eq!(lines.next(), Some("|---|---|---|---:|---|"));
    let ids: Vec<String> = lines.map(|line| line.split_whitespace().nth(1).unwrap().replace('\\', "")).collect();
    assert_eq!(ids, expected);
    assert!(markdown.contains("| load\\_store | racy | racy | 8 |"), "{markdown}");

    let json = json(&run(&["list", "--json"]));
    let objects = json.as_array().unwrap();
    let ids: BTreeSet<&str> = objects.iter().map(|o| o["id"].as_str().unwrap()).collect();
    assert_eq!(objects.len(), expected.len());
    assert_eq!(ids, expected.into_iter().collect());
    assert!(objects.iter().all(|o| o["grade"].is_string() && o["source"].is_string()));
}

/// Where the C library registers no restartable sequences, the counter that needs them says so.
#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn list_says_why_a_counter_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = miscount(dir.path(), &["list", "--json"]);
    let list = json(&command.env("GLIBC_TUNABLES", "glibc.pthread.rseq=0").output().unwrap());
    let counters = list.as_array().unwrap();
    let why = |o: &serde_json::Value| Some((o["id"].as_str()?.to_owned(), o["missing"].as_str()?.to_owned()));
    let missing: Vec<(String, String)> = counters.iter().filter_map(why).collect();
    let [(id, why)] = missing.as_slice() else { panic!("{missing:?}") };
    assert_eq!(id, "per_cpu");
    assert!(why.contains("restartable sequences"), "{why}");
}

#[test]
fn machine_shows_what_a_run_will_use() {
    let card = miscount::machine::Card::detect().unwrap();
    let text = stdout(&run(&["machine"]));
    for word in [card.cpu.as_str(), "hypervisor", "usable CPU ids", "pinning", "default threads"] {
        assert!(text.contains(word), "no {word:?} in\n{text}");
    }
    let json = json(&run(&["machine", "--json"]));
    assert_eq!(json["card"]["usable_cpus"], miscount::topology::usable_count());
    assert_eq!(json["card"]["cpu"], card.cpu);
    assert_eq!(json["default_threads"][0], 1);
    let mut order: Vec<u64> = serde_json::from_value(json["order"]["spread"].clone()).unwrap();
    order.sort_unstable();
    let usable: Vec<u64> = serde_json::from_value(json["usable_cpus"].clone()).unwrap();
    assert_eq!(order, usable, "the order names each usable CPU once");
}

#[test]
fn machine_takes_a_wished_id_or_refuses_it() {
    let dir = tempfile::tempdir().unwrap();
    let wish = |id: &str| {
        let mut command = miscount(dir.path(), &["machine", "--json"]);
        command.env("MISCOUNT_MACHINE", id).output().unwrap()
    };
    assert_eq!(json(&wish("my-box.2"))["card"]["id"], "my-box.2");
    for bad in ["../up", "Caps", "published", "two\nlines"] {
        let line = refused(&wish(bad));
        assert!(line.contains("MISCOUNT_MACHINE="), "{line}");
        assert!(line.contains("unset it"), "{line}");
    }
}

#[test]
fn unknown_words_are_refused() {
    for args in [
        &["lisst"][..],
        &[],
        &["list", "--jason"],
        &["report", "--json", "--markdown"],
        &["report", "--tables", "--markdown"],
        &["list", "--json", "--markdown"],
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn report_of_an_empty_folder_is_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let results = dir.path().join("results");
    std::fs::create_dir(&results).unwrap();
    let output = miscount(dir.path(), &["report"]).output().unwrap();
    let text = stdout(&output);
    let page = Path::new("results").join("index.html");
    assert!(text.contains(&format!("{}: 0 machines, 0 cells", page.display())), "{text}");
    assert!(dir.path().join(page).is_file());
    assert!(stderr(&output).is_empty(), "{}", stderr(&output));

    let output = miscount(dir.path(), &["report", "--json"]).output().unwrap();
    assert_eq!(json(&output)["machines"], serde_json::json!([]));
}

#[test]
fn report_of_no_folder_names_it_and_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let line = refused(&miscount(dir.path(), &["report"]).output().unwrap());
    assert!(line.contains("results: no such folder; run `cargo bench`"), "{line}");
    let line = refused(&miscount(dir.path(), &["report", "--results", "elsewhere"]).output().unwrap());
    assert!(line.contains("elsewhere: no such folder"), "{line}");
    std::fs::write(dir.path().join("file"), "").unwrap();
    let line = refused(&miscount(dir.path(), &["report", "--results", "file"]).output().unwrap());
    assert!(line.contains("file: not a folder"), "{line}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn report_looks_where_it_is_told() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["package/results", "variable", "flag"] {
        std::fs::create_dir_all(dir.path().join(name)).unwrap();
    }
    let made = |name: &str| dir.path().join(name).join("index.html").is_file();
    let package = dir.path().join("package");

    let mut command = miscount(dir.path(), &["report"]);
    stdout(&command.env("CARGO_MANIFEST_DIR", &package).output().unwrap());
    assert!(made("package/results") && !made("variable") && !made("flag"));

    // Cargo starts the benches of each package in its own folder; results of a workspace go to one.
    std::fs::write(dir.path().join("Cargo.lock"), "").unwrap();
    let mut command = miscount(&package, &["report"]);
    command.env("CARGO_MANIFEST_DIR", &package);
    let told = stdout(&command.env("MISCOUNT_RESULTS", "variable").output().unwrap());
    assert!(made("variable") && !made("flag") && !package.join("variable").exists());
    let absolute = dir.path().join("variable/index.html");
    assert!(told.contains(&absolute.display().to_string()), "where it is, in full: {told}");
    std::fs::remove_file(absolute).unwrap();

    let mut command = miscount(dir.path(), &["report"]);
    stdout(&command.env("MISCOUNT_RESULTS", "variable").output().unwrap());
    assert!(made("variable"), "without cargo it counts from the working folder");

    let mut command = miscount(dir.path(), &["report", "--results", "flag"]);
    stdout(&command.env("MISCOUNT_RESULTS", "variable").output().unwrap());
    assert!(made("flag"));
}

/// A results folder with one machine, `m`, and one cell.
fn one_cell(dir: &Path) {
    let machine = dir.join("results/m");
    std::fs::create_dir_all(&machine).unwrap();
    let run = r#"{"started": "2026-11-21T00:00:00Z", "rustc": "r", "flags": "f", "kernel": "k", "version": "0.1.0",
        "pinned": true}"#;
    let card = r#"{"id": "m", "cpu": "A", "cpus": 2, "usable_cpus": 2, "arch": "x86_64"}"#;
    let card = format!(r#"{{"schema": 1, "card": {card}, "runs": {{"r1": {run}}}}}"#);
    std::fs::write(machine.join("machine.json"), card).unwrap();
    let cell = r#"{"bench": "counters", "subject": "load_store", "label": "load_store", "family": "racy",
        "grade": "racy", "threads": 2, "level": "saturated", "placement": "spread", "verdict": "valid",
        "attempted": 1000, "kept": 517, "lost": 483,
        "loss_rate": {"min": 0.1, "median": 0.483, "max": 0.5, "pooled": 0.483},
        "ns_per_op_per_thread": {"low": 2.0, "median": 2.5, "high": 3.0}, "throughput": 8e8,
        "run": "r1", "recorded": "2026-11-21T00:00:00Z"}"#;
    let cell = cell.replace('\n', " ");
    std::fs::write(machine.join("cells.json"), format!("{{\"schema\": 1, \"cells\": [\n{cell}\n]}}\n")).unwrap();
}

#[test]
fn report_shows_what_was_measured() {
    let dir = tempfile::tempdir().unwrap();
    one_cell(dir.path());
    let report = |args: &[&str]| miscount(dir.path(), &[&["report"], args].concat()).output().unwrap();
    let output = report(&[]);
    assert_eq!(stderr(&output), "");
    let text = stdout(&output);
    for word in ["A plain += loses, 2 threads", "48.3 %. It costs 2.50 ns gross.", "Trust", "what articles say"] {
        assert!(text.contains(word), "no {word:?} in\n{text}");
    }
    assert!(!text.contains('│') && text.ends_with("index.html: 1 machine, 1 cell\n"), "{text}");
    let tables = stdout(&report(&["--tables"]));
    for word in ["│   load_store ", "saturated", "lost 48.3 %", "what articles say", "index.html: 1 machine, 1 cell\n"]
    {
        assert!(tables.contains(word), "no {word:?} in\n{tables}");
    }
    let markdown = stdout(&report(&["--markdown"]));
    assert!(markdown.lines().any(|line| line.starts_with("| ") && line.contains("48")), "{markdown}");
    assert!(!markdown.contains("index.html"), "{markdown}");
    let json = json(&report(&["--json"]));
    assert_eq!(json["machines"][0]["card"]["id"], "m");
    assert_eq!(json["machines"][0]["cells"][0]["lost"], 483);
}

/// A stack that no system has room for: it refuses every thread.
#[test]
#[cfg(target_os = "linux")]
fn a_system_that_refuses_threads_costs_no_table() {
    let dir = tempfile::tempdir().unwrap();
    one_cell(dir.path());
    let said = |args: &[&str], stack: &str| {
        let output = miscount(dir.path(), args).env("RUST_MIN_STACK", stack).output().unwrap();
        (stdout(&output), stderr(&output))
    };
    for args in [&["report"][..], &["report", "--tables"], &["report", "--json"], &["report", "--export", "csv"]] {
        assert_eq!(said(args, "1125899906842624"), said(args, "2097152"), "{args:?}");
    }
}

#[test]
fn report_leaves_damaged_files_out_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let machine = dir.path().join("results/broken");
    std::fs::create_dir_all(&machine).unwrap();
    std::fs::write(machine.join("machine.json"), b"\xff\0{").unwrap();
    std::fs::write(machine.join("cells.json"), b"{\"schema\": ").unwrap();
    let output = miscount(dir.path(), &["report"]).output().unwrap();
    assert!(stdout(&output).contains("0 machines"), "{}", stdout(&output));
    let warned = stderr(&output);
    assert!(warned.lines().count() >= 1, "{warned}");
    assert!(warned.lines().all(|line| line.starts_with("miscount: left out: ")), "{warned}");
    assert!(warned.contains("broken"), "{warned}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    for args in [&["list"][..], &["list", "--json"], &["machine"], &["--help"], &["list", "--help"]] {
        let dir = tempfile::tempdir().unwrap();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = miscount(dir.path(), args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
        assert_eq!(stderr(&output), "", "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_page_that_cannot_be_written_costs_no_table() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    one_cell(dir.path());
    let results = dir.path().join("results");
    // A folder in the page's place stops even who may write everywhere.
    std::fs::create_dir(results.join("index.html")).unwrap();
    std::fs::set_permissions(&results, std::fs::Permissions::from_mode(0o555)).unwrap();
    for args in [&["report"][..], &["report", "--tables"], &["report", "--json"]] {
        let output = miscount(dir.path(), args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let (told, said) = (String::from_utf8_lossy(&output.stdout), stderr(&output));
        let answer = if args.len() == 1 { "48.3 %" } else { "load_store" };
        assert!(told.contains(answer) && !told.contains("index.html"), "{args:?}: {told}");
        assert!(said.contains("--output FILE") && said.lines().count() == 1, "{args:?}: {said}");
    }
    let output = miscount(dir.path(), &["report", "--output", "page.html"]).output().unwrap();
    assert!(stdout(&output).contains("page.html: 1 machine, 1 cell"));
    assert!(std::fs::read_to_string(dir.path().join("page.html")).unwrap().contains("<html"));
    std::fs::set_permissions(&results, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn folders_from_anywhere_are_gathered_and_what_cannot_be_read_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let node = dir.path().join("jobs/node");
    std::fs::create_dir_all(node.join("runs")).unwrap();
    let measured = committed().0.iter().find(|machine| machine.origin == Origin::Measured).expect("a measured machine");
    let (id, run) = (&measured.card.id, measured.runs.keys().next().expect("a run"));
    std::fs::copy(runs::path(&measured.folder, run), runs::path(&node, run)).unwrap();
    let gather = |from: &str| miscount(dir.path(), &["gather", from]).output().unwrap();
    let first = stdout(&gather("jobs"));
    assert!(first.starts_with(&format!("{id}: 1 new run, 0 known runs\n")), "{first}");
    assert!(stdout(&gather("jobs")).starts_with(&format!("{id}: 0 new runs, 1 known run\n")));
    assert!(runs::path(&dir.path().join("results").join(id), run).is_file());
    std::fs::write(runs::path(&node, "half"), "half").unwrap();
    let left_out = gather("jobs");
    assert_eq!(left_out.status.code(), Some(2));
    assert!(stderr(&left_out).contains("half.json"), "{}", stderr(&left_out));
    let nowhere = refused(&gather("nowhere"));
    assert!(nowhere.contains("nowhere") && nowhere.contains("name a folder that holds results"), "{nowhere}");
}

//! `miscount check` on any machine: it reports its findings in the same way twice,
//! and ends with the status that follows from them.

use std::process::{Command, Output, Stdio};

fn check(args: &[&str]) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_miscount"));
    command.arg("check").args(args).current_dir(dir.path()).stdin(Stdio::null());
    command.env_remove("MISCOUNT_MACHINE").output().unwrap()
}

/// Both at once: each measures for seven seconds, and no figure of either matters here.
#[test]
fn both_forms_agree_with_the_status() {
    std::thread::scope(|at_once| {
        at_once.spawn(status_findings_and_verdict_agree);
        the_table_has_a_line_for_each_and_ends_with_the_verdict();
    });
}

fn status_findings_and_verdict_agree() {
    let output = check(&["--json"]);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["machine"], miscount::machine::Card::detect().unwrap().id);
    let findings = json["findings"].as_array().unwrap();
    let ids: Vec<&str> = findings.iter().map(|f| f["id"].as_str().unwrap()).collect();
    for id in [
        "pinning",
        "cpus",
        "quota",
        "scheduler",
        "governor",
        "boost",
        "steal",
        "hypervisor",
        "canary",
        "null_noise",
        "clock",
        "distance",
    ] {
        assert!(ids.contains(&id), "no {id} in {ids:?}");
    }
    let mut fit = true;
    for finding in findings {
        let status = finding["status"].as_str().unwrap();
        assert!(["ok", "note", "warning", "not_fit"].contains(&status), "{finding}");
        assert!(!finding["found"].as_str().unwrap().is_empty(), "{finding}");
        assert!(status == "ok" || status == "note" || finding["advice"].is_string(), "what to do: {finding}");
        fit &= status != "not_fit";
    }
    assert_eq!(json["fit"], fit);
    assert_eq!(output.status.code(), Some(if fit { 0 } else { 1 }));

    // What was measured must be a measurement: the clock moves, and CPUs are counted.
    let found = |id: &str| findings.iter().find(|f| f["id"] == id).unwrap()["found"].as_str().unwrap();
    let usable = miscount::topology::usable_count();
    assert_eq!(found("cpus").split(':').next(), Some(format!("{usable} usable").as_str()));
    assert_eq!(usable == 1, found("cpus").contains("threads take turns on it"), "{}", found("cpus"));
    assert!(!found("clock").contains("inf"), "{}", found("clock"));
}

fn the_table_has_a_line_for_each_and_ends_with_the_verdict() {
    let output = check(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    let last = text.lines().last().unwrap();
    match output.status.code() {
        Some(0) => assert!(last.ends_with(": fit to publish"), "{text}"),
        Some(1) => assert!(last.ends_with(": not fit to publish") && text.contains("not fit  "), "{text}"),
        other => panic!("status {other:?}: {text}"),
    }
    assert!(text.lines().any(|line| line.starts_with("hypervisor")), "{text}");
}

#[test]
fn bad_input_is_refused_before_anything_is_measured() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_miscount"));
    let output = command.arg("check").env("MISCOUNT_MACHINE", "No Id").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
    assert_eq!(check(&["--jason"]).status.code(), Some(2));
}

//! `miscount articles` as people and scripts use it: with made-up interpreters, with none, and with a real one if
//! there is one.
#![cfg(unix)]

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use miscount::python::experiments::SCENARIOS;
use serde_json::Value;

#[allow(dead_code, reason = "shared with tests/it/interpreters.rs")]
use crate::fakes;

use fakes::{Fakes, HANGS, HELLO};

/// Answers every order. Without a lock it keeps KEPT of 10,000 increments, with one all of them; each thread takes TOOK
/// ns, one starts when the other does; of checked items it appends SEEN twice.
const ANSWERS: &str = r#"while read -r order; do
    number() { rest=${order#*\"$1\":}; echo "${rest%%[!0-9]*}"; }
    threads=$(number threads) iters=$(number iters) round=$(number round) switch=$(number switch_us)
    kept=$((threads * iters / 10000 * KEPT)) seen=null chances=null
    case $order in
        *'"py_lock"'* | *'"py_global_lock"'* | *'"py_replace_under_lock"'*) kept=$((threads * iters));;
        *'"py_check_then_append"'*) kept=null seen=SEEN chances=$iters;;
    esac
    sleep PAUSE
    one='{"attempted":'$iters',"start_ns":5,"end_ns":'$((TOOK + 5))',"waited_ns":0,"pinned":false}'
    all=$one n=1
    while [ $n -lt $threads ]; do all="$all,$one" n=$((n + 1)); done
    echo '{"round":'$round',"kept":'$kept',"seen":'$seen',"chances":'$chances',"cpu_ns":1,"switch_us":'${switch:-5000}',"tallies":['$all']}'
done"#;

/// The behaviour of a made-up interpreter.
struct Made {
    kept: u32,
    took_ns: u64,
    seen: u32,
}

/// It keeps 41.98 % of unlocked increments, in 200 ms.
const LOSES: Made = Made { kept: 4_198, took_ns: 200_000_000, seen: 3 };
const KEEPS: Made = Made { kept: 10_000, ..LOSES };

impl Made {
    fn body(&self) -> String {
        // No round may be longer than the time until its answer.
        let pause = if self.took_ns > 10_000_000 { "0.21" } else { "0.003" };
        let numbers = [("KEPT", u64::from(self.kept)), ("TOOK", self.took_ns), ("SEEN", u64::from(self.seen))];
        let body = numbers.iter().fold(ANSWERS.to_owned(), |body, (name, n)| body.replace(name, &n.to_string()));
        body.replace("PAUSE", pause)
    }
}

/// The command, in an empty folder, without the caller's `MISCOUNT_*` variables.
fn articles(fakes: &Fakes, pythons: &[PathBuf], args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_miscount"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MISCOUNT_")) {
        command.env_remove(name);
    }
    let names: Vec<String> = pythons.iter().map(|path| path.display().to_string()).collect();
    command.arg("articles").args(args).env("MISCOUNT_PYTHONS", names.join(",")).current_dir(fakes.folder());
    command
}

fn run(command: &mut Command) -> (String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert_eq!(status.code(), Some(0), "{out}{err}");
    (out, err)
}

fn json(command: &mut Command) -> Value {
    serde_json::from_str(&run(command.arg("--json")).0).unwrap()
}

/// Status 2, nothing on standard output, one line on standard error.
fn refused(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let line = String::from_utf8(stderr).unwrap();
    assert_eq!((status.code(), line.lines().count()), (Some(2), 1), "{line}");
    assert!(stdout.is_empty());
    line
}

/// The columns of the row of an interpreter.
fn row(out: &str, label: &str) -> Vec<String> {
    let line = out.lines().find(|line| line.starts_with(&format!("{label} "))).unwrap_or_else(|| panic!("{out}"));
    line.split("  ").map(str::trim).filter(|field| !field.is_empty()).map(str::to_owned).collect()
}

#[test]
fn what_was_published_stands_beside_what_came_out() {
    let fakes = Fakes::new();
    let pythons = [
        fakes.says_hello("same", "3.8.18", &LOSES.body()),
        fakes.says_hello("near", "3.7.16", &LOSES.body()),
        fakes.says_hello("none", "3.12.1", &KEEPS.body()),
    ];
    let (out, err) = run(&mut articles(&fakes, &pythons, &["--scenario", "plain_10x1m"]));
    assert_eq!(err, "");
    assert!(out.starts_with("plain_10x1m: self.val += 1, 10 threads x 1,000,000\n"), "{out}");
    let fields = |version| row(&out, &format!("CPython {version}"));
    assert_eq!(fields("3.7.16")[1..], ["10,000,000", "4,198,000", "58.0 %", "4,198,551 (3.7.17)", "0.20 s"]);
    assert_eq!(fields("3.8.18")[1..5], ["10,000,000", "4,198,000", "58.0 %", "4,999,351"]);
    assert_eq!(fields("3.12.1")[1..5], ["10,000,000", "10,000,000", "0 %", "-"]);
    let at = |version| out.find(version).unwrap();
    assert!(at("3.7.16") < at("3.8.18") && at("3.8.18") < at("3.12.1"), "the oldest first: {out}");
    assert!(out.contains("\npublished: Eugene Kozlov, "), "{out}");
    assert!(!out.contains("what articles say"), "only what was asked for: {out}");

    let shown = json(&mut articles(&fakes, &pythons, &["--scenario", "plain_10x1m"]));
    let scenario = &shown["scenarios"][0];
    assert_eq!(
        (&scenario["id"], &scenario["threads"], &scenario["iters"]),
        (&"plain_10x1m".into(), &10.into(), &1_000_000.into())
    );
    let near = &scenario["rows"][0];
    assert_eq!((&near["variant"], &near["actual"]), (&"cpython_3_7_16".into(), &4_198_000.into()));
    let published = &near["published"];
    assert_eq!((&published["kept"], &published["version"]), (&4_198_551.into(), &"3.7.17".into()));
    assert_eq!(
        (&published["near"], &scenario["rows"][1]["published"]["near"]),
        (&"same_series".into(), &"same_version".into())
    );
    assert!(published["source"].as_str().unwrap().contains("Kozlov"));
    assert_eq!(scenario["rows"][2]["published"], Value::Null);
    assert_eq!((&shown["claims"], &shown["left_out"]), (&Value::Array(vec![]), &Value::Array(vec![])));
    fakes.assert_gone();
}

#[test]
fn a_short_round_that_loses_nothing_is_said_to_be_short() {
    let fakes = Fakes::new();
    let brief = fakes.says_hello("brief", "3.9.18", &Made { took_ns: 3_000_000, ..KEEPS }.body());
    let (out, _) = run(&mut articles(&fakes, &[brief], &["--scenario", "global_2x100k,global_lock_2x100k"]));
    assert_eq!(out.matches("was short, not that nothing can be lost").count(), 1, "not said of the lock: {out}");
    assert!(out.contains("no thread ran for a whole switch interval, so none was interrupted"), "{out}");
    assert!(out.contains("142,104 (version not named)"), "{out}");
    let long = fakes.says_hello("long", "3.9.18", &KEEPS.body());
    let (out, _) = run(&mut articles(&fakes, &[long], &["--scenario", "global_2x100k"]));
    assert!(!out.contains("was short"), "{out}");
}

#[test]
fn one_that_fails_is_named_and_the_rest_goes_on() {
    let fakes = Fakes::new();
    let pythons = [
        fakes.script("garbage", "echo oops; cat >/dev/null"),
        fakes.says_hello("dies", "3.8.18", "read -r _; kill -KILL $$"),
        fakes.says_hello("good", "3.9.18", &LOSES.body()),
    ];
    let wanted = ["--scenario", "int_10x1m,plain_10x1m"];
    let (out, err) = run(&mut articles(&fakes, &pythons, &wanted));
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(err.contains("garbage is left out: a script, and it answered with something else"), "{err}");
    let gone = "CPython 3.8.18 is left out from here on: it ended (signal: 9 (SIGKILL)) (plain_10x1m)\n";
    assert_eq!((out.matches(gone).count(), out.matches("3.8.18").count()), (1, 1), "{out}");
    assert_eq!(out.matches("CPython 3.9.18").count(), 2, "both scenarios ran: {out}");
    assert!(out.find("plain_10x1m").unwrap() < out.find("int_10x1m").unwrap(), "in their own order: {out}");

    let shown = json(&mut articles(&fakes, &pythons, &wanted));
    assert_eq!(shown["left_out"][0]["label"], "CPython 3.8.18");
    assert_eq!(shown["scenarios"][1]["rows"].as_array().unwrap().len(), 1);

    // None is left.
    let (out, _) = run(&mut articles(&fakes, &pythons[1..2], &wanted));
    assert_eq!(out.matches("not run: no interpreter that it needs is left").count(), 2, "{out}");
    fakes.assert_gone();
}

#[test]
fn without_any_interpreter_it_says_so_in_one_line_and_ends_with_0() {
    let fakes = Fakes::new();
    let nowhere = |command: &mut Command| -> (String, String) {
        command.env_remove("MISCOUNT_PYTHONS").env_remove("PYENV_ROOT");
        run(command.env("PATH", "/no/such/folder").env("HOME", fakes.folder()))
    };
    let (out, err) = nowhere(&mut articles(&fakes, &[], &[]));
    assert_eq!((out.lines().count(), err.as_str()), (1, ""), "{out}");
    assert!(
        out.starts_with("not run: no Python on PATH or in pyenv that can be used; name some with --python"),
        "{out}"
    );
    let (out, _) = nowhere(&mut articles(&fakes, &[], &["--json"]));
    let shown: Value = serde_json::from_str(&out).unwrap();
    assert!(shown["not_run"].as_str().unwrap().starts_with("no Python"), "{shown}");
    assert_eq!(shown["interpreters"], Value::Array(vec![]));
}

#[test]
fn a_scenario_whose_interpreter_is_missing_says_what_it_needs() {
    let fakes = Fakes::new();
    let python = fakes.says_hello("good", "3.13.5", &LOSES.body());
    let (out, _) = run(&mut articles(&fakes, &[python], &["--scenario", "global_free_2x100k"]));
    assert!(
        out.contains(
            "not run: no interpreter without a global lock here; name one, such as a CPython built with --disable-gil"
        ),
        "{out}"
    );

    let free = HELLO.replace("3.9.18", "3.13.5").replace(r#"alse, "gil": true"#, r#"alse, "gil": false"#);
    let free = free.replace(r#""free_threaded": false"#, r#""free_threaded": true"#);
    let free = fakes.script("free", &format!("echo '{free}'\n{}", LOSES.body()));
    let both = ["--scenario", "global_free_2x100k,global_2x100k"];
    let (out, _) = run(&mut articles(&fakes, &[free], &both));
    let fields = row(&out, "CPython 3.13.5 free-threaded");
    assert_eq!(fields[1..5], ["200,000", "83,960", "58.0 %", "about 130,000 (version not named)"]);
    assert!(out.contains("not run: no interpreter with a global lock here"), "{out}");
}

#[test]
fn bad_input_gets_one_line_and_2() {
    let fakes = Fakes::new();
    let line = refused(&mut articles(&fakes, &[], &["--scenario", "plain"]));
    assert!(line.contains("no scenario \"plain\"; there are plain_10x1m, ") && line.contains(", and claims"), "{line}");
    let line = refused(articles(&fakes, &[], &[]).env("MISCOUNT_PYTHONS", ","));
    assert!(line.contains("MISCOUNT_PYTHONS=\",\""), "{line}");
    let line = refused(&mut articles(&fakes, &[], &["--python", "./missing"]));
    assert!(line.contains("--python: ./missing is left out: it cannot be started: there is no such file"), "{line}");
}

#[test]
fn the_list_starts_nothing() {
    let fakes = Fakes::new();
    let began = Instant::now();
    let (out, _) = run(&mut articles(&fakes, &[fakes.script("python", HANGS)], &["--list"]));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    let ids: Vec<&str> = out.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    let mut expected: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.id).collect();
    expected.push("claims");
    assert_eq!(ids, expected);
    let fields = row(&out, "explicit_400x100k");
    assert_eq!(fields[1..], ["400 x 100,000", "counter = counter + 1", "1"]);
}

/// The verdict of the claim with this beginning, and the lines of its figures.
fn claim<'o>(out: &'o str, text: &str) -> (&'o str, Vec<&'o str>) {
    let mut lines = out.lines().skip_while(|line| !line.starts_with(text));
    let (_, verdict) = lines.next().unwrap_or_else(|| panic!("{out}")).rsplit_once(": ").unwrap();
    (verdict, lines.skip(1).take_while(|line| line.starts_with("  ")).collect())
}

#[test]
fn claims_are_answered_by_what_was_measured() {
    let fakes = Fakes::new();
    let brief = Made { took_ns: 1_000_000, ..LOSES };
    let hello = |version: &str, rwlock: bool| {
        HELLO.replace("3.9.18", version).replace("null}", &format!(r#"null, "rwlock": {rwlock}}}"#))
    };
    let old = fakes.script("old", &format!("echo '{}'\n{}", hello("3.9.18", false), brief.body()));
    let safe = Made { kept: 10_000, seen: 0, ..brief };
    let new = |rwlock| fakes.script("new", &format!("echo '{}'\n{}", hello("3.13.0", rwlock), safe.body()));
    let (out, _) = run(&mut articles(&fakes, &[old.clone(), new(false)], &["--scenario", "claims"]));
    let verdict = |text| claim(&out, text).0;
    // One interpreter loses, the other keeps all.
    let (found, figures) = claim(&out, "With the GIL an unlocked increment loses nothing");
    assert_eq!((found, figures.len()), ("mixed", 2), "{out}");
    assert!(figures[0].contains("self.val += 1 lost 5,802,000 of 10,000,000") && figures[0].ends_with(" no"), "{out}");
    assert!(figures[1].ends_with(" yes"), "{out}");
    // Threads of a millisecond lose in this one.
    let (found, figures) = claim(&out, "Threads race only if they run for longer");
    assert_eq!(found, "does not hold", "{out}");
    assert!(figures[0].contains("threads of 1.00 ms at most: 50 of 50 rounds lost"), "{out}");
    assert_eq!(verdict("A shorter switch interval brings races to light"), "cannot be told here", "{out}");
    let (found, figures) = claim(&out, "Assigning is atomic");
    assert_eq!((found, figures.len()), ("holds", 4), "{out}");
    assert!(figures[1].contains("3 of 200,000 appended twice"), "{out}");
    assert!(figures[3].contains("0 of 2,000,000 appended twice") && figures[3].ends_with("cannot be told"), "{out}");
    assert_eq!(verdict("In Python a lock costs 100 to 500 ns"), "does not hold", "it adds nothing in this one: {out}");
    assert_eq!(verdict("Python 3.13 has a threading.RWLock"), "does not hold", "{out}");

    let claims = json(&mut articles(&fakes, &[old, new(true)], &["--scenario", "claims"]));
    let claims = claims["claims"].as_array().unwrap();
    assert_eq!((claims.len(), &claims[6]["verdict"]), (7, &"holds".into()));
    fakes.assert_gone();
}

#[test]
fn a_real_interpreter_runs_an_article_s_experiment() {
    let found = miscount::python::real::find().unwrap().interpreters;
    let Some(first) = found.first() else {
        println!("skipped: no Python here");
        return;
    };
    let fakes = Fakes::new();
    let python = first.launch.program.to_str().unwrap();
    let shown =
        json(&mut articles(&fakes, &[], &["--python", python, "--scenario", "global_2x100k,global_lock_2x100k"]));
    let own = |n: usize| &shown["scenarios"][n]["rows"][0];
    let locked = own(1);
    assert_eq!((locked["label"].as_str(), &locked["actual"]), (Some(first.label().as_str()), &200_000.into()));
    if first.gil {
        let actual = own(0)["actual"].as_u64().unwrap();
        assert!((2..=200_000).contains(&actual), "{actual}");
    }
}

//! Interpreters that fail in every possible way, and real ones if there are any.
//!
//! Runs the bench in `tests/it/faulty/pythons.rs`.
#![cfg(unix)]

use std::time::{Duration, Instant};

use miscount::python::real::{Error, Found, Interpreter, Launch, Request, Search, Subject, Worker};

use crate::fakes;
#[path = "interpreters/program.rs"]
mod program;
#[path = "interpreters/real.rs"]
mod real;
use crate::under;

use fakes::{Fakes, HANGS, HELLO};

/// How long a fake may take for its first line: a shell needs milliseconds, on a busy machine more.
const PATIENCE: Duration = Duration::from_secs(3);
/// For those that hang.
const BRIEF: Duration = Duration::from_millis(500);

fn search(programs: Vec<std::path::PathBuf>) -> Found {
    let candidates = programs.into_iter().map(Launch::from).collect();
    Search { candidates, named: true, patience: PATIENCE }.run()
}

#[test]
fn what_is_no_interpreter_is_named_and_left_out_in_bounded_time() {
    let fakes = Fakes::new();
    let plain_file = fakes.folder().join("no_program");
    std::fs::write(&plain_file, "print('hello')").unwrap();
    let said = |what: &str| HELLO.replace("CPython", what);
    let wrong = [
        (fakes.folder().join("missing"), "it cannot be started: there is no such file"),
        (fakes.folder().to_owned(), "it cannot be started: there is no such file"),
        (plain_file, "it ended (exit status: 126)"),
        (fakes.script("ends", "echo broken >&2; exit 3"), "a script, and it ended (exit status: 3), saying \"broken\""),
        (fakes.script("dies", "kill -KILL $$"), "it ended (signal: 9"),
        (fakes.script("closes", &format!("exec >&-; {HANGS}")), "it ended (it closed its output)"),
        (
            fakes.script("shell", "echo hello"),
            "a script, and it answered with something else than our protocol: \"hello\"",
        ),
        (fakes.script("chatters", "yes 'no such thing'"), "something else than our protocol: \"no such thing\""),
        (fakes.script("endless", "exec cat /dev/zero"), "a line of more than 1048576 bytes"),
        (fakes.script("noise", "exec head -c 100000 /dev/urandom"), "something else than our protocol"),
        (
            fakes.script("iron", &format!("echo '{}'", said("IronPython"))),
            "it is IronPython 3.9.18, which is not measured",
        ),
        (fakes.says_hello("old", "3.5.10", ""), "it is CPython 3.5.10, which is not measured"),
    ];
    let good = fakes.good("good", "3.9.18");
    let mut candidates: Vec<_> = wrong.iter().map(|(path, _)| path.clone()).collect();
    candidates.insert(3, good.clone());
    let began = Instant::now();
    let found = search(candidates);
    assert!(began.elapsed() < PATIENCE * 4, "{:?}", began.elapsed());
    let paths: Vec<_> = found.interpreters.iter().map(|one| one.launch.program.clone()).collect();
    assert_eq!(paths, [good], "the rest is found: {:#?}", found.refused);
    assert_eq!(found.refused.len(), wrong.len());
    for (refused, (path, why)) in found.refused.iter().zip(&wrong) {
        assert_eq!(&refused.launch.program, path);
        assert!(refused.why.contains(why), "{refused}");
        let line = refused.to_string();
        assert!(line.contains(&*path.to_string_lossy()) && line.chars().all(|c| !c.is_control()), "{line}");
    }
    fakes.assert_gone();
}

#[test]
fn one_that_hangs_is_named_and_the_next_is_asked() {
    let fakes = Fakes::new();
    let candidates = [fakes.script("hangs", HANGS), fakes.folder().join("missing")].map(Launch::from).to_vec();
    let found = Search { candidates, named: true, patience: BRIEF }.run();
    let whys: Vec<&str> = found.refused.iter().map(|refused| refused.why.as_str()).collect();
    // A program that ends takes as long to say so as the machine lets it.
    assert!(whys.len() == 2 && whys[0].contains("it did not answer within 0.5 s"), "{whys:?}");
    fakes.assert_gone();
}

#[test]
fn each_version_is_measured_once_and_a_second_build_of_it_is_named() {
    let fakes = Fakes::new();
    let first = fakes.good("python3.9", "3.9.18");
    std::os::unix::fs::symlink(&first, fakes.folder().join("python3")).unwrap();
    let copy = fakes.good("python", "3.9.18");
    let other = HELLO.replace("(fake)", "(another fake)");
    let other = fakes.script("python3.9-other", &format!("echo '{other}'"));
    let newer = fakes.good("python3.10", "3.10.1");
    let found = search(vec![newer.clone(), first.clone(), fakes.folder().join("python3"), copy, other.clone()]);
    let paths: Vec<_> = found.interpreters.iter().map(|one| one.launch.program.clone()).collect();
    assert_eq!(paths, [first, newer], "the oldest first");
    let [refused] = &found.refused[..] else { panic!("{:?}", found.refused) };
    assert_eq!(refused.launch.program, other);
    assert!(refused.why.starts_with("another CPython 3.9.18 is measured, "), "{refused}");
}

/// The only interpreter that a search of `path` finds.
fn only(path: std::path::PathBuf) -> Interpreter {
    let mut found = search(vec![path]);
    assert_eq!(found.refused, []);
    found.interpreters.remove(0)
}

fn request(threads: usize, patience: Duration) -> Request {
    let plain = Subject::named("py_plain").unwrap();
    Request { patience, ..Request::shared(plain, threads, 1_000, Duration::from_secs(1), Vec::new()) }
}

#[test]
fn a_good_answer_is_a_round() {
    let fakes = Fakes::new();
    let mut worker = Worker::start(&only(fakes.good("good", "3.9.18"))).unwrap();
    let request = Request { cpus: vec![3, 5], ..request(2, PATIENCE) };
    for _ in 0..2 {
        let round = worker.round(&request).unwrap().into_round(&request, 2);
        assert_eq!((round.attempted(), round.kept, round.lost()), (2_000, Some(2_000), Some(0)));
        assert_eq!((round.wall(), round.overlap()), (Duration::from_millis(210), 1.0));
        assert_eq!(round.verdict(), miscount::round::Verdict::Valid);
        assert_eq!((&round.tallies[0].cpus[..], &round.tallies[1].cpus[..]), (&[3][..], &[5][..]));
    }
    drop(worker);
    fakes.assert_gone();
}

#[test]
fn a_worker_that_fails_is_killed_and_stays_so() {
    let fakes = Fakes::new();
    let tally = r#"{"attempted":1000,"start_ns":0,"end_ns":5,"waited_ns":null,"pinned":false}"#;
    let answer = |round: u32, kept: &str, tallies: &str| {
        format!(
            r#"read -r _; sleep 0.01; echo '{{"round":{round},"kept":{kept},"seen":null,"chances":null,"cpu_ns":null,"switch_us":null,"tallies":[{tallies}]}}'; read -r _"#
        )
    };
    let two = format!("{tally},{tally}");
    let late = tally.replace("\"end_ns\":5", "\"end_ns\":9000000000");
    let wrong: Vec<(&str, String, &str)> = vec![
        ("dies", "read -r _; kill -KILL $$".into(), "it ended (signal: 9"),
        ("hangs", format!("read -r _; {HANGS}"), "it did not answer within 0.5 s"),
        ("reads_not", HANGS.into(), "it did not answer within 0.5 s"),
        ("garbage", "read -r _; echo oops; read -r _".into(), "protocol: \"oops\""),
        ("half", "read -r _; printf '{\"round\":'".into(), "protocol"),
        (
            "excuse",
            r#"read -r _; echo '{"round":1,"error":"RuntimeError: no thread"}'"#.into(),
            "in it: RuntimeError: no thread",
        ),
        ("number", answer(7, "2000", &two), "round 7 of 2 threads, not 1 of 2"),
        ("threads", answer(1, "1000", tally), "round 1 of 1 threads, not 1 of 2"),
        ("none", answer(1, "0", ""), "no thread took part"),
        ("invents", answer(1, "2001", &two), "kept 2001 of only 2000 attempted"),
        ("more", answer(1, "0", &two.replace("1000", "1001")), "2002 increments, not 2000"),
        ("count", answer(1, "null", &two), "a count where there is none"),
        ("slow", answer(1, "5", &format!("{tally},{late}")), "a round of 9s that took"),
        ("negative", answer(1, "5", &two.replace("\"start_ns\":0", "\"start_ns\":9")), "ended before it began"),
    ];
    for (name, body, why) in wrong {
        let mut worker = Worker::start(&only(fakes.says_hello(name, "3.9.18", &body))).unwrap();
        let patience = if why.contains("did not answer") { BRIEF } else { PATIENCE };
        let error = worker.round(&request(2, patience)).unwrap_err();
        assert!(error.to_string().contains(why), "{name}: {error}");
        assert!(!error.publishable().contains("oops") && !error.publishable().contains("RuntimeError"), "{error}");
        fakes.assert_gone();
        assert!(matches!(worker.round(&request(2, PATIENCE)), Err(Error::Ended { .. } | Error::Garbage(_))), "{name}");
    }
}

#[test]
fn another_interpreter_in_its_place_is_seen() {
    let fakes = Fakes::new();
    let interpreter = only(fakes.good("python", "3.9.18"));
    fakes.good("python", "3.9.19");
    let error = Worker::start(&interpreter).err().unwrap();
    assert_eq!(error, Error::Nonsense("it is CPython 3.9.19 now".into()));
}

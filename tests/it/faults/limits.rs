//! Limits of the system that are too low, or become lower during a run.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Stdio;

use miscount::round::Verdict;
use miscount::topology;

use super::{Place, assert_whole, line, names, on, place::program, quick, run, slow, under, wait_for_cell};

/// Threads that a user has.
fn threads_of(user: u32) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let theirs = processes.filter(|entry| entry.metadata().is_ok_and(|meta| meta.uid() == user));
    theirs.map(|entry| fs::read_dir(entry.path().join("task")).map_or(0, Iterator::count)).sum()
}

#[test]
fn more_threads_than_the_user_may_have_end_the_run_and_what_was_measured_is_kept() {
    let place = Place::new();
    // Root has no such limit; a user who has nothing else running has one of its own.
    let me = fs::metadata("/proc/self").unwrap().uid();
    let user = if me == 0 { 20_000 + std::process::id() % 40_000 } else { me };
    let limit = format!("--nproc={}", threads_of(user) + 64);
    let mut inner = quick(&place, "/none/");
    inner.env("MISCOUNT_THREADS", "1,512");
    let mut command = if me == 0 {
        // That user may be unable to reach the folder this was built in.
        let copy = place.path().join("faulty");
        fs::hard_link(program(), &copy).or_else(|_| fs::copy(program(), &copy).map(drop)).unwrap();
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let mut command = under("prlimit", &[&limit, "sh", "-c", r#"exec "$COPY" "$@""#], &inner);
        command.env("COPY", copy).uid(user);
        command
    } else {
        under("prlimit", &[&limit], &inner)
    };
    let (status, _, err) = run(command.current_dir(place.path()));
    assert_eq!(status, Some(2), "{err}");
    let said = line(&err, "miscount: faulty/saturated/control/none/512: the system refused thread ");
    assert!(said.contains("MISCOUNT_THREADS"), "{said}");
    assert_eq!(names(&place.cells()), ["none/1".to_owned()].into(), "{err}");
    assert_whole(&place);
}

#[test]
fn no_memory_for_the_threads_ends_the_run_and_what_was_measured_is_kept() {
    let place = Place::new();
    let mut inner = quick(&place, "/none/");
    // Two MiB of stack each.
    inner.env("MISCOUNT_THREADS", "1,1024");
    let (status, _, err) = run(&mut under("prlimit", &["--as=1200000000"], &inner));
    // Threads that ran already may take the memory that the last words need, and the first pass is not on disk yet: then it is
    // an abort of Rust's.
    assert_ne!(status, Some(0), "{err}");
    if status == Some(2) {
        line(&err, "none/1024: the system refused thread ");
        assert_eq!(names(&place.cells()), ["none/1".to_owned()].into(), "{err}");
        assert_whole(&place);
    }
}

#[test]
fn no_memory_for_a_counter_ends_the_process_and_what_was_measured_is_kept() {
    let place = Place::new();
    let inner = quick(&place, "/(none|hoards)/1");
    let mut command = under("prlimit", &["--as=2000000000"], &inner);
    let output = command.output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.signal(), Some(6), "Rust aborts when an allocation fails: {err}");
    line(&err, "memory allocation of 16777216 bytes failed");
    assert_eq!(
        names(&place.cells()),
        ["none/1", "hoards/1"].map(String::from).into(),
        "as the first pass left them: {err}"
    );
    assert_whole(&place);
}

#[test]
fn cells_measured_after_cpus_were_taken_away_are_marked() {
    let cpus = topology::usable_cpus();
    let [first, _, ..] = cpus[..] else { return println!("skipped: one CPU") };
    let place = Place::new();
    let mut command = slow(&place, "/(none|fetch_add|turns_a)/2");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_cell(&place, &mut child);
    on(&child, "taskset", &["--all-tasks", "--cpu-list", "--pid", &first.to_string()]);
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{err}");
    let said = line(&err, "miscount: the CPUs of this run changed while it went on, from ");
    assert!(said.contains(&format!(" to {first}:")), "{said}");
    let machine = place.machine();
    let last = machine.cells.iter().find(|cell| cell.key.subject == "turns_a").unwrap();
    assert_eq!(last.facts.verdict, Verdict::Unpinned, "{err}");
    assert!(machine.runs.values().flat_map(|run| &run.notes).any(|note| said.ends_with(note.as_str())));
}

/// A round's time begins when all threads are there.
#[test]
fn a_handle_may_take_longer_than_a_round() {
    let place = Place::new();
    let (status, _, err) = run(&mut quick(&place, "/(none|late)/1"));
    assert_eq!(status, Some(0), "{err}");
    assert_eq!(names(&place.cells()), ["none/1", "late/1"].map(String::from).into(), "{err}");
}

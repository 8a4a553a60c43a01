//! The committed overview of the results, and the contents of a contributed folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::folders::committed;

use miscount::machine::{Card, Run};
use miscount::report::overview;
use miscount::results::published::core_to_core;
use miscount::results::{Cell, Interval, LossRate, Machine, Origin, Store};

/// The command that makes the committed files again.
const COMMAND: &str = "cargo run --release -- report --overview";

fn results() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("results")
}

/// Copies the results themselves: machines' folders and published figures.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if path.extension().is_some_and(|e| e == "json") {
            fs::copy(&path, target).unwrap();
        }
    }
}

#[test]
fn the_committed_overview_is_that_of_the_committed_results() {
    let again = tempfile::tempdir().unwrap();
    copy(&results(), again.path());
    let written = overview::write(again.path()).unwrap();
    assert_eq!(written.paths.len(), 3, "{written:?}");
    for path in &written.paths {
        let name = path.file_name().unwrap().to_string_lossy();
        // Another platform's logarithms may move a line by a pixel.
        if name.ends_with(".svg") && !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            continue;
        }
        let committed = fs::read_to_string(results().join(&*name)).unwrap_or_default().replace("\r\n", "\n");
        let same = committed == fs::read_to_string(path).unwrap();
        assert!(same, "results/{name} is not what `{COMMAND}` writes from results/: run it");
    }
}

#[test]
fn every_committed_result_is_read() {
    let (machines, errors) = committed();
    assert!(errors.is_empty(), "{errors:?}");
    let published = machines.iter().filter(|machine| machine.origin != Origin::Measured).count();
    let files = fs::read_dir(results().join("published")).unwrap().count();
    // One of them holds line transfers, of many machines.
    assert!(published == files - 1 && published < machines.len(), "{published} of {files}");
    core_to_core::read(&results()).unwrap();
}

#[test]
fn no_warning_is_a_fact() {
    let (machines, _) = committed();
    let text = overview::text(machines);
    let (_, warnings) = text.split_once("\n## Warnings\n\n").unwrap();
    let (warnings, facts) = warnings.split_once("\n## Facts\n\n").unwrap();
    let [warnings, facts] =
        [warnings, facts].map(|part| part.split("\n\n").next().unwrap().lines().collect::<Vec<_>>());
    assert!(!warnings.iter().any(|line| line.contains("CPython")), "{warnings:#?}");
    assert!(!warnings.iter().any(|line| line.contains("cells were noisy (")), "the cells tell it: {warnings:#?}");
    let pythons = facts.iter().filter(|line| line.contains(": CPython 3.9.18: ")).count();
    assert_eq!(pythons, 1, "once, however many runs found it: {facts:#?}");
}

/// A machine with one counter, `subject`, that costs `ns` and lost `loss` at each of `threads`.
fn machine(id: &str, cpus: usize, threads: &[usize], subject: &str, ns: f64, loss: f64) -> Machine {
    let text = |threads: usize| {
        format!(
            r#"{{"bench": "counters", "subject": "{subject}", "label": "", "family": "racy", "grade": "racy", "threads": {threads},
                "level": "saturated", "placement": "spread", "verdict": "valid", "run": "r", "recorded": ""}}"#
        )
    };
    let cell = |&threads: &usize| {
        serde_json::from_str::<Cell>(&text(threads)).unwrap().with(|c| {
            c.figures.ns_per_op_per_thread =
                Some(Interval { low: ns, median: ns * threads as f64, high: ns * threads as f64 });
            c.figures.loss_rate = Some(LossRate { min: loss, median: loss, max: loss, pooled: loss });
        })
    };
    let run = Run {
        started: "2026-11-21T22:35:22Z".into(),
        pinned: true,
        facts: vec!["a *fact*".into()],
        notes: vec!["a | note".into()],
        ..Run::default()
    };
    Machine {
        card: Card { id: id.into(), cpu: "A <b> CPU".into(), cpus, usable_cpus: cpus, ..Card::default() },
        origin: Origin::Measured,
        runs: [("r".to_owned(), run)].into(),
        cells: threads.iter().map(cell).collect(),
        ..Machine::default()
    }
}

#[test]
fn headlines_are_of_threads_within_the_cpus() {
    let text = overview::text(&[machine("m", 4, &[1, 2, 4, 8], "load_store", 3.0, 0.25)]);
    assert!(text.contains("| m | measured | A &lt;b&gt; CPU | 4 | 2026-11-21 | 4 |"), "{text}");
    assert!(text.contains("| m | 4 | 25.0 % | 25.0 % |  |  |  |  | - |"), "{text}");
    assert!(text.contains("\n## Warnings\n\n- m: run r: a \\| note\n\n## Facts\n\n- m: a \\*fact\\*\n"), "{text}");
    assert!(text.contains("load\\_store loses, by threads. At the most threads: m 25.0 % at 4 threads."), "{text}");
    let text = overview::text(&[machine("m", 4, &[1, 2], "fetch_add", 3.0, 0.0)]);
    assert!(text.contains("| m | 2 |  |  | (3.00) | (6.00) |"), "{text}");
    let text = overview::text(&[machine("m", 1, &[2], "fetch_add", 3.0, 0.0)]);
    assert!(text.contains("m: nothing measured at this level within its CPUs") && !text.contains(".svg"), "{text}");
}

#[test]
fn pictures_are_opaque_have_dark_colours_and_name_their_machines() {
    let results = tempfile::tempdir().unwrap();
    copy(&self::results(), results.path());
    overview::write(results.path()).unwrap();
    for name in ["loss.svg", "cost.svg"] {
        let svg = fs::read_to_string(results.path().join(name)).unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{name}");
        let [dark, ground] = [1, 2].map(|n| svg.lines().nth(n).unwrap());
        assert!(ground.starts_with("<rect x=\"0\" y=\"0\"") && ground.contains("fill=\"#FFFFFF\""), "{ground}");
        assert!(dark.starts_with("<style>@media(prefers-color-scheme:dark){"), "{dark}");
        for paint in ["fill=\"#", "stroke=\"#"] {
            for colour in svg.lines().skip(2).flat_map(|line| line.split(paint).skip(1)).map(|rest| &rest[..6]) {
                assert!(dark.contains(&format!("[{paint}{colour}\"]")), "{name}: {paint}{colour} stays in the dark");
            }
        }
        assert!(svg.contains("xeon-platinum-8176-8s (published)") && svg.contains("threads"), "{name}");
    }
    assert_eq!(overview::text(&[]).matches("![").count(), 0, "no picture of nothing");
}

#[test]
fn a_readme_of_somebody_else_stays() {
    let results = tempfile::tempdir().unwrap();
    fs::write(results.path().join("README.md"), "mine").unwrap();
    let refused = overview::write(results.path()).unwrap_err().to_string();
    assert!(refused.contains("README.md: not written by"), "{refused}");
    assert_eq!(fs::read_to_string(results.path().join("README.md")).unwrap(), "mine");
    assert_eq!(fs::read_dir(results.path()).unwrap().count(), 1);
}

#[test]
fn a_contributed_folder_names_nobody() {
    let results = tempfile::tempdir().unwrap();
    let (id, run) = Run::begin();
    let cell: Cell = machine("m", 2, &[2], "load_store", 3.0, 0.5).cells.remove(0);
    let mut store = Store::open(results.path(), Card::detect().unwrap(), id.clone(), run).unwrap();
    store.add(&[cell.with(|c| c.facts.run = id)]).unwrap();
    let mut seen = 0;
    let mut paths: Vec<_> = fs::read_dir(store.folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap().to_lowercase();
        seen += 1;
        for secret in secrets() {
            let word =
                |text: &str| text.split(|c: char| !c.is_alphanumeric() && !"-_.".contains(c)).any(|w| w == secret);
            let found = if secret.contains(['/', '\\']) { text.contains(&secret) } else { word(&text) };
            assert!(!found, "{}: {secret:?} stands in it", path.display());
        }
    }
    assert!(seen >= 1, "a run at least");
}

/// Texts that name this computer's owner: host, user, home and this package's own path.
fn secrets() -> Vec<String> {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default().to_lowercase();
    let names = ["HOME", "USERPROFILE", "USER", "LOGNAME", "USERNAME", "HOSTNAME", "COMPUTERNAME"];
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let all = names.iter().map(|name| std::env::var(name).unwrap_or_default());
    let all = all.chain([host, env!("CARGO_MANIFEST_DIR").to_owned()]).map(|secret| secret.trim().to_lowercase());
    // A name that is also the system's, such as `ubuntu`, says nothing.
    all.filter(|secret| secret.len() > 2 && !system.contains(secret.as_str())).collect()
}

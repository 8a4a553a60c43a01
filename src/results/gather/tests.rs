use super::*;
use crate::machine::Run;
use crate::results::{Cell, read_all};
use crate::samples;

fn card(family: &str) -> Card {
    let family = Some(family.to_owned());
    Card { id: "test-2-abcdef".into(), cpu: "Test".into(), cpus: 2, usable_cpus: 2, family, ..Card::default() }
}

/// A run that began at `started` and measured these subjects.
fn run(id: &str, started: &str, card: &Card, subjects: &[&str]) -> PastRun {
    let cell = |subject: &&str| -> Cell {
        samples::cell("counters", subject, 2, "saturated").with(|c| {
            c.facts.label.clear();
            c.facts.run = id.into();
        })
    };
    let cells = subjects.iter().map(cell).collect();
    PastRun {
        id: id.into(),
        number: 1,
        card: Some(card.clone()),
        run: Run { started: started.into(), ..Run::default() },
        cells,
    }
}

fn put(machine: &Path, past: &PastRun) {
    fs::create_dir_all(runs::folder(machine)).unwrap();
    fs::write(runs::path(machine, &past.id), past.text()).unwrap();
}

/// Every file below a folder with its text.
fn tree(dir: &Path) -> BTreeMap<PathBuf, String> {
    let inside = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    inside
        .flat_map(|path| match fs::read_to_string(&path) {
            Ok(text) => BTreeMap::from([(path, text)]),
            Err(_) => tree(&path),
        })
        .collect()
}

fn gathered(results: &Path, from: &[&Path]) -> Result<Vec<(String, usize, usize)>, String> {
    let from: Vec<PathBuf> = from.iter().map(|path| path.to_path_buf()).collect();
    let (all, errors) = gather(results, &from).map_err(|error| error.to_string())?;
    assert!(errors.is_empty(), "{errors:?}");
    Ok(all.into_iter().map(|one| (one.id, one.new, one.known)).collect())
}

#[test]
fn runs_come_once_and_in_the_order_in_which_they_began() {
    let dir = tempfile::tempdir().unwrap();
    let [results, node] = ["results", "jobs/out/node"].map(|name| dir.path().join(name));
    let (first, third) = (run("one", "2026-01-01", &card("1"), &["a"]), run("three", "2026-01-03", &card("1"), &["a"]));
    put(&node.join("test-2-abcdef"), &first);
    let id = || "test-2-abcdef".to_owned();
    assert_eq!(gathered(&results, &[&node]), Ok(vec![(id(), 1, 0)]), "a results folder that is not there yet");
    put(&node.join("test-2-abcdef"), &third);
    put(&node.join("test-2-abcdef"), &run("two", "2026-01-02", &card("1"), &["a"]));
    assert_eq!(gathered(&results, &[&dir.path().join("jobs")]), Ok(vec![(id(), 2, 1)]));
    let before = tree(&results);
    assert_eq!(gathered(&results, &[&node, &node.join("test-2-abcdef")]), Ok(vec![(id(), 0, 6)]), "two names of one");
    assert_eq!(tree(&results), before);
    let (machines, errors) = read_all(&results);
    assert!(errors.is_empty());
    let numbers: Vec<(&str, u64)> = machines[0].history.iter().map(|past| (past.id.as_str(), past.number)).collect();
    assert_eq!(numbers, [("three", 3), ("two", 2), ("one", 1)]);
}

#[test]
fn a_run_that_has_gone_on_since_is_taken_with_what_is_new() {
    let dir = tempfile::tempdir().unwrap();
    let [results, node] = ["results", "node"].map(|name| dir.path().join(name));
    let half = run("one", "2026-01-01", &card("1"), &["a"]);
    put(&node, &half);
    gathered(&results, &[&node]).unwrap();
    put(&node, &run("one", "2026-01-01", &card("1"), &["a", "b"]));
    assert_eq!(gathered(&results, &[&node]).unwrap()[0].1, 1);
    assert_eq!(read_all(&results).0[0].cells.len(), 2);
    put(&node, &half);
    assert_eq!(gathered(&results, &[&node]).unwrap()[0].2, 1, "an older copy takes nothing away");
    assert_eq!(read_all(&results).0[0].cells.len(), 2);
}

#[test]
fn one_run_with_two_contents_is_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let [results, node, other] = ["results", "node", "other"].map(|name| dir.path().join(name));
    let one = run("one", "2026-01-01", &card("1"), &["a"]);
    put(&node, &one);
    let mut changed = one.clone();
    changed.cells[0].facts.label = "changed".into();
    put(&other, &changed);
    let line = gathered(&results, &[&node, &other]).unwrap_err();
    assert!(line.contains("other/runs/one.json: run one has other figures") && line.lines().count() == 1, "{line}");
    assert!(!results.exists());
}

#[test]
fn two_machines_that_claim_one_id_and_are_not_alike_are_kept_apart() {
    let dir = tempfile::tempdir().unwrap();
    let [results, node, other] = ["results", "node", "other"].map(|name| dir.path().join(name));
    put(&node, &run("one", "2026-01-01", &card("1"), &["a"]));
    put(&other, &run("two", "2026-01-02", &card("2"), &["a"]));
    let ids = || ["test-2-abcdef", "test-2-abcdef_2"].map(String::from);
    let [first, second] = ids();
    assert_eq!(gathered(&results, &[&node, &other]), Ok(vec![(first, 1, 0), (second, 1, 0)]));
    // The same again, in the other order.
    let [first, second] = ids();
    assert_eq!(gathered(&results, &[&other, &node]), Ok(vec![(first, 0, 1), (second, 0, 1)]));
    let (machines, errors) = read_all(&results);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(machines.iter().map(|machine| machine.card.id.clone()).collect::<Vec<_>>(), ids());
}

#[test]
fn what_is_damaged_is_left_out_and_said() {
    let dir = tempfile::tempdir().unwrap();
    let [results, node] = ["results", "node"].map(|name| dir.path().join(name));
    put(&node, &run("one", "2026-01-01", &card("1"), &["a"]));
    fs::write(runs::path(&node, "two"), "half a ru").unwrap();
    let (all, errors) = gather(&results, std::slice::from_ref(&node)).unwrap();
    assert_eq!((all[0].new, errors.len()), (1, 1));
    assert!(errors[0].to_string().contains("two.json"), "{errors:?}");
    let line = gather(&results, &[dir.path().join("nowhere")]).unwrap_err().to_string();
    assert!(line.contains("nowhere") && line.contains("name a folder that holds results"), "{line}");
}

#[test]
fn a_null_study_comes_along_unless_there_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let [results, node, other] = ["results", "node", "other"].map(|name| dir.path().join(name));
    put(&node, &run("one", "2026-01-01", &card("1"), &["a"]));
    fs::write(node.join(STUDY), r#"{"schema": 2, "levels": []}"#).unwrap();
    put(&other, &run("two", "2026-01-02", &card("1"), &["a"]));
    fs::write(other.join(STUDY), r#"{"schema": 2,  "levels": []}"#).unwrap();
    let (all, errors) = gather(&results, &[node.clone(), other.clone()]).unwrap();
    assert_eq!((all[0].studies_left, errors.len()), (1, 0), "{errors:?}");
    let kept = || fs::read_to_string(results.join("test-2-abcdef").join(STUDY)).unwrap();
    assert_eq!(kept(), r#"{"schema": 2, "levels": []}"#);
    fs::write(other.join(STUDY), "no study").unwrap();
    let (all, errors) = gather(&results, &[node, other]).unwrap();
    assert_eq!((all[0].known, errors.len()), (2, 1), "one that cannot be read is left out");
    assert_eq!(kept(), r#"{"schema": 2, "levels": []}"#);
}

#[test]
fn what_is_there_and_cannot_be_read_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let [results, node] = ["results", "node"].map(|name| dir.path().join(name));
    put(&node, &run("one", "2026-01-01", &card("1"), &["a"]));
    put(&results.join("test-2-abcdef"), &run("two", "2026-01-02", &card("1"), &["a"]));
    let newer = runs::path(&results.join("test-2-abcdef"), "one");
    fs::write(&newer, "{\"schema\": 9}").unwrap();
    let (all, errors) = gather(&results, std::slice::from_ref(&node)).unwrap();
    assert!(all.is_empty(), "{all:?}");
    let said: Vec<String> = errors.iter().map(Error::to_string).collect();
    assert!(said.len() == 2 && said[1].contains("one.json") && said[1].contains("was left out"), "{said:?}");
    assert_eq!(fs::read_to_string(newer).unwrap(), "{\"schema\": 9}");
}

#[cfg(unix)]
#[test]
fn a_linked_folder_of_the_results_is_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let [results, node, elsewhere] = ["results", "node", "elsewhere"].map(|name| dir.path().join(name));
    put(&elsewhere, &run("one", "2026-01-01", &card("1"), &["a"]));
    fs::create_dir(&results).unwrap();
    std::os::unix::fs::symlink(&elsewhere, results.join("mine")).unwrap();
    let mut changed = run("one", "2026-01-01", &card("1"), &["a"]);
    changed.cells[0].facts.label = "changed".into();
    put(&node, &changed);
    assert!(gathered(&results, &[&node]).unwrap_err().contains("has other figures"));
    put(&node, &run("one", "2026-01-01", &card("1"), &["a"]));
    put(&node, &run("two", "2026-01-02", &card("1"), &["a"]));
    assert_eq!(gathered(&results, &[&node]), Ok(vec![("test-2-abcdef".into(), 1, 1)]));
    assert!(runs::path(&elsewhere, "two").is_file() && !results.join("test-2-abcdef").exists());
}

#[test]
fn an_id_with_a_number_behind_it_can_still_be_an_id() {
    let dir = tempfile::tempdir().unwrap();
    let [results, node, other, taken] = ["results", "node", "other", "taken"].map(|name| dir.path().join(name));
    let long = |family: &str| Card { id: "x".repeat(64), ..card(family) };
    put(&node, &run("one", "2026-01-01", &long("1"), &["a"]));
    put(&other, &run("two", "2026-01-02", &long("2"), &["a"]));
    let all = gathered(&results, &[&node, &other]).unwrap();
    assert!(all.iter().any(|(id, ..)| *id == format!("{}_2", "x".repeat(60))), "{all:?}");
    assert_eq!(read_all(&results).0.len(), 2);
    put(&taken, &run("one", "2026-01-01", &Card { id: "published".into(), ..card("1") }, &["a"]));
    let (all, errors) = gather(&results, &[taken]).unwrap();
    assert_eq!((all.len(), errors.len()), (0, 1), "{errors:?}");
}

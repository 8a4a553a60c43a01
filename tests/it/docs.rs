//! Are the pages true? Paths exist, every dependency is explained, every counter is on the
//! lists, every variable is described, and no path of anybody's computer is there.

use crate::folders::committed;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use miscount::catalogue;
use miscount::noise::{DRIFT_ABOVE, OTHER_LOAD_ABOVE, STEAL_ABOVE, WAITED_ABOVE};
use miscount::ordering::{self, Variant};
use miscount::python::model::steps;
use miscount::report::overview;
use miscount::results::Origin;
use miscount::round::{OVERLAP_BELOW, PREEMPTED_ABOVE, SHORT, VALID_FROM};
use miscount::suite::ROUND;
use miscount::team::Limits;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Every file below `folder`, sorted; none if there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.expect("a folder can be listed").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// The texts between backticks, line by line; fences of code blocks do not count.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter(|line| !line.starts_with("```"));
    lines.flat_map(|line| line.split('`').skip(1).step_by(2)).filter(|quoted| !quoted.is_empty())
}

#[test]
fn the_architecture_page_names_what_exists() {
    let page = text("src/docs/architecture.md");
    let rooms = ["src/", "benches/", "tests/", "results/", "examples/"];
    let named: BTreeSet<&str> = quoted(&page).filter(|q| rooms.iter().any(|room| q.starts_with(room))).collect();
    assert!(named.len() > 20, "the page names only {named:?}");
    // A name in angle brackets stands for one that differs.
    let missing: Vec<_> = named.iter().filter(|path| !path.contains('<') && !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "no such file: {missing:?}");
}

#[test]
fn the_architecture_page_names_every_room() {
    let page = text("src/docs/architecture.md");
    let named: BTreeSet<&str> = quoted(&page).collect();
    for folder in ["src", "benches", "tests", "examples"] {
        for path in files(&root().join(folder)) {
            let name = path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
            // A file of a room is named, or one of the folders it lies in is.
            let mut folders = name.match_indices('/').map(|(slash, _)| &name[..=slash]);
            let known = named.contains(name.as_str()) || folders.any(|folder| named.contains(folder));
            assert!(known, "the page does not name {name}");
        }
    }
}

/// The packages that a manifest depends on, whatever the target, tests included; and whether a line above says what for.
fn dependencies(manifest: &str) -> BTreeMap<&str, bool> {
    let mut inside = false;
    let mut explained = false;
    let mut found = BTreeMap::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.trim_end().ends_with("dependencies]");
        } else if inside && let Some((name, _)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            *found.entry(name.trim()).or_default() |= explained;
        }
        explained = line.starts_with("# ") && line.ends_with('.');
    }
    found
}

#[test]
fn every_dependency_has_its_reason_above_it() {
    let made_up = "[dependencies]\n# Counts = well.\na = 1\nb = 2\n[features]\nc = []\n";
    assert_eq!(dependencies(made_up), [("a", true), ("b", false)].into());
    let manifest = text("Cargo.toml");
    let found = dependencies(&manifest);
    assert!(found.contains_key("criterion") && found.contains_key("rustix"), "{found:?}");
    let bare: Vec<_> = found.iter().filter(|(_, explained)| !**explained).collect();
    assert!(bare.is_empty(), "Cargo.toml: a comment above each of {bare:?}, what it is for");
}

/// Lines of a Markdown table; on another platform than the page's without the bytes, which depend on
/// the platform's types.
fn comparable(table: &str) -> Vec<String> {
    let same = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    let cells = |line: &str| -> Vec<String> { line.split(" | ").map(str::to_owned).collect() };
    // A cell for each CPU of the machine.
    let fixed = |line: &str| same && !line.starts_with("| per\\_cpu |");
    let less = |line: &str| {
        let kept = cells(line).into_iter().enumerate().filter(|(n, _)| fixed(line) || *n != 3).map(|(_, cell)| cell);
        kept.collect::<Vec<_>>().join(" | ")
    };
    table.lines().map(less).collect()
}

#[test]
fn the_catalogue_page_lists_the_catalogue() {
    let command = "cargo run -- list --markdown";
    let page = text("src/docs/catalogue.md");
    let (_, table) = page.split_once(&format!("<!-- counters -->\n<!-- {command} -->\n\n")).expect("its start");
    let (table, _) = table.split_once("\n<!-- counters: end -->").expect("its end");
    let printed =
        Command::new(env!("CARGO_BIN_EXE_miscount")).args(["list", "--markdown"]).output().expect("it starts");
    assert!(printed.status.success(), "{printed:?}");
    let (has, needs) = (comparable(table), comparable(&String::from_utf8(printed.stdout).expect("UTF-8")));
    assert_eq!(needs.len(), 2 + catalogue::infos().len(), "a head, a rule, and a line a counter");
    let old: Vec<_> = has.iter().filter(|line| !needs.contains(line)).collect();
    let new: Vec<_> = needs.iter().filter(|line| !has.contains(line)).collect();
    assert!(
        has == needs,
        "src/docs/catalogue.md: put what `{command}` prints between the marks `counters`; gone: {old:#?}, missing: {new:#?}"
    );
}

/// The family whose counters are one algorithm, in `src/python/model/`, and differ in a table only.
const TABLES: &str = "gil";

/// One file for each algorithm, `src/counters/<family>/<name>.rs`; deeper files are parts of one.
fn algorithms() -> Vec<PathBuf> {
    let counters = root().join("src/counters");
    let mut found = files(&counters);
    found.retain(|path| path.strip_prefix(&counters).is_ok_and(|name| name.components().count() == 2));
    found
}

#[test]
fn every_counter_file_is_in_the_catalogue() {
    let mut homes: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
    let files = algorithms();
    let infos: Vec<_> = catalogue::infos().into_iter().filter(|info| info.family != TABLES).collect();
    for info in &infos {
        let stated = format!("id: \"{}\"", info.id);
        let homes = homes.entry(info.id).or_default();
        homes.extend(files.iter().filter(|path| fs::read_to_string(path).unwrap().contains(&stated)).cloned());
        assert_eq!(homes.len(), 1, "{} is stated in {homes:?}", info.id);
    }
    let listed: BTreeSet<&PathBuf> = homes.values().flatten().collect();
    let unlisted: Vec<_> = files.iter().filter(|path| !listed.contains(path)).collect();
    assert!(unlisted.is_empty(), "not in the catalogue: {unlisted:?}");
    assert_eq!(files.len(), infos.len(), "one algorithm a file");
    let programs: Vec<&str> = steps::programs().iter().map(|program| program.id).collect();
    let modelled = catalogue::infos().into_iter().filter(|info| info.family == TABLES).map(|info| info.id);
    assert_eq!(modelled.collect::<Vec<_>>(), programs, "one model a table");
}

#[test]
fn ids_can_be_filed() {
    let is_id = |id: &str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let infos = catalogue::infos();
    for info in &infos {
        assert!(is_id(info.id) && is_id(info.family), "{info:?}");
        assert!(!info.summary.is_empty() && !info.summary.contains('\n') && !info.source.is_empty(), "{info:?}");
    }
    let unique: BTreeSet<&str> = infos.iter().map(|info| info.id).collect();
    assert_eq!(unique.len(), infos.len(), "two counters of one id");
}

/// Variables read while running: quoted names, without those that `env!` reads while compiling.
fn knobs(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in source.match_indices("\"MISCOUNT_") {
        let name = source[at + 1..].split(|c: char| !(c.is_ascii_uppercase() || c == '_')).next().unwrap_or_default();
        let ends = source[at + 1 + name.len()..].starts_with('"');
        if ends && name != "MISCOUNT_" && !source[..at].ends_with("env!(") {
            found.insert(name.to_owned());
        }
    }
    found
}

#[test]
fn the_format_page_describes_every_variable() {
    let sources = ["src", "benches", "tests"].iter().flat_map(|folder| files(&root().join(folder)));
    let read: BTreeSet<String> = sources
        .filter(|path| path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests/it/docs.rs"))
        .flat_map(|path| knobs(&fs::read_to_string(path).unwrap()))
        .collect();
    assert!(read.contains("MISCOUNT_THREADS"), "{read:?}");
    let page = text("src/docs/format.md");
    assert_eq!(named(&rows(&page, "# Variables")), read.iter().map(String::as_str).collect());
}

/// A text in one line.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_readme_says_what_the_results_say() {
    let readme = text("README.md");
    assert!(readme.lines().count() <= 260, "README.md is the way in; tables are in results/README.md");
    let machine = committed().0.iter().find(|machine| machine.origin == Origin::Measured).expect("a measured machine");
    let sentences = overview::sentences(machine);
    assert_eq!(sentences.len(), 7, "four cards, three ways in Python: {sentences:#?}");
    let said = unwrapped(&readme);
    for sentence in sentences {
        assert!(said.contains(&sentence), "README.md: put in what the results say now: {sentence}");
    }

    let tables = text("results/README.md");
    let (_, cells) = readme.split_once("<!-- Rows of results/README.md").expect("rows of cells");
    let (cells, _) = cells.split_once("<!-- end of rows -->").expect("their end");
    let shown: Vec<&str> = cells.lines().filter(|line| line.starts_with('|')).collect();
    assert!(shown.len() > 4, "{shown:?}");
    let old: Vec<_> = shown.iter().filter(|row| !tables.lines().any(|line| line == **row)).collect();
    assert!(old.is_empty(), "README.md: rows that are not in results/README.md: {old:#?}");

    let asked = ["choose", "--machine", &machine.card.id, "--threads", "2", "--think", "1us", "--results", "results"];
    let answer =
        Command::new(env!("CARGO_BIN_EXE_miscount")).args(asked).current_dir(root()).output().expect("it starts");
    let answer = String::from_utf8(answer.stdout).expect("UTF-8");
    let sentence = answer.split("\n\n").next().filter(|text| !text.is_empty()).expect("a sentence first");
    assert!(
        said.contains(&unwrapped(sentence)),
        "README.md: put in what `miscount {}` says: {sentence}",
        asked.join(" ")
    );
}

#[test]
fn the_method_page_has_room_for_the_null_study() {
    let page = text("src/docs/method.md");
    let at = |marker: &str| page.find(marker).unwrap_or_else(|| panic!("no {marker}"));
    let heading = at("## Resolution: the null study");
    assert!(heading < at("<!-- null study: begin -->"));
    assert!(at("<!-- null study: begin -->") < at("<!-- null study: end -->"));
}

/// Rows of the tables below a heading, up to the next heading of the same depth.
fn rows<'p>(page: &'p str, heading: &str) -> Vec<&'p str> {
    let (_, section) = page.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let section = section.split("\n# ").next().unwrap_or_default();
    section.lines().filter(|line| line.starts_with("| ")).collect()
}

/// Names between backticks in the first field of each row.
fn named<'p>(rows: &[&'p str]) -> BTreeSet<&'p str> {
    let first = rows.iter().filter_map(|row| row.split(" | ").next());
    first.flat_map(|field| field.split('`').skip(1).step_by(2)).collect()
}

/// Fields that identify a cell and are no figures.
const IDENTITY: [&str; 11] =
    ["bench", "subject", "variant", "label", "family", "grade", "threads", "level", "placement", "run", "recorded"];

#[test]
fn every_figure_of_a_cell_has_its_row() {
    let (method, format) = (text("src/docs/method.md"), text("src/docs/format.md"));
    let method = named(&rows(&method, "# Every figure of a cell"));
    let format = named(&rows(&format, "# A cell"));
    let mut seen = BTreeSet::new();
    for path in files(&root().join("results"))
        .iter()
        .filter(|path| path.parent().is_some_and(|folder| folder.ends_with("runs")))
    {
        for line in fs::read_to_string(path).unwrap().lines() {
            let cell: Option<serde_json::Map<String, serde_json::Value>> =
                serde_json::from_str(line.trim_end_matches(',')).ok();
            seen.extend(cell.into_iter().flatten().map(|(field, _)| field));
        }
    }
    assert!(seen.len() > 25, "{seen:?}");
    let lacks = |page: &BTreeSet<&str>, identity: bool| -> Vec<String> {
        let asked = seen.iter().filter(|field| identity || !IDENTITY.contains(&field.as_str()));
        asked.filter(|field| !page.contains(field.as_str())).cloned().collect()
    };
    assert_eq!(lacks(&method, false), [""; 0], "src/docs/method.md: a row in `Every figure of a cell`");
    assert_eq!(lacks(&format, true), [""; 0], "src/docs/format.md: a row in `A cell`");
}

#[test]
fn guards_stand_there_with_their_thresholds() {
    let page = text("src/docs/method.md");
    let rows = rows(&page, "# Every guard");
    let percent = |share: f64| format!("{} %", (share * 100.0).round());
    let limits = Limits::default();
    for (guard, threshold) in [
        ("watchdog", format!("{} s", limits.hang.as_secs())),
        ("deadline", format!("{} ms", ROUND.as_secs_f64() * 1e3)),
        ("`short`", format!("{} ms", SHORT.as_millis())),
        ("`preempted`", percent(PREEMPTED_ABOVE)),
        ("`serialised`", OVERLAP_BELOW.to_string()),
        ("steal", percent(STEAL_ABOVE)),
        ("waits", percent(WAITED_ABOVE)),
        ("other load", percent(OTHER_LOAD_ABOVE)),
        ("drift", percent(DRIFT_ABOVE)),
    ] {
        let row = rows.iter().find(|row| row.starts_with(&format!("| {guard} |")));
        let row = row.unwrap_or_else(|| panic!("no row of the guard {guard}"));
        assert!(row.contains(&threshold), "{guard}: {threshold} is not in {row}");
    }
    let valid = format!("at least {} of the rounds", percent(VALID_FROM));
    assert!(page.contains(&valid), "no {valid:?}");
    // Where things are made and done.
    let files = quoted(&page).filter(|name| name.starts_with("src/")).collect::<BTreeSet<_>>();
    let missing: Vec<_> = files.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(files.len() > 15 && missing.is_empty(), "no such file: {missing:?}");
}

#[test]
fn every_litmus_test_has_its_row() {
    let page = text("src/docs/ordering.md");
    let rows = named(&rows(&page, "# The tests"));
    let ids = ordering::tests().into_iter().map(|test| test.id).chain(Variant::ALL.map(Variant::id));
    let missing: Vec<&str> = ids.filter(|id| !rows.contains(id)).collect();
    assert!(missing.is_empty(), "src/docs/ordering.md: a row in `The tests` of {missing:?}");
}

#[test]
fn the_first_page_leads_to_every_numbered_example() {
    let (page, map) = (text("src/docs/start.md"), text("src/lib.rs"));
    let mut seen = 0;
    for path in files(&root().join("examples")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some((number, _)) = name.split_once('_').filter(|(number, _)| number.parse::<u8>().is_ok()) else {
            continue;
        };
        assert!(page.contains(&format!("`examples/{name}`")), "src/docs/start.md does not lead to {name}");
        assert!(map.contains(&format!("({number})")), "src/lib.rs does not lead to {name}");
        seen += 1;
    }
    assert!(seen >= 6, "{seen} examples");
}

/// No placeholder is left.
#[test]
fn no_page_has_a_gap() {
    for path in files(&root().join("src/docs")) {
        let text = fs::read_to_string(&path).unwrap();
        let words = text.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
        let ends = ["_FIGURES", "_CODE", "_HERE", "TODO", "TBD"];
        let gap = words.into_iter().find(|word| ends.iter().any(|end| word.ends_with(end)));
        assert_eq!(gap, None, "{}", path.display());
    }
}

/// A path in the text that names somebody's computer; `here` is the folder of this package.
fn machine_path(text: &str, here: &str) -> Option<String> {
    // A home that belongs to nobody, in a test of what is left out of results.
    let text = text.replace("/home/someone", "");
    let homes = ["/root/", "/home/", "/Users/", "C:\\Users\\"];
    // Right below the root, as in a container, it names nobody.
    let here = Some(here).filter(|here| here.matches(['/', '\\']).count() > 1);
    let found = homes.into_iter().chain(here).find(|home| text.contains(home));
    found.map(str::to_owned)
}

#[test]
fn no_text_names_a_folder_of_somebodys_computer() {
    assert_eq!(machine_path("a /home/ann/x", "/here/it/is").as_deref(), Some("/home/"));
    assert_eq!(machine_path("see /here/it/is/src", "/here/it/is").as_deref(), Some("/here/it/is"));
    assert_eq!(machine_path("see src/lib.rs", "/here/it/is"), None);
    assert_eq!(machine_path("see /src/lib.rs", "/src"), None, "a container's");

    let here = env!("CARGO_MANIFEST_DIR");
    let folders = ["src", "benches", "results", "examples", "fleet", ".ci"].map(|folder| files(&root().join(folder)));
    let alone = ["README.md", "CHANGELOG.md", "Cargo.toml"].map(|file| root().join(file));
    let mut seen = 0;
    for path in folders.into_iter().flatten().chain(alone) {
        // Made by `cargo bench` and not published.
        if path.ends_with("results/index.html") || path.ends_with(".lock") {
            continue;
        }
        // Pictures have no text to speak of.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        seen += 1;
        assert_eq!(machine_path(&text, here), None, "in {}", path.display());
    }
    assert!(seen > 50, "only {seen} files were looked at");
}

/// `tests/it/team.rs` shows that two threads on one CPU lose.
#[test]
fn no_page_says_that_one_cpu_keeps_threads_from_losing() {
    let words = |path: &str| text(path).split_whitespace().collect::<Vec<_>>().join(" ");
    for page in ["README.md", "src/docs/bias.md"] {
        assert!(words(page).contains("interrupted between its load and its store still loses"), "{page}");
    }
    assert!(words("src/docs/start.md").contains("On one CPU threads take turns"));
    let pages = files(&root().join("src/docs")).into_iter().chain([root().join("README.md")]);
    for page in pages {
        let page = page.to_str().expect("a name that is text").to_owned();
        let said = words(&page);
        let wrong = ["never meet", "cannot meet", "one CPU, long think time", "on one CPU, in rounds"];
        let found: Vec<&&str> = wrong.iter().filter(|wrong| said.contains(**wrong)).collect();
        assert!(found.is_empty(), "{page}: {found:?}");
    }
}

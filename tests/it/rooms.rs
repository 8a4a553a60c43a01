//! Dependencies between rooms point one way: as the architecture page says, and without a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The source files below a folder that are no tests, by the path of their module: `report::page`.
fn modules(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut tests = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let module = path.strip_prefix(source()).unwrap().with_extension("");
                let module = module.to_string_lossy().replace(['/', '\\'], "::");
                let (code, names) = code(&fs::read_to_string(&path).unwrap());
                let at = if module == "lib" { String::new() } else { format!("{module}::") };
                tests.extend(names.into_iter().map(|name| format!("{at}{name}")));
                found.insert(module, code);
            }
        }
    }
    let within = |module: &str| tests.iter().any(|test| module == test || module.starts_with(&format!("{test}::")));
    found.retain(|module, _| !within(module));
    found
}

/// The lines of a file that are neither comments nor tests, and the names of its modules that are tests.
fn code(text: &str) -> (String, Vec<String>) {
    let (mut code, mut tests) = (String::new(), Vec::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("#[cfg(") && line.contains("test") {
            // The item that follows: a module, or what ends with a brace at the start of a line.
            let item = lines.next().unwrap_or_default();
            match item.split_once("mod ").and_then(|(_, name)| name.strip_suffix(';')) {
                Some(name) => tests.push(name.to_owned()),
                None if item.ends_with('{') => while lines.next().is_some_and(|line| line != "}") {},
                None => {}
            }
        } else if !line.trim_start().starts_with("//") {
            code.extend([line, "\n"]);
        }
    }
    (code, tests)
}

/// The paths that follow `start` in a text; of `start{a, b}` each.
fn paths<'t>(text: &'t str, start: &'t str) -> impl Iterator<Item = &'t str> {
    let end = |rest: &str| rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
    text.match_indices(start).flat_map(move |(at, _)| {
        let rest = &text[at + start.len()..];
        match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
            None => vec![&rest[..end(rest)]],
        }
    })
}

/// The room of a path: its first part, and in Python's the second too.
fn room(path: &str) -> String {
    let mut parts = path.split("::");
    match (parts.next(), parts.next()) {
        (Some("python"), Some(part)) => format!("python::{part}"),
        (first, _) => first.unwrap_or_default().to_owned(),
    }
}

/// The rooms that each room uses.
fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let mut uses = BTreeMap::<String, BTreeSet<String>>::new();
    for (module, code) in modules(&source()) {
        let own = room(&module);
        if ["build", "lib", "main", "docs", "commands", "python"].contains(&own.as_str()) {
            continue;
        }
        let used = uses.entry(own.clone()).or_default();
        // Who may see an item is no use of it.
        let code = code.replace("(in crate::", "(");
        used.extend(paths(&code, "crate::").map(room).filter(|used| *used != own));
    }
    uses
}

#[test]
fn rooms_use_only_those_above_them_on_the_architecture_page() {
    let page = fs::read_to_string(source().join("docs/architecture.md")).unwrap();
    let (_, section) = page.split_once("# Which way things point\n").unwrap();
    let block = section.split("```").nth(1).unwrap().trim_start_matches("text\n");
    let mut line_of = BTreeMap::new();
    for (line, rooms) in block.lines().enumerate() {
        line_of.extend(rooms.split(", ").map(|room| (room, line)));
    }
    let uses = uses();
    assert_eq!(uses.keys().map(String::as_str).collect::<Vec<_>>(), line_of.keys().copied().collect::<Vec<_>>());
    for (room, used) in &uses {
        for used in used {
            let there = line_of.get(used.as_str()).unwrap_or_else(|| panic!("{room} uses {used}, which is no room"));
            assert!(*there < line_of[room.as_str()], "{room} uses {used}, which is not above it");
        }
    }
}

/// The modules below `report` that each of them uses; one that a module holds itself is a part of it.
fn uses_within_report() -> BTreeMap<String, BTreeSet<String>> {
    let all = modules(&source().join("report"));
    let one = |(module, code): (&String, &String)| {
        let parent = module.rsplit_once("::").unwrap().0;
        let grandparent = parent.rsplit_once("::").map_or("", |(up, _)| up);
        let starts = [("crate::report::", "report"), (" super::super::", grandparent), (" super::", parent)];
        let mut used = BTreeSet::new();
        for (start, base) in starts {
            for path in paths(code, start).filter(|path| !path.starts_with("super")) {
                let path = format!("{base}::{path}");
                let known = |name: &&String| path == **name || path.starts_with(&format!("{name}::"));
                used.extend(all.keys().filter(known).max_by_key(|name| name.len()).cloned());
            }
        }
        used.retain(|used| used != module && !used.starts_with(&format!("{module}::")));
        (module.clone(), used)
    };
    all.iter().map(one).collect()
}

#[test]
fn no_circle_within_the_report() {
    let mut left = uses_within_report();
    assert!(left.values().map(BTreeSet::len).sum::<usize>() > 20, "{left:?}");
    // A module that uses none of those left is in no circle.
    loop {
        let free: Vec<String> = left.iter().filter(|(_, used)| used.is_empty()).map(|(name, _)| name.clone()).collect();
        if free.is_empty() {
            break;
        }
        left.retain(|name, _| !free.contains(name));
        left.values_mut().for_each(|used| used.retain(|name| !free.contains(name)));
    }
    assert!(left.is_empty(), "these use each other: {left:?}");
}

//! Runs the fuzz corpus through the same functions: in `fuzz/corpus/<target>/` each
//! file once broke something, or reaches code that no other file reaches.

#[path = "corpus/parsers.rs"]
mod parsers;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The most bytes of all files of the corpus together: committed files must be minimised.
const LARGEST: u64 = 300_000;

/// The folder of the fuzz targets; `None` in the package as it is published, which leaves it out.
fn fuzz() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Only a package that was packed has this file.
    (!root.join("Cargo.toml.orig").exists()).then(|| root.join("fuzz"))
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries.map(|e| e.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_file_of_the_corpus_is_survived() {
    let Some(fuzz) = fuzz() else { return };
    let mut bytes = 0;
    for (name, parse) in parsers::ALL {
        let folder = fuzz.join("corpus").join(name);
        let files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
        assert!(files.len() >= 3, "{} has only {} files", folder.display(), files.len());
        for file in files {
            let text = fs::read(&file).unwrap();
            bytes += text.len() as u64;
            let done = catch_unwind(AssertUnwindSafe(|| parse(&text)));
            assert!(done.is_ok(), "{} breaks the parser {name}", file.display());
        }
    }
    assert!(bytes <= LARGEST, "the corpus takes {bytes} bytes");
}

#[test]
fn each_parser_has_a_target_and_a_corpus() {
    let Some(fuzz) = fuzz() else { return };
    let parsers: BTreeSet<String> = parsers::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&fuzz.join("targets")), parsers);
    assert_eq!(names(&fuzz.join("corpus")), parsers);
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for name in parsers {
        let target = format!("name = \"{name}\"\npath = \"targets/{name}.rs\"\n");
        assert!(manifest.contains(&target), "fuzz/Cargo.toml has no target {name}");
        let text = fs::read_to_string(fuzz.join("targets").join(&name).with_extension("rs")).unwrap();
        assert!(text.contains(&format!("parsers::{name}(")), "targets/{name}.rs fuzzes something else");
    }
}

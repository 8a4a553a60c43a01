//! A package outside of this one, made of the page `src/docs/bringing_your_own.md`, letter by letter. It is built against
//! this crate by its path, its counter and lock are checked, and both are measured. So code copied from that page works.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use miscount::results::{Origin, read_all};
use miscount::topology;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of the page: the first block below each heading that names one.
fn files(page: &str) -> Vec<(String, String)> {
    let sections = page.split("\n# `").skip(1);
    let file = |section: &str| {
        let (name, rest) = section.split_once('`').expect("the end of a name");
        let (_, block) = rest.split_once("\n```").expect("a block");
        let (_, code) = block.split_once('\n').expect("its first line");
        (name.to_owned(), code.split_once("```").expect("its end").0.to_owned())
    };
    sections.map(file).collect()
}

/// The profiles of this package, so that only different code is built again.
fn profiles() -> String {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let profiles = manifest.split("\n[").filter(|section| section.starts_with("profile.dev"));
    profiles.map(|section| format!("\n[{section}\n")).collect()
}

/// Where this test was built: `<target>/<profile>/deps/<this>`.
fn target() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}

#[test]
fn a_crate_of_ones_own_measures_its_counter_and_its_lock() {
    // Always the same folder, so that what was built once need not be built again.
    let place = target().join("outside");
    let _ = fs::remove_dir_all(&place);
    let page = fs::read_to_string(root().join("src/docs/bringing_your_own.md")).unwrap();
    let files = files(&page);
    assert_eq!(files.len(), 6, "the page says that they are six");
    for (name, text) in &files {
        let text = match name.as_str() {
            "Cargo.toml" => {
                let here = root().to_str().expect("a path that a manifest can name");
                assert!(text.contains("\"../miscount\""), "{text}");
                text.replace("\"../miscount\"", &format!("{here:?}")) + &profiles()
            }
            _ => text.clone(),
        };
        let path = place.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    // The versions that this package was built with: the others may not be on this computer.
    fs::copy(root().join("Cargo.lock"), place.join("Cargo.lock")).unwrap();

    let cargo = |args: &[&str]| {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MISCOUNT_")) {
            command.env_remove(name);
        }
        // Cargo tells this test of its own package, and that is not the one meant.
        for (name, _) in
            std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR")
        {
            command.env_remove(name);
        }
        command
            .current_dir(&place)
            .args(["test", "--offline"])
            .args(args)
            .env("CARGO_TARGET_DIR", target())
            .env("CRITERION_HOME", place.join("criterion"))
            .env("MISCOUNT_MACHINE", "here")
            .env("MISCOUNT_THREADS", "2")
            .env("MISCOUNT_LEVELS", "saturated,c0_p0");
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "cargo test {args:?}: {}\n{said}", output.status);
        assert!(!said.contains("\nwarning: "), "{said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };

    let checked = cargo(&["--test", "right"]);
    assert!(checked.contains("2 passed"), "{checked}");
    // What `cargo bench -- --quick` does, but for the optimiser, which would build every dependency once more.
    cargo(&["--bench", "mine", "--bench", "my_lock", "--", "--bench", "--quick"]);

    let (machines, left_out) = read_all(&place.join("results"));
    assert!(left_out.is_empty(), "{left_out:?}");
    let [machine] = &machines[..] else { panic!("{} machines in its own results", machines.len()) };
    assert_eq!((machine.card.id.as_str(), &machine.origin), ("here", &Origin::Measured));
    let of = |bench: &str| -> BTreeSet<&str> {
        machine.cells.iter().filter(|cell| cell.key.bench == bench).map(|cell| cell.key.subject.as_str()).collect()
    };
    assert_eq!(of("mine"), BTreeSet::from(["none", "load_store", "fetch_add", "hits", "try_first"]));
    assert_eq!(of("locks"), BTreeSet::from(["no_lock", "std_mutex", "try_first"]));
    for cell in machine.cells.iter().filter(|cell| ["hits", "try_first"].contains(&cell.key.subject.as_str())) {
        assert!(cell.figures.attempted > Some(0) && cell.figures.lost == Some(0), "{cell:?}");
        assert!(cell.figures.net_ns_per_op.is_some(), "{cell:?}");
    }
    let lock = machine.cells.iter().find(|cell| cell.key.bench == "locks" && cell.key.subject == "try_first").unwrap();
    let overhead = lock.figures.holding.expect("what the lock cost").overhead_ns;
    assert_eq!(overhead.is_some(), topology::usable_count() >= 2, "{lock:?}");
    assert!(place.join("results/index.html").exists(), "a report");
}

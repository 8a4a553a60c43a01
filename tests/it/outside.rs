//! A package outside of this one, made of the page `src/docs/bringing_your_own.md`, letter by letter. Cargo reads its
//! manifest, the compiler builds it against this library, its counter and lock are checked, and both are measured. So code
//! copied from that page works.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use miscount::results::{Origin, read_all};
use miscount::topology;
use serde_json::Value;

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

/// The library that this test was built with, as cargo tells of it: all of it is built already, with the features that
/// its examples ask for too.
fn library() -> PathBuf {
    // `<target>/<profile>/deps/<this>`.
    let this = std::env::current_exe().unwrap();
    let folders: Vec<&Path> = this.ancestors().collect();
    let profile = match folders[2].file_name().and_then(|name| name.to_str()).unwrap() {
        "debug" => "dev",
        other => other,
    };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(root()).env("CARGO_TARGET_DIR", folders[3]);
    cargo.args(["build", "--offline", "--message-format", "json", "--profile", profile]);
    let output = cargo.args(["--lib", "--example", "06_replay_a_schedule"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let library = messages.map(|line| serde_json::from_slice::<Value>(line).unwrap()).find_map(|message| {
        let is_it = message["target"]["kind"][0] == "lib" && message["target"]["name"] == "miscount";
        let files = message["filenames"].as_array().filter(|_| is_it)?;
        files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".rlib")).map(PathBuf::from)
    });
    library.expect("cargo names the library")
}

/// What a program printed, if it succeeded and had nothing to warn of.
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("warning: "), "{command:?}: {}\n{said}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_crate_of_ones_own_measures_its_counter_and_its_lock() {
    let folder = tempfile::tempdir().unwrap();
    // Without links, as cargo names it.
    let place = folder.path().canonicalize().unwrap();
    let page = fs::read_to_string(root().join("src/docs/bringing_your_own.md")).unwrap();
    let files = files(&page);
    assert_eq!(files.len(), 6, "the page says that they are six");
    for (name, text) in &files {
        let (is, put) = match name.as_str() {
            "Cargo.toml" => {
                ("\"../miscount\"", format!("{:?}", root().to_str().expect("a path that a manifest can name")))
            }
            // The page tells of both; this one is quick.
            "tests/right.rs" => ("Budget::default()", "Budget::brief()".into()),
            _ => ("", String::new()),
        };
        assert!(text.contains(is), "{text}");
        let path = place.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, if is.is_empty() { text.clone() } else { text.replace(is, &put) }).unwrap();
    }
    // The versions that this package was built with: the others may not be on this computer.
    fs::copy(root().join("Cargo.lock"), place.join("Cargo.lock")).unwrap();

    // Its manifest is one that cargo understands, and its targets are those that are built below.
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    let told = printed(cargo.current_dir(&place).args(["metadata", "--offline", "--format-version", "1"]));
    let told: Value = serde_json::from_str(&told).unwrap();
    let packages = told["packages"].as_array().unwrap();
    let package = |name: &str| packages.iter().find(|package| package["name"] == name).expect("a package");
    assert_eq!(package("miscount")["manifest_path"], root().join("Cargo.toml").to_str().unwrap());
    let targets: BTreeSet<(&str, &str)> = package("my_counter")["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| (target["kind"][0].as_str().unwrap(), target["name"].as_str().unwrap()))
        .collect();
    assert_eq!(targets, [("lib", "my_counter"), ("bench", "mine"), ("bench", "my_lock"), ("test", "right")].into());

    // What cargo would run, but that the library is the one which is there already.
    let library = library();
    let built = library.parent().unwrap().join("deps");
    let rustc = |args: &[&str]| {
        let mut rustc = Command::new(crate::ordering::rustc());
        rustc.current_dir(&place).args(["--edition", "2024", "-D", "warnings", "-L", "dependency=."]).args(args);
        rustc.arg("-L").arg(format!("dependency={}", built.display()));
        rustc.args(std::env::var("RUSTFLAGS").unwrap_or_default().split_whitespace());
        printed(rustc.arg("--extern").arg(format!("miscount={}", library.display())));
    };
    rustc(&["--crate-name", "my_counter", "--crate-type", "lib", "src/lib.rs"]);
    let program = |name: &str, args: &[&str]| {
        rustc(&[&["--crate-name", name, "--extern", "my_counter=libmy_counter.rlib"], args].concat());
        let mut program = Command::new(place.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MISCOUNT_")) {
            program.env_remove(name);
        }
        program.current_dir(&place).env("CARGO_MANIFEST_DIR", &place);
        program.env("CRITERION_HOME", place.join("criterion")).env("MISCOUNT_MACHINE", "here");
        program.env("MISCOUNT_THREADS", "2").env("MISCOUNT_LEVELS", "saturated,c0_p0");
        program
    };

    let checked = printed(&mut program("right", &["--test", "tests/right.rs"]));
    assert!(checked.contains("2 passed"), "{checked}");
    for bench in ["mine", "my_lock"] {
        let mut bench = program(bench, &[&format!("benches/{bench}.rs")]);
        let output = bench.args(["--bench", "--quick"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

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

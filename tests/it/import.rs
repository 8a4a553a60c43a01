//! `miscount import`, and what was imported with it: line transfers that others measured.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use miscount::report::{page as web, transfers};
use miscount::results::published::core_to_core::{self, Others};
use miscount::results::{Machine, Origin, read_all};

use crate::folders::committed;
use crate::page;

/// Four CPUs, two of a core each; the clock never told one pair apart.
const FOUR: &str = ",,,\n10.5,,,\n100,101,,\n102,0,11.25,\n";

fn results() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("results")
}

fn import(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_miscount"));
    command.args(["import", "core-to-core"]).args(args).current_dir(dir);
    command.env_remove("CARGO_MANIFEST_DIR").env("MISCOUNT_RESULTS", "here").output().unwrap()
}

fn told(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Bad input: status 2, nothing on standard output, one line on standard error.
fn refused(output: Output) -> String {
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len(), line.lines().count()), (Some(2), 0, 1), "{line}");
    line
}

#[test]
fn files_of_the_other_program_are_taken_in() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    put("AMD EPYC 0000 2-Core Processor by-Some_Body.csv", FOUR);
    put("AMD EPYC 0000 2-Core Processor by-another.csv", &FOUR.replace("10.5", "12.5"));
    put("copy.csv", &FOUR.replace('\n', "\r\n").replace(',', ";"));
    put("Apple M0.csv", ",\n40.25,\n\n,7\n7,\n");
    let files = [
        "AMD EPYC 0000 2-Core Processor by-Some_Body.csv",
        "AMD EPYC 0000 2-Core Processor by-another.csv",
        "copy.csv",
        "Apple M0.csv",
    ];
    let asked = [&["--source", "A paper", "--licence", "MIT"][..], &files].concat();
    let out = told(import(dir.path(), &asked));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "amd-epyc-0000-2-core-processor: 4 CPUs, 5 pairs, 10.5 to 102 ns, median 100 ns; 1 of 0 ns left out",
            "amd-epyc-0000-2-core-processor-2: 4 CPUs, 5 pairs, 11.2 to 102 ns, median 100 ns; 1 of 0 ns left out",
            "copy: left out, the same as amd-epyc-0000-2-core-processor, whose source --name amd-epyc-0000-2-core-processor puts right",
            "apple-m0: 2 CPUs, 1 pair, 40.2 ns; threads not tied to CPUs; the first of 2 matrices",
        ]
    );
    assert!(lines.len() == 5 && lines[4].ends_with("core-to-core.json: 3 machines"), "{out}");
    let text = fs::read_to_string(dir.path().join("here/published/core-to-core.json")).unwrap();
    assert!(!text.to_lowercase().contains("body") && !text.contains("another"), "{text}");
    let others = core_to_core::read(&dir.path().join("here")).unwrap();
    assert_eq!(
        others.sources.iter().map(|of| (of.source.as_str(), of.licence.as_str())).collect::<Vec<_>>(),
        [("A paper", "MIT")]
    );
    let clusters: Vec<(usize, usize)> =
        others.sources[0].machines[0].clusters.iter().map(|of| (of.cpus, of.count)).collect();
    assert_eq!(clusters, [(2, 2), (4, 1)]);

    // Once more: nothing changes. Under another name and elsewhere: another machine.
    let again = told(import(dir.path(), &asked));
    assert!(again.starts_with("amd-epyc-0000-2-core-processor: as it was\n"), "{again}");
    assert_eq!(fs::read_to_string(dir.path().join("here/published/core-to-core.json")).unwrap(), text);
    put("copy.csv", &FOUR.replace("10.5", "9.5"));
    // The source alone is put right.
    let stated = told(import(dir.path(), &["--licence", "ISC", "Apple M0.csv"]));
    assert!(stated.starts_with("apple-m0: figures as they were, and with them what was stated"), "{stated}");
    let others = core_to_core::read(&dir.path().join("here")).unwrap();
    let (source, licence) = (&others.sources[1].source, &others.sources[1].licence);
    assert_eq!((others.sources.len(), source.as_str(), licence.as_str()), (2, "A paper", "ISC"));
    let named = told(import(dir.path(), &["--results", "there", "--name", "Own Server", "--not-pinned", "copy.csv"]));
    assert!(named.starts_with("own-server: 4 CPUs") && named.contains("not tied"), "{named}");
    let others = core_to_core::read(&dir.path().join("there")).unwrap();
    assert_eq!((others.machines().count(), others.sources[0].licence.as_str()), (1, "not stated"));
}

#[test]
fn of_a_file_that_is_no_matrix_one_line_tells_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("good.csv"), FOUR).unwrap();
    for (text, says) in [
        ("", "bad.csv: line 1: the file is empty: write it with core-to-core-latency --csv > FILE"),
        ("Num cores: 2\n,\n5,\n", "bad.csv: line 1: \"Num cores: 2\" is no row of a matrix: keep only"),
        (",,\n5,,\n6,7\n", "bad.csv: line 3: 2 fields, where line 1 has 3: give each CPU a row and a column"),
        (",\n\u{1b}[1m,\n", "bad.csv: line 2: field 1, \"\\u{1b}[1m\", is no time in ns"),
    ] {
        fs::write(dir.path().join("bad.csv"), text).unwrap();
        let line = refused(import(dir.path(), &["good.csv", "bad.csv"]));
        assert!(line.contains(says), "{line}");
        assert!(!dir.path().join("here").exists(), "nothing is taken in");
    }
    assert!(refused(import(dir.path(), &["nowhere.csv"])).contains("nowhere.csv: "));
    assert!(refused(import(dir.path(), &["--name", "x", "good.csv", "bad.csv"])).contains("--name names one machine"));
    let nameless = refused(import(dir.path(), &["--name", " ?", "good.csv"]));
    assert!(nameless.contains("--name \" ?\" names no CPU: write the words of its name"), "{nameless}");
    let empty = refused(import(dir.path(), &["--source", " ", "good.csv"]));
    assert!(empty.contains("--source has no words: write some, or leave it out"), "{empty}");
    fs::create_dir_all(dir.path().join("here/published")).unwrap();
    fs::write(dir.path().join("here/published/core-to-core.json"), "{").unwrap();
    assert!(refused(import(dir.path(), &["good.csv"])).contains("core-to-core.json: "), "what is there is not lost");
    let mut report = Command::new(env!("CARGO_BIN_EXE_miscount"));
    let output = report.args(["report", "--results", "here"]).current_dir(dir.path()).output().unwrap();
    let line = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && line.contains("left out: ") && line.contains("core-to-core.json"), "{line}");
    let page = fs::read_to_string(dir.path().join("here/index.html")).unwrap();
    assert!(page.contains("Left out: 1 file") && page.contains("core-to-core.json"), "the page names it too");
}

/// Words of the names of CPUs and computers.
const WORDS: &str = "air altra amd ampere apple apu arm at atom aws bit broadcom celeron core cores coresat cortex cpu custom deck \
    dual duo e eight elbrus enabled epyc from fx gen ghz gold graviton gth hisilicon ht ibm intel kaixian kunpeng kx loongson max mcst \
    metal numa nxp off oracle phi phytium pi platinum power pro processor quad qualcomm raspberry rd rdb ryzen smt snapdragon soc sparc \
    spacemit steam sun threadripper ultra valve w xeon zen zhaoxin \
    c6a c6gd c6i c7g xlarge";

/// A word of a name that no CPU has in its name; `None` where there is none.
fn stranger(name: &str) -> Option<&str> {
    let known = |letters: &str| letters.is_empty() || WORDS.split(' ').any(|word| word == letters);
    let fits = |word: &&str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let model = digits > 0 && 2 * digits >= word.len();
        // Model numbers have few letters beside their digits.
        known(word) || word.split(|c: char| c.is_ascii_digit()).all(|part| known(part) || (model && part.len() <= 3))
    };
    name.split(['-', '.', '+', '_']).filter(|word| !word.is_empty()).find(|word| !fits(word))
}

#[test]
fn names_are_made_of_words_of_cpus() {
    for name in
        ["amd-epyc-7773x-64-core-processor", "aws-graviton3-from-aws-c7g.16xlarge", "loongson-3a6000hv-2.5ghz-2023-q4"]
    {
        assert_eq!(stranger(name), None, "{name}");
    }
    for handle in ["by", "somebody", "some0ne", "x-nobody-99", "jane42", "adm1n"] {
        assert!(stranger(&format!("amd-epyc-{handle}")).is_some(), "{handle}");
    }
}

fn imported() -> Others {
    core_to_core::read(&results()).expect("committed")
}

#[test]
fn what_is_committed_names_its_source_and_nobody() {
    let others = imported();
    assert_eq!(others.machines().count(), 107);
    let bytes = fs::metadata(core_to_core::path(&results())).unwrap().len();
    assert!(bytes < 60_000, "{bytes} bytes");
    let [source] = &others.sources[..] else { panic!("{} sources", others.sources.len()) };
    assert!(
        source.source.contains("KCORES/core-to-core-latency-plus") && source.source.contains("264ea0a"),
        "{}",
        source.source
    );
    assert!(source.licence.contains("MIT") && source.licence.contains("2022"), "{}", source.licence);
    let strangers: Vec<(&str, &str)> =
        others.machines().filter_map(|of| Some((of.name.as_str(), stranger(&of.name)?))).collect();
    assert!(strangers.is_empty(), "no words of CPUs: {strangers:?}");
    for machine in others.machines() {
        assert_eq!(machine.unpinned, machine.name.starts_with("apple"), "{}", machine.name);
        assert!(!machine.clusters.is_empty(), "{}", machine.name);
    }
    let of = |name: &str| others.machines().find(|of| of.name.starts_with(name)).unwrap_or_else(|| panic!("no {name}"));
    let power = of("dual-ibm-power9");
    assert_eq!((power.zeros, power.step_ns.map(f64::round)), (9, Some(17.0)), "{power:?}");
    let milan: Vec<(usize, usize)> = of("amd-epyc-7773x").clusters.iter().map(|of| (of.cpus, of.count)).collect();
    assert_eq!(milan, [(2, 64), (16, 8), (128, 1)], "threads of a core, cores of a cache");
    assert_eq!(others.machines().map(|of| of.cpus).max(), Some(512));
    assert_eq!(others.machines().filter(|of| of.step_ns.is_some()).count(), 16, "coarse clocks");
}

fn measured() -> &'static Machine {
    committed().0.iter().find(|machine| machine.origin == Origin::Measured).expect("a measured machine")
}

/// The page of the committed results with these others.
fn built(others: &Others) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index.html");
    web::write_to(&path, committed().0, others, &[]).unwrap();
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_page_has_them_all_and_is_little_larger() {
    let others = imported();
    let pages = [built(&Others::default()), built(&others)];
    let more = pages[1].len() - pages[0].len();
    assert!(more < 120_000, "{more} bytes more");

    let [bare, full] = pages.each_ref().map(|page| page::opened(page));
    assert!(bare["others"].is_null());
    let machines = full["others"]["machines"].as_array().unwrap();
    assert_eq!((machines.len(), full["others"]["sources"].as_array().unwrap().len()), (107, 1));
    let own = full["machines"].as_array().unwrap().iter().find(|of| of["id"] == measured().card.id.as_str()).unwrap();
    let among = transfers::among(measured(), &others).expect("a line transfer");
    assert!(own["among"] == among.as_str() && among.contains(" of 108 machines"), "{among}");
}

#[test]
fn the_tables_say_where_a_machine_stands() {
    let folder = tempfile::tempdir().unwrap();
    let [here, page] = ["results", "index.html"].map(|name| folder.path().join(name));
    // The run of the line transfers alone: all others take long to read.
    let run =
        measured().cells.iter().find(|cell| cell.key.bench == "core_to_core").unwrap().facts.run.clone() + ".json";
    for file in [format!("{}/runs/{run}", measured().card.id), "published/core-to-core.json".into()] {
        fs::create_dir_all(here.join(&file).parent().unwrap()).unwrap();
        fs::copy(results().join(&file), here.join(&file)).unwrap();
    }
    let machine = &read_all(&here).0[0];
    let line = transfers::among_whose(machine, &imported()).unwrap();
    for args in [&[][..], &["--tables"], &["--markdown"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_miscount"));
        command.arg("report").arg("--results").arg(&here).arg("--output").arg(&page).args(args);
        let text = told(command.output().unwrap());
        let said = text.replace('\\', "");
        assert!(said.contains(&line), "{args:?}: no {line}");
        assert!(said.contains("A locked add") && said.contains("7.5 cycles on Zen 4"), "{args:?}");
    }
}

//! The published machine card: it has all facts, and nothing about its owner.

use miscount::machine::{Card, Run, card_rows, results_folder};
use miscount::topology;

#[allow(dead_code, reason = "the build script's `main` is cargo's to run")]
#[path = "../../src/build.rs"]
mod build;

/// Every text in a JSON value.
fn texts(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Array(values) => values.iter().flat_map(texts).collect(),
        serde_json::Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// A text in `published` that names the owner, if there is one.
fn revealed(published: &serde_json::Value, secrets: &[String]) -> Option<String> {
    let texts = texts(published);
    let word = |text: &str, secret: &str| {
        text.split(|c: char| !c.is_alphanumeric() && !"-_.".contains(c)).any(|word| word.eq_ignore_ascii_case(secret))
    };
    let path = |text: &str| {
        text.split([' ', '=', ','])
            .any(|word| word.starts_with(['/', '~']) || word.contains(":\\") || word.matches('/').count() > 1)
    };
    texts.into_iter().find(|text| path(text) || secrets.iter().any(|secret| word(text, secret)))
}

#[test]
fn nothing_published_names_the_owner() {
    let file = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let home = variable("HOME");
    let home_name = home.rsplit('/').next().unwrap_or("").to_owned();
    let secrets: Vec<String> = [
        file("/etc/hostname"),
        file("/proc/sys/kernel/hostname"),
        variable("HOSTNAME"),
        variable("COMPUTERNAME"),
        variable("USER"),
        variable("LOGNAME"),
        variable("USERNAME"),
        home_name,
    ]
    .iter()
    .map(|secret| secret.trim().to_owned())
    .filter(|secret| !secret.is_empty())
    // A computer named after its system, as `ubuntu` often is, cannot be told from it.
    .filter(|secret| !file("/etc/os-release").to_lowercase().contains(&secret.to_lowercase()))
    .collect();

    let card = Card::detect().unwrap();
    let (id, run) = Run::begin();
    let published = serde_json::json!({"card": card, "runs": {&id: run}, "id": id});
    assert_eq!(revealed(&published, &secrets), None, "{published:#}");

    // The check itself: it would see each of these.
    let secret = ["box7".to_owned()];
    for leak in ["kernel on box7", "BOX7", "-L /home/me", "/root", "--sysroot=/opt/x", "C:\\Users", "a/b/c"] {
        assert!(revealed(&serde_json::json!([{"a": leak}]), &secret).is_some(), "{leak}");
    }
    let system = "Debian GNU/Linux 12, box77, rustc 1.95.0 (59807616e 2026-04-14)";
    assert_eq!(revealed(&serde_json::json!(system), &secret), None);
}

#[test]
fn the_card_is_whole_and_stable() {
    let card = Card::detect().unwrap();
    assert_eq!(card, Card::detect().unwrap(), "two looks, one card");
    assert_eq!(card.arch, std::env::consts::ARCH);
    assert_eq!(card.usable_cpus, topology::usable_count());
    assert!(card.cpus >= card.usable_cpus);
    assert!(card.cores.is_none_or(|cores| (1..=card.cpus).contains(&cores)));
    assert!(card.packages.is_none_or(|n| (1..=card.cores.unwrap_or(n)).contains(&n)));
    assert!(card.memory_gib.is_none_or(|gib| gib > 0.0));
    assert!(card.id.len() <= 64 && card.id != "published");
    let json = serde_json::to_string(&card).unwrap();
    assert_eq!(serde_json::from_str::<Card>(&json).unwrap(), card, "written and read back");
    assert_eq!(card_rows(&card)[0], ("machine", card.id.clone()));
}

#[test]
fn the_format_page_has_a_row_for_every_field_of_a_card() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/docs/format.md")).unwrap();
    let some = Some(String::from("x"));
    let card = Card {
        usable_at: [("spread@all".to_owned(), 4)].into(),
        kinds: some.clone(),
        processor: some.clone(),
        emulated: some.clone(),
        missing: some,
        ..Card::detect().unwrap()
    };
    let serde_json::Value::Object(fields) = serde_json::to_value(&card).unwrap() else { panic!("no object") };
    assert!(fields.len() > 20, "{fields:?}");
    let missing: Vec<&String> = fields.keys().filter(|field| !page.contains(&format!("`{field}`"))).collect();
    assert!(missing.is_empty(), "src/docs/format.md: a row for {missing:?}");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn linux_tells_the_processor() {
    let card = Card::detect().unwrap();
    assert!(card.family.is_some() && card.model.is_some(), "{card:?}");
    assert!(card.hypervisor.is_some(), "an x86 processor says whether it is virtual");
}

#[test]
fn runs_have_ids_of_their_own() {
    let ids: std::collections::BTreeSet<String> = (0..8).map(|_| Run::begin().0).collect();
    assert!(ids.len() > 1, "{ids:?}");
    for id in &ids {
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{id}");
    }
}

#[test]
fn flags_that_name_a_path_are_dropped_whole() {
    let encoded = |flags: &[&str]| flags.join("\u{1f}");
    let kept = build::without_paths(&encoded(&[
        "-C",
        "target-cpu=native",
        "-L",
        "/home/me/lib",
        "-Clto=fat",
        "--sysroot=/opt/x",
        "--remap-path-prefix",
        "C:\\me=x",
        "--cfg",
        "loom",
        "-g",
        "-Copt-level=3",
    ]));
    assert_eq!(kept, ["-C target-cpu=native", "-Clto=fat", "--cfg loom", "-g", "-Copt-level=3"]);
    assert_eq!(build::without_paths(""), [""; 0]);
}

#[test]
fn results_lie_in_the_package_when_cargo_runs_it() {
    // Cargo sets CARGO_MANIFEST_DIR for its tests; other knobs are tested through the command.
    if std::env::var_os("MISCOUNT_RESULTS").is_none() {
        let package = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(results_folder(), package.join("results"));
    }
}

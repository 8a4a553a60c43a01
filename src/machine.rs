//! The machine card: the facts that a reader needs to believe a computer's figures, and nothing
//! about its owner.
//!
//! [`Card::detect`] describes this computer. [`Run::begin`] describes this run of the benches: facts that may change
//! from one run to the next, such as the governor. Neither holds a host name, a user name
//! or a path, because results are meant to be published.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

mod caches;
mod cpuid;
mod cpuinfo;
mod detect;
mod emulation;
mod frequency;
mod identity;
mod kernel;
mod libc;
mod microarchitecture;
mod pause;
mod run;
mod share;
mod stand_in;
#[cfg(test)]
mod trees;
#[cfg(test)]
mod zoo;

pub use crate::topology::Quota;
pub use frequency::Frequency;
pub(crate) use run::{cpu_list, load};

pub use identity::wished;
pub(crate) use identity::{is_id, is_name};

/// One computer. An unknown fact is absent here and shown as `unknown`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// slug(CPU brand) + CPUs + 6 hex digits of a hash of family, model, stepping, topology and
    /// hypervisor; or `MISCOUNT_MACHINE`.
    pub id: String,
    /// CPU brand, as the system names it.
    pub cpu: String,
    /// CPUs the system has online.
    pub cpus: usize,
    /// CPUs a run may use: affinity mask and quota; of unlike cores those of the kind that `spread` takes.
    pub usable_cpus: usize,
    /// On a machine with unlike cores the CPUs of the placements that may use more or fewer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub usable_at: BTreeMap<String, usize>,
    /// Physical cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<usize>,
    /// Packages (sockets).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packages: Option<usize>,
    /// CPUs of a core: 1 without SMT; where cores differ, the highest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads_per_core: Option<usize>,
    /// The kinds of core, the fastest first, with their CPUs, cores, clocks and caches; absent where all are alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<String>,
    /// NUMA nodes: memory of another node is farther away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numa_nodes: Option<usize>,
    /// Level-2 caches and their size. There are fewer caches than cores where cores share them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub l2: Option<String>,
    /// Level-3 caches and their size, such as `2 x 32 MiB`. A cache line takes longer between CPUs with
    /// different L3 caches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub l3: Option<String>,
    /// Instruction set, such as `x86_64`.
    pub arch: String,
    /// Microarchitecture, such as `Zen 4`; those of a mixed machine joined by ` + `. It comes from a small
    /// table of vendor, family and model, and is absent for other CPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub microarchitecture: Option<String>,
    /// CPU family, as the vendor numbers it; on Arm the implementer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// CPU model; on Arm the part, or the parts of a mixed machine joined by `+`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// CPU stepping; on Arm variant and revision, such as `r3p1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stepping: Option<String>,
    /// What else tells the processor from others, where family, model and stepping do not: what its instruction set has for
    /// that, or each kind of core of a mixed Arm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor: Option<String>,
    /// The lowest frequency the system may choose, of any CPU, in MHz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_mhz: Option<u64>,
    /// The highest, boost included where the system says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_mhz: Option<u64>,
    /// Hypervisor, `yes` when only its presence is known, `none` on bare metal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypervisor: Option<String>,
    /// The emulator that imitates this processor, such as `aarch64 on x86`: costs and memory order are those of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emulated: Option<String>,
    /// `whole` for a whole host, or what cuts a slice out of one: a hypervisor, a mask, a quota.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<String>,
    /// Cost of `std::hint::spin_loop`, in ns: what a spinning thread does between two looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_ns: Option<f64>,
    /// Preemption model of the kernel, such as `voluntary`; `dynamic` where it can be changed and is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preemption: Option<String>,
    /// Transparent huge pages: `always`, `madvise` or `never`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub huge_pages: Option<String>,
    /// Restartable sequences (rseq): whether the kernel has them, and the extension of time slices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restartable: Option<String>,
    /// What the id is made of and the system hides, as it may in a container: another look at this machine may give another id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// Memory, in GiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_gib: Option<f64>,
    /// Operating system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Fields that a later version added.
    #[serde(flatten)]
    pub later: serde_json::Map<String, serde_json::Value>,
}

/// One run of one or more benches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// When it began: UTC, RFC 3339.
    pub started: String,
    /// Compiler that built it.
    pub rustc: String,
    /// Compiler flags and profile.
    pub flags: String,
    /// Kernel release.
    pub kernel: String,
    /// Version of this crate.
    pub version: String,
    /// One-minute load average at start; absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// Whether threads could be pinned.
    pub pinned: bool,
    /// C library and its version, such as `glibc 2.36`; absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub libc: Option<String>,
    /// Governor of the CPUs' frequency, such as `performance`; joined by `+` where CPUs differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub governor: Option<String>,
    /// Whether CPUs may run faster than their nominal frequency for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boost: Option<bool>,
    /// The CPUs of the affinity mask, such as `0-3,8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
    /// The cgroup's quota, such as `1.5 CPUs`; `none` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<String>,
    /// Number of passes over its cells; absent where the time decides, and in earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passes: Option<usize>,
    /// Seed of the order of blocks and cells within each pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// What else is known of what it measured, one line each (such as the interpreters and their builds).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// Warnings: faults that the run itself found, one line each (such as the canary's).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Fields that a later version added.
    #[serde(flatten)]
    pub later: serde_json::Map<String, serde_json::Value>,
}

impl Run {
    /// Puts the facts among the notes where they belong: until 30 November 2026 the bench `interpreters` noted what each interpreter
    /// says of itself, such as `CPython 3.9.18: 3.9.18 (main) [GCC 12.2.0]; global lock, switch interval 5ms`. No other note begins so.
    pub(crate) fn sort_notes(&mut self) {
        let is_fact = |note: &String| note.starts_with("CPython ") && note.contains("global lock, ");
        self.facts.extend(self.notes.extract_if(.., |note| is_fact(note)));
    }
}

/// Why a machine cannot be described.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// `MISCOUNT_MACHINE` cannot be the name of a folder on every system.
    #[error(
        "MISCOUNT_MACHINE={0:?} is no machine id: use 1 to 64 of a-z, 0-9, '.', '_' and '-', begin with a letter or digit, do not end with '.', and use no name of a device such as aux; or unset it"
    )]
    NotAnId(String),
    /// `MISCOUNT_MACHINE` holds a name that is taken.
    #[error("MISCOUNT_MACHINE={0:?} is the folder of published figures: choose another id, or unset it")]
    Reserved(String),
}

const UNKNOWN: &str = "unknown";

/// A field as text for people.
fn shown<T>(field: Option<T>, text: impl FnOnce(T) -> String) -> String {
    field.map(text).filter(|text| !text.is_empty()).unwrap_or_else(|| UNKNOWN.to_owned())
}

fn text(field: &str) -> String {
    shown(Some(field), str::to_owned)
}

fn optional(field: &Option<String>) -> String {
    text(field.as_deref().unwrap_or_default())
}

fn usable(card: &Card) -> String {
    let others: Vec<String> = card.usable_at.iter().map(|(placement, cpus)| format!("{cpus} at {placement}")).collect();
    if others.is_empty() {
        card.usable_cpus.to_string()
    } else {
        format!("{} ({})", card.usable_cpus, others.join(", "))
    }
}

/// The card as rows for people: a label and a text, which is `unknown` for an absent field.
pub fn card_rows(card: &Card) -> Vec<(&'static str, String)> {
    let count = |field: Option<usize>| shown(field, |n| n.to_string());
    let mhz = |field| shown(field, |n: u64| n.to_string());
    let mut rows = vec![
        ("machine", text(&card.id)),
        ("CPU", text(&card.cpu)),
        ("microarchitecture", optional(&card.microarchitecture)),
        ("CPUs online", card.cpus.to_string()),
        ("CPUs usable", usable(card)),
        ("cores", count(card.cores)),
        ("CPUs per core", count(card.threads_per_core)),
        ("packages", count(card.packages)),
        ("NUMA nodes", count(card.numa_nodes)),
        ("L2 caches", optional(&card.l2)),
        ("L3 caches", optional(&card.l3)),
        (
            "frequency",
            match (card.min_mhz, card.max_mhz) {
                (None, None) => UNKNOWN.to_owned(),
                (min, max) => format!("{} to {} MHz", mhz(min), mhz(max)),
            },
        ),
        ("instruction set", text(&card.arch)),
        ("family", optional(&card.family)),
        ("model", optional(&card.model)),
        ("stepping", optional(&card.stepping)),
        ("hypervisor", optional(&card.hypervisor)),
        ("host", optional(&card.share)),
        ("spin_loop", shown(card.pause_ns, |ns| format!("{ns} ns"))),
        ("preemption", optional(&card.preemption)),
        ("huge pages", optional(&card.huge_pages)),
        ("rseq of the kernel", optional(&card.restartable)),
        ("memory", shown(card.memory_gib, |gib| format!("{gib:.1} GiB"))),
        ("operating system", optional(&card.os)),
    ];
    // What most machines have nothing to say of.
    let rare = [
        ("kinds of core", &card.kinds),
        ("processor", &card.processor),
        ("emulated", &card.emulated),
        ("hidden by the system", &card.missing),
    ];
    rows.extend(rare.into_iter().filter_map(|(label, field)| Some((label, text(field.as_deref()?)))));
    rows
}

/// A run as rows for people, with `unknown` for an absent field and without its lists of lines.
pub fn run_rows(run: &Run) -> Vec<(&'static str, String)> {
    let boost = |on| if on { "on" } else { "off" }.to_owned();
    let pinned = if run.pinned { "pinned" } else { "unpinned" };
    vec![
        ("kernel", text(&run.kernel)),
        ("C library", optional(&run.libc)),
        ("rustc", text(&run.rustc)),
        ("flags", text(&run.flags)),
        ("governor", optional(&run.governor)),
        ("boost", shown(run.boost, boost)),
        ("CPUs allowed", optional(&run.allowed)),
        ("CPU quota", optional(&run.quota)),
        ("threads", pinned.to_owned()),
        ("load at start", shown(run.load, |load| format!("{load:.2}"))),
    ]
}

/// The results folder, as an absolute path: `MISCOUNT_RESULTS`, else `results` in the package that cargo is running
/// (`CARGO_MANIFEST_DIR`), else `results` in the working directory. Cargo starts each package's benches in that package's
/// folder, so under cargo a relative `MISCOUNT_RESULTS` counts from the root of the workspace, and otherwise from the
/// working directory. An empty variable counts as unset. The folder need not exist.
pub fn results_folder() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = match (set("MISCOUNT_RESULTS"), set("CARGO_MANIFEST_DIR")) {
        (Some(results), Some(package)) => workspace(&package).join(results),
        (Some(results), None) => results,
        (None, Some(package)) => package.join("results"),
        (None, None) => "results".into(),
    };
    std::path::absolute(&folder).unwrap_or(folder)
}

/// The root of a package's workspace: the nearest folder upwards with a lock file, which cargo writes there.
fn workspace(package: &Path) -> &Path {
    package.ancestors().find(|folder| folder.join("Cargo.lock").exists()).unwrap_or(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_fields_read_unknown_and_no_row_is_empty() {
        let rows = card_rows(&Card::default());
        assert!(rows.iter().all(|(_, text)| !text.is_empty()));
        let unknown = rows.iter().filter(|(_, text)| text == "unknown").count();
        assert_eq!(unknown, rows.len() - 2, "all but the two CPU counts");

        let card = Card {
            memory_gib: Some(7.75),
            cores: Some(4),
            l3: Some("1 x 32 MiB".to_owned()),
            max_mhz: Some(3700),
            ..Card::default()
        };
        let rows = card_rows(&card);
        for expected in
            [("memory", "7.8 GiB"), ("cores", "4"), ("L3 caches", "1 x 32 MiB"), ("frequency", "unknown to 3700 MHz")]
        {
            assert!(rows.iter().any(|(label, text)| (*label, text.as_str()) == expected), "{expected:?}");
        }
    }

    #[test]
    fn a_card_of_an_earlier_version_is_still_read() {
        let old = r#"{"id": "a", "cpu": "A", "cpus": 2, "usable_cpus": 2, "arch": "x86_64"}"#;
        let card: Card = serde_json::from_str(old).unwrap();
        assert_eq!((card.l3.as_ref(), card.microarchitecture.as_ref(), card.max_mhz), (None, None, None));
        assert!(!serde_json::to_string(&card).unwrap().contains("null"));
        let old = r#"{"started": "", "rustc": "r", "flags": "", "kernel": "", "version": "", "pinned": true}"#;
        let run: Run = serde_json::from_str(old).unwrap();
        assert!(!serde_json::to_string(&run).unwrap().contains("null"));
        let unknown = run_rows(&run).into_iter().filter(|(_, text)| text == "unknown").count();
        assert_eq!(unknown, run_rows(&run).len() - 2, "all but rustc and the pin");
    }

    #[test]
    fn what_interpreters_said_of_themselves_is_a_fact_and_no_warning() {
        let about = [
            "CPython 2.7.18: 2.7.18 (default, May 9 2026) [GCC 12.2.0]; global lock, a look every 100 bytecodes",
            "CPython 3.13.5 free-threaded: 3.13.5 (main) [GCC 12.2.0]; no global lock, switch interval 5ms",
        ];
        let warnings = [
            "c/py_plain/2 is given up: CPython 3.8.1: it ended",
            "CPython 3.8.1 ended",
            "2 of 3 cells were noisy (steal)",
        ];
        let mut run = Run { facts: vec!["known".into()], ..Run::default() };
        run.notes = [about[0], warnings[0], warnings[1], about[1], warnings[2]].map(String::from).to_vec();
        for _ in 0..2 {
            run.sort_notes();
            assert_eq!(
                (&run.facts[..], &run.notes[..]),
                (&["known", about[0], about[1]].map(String::from)[..], &warnings.map(String::from)[..])
            );
        }
    }
}

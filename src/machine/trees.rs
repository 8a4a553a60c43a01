//! Tests with the system files of whole machines, and their cards.

use std::fs;
use std::path::Path;

use super::detect::{Asked, described};
use super::{Card, Frequency, Quota, card_rows};
use crate::results::{PastRun, runs};
use crate::topology::sysfs_cpus;

/// A folder with these files: path and text.
fn tree<P: AsRef<Path>>(files: impl IntoIterator<Item = (P, String)>) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text + "\n").unwrap();
    }
    root
}

fn file(path: &str, text: &str) -> (String, String) {
    (path.to_owned(), text.to_owned())
}

const CPUS: &str = "sys/devices/system/cpu";

/// Two sockets of two cores with two siblings each: CPUs 0 to 3 are first siblings.
fn server() -> tempfile::TempDir {
    let mut files = vec![
        file(&format!("{CPUS}/online"), "0-7"),
        file("sys/devices/system/node/has_cpu", "0-1"),
        file("sys/class/dmi/id/sys_vendor", "Somebody's Own Workshop"),
        file(&format!("{CPUS}/intel_pstate/no_turbo"), "0"),
    ];
    let mut cpuinfo = String::new();
    for cpu in 0..8 {
        let (package, core) = (cpu % 4 / 2, cpu % 4);
        let of = |name: &str, text: String| (format!("{CPUS}/cpu{cpu}/{name}"), text);
        let pair = format!("{},{}", cpu % 4, cpu % 4 + 4);
        files.extend([
            of("topology/physical_package_id", package.to_string()),
            of("topology/core_id", (core % 2).to_string()),
            of("topology/thread_siblings_list", pair.clone()),
            of("cpufreq/cpuinfo_min_freq", "800000".to_owned()),
            of("cpufreq/cpuinfo_max_freq", if package == 0 { "3700000" } else { "3600000" }.to_owned()),
            of("cpufreq/scaling_governor", if cpu == 7 { "powersave" } else { "performance" }.to_owned()),
            of("cache/index0/level", "2".to_owned()),
            of("cache/index0/size", "1024K".to_owned()),
            of("cache/index0/shared_cpu_list", pair),
            of("cache/index1/level", "3".to_owned()),
            of("cache/index1/size", "28160K".to_owned()),
            of("cache/index1/shared_cpu_list", if package == 0 { "0-1,4-5" } else { "2-3,6-7" }.to_owned()),
        ]);
        cpuinfo += &format!(
            "processor\t: {cpu}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nstepping\t: 7\nflags\t\t: fpu\n\n"
        );
    }
    files.push(("proc/cpuinfo".to_owned(), cpuinfo));
    tree(files)
}

#[test]
fn a_server_of_two_sockets_is_described_in_full() {
    let asked = Asked { brand: "Intel(R) Xeon(R) Test".to_owned(), cpus: 8, usable: 4, ..Asked::default() };
    let card = described(server().path(), asked);
    assert_eq!((card.cpus, card.usable_cpus), (8, 4));
    assert_eq!((card.cores, card.threads_per_core, card.packages), (Some(4), Some(2), Some(2)));
    assert_eq!(card.numa_nodes, Some(2));
    assert_eq!(card.l2.as_deref(), Some("4 x 1 MiB"));
    assert_eq!(card.l3.as_deref(), Some("2 x 27.5 MiB"));
    assert_eq!((card.min_mhz, card.max_mhz), (Some(800), Some(3700)));
    assert_eq!(card.microarchitecture.as_deref(), Some("Cascade Lake"));
    assert_eq!(card.hypervisor.as_deref(), Some("none"));
    let text = serde_json::to_string(&card).unwrap();
    assert!(!text.contains("Workshop"), "its maker's words are not ours to publish: {text}");
    let rows = card_rows(&card);
    assert!(rows.contains(&("frequency", "800 to 3700 MHz".to_owned())), "{rows:?}");
}

#[test]
fn the_governors_of_unlike_cpus_are_joined_and_boost_is_read_either_way() {
    let server = server();
    let cpus = sysfs_cpus(server.path());
    let read = |ids: &[usize]| Frequency::read(&cpus, ids);
    assert_eq!(read(&[0, 1]).governor.as_deref(), Some("performance"));
    assert_eq!(read(&[6, 7]).governor.as_deref(), Some("performance+powersave"));
    assert_eq!(read(&[2, 3]).max_mhz, Some(3600));
    assert_eq!(read(&[0]).boost, Some(true));
    fs::write(cpus.join("intel_pstate/no_turbo"), "1\n").unwrap();
    assert_eq!(read(&[0]).boost, Some(false));
    fs::remove_dir_all(cpus.join("intel_pstate")).unwrap();
    assert_eq!(read(&[0]).boost, None);
    fs::create_dir_all(cpus.join("cpufreq")).unwrap();
    fs::write(cpus.join("cpufreq/boost"), "1\n").unwrap();
    assert_eq!(read(&[0]).boost, Some(true));
    fs::write(cpus.join("cpu0/cpufreq/scaling_governor"), "../../home <b>\n").unwrap();
    assert_eq!(read(&[0]).governor, None, "damage is left out");
}

#[test]
fn a_mixed_arm_machine_without_frequencies_says_so() {
    let mut files = vec![file(&format!("{CPUS}/online"), "0-3"), file("sys/devices/system/node/online", "0")];
    let mut cpuinfo = String::new();
    for cpu in 0..4 {
        // Two clusters that number their cores alike.
        files.extend([
            (format!("{CPUS}/cpu{cpu}/topology/physical_package_id"), "-1".to_owned()),
            (format!("{CPUS}/cpu{cpu}/topology/core_id"), (cpu % 2).to_string()),
            (format!("{CPUS}/cpu{cpu}/topology/thread_siblings_list"), cpu.to_string()),
        ]);
        let part = if cpu < 2 { "0xd05" } else { "0xd0b" };
        cpuinfo += &format!(
            "processor\t: {cpu}\nCPU implementer\t: 0x41\nCPU variant\t: 0x1\nCPU part\t: {part}\nCPU revision\t: 0\n\n"
        );
    }
    files.push(("proc/cpuinfo".to_owned(), cpuinfo));
    let card = described(tree(files).path(), Asked { usable: 4, ..Asked::default() });
    assert_eq!((card.cores, card.threads_per_core, card.packages), (Some(4), Some(1), Some(1)));
    assert_eq!(card.microarchitecture.as_deref(), Some("Cortex-A55 + Cortex-A76"));
    assert_eq!((card.numa_nodes, card.min_mhz, card.max_mhz), (Some(1), None, None));
    assert_eq!((card.l2.as_ref(), card.hypervisor.as_ref()), (None, None));
    assert!(card_rows(&card).contains(&("frequency", "unknown".to_owned())));
}

#[test]
fn an_empty_tree_is_a_card_of_unknowns() {
    let root = tempfile::tempdir().unwrap();
    let card = described(root.path(), Asked { cpus: 2, usable: 2, ..Asked::default() });
    let expected = Card { cpus: 2, usable_cpus: 2, id: card.id.clone(), ..Card::default() };
    assert_eq!(card, expected);
    assert!(card.id.starts_with("unknown-cpu-2-"), "{}", card.id);
    assert_eq!(Frequency::read(&sysfs_cpus(root.path()), &[0, 1]), Frequency::default());
    // A system that knows nothing at all: what is written of it can be read.
    let card = described(root.path(), Asked { cores: Some(0), ..Asked::default() });
    assert_eq!((card.cpus, card.usable_cpus, card.cores), (1, 1, None));
    let past = PastRun { id: "r".into(), card: Some(card.clone()), ..PastRun::default() };
    assert_eq!(runs::parse(root.path(), past.text().as_bytes()).unwrap().card, Some(card));
    assert_eq!(Quota::read(root.path()), Quota::Unknown);
}

//! Made-up machines of sixteen instruction sets, in the form in which Linux describes each: their cards have ids of their own,
//! also where one source is hidden, as it may be in a container.
//!
//! The files of `zoo/` have a line `= name` for each machine, then what it has, a line each: `cpus`, `packages`, `siblings` (CPUs
//! of a core, but one for those of `single`), `l2` and `l3` (size, and how many CPUs share one), `mhz` (CPUs, highest frequency),
//! `each` (CPUs, file, text), `file` (path, text with `\0` for a zero), and `lines` up to `end` of a file. A line that begins with
//! `--` begins a block of `/proc/cpuinfo`, for each of some CPUs (`each`: all) with `{n}` for the number, or `once`; an empty line
//! follows unless it is `joined`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use super::Card;
use super::detect::{Asked, described};
use crate::topology::parse_cpu_list;

const FILES: [(&str, &str); 12] = [
    ("x86_64", include_str!("zoo/x86_64.txt")),
    ("aarch64", include_str!("zoo/aarch64.txt")),
    ("arm", include_str!("zoo/arm.txt")),
    ("riscv64", include_str!("zoo/riscv64.txt")),
    ("powerpc64", include_str!("zoo/powerpc64.txt")),
    ("s390x", include_str!("zoo/s390x.txt")),
    ("loongarch64", include_str!("zoo/loongarch64.txt")),
    ("mips64", include_str!("zoo/mips64.txt")),
    ("sparc64", include_str!("zoo/sparc64.txt")),
    ("alpha", include_str!("zoo/alpha.txt")),
    ("parisc", include_str!("zoo/parisc.txt")),
    ("", include_str!("zoo/others.txt")),
];

/// A machine, and the folder with its system's files.
struct Made {
    name: String,
    arch: String,
    cpus: usize,
    root: tempfile::TempDir,
}

impl Made {
    /// A machine from its lines, without the first.
    fn read(name: &str, arch: &str, lines: &[&str]) -> Made {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let (mut arch, mut sizes) = (arch.to_owned(), BTreeMap::from([("packages", 1), ("siblings", 1)]));
        let (mut caches, mut single, mut cpuinfo) = (Vec::new(), Vec::new(), String::new());
        let mut lines = lines.iter();
        let mut block: Option<(&str, String)> = None;
        let end = |block: &mut Option<(&str, String)>, cpus: usize, out: &mut String| {
            let Some((of, text)) = block.take() else { return };
            let text = text.trim_end_matches('\n').to_owned() + "\n";
            match of {
                "joined" => *out += &text,
                "once" | "gap" => *out += &(text + "\n"),
                of => {
                    let ids = if of == "each" { (0..cpus).collect() } else { parse_cpu_list(of) };
                    for id in ids {
                        *out += &text.replace("{n}", &id.to_string());
                        *out += "\n";
                    }
                }
            }
        };
        while let Some(line) = lines.next() {
            let cpus = sizes.get("cpus").copied().unwrap_or(0);
            if let Some(of) = line.strip_prefix("-- ") {
                end(&mut block, cpus, &mut cpuinfo);
                block = Some((of, String::new()));
                continue;
            }
            if let Some((_, text)) = &mut block {
                writeln!(text, "{line}").unwrap();
                continue;
            }
            let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
            let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
            match what {
                "" => {}
                "arch" => arch = rest.to_owned(),
                "cpus" | "packages" | "siblings" => {
                    sizes.insert(what, rest.parse().unwrap());
                }
                "l2" | "l3" => caches.push((&what[1..], first, second.parse::<usize>().unwrap())),
                "single" => single = parse_cpu_list(rest),
                "mhz" => {
                    for id in parse_cpu_list(first) {
                        write(&format!("{CPUS}/cpu{id}/cpufreq/cpuinfo_max_freq"), &format!("{second}000\n"));
                    }
                }
                "each" => {
                    let (path, text) = second.split_once(' ').unwrap();
                    for id in parse_cpu_list(first) {
                        write(&format!("{CPUS}/cpu{id}/{path}"), &format!("{text}\n"));
                    }
                }
                "file" => write(first, &second.replace("\\0", "\0")),
                "lines" => {
                    let text: Vec<&str> = lines.by_ref().copied().take_while(|line| *line != "end").collect();
                    write(rest, &text.join("\n"));
                }
                other => panic!("{name}: {other:?} is no line of a made-up machine"),
            }
        }
        let cpus = sizes["cpus"];
        end(&mut block, cpus, &mut cpuinfo);
        write("proc/cpuinfo", &cpuinfo);
        write(&format!("{CPUS}/online"), &format!("0-{}\n", cpus - 1));
        for id in 0..cpus {
            let of = |name: &str, text: String| write(&format!("{CPUS}/cpu{id}/{name}"), &(text + "\n"));
            let siblings = if single.contains(&id) { 1 } else { sizes["siblings"] };
            let first = id / siblings * siblings;
            of("topology/physical_package_id", (id * sizes["packages"] / cpus).to_string());
            of("topology/core_id", first.to_string());
            of("topology/thread_siblings_list", format!("{first}-{}", first + siblings - 1));
            for (level, size, shared) in &caches {
                let first = id / shared * shared;
                of(&format!("cache/index{level}/level"), (*level).to_owned());
                of(&format!("cache/index{level}/size"), (*size).to_owned());
                of(&format!("cache/index{level}/shared_cpu_list"), format!("{first}-{}", first + shared - 1));
                // Linux numbers them without gaps, from the first level on.
                of("cache/index0/level", "1".to_owned());
                of("cache/index1/level", "1".to_owned());
            }
        }
        Made { name: name.to_owned(), arch, cpus, root }
    }

    fn card(&self) -> Card {
        self.card_of(None)
    }

    /// Its card, where the processor says this of itself.
    fn card_of(&self, cpuid: Option<String>) -> Card {
        let asked = Asked {
            arch: self.arch.clone(),
            cpuid,
            cpus: self.cpus,
            usable: self.cpus,
            allowed: self.cpus,
            ..Asked::default()
        };
        described(self.root.path(), asked)
    }

    /// Its card while one of its sources is hidden; `None` where it has no such source.
    fn without(&self, source: &str) -> Option<Card> {
        let (path, aside) = (self.root.path().join(source), self.root.path().join("hidden"));
        fs::rename(&path, &aside).ok()?;
        let card = self.card();
        fs::rename(aside, path).unwrap();
        Some(card)
    }
}

const CPUS: &str = "sys/devices/system/cpu";

fn zoo() -> Vec<Made> {
    let mut all = Vec::new();
    for (arch, text) in FILES {
        for machine in text.split("\n= ").skip(1) {
            let mut lines = machine.lines();
            let name = lines.next().unwrap();
            all.push(Made::read(name, arch, &lines.collect::<Vec<_>>()));
        }
    }
    all
}

/// Sources that may be hidden, and the word by which a card says so.
const SOURCES: [(&str, &str); 6] = [
    ("proc/cpuinfo", "cpuinfo"),
    (CPUS, "topology"),
    ("sys/class/dmi", "firmware"),
    ("proc/device-tree", "firmware"),
    ("proc/sysinfo", "firmware"),
    ("sys/devices/system/cpu/modalias", ""),
];

/// One test, since it takes long to make them.
#[test]
fn sixty_machines_of_ten_instruction_sets_are_told_apart() {
    let zoo = zoo();
    every_machine_has_an_id_of_its_own_also_with_one_source_hidden(&zoo);
    ids_of_x86_and_of_alike_arm_cores_are_what_they_always_were(&zoo);
    what_each_instruction_set_says_of_its_processor_is_on_the_card(&zoo);
    kinds_of_core_have_their_caches_and_clocks(&zoo);
    hypervisors_are_named_where_the_machine_says_so(&zoo);
    x86_says_itself_what_the_file_would(&zoo);
    an_emulated_machine_is_another_one_and_its_card_says_so(&zoo);
}

fn every_machine_has_an_id_of_its_own_also_with_one_source_hidden(zoo: &[Made]) {
    let archs: BTreeSet<&str> = zoo.iter().map(|made| made.arch.as_str()).collect();
    assert!(zoo.len() >= 60 && archs.len() >= 10, "{} machines of {archs:?}", zoo.len());
    // Which machine has an id; each machine may have several.
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    let mut own = |card: &Card, name| {
        assert!(!card.id.contains("unknown") && super::is_id(&card.id), "{name}: {}", card.id);
        let owner = owners.entry(card.id.clone()).or_insert(name);
        assert_eq!(*owner, name, "{} is both: {card:?}", card.id);
        no_serial_number_and_no_board_of_an_owner_is_on(card, name);
    };
    let mut hidden = 0;
    for made in zoo {
        let whole = made.card();
        assert!(!whole.cpu.is_empty(), "{}: {whole:?}", made.name);
        assert_eq!((whole.emulated.as_ref(), whole.arch.as_str()), (None, made.arch.as_str()), "{}", made.name);
        own(&whole, &made.name);
        for (source, word) in SOURCES {
            let Some(card) = made.without(source) else { continue };
            hidden += 1;
            own(&card, &made.name);
            let said = card.missing.as_deref().unwrap_or_default();
            let says = !word.is_empty() && said.contains(word);
            assert!(
                card.id == whole.id || says,
                "{} without {source}: {} was {}; {said:?}",
                made.name,
                card.id,
                whole.id
            );
        }
    }
    assert!(hidden > 200, "{hidden}");
}

fn no_serial_number_and_no_board_of_an_owner_is_on(card: &Card, name: &str) {
    let text = serde_json::to_string(card).unwrap();
    for secret in ["1ABCD", "SN1234", "AY1234", "12345678", "LINUX1", "a01041", "Supermicro", "PowerEdge"] {
        assert!(!text.contains(secret), "{name}: {secret} in {text}");
    }
}

fn ids_of_x86_and_of_alike_arm_cores_are_what_they_always_were(zoo: &[Made]) {
    let mut seen = 0;
    for made in zoo.iter().filter(|made| ["x86_64", "aarch64", "arm"].contains(&made.arch.as_str())) {
        let card = made.card();
        let field = |field: &Option<String>| field.clone().unwrap_or_default();
        let number = |n: Option<usize>| n.map_or_else(String::new, |n| n.to_string());
        let facts = [
            field(&card.family),
            field(&card.model),
            field(&card.stepping),
            format!("{}/{}/{}", number(card.packages), number(card.cores), card.cpus),
            field(&card.hypervisor),
        ];
        let hash = format!("-{:06x}", crc32fast::hash(facts.join("\n").as_bytes()) & 0xff_ffff);
        let unlike_arm = card.model.as_ref().is_some_and(|model| model.contains('+'));
        assert_eq!(card.id.ends_with(&hash), !unlike_arm, "{}: {}", made.name, card.id);
        assert_eq!(card.processor.is_some(), unlike_arm, "{}: {:?}", made.name, card.processor);
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
}

fn what_each_instruction_set_says_of_its_processor_is_on_the_card(zoo: &[Made]) {
    for (name, brand, processor) in [
        ("epyc-9354", "AMD EPYC 9354 32-Core Processor", ""),
        ("core2-e8400", "Intel(R) Core(TM)2 Duo CPU E8400 @ 3.00GHz", ""),
        ("rk3588", "Cortex-A55 + Cortex-A76", "4 x 0x41/0xd05 r2p0 + 4 x 0x41/0xd0b r4p0"),
        ("ampere-altra", "Neoverse N1", ""),
        ("unknown-maker", "0x99/0x123", ""),
        ("raspberry-pi-2", "ARMv7 Processor rev 5 (v7l)", ""),
        (
            "visionfive-2",
            "sifive,u74-mc",
            "uarch sifive,u74-mc, isa rv64imafdc, mvendorid 0x489, marchid 0x8000000000000007, mimpid 0x4210427",
        ),
        (
            "banana-pi-f3",
            "SpacemiT 0x8000000058000001",
            "isa rv64imafdcv, mvendorid 0x710, marchid 0x8000000058000001, mimpid 0x1000000049772200",
        ),
        (
            "power9-server",
            "POWER9",
            "cpu POWER9, revision 2.3 (pvr 004e 1203); model 8335-GTH, platform PowerNV, machine PowerNV 8335-GTH",
        ),
        ("z15-partition", "IBM z15", "machine 8561; vendor IBM/S390"),
        ("z10", "IBM Z 2097", "machine 2097; vendor IBM/S390"),
        (
            "3a6000",
            "Loongson-3A6000-HV",
            "family Loongson-64bit, revision 0x00, model name Loongson-3A6000-HV; system generic-loongson-machine",
        ),
        (
            "baikal-t1",
            "MIPS P5600 V3.0 FPU V2.0",
            "cpu model MIPS P5600 V3.0  FPU V2.0; system Baikal-T Generic SoC, machine Baikal-T1 BFK3 evaluation board",
        ),
        ("t5220", "UltraSparc T2 (Niagara2)", "cpu UltraSparc T2 (Niagara2), type sun4v"),
        (
            "es40",
            "Alpha EV67",
            "cpu Alpha, cpu model EV67, variation 7, revision 0, system Tsunami, system variation Clipper, platform AlphaServer ES40",
        ),
        (
            "c8000",
            "PA8800 (Mako)",
            "family PA-RISC 2.0, cpu PA8800 (Mako), model 9000-785-C8000, model name Crestone Peak Mako+ Slow [128], hversion 0x00008950",
        ),
        ("amiga-4000", "68060", "cpu 68060"),
        ("elbrus-8c", "E8C", "vendor E8C-SWTX, family 4, revision 2, model 7, model name E8C"),
    ] {
        let made = zoo.iter().find(|made| made.name == name).unwrap_or_else(|| panic!("no {name}"));
        let card = made.card();
        assert_eq!((card.cpu.as_str(), card.processor.as_deref().unwrap_or_default()), (brand, processor), "{name}");
    }
}

fn kinds_of_core_have_their_caches_and_clocks(zoo: &[Made]) {
    let kinds = |name: &str| zoo.iter().find(|made| made.name == name).unwrap().card().kinds.unwrap_or_default();
    assert_eq!(
        kinds("core-12900k"),
        "16 CPUs on 8 cores, to 5200 MHz, L3 1 x 30 MiB; 8 CPUs on 8 cores, to 3900 MHz, L3 1 x 30 MiB"
    );
    assert_eq!(
        kinds("rk3588"),
        "4 CPUs on 4 cores, Cortex-A76, to 2400 MHz; 4 CPUs on 4 cores, Cortex-A55, to 1800 MHz"
    );
    assert!(kinds("snapdragon-8-gen-3").starts_with("1 CPU on 1 core, Cortex-X4"), "{}", kinds("snapdragon-8-gen-3"));
    assert_eq!(kinds("ryzen-9950x"), "");
}

fn x86_says_itself_what_the_file_would(zoo: &[Made]) {
    for made in zoo.iter().filter(|made| made.arch == "x86_64") {
        let (whole, path) = (made.card(), made.root.path().join("proc/cpuinfo"));
        let cpuinfo = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let card = made.card_of(cpuinfo.split("\n\n").next().map(str::to_owned));
        assert_eq!((&card.id, &card.missing), (&whole.id, &whole.missing), "{}", made.name);
        fs::write(path, cpuinfo).unwrap();
    }
}

fn hypervisors_are_named_where_the_machine_says_so(zoo: &[Made]) {
    let of = |name: &str| zoo.iter().find(|made| made.name == name).unwrap().card().hypervisor.unwrap_or_default();
    let names =
        ["power9-under-kvm", "z16-under-kvm", "z15-under-zvm", "epyc-9r14-in-a-cloud", "epyc-9354", "z15-partition"];
    assert_eq!(names.map(of), ["kvm", "kvm", "z/vm", "amazon ec2", "none", ""]);
}

fn an_emulated_machine_is_another_one_and_its_card_says_so(zoo: &[Made]) {
    for made in zoo.iter().filter(|made| ["graviton2", "visionfive-2", "z15-partition"].contains(&made.name.as_str())) {
        let whole = made.card();
        let alias = made.root.path().join("sys/devices/system/cpu/modalias");
        let before = fs::read(&alias).ok();
        fs::write(&alias, "cpu:type:x86,ven0002fam0019mod0011:feature:,0000\n").unwrap();
        let card = made.card();
        assert_eq!(card.emulated, Some(format!("{} on x86", made.arch)), "{}", made.name);
        assert!(card.id != whole.id && !card.is_of_same_computer(&whole), "{}", card.id);
        assert_eq!((card.cpu, card.model), (whole.cpu, whole.model), "what it imitates is what it says");
        before.map_or_else(|| fs::remove_file(&alias), |bytes| fs::write(&alias, bytes)).unwrap();
        assert_eq!(made.card().emulated, None);
    }
}

#[test]
fn a_folder_without_anything_has_no_sources_to_hide() {
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(described(empty.path(), Asked::default()).missing, None);
}

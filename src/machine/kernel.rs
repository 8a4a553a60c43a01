//! What of the kernel changes how threads meet: whether it may stop one in the kernel, the size of its pages, and what it
//! offers to programs that want not to be stopped.

use std::path::Path;

use crate::topology::text;

/// The kernel's configuration as it was built, if it is to be had: `/proc/config.gz`, or a file of `/boot` by its release.
pub(super) struct Config(String);

impl Config {
    pub(super) fn read(root: &Path) -> Config {
        let release = text(&root.join("proc/sys/kernel/osrelease")).filter(|release| !release.contains('/'));
        let boot = release.and_then(|release| text(&root.join(format!("boot/config-{release}"))));
        let own = || inflated(&std::fs::read(root.join("proc/config.gz")).ok()?);
        Config(boot.or_else(own).unwrap_or_default())
    }

    /// Whether an option is built in; `None` where nothing is known.
    fn has(&self, option: &str) -> Option<bool> {
        (!self.0.is_empty()).then(|| self.0.lines().any(|line| line.strip_prefix(option) == Some("=y")))
    }
}

/// The text in a gzip file without a name and extra fields, as the kernel writes it.
fn inflated(bytes: &[u8]) -> Option<String> {
    const HEADER: usize = 10;
    const MOST: usize = 4 << 20;
    let plain = bytes.starts_with(&[0x1f, 0x8b, 8, 0]);
    let text = miniz_oxide::inflate::decompress_to_vec_with_limit(bytes.get(HEADER..).filter(|_| plain)?, MOST).ok()?;
    String::from_utf8(text).ok()
}

/// The preemption model: `none`, `voluntary`, `full`, `lazy` or `rt`. `dynamic` where the kernel may change it and does not say
/// which it is.
pub(super) fn preemption(root: &Path, config: &Config) -> Option<String> {
    const MODELS: [&str; 4] = ["none", "voluntary", "full", "lazy"];
    // Only root may read it, where it is there at all: `none voluntary (full) lazy`.
    let now = text(&root.join("sys/kernel/debug/sched/preempt")).and_then(|text| {
        let (_, rest) = text.split_once('(')?;
        MODELS.into_iter().find(|model| rest.starts_with(&format!("{model})")))
    });
    let version = text(&root.join("proc/sys/kernel/version")).or_else(|| text(&root.join("proc/version")))?;
    let says = |word: &str| version.split_whitespace().any(|known| known == word);
    let asked = || {
        let line = text(&root.join("proc/cmdline"))?;
        let last = line.split_whitespace().filter_map(|word| word.strip_prefix("preempt=")).next_back()?.to_owned();
        MODELS.into_iter().find(|model| *model == last)
    };
    let built = || {
        let of = [
            ("CONFIG_PREEMPT_NONE", "none"),
            ("CONFIG_PREEMPT_VOLUNTARY", "voluntary"),
            ("CONFIG_PREEMPT", "full"),
            ("CONFIG_PREEMPT_LAZY", "lazy"),
        ];
        of.into_iter().find(|(option, _)| config.has(option) == Some(true)).map(|(_, model)| model)
    };
    let model = match () {
        () if says("PREEMPT_RT") => "rt",
        () if now.is_some() => now?,
        () if says("PREEMPT_DYNAMIC") => asked().or_else(built).unwrap_or("dynamic"),
        // Built with one model: these were all there were before Linux 6.13 gave this name to `lazy` too.
        () if says("PREEMPT") => built().unwrap_or("full"),
        () => built().unwrap_or("none or voluntary"),
    };
    Some(model.to_owned())
}

/// Transparent huge pages: `always`, `madvise` or `never`.
pub(super) fn huge_pages(root: &Path) -> Option<String> {
    let text = text(&root.join("sys/kernel/mm/transparent_hugepage/enabled"))?;
    let chosen = text.split_once('[')?.1.split_once(']')?.0;
    ["always", "madvise", "never"].contains(&chosen).then(|| chosen.to_owned())
}

/// Bytes of the kernel's `struct rseq` from which on it has the field of slice extensions (Linux 7.0).
const WITH_SLICE: u64 = 32;

/// Restartable sequences, in words: `no`, `yes`, and what is known of slice extensions.
///
/// The kernel tells a program at its start how much of the structure it serves (`AT_RSEQ_FEATURE_SIZE`, since Linux 6.3). Whether
/// the extension is switched on is told to threads that ask for it, by a call that needs `unsafe`; what it was built with says
/// as much.
pub(super) fn restartable(root: &Path, config: &Config) -> Option<String> {
    const RSEQ_FEATURE_SIZE: u64 = 27;
    let told = std::fs::read(root.join("proc/self/auxv")).ok().filter(|bytes| !bytes.is_empty());
    let size = told.as_deref().and_then(|bytes| auxiliary(bytes, RSEQ_FEATURE_SIZE));
    let line = text(&root.join("proc/cmdline")).unwrap_or_default();
    let off = line
        .split_whitespace()
        .any(|word| ["rseq_slice_ext=off", "rseq_slice_ext=0", "rseq_slice_ext=n"].contains(&word));
    let Some(size) = size else {
        // Before Linux 6.3 only the configuration says so.
        return config.has("CONFIG_RSEQ").map(|has| if has { "yes, no slice extension" } else { "no" }.to_owned());
    };
    let slice = match config.has("CONFIG_RSEQ_SLICE_EXTENSION") {
        _ if size < WITH_SLICE => "no slice extension",
        _ if off => "slice extension off",
        Some(false) => "no slice extension",
        Some(true) => "slice extension",
        None => "perhaps a slice extension",
    };
    Some(format!("yes, {slice}"))
}

/// The value of a kind in the auxiliary vector: pairs of words of this program's size.
fn auxiliary(bytes: &[u8], kind: u64) -> Option<u64> {
    const WORD: usize = size_of::<usize>();
    let word = |bytes: &[u8]| usize::from_ne_bytes(bytes.try_into().expect("a word")) as u64;
    let mut pairs = bytes.chunks_exact(2 * WORD).map(|pair| (word(&pair[..WORD]), word(&pair[WORD..])));
    pairs.find(|(known, _)| *known == kind).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        root
    }

    fn config(text: &str) -> Config {
        Config(text.to_owned())
    }

    #[test]
    fn the_preemption_model_is_what_the_kernel_says_of_itself() {
        let dynamic: (&str, &[u8]) = ("proc/sys/kernel/version", b"#1 SMP PREEMPT_DYNAMIC Debian 6.1\n");
        let model = |files: &[(&str, &[u8])], built: &str| preemption(tree(files).path(), &config(built));
        let of = |files: &[(&str, &[u8])], built: &str| model(files, built).unwrap_or_default();
        let debug: (&str, &[u8]) = ("sys/kernel/debug/sched/preempt", b"none voluntary (full) lazy \n");
        assert_eq!(of(&[dynamic, debug], ""), "full");
        assert_eq!(
            of(&[dynamic, ("proc/cmdline", b"quiet preempt=none preempt=lazy\n")], ""),
            "lazy",
            "the last counts"
        );
        assert_eq!(of(&[dynamic, ("proc/cmdline", b"preempt=/home\n")], "CONFIG_PREEMPT_VOLUNTARY=y\n"), "voluntary");
        assert_eq!(of(&[dynamic], "CONFIG_PREEMPT_BUILD=y\nCONFIG_PREEMPT=y\n"), "full");
        assert_eq!(of(&[dynamic], "# CONFIG_PREEMPT_NONE is not set\n"), "dynamic");
        for (version, built, expected) in [
            ("#1 SMP PREEMPT_RT Thu", "", "rt"),
            ("#1 SMP PREEMPT Thu", "", "full"),
            ("#1 SMP PREEMPT Thu", "CONFIG_PREEMPT_LAZY=y", "lazy"),
            ("#1 SMP Thu", "", "none or voluntary"),
            ("#1 SMP Thu", "CONFIG_PREEMPT_NONE=y", "none"),
        ] {
            assert_eq!(of(&[("proc/sys/kernel/version", version.as_bytes())], built), expected, "{version}");
        }
        assert_eq!(of(&[("proc/version", b"Linux version 6 (a@b) #1 SMP PREEMPT_DYNAMIC\n")], ""), "dynamic");
        assert_eq!(model(&[], "CONFIG_PREEMPT=y"), None, "nothing is known of another kernel");
    }

    #[test]
    fn huge_pages_are_the_choice_in_brackets() {
        let of = |text: &'static str| {
            huge_pages(tree(&[("sys/kernel/mm/transparent_hugepage/enabled", text.as_bytes())]).path())
        };
        assert_eq!(of("always [madvise] never\n").as_deref(), Some("madvise"));
        assert_eq!(of("[always] madvise never\n").as_deref(), Some("always"));
        assert_eq!((of("always madvise"), of("[/home]"), of("")), (None, None, None));
        assert_eq!(huge_pages(tree(&[]).path()), None);
    }

    fn vector(pairs: &[(usize, usize)]) -> Vec<u8> {
        pairs.iter().flat_map(|(kind, value)| [kind.to_ne_bytes(), value.to_ne_bytes()].concat()).collect()
    }

    #[test]
    fn restartable_sequences_are_told_at_the_start_of_a_program() {
        let of = |size: Option<usize>, built: &str, line: &'static str| {
            let auxv = vector(&[&[(16, 0x178b_fbff)], size.map(|size| (27, size)).as_slice(), &[(0, 0)]].concat());
            restartable(tree(&[("proc/self/auxv", &auxv), ("proc/cmdline", line.as_bytes())]).path(), &config(built))
        };
        let (with, without) = ("CONFIG_RSEQ=y\nCONFIG_RSEQ_SLICE_EXTENSION=y\n", "CONFIG_RSEQ=y\n");
        assert_eq!(of(Some(28), "", "").as_deref(), Some("yes, no slice extension"));
        assert_eq!(of(Some(33), with, "").as_deref(), Some("yes, slice extension"));
        assert_eq!(of(Some(33), with, "quiet rseq_slice_ext=off").as_deref(), Some("yes, slice extension off"));
        assert_eq!(of(Some(33), without, "").as_deref(), Some("yes, no slice extension"));
        assert_eq!(of(Some(32), "", "").as_deref(), Some("yes, perhaps a slice extension"));
        assert_eq!(of(None, without, "").as_deref(), Some("yes, no slice extension"), "before it was told");
        assert_eq!(of(None, "CONFIG_X=y\n", "").as_deref(), Some("no"));
        assert_eq!((of(None, "", ""), restartable(tree(&[]).path(), &config(""))), (None, None));
    }

    #[test]
    fn the_configuration_is_read_from_either_place() {
        let text = b"CONFIG_RSEQ=y\n";
        let packed =
            [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3][..], &miniz_oxide::deflate::compress_to_vec(text, 6), &[0; 8]]
                .concat();
        let own = tree(&[("proc/config.gz", &packed)]);
        assert_eq!(Config::read(own.path()).has("CONFIG_RSEQ"), Some(true));
        let boot = tree(&[("proc/sys/kernel/osrelease", b"6.1.0-9-amd64\n"), ("boot/config-6.1.0-9-amd64", text)]);
        let read = Config::read(boot.path());
        assert_eq!((read.has("CONFIG_RSEQ"), read.has("CONFIG_RSEQ_X")), (Some(true), Some(false)));
        for damage in [&packed[..12], &b"\x1f\x8b\x08\x04"[..], b"", b"CONFIG_RSEQ=y"] {
            assert_eq!(Config::read(tree(&[("proc/config.gz", damage)]).path()).has("CONFIG_RSEQ"), None);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_kernel_says_something() {
        let (root, config) = (Path::new("/"), Config::read(Path::new("/")));
        assert!(preemption(root, &config).is_some());
        let size = std::fs::read("/proc/self/auxv").ok().and_then(|bytes| auxiliary(&bytes, 27));
        assert_eq!(size.is_some(), size.is_some() && restartable(root, &config).is_some());
    }
}

//! The C library: locks sleep in it, and it may change without a new build.

use std::path::{Path, PathBuf};

use crate::topology::text;

/// Its name, and its version if that can be found without calling into it.
///
/// The file of the GNU library holds its version as text. This reads the file that the process has mapped. `root`
/// is the folder of the system's files.
pub(super) fn version(root: &Path) -> Option<String> {
    let name = if cfg!(all(target_os = "linux", target_env = "gnu")) {
        "glibc"
    } else if cfg!(target_env = "musl") {
        "musl"
    } else if cfg!(target_os = "macos") {
        "libSystem"
    } else if cfg!(windows) {
        "Microsoft C runtime"
    } else {
        return None;
    };
    let version = if name == "glibc" { mapped(root).and_then(|path| banner(&std::fs::read(path).ok()?)) } else { None };
    Some(version.map_or_else(|| name.to_owned(), |version| format!("{name} {version}")))
}

/// The file of the C library that this process has mapped.
fn mapped(root: &Path) -> Option<PathBuf> {
    let maps = text(&root.join("proc/self/maps"))?;
    let path = maps.lines().filter_map(|line| line.find('/').map(|at| &line[at..])).find(|path| {
        let file = path.rsplit('/').next().unwrap_or_default();
        file == "libc.so.6" || file.starts_with("libc-2.")
    })?;
    Some(root.join(path.trim_start_matches('/')))
}

/// `2.36` from "GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36."
fn banner(library: &[u8]) -> Option<String> {
    const START: &[u8] = b"GNU C Library ";
    const BEFORE: &str = " release version ";
    let at = library.windows(START.len()).position(|window| window == START)?;
    let line = String::from_utf8_lossy(&library[at..library.len().min(at + 256)]);
    let (_, rest) = line.lines().next()?.split_once(BEFORE)?;
    let version: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').take(16).collect();
    let version = version.trim_end_matches('.');
    (!version.is_empty()).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_tells_the_version_and_nothing_else() {
        let text = b"\0\x7fGNU C Library (Made By Somebody 2.99) stable release version 2.36.\nCopyright\0\xff";
        assert_eq!(banner(text).as_deref(), Some("2.36"));
        assert_eq!(banner(&text[..40]), None, "cut short");
        assert_eq!(banner(b"GNU C Library stable release version x.\n"), None);
        assert_eq!(banner(b""), None);
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn the_library_of_this_process_is_found() {
        let found = version(Path::new("/")).unwrap();
        let number = found.strip_prefix("glibc 2.").unwrap_or_else(|| panic!("{found}"));
        assert!(number.parse::<f64>().is_ok(), "{found}");
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(version(empty.path()).as_deref(), Some("glibc"), "no version where nothing can be read");
    }
}

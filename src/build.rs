//! Tells the crate what built it: the compiler and its flags, for the record of each run.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    for name in ["RUSTC", "CARGO_ENCODED_RUSTFLAGS", "OPT_LEVEL", "PROFILE"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    println!("cargo::rustc-env=MISCOUNT_RUSTC={}", compiler());
    println!("cargo::rustc-env=MISCOUNT_FLAGS={}", flags());
}

/// First line of `rustc -V`.
fn compiler() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Command::new(rustc)
        .arg("-V")
        .output()
        .ok()
        .and_then(|output| {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.lines().next().map(str::to_owned)
        })
        .filter(|line| !line.is_empty() && !names_a_path(line))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Profile and compiler flags in one line.
fn flags() -> String {
    let get = |name: &str| env::var(name).unwrap_or_else(|_| "unknown".to_owned());
    let mut flags = vec![format!("profile={}", get("PROFILE")), format!("opt-level={}", get("OPT_LEVEL"))];
    if env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_some() {
        flags.push("debug-assertions=on".to_owned());
    }
    let given = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    flags.extend(without_paths(&given));
    flags.join(" ")
}

/// The flags of `CARGO_ENCODED_RUSTFLAGS`, less each one that names a path: results are published,
/// and a path often holds the name of a person.
pub(crate) fn without_paths(encoded: &str) -> Vec<String> {
    let mut kept = Vec::new();
    let mut parts = encoded.split('\u{1f}').filter(|part| !part.is_empty()).peekable();
    while let Some(part) = parts.next() {
        let mut flag = part.to_owned();
        // `-C target-cpu=native` comes in two parts that stay or go together.
        let takes_value = part.starts_with('-') && !part.contains('=');
        if takes_value && let Some(value) = parts.next_if(|next| !next.starts_with('-')) {
            flag = format!("{flag} {value}");
        }
        if !names_a_path(&flag) {
            kept.push(flag.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    kept
}

fn names_a_path(text: &str) -> bool {
    text.contains(['/', '\\'])
}

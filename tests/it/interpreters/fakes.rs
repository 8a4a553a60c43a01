//! Fake interpreters: shell scripts that fail in every possible way.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A folder of fakes. Whatever they start carries its name, in its command line or its environment.
pub(crate) struct Fakes(tempfile::TempDir);

/// The first line of a fake: it is CPython 3.9.18.
pub(crate) const HELLO: &str = concat!(
    r#"{"hello": 1, "implementation": "CPython", "version": "3.9.18", "build": "3.9.18 (fake)", "free_threaded": false, "#,
    r#""gil": true, "switch_us": 5000, "check_interval": null}"#
);

/// A hang: two processes that only SIGKILL ends, and not the end of their input.
pub(crate) const HANGS: &str = "trap '' INT TERM HUP PIPE; (while :; do sleep 1; done) & while :; do sleep 1; done";

/// Answers each order: all was kept, in a round of 210 ms, by threads tied to CPUs.
const ANSWERS: &str = r#"while read -r order; do
    number() { rest=${order#*\"$1\":}; echo "${rest%%[!0-9]*}"; }
    threads=$(number threads) iters=$(number iters) round=$(number round)
    sleep 0.22
    one='{"attempted":'$iters',"start_ns":5,"end_ns":210000005,"waited_ns":0,"pinned":true}'
    all=$one n=1
    while [ $n -lt $threads ]; do all="$all,$one" n=$((n + 1)); done
    echo '{"round":'$round',"kept":'$((threads * iters))',"seen":null,"chances":null,"cpu_ns":1,"switch_us":5000,"tallies":['$all']}'
done"#;

impl Fakes {
    pub(crate) fn new() -> Fakes {
        Fakes(tempfile::Builder::new().prefix("miscount-fakes-").tempdir().unwrap())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// A script that does `body`.
    pub(crate) fn script(&self, name: &str, body: &str) -> PathBuf {
        let path = self.folder().join(name);
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A script that says it is CPython of that version, then does `body`.
    pub(crate) fn says_hello(&self, name: &str, version: &str, body: &str) -> PathBuf {
        let hello = HELLO.replace("3.9.18", version);
        self.script(name, &format!("echo '{hello}'\n{body}"))
    }

    /// A fake that works.
    pub(crate) fn good(&self, name: &str, version: &str) -> PathBuf {
        self.says_hello(name, version, ANSWERS)
    }

    /// Processes of these fakes.
    #[cfg(target_os = "linux")]
    pub(crate) fn alive(&self) -> Vec<String> {
        let mark = self.folder().to_string_lossy().into_owned();
        let mut alive = Vec::new();
        for process in fs::read_dir("/proc").unwrap().flatten() {
            let read = |name| fs::read(process.path().join(name)).unwrap_or_default();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\0', " ");
            let (command, environment) = (text(&read("cmdline")), text(&read("environ")));
            if command.contains(&mark) || environment.contains(&mark) {
                alive.push(format!("{} {command}", process.file_name().to_string_lossy()));
            }
        }
        alive
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn alive(&self) -> Vec<String> {
        Vec::new()
    }

    /// Waits until none of them is alive any more: they are killed, but by another process. It is not enough that they
    /// end by themselves in 5 s, as a search does.
    pub(crate) fn assert_gone(&self) {
        let until = Instant::now() + Duration::from_secs(3);
        while !self.alive().is_empty() {
            assert!(Instant::now() < until, "still alive: {:#?}", self.alive());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

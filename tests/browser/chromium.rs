//! A headless Chromium, if there is one, and a reader of pages in it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The longest that a browser may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// What a reader does on a page once it is drawn: the body of a script, with the helpers of `reader.js`, that returns
/// what it found.
pub(crate) struct Reader<'a> {
    pub(crate) page: &'a Path,
    pub(crate) fragment: &'a str,
    pub(crate) width: u32,
    pub(crate) dark: bool,
    pub(crate) script: &'a str,
    /// What the script has as `given`.
    pub(crate) given: Value,
}

impl<'a> Reader<'a> {
    /// In a window of 1280 pixels, in light colours.
    pub(crate) fn new(page: &'a Path, fragment: &'a str, script: &'a str) -> Reader<'a> {
        Reader { page, fragment, width: 1280, dark: false, script, given: Value::Null }
    }
}

/// The browser found on PATH.
pub(crate) struct Chromium(PathBuf);

impl Chromium {
    /// Finds it; without one prints that the test was skipped.
    ///
    /// # Panics
    ///
    /// Without one under `MISCOUNT_REQUIRE_BROWSER=1`.
    pub(crate) fn find() -> Option<Chromium> {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let found =
            std::env::split_paths(&paths).flat_map(|dir| names.map(|name| dir.join(name))).find(|path| path.is_file());
        if found.is_none() {
            let required = std::env::var_os("MISCOUNT_REQUIRE_BROWSER").is_some_and(|v| v == "1");
            assert!(!required, "no Chromium on PATH, and MISCOUNT_REQUIRE_BROWSER=1");
            println!("skipped: no Chromium");
        }
        found.map(Chromium)
    }

    /// What these readers found, one after another in one browser, each in a window of 900 pixels in height: to start one
    /// for each takes longer than all the rest.
    ///
    /// # Panics
    ///
    /// When a page reports an error, is wider than its window, or is never ready, or a reader does not finish.
    pub(crate) fn read(&self, readers: &[Reader<'_>]) -> Vec<Value> {
        let dir = tempfile::tempdir().expect("a folder for the frames");
        let path = dir.path().join("frames.html");
        let frames: Vec<Value> = readers
            .iter()
            .map(|r| {
                let src = format!("file://{}#{}", r.page.display(), r.fragment);
                let script = format!(
                    "{}\n(async () => {{ await ready(); {} }})().then((found) => parent.answer(found), (e) => parent.answer(null, e));",
                    include_str!("reader.js"),
                    r.script
                );
                json!({"src": src, "width": r.width, "dark": r.dark, "script": script, "given": r.given})
            })
            .collect();
        let frames = serde_json::to_string(&frames).expect("keys are text").replace('<', "\\u003c");
        let html = include_str!("frames.html").replace("{{ frames }}", &frames);
        std::fs::write(&path, html).expect("the frames are written");
        let dom = self.run(&["--virtual-time-budget=50000000", "--window-size=2000,1000", "--dump-dom"], &path, "");
        let found: Vec<Value> = dom
            .split("<pre>")
            .skip(1)
            .map(|rest| serde_json::from_str(rest.split_once("</pre>").expect("its end").0).expect("JSON"))
            .collect();
        for (n, r) in readers.iter().enumerate() {
            let of = || format!("reader {n} at #{}, {} px", r.fragment, r.width);
            let found = found.get(n).unwrap_or_else(|| panic!("{} did not finish", of()));
            assert_eq!(found["wrong"], json!([]), "{}", of());
        }
        found.into_iter().map(|mut found| found["found"].take()).collect()
    }

    /// The pages on paper of a page, as a PDF.
    pub(crate) fn printed(&self, page: &Path, fragment: &str) -> Vec<u8> {
        let dir = tempfile::tempdir().expect("a folder for the print");
        let pdf = dir.path().join("page.pdf");
        let to = format!("--print-to-pdf={}", pdf.display());
        self.run(&["--virtual-time-budget=20000", "--no-pdf-header-footer", &to], page, fragment);
        std::fs::read(&pdf).expect("a print")
    }

    fn run(&self, args: &[&str], page: &Path, fragment: &str) -> String {
        let dir = tempfile::tempdir().expect("a folder for the profile");
        let [out, err] = ["out", "err"].map(|name| dir.path().join(name));
        let file = |path: &Path| File::create(path).expect("a file for its words");
        let mut child = Command::new(&self.0)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--allow-file-access-from-files", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", dir.path().join("profile").display()))
            .args(args)
            .arg(format!("file://{}#{fragment}", page.display()))
            .stdout(file(&out))
            .stderr(file(&err))
            .spawn()
            .expect("Chromium starts");
        let began = Instant::now();
        while child.try_wait().expect("it is ours").is_none() {
            if began.elapsed() > PATIENCE {
                child.kill().expect("it is ours");
                panic!("Chromium is not done after {PATIENCE:?}");
            }
            thread::sleep(Duration::from_millis(10));
        }
        std::fs::read_to_string(out).expect("what it said")
    }
}

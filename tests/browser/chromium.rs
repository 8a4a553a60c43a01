//! A headless Chromium, if there is one.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Windows cannot be narrower than this: a frame in one can.
const LEAST: u32 = 500;

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

    /// The document a page has become after its scripts ran, in a window of this width.
    pub(crate) fn dom(&self, page: &Path, fragment: &str, width: u32) -> String {
        let url = format!("file://{}#{fragment}", page.display());
        if width >= LEAST {
            return self.run(&url, width);
        }
        let then = "document.replaceChild(document.importNode(root, true), document.documentElement);";
        self.framed(&[(url, width)], then)
    }

    /// The root element and the banner of errors that each view of a page has at each width, in one browser:
    /// to start one for each takes longer than all the rest.
    pub(crate) fn roots(&self, page: &Path, fragments: &[&str], widths: &[u32]) -> Vec<String> {
        let url = |fragment: &&str| format!("file://{}#{fragment}", page.display());
        let frames: Vec<_> =
            fragments.iter().flat_map(|fragment| widths.iter().map(move |&width| (url(fragment), width))).collect();
        let then = "const copy = document.importNode(root, false);
            copy.append(document.importNode(root.querySelector('#broken'), true));
            document.body.append(copy);";
        let dom = self.framed(&frames, then);
        dom.split("<html ").skip(1).map(|root| format!("<html {root}")).collect()
    }

    /// A document that holds these pages one after another in frames of these widths, and does `then` with the
    /// `root` of each once it is ready.
    fn framed(&self, frames: &[(String, u32)], then: &str) -> String {
        let frames = serde_json::to_string(frames).expect("names and numbers");
        let html = format!(
            "<!DOCTYPE html><title>frames</title><body><script>
            const later = (ms) => new Promise((go) => setTimeout(go, ms));
            const ready = (frame) => frame.contentDocument?.documentElement?.dataset.ready === '1';
            (async () => {{
                for (const [src, width] of {frames}) {{
                    const frame = Object.assign(document.createElement('iframe'), {{ src, width, height: 900 }});
                    frame.style.border = 0;
                    document.body.append(frame);
                    while (!ready(frame)) await later(50);
                    const root = frame.contentDocument.documentElement;
                    {then}
                    frame.remove();
                }}
            }})();
            </script>"
        );
        let dir = tempfile::tempdir().expect("a folder for the frames");
        let path = dir.path().join("frames.html");
        std::fs::write(&path, html).expect("the frames are written");
        self.run(&format!("file://{}", path.display()), 1920)
    }

    fn run(&self, url: &str, width: u32) -> String {
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let out = Command::new(&self.0)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--virtual-time-budget=60000", "--allow-file-access-from-files", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("--window-size={width},1000"))
            .args(["--dump-dom", url])
            .output()
            .expect("Chromium starts");
        let dom = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(dom.contains("<html"), "Chromium gave no page: {}", String::from_utf8_lossy(&out.stderr));
        without_code(&dom)
    }
}

/// The document without the texts of scripts and styles, so that only their results are found in it.
fn without_code(dom: &str) -> String {
    let mut out = String::new();
    let mut rest = dom;
    while let Some(start) = ["<script", "<style"].iter().filter_map(|tag| rest.find(tag)).min() {
        let end = if rest[start..].starts_with("<script") { "</script>" } else { "</style>" };
        out.push_str(&rest[..start]);
        rest = rest[start..].split_once(end).map_or("", |(_, after)| after);
    }
    out + rest
}

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
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let mut url = format!("file://{}#{fragment}", page.display());
        if width < LEAST {
            let frame = profile.path().join("frame.html");
            std::fs::write(&frame, framed(&url, width)).expect("the frame is written");
            url = format!("file://{}", frame.display());
        }
        let out = Command::new(&self.0)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--virtual-time-budget=8000", "--allow-file-access-from-files", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("--window-size={width},1000"))
            .args(["--dump-dom", &url])
            .output()
            .expect("Chromium starts");
        let dom = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(dom.contains("<html"), "Chromium gave no page: {}", String::from_utf8_lossy(&out.stderr));
        without_code(&dom)
    }
}

/// A document that holds the page in a frame of this width and becomes the page's once it is ready.
fn framed(url: &str, width: u32) -> String {
    format!(
        "<!DOCTYPE html><title>frame</title><iframe width={width} height=900 style='border:0' src='{url}'></iframe><script>
        const timer = setInterval(() => {{
            const page = document.querySelector('iframe').contentDocument;
            if (!page || page.documentElement.dataset.ready !== '1') return;
            clearInterval(timer);
            document.replaceChild(document.importNode(page.documentElement, true), document.documentElement);
        }}, 50);
        </script>"
    )
}

/// The document less what scripts and styles say, so that only what they made is found in it.
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

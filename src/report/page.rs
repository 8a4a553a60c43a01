//! The web page: one file that needs no network.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use minijinja::{AutoEscape, Environment, Value, context};

use super::payload::payload;
use crate::figure;
use crate::machine::Card;
use crate::results::published::core_to_core::{self, Others};
use crate::results::{self, Error, Machine, read_all};

/// The page's scripts; each may use those before it.
const SCRIPTS: &[&str] = &[
    include_str!("page/figures.js"),
    include_str!("page/dom.js"),
    include_str!("page/data.js"),
    include_str!("page/charts.js"),
    include_str!("page/here.js"),
    include_str!("page/among.js"),
    include_str!("page/benches.js"),
    include_str!("page/cpus.js"),
    include_str!("page/python.js"),
    include_str!("page/race.js"),
    include_str!("page/method.js"),
    include_str!("page/drop.js"),
    include_str!("page/page.js"),
];

/// What to do if the page cannot be written.
const TODO: &str = "make room, or name another place for the page: `miscount report --output FILE`";

/// The result of [`write()`].
#[derive(Debug)]
pub struct Written {
    /// The page.
    pub path: PathBuf,
    /// Machines on it, published ones included.
    pub machines: usize,
    /// Cells on it.
    pub cells: usize,
    /// Files that could not be read, and why; the page names them too.
    pub left_out: Vec<Error>,
}

/// Renders everything under a results folder into its `index.html`. Makes the folder if it does not exist.
///
/// # Errors
///
/// When the page cannot be written. A results file that cannot be read is no error: it is left out and
/// named.
pub fn write(results_dir: &Path) -> Result<Written, Error> {
    let (machines, mut left_out) = read_all(results_dir);
    let others = core_to_core::read(results_dir).unwrap_or_else(|error| {
        left_out.push(error);
        Others::default()
    });
    let path = results_dir.join("index.html");
    std::fs::create_dir_all(results_dir).map_err(Error::io(results_dir, TODO))?;
    write_to(&path, &machines, &others, &left_out)?;
    let cells = machines.iter().map(|m| m.cells.len()).sum();
    Ok(Written { path, machines: machines.len(), cells, left_out })
}

/// Renders the page for these machines, among the line transfers of others, into a file.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_to(path: &Path, machines: &[Machine], others: &Others, left_out: &[Error]) -> Result<(), Error> {
    // A bare name has an empty parent: the working folder.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let html = rendered(machines, others, left_out, criterion(folder).as_deref());
    let mut builder = tempfile::Builder::new();
    builder.prefix(results::UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The umask takes from it, as from any new file.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(Error::io(path, TODO))?;
    file.write_all(html.as_bytes()).map_err(Error::io(path, TODO))?;
    file.persist(path).map_err(|e| Error::io(path, TODO)(e.error))?;
    Ok(())
}

/// The most folders upwards from the page to the `target` folder of its package or workspace.
const UPWARDS: usize = 4;

/// The way from a page in `folder` to Criterion's own pages, where they lie in a `target` folder above it. It names no other folder.
fn criterion(folder: &Path) -> Option<String> {
    let index = "target/criterion/report/index.html";
    (1..=UPWARDS).map(|n| format!("{}{index}", "../".repeat(n))).find(|way| folder.join(way).is_file())
}

/// The page for these machines, without those of others, with the files that were left out. Every text in it is escaped, because results
/// files may come from anybody.
///
/// # Panics
///
/// When the page's own template is broken.
pub fn render(machines: &[Machine], left_out: &[Error]) -> String {
    rendered(machines, &Others::default(), left_out, None)
}

fn rendered(machines: &[Machine], others: &Others, left_out: &[Error], criterion: Option<&str>) -> String {
    let mut env = Environment::new();
    env.set_auto_escape_callback(|_| AutoEscape::Html);
    let safe = |text: &str| Value::from_safe_string(text.to_owned());
    let cells: usize = machines.iter().map(|m| m.cells.len()).sum();
    let page = context! {
        style => safe(include_str!("page/page.css")),
        script => safe(&SCRIPTS.concat()),
        data => safe(&for_script(&json(machines, others, criterion))),
        machines => machines.len(),
        cells => figure::count(cells as u64),
        left_out => left_out.iter().map(ToString::to_string).collect::<Vec<_>>(),
        version => env!("CARGO_PKG_VERSION"),
    };
    env.render_named_str("page.html", include_str!("page/page.html"), page).expect("the template fits its context")
}

/// The page's data of these machines, as JSON.
///
/// # Panics
///
/// Never: all keys are text.
pub fn data(machines: &[Machine]) -> String {
    json(machines, &Others::default(), None)
}

fn json(machines: &[Machine], others: &Others, criterion: Option<&str>) -> String {
    serde_json::to_string(&payload(machines, others, Card::detect().ok().as_ref(), criterion))
        .expect("all keys are text")
}

/// JSON that is safe in a script element: nothing in it can end the element.
fn for_script(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_the_pages_of_criterion_names_no_folder_of_somebody() {
        let dir = tempfile::tempdir().unwrap();
        let results = dir.path().join("package/results");
        let pages = dir.path().join("target/criterion/report");
        [&results, &pages].into_iter().for_each(|folder| std::fs::create_dir_all(folder).unwrap());
        assert_eq!(criterion(&results), None, "Criterion has written nothing");
        std::fs::write(pages.join("index.html"), "").unwrap();
        assert_eq!(criterion(&results).as_deref(), Some("../../target/criterion/report/index.html"));
        let page = results.join("index.html");
        write_to(&page, &[], &Others::default(), &[]).unwrap();
        let written = std::fs::read_to_string(&page).unwrap();
        assert!(written.contains("\"criterion\":\"../../target/criterion/report/index.html\""));
        assert!(render(&[], &[]).contains("\"criterion\":null"), "a page without a place");
    }

    #[test]
    fn no_text_ends_the_data_block() {
        let json = for_script("{\"a\":\"</script><!-- & \u{2028}\"}");
        assert!(!json.contains(['<', '>', '&', '\u{2028}']), "{json}");
        let back: serde_json::Value = serde_json::from_str(&json).expect("still JSON");
        assert_eq!(back["a"], "</script><!-- & \u{2028}");
    }
}

//! What others measured with core-to-core-latency: how near the CPUs of their machines are, a summary a machine, all in one file.
//!
//! [`matrix`] reads what that program writes, [`mod@summary`] says what is kept of it, and `name` how a machine is called.

mod name;

pub mod matrix;
pub mod summary;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::read::{bytes, checked, is_there};
use super::super::{Error, SCHEMA, replace, text};
pub use name::{is_name, named};
pub use summary::Summary;

/// The name of the file below `results/published/`.
pub const FILE: &str = "core-to-core.json";

/// How the figures were taken, which the file says once.
pub const METHOD: &str = "two threads pass one cache line to and fro, each by compare-and-swap until it succeeds; ns of one way, the mean of the samples of a pair";

/// The source of files of which none is stated.
pub const SOURCE_NOT_STATED: &str = "files of core-to-core-latency; where they were published is not stated";
/// The licence of files of which none is stated.
pub const LICENCE_NOT_STATED: &str = "not stated";

/// The most machines of a file.
const MOST: usize = 2_000;

/// Machines of others, by source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Others {
    /// Each with its machines.
    pub sources: Vec<Source>,
}

/// Where summaries come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Where the files were published.
    pub source: String,
    /// Under which licence.
    pub licence: String,
    /// One summary a machine, by name.
    pub machines: Vec<Summary>,
}

#[derive(Deserialize)]
struct File {
    sources: Vec<Source>,
}

/// What became of a machine that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is new.
    New,
    /// It is there in place of another of its name.
    Replaced,
    /// It is there already, and another source or licence was stated, or that it is not pinned.
    Stated,
    /// It was left out: it says the same as the one of that name.
    SameAs(String),
}

/// Where the file is below a folder of results.
pub fn path(results_dir: &Path) -> PathBuf {
    results_dir.join("published").join(FILE)
}

/// Reads the file below a folder of results; without one there are no others.
///
/// # Errors
///
/// When it cannot be read, or as [`parse`].
pub fn read(results_dir: &Path) -> Result<Others, Error> {
    let path = path(results_dir);
    if is_there(&path) { parse(&path, &bytes(&path)?) } else { Ok(Others::default()) }
}

/// Reads the bytes of one. `path` is only for the words of an error.
///
/// # Errors
///
/// When the bytes are not UTF-8 or not the format, a summary cannot be, a name comes twice, a source has no words, or a later
/// version wrote them.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Others, Error> {
    let File { sources } = serde_json::from_str(checked(path, bytes)?.0).map_err(|e| Error::corrupt(path, e))?;
    let mut names = BTreeSet::new();
    for source in &sources {
        if [&source.source, &source.licence].into_iter().any(|text| text.trim().is_empty()) {
            return Err(Error::corrupt(path, "figures of others need a source and a licence"));
        }
        for machine in &source.machines {
            let fault = machine.fault();
            let fault =
                fault.or_else(|| (!names.insert(machine.name.as_str())).then(|| "a second one of this name".into()));
            if let Some(fault) = fault {
                return Err(Error::corrupt(path, format!("machine {:?}: {fault}", machine.name)));
            }
        }
    }
    if names.len() > MOST {
        return Err(Error::corrupt(path, format!("more than {MOST} machines")));
    }
    Ok(Others { sources })
}

/// Sums up a file of core-to-core-latency: the first matrix of it, under `name` or else the name of the file, and how many
/// matrices follow.
///
/// # Errors
///
/// When it cannot be read, holds no matrix, or its name is none of a machine.
pub fn summary(path: &Path, name: Option<&str>, unpinned: bool) -> Result<(Summary, usize), Error> {
    let name = match name {
        Some(name) => named(name),
        None => name::of_file(path),
    };
    let foreign = |line, what: String| Error::Foreign { path: path.to_owned(), line, what };
    let Some(name) = name else {
        return Err(foreign(1, "its name has no letters a to z and no digits: name the machine with --name".into()));
    };
    let matrix = matrix::parse(&bytes(path)?).map_err(|fault| foreign(fault.line, fault.what))?;
    let unpinned = unpinned || name::is_unpinned(&name);
    Ok((Summary::of(name, &matrix, unpinned), matrix.further))
}

fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("no key but a text")
}

impl Others {
    /// All machines, whatever their source.
    pub fn machines(&self) -> impl Iterator<Item = &Summary> {
        self.sources.iter().flat_map(|source| &source.machines)
    }

    /// Takes in a machine, in place of one of its name. What is not stated of one that is there already stays.
    pub fn take(&mut self, source: Option<&str>, licence: Option<&str>, mut machine: Summary) -> Taken {
        let mut known = self.sources.iter().flat_map(|of| of.machines.iter().map(move |machine| (of, machine)));
        let same = known.find(|(_, known)| known.is_same(&machine));
        let [mut from, mut under] = [SOURCE_NOT_STATED, LICENCE_NOT_STATED];
        let mut taken = Taken::New;
        if let Some((of, same)) = same {
            let stated = source.is_some_and(|text| text::label(text) != of.source)
                || licence.is_some_and(|text| text::label(text) != of.licence);
            let unpinned = machine.unpinned && !same.unpinned;
            if same.name != machine.name || !(stated || unpinned) {
                return Taken::SameAs(same.name.clone());
            }
            (from, under) = (&of.source, &of.licence);
            machine.unpinned |= same.unpinned;
            taken = Taken::Stated;
        } else if self.machines().any(|known| known.name == machine.name) {
            taken = Taken::Replaced;
        }
        let [source, licence] = [source.unwrap_or(from), licence.unwrap_or(under)].map(text::label);
        self.sources.iter_mut().for_each(|source| source.machines.retain(|known| known.name != machine.name));
        match self
            .sources
            .iter_mut()
            .find(|known| (known.source.as_str(), known.licence.as_str()) == (source.as_str(), licence.as_str()))
        {
            Some(known) => known.machines.push(machine),
            None => self.sources.push(Source { source, licence, machines: vec![machine] }),
        }
        self.sources.retain(|source| !source.machines.is_empty());
        self.sources.iter_mut().for_each(|source| source.machines.sort_by(|a, b| a.name.cmp(&b.name)));
        taken
    }

    /// The file's text: a machine a line.
    pub fn text(&self) -> String {
        let source = |source: &Source| {
            let machines: Vec<String> = source.machines.iter().map(json).collect();
            let [from, licence] = [&source.source, &source.licence].map(json);
            format!("{{\"source\": {from},\n\"licence\": {licence},\n\"machines\": [\n{}\n]}}", machines.join(",\n"))
        };
        let sources: Vec<String> = self.sources.iter().map(source).collect();
        format!("{{\"schema\": {SCHEMA}, \"method\": {},\n\"sources\": [\n{}\n]}}\n", json(METHOD), sources.join(",\n"))
    }

    /// Writes the file below a folder of results, whole, and returns where it is.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, results_dir: &Path) -> Result<PathBuf, Error> {
        let path = path(results_dir);
        // What could not be read again is not written.
        parse(&path, self.text().as_bytes())?;
        let folder = results_dir.join("published");
        std::fs::create_dir_all(&folder)
            .map_err(Error::io(&folder, "make room or name another folder with --results"))?;
        replace(&path, &self.text())?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: &str = ",,\n10.5,,\n20,30.25,\n";

    fn put(dir: &Path, name: &str, text: &str) -> PathBuf {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn some() -> Others {
        let dir = tempfile::tempdir().unwrap();
        let path = put(dir.path(), "AMD EPYC.csv", THREE);
        let mut others = Others::default();
        assert_eq!(others.take(Some("S"), Some("MIT"), summary(&path, None, false).unwrap().0), Taken::New);
        others
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), Others::default(), "no file");
        let others = some();
        let path = others.write(dir.path()).unwrap();
        assert_eq!(path, dir.path().join("published/core-to-core.json"));
        assert_eq!(read(dir.path()).unwrap(), others);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.lines().any(|line| line.starts_with("{\"name\":\"amd-epyc\",\"cpus\":3,")),
            "a machine a line: {text}"
        );
    }

    #[test]
    fn a_machine_is_taken_once_and_replaces_its_namesake() {
        let mut others = some();
        let first = others.machines().next().unwrap().clone();
        let named = |name: &str, cpus: usize| Summary { name: name.into(), cpus, ..first.clone() };
        let mut take = |source: &'static str, licence: &'static str, machine| {
            others.take(Some(source).filter(|of| !of.is_empty()), Some(licence).filter(|of| !of.is_empty()), machine)
        };
        assert_eq!(take("S", "MIT", named("another", 3)), Taken::SameAs("amd-epyc".into()));
        assert_eq!(take("", "", named("amd-epyc", 4)), Taken::Replaced, "nothing is known of these figures");
        assert_eq!(take("T", "", named("amd-epyc", 4)), Taken::Stated);
        assert_eq!(take("", "MIT", named("amd-epyc", 4)), Taken::Stated, "the source stays");
        assert_eq!(take("", "", named("amd-epyc", 4)), Taken::SameAs("amd-epyc".into()));
        assert_eq!(take("U", "", named("another", 4)), Taken::SameAs("amd-epyc".into()), "of another name");
        let unpinned = Summary { unpinned: true, ..named("amd-epyc", 4) };
        assert_eq!(take("", "", unpinned), Taken::Stated, "the rest stays");
        assert_eq!(take("", "", named("amd-epyc", 4)), Taken::SameAs("amd-epyc".into()), "it is known by now");
        assert_eq!(take("S", "MIT\u{7}", named("a", 5)), Taken::New);
        assert_eq!(take("S", "MIT ", named("0", 6)), Taken::New);
        let found: Vec<(&str, Vec<&str>)> = others
            .sources
            .iter()
            .map(|s| (s.source.as_str(), s.machines.iter().map(|m| m.name.as_str()).collect()))
            .collect();
        assert_eq!(found, [("T", vec!["amd-epyc"]), ("S", vec!["0", "a"])]);
        assert_eq!(parse(Path::new("f"), others.text().as_bytes()).unwrap(), others);
    }

    #[test]
    fn what_could_not_be_read_again_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let first = some().machines().next().unwrap().clone();
        let mut nameless = Others::default();
        nameless.take(Some(" "), Some("MIT"), first.clone());
        let mut many = some();
        for n in 0..MOST {
            // No two have the same figures.
            let file = put(dir.path(), "m.csv", &format!(",,\n{0},,\n{0},{1},\n", 10 + n % 80, 100 + n / 80));
            assert_eq!(
                many.take(Some("S"), Some("MIT"), summary(&file, Some(&format!("m{n}")), false).unwrap().0),
                Taken::New
            );
        }
        for (others, says) in [(nameless, "need a source and a licence"), (many, "more than 2000 machines")] {
            let line = others.write(dir.path()).unwrap_err().to_string();
            assert!(line.contains(says), "{line}");
        }
        assert!(!path(dir.path()).exists());
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let text = some().text();
        for (from, to, says) in [
            ("\"S\"", "\" \"", "need a source and a licence"),
            ("amd-epyc", "AMD", "machine \"AMD\": \"AMD\" is no name"),
            ("\"cpus\":3", "\"cpus\":2", "3 pairs of 2 CPUs cannot be"),
            ("\"schema\": 2", "\"schema\": 99", "newer than"),
            ("\"schema\": 2", "\"schem\": 2", "no schema number"),
            ("]}\n]}", "]},\n]}", "expected value"),
        ] {
            assert!(text.contains(from), "{from}: {text}");
            let line = parse(Path::new("f.json"), text.replace(from, to).as_bytes()).expect_err(says).to_string();
            assert!(line.starts_with("f.json: ") && line.contains(says), "{line}");
        }
        let line = text.lines().find(|line| line.starts_with("{\"name\"")).unwrap();
        let twice = parse(Path::new("f"), text.replace(line, &format!("{line},\n{line}")).as_bytes());
        assert!(twice.unwrap_err().to_string().contains("a second one of this name"));
    }

    #[test]
    fn files_have_names_or_are_given_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = put(dir.path(), "龙芯.csv", THREE);
        let line = summary(&path, None, false).unwrap_err().to_string();
        assert!(
            line.contains("龙芯.csv: line 1: its name has no letters a to z") && line.ends_with("with --name"),
            "{line}"
        );
        let (named, further) = summary(&path, Some("Loongson 3A6000"), true).unwrap();
        assert_eq!((named.name.as_str(), named.unpinned, further), ("loongson-3a6000", true, 0));
        let apple = put(dir.path(), "Apple M1.csv", THREE);
        assert!(summary(&apple, None, false).unwrap().0.unpinned);
        let bad = put(dir.path(), "bad.csv", ",\nfast,\n");
        let line = summary(&bad, None, false).unwrap_err().to_string();
        assert!(
            line.ends_with("bad.csv: line 2: field 1, \"fast\", is no time in ns: write one, or leave it empty"),
            "{line}"
        );
        assert!(
            summary(&dir.path().join("nowhere.csv"), None, false)
                .unwrap_err()
                .to_string()
                .contains("check that it exists")
        );
    }
}

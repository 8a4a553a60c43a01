//! Finds the interpreters of this machine.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::launch::resolve;
use super::{Error, Hello, Implementation, Interpreter, Launch, Worker};
use crate::workload;

/// How long an interpreter may take to say what it is: Jython took 7 s on two busy CPUs.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// How many candidates are asked at the same time.
const AT_ONCE: usize = 8;
/// The variable that names interpreters.
const VARIABLE: &str = "MISCOUNT_PYTHONS";
/// The variable that names a folder of packages.
const PACKAGES: &str = "MISCOUNT_PYTHON_PACKAGES";
/// The newest CPython in which threads may switch after almost any bytecode: its first two numbers.
const LAST_TO_SWITCH_ANYWHERE: (u32, u32) = (3, 9);

/// Finds the interpreters that `MISCOUNT_PYTHONS` names, or if it is unset, those on `PATH` and below pyenv's root.
///
/// It takes about half a second for ten interpreters, and [`PATIENCE`] more when one hangs.
///
/// # Errors
/// [`workload::Error`] when `MISCOUNT_PYTHONS` cannot be used.
pub fn find() -> Result<Found, workload::Error> {
    Ok(Search::from_env()?.run())
}

/// The folder of packages from PyPI that `MISCOUNT_PYTHON_PACKAGES` names, with a folder in it for each version of Python.
///
/// # Errors
/// [`workload::Error`] when there is no such folder.
pub fn packages(var: impl Fn(&str) -> Option<OsString>) -> Result<Option<PathBuf>, workload::Error> {
    let folder = set(&var, PACKAGES).map(PathBuf::from);
    match folder.as_ref().filter(|folder| !folder.is_dir()) {
        None => Ok(folder),
        Some(wrong) => {
            let what = "there is no such folder; make it with `python -m pip install --target`, or unset it".to_owned();
            Err(workload::Error { variable: PACKAGES, value: wrong.to_string_lossy().into_owned(), what })
        }
    }
}

/// The value of a variable of ours; what is set but empty counts as unset.
fn set(var: impl Fn(&str) -> Option<OsString>, name: &str) -> Option<OsString> {
    var(name).filter(|value| !value.is_empty())
}

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// What may be interpreters, the preferred ones first.
    pub candidates: Vec<Launch>,
    /// Whether they were named, instead of looked for.
    pub named: bool,
    /// How long each may take to say what it is.
    pub patience: Duration,
}

impl Search {
    /// The search that the environment asks for: by `MISCOUNT_PYTHONS`, or by `PATH`, `PYENV_ROOT` and `HOME`.
    ///
    /// # Errors
    /// As [`find`].
    pub fn from_env() -> Result<Search, workload::Error> {
        Search::from_vars(|name| std::env::var_os(name))
    }

    /// [`Search::from_env`] with a given environment.
    ///
    /// # Errors
    /// As [`find`].
    pub fn from_vars(var: impl Fn(&str) -> Option<OsString>) -> Result<Search, workload::Error> {
        packages(&var)?;
        let path: Vec<PathBuf> = std::env::split_paths(&var("PATH").unwrap_or_default()).collect();
        let search = |candidates, named| Search { candidates, named, patience: PATIENCE };
        if let Some(list) = set(&var, VARIABLE) {
            let list = list.to_string_lossy().into_owned();
            let names: Vec<&str> = list.split(',').map(str::trim).collect();
            let launches: Vec<Launch> = names.iter().map(|name| Launch::parse(name, &path)).collect();
            let joined = |launch: &Launch| !launch.program.is_file() && several(&launch.program, &path);
            let what = match () {
                () if names.contains(&"") => "give the paths of interpreters, separated by commas, or unset it",
                () if launches.iter().any(joined) => "separate interpreters by commas",
                () => return Ok(search(launches, true)),
            };
            return Err(workload::Error { variable: VARIABLE, value: list, what: what.to_owned() });
        }
        let root = var("PYENV_ROOT").map(PathBuf::from).or_else(|| Some(PathBuf::from(var("HOME")?).join(".pyenv")));
        let mut folders = path;
        if let Some(root) = root {
            // The shims of pyenv start interpreters below its root, which are candidates themselves.
            folders.retain(|folder| *folder != root.join("shims"));
            let mut versions = entries(&root.join("versions"));
            versions.sort();
            folders.extend(versions.into_iter().map(|version| version.join("bin")));
        }
        Ok(search(folders.iter().flat_map(|folder| pythons(folder)).map(Launch::from).collect(), false))
    }

    /// Asks each candidate what it is. A file with several names is asked once; of two of one version the first is kept.
    pub fn run(&self) -> Found {
        let mut seen = HashSet::new();
        let real = |launch: &Launch| {
            let program = fs::canonicalize(&launch.program).unwrap_or_else(|_| launch.program.clone());
            Launch { program, ..launch.clone() }
        };
        let candidates: Vec<&Launch> = self.candidates.iter().filter(|launch| seen.insert(real(launch))).collect();
        let ask = |launch: &Launch| Worker::ask(launch, self.patience).map(|(_, hello)| hello);
        let mut found = Found { named: self.named, ..Found::default() };
        for some in candidates.chunks(AT_ONCE) {
            let hellos: Vec<Result<Hello, Error>> = thread::scope(|scope| {
                let asked: Vec<_> = some.iter().map(|launch| scope.spawn(|| ask(launch))).collect();
                let broken = || Err(Error::NoStart("its thread panicked".into()));
                asked.into_iter().map(|asked| asked.join().unwrap_or_else(|_| broken())).collect()
            });
            some.iter().zip(hellos).for_each(|(launch, hello)| found.take_in((*launch).clone(), hello));
        }
        found.interpreters.sort_by_key(|one| {
            (one.implementation, one.numbers, one.free_threaded, one.gil, one.debug, one.jit, one.language_numbers())
        });
        found
    }
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Interpreters that can be used, CPython first, the oldest first, one of each version and kind of build.
    pub interpreters: Vec<Interpreter>,
    /// Candidates that cannot be used.
    pub refused: Vec<Refused>,
    /// Whether they were named, instead of looked for.
    pub named: bool,
}

/// A candidate that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// How it was started. That is not published: it may name a person.
    pub launch: Launch,
    /// Why, in a few words.
    pub why: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is left out: {}", self.launch, self.why)
    }
}

impl Found {
    fn take_in(&mut self, launch: Launch, hello: Result<Hello, Error>) {
        let interpreter = match hello {
            Ok(hello) => hello.of(launch),
            Err(error) => {
                let script = if is_script(&launch.program) { "a script, and " } else { "" };
                self.refused.push(Refused { launch, why: format!("{script}{error}") });
                return;
            }
        };
        match self.interpreters.iter().find(|known| known.variant() == interpreter.variant()) {
            None => self.interpreters.push(interpreter),
            // The same one by another name: a script may start an interpreter that is a candidate itself.
            Some(known) if known.build == interpreter.build => {}
            Some(known) => {
                let why = format!("another {} is measured, {}", known.label(), known.launch);
                self.refused.push(Refused { launch: interpreter.launch, why });
            }
        }
    }

    /// The interpreters that a run measures: all, if `full` or if they were named; otherwise those five that show most. Of
    /// CPython with its lock these are the oldest, the newest, and the newest up to 3.9, the last version in which threads may
    /// switch after almost any bytecode; then the newest CPython without the lock, and the newest PyPy. Debug builds, and those
    /// whose JIT is not as usual, are passed over. Where there is none of these, the first five of all are measured.
    pub fn pick(&self, full: bool) -> Vec<Interpreter> {
        if full || self.named {
            return self.interpreters.clone();
        }
        let usual = |of: Implementation| {
            let usual = move |one: &&Interpreter| one.implementation == of && !one.debug && one.unusual_jit().is_none();
            self.interpreters.iter().filter(usual)
        };
        let locked = || usual(Implementation::CPython).filter(|one| one.gil && !one.free_threaded);
        let anywhere = |one: &&Interpreter| (one.numbers.0, one.numbers.1) <= LAST_TO_SWITCH_ANYWHERE;
        let free = usual(Implementation::CPython).rfind(|one| !one.gil);
        let five = [
            locked().next(),
            locked().rfind(anywhere),
            locked().next_back(),
            free,
            usual(Implementation::PyPy).next_back(),
        ];
        let is_picked = |one: &&Interpreter| five.contains(&Some(*one));
        let picked: Vec<Interpreter> = self.interpreters.iter().filter(is_picked).cloned().collect();
        if picked.is_empty() { self.interpreters.iter().take(five.len()).cloned().collect() } else { picked }
    }
}

/// Whether a file that is not there names several, separated as on `PATH`.
fn several(file: &Path, path: &[PathBuf]) -> bool {
    let names: Vec<PathBuf> = std::env::split_paths(file).collect();
    names.len() > 1 && names.iter().any(|name| resolve(&name.to_string_lossy(), path).is_file())
}

/// The entries of a folder; empty if there is no such folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// The files of a folder that are named like interpreters, sorted.
fn pythons(folder: &Path) -> Vec<PathBuf> {
    // An empty entry of PATH is the working folder. Programs are not taken from there.
    if folder.as_os_str().is_empty() {
        return Vec::new();
    }
    let mut found = entries(folder);
    let is_named_so = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).is_some_and(is_python);
    found.retain(|path| is_named_so(path) && path.is_file());
    found.sort();
    found
}

/// Whether a file is named `python`, or like `python2`, `python3.9`, `python3.13t`, or in the same way after another
/// implementation: `pypy3.11`, `jython`.
fn is_python(name: &str) -> bool {
    let name = name.strip_suffix(std::env::consts::EXE_SUFFIX).unwrap_or(name);
    let implementations = Implementation::ALL.map(|one| one.id().to_ascii_lowercase());
    let mut starts = implementations.iter().map(String::as_str).chain(["python"]);
    let Some(version) = starts.find_map(|start| name.strip_prefix(start)) else { return false };
    let version = version.strip_suffix('t').filter(|rest| !rest.is_empty()).unwrap_or(version);
    version.split('.').all(|part| part.bytes().all(|b| b.is_ascii_digit())) && !version.ends_with('.')
}

/// Whether a file is a script.
fn is_script(path: &Path) -> bool {
    use std::io::Read;
    let mut start = [0; 2];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"#!"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(vars: &[(&str, &str)]) -> Result<Search, workload::Error> {
        Search::from_vars(|name| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn names_of_interpreters() {
        for name in [
            "python",
            "python2",
            "python2.7",
            "python3",
            "python3.9",
            "python3.13t",
            "python3.14",
            "pypy",
            "pypy3.11",
            "jython",
        ] {
            assert!(is_python(&format!("{name}{}", std::env::consts::EXE_SUFFIX)), "{name}");
        }
        for name in [
            "pythont",
            "python3-config",
            "python3.",
            "python3.9m",
            "pythonw",
            "xpython3",
            "python3.9.py",
            "pypy3-config",
        ] {
            assert!(!is_python(name), "{name}");
        }
    }

    #[test]
    fn what_is_named_is_taken_instead_of_all_else() {
        let search = from(&[(VARIABLE, " /a/b , python-nowhere,./c"), ("PATH", "/no/such/folder")]).unwrap();
        let expected = ["/a/b", "python-nowhere", "./c"].map(|path| Launch::from(PathBuf::from(path))).to_vec();
        assert_eq!((search.candidates, search.named), (expected, true));
        for wrong in [" ", ",", "/a/b,", " , /a"] {
            let error = from(&[(VARIABLE, wrong)]).unwrap_err();
            assert!(error.to_string().contains("MISCOUNT_PYTHONS"), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("python");
        fs::write(&program, "").unwrap();
        let joined = std::env::join_paths([&program, Path::new("/no/such")]).unwrap();
        let error = from(&[(VARIABLE, joined.to_str().unwrap())]).unwrap_err();
        assert!(error.to_string().contains("separate interpreters by commas"), "{error}");
        let neither = std::env::join_paths(["/no/such", "/nor/this"]).unwrap();
        assert!(from(&[(VARIABLE, neither.to_str().unwrap())]).is_ok(), "it is named when it cannot be started");
    }

    #[test]
    fn packages_are_in_a_folder_or_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        assert!(from(&[("MISCOUNT_PYTHON_PACKAGES", folder.path().to_str().unwrap())]).is_ok());
        let error = from(&[("MISCOUNT_PYTHON_PACKAGES", "/no/such/folder")]).unwrap_err();
        assert!(error.to_string().starts_with("MISCOUNT_PYTHON_PACKAGES=\"/no/such/folder\": "), "{error}");
        let empty = from(&[("MISCOUNT_PYTHON_PACKAGES", ""), (VARIABLE, "")]).unwrap();
        assert!(!empty.named, "what is set but empty counts as unset");
    }

    #[test]
    fn path_and_pyenv_are_looked_through_and_shims_are_not() {
        let home = tempfile::tempdir().unwrap();
        let file = |path: &str| {
            let path = home.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            path
        };
        let suffix = std::env::consts::EXE_SUFFIX;
        let here =
            [file(&format!("bin/python3.9{suffix}")), file(&format!(".pyenv/versions/3.13.5t/bin/python{suffix}"))];
        file(".pyenv/shims/python");
        file(&format!("bin/python3-config{suffix}"));
        fs::create_dir_all(home.path().join(format!("bin/python3{suffix}"))).unwrap();
        let path =
            std::env::join_paths([home.path().join("bin"), home.path().join(".pyenv/shims"), PathBuf::new()]).unwrap();
        let (path, folder) = (path.to_str().unwrap(), home.path().to_str().unwrap());
        let search = from(&[("PATH", path), ("HOME", folder)]).unwrap();
        assert_eq!((search.candidates, search.named), (here.map(Launch::from).to_vec(), false));
        let elsewhere = from(&[("PATH", path), ("HOME", folder), ("PYENV_ROOT", "/no/such/folder")]).unwrap();
        assert_eq!(elsewhere.candidates.len(), 2, "the shim is an interpreter like any other then");
        assert_eq!(from(&[]).unwrap().candidates, []);
    }

    /// Interpreters by their labels' beginnings: `3.9.18`, `3.13.5t`, `3.14.1 jit`, `3.14.1 debug`, `PyPy 7.3.19`.
    fn found(names: &[&str], named: bool) -> Found {
        let interpreter = |name: &&str| {
            let (implementation, version) =
                name.split_once(' ').filter(|(one, _)| *one == "PyPy").unwrap_or(("CPython", name));
            let (version, kind) = version.split_once(' ').unwrap_or((version, ""));
            let free = version.ends_with('t');
            let jit =
                if kind == "jit" || implementation == "PyPy" { (kind != "nojit").to_string() } else { "null".into() };
            let hello = format!(
                r#"{{"hello": 1, "implementation": "{implementation}", "version": "{}", "build": "b", "free_threaded": {free},
                    "gil": {}, "switch_us": 5000, "check_interval": null, "jit": {jit}, "debug": {}}}"#,
                version.trim_end_matches('t'),
                !free,
                kind == "debug",
            );
            Hello::parse(&hello).unwrap().of((*name).into())
        };
        Found { interpreters: names.iter().map(interpreter).collect(), refused: Vec::new(), named }
    }

    #[test]
    fn those_five_are_picked_that_show_most() {
        let picked = |versions: &[&str], full, named| -> Vec<String> {
            found(versions, named).pick(full).into_iter().map(|one| one.launch.to_string()).collect()
        };
        let all = [
            "2.7.18",
            "3.6.15",
            "3.8.1",
            "3.9.18",
            "3.10.1",
            "3.13.0",
            "3.13.0t",
            "3.14.1",
            "3.14.1 debug",
            "3.14.1 jit",
            "3.15.0t",
            "PyPy 7.3.11",
            "PyPy 7.3.19",
            "PyPy 7.3.19 nojit",
        ];
        assert_eq!(picked(&all, false, false), ["2.7.18", "3.9.18", "3.14.1", "3.15.0t", "PyPy 7.3.19"]);
        assert_eq!(picked(&all, true, false), all);
        assert_eq!(picked(&all, false, true), all);
        assert_eq!(picked(&["3.9.1", "3.10.1", "3.11.1", "3.13.1"], false, false), ["3.9.1", "3.13.1"]);
        assert_eq!(picked(&["3.10.1", "3.11.1", "3.13.1", "3.13.1t"], false, false), ["3.10.1", "3.13.1", "3.13.1t"]);
        assert_eq!(picked(&["3.13.1t", "PyPy 7.3.19"], false, false), ["3.13.1t", "PyPy 7.3.19"]);
        assert_eq!(picked(&["3.14.1 jit"], false, false), ["3.14.1 jit"]);
        assert_eq!(picked(&[], false, false), [] as [&str; 0]);
    }
}

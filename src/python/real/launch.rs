//! How an interpreter is started.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Variables that may lead an interpreter to other modules: those that begin so are not passed on.
const LEADING: [&str; 3] = ["PYTHON", "JYTHONPATH", "MICROPYPATH"];

/// A program, with options and variables of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Launch {
    /// The program's file. It is not published: it may name a person.
    pub program: PathBuf,
    /// Options that come before ours, such as `--jit off`.
    pub options: Vec<String>,
    /// Variables, such as `PYTHON_JIT` and `1`.
    pub variables: Vec<(String, String)>,
}

impl From<PathBuf> for Launch {
    fn from(program: PathBuf) -> Launch {
        Launch { program, options: Vec::new(), variables: Vec::new() }
    }
}

impl From<&str> for Launch {
    fn from(program: &str) -> Launch {
        Launch::from(PathBuf::from(program))
    }
}

impl fmt::Display for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.variables.iter().try_for_each(|(name, value)| write!(f, "{name}={value} "))?;
        write!(f, "{}", self.program.display())?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}

impl Launch {
    /// Reads an entry of a list: a file, or a name to look for in the folders of `path`. Variables may stand before it and
    /// options after it, as in a shell but without quotes: `PYTHON_JIT=1 python3.15`, `pypy3 --jit off`. What is a file as
    /// a whole is one, spaces or not.
    pub(super) fn parse(entry: &str, path: &[PathBuf]) -> Launch {
        let (mut variables, mut rest) = (Vec::new(), entry);
        while let Some((variable, after)) = leading_variable(rest).filter(|_| !resolve(rest, path).is_file()) {
            variables.push(variable);
            rest = after;
        }
        let ends = rest.char_indices().rev().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
        let is_program = |end: &usize| resolve(&rest[..*end], path).is_file();
        let end = std::iter::once(rest.len()).chain(ends).find(is_program).unwrap_or(rest.len());
        let options = rest[end..].split_whitespace().map(str::to_owned).collect();
        Launch { program: resolve(&rest[..end], path), options, variables }
    }

    /// The command that starts it, in an environment that leads it nowhere.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        let leads = |name: &OsStr| LEADING.iter().any(|start| name.to_string_lossy().starts_with(start));
        std::env::vars_os().filter(|(name, _)| leads(name)).for_each(|(name, _)| {
            command.env_remove(name);
        });
        command.envs(self.variables.iter().cloned()).args(&self.options).args(args);
        command
    }
}

/// The variable with which a text begins, and what follows it.
fn leading_variable(text: &str) -> Option<((String, String), &str)> {
    let (word, after) = text.split_once(char::is_whitespace)?;
    let (name, value) = word.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then(|| ((name.to_owned(), value.to_owned()), after.trim_start()))
}

/// Looks for a name without a folder in those of `path`, as a shell does.
pub(super) fn resolve(name: &str, path: &[PathBuf]) -> PathBuf {
    let given = Path::new(name);
    let mut places = path.iter().map(|folder| folder.join(name)).filter(|_| given.components().count() == 1);
    places.find(|file| file.is_file()).unwrap_or_else(|| given.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_file_or_a_program_with_variables_and_options() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, "").unwrap();
            path
        };
        let (python, spaces, odd) = (file("python"), file("python -S x"), file("A=1 b"));
        let path = [folder.path().to_owned()];
        let read = |entry: &str| Launch::parse(entry, &path);
        let whole = |path: &PathBuf| Launch::from(path.clone());
        assert_eq!(read("python"), whole(&python));
        assert_eq!(read(python.to_str().unwrap()), whole(&python));
        assert_eq!(read("python -S x"), whole(&spaces), "a file as a whole");
        assert_eq!(read("A=1 b"), whole(&odd));
        assert_eq!(
            read("python -S x  --jit off"),
            Launch { options: vec!["--jit".into(), "off".into()], ..whole(&spaces) }
        );
        let given = read("PYTHON_JIT=1 B= python -X int=1");
        let variables = [("PYTHON_JIT", "1"), ("B", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let options = vec!["-X".into(), "int=1".into()];
        assert_eq!(given, Launch { program: python, options, variables: variables.to_vec() });
        assert_eq!(given.to_string(), format!("PYTHON_JIT=1 B= {} -X int=1", given.program.display()));
        for nowhere in ["nowhere", "nowhere -S", "1A=2 python"] {
            assert_eq!(read(nowhere), Launch::from(PathBuf::from(nowhere)));
        }
    }

    #[test]
    fn variables_that_lead_elsewhere_are_not_passed_on_unless_asked_for() {
        let kept = |launch: &Launch| -> Vec<(String, Option<String>)> {
            let text = |text: &OsStr| text.to_string_lossy().into_owned();
            launch.command(&["-c"]).get_envs().map(|(name, value)| (text(name), value.map(text))).collect()
        };
        let mut launch = Launch::from(PathBuf::from("python"));
        assert!(kept(&launch).iter().all(|(name, value)| value.is_none() && name.starts_with("PYTHON")));
        launch.variables.push(("PYTHON_JIT".into(), "1".into()));
        assert!(kept(&launch).contains(&("PYTHON_JIT".into(), Some("1".into()))));
    }
}

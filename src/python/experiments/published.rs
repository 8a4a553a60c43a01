//! What the articles published, from `published.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Scenario;
use crate::figure;
use crate::python::real::{Implementation, Interpreter, numbers};

/// The file with all figures.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishedFile {
    sources: BTreeMap<String, String>,
    figures: Vec<PublishedFigure>,
}

/// One figure that an article gives.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishedFigure {
    scenario: String,
    /// Such as `3.7.17`; absent where the article does not say.
    version: Option<String>,
    /// The article says only that the version was below this one.
    below: Option<String>,
    kept: u64,
    /// Whether the article rounds it.
    #[serde(default)]
    about: bool,
    source: String,
}

static FILE: LazyLock<PublishedFile> =
    LazyLock::new(|| serde_json::from_str(include_str!("published.json")).expect("a test reads it"));

/// How near a published figure is to an interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Near {
    /// Published for this very version.
    SameVersion,
    /// Published for another version of the same series: for 3.7.17, the interpreter being 3.7.16.
    SameSeries,
    /// The article names no version.
    VersionNotNamed,
}

/// A published figure that stands beside a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    /// What the counter held at the end.
    pub kept: u64,
    /// Whether the article rounds it.
    pub about: bool,
    /// How near it is to the interpreter of the result.
    pub near: Near,
    /// The version for which it was published, or what is known of that.
    pub version: String,
    /// Which article.
    pub source: &'static str,
}

impl Published {
    /// The figure for the result of `interpreter` in `scenario`: that of the same version, otherwise of the nearest version
    /// of its series (such as 3.7), otherwise one whose article names no version. Figures of other series are not used,
    /// since other increments lose there. All figures are CPython's.
    pub fn nearest(scenario: &Scenario, interpreter: &Interpreter) -> Option<Published> {
        if interpreter.implementation != Implementation::CPython {
            return None;
        }
        let (major, minor, patch) = interpreter.numbers;
        let distance = |figure: &PublishedFigure| {
            let Some(version) = &figure.version else { return Some(u32::MAX) };
            let (a, b, c) = numbers(version)?;
            // The published figures are not those of free-threaded builds of their versions.
            (interpreter.gil && (a, b) == (major, minor)).then_some(c.abs_diff(patch))
        };
        let own = FILE.figures.iter().filter(|figure| figure.scenario == scenario.id);
        let (distance, figure) = own.filter_map(|f| Some((distance(f)?, f))).min_by_key(|(distance, _)| *distance)?;
        let near = match (&figure.version, distance) {
            (None, _) => Near::VersionNotNamed,
            (Some(version), 0) if *version == interpreter.version => Near::SameVersion,
            _ => Near::SameSeries,
        };
        if near == Near::VersionNotNamed && !scenario.needs.met_by(interpreter) {
            return None;
        }
        let version = match (&figure.version, &figure.below) {
            (Some(version), _) => version.clone(),
            (None, Some(below)) => format!("below {below}"),
            (None, None) => "version not named".to_owned(),
        };
        Some(Published { kept: figure.kept, about: figure.about, near, version, source: &FILE.sources[&figure.source] })
    }

    /// The text for a table: the figure, and in brackets its version unless that is the interpreter's.
    pub fn text(&self) -> String {
        let kept = format!("{}{}", if self.about { "about " } else { "" }, figure::count(self.kept));
        if self.near == Near::SameVersion { kept } else { format!("{kept} ({})", self.version) }
    }
}

impl Scenario {
    /// How many figures were published for it.
    pub fn published(&self) -> usize {
        FILE.figures.iter().filter(|figure| figure.scenario == self.id).count()
    }
}

#[cfg(test)]
pub(in crate::python) mod tests {
    use super::super::SCENARIOS;
    use super::*;
    use crate::python::real::Hello;

    pub(in crate::python) fn interpreter(version: &str, gil: bool) -> Interpreter {
        let hello = format!(
            r#"{{"hello": 1, "implementation": "CPython", "version": "{version}", "build": "b", "free_threaded": {}, "gil": {gil},
                "switch_us": 5000, "check_interval": null, "rwlock": false}}"#,
            !gil
        );
        Hello::parse(&hello).unwrap().of("python".into())
    }

    #[test]
    fn every_figure_is_of_a_scenario_and_possible_and_has_a_source() {
        for figure in &FILE.figures {
            let scenario = Scenario::named(&figure.scenario).unwrap_or_else(|_| panic!("{}", figure.scenario));
            assert!(figure.kept <= scenario.expected() && figure.kept > 0, "{}", figure.scenario);
            assert!(FILE.sources.contains_key(&figure.source), "{}", figure.source);
            let version = figure.version.as_ref().map(|version| numbers(version));
            assert!(version.is_none_or(|numbers| numbers.is_some()));
        }
        let used = |source: &String| FILE.figures.iter().any(|figure| figure.source == *source);
        assert!(FILE.sources.keys().all(used));
    }

    fn nearest(scenario: &str, version: &str, gil: bool) -> Option<(String, Near)> {
        let published = Published::nearest(Scenario::named(scenario).unwrap(), &interpreter(version, gil))?;
        Some((published.text(), published.near))
    }

    #[test]
    fn the_nearest_of_a_series_is_marked_and_no_other_series_is_taken() {
        let own = |text: &str, near| Some((text.to_owned(), near));
        assert_eq!(nearest("plain_10x1m", "3.8.18", true), own("4,999,351", Near::SameVersion));
        assert_eq!(nearest("plain_10x1m", "3.7.16", true), own("4,198,551 (3.7.17)", Near::SameSeries));
        assert_eq!(nearest("int_10x1m", "3.11.7", true), own("2,310,891 (3.11.5)", Near::SameSeries));
        for (version, gil) in [("3.6.15", true), ("3.12.1", true), ("2.7.18", true), ("3.8.18", false)] {
            assert_eq!(nearest("plain_10x1m", version, gil), None, "{version}");
        }
    }

    #[test]
    fn where_an_article_names_no_version_the_figure_says_so() {
        let own = |text: &str| Some((text.to_owned(), Near::VersionNotNamed));
        assert_eq!(nearest("global_2x100k", "3.13.0", true), own("142,104 (version not named)"));
        assert_eq!(nearest("explicit_400x100k", "3.9.18", true), own("31,735,072 (below 3.10)"));
        assert_eq!(nearest("global_free_2x100k", "3.13.5", false), own("about 130,000 (version not named)"));
        assert_eq!(nearest("global_2x100k", "3.13.5", false), None);
        assert_eq!(nearest("lock_10x1m", "3.9.18", true), None);
        assert_eq!(SCENARIOS.iter().map(Scenario::published).sum::<usize>(), FILE.figures.len());
    }
}

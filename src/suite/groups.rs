//! Sorts cases into Criterion's groups, and names groups and cells.

use std::collections::HashMap;

use super::Case;

/// Most subjects in one Criterion group: its line charts have eight colours.
const GROUP_OF: usize = 8;

/// Cases that share a Criterion group: one bench, level, placement and family, at most eight subjects.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) cases: Vec<Case>,
}

impl Group {
    pub(super) fn id(&self, case: &Case) -> String {
        format!("{}/{}/{}", self.name, case.function(), case.threads)
    }

    /// Name of the group that replays the loss of this group's racy cases.
    pub(super) fn replay_name(&self) -> String {
        format!("{}/attempts_per_kept", self.name)
    }

    /// Name of a case's loss in that group.
    pub(super) fn replay_id(&self, case: &Case) -> String {
        format!("{}/{}/{}", self.replay_name(), case.function(), case.threads)
    }

    /// The group's cells and replayed losses: group, case and name of each.
    pub(super) fn names(&self) -> impl Iterator<Item = (String, &Case, String)> {
        let replayed = self.cases.iter().filter(|case| Group::replayed(case));
        let own = self.cases.iter().map(|case| (self.name.clone(), case, self.id(case)));
        own.chain(replayed.map(|case| (self.replay_name(), case, self.replay_id(case))))
    }

    /// Whether the loss of a case is replayed. One thread cannot lose.
    pub(super) fn replayed(case: &Case) -> bool {
        case.info.grade == crate::counter::Grade::Racy && case.anomaly.is_none() && case.threads > 1
    }
}

/// Characters that Criterion keeps of each part of a name, in the path of the folder of its own results.
const FOLDER: usize = 64;

/// Two names that Criterion would keep in one folder, if any: it would compare one cell with the other.
pub(super) fn alike(groups: &[Group]) -> Option<[String; 2]> {
    let mut seen = HashMap::new();
    let cut = |part: &str| part.replace(['/', ':'], "_").chars().take(FOLDER).collect::<String>();
    groups.iter().flat_map(Group::names).find_map(|(group, case, name)| {
        let other = seen.insert((cut(&group), cut(&case.function()), case.threads), name.clone())?;
        Some([other, name])
    })
}

/// Sorts cases into groups, in the order given.
pub(super) fn groups(bench: &str, cases: Vec<Case>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut parts = HashMap::new();
    for case in cases {
        let base = case.group(bench);
        let (part, subjects): &mut (usize, Vec<String>) = parts.entry(base.clone()).or_default();
        let function = case.function();
        if !subjects.contains(&function) {
            if subjects.len() == GROUP_OF {
                subjects.clear();
                *part += 1;
            }
            subjects.push(function);
        }
        let name = if *part == 0 { base } else { format!("{base}_{}", *part + 1) };
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.cases.push(case),
            None => groups.push(Group { name, cases: vec![case] }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::counters::atomic::FetchAdd;
    use crate::python::real::{SUBJECTS, Subject};
    use crate::suite::Counters;
    use crate::suite::tests::cases;

    #[test]
    fn groups_hold_eight_subjects_and_full_rectangles() {
        let groups = groups("counters", cases(&Counters::catalogue()));
        assert!(groups.len() >= 2 * 7, "two levels of seven families");
        for group in &groups {
            let subjects: HashSet<String> = group.cases.iter().map(Case::function).collect();
            assert!(subjects.len() <= GROUP_OF);
            assert_eq!(group.cases.len(), 3 * subjects.len(), "{}: three thread counts each", group.name);
        }
    }

    #[test]
    fn no_title_is_cut() {
        // Criterion cuts a longer title on its pages.
        const TITLE: usize = 100;
        let groups = groups("counters", cases(&Counters::catalogue()));
        let mut names: Vec<String> = groups.iter().flat_map(Group::names).map(|(_, _, name)| name).collect();
        let python = |subject: &Subject| {
            let variant = "cpython_3_13_15t_gil";
            format!("interpreters/switch_500us/python/attempts_per_kept/{}:{variant}/10", subject.info.id)
        };
        names.extend(SUBJECTS.iter().map(python));
        let cut: Vec<&String> = names.iter().filter(|name| name.len() > TITLE).collect();
        assert!(cut.is_empty() && names.len() > 100, "{cut:?}");
    }

    #[test]
    fn names_that_criterion_cannot_tell_apart_are_found() {
        let named = |variants: [&str; 2]| {
            let made = variants.map(|variant| {
                let mut cases = cases(&Counters::default().with::<FetchAdd>());
                cases.iter_mut().for_each(|case| case.variant = variant.to_owned());
                cases
            });
            super::alike(&groups("mine", made.into_iter().flatten().collect()))
        };
        let long = "x".repeat(60);
        let [one, other] = named([&format!("{long}a"), &format!("{long}b")]).expect("they differ too late");
        assert!(one.contains(&format!("{long}a/")) && other.contains(&format!("{long}b/")), "{one} {other}");
        assert_eq!(super::alike(&groups("counters", cases(&Counters::catalogue()))), None);
    }

    #[test]
    fn a_family_of_nine_makes_two_groups() {
        let mut nine = Vec::new();
        for n in 0..9 {
            for mut case in cases(&Counters::default().with::<FetchAdd>()) {
                case.variant = format!("v{n}");
                nine.push(case);
            }
        }
        let names: Vec<String> = groups("counters", nine).into_iter().map(|group| group.name).collect();
        assert_eq!(names.len(), 4);
        assert!(names.contains(&"counters/high/atomic_2".to_owned()), "{names:?}");
    }
}

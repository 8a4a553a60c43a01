//! Which rows share a Criterion group, and what groups and cells are called.

use std::collections::HashMap;

use super::Row;

/// Subjects in one Criterion group at most: its line charts have eight colours.
const GROUP_OF: usize = 8;

/// Rows that share a Criterion group: one bench, level, placement and family, eight subjects at
/// most.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) rows: Vec<Row>,
}

impl Group {
    pub(super) fn id(&self, row: &Row) -> String {
        format!("{}/{}/{}", self.name, row.function(), row.threads)
    }

    /// The group in which the loss of this one's racy rows is replayed.
    pub(super) fn replay_name(&self) -> String {
        format!("{}/attempts_per_kept", self.name)
    }

    /// The name of a row's loss there.
    pub(super) fn replay_id(&self, row: &Row) -> String {
        format!("{}/{}/{}", self.replay_name(), row.function(), row.threads)
    }

    /// Its cells and what is replayed of them: group, row and name of each.
    pub(super) fn names(&self) -> impl Iterator<Item = (String, &Row, String)> {
        let replayed = self.rows.iter().filter(|row| Group::replayed(row));
        let own = self.rows.iter().map(|row| (self.name.clone(), row, self.id(row)));
        own.chain(replayed.map(|row| (self.replay_name(), row, self.replay_id(row))))
    }

    /// Whether a row's loss is worth a picture: one thread cannot lose.
    pub(super) fn replayed(row: &Row) -> bool {
        row.info.grade == crate::counter::Grade::Racy && row.anomaly.is_none() && row.threads > 1
    }
}

/// Characters that Criterion keeps of each part of a name, for the folder in which it keeps what it measured.
const FOLDER: usize = 64;

/// Two names that Criterion keeps in one folder, if there are any: it would compare the one with the other.
pub(super) fn alike(groups: &[Group]) -> Option<[String; 2]> {
    let mut seen = HashMap::new();
    let cut = |part: &str| part.replace(['/', ':'], "_").chars().take(FOLDER).collect::<String>();
    groups.iter().flat_map(Group::names).find_map(|(group, row, name)| {
        let other = seen.insert((cut(&group), cut(&row.function()), row.threads), name.clone())?;
        Some([other, name])
    })
}

/// Rows by the group they belong to, in the order given.
pub(super) fn groups(bench: &str, rows: Vec<Row>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut parts = HashMap::new();
    for row in rows {
        let base = row.group(bench);
        let (part, subjects): &mut (usize, Vec<String>) = parts.entry(base.clone()).or_default();
        let function = row.function();
        if !subjects.contains(&function) {
            if subjects.len() == GROUP_OF {
                subjects.clear();
                *part += 1;
            }
            subjects.push(function);
        }
        let name = if *part == 0 { base } else { format!("{base}_{}", *part + 1) };
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { name, rows: vec![row] }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::counters::atomic::FetchAdd;
    use crate::suite::Counters;
    use crate::suite::tests::rows;

    #[test]
    fn groups_hold_eight_subjects_and_full_rectangles() {
        let groups = groups("counters", rows(&Counters::catalogue()));
        assert!(groups.len() >= 2 * 7, "two levels of seven families");
        for group in &groups {
            let subjects: HashSet<String> = group.rows.iter().map(Row::function).collect();
            assert!(subjects.len() <= GROUP_OF);
            assert_eq!(group.rows.len(), 3 * subjects.len(), "{}: three thread counts each", group.name);
        }
    }

    #[test]
    fn names_that_criterion_cannot_tell_apart_are_found() {
        let named = |variants: [&str; 2]| {
            let made = variants.map(|variant| {
                let mut rows = rows(&Counters::default().with::<FetchAdd>());
                rows.iter_mut().for_each(|row| row.variant = variant.to_owned());
                rows
            });
            super::alike(&groups("mine", made.into_iter().flatten().collect()))
        };
        let long = "x".repeat(60);
        let [one, other] = named([&format!("{long}a"), &format!("{long}b")]).expect("they differ too late");
        assert!(one.contains(&format!("{long}a/")) && other.contains(&format!("{long}b/")), "{one} {other}");
        assert_eq!(super::alike(&groups("counters", rows(&Counters::catalogue()))), None);
    }

    #[test]
    fn a_family_of_nine_makes_two_groups() {
        let mut nine = Vec::new();
        for n in 0..9 {
            for mut row in rows(&Counters::default().with::<FetchAdd>()) {
                row.variant = format!("v{n}");
                nine.push(row);
            }
        }
        let names: Vec<String> = groups("counters", nine).into_iter().map(|group| group.name).collect();
        assert_eq!(names.len(), 4);
        assert!(names.contains(&"counters/high/atomic_2".to_owned()), "{names:?}");
    }
}

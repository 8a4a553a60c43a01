//! The table of the async bench: who waits. What locks cost tasks is in the matrix.

use super::locks;
use super::sheet::{Sheet, by_subject};
use crate::results::Cell;

/// The table of one level.
pub(super) fn sheets(cells: &[&Cell], usable: usize) -> Vec<Sheet> {
    let (rows, counts) = by_subject(cells);
    let Sheet { mut head, rows, .. } = locks::waits(&rows, &counts, usable);
    head[1] = "workers".into();
    let sheet = Sheet {
        title: "Which task waits, and for how long".into(),
        note: "Waits in ns, from a pass of one second for each row, all tasks together. “Longest” is an upper bound. Jain's \
               index is 1 when all tasks get the same share, which is then 100 % / tasks."
            .into(),
        head,
        rows,
    };
    vec![sheet]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Shares;
    use crate::samples::{cell, costing};

    #[test]
    fn tasks_that_meet_on_one_worker_wait_too() {
        let row = |subject: &str, workers: usize, jain: Option<f64>| {
            costing(9.0, cell("async", subject, workers, "t4_inside")).with(|c| {
                c.key.variant = "multi_thread".into();
                c.figures.jain = jain;
                c.figures.shares = jain.map(|_| Shares { min: 0.1, max: 0.3, pass_ms: 1000.0 });
            })
        };
        let cells = [row("tokio_mutex", 1, Some(1.0)), row("tokio_mutex", 4, Some(0.9)), row("none", 4, None)];
        let [sheet] = sheets(&cells.iter().collect::<Vec<_>>(), 2).try_into().unwrap();
        assert_eq!(sheet.head[..4], ["lock", "workers", "Jain", "least share"]);
        let shown: Vec<_> = sheet.rows.iter().map(|row| row[..4].to_vec()).collect();
        let name = "tokio_mutex multi_thread";
        assert_eq!(shown, [[name, "1", "1.00", "10.0 %"], [name, "4*", "0.90", "10.0 %"]]);
    }
}

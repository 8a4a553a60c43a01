//! A level as a Markdown table.

use super::matrix;
use super::sheet;
use super::terminal::{field, head, heading, legend, published, short};
use crate::results::Machine;

/// A machine's figures at one level as Markdown: the same rows, marks and legend as
/// [`terminal::table`](super::terminal::table).
pub fn table(machine: &Machine, level: &str, only_run: Option<&str>) -> String {
    let kept = |cell: &crate::results::Cell| cell.level == level && only_run.is_none_or(|run| cell.run == run);
    let views = matrix::views(machine, kept);
    if views.is_empty() {
        return format!("{}: nothing measured at level {}\n", plain(&machine.card.id), plain(level));
    }
    let mut out = String::new();
    if let Some(published) = published(machine) {
        out.push_str(&format!("{}\n\n", plain(&published)));
    }
    for view in &views {
        let heads: Vec<String> = (0..view.columns.len()).map(|n| head(view, n)).collect();
        out.push_str(&format!("{}\n\n", plain(&heading(machine, view))));
        if !sheet::replace_matrix(view.bench) {
            out.push_str(&line("threads", &heads));
            out.push_str(&format!("|---|{}\n", "---:|".repeat(heads.len())));
            for section in &view.sections {
                out.push_str(&line(&format!("**{}**", short(section.part)), &vec![String::new(); heads.len()]));
                for row in &section.rows {
                    let shown = row.entries.iter().enumerate();
                    let fields: Vec<String> =
                        shown.map(|(n, e)| e.as_ref().map_or("".into(), |e| plain(&field(view, n, e)))).collect();
                    out.push_str(&line(&plain(&row.name()), &fields));
                }
            }
            out.push_str(&format!("\n{}\n\n", plain(&legend(machine, view))));
        }
        for sheet in sheet::sheets(machine, view.bench, view.level, view.placement, kept) {
            out.push_str(&format!("{}\n", sheet.markdown()));
        }
    }
    out
}

fn line(first: &str, rest: &[String]) -> String {
    format!("| {first} | {} |\n", rest.join(" | "))
}

/// Text in which Markdown finds no markup.
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

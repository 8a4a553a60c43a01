//! What people read, told once: its parts as text for the terminal, or as Markdown.

use super::sheet::{Sheet, plain};
use crate::claims::{Claim, Says};

/// Parts that follow one another, with an empty line between two.
#[derive(Default)]
pub struct Document {
    parts: Vec<Part>,
}

/// A part of a document.
pub enum Part {
    /// A heading, or some sentences.
    Paragraph(String),
    /// Sentences, and a line for each thing that belongs to them.
    List(String, Vec<String>),
    /// A table with its title and note.
    Table(Sheet),
    /// A text whose lines stay as they are, with its title and where it comes from.
    Listing(&'static str, String, String),
    /// Claims under a title, and what the title is over a column.
    Claims(String, &'static str, Vec<Claim>),
}

impl Document {
    /// Adds a part at the end.
    pub fn add(&mut self, part: Part) {
        self.parts.push(part);
    }

    /// Adds all parts of another document.
    pub fn append(&mut self, other: Document) {
        self.parts.extend(other.parts);
    }

    /// It as text for the terminal; empty without a part.
    pub fn terminal(&self) -> String {
        self.written(Part::terminal)
    }

    /// It as Markdown; empty without a part.
    pub fn markdown(&self) -> String {
        self.written(Part::markdown)
    }

    fn written(&self, write: fn(&Part) -> String) -> String {
        let parts: Vec<String> = self.parts.iter().map(|part| format!("{}\n", write(part).trim_end())).collect();
        parts.join("\n")
    }
}

impl Part {
    fn terminal(&self) -> String {
        match self {
            Part::Paragraph(text) => text.clone(),
            Part::List(text, lines) => format!("{text}{}", listed("\n  ", lines)),
            Part::Table(sheet) => sheet.terminal(),
            Part::Listing(title, source, text) => format!("{title}: {source}\n\n{text}"),
            Part::Claims(title, _, claims) => {
                let line = |claim: &Claim| match agreeing(claim) {
                    (_, 0) => format!("{}: {}", claim.text, claim.verdict),
                    (agree, all) => format!("{}: {} ({agree} of {all} figures agree)", claim.text, claim.verdict),
                };
                format!("{title}{}", listed("\n  ", &claims.iter().map(line).collect::<Vec<_>>()))
            }
        }
    }

    fn markdown(&self) -> String {
        match self {
            Part::Paragraph(text) => plain(text),
            Part::List(text, lines) if lines.is_empty() => plain(text),
            Part::List(text, lines) => {
                let lines: Vec<String> = lines.iter().map(|line| plain(line)).collect();
                format!("{}\n{}", plain(text), listed("\n- ", &lines))
            }
            Part::Table(sheet) => sheet.markdown(),
            Part::Listing(title, source, text) => format!("{title} (`{source}`):\n\n```text\n{text}```"),
            Part::Claims(_, head, claims) => {
                let line = |claim: &Claim| {
                    let (agree, all) = agreeing(claim);
                    format!("| {} | {} | {agree} of {all} |", plain(claim.text), plain(&claim.verdict))
                };
                let lines: Vec<String> = claims.iter().map(line).collect();
                format!("| {head} | here | figures that agree |\n|---|---|---:|{}", listed("\n", &lines))
            }
        }
    }
}

/// How many figures of a claim agree with it, and of how many.
fn agreeing(claim: &Claim) -> (usize, usize) {
    (claim.figures.iter().filter(|figure| figure.says == Says::Yes).count(), claim.figures.len())
}

/// Each line after its mark.
fn listed(mark: &str, lines: &[String]) -> String {
    lines.iter().map(|line| format!("{mark}{line}")).collect()
}

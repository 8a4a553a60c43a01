//! Recorded results for people: a web page, a table in the terminal, Markdown.
//!
//! Nothing here runs or measures anything. It reads the files on disk. [`matrix`] arranges cells and
//! decides which may be compared, by the rules of [`rank`](crate::rank). [`figure`](crate::figure) writes every
//! figure. [`python`] lays out the record of Python. [`race`] shows how an update is lost. [`across`] compares machines. [`export`]
//! writes files for other programs. [`document`] writes what the others tell for the terminal and as Markdown; [`level`] is the
//! document of one level. [`page`] and [`overview`] only lay out the result.

pub mod across;
mod distances;
pub mod document;
pub mod export;
pub mod level;
pub(crate) mod lines;
pub mod locked_add;
mod locks;
pub(crate) mod ordering;
pub mod overview;
pub mod page;
mod payload;
mod peers;
pub mod python;
pub mod race;
mod reads;
pub mod scaling;
pub mod sheet;
pub mod sheets;
mod tasks;
pub mod transfers;
pub(crate) mod warnings;

pub use crate::matrix;

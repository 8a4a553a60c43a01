//! Recorded results as people read them: a web page, a table in the terminal, Markdown.
//!
//! Nothing here runs or measures anything; it reads what is on disk. [`matrix`] arranges cells and
//! decides what may be compared with what, by the rules of [`rank`](crate::rank), [`figure`](crate::figure) writes every
//! figure, [`claims`] checks what articles say, [`python`] lays out what was measured of Python, [`race`] shows how an update is lost, [`across`] says what machines are compared by, [`export`]
//! writes files for other programs; [`page`], [`terminal`], [`markdown`] and [`overview`] only lay out
//! the result.

pub mod across;
pub mod claims;
mod columns;
mod distances;
pub mod export;
pub(crate) mod lines;
mod locks;
pub mod markdown;
pub mod matrix;
pub(crate) mod ordering;
pub mod overview;
pub mod page;
mod payload;
pub mod python;
pub mod race;
mod reads;
pub mod scaling;
pub mod sheet;
pub mod sheets;
pub mod terminal;
pub mod transfers;

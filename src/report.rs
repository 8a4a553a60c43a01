//! Recorded results as people read them: a web page, a table in the terminal, Markdown.
//!
//! Nothing here runs or measures anything; it reads what is on disk. [`matrix`] arranges cells and
//! decides what may be compared with what, [`figure`] writes every figure, [`resolution`] knows
//! what is too small to be one; [`page`], [`terminal`] and [`markdown`] only lay out the result.

pub mod figure;
mod locks;
pub mod markdown;
pub mod matrix;
pub mod page;
mod payload;
mod reads;
pub mod resolution;
pub mod scaling;
pub mod sheet;
pub mod terminal;

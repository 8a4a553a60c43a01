//! What the fuzz targets share with `tests/corpus.rs`.

#[path = "../tests/corpus/parsers.rs"]
pub mod parsers;

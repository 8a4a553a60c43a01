//! What the fuzz targets share with `tests/it/corpus.rs`.

#[path = "../tests/it/corpus/parsers.rs"]
pub mod parsers;

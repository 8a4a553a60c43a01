//! `contatori` 0.7.5, `Unsigned`: 128 padded atomics within the counter; a thread adds to that of its number by
//! `fetch_add`.
//!
//! - Bytes: 16,512, whatever the threads. Its documentation says approximately 4 KB: 64 slots of 64 bytes.
//! - First add: allocates nothing. A thread gets its number with its first add to any counter.
//! - Past its slots: numbers are never given back, so the 129th thread of a process shares the slot of the first, also if few
//!   threads live. Nothing is lost then; the two wait for each other.

use std::mem::size_of;

use ::contatori::counters::{Observable, unsigned::Unsigned};

peer!(
    Contatori(Unsigned) = Unsigned::new(),
    "contatori",
    "contatori 0.7.5 Unsigned",
    |_threads| size_of::<Unsigned>(),
    |c| c.add(1),
    c.value().as_u64()
);

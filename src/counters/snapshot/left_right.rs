//! Two copies of the value: readers read the one, a writer changes the other, swaps them, and changes the first one before its
//! next write. A read never waits. A write waits, before it changes a copy, for readers that are still in it. *Source:* Ramalhete
//! and Correia, *Left-Right: A Concurrency Control Technique with Wait-Free Population Oblivious Reads* (2015); the left-right
//! crate.
//!
//! The crate has one writer, so writers take a mutex. Each increment is published before it returns, so a read shows it. A
//! thread brings an epoch for its reads, which is made with its handle; [`read`](Counter::read) without a handle makes one each
//! time, under a lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

use left_right::{Absorb, ReadHandle, ReadHandleFactory, WriteHandle};

use crate::counter::{Counter, Grade, Handle, Info};

/// A count in two copies.
pub struct LeftRight {
    writer: Mutex<WriteHandle<Count, Add>>,
    readers: ReadHandleFactory<Count>,
}

/// One copy.
#[derive(Clone, Default)]
struct Count(u64);

/// What a write does to each copy.
struct Add;

impl Absorb<Add> for Count {
    fn absorb_first(&mut self, _: &mut Add, _: &Self) {
        self.0 = self.0.wrapping_add(1);
    }

    fn sync_with(&mut self, first: &Self) {
        self.0 = first.0;
    }
}

impl LeftRight {
    /// The writer, also after a panic elsewhere, because adding does not panic.
    #[inline]
    fn writer(&self) -> MutexGuard<'_, WriteHandle<Count, Add>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One thread's way to both sides.
pub struct Side<'a> {
    counter: &'a LeftRight,
    reader: ReadHandle<Count>,
}

impl Handle for Side<'_> {
    #[inline]
    fn increment(&mut self) {
        self.counter.writer().append(Add).publish();
    }
}

/// Does `reading` with what a reader sees; the writer lives as long as the counter.
#[inline]
fn seen<R>(reader: &ReadHandle<Count>, reading: impl FnOnce(u64) -> R) -> Option<R> {
    reader.enter().map(|count| reading(count.0))
}

impl Counter for LeftRight {
    const INFO: Info = Info {
        id: "left_right",
        family: "snapshot",
        grade: Grade::Exact,
        helpers: 0,
        summary: "two copies, one read while the other is written under a mutex",
        source: "Ramalhete and Correia 2015; the left-right crate",
    };

    const MONOTONIC_READ: bool = true;

    const READ_BLOCKS: bool = true;

    type Handle<'a> = Side<'a>;

    fn new(_threads: usize) -> Self {
        let (writer, reader) = left_right::new();
        LeftRight { writer: Mutex::new(writer), readers: reader.factory() }
    }

    fn handle(&self) -> Side<'_> {
        Side { counter: self, reader: self.readers.handle() }
    }

    fn read(&self) -> Option<u64> {
        seen(&self.readers.handle(), |value| value)
    }

    #[inline]
    fn read_by<R>(&self, handle: &mut Side<'_>, reading: impl FnOnce(u64) -> R) -> Option<R> {
        seen(&handle.reader, reading)
    }

    fn total(&self) -> u64 {
        self.read().expect("the writer lives as long as the counter")
    }

    /// An epoch outlives its handle only until another thread's first read.
    fn bytes(threads: usize) -> usize {
        // The two copies, a log of one increment, and a line of 128 bytes for each epoch with what leads to it.
        size_of::<Self>() + 2 * size_of::<Count>() + 64 + (1 + threads) * (2 * 128 + 4 * size_of::<usize>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_reads_what_another_has_published() {
        let counter = LeftRight::new(2);
        let [mut one, mut two] = [counter.handle(), counter.handle()];
        for n in 1..=5 {
            one.increment();
            let by = |handle: &mut Side<'_>| counter.read_by(handle, |value| value);
            assert_eq!((by(&mut two), by(&mut one), counter.read()), (Some(n), Some(n), Some(n)));
        }
    }

    #[test]
    fn it_wraps() {
        let (writer, reader) = left_right::new_from_empty(Count(u64::MAX - 1));
        crate::counters::assert_wraps(LeftRight { writer: Mutex::new(writer), readers: reader.factory() });
    }

    /// The next write waits for a reader that is still in the copy that it would change.
    #[test]
    fn a_reader_keeps_the_second_write_waiting() {
        let counter = LeftRight::new(2);
        let mut handle = counter.handle();
        handle.increment();
        let reader = counter.readers.handle();
        let reading = reader.enter().unwrap();
        handle.increment();
        assert!(!counter.writer().append(Add).try_publish(), "the reader is still in that copy");
        assert_eq!(reading.0, 1);
        drop(reading);
        assert!(counter.writer().try_publish());
        assert_eq!(counter.total(), 3);
    }
}

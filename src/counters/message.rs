//! The count belongs to one thread; the others send it messages.
//!
//! All of them are an [`Adder`], a thread that adds, and share the handle that waits for it
//! ([`Sending`]). Each file holds a queue between the two.

mod bounded_queue;
mod crossbeam_channel;
mod std_mpsc;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
    mpsc,
};
use std::thread::{self, JoinHandle};

use crossbeam_utils::CachePadded;

use crate::counter::{Counter, Handle, Info};

pub use bounded_queue::BoundedQueue;
pub use crossbeam_channel::CrossbeamChannel;
pub use std_mpsc::StdMpsc;

/// Messages that a bounded queue holds before its senders have to wait.
pub const CAPACITY: usize = 1024;

/// A message of a counting thread to the adding thread.
pub enum Message {
    /// Add one.
    Add,
    /// Answer when all earlier messages of this thread have been added.
    Flush(mpsc::Sender<()>),
    /// The counter is dropped: nothing comes after this.
    Stop,
}

/// The sending end of a queue.
pub trait Outbox: Sized + Send + Sync + 'static {
    /// Facts about the counter that has this queue.
    const INFO: Info;

    /// Bytes of the queue, and of the sum on its own line.
    const BYTES: usize;

    /// A new queue: its sending end, and the messages as they arrive.
    fn open() -> (Self, impl IntoIterator<Item = Message> + Send + 'static);

    /// Sends a message; a bounded queue waits for room first. Returns whether the receiver is still
    /// there.
    fn send(&self, message: Message) -> bool;
}

/// A counter: a queue, and the thread that adds the increments sent to it. Dropping this ends the thread.
pub struct Adder<O: Outbox> {
    outbox: O,
    sum: Arc<CachePadded<AtomicU64>>,
    thread: Option<JoinHandle<()>>,
}

impl<O: Outbox> Adder<O> {
    /// A counter that starts at `value`.
    fn at(value: u64) -> Adder<O> {
        let (outbox, inbox) = O::open();
        Adder::start(outbox, inbox, value)
    }

    /// Starts a thread that adds the messages from `inbox` to `start`.
    ///
    /// # Panics
    /// When the system refuses a thread.
    fn start(outbox: O, inbox: impl IntoIterator<Item = Message> + Send + 'static, start: u64) -> Adder<O> {
        let sum = Arc::new(CachePadded::new(AtomicU64::new(start)));
        let thread = thread::Builder::new().name("adder".into()).spawn({
            let sum = Arc::clone(&sum);
            move || add_up(inbox, &sum)
        });
        Adder { outbox, sum, thread: Some(thread.expect("the system refused a thread")) }
    }
}

impl<O: Outbox> Counter for Adder<O> {
    const INFO: Info = O::INFO;

    const MONOTONIC_READ: bool = true;

    type Handle<'a> = Sending<'a, O>;

    fn new(_threads: usize) -> Self {
        Adder::at(0)
    }

    fn handle(&self) -> Sending<'_, O> {
        Sending(&self.outbox)
    }

    fn read(&self) -> Option<u64> {
        Some(self.total())
    }

    fn total(&self) -> u64 {
        self.sum.load(Relaxed)
    }

    fn bytes(_threads: usize) -> usize {
        size_of::<Self>() + O::BYTES
    }
}

fn add_up(inbox: impl IntoIterator<Item = Message>, sum: &AtomicU64) {
    for message in inbox {
        match message {
            // No other thread stores here, so no update is lost.
            Message::Add => sum.store(sum.load(Relaxed).wrapping_add(1), Relaxed),
            Message::Flush(done) => {
                // An error means that nobody waits any more.
                let _ = done.send(());
            }
            Message::Stop => return,
        }
    }
}

impl<O: Outbox> Drop for Adder<O> {
    fn drop(&mut self) {
        self.outbox.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            // If it panicked, it has already said so.
            let _ = thread.join();
        }
    }
}

/// One thread's sender. Dropping it waits until all its messages have been added.
pub struct Sending<'a, O: Outbox>(&'a O);

impl<O: Outbox> Handle for Sending<'_, O> {
    #[inline]
    fn increment(&mut self) {
        assert!(self.0.send(Message::Add), "the adding thread lives as long as the counter");
    }
}

impl<O: Outbox> Drop for Sending<'_, O> {
    fn drop(&mut self) {
        let (done, wait) = mpsc::channel();
        if self.0.send(Message::Flush(done)) {
            // An error means that the adding thread panicked: the total will show it.
            let _ = wait.recv();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dropping_a_handle_waits_for_a_slow_adder() {
        let (outbox, inbox) = mpsc::channel();
        let slow = inbox.into_iter().inspect(|_| thread::sleep(Duration::from_millis(1)));
        let adder = Adder::start(outbox, slow, 0);
        let (mut one, mut other) = (adder.handle(), adder.handle());
        for _ in 0..20 {
            one.increment();
            other.increment();
        }
        drop(one);
        assert!(adder.total() >= 20);
        drop(other);
        assert_eq!(adder.total(), 40);
    }

    #[test]
    fn dropping_the_adder_ends_its_thread() {
        let (outbox, inbox) = mpsc::channel();
        let adder = Adder::start(outbox, inbox, 0);
        let sum = Arc::downgrade(&adder.sum);
        assert_eq!(sum.strong_count(), 2);
        drop(adder);
        assert_eq!(sum.strong_count(), 0);
    }

    #[test]
    fn they_wrap() {
        crate::counters::assert_wraps(StdMpsc::at(u64::MAX - 1));
        crate::counters::assert_wraps(CrossbeamChannel::at(u64::MAX - 1));
        crate::counters::assert_wraps(BoundedQueue::at(u64::MAX - 1));
    }
}

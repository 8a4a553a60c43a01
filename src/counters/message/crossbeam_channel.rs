//! One message for each increment, through a lock-free ring that makes senders wait when it is full.
//! *Source:* Vyukov's bounded queue; `crossbeam_channel::bounded`.
//!
//! It is bounded, because `std_mpsc` already covers the unbounded channel: since Rust 1.67 `std::sync::mpsc` is made of
//! crossbeam's.

use crossbeam_channel::{Sender, bounded};

use super::{Adder, CAPACITY, Message, Outbox, Sending};
use crate::counter::{Counter, Grade, Info};

impl Outbox for Sender<Message> {
    #[inline]
    fn send(&self, message: Message) -> bool {
        Sender::send(self, message).is_ok()
    }
}

/// A ring of 1,024 messages with a thread of its own at the far end.
pub struct CrossbeamChannel(Adder<Sender<Message>>);

impl CrossbeamChannel {
    fn starting_at(value: u64) -> CrossbeamChannel {
        let (sender, inbox) = bounded(CAPACITY);
        CrossbeamChannel(Adder::start(sender, inbox, value))
    }
}

impl Counter for CrossbeamChannel {
    const INFO: Info = Info {
        id: "crossbeam_channel",
        family: "message",
        grade: Grade::Eventual,
        helpers: 1,
        summary: "a message an increment over `crossbeam_channel`, bounded to 1,024",
        source: "Vyukov's bounded queue; the crossbeam-channel crate",
    };

    const MONOTONIC_READ: bool = true;

    type Handle<'a> = Sending<'a, Sender<Message>>;

    fn new(_threads: usize) -> Self {
        CrossbeamChannel::starting_at(0)
    }

    fn handle(&self) -> Self::Handle<'_> {
        self.0.handle()
    }

    fn read(&self) -> Option<u64> {
        Some(self.0.sum())
    }

    fn bytes(_threads: usize) -> usize {
        // A message and its stamp for each place of the ring, and the sum on its own line.
        size_of::<Self>() + CAPACITY * 3 * size_of::<usize>() + 1200
    }

    fn total(&self) -> u64 {
        self.0.sum()
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(CrossbeamChannel::starting_at(u64::MAX - 1));
}

//! One message for each increment, through a lock-free ring that makes senders wait when it is full.
//! *Source:* Vyukov's bounded queue; `crossbeam_channel::bounded`.
//!
//! It is bounded, because `std_mpsc` already covers the unbounded channel: since Rust 1.67 `std::sync::mpsc` is made of
//! crossbeam's.

use crossbeam_channel::{Sender, bounded};

use super::{Adder, CAPACITY, Message, Outbox};
use crate::counter::{Grade, Info};

/// A ring of 1,024 messages with a thread of its own at the far end.
pub type CrossbeamChannel = Adder<Sender<Message>>;

impl Outbox for Sender<Message> {
    const INFO: Info = Info {
        id: "crossbeam_channel",
        family: "message",
        grade: Grade::Eventual,
        helpers: 1,
        summary: "a message an increment over `crossbeam_channel`, bounded to 1,024",
        source: "Vyukov's bounded queue; the crossbeam-channel crate",
    };

    // A message and its stamp for each place of the ring.
    const BYTES: usize = CAPACITY * 3 * size_of::<usize>() + 1200;

    fn open() -> (Self, impl IntoIterator<Item = Message> + Send + 'static) {
        bounded(CAPACITY)
    }

    #[inline]
    fn send(&self, message: Message) -> bool {
        Sender::send(self, message).is_ok()
    }
}

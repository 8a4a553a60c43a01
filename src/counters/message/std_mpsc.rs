//! One message for each increment, through the standard library's channel: a lock-free list without bounds,
//! which grows if the adding thread is slow. *Source:* `std::sync::mpsc`; the queue of the articles on Python
//! threads.

use std::sync::mpsc::{Sender, channel};

use super::{Adder, Message, Outbox};
use crate::counter::{Grade, Info};

/// An unbounded channel with a thread of its own at the far end.
pub type StdMpsc = Adder<Sender<Message>>;

impl Outbox for Sender<Message> {
    const INFO: Info = Info {
        id: "std_mpsc",
        family: "message",
        grade: Grade::Eventual,
        helpers: 1,
        summary: "a message an increment over `std::sync::mpsc`, unbounded",
        source: "std::sync::mpsc; queue.Queue in the articles on Python threads",
    };

    // The first block of the channel.
    const BYTES: usize = 1800;

    fn open() -> (Self, impl IntoIterator<Item = Message> + Send + 'static) {
        channel()
    }

    #[inline]
    fn send(&self, message: Message) -> bool {
        Sender::send(self, message).is_ok()
    }
}

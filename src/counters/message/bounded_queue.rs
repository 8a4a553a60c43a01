//! One message for each increment, through a ring behind a mutex, with a condition variable for each end. A thread that
//! finds it full or empty sleeps. *Source:* `queue.Queue(maxsize)` of Python's standard library.

use std::collections::VecDeque;
use std::iter;
use std::sync::{Arc, Condvar, Mutex};

use super::{Adder, CAPACITY, Message, Outbox};
use crate::counter::{Grade, Info};

const POISONED: &str = "the queue is poisoned";

/// The queue. As in Python, it wakes no thread if none waits.
pub struct Queue {
    state: Mutex<State>,
    not_full: Condvar,
    not_empty: Condvar,
}

struct State {
    messages: VecDeque<Message>,
    putters: usize,
    getters: usize,
}

impl Queue {
    fn new() -> Queue {
        let state = State { messages: VecDeque::with_capacity(CAPACITY), putters: 0, getters: 0 };
        Queue { state: Mutex::new(state), not_full: Condvar::new(), not_empty: Condvar::new() }
    }

    #[inline]
    fn put(&self, message: Message) {
        let mut state = self.state.lock().expect(POISONED);
        while state.messages.len() == CAPACITY {
            state.putters += 1;
            state = self.not_full.wait(state).expect(POISONED);
            state.putters -= 1;
        }
        state.messages.push_back(message);
        if state.getters > 0 {
            self.not_empty.notify_one();
        }
    }

    fn get(&self) -> Message {
        let mut state = self.state.lock().expect(POISONED);
        loop {
            if let Some(message) = state.messages.pop_front() {
                if state.putters > 0 {
                    self.not_full.notify_one();
                }
                return message;
            }
            state.getters += 1;
            state = self.not_empty.wait(state).expect(POISONED);
            state.getters -= 1;
        }
    }
}

/// A bounded queue of 1,024 messages with a thread of its own at the far end.
pub type BoundedQueue = Adder<Arc<Queue>>;

impl Outbox for Arc<Queue> {
    const INFO: Info = Info {
        id: "bounded_queue",
        family: "message",
        grade: Grade::Eventual,
        helpers: 1,
        summary: "a message an increment over a queue of 1,024 with a mutex and two condvars",
        source: "queue.Queue of Python's standard library",
    };

    // A message for each place of the ring.
    const BYTES: usize = CAPACITY * 2 * size_of::<usize>() + 500;

    fn open() -> (Self, impl IntoIterator<Item = Message> + Send + 'static) {
        let queue = Arc::new(Queue::new());
        let inbox = Arc::clone(&queue);
        (queue, iter::repeat_with(move || inbox.get()))
    }

    #[inline]
    fn send(&self, message: Message) -> bool {
        self.put(message);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;

    /// Waits until `is` is true of the queue.
    fn until(queue: &Queue, is: impl Fn(&State) -> bool) {
        let began = Instant::now();
        while !is(&queue.state.lock().unwrap()) {
            assert!(began.elapsed() < Duration::from_secs(10), "nobody was woken, or nobody waited");
            thread::yield_now();
        }
    }

    #[test]
    fn a_full_queue_makes_senders_wait() {
        let queue = Arc::new(Queue::new());
        (0..CAPACITY).for_each(|_| queue.put(Message::Add));
        for _ in 0..2 {
            let queue = Arc::clone(&queue);
            // Not scoped: if the queue never wakes it, a scoped thread would hang the test.
            thread::spawn(move || queue.put(Message::Add));
        }
        until(&queue, |state| state.putters == 2);
        assert_eq!(queue.state.lock().unwrap().messages.len(), CAPACITY);
        queue.get();
        queue.get();
        until(&queue, |state| state.putters == 0 && state.messages.len() == CAPACITY);
    }

    #[test]
    fn an_empty_queue_makes_its_receiver_wait() {
        let queue = Arc::new(Queue::new());
        let getter = thread::spawn({
            let queue = Arc::clone(&queue);
            move || matches!(queue.get(), Message::Stop)
        });
        until(&queue, |state| state.getters == 1);
        queue.put(Message::Stop);
        until(&queue, |state| state.getters == 0 && state.messages.is_empty());
        assert!(getter.join().unwrap());
    }
}

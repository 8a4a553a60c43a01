//! Rows that are compared with each other, measured round by round in turn: A B C A B C. Criterion
//! would measure all of A before all of B, and the machine may change its speed meanwhile.
//!
//! The first sample that Criterion asks of any row of a set has the whole set measured; every sample
//! after that replays a round. So the warm-up, the rounds and their lengths are ours, and the rest is
//! Criterion's.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::measurement::Sample;
use super::session::Session;
use super::{Row, SAMPLES};
use crate::results::Noise;

/// One set of rows while it is measured.
pub(super) struct Turns<'a> {
    members: Vec<Member<'a>>,
}

struct Member<'a> {
    session: Session<'a>,
    /// Iterations of a round; 0 before they are known.
    iters: u64,
    /// Rounds that Criterion has not been given yet.
    ready: VecDeque<Sample>,
    /// Whether Criterion has asked for a sample: the first is its warm-up.
    warmed_up: bool,
    /// What else went on while its rounds were measured.
    noise: Option<Noise>,
}

/// A set by its name.
pub(super) type Sets<'a> = HashMap<&'a str, Rc<RefCell<Turns<'a>>>>;

/// Puts the sessions of rows into the sets that the rows name.
pub(super) fn sets<'a>(sessions: impl Iterator<Item = Session<'a>>) -> Sets<'a> {
    let mut sets = Sets::new();
    for session in sessions {
        let Some(set) = &session.row().set else { continue };
        let member = Member { session, iters: 0, ready: VecDeque::new(), warmed_up: false, noise: None };
        let turns = sets.entry(set).or_insert_with(|| Rc::new(RefCell::new(Turns { members: Vec::new() })));
        turns.borrow_mut().members.push(member);
    }
    sets
}

impl Turns<'_> {
    /// A round of `row` as if it had had `iters` iterations.
    pub(super) fn sample(&mut self, row: &Row, iters: u64) -> Sample {
        let mine = self.place(row);
        if self.members[mine].ready.is_empty() {
            self.measure();
        }
        let member = &mut self.members[mine];
        let warmed_up = std::mem::replace(&mut member.warmed_up, true);
        let round = if warmed_up { member.ready.pop_front() } else { member.ready.front().cloned() };
        round.expect("rounds were measured just now").replayed_as(iters)
    }

    /// What else went on while the rounds of `row` were measured.
    pub(super) fn noise(&self, row: &Row) -> Option<Noise> {
        self.members[self.place(row)].noise
    }

    fn place(&self, row: &Row) -> usize {
        let mine = self.members.iter().position(|member| std::ptr::eq(member.session.row(), row));
        mine.expect("a set has all rows that name it")
    }

    /// As many rounds as a cell has by default, of each row in turn, all on one team.
    fn measure(&mut self) {
        let mut running = None;
        for member in self.members.iter_mut().filter(|member| member.iters == 0) {
            member.session.lend(&mut running, |session| member.iters = session.find_iters());
        }
        for _ in 0..SAMPLES {
            for Member { session, iters, ready, .. } in &mut self.members {
                session.lend(&mut running, |session| ready.push_back(session.sample(*iters)));
            }
        }
        for member in &mut self.members {
            member.noise = member.session.noise(&running);
        }
    }
}

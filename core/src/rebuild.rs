//! Building anew, beside the one who writes.
//!
//! ```text
//!  engine ──┬─ apply ─ apply ─ apply ─ apply ─ apply ───┬─► goes on with what was built
//!           │ a copy      │ deltas      │               │
//!           ▼             ▼             ▼               │ offered, as of the last delta that was sent
//!  thread   compiles ─────────── applies what came ─────┘
//! ```
//!
//! What nobody needs any more stays in an image until all is built anew, which takes too long for a transaction to wait.
//! So a thread compiles a copy, applies the deltas that came in the meantime, and offers the outcome; the transaction that
//! finds an offer of nearly the newest state takes it. Copies share what neither side has changed since.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::delta::Delta;
use crate::state::State;

/// A transaction, with the generation that it makes.
type Transaction = (Arc<[Delta]>, u32);

/// What the engine tells the thread.
enum Message {
    /// A transaction.
    Transaction(Transaction),
    /// The offer was taken; this was there before, and is let go of where nobody waits for it.
    Taken(Box<State>),
}

/// A state, and how many transactions have been applied to it since it was copied.
struct Offer {
    state: Box<State>,
    applied: u64,
}

type Place = Arc<Mutex<Option<Offer>>>;

/// How many transactions an offer may lag behind: whoever takes it applies them, and nothing else meanwhile.
const CATCH_UP: usize = 8;
/// How many transactions may wait for the thread; when there are more, it will not keep up.
const BACKLOG: u64 = 1 << 16;

/// A thread that builds anew.
struct Rebuild {
    messages: Sender<Message>,
    place: Place,
    sent: u64,
    /// The last transactions.
    recent: VecDeque<Transaction>,
    thread: JoinHandle<()>,
}

impl Rebuild {
    /// Starts to build a state anew; nothing where there are no threads.
    fn start(state: Box<State>, generation: u32, is_shared: bool) -> Option<Self> {
        let (messages, received) = channel();
        let place = Place::default();
        let of_thread = place.clone();
        let thread = thread::Builder::new().name("portcullis-rebuild".into());
        let thread = thread.spawn(move || run(state, generation, is_shared, &received, &of_thread)).ok()?;
        Some(Self { messages, place, sent: 0, recent: VecDeque::new(), thread })
    }

    /// Tells the thread of a transaction.
    fn send(&mut self, deltas: &[Delta], generation: u32) {
        let transaction: Transaction = (deltas.into(), generation);
        // A thread that has ended offers nothing any more; the engine goes on with what it has.
        let _ = self.messages.send(Message::Transaction(transaction.clone()));
        self.sent = self.sent.saturating_add(1);
        self.recent.push_back(transaction);
        if self.recent.len() > CATCH_UP {
            self.recent.pop_front();
        }
    }

    /// The state that was built, if it is there and next to nothing has changed since; never waits.
    fn take(&mut self) -> Option<Box<State>> {
        let Offer { mut state, applied } = {
            let mut place = self.place.try_lock().ok()?;
            let missing = |offer: &Offer| usize::try_from(self.sent.saturating_sub(offer.applied));
            let is_near =
                place.as_ref().is_some_and(|offer| missing(offer).is_ok_and(|count| count <= CATCH_UP));
            if is_near { place.take()? } else { return None }
        };
        let missing = usize::try_from(self.sent.saturating_sub(applied)).unwrap_or(0);
        let known = self.recent.len().saturating_sub(missing);
        for (deltas, generation) in self.recent.drain(..).skip(known) {
            state.apply(deltas.iter().cloned(), generation);
        }
        Some(state)
    }

    /// Whether the thread is too far behind.
    fn is_late(&self) -> bool {
        let applied = self.place.try_lock().ok().and_then(|place| place.as_ref().map(|offer| offer.applied));
        applied.is_some_and(|applied| self.sent.saturating_sub(applied) > BACKLOG)
    }
}

/// The thread that builds anew, if there is one.
#[derive(Default)]
pub(crate) struct Beside {
    rebuild: Option<Rebuild>,
    /// Threads that have nothing left to do but to let go of what they hold.
    ending: Vec<JoinHandle<()>>,
}

impl Beside {
    /// Starts to build a state anew, unless that goes on already; whether it goes on.
    pub(crate) fn start(&mut self, state: &State, generation: u32) -> bool {
        self.ending.retain(|thread| !thread.is_finished());
        if self.rebuild.is_none() {
            self.rebuild = Rebuild::start(Box::new(state.uncompiled()), generation, state.live.is_shared());
        }
        self.rebuild.is_some()
    }

    /// Before a transaction: takes what was built, if nothing is missing in it, or tells the thread of the transaction.
    pub(crate) fn follow(&mut self, state: &mut State, deltas: &[Delta], generation: u32) {
        let Some(mut rebuild) = self.rebuild.take() else { return };
        match rebuild.take() {
            Some(mut built) => {
                built.live.take_place_of(&state.live);
                core::mem::swap(state, &mut built);
                // What was there before is let go of by the thread, which ends.
                let _ = rebuild.messages.send(Message::Taken(built));
            }
            None if rebuild.is_late() => {}
            None => {
                rebuild.send(deltas, generation);
                self.rebuild = Some(rebuild);
                return;
            }
        }
        self.ending.push(rebuild.thread);
    }
}

impl Drop for Beside {
    /// Waits for the threads: whoever closes an engine may unload the code that they run.
    fn drop(&mut self) {
        // Without a sender the thread ends.
        let last = self.rebuild.take().map(|rebuild| rebuild.thread);
        for thread in self.ending.drain(..).chain(last) {
            // A thread that has panicked is gone as well.
            let _ = thread.join();
        }
    }
}

impl Clone for Beside {
    /// The copy of an engine builds by itself.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beside").field("builds", &self.rebuild.is_some()).finish_non_exhaustive()
    }
}

fn run(state: Box<State>, generation: u32, is_shared: bool, messages: &Receiver<Message>, place: &Place) {
    let lock = || place.lock().unwrap_or_else(PoisonError::into_inner);
    let mut offer = Offer { state, applied: 0 };
    offer.state.rebuild(generation);
    loop {
        if is_shared {
            offer.state.live.share_with_room();
        }
        *lock() = Some(offer);
        let (deltas, generation) = match messages.recv() {
            Ok(Message::Transaction(transaction)) => transaction,
            Ok(Message::Taken(before)) => return drop(before),
            Err(_) => return,
        };
        let Some(back) = lock().take() else { return };
        offer = back;
        offer.state.apply(deltas.iter().cloned(), generation);
        offer.applied = offer.applied.saturating_add(1);
    }
}

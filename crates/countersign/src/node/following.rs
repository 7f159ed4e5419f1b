//! Following. Answers: *what has the writer recorded that may be shown here?*
//!
//! What a server shows may not be acknowledged yet, and is lost if another takes its place before
//! it is. So entries are shown only once the writer has said that they are acknowledged, and only
//! up to a head whose root the leaves read here give, and which the log's key has signed.

use super::{OTHER_KEY, Site};
use crate::opening::{self, Head, Lost, OpenError, SeenHead, log_key_after};
use crate::writer::{News, Reader};
use countersign_core::record::Recorded;
use countersign_proof::Frontier;
use countersign_store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// What a follower has and shows.
pub(super) struct Follower {
    /// None while the record cannot be read.
    store: Option<Box<dyn Store>>,
    frontier: Frontier,
    /// A head of the record that is not acknowledged yet.
    pending: Option<Signed>,
    seen: Option<SeenHead>,
}

/// A head with its bytes as the record has them.
struct Signed {
    head: Head,
    bytes: Vec<u8>,
}

/// What was found out in a turn.
pub(super) struct Followed {
    /// How many entries the record has.
    pub(super) size: u64,
    /// Where the writer answers, if it says so.
    pub(super) place: Option<String>,
    /// Whether nobody writes.
    pub(super) is_free: bool,
}

impl Follower {
    pub(super) fn new(
        store: Option<Box<dyn Store>>,
        frontier: Frontier,
        seen: Option<SeenHead>,
    ) -> Self {
        Self { store, frontier, pending: None, seen }
    }

    /// Shows what is new and acknowledged; waits for it, at most `patience`.
    ///
    /// # Errors
    /// [`OpenError`] when the record cannot be read, and then it is opened anew in the next turn;
    /// one that [`OpenError::is_damage`] when it does not go on from what was shown.
    pub(super) fn turn(
        &mut self,
        site: &dyn Site,
        reader: &Reader,
        patience: Duration,
    ) -> Result<Followed, OpenError> {
        let store = match self.store.take() {
            Some(store) => store,
            None => site.follow()?,
        };
        let followed = self.follow(store.as_ref(), reader, patience)?;
        self.store = Some(store);
        Ok(followed)
    }

    fn follow(
        &mut self,
        store: &dyn Store,
        reader: &Reader,
        patience: Duration,
    ) -> Result<Followed, OpenError> {
        let shown = self.frontier.size();
        // Whoever waits for a head that is known waits for that one.
        let wanted = self.pending.as_ref().map_or(shown.saturating_add(1), |next| next.head.size());
        let acknowledged = store.wait_beyond(wanted.saturating_sub(1), patience)?;
        let pending = self.pending.take().filter(|next| next.head.size() <= acknowledged);
        if let Some(next) = pending {
            match self.show_up_to(store, &next, reader) {
                // It was an old primary's, which nobody will acknowledge.
                Ok(()) | Err(OpenError::Lost(Lost::History { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        let stored = store.head()?;
        let next = Signed { head: Head::of(&stored)?, bytes: stored.frontier };
        if stored.size < self.frontier.size() {
            let cause = format!("{} entries were shown, and it has {}", shown, stored.size);
            return Err(StoreError::Unavailable { cause }.into());
        }
        if stored.size <= acknowledged || stored.size == self.frontier.size() {
            self.show_up_to(store, &next, reader)?;
        } else {
            self.pending = Some(next);
        }
        let lease = store.lease()?;
        let (place, is_free) = lease.map_or((None, false), |lease| (lease.place, lease.is_free));
        Ok(Followed { size: stored.size, place, is_free })
    }

    /// Shows the entries up to a head, having seen that they give its root.
    fn show_up_to(
        &mut self,
        store: &dyn Store,
        next: &Signed,
        reader: &Reader,
    ) -> Result<(), OpenError> {
        let size = next.head.size();
        let other = || OpenError::from(self.other_history());
        if size == self.frontier.size() {
            return if self.frontier.root() == next.head.frontier.root() {
                Ok(())
            } else {
                Err(other())
            };
        }
        let mut frontier = self.frontier.clone();
        let (mut recorded, mut news) = (Vec::<Recorded>::new(), Vec::<News>::new());
        opening::read_on(store, &mut frontier, size, &mut |one, open| {
            recorded.push(one);
            news.push(Arc::new(open));
        })?;
        if frontier.root() != next.head.frontier.root() {
            return Err(other());
        }
        // A new key of the log is believed on the word of the one before.
        let (origin, key) =
            reader.read(|state| (state.ledger.origin.clone(), state.ledger.log_key));
        if let Err(error) = next.head.check_signed(&origin, key) {
            if log_key_after(key, &recorded) == key {
                return Err(error);
            }
            return Err(StoreError::Unavailable { cause: OTHER_KEY.to_owned() }.into());
        }
        if let Some(seen) = &self.seen {
            seen.keep(&next.bytes).map_err(|error| OpenError::Io {
                what: format!("write {}", seen.path().display()),
                error,
            })?;
        }
        self.frontier = frontier;
        reader.follow(&recorded, &next.head, news.into_iter());
        Ok(())
    }

    fn other_history(&self) -> Lost {
        let file = self.seen.as_ref().map(|seen| seen.path().to_owned()).unwrap_or_default();
        Lost::History { seen: self.frontier.size(), file }
    }
}

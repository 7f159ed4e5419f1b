//! What readers see of the writer's work: the state as of the last commit, and news of it.

use super::Receipt;
use crate::opening::Head;
use countersign_core::{State, record};
use countersign_proof::entry::OpenPart;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::broadcast;

/// Entries that a listener may be behind before it has missed some.
const NEWS: usize = 4096;

/// What readers see: the state as of the last commit, and where the record stood then.
#[derive(Debug)]
struct Published {
    state: State,
    size: u64,
    note: String,
}

/// The open part of an entry, told to whoever listens once it is committed.
pub type News = Arc<OpenPart>;

/// A handle through which any thread reads what the writer has committed.
#[derive(Clone, Debug)]
pub struct Reader {
    published: Arc<RwLock<Published>>,
    news: broadcast::Sender<News>,
}

impl Reader {
    /// A handle that shows this state.
    pub(super) fn new(state: State, head: &Head) -> Self {
        let (size, note) = (head.frontier.size(), head.note.clone());
        let published = Arc::new(RwLock::new(Published { state, size, note }));
        Self { published, news: broadcast::channel(NEWS).0 }
    }

    fn locked(&self) -> RwLockReadGuard<'_, Published> {
        self.published.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Reads the state as of the last commit. The writer waits meanwhile: nothing that takes long
    /// is done in `look`.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.locked().state)
    }

    /// Reads the state together with the number of entries that it is the state after.
    pub fn read_at<T>(&self, look: impl FnOnce(&State, u64) -> T) -> T {
        let published = self.locked();
        look(&published.state, published.size)
    }

    /// How many entries are committed.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.locked().size
    }

    /// The newest checkpoint: a signed note (C2SP tlog-checkpoint).
    #[must_use]
    pub fn checkpoint(&self) -> String {
        self.locked().note.clone()
    }

    /// Every entry committed from now on. Whoever is more than 4096 entries behind has missed some,
    /// and is told so; the store has them.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// Whether anybody listens.
    pub(super) fn is_listened_to(&self) -> bool {
        self.news.receiver_count() > 0
    }

    /// Shows what a batch has changed, then tells whoever listens.
    pub(super) fn publish(&self, steps: &[Receipt], head: &Head, news: impl Iterator<Item = News>) {
        let mut published = self.shown();
        for step in steps {
            record::replay_answer(&mut published.state, step.at, &step.answer);
        }
        published.size = head.frontier.size();
        published.note.clone_from(&head.note);
        drop(published);
        for news in news {
            // Nobody may be listening any more.
            let _ = self.news.send(news);
        }
    }

    /// Shows a state that was read back from the store.
    pub(super) fn replace(&self, state: State, head: &Head) {
        let (size, note) = (head.frontier.size(), head.note.clone());
        *self.shown() = Published { state, size, note };
    }

    fn shown(&self) -> RwLockWriteGuard<'_, Published> {
        self.published.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

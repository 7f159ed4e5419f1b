//! What readers see of the writer's work, here or at another node: the state as of a commit, and
//! news of it.

use super::Receipt;
use crate::node::Standing;
use crate::opening::Head;
use countersign_core::record::Recorded;
use countersign_core::{State, record};
use countersign_proof::entry::OpenPart;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::{broadcast, watch};

/// Entries that a listener may be behind before it has missed some.
const NEWS: usize = 4096;

/// What readers see: the state as of the last commit, and where the record stood then.
#[derive(Debug)]
struct Published {
    state: State,
    head: Head,
}

/// The open part of an entry, told to whoever listens once it is committed.
pub type News = Arc<OpenPart>;

/// A handle through which any thread reads what the writer has committed.
#[derive(Clone, Debug)]
pub struct Reader {
    published: Arc<RwLock<Published>>,
    news: broadcast::Sender<News>,
    position: Arc<watch::Sender<u64>>,
    standing: Arc<watch::Sender<Standing>>,
}

impl Reader {
    /// A handle that shows this state.
    pub(crate) fn new(state: State, head: &Head) -> Self {
        let position = Arc::new(watch::Sender::new(head.frontier.size()));
        let published = Arc::new(RwLock::new(Published { state, head: head.clone() }));
        let standing = Arc::new(watch::Sender::new(Standing::Leads));
        Self { published, news: broadcast::channel(NEWS).0, position, standing }
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
        look(&published.state, published.head.frontier.size())
    }

    /// How many entries are committed.
    #[must_use]
    pub fn position(&self) -> u64 {
        *self.position.borrow()
    }

    /// The newest checkpoint: a signed note (C2SP tlog-checkpoint).
    #[must_use]
    pub fn checkpoint(&self) -> String {
        self.locked().head.note.clone()
    }

    /// The state and the head as of the last commit, copied.
    pub(crate) fn copied(&self) -> (State, Head) {
        let published = self.locked();
        (published.state.clone(), published.head.clone())
    }

    /// The head as of the last commit.
    #[must_use]
    pub fn head(&self) -> Head {
        self.locked().head.clone()
    }

    /// Waits until at least `size` entries are shown here, as long as it takes.
    pub async fn reached(&self, size: u64) {
        // The sender lives as long as this handle.
        let _ = self.position.subscribe().wait_for(|position| *position >= size).await;
    }

    /// Whether this process writes, or follows another that does.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// Says where this process stands.
    pub(crate) fn stand(&self, standing: Standing) {
        self.standing.send_if_modified(|before| {
            let changed = *before != standing;
            *before = standing;
            changed
        });
    }

    /// Every entry committed from now on. Whoever is more than 4096 entries behind has missed some,
    /// and is told so; the store has them.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// Whether anybody listens.
    pub(crate) fn is_listened_to(&self) -> bool {
        self.news.receiver_count() > 0
    }

    /// Shows what a batch has changed, then tells whoever listens.
    pub(super) fn publish(&self, steps: &[Receipt], head: &Head, news: impl Iterator<Item = News>) {
        let mut published = self.shown();
        for step in steps {
            record::replay_answer(&mut published.state, step.at, &step.answer);
        }
        published.head.clone_from(head);
        drop(published);
        self.tell(head, news);
    }

    /// Shows what another node has recorded, then tells whoever listens.
    pub(crate) fn follow(
        &self,
        recorded: &[Recorded],
        head: &Head,
        news: impl Iterator<Item = News>,
    ) {
        let mut published = self.shown();
        for one in recorded {
            record::replay(&mut published.state, one);
        }
        published.head.clone_from(head);
        drop(published);
        self.tell(head, news);
    }

    fn tell(&self, head: &Head, news: impl Iterator<Item = News>) {
        self.position.send_replace(head.frontier.size());
        for news in news {
            // Nobody may be listening any more.
            let _ = self.news.send(news);
        }
    }

    /// Shows a state that was read back from the store.
    pub(crate) fn replace(&self, state: State, head: &Head) {
        *self.shown() = Published { state, head: head.clone() };
        self.position.send_replace(head.frontier.size());
    }

    fn shown(&self) -> RwLockWriteGuard<'_, Published> {
        self.published.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

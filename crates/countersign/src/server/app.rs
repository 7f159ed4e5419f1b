//! What every handler is given. Answers: *where do commands go, and where are answers read?*

use super::Problem;
use super::nodes::Peers;
use super::oidc::Oidc;
use super::papers::Paper;
use super::sessions::{Kept, Sessions};
use super::settings::{Origin, Settings};
use super::stores::Stores;
use super::viewer::Invited;
use crate::clock::{Clock, ServedClock, SystemEntropy, random16};
use crate::names::{self, Names};
use crate::node::Standing;
use crate::pack::ZoneShape;
use crate::writer::{Asked, Door, Reader, Receipt, Submission, Unavailable, Writer};
use countersign_core::ledger::subject_of;
use countersign_core::people::Authority;
use countersign_core::record::check_showable;
use countersign_core::{Command, State};
use countersign_proof::Statement;
use countersign_proof::statement::kinds::Binding;
use countersign_proof::words::{
    CommandId, EntryNumber, Moment, Nonce, PersonId, RequestId, Revision,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// How old the number of things that wait for somebody may be on a page that is about others.
const FRESH: Duration = Duration::from_secs(5);
/// How long a command may take before whoever waits is told to ask again.
const PATIENCE: Duration = Duration::from_secs(20);

/// What every handler is given; cloning it is cheap.
#[derive(Clone)]
pub(crate) struct App(Arc<Premises>);

impl Deref for App {
    type Target = Premises;

    fn deref(&self) -> &Premises {
        &self.0
    }
}

/// What the handlers share.
pub(crate) struct Premises {
    /// None once the server is stopping.
    door: RwLock<Option<Door>>,
    /// The state as of the last commit.
    pub(crate) reader: Reader,
    /// The record itself.
    pub(crate) stores: Stores,
    /// The upper hashes of the log, for its tiles.
    pub(crate) tiles: crate::api::tiles::Kept,
    /// What browsers call this server.
    pub(crate) origin: Origin,
    /// Where the ledger is.
    pub(crate) location: String,
    /// Who else may say who somebody is.
    pub(crate) oidc: Option<Arc<Oidc>>,
    /// The zones with their outlines, for the map.
    pub(crate) zones: Vec<ZoneShape>,
    /// Who is signed in.
    pub(crate) sessions: Sessions,
    /// Nonces of sign-in texts that were handed out.
    pub(crate) challenges: Kept<Nonce>,
    /// One-time links.
    pub(crate) links: Kept<Invited>,
    /// Texts that wait for a signature.
    pub(crate) papers: Kept<Paper>,
    /// Forms whose sender had been signed out meanwhile.
    pub(crate) unsent: Kept<(String, Vec<(String, String)>)>,
    /// Answers to commands that came with a key, to give them again.
    pub(crate) replies: Kept<crate::api::Reply>,
    /// The other nodes, where there may be some.
    pub(crate) peers: Option<Peers>,
    /// Says when the server stops.
    pub(crate) stopping: watch::Receiver<bool>,
    /// What the middleware counts.
    pub(crate) guards: super::guard::Guards,
    clock: ServedClock,
    /// The names, with how many people and erased names there were then.
    names: Mutex<((usize, usize), Arc<Names>)>,
    waiting: Mutex<BTreeMap<PersonId, (Instant, u64)>>,
    snapshot: Mutex<Option<(u64, Arc<State>)>>,
}

impl App {
    /// What handlers need to serve the ledger of `writer`.
    ///
    /// # Errors
    /// [`Unavailable`] when the writer has stopped.
    pub(crate) fn new(
        writer: &Writer,
        location: &str,
        clock: ServedClock,
        settings: &mut Settings,
        stopping: watch::Receiver<bool>,
    ) -> Result<Self, Unavailable> {
        let minutes = |minutes: u64| Duration::from_secs(minutes.saturating_mul(60));
        Ok(Self(Arc::new(Premises {
            door: RwLock::new(Some(writer.door()?)),
            reader: writer.reader(),
            stores: Stores::new(location, writer.reader()),
            tiles: crate::api::tiles::Kept::default(),
            origin: settings.origin.clone(),
            location: location.to_owned(),
            oidc: settings.oidc.clone(),
            zones: settings.zones.clone(),
            sessions: Sessions::default(),
            challenges: Kept::new(minutes(10), 20_000),
            links: Kept::new(minutes(24 * 60), 10_000),
            papers: Kept::new(minutes(60), 20_000),
            unsent: Kept::new(minutes(60), 2_000),
            replies: Kept::new(minutes(24 * 60), 5_000),
            peers: settings.peers.take(),
            stopping,
            guards: super::guard::Guards::default(),
            clock,
            names: Mutex::default(),
            waiting: Mutex::default(),
            snapshot: Mutex::default(),
        })))
    }

    /// Closes the door to the writer, so that it can drain and end.
    pub(crate) fn close(&self) {
        self.door.write().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn door(&self) -> Result<Door, Problem> {
        let door = self.door.read().unwrap_or_else(PoisonError::into_inner).clone();
        door.ok_or_else(|| Problem::unavailable("the server is stopping; try again in a moment"))
    }

    /// Whether the ledger takes commands: the writer answers, and the store can be read.
    pub(crate) async fn is_ready(&self) -> Result<(), Problem> {
        match self.reader.standing() {
            Standing::Leads | Standing::Follows { lost: None, .. } => {}
            Standing::Follows { lost: Some(why), .. } | Standing::Halted { why } => {
                return Err(Problem::unavailable(why));
            }
        }
        self.let_time_pass().await?;
        let app = self.clone();
        blocking(move || app.stores.with(|store| Ok(store.head()?))).await.map(|_| ())
    }

    /// Lets happen what is due by now.
    ///
    /// # Errors
    /// [`Problem`] when the ledger is unavailable.
    pub(crate) async fn let_time_pass(&self) -> Result<(), Problem> {
        let id = CommandId([0; 16]);
        self.hand_in(Submission { id, by: None, asked: Asked::Time }).await.map(|_| ())
    }

    /// The moment it is.
    ///
    /// # Errors
    /// [`Problem`] when the clock gives none.
    pub(crate) fn now(&self) -> Result<Moment, Problem> {
        self.clock.now().map_err(|failed| Problem::unavailable(failed.to_string()))
    }

    /// What signatures must say to be accepted, as the charter has it.
    pub(crate) fn signature_rules(&self) -> countersign_proof::SignatureRules {
        self.look(|state| state.ledger.signature_rules())
    }

    /// Reads the state; nothing that takes long is done here, since the writer waits meanwhile.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.reader.read(look)
    }

    /// Works something out that takes long, on a copy of the state and on a thread of its own.
    ///
    /// # Errors
    /// [`Problem`] when the work could not be finished.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let app = self.clone();
        blocking(move || Ok(work(&app.snapshot()))).await
    }

    /// A copy of the state, shared by everyone who asks before the next commit.
    fn snapshot(&self) -> Arc<State> {
        let mut kept = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        let position = self.reader.position();
        if let Some((at, state)) = kept.as_ref()
            && *at == position
        {
            return Arc::clone(state);
        }
        let (state, at) = self.reader.read_at(|state, at| (Arc::new(state.clone()), at));
        *kept = Some((at, Arc::clone(&state)));
        state
    }

    /// How many requests wait for a person, as of a few seconds ago; counted anew by `count`.
    pub(crate) fn waiting(&self, person: &PersonId, count: impl FnOnce(&State) -> u64) -> u64 {
        let mut kept = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((since, waiting)) = kept.get(person)
            && since.elapsed() < FRESH
        {
            return *waiting;
        }
        let waiting = self.look(count);
        kept.retain(|_, (since, _)| since.elapsed() < FRESH);
        kept.insert(person.clone(), (Instant::now(), waiting));
        waiting
    }

    /// The names of people; read again once somebody new was registered or a name was erased.
    pub(crate) async fn names(&self) -> Result<Arc<Names>, Problem> {
        let as_of = self.look(|state| {
            let people = &state.people;
            (people.persons().count(), people.erased().count())
        });
        {
            let kept = self.names.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.0 == as_of {
                return Ok(Arc::clone(&kept.1));
            }
        }
        let app = self.clone();
        let names = blocking(move || app.stores.with(|store| Ok(names::read(store)?))).await?;
        let names = Arc::new(names);
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = (as_of, Arc::clone(&names));
        Ok(names)
    }

    /// The entries that name a person, for somebody who may take that name out of the record.
    ///
    /// # Errors
    /// [`Problem`] when a rule would refuse it, or the record has no such name.
    pub(crate) async fn erasable(
        &self,
        person: &PersonId,
        by: &PersonId,
    ) -> Result<BTreeSet<EntryNumber>, Problem> {
        let at = self.now()?;
        let may = self.look(|state| state.people.check_erasure(person, by, at));
        may.map_err(countersign_core::Rejection::from)?;
        let (app, whose) = (self.clone(), person.clone());
        let read =
            blocking(move || app.stores.with(|store| Ok(names::entries_naming(store, &whose)?)));
        let entries = read.await?;
        if entries.is_empty() {
            return Err(Problem::not_found("name of that person"));
        }
        Ok(entries)
    }

    /// Hands a command in and waits for its answer, which comes after the commit. The same `id`
    /// again gets the same answer.
    ///
    /// # Errors
    /// [`Problem`] when a rule refuses it or nothing could be recorded.
    pub(crate) async fn submit(
        &self,
        id: Option<CommandId>,
        by: Option<Authority>,
        command: impl Into<Command>,
    ) -> Result<Receipt, Problem> {
        let id = id.map_or_else(random_id, Ok)?;
        let command = command.into();
        check_showable(&command)?;
        let asked = Asked::Command(Box::new(command));
        let receipt = self.hand_in(Submission { id, by, asked }).await?;
        super::problem::events(&receipt.answer)?;
        Ok(receipt)
    }

    /// Makes the binding of a statement that `person` will sign.
    ///
    /// # Errors
    /// [`Problem`] when a rule refuses it or nothing could be recorded.
    pub(crate) async fn binding<S: Statement>(
        &self,
        person: &PersonId,
        request: Option<(RequestId, Revision)>,
    ) -> Result<Binding, Problem> {
        let asked = Asked::Nonce { person: person.clone(), subject: subject_of::<S>(request) };
        let receipt = self.hand_in(Submission { id: random_id()?, by: None, asked }).await?;
        super::problem::events(&receipt.answer)?;
        let binding =
            receipt.nonce().and_then(|nonce| self.look(|state| state.ledger.binding(nonce)));
        binding.ok_or_else(|| Problem::unavailable("the ledger made no nonce; try again"))
    }

    async fn hand_in(&self, submission: Submission) -> Result<Receipt, Problem> {
        let (sender, answer) = oneshot::channel();
        // Whoever asked may have gone; the record stands all the same.
        self.door()?.hand_in(submission, move |receipt| drop(sender.send(receipt)))?;
        let lost = "the writer stopped before it answered; send the same command again";
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(receipt)) => Ok(receipt?),
            Ok(Err(_)) => Err(Problem::unavailable(lost)),
            Err(_) => Err(Problem::unavailable(
                "the ledger has not answered yet; send the same command with the same id again to \
                 learn what became of it",
            )),
        }
    }
}

/// A fresh command id.
///
/// # Errors
/// [`Problem`] when the system gives no random bits.
pub(crate) fn random_id() -> Result<CommandId, Problem> {
    let bits = random16(&mut SystemEntropy);
    bits.map(CommandId).map_err(|failed| Problem::unavailable(failed.to_string()))
}

/// Does what blocks on a thread of its own.
///
/// # Errors
/// The work's own [`Problem`], or one that says that it broke off.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Problem::unavailable("this could not be worked out; try again")))
}

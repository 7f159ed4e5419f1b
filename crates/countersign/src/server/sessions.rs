//! Sessions. Answers: *who is at the door, since when, and how do we know?*
//!
//! A session approves nothing. It opens by a signature under the text of a `session` statement, by
//! a one-time link, or by another organisation's sign-in; only the first two can act, and only as
//! the person whose enrolled key opened them. Sessions are kept in memory: whoever restarts the
//! server asks everyone to sign in again.

use crate::clock::{Entropy, SourceFailed, SystemEntropy};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_core::people::Authority;
use countersign_proof::words::{Digest, PersonId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A session that nobody uses ends after this time.
const IDLE: Duration = Duration::from_secs(30 * 60);
/// Every session ends after this time.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);
/// Most sessions at once; beyond it the one unused for longest ends.
const MOST: usize = 20_000;

/// A random token of 256 bits, in base64url.
///
/// # Errors
/// [`SourceFailed`] when the system gives no random bits.
pub(crate) fn token() -> Result<String, SourceFailed> {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// How a session was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum How {
    /// By a signature with an enrolled key or passkey.
    Signed,
    /// By a one-time link.
    Link,
    /// By the sign-in of another organisation.
    Oidc,
}

/// An open session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// Who.
    pub(crate) person: PersonId,
    /// As whom commands are given; none where the session can only look.
    pub(crate) authority: Option<Authority>,
    /// How it was opened.
    pub(crate) how: How,
    /// What forms must carry, so that no other site can send them.
    pub(crate) csrf: String,
    opened: Instant,
    used: Instant,
}

/// The open sessions, by the digest of their tokens: what lies in memory opens none.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<Digest, Session>>);

impl Sessions {
    fn locked(&self) -> MutexGuard<'_, HashMap<Digest, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session and gives its token.
    ///
    /// # Errors
    /// [`SourceFailed`] when the system gives no random bits.
    pub(crate) fn open(
        &self,
        person: PersonId,
        authority: Option<Authority>,
        how: How,
    ) -> Result<String, SourceFailed> {
        let (token, csrf) = (self::token()?, self::token()?);
        let now = Instant::now();
        let session = Session { person, authority, how, csrf, opened: now, used: now };
        let mut open = self.locked();
        open.retain(|_, session| session.is_open(now));
        if open.len() >= MOST
            && let Some(oldest) =
                open.iter().min_by_key(|(_, session)| session.used).map(|(key, _)| *key)
        {
            open.remove(&oldest);
        }
        open.insert(Digest::of(token.as_bytes()), session);
        Ok(token)
    }

    /// The session of a token, if it is still open.
    pub(crate) fn find(&self, token: &str) -> Option<Session> {
        let (key, now) = (Digest::of(token.as_bytes()), Instant::now());
        let mut open = self.locked();
        let session = open.get_mut(&key)?;
        if session.is_open(now) {
            session.used = now;
            return Some(session.clone());
        }
        open.remove(&key);
        None
    }

    /// Ends a session.
    pub(crate) fn close(&self, token: &str) {
        self.locked().remove(&Digest::of(token.as_bytes()));
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.locked().len()
    }
}

impl Session {
    /// A session that is open at another node.
    pub(crate) fn vouched(
        person: PersonId,
        authority: Option<Authority>,
        how: How,
        csrf: String,
    ) -> Self {
        let now = Instant::now();
        Self { person, authority, how, csrf, opened: now, used: now }
    }

    /// How long it stays open if nobody uses it again.
    pub(crate) fn lasts(&self) -> Duration {
        IDLE.min(LONGEST.saturating_sub(self.opened.elapsed()))
    }

    fn is_open(&self, now: Instant) -> bool {
        now.duration_since(self.used) < IDLE && now.duration_since(self.opened) < LONGEST
    }
}

/// Things kept for a while under a random token, each taken at most once.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    things: Mutex<HashMap<Digest, (Instant, T)>>,
    lasting: Duration,
    most: usize,
}

impl<T: Clone> Kept<T> {
    /// Keeps each thing for `lasting`, and at most so many.
    pub(crate) fn new(lasting: Duration, most: usize) -> Self {
        Self { things: Mutex::default(), lasting, most }
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Digest, (Instant, T)>> {
        self.things.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a thing and gives its token.
    ///
    /// # Errors
    /// [`SourceFailed`] when the system gives no random bits.
    pub(crate) fn keep(&self, thing: T) -> Result<String, SourceFailed> {
        let token = token()?;
        self.keep_as(&token, thing);
        Ok(token)
    }

    /// Keeps a thing under a token that its keeper has made.
    pub(crate) fn keep_as(&self, token: &str, thing: T) {
        let now = Instant::now();
        let mut things = self.locked();
        things.retain(|_, (since, _)| now.duration_since(*since) < self.lasting);
        if things.len() >= self.most
            && let Some(oldest) = things.iter().min_by_key(|(_, (since, _))| *since)
        {
            let oldest = *oldest.0;
            things.remove(&oldest);
        }
        things.insert(Digest::of(token.as_bytes()), (now, thing));
    }

    /// Looks at a thing without taking it.
    pub(crate) fn look(&self, token: &str) -> Option<T> {
        let things = self.locked();
        let (since, thing) = things.get(&Digest::of(token.as_bytes()))?;
        (since.elapsed() < self.lasting).then(|| thing.clone())
    }

    /// Takes a thing; nobody can take it again.
    pub(crate) fn take(&self, token: &str) -> Option<T> {
        let (since, thing) = self.locked().remove(&Digest::of(token.as_bytes()))?;
        (since.elapsed() < self.lasting).then_some(thing)
    }

    /// Everything that is kept, oldest first.
    pub(crate) fn all(&self) -> Vec<T> {
        let things = self.locked();
        let mut all: Vec<&(Instant, T)> =
            things.values().filter(|(since, _)| since.elapsed() < self.lasting).collect();
        all.sort_by_key(|(since, _)| *since);
        all.into_iter().map(|(_, thing)| thing.clone()).collect()
    }

    /// Takes every thing that fits.
    pub(crate) fn take_where(&self, fits: impl Fn(&T) -> bool) -> Option<T> {
        let mut things = self.locked();
        let key = things.iter().find(|(_, (_, thing))| fits(thing)).map(|(key, _)| *key)?;
        things.remove(&key).map(|(_, thing)| thing)
    }
}

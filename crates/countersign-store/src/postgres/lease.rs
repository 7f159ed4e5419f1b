//! Who may write: one row, taken for a short time and renewed while the writer lives.
//!
//! The lease only tells a second writer, at once and by name, that there is a first. What keeps an
//! earlier writer from writing is the epoch and the tenure that every append compares within its
//! own statement: epochs are numbers that two histories of a database could both give out, tenures
//! are random.

use super::address::Address;
use super::driver::STATEMENT;
use super::link::Link;
use super::{schema, session};
use crate::record::signed;
use crate::{Lease, StoreError, holder};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio_postgres::types::ToSql;

/// How long a lease runs, by the clock of the database.
pub const LEASE: Duration = Duration::from_secs(3);

/// How often it is renewed.
pub const RENEWAL: Duration = Duration::from_secs(1);

/// How long a renewal waits for its answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long those who follow are left with what they know while the writer appends on and on.
const PACE: Duration = Duration::from_millis(5);

/// What tells this opening from every other one, in any history of the database.
pub(super) type Tenure = [u8; 16];

const TAKE: &str = "
UPDATE writer SET epoch = epoch + 1, tenure = $1, holder = $2,
  until = clock_timestamp() + $3::bigint * interval '1 millisecond'
WHERE one IN (SELECT one FROM writer WHERE until < clock_timestamp() FOR UPDATE NOWAIT)
RETURNING epoch";

/// Every entry that is there once the lease is taken is acknowledged: this commit, like theirs,
/// waits for whatever the server has to wait for.
const ANNOUNCE: &str = "
UPDATE writer SET place = $3, confirmed = (SELECT size FROM head)
WHERE epoch = $1 AND tenure = ANY($2) RETURNING epoch";

/// A renewal says too what is acknowledged; whoever follows is woken where that is news.
const RENEW: &str = "
WITH kept AS (
  UPDATE writer SET until = clock_timestamp() + $3::bigint * interval '1 millisecond',
    confirmed = greatest(confirmed, $4)
  WHERE epoch = $1 AND tenure = ANY($2) RETURNING epoch
)
SELECT epoch, CASE WHEN $5::text <> '' THEN pg_notify($5, $4::text) END FROM kept";

const SETTLE: &str = "
UPDATE writer SET tenure = $3, until = clock_timestamp() + $4::bigint * interval '1 millisecond'
WHERE epoch = $1 AND tenure = ANY($2) RETURNING epoch";

const GIVE_BACK: &str = "
WITH kept AS (
  UPDATE writer SET until = clock_timestamp() - $3::bigint * interval '1 millisecond',
    confirmed = greatest(confirmed, $4)
  WHERE epoch = $1 AND tenure = ANY($2) RETURNING epoch
)
SELECT epoch, CASE WHEN $5::text <> '' THEN pg_notify($5, $4::text) END FROM kept";

const STANDING: &str = "
SELECT epoch, holder, place, until < clock_timestamp(), confirmed FROM writer";

/// Who writes, and how many entries that writer says are acknowledged.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub(super) fn standing(link: &Link) -> Result<(Lease, u64), StoreError> {
    let rows = link.ask(STANDING, &[], STATEMENT)?;
    schema::one(&rows, |row| {
        let (epoch, confirmed): (i64, i64) = (row.try_get(0)?, row.try_get(4)?);
        let (holder, place): (String, String) = (row.try_get(1)?, row.try_get(2)?);
        let whole = |number| u64::try_from(number).unwrap_or(0);
        let lease = Lease {
            epoch: whole(epoch),
            holder: holder::shown(&holder),
            place: holder::place(&place),
            is_free: row.try_get(3)?,
        };
        Ok((lease, whole(confirmed)))
    })
}

/// Takes the lease, if it is free or has run out. It touches nothing that older schemas lack: only
/// who has it may take the record to a newer one.
///
/// # Errors
/// [`StoreError::Locked`] with the holder.
pub(super) fn take(link: &Link) -> Result<Held, StoreError> {
    let tenure = drawn()?;
    let note = holder::this_process();
    let taken = firmly(link, TAKE, &[&&tenure[..], &note, &millis(LEASE)]);
    match taken {
        Ok(rows) if rows.is_empty() => Err(StoreError::Locked { holder: other(link)? }),
        Ok(rows) => {
            let epoch = schema::one(&rows, |row| row.try_get(0))?;
            let state = Mutex::new(State { tenures: vec![tenure], fenced: None });
            Ok(Held { epoch, state, confirmed: AtomicU64::new(0) })
        }
        // An append of the one before is not over: its key is held fast.
        Err(StoreError::Locked { .. }) => Err(StoreError::Locked { holder: other(link)? }),
        Err(error) => Err(error),
    }
}

/// Asks what must be acknowledged by every server that has to: one that stopped waiting for its
/// standby has acknowledged nothing.
fn firmly(
    link: &Link,
    statement: &'static str,
    given: &[&(dyn ToSql + Sync)],
) -> Result<Vec<tokio_postgres::Row>, StoreError> {
    let _ = link.take_doubt();
    let rows = link.ask(statement, given, STATEMENT)?;
    if link.take_doubt() {
        link.spoil();
        let cause = "the server stopped waiting for its standby".to_owned();
        return Err(StoreError::Unavailable { cause });
    }
    Ok(rows)
}

fn other(link: &Link) -> Result<Option<String>, StoreError> {
    let rows = link.ask("SELECT holder FROM writer", &[], STATEMENT)?;
    let note: String = schema::one(&rows, |row| row.try_get(0))?;
    Ok(holder::shown(&note))
}

fn drawn() -> Result<Tenure, StoreError> {
    let mut tenure = Tenure::default();
    getrandom::fill(&mut tenure).map_err(|error| StoreError::Unavailable {
        cause: format!("drawing the writer's random name: {error}"),
    })?;
    Ok(tenure)
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// A lease as its holder knows it.
pub(super) struct Held {
    pub(super) epoch: i64,
    state: Mutex<State>,
    /// How many entries the record is acknowledged to have.
    confirmed: AtomicU64,
}

struct State {
    /// The tenure in force, or those of which one is: setting a new one had an unknown outcome.
    tenures: Vec<Tenure>,
    /// The epoch of another writer, once one was seen.
    fenced: Option<i64>,
}

impl Held {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tenure that an append shows, unless another writer was seen.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    pub(super) fn tenure(&self) -> Result<Tenure, StoreError> {
        let state = self.state();
        match state.fenced {
            Some(found) => Err(self.fenced_by(found)),
            None => Ok(state.tenures.last().copied().unwrap_or_default()),
        }
    }

    /// Says where the writer answers, a URL, and that what is there is acknowledged.
    ///
    /// # Errors
    /// [`StoreError::Fenced`]; [`StoreError::Unavailable`].
    pub(super) fn announce(&self, link: &Link, place: &str) -> Result<(), StoreError> {
        if firmly(link, ANNOUNCE, &[&self.epoch, &self.known(), &place])?.is_empty() {
            return Err(self.fenced_by(self.lost_to(link)?));
        }
        Ok(())
    }

    /// What a writer says that is no longer the one.
    pub(super) fn fenced_by(&self, found: i64) -> StoreError {
        let shown = |epoch| u64::try_from(epoch).unwrap_or(0);
        StoreError::Fenced { held: shown(self.epoch), found: shown(found) }
    }

    /// Remembers that another writer, of this epoch, has taken over.
    pub(super) fn is_fenced_by(&self, found: u64) {
        self.state().fenced.get_or_insert(signed(found));
    }

    /// Gives this writer a new tenure, after an append whose outcome is unknown. An append that is
    /// still under way is waited for, and one that the server has not begun can no longer succeed:
    /// after this, what the record says of it is final.
    ///
    /// # Errors
    /// [`StoreError::Fenced`]; [`StoreError::Unavailable`] while it is not known.
    pub(super) fn settle(&self, link: &Link) -> Result<(), StoreError> {
        let fresh = drawn()?;
        // Before it is asked for: the answer may be lost.
        self.state().tenures.push(fresh);
        let known = self.known();
        let given: [&(dyn ToSql + Sync); 4] = [&self.epoch, &known, &&fresh[..], &millis(LEASE)];
        if firmly(link, SETTLE, &given)?.is_empty() {
            return Err(self.fenced_by(self.lost_to(link)?));
        }
        self.state().tenures = vec![fresh];
        Ok(())
    }

    /// Whether the lease is still this writer's. Nobody is kept waiting while the server is asked:
    /// an append that comes in between only reads the tenure. Those who listen at `channel` are
    /// told what is acknowledged, unless it is empty.
    fn keep(
        &self,
        link: &Link,
        statement: &'static str,
        channel: &str,
    ) -> Result<bool, StoreError> {
        if self.state().fenced.is_some() {
            return Ok(false);
        }
        // First the number: a tenure that is newer than it has acknowledged it.
        let confirmed = signed(self.confirmed.load(Ordering::SeqCst));
        let known = self.known();
        let given: [&(dyn ToSql + Sync); 5] =
            [&self.epoch, &known, &millis(LEASE), &confirmed, &channel];
        let kept = link.ask(statement, &given, PATIENCE)?;
        if kept.is_empty() && known == self.known() {
            self.lost_to(link)?;
            return Ok(false);
        }
        Ok(true)
    }

    /// The tenures of which one is in force.
    fn known(&self) -> Vec<Vec<u8>> {
        self.state().tenures.iter().map(|tenure| tenure.to_vec()).collect()
    }

    /// Finds out which epoch is in force instead, and remembers it.
    fn lost_to(&self, link: &Link) -> Result<i64, StoreError> {
        let rows = link.ask("SELECT epoch FROM writer", &[], PATIENCE)?;
        let found = schema::one(&rows, |row| row.try_get(0))?;
        self.state().fenced = Some(found);
        Ok(found)
    }
}

/// The thread that renews the lease; dropped, it gives the lease back.
pub(super) struct Keeper {
    held: Arc<Held>,
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts renewing `held` over `link`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the system gives no thread.
    pub(super) fn start(
        address: Arc<Address>,
        link: Arc<Link>,
        held: Arc<Held>,
    ) -> Result<Self, StoreError> {
        let (wake, woken) = sync_channel(1);
        let kept = held.clone();
        let thread = std::thread::Builder::new()
            .name("writer's lease".to_owned())
            .spawn(move || renew_until(&woken, &address, link, &kept))
            .map_err(|error| StoreError::unavailable("starting the lease's thread", &error))?;
        Ok(Self { held, wake: Some(wake), thread: Some(thread) })
    }

    /// Lets those who follow know, in a moment, that the record is acknowledged to have `size`
    /// entries. Nobody waits for it.
    pub(super) fn confirm(&self, size: u64) {
        self.held.confirmed.fetch_max(size, Ordering::SeqCst);
        if let Some(wake) = &self.wake {
            // It may be awake already, and then sees this number or is woken once more.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A renewal that fails is tried again a little later: an append that comes in between is judged by
/// the database, not by the lease's time.
fn renew_until(woken: &Receiver<()>, address: &Address, link: Arc<Link>, held: &Held) {
    let (mut link, channel) = (Some(link), address.schema());
    // Where it is looked for first.
    let mut host = link.as_ref().map_or(0, |link| link.host);
    loop {
        let news = match woken.recv_timeout(RENEWAL) {
            Ok(()) => &channel[..],
            Err(RecvTimeoutError::Timeout) => "",
            Err(RecvTimeoutError::Disconnected) => break,
        };
        link = link.filter(|link| link.is_usable());
        if link.is_none() {
            link = session::connect(address, session::Purpose::Cache, host).ok();
            host = link.as_ref().map_or(0, |link| link.host);
        }
        let kept = link.as_deref().map(|link| held.keep(link, RENEW, news));
        match kept {
            Some(Ok(false)) => return,
            Some(Ok(true)) if !news.is_empty() => std::thread::sleep(PACE),
            Some(Ok(true)) => {}
            // Not this server any more, perhaps: the next one is looked for anew.
            Some(Err(_)) | None => (link, host) = (None, host.saturating_add(1)),
        }
    }
    if let Some(link) = link.filter(|link| link.is_usable()) {
        let _ = held.keep(&link, GIVE_BACK, &channel);
    }
}

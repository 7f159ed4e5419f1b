//! A lease as its holder knows it, and its renewal, which in a real node is a thread's.

use crate::cluster::{Cluster, Link, unavailable};
use crate::database::{Change, Row, Tenure};
use countersign_store::StoreError;
use std::sync::{Arc, Mutex, PoisonError};

/// How long a lease runs, in milliseconds.
pub const LEASE: u64 = 3_000;
/// How often it is renewed.
pub const RENEWAL: u64 = 1_000;

/// What an opening for writing knows of its lease.
#[derive(Debug)]
pub struct Held {
    /// Its epoch.
    pub epoch: u64,
    /// The tenure in force, or those of which one is.
    pub tenures: Vec<Tenure>,
    /// The epoch of another writer, once one was seen.
    pub fenced: Option<u64>,
    /// How many entries are acknowledged.
    pub confirmed: u64,
    /// Whether that is news.
    pub news: bool,
    next: u64,
    link: Option<Link>,
}

/// The lease behind its lock.
pub type Shared = Arc<Mutex<Held>>;

/// Does something with a lease.
pub fn with<T>(held: &Shared, work: impl FnOnce(&mut Held) -> T) -> T {
    work(&mut held.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Held {
    /// Whether a row is this opening's.
    fn has(&self, row: &Row) -> bool {
        row.epoch == self.epoch && self.tenures.contains(&row.tenure)
    }

    /// So many entries are acknowledged; the next renewal says so.
    pub fn confirm(&mut self, size: u64) {
        self.confirmed = self.confirmed.max(size);
        self.news = true;
    }

    /// What a writer says that is no longer the one.
    pub fn fenced_by(&self, found: u64) -> StoreError {
        StoreError::Fenced { held: self.epoch, found }
    }
}

impl Cluster {
    /// Takes the lease, if it is free or has run out.
    ///
    /// # Errors
    /// [`StoreError::Locked`]; the outcome is not known.
    pub fn take(&mut self, node: usize, link: Link) -> Result<Shared, StoreError> {
        let tenure = self.random.bytes();
        let locked = || Err(StoreError::Locked { holder: None });
        let row = self.view(link.host).row.clone();
        if row.until >= self.clock(link.host) || self.is_held(link.host, false) {
            return locked();
        }
        let epoch = row.epoch + 1;
        let until = self.clock(link.host) + LEASE;
        self.commit(link.host, Change::Row(Row { epoch, tenure, until, node, ..row }))?;
        self.notes.push(format!("node {node} takes the lease: epoch {epoch}"));
        let next = self.now + RENEWAL;
        let held = Held {
            epoch,
            tenures: vec![tenure],
            fenced: None,
            confirmed: 0,
            news: false,
            next,
            link: Some(link),
        };
        let held = Arc::new(Mutex::new(held));
        self.seats[node].held = Some(held.clone());
        Ok(held)
    }

    /// Changes the writer's row, if it is still that opening's.
    fn change(
        &mut self,
        host: usize,
        held: &Shared,
        wait: bool,
        to: impl FnOnce(&mut Row, u64),
    ) -> Result<(), StoreError> {
        if self.is_held(host, wait) && wait {
            return Err(unavailable("a row is held fast"));
        }
        let view = self.view(host);
        let (mut row, size) = (view.row.clone(), view.size());
        if !with(held, |held| held.has(&row)) {
            let found = row.epoch;
            return Err(with(held, |held| {
                held.fenced = Some(found);
                held.fenced_by(found)
            }));
        }
        to(&mut row, size);
        self.commit(host, Change::Row(row))
    }

    /// Says where the writer answers, and that what is there is acknowledged.
    ///
    /// # Errors
    /// [`StoreError::Fenced`]; [`StoreError::Unavailable`].
    pub fn announce(&mut self, host: usize, held: &Shared, place: &str) -> Result<(), StoreError> {
        self.change(host, held, true, |row, size| {
            place.clone_into(&mut row.place);
            row.confirmed = size;
        })
    }

    /// Gives this writer a new tenure: what became of its appends is final after that.
    ///
    /// # Errors
    /// [`StoreError::Fenced`]; [`StoreError::Unavailable`].
    pub fn settle(&mut self, host: usize, held: &Shared) -> Result<(), StoreError> {
        let (fresh, until) = (self.random.bytes(), self.clock(host) + LEASE);
        with(held, |held| held.tenures.push(fresh));
        self.change(host, held, true, |row, _| {
            row.tenure = fresh;
            row.until = until;
        })?;
        with(held, |held| held.tenures = vec![fresh]);
        self.notes.push("the writer has a new tenure".to_owned());
        Ok(())
    }

    /// Renews every lease that is due, or that has news.
    pub fn renew(&mut self) {
        for node in 0..self.seats.len() {
            let seat = &self.seats[node];
            let Some(held) = seat.held.clone() else { continue };
            let now = self.now;
            let is_due = with(&held, |held| held.next <= now || held.news);
            if seat.is_dead || seat.is_paused || !is_due {
                continue;
            }
            // After a long time only the last renewal is left to be seen.
            let late = with(&held, |held| now.saturating_sub(held.next) % RENEWAL);
            with(&held, |held| held.next = now - late + RENEWAL);
            if with(&held, |held| held.fenced.is_some()) {
                continue;
            }
            let kept = self.renew_one(node, &held, LEASE - late);
            match kept {
                Ok(()) => with(&held, |held| held.news = false),
                Err(StoreError::Fenced { found, .. }) => {
                    self.notes.push(format!("node {node} sees epoch {found} in its place"));
                }
                Err(_) => with(&held, |held| held.link = None),
            }
        }
    }

    fn renew_one(&mut self, node: usize, held: &Shared, time: u64) -> Result<(), StoreError> {
        self.gate(node)?;
        let kept = with(held, |held| held.link);
        let link = match kept.filter(|link| self.is_up(node, *link, true)) {
            Some(link) => link,
            None => self.connect(node, true, 0)?,
        };
        with(held, |held| held.link = Some(link));
        let until = self.clock(link.host) + time;
        let confirmed = with(held, |held| held.confirmed);
        self.change(link.host, held, false, |row, _| {
            row.until = until;
            row.confirmed = row.confirmed.max(confirmed);
        })
    }

    /// Gives the lease back.
    pub fn give_back(&mut self, node: usize, held: &Shared) {
        let seat = &mut self.seats[node];
        if seat.held.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, held)) {
            seat.held = None;
        }
        let link = with(held, |held| held.link);
        let Some(link) = link.filter(|link| self.is_up(node, *link, true)) else { return };
        let is_fenced = with(held, |held| held.fenced.is_some());
        if is_fenced || self.gate(node).is_err() {
            return;
        }
        let until = self.clock(link.host).saturating_sub(LEASE);
        let confirmed = with(held, |held| held.confirmed);
        let given = self.change(link.host, held, false, |row, _| {
            row.until = until;
            row.confirmed = row.confirmed.max(confirmed);
        });
        if given.is_ok() {
            self.notes.push(format!("node {node} gives the lease back"));
        }
    }
}

//! A depot without a network. Answers: *may these units be handed out now, to whoever stands here?*
//!
//! A depot is a folder: its settings with the keys that it pins, its own key, the newest status
//! list, and its book, the one place where it says what was handed out. It goes by the files that
//! it is given and by its book, by nothing else.
//!
//! In reading order: `settings` (what a depot is told once), `book` (what it has done), `papers`
//! (the files that are carried to it and from it), `trust` (the officials' keys), `checks` (the
//! rules, in their order), `refusal` (why it hands nothing out), and on the other side [`issuing`]
//! and [`certifying`] (what a ledger gives to its depots).

pub mod issuing;

pub mod certifying;

pub mod papers;

mod accounts;
mod book;
mod checks;
mod handing;
mod refusal;
mod settings;
mod trust;

pub use accounts::{Became, Carried, CarriedPaper, Read};
pub use book::{Booked, Line, Totals, What};
pub use checks::{Checked, Standing};
pub use handing::{HandedOut, Offered};
pub use refusal::{DepotError, Refusal};
pub use settings::{Opening, Settings};
pub use trust::{known_keys, line_of};

use crate::clock::{Clock, ScriptedClock, WallClock};
use crate::keys::PersonalKey;
use book::Book;
use countersign_proof::PublicKey;
use countersign_proof::words::Moment;
use std::path::{Path, PathBuf};

/// A depot, held by one process: another waits until it is let go.
pub struct Depot {
    folder: PathBuf,
    settings: Settings,
    book: Book,
    now: Moment,
}

impl Depot {
    /// Opens the depot in `folder`, and waits for whoever has it open. `clock` is the moment that
    /// an exercise plays in; without it the time stands still there.
    ///
    /// # Errors
    /// [`DepotError`] when there is none, when its book does not hold, or when the clock was set
    /// back.
    pub fn open(folder: &Path, clock: Option<Moment>) -> Result<Self, DepotError> {
        let settings = Settings::read(folder)?;
        let mut book = Book::open(folder)?;
        let highest = book.totals().highest;
        let clock: Box<dyn Clock> = match clock {
            Some(at) if settings.exercise => Box::new(ScriptedClock::new(at)),
            Some(_) => return Err(Refusal::NoExercise.into()),
            None if settings.exercise => Box::new(ScriptedClock::new(highest)),
            None => Box::new(WallClock),
        };
        let now = clock.now().map_err(|failed| DepotError::Unavailable(failed.to_string()))?;
        if now < highest {
            return Err(Refusal::ClockWentBack { now, highest }.into());
        }
        book.saw(now)?;
        Ok(Self { folder: folder.to_owned(), settings, book, now })
    }

    /// Opens the depot although its clock was set back, and writes that into the book: from now on
    /// `clock` (or the machine's own) is the highest time seen. The one way out for a clock that
    /// once ran ahead.
    ///
    /// # Errors
    /// [`DepotError`] when there is no such depot, or its book does not hold.
    pub fn set_clock_back(
        folder: &Path,
        clock: Option<Moment>,
        reason: &str,
    ) -> Result<Moment, DepotError> {
        let settings = Settings::read(folder)?;
        let mut book = Book::open(folder)?;
        let now = match clock {
            Some(at) if settings.exercise => at,
            Some(_) => return Err(Refusal::NoExercise.into()),
            None => WallClock.now().map_err(|e| DepotError::Unavailable(e.to_string()))?,
        };
        // What the ledger signed was signed before now, whatever the clock here says.
        let signed = book.totals().signed;
        if now < signed {
            return Err(Refusal::ClockBehind { now, signed }.into());
        }
        book.append(now, What::ClockSetBack { reason: reason.to_owned() })?;
        Ok(now)
    }

    /// What it was told.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What its book adds up to.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        self.book.totals()
    }

    /// The lines of its book.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        self.book.lines()
    }

    /// The moment at which it was opened.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.now
    }

    fn key(&self) -> Result<PersonalKey, DepotError> {
        PersonalKey::open(&settings::key_file(&self.folder))
            .map_err(|error| DepotError::Unavailable(error.to_string()))
    }

    /// The public half of its key, which the ledger holds its receipts against.
    ///
    /// # Errors
    /// [`DepotError`] when the key cannot be read.
    pub fn public_key(&self) -> Result<PublicKey, DepotError> {
        self.key()?.public_key().map_err(|error| DepotError::Unavailable(error.to_string()))
    }
}

//! One connection to one server.

use super::address::{Address, Host, Tls};
use super::driver::STATEMENT;
use super::{driver, passwords, refusals, tls};
use crate::StoreError;
use futures_util::TryStreamExt as _;
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::Severity;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Error, NoTls, Row, Statement};

/// What a statement is given.
pub(super) type Given<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection, and whatever the server says on it without being asked.
pub(super) struct Link {
    client: Client,
    prepared: Mutex<HashMap<&'static str, Statement>>,
    heard: Arc<Heard>,
    driven: JoinHandle<()>,
    /// Once a deadline has passed nothing more is asked of it.
    spoiled: AtomicBool,
    listening: AtomicBool,
    /// Which of the address's hosts it leads to.
    pub(super) host: usize,
}

/// What came in unasked.
#[derive(Default)]
struct Heard {
    news: Mutex<u64>,
    rung: Condvar,
    /// There was a warning, as when the server stopped waiting for a standby: what it acknowledged
    /// it may yet lose.
    doubt: AtomicBool,
    /// How many dead rows the last table that was written anew still has.
    kept_dead: Mutex<Option<u64>>,
}

impl Heard {
    fn news(&self) -> MutexGuard<'_, u64> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept_dead(&self) -> MutexGuard<'_, Option<u64>> {
        self.kept_dead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_in(&self, message: AsyncMessage) {
        match message {
            AsyncMessage::Notification(_) => {
                let mut news = self.news();
                *news = news.wrapping_add(1);
                self.rung.notify_all();
            }
            AsyncMessage::Notice(said) => {
                // Nothing else that an append does is warned of, and the words of this warning
                // may be in any language.
                if said.parsed_severity() == Some(Severity::Warning) {
                    self.doubt.store(true, Ordering::SeqCst);
                }
                if let Some(number) = said.detail().and_then(first_number) {
                    *self.kept_dead() = Some(number);
                }
            }
            // The type may grow; what it grows by is nothing we asked for.
            _ => {}
        }
    }
}

impl Link {
    /// Connects to one host of `address`.
    ///
    /// # Errors
    /// [`StoreError::Refused`], [`StoreError::Unavailable`].
    pub(super) fn open(address: &Address, number: usize, host: &Host) -> Result<Self, StoreError> {
        let config = configured(address, host)?;
        let heard = Arc::new(Heard::default());
        let (client, driven) = match &address.tls {
            Tls::Off => driver::wait(driver::CONNECT, async {
                let (client, connection) = config.connect(NoTls).await?;
                Ok((client, driver::spawned(drive(connection, heard.clone()))))
            }),
            Tls::Verified { roots } => {
                let connector = tls::connector(roots.as_deref())?;
                driver::wait(driver::CONNECT, async {
                    let (client, connection) = config.connect(connector).await?;
                    Ok((client, driver::spawned(drive(connection, heard.clone()))))
                })
            }
        }
        .map_err(|late| named(late, host))?
        .map_err(|error| refusals::at_opening(&error, &host.shown()))?;
        let (spoiled, listening) = (AtomicBool::new(false), AtomicBool::new(false));
        let prepared = Mutex::default();
        Ok(Self { client, prepared, heard, driven, spoiled, listening, host: number })
    }

    /// Whether something may still be asked of it.
    pub(super) fn is_usable(&self) -> bool {
        !self.spoiled.load(Ordering::SeqCst) && !self.client.is_closed()
    }

    /// Lets go of the connection without a word, so that nothing at the server is cancelled.
    pub(super) fn spoil(&self) {
        self.spoiled.store(true, Ordering::SeqCst);
        self.driven.abort();
    }

    /// Runs one statement, prepared the first time, and gives all its rows.
    ///
    /// # Errors
    /// What the server says; [`StoreError::Unavailable`] after `patience`, and then the connection
    /// is let go of.
    pub(super) fn ask(
        &self,
        text: &'static str,
        given: Given<'_>,
        patience: Duration,
    ) -> Result<Vec<Row>, StoreError> {
        self.within(patience, async {
            let statement = self.prepared(text).await?;
            self.client.query(&statement, given).await
        })
    }

    /// Runs one statement as [`Link::ask`] does, but each row may take as long as a statement: an
    /// answer may be long.
    ///
    /// # Errors
    /// As for [`Link::ask`].
    pub(super) fn gather(
        &self,
        text: &'static str,
        given: Given<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let begun = self.within(STATEMENT, async {
            let statement = self.prepared(text).await?;
            let given = given.iter().map(|value| *value as &dyn ToSql);
            self.client.query_raw(&statement, given).await
        });
        let mut stream = Box::pin(begun?);
        let mut rows = Vec::new();
        while let Some(row) = self.within(STATEMENT, stream.try_next())? {
            rows.push(row);
        }
        Ok(rows)
    }

    /// Runs statements that give nothing and are given nothing.
    ///
    /// # Errors
    /// As for [`Link::ask`].
    pub(super) fn run(&self, text: &str, patience: Duration) -> Result<(), StoreError> {
        self.within(patience, self.client.batch_execute(text))
    }

    /// Waits for `work` on this connection.
    ///
    /// # Errors
    /// As for [`Link::ask`].
    pub(super) fn within<T>(
        &self,
        patience: Duration,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, StoreError> {
        driver::wait(patience, work)
            .inspect_err(|_| self.spoil())?
            .map_err(|error| refusals::told(&error))
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    async fn prepared(&self, text: &'static str) -> Result<Statement, Error> {
        let kept = || self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept().get(text).cloned();
        if let Some(statement) = found {
            return Ok(statement);
        }
        let statement = self.client.prepare(text).await?;
        kept().insert(text, statement.clone());
        Ok(statement)
    }

    /// Whether the server warned of something since this was last asked.
    pub(super) fn take_doubt(&self) -> bool {
        self.heard.doubt.swap(false, Ordering::SeqCst)
    }

    /// What the server said since this was last asked of dead rows that it had to keep.
    pub(super) fn take_kept_dead(&self) -> Option<u64> {
        self.heard.kept_dead().take()
    }

    /// Has the server tell the news of `channel`, from now on. A standby cannot; then whoever waits
    /// has to look.
    pub(super) fn listen(&self, channel: &str) {
        if !self.listening.swap(true, Ordering::SeqCst) {
            let _ = self.run(&format!("LISTEN {channel}"), STATEMENT);
        }
    }

    /// How much news there was so far.
    pub(super) fn news(&self) -> u64 {
        *self.heard.news()
    }

    /// Waits until there is more news than `known`, at most `patience`.
    pub(super) fn wait_for_news(&self, known: u64, patience: Duration) {
        let unheard = |news: &mut u64| *news == known;
        drop(self.heard.rung.wait_timeout_while(self.heard.news(), patience, unheard));
    }
}

/// The first number in a text, which may be in any language.
fn first_number(text: &str) -> Option<u64> {
    let start = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    start.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn named(late: StoreError, host: &Host) -> StoreError {
    if let StoreError::Unavailable { cause } = late {
        StoreError::Unavailable { cause: format!("{}: {cause}", host.shown()) }
    } else {
        late
    }
}

fn configured(address: &Address, host: &Host) -> Result<Config, StoreError> {
    let mut config = Config::new();
    config
        .user(&address.user)
        .dbname(&address.database)
        .port(host.port)
        .application_name("countersign")
        .keepalives_idle(Duration::from_secs(30))
        .ssl_mode(match address.tls {
            Tls::Off => SslMode::Disable,
            Tls::Verified { .. } => SslMode::Require,
        });
    config.host(&host.name);
    if let Some(password) = passwords::password(address, host)? {
        config.password(password.bytes());
    }
    Ok(config)
}

/// Moves bytes between the server and whoever asks, until either is gone.
async fn drive<S, T>(mut connection: Connection<S, T>, heard: Arc<Heard>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        heard.take_in(message);
    }
}

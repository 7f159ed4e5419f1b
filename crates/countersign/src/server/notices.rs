//! Notices. Answers: *who is told of what has happened, while nobody looks?*
//!
//! Programs are told by HTTP (Standard Webhooks 1.0.0), people by e-mail. Both learn only what the
//! open part of the record says, and a link; neither can approve anything. What is told, and how
//! often, is in docs/notices.md. The modules in the order to read them:
//!
//! - [`settings`]: whom the operator names, and their secrets; [`address`] which URLs are called;
//! - [`told`]: what a notice of an entry says; [`waiting`], [`letters`]: what a mail says, to whom;
//! - [`kept`]: how far each endpoint has been told, and dead letters;
//! - [`pace`], [`calling`], [`delivery`]: delivering to a program;
//! - [`mailing`]: writing to people.

pub(crate) mod settings;

mod address;

pub(crate) mod told;

pub(crate) mod letters;
pub(crate) mod waiting;

pub(crate) mod kept;

mod pace;

pub(crate) mod calling;

mod delivery;

pub(crate) mod mailing;

use super::App;
use calling::Caller;
use delivery::Worker;
use kept::{Files, Position};
use settings::{MAIL, NoticeSettings};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long the workers may take to keep their positions once the server stops.
const GRACE: Duration = Duration::from_secs(3);

/// Where positions and dead letters are kept.
pub(crate) fn folder(settings: &NoticeSettings, location: &str) -> PathBuf {
    let beside = || crate::opening::folder(location).join("notices");
    settings.state.clone().unwrap_or_else(beside)
}

/// Everything that tells somebody, ready to begin.
pub(crate) struct Notices {
    settings: NoticeSettings,
    folder: PathBuf,
}

/// Those that are at work.
pub(super) struct Running {
    workers: Vec<JoinHandle<()>>,
}

impl Notices {
    /// Reads the settings and sees that positions can be kept.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(crate) fn read(file: &Path, location: &str) -> Result<Self, String> {
        let settings = NoticeSettings::read(file)?;
        let folder = folder(&settings, location);
        Files::of(&folder, MAIL).make_folder()?;
        Ok(Self { settings, folder })
    }

    /// Begins to tell of what is recorded from where each endpoint was.
    ///
    /// # Errors
    /// Why an endpoint cannot be told.
    pub(super) fn start(self, app: &App) -> Result<Running, String> {
        let (pump, news) = watch::channel(app.reader.position());
        let mut work: Vec<Pin<Box<dyn Future<Output = ()> + Send>>> = Vec::new();
        work.push(Box::pin(tell_position(app.clone(), pump)));
        for hook in self.settings.webhooks {
            let (files, position) = opened(app, &self.folder, &hook.name)?;
            let caller = Caller::new(&hook).map_err(|why| format!("{}: {why}", hook.name))?;
            tracing::info!(
                endpoint = hook.name,
                host = hook.host(),
                next = position.next,
                "notices are sent here"
            );
            let (app, news) = (app.clone(), news.clone());
            let worker = Worker { app, hook, caller, files, position, news };
            work.push(Box::pin(worker.run()));
        }
        if let Some(mail) = self.settings.mail {
            let (files, position) = opened(app, &self.folder, MAIL)?;
            let way = mailing::transport(&mail).map_err(|why| format!("{MAIL}: {why}"))?;
            tracing::info!(endpoint = MAIL, host = mail.server, "people are written to");
            let (app, news) = (app.clone(), news.clone());
            let writer = mailing::Writer { app, mail, way, files, position, news, kept: None };
            work.push(Box::pin(writer.run()));
        }
        // Nobody is told before everybody can be.
        Ok(Running { workers: work.into_iter().map(tokio::spawn).collect() })
    }
}

impl Running {
    /// Waits until the positions are kept; the workers end by themselves when the server stops.
    pub(super) async fn end(self) {
        let all = async {
            for worker in self.workers {
                // One that panicked has nothing left to keep.
                let _ = worker.await;
            }
        };
        // What is not kept in time is delivered once more after the next start.
        let _ = tokio::time::timeout(GRACE, all).await;
    }
}

/// The files of an endpoint, and where it is: at the end of the record, where it was never told.
fn opened(app: &App, folder: &Path, name: &str) -> Result<(Files, Position), String> {
    let files = Files::of(folder, name);
    let (ledger, end) = (app.look(|state| state.ledger.digest), app.reader.position());
    let origin = app.origin.to_string();
    let fresh = || Position::at(ledger, &origin, end);
    let mut position = files.position(ledger)?.unwrap_or_else(fresh);
    position.origin = origin;
    if position.next > end {
        tracing::warn!(endpoint = name, next = position.next, end, "the record was longer before");
        position.next = end;
    }
    // Kept at once, so that nothing falls between this start and the first notice.
    files.keep(&position)?;
    Ok((files, position))
}

/// Says how many entries are committed, whenever more are.
async fn tell_position(app: App, pump: watch::Sender<u64>) {
    let mut listener = app.reader.listen();
    let mut stopping = app.stopping.clone();
    loop {
        pump.send_replace(app.reader.position());
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            // Whoever is behind has missed some, and reads them from the record.
            news = listener.recv() => {
                if matches!(news, Err(tokio::sync::broadcast::error::RecvError::Closed)) {
                    return;
                }
            }
        }
    }
}

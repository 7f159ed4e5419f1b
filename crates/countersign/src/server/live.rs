//! What changes while somebody looks. Answers: *what was recorded since?*
//!
//! Server-sent events (WHATWG HTML §9.2) whose id is the entry's place in the record, so that a
//! browser that lost its connection goes on where it was.

use super::app::blocking;
use super::stores::concerns_many;
use super::{App, Problem, Viewer};
use crate::writer::News;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use countersign_proof::Outcome;
use countersign_proof::entry::OpenPart;
use futures_util::stream::{self, Stream, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

/// Most entries that are told again to whoever comes back; whoever missed more reads them as pages.
const AGAIN: usize = 1000;

/// What to be told of.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// Ids of what to be told of, separated by commas, such as `REQ-1,REL-1`; everything, if not
    /// given. What the clock, a policy version or a hold does to many is told to all.
    #[serde(default)]
    pub(crate) about: String,
    /// The place of the last entry that is known already.
    #[serde(default)]
    pub(crate) after: Option<u64>,
}

/// What is told of an entry: its open part, without digests.
pub(crate) fn told(open: &OpenPart) -> Value {
    let (outcome, code) = match &open.outcome {
        Outcome::Accepted => ("accepted", None),
        Outcome::Refused { code } => ("refused", Some(code.as_str())),
    };
    json!({
        "seq": open.seq, "time": open.time.to_string(), "command": open.command.as_str(),
        "outcome": outcome, "code": code, "events": open.events, "subjects": open.subjects,
    })
}

struct Listener {
    news: broadcast::Receiver<News>,
    stopping: watch::Receiver<bool>,
    about: BTreeSet<String>,
    next: u64,
}

impl Listener {
    fn event(&self, open: &OpenPart) -> Option<Event> {
        let concerns = |subject: &smol_str::SmolStr| self.about.contains(subject.as_str());
        let wanted =
            self.about.is_empty() || open.subjects.iter().any(concerns) || concerns_many(open);
        let event = || Event::default().id(open.seq.to_string()).event("entry");
        wanted.then(|| event().data(told(open).to_string()))
    }

    /// The next event that is wanted; none once the server stops or too much was missed: the
    /// browser then comes again, and says where it was.
    async fn next(mut self) -> Option<(Event, Self)> {
        loop {
            tokio::select! {
                _ = self.stopping.changed() => return None,
                news = self.news.recv() => match news {
                    Ok(open) if open.seq < self.next => {}
                    Ok(open) => {
                        if let Some(event) = self.event(&open) {
                            return Some((event, self));
                        }
                    }
                    Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
                }
            }
        }
    }
}

/// Tells of what is recorded from now on, or from where somebody was.
pub(crate) async fn serve(
    State(app): State<App>,
    _viewer: Viewer,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let last = match last {
        Some(id) => Some(
            id.parse::<u64>()
                .map_err(|_| Problem::unreadable("Last-Event-ID is not the place of an entry"))?,
        ),
        None => wish.after,
    };
    let about: BTreeSet<String> =
        wish.about.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    // Listening begins before what is missing is read, so that nothing falls between.
    let news = app.reader.listen();
    let position = app.reader.position();
    let from = last.map_or(position, |last| last.saturating_add(1).min(position));
    let missed: Vec<News> = if from < position {
        let reader = app.clone();
        let read = blocking(move || reader.stores.entries(from, AGAIN)).await?;
        read.into_iter().map(|entry| Arc::new(entry.open)).collect()
    } else {
        Vec::new()
    };
    let next = missed.last().map_or(position, |open| open.seq.saturating_add(1));
    let listener = Listener { news, stopping: app.stopping.clone(), about, next };
    let missed: Vec<Event> = missed.iter().filter_map(|open| listener.event(open)).collect();
    let events = stream::iter(missed).chain(stream::unfold(listener, Listener::next));
    let keep = KeepAlive::new().interval(Duration::from_secs(15)).text("still here");
    Ok(Sse::new(events.map(Ok)).keep_alive(keep))
}

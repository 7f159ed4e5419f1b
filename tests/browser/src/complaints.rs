//! What did the browser complain of? Errors in the console, exceptions nobody caught, resources
//! that could not be loaded, and everything that the content security policy stopped.

use crate::fault::Fault;
use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::log::{EventEntryAdded, LogEntryLevel};
use chromiumoxide::cdp::js_protocol::runtime::{
    ConsoleApiCalledType, EvaluateParams, EventConsoleApiCalled, EventExceptionThrown, RemoteObject,
};
use chromiumoxide::listeners::EventStream;
use futures_util::{FutureExt, StreamExt};
use std::sync::Arc;
use tokio::sync::Mutex;

/// The complaints about one page since it was opened, or since they were last taken.
pub(crate) struct Complaints(Mutex<Streams>);

struct Streams {
    console: EventStream<EventConsoleApiCalled>,
    exceptions: EventStream<EventExceptionThrown>,
    log: EventStream<EventEntryAdded>,
}

impl Complaints {
    /// Begins to listen.
    pub(crate) async fn of(page: &Page) -> Result<Self, Fault> {
        Ok(Self(Mutex::new(Streams {
            console: page.event_listener().await?,
            exceptions: page.event_listener().await?,
            log: page.event_listener().await?,
        })))
    }

    /// Everything since the last time, in words.
    pub(crate) async fn take(&self, page: &Page) -> Result<Vec<String>, Fault> {
        // Chromium answers in order, and what came before an answer has been handed on by the next:
        // after two round trips nothing that has happened is still on its way.
        for _ in 0..2 {
            page.execute(EvaluateParams::new("0")).await?;
        }
        let mut streams = self.0.lock().await;
        let mut found = Vec::new();
        while let Some(event) = arrived(&mut streams.console) {
            let loud = [ConsoleApiCalledType::Error, ConsoleApiCalledType::Warning];
            if loud.contains(&event.r#type) || event.r#type == ConsoleApiCalledType::Assert {
                let words: Vec<String> = event.args.iter().map(in_words).collect();
                found.push(format!("console: {}", words.join(" ")));
            }
        }
        while let Some(event) = arrived(&mut streams.exceptions) {
            let details = &event.exception_details;
            let thrown = details.exception.as_ref().map(in_words).unwrap_or_default();
            found.push(format!("not caught: {} {thrown}", details.text));
        }
        while let Some(event) = arrived(&mut streams.log) {
            let entry = &event.entry;
            if [LogEntryLevel::Error, LogEntryLevel::Warning].contains(&entry.level) {
                let source = entry.source.as_ref();
                let url = entry.url.as_deref().unwrap_or_default();
                found.push(format!("{source}: {} {url}", entry.text));
            }
        }
        Ok(found)
    }
}

/// What has already arrived; it does not wait.
fn arrived<T: chromiumoxide::cdp::IntoEventKind + Unpin>(
    stream: &mut EventStream<T>,
) -> Option<Arc<T>> {
    stream.next().now_or_never().flatten()
}

fn in_words(object: &RemoteObject) -> String {
    match (&object.value, &object.description) {
        (Some(serde_json::Value::String(text)), _) | (None, Some(text)) => text.clone(),
        (Some(value), _) => value.to_string(),
        (None, None) => "nothing".to_owned(),
    }
}

//! Evidence. Answers: *how does somebody take with them what proves a case, and check what they
//! got?*

use super::page::page;
use super::parts::{Action, Choice, Field, buttons, code};
use super::{places, words};
use crate::server::fields::Fields;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer, evidence};
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use countersign_proof::Label;
use countersign_proof::bundle::Matter;
use maud::{Markup, html};

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new().route("/evidence", get(show)).route("/evidence/file", get(file))
}

async fn show(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let mut fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let of = fields.text("of");
    fields.finish()?;
    let mut frame = places::frame(&app, &Visitor(Some(viewer)), "/record").await?;
    frame.scripts = vec!["verify.js"];
    let body = html! {
        h1 { (words::EVIDENCE) }
        p { (words::EVIDENCE_WHY) }
        h2 { (words::EVIDENCE_TAKE) }
        form method="get" action="/evidence/file" {
            (Field::new("of", words::EVIDENCE_OF).value(&of).hint(words::EVIDENCE_OF_HINT).text())
            (Field::new("without", words::EVIDENCE_WITHOUT).optional()
                .hint(words::EVIDENCE_HIDDEN)
                .checkboxes(&[
                    Choice::new("identity", words::EVIDENCE_NAMES),
                    Choice::new("deliberation", words::EVIDENCE_DELIBERATION),
                    Choice::new("parties", words::EVIDENCE_PARTIES),
                ], &[]))
            (buttons(&[Action::Other { label: words::EVIDENCE_DOWNLOAD, sends: None }]))
        }
        h2 { (words::EVIDENCE_CHECK) }
        p { (words::EVIDENCE_CHECK_WHY) }
        (code(words::RECORD_COMMAND, "countersign evidence verify FILE"))
        div class="field" {
            label for="bundle" { (words::EVIDENCE_FILE) }
            input type="file" id="bundle" accept=".zip,application/zip";
        }
        div id="result" role="status" data-busy=(words::EVIDENCE_BUSY)
            data-holds=(words::EVIDENCE_HOLDS) data-broken=(words::EVIDENCE_BROKEN)
            data-exercise=(words::EVIDENCE_EXERCISE) data-proved=(words::EVIDENCE_PROVED)
            data-entries=(words::EVIDENCE_ENTRIES) data-signatures=(words::EVIDENCE_SIGNATURES)
            data-after=(words::EVIDENCE_AFTER) data-without=(words::EVIDENCE_LEFT_OUT)
            data-redacted=(words::EVIDENCE_REDACTED) data-erased=(words::EVIDENCE_ERASED)
            data-bodies=(words::EVIDENCE_BODIES) data-not=(words::EVIDENCE_NOT)
            data-compare=(words::EVIDENCE_COMPARE) data-uncosigned=(words::EVIDENCE_UNCOSIGNED)
            data-cosigned=(words::EVIDENCE_COSIGNED) data-later=(words::EVIDENCE_LATER)
            data-policy=(words::EVIDENCE_POLICY) data-stated=(words::EVIDENCE_STATED)
            data-software=(words::EVIDENCE_SOFTWARE) {
            p { (words::EVIDENCE_NONE) }
        }
    };
    Ok(page(&frame, words::EVIDENCE, &body))
}

/// What may be left out, by its word.
struct Left(Label);

impl std::str::FromStr for Left {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Label::ALL.iter().find(|label| label.as_str() == text);
        found.map(|label| Self(*label)).ok_or_else(|| format!("{text:?} is nothing to leave out"))
    }
}

async fn file(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let of: Option<Matter> = fields.maybe("of");
    let without: Vec<Left> = fields.words("without");
    fields.finish()?;
    let of = of
        .filter(|_| fields.is_sound())
        .ok_or_else(|| Problem::unreadable(words::EVIDENCE_OF_HINT))?;
    let without = without.into_iter().map(|left| left.0).collect();
    evidence::download(&app, &viewer, of, without).await
}

//! Dependence. Answers: *what can each holder use without whose consent, and who can lock it?*
//!
//! Holders are shown to whoever may see their books, and to nobody else.

mod shown;

use super::page::page;
use super::{asked, places, words};
use crate::server::fields::Fields;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::get;
use countersign_core::State as Ledger;
use countersign_core::dependence::report::{Report, Terms, report};
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use countersign_proof::words::{InputId, OfficeId, PartyId, PersonId, PolicyVersionId};
use maud::Markup;

/// The address of the page.
const PATH: &str = "/dependence";

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new().route(PATH, get(dependence))
}

/// What is supposed.
#[derive(Clone, Debug)]
struct Wish {
    refusing: Vec<OfficeId>,
    withheld: Vec<InputId>,
    version: Option<PolicyVersionId>,
    fields: Fields,
}

impl Wish {
    fn read(query: Option<&str>) -> Result<Self, Problem> {
        let mut fields = asked::fields(query)?;
        let (refusing, withheld) = (fields.words("without"), fields.words("input"));
        let version = fields.maybe("version");
        asked::checked(&fields)?;
        Ok(Self { refusing, withheld, version, fields })
    }

    /// Refuses offices and inputs that the ledger does not declare.
    fn check(&self, state: &Ledger) -> Result<(), Problem> {
        let office = self.refusing.iter().find(|id| state.people.office(id).is_none());
        let input = self.withheld.iter().find(|id| !state.stock.inputs().contains_key(*id));
        let unknown = office.map(|id| words::dependence_no_office(id.as_str()));
        let unknown = unknown.or(input.map(|id| words::dependence_no_input(id.as_str())));
        unknown.map_or(Ok(()), |detail| Err(Problem::unreadable(detail)))
    }
}

/// What is shown, and what it is compared with.
struct Found {
    /// Under the version asked for, with what is supposed.
    report: Report,
    /// Under the version in force with nothing supposed; `None` where that is the report itself.
    before: Option<Report>,
    /// The version asked for.
    version: PolicyVersionId,
}

/// What the person may see of a report.
fn visible(state: &Ledger, person: &PersonId, terms: &Terms<'_>) -> Report {
    let mut found = report(state, terms);
    let may = |party: &PartyId| state.may_view(person, &Matter::Books(party), Label::Parties);
    found.holders.retain(|holder| may(&holder.holder));
    found
}

fn found(state: &Ledger, person: &PersonId, wish: &Wish) -> Result<Found, Problem> {
    wish.check(state)?;
    let refused = countersign_core::Rejection::from;
    let at = state.ledger.clock;
    let current = state.policy.version_at(at).map_err(refused)?;
    let version = match &wish.version {
        None => current,
        Some(id) => state.policy.version(id).map_err(|_| Problem::not_found("policy version"))?,
    };
    let terms = Terms {
        refusing: wish.refusing.iter().cloned().collect(),
        withheld: wish.withheld.iter().cloned().collect(),
        ..Terms::all(version.compiled().map_err(refused)?, at)
    };
    let same = version.bundle.version == current.bundle.version && !terms.is_what_if();
    let before = if same {
        None
    } else {
        let terms = Terms::all(current.compiled().map_err(refused)?, at);
        Some(visible(state, person, &terms))
    };
    let report = visible(state, person, &terms);
    Ok(Found { report, before, version: version.bundle.version.clone() })
}

async fn dependence(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let wish = Wish::read(query.as_deref())?;
    let person = viewer.person().clone();
    let frame = places::frame(&app, &Visitor(Some(viewer)), PATH).await?;
    let body = app.work(move |state| {
        let found = found(state, &person, &wish)?;
        Ok::<_, Problem>(shown::body(state, &found, &wish))
    });
    Ok(page(&frame, words::DEPENDENCE_TITLE, &body.await??))
}

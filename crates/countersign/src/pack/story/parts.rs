//! The parts of an act: labels, windows, provisos, scopes, and the words for states and breaches.

use super::super::fault::code;
use super::super::fields::{Fields, Spot, list};
use super::super::known::Known;
use super::super::source::Reading;
use super::{Label, Scope};
use countersign_core::requests::{Breach, ReleaseState, RequestState};
use countersign_proof::words::{
    HoldScope, OfficeId, PersonId, Provisos, Window, WordError, ZoneId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// The labels of one kind that acts so far have given.
#[derive(Debug, Default)]
pub(super) struct Labels {
    /// The line that gives it, and whether what it names comes to be.
    given: BTreeMap<Label, (u32, bool)>,
}

impl Labels {
    /// Gives a new label; `comes` where the act that gives it is expected to succeed.
    pub(super) fn give(&mut self, r: &mut Reading<'_>, label: &Spot<Label>, comes: bool) {
        let (line, _) = r.source.place(label.at);
        if let Some((first, _)) = self.given.get(&label.value) {
            let message =
                format!("the label {} is given in line {first} and in line {line}", label.value);
            r.fault(label.at, code::ID_TWICE, message, "choose another label");
            return;
        }
        self.given.insert(label.value.clone(), (line, comes));
    }

    /// Checks that an earlier act has given the label, and that what it names has come to be.
    pub(super) fn check(&self, r: &mut Reading<'_>, label: &Spot<Label>) {
        match self.given.get(&label.value) {
            Some((_, true)) => {}
            Some((line, false)) => {
                let message = format!("{} is refused in line {line}", label.value);
                let remedy = "name what an earlier act has brought about";
                r.fault(label.at, code::ACT_UNFIT, message, remedy);
            }
            None => {
                let message = format!("no earlier act gives the label {}", label.value);
                let labels: Vec<&Label> = self.given.keys().collect();
                let remedy = format!("correct the label; given so far are: {}", list(&labels));
                r.fault(label.at, code::REFERENCE_DANGLING, message, remedy);
            }
        }
    }
}

/// A word from a list of values that know their words.
pub(super) fn from_words<T: Copy>(
    text: &str,
    all: &[T],
    word: fn(T) -> &'static str,
    expected: &'static str,
) -> Result<T, WordError> {
    let found = all.iter().copied().find(|value| word(*value) == text);
    found.ok_or_else(|| WordError::new(text, expected))
}

/// A state of a request as it is written.
pub(super) struct StateOfRequest(pub RequestState);
/// A state of a release as it is written.
pub(super) struct StateOfRelease(pub ReleaseState);
/// A breach as it is written.
pub(super) struct Flag(pub Breach);

impl FromStr for StateOfRequest {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        use RequestState::{
            Approved, InformationRequested, Lapsed, Refused, Submitted, Superseded, UnderReview,
            Withdrawn,
        };
        let all = [
            Submitted,
            UnderReview,
            InformationRequested,
            Approved,
            Refused,
            Withdrawn,
            Superseded,
            Lapsed,
        ];
        from_words(text, &all, RequestState::as_str, "a state of a request, such as lapsed")
            .map(Self)
    }
}

impl FromStr for StateOfRelease {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        use ReleaseState::{
            Exhausted, Expired, Issued, Reinstated, Revoked, Surrendered, Suspended,
        };
        let all = [Issued, Suspended, Reinstated, Exhausted, Expired, Revoked, Surrendered];
        from_words(text, &all, ReleaseState::as_str, "a state of a release, such as suspended")
            .map(Self)
    }
}

impl FromStr for Flag {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        use Breach::{
            AfterEnd, BeyondQuantity, OutsideWindow, OutsideZone, Unaccounted, WhileSuspended,
        };
        let all =
            [BeyondQuantity, OutsideWindow, OutsideZone, WhileSuspended, AfterEnd, Unaccounted];
        from_words(text, &all, Breach::as_str, "a breach, such as beyond quantity").map(Self)
    }
}

/// Zones by name, all of them declared.
pub(super) fn zones(
    r: &mut Reading<'_>,
    fields: &mut Fields<'_>,
    known: &Known,
) -> BTreeSet<ZoneId> {
    let mut zones: Vec<Spot<ZoneId>> = fields.words(r, "zones");
    zones.retain(|zone| known.zones.check(r, zone));
    zones.into_iter().map(|zone| zone.value).collect()
}

/// A window that must be there.
pub(super) fn window(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<Window> {
    let Some(node) = fields.get("window") else {
        let message = "the act has no \"window\"";
        let remedy = "add window = { from = …, until = … }";
        r.fault(fields.at, code::KEY_MISSING, message, remedy);
        return None;
    };
    let mut span = Fields::new(r, node, "window")?;
    let (from, until) = (span.moment(r, "from"), span.moment(r, "until"));
    span.finish(r);
    let (from, until) = (from?, until?);
    let window = Window::new(from, until);
    if window.is_none() {
        let message = format!("the window ends at {until}, not after it begins at {from}");
        let remedy = "write from before until; until is the first moment after the window";
        r.fault(node.at, code::SPAN_EMPTY, message, remedy);
    }
    window
}

/// Provisos; none where they are left out.
pub(super) fn provisos(r: &mut Reading<'_>, fields: &mut Fields<'_>, known: &Known) -> Provisos {
    let mut provisos = Provisos::default();
    let Some(node) = fields.get("provisos") else { return provisos };
    let Some(mut table) = Fields::new(r, node, "provisos") else { return provisos };
    if table.get("quantity").is_some() {
        provisos.quantity = table.quantity(r, "quantity");
    }
    if table.get("zones").is_some() {
        provisos.zones = Some(zones(r, &mut table, known));
    }
    if table.get("window").is_some() {
        provisos.window = window(r, &mut table);
    }
    let depot = table.word_or_none(r, "depot").filter(|depot| known.places.check(r, depot));
    provisos.depot = depot.map(|depot| depot.value);
    table.finish(r);
    provisos
}

/// An office that must be there, and declared.
pub(super) fn office(
    r: &mut Reading<'_>,
    fields: &mut Fields<'_>,
    key: &'static str,
    known: &Known,
) -> Option<OfficeId> {
    let office = fields.word(r, key).filter(|office| known.offices.check(r, office));
    office.map(|office| office.value)
}

/// A person who must be there, and declared.
pub(super) fn person(
    r: &mut Reading<'_>,
    fields: &mut Fields<'_>,
    key: &'static str,
    known: &Known,
) -> Option<PersonId> {
    let person = fields.word(r, key).filter(|person| known.persons.check(r, person));
    person.map(|person| person.value)
}

/// A scope as it is written; labels stand where a ledger has numbers.
struct WrittenScope(Scope);

impl FromStr for WrittenScope {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        Ok(Self(match text.split_once(':') {
            Some(("request", label)) => Scope::Request(label.parse()?),
            Some(("release", label)) => Scope::Release(label.parse()?),
            Some(_) | None => Scope::Known(text.parse()?),
        }))
    }
}

/// The scope of a hold, and everything it names declared.
pub(super) fn scope(
    r: &mut Reading<'_>,
    fields: &mut Fields<'_>,
    known: &Known,
    requests: &Labels,
) -> Option<Scope> {
    let Spot { value: WrittenScope(scope), at } = fields.word(r, "scope")?;
    match &scope {
        Scope::Request(label) | Scope::Release(label) => {
            requests.check(r, &Spot { value: label.clone(), at });
        }
        Scope::Known(HoldScope::Holder(id)) => {
            known.parties.check(r, &Spot { value: id.clone(), at });
        }
        Scope::Known(HoldScope::Item(id)) => {
            known.items.check(r, &Spot { value: id.clone(), at });
        }
        Scope::Known(HoldScope::Zone(id)) => {
            known.zones.check(r, &Spot { value: id.clone(), at });
        }
        Scope::Known(HoldScope::Office(id)) => {
            known.offices.check(r, &Spot { value: id.clone(), at });
        }
        Scope::Known(
            HoldScope::All | HoldScope::Act(_) | HoldScope::Request(_) | HoldScope::Release(_),
        ) => {}
    }
    Some(scope)
}

//! Who may see what. Answers: *may this person see this part of this matter?*
//!
//! The version in force says so, by its policies on `view`: one question for each office that the
//! person speaks for. A look needs no signature, so only a standing permission lets anyone see.
//! This stands behind the rooms, since what a matter is, and whom it concerns, is known to several.

use crate::State;
use crate::people::{Function, Office};
use crate::policy::{
    Explained, ItemQuestion, Preconditions, Question, Subject, Totals, Verdict, ViewQuestion,
};
use crate::requests::{HoldPlaced, Request, ask, own_release};
use crate::stock::Item;
use countersign_proof::entry::Label;
use countersign_proof::words::{
    Act, HoldScope, ItemId, Moment, OfficeId, PartyId, PersonId, Quantity,
};
use std::collections::BTreeSet;

/// What somebody asks to see a part of.
#[derive(Clone, Copy, Debug)]
pub enum Matter<'a> {
    /// A request, its release, and what was said on it.
    Request(&'a Request),
    /// An item: its class, overrides and diversions.
    Item(&'a ItemId),
    /// The stock of a party.
    Books(&'a PartyId),
    /// The programme: policy versions, appointments, holds.
    Programme,
}

impl State {
    /// Whether a person may see a request at all: its askers, and whomever policy lets see what it
    /// is about. Whoever has stepped back may not.
    #[must_use]
    pub fn may_see(&self, request: &Request, person: &PersonId) -> bool {
        !request.recused.contains(person)
            && (request.is_asked_by(person)
                || self.may_view(person, &Matter::Request(request), Label::Parties))
    }

    /// Whether a person may see a hold: its signer, and whoever may see the request or release that
    /// it is on, or what the programme is about.
    #[must_use]
    pub fn may_see_hold(&self, hold: &HoldPlaced, person: &PersonId) -> bool {
        let request = match &hold.scope {
            HoldScope::Request(id) => Some(*id),
            HoldScope::Release(id) => self.requests.release(*id).map(|release| release.request),
            HoldScope::All
            | HoldScope::Holder(_)
            | HoldScope::Item(_)
            | HoldScope::Zone(_)
            | HoldScope::Act(_)
            | HoldScope::Office(_) => {
                return hold.person == *person
                    || self.may_view(person, &Matter::Programme, Label::Parties);
            }
        };
        let request = request.and_then(|id| self.requests.request(id));
        hold.person == *person || request.is_some_and(|request| self.may_see(request, person))
    }

    /// Whether a person may see everything that the programme deliberates: every party's books, and
    /// what is deliberated on the programme itself.
    #[must_use]
    pub fn may_see_whole(&self, person: &PersonId) -> bool {
        let mut parties = self.people.parties();
        let books =
            parties.all(|party| self.may_view(person, &Matter::Books(&party.id), Label::Parties));
        books && self.may_view(person, &Matter::Programme, Label::Deliberation)
    }

    /// Whether a person may see a part of a matter, by any office that they hold, or stand in for,
    /// at the ledger's clock. Where policy gives no answer, they may not; and of a request from
    /// which they have stepped back they see nothing.
    #[must_use]
    pub fn may_view(&self, person: &PersonId, matter: &Matter<'_>, label: Label) -> bool {
        let at = self.ledger.clock;
        let recused = match matter {
            Matter::Request(request) => request.recused.contains(person),
            Matter::Item(_) | Matter::Books(_) | Matter::Programme => false,
        };
        !recused
            && self
                .people
                .spoken_for_by(person, at)
                .any(|office| self.office_may_view(office, matter, label, at))
    }

    fn office_may_view(
        &self,
        office: &Office,
        matter: &Matter<'_>,
        label: Label,
        at: Moment,
    ) -> bool {
        let concerned = self.concerns(matter, &office.party);
        let lets = |consulted| {
            let office = &office.id;
            self.policy.lets_view(ViewQuestion { office, label, concerned, consulted }, at)
        };
        let (outside, inside) = (lets(false), lets(true));
        // Whether it is consulted is asked only where that makes a difference: it is the dearest.
        if outside == inside || !self.consults(matter, office, at) { outside } else { inside }
    }

    /// Whether a matter concerns a party.
    fn concerns(&self, matter: &Matter<'_>, party: &PartyId) -> bool {
        let controls = |item: &ItemId| {
            let item = self.stock.item(item);
            item.is_some_and(|item| self.policy.world().controls(party, item))
        };
        match matter {
            Matter::Request(request) => {
                let draft = &request.draft;
                draft.holder == *party
                    || draft.recipient.as_ref() == Some(party)
                    || controls(&draft.item)
            }
            Matter::Item(item) => {
                controls(item)
                    || self.stock.accounts_of(item, party).next().is_some()
                    || self.stock.authorised(item, party) > 0
            }
            Matter::Books(owner) => *owner == party,
            Matter::Programme => true,
        }
    }

    /// Whether an office advises or decides on a matter, or has signed on it.
    fn consults(&self, matter: &Matter<'_>, office: &Office, at: Moment) -> bool {
        if office.functions.contains(&Function::Advise) {
            return true;
        }
        let office = &office.id;
        match matter {
            Matter::Request(request) => {
                let decided = request.decisions.iter().any(|made| made.signed.office == *office);
                let advised = request.advice.iter().any(|given| given.signed.office == *office);
                let release = request.release.and_then(|id| self.requests.release(id));
                decided
                    || advised
                    || release.is_some_and(|release| release.set.contains(office))
                    || self.decides_on(request, office, at)
            }
            Matter::Item(item) => {
                let item = self.stock.item(item);
                item.is_some_and(|item| self.sets_classes(item, office, at))
            }
            Matter::Books(_) => false,
            Matter::Programme => [Act::Publish, Act::Suspend]
                .into_iter()
                .any(|act| self.named_now(act, Subject::Programme { proved: true }, office, at)),
        }
    }

    /// Whether an approval set for a request, under the version it is judged by, names an office.
    fn decides_on(&self, request: &Request, office: &OfficeId, at: Moment) -> bool {
        let Ok(version) = self.policy.version(&request.policy) else { return false };
        let (draft, own) = (&request.draft, own_release(self, request));
        let explained = ask(self, version, (draft.act, draft, own), false, at);
        explained.is_ok_and(|explained| names(&explained, office))
    }

    /// Whether an approval set for setting an item's class by hand names an office.
    fn sets_classes(&self, item: &Item, office: &OfficeId, at: Moment) -> bool {
        let subject = Subject::Item(ItemQuestion {
            holder: &item.origin,
            item,
            zone: None,
            quantity: Quantity::ZERO,
            recipient: None,
            requested: Act::Override,
            totals: Totals::default(),
            preconditions: Preconditions::default(),
        });
        self.named_now(Act::Override, subject, office, at)
    }

    /// Whether an approval set of the version in force names an office.
    fn named_now(&self, act: Act, subject: Subject<'_>, office: &OfficeId, at: Moment) -> bool {
        let exercise = self.ledger.exercise;
        let question = Question { act, subject, now: at, key_only: false, exercise };
        let version = self.policy.current();
        let explained =
            version.and_then(|version| self.policy.ask(version, &BTreeSet::new(), &question));
        explained.is_ok_and(|explained| names(&explained, office))
    }
}

fn names(explained: &Explained, office: &OfficeId) -> bool {
    match &explained.verdict {
        Verdict::Needs(sets) => sets.iter().any(|set| set.contains(office)),
        Verdict::Standing | Verdict::Prohibited => false,
    }
}

//! A second book, kept from the events and the signed texts alone, by simple rules: who may speak,
//! what they said, and what the release rests on. No code of the ledger's rules is used here.

use super::papers::Paper;
use super::rules::{filled, needs};
use countersign_core::people::{Deputation, Event as People, Incumbency};
use countersign_core::requests::{DecisionMade, Draft, Event as Requests, Suspension, Usable};
use countersign_core::{Event, State, ledger, policy};
use countersign_proof::signature::Verified;
use countersign_proof::words::{DecisionKind, Digest, Moment, OfficeId, PersonId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The properties, each by the name under which it is reported.
pub const BACKED: &str =
    "a release rests on distinct persons in office, of one set that its policy demands";
pub const IN_PERSON: &str = "a personal office decides in person";
pub const AS_SIGNED: &str = "what is executed is what was signed";
pub const INVARIANTS: &str = "the invariants of the ledger hold";
pub const ONE_EFFECT: &str = "a command that is sent again has one effect and one answer";
pub const SAME_BOOKS: &str = "the ledger says the same as the events";

/// A property that does not hold, and what was found.
pub type Broken = (&'static str, String);
pub type Found = Result<(), Broken>;

fn demand(property: &'static str, holds: bool, what: impl FnOnce() -> String) -> Found {
    if holds { Ok(()) } else { Err((property, what())) }
}

/// An office's word, as an event tells it.
#[derive(Clone, Serialize, Deserialize)]
struct Word {
    person: PersonId,
    office: OfficeId,
    kind: DecisionKind,
    revision: u32,
    policy: String,
    void: bool,
}

/// The one request.
#[derive(Clone, Serialize, Deserialize)]
struct Asked {
    draft: Box<Draft>,
    revision: u32,
    digest: Digest,
    policy: String,
    authors: BTreeSet<PersonId>,
    recused: BTreeSet<PersonId>,
    open: bool,
}

/// The one release.
#[derive(Clone, Serialize, Deserialize)]
struct Right {
    revision: u32,
    usable: Usable,
    used: u64,
    ended: bool,
    causes: BTreeSet<Suspension>,
    issued: Moment,
    /// When it could not be used: a use is judged by when it was, not by when it is told.
    idle: Vec<(Moment, Option<Moment>)>,
}

impl Right {
    fn is_usable(&self) -> bool {
        !self.ended && self.causes.is_empty()
    }

    /// Notes since when it cannot be used, or can be used again.
    fn note(&mut self, at: Moment) {
        let usable = self.is_usable();
        match self.idle.last_mut() {
            Some((_, until @ None)) if usable => *until = Some(at),
            Some((_, None)) => {}
            Some((_, Some(_))) | None if usable => {}
            Some((_, Some(_))) | None => self.idle.push((at, None)),
        }
    }

    /// Whether so many units could be used at that moment.
    fn allows(&self, units: u64, used_at: Moment) -> bool {
        let idle = |(from, until): &(Moment, Option<Moment>)| {
            *from <= used_at && until.is_none_or(|until| used_at < until)
        };
        self.issued <= used_at
            && self.usable.window.contains(used_at)
            && !self.idle.iter().any(idle)
            && self.used + units <= self.usable.quantity.units()
    }
}

/// The book.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Book {
    /// How many signers make the word of an office that is not personal and is asked.
    quorum: u8,
    personal: BTreeSet<OfficeId>,
    terms: Vec<Incumbency>,
    deputies: Vec<Deputation>,
    in_force: String,
    asked: Option<Asked>,
    right: Option<Right>,
    /// What was said, by the digest of the text that says it: in no order.
    words: BTreeMap<Digest, Word>,
}

/// The texts that exist.
pub type Texts = [Arc<Paper>];

impl Book {
    /// Whether the text with this digest was taken already.
    pub fn has(&self, text: Digest) -> bool {
        self.words.contains_key(&text)
    }

    /// How many different persons' approvals stand.
    pub fn signers(&self) -> usize {
        let standing = self.approvals().into_iter();
        standing.map(|(person, _)| person).collect::<BTreeSet<_>>().len()
    }

    /// Whether an approval stands of somebody who has left that office since.
    pub fn outlived(&self, at: Moment) -> bool {
        let held = |person: &str, office: &str| {
            let own = |term: &&Incumbency| {
                (term.person.as_str(), term.office.as_str()) == (person, office)
            };
            self.terms.iter().filter(own).map(|term| term.span.until).max()
        };
        let mut standing = self.approvals().into_iter();
        standing.any(|(person, office)| held(&person, &office).is_some_and(|until| until <= at))
    }

    /// Takes the events of one step in; says what cannot be.
    pub fn take(&mut self, at: Moment, events: &[Event], texts: &Texts) -> Found {
        for event in events {
            match event {
                Event::Ledger(ledger::Event::LedgerFounded { charter, .. }) => {
                    let personal = charter.offices.iter().filter(|office| office.personal);
                    self.personal = personal.map(|office| office.id.clone()).collect();
                    let asked =
                        charter.offices.iter().find(|office| office.id.as_str() == "GB.MoD");
                    self.quorum = asked.unwrap().quorum;
                    self.terms.clone_from(&charter.incumbencies);
                    self.in_force = charter.policies[0].bundle.version.to_string();
                }
                Event::People(event) => self.of_people(event),
                Event::Policy(policy::Event::VersionCameIntoForce { version }) => {
                    self.in_force = version.to_string();
                }
                Event::Requests(event) => self.of_requests(at, event, texts)?,
                // Neither the numbers of texts nor what lies in stores gives or takes consent.
                Event::Ledger(_)
                | Event::Policy(_)
                | Event::Stock(_)
                | Event::Triage(_)
                | Event::Rerouting(_)
                | Event::History(_) => {}
            }
        }
        self.stands()
    }

    fn of_people(&mut self, event: &People) {
        match event {
            People::IncumbentAppointed(term) => self.terms.push(term.clone()),
            People::DeputyAppointed(deputy) => self.deputies.push(deputy.clone()),
            People::IncumbencyEnded { office, person, until } => {
                let own = |t: &&mut Incumbency| t.office == *office && t.person == *person;
                for term in self.terms.iter_mut().filter(own) {
                    term.span.until = term.span.until.min(*until);
                }
            }
            other => panic!("nobody here makes {other:?}"),
        }
    }

    fn holds(&self, at: Moment, person: &PersonId, office: &OfficeId) -> bool {
        let mut terms = self.terms.iter().filter(|t| t.person == *person && t.office == *office);
        terms.any(|term| term.span.from <= at && at < term.span.until)
    }

    fn stands_in(&self, at: Moment, made: &DecisionMade, principal: &PersonId) -> bool {
        let signed = &made.signed;
        self.deputies.iter().any(|deputy| {
            (&deputy.office, &deputy.deputy) == (&signed.office, &signed.person)
                && deputy.principal == *principal
                && (deputy.span.from <= at && at < deputy.span.until)
                && self.holds(at, principal, &signed.office)
        })
    }

    fn of_requests(&mut self, at: Moment, event: &Requests, texts: &Texts) -> Found {
        match event {
            Requests::RequestSubmitted { requester, draft, digest, policy, .. } => {
                self.asked = Some(Asked {
                    draft: draft.clone(),
                    revision: 1,
                    digest: *digest,
                    policy: policy.to_string(),
                    authors: [requester.clone()].into(),
                    recused: BTreeSet::new(),
                    open: true,
                });
            }
            Requests::RequestRevised { revision, reviser, draft, digest, policy, .. } => {
                let asked = self.asked.as_mut().unwrap();
                asked.authors.insert(reviser.clone());
                asked.draft.clone_from(draft);
                (asked.revision, asked.digest) = (revision.0, *digest);
                asked.policy = policy.to_string();
            }
            Requests::RequestRebound { policy, .. } => {
                self.asked.as_mut().unwrap().policy = policy.to_string();
            }
            Requests::RequestApproved { .. }
            | Requests::RequestRefused { .. }
            | Requests::RequestWithdrawn { .. }
            | Requests::RequestLapsed { .. } => self.asked.as_mut().unwrap().open = false,
            Requests::PersonRecused { person, .. } => {
                self.asked.as_mut().unwrap().recused.insert(person.clone());
                self.void(|word| word.person == *person);
            }
            Requests::DecisionRecorded { decision, .. } => self.said(at, decision, texts)?,
            Requests::ReleaseIssued { usable, .. } => {
                demand(SAME_BOOKS, self.right.is_none(), || "a second release".to_owned())?;
                let revision = self.asked.as_ref().unwrap().revision;
                self.right = Some(Right {
                    revision,
                    usable: (**usable).clone(),
                    used: 0,
                    ended: false,
                    causes: BTreeSet::new(),
                    issued: at,
                    idle: Vec::new(),
                });
            }
            Requests::ReleasesSuspended { cause, .. } => {
                if let Suspension::Policy(version) = cause {
                    self.asked.as_mut().unwrap().policy = version.to_string();
                }
                self.right.as_mut().unwrap().causes.insert(cause.clone());
            }
            Requests::ReleasesReinstated { cause, .. } => {
                self.right.as_mut().unwrap().causes.remove(cause);
            }
            Requests::ReleaseReapproved { usable, .. } => {
                let right = self.right.as_mut().unwrap();
                right.causes.retain(|cause| !matches!(cause, Suspension::Policy(_)));
                right.usable = (**usable).clone();
            }
            Requests::ReleaseEnded { .. } => self.right.as_mut().unwrap().ended = true,
            Requests::UseReported { quantity, used_at, breaches, .. } => {
                // What nobody allowed may have happened all the same: then it is called a breach.
                let right = self.right.as_mut().unwrap();
                let allowed = right.allows(quantity.units(), *used_at);
                right.used += quantity.units();
                demand(BACKED, allowed == breaches.is_empty(), || {
                    format!("a use that was allowed: {allowed}; told of it: {breaches:?}")
                })?;
            }
            Requests::InformationAnswered { .. }
            | Requests::DecidersReminded { .. }
            | Requests::RequestEscalated { .. }
            | Requests::QuorumOutOfReach { .. }
            | Requests::HoldPlaced { .. }
            | Requests::HoldLifted { .. } => {}
            other => panic!("nobody here makes {other:?}"),
        }
        if let Some(right) = &mut self.right {
            right.note(at);
        }
        Ok(())
    }

    fn void(&mut self, gone: impl Fn(&Word) -> bool) {
        self.words.values_mut().filter(|word| gone(word)).for_each(|word| word.void = true);
    }

    /// A word on the record: there is a text that says just this of just this, used once, by
    /// somebody who may.
    fn said(&mut self, at: Moment, made: &DecisionMade, texts: &Texts) -> Found {
        let (person, office) = (&made.signed.person, &made.signed.office);
        match &made.signed.deputy_of {
            None => {
                let property = if self.personal.contains(office) { IN_PERSON } else { BACKED };
                demand(property, self.holds(at, person, office), || {
                    format!("{person} spoke for {office}, and does not hold it")
                })?;
            }
            Some(principal) => {
                demand(IN_PERSON, !self.personal.contains(office), || {
                    format!("{person} spoke for {office} in the stead of {principal}")
                })?;
                demand(BACKED, self.stands_in(at, made, principal), || {
                    format!("{person} does not stand in for {principal} at {office}")
                })?;
            }
        }
        let asked = self.asked.as_ref().unwrap();
        let own = asked.authors.contains(person) || asked.recused.contains(person);
        demand(BACKED, !own, || format!("{person} wrote this, or has stepped back"))?;
        let text = texts.iter().find(|paper| paper.digest == Some(made.statement));
        let text = text.and_then(|paper| paper.decision()).map(Verified::statement);
        let same = text.is_some_and(|text| {
            let terms = asked.draft.terms(text.terms.request, made.revision, asked.digest);
            text.terms == terms
                && made.revision.0 == asked.revision
                && (&text.signer, &text.office) == (person, office)
                && (text.decision, text.policy.as_str()) == (made.decision, asked.policy.as_str())
        });
        demand(AS_SIGNED, same, || {
            format!("no text of {person} says “{}” of the revision as it is", made.decision)
        })?;
        demand(ONE_EFFECT, !self.has(made.statement), || "one text counts twice".to_owned())?;
        match made.decision {
            DecisionKind::Refuse => self.void(|w| w.person == *person && w.office == *office),
            DecisionKind::Withdraw => {
                self.void(|word| word.kind == DecisionKind::Approve && word.office == *office);
            }
            DecisionKind::Approve | DecisionKind::Ask => {}
        }
        let word = Word {
            person: person.clone(),
            office: office.clone(),
            kind: made.decision,
            revision: made.revision.0,
            policy: made.policy.to_string(),
            void: false,
        };
        self.words.insert(made.statement, word);
        Ok(())
    }

    /// The approvals that stand: by whom, for which office.
    fn approvals(&self) -> BTreeSet<(String, String)> {
        let Some(asked) = &self.asked else { return BTreeSet::new() };
        let stands = |word: &&Word| {
            word.kind == DecisionKind::Approve
                && !word.void
                && word.revision == asked.revision
                && word.policy == asked.policy
        };
        let standing = self.words.values().filter(stands);
        standing.map(|word| (word.person.to_string(), word.office.to_string())).collect()
    }

    fn is_usable(&self) -> bool {
        self.right.as_ref().is_some_and(Right::is_usable)
    }

    /// What must be so of a release that can be used.
    fn stands(&self) -> Found {
        let (Some(asked), Some(right)) = (&self.asked, &self.right) else { return Ok(()) };
        if !self.is_usable() {
            return Ok(());
        }
        let (draft, usable) = (&asked.draft, &right.usable);
        let same = right.revision == asked.revision && *usable == draft.usable();
        demand(AS_SIGNED, same, || format!("signed was {draft:?}, usable is {usable:?}"))?;
        demand(AS_SIGNED, asked.policy == self.in_force, || {
            format!("usable under {}, but {} is in force", asked.policy, self.in_force)
        })?;
        let zones: Vec<&str> = usable.zones.iter().map(|zone| zone.as_str()).collect();
        let wanted = needs(&asked.policy, draft.act.as_str(), draft.item.as_str(), &zones, 0);
        let signed = self.approvals();
        let quorum = usize::from(self.quorum);
        let backed = wanted.iter().any(|set| {
            let slots: Vec<&str> = set
                .iter()
                .flat_map(|office| {
                    let times = if office == "GB.MoD" { quorum } else { 1 };
                    std::iter::repeat_n(office.as_str(), times)
                })
                .collect();
            filled(&slots, &signed, &mut Vec::new())
        });
        demand(BACKED, backed, || {
            format!("the release is usable; {} demands {wanted:?}, {signed:?} stand", asked.policy)
        })
    }

    /// Compares with what the ledger says of the same things.
    pub fn agrees(&self, state: &State) -> Found {
        let open = self.asked.as_ref().is_some_and(|asked| asked.open);
        let told = state.requests.all()[0].state.is_open();
        demand(SAME_BOOKS, open == told, || format!("open: {open} and {told}"))?;
        let told = state.requests.releases().first().is_some_and(|one| one.state.is_usable());
        let usable = self.is_usable();
        demand(SAME_BOOKS, usable == told, || format!("usable: {usable} and {told}"))
    }
}

//! People. Answers: *who may speak for which office, and with which key?*

mod decide;
mod offices;
mod quorum;

pub use decide::Authority;
pub use offices::{Deputation, EnrolledKey, Function, Incumbency, Office, Party, Span};
pub use quorum::{Mark, covers, open_offices};

use crate::ledger::Charter;
use crate::rejection::rejections;
use countersign_proof::signature::{Assurance, PublicKey, Verified};
use countersign_proof::statement::kinds::{Appointment, Erasure, KeyEnrolment, KeyRevocation};
use countersign_proof::words::{Act, EntryNumber, KeyId, Moment, OfficeId, PartyId, PersonId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// State: parties, offices, people, who holds what, and their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    parties: BTreeMap<PartyId, Party>,
    offices: BTreeMap<OfficeId, Office>,
    persons: BTreeMap<PersonId, PartyId>,
    terms: BTreeMap<OfficeId, Vec<Incumbency>>,
    deputies: BTreeMap<OfficeId, Vec<Deputation>>,
    keys: BTreeMap<KeyId, EnrolledKey>,
    erased: BTreeMap<PersonId, Erased>,
}

/// A name that was taken out of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// When.
    pub at: Moment,
    /// The entries whose identity parts are gone.
    pub entries: BTreeSet<EntryNumber>,
}

/// Commands of the room.
#[derive(Clone, Debug)]
pub enum Command {
    /// Enter a person in the record.
    RegisterPerson {
        /// The opaque id.
        person: PersonId,
        /// The party they belong to.
        party: PartyId,
        /// Their name, kept apart under the identity label.
        name: String,
    },
    /// Begin or end an appointment; each statement by one signer of the appointing offices.
    Appoint {
        /// Statements alike but for office, signer, binding and reason.
        statements: Vec<Verified<Appointment>>,
    },
    /// Enrol a key: the witness and the new key sign the same text.
    EnrolKey {
        /// Signed by the witness.
        witness: Verified<KeyEnrolment>,
        /// Signed by the new key.
        possession: Verified<KeyEnrolment>,
    },
    /// Revoke a key.
    RevokeKey {
        /// Signed by its owner or a registrar.
        statement: Verified<KeyRevocation>,
    },
    /// Take a person's name out of the record for good.
    EraseIdentity {
        /// Signed by a registrar.
        statement: Verified<Erasure>,
        /// The entries that name the person as the command is taken. Whoever holds the record fills
        /// them in.
        naming: BTreeSet<EntryNumber>,
        /// The names of others in the parts that go: they are written down anew. Whoever holds the
        /// record fills them in once the command is accepted.
        kept: BTreeMap<PersonId, String>,
    },
}

/// Events of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A person was entered.
    PersonRegistered {
        /// Who.
        person: PersonId,
        /// Of which party.
        party: PartyId,
    },
    /// A person took an office.
    IncumbentAppointed(Incumbency),
    /// A person may sign in an incumbent's stead.
    DeputyAppointed(Deputation),
    /// An incumbency was shortened.
    IncumbencyEnded {
        /// The office.
        office: OfficeId,
        /// The person.
        person: PersonId,
        /// The first moment after it.
        until: Moment,
    },
    /// A deputation was shortened.
    DeputationEnded {
        /// The office.
        office: OfficeId,
        /// The deputy.
        person: PersonId,
        /// The first moment after it.
        until: Moment,
    },
    /// A key may sign.
    KeyEnrolled(EnrolledKey),
    /// A key may no longer sign.
    KeyRevoked {
        /// Which.
        key: KeyId,
    },
    /// A name was taken out of the record.
    IdentityErased {
        /// Whose.
        person: PersonId,
        /// The entries whose identity parts go.
        entries: BTreeSet<EntryNumber>,
    },
}

rejections!(
    /// Why the room refuses.
    Rejection in "people" {
        NoStatement = "no-statement", "no signed statement was given";
        UnknownPerson { person: PersonId } = "unknown-person",
            "{person} is not known to this ledger; register the person first";
        UnknownParty { party: PartyId } = "unknown-party", "the party {party} is not declared";
        UnknownOffice { office: OfficeId } = "unknown-office", "the office {office} is not \
             declared";
        UnknownKey { key: KeyId } = "unknown-key",
            "the key {key} is not enrolled; enrol it with a witness first";
        KeyOfAnother { key: KeyId, signer: PersonId } = "key-of-another",
            "the key {key} is not a key of {signer}; each signs with their own";
        KeyRevoked { key: KeyId, at: Moment } = "key-revoked",
            "the key {key} was revoked at {at}; sign with one that is enrolled";
        KeyExpired { key: KeyId, at: Moment } = "key-expired",
            "the key {key} expired at {at}; enrol a new one";
        OutsideDeputyScope { office: OfficeId, person: PersonId, act: Act }
            = "outside-deputy-scope",
            "{person} stands in at {office}, but not for the act {act}";
        TermEnded { office: OfficeId, person: PersonId, at: Moment } = "term-ended",
            "{person} held {office} only until {at}";
        PersonalOffice { office: OfficeId, signer: PersonId } = "personal-office",
            "{office} is a personal office: only its incumbent may sign, and {signer} is not; \
             no deputy, escalation or administrator can";
        NotInOffice { office: OfficeId, person: PersonId } = "not-in-office",
            "{person} does not hold {office} at this moment, nor stand in for someone who does";
        FunctionMissing { person: PersonId, function: Function } = "function-missing",
            "{person} holds no office that may {function}";
        PersonKnown { person: PersonId } = "person-known", "{person} is registered already";
        StatementsDiffer = "statements-differ",
            "the statements differ in more than office, signer, binding and reason";
        DeputyToPersonalOffice { office: OfficeId } = "deputy-to-personal-office",
            "{office} is a personal office and can have no deputy";
        SpanInThePast = "span-in-the-past", "the span has passed already";
        DeputyOfNobody { office: OfficeId, person: PersonId } = "deputy-of-nobody",
            "{person} is not an incumbent of {office} over that span; a deputy stands in for one";
        DeputyChain { office: OfficeId, person: PersonId } = "deputy-chain",
            "{person} is a deputy or has one at {office} in that span; deputies form no chain or \
                 circle";
        SpanOverlaps { office: OfficeId } = "span-overlaps",
            "{office} is filled in that span already; end that term first";
        NothingToEnd { office: OfficeId, person: PersonId } = "nothing-to-end",
            "{person} has no running or coming term at {office}";
        SelfWitness = "self-witness", "a key needs a second enrolled person as its witness";
        PossessionMissing = "possession-missing",
            "the new key must sign the very text that the witness signed";
        KeyKnown { key: KeyId } = "key-known", "the key {key} is or was enrolled already";
        KeySpanEmpty = "key-span-empty", "the key would expire before it can sign";
        MayNotRevoke { person: PersonId } = "may-not-revoke",
            "{person} may revoke their own keys; another's only with an office that may register";
        StillInOffice { office: OfficeId, person: PersonId } = "still-in-office",
            "{person} holds {office}, is to hold it, or stands in there: whoever can still act is \
                 named; end that term first";
        ErasedAlready { person: PersonId, at: Moment } = "erased-already",
            "the name of {person} was taken out of the record at {at}";
        PersonErased { person: PersonId } = "person-erased",
            "the name of {person} was taken out of the record; nobody without a name takes an \
                 office or a key; register the person anew under another id";
        NamesMoved { person: PersonId } = "names-moved",
            "the record names {person} in an entry that the statement does not name, since another \
                 name was erased meanwhile; have the statement made anew";
    }
);

impl People {
    /// What the charter declares.
    pub(crate) fn found(charter: &Charter, at: Moment) -> Self {
        let mut people = Self::default();
        for party in &charter.parties {
            people.parties.insert(party.id.clone(), party.clone());
        }
        for office in &charter.offices {
            people.offices.insert(office.id.clone(), office.clone());
        }
        people.persons.clone_from(&charter.people);
        for term in &charter.incumbencies {
            people.terms.entry(term.office.clone()).or_default().push(term.clone());
        }
        for key in &charter.keys {
            if let Ok(public) = PublicKey::from_openssh(&key.public_key) {
                let enrolled = EnrolledKey {
                    key: public.id(),
                    public_key: key.public_key.clone(),
                    person: key.person.clone(),
                    witness: None,
                    from: at,
                    until: key.expires_on,
                    revoked_at: None,
                };
                people.keys.insert(enrolled.key, enrolled);
            }
        }
        people
    }

    pub(crate) fn apply(&mut self, at: Moment, event: &Event) {
        match event {
            Event::PersonRegistered { person, party } => {
                self.persons.insert(person.clone(), party.clone());
            }
            Event::IncumbentAppointed(term) => {
                self.terms.entry(term.office.clone()).or_default().push(term.clone());
            }
            Event::DeputyAppointed(deputy) => {
                self.deputies.entry(deputy.office.clone()).or_default().push(deputy.clone());
            }
            Event::IncumbencyEnded { office, person, until } => {
                for term in self.terms.get_mut(office).into_iter().flatten() {
                    if term.person == *person {
                        term.span.end(*until);
                    }
                }
            }
            Event::DeputationEnded { office, person, until } => {
                for deputy in self.deputies.get_mut(office).into_iter().flatten() {
                    if deputy.deputy == *person {
                        deputy.span.end(*until);
                    }
                }
            }
            Event::KeyEnrolled(key) => {
                self.keys.insert(key.key, key.clone());
            }
            Event::KeyRevoked { key } => {
                if let Some(enrolled) = self.keys.get_mut(key) {
                    enrolled.revoked_at = Some(at);
                }
            }
            Event::IdentityErased { person, entries } => {
                let erased = Erased { at, entries: entries.clone() };
                self.erased.insert(person.clone(), erased);
            }
        }
    }

    /// The parties.
    pub fn parties(&self) -> impl Iterator<Item = &Party> {
        self.parties.values()
    }

    /// The offices.
    pub fn offices(&self) -> impl Iterator<Item = &Office> {
        self.offices.values()
    }

    /// The people and their parties.
    pub fn persons(&self) -> impl Iterator<Item = (&PersonId, &PartyId)> {
        self.persons.iter()
    }

    /// Every key ever enrolled.
    pub fn keys(&self) -> impl Iterator<Item = &EnrolledKey> {
        self.keys.values()
    }

    /// The names that were taken out of the record.
    pub fn erased(&self) -> impl Iterator<Item = (&PersonId, &Erased)> {
        self.erased.iter()
    }

    /// When the person's name was taken out of the record, if it was.
    #[must_use]
    pub fn erased_at(&self, person: &PersonId) -> Option<Moment> {
        self.erased.get(person).map(|erased| erased.at)
    }

    /// The terms served at an office, in the order of the record.
    pub fn terms(&self, office: &OfficeId) -> impl Iterator<Item = &Incumbency> {
        self.terms.get(office).into_iter().flatten()
    }

    /// The deputations at an office, in the order of the record.
    pub fn deputies(&self, office: &OfficeId) -> impl Iterator<Item = &Deputation> {
        self.deputies.get(office).into_iter().flatten()
    }

    /// Whether the party is declared.
    #[must_use]
    pub fn has_party(&self, party: &PartyId) -> bool {
        self.parties.contains_key(party)
    }

    /// The office, if it is declared.
    #[must_use]
    pub fn office(&self, office: &OfficeId) -> Option<&Office> {
        self.offices.get(office)
    }

    /// How many distinct signers make an office's word.
    pub fn quorum(&self) -> impl Fn(&OfficeId) -> u8 + '_ {
        |office| self.office(office).map_or(u8::MAX, |office| office.quorum)
    }

    /// The party a person belongs to.
    #[must_use]
    pub fn party_of(&self, person: &PersonId) -> Option<&PartyId> {
        self.persons.get(person)
    }

    /// The person's offices at `at`, as incumbent.
    pub fn held_by<'a>(
        &'a self,
        person: &'a PersonId,
        at: Moment,
    ) -> impl Iterator<Item = &'a Office> {
        self.offices.values().filter(move |office| self.is_incumbent(&office.id, person, at))
    }

    /// The offices that a person holds at `at`, or stands in for on whichever acts.
    pub fn spoken_for_by<'a>(
        &'a self,
        person: &'a PersonId,
        at: Moment,
    ) -> impl Iterator<Item = &'a Office> {
        let stands_in = move |office: &Office| {
            !office.personal
                && self.deputies(&office.id).any(|deputy| {
                    deputy.deputy == *person
                        && deputy.span.contains(at)
                        && self.is_incumbent(&office.id, &deputy.principal, at)
                })
        };
        self.offices
            .values()
            .filter(move |office| self.is_incumbent(&office.id, person, at) || stands_in(office))
    }

    /// Whether `person` holds `office` at `at`.
    #[must_use]
    pub fn is_incumbent(&self, office: &OfficeId, person: &PersonId, at: Moment) -> bool {
        self.terms(office).any(|term| term.person == *person && term.span.contains(at))
    }

    /// Whoever may sign for `office` on `act` at `at`: its incumbents and, for an office that is
    /// not personal, their deputies.
    #[must_use]
    pub fn eligible(&self, office: &OfficeId, act: Act, at: Moment) -> BTreeSet<&PersonId> {
        let incumbents = self.terms(office).filter(|term| term.span.contains(at));
        let mut people: BTreeSet<&PersonId> = incumbents.map(|term| &term.person).collect();
        if self.office(office).is_some_and(|office| !office.personal) {
            let deputies = self.deputies(office).filter(|d| d.covers(act, at));
            people.extend(
                deputies.filter(|d| self.is_incumbent(office, &d.principal, at)).map(|d| &d.deputy),
            );
        }
        people
    }
}

/// What a signature is worth once key, person and office are checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Who signed.
    pub person: PersonId,
    /// For which office.
    pub office: OfficeId,
    /// In whose stead, for a deputy.
    pub deputy_of: Option<PersonId>,
    /// With which key.
    pub key: KeyId,
    /// With or without user verification.
    pub assurance: Assurance,
}

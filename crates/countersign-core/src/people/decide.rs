//! Whose signature counts, and the decisions of the room.

use super::{
    Command, Deputation, EnrolledKey, Event, Function, Incumbency, People, Rejection, Signed, Span,
};
use countersign_proof::signature::{PublicKey, Verified};
use countersign_proof::statement::Statement;
use countersign_proof::statement::kinds::{Appointment, Erasure, KeyEnrolment, KeyRevocation};
use countersign_proof::words::{
    Act, AppointmentChange, EntryNumber, KeyId, Moment, OfficeId, PartyId, PersonId, Role,
};
use std::collections::BTreeSet;

/// Who stands at the door, with the key that opened the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Who.
    pub person: PersonId,
    /// With which key.
    pub key: KeyId,
}

impl People {
    /// Checks that `key` is a key of `signer` that may sign at `at`.
    pub(crate) fn check_key(
        &self,
        key: KeyId,
        signer: &PersonId,
        at: Moment,
    ) -> Result<(), Rejection> {
        if !self.persons.contains_key(signer) {
            return Err(Rejection::UnknownPerson { person: signer.clone() });
        }
        let enrolled = self.keys.get(&key).ok_or(Rejection::UnknownKey { key })?;
        if enrolled.person != *signer {
            return Err(Rejection::KeyOfAnother { key, signer: signer.clone() });
        }
        if let Some(revoked) = enrolled.revoked_at {
            return Err(Rejection::KeyRevoked { key, at: revoked });
        }
        if at >= enrolled.until {
            return Err(Rejection::KeyExpired { key, at: enrolled.until });
        }
        Ok(())
    }

    /// Checks that the key with which somebody stands at a door is theirs and may sign at `at`.
    ///
    /// # Errors
    /// The rejection that any command of theirs would get.
    pub fn check_authority(&self, authority: &Authority, at: Moment) -> Result<(), Rejection> {
        self.check_key(authority.key, &authority.person, at)
    }

    /// Checks that `person` may sign for `office` on `act` at `at`; gives the incumbent in whose
    /// stead, for a deputy.
    pub(crate) fn check_office(
        &self,
        office: &OfficeId,
        person: &PersonId,
        act: Act,
        at: Moment,
    ) -> Result<Option<PersonId>, Rejection> {
        let declared = self
            .office(office)
            .ok_or_else(|| Rejection::UnknownOffice { office: office.clone() })?;
        if self.is_incumbent(office, person, at) {
            return Ok(None);
        }
        let mut out_of_scope = false;
        if !declared.personal {
            let stands_in = self.deputies(office).filter(|deputy| {
                deputy.deputy == *person
                    && deputy.span.contains(at)
                    && self.is_incumbent(office, &deputy.principal, at)
            });
            for deputy in stands_in {
                if deputy.acts.contains(&act) {
                    return Ok(Some(deputy.principal.clone()));
                }
                out_of_scope = true;
            }
        }
        let ended = self.terms(office).filter(|t| t.person == *person && t.span.until <= at);
        let until = ended.map(|term| term.span.until).max();
        let (office, person) = (office.clone(), person.clone());
        if out_of_scope {
            return Err(Rejection::OutsideDeputyScope { office, person, act });
        }
        Err(match until {
            Some(until) => Rejection::TermEnded { office, person, at: until },
            None if declared.personal => Rejection::PersonalOffice { office, signer: person },
            None => Rejection::NotInOffice { office, person },
        })
    }

    /// What the signature under a statement is worth for `office` on `act` at `at`.
    pub(crate) fn signed<S: Statement>(
        &self,
        verified: &Verified<S>,
        office: &OfficeId,
        act: Act,
        at: Moment,
    ) -> Result<Signed, Rejection> {
        let person = verified.statement().signer();
        let key = verified.key_id();
        self.check_key(key, person, at)?;
        let deputy_of = self.check_office(office, person, act, at)?;
        Ok(Signed {
            person: person.clone(),
            office: office.clone(),
            deputy_of,
            key,
            assurance: verified.assurance(),
        })
    }

    /// Checks that whoever stands at the door holds an office of `party` (any, where `None`) with
    /// `function`.
    pub(crate) fn check_function(
        &self,
        authority: &Authority,
        function: Function,
        party: Option<&PartyId>,
        at: Moment,
    ) -> Result<(), Rejection> {
        let Authority { person, key } = authority;
        self.check_key(*key, person, at)?;
        let fits = self.held_by(person, at).any(|office| {
            office.functions.contains(&function) && party.is_none_or(|party| office.party == *party)
        });
        if fits {
            Ok(())
        } else {
            Err(Rejection::FunctionMissing { person: person.clone(), function })
        }
    }

    /// Decides a command of the room. For an appointment, the gate has already found that policy
    /// is satisfied by those who signed.
    pub(crate) fn decide(
        &self,
        command: &Command,
        by: Option<&Authority>,
        at: Moment,
    ) -> Result<Event, Rejection> {
        match command {
            Command::RegisterPerson { person, party, name: _ } => {
                let by = by.ok_or(Rejection::NoStatement)?;
                if !self.has_party(party) {
                    return Err(Rejection::UnknownParty { party: party.clone() });
                }
                self.check_function(by, Function::Register, None, at)?;
                if self.persons.contains_key(person) {
                    return Err(Rejection::PersonKnown { person: person.clone() });
                }
                Ok(Event::PersonRegistered { person: person.clone(), party: party.clone() })
            }
            Command::Appoint { statements } => {
                let first = statements.first().ok_or(Rejection::NoStatement)?.statement();
                let alike = statements.iter().all(|other| same_appointment(first, other));
                if !alike {
                    return Err(Rejection::StatementsDiffer);
                }
                self.decide_appointment(first, at)
            }
            Command::EnrolKey { witness, possession } => {
                self.decide_enrolment(witness, possession, at)
            }
            Command::RevokeKey { statement } => self.decide_revocation(statement, at),
            Command::EraseIdentity { statement, naming, kept: _ } => {
                self.decide_erasure(statement, naming, at)
            }
        }
    }

    fn decide_appointment(&self, wanted: &Appointment, at: Moment) -> Result<Event, Rejection> {
        let (office, person) = (&wanted.subject_office, &wanted.person);
        let declared = self
            .office(office)
            .ok_or_else(|| Rejection::UnknownOffice { office: office.clone() })?;
        if !self.persons.contains_key(person) {
            return Err(Rejection::UnknownPerson { person: person.clone() });
        }
        self.check_named(person)?;
        let span = Span { from: wanted.span.from(), until: wanted.span.until() };
        match (wanted.change, wanted.role) {
            (AppointmentChange::Appoint, Role::Incumbent) => {
                if span.until <= at {
                    return Err(Rejection::SpanInThePast);
                }
                // A term never reaches back: it would make past signatures good.
                let span = Span { from: span.from.max(at), ..span };
                let clash = self.terms(office).any(|term| {
                    term.span.overlaps(span) && (declared.personal || term.person == *person)
                });
                if clash {
                    return Err(Rejection::SpanOverlaps { office: office.clone() });
                }
                Ok(Event::IncumbentAppointed(Incumbency {
                    office: office.clone(),
                    person: person.clone(),
                    span,
                }))
            }
            (AppointmentChange::Appoint, Role::Deputy) => self.decide_deputy(wanted, span, at),
            (AppointmentChange::End, role) => {
                let until = span.until.max(at);
                let runs = match role {
                    Role::Incumbent => self
                        .terms(office)
                        .any(|term| term.person == *person && until < term.span.until),
                    Role::Deputy => self
                        .deputies(office)
                        .any(|deputy| deputy.deputy == *person && until < deputy.span.until),
                };
                let (office, person) = (office.clone(), person.clone());
                if !runs {
                    return Err(Rejection::NothingToEnd { office, person });
                }
                Ok(match role {
                    Role::Incumbent => Event::IncumbencyEnded { office, person, until },
                    Role::Deputy => Event::DeputationEnded { office, person, until },
                })
            }
        }
    }

    fn decide_deputy(
        &self,
        wanted: &Appointment,
        span: Span,
        at: Moment,
    ) -> Result<Event, Rejection> {
        let (office, deputy) = (&wanted.subject_office, &wanted.person);
        if self.office(office).is_some_and(|office| office.personal) {
            return Err(Rejection::DeputyToPersonalOffice { office: office.clone() });
        }
        if span.until <= at {
            return Err(Rejection::SpanInThePast);
        }
        let span = Span { from: span.from.max(at), ..span };
        let principal = wanted.deputy_of.as_ref().filter(|principal| {
            self.terms(office).any(|term| {
                term.person == **principal
                    && term.span.from <= span.from
                    && span.until <= term.span.until
            })
        });
        let Some(principal) = principal else {
            let person = wanted.deputy_of.clone().unwrap_or_else(|| deputy.clone());
            return Err(Rejection::DeputyOfNobody { office: office.clone(), person });
        };
        let in_span = |other: &&Deputation| other.span.overlaps(span);
        let chained = |other: &Deputation| {
            other.principal == *deputy || other.deputy == *principal || other.deputy == *deputy
        };
        if principal == deputy || self.deputies(office).filter(in_span).any(chained) {
            return Err(Rejection::DeputyChain { office: office.clone(), person: deputy.clone() });
        }
        Ok(Event::DeputyAppointed(Deputation {
            office: office.clone(),
            principal: principal.clone(),
            deputy: deputy.clone(),
            acts: wanted.acts.clone(),
            span,
        }))
    }

    fn decide_enrolment(
        &self,
        witness: &Verified<KeyEnrolment>,
        possession: &Verified<KeyEnrolment>,
        at: Moment,
    ) -> Result<Event, Rejection> {
        let wanted = witness.statement();
        if !self.persons.contains_key(&wanted.person) {
            return Err(Rejection::UnknownPerson { person: wanted.person.clone() });
        }
        self.check_named(&wanted.person)?;
        self.check_key(witness.key_id(), &wanted.signer, at)?;
        if wanted.signer == wanted.person {
            return Err(Rejection::SelfWitness);
        }
        let key = PublicKey::from_openssh(&wanted.public_key)
            .map(|key| key.id())
            .map_err(|_| Rejection::PossessionMissing)?;
        if possession.text() != witness.text() || possession.key_id() != key {
            return Err(Rejection::PossessionMissing);
        }
        if self.keys.contains_key(&key) {
            return Err(Rejection::KeyKnown { key });
        }
        if wanted.expires_on <= at {
            return Err(Rejection::KeySpanEmpty);
        }
        Ok(Event::KeyEnrolled(EnrolledKey {
            key,
            public_key: wanted.public_key.clone(),
            person: wanted.person.clone(),
            witness: Some(wanted.signer.clone()),
            from: at,
            until: wanted.expires_on,
            revoked_at: None,
        }))
    }

    fn decide_revocation(
        &self,
        statement: &Verified<KeyRevocation>,
        at: Moment,
    ) -> Result<Event, Rejection> {
        let wanted = statement.statement();
        self.check_key(statement.key_id(), &wanted.signer, at)?;
        let key = wanted.key;
        let enrolled = self.keys.get(&key).ok_or(Rejection::UnknownKey { key })?;
        if enrolled.person != wanted.person {
            return Err(Rejection::KeyOfAnother { key, signer: wanted.person.clone() });
        }
        if let Some(at) = enrolled.revoked_at {
            return Err(Rejection::KeyRevoked { key, at });
        }
        if wanted.signer != wanted.person && !self.may_register(&wanted.signer, at) {
            return Err(Rejection::MayNotRevoke { person: wanted.signer.clone() });
        }
        Ok(Event::KeyRevoked { key })
    }

    /// Whether somebody holds an office that may register people at `at`.
    #[must_use]
    pub fn may_register(&self, person: &PersonId, at: Moment) -> bool {
        self.held_by(person, at).any(|office| office.functions.contains(&Function::Register))
    }

    fn check_named(&self, person: &PersonId) -> Result<(), Rejection> {
        match self.erased.contains_key(person) {
            true => Err(Rejection::PersonErased { person: person.clone() }),
            false => Ok(()),
        }
    }

    fn decide_erasure(
        &self,
        statement: &Verified<Erasure>,
        naming: &BTreeSet<EntryNumber>,
        at: Moment,
    ) -> Result<Event, Rejection> {
        let Erasure { person, entries, signer, .. } = statement.statement();
        self.check_key(statement.key_id(), signer, at)?;
        self.check_erasure(person, signer, at)?;
        if !naming.is_subset(entries) {
            return Err(Rejection::NamesMoved { person: person.clone() });
        }
        Ok(Event::IdentityErased { person: person.clone(), entries: entries.clone() })
    }

    /// Checks, before anybody signs, that `signer` may take the name of `person` out of the record.
    ///
    /// # Errors
    /// The rejection that the signed act would get.
    pub fn check_erasure(
        &self,
        person: &PersonId,
        signer: &PersonId,
        at: Moment,
    ) -> Result<(), Rejection> {
        if !self.may_register(signer, at) {
            let (person, function) = (signer.clone(), Function::Register);
            return Err(Rejection::FunctionMissing { person, function });
        }
        if !self.persons.contains_key(person) {
            return Err(Rejection::UnknownPerson { person: person.clone() });
        }
        if let Some(at) = self.erased_at(person) {
            return Err(Rejection::ErasedAlready { person: person.clone(), at });
        }
        let terms = self.terms.values().flatten();
        let terms = terms.map(|term| (&term.office, &term.person, term.span.until));
        let deputies = self.deputies.values().flatten();
        let deputies = deputies.map(|term| (&term.office, &term.deputy, term.span.until));
        let mut posts = terms.chain(deputies);
        match posts.find(|(_, who, until)| *who == person && at < *until) {
            Some((office, ..)) => {
                let (office, person) = (office.clone(), person.clone());
                Err(Rejection::StillInOffice { office, person })
            }
            None => Ok(()),
        }
    }
}

fn same_appointment(first: &Appointment, other: &Verified<Appointment>) -> bool {
    let other = other.statement();
    let alike = Appointment {
        office: first.office.clone(),
        signer: first.signer.clone(),
        binding: first.binding,
        reason: first.reason.clone(),
        ..other.clone()
    };
    alike == *first
}

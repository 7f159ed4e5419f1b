//! The charter: what the founders sign, and the calendar it sets.

mod signing;

pub use signing::{SSH, SigningPlaces, check_application, check_origin};

use crate::people::{Incumbency, Office, Party};
use crate::policy::{PolicyBundle, World, Zone};
use crate::stock::{Input, Item, Place};
use crate::triage;
use countersign_proof::signature::PublicKey;
use countersign_proof::words::{
    Date, Digest, ItemId, KeyId, Moment, OfficeId, PartyId, PersonId, Standing, Transition,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Working days and how many of them each step may take. Days are days in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Days on which nobody works, beside Saturdays and Sundays.
    pub holidays: BTreeSet<Date>,
    /// A request lapses at the end of this working day after it was made.
    pub decide_within: u16,
    /// Those who may decide are reminded at the end of this working day.
    pub remind_after: u16,
    /// The overseers are told at the end of this working day.
    pub escalate_after: u16,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { holidays: BTreeSet::new(), decide_within: 10, remind_after: 5, escalate_after: 8 }
    }
}

impl Calendar {
    /// Whether people work on `date`.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> bool {
        date.weekday() <= 5 && !self.holidays.contains(&date)
    }

    /// The end of the `days`-th working day after the day of `from`, as the first moment after it.
    #[must_use]
    pub fn end_of_working_day(&self, from: Moment, days: u16) -> Moment {
        let mut date = from.date();
        let mut left = days;
        while left > 0 && date < date.next() {
            date = date.next();
            if self.is_working_day(date) {
                left = left.saturating_sub(1);
            }
        }
        date.next().start()
    }

    /// Working days that begin after the day of `from` and end by `until`.
    #[must_use]
    pub fn working_days_between(&self, from: Moment, until: Moment) -> u16 {
        let mut date = from.date().next();
        let mut days: u16 = 0;
        while date < date.next() && date.next().start() <= until && days < u16::MAX {
            if self.is_working_day(date) {
                days = days.saturating_add(1);
            }
            date = date.next();
        }
        days
    }
}

/// A policy version known at the founding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CharterPolicy {
    /// Its policies.
    pub bundle: PolicyBundle,
    /// From when it is, or was, in force.
    pub in_force_from: Moment,
    /// Where the rule is stated.
    pub source: String,
    /// How well that is established.
    pub standing: Standing,
    /// What becomes of what is open when it comes into force.
    pub transition: Transition,
}

/// A key known at the founding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CharterKey {
    /// Whose key.
    pub person: PersonId,
    /// The key in OpenSSH form: type and base64.
    pub public_key: String,
    /// Until when it may sign.
    pub expires_on: Moment,
}

/// Parties, offices, people, items, zones and policies at the start: what the founders sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charter {
    /// Whether the ledger is an exercise.
    pub exercise: bool,
    /// The parties.
    pub parties: Vec<Party>,
    /// The offices.
    pub offices: Vec<Office>,
    /// The people and the party each belongs to.
    pub people: BTreeMap<PersonId, PartyId>,
    /// Their keys.
    pub keys: Vec<CharterKey>,
    /// Who holds which office, and when.
    pub incumbencies: Vec<Incumbency>,
    /// The items.
    pub items: Vec<Item>,
    /// The inputs.
    pub inputs: Vec<Input>,
    /// The places.
    pub places: Vec<Place>,
    /// The zones.
    pub zones: Vec<Zone>,
    /// Working days and deadlines.
    pub calendar: Calendar,
    /// Where signatures may come from.
    pub signing: SigningPlaces,
    /// By which limits each item falls into a class; none where classes stand in the items.
    pub triage: triage::Rules,
    /// The policy versions known at the start, oldest first.
    pub policies: Vec<CharterPolicy>,
}

/// A mistake in a charter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CharterProblem {
    /// The same id twice.
    #[error("{kind} {id} is given twice")]
    Twice {
        /// What kind of thing.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// An id nobody declares.
    #[error("{by} names the {kind} {id}, which is not declared")]
    Dangling {
        /// Who names it.
        by: String,
        /// What kind of thing.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// Inputs or zones that contain one another.
    #[error("{kind} {id} depends on itself")]
    Cycle {
        /// What kind of thing.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// Something else, in words.
    #[error("{0}")]
    Other(String),
}

fn declare<'a, T: Ord + ToString + 'a>(
    kind: &'static str,
    ids: impl Iterator<Item = &'a T>,
) -> Result<BTreeSet<&'a T>, CharterProblem> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(CharterProblem::Twice { kind, id: id.to_string() });
        }
    }
    Ok(seen)
}

fn known<T: Ord + ToString>(
    by: &dyn ToString,
    kind: &'static str,
    declared: &BTreeSet<&T>,
    id: &T,
) -> Result<(), CharterProblem> {
    if declared.contains(id) {
        Ok(())
    } else {
        Err(CharterProblem::Dangling { by: by.to_string(), kind, id: id.to_string() })
    }
}

impl Charter {
    /// Digest over the charter's compact encoding, with a prefix that keeps it apart.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut bytes = b"countersign charter 2\n".to_vec();
        // Encoding into a vector cannot fail; were it ever to, the digest matches nothing.
        bytes.extend(postcard::to_allocvec(self).unwrap_or_default());
        Digest::of(&bytes)
    }

    /// Whether `key` is declared as a key of `person` that may sign at `at`.
    #[must_use]
    pub fn is_key_of(&self, key: &KeyId, person: &PersonId, at: Moment) -> bool {
        self.keys.iter().any(|declared| {
            declared.person == *person
                && at < declared.expires_on
                && PublicKey::from_openssh(&declared.public_key)
                    .is_ok_and(|parsed| parsed.id() == *key)
        })
    }

    /// What policy may name.
    #[must_use]
    pub fn world(&self) -> World {
        World {
            parties: self.parties.iter().map(|party| party.id.clone()).collect(),
            offices: self.offices.iter().map(|o| (o.id.clone(), o.party.clone())).collect(),
            inputs: self.inputs.iter().map(|i| (i.id.clone(), i.clone())).collect(),
            zones: self.zones.iter().map(|z| (z.id.clone(), z.clone())).collect(),
        }
    }

    /// Checks that ids are unique, references are declared and nothing contains itself.
    ///
    /// # Errors
    /// The first [`CharterProblem`] found.
    pub fn check(&self) -> Result<(), CharterProblem> {
        let parties = declare("party", self.parties.iter().map(|p| &p.id))?;
        let offices = declare("office", self.offices.iter().map(|o| &o.id))?;
        let inputs = declare("input", self.inputs.iter().map(|i| &i.id))?;
        let zones = declare("zone", self.zones.iter().map(|z| &z.id))?;
        declare("item", self.items.iter().map(|i| &i.id))?;
        declare("place", self.places.iter().map(|p| &p.id))?;
        declare("policy version", self.policies.iter().map(|p| &p.bundle.version))?;
        for office in &self.offices {
            known(&office.id, "party", &parties, &office.party)?;
            office.check().map_err(CharterProblem::Other)?;
        }
        for (person, party) in &self.people {
            known(person, "party", &parties, party)?;
        }
        self.check_people(&offices)?;
        for item in &self.items {
            known(&item.id, "party", &parties, &item.origin)?;
            item.inputs.iter().try_for_each(|id| known(&item.id, "input", &inputs, id))?;
        }
        for input in &self.inputs {
            known(&input.id, "party", &parties, &input.controller)?;
            input.needs.iter().try_for_each(|id| known(&input.id, "input", &inputs, id))?;
        }
        for place in &self.places {
            known(&place.id, "party", &parties, &place.party)?;
        }
        for zone in &self.zones {
            zone.within.iter().try_for_each(|id| known(&zone.id, "zone", &zones, id))?;
        }
        self.signing.check().map_err(CharterProblem::Other)?;
        self.check_triage(&offices)?;
        self.check_cycles()?;
        self.check_order()
    }

    /// The triage rules make sense and name what is declared.
    fn check_triage(&self, offices: &BTreeSet<&OfficeId>) -> Result<(), CharterProblem> {
        if self.triage == triage::Rules::default() {
            return Ok(());
        }
        if let Err(problems) = self.triage.check() {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return Err(CharterProblem::Other(format!("triage: {}", told.join("; "))));
        }
        let items: BTreeSet<&ItemId> = self.items.iter().map(|item| &item.id).collect();
        for rule in &self.triage.rules {
            let by = format!("the triage rule {}", rule.name);
            let named = rule.scope.items.iter().chain(&rule.scope.except);
            named.into_iter().try_for_each(|item| known(&by, "item", &items, item))?;
            rule.declared_by.iter().try_for_each(|office| known(&by, "office", offices, office))?;
        }
        Ok(())
    }

    /// Keys and terms: nobody shares a key, and nobody a personal office.
    fn check_people(&self, offices: &BTreeSet<&OfficeId>) -> Result<(), CharterProblem> {
        let people: BTreeSet<&PersonId> = self.people.keys().collect();
        let mut keys = BTreeSet::new();
        for key in &self.keys {
            known(&"a key", "person", &people, &key.person)?;
            let public = PublicKey::from_openssh(&key.public_key)
                .map_err(|e| CharterProblem::Other(format!("the key of {}: {e}", key.person)))?;
            if !keys.insert(public.id()) {
                return Err(CharterProblem::Twice { kind: "key", id: public.id().to_string() });
            }
        }
        let personal: BTreeSet<&OfficeId> =
            self.offices.iter().filter(|office| office.personal).map(|office| &office.id).collect();
        for (place, term) in self.incumbencies.iter().enumerate() {
            known(&"an incumbency", "office", offices, &term.office)?;
            known(&"an incumbency", "person", &people, &term.person)?;
            if term.span.until <= term.span.from {
                let what = format!("the term of {} at {} is empty", term.person, term.office);
                return Err(CharterProblem::Other(what));
            }
            let alone = personal.contains(&term.office);
            let clashes = self.incumbencies.iter().skip(place.saturating_add(1)).any(|other| {
                other.office == term.office
                    && (alone || other.person == term.person)
                    && other.span.overlaps(term.span)
            });
            if clashes {
                let what = format!("{} is filled twice over the same span", term.office);
                return Err(CharterProblem::Other(what));
            }
        }
        Ok(())
    }

    fn check_cycles(&self) -> Result<(), CharterProblem> {
        let needs: BTreeMap<_, _> = self.inputs.iter().map(|i| (&i.id, &i.needs)).collect();
        for start in needs.keys() {
            let mut open: Vec<_> = needs.get(start).into_iter().flat_map(|n| n.iter()).collect();
            let mut seen = BTreeSet::new();
            while let Some(id) = open.pop() {
                if id == *start {
                    return Err(CharterProblem::Cycle { kind: "input", id: start.to_string() });
                }
                if seen.insert(id) {
                    open.extend(needs.get(id).into_iter().flat_map(|n| n.iter()));
                }
            }
        }
        let within: BTreeMap<_, _> = self.zones.iter().map(|z| (&z.id, &z.within)).collect();
        for zone in &self.zones {
            let mut at = zone.within.as_ref();
            for _ in 0..=self.zones.len() {
                at = at.and_then(|id| within.get(id)).and_then(|up| up.as_ref());
            }
            if at.is_some() || zone.within.as_ref() == Some(&zone.id) {
                return Err(CharterProblem::Cycle { kind: "zone", id: zone.id.to_string() });
            }
        }
        Ok(())
    }

    fn check_order(&self) -> Result<(), CharterProblem> {
        let dates: Vec<Moment> = self.policies.iter().map(|p| p.in_force_from).collect();
        if dates.is_empty() || !dates.is_sorted_by(|a, b| a < b) {
            let what = "the policy versions must be given oldest first, at least one, no two \
                        in force from the same moment";
            return Err(CharterProblem::Other(what.to_owned()));
        }
        let calendar = &self.calendar;
        if calendar.decide_within == 0 || calendar.holidays.len() > 4_000 {
            let what = "decisions need at least one working day, and at most 4,000 holidays";
            return Err(CharterProblem::Other(what.to_owned()));
        }
        let steps = [calendar.remind_after, calendar.escalate_after, calendar.decide_within];
        if !steps.is_sorted() {
            let what = "first comes the reminder, then the escalation, then the lapse: \
                        remind_after, escalate_after, decide_within";
            return Err(CharterProblem::Other(what.to_owned()));
        }
        Ok(())
    }
}

//! `people.toml`: parties, offices, persons, and who holds which office when.

use super::fault::code;
use super::fields::{Fields, Spot};
use super::known::Known;
use super::node::Node;
use super::source::Reading;
use countersign_core::people::{Function, Incumbency, Office, Party, Span};
use countersign_proof::signature::PublicKey;
use countersign_proof::words::{Moment, OfficeId, PartyId, PersonId, Standing};
use serde::Serialize;
use std::collections::BTreeSet;

/// An office, and where it is stated that there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfficeFact {
    /// The office.
    pub office: Office,
    /// Where this is stated.
    pub source: String,
    /// How well it is established.
    pub standing: Standing,
    /// Its line in `people.toml`.
    pub line: u32,
}

/// A person. The name goes to the sealed identity part of the record, never into the charter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The opaque id.
    pub id: PersonId,
    /// The party they belong to.
    pub party: PartyId,
    /// Their name.
    pub name: String,
    /// Their public key, where the pack has it.
    pub key: Option<PackKey>,
}

/// A person's public key, and until when it may sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackKey {
    /// The key in OpenSSH form: type and base64.
    pub public_key: String,
    /// Until when it may sign.
    pub expires_on: Moment,
}

/// What `people.toml` holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PackPeople {
    /// The parties.
    pub parties: Vec<Party>,
    /// The offices.
    pub offices: Vec<OfficeFact>,
    /// The persons.
    pub persons: Vec<Person>,
    /// Who holds which office, and when.
    pub terms: Vec<Incumbency>,
}

pub(super) fn read(r: &mut Reading<'_>, node: &Node, known: &mut Known) -> PackPeople {
    let mut people = PackPeople::default();
    let Some(mut fields) = Fields::new(r, node, "people.toml") else { return people };
    for mut party in fields.tables(r, "party") {
        if let Some(id) = party.word(r, "id") {
            known.parties.declare(r, &id);
            let title = party.text(r, "title");
            people.parties.push(Party { id: id.value, title });
        }
        party.finish(r);
    }
    known.parties.complete = true;
    for mut office in fields.tables(r, "office") {
        people.offices.extend(read_office(r, &mut office, known));
        office.finish(r);
    }
    known.offices.complete = true;
    for mut person in fields.tables(r, "person") {
        people.persons.extend(read_person(r, &mut person, known));
        person.finish(r);
    }
    known.persons.complete = true;
    for mut term in fields.tables(r, "term") {
        let found = read_term(r, &mut term, known);
        people.terms.extend(found.filter(|found| fits(r, term.at, found, &people)));
        term.finish(r);
    }
    fields.finish(r);
    people
}

fn read_office(
    r: &mut Reading<'_>,
    fields: &mut Fields<'_>,
    known: &mut Known,
) -> Option<OfficeFact> {
    let id: Option<Spot<OfficeId>> = fields.word(r, "id");
    if let Some(id) = &id {
        known.offices.declare(r, id);
    }
    let title = fields.text(r, "title");
    let party = fields.word(r, "party").filter(|party| known.parties.check(r, party));
    let personal = fields.flag(r, "personal");
    let quorum = fields.number(r, "quorum", 1..=9).and_then(|n| u8::try_from(n).ok()).unwrap_or(1);
    let functions: Vec<Spot<Function>> = fields.words(r, "functions");
    let source = fields.text(r, "source");
    let standing = fields.word(r, "standing");
    let functions: BTreeSet<Function> = functions.into_iter().map(|spot| spot.value).collect();
    let (id, party) = (id?.value, party?.value);
    let office = Office { id, title, party, personal, quorum, functions };
    if let Err(why) = office.check() {
        r.fault(fields.at, code::OFFICE_IMPOSSIBLE, why, "leave out quorum, or personal");
    }
    let (line, _) = r.source.place(fields.at);
    Some(OfficeFact { office, source, standing: standing?.value, line })
}

fn read_person(r: &mut Reading<'_>, fields: &mut Fields<'_>, known: &mut Known) -> Option<Person> {
    let id: Option<Spot<PersonId>> = fields.word(r, "id");
    if let Some(id) = &id {
        known.persons.declare(r, id);
    }
    let party = fields.word(r, "party").filter(|party| known.parties.check(r, party));
    let name = fields.text(r, "name");
    let at = fields.get("public_key").map(|node| node.at);
    let mut key = None;
    if let Some(at) = at {
        let public_key = fields.text(r, "public_key");
        let expires_on = fields.moment(r, "key_expires_on");
        match PublicKey::from_openssh(&public_key) {
            Ok(public) => {
                let public_key = public.to_openssh();
                key = expires_on.map(|expires_on| PackKey { public_key, expires_on });
            }
            Err(why) => {
                let message = format!("the public key cannot be used: {why}");
                let remedy = "give one line of a .pub file: type and base64";
                r.fault(at, code::PUBLIC_KEY_UNFIT, message, remedy);
            }
        }
    }
    Some(Person { id: id?.value, party: party?.value, name, key })
}

fn read_term(r: &mut Reading<'_>, fields: &mut Fields<'_>, known: &Known) -> Option<Incumbency> {
    let office = fields.word(r, "office").filter(|office| known.offices.check(r, office));
    let person = fields.word(r, "person").filter(|person| known.persons.check(r, person));
    let from = fields.moment(r, "from");
    let until = fields.moment_or_none(r, "until");
    let (from, until) = (from?, until.unwrap_or(Moment::LAST));
    if from >= until {
        let message = format!("the term ends at {until}, not after it begins at {from}");
        let remedy = "write from before until; until is the first moment after the term";
        r.fault(fields.at, code::SPAN_EMPTY, message, remedy);
        return None;
    }
    Some(Incumbency { office: office?.value, person: person?.value, span: Span { from, until } })
}

/// A personal office has one incumbent at a time, and nobody holds one office twice at once.
fn fits(r: &mut Reading<'_>, at: usize, term: &Incumbency, people: &PackPeople) -> bool {
    let personal = people.offices.iter().any(|o| o.office.id == term.office && o.office.personal);
    let clash = people.terms.iter().find(|other| {
        other.office == term.office
            && other.span.overlaps(term.span)
            && (personal || other.person == term.person)
    });
    let Some(other) = clash else { return true };
    let message = format!(
        "{} cannot hold {} from {}: {} holds it from {}",
        term.person, term.office, term.span.from, other.person, other.span.from
    );
    let remedy = "end one term before the other begins; the end of a term is not part of it";
    r.fault(at, code::TERMS_OVERLAP, message, remedy);
    false
}

//! `people …`.

use super::desk::{Desk, Signer};
use super::output::Output;
use super::{Failure, Global};
use crate::keys::PersonalKey;
use crate::names;
use crate::views::people as views;
use clap::{Args, Subcommand};
use countersign_core::people::{self, Command, EnrolledKey, Office};
use countersign_core::viewing::Matter;
use countersign_core::{Rejection, State};
use countersign_proof::Label;
use countersign_proof::key::PublicKey;
use countersign_proof::statement::kinds::{Appointment, Erasure, KeyEnrolment, KeyRevocation};
use countersign_proof::words::{
    Act, AppointmentChange, KeyId, Moment, OfficeId, PartyId, PersonId, Role, Window,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Verbs of `people`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List people, their offices and keys
    List,
    /// List offices and who holds them
    Offices,
    /// List every key ever enrolled
    Keys,
    /// Enter a person in the record
    Register {
        /// The opaque id they are to have
        #[arg(long)]
        person: PersonId,
        /// The party they belong to
        #[arg(long)]
        party: PartyId,
        /// Their name; it is kept apart from the record, and can be erased
        #[arg(long)]
        name: String,
    },
    /// Appoint an incumbent or a deputy
    Appoint(AppointArgs),
    /// End a term
    End(EndArgs),
    /// Enrol a key: you witness, and the key's owner signs with it
    Enrol(EnrolArgs),
    /// Take a person's name out of the record for good: a signed act, after which everything still
    /// verifies
    #[command(after_help = "Only the opaque id stays. The bytes are written over in the ledger's \
        files; copies that were made of them before, evidence among them, keep the name. The names \
        of others in the same entries are written down anew. Nobody who holds an office, or is to \
        hold one, can be erased.\n\n\
        Example:\n  countersign --ledger D --as P-6V3R --key D/keys/P-6V3R --dry-run people erase \
        P-7K2A \\\n    --reason 'left the service in 2024'\n  \
        countersign --ledger D --as P-6V3R --key D/keys/P-6V3R people erase P-7K2A \\\n    \
        --reason 'left the service in 2024'")]
    Erase {
        /// Whose name
        person: PersonId,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Revoke a key
    Revoke {
        /// Whose key
        #[arg(long)]
        person: PersonId,
        /// Which key: its fingerprint, SHA256:…
        #[arg(long)]
        fingerprint: KeyId,
        /// Why
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct AppointArgs {
    /// The office to fill
    #[arg(long)]
    office: OfficeId,
    /// The person to appoint
    #[arg(long)]
    person: PersonId,
    /// For a deputy, the incumbent in whose stead
    #[arg(long)]
    deputy_of: Option<PersonId>,
    /// For a deputy, the acts covered; may be given several times
    #[arg(long = "act")]
    acts: Vec<Act>,
    /// From this moment on
    #[arg(long, value_parser = super::moment)]
    from: Moment,
    /// Up to this moment
    #[arg(long, value_parser = super::moment, default_value_t = Moment::LAST)]
    until: Moment,
    /// Who signs, and with which key; may be given several times
    #[arg(long = "sign", required = true, value_name = "OFFICE:PERSON=KEYFILE")]
    signers: Vec<Signer>,
    /// Why
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub(super) struct EndArgs {
    /// The office
    #[arg(long)]
    office: OfficeId,
    /// The person whose term ends
    #[arg(long)]
    person: PersonId,
    /// For a deputy, the incumbent in whose stead they sign
    #[arg(long)]
    deputy_of: Option<PersonId>,
    /// For a deputy, the acts covered; may be given several times
    #[arg(long = "act")]
    acts: Vec<Act>,
    /// The first moment after the term; now, if not given
    #[arg(long, value_parser = super::moment)]
    until: Option<Moment>,
    /// Who signs, and with which key; may be given several times
    #[arg(long = "sign", required = true, value_name = "OFFICE:PERSON=KEYFILE")]
    signers: Vec<Signer>,
    /// Why
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub(super) struct EnrolArgs {
    /// Whose key it is
    #[arg(long)]
    person: PersonId,
    /// The new key: its owner signs with it here
    #[arg(long, value_name = "FILE")]
    new_key: PathBuf,
    /// Until when it may sign
    #[arg(long, value_parser = super::moment)]
    expires_on: Moment,
    /// How you know the person
    #[arg(long)]
    reason: String,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::List => list(global, output),
        Verb::Offices => {
            let state = global.state()?;
            let offices: Vec<&Office> = state.people.offices().collect();
            output.value(&offices.iter().map(|office| views::office(&state, office)).collect());
            let rows: Vec<Vec<String>> =
                offices.iter().map(|office| office_row(&state, office)).collect();
            output.table(&["office", "title", "kind", "quorum", "may", "held by"], &rows);
            Ok(())
        }
        Verb::Keys => {
            let state = global.state()?;
            output.value(&state.people.keys().map(views::key).collect());
            let rows: Vec<Vec<String>> = state.people.keys().map(key_row).collect();
            output.table(&["key", "person", "witness", "from", "until", "revoked"], &rows);
            Ok(())
        }
        Verb::Register { person, party, name } => {
            let mut desk = Desk::open(global)?;
            let by = desk.session(global)?;
            let command = Command::RegisterPerson {
                person: person.clone(),
                party: party.clone(),
                name: name.clone(),
            };
            desk.submit(Some(by), command)?;
            done(&desk, output, &format!("{person} is registered."));
            Ok(())
        }
        Verb::Appoint(args) => appoint(global, args, output),
        Verb::End(args) => end(global, args, output),
        Verb::Enrol(args) => enrol(global, args, output),
        Verb::Erase { person, reason } => erase(global, person, reason, output),
        Verb::Revoke { person, fingerprint, reason } => {
            let mut desk = Desk::open(global)?;
            let signer = global.person()?.clone();
            let revocation = KeyRevocation {
                person: person.clone(),
                key: *fingerprint,
                binding: desk.binding::<KeyRevocation>(&signer, None)?,
                signer,
                reason: reason.clone(),
            };
            let statement = desk.sign(global, &revocation)?;
            desk.submit(None, Command::RevokeKey { statement })?;
            done(&desk, output, &format!("{fingerprint} can sign no more."));
            Ok(())
        }
    }
}

fn erase(
    global: &Global,
    person: &PersonId,
    reason: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    let (store, state, _) = global.read()?;
    if let Some(at) = state.people.erased_at(person) {
        let person = person.clone();
        return Err(Rejection::from(people::Rejection::ErasedAlready { person, at }).into());
    }
    if reason.trim().is_empty() {
        return Err(Failure::usage("an erasure cannot be undone; say why with --reason"));
    }
    let entries = names::entries_naming(store.as_ref(), person)?;
    let others = names::others(store.as_ref(), person, &entries)?.len();
    drop(store);
    if entries.is_empty() {
        let message = format!("the record has no name of {person}; see `people list`");
        return Err(Failure::Refused { code: "people/no-name".to_owned(), message });
    }
    let mut desk = Desk::open(global)?;
    let signer = global.person()?.clone();
    let erasure = Erasure {
        person: person.clone(),
        entries: entries.clone(),
        binding: desk.binding::<Erasure>(&signer, None)?,
        signer,
        reason: reason.to_owned(),
    };
    let statement = desk.sign(global, &erasure)?;
    let (naming, kept) = (entries.clone(), BTreeMap::new());
    desk.submit(None, Command::EraseIdentity { statement, naming, kept })?;
    let entries: Vec<String> = entries.iter().map(ToString::to_string).collect();
    let message = format!(
        "The name of {person} is out of the record: entries {}. {others} names of others in them \
         were written down anew.",
        entries.join(", ")
    );
    done(&desk, output, &message);
    Ok(())
}

/// Says that a command was carried out, or would be.
pub(super) fn done(desk: &Desk, output: &mut Output, words: &str) {
    output.value(&json!({ "done": !desk.is_dry(), "dry_run": desk.is_dry(), "message": words }));
    if desk.is_dry() {
        output.line(&format!("Nothing was changed; it would come to this: {words}"));
    } else {
        output.line(words);
    }
}

fn list(global: &Global, output: &mut Output) -> Result<(), Failure> {
    let (store, state, _) = global.read()?;
    let names = names::read(store.as_ref())?;
    let at = state.ledger.clock;
    let named = global.may_view(&state, &Matter::Programme, Label::Identity);
    let mut values = Vec::new();
    let mut rows = Vec::new();
    for (person, party) in state.people.persons() {
        let name = names.get(person).filter(|_| named).cloned();
        values.push(views::person(&state, person, party, name.as_deref()));
        let name = name.unwrap_or_default();
        let offices = views::offices_of(&state, person, at);
        let count = views::keys_of(&state, person).len().to_string();
        rows.push(vec![person.to_string(), name, party.to_string(), offices.join(", "), count]);
    }
    output.value(&Value::Array(values));
    output.table(&["person", "name", "party", "offices now", "keys"], &rows);
    Ok(())
}

fn office_row(state: &State, office: &Office) -> Vec<String> {
    let functions: Vec<&str> = office.functions.iter().map(|f| f.as_str()).collect();
    vec![
        office.id.to_string(),
        office.title.clone(),
        if office.personal { "personal" } else { "collegial" }.to_owned(),
        office.quorum.to_string(),
        functions.join(", "),
        views::holders(state, office).join(", "),
    ]
}

fn key_row(key: &EnrolledKey) -> Vec<String> {
    vec![
        key.key.to_string(),
        key.person.to_string(),
        key.witness.as_ref().map_or_else(|| "the founders".to_owned(), ToString::to_string),
        key.from.to_string(),
        key.until.to_string(),
        key.revoked_at.map(|at| at.to_string()).unwrap_or_default(),
    ]
}

fn appoint(global: &Global, args: &AppointArgs, output: &mut Output) -> Result<(), Failure> {
    let span = Window::new(args.from, args.until)
        .ok_or_else(|| Failure::usage("the span is reversed or empty"))?;
    let role = if args.deputy_of.is_some() { Role::Deputy } else { Role::Incumbent };
    let mut desk = Desk::open(global)?;
    let statements = desk.signed_by_all(&args.signers, |signer, binding| Appointment {
        change: AppointmentChange::Appoint,
        subject_office: args.office.clone(),
        person: args.person.clone(),
        role,
        deputy_of: args.deputy_of.clone(),
        acts: args.acts.iter().copied().collect(),
        span,
        office: signer.office.clone(),
        signer: signer.person.clone(),
        binding,
        reason: args.reason.clone(),
    })?;
    desk.submit(None, Command::Appoint { statements })?;
    let until = match span.until() {
        Moment::LAST => "on".to_owned(),
        until => format!("until {until}"),
    };
    let (person, office, from) = (&args.person, &args.office, span.from());
    done(&desk, output, &format!("{person} is {role} of {office} from {from} {until}."));
    Ok(())
}

fn end(global: &Global, args: &EndArgs, output: &mut Output) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let now = desk.now()?;
    let until = args.until.unwrap_or(now).max(now);
    let from = desk.look(|state| state.ledger.founded_at).min(now);
    let span = Window::new(from, until.plus_millis(u64::from(until == from)))
        .ok_or_else(|| Failure::usage("the term cannot end before the ledger began"))?;
    let role = if args.deputy_of.is_some() { Role::Deputy } else { Role::Incumbent };
    let statements = desk.signed_by_all(&args.signers, |signer, binding| Appointment {
        change: AppointmentChange::End,
        subject_office: args.office.clone(),
        person: args.person.clone(),
        role,
        deputy_of: args.deputy_of.clone(),
        acts: args.acts.iter().copied().collect(),
        span,
        office: signer.office.clone(),
        signer: signer.person.clone(),
        binding,
        reason: args.reason.clone(),
    })?;
    desk.submit(None, Command::Appoint { statements })?;
    let until = span.until();
    done(&desk, output, &format!("The term of {} at {} ends {until}.", args.person, args.office));
    Ok(())
}

fn enrol(global: &Global, args: &EnrolArgs, output: &mut Output) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let signer = global.person()?.clone();
    let new_key = PersonalKey::open(&args.new_key)?;
    let public: PublicKey = new_key.public_key()?;
    let enrolment = KeyEnrolment {
        person: args.person.clone(),
        public_key: public.to_openssh(),
        expires_on: args.expires_on,
        binding: desk.binding::<KeyEnrolment>(&signer, None)?,
        signer,
        reason: args.reason.clone(),
    };
    let witness = desk.sign(global, &enrolment)?;
    let possession = new_key.sign(&enrolment, &desk.rules())?;
    desk.submit(None, Command::EnrolKey { witness, possession })?;
    done(&desk, output, &format!("{} may sign for {}.", public.id(), args.person));
    Ok(())
}

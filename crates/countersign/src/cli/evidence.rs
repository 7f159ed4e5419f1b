//! `evidence …`.

mod gaps;

use super::output::Output;
use super::{Failure, Global};
use crate::evidence::{self, ArchiveError, EvidenceError, Report, TrustedLog, hidden_from};
use clap::{Subcommand, ValueEnum};
use countersign_proof::bundle::Matter;
use countersign_proof::statement::AnyStatement;
use countersign_proof::words::Moment;
use countersign_proof::{Assurance, Label, LogVerifier};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Verbs of `evidence`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Take from the ledger all that shows who authorised what, as one file
    #[command(after_help = "Examples:\n  \
        countersign --ledger D evidence export REQ-1 -o req-1.zip\n  \
        countersign --ledger D evidence export REQ-1 --redact identity -o req-1-open.zip\n  \
        countersign --ledger D evidence export 0..50 -o first-50.zip")]
    Export {
        /// A request (REQ-7), a release (REL-3), or entries (0..109, the last not taken)
        of: Matter,
        /// Leave out what only some may see: parties (and with it deliberation), deliberation,
        /// identity; may be given several times. What is left still verifies
        #[arg(long, value_name = "LABEL")]
        redact: Vec<Left>,
        /// The file to write; nothing is written over
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check evidence; needs no ledger and no network
    #[command(after_help = "Example:\n  \
        countersign --ledger D evidence export REQ-1 -o req-1.zip\n  \
        countersign evidence verify req-1.zip")]
    Verify {
        /// The file, or the folder into which it was unpacked
        file: PathBuf,
        /// The key by which you know the log, such as countersign.example/log+1a2b3c4d+AQ…, or a
        /// file with it
        #[arg(long, value_name = "VKEY|FILE")]
        log_key: Option<String>,
        /// A file that says which logs you believe, and which witnesses must have cosigned (C2SP
        /// tlog-policy; see `log check-proof`)
        #[arg(long, value_name = "FILE", conflicts_with = "log_key")]
        trust: Option<PathBuf>,
    },
    /// Show what was issued to depots and did not come back, and what came back and was not issued
    #[command(after_help = "Example:\n  countersign --ledger D evidence gaps")]
    Gaps {
        /// As it is at this moment; now, if not given
        #[arg(long, value_name = "MOMENT", value_parser = super::moment)]
        at: Option<Moment>,
    },
}

/// What can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Left {
    /// What the parties see, and all that repeats it
    Parties,
    /// What those who advise and decide see
    Deliberation,
    /// The names of people
    Identity,
}

impl From<Left> for Label {
    fn from(left: Left) -> Self {
        match left {
            Left::Parties => Self::Parties,
            Left::Deliberation => Self::Deliberation,
            Left::Identity => Self::Identity,
        }
    }
}

impl From<EvidenceError> for Failure {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::Open(error) => error.into(),
            EvidenceError::Cosigned(error) => error.into(),
            EvidenceError::Nothing(message) => {
                Self::Refused { code: "evidence/nothing".to_owned(), message }
            }
            EvidenceError::Untrusted(_) => {
                Self::Refused { code: error.code().to_owned(), message: error.to_string() }
            }
            EvidenceError::Bundle(fault) if fault.is_no_bundle() => {
                Self::Malformed { code: "evidence/bundle", message: fault.to_string() }
            }
            EvidenceError::Bundle(_)
            | EvidenceError::Fault(_)
            | EvidenceError::Entry { .. }
            | EvidenceError::File { .. }
            | EvidenceError::OtherLog { .. } => {
                Self::Integrity(format!("{error}\n  code: {}", error.code()))
            }
        }
    }
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Io { .. } => Self::unavailable(error.to_string()),
            ArchiveError::TooLong { .. } | ArchiveError::Form { .. } => {
                Self::Malformed { code: "evidence/archive", message: error.to_string() }
            }
            ArchiveError::Altered { .. } => {
                Self::Integrity(format!("{error}\n  code: evidence/altered"))
            }
        }
    }
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Gaps { at } => gaps::show(global, *at, output),
        Verb::Export { of, redact, out } => export(global, *of, redact, out, output),
        Verb::Verify { file, log_key, trust } => {
            let trusted = match (log_key, trust) {
                (_, Some(path)) => TrustedLog::Trust(Box::new(super::log::trust(path)?)),
                (Some(given), None) => TrustedLog::Given(Box::new(key(given)?)),
                (None, None) => TrustedLog::FromBundle,
            };
            let files = evidence::read(file)?;
            tell(&evidence::examine(&files, trusted)?, output);
            Ok(())
        }
    }
}

/// A verifier key, or a file that holds one.
fn key(given: &str) -> Result<LogVerifier, Failure> {
    let line = if Path::new(given).is_file() {
        std::fs::read_to_string(given)
            .map_err(|error| Failure::unavailable(format!("{given}: {error}")))?
    } else {
        given.to_owned()
    };
    line.trim_end().parse().map_err(|error| Failure::usage(format!("{given}: {error}")))
}

fn export(
    global: &Global,
    of: Matter,
    redact: &[Left],
    out: &Path,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut left: BTreeSet<Label> = redact.iter().copied().map(Label::from).collect();
    let mut hidden = BTreeSet::new();
    if let Some(person) = &global.person {
        hidden = hidden_from(&global.state()?, person, of);
        left.extend(&hidden);
    }
    let bar = super::log::progress(output, "{bar:40} {pos}/{len} entries, {eta} left");
    let exported = evidence::export(global.location()?, of, &left, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let exported = exported?;
    if global.dry_run {
        output.only_would();
    } else {
        evidence::write(out, &exported.files)?;
    }
    let bytes: usize = exported.files.values().map(Vec::len).sum();
    output.value(&json!({
        "file": out.display().to_string(), "of": of.to_string(), "entries": exported.entries,
        "statements": exported.statements, "bytes": bytes, "left_out": words(&left),
        "cosigned_by": exported.witnesses,
    }));
    output.line(&format!(
        "{}: {of}, {} entries with {} signatures; it was verified before it was written.",
        out.display(),
        exported.entries,
        exported.statements
    ));
    if exported.witnesses.is_empty() {
        output.note(
            "no witness has cosigned a checkpoint that covers these entries, so they stand under \
             a head that the log alone has signed, and --trust will not accept it where it asks \
             for witnesses; ask them with `log collect`, then export again",
        );
    }
    if !hidden.is_empty() {
        output.line(&format!("Left out, because you may not see it: {}.", words(&hidden)));
    }
    output.line("Anyone checks it with: countersign evidence verify FILE");
    Ok(())
}

fn words(labels: &BTreeSet<Label>) -> String {
    labels.iter().map(|label| label.as_str()).collect::<Vec<_>>().join(", ")
}

/// Tells what was proved, what was left out and what is not proved.
fn tell(report: &Report, output: &mut Output) {
    output.value(&as_json(report));
    let about = &report.bundle.about;
    if about.exercise {
        output.line("EXERCISE: the ledger is an exercise.");
    }
    output.heading(&format!("Evidence of {} from {}", about.of, about.origin));
    let examined = &report.examined;
    for request in examined.requests.values() {
        let draft = &request.draft;
        let zones: Vec<String> = draft.zones.iter().map(ToString::to_string).collect();
        output.line(&format!(
            "{}: {} of {} {} for {}{}: {}.",
            request.id,
            draft.act,
            draft.quantity,
            draft.item,
            draft.holder,
            if zones.is_empty() { String::new() } else { format!(" in {}", zones.join(", ")) },
            request.state,
        ));
    }
    for held in examined.releases.values() {
        let (release, usable) = (&held.release, &held.release.usable);
        output.line(&format!(
            "{}: {} units, {}, {}; {} reported as used.",
            release.id, usable.quantity, usable.window, release.state, release.used
        ));
        for used in held.uses.iter().filter(|used| !used.breaches.is_empty()) {
            let breaches: Vec<&str> = used.breaches.iter().map(|b| b.as_str()).collect();
            output.line(&format!(
                "  BREACH, recorded in entry {}: a use of {} units went {}.",
                used.seq,
                used.quantity,
                breaches.join(", ")
            ));
        }
    }
    for (seq, code) in &examined.refused {
        output.line(&format!("Entry {seq}: a command was refused ({code})."));
    }
    output.line("");
    output.table(
        &["entry", "recorded", "signed after", "what", "by", "for", "user verified"],
        &signatures(report),
    );
    for (heading, lines) in [
        ("Proved", proved(report)),
        ("Left out", left_out(report)),
        ("Not proved", not_proved(report)),
    ] {
        if !lines.is_empty() {
            output.line("");
            output.heading(heading);
            lines.iter().for_each(|line| output.line(&format!("- {line}")));
        }
    }
}

fn what(statement: &AnyStatement) -> String {
    match statement {
        AnyStatement::Decision(decision) => {
            format!("decision: {} {}", decision.decision, decision.terms.request)
        }
        AnyStatement::Advice(advice) => format!("advice: {} {}", advice.advice, advice.request),
        AnyStatement::Appointment(_)
        | AnyStatement::Enrolment(_)
        | AnyStatement::Revocation(_)
        | AnyStatement::Erasure(_)
        | AnyStatement::Rotation(_)
        | AnyStatement::Publication(_)
        | AnyStatement::Hold(_)
        | AnyStatement::Lift(_)
        | AnyStatement::Override(_)
        | AnyStatement::OverrideLift(_)
        | AnyStatement::Diversion(_)
        | AnyStatement::Founding(_)
        | AnyStatement::Session(_) => statement.kind().to_string(),
    }
}

/// The last moment that a signer had certainly seen: that of the last entry in the head they quote.
fn signed_after(report: &Report, statement: &AnyStatement) -> Option<String> {
    let last = statement.binding()?.checkpoint.size.checked_sub(1)?;
    report.times.get(&last).map(ToString::to_string)
}

fn signatures(report: &Report) -> Vec<Vec<String>> {
    let one = |signed: &countersign_core::evidence::SignatureExamined| {
        let office = signed.office.as_ref().map(ToString::to_string).unwrap_or_default();
        let stead = signed.deputy_of.as_ref().map(|of| format!(" for {of}")).unwrap_or_default();
        vec![
            signed.seq.to_string(),
            signed.at.to_string(),
            signed_after(report, &signed.statement).unwrap_or_default(),
            what(&signed.statement),
            format!("{}{stead}", signed.person),
            office,
            match signed.assurance {
                Assurance::UserVerified => "yes",
                Assurance::KeyOnly => "no",
            }
            .to_owned(),
        ]
    };
    report.examined.signatures.iter().map(one).collect()
}

fn proved(report: &Report) -> Vec<String> {
    let examined = &report.examined;
    let mut lines = vec![format!(
        "{} entries are, word for word, in the log of {} entries with the root {}, signed by its \
         key.",
        report.bundle.entries.len(),
        report.proved.checkpoint.size,
        report.proved.checkpoint.root
    )];
    for found in &report.cosignatures {
        lines.push(format!(
            "{}, whom you trust, had seen the log so far by {}: all of this was in it by then, \
             and the log it was shown only grew.",
            found.witness, found.time
        ));
    }
    if !examined.signatures.is_empty() {
        lines.push(format!(
            "{} signatures are by keys of the people they name, enrolled at the moment of the \
             entry, for offices they could speak for then; each statement was used once.",
            examined.signatures.len()
        ));
    }
    if !report.bundle.seen.is_empty() {
        lines.push(
            "Each was signed after the moment shown, for it quotes a head of this very log; and \
             before its entry was recorded."
                .to_owned(),
        );
    }
    if examined.evaluated > 0 {
        let versions: Vec<String> = examined.versions.iter().map(ToString::to_string).collect();
        lines.push(format!(
            "Policy ({}), asked again, demands the consent that was given, for {} releases; each \
             release is what its signers left of the request, no more.",
            versions.join(", "),
            examined.evaluated
        ));
    }
    if report.bundle.about.whole && report.bundle.about.redacted.is_empty() {
        lines.push(
            "The record is whole; the state follows from it, and its invariants hold.".into(),
        );
    }
    lines
}

fn left_out(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for (label, count) in &report.proved.withheld {
        let why = if report.bundle.about.redacted.contains(label) {
            "left out on purpose"
        } else {
            "erased from the record"
        };
        lines.push(format!("{count} parts that only {label} may see: {why}."));
    }
    if report.proved.bodies_withheld > 0 {
        let count = report.proved.bodies_withheld;
        lines.push(format!("What {count} entries record in detail."));
    }
    lines
}

fn not_proved(report: &Report) -> Vec<String> {
    let examined = &report.examined;
    let mut lines = Vec::new();
    if report.log == TrustedLog::FromBundle {
        lines.push(format!(
            "That this is the log you mean: its key is named by the file alone. Compare \
             {} with a copy that you got another way, or give it with --log-key.",
            report.bundle.log
        ));
    }
    if report.cosignatures.is_empty() {
        let remedy = match report.log {
            _ if report.claimed.is_empty() => {
                "its head bears the log's own signature alone, and no cosignature of any witness; \
                 ask for evidence that is taken once witnesses have cosigned the log"
            }
            TrustedLog::Trust(_) => "the trust file asks for no witness, or for none who has",
            TrustedLog::Given(_) | TrustedLog::FromBundle => {
                "say with --trust which witnesses you believe"
            }
        };
        lines.push(format!(
            "That the operator shows everyone the same log: no witness that you trust has signed \
             for it; {remedy}."
        ));
    }
    if !(report.bundle.about.whole && report.bundle.about.redacted.is_empty()) {
        lines.push(
            "That nothing else in the log bears on this, such as a later withdrawal or a key \
             revoked, a use or a breach in an entry that is not here: only the whole record \
             shows that (evidence export 0..N, with nothing left out)."
                .to_owned(),
        );
    }
    if !report.foreign.is_empty() {
        let files: Vec<&str> = report.foreign.iter().map(String::as_str).collect();
        lines.push(format!(
            "What {} says: it is not as this version of the program writes it. Nothing was taken \
             from it; take the commands from docs/evidence.md.",
            files.join(" and ")
        ));
    }
    if examined.stated > 0 {
        lines.push(format!(
            "What the holder had out and had used beside this, which policy can read: stated by \
             whoever exported, for {} releases.",
            examined.stated
        ));
    }
    if examined.closed > 0 {
        lines.push(format!(
            "Who authorised what in {} entries: their content was left out.",
            examined.closed
        ));
    }
    for concern in &examined.unexamined {
        lines.push(format!(
            "Anything about {concern}, which some of these entries touch as well: where it begins \
             is not here, or was left out."
        ));
    }
    if examined.signatures.iter().any(|signed| signed.assurance == Assurance::KeyOnly) {
        lines.push(
            "That the person was at the key: for software keys nothing reports it.".to_owned(),
        );
    }
    lines
}

fn as_json(report: &Report) -> Value {
    let about = &report.bundle.about;
    let signatures: Vec<Value> = report
        .examined
        .signatures
        .iter()
        .map(|signed| {
            json!({
                "entry": signed.seq, "at": signed.at.to_string(),
                "signed_after": signed_after(report, &signed.statement),
                "kind": signed.statement.kind().as_str(), "what": what(&signed.statement),
                "person": signed.person.as_str(),
                "office": signed.office.as_ref().map(ToString::to_string),
                "deputy_of": signed.deputy_of.as_ref().map(ToString::to_string),
                "key": signed.key.to_string(), "statement": signed.digest.to_string(),
                "user_verified": signed.assurance == Assurance::UserVerified,
            })
        })
        .collect();
    let releases: Vec<Value> = report
        .examined
        .releases
        .values()
        .map(|held| {
            let breaches: Vec<Value> = held
                .uses
                .iter()
                .filter(|used| !used.breaches.is_empty())
                .map(|used| {
                    let broken: Vec<&str> = used.breaches.iter().map(|b| b.as_str()).collect();
                    json!({ "entry": used.seq, "units": used.quantity.units(), "rules": broken })
                })
                .collect();
            json!({
                "release": held.release.id.to_string(),
                "units": held.release.usable.quantity.units(),
                "used": held.release.used.units(), "state": held.release.state.as_str(),
                "breaches": breaches,
            })
        })
        .collect();
    let requests: Vec<Value> = report
        .examined
        .requests
        .values()
        .map(
            |request| json!({ "request": request.id.to_string(), "state": request.state.as_str() }),
        )
        .collect();
    let refused: Vec<Value> = report
        .examined
        .refused
        .iter()
        .map(|(seq, code)| json!({ "entry": seq, "code": code }))
        .collect();
    json!({
        "verified": true, "of": about.of.to_string(), "origin": about.origin,
        "exercise": about.exercise, "log_key": report.bundle.log.to_string(),
        "log_key_given": report.log != TrustedLog::FromBundle,
        "cosignatures": report.cosignatures.iter().map(|found| json!({
            "witness": found.witness, "time": found.time.to_string(),
        })).collect::<Vec<_>>(),
        "cosignatures_claimed": report.claimed, "size": report.proved.checkpoint.size,
        "root": report.proved.checkpoint.root.to_string(),
        "entries": report.bundle.entries.len(), "whole": about.whole,
        "signatures": signatures, "requests": requests, "releases": releases,
        "refused": refused,
        "proved": proved(report), "left_out": left_out(report), "not_proved": not_proved(report),
    })
}

//! The files of a bundle that make it easier to use by hand. They follow from those that carry the
//! proof; one that does not is refused, but for those that only explain: they are told of.

use super::Files;
use countersign_core::State;
use countersign_core::evidence::allowed_signers;
use countersign_core::policy::SCHEMA;
use countersign_proof::bundle::Bundle;
use countersign_proof::statement::kinds::KeyEnrolment;
use countersign_proof::statement::{AnyStatement, kind_of, parse_any};
use countersign_proof::words::{Moment, PersonId, PolicyVersionId};
use countersign_proof::{PublicKey, Sshsig};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A statement with its signature, as an accepted entry has them.
#[derive(Clone, Debug)]
pub(super) struct SignedText {
    /// In which entry.
    pub(super) seq: u64,
    /// When that was made.
    pub(super) at: Moment,
    /// The text.
    pub(super) text: String,
    /// The armoured signature.
    pub(super) signature: String,
}

/// All of them, given what was found.
pub(super) fn derived(
    bundle: &Bundle,
    signed: &[SignedText],
    versions: &BTreeSet<PolicyVersionId>,
    state: &State,
) -> Files {
    let mut files = Files::new();
    files.insert("README.txt".to_owned(), readme(bundle).into_bytes());
    let mut index = String::new();
    let mut places = 0_u32;
    let mut last = None;
    for one in signed {
        places = if last == Some(one.seq) { places.saturating_add(1) } else { 0 };
        last = Some(one.seq);
        let text = one.text.as_bytes();
        let (Ok(kind), Ok(statement)) = (kind_of(text), parse_any(text)) else { continue };
        let name = format!("statements/{:08}-{places}-{kind}.txt", one.seq);
        // Writing into a string cannot fail.
        let _ = writeln!(
            index,
            "{name}\t{}\t{}\t{}",
            signer(&statement, &one.signature),
            kind.namespace(),
            verify_time(one.at)
        );
        files.insert(format!("{name}.sig"), one.signature.clone().into_bytes());
        files.insert(name, one.text.clone().into_bytes());
    }
    if signed.is_empty() {
        return files;
    }
    files.insert("statements.tsv".to_owned(), index.into_bytes());
    files.insert("allowed_signers".to_owned(), allowed_signers(state.people.keys()).into_bytes());
    files.insert("policy/schema.cedarschema".to_owned(), SCHEMA.as_bytes().to_vec());
    for version in state.policy.versions() {
        let id = &version.bundle.version;
        if versions.contains(id) {
            for (file, text) in &version.bundle.policies {
                files.insert(format!("policy/{id}/{file}"), text.clone().into_bytes());
            }
        }
    }
    files
}

/// Who signed: whom the statement names, but for the new key of an enrolment, which its owner signs
/// with to show that they have it.
fn signer<'s>(statement: &'s AnyStatement, armoured: &str) -> &'s PersonId {
    if let AnyStatement::Enrolment(KeyEnrolment { public_key, person, .. }) = statement
        && let (Ok(new), Ok(by)) = (PublicKey::from_openssh(public_key), Sshsig::parse(armoured))
        && new.id() == by.public_key().id()
    {
        return person;
    }
    statement.signer()
}

/// The moment as `ssh-keygen -O verify-time=` takes it: whole seconds, the next one.
pub(crate) fn verify_time(at: Moment) -> String {
    let up = at.millis().div_ceil(1000).saturating_mul(1000);
    let moment = Moment::from_millis(up).unwrap_or(Moment::LAST).to_string();
    let digits: String = moment.chars().filter(char::is_ascii_digit).take(14).collect();
    format!("{digits}Z")
}

fn readme(bundle: &Bundle) -> String {
    let about = &bundle.about;
    let exercise = if about.exercise { "This is from an EXERCISE ledger.\n\n" } else { "" };
    format!(
        "Evidence of {of}, from the log {origin}\n\
         \n\
         {exercise}\
         Everything here can be checked without the ledger and without trusting whoever sent it.\n\
         \n\
         1. All of it, with one program and no network:\n\
         \n\
         \x20    countersign evidence verify FILE\n\
         \n\
         \x20  Compare the log's key (log.vkey) with one that you got another way, or give it:\n\
         \x20  --log-key VKEY. Whoever makes up a log can make up its key, but not the signatures\n\
         \x20  of people whose keys you know.\n\
         \n\
         2. The signatures, with the ssh-keygen of any system (OpenSSH 8.9 or newer):\n\
         \n\
         \x20    ( while IFS=\"$(printf '\\t')\" read -r file signer namespace time; do\n\
         \x20        ssh-keygen -Y verify -f allowed_signers -I \"$signer\" -n \"$namespace\" \\\n\
         \x20          -O verify-time=\"$time\" -s \"$file.sig\" < \"$file\" ||\n\
         \x20          {{ echo \"This is not good: $file, by $signer\" >&2; exit 1; }}\n\
         \x20      done < statements.tsv )\n\
         \n\
         \x20  It stops at the first that is not good, says which, and ends with exit code 1.\n\
         \x20  This shows key and text. That the key was the person's then is in the enrolments\n\
         \x20  among the statements; that a passkey's user was present and verified is checked by\n\
         \x20  `evidence verify` only.\n\
         \n\
         3. The log: checkpoint is a signed note (C2SP signed-note) with the tree head\n\
         \x20  (C2SP tlog-checkpoint). Each line of entries.jsonl is an entry: SHA-256(0x00 then\n\
         \x20  the text of \"open\") is its leaf, \"path\" leads to the root (RFC 9162,\n\
         \x20  2.1.3.2). A sealed part belongs to its entry if SHA-256(\"countersign sealed 1\"\n\
         \x20  LF label LF salt text) is the digest that the open part names for its label.\n\
         \n\
         Files: bundle.json says what this is and what was left out; seen.jsonl proves that the\n\
         log extends every head that a signer had seen; stated.jsonl, where there is one, holds\n\
         totals that the exporter states and the entries do not show; policy/ has the rules as\n\
         they were asked.\n",
        of = about.of,
        origin = about.origin,
    )
}

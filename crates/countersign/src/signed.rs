//! From signed texts to commands. Answers: *what does this signature ask the ledger to do?*
//!
//! What is executed is parsed back from the signed bytes: a text and its signature are all that a
//! door is given, and the kind of statement says which command they make.

use countersign_core::{Command, people, requests, triage};
use countersign_proof::signature::{SignatureRules, verify};
use countersign_proof::statement::{Statement, StatementKind, kind_of};
use countersign_proof::{SignatureError, Verified};
use std::collections::{BTreeMap, BTreeSet};

/// A text and the armoured signature under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The signed text.
    pub text: String,
    /// The signature, as `ssh-keygen -Y sign` writes it.
    pub signature: String,
}

/// Why signed texts make no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCommand {
    /// There is none.
    #[error("no signed text was given")]
    Nothing,
    /// A signature does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Texts of different kinds.
    #[error("the texts are of different kinds; give those of one act together")]
    Mixed,
    /// More texts than the act has.
    #[error("one signed text makes this command; {0} were given")]
    TooMany(usize),
    /// A text of a kind that needs more than itself.
    #[error("a text of the kind {0} is handed in with what it is about, not by itself")]
    NotAlone(&'static str),
}

/// The signed texts, each checked as a statement of one kind.
///
/// # Errors
/// [`NoCommand::Signature`] for the first that does not hold.
pub fn verified<S: Statement>(
    pairs: &[Pair],
    rules: &SignatureRules,
) -> Result<Vec<Verified<S>>, NoCommand> {
    let each = pairs.iter().map(|pair| verify::<S>(pair.text.as_bytes(), &pair.signature, rules));
    Ok(each.collect::<Result<_, SignatureError>>()?)
}

fn single<S: Statement>(pairs: &[Pair], rules: &SignatureRules) -> Result<Verified<S>, NoCommand> {
    let mut all = verified::<S>(pairs, rules)?;
    match (all.pop(), all.len()) {
        (Some(only), 0) => Ok(only),
        (Some(_), more) => Err(NoCommand::TooMany(more.saturating_add(1))),
        (None, _) => Err(NoCommand::Nothing),
    }
}

/// The command that signed texts make by themselves.
///
/// # Errors
/// [`NoCommand`] where a signature does not hold, or the kind of statement needs more than itself:
/// a publication its policies, an order its plan, an enrolment the new key's own signature.
pub fn command(pairs: &[Pair], rules: &SignatureRules) -> Result<Command, NoCommand> {
    let first = pairs.first().ok_or(NoCommand::Nothing)?;
    let kind = kind_of(first.text.as_bytes()).map_err(SignatureError::from)?;
    for pair in pairs {
        if kind_of(pair.text.as_bytes()).map_err(SignatureError::from)? != kind {
            return Err(NoCommand::Mixed);
        }
    }
    Ok(match kind {
        StatementKind::Decision => {
            requests::Command::DecideRequest { statement: single(pairs, rules)? }.into()
        }
        StatementKind::Advice => {
            requests::Command::AdviseRequest { statement: single(pairs, rules)? }.into()
        }
        StatementKind::Hold => {
            requests::Command::PlaceHold { statements: verified(pairs, rules)? }.into()
        }
        StatementKind::Lift => {
            requests::Command::LiftHold { statements: verified(pairs, rules)? }.into()
        }
        StatementKind::Revocation => {
            people::Command::RevokeKey { statement: single(pairs, rules)? }.into()
        }
        StatementKind::Erasure => {
            // The writer fills in what the record says of names.
            let (naming, kept) = (BTreeSet::new(), BTreeMap::new());
            people::Command::EraseIdentity { statement: single(pairs, rules)?, naming, kept }.into()
        }
        StatementKind::Appointment => {
            people::Command::Appoint { statements: verified(pairs, rules)? }.into()
        }
        StatementKind::Override => {
            triage::Command::OverrideClass { statements: verified(pairs, rules)? }.into()
        }
        StatementKind::OverrideLift => {
            triage::Command::LiftOverride { statements: verified(pairs, rules)? }.into()
        }
        StatementKind::Enrolment
        | StatementKind::Publication
        | StatementKind::Diversion
        | StatementKind::Rotation
        | StatementKind::Founding
        | StatementKind::Session => return Err(NoCommand::NotAlone(kind.as_str())),
    })
}

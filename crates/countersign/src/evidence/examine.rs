//! Examining a bundle with nothing but its files.

use super::derived::{SignedText, derived};
use super::{AllStated, Files, STATED, read_stated};
use crate::cosigned::CosignedError;
use crate::opening::OpenError;
use crate::verification::deliberation;
use countersign_core::evidence::{EntryAtHand, Examined, Examiner, Fault, is_foundation};
use countersign_core::record::{self, Answer, RecordError, Recorded};
use countersign_proof::bundle::{Bundle, BundleEntry, BundleError, Proved};
use countersign_proof::checkpoint::SignedNote;
use countersign_proof::cosignature::Cosignature;
use countersign_proof::trust::{Trust, TrustRefusal};
use countersign_proof::words::{Digest, Moment};
use countersign_proof::{Label, LogVerifier, OpenPart, Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// Why evidence is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// It does not hold by itself.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Something in it breaks a rule.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// An entry's content cannot be read.
    #[error("entry {seq}: {error}")]
    Entry {
        /// Which.
        seq: u64,
        /// Why.
        error: RecordError,
    },
    /// A file that is none of a bundle's, or not what the proof gives.
    #[error("the file {file} {why}")]
    File {
        /// Which.
        file: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The log that the bundle comes from is not the trusted one.
    #[error(
        "the bundle is from the log {found}, which is not the trusted {expected}; a log whose key \
         was rotated has another: get that from whom you got the first one"
    )]
    OtherLog {
        /// What the bundle names.
        found: String,
        /// What is trusted.
        expected: String,
    },
    /// Whoever verifies does not rely on its checkpoint.
    #[error(transparent)]
    Untrusted(#[from] TrustRefusal),
    /// What witnesses have said cannot be read.
    #[error(transparent)]
    Cosigned(#[from] CosignedError),
    /// The ledger cannot be read to make one.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is nothing like it in the ledger.
    #[error("{0}")]
    Nothing(String),
}

impl EvidenceError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bundle(_) => "evidence/bundle",
            Self::Fault(fault) => fault.rule.code(),
            Self::Entry { .. } => "evidence/entry",
            Self::File { .. } => "evidence/file",
            Self::OtherLog { .. } => "evidence/other-log",
            Self::Untrusted(_) => "evidence/not-trusted",
            Self::Open(_) | Self::Cosigned(_) => "evidence/ledger",
            Self::Nothing(_) => "evidence/nothing",
        }
    }
}

/// By which key the log is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustedLog {
    /// The verifier brought it.
    Given(Box<LogVerifier>),
    /// The verifier brought a file that says which logs and which witnesses they believe.
    Trust(Box<Trust>),
    /// Only the bundle names it.
    FromBundle,
}

/// What a bundle showed.
#[derive(Debug)]
pub struct Report {
    /// The bundle.
    pub bundle: Bundle,
    /// What hashes and the log's signature prove.
    pub proved: Proved,
    /// What people signed, and what policy says of it.
    pub examined: Examined,
    /// When each entry at hand was made.
    pub times: BTreeMap<u64, Moment>,
    /// By which key the log is known.
    pub log: TrustedLog,
    /// Which trusted witnesses have cosigned the checkpoint, and when.
    pub cosignatures: Vec<Cosignature>,
    /// Who else has put a signature to the checkpoint, as it says itself.
    pub claimed: BTreeSet<String>,
    /// Files that only explain and are not as this program writes them.
    pub foreign: BTreeSet<String>,
}

/// Examines a bundle.
///
/// # Errors
/// [`EvidenceError`] for the first thing that does not hold.
pub fn examine(files: &Files, log: TrustedLog) -> Result<Report, EvidenceError> {
    let bundle = Bundle::from_files(files)?;
    let stated = match files.get(STATED) {
        None => BTreeMap::new(),
        Some(bytes) => read_stated(bytes).ok_or_else(|| EvidenceError::File {
            file: STATED.to_owned(),
            why: "is not written in its one form",
        })?,
    };
    let mut known = bundle.to_files();
    let (mut report, made) = look(bundle, &stated, log)?;
    known.extend(made);
    report.foreign = compare(files, &known)?;
    Ok(report)
}

/// Examines the files that carry the proof; gives those that follow from them.
pub(super) fn look(
    bundle: Bundle,
    stated: &AllStated,
    log: TrustedLog,
) -> Result<(Report, Files), EvidenceError> {
    let mut cosignatures = Vec::new();
    let note = SignedNote::parse(bundle.checkpoint.as_bytes()).map_err(BundleError::from)?;
    let key = match &log {
        TrustedLog::Trust(trust) => {
            cosignatures = trust.judge(&note)?.cosignatures;
            if !trust.logs().iter().any(|known| known.key == bundle.log) {
                let origin = TrustRefusal::UnknownLog(bundle.log.to_string());
                return Err(origin.into());
            }
            &bundle.log
        }
        TrustedLog::Given(key) if **key == bundle.log => key,
        TrustedLog::Given(key) => {
            let (found, expected) = (bundle.log.to_string(), key.to_string());
            return Err(EvidenceError::OtherLog { found, expected });
        }
        TrustedLog::FromBundle => &bundle.log,
    };
    let proved = bundle.prove(key)?;
    let whole = bundle.about.whole && bundle.about.redacted.is_empty();
    let mut examiner = if whole { Examiner::of_whole() } else { Examiner::of_part(stated.clone()) };
    let mut signed = Vec::new();
    let mut times = BTreeMap::new();
    for (entry, open) in bundle.entries.iter().zip(&proved.open) {
        times.insert(entry.seq, open.time);
        one(&mut examiner, &bundle.about.redacted, entry, open, &mut signed)?;
    }
    founded(&bundle, &examiner)?;
    seen(&bundle, &proved, &signed)?;
    let made = derived(&bundle, &signed, examiner.versions(), examiner.state());
    let examined = examiner.finish()?;
    let others = note.signatures().iter().filter(|line| line.name != bundle.log.name());
    let claimed = others.map(|line| line.name.clone()).collect();
    let foreign = BTreeSet::new();
    Ok((Report { bundle, proved, examined, times, log, cosignatures, claimed, foreign }, made))
}

/// Every head that a statement quotes must be proved to be one of this log.
fn seen(bundle: &Bundle, proved: &Proved, signed: &[SignedText]) -> Result<(), EvidenceError> {
    let head = (proved.checkpoint.size, proved.checkpoint.root);
    let mut known: BTreeSet<(u64, Digest)> =
        bundle.seen.iter().map(|line| (line.size, line.root)).collect();
    known.extend([head, (0, countersign_proof::merkle::empty_root())]);
    for one in signed {
        let statement = countersign_proof::statement::parse_any(one.text.as_bytes()).ok();
        let quoted = statement.as_ref().and_then(countersign_proof::AnyStatement::binding);
        if quoted.is_some_and(|of| !known.contains(&(of.checkpoint.size, of.checkpoint.root))) {
            let why = "lacks a head that a signer had seen, so when they signed is not proved";
            return Err(EvidenceError::File { file: "seen.jsonl".to_owned(), why });
        }
    }
    Ok(())
}

/// The log's key must be the one that the founders signed for.
fn founded(bundle: &Bundle, examiner: &Examiner) -> Result<(), EvidenceError> {
    let ledger = &examiner.state().ledger;
    let fault = |why| Err(EvidenceError::File { file: "bundle.json".to_owned(), why });
    if !ledger.is_founded() {
        return fault("is of a ledger whose founding is not among the entries");
    }
    if ledger.digest != bundle.about.ledger {
        return fault("names another ledger than the founding statement");
    }
    if ledger.exercise != bundle.about.exercise {
        return fault("differs from the founding statement on whether this is an exercise");
    }
    if ledger.log_key != Digest(bundle.log.public_key()) {
        return fault("comes with a log key that the founders did not sign for");
    }
    Ok(())
}

/// What is said to be left out must be. Of the entries that all else rests on, only names are.
fn left_out(
    redacted: &BTreeSet<Label>,
    entry: &BundleEntry,
    recorded: Option<&Recorded>,
) -> Result<(), BundleError> {
    let foundation = match recorded.map(|recorded| &recorded.result) {
        Some(Answer::Accepted(events)) => events.iter().any(is_foundation),
        Some(Answer::Refused { .. }) | None => false,
    };
    let kept = |label: &Label| foundation && *label != Label::Identity;
    let mut labels = entry.sealed.iter().map(|part| part.label);
    match labels.find(|label| redacted.contains(label) && !kept(label)) {
        Some(label) => Err(BundleError::Disagrees(format!(
            "says that parts which only {label} may see were left out, and entry {} has one",
            entry.seq
        ))),
        None => Ok(()),
    }
}

fn one(
    examiner: &mut Examiner,
    redacted: &BTreeSet<Label>,
    entry: &BundleEntry,
    open: &OpenPart,
    signed: &mut Vec<SignedText>,
) -> Result<(), EvidenceError> {
    let seq = entry.seq;
    let body = entry.body.as_ref().map(|body| record::read(&body.bytes)).transpose();
    let recorded = body.map_err(|error| EvidenceError::Entry { seq, error })?;
    left_out(redacted, entry, recorded.as_ref())?;
    if entry.context {
        return Ok(());
    }
    let (statements, justification) = deliberation(&entry.sealed);
    if let Some(recorded) = &recorded {
        let alike = match (&open.outcome, &recorded.result) {
            (Outcome::Accepted, Answer::Accepted(_)) => true,
            (Outcome::Refused { code }, Answer::Refused { code: stored, .. }) => code == stored,
            (Outcome::Accepted, Answer::Refused { .. })
            | (Outcome::Refused { .. }, Answer::Accepted(_)) => false,
        };
        if !alike || open.time != recorded.at {
            let what = "its open part and its body disagree".to_owned();
            return Err(BundleError::Entry { seq, what }.into());
        }
    }
    examiner.entry(EntryAtHand {
        seq,
        recorded: recorded.as_ref(),
        statements: &statements,
        justification: justification.as_deref(),
    })?;
    let at = open.time;
    if open.outcome == Outcome::Accepted {
        let texts = statements.into_iter();
        signed.extend(texts.map(|(text, signature)| SignedText { seq, at, text, signature }));
    }
    Ok(())
}

/// Files whose text is the program's, and no part of the proof: another version of it has another.
const EXPLAINING: [&str; 2] = ["README.txt", "policy/schema.cedarschema"];

/// Every file is one of a bundle's, and those that follow from the proof follow from it. Gives
/// those that only explain, where they are not as this program writes them.
fn compare(files: &Files, known: &Files) -> Result<BTreeSet<String>, EvidenceError> {
    let mut foreign = BTreeSet::new();
    for (file, bytes) in files.iter().filter(|(file, _)| file.as_str() != STATED) {
        let why = match known.get(file) {
            Some(expected) if expected == bytes => continue,
            Some(_) if EXPLAINING.contains(&file.as_str()) => {
                foreign.insert(file.clone());
                continue;
            }
            Some(_) => "is not what the proof gives",
            None => "is none of a bundle's",
        };
        return Err(EvidenceError::File { file: file.clone(), why });
    }
    match known.keys().find(|file| !files.contains_key(*file)) {
        Some(file) => Err(EvidenceError::File { file: file.clone(), why: "is missing" }),
        None => Ok(foreign),
    }
}

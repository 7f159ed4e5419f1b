//! Evidence that travels as one file, and what is checked of it without the rules.
//!
//! Answers: *are these entries in that log, word for word, and what of them was left out?* Who
//! signed, whether they held their offices and what policy demanded is for the rules to say
//! (`countersign-core`, room `evidence`).
//!
//! A bundle is a set of named files. Those here carry the proof; each has one written form, and no
//! other is read. Files that only make them easier to use by hand follow from these.

mod lines;

pub use lines::{BundleEntry, SeenLine};

use crate::checkpoint::{Checkpoint, CheckpointError, LogVerifier};
use crate::entry::{EntryError, Label, OpenPart, verify_parts};
use crate::merkle::{Frontier, MerkleError, leaf_hash, verify_consistency, verify_inclusion};
use crate::words::{Digest, ReleaseId, RequestId, WordError, canonical_number};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// The file that says what the bundle is.
pub const ABOUT: &str = "bundle.json";
/// The signed head of the log: a note (C2SP signed-note), with the cosignatures it came with.
pub const CHECKPOINT: &str = "checkpoint";
/// The log's verifier key (C2SP signed-note).
pub const LOG_KEY: &str = "log.vkey";
/// The entries, one a line.
pub const ENTRIES: &str = "entries.jsonl";
/// The tree heads that signers had seen, one a line, each with the proof that the log extends it.
pub const SEEN: &str = "seen.jsonl";

/// The version of the form that is written and read.
const FORM: u32 = 1;

/// Why a bundle is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// A file that every bundle has.
    #[error("the bundle has no file {0}; ask for it again")]
    Missing(&'static str),
    /// A file that is not in its one form.
    #[error("{file}: {what}")]
    File {
        /// Which.
        file: &'static str,
        /// What is wrong.
        what: String,
    },
    /// A line of a file that is not in its one form.
    #[error("{file}, line {line}: {what}")]
    Line {
        /// Which file.
        file: &'static str,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// The checkpoint.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// An entry that is not in the log, or not as the log has it.
    #[error("entry {seq}: {what}")]
    Entry {
        /// Which.
        seq: u64,
        /// What is wrong.
        what: String,
    },
    /// A head that a signer had seen is not one of this log.
    #[error("the head of {size} entries that a signer had seen is none of this log: {error}")]
    Seen {
        /// Its size.
        size: u64,
        /// Why.
        error: MerkleError,
    },
    /// A file that says what it should, and is not written in its one form.
    #[error("{0}: it is not written in its one canonical form")]
    NotCanonical(&'static str),
    /// What the bundle says of itself and what is in it disagree.
    #[error("bundle.json {0}")]
    Disagrees(String),
    /// The entries are said to be all there are, and are not.
    #[error("the bundle says it holds the whole log, but its entries give another root")]
    NotWhole,
}

impl BundleError {
    /// Whether these are no files of a bundle at all, or of one in a form that is not read here:
    /// nothing says then what they are evidence of.
    #[must_use]
    pub fn is_no_bundle(&self) -> bool {
        match self {
            Self::Missing(file) | Self::File { file, .. } => *file == ABOUT,
            Self::Line { .. }
            | Self::Checkpoint(_)
            | Self::Entry { .. }
            | Self::Seen { .. }
            | Self::NotCanonical(_)
            | Self::Disagrees(_)
            | Self::NotWhole => false,
        }
    }
}

/// What a bundle is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The version of the form.
    form: u32,
    /// What it is evidence of: a request, a release, or entries from one to before another.
    #[serde(with = "lines::as_text")]
    pub of: Matter,
    /// Whether the ledger is an exercise.
    pub exercise: bool,
    /// The log.
    pub origin: String,
    /// The digest of the founding statement.
    #[serde(with = "lines::as_text")]
    pub ledger: Digest,
    /// Which parts were left out on purpose.
    pub redacted: BTreeSet<Label>,
    /// Whether the entries are all that the log had at the checkpoint.
    pub whole: bool,
}

/// What a bundle is evidence of, written `REQ-7`, `REL-3` or `0..109`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// A request, and what became of it.
    Request(RequestId),
    /// A release, and the request it came from.
    Release(ReleaseId),
    /// The entries from the first number to before the second.
    Entries(u64, u64),
}

impl fmt::Display for Matter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(id) => write!(f, "{id}"),
            Self::Release(id) => write!(f, "{id}"),
            Self::Entries(from, to) => write!(f, "{from}..{to}"),
        }
    }
}

impl FromStr for Matter {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let number = |digits: &str| if digits == "0" { Some(0) } else { canonical_number(digits) };
        let span = || {
            let (from, to) = text.split_once("..")?;
            let (from, to) = (number(from)?, number(to)?);
            (from < to).then_some(Self::Entries(from, to))
        };
        let id = text.parse().map(Self::Request).or_else(|_| text.parse().map(Self::Release));
        let wanted = "a request (REQ-7), a release (REL-3) or entries (0..109, the last not taken)";
        id.ok().or_else(span).ok_or_else(|| WordError::new(text, wanted))
    }
}

impl About {
    /// A description in the present form.
    #[must_use]
    pub fn new(of: Matter, exercise: bool, origin: String, ledger: Digest) -> Self {
        let redacted = BTreeSet::new();
        Self { form: FORM, of, exercise, origin, ledger, redacted, whole: false }
    }
}

/// A bundle that was read, and not yet proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// What it is.
    pub about: About,
    /// The signed head of the log.
    pub checkpoint: String,
    /// The key that it names as the log's.
    pub log: LogVerifier,
    /// The entries, by their numbers.
    pub entries: Vec<BundleEntry>,
    /// The heads that signers had seen, by their sizes.
    pub seen: Vec<SeenLine>,
}

/// What a bundle proves by itself: by the log's signature, and by hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The head of the log.
    pub checkpoint: Checkpoint,
    /// The open parts, by their numbers, in the order of [`Bundle::entries`].
    pub open: Vec<OpenPart>,
    /// How many sealed parts of each kind were left out.
    pub withheld: BTreeMap<Label, u64>,
    /// How many bodies were left out.
    pub bodies_withheld: u64,
}

impl Bundle {
    /// The files that carry the proof.
    #[must_use]
    pub fn to_files(&self) -> BTreeMap<String, Vec<u8>> {
        let about = serde_json::to_string(&self.about).unwrap_or_default();
        let files = [
            (ABOUT, format!("{about}\n")),
            (CHECKPOINT, self.checkpoint.clone()),
            (LOG_KEY, format!("{}\n", self.log)),
            (ENTRIES, lines::write(&self.entries)),
            (SEEN, lines::write(&self.seen)),
        ];
        files.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect()
    }

    /// Reads the files that carry the proof; others are not looked at.
    ///
    /// # Errors
    /// [`BundleError`] for the first that is missing or not in its one form.
    pub fn from_files(files: &BTreeMap<String, Vec<u8>>) -> Result<Self, BundleError> {
        let about: About = one(ABOUT, text(files, ABOUT)?)?;
        if about.form != FORM {
            let what = format!("it has the form {}; this version reads {FORM}", about.form);
            return Err(BundleError::File { file: ABOUT, what });
        }
        let checkpoint = text(files, CHECKPOINT)?.to_owned();
        let key = text(files, LOG_KEY)?;
        let key = key.strip_suffix('\n').unwrap_or(key);
        let log: LogVerifier = key.parse()?;
        let entries: Vec<BundleEntry> = lines::read(ENTRIES, text(files, ENTRIES)?)?;
        let seen: Vec<SeenLine> = lines::read(SEEN, text(files, SEEN)?)?;
        let bundle = Self { about, checkpoint, log, entries, seen };
        bundle.same_files(files)?;
        Ok(bundle)
    }

    /// One written form for each file: what was read is what would be written.
    fn same_files(&self, files: &BTreeMap<String, Vec<u8>>) -> Result<(), BundleError> {
        let written = self.to_files();
        for file in [ABOUT, CHECKPOINT, LOG_KEY, ENTRIES, SEEN] {
            if written.get(file) != files.get(file) {
                return Err(BundleError::NotCanonical(file));
            }
        }
        Ok(())
    }

    /// Proves that every entry is in the log that `log` signs for, that every part at hand is the
    /// one that its entry commits to, and that the log extends every head a signer had seen.
    ///
    /// # Errors
    /// [`BundleError`] for the first thing that does not hold.
    pub fn prove(&self, log: &LogVerifier) -> Result<Proved, BundleError> {
        let checkpoint = Checkpoint::open(self.checkpoint.as_bytes(), log)?;
        if self.about.origin != checkpoint.origin {
            let what = format!("names the log {}, and the checkpoint another", self.about.origin);
            return Err(BundleError::Disagrees(what));
        }
        let mut tree = Frontier::new();
        let (mut open, mut withheld, mut bodies_withheld) = (Vec::new(), BTreeMap::new(), 0_u64);
        for entry in &self.entries {
            let fault = |what: String| BundleError::Entry { seq: entry.seq, what };
            let leaf = leaf_hash(entry.open.as_bytes());
            match (&entry.path, self.about.whole) {
                (None, true) => tree.append(leaf),
                (Some(path), false) => {
                    let (size, root) = (checkpoint.size, checkpoint.root);
                    verify_inclusion(leaf, entry.seq, size, path, root)
                        .map_err(|error| fault(error.to_string()))?;
                }
                (None, false) => return Err(fault("its path to the root is missing".to_owned())),
                (Some(_), true) => return Err(fault("it needs no path: all are here".to_owned())),
            }
            let part = self.parts(entry, &mut withheld).map_err(fault)?;
            let left_out = entry.body.is_none() && !entry.context;
            bodies_withheld = bodies_withheld.saturating_add(u64::from(left_out));
            if open.last().is_some_and(|last: &OpenPart| last.seq >= part.seq) {
                return Err(fault("it is out of order".to_owned()));
            }
            open.push(part);
        }
        let same = (tree.size(), tree.root()) == (checkpoint.size, checkpoint.root);
        if self.about.whole && !same {
            return Err(BundleError::NotWhole);
        }
        for seen in &self.seen {
            let (new, root) = (checkpoint.size, checkpoint.root);
            verify_consistency(seen.size, new, seen.root, root, &seen.path)
                .map_err(|error| BundleError::Seen { size: seen.size, error })?;
        }
        Ok(Proved { checkpoint, open, withheld, bodies_withheld })
    }

    fn parts(
        &self,
        entry: &BundleEntry,
        withheld: &mut BTreeMap<Label, u64>,
    ) -> Result<OpenPart, String> {
        let open = OpenPart::parse(entry.open.as_bytes()).map_err(|error| error.to_string())?;
        if open.seq != entry.seq {
            return Err(format!("its open part says that it is entry {}", open.seq));
        }
        if open.ledger != self.about.ledger {
            return Err("it is an entry of another ledger".to_owned());
        }
        let left = verify_parts(&open, entry.body.as_ref(), &entry.sealed)
            .map_err(|error: EntryError| error.to_string())?;
        for label in left {
            if entry.context {
                continue;
            }
            // A name can be erased from the record itself; nothing else is ever missing unsaid.
            if label != Label::Identity && !self.about.redacted.contains(&label) {
                return Err(format!("its part {label} is missing, and not said to be left out"));
            }
            let count = withheld.entry(label).or_default();
            *count = count.saturating_add(1);
        }
        Ok(open)
    }
}

fn text<'a>(
    files: &'a BTreeMap<String, Vec<u8>>,
    name: &'static str,
) -> Result<&'a str, BundleError> {
    let bytes = files.get(name).ok_or(BundleError::Missing(name))?;
    std::str::from_utf8(bytes)
        .map_err(|_| BundleError::File { file: name, what: "it is not UTF-8".to_owned() })
}

fn one<T: for<'a> Deserialize<'a>>(file: &'static str, text: &str) -> Result<T, BundleError> {
    serde_json::from_str(text).map_err(|error| BundleError::File { file, what: error.to_string() })
}

//! The proof that a log showed two histories.

use super::{AddCheckpoint, Seen};
use crate::checkpoint::{Checkpoint, CheckpointError, LogVerifier, SignedNote};
use crate::merkle::{MerkleError, consistency_roots, verify_consistency};
use crate::tlog_proof::hash_line;
use crate::words::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

const HEADER: &str = "countersign/misbehaviour@v1";
/// The longest file, in bytes.
const MAX_BYTES: usize = 2_000_000;
const MAX_PROOF: usize = 64;

/// Why something is not such a proof, or proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MisbehaviourError {
    /// Not the text of one.
    #[error("not a proof of misbehaviour: {0}")]
    Text(&'static str),
    /// A checkpoint in it is malformed or not signed by the log.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// It is about another log.
    #[error("the two checkpoints are not both of the log {0:?}")]
    OtherLog(String),
    /// The two checkpoints can be of one history.
    #[error("it proves nothing: the two checkpoints can be of one history")]
    NoConflict,
    /// What the later history says of its beginning is not proved.
    #[error("it proves nothing: what it says of the later history does not hold: {0}")]
    Prefix(#[from] MerkleError),
}

/// Two checkpoints signed by one log that cannot be of one history. Anyone who knows the log's key
/// can check it; nothing else is needed.
///
/// At one size it is enough that the roots differ. At two sizes there is also the root that the
/// later history gives its own beginning, with the consistency proof for it: that is not the root
/// that the log signed at that size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misbehaviour {
    log: LogVerifier,
    earlier: SignedNote,
    later: SignedNote,
    prefix: Option<Prefix>,
}

/// What the later history says of its beginning, as long as the earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Prefix {
    root: Digest,
    proof: Vec<Digest>,
}

impl Misbehaviour {
    /// Takes two checkpoints of `log` as the proof; where their sizes differ, with the root that
    /// the later history gives its first entries, as many as the earlier checkpoint counts, and
    /// the consistency proof from there.
    ///
    /// # Errors
    /// [`MisbehaviourError`] when that proves nothing.
    pub fn new(
        log: &LogVerifier,
        earlier: SignedNote,
        later: SignedNote,
        prefix: Option<(Digest, Vec<Digest>)>,
    ) -> Result<Self, MisbehaviourError> {
        let prefix = prefix.map(|(root, proof)| Prefix { root, proof });
        let found = Self { log: log.clone(), earlier, later, prefix };
        found.verify()?;
        Ok(found)
    }

    /// The log. Whether that is the key of the log in question is for the reader to compare.
    #[must_use]
    pub fn log(&self) -> &LogVerifier {
        &self.log
    }

    /// The two checkpoints, the smaller first.
    ///
    /// # Errors
    /// [`MisbehaviourError`] when one is not signed by the log.
    pub fn checkpoints(&self) -> Result<[Checkpoint; 2], MisbehaviourError> {
        let open = |note: &SignedNote| {
            note.verify(&[&self.log])?;
            let checkpoint = Checkpoint::parse_head(note.text())?;
            if checkpoint.origin == self.log.name() {
                Ok(checkpoint)
            } else {
                Err(MisbehaviourError::OtherLog(self.log.name().to_owned()))
            }
        };
        Ok([open(&self.earlier)?, open(&self.later)?])
    }

    /// Checks that the log signed both and that they cannot be of one history.
    ///
    /// # Errors
    /// [`MisbehaviourError`].
    pub fn verify(&self) -> Result<(), MisbehaviourError> {
        let [earlier, later] = self.checkpoints()?;
        let conflict = match &self.prefix {
            None => earlier.size == later.size && earlier.root != later.root,
            Some(Prefix { root, proof }) => {
                let (size, other) = (earlier.size, *root);
                verify_consistency(size, later.size, other, later.root, proof)?;
                // The empty tree begins every history.
                size > 0 && size < later.size && other != earlier.root
            }
        };
        if conflict { Ok(()) } else { Err(MisbehaviourError::NoConflict) }
    }

    /// Reads the text that `Display` writes, and checks it.
    ///
    /// # Errors
    /// [`MisbehaviourError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MisbehaviourError> {
        let refuse = MisbehaviourError::Text;
        if bytes.len() > MAX_BYTES {
            return Err(refuse("the file is longer than 2 MB"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8"))?;
        let (head, notes) =
            text.split_once("\n\nearlier\n").ok_or(refuse("the line `earlier` is missing"))?;
        let (earlier, later) =
            notes.split_once("\n\nlater\n").ok_or(refuse("the line `later` is missing"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(refuse("the first line is not countersign/misbehaviour@v1"));
        }
        let log = lines.next().and_then(|line| line.strip_prefix("log "));
        let log = log.ok_or(refuse("the second line is not `log VKEY`"))?.parse()?;
        let mut prefix = None;
        if let Some(line) = lines.next() {
            let root = line.strip_prefix("prefix ").and_then(hash_line);
            let root = root.ok_or(refuse("the third line is not `prefix HASH`"))?;
            let proof = lines.map(hash_line).collect::<Option<Vec<_>>>();
            let proof = proof.filter(|proof| proof.len() <= MAX_PROOF);
            prefix = Some((root, proof.ok_or(refuse("a line of the proof is not a hash"))?));
        }
        let earlier = SignedNote::parse(format!("{earlier}\n").as_bytes())?;
        Self::new(&log, earlier, SignedNote::parse(later.as_bytes())?, prefix)
    }
}

impl fmt::Display for Misbehaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nlog {}", self.log)?;
        if let Some(Prefix { root, proof }) = &self.prefix {
            writeln!(f, "prefix {}", STANDARD.encode(root.0))?;
            proof.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash.0)))?;
        }
        write!(f, "\nearlier\n{}\nlater\n{}", self.earlier, self.later)
    }
}

/// What a refused request proves together with what was cosigned last. A proof that does not hold
/// proves nothing by itself, for anyone could have sent it; but one that holds for the new
/// checkpoint and leads to another beginning than the log signed does.
pub(super) fn found(
    last: &Seen,
    now: &Seen,
    request: &AddCheckpoint,
    keys: &[&LogVerifier],
) -> Option<Misbehaviour> {
    let (old, new) = (&last.checkpoint, &now.checkpoint);
    let prefix = if old.size == new.size {
        None
    } else {
        let proof = request.proof();
        if request.old() != old.size || old.size >= new.size {
            return None;
        }
        let (root, _) = consistency_roots(old.size, new.size, old.root, proof).ok()?;
        Some((root, proof.to_vec()))
    };
    let proofs = keys
        .iter()
        .map(|key| Misbehaviour::new(key, last.note.clone(), now.note.clone(), prefix.clone()));
    proofs.into_iter().find_map(Result::ok)
}

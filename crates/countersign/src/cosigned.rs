//! What witnesses say of this log. Answers: *which checkpoints were cosigned, by whom, and where is
//! that kept?*
//!
//! Cosignatures are no part of the record: they come from outside, after the fact, and anyone can
//! check them. So they are kept beside it, in the folder `cosignatures` of the ledger: a file
//! `SIZE.checkpoint` for each checkpoint that was shown to a witness, and `witnesses`, the keys of
//! the witnesses this ledger asks. What is read from there is checked again each time; what does
//! not hold is left out and told. Whoever deletes the folder loses the proofs, not the record.

use crate::witness::write_durably;
use countersign_proof::LogVerifier;
use countersign_proof::checkpoint::{Checkpoint, CheckpointError, NoteKey as _, SignedNote};
use countersign_proof::cosignature::{Cosignature, WitnessVerifier};
use std::io;
use std::path::{Path, PathBuf};

const FOLDER: &str = "cosignatures";
const WITNESSES: &str = "witnesses";
const ENDING: &str = "checkpoint";

/// Why cosignatures cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum CosignedError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line in the list of witnesses.
    #[error("{path}, line {line}: {error}")]
    Witness {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Why.
        error: CheckpointError,
    },
    /// What was handed in is no cosignature of a checkpoint that is kept.
    #[error(transparent)]
    Note(#[from] CheckpointError),
    /// No kept checkpoint is the one that was cosigned.
    #[error(
        "none of these lines is by a witness that this ledger knows, for a checkpoint that it \
         showed; name the witness with --witness VKEY"
    )]
    NoMatch,
}

/// The cosignatures of one ledger.
#[derive(Clone, Debug)]
pub struct Cosigned {
    folder: PathBuf,
    /// The log's keys, the one that signs now first.
    log: Vec<LogVerifier>,
}

/// A checkpoint and who cosigned it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignedCheckpoint {
    /// Size and root.
    pub checkpoint: Checkpoint,
    /// The note: the log's signature, and the cosignatures that hold.
    pub note: SignedNote,
    /// The cosignatures, in the order of the list of witnesses.
    pub cosignatures: Vec<Cosignature>,
}

impl Cosigned {
    /// Those of the log with these keys, whose record is in `ledger`: the key that signs now, and
    /// those before it ([`crate::opening::log_keys`]).
    #[must_use]
    pub fn beside(ledger: &Path, log: Vec<LogVerifier>) -> Self {
        Self { folder: ledger.join(FOLDER), log }
    }

    fn io(path: &Path) -> impl FnOnce(io::Error) -> CosignedError {
        let path = path.to_owned();
        move |error| CosignedError::Io { path, error }
    }

    /// The witnesses this ledger knows.
    ///
    /// # Errors
    /// [`CosignedError`] when the list cannot be read.
    pub fn witnesses(&self) -> Result<Vec<WitnessVerifier>, CosignedError> {
        let path = self.folder.join(WITNESSES);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(CosignedError::Io { path, error }),
        };
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let read = lines.map(|(line, text)| {
            let path = path.clone();
            let read = text.trim().parse();
            read.map_err(|error| CosignedError::Witness { path, line, error })
        });
        read.collect()
    }

    /// Knows these witnesses too from now on.
    ///
    /// # Errors
    /// [`CosignedError`] when the list cannot be read or written.
    pub fn know(&self, witnesses: &[WitnessVerifier]) -> Result<(), CosignedError> {
        let mut known = self.witnesses()?;
        let before = known.len();
        for witness in witnesses {
            if !known.contains(witness) {
                known.push(witness.clone());
            }
        }
        if known.len() == before {
            return Ok(());
        }
        let text: String = known.iter().map(|witness| format!("{witness}\n")).collect();
        self.write(WITNESSES, &text)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), CosignedError> {
        std::fs::create_dir_all(&self.folder).map_err(Self::io(&self.folder))?;
        let path = self.folder.join(name);
        write_durably(&path, text.as_bytes()).map_err(Self::io(&path))
    }

    /// Keeps a checkpoint of this log that is about to be shown to witnesses.
    ///
    /// # Errors
    /// [`CosignedError`] when it is not one, or cannot be written.
    pub fn show(&self, note: &str) -> Result<(), CosignedError> {
        let checkpoint = self.open(note.as_bytes())?;
        let name = format!("{}.{ENDING}", checkpoint.size);
        let kept = std::fs::read_to_string(self.folder.join(&name));
        let kept = kept.ok().and_then(|text| SignedNote::parse(text.as_bytes()).ok());
        let shown = SignedNote::parse(note.as_bytes())?;
        if kept.is_some_and(|kept| kept.text() == shown.text()) {
            return Ok(());
        }
        self.write(&name, note)
    }

    /// Size and root of a note that one of the log's keys signed.
    ///
    /// # Errors
    /// [`CosignedError::Note`] when none did, or one that claims to did not.
    pub fn open(&self, note: &[u8]) -> Result<Checkpoint, CosignedError> {
        let mut refused = CosignedError::NoMatch;
        for key in &self.log {
            match Checkpoint::open(note, key) {
                Ok(checkpoint) => return Ok(checkpoint),
                Err(error @ CheckpointError::Unsigned(_)) => refused = error.into(),
                Err(error) => return Err(error.into()),
            }
        }
        Err(refused)
    }

    /// The checkpoint of at least `least` entries, signed with the log's present key, that most
    /// witnesses have cosigned, the latest of these; none where nobody has.
    ///
    /// # Errors
    /// As [`Self::checkpoints`].
    pub fn best(
        &self,
        least: u64,
        told: &mut dyn FnMut(String),
    ) -> Result<Option<CosignedCheckpoint>, CosignedError> {
        let mut found = self.checkpoints(told)?;
        let now = |one: &CosignedCheckpoint| {
            let key = self.log.first();
            key.is_some_and(|key| one.note.signatures().iter().any(|line| line.is_by(key)))
        };
        found
            .retain(|one| one.checkpoint.size >= least && !one.cosignatures.is_empty() && now(one));
        Ok(found.into_iter().max_by_key(|one| (one.cosignatures.len(), one.checkpoint.size)))
    }

    /// The checkpoints that were shown, the largest first, each with the cosignatures that hold.
    /// Told of what does not hold: `told`.
    ///
    /// # Errors
    /// [`CosignedError`] when the folder or the list cannot be read.
    pub fn checkpoints(
        &self,
        told: &mut dyn FnMut(String),
    ) -> Result<Vec<CosignedCheckpoint>, CosignedError> {
        let witnesses = self.witnesses()?;
        let mut found = Vec::new();
        for size in self.sizes()? {
            let path = self.folder.join(format!("{size}.{ENDING}"));
            match self.read(&path, &witnesses) {
                Ok(read) => found.push(read),
                Err(error) => told(format!("{} is passed over: {error}", path.display())),
            }
        }
        Ok(found)
    }

    fn sizes(&self) -> Result<Vec<u64>, CosignedError> {
        let list = match std::fs::read_dir(&self.folder) {
            Ok(list) => list,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Self::io(&self.folder)(error)),
        };
        let size = |found: std::fs::DirEntry| {
            let name = found.file_name().into_string().ok()?;
            name.strip_suffix(".checkpoint")?.parse::<u64>().ok()
        };
        let mut sizes: Vec<u64> = list.flatten().filter_map(size).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        Ok(sizes)
    }

    fn read(
        &self,
        path: &Path,
        witnesses: &[WitnessVerifier],
    ) -> Result<CosignedCheckpoint, CosignedError> {
        let text = std::fs::read(path).map_err(Self::io(path))?;
        let checkpoint = self.open(&text)?;
        let note = SignedNote::parse(&text)?;
        let mut cosignatures = Vec::new();
        for witness in witnesses {
            cosignatures.extend(witness.cosigned(&note)?);
        }
        let known = |line: &countersign_proof::checkpoint::NoteSignature| {
            self.log.iter().any(|key| line.is_by(key))
                || witnesses.iter().any(|witness| line.is_by(witness))
        };
        let note = note.only(known).ok_or(CosignedError::NoMatch)?;
        Ok(CosignedCheckpoint { checkpoint, note, cosignatures })
    }

    /// Takes in the signature lines that a witness answered with; gives the size of the checkpoint
    /// and who cosigned it.
    ///
    /// # Errors
    /// [`CosignedError::NoMatch`] when no line is by a known witness for a checkpoint that was
    /// shown; [`CheckpointError::Forged`] when one claims to be and is not.
    pub fn accept(&self, lines: &str) -> Result<(u64, Vec<Cosignature>), CosignedError> {
        let witnesses = self.witnesses()?;
        let mut forged = None;
        for size in self.sizes()? {
            let path = self.folder.join(format!("{size}.{ENDING}"));
            let Ok(mut note) = self.read(&path, &witnesses).map(|read| read.note) else { continue };
            let mut with = SignedNote::parse(note.to_string().as_bytes())?;
            with.add(lines)?;
            let fresh = with.signatures().get(note.signatures().len()..).unwrap_or_default();
            let mut accepted = Vec::new();
            let mut holds = true;
            for line in fresh {
                let witness = witnesses.iter().find(|witness| line.is_by(*witness));
                let Some(witness) = witness else { continue };
                if !witness.vouches(note.text(), &line.signature) {
                    (holds, forged) = (false, Some(witness.name().to_owned()));
                    continue;
                }
                if !note.signatures().contains(line) {
                    note.add(&format!("{line}\n"))?;
                }
                accepted.extend(witness.cosigned(&note)?);
            }
            if holds && !accepted.is_empty() {
                self.write(&format!("{size}.{ENDING}"), &note.to_string())?;
                return Ok((size, accepted));
            }
        }
        Err(forged.map_or(CosignedError::NoMatch, |name| CheckpointError::Forged(name).into()))
    }
}

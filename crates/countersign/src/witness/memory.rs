//! What a witness keeps on disk.
//!
//! `witness.key` is its name and its secret; `logs` has one line `log VKEY` for each log it
//! watches; `memory` is the last cosigned checkpoint of each log, replaced as a whole: written
//! beside, synced, renamed, and the folder synced. `memory.count` counts the replacements and is
//! written after each, so a `memory` that was brought back from a backup is older than its count,
//! and is refused: a witness that forgot what it cosigned could be shown a second history. Where
//! both files are brought back together nobody can tell from the disk; then a request that bears
//! the witness's own, forgotten cosignature is refused.

use crate::keys::write_secret;
use countersign_proof::LogVerifier;
use countersign_proof::checkpoint::{Checkpoint, CheckpointError, SignedNote};
use countersign_proof::cosignature::{WitnessKey, WitnessVerifier};
use countersign_proof::witness::{Misbehaviour, Seen};
use countersign_proof::words::{Digest, Moment};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const KEY: &str = "witness.key";
const LOGS: &str = "logs";
const MEMORY: &str = "memory";
const COUNT: &str = "memory.count";
const LOCK: &str = "lock";
const MISBEHAVIOUR: &str = "misbehaviour";
const HEADER: &str = "countersign witness memory v1";
/// The most proofs of misbehaviour that are kept: whoever has one needs no hundred more.
const MOST_PROOFS: usize = 100;

/// Why a witness cannot work.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is a witness in the folder already.
    #[error("{0} holds a witness already; its key is never replaced")]
    Exists(PathBuf),
    /// Another process is this witness.
    #[error("another process is at work in {0}; stop it first")]
    Locked(PathBuf),
    /// A file does not say what it should.
    #[error("{path}: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A line of the list of logs.
    #[error("{path}, line {line}: {what}")]
    Logs {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// A name or key cannot be one.
    #[error(transparent)]
    Key(#[from] CheckpointError),
    /// The memory is older than what was written last.
    #[error(
        "the memory in {folder} was written {found} times, but {expected} times were counted: an \
         older one was brought back. A witness that forgot what it cosigned must not go on; bring \
         the latest memory back, or start a new witness with a new key"
    )]
    RolledBack {
        /// The folder.
        folder: PathBuf,
        /// The count in the memory.
        found: u64,
        /// The count beside it.
        expected: u64,
    },
}

impl WitnessError {
    /// Whether what was kept is damaged or lost, as against out of reach.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::RolledBack { .. } => true,
            Self::Io { .. }
            | Self::Exists(_)
            | Self::Locked(_)
            | Self::Logs { .. }
            | Self::Key(_) => false,
        }
    }
}

/// The folder of a witness.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

/// The last cosigned checkpoint of each log, by origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// How often it was written.
    count: u64,
    seen: BTreeMap<String, Seen>,
}

/// Held by the one process that is this witness.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file would not do: a process being started just now has a copy of it.
        let _ = self.0.unlock();
    }
}

impl Folder {
    /// The folder at `path`.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn io(&self, name: &str) -> impl FnOnce(io::Error) -> WitnessError {
        let path = self.0.join(name);
        move |error| WitnessError::Io { path, error }
    }

    fn damaged(&self, name: &str, what: impl Into<String>) -> WitnessError {
        WitnessError::Damaged { path: self.0.join(name), what: what.into() }
    }

    /// Makes a witness: its key, and a memory of nothing.
    ///
    /// # Errors
    /// [`WitnessError`] when there is one already, or files cannot be written.
    pub fn create(&self, name: &str, seed: [u8; 32]) -> Result<WitnessKey, WitnessError> {
        let key = WitnessKey::from_seed(name, seed)?;
        std::fs::create_dir_all(&self.0).map_err(self.io(""))?;
        let _lock = self.lock()?;
        if self.0.join(KEY).exists() || self.0.join(MEMORY).exists() {
            return Err(WitnessError::Exists(self.0.clone()));
        }
        self.save(&mut Memory::default())?;
        let text = format!("{name}\n{}\n", Digest(seed));
        write_secret(&self.0.join(KEY), text.as_bytes()).map_err(self.io(KEY))?;
        sync_folder(&self.0).map_err(self.io(""))?;
        Ok(key)
    }

    /// Its key.
    ///
    /// # Errors
    /// [`WitnessError`] when there is none.
    pub fn key(&self) -> Result<WitnessKey, WitnessError> {
        let text = std::fs::read_to_string(self.0.join(KEY)).map_err(self.io(KEY))?;
        let mut lines = text.lines();
        let name = lines.next().unwrap_or_default();
        let seed: Option<Digest> = lines.next().and_then(|line| line.parse().ok());
        let seed = seed.ok_or_else(|| self.damaged(KEY, "it is not the key of a witness"))?;
        Ok(WitnessKey::from_seed(name, seed.0)?)
    }

    /// The logs it watches.
    ///
    /// # Errors
    /// [`WitnessError::Logs`] with the line that cannot be read.
    pub fn logs(&self) -> Result<Vec<LogVerifier>, WitnessError> {
        let path = self.0.join(LOGS);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(WitnessError::Io { path, error }),
        };
        let mut logs = Vec::new();
        for (line, words) in (1..).zip(text.lines()) {
            let words: Vec<&str> = words.split_whitespace().collect();
            let refuse = |what: String| WitnessError::Logs { path: path.clone(), line, what };
            match words.as_slice() {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["log", key] | ["log", key, _] => {
                    logs.push(key.parse().map_err(|error| refuse(format!("{error}")))?);
                }
                [_, ..] => return Err(refuse("a line is `log VKEY`".to_owned())),
            }
        }
        Ok(logs)
    }

    /// Watches one more log; says whether it was not watched yet.
    ///
    /// # Errors
    /// [`WitnessError`] when the list cannot be read or written.
    pub fn watch(&self, log: &LogVerifier) -> Result<bool, WitnessError> {
        if self.logs()?.contains(log) {
            return Ok(false);
        }
        let path = self.0.join(LOGS);
        let mut text = std::fs::read_to_string(&path).unwrap_or_default();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&format!("log {log}\n"));
        write_durably(&path, text.as_bytes()).map_err(self.io(LOGS))?;
        Ok(true)
    }

    /// Makes this process the witness, until the lock is dropped.
    pub(super) fn lock(&self) -> Result<Lock, WitnessError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(self.0.join(LOCK)).map_err(self.io(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(std::fs::TryLockError::WouldBlock) => Err(WitnessError::Locked(self.0.clone())),
            Err(std::fs::TryLockError::Error(error)) => Err(self.io(LOCK)(error)),
        }
    }

    /// What it remembers.
    ///
    /// # Errors
    /// [`WitnessError::RolledBack`] when an older memory was brought back, and
    /// [`WitnessError::Damaged`] when it cannot be read; it never begins anew.
    pub fn memory(&self) -> Result<Memory, WitnessError> {
        let text = std::fs::read_to_string(self.0.join(MEMORY)).map_err(self.io(MEMORY))?;
        let memory = Memory::parse(&text).map_err(|what| self.damaged(MEMORY, what))?;
        let count = std::fs::read_to_string(self.0.join(COUNT)).map_err(self.io(COUNT))?;
        // A crash can leave the count behind the memory, or empty; never ahead of it.
        let expected = count.trim_end().parse().unwrap_or(0);
        if expected > memory.count {
            let (folder, found) = (self.0.clone(), memory.count);
            return Err(WitnessError::RolledBack { folder, found, expected });
        }
        Ok(memory)
    }

    /// Brings `memory` to stable storage; only then may what is in it be cosigned.
    pub(super) fn save(&self, memory: &mut Memory) -> Result<(), WitnessError> {
        memory.count = memory.count.saturating_add(1);
        let text = memory.to_text();
        write_durably(&self.0.join(MEMORY), text.as_bytes()).map_err(self.io(MEMORY))?;
        // Not synced: it may lag behind after a crash, and is only ever compared as too large.
        let count = format!("{}\n", memory.count);
        std::fs::write(self.0.join(COUNT), count).map_err(self.io(COUNT))
    }

    /// Keeps a proof of misbehaviour; gives the file.
    pub(super) fn keep_proof(&self, proof: &Misbehaviour) -> Result<PathBuf, WitnessError> {
        let folder = self.0.join(MISBEHAVIOUR);
        std::fs::create_dir_all(&folder).map_err(self.io(MISBEHAVIOUR))?;
        let text = proof.to_string();
        let name: String = Digest::of(text.as_bytes()).to_string().chars().take(16).collect();
        let path = folder.join(format!("{name}.txt"));
        if !path.exists() && self.proofs()?.len() < MOST_PROOFS {
            write_durably(&path, text.as_bytes()).map_err(self.io(MISBEHAVIOUR))?;
        }
        Ok(path)
    }

    /// The proofs of misbehaviour that it keeps.
    ///
    /// # Errors
    /// [`WitnessError::Io`].
    pub fn proofs(&self) -> Result<Vec<PathBuf>, WitnessError> {
        let found = match std::fs::read_dir(self.0.join(MISBEHAVIOUR)) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.io(MISBEHAVIOUR)(error)),
        };
        let mut paths: Vec<PathBuf> = found.flatten().map(|found| found.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|kind| kind == "txt"));
        paths.sort();
        Ok(paths)
    }

    /// The public half of its key.
    ///
    /// # Errors
    /// [`WitnessError`] when there is none.
    pub fn verifier(&self) -> Result<WitnessVerifier, WitnessError> {
        Ok(self.key()?.verifier().clone())
    }
}

impl Memory {
    /// The last cosigned checkpoint of the log called `origin`.
    #[must_use]
    pub fn of(&self, origin: &str) -> Option<&Seen> {
        self.seen.get(origin)
    }

    /// All of them, by origin.
    pub fn all(&self) -> impl Iterator<Item = &Seen> {
        self.seen.values()
    }

    pub(super) fn remember(&mut self, seen: Seen) {
        self.seen.insert(seen.checkpoint.origin.clone(), seen);
    }

    /// Takes over how often another one may have been written, and nothing else of it.
    pub(super) fn outlive(&mut self, other: &Self) {
        self.count = self.count.max(other.count);
    }

    fn to_text(&self) -> String {
        let mut text = format!("{HEADER}\ncount {}\n", self.count);
        for seen in self.seen.values() {
            let note = seen.note.to_string();
            let lines = note.lines().count();
            text.push_str(&format!("cosigned {} {lines}\n{note}", seen.time.millis()));
        }
        let digest = Digest::of(text.as_bytes());
        format!("{text}end {digest}\n")
    }

    fn parse(text: &str) -> Result<Self, String> {
        let torn = || "it is torn or altered; bring the latest copy back".to_owned();
        let body = text.trim_end().rsplit_once('\n').map(|(body, _)| body).ok_or_else(torn)?;
        let body = format!("{body}\n");
        if text != format!("{body}end {}\n", Digest::of(body.as_bytes())) {
            return Err(torn());
        }
        let mut lines = body.lines();
        let header = lines.next() == Some(HEADER);
        let count = lines.next().and_then(|line| line.strip_prefix("count ")?.parse().ok());
        let count = count.filter(|_| header).ok_or("it is of another version of this program")?;
        let mut memory = Self { count, seen: BTreeMap::new() };
        while let Some(line) = lines.next() {
            let numbers = line.strip_prefix("cosigned ").and_then(|rest| rest.split_once(' '));
            let (time, count) = numbers.ok_or_else(torn)?;
            let time = time.parse().ok().and_then(Moment::from_millis).ok_or_else(torn)?;
            let count: usize = count.parse().map_err(|_| torn())?;
            let note: Vec<&str> = lines.by_ref().take(count).collect();
            let note = SignedNote::parse(format!("{}\n", note.join("\n")).as_bytes());
            let note = note.map_err(|error| error.to_string())?;
            let checkpoint =
                Checkpoint::parse_head(note.text()).map_err(|error| error.to_string())?;
            memory.remember(Seen { checkpoint, note, time });
        }
        Ok(memory)
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Writes a file so that after a crash there is the old one or the new one, whole.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut partial = path.to_owned().into_os_string();
    partial.push(".partial");
    let mut file = File::create(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&partial, path)?;
    sync_folder(folder)
}

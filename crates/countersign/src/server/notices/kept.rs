//! What is kept of notices, beside the ledger. Answers: *up to where has each endpoint been told,
//! and what could not be told?*
//!
//! Two files for each endpoint: where it is in the record (JSON, replaced as a whole), and the dead
//! letters (a JSON object a line). Neither holds a body, an address or a secret: a notice is made
//! again from its entry.

use countersign_proof::words::Digest;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, by the clock of this machine.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A notice that has failed and will be tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Late {
    /// How often it has failed.
    pub(crate) failures: u32,
    /// When it first did, in seconds since 1970.
    pub(crate) since: u64,
    /// When it is tried again.
    pub(crate) due: u64,
    /// Why it failed last.
    pub(crate) why: String,
}

/// Where an endpoint is in the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// Which ledger.
    pub(crate) ledger: String,
    /// What browsers call the server: links in what is sent again begin so too.
    pub(crate) origin: String,
    /// The first entry that has not been handed over, nor stands among the late ones.
    pub(crate) next: u64,
    /// Notices that are tried again, by their entry.
    #[serde(default)]
    pub(crate) late: BTreeMap<u64, Late>,
    /// Of mail: the last entry of which each recipient was written what there is.
    #[serde(default)]
    pub(crate) written: BTreeMap<String, u64>,
    /// Why the endpoint is no longer told, and since when.
    #[serde(default)]
    pub(crate) stopped: Option<Stopped>,
}

impl Position {
    /// At this entry of a ledger, with nothing left over.
    pub(crate) fn at(ledger: Digest, origin: &str, next: u64) -> Self {
        Self {
            ledger: ledger.to_string(),
            origin: origin.to_owned(),
            next,
            late: BTreeMap::new(),
            written: BTreeMap::new(),
            stopped: None,
        }
    }
}

/// Why an endpoint is no longer told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stopped {
    /// Since when, in seconds since 1970.
    pub(crate) since: u64,
    /// In words.
    pub(crate) why: String,
}

/// A notice that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dead {
    /// The entry it is of.
    pub(crate) seq: u64,
    /// Whom it was for, where the endpoint has several: a person or an office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    /// How often it was tried.
    pub(crate) failures: u32,
    /// When it first failed, in seconds since 1970.
    pub(crate) since: u64,
    /// When it was given up.
    pub(crate) until: u64,
    /// Why it failed last.
    pub(crate) why: String,
}

impl Dead {
    fn key(&self) -> (u64, Option<String>) {
        (self.seq, self.to.clone())
    }
}

/// The files of one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    folder: PathBuf,
    name: String,
}

type Outcome<T> = Result<T, String>;

fn told(path: &Path) -> impl Fn(&dyn std::fmt::Display) -> String + '_ {
    move |why| format!("{}: {why}", path.display())
}

impl Files {
    /// Those of the endpoint `name` in a folder.
    pub(crate) fn of(folder: &Path, name: &str) -> Self {
        Self { folder: folder.to_owned(), name: name.to_owned() }
    }

    /// Makes the folder, where there is none.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub(crate) fn make_folder(&self) -> Outcome<()> {
        std::fs::create_dir_all(&self.folder).map_err(|error| told(&self.folder)(&error))
    }

    fn path(&self, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{kind}", self.name))
    }

    /// Where the endpoint is; `None` before it was ever told.
    ///
    /// # Errors
    /// Why it cannot be read, and what to do.
    pub(crate) fn position(&self, ledger: Digest) -> Outcome<Option<Position>> {
        let path = self.path("json");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(told(&path)(&error)),
        };
        let position: Position = serde_json::from_slice(&bytes).map_err(|error| {
            let remedy = "it is damaged; without it the endpoint is told of what comes from now on";
            told(&path)(&format!("{remedy} ({error})"))
        })?;
        if position.ledger != ledger.to_string() {
            let why = "it belongs to another ledger; give this one a `state` folder of its own";
            return Err(told(&path)(&why));
        }
        Ok(Some(position))
    }

    /// Keeps where the endpoint is, so that neither a crash nor a power cut leaves half of it.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub(crate) fn keep(&self, position: &Position) -> Outcome<()> {
        let path = self.path("json");
        let text = serde_json::to_vec_pretty(position).map_err(|error| told(&path)(&error))?;
        self.replace(&path, &text).map_err(|error| told(&path)(&error))
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let new = self.path("new");
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        // A rename is kept once its folder is.
        File::open(&self.folder)?.sync_all()
    }

    /// Holds the dead letters for whoever changes them, in whichever process.
    fn locked(&self) -> std::io::Result<File> {
        let lock = self.path("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(lock)?;
        lock.lock()?;
        Ok(lock)
    }

    /// Adds a dead letter.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub(crate) fn bury(&self, dead: &Dead) -> Outcome<()> {
        let path = self.path("dead");
        let mut line = serde_json::to_vec(dead).map_err(|error| told(&path)(&error))?;
        line.push(b'\n');
        let write = || {
            let _lock = self.locked()?;
            let mut file = OpenOptions::new().create(true).read(true).append(true).open(&path)?;
            // A line that a power cut has left half is ended first.
            let mut last = [b'\n'];
            if file.seek(SeekFrom::End(-1)).is_ok() {
                file.read_exact(&mut last)?;
            }
            if last != [b'\n'] {
                file.write_all(b"\n")?;
            }
            file.write_all(&line)?;
            file.sync_all()
        };
        write().map_err(|error: std::io::Error| told(&path)(&error))
    }

    /// The dead letters, oldest first; one that was buried twice is told once.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub(crate) fn dead(&self) -> Outcome<Vec<Dead>> {
        let path = self.path("dead");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(told(&path)(&error)),
        };
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for (at, line) in BufReader::new(file).lines().enumerate() {
            let line = line.map_err(|error| told(&path)(&error))?;
            // A line that a power cut has left half is no letter.
            let Ok(dead) = serde_json::from_str::<Dead>(&line) else {
                let line = at.saturating_add(1);
                tracing::warn!(file = %path.display(), line, "this line is no dead letter");
                continue;
            };
            if seen.insert(dead.key()) {
                found.push(dead);
            }
        }
        Ok(found)
    }

    /// Takes letters out that are dead no longer.
    ///
    /// # Errors
    /// Why the file cannot be written; it is then as it was.
    pub(crate) fn revive(&self, gone: &[Dead]) -> Outcome<()> {
        let path = self.path("dead");
        let _lock = self.locked().map_err(|error| told(&path)(&error))?;
        let gone: BTreeSet<_> = gone.iter().map(Dead::key).collect();
        let mut text = Vec::new();
        for dead in self.dead()?.iter().filter(|dead| !gone.contains(&dead.key())) {
            serde_json::to_writer(&mut text, dead).map_err(|error| told(&path)(&error))?;
            text.push(b'\n');
        }
        self.replace(&path, &text).map_err(|error| told(&path)(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::{Dead, Files, Late, Position, Stopped};
    use countersign_proof::words::Digest;

    const LEDGER: Digest = Digest([7; 32]);

    fn dead(seq: u64, to: Option<&str>) -> Dead {
        let to = to.map(str::to_owned);
        Dead { seq, to, failures: 9, since: 1, until: 2, why: "it answers 500".to_owned() }
    }

    #[test]
    fn a_position_is_read_back_as_it_was_kept_and_only_for_its_ledger() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::of(&folder.path().join("new/notices"), "x");
        assert_eq!(files.position(LEDGER), Ok(None));
        assert!(!folder.path().join("new").exists(), "to look makes nothing");
        files.make_folder().unwrap();
        let late = Late { failures: 2, since: 5, due: 9, why: "timeout".to_owned() };
        let stopped = Some(Stopped { since: 3, why: "gone".to_owned() });
        let mut kept = Position::at(LEDGER, "https://ledger.example", 12);
        kept.late.insert(4, late);
        kept.written.insert("P-1A1A".to_owned(), 7);
        kept.stopped = stopped;
        files.keep(&kept).unwrap();
        assert_eq!(files.position(LEDGER), Ok(Some(kept)));
        let told = files.position(Digest([8; 32])).unwrap_err();
        assert!(told.contains("another ledger"), "{told}");
        std::fs::write(folder.path().join("new/notices/x.json"), "{\"ledger\"").unwrap();
        let told = files.position(LEDGER).unwrap_err();
        assert!(told.contains("damaged"), "{told}");
    }

    #[test]
    fn dead_letters_are_listed_once_each_and_leave_when_they_are_revived() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::of(folder.path(), "x");
        assert_eq!(files.dead(), Ok(Vec::new()));
        for letter in [dead(3, None), dead(4, Some("P-1A1A")), dead(3, None), dead(4, None)] {
            files.bury(&letter).unwrap();
        }
        let all = [dead(3, None), dead(4, Some("P-1A1A")), dead(4, None)];
        assert_eq!(files.dead().unwrap(), all);
        files.revive(&[dead(4, None), dead(99, None)]).unwrap();
        assert_eq!(files.dead().unwrap(), all[..2]);
        // Half a line, as a power cut leaves it, takes no other with it.
        let path = folder.path().join("x.dead");
        let half = std::fs::read_to_string(&path).unwrap() + "{\"seq\":5,\"fail";
        std::fs::write(&path, half).unwrap();
        assert_eq!(files.dead().unwrap(), all[..2]);
        files.bury(&dead(6, None)).unwrap();
        assert_eq!(files.dead().unwrap().last(), Some(&dead(6, None)));
    }
}

//! Time from outside: tokens of a time-stamping authority (RFC 3161) for checkpoints. Answers: *by
//! when did this checkpoint exist, by the word of somebody whose business that is?*
//!
//! A token is a file beside a checkpoint; nothing in the log depends on one. What it says is read
//! and checked by OpenSSL, found by `OPENSSL` or on `PATH`. The imprint is SHA-256 of the
//! checkpoint's text, without its signatures, so that cosignatures may come later.

use crate::witness::write_durably;
use countersign_proof::checkpoint::{Checkpoint, SignedNote};
use countersign_proof::words::{Digest, Moment};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FOLDER: &str = "timestamps";
const VARIABLE: &str = "OPENSSL";

/// Why a token is not taken, or cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum TimestampError {
    /// OpenSSL is not there.
    #[error(
        "tokens are checked by OpenSSL, and it cannot be run: {0}; install it, or name it in \
         OPENSSL"
    )]
    NoOpenSsl(std::io::Error),
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The token is none, or is for something else, or its signer is not one of those trusted.
    #[error("the token does not hold: {0}")]
    Refused(String),
    /// No checkpoint that was to be stamped is the one that this token is for.
    #[error(
        "the token is for no checkpoint of this ledger that a token was asked for; ask with \
         `log request-timestamp`. OpenSSL says: {0}"
    )]
    NoMatch(String),
    /// OpenSSL says something that is not understood.
    #[error("OpenSSL's answer is not understood: {0}")]
    Answer(String),
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> TimestampError + '_ {
    move |error| TimestampError::Io { path: path.to_owned(), error }
}

/// What a token is made for: SHA-256 of a checkpoint's text.
#[must_use]
pub fn imprint(note: &SignedNote) -> Digest {
    Digest::of(note.text().as_bytes())
}

/// Runs `openssl ts`; gives what it printed, or what it said went wrong.
fn openssl(words: &[&OsStr]) -> Result<Result<Vec<u8>, String>, TimestampError> {
    let program = std::env::var_os(VARIABLE).filter(|named| !named.is_empty());
    let output = Command::new(program.unwrap_or_else(|| "openssl".into()))
        .arg("ts")
        .args(words)
        .stdin(Stdio::null())
        .output()
        .map_err(TimestampError::NoOpenSsl)?;
    if output.status.success() {
        return Ok(Ok(output.stdout));
    }
    Ok(Err(reason(&String::from_utf8_lossy(&output.stderr))))
}

/// What went wrong, from OpenSSL's last error:
/// `ID:error:CODE:library:function:reason:file:line:more`.
fn reason(told: &str) -> String {
    let last = told.lines().rfind(|line| line.contains(":error:")).unwrap_or(told).trim();
    let parts: Vec<&str> = last.split(':').collect();
    let Some(reason) = parts.get(5) else { return last.to_owned() };
    let more = parts.get(8..).unwrap_or_default().join(":");
    if more.trim().is_empty() { (*reason).to_owned() } else { format!("{reason} ({more})") }
}

/// The request for a token (RFC 3161 §2.4.1), with a nonce, for the authority's certificate too.
///
/// # Errors
/// [`TimestampError`] when OpenSSL does not make one.
pub fn request(imprint: Digest) -> Result<Vec<u8>, TimestampError> {
    let digest = imprint.to_string();
    let words = ["-query", "-digest", &digest, "-sha256", "-cert"].map(OsStr::new);
    openssl(&words)?.map_err(TimestampError::Answer)
}

/// Checks the response in `token` (RFC 3161 §2.4.2): that it is for `imprint`, and signed by an
/// authority whose certificate leads to one in `trusted` (PEM) now. Gives the moment it names.
///
/// # Errors
/// [`TimestampError`] when it does not hold.
pub fn check(token: &Path, imprint: Digest, trusted: &Path) -> Result<Moment, TimestampError> {
    for file in [token, trusted] {
        std::fs::File::open(file).map_err(io(file))?;
    }
    let digest = imprint.to_string();
    let (verify, digest) = (OsStr::new("-verify"), OsStr::new(&digest));
    let (token, trusted) = (token.as_os_str(), trusted.as_os_str());
    let [of, from, by] = ["-digest", "-in", "-CAfile"].map(OsStr::new);
    openssl(&[verify, of, digest, from, token, by, trusted])?.map_err(TimestampError::Refused)?;
    let [reply, text] = ["-reply", "-text"].map(OsStr::new);
    let told = openssl(&[reply, from, token, text])?.map_err(TimestampError::Answer)?;
    let told = String::from_utf8_lossy(&told).into_owned();
    let line = told.lines().find_map(|line| line.strip_prefix("Time stamp: "));
    let moment = line.and_then(moment);
    moment.ok_or_else(|| TimestampError::Answer(line.unwrap_or("no time stamp").to_owned()))
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A time as OpenSSL prints it, `Nov  3 08:39:16 2026 GMT`; parts of a second are left off.
fn moment(text: &str) -> Option<Moment> {
    let mut words = text.split_whitespace();
    let (month, day, time, year) = (words.next()?, words.next()?, words.next()?, words.next()?);
    if words.next() != Some("GMT") || words.next().is_some() {
        return None;
    }
    let month = (1..).zip(MONTHS).find(|(_, name)| *name == month)?.0;
    let day: u8 = day.parse().ok()?;
    let time = time.split('.').next()?;
    format!("{year}-{month:02}-{day:02}T{time}Z").parse().ok()
}

/// The tokens of one ledger.
#[derive(Clone, Debug)]
pub struct Timestamps {
    folder: PathBuf,
}

/// A checkpoint for which a token was asked.
struct Asked {
    size: u64,
    note: SignedNote,
}

impl Timestamps {
    /// Those of the ledger in `ledger`.
    #[must_use]
    pub fn beside(ledger: &Path) -> Self {
        Self { folder: ledger.join(FOLDER) }
    }

    /// Keeps a checkpoint for which a token is asked; gives the request.
    ///
    /// # Errors
    /// [`TimestampError`] when it cannot be written, or OpenSSL makes no request.
    pub fn ask(&self, note: &SignedNote, size: u64) -> Result<Vec<u8>, TimestampError> {
        let made = request(imprint(note))?;
        std::fs::create_dir_all(&self.folder).map_err(io(&self.folder))?;
        let path = self.folder.join(format!("{size}.checkpoint"));
        write_durably(&path, note.to_string().as_bytes()).map_err(io(&path))?;
        Ok(made)
    }

    fn asked(&self) -> Result<Vec<Asked>, TimestampError> {
        let mut found = Vec::new();
        let files = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
            files => files.map_err(io(&self.folder))?,
        };
        for file in files {
            let path = file.map_err(io(&self.folder))?.path();
            if path.extension() != Some(OsStr::new("checkpoint")) {
                continue;
            }
            let text = std::fs::read(&path).map_err(io(&path))?;
            let Ok(note) = SignedNote::parse(&text) else { continue };
            let Ok(checkpoint) = Checkpoint::parse_text(note.text()) else { continue };
            found.push(Asked { size: checkpoint.size, note });
        }
        found.sort_by_key(|asked| std::cmp::Reverse(asked.size));
        Ok(found)
    }

    /// Takes in a token for one of the checkpoints that were asked for, and keeps it as
    /// `SIZE.tsr`; gives the size and the moment.
    ///
    /// # Errors
    /// [`TimestampError`] when it holds for none of them.
    pub fn accept(&self, token: &Path, trusted: &Path) -> Result<(u64, Moment), TimestampError> {
        let mut refused = "none was asked for".to_owned();
        for asked in self.asked()? {
            match check(token, imprint(&asked.note), trusted) {
                Ok(at) => {
                    let bytes = std::fs::read(token).map_err(io(token))?;
                    let path = self.folder.join(format!("{}.tsr", asked.size));
                    write_durably(&path, &bytes).map_err(io(&path))?;
                    return Ok((asked.size, at));
                }
                Err(TimestampError::Refused(why)) => refused = why,
                Err(other) => return Err(other),
            }
        }
        Err(TimestampError::NoMatch(refused))
    }
}

#[cfg(test)]
mod tests {
    use super::{moment, reason};

    #[test]
    fn the_reason_is_found_in_an_error() {
        let line = "4047:error:17800067:time stamp routines:ts_check_imprints:message imprint \
                    mismatch:../crypto/ts/ts_rsp_verify.c:508:";
        assert_eq!(reason(&format!("Using configuration\n{line}\n")), "message imprint mismatch");
        let more = "1:error:2:lib:fn:certificate verify error:file.c:9:Verify error:no issuer";
        assert_eq!(reason(more), "certificate verify error (Verify error:no issuer)");
        assert_eq!(reason("unknown option"), "unknown option");
    }

    #[test]
    fn a_time_is_read_as_openssl_prints_it() {
        let read = |text| moment(text).map(|moment| moment.to_string());
        let good = Some("2026-11-03T08:39:16Z".to_owned());
        assert_eq!(read("Nov  3 08:39:16 2026 GMT"), good);
        assert_eq!(read("Nov 3 08:39:16.25 2026 GMT"), good);
        for bad in ["", "Nov 3 08:39:16 2026", "Nov 3 08:39:16 2026 CET", "Foo 3 08:39:16 2026 GMT"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}

//! Signed notes (C2SP signed-note).

use super::CheckpointError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// The most signatures that are read from one note; the standard asks for at least 16.
pub const MAX_SIGNATURES: usize = 100;
/// The longest note that is read, in bytes; room for that many post-quantum signatures.
const MAX_BYTES: usize = 1_000_000;

/// A public key that signs notes. What exactly it signs, and in which form, is its type's matter.
pub trait NoteKey {
    /// The name in its signature lines.
    fn name(&self) -> &str;

    /// The key id in its signature lines.
    fn key_id(&self) -> [u8; 4];

    /// Whether `signature` is its signature under the note `text`.
    fn vouches(&self, text: &str, signature: &[u8]) -> bool;
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: String,
    /// The id of the key.
    pub key_id: [u8; 4],
    /// The signature, in the form of whatever algorithm the key has.
    pub signature: Vec<u8>,
}

/// A text with signature lines; reading one checks none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl SignedNote {
    /// Reads a note: text, empty line, one or more signature lines.
    ///
    /// # Errors
    /// [`CheckpointError::Note`] when it does not have that form.
    pub fn parse(note: &[u8]) -> Result<Self, CheckpointError> {
        let malformed = CheckpointError::Note;
        if note.len() > MAX_BYTES {
            return Err(malformed("it is longer than 1 MB"));
        }
        let note = std::str::from_utf8(note).map_err(|_| malformed("it is not UTF-8"))?;
        if note.chars().any(|found| found < ' ' && found != '\n') {
            return Err(malformed("it has control characters"));
        }
        let place = note.rfind("\n\n").ok_or(malformed("no empty line before the signatures"))?;
        let (text, rest) = note
            .split_at_checked(place.saturating_add(1))
            .ok_or(malformed("no empty line before the signatures"))?;
        let lines = rest
            .strip_prefix('\n')
            .and_then(|lines| lines.strip_suffix('\n'))
            .ok_or(malformed("the last signature line is not ended"))?;
        let signatures = lines.split('\n').map(signature_line).collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(malformed("it has more than 100 signatures"));
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text, its last line feed included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, checked or not.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds signature lines, as a witness answers with them.
    ///
    /// # Errors
    /// [`CheckpointError::Note`] when they are no signature lines or become too many.
    pub fn add(&mut self, lines: &str) -> Result<(), CheckpointError> {
        let together = Self::parse(format!("{self}{lines}").as_bytes())?;
        if together.text != self.text {
            return Err(CheckpointError::Note("what was added is not only signature lines"));
        }
        *self = together;
        Ok(())
    }

    /// The note with only those of its signatures that `wanted` keeps; `None` when none is left.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(&NoteSignature) -> bool) -> Option<Self> {
        let signatures: Vec<_> =
            self.signatures.iter().filter(|line| wanted(line)).cloned().collect();
        (!signatures.is_empty()).then(|| Self { text: self.text.clone(), signatures })
    }

    /// The signatures by `key`, all of them checked; none when it did not sign.
    ///
    /// # Errors
    /// [`CheckpointError::Forged`] when one of them does not match, whatever else is there.
    pub fn by(&self, key: &dyn NoteKey) -> Result<Vec<&NoteSignature>, CheckpointError> {
        let own = self.signatures.iter().filter(|line| line.is_by(key));
        own.map(|line| {
            let matches = key.vouches(&self.text, &line.signature);
            matches.then_some(line).ok_or_else(|| CheckpointError::Forged(key.name().to_owned()))
        })
        .collect()
    }

    /// Checks every signature by a known key; gives the keys that signed, in the order of `known`.
    ///
    /// # Errors
    /// [`CheckpointError::Forged`] when one of them does not match, whatever else is there;
    /// [`CheckpointError::Unsigned`] when no known key signed.
    pub fn verify<'k, K: NoteKey>(&self, known: &[&'k K]) -> Result<Vec<&'k K>, CheckpointError> {
        let mut signed = Vec::new();
        for key in known {
            if !self.by(*key)?.is_empty() {
                signed.push(*key);
            }
        }
        if signed.is_empty() {
            let name =
                |key: &&K| format!("{}+{:08x}", key.name(), u32::from_be_bytes(key.key_id()));
            let names: Vec<_> = known.iter().map(name).collect();
            Err(CheckpointError::Unsigned(names.join(" or ")))
        } else {
            Ok(signed)
        }
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl NoteSignature {
    /// Whether it claims to be by `key`: name and key id together say so.
    #[must_use]
    pub fn is_by(&self, key: &dyn NoteKey) -> bool {
        self.name == key.name() && self.key_id == key.key_id()
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.key_id.as_slice(), &self.signature].concat();
        write!(f, "\u{2014} {} {}", self.name, STANDARD.encode(bytes))
    }
}

/// Reads `— name base64(key id ‖ signature)`.
fn signature_line(line: &str) -> Result<NoteSignature, CheckpointError> {
    let malformed = CheckpointError::Note;
    let (name, encoded) = line
        .strip_prefix("\u{2014} ")
        .and_then(|rest| rest.split_once(' '))
        .ok_or(malformed("a signature line is not `— name base64`"))?;
    if name.is_empty() || name.chars().any(|found| found.is_whitespace() || found == '+') {
        return Err(malformed("a key name is empty, or has a space or a plus"));
    }
    let bytes = STANDARD.decode(encoded).map_err(|_| malformed("a signature is not base64"))?;
    match bytes.split_first_chunk() {
        Some((key_id, signature)) if !signature.is_empty() => Ok(NoteSignature {
            name: name.to_owned(),
            key_id: *key_id,
            signature: signature.to_owned(),
        }),
        Some(_) | None => Err(malformed("a signature line is too short")),
    }
}

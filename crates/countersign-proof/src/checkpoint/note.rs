//! Signed notes (C2SP signed-note).

use super::{CheckpointError, LogVerifier};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The most signatures that are read from one note; the standard asks for at least 16.
pub const MAX_SIGNATURES: usize = 100;
/// The longest note that is read, in bytes; room for that many post-quantum signatures.
const MAX_BYTES: usize = 1_000_000;

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

    /// Checks every signature by a known key; gives the keys that signed, in the order of `known`.
    ///
    /// # Errors
    /// [`CheckpointError::Forged`] when one of them does not match, whatever else is there;
    /// [`CheckpointError::Unsigned`] when no known key signed.
    pub fn verify<'k>(
        &self,
        known: &[&'k LogVerifier],
    ) -> Result<Vec<&'k LogVerifier>, CheckpointError> {
        let mut signed = Vec::new();
        for key in known {
            let mut own = self
                .signatures
                .iter()
                .filter(|line| line.name == key.name() && line.key_id == key.key_id())
                .peekable();
            if own.peek().is_none() {
                continue;
            }
            if own.any(|line| !key.vouches(&self.text, &line.signature)) {
                return Err(CheckpointError::Forged(key.name().to_owned()));
            }
            signed.push(*key);
        }
        if signed.is_empty() {
            let names: Vec<_> = known.iter().map(|key| key.name()).collect();
            Err(CheckpointError::Unsigned(names.join(" or ")))
        } else {
            Ok(signed)
        }
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

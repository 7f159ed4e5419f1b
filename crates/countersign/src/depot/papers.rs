//! The files that are carried to a depot and from it: certificates and their codes, the evidence of
//! the officials' decisions, status lists.

use super::refusal::{DepotError, Refusal, io};
use countersign_proof::certificate::CertificateError;
use countersign_proof::certificate::decisions::{LoggedDecision, LoggedDecisions};
use countersign_proof::entry::{Label, SealedPart};
use countersign_proof::status::EXPANDED_MAX;
use countersign_proof::words::Digest;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::path::Path;

/// What a code begins with, so that a scanner's other codes are told apart.
const CODE: &str = "CERT1:";
/// The largest file that is read.
const FILE_MAX: u64 = 8 * 1024 * 1024;

/// Reads a file of a bounded size.
///
/// # Errors
/// [`DepotError::Unavailable`] when it cannot be read, [`DepotError::Malformed`] when it is larger
/// than any that is carried.
pub fn read(path: &Path) -> Result<Vec<u8>, DepotError> {
    let file = std::fs::File::open(path).map_err(io(path))?;
    let mut bytes = Vec::new();
    file.take(FILE_MAX.saturating_add(1)).read_to_end(&mut bytes).map_err(io(path))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= FILE_MAX) {
        Ok(bytes)
    } else {
        let path = path.display();
        Err(DepotError::Malformed(format!("{path}: it is larger than any file that is carried")))
    }
}

/// The bytes of a certificate, given as they are or as the text of its code.
///
/// # Errors
/// [`CertificateError::Envelope`] when the text is not that of a code.
pub fn certificate(file: &[u8]) -> Result<Vec<u8>, CertificateError> {
    let Some(code) = file.strip_prefix(CODE.as_bytes()) else {
        return Ok(file.to_vec());
    };
    let code = code.strip_suffix(b"\n").unwrap_or(code);
    base45::decode(code).map_err(|_| CertificateError::Envelope("the code is not base45"))
}

/// The text of a certificate's code (base45, RFC 9285).
#[must_use]
pub fn code(certificate: &[u8]) -> String {
    format!("{CODE}{}", base45::encode(certificate))
}

/// The code as a picture (SVG); a quarter of it may be unreadable (level M).
///
/// # Errors
/// [`DepotError::Unavailable`] when it does not fit into a code.
pub fn picture(certificate: &[u8]) -> Result<String, DepotError> {
    use qrcode::render::svg;
    let made = qrcode::QrCode::with_error_correction_level(code(certificate), qrcode::EcLevel::M);
    let made = made.map_err(|error| DepotError::Unavailable(format!("the code: {error}")))?;
    Ok(made.render::<svg::Color<'_>>().min_dimensions(400, 400).build())
}

/// The evidence of the officials' decisions, as a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EvidenceFile {
    countersign_evidence: u8,
    checkpoint: String,
    decisions: Vec<EvidenceOfOne>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EvidenceOfOne {
    entry: String,
    salt: String,
    part: String,
    proof: Vec<String>,
}

/// Writes the evidence of the officials' decisions.
///
/// # Errors
/// [`DepotError::Unavailable`] when an entry is not text.
pub fn write_evidence(logged: &LoggedDecisions) -> Result<Vec<u8>, DepotError> {
    let text = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec());
        text.map_err(|_| DepotError::Unavailable("an entry of the log is not text".to_owned()))
    };
    let mut decisions = Vec::new();
    for one in &logged.decisions {
        decisions.push(EvidenceOfOne {
            entry: text(&one.open)?,
            salt: countersign_proof::words::Nonce(one.sealed.salt).to_string(),
            part: text(&one.sealed.bytes)?,
            proof: one.proof.iter().map(ToString::to_string).collect(),
        });
    }
    let checkpoint = logged.checkpoint.clone();
    let file = EvidenceFile { countersign_evidence: 1, checkpoint, decisions };
    let mut bytes = serde_json::to_vec_pretty(&file)
        .map_err(|error| DepotError::Unavailable(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads the evidence of the officials' decisions. What it says is not believed; it is checked.
///
/// # Errors
/// [`Refusal::EvidenceUnreadable`] when it is not such a file.
pub fn read_evidence(bytes: &[u8]) -> Result<LoggedDecisions, Refusal> {
    let fault = |why: String| Refusal::EvidenceUnreadable { why };
    let file: EvidenceFile =
        serde_json::from_slice(bytes).map_err(|error| fault(error.to_string()))?;
    if file.countersign_evidence != 1 {
        return Err(fault("its version is not 1".to_owned()));
    }
    let word = |error: countersign_proof::words::WordError| fault(error.to_string());
    let mut decisions = Vec::new();
    for one in file.decisions {
        let salt: countersign_proof::words::Nonce = one.salt.parse().map_err(word)?;
        let proof: Result<Vec<Digest>, _> = one.proof.iter().map(|step| step.parse()).collect();
        let (label, bytes) = (Label::Deliberation, one.part.into_bytes());
        decisions.push(LoggedDecision {
            open: one.entry.into_bytes(),
            sealed: SealedPart { label, salt: salt.0, bytes },
            proof: proof.map_err(word)?,
        });
    }
    Ok(LoggedDecisions { decisions, checkpoint: file.checkpoint })
}

/// The bytes of a status list, compressed (zlib, RFC 1950).
///
/// # Errors
/// [`DepotError::Unavailable`] when there is no room for them.
pub fn deflate(bytes: &[u8]) -> Result<Vec<u8>, DepotError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map_err(|error| DepotError::Unavailable(error.to_string()))
}

/// The bytes of a status list, expanded; never more than [`EXPANDED_MAX`].
///
/// # Errors
/// [`Refusal::StatusUnreadable`] when they do not expand, or to too much.
pub fn inflate(compressed: &[u8]) -> Result<Vec<u8>, Refusal> {
    let most = u64::try_from(EXPANDED_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let mut bounded = ZlibDecoder::new(compressed).take(most.saturating_add(1));
    bounded
        .read_to_end(&mut bytes)
        .map_err(|_| Refusal::StatusUnreadable { why: "does not expand (zlib)" })?;
    if bytes.len() > EXPANDED_MAX {
        return Err(Refusal::StatusUnreadable { why: "expands to more than any list has" });
    }
    Ok(bytes)
}

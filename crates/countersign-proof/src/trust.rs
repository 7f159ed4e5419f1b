//! Which logs and witnesses a verifier believes: C2SP tlog-policy.
//!
//! Answers: *may I rely on this checkpoint?* A text file names logs, witnesses, groups of them and
//! the quorum; a checkpoint is relied on when one of the logs signed it and the quorum cosigned it.
//! Who verifies writes the file; what it says must not come from the party that is verified.

mod parse;

pub use parse::TrustError;

use crate::checkpoint::{Checkpoint, CheckpointError, LogVerifier, SignedNote};
use crate::cosignature::{Cosignature, WitnessVerifier};
use std::collections::BTreeSet;
use std::fmt;

/// The name of a witness or a group within one file: bytes that mean nothing outside of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Vec<u8>);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// A log that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedLog {
    /// Its name, which is the origin of its checkpoints, and its key.
    pub key: LogVerifier,
    /// Where it is reached, if the file says so.
    pub url: Option<String>,
}

/// A witness that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedWitness {
    /// What the file calls it.
    pub name: Name,
    /// Its own name and its key.
    pub key: WitnessVerifier,
    /// Where it is reached, if the file says so.
    pub url: Option<String>,
}

/// Some of these must have witnessed, each a witness or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What the file calls it.
    pub name: Name,
    /// How many of the members, at least 1.
    pub threshold: usize,
    /// The members, each defined before the group.
    pub members: Vec<Name>,
}

/// Who must have cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// Nobody.
    None,
    /// This witness or group.
    Of(Name),
}

/// A trust file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    logs: Vec<TrustedLog>,
    witnesses: Vec<TrustedWitness>,
    groups: Vec<Group>,
    quorum: Quorum,
}

/// A checkpoint that is relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// Size and root of the log.
    pub checkpoint: Checkpoint,
    /// Every cosignature by a witness of the file, in the order of the file.
    pub cosignatures: Vec<Cosignature>,
}

/// Why a checkpoint is not relied on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustRefusal {
    /// It is malformed, or a signature in it by a known key does not match.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// It is that of a log that the file does not name.
    #[error("the trust file names no log {0:?}; add its line `log VKEY` if you trust it")]
    UnknownLog(String),
    /// Not enough witnesses cosigned.
    #[error("too few witnesses cosigned: {missing}")]
    Quorum {
        /// Which group lacks whom.
        missing: String,
    },
}

impl Trust {
    /// The logs.
    #[must_use]
    pub fn logs(&self) -> &[TrustedLog] {
        &self.logs
    }

    /// The witnesses.
    #[must_use]
    pub fn witnesses(&self) -> &[TrustedWitness] {
        &self.witnesses
    }

    /// The quorum.
    #[must_use]
    pub fn quorum(&self) -> &Quorum {
        &self.quorum
    }

    /// The file again, without its comments; what is read from it is this same trust.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut line = |words: &[&[u8]]| {
            let words: Vec<&[u8]> = words.iter().copied().filter(|word| !word.is_empty()).collect();
            file.extend(words.join(&b' '));
            file.push(b'\n');
        };
        for TrustedLog { key, url } in &self.logs {
            let url = url.as_deref().unwrap_or_default();
            line(&[b"log", key.to_string().as_bytes(), url.as_bytes()]);
        }
        for TrustedWitness { name, key, url } in &self.witnesses {
            let url = url.as_deref().unwrap_or_default();
            line(&[b"witness", &name.0, key.to_string().as_bytes(), url.as_bytes()]);
        }
        for Group { name, threshold, members } in &self.groups {
            let members: Vec<&[u8]> = members.iter().map(|member| member.0.as_slice()).collect();
            line(&[b"group", &name.0, threshold.to_string().as_bytes(), &members.join(&b' ')]);
        }
        match &self.quorum {
            Quorum::None => line(&[b"quorum", b"none"]),
            Quorum::Of(name) => line(&[b"quorum", &name.0]),
        }
        file
    }

    /// Decides whether to rely on the checkpoint in `note`.
    ///
    /// # Errors
    /// [`TrustRefusal`], in the order of its variants; a signature by any key of the file that does
    /// not match refuses the whole note.
    pub fn judge(&self, note: &SignedNote) -> Result<Trusted, TrustRefusal> {
        let checkpoint = Checkpoint::parse_text(note.text())?;
        let logs = self.logs.iter().map(|log| &log.key);
        let logs: Vec<_> = logs.filter(|key| key.name() == checkpoint.origin).collect();
        if logs.is_empty() {
            return Err(TrustRefusal::UnknownLog(checkpoint.origin));
        }
        note.verify(&logs)?;
        let (mut signed, mut cosignatures) = (BTreeSet::new(), Vec::new());
        for witness in &self.witnesses {
            if let Some(cosignature) = witness.key.cosigned(note)? {
                signed.insert(&witness.name);
                cosignatures.push(cosignature);
            }
        }
        if let Quorum::Of(name) = &self.quorum {
            self.lacking(name, &signed)
                .map_or(Ok(()), |missing| Err(TrustRefusal::Quorum { missing }))?;
        }
        Ok(Trusted { checkpoint, cosignatures })
    }

    /// What `name` lacks to have witnessed; `None` when it has. Groups name only what stands
    /// before them, and each name is a member once, so this ends, after each name once.
    fn lacking(&self, name: &Name, signed: &BTreeSet<&Name>) -> Option<String> {
        let Some(group) = self.groups.iter().find(|group| group.name == *name) else {
            return (!signed.contains(name)).then(|| format!("{name} has not"));
        };
        let lacking: Vec<String> =
            group.members.iter().filter_map(|member| self.lacking(member, signed)).collect();
        let have = group.members.len().saturating_sub(lacking.len());
        (have < group.threshold).then(|| {
            let Group { threshold, members, .. } = group;
            let lacking = lacking.join(", ");
            format!("{name} needs {threshold} of {} and has {have} ({lacking})", members.len())
        })
    }
}

impl fmt::Display for Trust {
    /// [`Trust::to_bytes`] for people: a name that is not UTF-8 cannot be shown as it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_bytes()))
    }
}

//! How a command ends when it is not done, and what its exit code says.

use crate::depot::DepotError;
use crate::depot::certifying::Unissued;
use crate::keys::SignError;
use crate::opening::OpenError;
use crate::pack::Fault;
use crate::verification::VerifyError;
use crate::writer::Unavailable;
use countersign_core::Rejection;
use countersign_core::record::Answer;
use countersign_proof::SignatureError;
use countersign_store::StoreError;
use std::path::Path;

/// Why a command was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A rule refused it (exit code 1).
    #[error("refused: {message}\n  code: {code}")]
    Refused {
        /// The stable code.
        code: String,
        /// What is missing, in plain words.
        message: String,
    },
    /// What was handed in has mistakes, each with its place and remedy (exit code 1).
    #[error("refused: {message}:{}\n  code: {code}", told(faults))]
    Faulty {
        /// The stable code.
        code: &'static str,
        /// How many there are, in plain words.
        message: String,
        /// All of them.
        faults: Vec<Fault>,
    },
    /// It was asked in a way that cannot be understood (exit code 2).
    #[error("{0}")]
    Usage(String),
    /// A file that was handed in is not in the form of its kind (exit code 2).
    #[error("{message}\n  code: {code}")]
    Malformed {
        /// The stable code.
        code: &'static str,
        /// What is wrong with it, in plain words.
        message: String,
    },
    /// The record does not hold (exit code 3).
    #[error("integrity failure: {0}")]
    Integrity(String),
    /// The ledger, a file or a program cannot be reached (exit code 4).
    #[error("{0}")]
    Unavailable(String),
}

impl Failure {
    /// A [`Failure::Usage`].
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// A [`Failure::Unavailable`].
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::Unavailable(message.into())
    }

    /// The exit code: 1 refused, 2 usage, 3 integrity, 4 unavailable.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { .. } | Self::Faulty { .. } => 1,
            Self::Usage(_) | Self::Malformed { .. } => 2,
            Self::Integrity(_) => 3,
            Self::Unavailable(_) => 4,
        }
    }

    /// The stable code, for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. } => code,
            Self::Faulty { code, .. } | Self::Malformed { code, .. } => code,
            Self::Usage(_) => "usage",
            Self::Integrity(_) => "integrity",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// The message without its code.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Refused { message, .. }
            | Self::Faulty { message, .. }
            | Self::Malformed { message, .. }
            | Self::Usage(message)
            | Self::Integrity(message)
            | Self::Unavailable(message) => message,
        }
    }

    /// The single mistakes, where it is one of several.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Faulty { faults, .. } => faults,
            Self::Refused { .. }
            | Self::Usage(_)
            | Self::Malformed { .. }
            | Self::Integrity(_)
            | Self::Unavailable(_) => &[],
        }
    }

    /// The failure in an answer, if it is one.
    ///
    /// # Errors
    /// [`Failure::Refused`] for a refusal.
    pub fn of(answer: &Answer) -> Result<&[countersign_core::Event], Self> {
        match answer {
            Answer::Accepted(events) => Ok(events),
            Answer::Refused { code, message } => {
                Err(Self::Refused { code: code.clone(), message: message.clone() })
            }
        }
    }
}

/// The most mistakes that are printed; JSON has all.
const TOLD_MAX: usize = 50;

/// A line for each mistake, as many as a person reads.
fn told(faults: &[Fault]) -> String {
    let mut lines: Vec<String> =
        faults.iter().take(TOLD_MAX).map(|fault| format!("\n  {fault}")).collect();
    let more = faults.len().saturating_sub(lines.len());
    if more > 0 {
        lines.push(format!("\n  … and {more} more; --json tells all"));
    }
    lines.concat()
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::Refused { code: rejection.code().to_owned(), message: rejection.to_string() }
    }
}

impl From<countersign_core::policy::Rejection> for Failure {
    fn from(rejection: countersign_core::policy::Rejection) -> Self {
        Rejection::from(rejection).into()
    }
}

impl From<Unavailable> for Failure {
    fn from(unavailable: Unavailable) -> Self {
        let message = unavailable.to_string();
        match unavailable {
            Unavailable::NotRecorded(_) | Unavailable::Unknown(_) | Unavailable::Elsewhere(_) => {
                Self::Unavailable(message)
            }
            Unavailable::OtherCommand { .. } => {
                Self::Refused { code: "door/id-taken".to_owned(), message }
            }
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        if let OpenError::Store(StoreError::UnsupportedLocation { .. }) = &error {
            Self::Usage(error.to_string())
        } else if error.is_damage() {
            Self::Integrity(error.to_string())
        } else {
            Self::Unavailable(error.to_string())
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        OpenError::from(error).into()
    }
}

impl From<SignatureError> for Failure {
    fn from(error: SignatureError) -> Self {
        Self::Refused { code: "signature".to_owned(), message: error.to_string() }
    }
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        match error {
            SignError::Signature(error) => error.into(),
            SignError::KeyFile { .. } | SignError::SshKeygen { .. } | SignError::Key(_) => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}

impl From<DepotError> for Failure {
    fn from(error: DepotError) -> Self {
        match error {
            DepotError::Refused(refusal) => {
                Self::Refused { code: refusal.code().to_owned(), message: refusal.to_string() }
            }
            DepotError::Malformed(message) => Self::Malformed { code: "depot/malformed", message },
            DepotError::Damaged(why) => Self::Integrity(why),
            DepotError::Unavailable(why) => Self::Unavailable(why),
        }
    }
}

impl From<Unissued> for Failure {
    fn from(error: Unissued) -> Self {
        match error {
            Unissued::Rule(rejection) => (*rejection).into(),
            Unissued::NoWindow { .. } => Self::usage(error.to_string()),
            Unissued::Open(error) => error.into(),
            Unissued::Depot(error) => error.into(),
        }
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Open(error) => error.into(),
            VerifyError::Broken { .. } => Self::Integrity(error.to_string()),
        }
    }
}

/// That a file is not written over.
pub(super) fn is_there(path: &Path) -> Failure {
    Failure::usage(format!(
        "{} is there already; name another file, or move it away",
        path.display()
    ))
}

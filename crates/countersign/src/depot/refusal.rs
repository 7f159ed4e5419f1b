//! Why a depot hands nothing out.

use countersign_proof::certificate::decisions::DecisionsError;
use countersign_proof::certificate::{CertificateError, TextError};
use countersign_proof::status::StatusError;
use countersign_proof::words::{CertificateId, Moment, PlaceId, Quantity};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident $({ $($field:ident: $type:ty),+ })? = $code:literal,
        $message:literal;)+) => {
        /// A rule of the depot that refuses; the order is that of the checks.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[expect(missing_docs, reason = "the fields say in types what they are")]
        pub enum Refusal {
            $($(#[$doc])* #[error($message)] $name $({ $($field: $type),+ })?,)+
            /// The certificate itself.
            #[error(transparent)]
            Certificate(#[from] CertificateError),
            /// The status list.
            #[error(transparent)]
            Status(#[from] StatusError),
            /// The officials' signatures.
            #[error(transparent)]
            Decisions(#[from] DecisionsError),
            /// The collector's signature.
            #[error(transparent)]
            Text(#[from] TextError),
        }

        impl Refusal {
            /// The stable code.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => concat!("depot/", $code),)+
                    Self::Certificate(error) => error.code(),
                    Self::Status(error) => error.code(),
                    Self::Decisions(error) => error.code(),
                    Self::Text(error) => error.code(),
                }
            }
        }
    };
}

refusals!(
    /// `--clock` outside an exercise.
    NoExercise = "no-exercise", "--clock is for exercises; this depot is none";
    /// A certificate of an exercise shown to a real depot, or the other way round.
    OtherExercise = "other-exercise",
        "one of the two is an exercise and the other is not; nothing passes between them";
    /// The clock shows an earlier time than it did.
    ClockWentBack { now: Moment, highest: Moment } = "clock-went-back",
        "the clock says {now}, but this depot has seen {highest}; set the clock right. If it once \
         ran ahead, `depot clock --set-back` takes the present time and writes that into the book";
    /// The clock shows an earlier time than one that the ledger signed.
    ClockBehind { now: Moment, signed: Moment } = "clock-behind",
        "the clock says {now}, but the ledger signed something at {signed}; set the clock right";
    /// Meant for somewhere else.
    OtherDepot { meant: PlaceId, here: PlaceId } = "other-depot",
        "this certificate is for {meant} alone, and this is {here}; send the collector there";
    /// Too early.
    NotYetValid { from: Moment } = "not-yet-valid", "this certificate counts only from {from}";
    /// Too late.
    Expired { until: Moment } = "expired",
        "this certificate ended at {until}; ask the ledger for a new one";
    /// Two certificates with one number.
    NumberReused { certificate: CertificateId } = "number-reused",
        "another certificate with the number {certificate} was shown here before; honour neither, \
         and report it";
    /// The depot has said that it hands out no more on it.
    Closed { certificate: CertificateId } = "closed",
        "this depot has closed its account of {certificate}; ask the ledger for a new certificate";
    /// No status list at all.
    NoStatusList = "no-status-list",
        "there is no status list here; take one in with `depot status import FILE`";
    /// One that is too old.
    StatusTooOld { made: Moment, until: Moment } = "status-too-old",
        "the status list of {made} could be used until {until}; take in a newer one with `depot \
         status import FILE`";
    /// One that is older than the one at hand.
    StatusOlder { made: Moment, have: Moment } = "status-older",
        "this list was made at {made}, and the one here at {have}; the newer one stays";
    /// The list in the folder is not the newest that was taken in.
    StatusPutBack { made: Moment, have: Moment } = "status-put-back",
        "the status list here is of {made}, and this depot took in one of {have}; take that one in \
         again with `depot status import FILE`";
    /// A list that does not expand, or without end.
    StatusUnreadable { why: &'static str } = "status-unreadable",
        "the status list {why}; fetch it anew";
    /// Taken back.
    Revoked { certificate: CertificateId, made: Moment } = "revoked",
        "the ledger has taken {certificate} back (its list of {made}); hand nothing out";
    /// Suspended.
    Suspended { certificate: CertificateId, made: Moment } = "suspended",
        "{certificate} is suspended (the ledger's list of {made}); hand nothing out until a newer \
         list says otherwise";
    /// The officials' decisions are missing.
    NoEvidence = "no-evidence",
        "the officials' decisions were not brought: give the evidence file that was issued with \
         the certificate (--evidence). --certificate-only goes by the issuer's word alone, where \
         your orders allow that";
    /// This depot does not go by the issuer's word alone.
    FullOnly = "full-only",
        "this depot was set up to check the officials' own signatures (certificate_only = false \
         in depot.toml); give the evidence file with --evidence";
    /// No log is pinned.
    NoLog = "no-log",
        "this depot pins no log, so it cannot check the officials' decisions; write the ledger's \
         line into depot.toml (log = …), or use --certificate-only where your orders allow that";
    /// The evidence file is none.
    EvidenceUnreadable { why: String } = "evidence-unreadable",
        "not an evidence file: {why}; bring the one that was issued with the certificate";
    /// A line of the officials' keys that is none.
    TrustUnreadable { line: usize, why: String } = "trust-unreadable",
        "line {line} of the officials' keys: {why}";
    /// Nobody asked for this.
    NonceUnknown = "nonce-unknown",
        "this depot made no such text for this certificate; make one with `depot nonce` and have \
         the collector sign that";
    /// Used already.
    BookedAlready { line: u64, at: Moment } = "booked-already",
        "these units were booked at {at} (line {line}). If a failure kept them from being handed \
         over then, hand them over once now; otherwise have the collector sign a new text";
    /// Waited too long.
    NonceExpired { until: Moment } = "nonce-expired",
        "the text could be used until {until}; make a new one and have the collector sign that";
    /// The text is for another number of units.
    OtherQuantity { signed: Quantity, asked: Quantity } = "other-quantity",
        "the collector signed for {signed} units, not for {asked}";
    /// Nothing.
    QuantityZero = "quantity-zero", "the quantity must be at least 1";
    /// More than the certificate allows.
    BeyondCeiling { asked: Quantity, left: Quantity, ceiling: Quantity } = "beyond-ceiling",
        "{asked} units are asked for, and {left} of the {ceiling} on this certificate are left";
    /// Everything was handed out.
    Exhausted { certificate: CertificateId, ceiling: Quantity } = "exhausted",
        "nothing is left of {certificate}: all {ceiling} units on it were handed out here; ask the \
         ledger for a new certificate";
);

/// Why a command at a depot is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DepotError {
    /// A rule refuses.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// A file that was handed in is not in the form of its kind.
    #[error("{0}")]
    Malformed(String),
    /// The book is not what this depot wrote.
    #[error("{0}")]
    Damaged(String),
    /// A file cannot be read or written.
    #[error("{0}")]
    Unavailable(String),
}

impl<T: Into<Refusal>> From<T> for DepotError {
    fn from(refusal: T) -> Self {
        Self::Refused(Box::new(refusal.into()))
    }
}

/// A file that could not be read or written.
pub(super) fn io(path: &std::path::Path) -> impl Fn(std::io::Error) -> DepotError + '_ {
    move |error| DepotError::Unavailable(format!("{}: {error}", path.display()))
}

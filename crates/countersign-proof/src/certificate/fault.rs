//! Why a certificate is not accepted.

/// Why bytes are not a certificate, or a certificate cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Longer than any of ours.
    #[error("it has {bytes} bytes, at most {most} are read; give the file as it was issued")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The most.
        most: usize,
    },
    /// Not a tagged COSE_Sign1.
    #[error("not a signed certificate: {0}; give the file, or scan the code, as it was issued")]
    Envelope(&'static str),
    /// Signed by an algorithm that is not ours.
    #[error("its algorithm is not EdDSA (-8); only certificates signed with Ed25519 are accepted")]
    Algorithm,
    /// It demands the understanding of headers that nobody here knows.
    #[error("it has critical headers that are not understood here; ask for another certificate")]
    Critical,
    /// Signed as something else.
    #[error("it was signed as {found:?}, not as {expected:?}; give the right file")]
    Type {
        /// The type in its header, cut to 80 characters.
        found: String,
        /// The one expected.
        expected: &'static str,
    },
    /// No key to hold it against.
    #[error("no issuer key is known here; pin the ledger's own key first")]
    NoIssuer,
    /// A key that cannot be an issuer's.
    #[error("an issuer key is an ssh-ed25519 key; pin the file `issuer.pub` of the ledger")]
    IssuerKey,
    /// Not signed by a pinned key, or changed since.
    #[error(
        "its signature is by none of the issuer keys that are pinned here, or it was changed; ask \
         the ledger for the certificate, and for its key if that was replaced"
    )]
    Signature,
    /// Claims that do not read.
    #[error("its claims do not read: {0}; ask for another certificate")]
    Claims(&'static str),
    /// A claim that is missing, unknown, twice there or of another type.
    #[error("its claim {claim} {why}; ask for another certificate")]
    Claim {
        /// Which one.
        claim: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A key for the collector that cannot prove itself offline.
    #[error("the collector's key is not an ssh-ed25519 key; make one with `ssh-keygen -t ed25519`")]
    CollectorKey,
    /// Values that do not go together.
    #[error("{0}; ask for another certificate")]
    Rule(&'static str),
    /// Another way to write the same.
    #[error("it is not written in its one form (RFC 8949 §4.2.1); ask for another certificate")]
    NotCanonical,
}

impl CertificateError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "certificate/too-long",
            Self::Envelope(_) => "certificate/envelope",
            Self::Algorithm => "certificate/algorithm",
            Self::Critical => "certificate/critical",
            Self::Type { .. } => "certificate/type",
            Self::NoIssuer => "certificate/no-issuer",
            Self::IssuerKey => "certificate/issuer-key",
            Self::Signature => "certificate/signature",
            Self::Claims(_) => "certificate/claims",
            Self::Claim { .. } => "certificate/claim",
            Self::CollectorKey => "certificate/collector-key",
            Self::Rule(_) => "certificate/rule",
            Self::NotCanonical => "certificate/not-canonical",
        }
    }
}

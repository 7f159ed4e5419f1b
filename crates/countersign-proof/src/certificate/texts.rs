//! The texts that are signed at a depot, in the manner of statements: `key: value` lines in a fixed
//! order, ASCII, each ended by U+000A, each kind under an SSHSIG namespace of its own.
//!
//! They are no statements of the ledger: a depot has no connection to it, and whoever signs them
//! speaks for no office. What the ledger makes of a receipt is for the ledger.

use crate::key::PublicKey;
use crate::signature::{SignatureError, Sshsig};
use crate::words::{
    CertificateId, Digest, ItemId, KeyId, Moment, Nonce, PlaceId, Quantity, ReleaseId,
};
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

/// The longest text, in bytes.
const MAX_BYTES: usize = 2048;

/// Why a text of a depot is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Not the one form of such a text.
    #[error(
        "not a text of kind `{kind}`: the line `{line}` is not as it should be; take the text \
             as it was written"
    )]
    Text {
        /// The kind expected.
        kind: &'static str,
        /// The key of the first line that is not right.
        line: &'static str,
    },
    /// Signed by another key than the one demanded.
    #[error("signed by the key {found}, not by {expected}; sign with that key")]
    OtherKey {
        /// The key that signed.
        found: KeyId,
        /// The one demanded.
        expected: KeyId,
    },
    /// The signature does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl TextError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Text { .. } => "certificate/text",
            Self::OtherKey { .. } => "certificate/other-key",
            Self::Signature(_) => "signature",
        }
    }
}

/// What is said at a depot and signed.
pub trait DepotText: Sized + PartialEq {
    /// The word in the line `kind:`.
    const KIND: &'static str;
    /// The SSHSIG namespace under which it is signed.
    const NAMESPACE: &'static str;

    /// Its canonical text.
    fn render(&self) -> String;

    /// Reads the canonical text; accepts only what [`DepotText::render`] writes.
    ///
    /// # Errors
    /// [`TextError::Text`] naming the first line that is not right.
    fn parse(text: &[u8]) -> Result<Self, TextError>;
}

/// A text together with a signature that matches it: proof that the holder of [`Signed::key`]
/// signed exactly [`Signed::text`], as a text of this kind.
///
/// It is shared, not copied: a command that carries one is small.
#[derive(Debug, PartialEq, Eq)]
pub struct Signed<T>(Arc<Checked<T>>);

#[derive(Debug, PartialEq, Eq)]
struct Checked<T> {
    said: T,
    text: String,
    armoured: String,
    key: PublicKey,
}

impl<T> Clone for Signed<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: DepotText> Signed<T> {
    /// Checks that `armoured` is a signature over exactly `text` by `key`, and reads the text. The
    /// only way to a [`Signed`].
    ///
    /// # Errors
    /// [`TextError`] for the first thing that is wrong, with its remedy.
    pub fn verify(text: &[u8], armoured: &str, key: &PublicKey) -> Result<Self, TextError> {
        let signature = Sshsig::parse(armoured)?;
        if signature.namespace() != T::NAMESPACE {
            let found = signature.namespace().chars().take(80).collect();
            return Err(SignatureError::Namespace { found, expected: T::NAMESPACE }.into());
        }
        if signature.public_key() != key {
            let (found, expected) = (signature.public_key().id(), key.id());
            return Err(TextError::OtherKey { found, expected });
        }
        // A key in an authenticator signs more than these bytes, and so never counts here.
        if !signature.is_plainly_over(text) {
            return Err(SignatureError::Mismatch.into());
        }
        let said = T::parse(text)?;
        let text = said.render();
        let (armoured, key) = (signature.to_armoured(), key.clone());
        Ok(Self(Arc::new(Checked { said, text, armoured, key })))
    }

    /// What was said, parsed back from the signed bytes.
    #[must_use]
    pub fn said(&self) -> &T {
        &self.0.said
    }

    /// The signed bytes.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The digest of the signed bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.text.as_bytes())
    }

    /// The signature in its canonical armour.
    #[must_use]
    pub fn armoured(&self) -> &str {
        &self.0.armoured
    }

    /// The key that signed.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.0.key
    }
}

/// How a value is written behind its key.
trait Written: Sized {
    fn write(&self) -> String;
    fn read(written: &str) -> Option<Self>;
}

fn word<T: Display + FromStr>(written: &str) -> Option<T> {
    written.parse::<T>().ok().filter(|word| word.to_string() == written)
}

macro_rules! words {
    ($($type:ty),+) => {
        $(impl Written for $type {
            fn write(&self) -> String {
                self.to_string()
            }
            fn read(written: &str) -> Option<Self> {
                word(written)
            }
        })+
    };
}
words!(
    CertificateId,
    Digest,
    ItemId,
    KeyId,
    Moment,
    Nonce,
    PlaceId,
    Quantity,
    ReceiptMode,
    ReleaseId,
    u64
);

impl Written for bool {
    fn write(&self) -> String {
        if *self { "yes" } else { "no" }.to_owned()
    }
    fn read(written: &str) -> Option<Self> {
        match written {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }
    }
}

impl Written for Option<Digest> {
    fn write(&self) -> String {
        self.as_ref().map_or_else(|| "-".to_owned(), Written::write)
    }
    fn read(written: &str) -> Option<Self> {
        if written == "-" { Some(None) } else { word(written).map(Some) }
    }
}

/// A table for each kind: the fields in the order of the lines, with their keys.
macro_rules! text {
    (
        $(#[$doc:meta])*
        $name:ident = $kind:literal {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $key:literal),+ $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type),+
        }

        impl DepotText for $name {
            const KIND: &'static str = $kind;
            const NAMESPACE: &'static str = concat!($kind, "@countersign");

            fn render(&self) -> String {
                let mut text = format!("countersign: 1\nkind: {}\n", Self::KIND);
                $(
                    text.push_str(concat!($key, ": "));
                    text.push_str(&self.$field.write());
                    text.push('\n');
                )+
                text
            }

            fn parse(text: &[u8]) -> Result<Self, TextError> {
                let fault = |line| TextError::Text { kind: Self::KIND, line };
                let short = text.len() <= MAX_BYTES && text.is_ascii();
                let text = std::str::from_utf8(text).ok().filter(|_| short);
                let mut lines = text.ok_or(fault("countersign"))?.split('\n');
                let mut take = |key: &'static str| {
                    let line = lines.next().and_then(|line| line.strip_prefix(key));
                    line.and_then(|line| line.strip_prefix(": ")).ok_or(fault(key))
                };
                if take("countersign")? != "1" {
                    return Err(fault("countersign"));
                }
                if take("kind")? != Self::KIND {
                    return Err(fault("kind"));
                }
                let said = Self {
                    $($field: <$type as Written>::read(take($key)?).ok_or(fault($key))?),+
                };
                // After the last line end there is nothing.
                if lines.next() == Some("") && lines.next().is_none() {
                    Ok(said)
                } else {
                    Err(fault("the end"))
                }
            }
        }
    };
}

text!(
    /// What a collector signs at a depot: these units, on this certificate, now.
    Collection = "collect" {
        /// The ledger of the certificate.
        ledger: Digest = "ledger",
        /// Whether that is an exercise.
        exercise: bool = "exercise",
        /// The depot.
        depot: PlaceId = "depot",
        /// The certificate's number.
        certificate: CertificateId = "certificate",
        /// The digest of its bytes.
        digest: Digest = "certificate-digest",
        /// The release.
        release: ReleaseId = "release",
        /// The item.
        item: ItemId = "item",
        /// How many units are collected.
        quantity: Quantity = "quantity",
        /// The depot's single-use number.
        nonce: Nonce = "nonce",
        /// Until when the number can be used.
        expires: Moment = "expires",
    }
);

text!(
    /// What a depot signs when it has handed units out.
    Receipt = "receipt" {
        /// The ledger of the certificate.
        ledger: Digest = "ledger",
        /// Whether that is an exercise.
        exercise: bool = "exercise",
        /// The depot.
        depot: PlaceId = "depot",
        /// The certificate's number.
        certificate: CertificateId = "certificate",
        /// The digest of its bytes.
        digest: Digest = "certificate-digest",
        /// The release.
        release: ReleaseId = "release",
        /// The item.
        item: ItemId = "item",
        /// How many units were handed out.
        quantity: Quantity = "quantity",
        /// How many in all on this certificate, these included.
        total: Quantity = "total",
        /// When.
        handed_out_at: Moment = "handed-out-at",
        /// The key of whoever collected.
        collector: KeyId = "collector",
        /// The digest of what they signed.
        collection: Digest = "collection",
        /// Against what the depot checked.
        mode: ReceiptMode = "mode",
        /// The place of the hand-out in the depot's book.
        line: u64 = "line",
        /// The digest of the line before it: a book has one order, and nothing is taken out of it.
        previous: Digest = "previous",
    }
);

text!(
    /// What a depot signs of one certificate: how much it handed out on it, and whether more can
    /// follow.
    Account = "account" {
        /// The ledger of the certificate.
        ledger: Digest = "ledger",
        /// Whether that is an exercise.
        exercise: bool = "exercise",
        /// The depot.
        depot: PlaceId = "depot",
        /// The certificate's number.
        certificate: CertificateId = "certificate",
        /// The digest of its bytes.
        digest: Digest = "certificate-digest",
        /// The release.
        release: ReleaseId = "release",
        /// How many units were handed out on it.
        total: Quantity = "total",
        /// By how many receipts.
        receipts: u64 = "receipts",
        /// The digest of the last of them.
        last: Option<Digest> = "last-receipt",
        /// Whether its window has ended by the depot's clock: nothing more is handed out on it.
        closed: bool = "closed",
        /// When the depot says so.
        made_at: Moment = "made-at",
    }
);

text!(
    /// What a depot signs when a certificate was shown to it that it did not honour.
    Sighting = "sighting" {
        /// The ledger of the certificate.
        ledger: Digest = "ledger",
        /// Whether that is an exercise.
        exercise: bool = "exercise",
        /// The depot that it was shown to; not always the one that it is for.
        depot: PlaceId = "depot",
        /// The certificate's number.
        certificate: CertificateId = "certificate",
        /// The digest of its bytes.
        digest: Digest = "certificate-digest",
        /// The release.
        release: ReleaseId = "release",
        /// Whether it is for another depot.
        elsewhere: bool = "for-another-depot",
        /// When it was shown.
        seen_at: Moment = "seen-at",
    }
);

/// Against what a depot checked before it handed units out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReceiptMode {
    /// The certificate, the signatures of the people who decided, and the log.
    Full,
    /// The certificate alone: the issuer's word.
    CertificateOnly,
}

impl Display for ReceiptMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Full => "full",
            Self::CertificateOnly => "certificate-only",
        })
    }
}
impl FromStr for ReceiptMode {
    type Err = crate::words::WordError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "full" => Ok(Self::Full),
            "certificate-only" => Ok(Self::CertificateOnly),
            _ => Err(crate::words::WordError::new(text, "full or certificate-only")),
        }
    }
}

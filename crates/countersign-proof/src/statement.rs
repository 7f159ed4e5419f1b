//! Statements: the exact text that a person signs.
//!
//! Answers: *what did this person put their name to?* A statement is a canonical UTF-8 text of
//! `key: value` lines in a fixed order. Nothing is ever signed but such a text, and whatever is
//! carried out later is parsed back from the signed bytes.
//!
//! The grammar (`grammar` holds the lines of each kind, `value` the values, `text` the characters):
//! - at most [`MAX_BYTES`] bytes of UTF-8 in Unicode normalisation form C (UAX #15), every line
//!   ended by U+000A, the last one included;
//! - the first line `countersign: 1`, the second `kind: …`, then the lines of that kind, each
//!   exactly once, in their order; a value is never empty, `-` means there is none;
//! - a set is sorted by its bytes and separated by commas;
//! - only ASCII, except in `source` and `reason`, which hold free text: printable characters, no
//!   space but U+0020, nothing invisible or bidirectional; `\\` and `\n` stand for a backslash
//!   and a line end, and `\-` for the text that is a hyphen and nothing else.

pub mod kinds;

mod fault;
mod grammar;
mod lines;
mod text;
mod value;

pub use fault::{Fault, StatementError};
pub use kinds::{
    Advice, Appointment, Binding, ClassOverride, Decision, DiversionOrder, Erasure, Founding, Hold,
    KeyEnrolment, KeyRevocation, Lift, LogKeyRotation, OverrideLift, PolicyPublication, SeenHead,
    Session, Terms,
};
pub use lines::{LineReader, LineWriter, Lines};

use crate::words::{Digest, Nonce, OfficeId, PersonId, Window, WordError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The longest statement, in bytes.
pub const MAX_BYTES: usize = 4096;
/// The longest `reason`, in bytes as written (escaped).
pub const REASON_MAX_BYTES: usize = 1024;
/// The longest `source`, in bytes as written (escaped).
pub const SOURCE_MAX_BYTES: usize = 512;

macro_rules! statement_kinds {
    ($($(#[$doc:meta])* $variant:ident($type:ident) = $word:literal),+ $(,)?) => {
        /// What kind of statement it is; each is signed under a namespace of its own.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum StatementKind {
            $($(#[$doc])* $variant),+
        }

        impl StatementKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the line `kind:`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The SSHSIG namespace under which statements of this kind are signed.
            #[must_use]
            pub fn namespace(self) -> &'static str {
                match self { $(Self::$variant => concat!($word, "@countersign")),+ }
            }
        }

        /// A statement of any kind, for tools that show or check one that they do not expect.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum AnyStatement {
            $($(#[$doc])* $variant($type)),+
        }

        impl AnyStatement {
            /// Its kind.
            #[must_use]
            pub fn kind(&self) -> StatementKind {
                match self { $(Self::$variant(_) => StatementKind::$variant),+ }
            }

            /// The person who signs.
            #[must_use]
            pub fn signer(&self) -> &PersonId {
                match self { $(Self::$variant(inner) => inner.signer()),+ }
            }

            /// The office for which the person signs.
            #[must_use]
            pub fn office(&self) -> Option<&OfficeId> {
                match self { $(Self::$variant(inner) => inner.office()),+ }
            }

            /// What ties it to one ledger, one moment and one use.
            #[must_use]
            pub fn binding(&self) -> Option<&Binding> {
                match self { $(Self::$variant(inner) => inner.binding()),+ }
            }

            /// The ledger it is meant for; `None` only for a founding.
            #[must_use]
            pub fn ledger(&self) -> Option<Digest> {
                match self { $(Self::$variant(inner) => inner.ledger()),+ }
            }

            /// The span in which it counts; `None` only for a founding.
            #[must_use]
            pub fn validity(&self) -> Option<Window> {
                match self { $(Self::$variant(inner) => inner.validity()),+ }
            }

            /// The signer's own words.
            #[must_use]
            pub fn reason(&self) -> Option<&str> {
                match self { $(Self::$variant(inner) => inner.reason()),+ }
            }

            /// Its canonical text.
            ///
            /// # Errors
            /// [`StatementError`] as for [`render`].
            pub fn render(&self) -> Result<String, StatementError> {
                match self { $(Self::$variant(inner) => render(inner)),+ }
            }
        }

        $(impl From<$type> for AnyStatement {
            fn from(inner: $type) -> Self {
                Self::$variant(inner)
            }
        })+

        /// Reads a statement of whichever kind its second line names.
        ///
        /// # Errors
        /// [`StatementError`] as for [`parse`].
        pub fn parse_any(bytes: &[u8]) -> Result<AnyStatement, StatementError> {
            match kind_of(bytes)? {
                $(StatementKind::$variant => parse::<$type>(bytes).map(AnyStatement::$variant)),+
            }
        }
    };
}

statement_kinds!(
    /// An office's word on one revision of a request.
    Decision(Decision) = "decision",
    /// A reviewer's recommendation.
    Advice(Advice) = "advice",
    /// A person put into an office, or taken out of it.
    Appointment(Appointment) = "appointment",
    /// A person's key taken in.
    Enrolment(KeyEnrolment) = "enrolment",
    /// A key that no longer signs.
    Revocation(KeyRevocation) = "revocation",
    /// A name taken out of the record.
    Erasure(Erasure) = "erasure",
    /// A policy version brought into force.
    Publication(PolicyPublication) = "publication",
    /// A scope suspended.
    Hold(Hold) = "hold",
    /// The end of a hold.
    Lift(Lift) = "lift",
    /// A class set by hand.
    Override(ClassOverride) = "override",
    /// The end of a class set by hand.
    OverrideLift(OverrideLift) = "override-lift",
    /// Earmarked units re-routed to their owner's stock.
    Diversion(DiversionOrder) = "diversion",
    /// Another key for the log.
    Rotation(LogKeyRotation) = "rotation",
    /// The founding of a ledger.
    Founding(Founding) = "founding",
    /// Proof at a door that a person holds a key.
    Session(Session) = "session",
);

impl fmt::Display for StatementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl FromStr for StatementKind {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or_else(|| {
            WordError::new(
                text,
                "a kind of statement (decision, advice, appointment, enrolment, revocation, \
                 erasure, publication, hold, lift, override, override-lift, diversion, \
                 rotation, founding, session)",
            )
        })
    }
}

/// What every kind of statement offers.
pub trait Statement: Lines + Clone + fmt::Debug + PartialEq {
    /// The kind, and with it the namespace of the signature.
    const KIND: StatementKind;

    /// The person who signs.
    fn signer(&self) -> &PersonId;

    /// The single-use number that makes this statement unlike any other.
    fn nonce(&self) -> Nonce;

    /// What ties it to one ledger, one moment and one use; `None` for a founding, which begins a
    /// ledger, and for a session, which changes none.
    fn binding(&self) -> Option<&Binding> {
        None
    }

    /// The ledger it is meant for; `None` only for a founding.
    fn ledger(&self) -> Option<Digest> {
        self.binding().map(|binding| binding.ledger)
    }

    /// The span in which it counts; `None` only for a founding.
    fn validity(&self) -> Option<Window> {
        self.binding().map(|binding| binding.validity)
    }

    /// The office for which the person signs, where there is one.
    fn office(&self) -> Option<&OfficeId> {
        None
    }

    /// The signer's own words, where the kind has them.
    fn reason(&self) -> Option<&str> {
        None
    }
}

/// Writes a statement as its canonical text.
///
/// # Errors
/// [`StatementError`] where no such text exists: a reason that is too long or holds a character
/// that is not allowed, a quantity of zero, provisos that do not fit the decision, and so on. The
/// error names the line, the key and the remedy.
pub fn render<S: Statement>(statement: &S) -> Result<String, StatementError> {
    let text = write(statement);
    if parse::<S>(text.as_bytes())? == *statement {
        Ok(text)
    } else {
        Err(StatementError::whole(Fault::NotCanonical))
    }
}

/// Reads a statement of kind `S`; accepts only the one text that [`render`] writes for it.
///
/// # Errors
/// [`StatementError`] for every other sequence of bytes; it names the line, the key and the
/// remedy.
pub fn parse<S: Statement>(bytes: &[u8]) -> Result<S, StatementError> {
    let text = text::scan(bytes)?;
    let mut reader = LineReader::new::<S>(text)?;
    let kind = reader.header()?;
    if kind != S::KIND {
        return Err(StatementError {
            line: 2,
            key: "kind",
            fault: Fault::Kind { found: kind, expected: S::KIND },
        });
    }
    let statement = S::read_lines(&mut reader)?;
    reader.end()?;
    if let Some((key, rule)) = statement.broken_rule() {
        return Err(reader.at(key, Fault::Rule(rule)));
    }
    // Each value is read in its one form only, so this finds nothing unless one of them is not: it
    // is the second lock on the same door.
    let canonical = write(&statement);
    if canonical == text {
        return Ok(statement);
    }
    let same = canonical.lines().zip(text.lines()).take_while(|(ours, theirs)| ours == theirs);
    let line = same.count().saturating_add(1);
    Err(StatementError { line, key: "", fault: Fault::NotCanonical })
}

/// The kind that a text names in its second line.
///
/// # Errors
/// [`StatementError`] when the text breaks the rules on characters, or its first two lines are not
/// the version and a known kind.
pub fn kind_of(bytes: &[u8]) -> Result<StatementKind, StatementError> {
    LineReader::new::<Session>(text::scan(bytes)?)?.header()
}

fn write<S: Statement>(statement: &S) -> String {
    let mut writer = LineWriter::new(S::KIND);
    statement.write_lines(&mut writer);
    writer.finish()
}

/// A short fingerprint of a statement's text for two people to compare by voice: the first 20
/// hexadecimal digits (80 bits) of its SHA-256, in groups of four.
#[must_use]
pub fn fingerprint(text: &str) -> String {
    let digits = Digest::of(text.as_bytes()).to_string();
    let groups: Vec<_> = [0..4, 4..8, 8..12, 12..16, 16..20]
        .into_iter()
        .filter_map(|group| digits.get(group))
        .collect();
    groups.join(" ")
}

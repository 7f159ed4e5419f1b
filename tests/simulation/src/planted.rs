//! Bugs that are planted on purpose, at the boundary of the store, to see that they are found.

use std::str::FromStr;

/// What is wrong on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Planted {
    /// Nothing.
    #[default]
    Nothing,
    /// An append compares neither epoch nor tenure.
    FencingLeftOut,
    /// An append is acknowledged before the standby has it.
    AcknowledgedBeforeCommit,
    /// The record forgets under which ids some commands came.
    LostIdempotencyKey,
    /// A snapshot says that it was taken earlier than it was.
    SnapshotFromTheFuture,
    /// Those who follow are told what the record has, not what is acknowledged.
    ReaderWithoutPosition,
}

impl Planted {
    /// Every bug with its name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("fencing-left-out", Self::FencingLeftOut),
        ("acknowledged-before-commit", Self::AcknowledgedBeforeCommit),
        ("lost-idempotency-key", Self::LostIdempotencyKey),
        ("snapshot-from-the-future", Self::SnapshotFromTheFuture),
        ("reader-without-position", Self::ReaderWithoutPosition),
    ];
}

impl FromStr for Planted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|(name, _)| *name == text);
        found.map(|(_, planted)| planted).ok_or_else(|| {
            let names = Self::ALL.map(|(name, _)| name).join(", ");
            format!("there is no bug {text}; there are {names}")
        })
    }
}

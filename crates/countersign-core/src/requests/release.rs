//! A release: a bounded, expiring right to use or hand out a quantity.

use super::Usable;
use crate::people::Span;
use countersign_proof::words::{
    EntryNumber, HoldId, Moment, OfficeId, PolicyVersionId, Quantity, ReleaseId, RequestId,
    Revision,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// Where a release stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReleaseState {
    /// Usable.
    Issued,
    /// Not usable for now.
    Suspended,
    /// Usable again.
    Reinstated,
    /// Used up.
    Exhausted,
    /// Its window has passed.
    Expired,
    /// Taken back.
    Revoked,
    /// Given back.
    Surrendered,
}

impl ReleaseState {
    /// Whether units may be drawn on it.
    #[must_use]
    pub fn is_usable(self) -> bool {
        match self {
            Self::Issued | Self::Reinstated => true,
            Self::Suspended
            | Self::Exhausted
            | Self::Expired
            | Self::Revoked
            | Self::Surrendered => false,
        }
    }

    /// Whether it has come to an end.
    #[must_use]
    pub fn has_ended(self) -> bool {
        match self {
            Self::Exhausted | Self::Expired | Self::Revoked | Self::Surrendered => true,
            Self::Issued | Self::Suspended | Self::Reinstated => false,
        }
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Suspended => "suspended",
            Self::Reinstated => "reinstated",
            Self::Exhausted => "exhausted",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Surrendered => "surrendered",
        }
    }
}

impl fmt::Display for ReleaseState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a release is suspended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Suspension {
    /// A hold covers it.
    Hold(HoldId),
    /// The policy version now in force demands approvals that it lacks.
    Policy(PolicyVersionId),
    /// Policy demands that witnesses have cosigned a log with this entry, which made the release
    /// what it is, and too few have.
    Witnesses(EntryNumber),
}

/// Why a release ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// Everything was drawn.
    Exhausted,
    /// The window has passed.
    Expired,
    /// An office took its authorisation back, or refused one that policy came to demand.
    WithdrawnBy(OfficeId),
    /// A policy version revoked or prohibits it.
    Policy(PolicyVersionId),
    /// The holder gave it back.
    Surrendered,
}

impl Ending {
    /// The state it leaves.
    #[must_use]
    pub fn state(&self) -> ReleaseState {
        match self {
            Self::Exhausted => ReleaseState::Exhausted,
            Self::Expired => ReleaseState::Expired,
            Self::WithdrawnBy(_) | Self::Policy(_) => ReleaseState::Revoked,
            Self::Surrendered => ReleaseState::Surrendered,
        }
    }
}

/// A rule that a reported use broke. It is recorded all the same: it has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Breach {
    /// More units than the release allows.
    BeyondQuantity,
    /// Outside the window.
    OutsideWindow,
    /// Before the release was issued: nobody had authorised it yet.
    BeforeIssue,
    /// Outside the zones.
    OutsideZone,
    /// While the release was suspended.
    WhileSuspended,
    /// After the release had ended.
    AfterEnd,
    /// More units than the record had.
    Unaccounted,
    /// More units than the certificate allows that they were handed out on.
    BeyondCertificate,
}

impl Breach {
    /// The words for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BeyondQuantity => "beyond quantity",
            Self::OutsideWindow => "outside window",
            Self::BeforeIssue => "before the release",
            Self::OutsideZone => "outside zone",
            Self::WhileSuspended => "while suspended",
            Self::AfterEnd => "after the end",
            Self::Unaccounted => "unaccounted for",
            Self::BeyondCertificate => "beyond certificate",
        }
    }
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its id.
    pub id: ReleaseId,
    /// The request it came from.
    pub request: RequestId,
    /// The revision that was approved.
    pub revision: Revision,
    /// Its bounds.
    pub usable: Box<Usable>,
    /// The policy version it stands under.
    pub policy: PolicyVersionId,
    /// The approval set that was filled; empty under a standing permission.
    pub set: BTreeSet<OfficeId>,
    /// Units drawn so far; more than its quantity after a breach.
    pub used: Quantity,
    /// Of these, units that a depot handed out for a use and that are not yet reported as used.
    pub handed: Quantity,
    /// Where it stands.
    pub state: ReleaseState,
    /// Why it is suspended.
    pub causes: BTreeSet<Suspension>,
    /// When it was issued.
    pub issued_at: Moment,
    /// Since when it is suspended.
    pub suspended_at: Option<Moment>,
    /// When it was suspended before, and reinstated: a use in such a span may be reported late.
    pub suspensions: Vec<Span>,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// Breaches reported under it.
    pub breaches: BTreeSet<Breach>,
}

impl Release {
    /// Whether it was suspended at `at`.
    #[must_use]
    pub fn suspended_at(&self, at: Moment) -> bool {
        self.suspended_at.is_some_and(|since| since <= at)
            || self.suspensions.iter().any(|span| span.contains(at))
    }

    /// Units that may still be drawn, were it usable.
    #[must_use]
    pub fn left(&self) -> Quantity {
        self.usable.quantity.minus(self.used).unwrap_or(Quantity::ZERO)
    }
}

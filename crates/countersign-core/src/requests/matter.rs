//! What an event is about. Answers: *to whose story does this belong?*
//!
//! A step of the clock, a new policy version or a hold concerns many requests and releases at once.

use super::Event;
use countersign_proof::words::{ReleaseId, RequestId};
use std::slice;

impl Event {
    /// The request that this is about, if it names one.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::RequestSubmitted { request, .. }
            | Self::RequestRevised { request, .. }
            | Self::RequestWithdrawn { request }
            | Self::InformationAnswered { request, .. }
            | Self::AdviceRecorded { request, .. }
            | Self::DecisionRecorded { request, .. }
            | Self::RequestApproved { request }
            | Self::RequestRefused { request, .. }
            | Self::RequestLapsed { request }
            | Self::DecidersReminded { request, .. }
            | Self::RequestEscalated { request, .. }
            | Self::RequestRebound { request, .. }
            | Self::PersonRecused { request, .. }
            | Self::QuorumOutOfReach { request }
            | Self::InterestDeclared { request, .. }
            | Self::ReleaseIssued { request, .. } => Some(*request),
            Self::ReleaseRebound { .. }
            | Self::ReleasesSuspended { .. }
            | Self::ReleasesReinstated { .. }
            | Self::ReleaseReapproved { .. }
            | Self::ReleaseEnded { .. }
            | Self::UseReported { .. }
            | Self::HoldPlaced { .. }
            | Self::HoldLifted { .. }
            | Self::CheckpointWitnessed { .. }
            | Self::CertificateIssued { .. }
            | Self::ReceiptRecorded { .. }
            | Self::AccountRecorded { .. }
            | Self::SightingRecorded { .. } => None,
        }
    }

    /// The releases that this is about, as far as it names them.
    #[must_use]
    pub fn releases(&self) -> &[ReleaseId] {
        match self {
            Self::ReleaseIssued { release, .. }
            | Self::ReleaseRebound { release, .. }
            | Self::ReleaseReapproved { release, .. }
            | Self::ReleaseEnded { release, .. }
            | Self::UseReported { release, .. } => slice::from_ref(release),
            Self::ReleasesSuspended { releases, .. }
            | Self::ReleasesReinstated { releases, .. } => releases,
            Self::CertificateIssued { terms } => slice::from_ref(&terms.release),
            Self::ReceiptRecorded { release, .. } => release.as_slice(),
            Self::RequestSubmitted { .. }
            | Self::RequestRevised { .. }
            | Self::RequestWithdrawn { .. }
            | Self::InformationAnswered { .. }
            | Self::AdviceRecorded { .. }
            | Self::DecisionRecorded { .. }
            | Self::RequestApproved { .. }
            | Self::RequestRefused { .. }
            | Self::RequestLapsed { .. }
            | Self::DecidersReminded { .. }
            | Self::RequestEscalated { .. }
            | Self::RequestRebound { .. }
            | Self::PersonRecused { .. }
            | Self::QuorumOutOfReach { .. }
            | Self::InterestDeclared { .. }
            | Self::HoldPlaced { .. }
            | Self::HoldLifted { .. }
            | Self::CheckpointWitnessed { .. }
            | Self::AccountRecorded { .. }
            | Self::SightingRecorded { .. } => &[],
        }
    }
}

//! Making a certificate. Answers: *what is carried to a depot for this release, and would a depot
//! accept it?*

use super::issuing::{
    Behind, behind, check_own, issuer_key, status_uri, whole_second, whole_seconds,
};
use super::refusal::DepotError;
use crate::cosigned::Cosigned;
use crate::opening::{self, OpenError};
use countersign_core::requests::{CertificateTerms, Rejection, Release, Request};
use countersign_core::{Rejection as AnyRejection, State};
use countersign_proof::PublicKey;
use countersign_proof::certificate::decisions::LoggedDecisions;
use countersign_proof::certificate::{Certificate, StatusReference};
use countersign_proof::words::{Moment, PlaceId, Quantity, ReleaseId, Window};

/// A certificate that somebody wants.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Of which release.
    pub release: ReleaseId,
    /// The only depot that may honour it.
    pub depot: PlaceId,
    /// The key by which that depot signs.
    pub depot_key: PublicKey,
    /// The key of whoever collects.
    pub collector: PublicKey,
    /// At most how many units; what is left and on no other certificate, if not given.
    pub quantity: Option<Quantity>,
    /// From when; now, if not given.
    pub from: Option<Moment>,
    /// Until when; as long as the release, if not given.
    pub until: Option<Moment>,
}

/// A certificate that is made and not yet on the record.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What it says.
    pub certificate: Certificate,
    /// Its bytes, signed.
    pub bytes: Vec<u8>,
    /// What the record is to keep of it.
    pub terms: CertificateTerms,
    /// The officials' decisions with their proofs.
    pub logged: LoggedDecisions,
}

/// Why no certificate is made.
#[derive(Debug, thiserror::Error)]
pub enum Unissued {
    /// A rule of the ledger refuses.
    #[error(transparent)]
    Rule(Box<AnyRejection>),
    /// There is no time in which it would hold.
    #[error("the window {from} to {until} has no whole second in it")]
    NoWindow {
        /// From when.
        from: Moment,
        /// Until when.
        until: Moment,
    },
    /// The ledger cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The record cannot be read, or a depot would not accept it.
    #[error(transparent)]
    Depot(#[from] DepotError),
}

impl From<AnyRejection> for Unissued {
    fn from(rejection: AnyRejection) -> Self {
        Self::Rule(Box::new(rejection))
    }
}

/// Makes a certificate, signed and checked as a depot would check it. It counts once the command
/// with its terms is on the record.
///
/// # Errors
/// [`Unissued`] when there is nothing to certify.
pub fn prepare(location: &str, wanted: &Wanted, now: Moment) -> Result<Prepared, Unissued> {
    let (store, state, head) = opening::open_reader(location)?;
    let (store, state) = (store.as_ref(), &state);
    let key = issuer_key(location, state)?;
    let cosigned = cosigned(location, state)?;
    let (request, release) = live(state, wanted.release)?;
    // No depot would accept it, and it would say so in words that are not for the issuer.
    if let Some(asked) = wanted.quantity.filter(|asked| *asked > release.usable.quantity) {
        let free = state.requests.uncertified(release);
        let rule = Rejection::CertificatesExceedRelease { wanted: asked, free };
        return Err(AnyRejection::from(rule).into());
    }
    let behind = behind(store, &head, &cosigned, request, release)?;
    let certificate = certificate(state, (request, release), wanted, &behind, now)?;
    check_own(state, &certificate, &behind.logged)?;
    let bytes = certificate.issue(&key).map_err(DepotError::from)?;
    let terms = CertificateTerms {
        id: certificate.id,
        release: release.id,
        depot: wanted.depot.clone(),
        depot_key: wanted.depot_key.id(),
        collector: wanted.collector.id(),
        quantity: certificate.quantity,
        window: certificate.window,
        digest: Certificate::digest(&bytes),
    };
    Ok(Prepared { certificate, bytes, terms, logged: behind.logged })
}

/// The evidence of the decisions behind a release, under the checkpoint that most witnesses have
/// cosigned by now.
///
/// # Errors
/// [`Unissued`] when there is no such release, or it has ended.
pub fn evidence(location: &str, id: ReleaseId) -> Result<LoggedDecisions, Unissued> {
    let (store, state, head) = opening::open_reader(location)?;
    let cosigned = cosigned(location, &state)?;
    let (request, release) = live(&state, id)?;
    Ok(behind(store.as_ref(), &head, &cosigned, request, release)?.logged)
}

fn cosigned(location: &str, state: &State) -> Result<Cosigned, Unissued> {
    let keys = opening::log_keys(state);
    let keys = keys.map_err(|error| DepotError::Damaged(error.to_string()))?;
    Ok(Cosigned::beside(&opening::folder(location), keys))
}

/// A release that has not ended, and its request.
fn live(state: &State, id: ReleaseId) -> Result<(&Request, &Release), Unissued> {
    let refused = |rejection: Rejection| AnyRejection::from(rejection);
    let unknown = || refused(Rejection::UnknownRelease { release: id });
    let release = state.requests.release(id).ok_or_else(unknown)?;
    if release.state.has_ended() {
        let (release, state) = (release.id, release.state);
        return Err(refused(Rejection::ReleaseEnded { release, state }).into());
    }
    let request = state.requests.request(release.request);
    let request =
        request.ok_or_else(|| DepotError::Damaged("the release has no request".to_owned()))?;
    Ok((request, release))
}

/// The certificate that is wanted, with what the record says.
fn certificate(
    state: &State,
    (request, release): (&Request, &Release),
    wanted: &Wanted,
    behind: &Behind,
    now: Moment,
) -> Result<Certificate, Unissued> {
    let policy = state.policy.version(&release.policy).map_err(AnyRejection::from)?.bundle.digest();
    let usable = release.usable.window;
    let from = wanted.from.unwrap_or(now).max(usable.from());
    let until = wanted.until.unwrap_or(usable.until());
    let window = Window::new(from, until).and_then(whole_seconds);
    let window = window.ok_or(Unissued::NoWindow { from, until })?;
    let id = state.requests.next_certificate();
    Ok(Certificate {
        id,
        issuer: state.ledger.origin.clone(),
        ledger: state.ledger.digest,
        exercise: state.ledger.exercise,
        depot: wanted.depot.clone(),
        release: release.id,
        request: request.id,
        revision: release.revision,
        act: request.draft.act,
        item: request.draft.item.clone(),
        quantity: wanted.quantity.unwrap_or_else(|| state.requests.uncertified(release)),
        holder: request.draft.holder.clone(),
        window,
        issued_at: whole_second(now),
        collector: wanted.collector.clone(),
        decisions: behind.decisions.clone(),
        policy,
        entry: behind.entry,
        status: StatusReference { index: id.0.saturating_sub(1), uri: status_uri(state) },
    })
}

/// Whether a rule refuses what a depot carries back only because it is on the record already.
#[must_use]
pub fn is_known_already(code: &str) -> bool {
    code == "requests/recorded-already" || code == "requests/account-overtaken"
}

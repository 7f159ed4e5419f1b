//! What a ledger gives to its depots: certificates with the evidence of the officials' decisions,
//! status lists, and what a depot pins.

use super::refusal::DepotError;
use super::{papers, trust};
use crate::clock::{Entropy, ScriptedEntropy, SystemEntropy};
use crate::cosigned::Cosigned;
use crate::opening::{Head, folder, read_body};
use countersign_core::State;
use countersign_core::record::Answer;
use countersign_core::requests::{Event, Release, ReleaseState, Request};
use countersign_proof::certificate::decisions::{
    self, Approval, LoggedDecision, LoggedDecisions, TrustedPeople,
};
use countersign_proof::certificate::{Certificate, IssuerKey};
use countersign_proof::checkpoint::LogVerifier;
use countersign_proof::entry::Label;
use countersign_proof::merkle::inclusion_proof;
use countersign_proof::status::{Bits, Status, StatusList, pack};
use countersign_proof::words::{DecisionKind, Digest, Moment, OfficeId, PersonId, Window};
use countersign_store::Store;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::PathBuf;

fn unavailable(error: impl std::fmt::Display) -> DepotError {
    DepotError::Unavailable(error.to_string())
}

fn damaged(error: impl std::fmt::Display) -> DepotError {
    DepotError::Damaged(error.to_string())
}

/// The file of the issuer key, beside the log key: another key, so that neither does the other's
/// work.
fn issuer_file(location: &str) -> PathBuf {
    folder(location).join("issuer.key")
}

/// The ledger's issuer key; made when it is first asked for. That of an exercise can be foretold,
/// as its people's keys can.
///
/// # Errors
/// [`DepotError`] when the file cannot be read or written.
pub fn issuer_key(location: &str, state: &State) -> Result<IssuerKey, DepotError> {
    let path = issuer_file(location);
    if path.exists() {
        let text = std::fs::read_to_string(&path).map_err(super::refusal::io(&path))?;
        let wrong = |_| DepotError::Unavailable(format!("{}: it is damaged", path.display()));
        let seed: Digest = text.trim_end().parse().map_err(wrong)?;
        return Ok(IssuerKey::from_seed(seed.0));
    }
    let mut seed = [0; 32];
    let mut entropy: Box<dyn Entropy> = if state.ledger.exercise {
        Box::new(ScriptedEntropy::new(&format!("issuer of {}", state.ledger.digest)))
    } else {
        Box::new(SystemEntropy)
    };
    entropy.fill(&mut seed).map_err(unavailable)?;
    crate::keys::write_secret(&path, format!("{}\n", Digest(seed)).as_bytes())
        .map_err(super::refusal::io(&path))?;
    Ok(IssuerKey::from_seed(seed))
}

/// The log, as a depot pins it.
///
/// # Errors
/// [`DepotError::Damaged`] when the record names no log.
pub fn log_verifier(state: &State) -> Result<LogVerifier, DepotError> {
    LogVerifier::new(&state.ledger.origin, state.ledger.log_key.0).map_err(damaged)
}

/// The name of the ledger's status list.
#[must_use]
pub fn status_uri(state: &State) -> String {
    // A log's name may hold characters that a URI does not.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte);
    let mut uri = "https://".to_owned();
    for byte in state.ledger.origin.bytes() {
        if plain(byte) { uri.push(char::from(byte)) } else { uri.push_str(&format!("%{byte:02X}")) }
    }
    uri.push_str("/certificates/status");
    uri
}

/// The keys of everybody who may sign decisions, as an allowed-signers file: a line for each key
/// and each span in which its owner spoke for the same offices.
///
/// # Errors
/// [`DepotError::Damaged`] when a key on the record is none.
pub fn officials(state: &State) -> Result<String, DepotError> {
    let people = &state.people;
    let mut lines = String::new();
    for key in people.keys() {
        let public = key.public_key.parse().map_err(damaged)?;
        let until = key.revoked_at.map_or(key.until, |revoked| revoked.min(key.until));
        let Some(whole) = Window::new(key.from, until) else { continue };
        for (span, offices) in spans_of(state, &key.person, whole) {
            lines.push_str(&trust::line_of(&key.person, &offices, span, &public));
            lines.push('\n');
        }
    }
    Ok(lines)
}

/// The spans within `whole` in which a person spoke for offices, and for which.
fn spans_of(state: &State, person: &PersonId, whole: Window) -> Vec<(Window, BTreeSet<OfficeId>)> {
    let mut served: Vec<(Window, OfficeId)> = Vec::new();
    for office in state.people.offices() {
        let terms = state.people.terms(&office.id).filter(|term| term.person == *person);
        let terms = terms.map(|term| term.span);
        let deputies = state.people.deputies(&office.id).filter(|term| term.deputy == *person);
        for span in terms.chain(deputies.map(|term| term.span)) {
            let span = Window::new(span.from, span.until).and_then(|span| span.intersect(whole));
            served.extend(span.map(|span| (span, office.id.clone())));
        }
    }
    let cuts: BTreeSet<Moment> =
        served.iter().flat_map(|(span, _)| [span.from(), span.until()]).collect();
    let cuts: Vec<Moment> = cuts.into_iter().collect();
    let mut spans = Vec::new();
    for pair in cuts.windows(2) {
        let &[from, until] = pair else { continue };
        let offices: BTreeSet<OfficeId> = served
            .iter()
            .filter(|(span, _)| span.from() <= from && until <= span.until())
            .map(|(_, office)| office.clone())
            .collect();
        if let Some(span) = Window::new(from, until).filter(|_| !offices.is_empty()) {
            spans.push((span, offices));
        }
    }
    spans
}

/// What stands behind a release in the log.
#[derive(Clone, Debug)]
pub struct Behind {
    /// The digests of the approving decisions.
    pub decisions: BTreeSet<Digest>,
    /// The decisions with their proofs.
    pub logged: LoggedDecisions,
    /// The place of the entry that gave the release the form it has.
    pub entry: u64,
}

/// Finds in the log what stands behind a release.
///
/// # Errors
/// [`DepotError`] when the record cannot be read, or does not hold what the state says.
pub fn behind(
    store: &dyn Store,
    head: &Head,
    cosigned: &Cosigned,
    request: &Request,
    release: &Release,
) -> Result<Behind, DepotError> {
    let decisions: BTreeSet<Digest> = request
        .decisions
        .iter()
        .filter(|made| {
            made.decision == DecisionKind::Approve
                && !made.void
                && made.revision == release.revision
                && made.policy == release.policy
                && release.set.contains(&made.signed.office)
        })
        .map(|made| made.statement)
        .collect();
    let mut places: BTreeMap<Digest, u64> = BTreeMap::new();
    let (mut entry, mut failed) = (None, None);
    store
        .for_each_body(0, &mut |seq, body| {
            let recorded = match read_body(body) {
                Ok(recorded) => recorded,
                Err(error) => {
                    failed = Some(damaged(format!("entry {seq}: {error}; verify the log")));
                    return ControlFlow::Break(());
                }
            };
            let Answer::Accepted(events) = &recorded.result else {
                return ControlFlow::Continue(());
            };
            for event in events {
                let countersign_core::Event::Requests(event) = event else { continue };
                if let Event::DecisionRecorded { decision, .. } = event
                    && decisions.contains(&decision.statement)
                {
                    places.insert(decision.statement, seq);
                }
                if shapes(event, release) {
                    entry = Some(seq);
                }
            }
            ControlFlow::Continue(())
        })
        .map_err(damaged)?;
    if let Some(failed) = failed {
        return Err(failed);
    }
    let entry = entry.ok_or_else(|| damaged("the release is not in the log; verify the log"))?;
    if places.len() != decisions.len() {
        return Err(damaged("a decision is not in the log; verify the log"));
    }
    let logged = logged(store, head, cosigned, &places.into_values().collect())?;
    Ok(Behind { decisions, logged, entry })
}

/// Whether an event gave a release its bounds.
fn shapes(event: &Event, of: &Release) -> bool {
    if let Event::ReleaseIssued { release, .. } | Event::ReleaseReapproved { release, .. } = event {
        *release == of.id
    } else {
        false
    }
}

/// Entries with the parts that hold statements, and the proofs that they are in the log.
fn logged(
    store: &dyn Store,
    head: &Head,
    cosigned: &Cosigned,
    places: &BTreeSet<u64>,
) -> Result<LoggedDecisions, DepotError> {
    let least = places.last().map_or(0, |last| last.saturating_add(1));
    let best = cosigned.best(least, &mut |told| tracing::warn!("{told}")).map_err(unavailable)?;
    let (size, checkpoint) = match best {
        Some(best) => (best.checkpoint.size, best.note.to_string()),
        None => (head.frontier.size(), head.note.clone()),
    };
    let mut leaves: Vec<Digest> = Vec::new();
    store
        .for_each_leaf(0, &mut |seq, leaf| {
            if seq >= size {
                return ControlFlow::Break(());
            }
            leaves.push(*leaf);
            ControlFlow::Continue(())
        })
        .map_err(damaged)?;
    let mut decisions = Vec::new();
    for seq in places.iter().copied() {
        let missing = || damaged(format!("entry {seq} is not there; verify the log"));
        let stored = store.entry(seq).map_err(damaged)?.ok_or_else(missing)?;
        let sealed = stored
            .sealed
            .iter()
            .filter_map(crate::opening::sealed_part)
            .find(|part| part.label == Label::Deliberation);
        let sealed = sealed.ok_or_else(|| {
            let why = "its statements were erased, so it cannot be shown to a depot";
            unavailable(format!("entry {seq}: {why}"))
        })?;
        let proof = inclusion_proof(&leaves, seq, size).map_err(damaged)?;
        decisions.push(LoggedDecision { open: stored.open, sealed, proof });
    }
    Ok(LoggedDecisions { decisions, checkpoint })
}

/// Checks a certificate as a depot would that believes what the record says of the officials' keys:
/// what no depot would accept is not issued.
///
/// # Errors
/// [`DepotError`] for what does not hold.
pub fn check_own(
    state: &State,
    certificate: &Certificate,
    logged: &LoggedDecisions,
) -> Result<Vec<Approval>, DepotError> {
    if certificate.decisions.is_empty() {
        return Ok(Vec::new());
    }
    let keys = trust::known_keys(&officials(state)?)?;
    let log = log_verifier(state)?;
    let (demanded, rules) = (BTreeSet::new(), state.ledger.signature_rules());
    let witnesses = None;
    let trusted =
        TrustedPeople { log: &log, keys: &keys, demanded: &demanded, rules: &rules, witnesses };
    Ok(decisions::check(certificate, logged, &trusted)?)
}

/// The status list of the ledger at `now`: a status for every certificate that was issued.
///
/// # Errors
/// [`DepotError`] when it cannot be made.
pub fn status_list(
    state: &State,
    key: &IssuerKey,
    now: Moment,
    hours: u32,
) -> Result<(StatusList, Vec<u8>), DepotError> {
    let requests = &state.requests;
    let statuses: Vec<Status> = requests
        .certificates()
        .iter()
        .map(|one| match requests.release(one.terms.release).map(|release| release.state) {
            _ if one.is_settled() => Status::Invalid,
            Some(ReleaseState::Issued | ReleaseState::Reinstated) => Status::Valid,
            Some(ReleaseState::Suspended) => Status::Suspended,
            Some(
                ReleaseState::Exhausted
                | ReleaseState::Expired
                | ReleaseState::Revoked
                | ReleaseState::Surrendered,
            )
            | None => Status::Invalid,
        })
        .collect();
    let issued_at = whole_second(now);
    let seconds = u64::from(hours).saturating_mul(3_600);
    let list = StatusList {
        uri: status_uri(state),
        issued_at,
        expires: issued_at.plus_millis(seconds.saturating_mul(1000)),
        time_to_live: seconds,
        bits: Bits::Two,
        compressed: papers::deflate(&pack(&statuses))?,
    };
    let bytes = list.issue(key)?;
    Ok((list, bytes))
}

/// The second in which a moment lies.
#[must_use]
pub(super) fn whole_second(moment: Moment) -> Moment {
    let millis = moment.millis();
    Moment::from_millis(millis.saturating_sub(millis % 1000)).unwrap_or(moment)
}

/// A window in whole seconds, never wider.
#[must_use]
pub(super) fn whole_seconds(window: Window) -> Option<Window> {
    let from = whole_second(window.from().plus_millis(999));
    Window::new(from, whole_second(window.until()))
}

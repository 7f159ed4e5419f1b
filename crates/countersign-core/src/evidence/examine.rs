//! Going through entries in their order, holding each against those before it.

use super::signing::{self, Place, SignatureExamined};
use super::{Concern, foundation, is_foundation};
use crate::policy::Totals;
use crate::record::{Answer, Recorded};
use crate::requests::{Breach, Release, Request};
use crate::{Event, State, apply, ledger, stock};
use countersign_proof::words::{
    Moment, Nonce, PolicyVersionId, Quantity, ReleaseId, RequestId, ZoneId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Which rule evidence does not keep. The codes are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A signature that does not match, or is not acceptable.
    Signature,
    /// A key that was not the signer's then.
    Signer,
    /// An office for which the signer could not speak then.
    Office,
    /// A statement for another ledger or moment, or one that was used twice.
    Binding,
    /// Signed terms that are not the request's.
    Terms,
    /// A policy version that was not the one to judge by.
    Policy,
    /// A release without the consent that policy demands.
    Consent,
    /// A release wider than what was signed.
    Bounds,
    /// A use judged otherwise than it must be.
    Usage,
    /// An event that rests on nothing that was signed.
    Unsigned,
    /// A ledger that did not begin as its founders signed.
    Founding,
    /// A release that counts before the witnesses that policy demands have seen it.
    Witnesses,
    /// The state that the whole record gives does not hold.
    State,
}

impl Rule {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Signature => "evidence/signature",
            Self::Signer => "evidence/signer",
            Self::Office => "evidence/office",
            Self::Binding => "evidence/binding",
            Self::Terms => "evidence/terms",
            Self::Policy => "evidence/policy",
            Self::Consent => "evidence/consent",
            Self::Bounds => "evidence/bounds",
            Self::Usage => "evidence/use",
            Self::Unsigned => "evidence/unsigned",
            Self::Founding => "evidence/founding",
            Self::Witnesses => "evidence/witnesses",
            Self::State => "evidence/state",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// The first thing that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq}: {what}")]
pub struct Fault {
    /// In which entry.
    pub seq: u64,
    /// Which rule it breaks.
    pub rule: Rule,
    /// What is wrong, in plain words.
    pub what: String,
}

/// An entry as an examiner gets it; every part of it is one that the log commits to.
#[derive(Clone, Copy, Debug)]
pub struct EntryAtHand<'a> {
    /// Its place in the log.
    pub seq: u64,
    /// What it records; none where that was left out.
    pub recorded: Option<&'a Recorded>,
    /// The statements in it, each with its signature.
    pub statements: &'a [(String, String)],
    /// Why a request is made, where the entry says.
    pub justification: Option<&'a str>,
}

/// A reported use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseExamined {
    /// In which entry.
    pub seq: u64,
    /// How many units.
    pub quantity: Quantity,
    /// When.
    pub used_at: Moment,
    /// Where.
    pub zone: Option<ZoneId>,
    /// The rules that it broke.
    pub breaches: Vec<Breach>,
}

/// A release, as far as the entries follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseExamined {
    /// In which entry it was issued.
    pub seq: u64,
    /// The release.
    pub release: Release,
    /// What was reported under it.
    pub uses: Vec<UseExamined>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examined {
    /// The signatures, in the order of the record.
    pub signatures: Vec<SignatureExamined>,
    /// The requests that could be followed from their submission on.
    pub requests: BTreeMap<RequestId, Request>,
    /// The releases that could be followed from their issue on.
    pub releases: BTreeMap<ReleaseId, ReleaseExamined>,
    /// Commands that were refused, and by which rule.
    pub refused: Vec<(u64, String)>,
    /// How often policy was asked again and gave the recorded answer.
    pub evaluated: u64,
    /// How many of these rest on totals that whoever exported has stated.
    pub stated: u64,
    /// The policy versions that were asked.
    pub versions: BTreeSet<PolicyVersionId>,
    /// What begins before the entries at hand, and so could not be examined.
    pub unexamined: BTreeSet<Concern>,
    /// Entries whose content was left out.
    pub closed: u64,
}

/// Goes through entries in their order.
#[derive(Debug)]
pub struct Examiner {
    pub(super) state: State,
    pub(super) whole: bool,
    pub(super) stated: BTreeMap<(u64, ReleaseId), Totals>,
    nonces: BTreeSet<Nonce>,
    pub(super) found: Examined,
}

impl Examiner {
    /// An examiner of a part of a log. `stated` are the totals of the holder and the item beside
    /// the request itself, for each entry and release that it issues or re-approves: policy may
    /// read them, and the entries alone do not show them.
    #[must_use]
    pub fn of_part(stated: BTreeMap<(u64, ReleaseId), Totals>) -> Self {
        let (nonces, found) = (BTreeSet::new(), Examined::default());
        Self { state: State::default(), whole: false, stated, nonces, found }
    }

    /// An examiner of a whole log from its founding on, nothing left out.
    #[must_use]
    pub fn of_whole() -> Self {
        Self { whole: true, ..Self::of_part(BTreeMap::new()) }
    }

    /// The people, offices, keys and policies as they are after the entries so far.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The policy versions that were asked so far.
    #[must_use]
    pub fn versions(&self) -> &BTreeSet<PolicyVersionId> {
        &self.found.versions
    }

    /// Examines the next entry.
    ///
    /// # Errors
    /// [`Fault`] for the first thing that does not hold.
    pub fn entry(&mut self, entry: EntryAtHand<'_>) -> Result<(), Fault> {
        let Some(recorded) = entry.recorded else {
            self.found.closed = self.found.closed.saturating_add(1);
            return Ok(());
        };
        let place = Place { seq: entry.seq, at: recorded.at };
        let events = match &recorded.result {
            Answer::Accepted(events) => events,
            Answer::Refused { code, message: _ } => {
                self.found.refused.push((entry.seq, code.clone()));
                if self.whole {
                    apply(&mut self.state, recorded.at, &[]);
                }
                return Ok(());
            }
        };
        // A founding is judged by the charter that it founds.
        let founding = events.iter().filter(|event| founds(event)).cloned();
        apply(&mut self.state, recorded.at, &founding.collect::<Vec<_>>());
        if !self.state.ledger.is_founded() {
            return Err(place.fault(Rule::Founding, "the founding is not among the entries"));
        }
        let signed = self.signatures(place, entry.statements)?;
        for event in events {
            foundation::decide_again(&self.state, place, event, entry.statements)?;
            self.event(place, event, &signed, entry.justification)?;
        }
        self.seen_by_witnesses(place, events)?;
        let known = |event: &&Event| !founds(event) && (self.whole || is_known(event));
        let rest: Vec<Event> = events.iter().filter(known).cloned().collect();
        apply(&mut self.state, recorded.at, &rest);
        // Of a part of a log not every entry is gone through; where each stands is known.
        self.state.ledger.entries = entry.seq.saturating_add(1);
        self.found.signatures.extend(signed);
        Ok(())
    }

    /// What was found in all entries.
    ///
    /// # Errors
    /// [`Fault`] when the state that a whole record gives does not hold.
    pub fn finish(self) -> Result<Examined, Fault> {
        if self.whole {
            crate::invariants::check(&self.state).map_err(|error| Fault {
                seq: 0,
                rule: Rule::State,
                what: error.to_string(),
            })?;
        }
        Ok(self.found)
    }

    fn signatures(
        &mut self,
        place: Place,
        statements: &[(String, String)],
    ) -> Result<Vec<SignatureExamined>, Fault> {
        let requests = &self.found.requests;
        let act_of = |id: RequestId| requests.get(&id).map(|request| request.draft.act);
        let mut signed: Vec<SignatureExamined> = Vec::with_capacity(statements.len());
        for (text, signature) in statements {
            let one = signing::examine(&self.state, place, (text, signature), &act_of)?;
            // The two signatures of an enrolment stand under one text.
            let again = signed.iter().any(|earlier| earlier.digest == one.digest);
            let binding = one.statement.binding();
            if !again && binding.is_some_and(|binding| !self.nonces.insert(binding.nonce)) {
                return Err(place.fault(Rule::Binding, "the statement was used before"));
            }
            signed.push(one);
        }
        Ok(signed)
    }

    fn event(
        &mut self,
        place: Place,
        event: &Event,
        signed: &[SignatureExamined],
        justification: Option<&str>,
    ) -> Result<(), Fault> {
        match event {
            Event::Ledger(ledger::Event::LedgerFounded { digest, .. }) => {
                if signed.iter().any(|one| one.digest == *digest) {
                    Ok(())
                } else {
                    let what = "no founder has signed that this ledger begins";
                    Err(place.fault(Rule::Founding, what))
                }
            }
            Event::Requests(event) => self.of_requests(place, event, signed, justification),
            Event::Ledger(_)
            | Event::People(_)
            | Event::Stock(_)
            | Event::Policy(_)
            | Event::Triage(_)
            | Event::Rerouting(_)
            | Event::History(_) => Ok(()),
        }
    }
}

/// Whether this is the founding.
fn founds(event: &Event) -> bool {
    match event {
        Event::Ledger(ledger::Event::LedgerFounded { .. }) => true,
        Event::Ledger(
            ledger::Event::NonceIssued { .. }
            | ledger::Event::NonceSpent { .. }
            | ledger::Event::DoorOpened { .. }
            | ledger::Event::LogKeyRotated { .. },
        )
        | Event::People(_)
        | Event::Stock(_)
        | Event::Policy(_)
        | Event::Requests(_)
        | Event::Triage(_)
        | Event::Rerouting(_)
        | Event::History(_) => false,
    }
}

/// Whether an examiner of a part of a log follows this in the state: what examinations rest on, and
/// the classes of items, which policy reads. Requests are followed one by one.
fn is_known(event: &Event) -> bool {
    let classes = matches!(event, Event::Stock(stock::Event::ItemClassed { .. }));
    classes || is_foundation(event)
}

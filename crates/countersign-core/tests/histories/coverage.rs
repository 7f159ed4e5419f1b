//! What the histories reached: how often each event, each refusal and each breach occurred.

use super::world::Answered;
use countersign_core::requests::{Breach, Event as Requests};
use countersign_core::{Event, Rejection, record};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Every event that there is.
const EVENTS: &[&str] = &[
    "LedgerFounded",
    "NonceIssued",
    "NonceSpent",
    "DoorOpened",
    "LogKeyRotated",
    "PersonRegistered",
    "IncumbentAppointed",
    "DeputyAppointed",
    "IncumbencyEnded",
    "DeputationEnded",
    "KeyEnrolled",
    "KeyRevoked",
    "IdentityErased",
    "StockReceived",
    "UnitsReserved",
    "ReservationPosted",
    "UnitsPosted",
    "StockMoved",
    "StockCounted",
    "FiguresImported",
    "SlotsDelivered",
    "ReservationVoided",
    "VersionPublished",
    "VersionCameIntoForce",
    "RequestSubmitted",
    "RequestRevised",
    "RequestWithdrawn",
    "InformationAnswered",
    "AdviceRecorded",
    "DecisionRecorded",
    "RequestApproved",
    "RequestRefused",
    "RequestLapsed",
    "DecidersReminded",
    "RequestEscalated",
    "RequestRebound",
    "PersonRecused",
    "QuorumOutOfReach",
    "InterestDeclared",
    "ReleaseIssued",
    "ReleaseRebound",
    "ReleasesSuspended",
    "ReleasesReinstated",
    "CheckpointWitnessed",
    "ReleaseReapproved",
    "ReleaseEnded",
    "UseReported",
    "HoldPlaced",
    "HoldLifted",
    "CertificateIssued",
    "ReceiptRecorded",
    "AccountRecorded",
    "SightingRecorded",
];

/// Counts by name.
#[derive(Default)]
pub struct Coverage {
    commands: BTreeMap<&'static str, (u64, u64)>,
    events: BTreeMap<&'static str, u64>,
    refusals: BTreeMap<&'static str, u64>,
    breaches: BTreeMap<&'static str, u64>,
}

impl Coverage {
    pub fn count(&mut self, kind: &'static str, answered: &Answered) {
        let (accepted, refused) = self.commands.entry(kind).or_default();
        match answered {
            Ok(events) => {
                *accepted += 1;
                for event in events {
                    *self.events.entry(record::event_kind(event)).or_default() += 1;
                    if let Event::Requests(
                        Requests::UseReported { breaches, .. }
                        | Requests::ReceiptRecorded { breaches, .. },
                    ) = event
                    {
                        for breach in breaches {
                            *self.breaches.entry(Breach::as_str(*breach)).or_default() += 1;
                        }
                    }
                }
            }
            Err(rejection) => {
                *refused += 1;
                *self.refusals.entry(rejection.code()).or_default() += 1;
            }
        }
    }

    pub fn add(&mut self, other: Self) {
        for (kind, (accepted, refused)) in other.commands {
            let sums = self.commands.entry(kind).or_default();
            *sums = (sums.0 + accepted, sums.1 + refused);
        }
        let pairs = [
            (&mut self.events, other.events),
            (&mut self.refusals, other.refusals),
            (&mut self.breaches, other.breaches),
        ];
        for (own, other) in pairs {
            for (name, count) in other {
                *own.entry(name).or_default() += count;
            }
        }
    }

    /// All counts, and the names that were never reached.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let accepted: u64 = self.commands.values().map(|(accepted, _)| accepted).sum();
        let refused: u64 = self.commands.values().map(|(_, refused)| refused).sum();
        let share = accepted * 1000 / (accepted + refused).max(1);
        let _ = writeln!(
            out,
            "{} commands, {}.{} % accepted",
            accepted + refused,
            share / 10,
            share % 10
        );
        for (kind, (accepted, refused)) in &self.commands {
            let _ = writeln!(out, "  {kind:<22} {accepted:>9} accepted {refused:>9} refused");
        }
        for (title, counts) in
            [("events", &self.events), ("refusals", &self.refusals), ("breaches", &self.breaches)]
        {
            let _ = writeln!(out, "{title}");
            for (name, count) in counts {
                let _ = writeln!(out, "  {count:>9} {name}");
            }
        }
        let codes = Rejection::codes().filter(|code| !self.refusals.contains_key(code));
        let _ = writeln!(out, "codes never reached: {:?}", codes.collect::<Vec<_>>());
        let events = EVENTS.iter().filter(|event| !self.events.contains_key(**event));
        let _ = writeln!(out, "events never reached: {:?}", events.collect::<Vec<_>>());
        out
    }

    /// Histories that reach too little test too little.
    pub fn demand(&self, histories: u64) {
        if histories < 100 {
            return;
        }
        let missed: Vec<_> =
            EVENTS.iter().filter(|event| !self.events.contains_key(**event)).collect();
        assert!(missed.is_empty(), "no history reached {missed:?}");
        for name in self.events.keys() {
            assert!(EVENTS.contains(name), "{name} is missing in the list of events");
        }
        let codes = Rejection::codes().count();
        let reached = self.refusals.len();
        assert!(reached * 10 >= codes * 7, "only {reached} of {codes} codes were reached");
    }
}

/// An answer in one line.
pub fn in_short(answered: &Answered) -> String {
    match answered {
        Ok(events) => events.iter().map(record::event_kind).collect::<Vec<_>>().join(", "),
        Err(rejection) => format!("refused {}: {rejection}", rejection.code()),
    }
}

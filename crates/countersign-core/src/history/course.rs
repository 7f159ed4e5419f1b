//! One ordering of a case's facts, step by step: which approvals are in force, what is drawn on
//! them, and what each act comes to.

use super::facts::{MatterNo, OfficeNo, PersonNo};
use super::rules::Rule;
use crate::people::{Mark, covers};
use std::collections::BTreeSet;

/// What an act can come to, as a set: one bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen(u8);

impl Seen {
    /// It had its approval.
    pub const FINE: Self = Self(1);
    /// No approval covers it.
    pub const WITHOUT: Self = Self(2);
    /// Its approval came only later.
    pub const BEFORE: Self = Self(4);
    /// It goes beyond what was approved.
    pub const BEYOND: Self = Self(8);

    /// Adds what the other holds.
    pub fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether it holds something of the other.
    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A quantity without bound.
pub(super) const UNBOUNDED: u64 = u64::MAX;

/// Who approved: a person of the history, or somebody it does not name, who is taken for another
/// person than everyone else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Approver {
    Known(PersonNo),
    Unnamed(u32),
}

/// What can happen in a case, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Asked {
        quantity: Option<u64>,
    },
    Approved {
        office: OfficeNo,
        by: Option<PersonNo>,
        matter: MatterNo,
        quantity: Option<u64>,
    },
    Refused,
    Withdrawn {
        office: Option<OfficeNo>,
    },
    /// The approval at that place in the case no longer holds.
    Ended {
        approval: u32,
    },
    /// `rules`: the places of the rules that can apply to it.
    Acted {
        matter: MatterNo,
        quantity: u64,
        rules: Vec<u32>,
    },
}

/// An approval that was given and not taken back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Voice {
    /// Its place in the case.
    at: u32,
    office: OfficeNo,
    by: Option<PersonNo>,
    matter: MatterNo,
    /// What has not been drawn on it.
    left: u64,
    ended: bool,
}

impl Voice {
    fn approver(&self) -> Approver {
        self.by.map_or(Approver::Unnamed(self.at), Approver::Known)
    }
}

/// An act that waits for an approval.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    at: u32,
    matter: MatterNo,
    quantity: u64,
    rule: u32,
}

/// What matters of the past for what is to come.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Course {
    /// By office and matter, and within these in the order in which they were given.
    voices: Vec<Voice>,
    refused: bool,
    asked: Option<u64>,
    /// In the order in which they were done.
    waiting: Vec<Waiting>,
    /// Approvals that ended before they were given.
    ended: Vec<u32>,
}

/// What does not change in the course of a case.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    pub rules: &'a [Rule],
    /// By office number; one where it is not listed.
    pub quorum: &'a [u8],
}

impl Terms<'_> {
    fn rule(&self, at: u32) -> Option<&Rule> {
        usize::try_from(at).ok().and_then(|at| self.rules.get(at))
    }

    fn quorum(&self, office: OfficeNo) -> u8 {
        self.quorum.get(office.index()).copied().unwrap_or(1).max(1)
    }
}

/// An act under the rule that is looked at.
#[derive(Clone, Copy)]
struct Deed {
    matter: MatterNo,
    quantity: u64,
}

impl Course {
    pub(super) fn clear(&mut self) {
        self.voices.clear();
        self.refused = false;
        self.asked = None;
        self.waiting.clear();
        self.ended.clear();
    }

    /// Takes a step that is no act; `at`: its place in the case.
    pub(super) fn take(&mut self, at: u32, step: &Step, terms: Terms<'_>, seen: &mut [Seen]) {
        match step {
            Step::Asked { quantity } => {
                if std::mem::take(&mut self.refused) {
                    self.new_round(seen);
                }
                self.asked = *quantity;
            }
            Step::Approved { office, by, matter, quantity } => {
                let left = quantity.or(self.asked).unwrap_or(UNBOUNDED);
                let (office, by, matter) = (*office, *by, *matter);
                let ended = self.ended.contains(&at);
                self.give(Voice { at, office, by, matter, left, ended });
                self.settle(terms, seen);
            }
            Step::Refused => {
                self.new_round(seen);
                self.refused = true;
            }
            Step::Withdrawn { office } => {
                self.voices.retain(|voice| office.is_some_and(|office| office != voice.office));
            }
            Step::Ended { approval } => {
                match self.voices.iter_mut().find(|voice| voice.at == *approval) {
                    Some(voice) => voice.ended = true,
                    None => {
                        self.ended.push(*approval);
                        self.ended.sort_unstable();
                    }
                }
            }
            // Taken by `act`, once for each rule.
            Step::Acted { .. } => {}
        }
    }

    /// Adds an approval. Only among those of one office and matter does it matter which came first,
    /// and not even there where none is bounded: so courses that differ in nothing else are one.
    fn give(&mut self, voice: Voice) {
        let key = |voice: &Voice| (voice.office, voice.matter);
        let own = key(&voice);
        let from = self.voices.partition_point(|other| key(other) < own);
        let to = self.voices.partition_point(|other| key(other) <= own);
        let alike = self.voices.get(from..to).unwrap_or_default();
        let unbounded = alike.iter().chain([&voice]).all(|voice| voice.left == UNBOUNDED);
        let sorted = alike.partition_point(|other| other.at < voice.at);
        let place = if unbounded { from.saturating_add(sorted) } else { to };
        self.voices.insert(place.min(self.voices.len()), voice);
    }

    /// Approvals do not carry over, and what was done so far stays without one.
    fn new_round(&mut self, seen: &mut [Seen]) {
        self.voices.clear();
        self.end(seen);
    }

    /// What still waits has waited in vain.
    pub(super) fn end(&mut self, seen: &mut [Seen]) {
        for waiting in self.waiting.drain(..) {
            note(seen, waiting.at, Seen::WITHOUT);
        }
    }

    /// Takes an act under one rule.
    pub(super) fn act(
        &mut self,
        at: u32,
        (matter, quantity): (MatterNo, u64),
        rule: u32,
        terms: Terms<'_>,
        seen: &mut [Seen],
    ) {
        let deed = Deed { matter, quantity };
        let sets = match terms.rule(rule) {
            Some(Rule::Standing) => return note(seen, at, Seen::FINE),
            Some(Rule::Needs(sets)) => sets,
            Some(Rule::Prohibited | Rule::NoVersion | Rule::NoAnswer(_)) | None => {
                return note(seen, at, Seen::WITHOUT);
            }
        };
        if let Some(set) = sets.iter().find(|set| self.covers(set, deed, terms)) {
            self.draw(set, deed, terms);
            return note(seen, at, Seen::FINE);
        }
        if let Some(set) = sets.iter().find(|set| self.consents(set, terms)) {
            self.draw(set, deed, terms);
            return note(seen, at, Seen::BEYOND);
        }
        self.waiting.push(Waiting { at, matter, quantity, rule });
    }

    /// Whoever waits for what has come now, waits no longer.
    fn settle(&mut self, terms: Terms<'_>, seen: &mut [Seen]) {
        if self.waiting.is_empty() {
            return;
        }
        let mut still = Vec::new();
        for waiting in std::mem::take(&mut self.waiting) {
            let deed = Deed { matter: waiting.matter, quantity: waiting.quantity };
            let sets = match terms.rule(waiting.rule) {
                Some(Rule::Needs(sets)) => sets.as_slice(),
                Some(Rule::Standing | Rule::Prohibited | Rule::NoVersion | Rule::NoAnswer(_))
                | None => &[],
            };
            match sets.iter().find(|set| self.covers(set, deed, terms)) {
                Some(set) => {
                    self.draw(set, deed, terms);
                    note(seen, waiting.at, Seen::BEFORE);
                }
                None => still.push(waiting),
            }
        }
        self.waiting = still;
    }

    /// Whether the set has approved, by distinct persons, whatever and however much.
    fn consents(&self, set: &BTreeSet<OfficeNo>, terms: Terms<'_>) -> bool {
        self.filled(set, terms, |_| true)
    }

    /// Whether the set has approved just this, and enough of it is left.
    fn covers(&self, set: &BTreeSet<OfficeNo>, deed: Deed, terms: Terms<'_>) -> bool {
        let holds = |voice: &Voice| {
            !voice.ended && voice.matter == deed.matter && (voice.left > 0 || deed.quantity == 0)
        };
        self.filled(set, terms, holds)
            && set.iter().all(|office| {
                let wanted = u64::from(terms.quorum(*office)).saturating_mul(deed.quantity);
                self.shares(*office, deed).map(|(_, share)| share).fold(0, u64::saturating_add)
                    >= wanted
            })
    }

    fn filled(
        &self,
        set: &BTreeSet<OfficeNo>,
        terms: Terms<'_>,
        holds: impl Fn(&Voice) -> bool,
    ) -> bool {
        let voices = || self.voices.iter().filter(|voice| holds(voice));
        if let Some(only) = set.first().filter(|_| set.len() == 1)
            && terms.quorum(*only) == 1
        {
            return voices().any(|voice| voice.office == *only);
        }
        let voices: Vec<(Approver, OfficeNo)> =
            voices().map(|voice| (voice.approver(), voice.office)).collect();
        let marks: Vec<Mark<'_, Approver, OfficeNo>> =
            voices.iter().map(|(person, office)| Mark { person, office }).collect();
        covers(set, &|office: &OfficeNo| terms.quorum(*office), &marks)
    }

    /// How much of a deed each approver of an office can bear, whoever approved first coming
    /// first: at most the whole of it, since each unit of it needs distinct persons.
    fn shares(&self, office: OfficeNo, deed: Deed) -> impl Iterator<Item = (Approver, u64)> {
        let holds = move |voice: &&Voice| {
            voice.office == office && !voice.ended && voice.matter == deed.matter
        };
        let voices: Vec<&Voice> = self.voices.iter().filter(holds).collect();
        let mut shares: Vec<(Approver, u64)> = Vec::new();
        for voice in voices {
            let approver = voice.approver();
            match shares.iter_mut().find(|(known, _)| *known == approver) {
                Some((_, left)) => *left = left.saturating_add(voice.left),
                None => shares.push((approver, voice.left)),
            }
        }
        shares.into_iter().map(move |(approver, left)| (approver, left.min(deed.quantity)))
    }

    /// Draws a deed on the set's approvals, the oldest first; as much as there is, where that is
    /// not enough.
    fn draw(&mut self, set: &BTreeSet<OfficeNo>, deed: Deed, terms: Terms<'_>) {
        for office in set {
            let mut wanted = u64::from(terms.quorum(*office)).saturating_mul(deed.quantity);
            let shares: Vec<(Approver, u64)> = self.shares(*office, deed).collect();
            for (approver, share) in shares {
                let drawn = share.min(wanted);
                wanted = wanted.saturating_sub(drawn);
                self.draw_on(*office, approver, deed.matter, drawn);
            }
        }
    }

    fn draw_on(&mut self, office: OfficeNo, approver: Approver, matter: MatterNo, drawn: u64) {
        let mut wanted = drawn;
        for voice in &mut self.voices {
            let holds = voice.office == office && !voice.ended && voice.matter == matter;
            if holds && voice.approver() == approver && voice.left != UNBOUNDED {
                let part = voice.left.min(wanted);
                voice.left = voice.left.saturating_sub(part);
                wanted = wanted.saturating_sub(part);
            } else if holds && voice.approver() == approver {
                return;
            }
        }
    }
}

fn note(seen: &mut [Seen], at: u32, kind: Seen) {
    if let Some(slot) = usize::try_from(at).ok().and_then(|at| seen.get_mut(at)) {
        slot.add(kind);
    }
}

//! What an audit comes to, in numbers.

use super::audit::{Certainty, Judged, Kind};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The most persons that are counted apart; all others are counted together.
pub const PERSONS_MAX: usize = 100_000;

/// How many acts were found, of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// In every ordering.
    pub certain: u64,
    /// In some.
    pub possible: u64,
}

impl Counts {
    fn add(&mut self, certainty: Certainty) {
        let slot = match certainty {
            Certainty::Certain => &mut self.certain,
            Certainty::Possible => &mut self.possible,
        };
        *slot = slot.saturating_add(1);
    }
}

/// Acts and findings: of all, or of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Acts.
    pub acts: u64,
    /// Acts that had their approval in every ordering.
    pub fine: u64,
    found: BTreeMap<Kind, Counts>,
}

impl Row {
    fn add(&mut self, judged: Judged) {
        self.acts = self.acts.saturating_add(1);
        if judged.is_fine() {
            self.fine = self.fine.saturating_add(1);
        }
        for (kind, certainty) in judged.findings() {
            self.found.entry(kind).or_default().add(certainty);
        }
    }

    /// The findings of a kind.
    #[must_use]
    pub fn found(&self, kind: Kind) -> Counts {
        self.found.get(&kind).copied().unwrap_or_default()
    }

    /// Acts of which something is found, certain or possible.
    #[must_use]
    pub fn remarkable(&self) -> u64 {
        self.acts.saturating_sub(self.fine)
    }
}

/// What an audit comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Of all acts that were judged.
    pub all: Row,
    /// Of each person who acted, by the name in the history; `-` where it names nobody.
    pub by_person: BTreeMap<SmolStr, Row>,
    /// Of whoever came after [`PERSONS_MAX`] persons.
    pub others: Row,
    /// Cases.
    pub cases: u64,
    /// Cases that could not be judged: their acts are in none of the numbers above.
    pub undetermined: u64,
}

impl Tally {
    /// Counts an act of `person`.
    pub fn add(&mut self, person: &SmolStr, judged: Judged) {
        self.all.add(judged);
        if let Some(row) = self.by_person.get_mut(person) {
            row.add(judged);
        } else if self.by_person.len() < PERSONS_MAX {
            self.by_person.entry(person.clone()).or_default().add(judged);
        } else {
            self.others.add(judged);
        }
    }
}

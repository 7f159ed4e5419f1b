//! What a verdict can depend on, for whoever asks about many moments and quantities at once: where
//! a number is only compared with fixed values, all that a policy can tell is on which side it
//! lies.

use super::super::memo::Fact;
use super::slice::Slice;
use std::collections::BTreeSet;

/// How the policies of an act read a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Not at all.
    Unread,
    /// Only by comparing it with these.
    Cuts(BTreeSet<u64>),
    /// In some other way.
    Free,
}

/// What a verdict on an act can depend on, beside the holder, the item, the zone and the recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reads {
    /// The quantity, in units.
    pub quantity: Reading,
    /// The moment, in milliseconds since 1970.
    pub now: Reading,
    /// Something that only the books of a ledger tell, in words: running totals, or what an order
    /// to divert undertakes.
    pub books: Option<&'static str>,
}

impl Reading {
    /// Where a value lies: two values of the same place get the same verdict. `None` where only the
    /// value itself tells.
    #[must_use]
    pub fn place(&self, value: u64) -> Option<u64> {
        match self {
            Self::Unread => Some(0),
            Self::Cuts(cuts) => {
                let below = cuts.range(..value).count();
                let on = u64::from(cuts.contains(&value));
                Some(u64::try_from(below).ok()?.saturating_mul(2).saturating_add(on))
            }
            Self::Free => None,
        }
    }
}

/// What the policies of an act read.
pub(super) fn reads(slice: &Slice) -> Reads {
    let Some(known) = &slice.reads else {
        return Reads { quantity: Reading::Free, now: Reading::Free, books: None };
    };
    // Every quantity and every moment lies above what is negative.
    let cuts = |cuts: &Vec<i128>| cuts.iter().filter_map(|cut| u64::try_from(*cut).ok()).collect();
    let reading = |fact: Fact| {
        if !known.facts.contains(&fact) {
            return Reading::Unread;
        }
        known.cuts.get(&fact).map_or(Reading::Free, |found| Reading::Cuts(cuts(found)))
    };
    let told = [
        (Fact::Released, "how much is released"),
        (Fact::Used, "how much was used"),
        (Fact::Certified, "whether an order is certified"),
        (Fact::Notice, "the notice of an order"),
        (Fact::Replaced, "whether an order replaces"),
    ];
    let books = told.into_iter().find(|(fact, _)| known.facts.contains(fact));
    Reads {
        quantity: reading(Fact::Quantity),
        now: reading(Fact::Now),
        books: books.map(|(_, words)| words),
    }
}

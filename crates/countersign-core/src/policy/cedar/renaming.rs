//! Which questions differ only in names that no policy names?
//!
//! A policy can tell two offices apart only by naming one of them, or by the sets that they stand
//! in; and so with parties and inputs. Exchange two that no policy of the act names, everywhere in
//! the question and in what the item lies in, and every policy keeps its truth value. So all that
//! counts of what is not named is how many stand in which sets; and a verdict on one question is
//! the verdict on another with the offices exchanged.

use super::super::closure::DecidingSets;
use super::super::memo;
use super::super::{Deciding, ItemQuestion, PolicyBundle, Question, Verdict, World};
use super::Explained;
use super::slice::Slice;
use crate::stock::Item;
use countersign_proof::words::{Act, InputId, OfficeId, PartyId};
use std::collections::{BTreeMap, BTreeSet};

/// What the policies of an act name.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    offices: BTreeSet<OfficeId>,
    parties: BTreeSet<PartyId>,
    inputs: BTreeSet<InputId>,
    holders: BTreeSet<PartyId>,
}

impl Names {
    pub(super) fn of<'a>(literals: impl Iterator<Item = &'a (String, String)>) -> Self {
        let mut names = Self::default();
        for (kind, name) in literals {
            match kind.as_str() {
                "Office" => names.offices.extend(name.parse::<OfficeId>().ok()),
                "Party" => names.parties.extend(name.parse::<PartyId>().ok()),
                "Input" => names.inputs.extend(name.parse::<InputId>().ok()),
                "Holder" => names.holders.extend(name.parse::<PartyId>().ok()),
                // catch-all: zones are read as facts of their own, and there is one programme
                _ => {}
            }
        }
        names
    }
}

/// All that an item lies in, for one act.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Above {
    pub offices: BTreeSet<OfficeId>,
    pub parties: BTreeSet<PartyId>,
    pub inputs: BTreeSet<InputId>,
}

impl Above {
    pub(super) fn of(world: &World, bundle: &PolicyBundle, item: &Item, act: Act) -> Self {
        let mut above = Self::default();
        above.control(world, bundle, &item.origin, act);
        let mut open: Vec<&InputId> = item.inputs.iter().collect();
        while let Some(id) = open.pop() {
            if !above.inputs.insert(id.clone()) {
                continue;
            }
            if let Some(input) = world.inputs.get(id) {
                above.control(world, bundle, &input.controller, act);
                open.extend(&input.needs);
            }
        }
        above
    }

    fn control(&mut self, world: &World, bundle: &PolicyBundle, party: &PartyId, act: Act) {
        self.parties.insert(party.clone());
        match bundle.deciding.get(party).and_then(|acts| acts.get(&act)) {
            Some(Deciding::Office(office)) => {
                self.parties.extend(world.offices.get(office).cloned());
                self.offices.insert(office.clone());
            }
            Some(Deciding::Standing) | None => {}
        }
    }
}

/// A question without the names that no policy names.
#[derive(Debug)]
pub(super) struct Form {
    pub key: Vec<u8>,
    /// The offices that were left out, by the sets they stand in.
    unnamed: BTreeMap<u8, BTreeSet<OfficeId>>,
}

/// Sets as bits: 1 for the first, 2 for the second, 4 for the third, 8 for the fourth.
fn bits(sets: [bool; 4]) -> u8 {
    let values = [1u8, 2, 4, 8];
    sets.into_iter().zip(values).filter(|(set, _)| *set).fold(0, |all, (_, bit)| all | bit)
}

impl Form {
    /// The form of a question about an item; its own zone counts.
    pub(super) fn of(
        world: &World,
        slice: &Slice,
        (question, asked): (&Question<'_>, &ItemQuestion<'_>),
        sets: &DecidingSets,
        above: &Above,
    ) -> Option<Self> {
        let (plain, names) = (slice.plain.as_ref()?, &slice.names);
        let mut key = Vec::with_capacity(96);
        memo::write_key(&mut key, world, (question, &BTreeSet::new()), plain);
        let stands = |office: &OfficeId| {
            let within = [&above.offices, &sets.foreign, &sets.origin];
            let [lies, foreign, origin] = within.map(|set| set.contains(office));
            bits([lies, foreign, origin, false])
        };
        key.extend(names.offices.iter().map(stands));
        let is = |party: &PartyId| {
            let recipient = asked.recipient == Some(party);
            let origin = *party == asked.item.origin;
            bits([above.parties.contains(party), origin, recipient, party == asked.holder])
        };
        key.extend(names.parties.iter().map(is));
        key.extend(names.holders.iter().map(|holder| u8::from(holder == asked.holder)));
        key.extend(names.inputs.iter().map(|input| u8::from(above.inputs.contains(input))));
        key.push(asked.recipient.is_some().into());
        let mut unnamed: BTreeMap<u8, BTreeSet<OfficeId>> = BTreeMap::new();
        for office in above.offices.iter().chain(&sets.foreign).chain(&sets.origin) {
            if !names.offices.contains(office) {
                unnamed.entry(stands(office)).or_default().insert(office.clone());
            }
        }
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes();
        for kind in 0..8u8 {
            key.extend(count(unnamed.get(&kind).map_or(0, BTreeSet::len)));
        }
        let mut parties = [0usize; 16];
        let own = [&asked.item.origin, asked.holder];
        let all: BTreeSet<&PartyId> =
            above.parties.iter().chain(own).chain(asked.recipient).collect();
        for party in all.into_iter().filter(|party| !names.parties.contains(*party)) {
            if let Some(sum) = parties.get_mut(usize::from(is(party))) {
                *sum = sum.saturating_add(1);
            }
        }
        key.extend(parties.into_iter().flat_map(count));
        let inputs = above.inputs.iter().filter(|input| !names.inputs.contains(*input)).count();
        key.extend(count(inputs));
        Some(Self { key, unnamed })
    }

    /// A verdict on a question of the same form, told of this one.
    pub(super) fn renamed(&self, other: &Self, verdict: &Explained) -> Explained {
        let sets = match &verdict.verdict {
            Verdict::Needs(sets) => sets,
            Verdict::Standing | Verdict::Prohibited => return verdict.clone(),
        };
        let pairs = other.unnamed.iter().flat_map(|(kind, theirs)| {
            theirs.iter().zip(self.unnamed.get(kind).into_iter().flatten())
        });
        let ours: BTreeMap<&OfficeId, &OfficeId> = pairs.collect();
        let rename = |office: &OfficeId| OfficeId::clone(ours.get(office).unwrap_or(&office));
        let sets = sets.iter().map(|set| set.iter().map(rename).collect()).collect();
        Explained { verdict: Verdict::Needs(sets), reasons: verdict.reasons.clone() }
    }
}

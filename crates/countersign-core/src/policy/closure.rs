//! Answers: *is everything that a question names known, and who controls the item?*
//!
//! Cedar answers `in` with a silent "no" for an entity it has not got, so nothing is decided before
//! everything named, and everything that those name in turn, has been found in the world.

use super::{
    Deciding, ItemQuestion, PolicyBundle, PolicyError, Question, Subject, ViewQuestion, World,
};
use crate::stock::Item;
use countersign_proof::words::{Act, InputId, OfficeId, PartyId, ZoneId};
use std::collections::BTreeSet;

impl World {
    /// The parties that control an item: its origin and everyone who controls an input, in turn.
    ///
    /// # Errors
    /// [`PolicyError::UnknownEntity`] where an input or a party is not in the world.
    pub fn controllers(&self, item: &Item) -> Result<BTreeSet<PartyId>, PolicyError> {
        self.party(&item.origin)?;
        let found = item.controllers(&self.inputs).map_err(|id| unknown("input", id.as_str()))?;
        found.iter().try_for_each(|party| self.party(party))?;
        Ok(found.into_iter().cloned().collect())
    }

    /// Whether a party controls an item, by its origin or an input in turn. Where an input is not
    /// in the world, it might.
    pub(crate) fn controls(&self, party: &PartyId, item: &Item) -> bool {
        item.origin == *party || item.inputs.iter().any(|input| self.controls_input(party, input))
    }

    /// No input needs itself: a version is only made over a world without circles.
    fn controls_input(&self, party: &PartyId, input: &InputId) -> bool {
        self.inputs.get(input).is_none_or(|input| {
            input.controller == *party
                || input.needs.iter().any(|need| self.controls_input(party, need))
        })
    }

    /// A zone and every zone it lies in.
    ///
    /// # Errors
    /// [`PolicyError::UnknownEntity`] where one of them is not in the world.
    pub fn zone_with_ancestors(&self, zone: &ZoneId) -> Result<BTreeSet<ZoneId>, PolicyError> {
        let mut zones = BTreeSet::new();
        let mut next = Some(zone);
        while let Some(id) = next {
            let found = self.zones.get(id).ok_or_else(|| unknown("zone", id.as_str()))?;
            next = if zones.insert(id.clone()) { found.within.as_ref() } else { None };
        }
        Ok(zones)
    }

    pub(super) fn party(&self, id: &PartyId) -> Result<(), PolicyError> {
        if self.parties.contains(id) { Ok(()) } else { Err(unknown("party", id.as_str())) }
    }

    pub(super) fn office(&self, id: &OfficeId) -> Result<&PartyId, PolicyError> {
        self.offices.get(id).ok_or_else(|| unknown("office", id.as_str()))
    }
}

/// Refuses a question that does not fit its act, or that names something unknown.
pub(super) fn check(world: &World, question: &Question<'_>) -> Result<(), PolicyError> {
    if !fits(&question.subject, question.act) {
        return misfit(&format!("{} is not asked about such a subject", question.act));
    }
    match &question.subject {
        Subject::Item(asked) => {
            complete(question.act, asked)?;
            check_item(world, asked)
        }
        Subject::Office(office) | Subject::View(ViewQuestion { office, .. }) => {
            world.office(office).and_then(|party| world.party(party))
        }
        Subject::Programme { proved: _ } => Ok(()),
    }
}

fn fits(subject: &Subject<'_>, act: Act) -> bool {
    match act {
        Act::Use | Act::Deliver | Act::Transfer | Act::Divert | Act::Admit | Act::Override => {
            matches!(subject, Subject::Item(_))
        }
        Act::Appoint => matches!(subject, Subject::Office(_)),
        Act::View => matches!(subject, Subject::View(_)),
        Act::Publish | Act::Suspend => matches!(subject, Subject::Programme { .. }),
    }
}

/// What is not asked cannot be ruled on: a use without its zone would pass every rule on zones.
fn complete(act: Act, asked: &ItemQuestion<'_>) -> Result<(), PolicyError> {
    let requested = if act == Act::Admit { asked.requested } else { act };
    if asked.requested != requested || (act == Act::Admit && !requested.can_be_requested()) {
        return misfit("the act requested does not fit the act asked about");
    }
    if requested == Act::Use && asked.zone.is_none() {
        return misfit("a use is asked about without its zone");
    }
    if requested == Act::Transfer && asked.recipient.is_none() {
        return misfit("a transfer is asked about without its recipient");
    }
    Ok(())
}

fn misfit(what: &str) -> Result<(), PolicyError> {
    Err(PolicyError::Question(what.to_owned()))
}

/// Refuses a zone that is not in the world.
pub(super) fn known_zone(world: &World, zone: &ZoneId) -> Result<(), PolicyError> {
    let known = world.zones.contains_key(zone);
    if known { Ok(()) } else { Err(unknown("zone", zone.as_str())) }
}

fn check_item(world: &World, asked: &ItemQuestion<'_>) -> Result<(), PolicyError> {
    world.party(asked.holder)?;
    world.party(&asked.item.origin)?;
    // What the inputs name in turn was found when the version was compiled.
    for id in &asked.item.inputs {
        if !world.inputs.contains_key(id) {
            return Err(unknown("input", id.as_str()));
        }
    }
    asked.zone.map_or(Ok(()), |zone| known_zone(world, zone))?;
    asked.recipient.map_or(Ok(()), |recipient| world.party(recipient))
}

/// The sets of deciding offices that a question puts into the context.
#[derive(Debug, Default)]
pub(super) struct DecidingSets {
    /// Of the item's controllers, less those of the holder's own party.
    pub foreign: BTreeSet<OfficeId>,
    /// Of the item's origin.
    pub origin: BTreeSet<OfficeId>,
    /// Of the office's party, or of every party that names one for the act.
    pub deciding: BTreeSet<OfficeId>,
}

/// Works the deciding offices out. `required`: whether a missing entry refuses; where it does not,
/// no policy for the act reads these sets.
pub(super) fn deciding_sets(
    world: &World,
    bundle: &PolicyBundle,
    question: &Question<'_>,
    required: bool,
) -> Result<DecidingSets, PolicyError> {
    let mut sets = DecidingSets::default();
    let act = question.act;
    match &question.subject {
        Subject::Item(asked) => {
            for party in world.controllers(asked.item)? {
                let Some(office) = deciding(bundle, &party, act, required)? else { continue };
                if party == asked.item.origin {
                    sets.origin.insert(office.clone());
                }
                if party != *asked.holder {
                    sets.foreign.insert(office.clone());
                }
            }
        }
        Subject::Office(office) | Subject::View(ViewQuestion { office, .. }) => {
            let party = world.office(office)?;
            sets.deciding.extend(deciding(bundle, party, act, required)?.cloned());
        }
        Subject::Programme { proved: _ } => {
            for party in bundle.deciding.keys() {
                sets.deciding.extend(deciding(bundle, party, act, false)?.cloned());
            }
        }
    }
    Ok(sets)
}

fn deciding<'a>(
    bundle: &'a PolicyBundle,
    party: &PartyId,
    act: Act,
    required: bool,
) -> Result<Option<&'a OfficeId>, PolicyError> {
    match bundle.deciding.get(party).and_then(|acts| acts.get(&act)) {
        Some(Deciding::Office(office)) => Ok(Some(office)),
        Some(Deciding::Standing) => Ok(None),
        None if required => Err(PolicyError::NoDecidingOffice { party: party.clone(), act }),
        None => Ok(None),
    }
}

fn unknown(kind: &'static str, id: &str) -> PolicyError {
    PolicyError::UnknownEntity { kind, id: id.to_owned() }
}

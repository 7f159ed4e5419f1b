//! Two versions side by side. Answers: *what does the later one change for the items, holders and
//! zones that there are?*

use super::{
    Compiled, Deciding, Explained, ItemQuestion, PolicyError, Preconditions, Question, Subject,
    Totals, Verdict, WitnessRule, World, sets_in_words,
};
use crate::stock::Item;
use countersign_proof::words::{Act, ItemId, Moment, PartyId, Quantity, ZoneId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a later version changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Who decides.
    pub deciding: Vec<DecidingChange>,
    /// Policies by id, that are new, gone, or worded differently.
    pub policies: Vec<(String, Edit)>,
    /// Standing properties by file, likewise.
    pub properties: Vec<(String, Edit)>,
    /// Other witnesses must have seen a release before it counts.
    pub witnesses: Option<WitnessChange>,
    /// Who must consent.
    pub verdicts: Vec<VerdictChange>,
}

/// Other witnesses are demanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessChange {
    /// Who was.
    pub before: Option<WitnessRule>,
    /// Who is.
    pub after: Option<WitnessRule>,
}

impl fmt::Display for WitnessChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |rule: &Option<WitnessRule>| {
            rule.as_ref().map_or_else(|| "nobody".to_owned(), WitnessRule::in_words)
        };
        let (before, after) = (words(&self.before), words(&self.after));
        write!(f, "witnesses before a release counts: {after} (before: {before})")
    }
}

/// Another office decides for a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidingChange {
    /// For whom.
    pub party: PartyId,
    /// On what.
    pub act: Act,
    /// Who did; `None` where nobody was named.
    pub before: Option<Deciding>,
    /// Who does.
    pub after: Option<Deciding>,
}

/// What became of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is worded differently.
    Reworded,
}

/// Others must consent to an act on some items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictChange {
    /// The act.
    pub act: Act,
    /// For whom.
    pub holder: PartyId,
    /// Of which items.
    pub items: BTreeSet<ItemId>,
    /// Where; none for acts that name no zone.
    pub zones: BTreeSet<ZoneId>,
    /// Who had to, or why nobody could say.
    pub before: Result<Verdict, PolicyError>,
    /// Who has to.
    pub after: Result<Verdict, PolicyError>,
}

/// The acts whose verdicts are set side by side.
const SHOWN: [Act; 4] = [Act::Use, Act::Deliver, Act::Divert, Act::Override];

/// What `after` changes of `before` for these items and holders: one unit each, as things stand
/// at `at`, in every zone.
#[must_use]
pub fn changes(
    before: &Compiled,
    after: &Compiled,
    items: &BTreeMap<ItemId, Item>,
    holders: &BTreeSet<PartyId>,
    at: Moment,
) -> Changes {
    let properties = |compiled: &Compiled| compiled.bundle().properties.clone();
    Changes {
        deciding: deciding(before, after),
        policies: edits(&before.texts(), &after.texts()),
        properties: edits(&properties(before), &properties(after)),
        witnesses: witnesses(before, after),
        verdicts: verdicts(before, after, items, holders, at),
    }
}

fn deciding(before: &Compiled, after: &Compiled) -> Vec<DecidingChange> {
    let (old, new) = (&before.bundle().deciding, &after.bundle().deciding);
    let parties: BTreeSet<&PartyId> = old.keys().chain(new.keys()).collect();
    let mut found = Vec::new();
    for party in parties {
        for act in Act::ALL {
            let of = |table: &BTreeMap<PartyId, BTreeMap<Act, Deciding>>| {
                table.get(party).and_then(|acts| acts.get(act)).cloned()
            };
            let (before, after) = (of(old), of(new));
            if before != after {
                found.push(DecidingChange { party: party.clone(), act: *act, before, after });
            }
        }
    }
    found
}

fn witnesses(before: &Compiled, after: &Compiled) -> Option<WitnessChange> {
    let rule = |compiled: &Compiled| compiled.bundle().witnesses.clone();
    let (before, after) = (rule(before), rule(after));
    (before != after).then_some(WitnessChange { before, after })
}

fn edits(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<(String, Edit)> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let edit = |name: &String| match (old.get(name), new.get(name)) {
        (None, Some(_)) => Some(Edit::Added),
        (Some(_), None) => Some(Edit::Removed),
        (Some(was), Some(is)) if was != is => Some(Edit::Reworded),
        (Some(_) | None, Some(_) | None) => None,
    };
    names.into_iter().filter_map(|name| Some((name.clone(), edit(name)?))).collect()
}

fn verdicts(
    before: &Compiled,
    after: &Compiled,
    items: &BTreeMap<ItemId, Item>,
    holders: &BTreeSet<PartyId>,
    at: Moment,
) -> Vec<VerdictChange> {
    let mut found: Vec<VerdictChange> = Vec::new();
    let zones: Vec<&ZoneId> = after.world().zones.keys().collect();
    for act in SHOWN {
        let places: Vec<Option<&ZoneId>> = match act {
            Act::Use => zones.iter().map(|zone| Some(*zone)).collect(),
            Act::Deliver
            | Act::Transfer
            | Act::Divert
            | Act::Admit
            | Act::Appoint
            | Act::Publish
            | Act::Override
            | Act::Suspend
            | Act::View => vec![None],
        };
        for holder in holders {
            for item in items.values() {
                for zone in &places {
                    let ask = |compiled: &Compiled| {
                        let question = question(compiled, act, holder, item, *zone, at);
                        compiled.verdict(&question).map(|Explained { verdict, .. }| verdict)
                    };
                    let (before, after) = (ask(before), ask(after));
                    if before != after {
                        let change = VerdictChange {
                            act,
                            holder: holder.clone(),
                            items: BTreeSet::from([item.id.clone()]),
                            zones: zone.iter().copied().cloned().collect(),
                            before,
                            after,
                        };
                        note(&mut found, change, |old, new| {
                            (old.items == new.items).then(|| old.zones.extend(new.zones.clone()))
                        });
                    }
                }
            }
        }
    }
    let mut merged = Vec::new();
    for change in found {
        note(&mut merged, change, |old: &mut VerdictChange, new| {
            (old.zones == new.zones).then(|| old.items.extend(new.items.clone()))
        });
    }
    merged
}

/// Adds a change to a like one where `merge` takes it, or else as one more.
fn note(
    found: &mut Vec<VerdictChange>,
    change: VerdictChange,
    merge: impl Fn(&mut VerdictChange, &VerdictChange) -> Option<()>,
) {
    let alike = |old: &VerdictChange| {
        (old.act, &old.holder, &old.before, &old.after)
            == (change.act, &change.holder, &change.before, &change.after)
    };
    let merged = found.iter_mut().filter(|old| alike(old)).find_map(|old| merge(old, &change));
    if merged.is_none() {
        found.push(change);
    }
}

fn question<'a>(
    compiled: &Compiled,
    act: Act,
    holder: &'a PartyId,
    item: &'a Item,
    zone: Option<&'a ZoneId>,
    at: Moment,
) -> Question<'a> {
    Question {
        act,
        subject: Subject::Item(ItemQuestion {
            holder,
            item,
            zone,
            quantity: Quantity::new(1).unwrap_or_default(),
            recipient: None,
            requested: act,
            totals: Totals::default(),
            preconditions: Preconditions { certified: true, notice_days: 30, replaced: true },
        }),
        now: at,
        key_only: false,
        exercise: compiled.exercise(),
    }
}

/// A verdict as the end of a sentence about what is: *needs US.SecDef*.
fn is_in_words(verdict: &Result<Verdict, PolicyError>) -> String {
    match verdict {
        Ok(Verdict::Standing) => "needs nobody's consent".to_owned(),
        Ok(Verdict::Needs(sets)) => format!("needs {}", sets_in_words(sets)),
        Ok(Verdict::Prohibited) => "is prohibited".to_owned(),
        Err(error) => format!("has no answer ({error})"),
    }
}

/// The same about what was.
fn was_in_words(verdict: &Result<Verdict, PolicyError>) -> String {
    match verdict {
        Ok(Verdict::Standing) => "needed nobody's consent".to_owned(),
        Ok(Verdict::Needs(sets)) => format!("needed {}", sets_in_words(sets)),
        Ok(Verdict::Prohibited) => "was prohibited".to_owned(),
        Err(error) => format!("had no answer ({error})"),
    }
}

impl VerdictChange {
    /// The change as a sentence: *use of ATACMS by UA in RU and all within: needed nobody's
    /// consent; needs US.SecDef*.
    #[must_use]
    pub fn told(&self, world: &World) -> String {
        let items: Vec<&str> = self.items.iter().map(ItemId::as_str).collect();
        let holder = &self.holder;
        let mut words = match self.act {
            Act::Divert => format!("diverting {} promised to {holder}", items.join(", ")),
            Act::Override => format!("setting the class of {} by hand", items.join(", ")),
            Act::Deliver => format!("delivering {} to {holder}", items.join(", ")),
            Act::Use
            | Act::Transfer
            | Act::Admit
            | Act::Appoint
            | Act::Publish
            | Act::Suspend
            | Act::View => format!("{} of {} by {holder}", self.act, items.join(", ")),
        };
        if !self.zones.is_empty() {
            words.push_str(&format!(" in {}", zones_in_words(&self.zones, world)));
        }
        let (was, is) = (was_in_words(&self.before), is_in_words(&self.after));
        format!("{words}: {was}; {is}")
    }
}

/// Zones, those left out that lie in one of which everything is named.
#[must_use]
pub fn zones_in_words(zones: &BTreeSet<ZoneId>, world: &World) -> String {
    let above = |zone: &ZoneId| world.zone_with_ancestors(zone).unwrap_or_default();
    let whole = |outer: &ZoneId| {
        let mut inside = world.zones.keys().filter(|zone| above(zone).contains(outer));
        inside.all(|zone| zones.contains(zone))
    };
    let covered = |zone: &ZoneId| above(zone).iter().any(|outer| outer != zone && whole(outer));
    let told = zones.iter().filter(|zone| !covered(zone)).map(|zone| {
        let inside = world.zones.keys().any(|other| other != zone && above(other).contains(zone));
        if inside && whole(zone) { format!("{zone} and all within") } else { zone.to_string() }
    });
    told.collect::<Vec<_>>().join(", ")
}

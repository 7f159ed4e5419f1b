//! What can be used with nobody's consent, one office's, more; who can lock it; and what is left
//! when an office refuses or an input is withheld?
//!
//! A holding is judged as a request for its use would be: for so many units at a time, on the
//! totals as they stand, in every zone at once. Holdings that policy cannot tell apart are judged
//! once.

use super::consent::{self, Lock, LockError, Lot, Sets};
use super::holdings::{Holding, holdings};
use crate::State;
use crate::policy::{
    Compiled, ItemQuestion, PolicyError, Preconditions, Question, Replay, Subject, Totals, Verdict,
};
use crate::stock::{Input, Item};
use countersign_proof::words::{Act, InputId, ItemId, Moment, OfficeId, PartyId, Quantity, ZoneId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is asked about.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    /// The version that judges.
    pub version: &'a Compiled,
    /// At which moment.
    pub at: Moment,
    /// Only this holder.
    pub holder: Option<PartyId>,
    /// In which zones at once; in all of the world where none is named.
    pub zones: BTreeSet<ZoneId>,
    /// How many units a request would ask for.
    pub quantity: Quantity,
    /// Offices that refuse everything.
    pub refusing: BTreeSet<OfficeId>,
    /// Inputs that are withheld.
    pub withheld: BTreeSet<InputId>,
    /// Find the least offices that lock this share of a holder's units, in whole percent.
    pub lock_percent: Option<u8>,
}

impl<'a> Terms<'a> {
    /// Everything about every holder, one unit at a time, with nobody refusing.
    #[must_use]
    pub fn all(version: &'a Compiled, at: Moment) -> Self {
        Self {
            version,
            at,
            holder: None,
            zones: BTreeSet::new(),
            quantity: Quantity::new(1).unwrap_or_default(),
            refusing: BTreeSet::new(),
            withheld: BTreeSet::new(),
            lock_percent: None,
        }
    }

    /// Whether somebody refuses, or something is withheld.
    #[must_use]
    pub fn is_what_if(&self) -> bool {
        !self.refusing.is_empty() || !self.withheld.is_empty()
    }

    /// The zones that are asked about.
    #[must_use]
    pub fn asked_zones(&self) -> BTreeSet<ZoneId> {
        if self.zones.is_empty() {
            self.version.world().zones.keys().cloned().collect()
        } else {
            self.zones.clone()
        }
    }
}

/// What policy says of one question; where it gives no answer, nothing is allowed.
pub type Said = Result<Verdict, PolicyError>;

/// A verdict, and whose refusal would lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Who must consent.
    pub said: Said,
    /// The offices whose refusal alone locks.
    pub vetoes: BTreeSet<OfficeId>,
    /// The least groups of offices whose joint refusal locks.
    pub blocking: Sets,
}

impl Consent {
    fn of(said: Said) -> Self {
        let blocking = said.clone().and_then(|verdict| consent::blocking(&verdict));
        match (said, blocking) {
            (Ok(verdict), Ok(blocking)) => {
                Self { vetoes: consent::vetoes(&verdict), said: Ok(verdict), blocking }
            }
            // Too many offices to weigh: no figure is better than a wrong one.
            (Err(error), _) | (Ok(_), Err(error)) => {
                Self { said: Err(error), vetoes: BTreeSet::new(), blocking: Sets::new() }
            }
        }
    }

    /// Who must consent; nobody can where policy gives no answer.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        self.said.as_ref().unwrap_or(&Verdict::Prohibited)
    }
}

/// Zones with one and the same verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneClass {
    /// Which zones.
    pub zones: BTreeSet<ZoneId>,
    /// The verdict on each of them.
    pub consent: Consent,
}

/// What policy says of the use of a holding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// In every zone at once.
    pub everywhere: Consent,
    /// Zone by zone, grouped by verdict, in the order of their first zones.
    pub zones: Vec<ZoneClass>,
}

/// What is left of a holding when somebody refuses or something is withheld.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remainder {
    /// The withheld inputs that the item cannot be used without.
    pub lost_inputs: BTreeSet<InputId>,
    /// Who could still allow its use in every zone at once.
    pub everywhere: Verdict,
    /// The same zone by zone, in the order of [`Answer::zones`].
    pub zones: Vec<Verdict>,
    /// Of what is there, the units whose use can still be allowed.
    pub held: u64,
    /// Of what is still to come, the units whose delivery and use can still be allowed.
    pub to_come: u64,
}

/// One item of a holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemReport {
    /// Which item.
    pub item: ItemId,
    /// What there is, and what is still to come.
    pub holding: Holding,
    /// Who must consent to its use.
    pub answer: Arc<Answer>,
    /// Who must consent to handing over what is still to come; `None` where nothing is.
    pub delivery: Option<Consent>,
    /// What is left in the case supposed; `None` where none is.
    pub remainder: Option<Remainder>,
}

/// Units by how many offices it takes at least to allow their use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Nobody's consent.
    pub free: u64,
    /// One office's.
    pub one: u64,
    /// Two or more.
    pub more: u64,
    /// Nobody's would do.
    pub prohibited: u64,
}

impl Split {
    /// Adds units under a verdict.
    pub fn add(&mut self, units: u64, verdict: &Verdict) {
        let sum = match consent::fewest(verdict) {
            Some(0) => &mut self.free,
            Some(1) => &mut self.one,
            Some(_) => &mut self.more,
            None => &mut self.prohibited,
        };
        *sum = sum.saturating_add(units);
    }

    /// All of them.
    #[must_use]
    pub fn units(&self) -> u64 {
        let sum = self.free.saturating_add(self.one);
        sum.saturating_add(self.more).saturating_add(self.prohibited)
    }
}

/// One holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderReport {
    /// Which holder.
    pub holder: PartyId,
    /// Every item of the ledger, with or without units.
    pub items: Vec<ItemReport>,
    /// The units by how many offices it takes.
    pub split: Split,
    /// The same in the case supposed; `None` where none is.
    pub left: Option<Split>,
    /// For every minimal approval set, the units whose use it allows.
    pub by_sets: BTreeMap<BTreeSet<OfficeId>, u64>,
    /// For every office that can lock units alone, how many.
    pub vetoes: BTreeMap<OfficeId, u64>,
    /// The least offices that lock the share asked for.
    pub lock: Option<Result<Lock, LockError>>,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The zones asked about.
    pub zones: BTreeSet<ZoneId>,
    /// The holders that have or are promised units, or the one asked for.
    pub holders: Vec<HolderReport>,
    /// How many distinct questions were put to policy.
    pub worked_out: u64,
}

/// The inputs that an item cannot be used without, in turn. An input that is not declared is
/// among them.
#[must_use]
pub fn needs<'a>(item: &'a Item, inputs: &'a BTreeMap<InputId, Input>) -> BTreeSet<&'a InputId> {
    let mut seen: BTreeSet<&InputId> = BTreeSet::new();
    let mut open: Vec<&InputId> = item.inputs.iter().collect();
    while let Some(id) = open.pop() {
        if seen.insert(id)
            && let Some(input) = inputs.get(id)
        {
            open.extend(&input.needs);
        }
    }
    seen
}

/// Judges holdings under one version, each that policy can tell apart once.
#[derive(Debug)]
pub struct Judge<'a> {
    replay: Replay<'a>,
    zones: BTreeSet<ZoneId>,
    at: Moment,
    quantity: Quantity,
    exercise: bool,
    answers: BTreeMap<Vec<u8>, Arc<Answer>>,
    deliveries: BTreeMap<Vec<u8>, Consent>,
}

impl<'a> Judge<'a> {
    /// A judge that has not judged yet.
    #[must_use]
    pub fn new(terms: &Terms<'a>, exercise: bool) -> Self {
        Self {
            replay: Replay::of(terms.version),
            zones: terms.asked_zones(),
            at: terms.at,
            quantity: terms.quantity,
            exercise,
            answers: BTreeMap::new(),
            deliveries: BTreeMap::new(),
        }
    }

    /// How many distinct questions were put to policy.
    #[must_use]
    pub fn worked_out(&self) -> u64 {
        self.replay.counts().1
    }

    fn question<'q>(
        &self,
        act: Act,
        holder: &'q PartyId,
        item: &'q Item,
        totals: Totals,
    ) -> Question<'q> {
        Question {
            act,
            subject: Subject::Item(ItemQuestion {
                holder,
                item,
                zone: None,
                quantity: self.quantity,
                recipient: None,
                requested: act,
                totals,
                preconditions: Preconditions::default(),
            }),
            now: self.at,
            key_only: false,
            exercise: self.exercise,
        }
    }

    /// What policy says of the use of an item by a holder.
    pub fn usable(&mut self, holder: &PartyId, item: &Item, totals: Totals) -> Arc<Answer> {
        let question = self.question(Act::Use, holder, item, totals);
        let likeness = self.replay.likeness(&question, &self.zones);
        if let Ok(Some(key)) = likeness
            && let Some(known) = self.answers.get(key)
        {
            return Arc::clone(known);
        }
        let key = likeness.ok().flatten().map(<[u8]>::to_vec);
        let answer = Arc::new(self.answer(&question));
        if let Some(key) = key {
            self.answers.insert(key, Arc::clone(&answer));
        }
        answer
    }

    fn answer(&mut self, question: &Question<'_>) -> Answer {
        let everywhere = Consent::of(self.said(question, &self.zones.clone()));
        let mut classes: Vec<(BTreeSet<ZoneId>, Said)> = Vec::new();
        for zone in self.zones.clone() {
            let said = self.said(question, &BTreeSet::from([zone.clone()]));
            match classes.iter_mut().find(|(_, other)| *other == said) {
                Some((zones, _)) => {
                    zones.insert(zone);
                }
                None => classes.push((BTreeSet::from([zone]), said)),
            }
        }
        let class = |(zones, said)| ZoneClass { zones, consent: Consent::of(said) };
        let zones = classes.into_iter().map(class).collect();
        Answer { everywhere, zones }
    }

    /// What policy says of handing units of an item over to a holder.
    pub fn deliverable(&mut self, holder: &PartyId, item: &Item, totals: Totals) -> Consent {
        let question = self.question(Act::Deliver, holder, item, totals);
        let nowhere = BTreeSet::new();
        let likeness = self.replay.likeness(&question, &nowhere);
        if let Ok(Some(key)) = likeness
            && let Some(known) = self.deliveries.get(key)
        {
            return known.clone();
        }
        let key = likeness.ok().flatten().map(<[u8]>::to_vec);
        let consent = Consent::of(self.said(&question, &nowhere));
        if let Some(key) = key {
            self.deliveries.insert(key, consent.clone());
        }
        consent
    }

    fn said(&mut self, question: &Question<'_>, zones: &BTreeSet<ZoneId>) -> Said {
        self.replay.verdict_over(question, zones).map(|explained| explained.verdict.clone())
    }
}

/// What every holder can use without whose consent.
#[must_use]
pub fn report(state: &State, terms: &Terms<'_>) -> Report {
    let mut judge = Judge::new(terms, state.ledger.exercise);
    let mut by_holder = holdings(state);
    by_holder.retain(|holder, items| {
        let any = items.values().any(|holding| holding.units() > 0);
        terms.holder.as_ref().map_or(any, |wanted| wanted == holder)
    });
    if let Some(wanted) = &terms.holder {
        by_holder.entry(wanted.clone()).or_default();
    }
    let lost: BTreeMap<&ItemId, BTreeSet<InputId>> = state
        .stock
        .items()
        .map(|item| {
            let needed = needs(item, state.stock.inputs());
            let lost = terms.withheld.iter().filter(|input| needed.contains(input));
            (&item.id, lost.cloned().collect())
        })
        .collect();
    let holders = by_holder
        .iter()
        .map(|(holder, held)| {
            // Both are in the order of the items' ids.
            let mut held = held.iter().peekable();
            let items = state.stock.items().map(|item| {
                while held.next_if(|(id, _)| **id < item.id).is_some() {}
                let holding = held.next_if(|(id, _)| **id == item.id);
                let holding = holding.map(|(_, holding)| *holding).unwrap_or_default();
                let totals = state.requests.totals(holder, &item.id);
                let answer = judge.usable(holder, item, totals);
                let delivery =
                    (holding.to_come > 0).then(|| judge.deliverable(holder, item, totals));
                let remainder = terms.is_what_if().then(|| {
                    let lost = lost.get(&item.id);
                    remainder(terms, &holding, &answer, delivery.as_ref(), lost)
                });
                ItemReport { item: item.id.clone(), holding, answer, delivery, remainder }
            });
            summed(holder, items.collect(), terms)
        })
        .collect();
    Report { zones: terms.asked_zones(), holders, worked_out: judge.worked_out() }
}

/// What is left of a holding in the case supposed.
fn remainder(
    terms: &Terms<'_>,
    holding: &Holding,
    answer: &Answer,
    delivery: Option<&Consent>,
    lost: Option<&BTreeSet<InputId>>,
) -> Remainder {
    let lost_inputs = lost.cloned().unwrap_or_default();
    let left = |consent: &Consent| {
        if lost_inputs.is_empty() {
            consent::without(consent.verdict(), &terms.refusing)
        } else {
            Verdict::Prohibited
        }
    };
    let everywhere = left(&answer.everywhere);
    let zones = answer.zones.iter().map(|class| left(&class.consent)).collect();
    let usable = everywhere != Verdict::Prohibited;
    let handed_over = delivery.is_none_or(|consent| {
        consent::without(consent.verdict(), &terms.refusing) != Verdict::Prohibited
    });
    Remainder {
        lost_inputs,
        everywhere,
        zones,
        held: if usable { holding.held } else { 0 },
        to_come: if usable && handed_over { holding.to_come } else { 0 },
    }
}

/// Adds up a holder's items.
fn summed(holder: &PartyId, items: Vec<ItemReport>, terms: &Terms<'_>) -> HolderReport {
    let mut split = Split::default();
    let mut left = terms.is_what_if().then(Split::default);
    let mut by_sets: BTreeMap<BTreeSet<OfficeId>, u64> = BTreeMap::new();
    let mut vetoes: BTreeMap<OfficeId, u64> = BTreeMap::new();
    // Items that got one and the same answer are added up before it is looked into.
    let mut sums: Vec<(&Answer, u64)> = Vec::new();
    let mut places: BTreeMap<*const Answer, usize> = BTreeMap::new();
    for item in items.iter().filter(|item| item.holding.units() > 0) {
        let units = item.holding.units();
        let place = *places.entry(Arc::as_ptr(&item.answer)).or_insert(sums.len());
        match sums.get_mut(place) {
            Some((_, sum)) => *sum = sum.saturating_add(units),
            None => sums.push((&item.answer, units)),
        }
        if let (Some(left), Some(remainder)) = (&mut left, &item.remainder) {
            let still = remainder.held.saturating_add(remainder.to_come);
            left.add(still, &remainder.everywhere);
            left.add(units.saturating_sub(still), &Verdict::Prohibited);
        }
    }
    let mut lots = Vec::new();
    for (answer, units) in sums {
        let everywhere = &answer.everywhere;
        split.add(units, everywhere.verdict());
        match everywhere.verdict() {
            Verdict::Standing => add(&mut by_sets, &BTreeSet::new(), units),
            Verdict::Needs(sets) => {
                sets.iter().for_each(|set| add(&mut by_sets, set, units));
            }
            Verdict::Prohibited => {}
        }
        for office in &everywhere.vetoes {
            add(&mut vetoes, office, units);
        }
        lots.push(Lot { units, verdict: everywhere.verdict() });
    }
    let lock = terms.lock_percent.map(|percent| consent::least_lock(&lots, percent));
    HolderReport { holder: holder.clone(), split, left, by_sets, vetoes, lock, items }
}

fn add<K: Ord + Clone>(sums: &mut BTreeMap<K, u64>, key: &K, units: u64) {
    match sums.get_mut(key) {
        Some(sum) => *sum = sum.saturating_add(units),
        None => {
            sums.insert(key.clone(), units);
        }
    }
}

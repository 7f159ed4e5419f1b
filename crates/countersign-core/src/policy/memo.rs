//! What was worked out before, keyed on exactly what it was worked out from.

use super::{ItemQuestion, Question, Subject, ViewQuestion, World};
use crate::stock::Item;
use countersign_proof::words::{Act, PartyId, ZoneId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// How many verdicts are kept; then all are forgotten and it begins anew.
pub const MEMO_MAX: usize = 4_096;

/// How many items are kept as Cedar sees them, likewise.
pub(super) const ITEMS_MAX: usize = 256;

/// Something about a question that a policy can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    /// Who asks: the holder, or the office.
    Principal,
    /// What it is done to, as itself: what the item lies in, or the office.
    Resource,
    /// The zone.
    Zone,
    /// The quantity.
    Quantity,
    /// The deciding offices of the item's controllers.
    Controllers,
    /// The deciding offices of a governance act.
    Deciding,
    /// The item's class.
    Class,
    /// The item's range.
    Range,
    /// The item's origin.
    Origin,
    /// The item's labels.
    Labels,
    /// The act asked for.
    Requested,
    /// The recipient of a transfer.
    Recipient,
    /// The moment.
    Now,
    /// Units bound by live releases.
    Released,
    /// Units used.
    Used,
    /// Whether an order refers to a certification.
    Certified,
    /// Days of notice before an order is executed.
    Notice,
    /// Whether an order owes the units back.
    Replaced,
    /// Whether everything claimed of a version to be published is proved.
    Proved,
    /// Which kind of part an office asks to see.
    Label,
    /// Whether what it asks to see concerns its party.
    Concerned,
    /// Whether it advises or decides on that.
    Consulted,
    /// Whether a signature was made without user verification.
    KeyOnly,
    /// Whether the ledger is an exercise.
    Exercise,
}

/// What the policies of an act read.
#[derive(Clone, Debug)]
pub(super) struct Reads {
    pub facts: BTreeSet<Fact>,
    /// The literals, ascending, of every number that is only compared with literals.
    pub cuts: BTreeMap<Fact, Vec<i128>>,
    /// For every zone a bit that it shares with those that no policy can tell from it; `None`
    /// where that is not known.
    pub zones: Option<BTreeMap<ZoneId, u64>>,
}

impl Reads {
    /// The number itself; or, where it is only compared with literals, where it lies among them: on
    /// the n-th (2n + 1), or before it (2n). Numbers that lie alike make no difference.
    fn number(&self, fact: Fact, number: u64) -> u64 {
        let Some(cuts) = self.cuts.get(&fact) else { return number };
        let below = cuts.partition_point(|cut| *cut < i128::from(number));
        let on = cuts.get(below).is_some_and(|cut| *cut == i128::from(number));
        let below = u64::try_from(below).unwrap_or(u64::MAX);
        below.saturating_mul(2).saturating_add(on.into())
    }
}

/// The key: the act and the facts, each string preceded by its length.
///
/// Two questions with the same key put the same values before the policies, or values that no
/// policy can tell apart, so they get the same verdict; the facts come in a fixed order, and each
/// takes a length known from its beginning.
pub(super) fn key(world: &World, question: &Question<'_>, reads: &Reads) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    write_key(&mut bytes, world, (question, &BTreeSet::new()), reads);
    bytes
}

/// The same for a question that names several zones, written over what `bytes` held; the question's
/// own zone counts where there are none.
pub(super) fn write_key(
    bytes: &mut Vec<u8>,
    world: &World,
    (question, zones): (&Question<'_>, &BTreeSet<ZoneId>),
    reads: &Reads,
) {
    bytes.clear();
    let mut key = Key { bytes, reads };
    key.text(question.act.as_str());
    for fact in &reads.facts {
        match (fact, &question.subject) {
            (Fact::Now, _) => key.measure(Fact::Now, question.now.millis()),
            (Fact::KeyOnly, _) => key.number(question.key_only.into()),
            (Fact::Exercise, _) => key.number(question.exercise.into()),
            (Fact::Zone, Subject::Item(asked)) if zones.is_empty() => key.zones(asked.zone),
            (Fact::Zone, Subject::Item(_)) => key.zones(zones),
            (Fact::Controllers, Subject::Item(asked)) => {
                key.made_of(asked.item);
                // Who controls nothing of it is told apart from nobody else.
                let own = world.controls(asked.holder, asked.item).then_some(asked.holder);
                key.maybe(own.map(|holder| holder.as_str()));
            }
            (_, Subject::Item(asked)) => key.item_fact(*fact, asked),
            (Fact::Label, Subject::View(view)) => key.text(view.label.as_str()),
            (Fact::Concerned, Subject::View(view)) => key.number(view.concerned.into()),
            (Fact::Consulted, Subject::View(view)) => key.number(view.consulted.into()),
            (_, Subject::Office(office) | Subject::View(ViewQuestion { office, .. })) => {
                key.text(office.as_str());
            }
            (Fact::Proved, Subject::Programme { proved }) => key.number((*proved).into()),
            (_, Subject::Programme { proved: _ }) => {}
        }
    }
}

/// The key of an item as Cedar sees it, for one act, with the holder where policies ask who that
/// is.
pub(super) fn item_key(act: Act, item: &Item, holder: Option<&PartyId>) -> Vec<u8> {
    let reads = Reads { facts: BTreeSet::new(), cuts: BTreeMap::new(), zones: None };
    let mut bytes = Vec::with_capacity(64);
    let mut key = Key { bytes: &mut bytes, reads: &reads };
    key.text(act.as_str());
    key.text(item.id.as_str());
    key.made_of(item);
    key.text(item.class.as_str());
    key.range(item);
    key.labels(item);
    key.maybe(holder.map(|holder| holder.as_str()));
    bytes
}

struct Key<'a> {
    bytes: &'a mut Vec<u8>,
    reads: &'a Reads,
}

impl Key<'_> {
    fn number(&mut self, number: u64) {
        self.bytes.extend(number.to_be_bytes());
    }

    fn measure(&mut self, fact: Fact, number: u64) {
        self.number(self.reads.number(fact, number));
    }

    fn length(&mut self, length: usize) {
        self.number(u64::try_from(length).unwrap_or(u64::MAX));
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes.extend(text.as_bytes());
    }

    fn maybe(&mut self, text: Option<&str>) {
        self.bytes.push(text.is_some().into());
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn zones<'z>(&mut self, zones: impl IntoIterator<Item = &'z ZoneId> + Clone) {
        if let Some(bits) = &self.reads.zones {
            let bit = |zone: &ZoneId| bits.get(zone).copied();
            let joined = zones.clone().into_iter().try_fold(0, |all, zone| Some(all | bit(zone)?));
            if let Some(joined) = joined {
                self.bytes.push(1);
                return self.number(joined);
            }
        }
        self.bytes.push(0);
        self.length(zones.clone().into_iter().count());
        zones.into_iter().for_each(|zone| self.text(zone.as_str()));
    }

    fn made_of(&mut self, item: &Item) {
        self.text(item.origin.as_str());
        self.length(item.inputs.len());
        for input in &item.inputs {
            self.text(input.as_str());
        }
    }

    fn range(&mut self, item: &Item) {
        self.bytes.push(item.range_km.is_some().into());
        self.measure(Fact::Range, item.range_km.unwrap_or(0).into());
    }

    fn labels(&mut self, item: &Item) {
        self.length(item.labels.len());
        for label in &item.labels {
            self.text(label);
        }
    }

    fn item_fact(&mut self, fact: Fact, asked: &ItemQuestion<'_>) {
        match fact {
            Fact::Principal => self.text(asked.holder.as_str()),
            // No policy can name an item, so that all it can ask of one is what it lies in.
            Fact::Resource => self.made_of(asked.item),
            Fact::Quantity => self.measure(fact, asked.quantity.units()),
            Fact::Class => self.text(asked.item.class.as_str()),
            Fact::Range => self.range(asked.item),
            Fact::Origin => self.text(asked.item.origin.as_str()),
            Fact::Labels => self.labels(asked.item),
            Fact::Requested => self.text(asked.requested.as_str()),
            Fact::Recipient => self.maybe(asked.recipient.map(|party| party.as_str())),
            Fact::Released => self.measure(fact, asked.totals.released.units()),
            Fact::Used => self.measure(fact, asked.totals.used.units()),
            Fact::Certified => self.number(asked.preconditions.certified.into()),
            Fact::Notice => self.measure(fact, asked.preconditions.notice_days.into()),
            Fact::Replaced => self.number(asked.preconditions.replaced.into()),
            // Written by the caller; and no item question has the last five of them.
            Fact::Now
            | Fact::Zone
            | Fact::Controllers
            | Fact::KeyOnly
            | Fact::Exercise
            | Fact::Deciding
            | Fact::Proved
            | Fact::Label
            | Fact::Concerned
            | Fact::Consulted => {}
        }
    }
}

/// A bounded store. A poisoned lock counts as an empty one.
#[derive(Debug)]
pub(super) struct Memo<T> {
    kept: Mutex<BTreeMap<Vec<u8>, Arc<T>>>,
    max: usize,
}

impl<T> Memo<T> {
    pub(super) fn new(max: usize) -> Self {
        Self { kept: Mutex::default(), max }
    }

    /// What is kept under the key, or else what `make` makes, which is then kept.
    pub(super) fn get_or<E>(
        &self,
        key: Vec<u8>,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let known = self.kept.lock().ok().and_then(|kept| kept.get(&key).cloned());
        if let Some(known) = known {
            return Ok(known);
        }
        let made = Arc::new(make()?);
        if let Ok(mut kept) = self.kept.lock() {
            if kept.len() >= self.max {
                kept.clear();
            }
            kept.insert(key, Arc::clone(&made));
        }
        Ok(made)
    }
}

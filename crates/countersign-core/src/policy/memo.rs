//! What was worked out before, keyed on exactly what it was worked out from.

use super::{ItemQuestion, Question, Subject};
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
    /// What it is done to, as itself: the item's id and what it lies in, or the office.
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
    /// Whether a signature was made without user verification.
    KeyOnly,
    /// Whether the ledger is an exercise.
    Exercise,
}

/// The key: the act and the facts, each string preceded by its length.
///
/// Two questions with the same key put the same values before the policies, so they get the same
/// verdict; the facts come in a fixed order, and each takes a length known from its beginning.
pub(super) fn key(question: &Question<'_>, facts: &BTreeSet<Fact>) -> Vec<u8> {
    let mut key = Key(Vec::with_capacity(64));
    key.text(question.act.as_str());
    for fact in facts {
        match (fact, &question.subject) {
            (Fact::Now, _) => key.number(question.now.millis()),
            (Fact::KeyOnly, _) => key.number(question.key_only.into()),
            (Fact::Exercise, _) => key.number(question.exercise.into()),
            (_, Subject::Item(asked)) => key.item_fact(*fact, asked),
            (_, Subject::Office(office)) => key.text(office.as_str()),
            (Fact::Proved, Subject::Programme { proved }) => key.number((*proved).into()),
            (_, Subject::Programme { proved: _ }) => {}
        }
    }
    key.0
}

struct Key(Vec<u8>);

impl Key {
    fn number(&mut self, number: u64) {
        self.0.extend(number.to_be_bytes());
    }

    fn length(&mut self, length: usize) {
        self.number(u64::try_from(length).unwrap_or(u64::MAX));
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend(text.as_bytes());
    }

    fn maybe(&mut self, text: Option<&str>) {
        self.0.push(text.is_some().into());
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn made_of(&mut self, asked: &ItemQuestion<'_>) {
        self.text(asked.item.origin.as_str());
        self.length(asked.item.inputs.len());
        for input in &asked.item.inputs {
            self.text(input.as_str());
        }
    }

    fn item_fact(&mut self, fact: Fact, asked: &ItemQuestion<'_>) {
        match fact {
            Fact::Principal => self.text(asked.holder.as_str()),
            Fact::Resource => {
                self.text(asked.item.id.as_str());
                self.made_of(asked);
            }
            Fact::Controllers => {
                self.text(asked.holder.as_str());
                self.made_of(asked);
            }
            Fact::Zone => self.maybe(asked.zone.map(|zone| zone.as_str())),
            Fact::Quantity => self.number(asked.quantity.units()),
            Fact::Class => self.text(asked.item.class.as_str()),
            Fact::Range => {
                self.0.push(asked.item.range_km.is_some().into());
                self.number(asked.item.range_km.unwrap_or(0).into());
            }
            Fact::Origin => self.text(asked.item.origin.as_str()),
            Fact::Labels => {
                self.length(asked.item.labels.len());
                for label in &asked.item.labels {
                    self.text(label);
                }
            }
            Fact::Requested => self.text(asked.requested.as_str()),
            Fact::Recipient => self.maybe(asked.recipient.map(|party| party.as_str())),
            Fact::Released => self.number(asked.totals.released.units()),
            Fact::Used => self.number(asked.totals.used.units()),
            Fact::Certified => self.number(asked.preconditions.certified.into()),
            Fact::Notice => self.number(asked.preconditions.notice_days.into()),
            Fact::Replaced => self.number(asked.preconditions.replaced.into()),
            // Written by the caller; and no item question has the last two of them.
            Fact::Now | Fact::KeyOnly | Fact::Exercise | Fact::Deciding | Fact::Proved => {}
        }
    }
}

/// Everything about an item that Cedar sees.
pub(super) fn item_facts() -> BTreeSet<Fact> {
    // The first stands for the id, the origin and the inputs.
    BTreeSet::from([Fact::Resource, Fact::Class, Fact::Range, Fact::Labels])
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

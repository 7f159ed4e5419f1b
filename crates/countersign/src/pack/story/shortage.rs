//! Acts about stock that runs short: earmarks, classes set by hand, diversions and what they owe.

use super::super::fault::code;
use super::super::fields::{Fields, key_word, number};
use super::super::known::Known;
use super::super::source::Reading;
use super::parts::office;
use countersign_core::stock::{Earmark, Origin, Priority, Slot};
use countersign_proof::words::{
    Days, DebtId, EarmarkId, ItemClass, ItemId, Moment, Month, OfficeId, Quantity,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is done about a shortage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the table at the head of the story module says what each has")]
pub enum Shortage {
    /// Promise units to a recipient, month by month.
    Earmark(Box<Earmark>),
    /// Set a class by hand.
    Override { item: ItemId, class: ItemClass, until: Moment, office: OfficeId, reason: String },
    /// Order what the best plan of the moment says, or, again, what the last one said.
    Divert(Box<Diversion>),
    /// Give units back that an order owes.
    Repay { debt: DebtId, quantity: Quantity },
    /// Look in which class an item is.
    Class { item: ItemId, class: ItemClass },
}

/// An order to divert, as a story tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diversion {
    /// Of which item.
    pub item: ItemId,
    /// Whether the plan of the last order of the story is ordered again.
    pub again: bool,
    /// For which office.
    pub office: OfficeId,
    /// Where it is certified that this is needed; empty where it is not.
    pub certification: String,
    /// Days of notice.
    pub notice_days: Days,
    /// By when the units are replaced.
    pub replacement: Option<Month>,
    /// Why.
    pub reason: String,
}

impl Shortage {
    /// The words that may stand after `do`.
    pub const WORDS: [&'static str; 5] = ["earmark", "override", "divert", "repay", "class"];

    /// The word that stands after `do`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Earmark(_) => "earmark",
            Self::Override { .. } => "override",
            Self::Divert(_) => "divert",
            Self::Repay { .. } => "repay",
            Self::Class { .. } => "class",
        }
    }

    /// The fewest and the most persons that do it.
    pub(super) fn hands(&self) -> (usize, usize) {
        match self {
            Self::Earmark(_) | Self::Repay { .. } => (1, 1),
            Self::Override { .. } | Self::Divert(_) => (1, 9),
            Self::Class { .. } => (0, 1),
        }
    }
}

/// Reads one of these acts; `None` also where the word is none of theirs.
pub(super) fn read(
    r: &mut Reading<'_>,
    fields: &mut Fields<'_>,
    word: &str,
    known: &Known,
) -> Option<Shortage> {
    match word {
        "earmark" => earmark(r, fields, known).map(|made| Shortage::Earmark(Box::new(made))),
        "override" => {
            let item = item(r, fields, known);
            let class = fields.word(r, "class");
            let until = fields.moment(r, "until");
            let office = office(r, fields, "office", known);
            let reason = fields.text(r, "reason");
            let (item, class, until) = (item?, class?.value, until?);
            Some(Shortage::Override { item, class, until, office: office?, reason })
        }
        "divert" => {
            let item = item(r, fields, known);
            let again = fields.flag(r, "again");
            let office = office(r, fields, "office", known);
            let certification = fields.text_or_none(r, "certification").unwrap_or_default();
            let notice = fields.number(r, "notice_days", 0..=3660).unwrap_or(0);
            let notice_days = u16::try_from(notice).ok().and_then(|days| days.try_into().ok());
            let replacement = fields.word_or_none(r, "replacement").map(|month| month.value);
            let reason = fields.text(r, "reason");
            Some(Shortage::Divert(Box::new(Diversion {
                item: item?,
                again,
                office: office?,
                certification,
                notice_days: notice_days.unwrap_or_default(),
                replacement,
                reason,
            })))
        }
        "repay" => {
            let debt = fields.word(r, "debt");
            let quantity = fields.quantity(r, "quantity");
            Some(Shortage::Repay { debt: debt?.value, quantity: quantity? })
        }
        "class" => {
            let item = item(r, fields, known);
            let class = fields.word(r, "class");
            Some(Shortage::Class { item: item?, class: class?.value })
        }
        // catch-all: a text, not an enum of ours
        _ => None,
    }
}

fn item(r: &mut Reading<'_>, fields: &mut Fields<'_>, known: &Known) -> Option<ItemId> {
    fields.word(r, "item").filter(|item| known.items.check(r, item)).map(|item| item.value)
}

fn earmark(r: &mut Reading<'_>, fields: &mut Fields<'_>, known: &Known) -> Option<Earmark> {
    let id = fields.word::<EarmarkId>(r, "earmark");
    let item = item(r, fields, known);
    let owner = fields.word(r, "owner").filter(|party| known.parties.check(r, party));
    let to = fields.word(r, "recipient").filter(|party| known.parties.check(r, party));
    let origin = fields.word::<Origin>(r, "origin");
    let priority = fields.number(r, "priority", 1..=15);
    let priority = priority.and_then(|number| Priority::try_from(u8::try_from(number).ok()?).ok());
    let divertible = fields.flag(r, "divertible");
    let source = fields.text(r, "source");
    let standing = fields.word(r, "standing");
    let origin = origin?.value;
    let slots = slots(r, fields, origin);
    if priority.is_none() {
        let message = "an earmark has a priority";
        r.fault(fields.at, code::KEY_MISSING, message, "add priority = 1 (most urgent) to 15");
    }
    Some(Earmark {
        id: id?.value,
        item: item?,
        owner: owner?.value,
        recipient: to?.value,
        origin,
        priority: priority?,
        harm: None,
        divertible,
        source,
        standing: standing?.value,
        slots,
    })
}

/// `slots = { 2025-09 = 350, … }`: units by month.
fn slots(r: &mut Reading<'_>, fields: &mut Fields<'_>, origin: Origin) -> BTreeMap<Month, Slot> {
    let mut slots = BTreeMap::new();
    let Some(table) = fields.get("slots").and_then(|node| Fields::new(r, node, "slots")) else {
        let message = "an earmark has slots";
        let remedy = "add slots = { 2025-09 = 350 }: units by month";
        r.fault(fields.at, code::KEY_MISSING, message, remedy);
        return slots;
    };
    for (month, node) in table.all() {
        let month = key_word::<Month>(r, &month);
        let units = number(r, node, "slots", 1..=1_000_000_000);
        if let Some((month, units)) = month.zip(units) {
            let units = Quantity::new(units.into()).unwrap_or_default();
            slots.insert(month.value, Earmark::slot(origin, units));
        }
    }
    slots
}

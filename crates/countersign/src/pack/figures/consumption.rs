//! `consumption.csv`: what was used up in a month, or is planned to be.

use super::{Clash, Row};
use crate::pack::fault::code;
use countersign_core::stock::Consumption;
use countersign_proof::words::{Standing, WordError};
use std::cmp::Ordering;
use std::str::FromStr;

/// The columns of `consumption.csv`.
pub(super) const COLUMNS: [&str; 7] =
    ["item", "party", "month", "quantity", "kind", "source", "standing"];

/// Whether a figure is a plan.
struct Planned(bool);

impl FromStr for Planned {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "actual" => Ok(Self(false)),
            "planned" => Ok(Self(true)),
            other => Err(WordError::new(other, "a kind of consumption (actual, planned)")),
        }
    }
}

pub(super) fn read_row(row: &mut Row<'_, '_>) -> Option<Consumption> {
    let item = row.item();
    let party = row.party("party");
    let month = row.month("month");
    let quantity = row.units("quantity", 0, item.as_ref().and_then(|(_, known)| *known));
    let planned: Option<Planned> = row.word("kind");
    let source = row.words("source");
    let standing: Option<Standing> = row.word("standing");
    Some(Consumption {
        item: item?.0,
        party: party?,
        month: month?,
        quantity: quantity?,
        planned: planned?.0,
        source: source?,
        standing: standing?,
    })
}

pub(super) fn order(one: &Consumption, other: &Consumption) -> Ordering {
    let names = one.item.cmp(&other.item).then_with(|| one.party.cmp(&other.party));
    names.then_with(|| (one.month, one.planned).cmp(&(other.month, other.planned)))
}

pub(super) const TWICE: Clash = (
    code::ID_TWICE,
    "the same item, party, month and kind stand",
    "add the two up in one row, or correct the month",
);

//! `stock.csv`: what is in the accounts.

use super::{Clash, Row};
use crate::pack::fault::code;
use countersign_core::stock::{AccountKey, AccountState, Count, Item};
use countersign_proof::words::{Date, LotId, Month, Quantity, Standing, WordError};
use std::cmp::Ordering;
use std::str::FromStr;

/// The columns of `stock.csv`.
pub(super) const COLUMNS: [&str; 10] = [
    "item", "lot", "party", "place", "state", "quantity", "expires", "as_of", "source", "standing",
];

/// The state that units are in, as it is written; the day of the row tells the month.
enum State {
    OnHand,
    Quarantined,
    InTransit,
    OnOrder,
}

impl FromStr for State {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "on-hand" => Ok(Self::OnHand),
            "quarantined" => Ok(Self::Quarantined),
            "in-transit" => Ok(Self::InTransit),
            "on-order" => Ok(Self::OnOrder),
            other => {
                let expected = "a state of stock (on-hand, quarantined, in-transit, on-order)";
                Err(WordError::new(other, expected))
            }
        }
    }
}

impl State {
    fn on(&self, as_of: Date) -> AccountState {
        match self {
            Self::OnHand => AccountState::OnHand,
            Self::Quarantined => AccountState::Quarantined,
            Self::InTransit => AccountState::InTransit(Month::of(as_of)),
            Self::OnOrder => AccountState::OnOrder(Month::of(as_of)),
        }
    }
}

pub(super) fn read_row(row: &mut Row<'_, '_>, least: u64) -> Option<Count> {
    let item = row.item();
    let party = row.party("party");
    let place = row.or_empty("place", |row, name| row.place(name, party.as_ref()));
    let lot: Option<Option<LotId>> = row.or_empty("lot", Row::word);
    let state: Option<State> = row.word("state");
    let expires = row.or_empty("expires", Row::date);
    let as_of = row.date("as_of");
    let units = row.units("quantity", least, item.as_ref().and_then(|(_, known)| *known));
    let source = row.words("source");
    let standing: Option<Standing> = row.word("standing");
    let (item, known) = item?;
    let (lot, as_of, expires) = (lot?, as_of?, expires?);
    let state = state?.on(as_of);
    if !fits_lot(row, known, state, lot.as_ref(), units, (expires, as_of)) {
        return None;
    }
    let account = AccountKey { item, party: party?, state, place: place?, lot };
    Some(Count {
        account,
        units: units?,
        expected: None,
        expires,
        as_of,
        source: source?,
        standing: standing?,
    })
}

/// Whether lot, last day and serial number make sense together.
fn fits_lot(
    row: &mut Row<'_, '_>,
    known: Option<&Item>,
    state: AccountState,
    lot: Option<&LotId>,
    units: Option<Quantity>,
    (expires, as_of): (Option<Date>, Date),
) -> bool {
    let mut fits = true;
    if let (Some(expires), None) = (expires, lot) {
        let message = format!("only a lot expires, but the row with {expires} names none");
        row.fault("expires", code::LOT_MISSING, message, "name the lot, or leave expires empty");
        fits = false;
    }
    if let Some(expires) = expires.filter(|expires| *expires < as_of) {
        let message = format!("the lot was fit for use until {expires}, before as_of {as_of}");
        let remedy = "correct one of the days; what has expired is no stock, so leave it out";
        row.fault("expires", code::LOT_EXPIRED, message, remedy);
        fits = false;
    }
    if let Some(item) = known.filter(|item| item.serial && state.due().is_none()) {
        if lot.is_none() {
            let message = format!("every unit of {} is known by its serial number", item.id);
            let remedy = "write a row for each unit, with the serial number as its lot";
            row.fault("lot", code::SERIAL_UNFIT, message, remedy);
            fits = false;
        } else if units.is_some_and(|units| units.units() > 1) {
            let message = format!("a serial number of {} stands for one unit", item.id);
            row.fault("quantity", code::SERIAL_UNFIT, message, "write a row for each unit");
            fits = false;
        }
    }
    fits
}

pub(super) fn order(one: &Count, other: &Count) -> Ordering {
    one.account.cmp(&other.account)
}

pub(super) const TWICE: Clash = (
    code::ID_TWICE,
    "the same item, lot, party, place, state and month due stand",
    "join the two rows, or tell their lots or places apart",
);

//! `requirements.csv`: the named components that stock must cover.

use super::{Clash, Row};
use crate::pack::fault::code;
use countersign_core::stock::Requirement;
use countersign_proof::words::Standing;
use std::cmp::Ordering;

/// The columns of `requirements.csv`.
pub(super) const COLUMNS: [&str; 8] =
    ["item", "party", "component", "quantity", "from", "until", "source", "standing"];

/// The longest name of a component, in bytes.
const NAME_MAX: usize = 64;

pub(super) fn read_row(row: &mut Row<'_, '_>) -> Option<Requirement> {
    let item = row.item();
    let party = row.party("party");
    let component = row.words("component");
    let quantity = row.units("quantity", 0, item.as_ref().and_then(|(_, known)| *known));
    let from = row.date("from");
    let until = row.or_empty("until", Row::date);
    let source = row.words("source");
    let standing: Option<Standing> = row.word("standing");
    let component = component?;
    if component.len() > NAME_MAX {
        let message = format!("component has {} bytes", component.len());
        row.fault("component", code::TEXT_UNFIT, message, "keep it within 64 bytes");
        return None;
    }
    let (from, until) = (from?, until?);
    if until.is_some_and(|until| until <= from) {
        let message = format!("{component} ends before it begins, on {from}");
        let remedy = "until is the first day on which it no longer holds; empty means for good";
        row.fault("until", code::SPAN_EMPTY, message, remedy);
        return None;
    }
    Some(Requirement {
        item: item?.0,
        party: party?,
        component,
        quantity: quantity?,
        from,
        until,
        source: source?,
        standing: standing?,
    })
}

pub(super) fn order(one: &Requirement, other: &Requirement) -> Ordering {
    let names = one.item.cmp(&other.item).then_with(|| one.party.cmp(&other.party));
    names.then_with(|| (&one.component, one.from).cmp(&(&other.component, other.from)))
}

/// One component that holds twice on the same day would be counted twice.
pub(super) fn clash(one: &Requirement, other: &Requirement) -> Option<Clash> {
    let same = one.item == other.item
        && one.party == other.party
        && one.component == other.component
        && one.until.is_none_or(|until| other.from < until);
    same.then_some((
        code::SPANS_OVERLAP,
        "the same component holds twice on the same days:",
        "let the first end with until, or give one of them another name; components add up",
    ))
}

//! Accounts. Answers: *what is there, and what of it is promised?*

use countersign_core::State;
use countersign_core::stock::{AccountKey, Balance, Earmark, Slot};
use serde_json::{Value, json};

/// The releases that units of an account are reserved for.
#[must_use]
pub fn reserved_by(state: &State, account: &AccountKey) -> Vec<String> {
    let all = state.stock.reservations();
    let own = all.filter(|(_, lines)| lines.iter().any(|line| line.account == *account));
    own.map(|(release, _)| release.to_string()).collect()
}

/// An account.
#[must_use]
pub fn account(state: &State, account: &AccountKey, balance: &Balance) -> Value {
    let class = state.stock.item(&account.item).map(|item| item.class.as_str());
    let expires = state.stock.expires(&account.item, account.lot.as_ref());
    let stated = state.stock.stated(account);
    json!({
        "item": account.item.as_str(), "party": account.party.as_str(),
        "place": account.place.as_ref().map(ToString::to_string),
        "lot": account.lot.as_ref().map(ToString::to_string),
        "state": account.state.as_str(),
        "due": account.state.due().map(|month| month.to_string()), "class": class,
        "expires": expires.map(|date| date.to_string()),
        "on_hand": balance.on_hand, "reserved": balance.reserved,
        "free": balance.free(), "reserved_by": reserved_by(state, account),
        "as_of": stated.map(|stated| stated.as_of.to_string()),
        "source": stated.map(|stated| stated.source.as_str()),
        "standing": stated.map(|stated| stated.standing.as_str()),
    })
}

/// An earmark, with everything that is promised.
#[must_use]
pub fn earmark(earmark: &Earmark) -> Value {
    let slots = earmark.slots.iter();
    let slots =
        slots.map(|(month, slot)| json!({ "month": month.to_string(), "quantity": slot.quantity }));
    json!({
        "earmark": earmark.id.as_str(), "item": earmark.item.as_str(),
        "owner": earmark.owner.as_str(), "recipient": earmark.recipient.as_str(),
        "origin": earmark.origin.as_str(), "priority": earmark.priority.number(),
        "harm": earmark.harm(), "divertible": earmark.divertible, "units": promised(earmark),
        "slots": slots.collect::<Vec<Value>>(),
    })
}

/// How many units an earmark promises.
#[must_use]
pub fn promised(earmark: &Earmark) -> u64 {
    earmark.slots.values().map(|slot: &Slot| slot.quantity).fold(0, u64::saturating_add)
}

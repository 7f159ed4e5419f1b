//! What does each holder have, and what is promised to it?

use crate::State;
use crate::requests::Release;
use countersign_proof::words::{Act, ItemId, PartyId};
use std::collections::BTreeMap;

/// What a holder has of an item, and what is still to come; in units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// There: on hand, quarantined, or on the way between places of the holder.
    pub held: u64,
    /// Promised by earmarks, and no release draws on it yet.
    pub earmarked: u64,
    /// Promised by earmarks and not handed over: the balance *authorised for delivery*.
    pub authorised: u64,
    /// Come into its hands since the ledger began: the balance *delivered*.
    pub delivered: u64,
    /// Under releases that can be used now: the balance *cleared for use*.
    pub cleared: u64,
    /// Authorised and still to come: what earmarks promise, and what releases hand over beyond
    /// that.
    pub to_come: u64,
}

impl Holding {
    /// What the holder has and what is still to come.
    #[must_use]
    pub fn units(&self) -> u64 {
        self.held.saturating_add(self.to_come)
    }
}

/// What each holder has, item by item.
pub type Holdings = BTreeMap<PartyId, BTreeMap<ItemId, Holding>>;

/// Every holder and item of which there is something, or was.
#[must_use]
pub fn holdings(state: &State) -> Holdings {
    let mut found = Holdings::new();
    for (account, balance) in state.stock.accounts().filter(|(key, _)| key.state.is_there()) {
        let holding = of(&mut found, &account.party, &account.item);
        holding.held = holding.held.saturating_add(balance.on_hand);
    }
    for earmark in state.stock.earmarks() {
        let holding = of(&mut found, &earmark.recipient, &earmark.item);
        for slot in earmark.slots.values() {
            let promised = slot.open().saturating_add(slot.committed);
            holding.earmarked = holding.earmarked.saturating_add(slot.open());
            holding.authorised = holding.authorised.saturating_add(promised);
            holding.to_come = holding.to_come.saturating_add(promised);
        }
    }
    for release in state.requests.live() {
        released(state, release, &mut found);
    }
    for (holder, items) in &mut found {
        for (item, holding) in items {
            holding.delivered = state.stock.delivered(item, holder);
        }
    }
    found
}

fn of<'a>(found: &'a mut Holdings, holder: &PartyId, item: &ItemId) -> &'a mut Holding {
    found.entry(holder.clone()).or_default().entry(item.clone()).or_default()
}

fn released(state: &State, release: &Release, found: &mut Holdings) {
    let Some(request) = state.requests.request(release.request) else { return };
    let draft = &request.draft;
    let left = release.left().units();
    match (draft.act, &draft.recipient) {
        (Act::Use, _) if release.state.is_usable() => {
            let holding = of(found, &draft.holder, &draft.item);
            holding.cleared = holding.cleared.saturating_add(left);
        }
        (Act::Deliver, _) => {
            let beyond = left.saturating_sub(state.stock.drawn(release.id));
            let holding = of(found, &draft.holder, &draft.item);
            holding.to_come = holding.to_come.saturating_add(beyond);
        }
        (Act::Transfer, Some(recipient)) => {
            let beyond = left.saturating_sub(state.stock.drawn(release.id));
            let holding = of(found, recipient, &draft.item);
            holding.to_come = holding.to_come.saturating_add(beyond);
        }
        (
            Act::Use
            | Act::Transfer
            | Act::Divert
            | Act::Admit
            | Act::Appoint
            | Act::Publish
            | Act::Override
            | Act::Suspend
            | Act::View,
            _,
        ) => {}
    }
}

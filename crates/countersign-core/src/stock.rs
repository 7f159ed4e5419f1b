//! Stock. Answers: *what is there, whose is it, where, and what is already promised?*
//!
//! A double-entry ledger: every unit is in exactly one account; a movement takes units from one
//! account and puts them into another. Balances are derived from movements and never repaired.
//! A reservation marks units that a release has promised; it is posted, or voided. An earmark
//! keeps units for a recipient before there is a release.

mod items;

mod account;

mod earmarks;

mod figures;

mod weighing;

mod drawing;

mod moving;

mod apply;

mod slice;

pub use account::{Account, AccountKey, AccountState, Balance, Line, Outside};
pub use drawing::Wanted;
pub use earmarks::{Draw, Earmark, Origin, Priority, Slot};
pub use figures::{Change, Consumed, Consumption, Count, Figures, Requirement, Stated};
pub use items::{Input, Item, ItemClass, Place};

use crate::ledger::Charter;
use crate::rejection::rejections;
use countersign_proof::words::{
    Date, EarmarkId, InputId, ItemId, LotId, Month, PartyId, PlaceId, Quantity, ReleaseId,
    Standing, StockReason,
};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// State: items, inputs, places, balances, reservations, earmarks and stated figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    items: BTreeMap<ItemId, Item>,
    inputs: BTreeMap<InputId, Input>,
    places: BTreeMap<PlaceId, Place>,
    accounts: BTreeMap<AccountKey, Balance>,
    outside: BTreeMap<(ItemId, Outside), u64>,
    reservations: BTreeMap<ReleaseId, Vec<Line>>,
    /// The last day on which a lot is fit for use.
    lots: BTreeMap<(ItemId, LotId), Date>,
    /// How many units of each serial number are there: one, or the number is not kept.
    serials: BTreeMap<(ItemId, LotId), u64>,
    earmarks: BTreeMap<EarmarkId, Earmark>,
    /// The earmarks by item and owner.
    promised: BTreeMap<ItemId, BTreeMap<PartyId, BTreeSet<EarmarkId>>>,
    /// What earmarks keep of an owner's stock on hand; follows from their slots.
    kept: BTreeMap<(ItemId, PartyId), u64>,
    draws: BTreeMap<ReleaseId, Vec<Draw>>,
    requirements: BTreeMap<(ItemId, PartyId), Vec<Requirement>>,
    consumption: BTreeMap<(ItemId, PartyId), BTreeMap<Month, Consumed>>,
    stated: BTreeMap<AccountKey, Stated>,
    /// What has come into each party's hands, from supply or from another party.
    arrivals: BTreeMap<(ItemId, PartyId), u64>,
}

/// Commands of the room.
#[derive(Clone, Debug)]
pub enum Command {
    /// Take units in.
    ReceiveStock {
        /// Into which account.
        into: AccountKey,
        /// How many units, at least 1.
        quantity: Quantity,
        /// The last day on which the lot is fit for use.
        expires: Option<Date>,
        /// They were on order, due in this month.
        from_order: Option<Month>,
        /// They were made for this slot of an earmark.
        earmark: Option<(EarmarkId, Month)>,
        /// Where the figure is stated.
        source: String,
        /// How well it is established.
        standing: Standing,
    },
    /// Move units of one party to another place, or into another state.
    MoveStock {
        /// From which account.
        from: AccountKey,
        /// Into which state.
        to_state: AccountState,
        /// To which place.
        to_place: Option<PlaceId>,
        /// How many units, at least 1.
        quantity: Quantity,
    },
    /// Issue units for another purpose than a release.
    IssueStock {
        /// Of what.
        item: ItemId,
        /// Whose.
        party: PartyId,
        /// Only from there.
        place: Option<PlaceId>,
        /// Only of this lot.
        lot: Option<LotId>,
        /// How many units, at least 1.
        quantity: Quantity,
        /// For what.
        reason: StockReason,
    },
    /// Enter what a count found in one account.
    CountStock {
        /// Which account.
        account: AccountKey,
        /// How many units are there.
        units: Quantity,
        /// What the books said to whoever counted.
        expected: Option<u64>,
        /// Why the books were wrong.
        reason: StockReason,
        /// Where the figure is stated.
        source: String,
        /// How well it is established.
        standing: Standing,
    },
    /// Take in many figures; all of them, or none.
    ImportFigures {
        /// The figures.
        figures: Box<Figures>,
    },
}

impl Command {
    /// A plain receipt: not of an order, for no earmark, of no lot that expires.
    #[must_use]
    pub fn receive(into: AccountKey, quantity: Quantity, source: &str, standing: Standing) -> Self {
        let source = source.to_owned();
        let (expires, from_order, earmark) = (None, None, None);
        Self::ReceiveStock { into, quantity, expires, from_order, earmark, source, standing }
    }
}

/// Events of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of the commands")]
pub enum Event {
    /// Units came in.
    StockReceived {
        into: AccountKey,
        quantity: Quantity,
        expires: Option<Date>,
        from_order: Option<Month>,
        earmark: Option<(EarmarkId, Month)>,
        source: String,
        standing: Standing,
    },
    /// Units of one party changed place or state.
    StockMoved { from: AccountKey, to: AccountKey, units: u64 },
    /// A count changed the books.
    StockCounted { changes: Vec<Change>, reason: StockReason },
    /// Many figures were taken in.
    FiguresImported {
        changes: Vec<Change>,
        earmarks: Vec<Earmark>,
        requirements: Vec<Requirement>,
        consumption: Vec<Consumption>,
    },
    /// A release reserved units, some of which earmarks had kept for it.
    UnitsReserved { release: ReleaseId, lines: Vec<Line>, draws: Vec<Draw> },
    /// Reserved units were used or handed out.
    ReservationPosted { release: ReleaseId, lines: Vec<Line>, to: Destination },
    /// Units left that no release had reserved.
    UnitsPosted { lines: Vec<Line>, to: Destination },
    /// Units of slots that a release draws on were handed out.
    SlotsDelivered { release: ReleaseId, units: u64 },
    /// What a release still had reserved is free again.
    ReservationVoided { release: ReleaseId },
    /// Units of a slot went back to the owner of the earmark.
    SlotDiverted { earmark: EarmarkId, month: Month, kept: u64, to_be_made: u64 },
    /// Units of the owner go to a slot that they had been taken from.
    SlotRestored { earmark: EarmarkId, month: Month, units: u64 },
    /// An item has another triage class.
    ItemClassed { item: ItemId, class: ItemClass },
}

/// Where units go when they leave an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// They are used up.
    Used,
    /// They are issued for another purpose and gone.
    Issued(StockReason),
    /// They pass to this party; at the place of the party, or unplaced.
    Party {
        /// Who has them now.
        party: PartyId,
        /// Where.
        place: Option<PlaceId>,
    },
}

rejections!(
    /// Why the room refuses.
    Rejection in "stock" {
        UnknownItem { item: ItemId } = "unknown-item", "the item {item} is not declared";
        UnknownParty { party: PartyId } = "unknown-party", "the party {party} is not declared";
        UnknownPlace { place: PlaceId } = "unknown-place", "the place {place} is not declared";
        PlaceOfAnother { place: PlaceId, party: PartyId } = "place-of-another",
            "the place {place} is not run by {party}";
        UnknownEarmark { earmark: EarmarkId } = "unknown-earmark",
            "there is no earmark {earmark}";
        EarmarkOfAnother { earmark: EarmarkId } = "earmark-of-another",
            "the earmark {earmark} promises another item, or another owner's";
        NothingStated = "nothing-stated", "there is not one figure to take in";
        AccountTwice { account: AccountKey } = "account-twice",
            "two figures are stated for one account: {account}";
        EarmarkTwice { earmark: EarmarkId } = "earmark-twice",
            "the earmark {earmark} is stated twice; state it once, with all its months";
        QuantityZero = "quantity-zero", "the quantity must be at least 1";
        ReasonUnfit { reason: StockReason } = "reason-unfit",
            "{reason} is no reason here; units are issued for disposal, test or training, and \
                 counts have the other reasons";
        QuantityTooLarge = "quantity-too-large", "the sum would exceed 10^12 units";
        EarmarkForOwner { earmark: EarmarkId } = "earmark-for-owner",
            "the earmark {earmark} promises a party its own stock";
        RequirementEmpty { component: SmolStr } = "requirement-empty",
            "the requirement {component} ends before it begins";
        ExpiryWithoutLot { expires: Date } = "expiry-without-lot",
            "only a lot expires ({expires}); name the lot";
        LotExpired { expires: Date, on: Date } = "lot-expired",
            "the lot was fit for use until {expires} and can no longer be taken in on {on}";
        SerialMissing { item: ItemId } = "serial-missing",
            "every unit of {item} is known by its serial number; name it as the lot";
        FigureMoved { account: AccountKey, expected: u64, now: u64 } = "figure-moved",
            "somebody was quicker: {account} had {expected} units when you looked and has {now} \
                 now; look again";
        SerialTwice { item: ItemId, lot: LotId } = "serial-twice",
            "the serial number {lot} of {item} stands for one unit, in one place";
        EarmarkExists { earmark: EarmarkId } = "earmark-exists",
            "there is an earmark {earmark} already, and it promises something else";
        OrderTooSmall { month: Month, ordered: u64 } = "order-too-small",
            "only {ordered} units are on order for {month}";
        SlotTooSmall { earmark: EarmarkId, month: Month, open: u64 } = "slot-too-small",
            "only {open} units of {earmark} are still to be made for {month}, and they are taken \
                 in on hand";
        MovedNowhere = "moved-nowhere", "the units are there already; name another place or state";
        OrderNotThere = "order-not-there",
            "units on order are not there yet: a receipt orders them, and a receipt against the \
                 order takes them in; they can be moved only to another month or place";
        IssueNeedsRelease { item: ItemId, controller: PartyId } = "issue-needs-release",
            "{controller} controls {item} too; ask for a release and hand out against that";
        NotEnough { wanted: Quantity, free: Quantity, party: PartyId } = "not-enough",
            "{wanted} units are wanted, but {party} has only {free} there that are not promised";
    }
);

impl Stock {
    pub(crate) fn found(charter: &Charter) -> Self {
        let mut stock = Self::default();
        for item in &charter.items {
            stock.items.insert(item.id.clone(), item.clone());
        }
        for input in &charter.inputs {
            stock.inputs.insert(input.id.clone(), input.clone());
        }
        for place in &charter.places {
            stock.places.insert(place.id.clone(), place.clone());
        }
        stock
    }

    /// The item, if it is declared.
    #[must_use]
    pub fn item(&self, item: &ItemId) -> Option<&Item> {
        self.items.get(item)
    }

    /// The items.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// The inputs by id.
    #[must_use]
    pub fn inputs(&self) -> &BTreeMap<InputId, Input> {
        &self.inputs
    }

    /// The place, if it is declared.
    #[must_use]
    pub fn place(&self, place: &PlaceId) -> Option<&Place> {
        self.places.get(place)
    }

    /// The places.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.places.values()
    }

    /// The accounts and their balances.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountKey, Balance)> {
        self.accounts.iter().map(|(key, balance)| (key, *balance))
    }

    /// What is in an account.
    #[must_use]
    pub fn balance(&self, account: &AccountKey) -> Balance {
        self.accounts.get(account).copied().unwrap_or_default()
    }

    /// What a release still has reserved.
    #[must_use]
    pub fn reservation(&self, release: ReleaseId) -> &[Line] {
        self.reservations.get(&release).map_or(&[], Vec::as_slice)
    }

    /// All reservations.
    pub fn reservations(&self) -> impl Iterator<Item = (ReleaseId, &[Line])> {
        self.reservations.iter().map(|(release, lines)| (*release, lines.as_slice()))
    }

    /// Units that came from, or went, outside.
    #[must_use]
    pub fn outside(&self, item: &ItemId, side: Outside) -> u64 {
        self.outside.get(&(item.clone(), side)).copied().unwrap_or(0)
    }

    /// Units that have come into a party's hands since the ledger began: the balance *delivered*.
    #[must_use]
    pub fn delivered(&self, item: &ItemId, party: &PartyId) -> u64 {
        self.arrivals.get(&(item.clone(), party.clone())).copied().unwrap_or(0)
    }

    /// A party other than `party` that controls the item, by its origin or an input.
    #[must_use]
    pub fn foreign_controller(&self, item: &ItemId, party: &PartyId) -> Option<PartyId> {
        let item = self.items.get(item)?;
        if item.origin != *party {
            return Some(item.origin.clone());
        }
        match item.controllers(&self.inputs) {
            Ok(all) => all.into_iter().find(|other| *other != party).cloned(),
            // Who controls an input that nobody declared is not known: then it is not the party's.
            Err(_) => Some(item.origin.clone()),
        }
    }
}

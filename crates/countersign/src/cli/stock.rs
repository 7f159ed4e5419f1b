//! `stock …`.

mod board;
mod import;

pub(super) use board::mark;

use super::desk::Desk;
use super::output::Output;
use super::people::done;
use super::{Failure, Global, known};
use crate::views::board::AHEAD;
use clap::{Args, Subcommand};
use countersign_core::stock::{AccountKey, AccountState, Command, Event as StockEvent, Wanted};
use countersign_core::{Event, State};
use countersign_proof::words::{
    Date, EarmarkId, ItemId, LotId, Moment, Month, PartyId, PlaceId, Quantity, ReleaseId, Standing,
    StockReason,
};
use std::str::FromStr;

/// Verbs of `stock`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show every item: what is there, what it must cover, its class, and when it will be short
    #[command(after_help = "Example:\n  countersign --ledger D stock board --months 24")]
    Board {
        /// How many months to look ahead
        #[arg(long, default_value_t = AHEAD, value_parser = super::months,
            allow_negative_numbers = true)]
        months: u16,
    },
    /// Show what is there, and what of it is promised
    Show(FilterArgs),
    /// Show what holds the units of an item: releases and earmarks
    Holds {
        /// The item
        item: ItemId,
        /// Only this party's
        #[arg(long)]
        party: Option<PartyId>,
    },
    /// Show for each holder what is authorised for delivery, delivered, and cleared for use
    Balances {
        /// Only this holder
        #[arg(long)]
        holder: Option<PartyId>,
    },
    /// Show what was there at a moment of the past
    #[command(after_help = "Example:\n  countersign --ledger D stock as-of 2025-03-01")]
    AsOf {
        /// The moment, or a date, which means its first moment
        #[arg(value_parser = super::moment)]
        at: Moment,
        #[command(flatten)]
        filter: FilterArgs,
    },
    /// Take units in, or put them on order
    Receive(ReceiveArgs),
    /// Take in figures from tables: all of them, or none
    Import(import::ImportArgs),
    /// Move units of one party to another place or into another state
    Transfer(TransferArgs),
    /// Issue units: under a release, or for disposal, test or training
    #[command(after_help = "Examples:\n  \
        countersign --ledger D --as P-4L8V --key D/keys/P-4L8V stock issue --release REL-7 \\\n    \
        --quantity 2\n  \
        countersign --ledger D --as P-4L8V --key D/keys/P-4L8V stock issue --item ATACMS \\\n    \
        --party US --quantity 1 --reason disposal")]
    Issue(IssueArgs),
    /// Enter what a count found
    Count(CountArgs),
}

#[derive(Debug, Args)]
pub(super) struct FilterArgs {
    /// Only this item
    #[arg(long)]
    item: Option<ItemId>,
    /// Only this party
    #[arg(long)]
    party: Option<PartyId>,
}

/// Which account.
#[derive(Debug, Args)]
pub(super) struct AccountArgs {
    /// Of what
    #[arg(long)]
    item: ItemId,
    /// Whose
    #[arg(long)]
    party: PartyId,
    /// Where
    #[arg(long)]
    place: Option<PlaceId>,
    /// Of which lot; for items with serial numbers, the serial number
    #[arg(long)]
    lot: Option<LotId>,
    /// on-hand, quarantined, in-transit=YYYY-MM or on-order=YYYY-MM, with the month they are due
    #[arg(long, default_value = "on-hand")]
    state: StateArg,
}

impl AccountArgs {
    fn key(&self) -> AccountKey {
        AccountKey {
            item: self.item.clone(),
            party: self.party.clone(),
            state: self.state.0,
            place: self.place.clone(),
            lot: self.lot.clone(),
        }
    }
}

/// A state of stock as it is given on the command line.
#[derive(Clone, Copy, Debug)]
pub(super) struct StateArg(AccountState);

impl FromStr for StateArg {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        account_state(text).map(Self)
    }
}

/// Reads a state of stock: `on-hand`, or `on-order=2025-09` with the month in which it is due.
pub(crate) fn account_state(text: &str) -> Result<AccountState, String> {
    let (word, month) = match text.split_once('=') {
        Some((word, month)) => (word, Some(month.parse::<Month>().map_err(|e| e.to_string())?)),
        None => (text, None),
    };
    match (word, month) {
        ("on-hand", None) => Ok(AccountState::OnHand),
        ("quarantined", None) => Ok(AccountState::Quarantined),
        ("in-transit", Some(month)) => Ok(AccountState::InTransit(month)),
        ("on-order", Some(month)) => Ok(AccountState::OnOrder(month)),
        ("in-transit" | "on-order", None) => {
            Err(format!("say in which month the units are due: {word}=2025-09"))
        }
        (_, _) => {
            Err("write on-hand, quarantined, in-transit=2025-09 or on-order=2025-09".to_owned())
        }
    }
}

/// A number of units, or of packs: `12`, or `3 case`.
#[derive(Clone, Debug)]
pub(super) struct Amount {
    number: Quantity,
    pack: Option<String>,
}

impl FromStr for Amount {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (number, pack) = match text.split_once(' ') {
            Some((number, pack)) => (number, Some(pack.to_owned())),
            None => (text, None),
        };
        let number = number.parse().map_err(|error| format!("{error}"))?;
        Ok(Self { number, pack })
    }
}

impl Amount {
    /// The number of units, by the item's sizes of pack.
    fn units(&self, state: &State, item: &ItemId) -> Result<Quantity, Failure> {
        let Some(pack) = &self.pack else { return Ok(self.number) };
        let sizes = &known::item(state, item)?.packs;
        let size = sizes.get(pack).ok_or_else(|| {
            let known: Vec<&str> = sizes.keys().map(String::as_str).collect();
            Failure::usage(match known.as_slice() {
                [] => format!("{item} has no packs; give the number of units"),
                known => format!("{item} has no pack {pack:?}; it has: {}", known.join(", ")),
            })
        })?;
        // What is too large for a number of units is too large for the books.
        let units = self.number.units().checked_mul(u64::from(*size)).and_then(Quantity::new);
        units.ok_or_else(|| Failure::usage("that is more than 10^12 units"))
    }
}

#[derive(Debug, Args)]
pub(super) struct ReceiveArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// How many units, or packs, as in '3 case'
    #[arg(long, allow_negative_numbers = true)]
    quantity: Amount,
    /// The last day on which the lot is fit for use
    #[arg(long, requires = "lot", value_name = "DATE")]
    expires: Option<Date>,
    /// They were on order, due in this month
    #[arg(long, value_name = "YYYY-MM")]
    from_order: Option<Month>,
    /// They were made for this earmark
    #[arg(long, requires = "month")]
    earmark: Option<EarmarkId>,
    /// The month of the earmark's slot
    #[arg(long, requires = "earmark", value_name = "YYYY-MM")]
    month: Option<Month>,
    /// Where the figure is stated
    #[arg(long)]
    source: String,
    /// reported, official, disputed or assumed
    #[arg(long)]
    standing: Standing,
}

#[derive(Debug, Args)]
pub(super) struct TransferArgs {
    #[command(flatten)]
    from: AccountArgs,
    /// To which place; the same, if not given
    #[arg(long)]
    to_place: Option<PlaceId>,
    /// Into which state; the same, if not given
    #[arg(long)]
    to_state: Option<StateArg>,
    /// How many units, or packs, as in '3 case'
    #[arg(long, allow_negative_numbers = true)]
    quantity: Amount,
}

#[derive(Debug, Args)]
pub(super) struct IssueArgs {
    /// Hand out under this release
    #[arg(long, conflicts_with_all = ["item", "party", "place", "lot", "reason"])]
    release: Option<ReleaseId>,
    /// Of what
    #[arg(long, required_unless_present = "release")]
    item: Option<ItemId>,
    /// Whose
    #[arg(long, required_unless_present = "release")]
    party: Option<PartyId>,
    /// Only from there
    #[arg(long)]
    place: Option<PlaceId>,
    /// Only of this lot
    #[arg(long)]
    lot: Option<LotId>,
    /// How many units, or packs, as in '3 case'
    #[arg(long, allow_negative_numbers = true)]
    quantity: Amount,
    /// disposal, test or training
    #[arg(long, required_unless_present = "release")]
    reason: Option<StockReason>,
}

#[derive(Debug, Args)]
pub(super) struct CountArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// How many units are there
    #[arg(long, allow_negative_numbers = true)]
    counted: Amount,
    /// What the books said when it was counted; another number now refuses it
    #[arg(long, value_name = "UNITS", allow_negative_numbers = true)]
    expected: Option<Quantity>,
    /// count, damaged, expired, lost, found, correction or order-changed
    #[arg(long, default_value = "count")]
    reason: StockReason,
    /// Where the figure is stated
    #[arg(long)]
    source: String,
    /// reported, official, disputed or assumed
    #[arg(long)]
    standing: Standing,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Board { months } => board::board(global, &global.state()?, *months, output),
        Verb::Show(filter) => board::show(global, &global.state()?, filter, output),
        Verb::Holds { item, party } => board::holds(global, item, party.as_ref(), output),
        Verb::Balances { holder } => board::balances(global, holder.as_ref(), output),
        Verb::AsOf { at, filter } => as_of(global, *at, filter, output),
        Verb::Receive(args) => receive(global, args, output),
        Verb::Import(args) => import::run(global, args, output),
        Verb::Transfer(args) => transfer(global, args, output),
        Verb::Issue(args) => issue(global, args, output),
        Verb::Count(args) => count(global, args, output),
    }
}

fn as_of(
    global: &Global,
    at: Moment,
    filter: &FilterArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let (newest, past) = global.state_as_of(Some(at))?;
    let state = past.as_ref().unwrap_or(&newest);
    board::show(global, state, filter, output)
}

fn receive(global: &Global, args: &ReceiveArgs, output: &mut Output) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let by = desk.session(global)?;
    let (item, party) = (&args.account.item, &args.account.party);
    let command = Command::ReceiveStock {
        into: args.account.key(),
        quantity: desk.look(|state| args.quantity.units(state, item))?,
        expires: args.expires,
        from_order: args.from_order,
        earmark: args.earmark.clone().zip(args.month),
        source: args.source.clone(),
        standing: args.standing,
    };
    desk.submit(Some(by), command)?;
    free(&desk, item, party, output);
    Ok(())
}

fn free(desk: &Desk, item: &ItemId, party: &PartyId, output: &mut Output) {
    let free = desk.look(|state| state.stock.free(&Wanted::of(item, party)));
    done(desk, output, &format!("{party} has {free} {item} that are not promised."));
}

fn transfer(global: &Global, args: &TransferArgs, output: &mut Output) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let by = desk.session(global)?;
    let from = args.from.key();
    let quantity = desk.look(|state| args.quantity.units(state, &from.item))?;
    let command = Command::MoveStock {
        to_state: args.to_state.map_or(from.state, |state| state.0),
        to_place: args.to_place.clone().or_else(|| from.place.clone()),
        from,
        quantity,
    };
    desk.submit(Some(by), command)?;
    free(&desk, &args.from.item, &args.from.party, output);
    Ok(())
}

fn issue(global: &Global, args: &IssueArgs, output: &mut Output) -> Result<(), Failure> {
    if let Some(release) = args.release {
        if args.quantity.pack.is_some() {
            return Err(Failure::usage("under a release, give the number of units"));
        }
        return super::releases::hand_out(global, release, args.quantity.number, output);
    }
    let missing = || Failure::usage("name item, party and reason, or a release");
    let (item, party) = args.item.as_ref().zip(args.party.as_ref()).ok_or_else(missing)?;
    let mut desk = Desk::open(global)?;
    let by = desk.session(global)?;
    let command = Command::IssueStock {
        item: item.clone(),
        party: party.clone(),
        place: args.place.clone(),
        lot: args.lot.clone(),
        quantity: desk.look(|state| args.quantity.units(state, item))?,
        reason: args.reason.ok_or_else(missing)?,
    };
    desk.submit(Some(by), command)?;
    free(&desk, item, party, output);
    Ok(())
}

fn count(global: &Global, args: &CountArgs, output: &mut Output) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let by = desk.session(global)?;
    let account = args.account.key();
    let before = desk.look(|state| state.stock.balance(&account).on_hand);
    let units = desk.look(|state| args.counted.units(state, &account.item))?;
    let command = Command::CountStock {
        account: account.clone(),
        units,
        expected: args.expected.map(Quantity::units),
        reason: args.reason,
        source: args.source.clone(),
        standing: args.standing,
    };
    let (_, events) = desk.submit(Some(by), command)?;
    let mut words = vec![format!("{account}: {before} units before, {units} now.")];
    for event in &events {
        if let Event::Stock(StockEvent::StockCounted { changes, .. }) = event {
            let cut = changes.iter().flat_map(|change| &change.cut);
            words.extend(cut.map(|(release, units)| {
                format!("{release} loses {units} that were reserved for it.")
            }));
        }
    }
    done(&desk, output, &words.join(" "));
    Ok(())
}

//! `stock …`.

mod import;

use super::desk::Desk;
use super::output::Output;
use super::people::done;
use super::{Failure, Global};
use clap::{Args, Subcommand};
use countersign_core::stock::{AccountKey, AccountState, Command, Wanted};
use countersign_proof::words::{ItemId, LotId, PartyId, PlaceId, Quantity, Standing};
use serde_json::{Value, json};

/// Verbs of `stock`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Take units in
    Receive(ReceiveArgs),
    /// Take in figures from tables: all of them, or none
    Import(import::ImportArgs),
    /// Show what is there, and what of it is promised
    Show {
        /// Only this item
        #[arg(long)]
        item: Option<ItemId>,
        /// Only this party
        #[arg(long)]
        party: Option<PartyId>,
    },
}

#[derive(Debug, Args)]
pub(super) struct ReceiveArgs {
    /// Of what
    #[arg(long)]
    item: ItemId,
    /// Whose
    #[arg(long)]
    party: PartyId,
    /// Where
    #[arg(long)]
    place: Option<PlaceId>,
    /// Of which lot
    #[arg(long)]
    lot: Option<LotId>,
    /// How many units
    #[arg(long)]
    quantity: Quantity,
    /// Where the figure is stated
    #[arg(long)]
    source: String,
    /// reported, official, disputed or assumed
    #[arg(long)]
    standing: Standing,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Receive(args) => {
            let mut desk = Desk::open(global)?;
            let by = desk.session(global)?;
            let into = AccountKey {
                item: args.item.clone(),
                party: args.party.clone(),
                state: AccountState::OnHand,
                place: args.place.clone(),
                lot: args.lot.clone(),
            };
            let command = Command::receive(into, args.quantity, &args.source, args.standing);
            desk.submit(Some(by), command)?;
            let (item, party) = (&args.item, &args.party);
            let free = desk.look(|state| state.stock.free(&Wanted::of(item, party)));
            done(&desk, output, &format!("{party} has {free} {item} that are not promised."));
            Ok(())
        }
        Verb::Import(args) => import::run(global, args, output),
        Verb::Show { item, party } => {
            let state = global.state()?;
            let mut values = Vec::new();
            let mut rows = Vec::new();
            for (account, balance) in state.stock.accounts() {
                let wanted = item.as_ref().is_none_or(|item| account.item == *item)
                    && party.as_ref().is_none_or(|party| account.party == *party);
                if !wanted {
                    continue;
                }
                let holders: Vec<String> = state
                    .stock
                    .reservations()
                    .filter(|(_, lines)| lines.iter().any(|line| line.account == *account))
                    .map(|(release, _)| release.to_string())
                    .collect();
                let class = state.stock.item(&account.item).map(|item| item.class.as_str());
                let place = account.place.as_ref().map(ToString::to_string);
                let lot = account.lot.as_ref().map(ToString::to_string);
                values.push(json!({
                    "item": account.item.as_str(), "party": account.party.as_str(),
                    "place": place, "lot": lot, "class": class,
                    "on_hand": balance.on_hand, "reserved": balance.reserved,
                    "free": balance.free(), "reserved_by": holders,
                }));
                rows.push(vec![
                    account.item.to_string(),
                    account.party.to_string(),
                    place.unwrap_or_default(),
                    lot.unwrap_or_default(),
                    class.unwrap_or("unknown").to_owned(),
                    balance.on_hand.to_string(),
                    balance.reserved.to_string(),
                    balance.free().to_string(),
                    holders.join(", "),
                ]);
            }
            output.value(&Value::Array(values));
            let headings = [
                "item",
                "party",
                "place",
                "lot",
                "class",
                "on hand",
                "reserved",
                "free",
                "reserved by",
            ];
            output.table(&headings, &rows);
            Ok(())
        }
    }
}

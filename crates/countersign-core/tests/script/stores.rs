//! The words of the scenarios for stock: what is kept where, what moves, and what is stated.
//!
//!     receive 5 ATACMS for UA at UA.Depot-1 lot L-1 expires 2025-09-30
//!     receive 3 ATACMS for US state on-order:2025-07
//!     move 2 ATACMS for UA at UA.Depot-1 into quarantined
//!     issue 1 FLAMINGO for UA because training
//!     count 4 ATACMS for UA at UA.Depot-1 expected 5 because lost
//!     file june = count 5 ATACMS for UA; earmark EM-1 of ATACMS for US to UA from stock 2025-07=3
//!     import june by usdepot
#![allow(unreachable_pub, reason = "a module of the tests")]

use super::Words;
use super::world::{
    Answered, Receipt, World, account_state, consumption, earmark, figure, id, issue, move_to,
    recount, requirement, storekeeper,
};
use countersign_core::requests::Release;
use countersign_core::stock::{
    AccountKey, AccountState, Change, Command, Count, Destination, Event, Figures,
};
use countersign_proof::words::{Act, EarmarkId, Month};

/// `ATACMS for UA at UA.Depot-1 lot L-1 state quarantined`, after a number.
fn account(words: &Words<'_>) -> AccountKey {
    AccountKey {
        item: id(words.second()),
        party: id(words.get("for")),
        state: words.maybe("state").map_or(AccountState::OnHand, account_state),
        place: words.maybe("at").map(id),
        lot: words.maybe("lot").map(id),
    }
}

fn slot(text: &str) -> (EarmarkId, Month) {
    let (earmark, month) = text.split_once('/').expect("earmark/month");
    (id(earmark), id(month))
}

/// A command on stock: who gives it, and what it is; none for another verb.
pub fn command(verb: &str, words: &Words<'_>) -> Option<(String, Command)> {
    let units = || words.first().parse().expect("how many units");
    let command = match verb {
        "receive" => {
            let receipt = Receipt {
                expires: words.maybe("expires").map(id),
                from_order: words.maybe("order").map(id),
                earmark: words.maybe("earmark").map(slot),
            };
            receipt.of(units(), account(words))
        }
        "move" => {
            let from = account(words);
            let mut to = from.clone();
            to.state = words.maybe("into").map_or(to.state, account_state);
            to.place = words.maybe("to").map_or(to.place, |place| Some(id(place)));
            move_to(units(), from, &to)
        }
        "issue" => issue(units(), &account(words), words.get("because")),
        "count" => {
            let expected = words.maybe("expected").map(|units| units.parse().unwrap());
            recount(units(), account(words), expected, words.maybe("because").unwrap_or("count"))
        }
        _ => return None,
    };
    let by = words.maybe("by").unwrap_or_else(|| storekeeper(words.get("for")));
    Some((by.to_owned(), command))
}

fn count(words: &Words<'_>) -> Count {
    let plain = figure(words.first().parse().unwrap(), account(words));
    Count {
        expected: words.maybe("expected").map(|units| units.parse().unwrap()),
        expires: words.maybe("expires").map(id),
        as_of: words.maybe("on").map_or(plain.as_of, id),
        source: words.maybe("source").unwrap_or("exercise").into(),
        ..plain
    }
}

/// Rows, each a figure, with `;` between them.
pub fn figures(text: &str) -> Figures {
    let mut figures = Figures::default();
    for row in text.split(';') {
        let mut words = row.split_whitespace();
        let kind = words.next().unwrap_or("");
        let words = Words(words.collect());
        let units = || words.first().parse().expect("how many units");
        let whose = || (words.second(), words.get("for"));
        match kind {
            "count" => figures.counts.push(count(&words)),
            "earmark" => {
                let what = [words.get("of"), words.get("for"), words.get("to")];
                let slots: Vec<(&str, u64)> = (words.all("from").into_iter().skip(1))
                    .map(|slot| slot.split_once('=').expect("month=units"))
                    .map(|(month, units)| (month, units.parse().unwrap()))
                    .collect();
                figures.earmarks.push(earmark(words.first(), what, words.get("from"), &slots));
            }
            "requirement" => figures.requirements.push(requirement(
                units(),
                whose(),
                words.get("as"),
                words.get("from"),
                words.maybe("until"),
            )),
            "actual" | "planned" => {
                let planned = kind == "planned";
                let used = consumption(units(), whose(), words.get("in"), planned);
                figures.consumption.push(used);
            }
            "" => {}
            other => panic!("no row begins with {other:?}"),
        }
    }
    figures
}

pub fn import(world: &mut World, by: &str, text: &str) -> Answered {
    world.import(by, figures(text))
}

fn changed(changes: &[Change], told: &mut Vec<String>) {
    for change in changes {
        let Change { from, to, cut, .. } = change;
        told.push(format!("{to} instead of {from}"));
        told.extend(cut.iter().map(|(release, units)| format!("{release} loses {units}")));
    }
}

/// What an event on stock says; bookkeeping is left out.
pub fn tell(event: &Event, told: &mut Vec<String>) {
    match event {
        Event::StockReceived { .. } => told.push("received".to_owned()),
        Event::StockMoved { .. } => told.push("moved".to_owned()),
        Event::StockCounted { changes, reason } => {
            told.push(format!("counted for {reason}"));
            changed(changes, told);
        }
        Event::FiguresImported { changes, earmarks, .. } => {
            told.push("imported".to_owned());
            changed(changes, told);
            told.extend(earmarks.iter().map(|earmark| format!("{} made", earmark.id)));
        }
        Event::UnitsReserved { draws, .. } => {
            for draw in draws {
                told.push(format!("draws {} on {}/{}", draw.units, draw.earmark, draw.month));
            }
        }
        Event::UnitsPosted { to: Destination::Issued(reason), .. } => {
            told.push(format!("issued for {reason}"));
        }
        Event::SlotDiverted { earmark, month, .. } => {
            told.push(format!("{earmark}/{month} diverted"));
        }
        Event::ReservationPosted { .. }
        | Event::SlotRestored { .. }
        | Event::UnitsPosted { .. }
        | Event::SlotsDelivered { .. }
        | Event::ReservationVoided { .. }
        | Event::ItemClassed { .. } => {}
    }
}

/// An account in words: `3 on-hand at UA.Depot-1 lot L-1, 2 reserved`.
fn shelf(account: &AccountKey, (there, reserved): (u64, u64)) -> String {
    let mut words = format!("{there} {}", account.state);
    if let Some(place) = &account.place {
        words += &format!(" at {place}");
    }
    if let Some(lot) = &account.lot {
        words += &format!(" lot {lot}");
    }
    if reserved > 0 {
        words += &format!(" with {reserved} reserved");
    }
    words
}

/// What the books say of one thing; none for another verb.
pub fn show(world: &World, verb: &str, words: &Words<'_>) -> Option<Vec<String>> {
    let stock = &world.state.stock;
    Some(match verb {
        "stock" => {
            let (item, party) = (id(words.first()), id(words.second()));
            let (mut there, mut reserved) = (0, 0);
            for (_, balance) in stock.on_hand(&item, &party) {
                there += balance.on_hand;
                reserved += balance.reserved;
            }
            vec![format!("{there} on hand"), format!("{reserved} reserved")]
        }
        "accounts" => stock
            .accounts_of(&id(words.first()), &id(words.second()))
            .filter(|(_, balance)| balance.on_hand > 0)
            .map(|(account, balance)| shelf(account, (balance.on_hand, balance.reserved)))
            .collect(),
        "slots" => {
            let earmark = stock.earmark(&id(words.first())).expect("an earmark of that name");
            let slot = |(month, slot): (&Month, &countersign_core::stock::Slot)| {
                format!(
                    "{month} promises {} with {} made and {} committed and {} delivered",
                    slot.quantity, slot.made, slot.committed, slot.delivered
                )
            };
            earmark.slots.iter().map(slot).collect()
        }
        "kept" => {
            let (item, owner) = (id(words.first()), id(words.second()));
            let own = words.maybe("for").map(|to| stock.kept_for(&item, &owner, &id(to)));
            vec![format!("{} kept", own.unwrap_or_else(|| stock.kept(&item, &owner)))]
        }
        "balances" => {
            let (item, party) = (id(words.first()), id(words.second()));
            let cleared: u64 = (world.state.requests.live())
                .filter(|release| clears(world, release, &item, &party))
                .map(|release| release.left().units())
                .sum();
            vec![
                format!("{} authorised", stock.authorised(&item, &party)),
                format!("{} delivered", stock.delivered(&item, &party)),
                format!("{cleared} cleared"),
            ]
        }
        "required" => {
            let on = id(words.get("on"));
            let required = stock.required(&id(words.first()), &id(words.second()), on);
            vec![format!("{required} required")]
        }
        "consumed" => {
            let months = stock.consumption(&id(words.first()), &id(words.second()));
            let used = months.and_then(|months| months.get(&id(words.get("in"))));
            let word = |units: Option<u64>| units.map_or("unknown".to_owned(), |n| n.to_string());
            let used = used.copied().unwrap_or_default();
            vec![format!("{} actual", word(used.actual)), format!("{} planned", word(used.planned))]
        }
        "expires" => {
            let lot = id(words.get("lot"));
            let day = stock.expires(&id(words.first()), Some(&lot));
            vec![day.map_or("never".to_owned(), |day| day.to_string())]
        }
        _ => return None,
    })
}

/// Whether a release clears units for use: the third of the three balances.
fn clears(
    world: &World,
    release: &Release,
    item: &countersign_proof::words::ItemId,
    party: &countersign_proof::words::PartyId,
) -> bool {
    let draft = &world.request(release.request.0).draft;
    let own = draft.item == *item && draft.holder == *party;
    own && draft.act == Act::Use && release.state.is_usable()
}

//! The oracle's own books of accounts, lots, slots and what is drawn on them.

use super::oracle::{Found, demand};
use countersign_core::State;
use countersign_core::stock::{
    AccountKey, AccountState, Change, Destination, Earmark, Event, Line, Origin,
};
use countersign_proof::words::{
    Date, EarmarkId, ItemId, LotId, Moment, Month, PartyId, PlaceId, ReleaseId, StockReason,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a release may draw on.
pub struct Whose {
    pub item: ItemId,
    pub party: PartyId,
    pub receiver: Option<PartyId>,
    pub depot: Option<PlaceId>,
}

#[derive(Clone, Default)]
struct Slot {
    promised: u64,
    made: u64,
    delivered: u64,
}

struct Promise {
    item: ItemId,
    owner: PartyId,
    recipient: PartyId,
    slots: BTreeMap<Month, Slot>,
}

type Draws = Vec<(EarmarkId, Month, u64)>;

/// Accounts, lots and slots, kept from the events alone.
#[derive(Default)]
pub struct Shelves {
    there: BTreeMap<AccountKey, u64>,
    held: BTreeMap<ReleaseId, BTreeMap<AccountKey, u64>>,
    last_days: BTreeMap<(ItemId, LotId), Date>,
    promises: BTreeMap<EarmarkId, Promise>,
    draws: BTreeMap<ReleaseId, Draws>,
    /// What was drawn on before the void of this step.
    before: BTreeMap<ReleaseId, Draws>,
    arrived: BTreeMap<(ItemId, PartyId), u64>,
    /// Accounts of which a figure was stated: the first one says what had come in before.
    known: BTreeSet<AccountKey>,
    handed_out: u64,
}

impl Shelves {
    fn reserved(&self, account: &AccountKey) -> u64 {
        self.held.values().filter_map(|lines| lines.get(account)).sum()
    }

    fn free(&self, account: &AccountKey) -> u64 {
        self.there.get(account).copied().unwrap_or(0) - self.reserved(account)
    }

    fn last_day(&self, account: &AccountKey) -> Date {
        let lot = account.lot.clone().map(|lot| (account.item.clone(), lot));
        lot.and_then(|lot| self.last_days.get(&lot).copied()).unwrap_or(Moment::LAST.date())
    }

    fn committed(&self, earmark: &EarmarkId, month: Month) -> u64 {
        let all = self.draws.values().flatten();
        all.filter(|draw| (&draw.0, draw.1) == (earmark, month)).map(|draw| draw.2).sum()
    }

    /// What is made for others than `but`, and neither drawn on nor handed out.
    fn kept(&self, item: &ItemId, owner: &PartyId, but: Option<&PartyId>) -> u64 {
        let mut kept = 0;
        for (id, promise) in &self.promises {
            let of = (&promise.item, &promise.owner) == (item, owner);
            for (month, slot) in &promise.slots {
                if of && Some(&promise.recipient) != but {
                    let gone = self.committed(id, *month) + slot.delivered;
                    kept += slot.made.saturating_sub(gone);
                }
            }
        }
        kept
    }

    /// Free units on hand of a party that are fit on a day.
    fn fit(&self, item: &ItemId, party: &PartyId, on: Date) -> u64 {
        let own = self.there.keys().filter(|key| {
            (&key.item, &key.party, key.state) == (item, party, AccountState::OnHand)
        });
        own.filter(|key| self.last_day(key) >= on).map(|key| self.free(key)).sum()
    }

    fn put(&mut self, account: &AccountKey, units: u64) {
        *self.there.entry(account.clone()).or_default() += units;
    }

    fn take_out(&mut self, account: &AccountKey, units: u64) -> Found {
        let there = self.there.entry(account.clone()).or_default();
        *there = there.checked_sub(units).ok_or_else(|| format!("{account}: too few units"))?;
        let (there, reserved) = (*there, self.reserved(account));
        demand(reserved <= there, || format!("{account}: {there} there, {reserved} reserved"))
    }

    pub fn take(&mut self, at: Moment, event: &Event, whose: Option<&Whose>) -> Found {
        match event {
            Event::StockReceived { into, quantity, expires, from_order, earmark, .. } => {
                let units = quantity.units();
                self.received(into, units, *from_order)?;
                if let (Some(lot), Some(day)) = (&into.lot, expires) {
                    self.last_days.insert((into.item.clone(), lot.clone()), *day);
                }
                let day = self.last_day(into);
                demand(day >= at.date(), || format!("{into} taken in after {day}"))?;
                earmark.as_ref().map_or(Ok(()), |(id, month)| self.made(id, *month, units))
            }
            Event::StockMoved { from, to, units } => {
                let order = |key: &AccountKey| matches!(key.state, AccountState::OnOrder(_));
                demand(order(from) == order(to), || format!("{from} became {to}"))?;
                let leaves = from.state == AccountState::OnHand && to.state != from.state;
                if leaves && self.last_day(from) >= at.date() {
                    self.leaves_enough(from, *units, at)?;
                }
                self.take_out(from, *units)?;
                self.put(to, *units);
                Ok(())
            }
            Event::StockCounted { changes, reason: _ } => self.counted(changes),
            Event::FiguresImported { changes, earmarks, .. } => {
                self.counted(changes)?;
                earmarks.iter().try_for_each(|earmark| self.promised(earmark))
            }
            Event::UnitsReserved { release, lines, draws } => {
                let draws = draws.iter().map(|d| (d.earmark.clone(), d.month, d.units)).collect();
                self.reserve(at, *release, lines, draws, whose.ok_or("for nobody")?)
            }
            Event::ReservationPosted { release, lines, to } => {
                for Line { account, units } in lines {
                    let held = self.held.entry(*release).or_default().get_mut(account);
                    let held = held.ok_or_else(|| format!("{release} holds none of {account}"))?;
                    *held = held.checked_sub(*units).ok_or("more posted than held")?;
                }
                self.gone(lines, to)
            }
            Event::UnitsPosted { lines, to } => {
                if let Destination::Issued(reason) = to {
                    self.issued(at, lines, *reason)?;
                }
                self.gone(lines, to)
            }
            Event::SlotsDelivered { release, units } => self.delivered(*release, *units),
            Event::ReservationVoided { release } => {
                self.held.remove(release);
                let draws = self.draws.remove(release).unwrap_or_default();
                self.before.insert(*release, draws);
                Ok(())
            }
            Event::SlotDiverted { .. } | Event::SlotRestored { .. } | Event::ItemClassed { .. } => {
                Err("nothing diverts or classes yet".to_owned())
            }
        }
    }

    fn received(&mut self, into: &AccountKey, units: u64, from_order: Option<Month>) -> Found {
        let mut left = from_order.map_or(0, |_| units);
        let ordered: Vec<AccountKey> = (self.there.keys())
            .filter(|key| (&key.item, &key.party) == (&into.item, &into.party))
            .filter(|key| Some(key.state) == from_order.map(AccountState::OnOrder))
            .cloned()
            .collect();
        for account in ordered {
            let some = self.there[&account].min(left);
            self.take_out(&account, some)?;
            left -= some;
        }
        demand(left == 0, || format!("{left} units arrive that nobody ordered"))?;
        self.put(into, units);
        self.known.insert(into.clone());
        if !matches!(into.state, AccountState::OnOrder(_)) {
            *self.arrived.entry((into.item.clone(), into.party.clone())).or_default() += units;
        }
        Ok(())
    }

    /// Nothing of what is kept, for whomever, is taken out of reach.
    fn leaves_enough(&self, from: &AccountKey, units: u64, at: Moment) -> Found {
        let (item, party) = (&from.item, &from.party);
        let (fit, kept) = (self.fit(item, party, at.date()), self.kept(item, party, None));
        demand(units + kept <= fit, || format!("{units} of {from}: {fit} fit, {kept} kept"))
    }

    fn issued(&self, at: Moment, lines: &[Line], reason: StockReason) -> Found {
        let fit: Vec<&Line> =
            lines.iter().filter(|line| self.last_day(&line.account) >= at.date()).collect();
        let disposal = reason == StockReason::Disposal;
        demand(disposal || fit.len() == lines.len(), || format!("expired units for {reason}"))?;
        let free = |line: &&Line| line.units <= self.free(&line.account);
        demand(lines.iter().all(|line| free(&line)), || "promised units issued".to_owned())?;
        let units = fit.iter().map(|line| line.units).sum();
        fit.first().map_or(Ok(()), |line| self.leaves_enough(&line.account, units, at))
    }

    fn made(&mut self, id: &EarmarkId, month: Month, units: u64) -> Found {
        let committed = self.committed(id, month);
        let promise = self.promises.get_mut(id).ok_or_else(|| format!("no {id}"))?;
        let slot = promise.slots.get_mut(&month).ok_or_else(|| format!("no {id}/{month}"))?;
        let taken = slot.made.max(committed + slot.delivered);
        slot.made += units;
        demand(taken + units <= slot.promised, || format!("{id}/{month}: made twice"))
    }

    fn promised(&mut self, earmark: &Earmark) -> Found {
        let slot = |slot: &countersign_core::stock::Slot| Slot {
            promised: slot.quantity,
            made: if earmark.origin == Origin::Stock { slot.quantity } else { 0 },
            delivered: 0,
        };
        let slots = earmark.slots.iter().map(|(month, stated)| (*month, slot(stated))).collect();
        let promise = Promise {
            item: earmark.item.clone(),
            owner: earmark.owner.clone(),
            recipient: earmark.recipient.clone(),
            slots,
        };
        let known = self.promises.insert(earmark.id.clone(), promise);
        demand(known.is_none(), || format!("{} made twice", earmark.id))
    }

    fn counted(&mut self, changes: &[Change]) -> Found {
        for Change { account, from, to, expires, cut, .. } in changes {
            let there = self.there.get(account).copied().unwrap_or(0);
            demand(there == *from, || format!("{account}: {there} there, {from} counted from"))?;
            for (release, units) in cut {
                let newer = self.held.iter().filter(|(other, _)| *other > release);
                let spared = newer.filter_map(|(_, lines)| lines.get(account)).sum::<u64>();
                demand(spared == 0, || format!("{release} is cut before a newer one"))?;
                let held = self.held.entry(*release).or_default().get_mut(account);
                let held = held.ok_or_else(|| format!("{release} holds none of {account}"))?;
                *held = held.checked_sub(*units).ok_or("more cut than held")?;
            }
            let reserved = self.reserved(account);
            let right = if cut.is_empty() { reserved <= *to } else { reserved == *to };
            demand(right, || format!("{account}: {to} there, {reserved} still reserved"))?;
            self.there.insert(account.clone(), *to);
            let ordered = matches!(account.state, AccountState::OnOrder(_));
            if self.known.insert(account.clone()) && !ordered {
                let key = (account.item.clone(), account.party.clone());
                *self.arrived.entry(key).or_default() += to.saturating_sub(*from);
            }
            if let (Some(lot), Some(day)) = (&account.lot, expires) {
                self.last_days.insert((account.item.clone(), lot.clone()), *day);
            }
        }
        Ok(())
    }

    fn reserve(
        &mut self,
        at: Moment,
        release: ReleaseId,
        lines: &[Line],
        draws: Draws,
        whose: &Whose,
    ) -> Found {
        let units: u64 = lines.iter().map(|line| line.units).sum();
        let again = self.before.remove(&release);
        let anew = again.is_none() && !self.held.contains_key(&release);
        let expected = match &again {
            Some(before) => first(before.iter().cloned(), units),
            None => first(self.open(whose).into_iter(), units),
        };
        demand(draws == expected, || format!("{release} draws {draws:?}, not {expected:?}"))?;
        if anew {
            let kept = self.kept(&whose.item, &whose.party, whose.receiver.as_ref());
            let fit = self.fit(&whose.item, &whose.party, at.date());
            demand(units + kept <= fit, || format!("{release}: {units} of {fit}, {kept} kept"))?;
        }
        for Line { account, units } in lines {
            let own = (&account.item, &account.party, account.state)
                == (&whose.item, &whose.party, AccountState::OnHand);
            demand(own && *units <= self.free(account), || format!("{release} takes {account}"))?;
            let held = self.held.entry(release).or_default();
            *held.entry(account.clone()).or_default() += units;
            let fit = !anew || self.last_day(account) >= at.date();
            demand(fit, || format!("{release} takes expired units of {account}"))?;
        }
        if anew {
            self.first_expiring_first(at, lines, whose)?;
        }
        if !draws.is_empty() {
            self.draws.insert(release, draws);
        }
        Ok(())
    }

    /// The open slots of a receiver, the earliest month first.
    fn open(&self, whose: &Whose) -> Draws {
        let mut open: Vec<(Month, EarmarkId, u64)> = Vec::new();
        for (id, promise) in &self.promises {
            let own = (&promise.item, &promise.owner) == (&whose.item, &whose.party);
            if own && Some(&promise.recipient) == whose.receiver.as_ref() {
                for (month, slot) in &promise.slots {
                    let gone = self.committed(id, *month) + slot.delivered;
                    open.push((*month, id.clone(), slot.promised - gone));
                }
            }
        }
        open.sort();
        open.into_iter().map(|(month, id, units)| (id, month, units)).collect()
    }

    /// No fit unit that expires earlier is left where a later one was taken.
    fn first_expiring_first(&self, at: Moment, lines: &[Line], whose: &Whose) -> Found {
        let last = lines.iter().map(|line| self.last_day(&line.account)).max();
        for account in self.there.keys() {
            let own = (&account.item, &account.party, account.state)
                == (&whose.item, &whose.party, AccountState::OnHand);
            let here = whose.depot.is_none() || account.place == whose.depot;
            let day = self.last_day(account);
            let passed = own && here && day >= at.date() && Some(day) < last;
            demand(!passed || self.free(account) == 0, || format!("{account} was passed over"))?;
        }
        Ok(())
    }

    fn gone(&mut self, lines: &[Line], to: &Destination) -> Found {
        for Line { account, units } in lines {
            self.take_out(account, *units)?;
            if let Destination::Party { party, place } = to {
                let (party, place) = (party.clone(), place.clone());
                let key = (account.item.clone(), party.clone());
                self.put(&AccountKey { party, place, ..account.clone() }, *units);
                *self.arrived.entry(key).or_default() += units;
            }
        }
        Ok(())
    }

    /// Units were handed out under a release: so many of them fulfil what it draws on.
    pub fn hand_out(&mut self, release: ReleaseId, units: u64) {
        let drawn = self.draws.get(&release).into_iter().flatten().map(|draw| draw.2).sum();
        self.handed_out = units.min(drawn);
    }

    fn delivered(&mut self, release: ReleaseId, units: u64) -> Found {
        demand(units == self.handed_out, || format!("{units} delivered of {}", self.handed_out))?;
        self.handed_out = 0;
        let draws = self.draws.remove(&release).unwrap_or_default();
        let given = first(draws.iter().cloned(), units);
        for (id, month, units) in &given {
            let promise = self.promises.get_mut(id).ok_or_else(|| format!("no {id}"))?;
            let slot = promise.slots.get_mut(month).ok_or_else(|| format!("no {id}/{month}"))?;
            slot.delivered += units;
            slot.made = slot.made.max(slot.delivered);
        }
        let mut left = draws;
        for (id, month, units) in given {
            let same = |draw: &&mut (EarmarkId, Month, u64)| (&draw.0, draw.1) == (&id, month);
            left.iter_mut().find(same).ok_or("a draw from nowhere")?.2 -= units;
        }
        left.retain(|draw| draw.2 > 0);
        if !left.is_empty() {
            self.draws.insert(release, left);
        }
        Ok(())
    }

    /// What must hold after a step: everything handed out was delivered, and releases hold units
    /// only at their depots.
    pub fn stands(&mut self, depots: &BTreeMap<ReleaseId, PlaceId>) -> Found {
        self.before.clear();
        demand(self.handed_out == 0, || format!("{} not delivered", self.handed_out))?;
        for (release, lines) in &self.held {
            let Some(depot) = depots.get(release) else { continue };
            let away =
                lines.iter().find(|(key, units)| key.place.as_ref() != Some(depot) && **units > 0);
            demand(away.is_none(), || format!("{release} holds units away from {depot}"))?;
        }
        Ok(())
    }

    /// Compares with what the ledger says.
    pub fn agrees(&self, state: &State) -> Found {
        let stock = &state.stock;
        let own = self.there.iter().filter(|(_, units)| **units > 0);
        let own: BTreeMap<&AccountKey, (u64, u64)> =
            own.map(|(key, units)| (key, (*units, self.reserved(key)))).collect();
        let told = stock.accounts().filter(|(_, balance)| balance.on_hand > 0);
        let told: BTreeMap<&AccountKey, (u64, u64)> =
            told.map(|(key, balance)| (key, (balance.on_hand, balance.reserved))).collect();
        demand(own == told, || format!("the accounts are {told:?}, not {own:?}"))?;
        for ((item, party), units) in &self.arrived {
            let told = stock.delivered(item, party);
            demand(told == *units, || format!("{told} of {item} delivered, not {units}"))?;
        }
        let mut promised: BTreeMap<(&ItemId, &PartyId), u64> = BTreeMap::new();
        for (id, promise) in &self.promises {
            let told = stock.earmark(id).ok_or_else(|| format!("no {id}"))?;
            for (month, slot) in &promise.slots {
                let told = told.slots[month];
                let told = (told.quantity, told.made, told.committed, told.delivered);
                let committed = self.committed(id, *month);
                let own = (slot.promised, slot.made, committed, slot.delivered);
                demand(told == own, || format!("{id}/{month} is {told:?}, not {own:?}"))?;
                *promised.entry((&promise.item, &promise.recipient)).or_default() +=
                    slot.promised - slot.delivered;
            }
            let (item, owner) = (&promise.item, &promise.owner);
            let (own, told) = (self.kept(item, owner, None), stock.kept(item, owner));
            demand(own == told, || format!("{item} of {owner}: {told} kept, not {own}"))?;
        }
        for ((item, to), units) in promised {
            let told = stock.authorised(item, to);
            demand(told == units, || format!("{told} of {item} authorised for {to}, not {units}"))?;
        }
        let earmarks = stock.earmarks().count();
        demand(earmarks == self.promises.len(), || format!("{earmarks} earmarks"))
    }
}

/// The first `units` of these.
fn first(draws: impl Iterator<Item = (EarmarkId, Month, u64)>, units: u64) -> Draws {
    let mut left = units;
    let mut some = Draws::new();
    for (id, month, units) in draws {
        let units = units.min(left);
        if units > 0 {
            some.push((id, month, units));
            left -= units;
        }
    }
    some
}

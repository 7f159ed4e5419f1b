//! Steps of a random history on stock: receipts, moves, issues, counts, imports.

use super::play::{ITEMS, Player};
use super::random::Random;
use super::world::{
    Receipt, account, consumption, earmark, figure, id, issue, move_to, recount, requirement,
    storekeeper,
};
use countersign_core::stock::{AccountKey, AccountState, Command, Count, Earmark, Figures};
use countersign_proof::words::{Month, Quantity};

const STATES: &[(u64, &str)] = &[
    (60, "on-hand"),
    (6, "quarantined"),
    (3, "in-transit:2025-04"),
    (8, "on-order:2025-04"),
    (4, "on-order:2025-05"),
];
const LOTS: &[(u64, &str)] = &[(10, "-"), (4, "L-1"), (4, "L-2"), (4, "L-3"), (1, "L-4")];
const REASONS: &[(u64, &str)] = &[(6, "count"), (2, "lost"), (2, "found"), (1, "test")];
/// Item, owner, recipient, origin.
const PROMISES: &[(u64, [&str; 3])] = &[
    (12, ["ATACMS", "US", "UA"]),
    (4, ["ATACMS", "US", "GB"]),
    (3, ["PATRIOT", "US", "UA"]),
    (6, ["FLAMINGO", "UA", "GB"]),
    (3, ["ATACMS", "UA", "GB"]),
    (1, ["ATACMS", "UA", "UA"]),
    (1, ["ATACMS", "UA", "XX"]),
];

impl Player {
    fn some_account(random: &mut Random) -> AccountKey {
        let item = if random.percent(2) { "SPEAR" } else { random.weighted(ITEMS) };
        let item = if random.percent(6) { "RADAR" } else { item };
        let party = random.weighted(&[(50, "UA"), (48, "US"), (1, "XX")]);
        let own: &[(u64, &str)] = if party == "US" {
            &[(6, "US.Depot-1"), (6, "-")]
        } else {
            &[(6, "UA.Depot-1"), (5, "UA.Depot-2"), (5, "-"), (1, "US.Depot-1"), (1, "Nowhere")]
        };
        let lot = match item {
            "RADAR" if random.percent(90) => format!("S-{}", random.below(4)),
            _ => random.weighted(LOTS).to_owned(),
        };
        let (state, place) = (random.weighted(STATES), random.weighted(own));
        account(&format!("{item} {party} {state} {place} {lot}"))
    }

    /// Mostly an account with something in it.
    fn used_account(&self, random: &mut Random) -> AccountKey {
        let used: Vec<AccountKey> = (self.world.state.stock.accounts())
            .filter(|(key, balance)| balance.on_hand > 0 && key.party.as_str() != "GB")
            .map(|(key, _)| key.clone())
            .collect();
        match random.pick(&used) {
            Some(key) if random.percent(90) => key.clone(),
            _ => Self::some_account(random),
        }
    }

    fn keep(&mut self, random: &mut Random, party: &str, command: Command) {
        let by = Self::person(random, storekeeper(party));
        self.session(Some(by).filter(|_| !random.percent(1)), command);
    }

    pub(super) fn receive(&mut self, random: &mut Random) {
        let mut into = Self::some_account(random);
        let mut units = random.weighted(&[(9, 4), (5, 10), (1, 0)]);
        if into.item.as_str() == "RADAR" && random.percent(90) {
            units = 1;
        }
        let mut receipt = Receipt::default();
        let lot = into.lot.is_some() || random.percent(1);
        if lot && random.percent(60) {
            let days = random.weighted(&[(4, 3), (4, 10), (4, 40), (4, 200)]);
            receipt.expires = Some(self.world.at.plus_days(days + random.below(3)).date());
            if random.percent(3) {
                receipt.expires = Some(id("2025-01-01"));
            }
        }
        if into.state == AccountState::OnHand && random.percent(20) {
            receipt.from_order = Some(id(random.weighted(&[(3, "2025-04"), (1, "2025-05")])));
            units = random.below(5) + 1;
        }
        let promises: Vec<Earmark> = self.world.state.stock.earmarks().cloned().collect();
        if let Some(promise) = random.pick(&promises)
            && random.percent(30)
        {
            let months: Vec<(Month, u64)> =
                promise.slots.iter().map(|(month, slot)| (*month, slot.to_be_made())).collect();
            let (month, left) = *random.pick(&months).unwrap();
            receipt.earmark = Some((promise.id.clone(), month));
            if random.percent(95) {
                into = account(&format!("{} {}", promise.item, promise.owner));
            }
            if left > 0 && random.percent(80) {
                units = random.between(1, left);
            }
            if random.percent(3) {
                receipt.earmark = Some((id("EM-99"), month));
            }
        }
        let party = into.party.to_string();
        self.keep(random, &party, receipt.of(units, into));
    }

    pub(super) fn moves(&mut self, random: &mut Random) {
        let from = self.used_account(random);
        let mut to = Self::some_account(random);
        if random.percent(60) {
            let place = if random.percent(50) { from.place.clone() } else { to.place.clone() };
            to = AccountKey { place, ..to };
        }
        let there = self.world.state.stock.balance(&from).on_hand;
        let units = if random.percent(90) { random.between(1, there.clamp(1, 6)) } else { 0 };
        let party = from.party.to_string();
        self.keep(random, &party, move_to(units, from, &to));
    }

    pub(super) fn issue(&mut self, random: &mut Random) {
        let mut from = self.used_account(random);
        if random.percent(40) {
            from.lot = None;
        }
        if random.percent(40) {
            from.place = None;
        }
        let reason = random.weighted(&[(4, "disposal"), (4, "training"), (3, "test"), (1, "lost")]);
        let units = random.weighted(&[(9, 1), (6, 2), (3, 6), (1, 0), (1, 100)]);
        let party = from.party.to_string();
        self.keep(random, &party, issue(units, &from, reason));
    }

    /// Mostly a little more or less than is there; what was expected is there, mostly.
    fn found(&self, random: &mut Random, account: &AccountKey) -> (u64, Option<u64>) {
        let there = self.world.state.stock.balance(account).on_hand;
        let units = match random.below(10) {
            0 => 0,
            1..=3 => (there + random.below(4)).min(Quantity::MAX.units()),
            _ => there.saturating_sub(random.below(4)),
        };
        let expected = if random.percent(90) { there } else { there + 1 };
        let units = if random.percent(1) { Quantity::MAX.units() } else { units };
        (units, Some(expected).filter(|_| random.percent(60)))
    }

    pub(super) fn count(&mut self, random: &mut Random) {
        let account = self.used_account(random);
        let (units, expected) = self.found(random, &account);
        let (party, reason) = (account.party.to_string(), random.weighted(REASONS));
        self.keep(random, &party, recount(units, account, expected, reason));
    }

    fn promise(&mut self, random: &mut Random) -> Earmark {
        let number = self.world.state.stock.earmarks().count() + 1;
        let number = if random.percent(8) { 1 } else { number };
        let origin = if random.percent(50) { "stock" } else { "contract" };
        let months: &[&str] = match random.below(3) {
            0 => &["2025-04"],
            1 => &["2025-03", "2025-05"],
            _ => &["2025-04", "2025-05", "2025-06"],
        };
        let some = |random: &mut Random| random.weighted(&[(20, 1), (20, 2), (10, 3), (1, 0)]);
        let slots: Vec<_> = months.iter().map(|month| (*month, some(random))).collect();
        earmark(&format!("EM-{number}"), random.weighted(PROMISES), origin, &slots)
    }

    pub(super) fn import(&mut self, random: &mut Random) {
        let mut figures = Figures::default();
        let party = random.weighted(&[(1, "UA"), (1, "US")]);
        for _ in 0..random.below(3) {
            let account = self.used_account(random);
            if account.party.as_str() == party || random.percent(3) {
                let (units, expected) = self.found(random, &account);
                let lot = account.lot.is_some() || random.percent(1);
                let day = self.world.at.plus_days(random.below(60)).date();
                let as_of = self.world.at.date();
                let expires = Some(day).filter(|_| lot && random.percent(30));
                let row = figure(units, account);
                figures.counts.push(Count { expected, expires, as_of, ..row });
            }
        }
        if figures.counts.is_empty() || random.percent(50) {
            let promise = self.promise(random);
            if promise.owner.as_str() == party || random.percent(30) {
                figures.earmarks.push(promise);
            }
        }
        if random.percent(20) {
            let until =
                random.weighted(&[(4, Some("2025-05-01")), (4, None), (1, Some("2025-01-01"))]);
            let stated =
                requirement(random.below(9), ("ATACMS", party), "plans", "2025-01-01", until);
            figures.requirements.push(stated);
        }
        if random.percent(20) {
            let used =
                consumption(random.below(9), ("ATACMS", party), "2025-03", random.percent(50));
            figures.consumption.push(used);
        }
        if random.percent(3) {
            figures.counts.extend(figures.counts.first().cloned());
            figures.earmarks.extend(figures.earmarks.first().cloned());
        }
        let again = random.percent(10);
        let command = Command::ImportFigures { figures: Box::new(figures) };
        self.keep(random, party, command.clone());
        if again {
            self.keep(random, party, command);
        }
    }
}

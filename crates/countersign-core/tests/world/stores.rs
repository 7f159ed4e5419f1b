//! Stock in short: accounts, receipts, counts and earmarks with everything else set to something
//! ordinary.

use super::{Answered, World, id, quantity};
use countersign_core::stock::{
    AccountKey, AccountState, Command, Consumption, Count, Earmark, Figures, Origin, Requirement,
};
use countersign_proof::words::{Date, EarmarkId, Month, Standing, StockReason};

/// `on-hand`, `quarantined`, `in-transit:2025-07` or `on-order:2025-07`.
pub fn account_state(text: &str) -> AccountState {
    match text.split_once(':') {
        None if text == "on-hand" => AccountState::OnHand,
        None if text == "quarantined" => AccountState::Quarantined,
        Some(("in-transit", month)) => AccountState::InTransit(id(month)),
        Some(("on-order", month)) => AccountState::OnOrder(id(month)),
        None | Some(_) => panic!("{text:?} is no state of stock"),
    }
}

/// Item, party, state, place, lot; what stands last may be left out, `-` is none.
pub fn account(text: &str) -> AccountKey {
    let words: Vec<&str> = text.split(' ').collect();
    let word = |place: usize| words.get(place).copied().filter(|word| *word != "-");
    AccountKey {
        item: id(words[0]),
        party: id(words[1]),
        state: word(2).map_or(AccountState::OnHand, account_state),
        place: word(3).map(id),
        lot: word(4).map(id),
    }
}

/// A receipt, with what is special about it.
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    pub expires: Option<Date>,
    pub from_order: Option<Month>,
    pub earmark: Option<(EarmarkId, Month)>,
}

impl Receipt {
    pub fn of(self, units: u64, into: AccountKey) -> Command {
        let Self { expires, from_order, earmark } = self;
        Command::ReceiveStock {
            into,
            quantity: quantity(units),
            expires,
            from_order,
            earmark,
            source: "exercise".to_owned(),
            standing: Standing::Assumed,
        }
    }
}

/// A count entered by hand.
pub fn recount(units: u64, account: AccountKey, expected: Option<u64>, reason: &str) -> Command {
    let (units, reason): (_, StockReason) = (quantity(units), id(reason));
    let (source, standing) = ("exercise".to_owned(), Standing::Assumed);
    Command::CountStock { account, units, expected, reason, source, standing }
}

pub fn move_to(units: u64, from: AccountKey, to: &AccountKey) -> Command {
    let (to_state, to_place, quantity) = (to.state, to.place.clone(), quantity(units));
    Command::MoveStock { from, to_state, to_place, quantity }
}

/// An issue from one account; any place and any lot where it names none.
pub fn issue(units: u64, from: &AccountKey, reason: &str) -> Command {
    let AccountKey { item, party, state: _, place, lot } = from.clone();
    Command::IssueStock { item, party, place, lot, quantity: quantity(units), reason: id(reason) }
}

/// A row of a file of stock.
pub fn figure(units: u64, account: AccountKey) -> Count {
    Count {
        account,
        units: quantity(units),
        expected: None,
        expires: None,
        as_of: id("2025-06-01"),
        source: "exercise".into(),
        standing: Standing::Assumed,
    }
}

/// An earmark by item, owner and recipient.
pub fn earmark(name: &str, what: [&str; 3], origin: &str, slots: &[(&str, u64)]) -> Earmark {
    let [item, owner, recipient] = what;
    let origin: Origin = id(origin);
    Earmark {
        id: id(name),
        item: id(item),
        owner: id(owner),
        recipient: id(recipient),
        origin,
        priority: id("3"),
        harm: None,
        divertible: true,
        source: "exercise".to_owned(),
        standing: Standing::Assumed,
        slots: slots
            .iter()
            .map(|(month, units)| (id(month), Earmark::slot(origin, quantity(*units))))
            .collect(),
    }
}

pub fn requirement(
    units: u64,
    (item, party): (&str, &str),
    component: &str,
    from: &str,
    until: Option<&str>,
) -> Requirement {
    Requirement {
        item: id(item),
        party: id(party),
        component: component.into(),
        quantity: quantity(units),
        from: id(from),
        until: until.map(id),
        source: "exercise".into(),
        standing: Standing::Assumed,
    }
}

pub fn consumption(
    units: u64,
    (item, party): (&str, &str),
    month: &str,
    planned: bool,
) -> Consumption {
    Consumption {
        item: id(item),
        party: id(party),
        month: id(month),
        quantity: quantity(units),
        planned,
        source: "exercise".into(),
        standing: Standing::Assumed,
    }
}

/// Who keeps a party's stock.
pub fn storekeeper(party: &str) -> &'static str {
    match party {
        "US" => "usdepot",
        _ => "uadepot",
    }
}

impl World {
    /// Takes figures in, through the session of `by`.
    pub fn import(&mut self, by: &str, figures: Figures) -> Answered {
        self.run(Some(by), Command::ImportFigures { figures: Box::new(figures) })
    }

    pub fn earmarked(&mut self, earmarks: Vec<Earmark>) -> Answered {
        let by = earmarks.first().map_or("uadepot", |first| storekeeper(first.owner.as_str()));
        self.import(by, Figures { earmarks, ..Figures::default() })
    }
}

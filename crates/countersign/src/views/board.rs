//! The stock board. Answers: *what is short, since when, and when will it be?*

use countersign_core::State;
use countersign_core::rerouting;
use countersign_core::stock::{AccountState, Item};
use countersign_core::triage::breach::{self, Law};
use countersign_core::triage::demand::{self, Alpha};
use countersign_core::triage::{
    self, Counted, Coverage, Forecast, Inputs, Missing, Projection, Ratio, Rounding, Unit,
};
use countersign_proof::words::{Act, ItemId, Month, PartyId};
use serde_json::{Value, json};

/// How far ahead the board looks where nothing else is asked for, in months.
pub const AHEAD: u16 = 12;

/// One item on the board: the stock of the party it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The item.
    pub item: ItemId,
    /// Its name for people.
    pub title: String,
    /// Whose stock is judged.
    pub party: PartyId,
    /// Its class.
    pub class: String,
    /// How bad the class is, 0 to 3; `None` where it is not known.
    pub severity: Option<u8>,
    /// Since when it is in the class, where a rule judges it.
    pub since: Option<String>,
    /// Units on hand and fit for use.
    pub on_hand: Option<u64>,
    /// Of these, reserved for releases.
    pub reserved: u64,
    /// Of these, kept for recipients.
    pub earmarked: u64,
    /// What the stock must cover now, in units.
    pub requirement: Option<u64>,
    /// On hand, as a share of the requirement.
    pub share: Option<String>,
    /// How long the stock lasts.
    pub coverage: Option<Coverage>,
    /// Whether a rule says when it is short.
    pub is_judged: bool,
    /// Units below which it is short this month, where that is known.
    pub threshold: Option<u64>,
    /// The position at the end of each month, the current one first, as far as demand is known.
    pub months: Vec<i128>,
    /// The first month, current one included, at the end of which the item is short.
    pub first_month_below: Option<Month>,
    /// The probability that it is short at the end of any month looked at, where the demand of all
    /// of them is known.
    pub breach_probability: Option<f64>,
}

/// The board: every item that somebody keeps stock of or promises, by id.
#[must_use]
pub fn board(state: &State, months: u16) -> Vec<Row> {
    state.stock.items().map(|item| row(state, item, months)).collect()
}

/// One item's row.
#[must_use]
pub fn row(state: &State, item: &Item, months: u16) -> Row {
    let at = state.ledger.clock;
    let now = Month::of(at.date());
    let inputs = Inputs::of(&state.stock, &item.id, &item.origin, at);
    let rules = state.triage.rules();
    let rule = rules.rule_for(&item.id, &item.labels);
    let counted = rule.and_then(|rule| rule.measures.first()).map_or_else(
        || (Counted::default(), Forecast::default()),
        |measure| (measure.counted, measure.forecast),
    );
    let projection = projected(&inputs, counted, now, months);
    let limits = rule.and_then(|rule| {
        // Further than demand is known, nothing can be held against a threshold.
        let known = projection.as_ref().map(|p| p.steps.len())?;
        triage::thresholds(rules, rule, &inputs, at, u16::try_from(known).ok()?)
            .ok()
            .filter(|l| l.iter().any(|u| *u > 0))
    });
    let required = state.stock.required(&item.id, &item.origin, at.date());
    let requirement = (required > 0).then_some(required);
    let on_hand = inputs.on_hand.map(|units| units.units());
    let share = requirement.zip(on_hand).map(|(required, units)| {
        let ratio = Ratio::new(i128::from(units), i128::from(required));
        ratio.told(Unit::Share, Rounding::Down)
    });
    let first_month_below = projection.as_ref().zip(limits.as_ref()).and_then(|(p, limits)| {
        let mut ends = p.steps.iter().zip(limits);
        ends.find(|(step, limit)| step.position < i128::from(**limit)).map(|(step, _)| step.month)
    });
    let threshold = limits.as_ref().and_then(|limits| limits.first().copied());
    let whole = projection.as_ref().filter(|p| p.steps.len() == usize::from(months));
    let probability = whole.zip(limits.as_ref());
    let memory = state.triage.memory(&item.id);
    Row {
        item: item.id.clone(),
        title: item.title.clone(),
        party: item.origin.clone(),
        class: item.class.to_string(),
        severity: rules.class(&item.class).map(|class| class.severity),
        since: memory.map(|memory| memory.since.date().to_string()),
        on_hand,
        reserved: inputs.reserved.units(),
        earmarked: inputs.earmarked_total().units(),
        requirement,
        share,
        coverage: projection.as_ref().map(triage::coverage),
        is_judged: rule.is_some(),
        threshold,
        months: projection.iter().flat_map(|p| p.steps.iter().map(|step| step.position)).collect(),
        first_month_below,
        breach_probability: probability.and_then(|(p, limits)| probable(p, limits)),
    }
}

/// The months looked at, or the first of them, up to the one whose demand nobody has planned.
fn projected(
    inputs: &Inputs,
    (counted, forecast): (Counted, Forecast),
    now: Month,
    months: u16,
) -> Option<Projection> {
    match Projection::of(inputs, counted, forecast, now, months) {
        Ok(projection) => Some(projection),
        Err(Missing::Planned { month }) if month > now => {
            let known = u16::try_from(month.since(now)).ok()?;
            Projection::of(inputs, counted, forecast, now, known).ok()
        }
        Err(_) => None,
    }
}

/// The exact probability under a Poisson law of each month's demand.
fn probable(projection: &Projection, limits: &[u64]) -> Option<f64> {
    let opening = u32::try_from(projection.opening).ok()?;
    let laws: Option<Vec<Law>> = projection
        .steps
        .iter()
        .map(|step| Law::poisson(Ratio::new(step.demand.max(0), 1)))
        .collect();
    let laws = laws?;
    let months: Option<Vec<breach::Month<'_>>> = projection
        .steps
        .iter()
        .zip(limits)
        .zip(&laws)
        .map(|((step, limit), demand)| {
            let (delivery, limit) = (u32::try_from(step.supply).ok()?, u32::try_from(*limit).ok()?);
            Some(breach::Month { delivery, limit, demand })
        })
        .collect();
    breach::breach(opening, &months?).ok().map(|found| found.probability)
}

/// How long stock lasts, in words.
#[must_use]
pub fn coverage_words(coverage: &Coverage) -> String {
    match coverage {
        Coverage::Short => "less than none".to_owned(),
        Coverage::Until { months, .. } => months.told(Unit::Months, Rounding::Down),
        Coverage::Beyond { months: 1 } => "more than 1 month".to_owned(),
        Coverage::Beyond { months } => format!("more than {months} months"),
        Coverage::NoDemand { months: 1 } => "no use in 1 month".to_owned(),
        Coverage::NoDemand { months } => format!("no use in {months} months"),
    }
}

/// A probability in words.
#[must_use]
#[expect(clippy::float_arithmetic, reason = "a probability is shown, and decides nothing")]
pub fn percent(probability: f64) -> String {
    if probability < 0.0005 {
        "< 0.1 %".to_owned()
    } else if probability >= 0.9995 {
        "> 99.9 %".to_owned()
    } else {
        format!("{:.1} %", probability * 100.0)
    }
}

/// The whole part of a ratio.
fn whole(ratio: Ratio) -> Value {
    number(ratio.top.checked_div(ratio.bottom).unwrap_or(0))
}

fn coverage_value(coverage: &Coverage) -> Value {
    match coverage {
        Coverage::Short => json!({ "months": 0, "days": 0, "words": coverage_words(coverage) }),
        Coverage::Until { months, days, month } => json!({
            "months": whole(*months), "days": whole(*days),
            "until": month.to_string(),
            "words": coverage_words(coverage),
        }),
        Coverage::Beyond { months } | Coverage::NoDemand { months } => {
            json!({ "more_than_months": months, "words": coverage_words(coverage) })
        }
    }
}

impl Row {
    /// The row as a value.
    #[must_use]
    pub fn value(&self) -> Value {
        let months: Vec<Value> = self.months.iter().map(|units| number(*units)).collect();
        json!({
            "item": self.item.as_str(), "title": self.title, "party": self.party.as_str(),
            "class": self.class, "severity": self.severity, "since": self.since,
            "on_hand": self.on_hand, "reserved": self.reserved, "earmarked": self.earmarked,
            "requirement": self.requirement, "share": self.share,
            "coverage": self.coverage.as_ref().map(coverage_value), "threshold": self.threshold,
            "months": months,
            "first_month_below": self.first_month_below.map(|month| month.to_string()),
            "breach_probability": self.breach_probability,
        })
    }
}

/// What is to be expected of use a month, by the methods for demand that comes now and then;
/// advisory, and read by no rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// Months that are known.
    pub months: usize,
    /// Croston's rate, in units a month.
    pub croston: f64,
    /// The same with the correction by Syntetos and Boylan.
    pub sba: f64,
    /// The rate by Teunter, Syntetos and Babai, which falls while nothing is asked for.
    pub tsb: f64,
}

impl Expected {
    /// The figures as a value.
    #[must_use]
    pub fn value(&self) -> Value {
        json!({
            "months_known": self.months, "croston": self.croston, "sba": self.sba, "tsb": self.tsb,
        })
    }

    /// The figures in words.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { months, croston, sba, tsb } = self;
        format!(
            "From {months} months of use, units a month to expect: {croston:.2} (Croston), \
             {sba:.2} (SBA), {tsb:.2} (TSB). No rule reads this."
        )
    }
}

/// What is to be expected of an item's use; `None` where nothing was used yet.
#[must_use]
pub fn expected(state: &State, item: &Item) -> Option<Expected> {
    let months = state.stock.consumption(&item.id, &item.origin)?;
    let used = |month: Month| months.get(&month).and_then(|consumed| consumed.actual);
    let first = months.iter().find(|(_, consumed)| consumed.actual.is_some())?.0;
    let known = Month::of(state.ledger.clock.date()).since(*first);
    let series: Vec<u64> = (0..known).map(|i| used(first.plus(i)).unwrap_or(0)).collect();
    let croston = demand::croston(&series, Alpha::USUAL)?;
    let tsb = demand::tsb(&series, Alpha::USUAL, Alpha::USUAL)?;
    let (months, rate, sba) = (series.len(), croston.rate(), croston.sba());
    Some(Expected { months, croston: rate, sba, tsb })
}

/// A whole number as a value; one that no 64 bits hold is a text.
#[must_use]
pub fn number(units: i128) -> Value {
    match i64::try_from(units) {
        Ok(units) => json!(units),
        Err(_) => json!(units.to_string()),
    }
}

/// What a holder has of an item: three balances that must not be taken for one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balances {
    /// The holder.
    pub holder: PartyId,
    /// The item.
    pub item: ItemId,
    /// Promised to it and not yet handed over.
    pub authorised: u64,
    /// Come into its hands since the ledger began.
    pub delivered: u64,
    /// In its hands now.
    pub on_hand: u64,
    /// Of these, under releases that can be used now.
    pub cleared: u64,
}

impl Balances {
    /// Promised or in hand, and under no release that can be used.
    #[must_use]
    pub fn locked(&self) -> u64 {
        self.authorised.saturating_add(self.on_hand).saturating_sub(self.cleared)
    }

    /// The balances as a value.
    #[must_use]
    pub fn value(&self) -> Value {
        json!({
            "holder": self.holder.as_str(), "item": self.item.as_str(),
            "authorised_for_delivery": self.authorised, "delivered": self.delivered,
            "on_hand": self.on_hand, "cleared_for_use": self.cleared, "locked": self.locked(),
        })
    }
}

/// The three balances of every holder and item that has any of them.
#[must_use]
pub fn balances(state: &State) -> Vec<Balances> {
    let mut found = Vec::new();
    for party in state.people.parties() {
        for item in state.stock.items() {
            let on_hand = state.stock.accounts_of(&item.id, &party.id);
            let on_hand = on_hand.filter(|(key, _)| match key.state {
                AccountState::OnHand | AccountState::Quarantined => true,
                AccountState::InTransit(_) | AccountState::OnOrder(_) => false,
            });
            let on_hand = on_hand.map(|(_, balance)| balance.on_hand).sum();
            let balances = Balances {
                holder: party.id.clone(),
                item: item.id.clone(),
                authorised: state.stock.authorised(&item.id, &party.id),
                delivered: state.stock.delivered(&item.id, &party.id),
                on_hand,
                cleared: cleared(state, &party.id, &item.id),
            };
            let any = [balances.authorised, balances.delivered, balances.on_hand];
            if any.iter().any(|units| *units > 0) {
                found.push(balances);
            }
        }
    }
    found
}

fn cleared(state: &State, holder: &PartyId, item: &ItemId) -> u64 {
    let usable = state.requests.live().filter(|release| release.state.is_usable());
    let own = usable.filter(|release| {
        state.requests.request(release.request).is_some_and(|request| {
            let draft = &request.draft;
            draft.act == Act::Use && draft.holder == *holder && draft.item == *item
        })
    });
    own.map(|release| release.left().units()).sum()
}

/// What holds units of an item: releases, earmarks and orders, each with its units.
#[must_use]
pub fn holders(state: &State, item: &ItemId, party: Option<&PartyId>) -> Vec<Value> {
    let mut found = Vec::new();
    let wanted = |owner: &PartyId| party.is_none_or(|party| party == owner);
    for (release, lines) in state.stock.reservations() {
        let own = lines.iter().filter(|l| l.account.item == *item && wanted(&l.account.party));
        for line in own {
            let request = state.requests.release(release).map(|release| release.request);
            found.push(json!({
                "held_by": release.to_string(), "kind": "release",
                "request": request.map(|request| request.to_string()),
                "for": request
                    .and_then(|request| state.requests.request(request))
                    .map(|request| request.draft.holder.to_string()),
                "party": line.account.party.as_str(), "account": line.account.to_string(),
                "units": line.units, "month": null,
            }));
        }
    }
    for earmark in state.stock.earmarks().filter(|e| e.item == *item && wanted(&e.owner)) {
        for (month, slot) in earmark.slots.iter().filter(|(_, slot)| slot.open() > 0) {
            found.push(json!({
                "held_by": earmark.id.as_str(), "kind": "earmark", "request": null,
                "for": earmark.recipient.as_str(), "party": earmark.owner.as_str(),
                "account": if slot.kept() > 0 { "on hand" } else { "still to be made" },
                "units": slot.open(), "month": month.to_string(),
            }));
        }
    }
    found
}

/// A replacement debt as a value.
#[must_use]
pub fn debt(debt: &rerouting::Debt) -> Value {
    json!({
        "id": debt.id.to_string(), "order": debt.order.to_string(), "item": debt.item.as_str(),
        "owner": debt.owner.as_str(), "recipient": debt.recipient.as_str(),
        "earmark": debt.earmark.as_str(), "month": debt.month.to_string(),
        "units": debt.units, "due": debt.due.to_string(), "repaid": debt.repaid,
        "left": debt.left(),
    })
}

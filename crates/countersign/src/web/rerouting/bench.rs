//! The workbench. Answers: *what would this plan take from whom, and what would be left short?*

use super::super::asked::{checks, select, titled};
use super::super::page::Who;
use super::wish::Wish;
use super::{consent, order};
use crate::web::parts::{
    Action, Column, Field, Number, Row, Table, Tone, buttons, id, inset, quantity, signed, tag,
    thin,
};
use crate::web::words;
use countersign_core::State;
use countersign_core::rerouting::{
    Cost, ItemProblem, Plan, Veto, costs_of_sparing, costs_of_vetoes, explain, plan as planned,
};
use countersign_proof::words::{PartyId, PersonId};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Who looks, and where the ledger is.
pub(super) struct By<'a> {
    /// The person.
    pub(super) person: &'a PersonId,
    /// The same for the forms.
    pub(super) who: Option<&'a Who>,
    /// Where the ledger is, for a command to copy.
    pub(super) location: &'a str,
}

/// The recipients that anything of an item, or of any item, is promised to.
fn recipients(state: &State, wish: &Wish) -> BTreeSet<PartyId> {
    let wanted = |item: &_| wish.item.as_ref().is_none_or(|wished| wished == item);
    let all = state.stock.earmarks().filter(|earmark| wanted(&earmark.item));
    all.map(|earmark| earmark.recipient.clone()).collect()
}

/// The form that makes a plan.
pub(super) fn form(state: &State, wish: &Wish) -> Markup {
    let fields = &wish.fields;
    let items: Vec<(String, String)> =
        state.stock.items().map(|item| titled(item.id.as_str(), &item.title)).collect();
    let title = |party: &PartyId| {
        let known = state.people.parties().find(|known| known.id == *party);
        let title = known.map(|party| party.title.as_str()).unwrap_or_default();
        titled(party.as_str(), title)
    };
    let parties: Vec<(String, String)> = recipients(state, wish).iter().map(title).collect();
    let spared: Vec<&str> = wish.spare.iter().map(PartyId::as_str).collect();
    let field = |name, label| {
        let error = fields.errors().get(name).map(String::as_str);
        Field::new(name, label).optional().value(fields.typed(name)).error(error)
    };
    let months = Number { least: Some(1), most: Some(60), unit: None };
    html! {
        form method="get" action="/rerouting" {
            (select("item", words::REROUTE_ITEM, &items, fields.typed("item")))
            (field("months", words::REROUTE_MONTHS).hint(words::REROUTE_MONTHS_HINT).number(months))
            @if !parties.is_empty() {
                (checks("spare", words::REROUTE_SPARE, &parties, &spared))
            }
            (field("certification", words::REROUTE_CERTIFICATION).text())
            (field("notice_days", words::REROUTE_NOTICE).number(Number::default()))
            (field("replacement", words::REROUTE_REPLACEMENT)
                .hint(words::REROUTE_REPLACEMENT_HINT).text())
            (buttons(&[Action::Main { label: words::REROUTE_PLAN, sends: None }]))
        }
    }
}

/// The plan that is wished for, and everything that follows from it; nothing where none is.
pub(super) fn plan(state: &State, wish: &Wish, by: &By<'_>) -> Markup {
    let Some(wanted) = wish.item.as_ref().filter(|_| wish.fields.is_sound()) else {
        return html! {};
    };
    let none = |why: &str| inset(Some(words::REROUTE_NO_PLAN), &html! { p { (why) } });
    let Some(item) = state.stock.item(wanted) else {
        let why = countersign_core::rerouting::PlanningError::UnknownItem(wanted.clone());
        return none(&why.to_string());
    };
    let problem = match wish.problem(state, item) {
        Ok(problem) => problem,
        Err(why) => return none(&why.to_string()),
    };
    let made = planned(&problem, &wish.vetoes());
    let title = words::reroute_plan_title(item.id.as_str(), made.months(), &made.first.to_string());
    html! {
        h2 id="plan" { (title) }
        ul { @for sentence in explain::item(&problem, &made) { li { (sentence) } } }
        (months(&made))
        @if made.units() == 0 {
            p { (words::REROUTE_NOTHING) }
            (vetoes(&problem, &made, wish))
        } @else {
            (taken(&made))
            (vetoes(&problem, &made, wish))
            (consent::shown(state, item, &made, wish.preconditions()))
            (owed(&made, wish))
            (order::form(state, item, &made, wish, by))
        }
    }
}

/// Every unit that is taken, and why.
fn taken(plan: &Plan) -> Markup {
    let columns = [
        Column::Words(words::REROUTE_RECIPIENT),
        Column::Words(words::REROUTE_EARMARK),
        Column::Words(words::MONTH),
        Column::Numbers(words::UNITS),
        Column::Numbers(words::REROUTE_HARM),
        Column::Words(words::REROUTE_WHY),
    ];
    let rows = plan.lines().map(|line| {
        Row::from(vec![
            id(line.recipient.as_str()),
            id(line.earmark.as_str()),
            id(&plan.month(line.slot.month).to_string()),
            quantity(line.slot.quantity),
            quantity(line.slot.harm.into()),
            html! { (explain::slot(plan, &line)) },
        ])
    });
    let (caption, empty) = (words::REROUTE_TAKEN, words::REROUTE_NOTHING);
    Table { id: "taken", caption, columns: &columns, rows: rows.collect(), empty }.render()
}

/// Own stock in one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct MonthRow {
    threshold: u64,
    before: i128,
    after: i128,
}

impl MonthRow {
    /// By how much it is short with so many units.
    fn short(self, units: i128) -> u64 {
        let missing = i128::from(self.threshold).saturating_sub(units).max(0);
        u64::try_from(missing).unwrap_or(u64::MAX)
    }
}

/// Every month before and after: what is diverted of one month stays for all that follow.
fn month_rows(plan: &Plan) -> Vec<MonthRow> {
    let mut kept: i128 = 0;
    let mut rows = Vec::with_capacity(plan.months());
    for ((base, threshold), index) in plan.base.iter().zip(&plan.threshold).zip(1u16..) {
        let own = plan.slots.iter().filter(|slot| slot.month == index);
        kept = own.fold(kept, |kept, slot| kept.saturating_add(slot.quantity.into()));
        let before = i128::from(*base);
        rows.push(MonthRow { threshold: *threshold, before, after: before.saturating_add(kept) });
    }
    rows
}

fn months(plan: &Plan) -> Markup {
    let columns = [
        Column::Words(words::MONTH),
        Column::Numbers(words::REROUTE_THRESHOLD),
        Column::Numbers(words::REROUTE_BEFORE),
        Column::Numbers(words::REROUTE_AFTER),
        Column::Numbers(words::REROUTE_SHORT_BEFORE),
        Column::Numbers(words::REROUTE_SHORT_AFTER),
    ];
    let told = month_rows(plan).into_iter().zip(1u16..).map(|(row, index)| {
        let (before, after) = (row.short(row.before), row.short(row.after));
        Row {
            cells: vec![
                id(&plan.month(index).to_string()),
                quantity(row.threshold),
                signed(row.before),
                signed(row.after),
                quantity(before),
                quantity(after),
            ],
            is_marked: false,
        }
    });
    let mut rows: Vec<Row> = told.collect();
    rows.push(Row {
        cells: vec![
            html! { (words::REROUTE_SUM) },
            html! {},
            html! {},
            html! {},
            quantity(plan.shortfall_before),
            quantity(plan.shortfall_after),
        ],
        is_marked: true,
    });
    let (caption, empty) = (words::REROUTE_MONTH_TABLE, words::REROUTE_NOTHING);
    Table { id: "months-table", caption, columns: &columns, rows, empty }.render()
}

/// What a cost is, in words.
fn cost(cost: Cost) -> String {
    let plain = |number: i128| thin(i128::try_from(number.unsigned_abs()).unwrap_or(i128::MAX));
    words::reroute_cost(cost.shortfall, cost.harm, &plain(cost.shortfall), &plain(cost.harm))
}

/// Every recipient that is left alone or touched, and what it costs to leave it alone.
fn vetoes(problem: &ItemProblem, plan: &Plan, wish: &Wish) -> Markup {
    let columns = [
        Column::Words(words::REROUTE_VETO),
        Column::Words(words::REROUTE_NOW),
        Column::Words(words::REROUTE_COST),
        Column::Words(words::REROUTE_TRY),
    ];
    let spared = costs_of_vetoes(problem, &plan.vetoes).into_iter().filter_map(|(veto, of)| {
        match veto {
            Veto::Recipient(recipient) => Some((recipient, of, true)),
            // The page offers whole recipients; single earmarks are spared on the command line.
            Veto::Earmark(_) => None,
        }
    });
    let touched = costs_of_sparing(problem, plan).into_iter();
    let touched = touched.map(|(recipient, of)| (recipient, of, false));
    let rows = spared.chain(touched).map(|(recipient, of, is_spared)| {
        let (tone, word, label) = if is_spared {
            (Tone::Closed, words::REROUTE_SPARED, words::REROUTE_ALLOW_IT)
        } else {
            (Tone::Watch, words::REROUTE_TOUCHED, words::REROUTE_SPARE_IT)
        };
        let href = wish.with_veto(&recipient, !is_spared);
        Row::from(vec![
            id(recipient.as_str()),
            tag(tone, word, None),
            html! { (cost(of)) },
            html! { a href=(href) { (label) span class="unseen" { " " (recipient) } } },
        ])
    });
    let (caption, empty) = (words::REROUTE_VETOES, words::REROUTE_NO_VETOES);
    Table { id: "vetoes", caption, columns: &columns, rows: rows.collect(), empty }.render()
}

/// What an order of the plan would owe.
fn owed(plan: &Plan, wish: &Wish) -> Markup {
    let columns = [
        Column::Words(words::REROUTE_OWED_TO),
        Column::Words(words::REROUTE_EARMARK),
        Column::Words(words::REROUTE_PROMISED_FOR),
        Column::Numbers(words::UNITS),
        Column::Words(words::REROUTE_DUE),
    ];
    let rows: Vec<Row> = wish
        .undertaking
        .replacement
        .map(|due| {
            let row = |line: countersign_core::rerouting::Line<'_>| {
                Row::from(vec![
                    id(line.recipient.as_str()),
                    id(line.earmark.as_str()),
                    id(&plan.month(line.slot.month).to_string()),
                    quantity(line.slot.quantity),
                    id(&due.to_string()),
                ])
            };
            plan.lines().map(row).collect()
        })
        .unwrap_or_default();
    let (caption, empty) = (words::REROUTE_OWES, words::REROUTE_OWES_NOTHING);
    Table { id: "owed", caption, columns: &columns, rows, empty }.render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use countersign_core::rerouting::{Slot, Vetoes};
    use countersign_proof::words::Month;

    #[test]
    fn the_months_add_up_to_what_the_plan_says_is_short() {
        let slot = |earmark: &str, month, quantity, harm| Slot {
            earmark: earmark.parse().unwrap(),
            recipient: "UA".parse().unwrap(),
            month,
            quantity,
            harm,
            divertible: true,
        };
        let first: Month = "2025-07".parse().unwrap();
        let slots = vec![slot("E-1", 1, 4, 1), slot("E-2", 2, 9, 3), slot("E-3", 3, 1, 1)];
        let base = vec![2, -3, 5, 20];
        let problem =
            ItemProblem::new("X".parse().unwrap(), first, base, vec![10; 4], slots).unwrap();
        let made = planned(&problem, &Vetoes::none());
        let rows = month_rows(&made);
        let before: u64 = rows.iter().map(|row| row.short(row.before)).sum();
        let after: u64 = rows.iter().map(|row| row.short(row.after)).sum();
        assert_eq!((before, after), (made.shortfall_before, made.shortfall_after));
        assert!(after < before && after > 0);
    }
}

//! What an import changes, old and new side by side.

use super::super::super::output::Output;
use countersign_core::stock::{
    AccountKey, Change, Consumption, Earmark, Event as StockEvent, Figures, Requirement,
};
use countersign_core::{Event, State};
use countersign_proof::words::{Date, ItemId, PartyId};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The most rows that are printed of a table; JSON has all.
const TOLD_MAX: usize = 50;

/// What the books said before, where an event does not say so itself.
pub(super) struct Before {
    requirements: Vec<Component>,
    /// In the order of the rows.
    consumption: Vec<Option<u64>>,
}

/// A component of a requirement, before and after.
struct Component {
    item: ItemId,
    party: PartyId,
    name: String,
    from: Date,
    until: Option<Date>,
    was: Option<u64>,
    becomes: Option<u64>,
}

impl Component {
    fn of(requirement: &Requirement) -> Self {
        Self {
            item: requirement.item.clone(),
            party: requirement.party.clone(),
            name: requirement.component.to_string(),
            from: requirement.from,
            until: requirement.until,
            was: None,
            becomes: None,
        }
    }

    fn is_of(&self, other: &Requirement) -> bool {
        self.item == other.item
            && self.party == other.party
            && self.name == other.component
            && (self.from, self.until) == (other.from, other.until)
    }
}

impl Before {
    pub(super) fn of(state: &State, figures: &Figures) -> Self {
        let mut requirements = Vec::new();
        let own: BTreeSet<(&ItemId, &PartyId)> =
            figures.requirements.iter().map(|r| (&r.item, &r.party)).collect();
        for (item, party) in own {
            for known in state.stock.requirements(item, party) {
                let was = Some(known.quantity.units());
                requirements.push(Component { was, ..Component::of(known) });
            }
        }
        let known = requirements.len();
        for stated in &figures.requirements {
            let becomes = Some(stated.quantity.units());
            let old = requirements.iter_mut().take(known).find(|component| component.is_of(stated));
            match old {
                Some(component) => component.becomes = becomes,
                None => requirements.push(Component { becomes, ..Component::of(stated) }),
            }
        }
        let was = |stated: &Consumption| {
            let months = state.stock.consumption(&stated.item, &stated.party)?;
            let month = months.get(&stated.month)?;
            if stated.planned { month.planned } else { month.actual }
        };
        Self { requirements, consumption: figures.consumption.iter().map(was).collect() }
    }
}

/// What an import came to.
pub(super) struct Taken<'a> {
    pub before: &'a Before,
    pub events: &'a [Event],
    /// Rows that were taken.
    pub rows: u64,
    /// Rows of other parties.
    pub left_out: u64,
}

impl Taken<'_> {
    pub(super) fn tell(&self, output: &mut Output) {
        for event in self.events {
            if let Event::Stock(StockEvent::FiguresImported {
                changes,
                earmarks,
                requirements: _,
                consumption,
            }) = event
            {
                if output.is_json() {
                    output.value(&self.value(changes, earmarks, consumption, output.is_dry()));
                } else {
                    self.words(changes, earmarks, consumption, output);
                }
            }
        }
    }

    fn value(
        &self,
        changes: &[Change],
        earmarks: &[Earmark],
        consumption: &[Consumption],
        dry: bool,
    ) -> Value {
        let accounts: Vec<Value> = changes.iter().map(change_value).collect();
        let requirements = self.before.requirements.iter().map(|component| {
            json!({
                "item": component.item.as_str(), "party": component.party.as_str(),
                "component": component.name, "from": component.from.to_string(),
                "until": component.until.map(|until| until.to_string()),
                "was": component.was, "becomes": component.becomes,
            })
        });
        let consumption = consumption.iter().zip(&self.before.consumption).map(|(stated, was)| {
            json!({
                "item": stated.item.as_str(), "party": stated.party.as_str(),
                "month": stated.month.to_string(), "kind": kind(stated),
                "was": was, "becomes": stated.quantity.units(),
            })
        });
        json!({
            "done": !dry, "dry_run": dry, "rows": self.rows, "left_out": self.left_out,
            "accounts": accounts,
            "earmarks": earmarks.iter().map(crate::views::accounts::earmark).collect::<Vec<Value>>(),
            "requirements": requirements.collect::<Vec<Value>>(),
            "consumption": consumption.collect::<Vec<Value>>(),
        })
    }

    fn words(
        &self,
        changes: &[Change],
        earmarks: &[Earmark],
        consumption: &[Consumption],
        output: &mut Output,
    ) {
        let left_out = match self.left_out {
            0 => String::new(),
            some => format!("; {some} of other parties left out"),
        };
        output.line(&format!("Rows: {}{left_out}.", self.rows));
        let same = changes.iter().filter(|change| change.from == change.to).count();
        if same > 0 {
            output.line(&format!(
                "Accounts that keep their units and get a new day, source or expiry: {same}."
            ));
        }
        let moved = changes.iter().filter(|change| change.from != change.to);
        let headings = ["item", "party", "place", "lot", "state", "was", "becomes", "releases cut"];
        section(output, "Accounts", &headings, moved.map(change_row));
        let headings =
            ["earmark", "item", "owner", "recipient", "origin", "months", "units", "priority"];
        section(output, "New earmarks", &headings, earmarks.iter().map(earmark_row));
        let components = self.before.requirements.iter().filter(|c| c.was != c.becomes);
        let headings = ["item", "party", "component", "from", "until", "was", "becomes"];
        section(output, "Requirements", &headings, components.map(component_row));
        let months = consumption.iter().zip(&self.before.consumption);
        let months = months.filter(|(stated, was)| **was != Some(stated.quantity.units()));
        let headings = ["item", "party", "month", "kind", "was", "becomes"];
        let rows = months.map(|(stated, was)| consumption_row(stated, *was));
        section(output, "Consumption", &headings, rows);
    }
}

/// A heading and a table, as long as a person reads; nothing where there are no rows.
fn section(
    output: &mut Output,
    title: &str,
    headings: &[&str],
    mut rows: impl Iterator<Item = Vec<String>>,
) {
    let told: Vec<Vec<String>> = rows.by_ref().take(TOLD_MAX).collect();
    let more = rows.count();
    if told.is_empty() {
        return;
    }
    output.heading(&format!("{title}: {}", told.len().saturating_add(more)));
    output.table(headings, &told);
    if more > 0 {
        output.line(&format!("… and {more} more; --json tells all."));
    }
}

fn consumption_row(stated: &Consumption, was: Option<u64>) -> Vec<String> {
    vec![
        stated.item.to_string(),
        stated.party.to_string(),
        stated.month.to_string(),
        kind(stated).to_owned(),
        units(was),
        stated.quantity.to_string(),
    ]
}

fn units(units: Option<u64>) -> String {
    units.map_or_else(|| "-".to_owned(), |units| units.to_string())
}

fn kind(stated: &Consumption) -> &'static str {
    if stated.planned { "planned" } else { "actual" }
}

fn word<T: ToString>(word: Option<&T>) -> String {
    word.map(ToString::to_string).unwrap_or_default()
}

fn change_row(change: &Change) -> Vec<String> {
    let AccountKey { item, party, state, place, lot } = &change.account;
    let cut: Vec<String> = change.cut.iter().map(|(id, units)| format!("{id}: {units}")).collect();
    vec![
        item.to_string(),
        party.to_string(),
        word(place.as_ref()),
        word(lot.as_ref()),
        state.to_string(),
        change.from.to_string(),
        change.to.to_string(),
        cut.join(", "),
    ]
}

fn change_value(change: &Change) -> Value {
    let AccountKey { item, party, state, place, lot } = &change.account;
    let cut = change.cut.iter();
    let cut = cut.map(|(id, units)| json!({ "release": id.to_string(), "units": units }));
    json!({
        "item": item.as_str(), "party": party.as_str(), "state": state.as_str(),
        "month": state.due().map(|month| month.to_string()),
        "place": place.as_ref().map(ToString::to_string),
        "lot": lot.as_ref().map(ToString::to_string),
        "was": change.from, "becomes": change.to,
        "expires": change.expires.map(|expires| expires.to_string()),
        "cut": cut.collect::<Vec<Value>>(),
    })
}

fn earmark_row(earmark: &Earmark) -> Vec<String> {
    let first = earmark.slots.keys().next().map(ToString::to_string).unwrap_or_default();
    let last = earmark.slots.keys().next_back().map(ToString::to_string).unwrap_or_default();
    let months = if first == last { first } else { format!("{first} to {last}") };
    vec![
        earmark.id.to_string(),
        earmark.item.to_string(),
        earmark.owner.to_string(),
        earmark.recipient.to_string(),
        earmark.origin.to_string(),
        months,
        crate::views::accounts::promised(earmark).to_string(),
        earmark.priority.number().to_string(),
    ]
}

fn component_row(component: &Component) -> Vec<String> {
    vec![
        component.item.to_string(),
        component.party.to_string(),
        component.name.clone(),
        component.from.to_string(),
        word(component.until.as_ref()),
        units(component.was),
        units(component.becomes),
    ]
}

//! `[[fact]]`: how a row states a fact.

use super::{Amount, Columns, Condition, FactKind, FactRule, words};
use crate::pack::fault::code;
use crate::pack::fields::{Fields, Spot, list};
use crate::pack::node::{Node, Value};
use crate::pack::source::Reading;
use countersign_proof::words::OfficeId;

pub(super) fn read_fact(
    r: &mut Reading<'_>,
    fields: &mut Fields<'_>,
    columns: &mut Columns,
    has_steps: bool,
) -> Option<FactRule> {
    let kind: Option<Spot<FactKind>> = fields.word(r, "kind");
    let steps = words(r, fields, "step", false);
    if !has_steps && !steps.is_empty() {
        let remedy = "add [steps] with the column that says the step";
        r.fault(
            fields.at,
            code::KEY_MISSING,
            "a fact names a step, but there is no [steps]",
            remedy,
        );
    }
    let mut conditions = Vec::new();
    for mut table in fields.tables(r, "if") {
        let column = table.text(r, "column");
        let (is, not) = (words(r, &mut table, "is", true), words(r, &mut table, "not", true));
        if is.is_empty() == not.is_empty() {
            let remedy = "write either is = […] or not = […]";
            r.fault(table.at, code::KEY_MISSING, "a condition says neither is nor not", remedy);
        }
        let column = columns.number(&column);
        let (words, is) = if is.is_empty() { (not, false) } else { (is, true) };
        conditions.push(Condition { column, words, is });
        table.finish(r);
    }
    let at = columns.of(r, fields, "at");
    let undated = fields.flag(r, "undated");
    if at.is_none() && !undated {
        let remedy = "name the column of its time with at = …, or write undated = true if it is \
                      known to have happened, at whatever moment";
        r.fault(fields.at, code::KEY_MISSING, "a fact has neither at nor undated", remedy);
    }
    let by = columns.of(r, fields, "by");
    let quantity = match fields.get("quantity") {
        None => Amount::Unstated,
        Some(Node { value: Value::Text(name), .. }) => Amount::Column(columns.number(name)),
        Some(_) => fields.quantity(r, "quantity").map_or(Amount::Unstated, Amount::Fixed),
    };
    let until = columns.of(r, fields, "until");
    let office: Option<Spot<OfficeId>> = fields.word_or_none(r, "office");
    let kind = kind?;
    let takes = |what: &str, allowed: &[FactKind], given: bool| {
        (given && !allowed.contains(&kind.value)).then(|| what.to_owned())
    };
    let unfit: Vec<String> = [
        takes("until", &[FactKind::Approved], until.is_some()),
        takes("office", &[FactKind::Approved, FactKind::Withdrawn], office.is_some()),
        takes(
            "quantity",
            &[FactKind::Asked, FactKind::Approved, FactKind::Acted],
            !matches!(quantity, Amount::Unstated),
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !unfit.is_empty() {
        let message = format!("a fact of this kind takes no {}", list(&unfit));
        r.fault(kind.at, code::KEY_UNKNOWN, message, "remove it, or correct the kind");
    }
    let (kind, office) = (kind.value, office.map(|spot| spot.value));
    Some(FactRule { kind, steps, conditions, at, undated, by, quantity, until, office })
}

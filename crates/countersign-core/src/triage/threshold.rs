//! Below how many units an item is short, month by month: what re-routing plans against.

use super::number::Number;
use super::position::{Inputs, Missing};
use super::reading::read;
use super::rules::{Entry, Rule, Rules, Side};
use countersign_proof::words::Moment;

/// The least number of units at the end of each of the coming `months` months, the current one
/// first, at which the rule does not find the item short; zero where no such limit applies.
///
/// An item is short in a class that the pack marks so; where several are, the mildest counts.
/// Limits on parts of the stock, or on what is due in, hold for now only and are left out.
///
/// # Errors
/// What is [`Missing`].
pub fn thresholds(
    rules: &Rules,
    rule: &Rule,
    inputs: &Inputs,
    at: Moment,
    months: u16,
) -> Result<Vec<u64>, Missing> {
    let mut found = vec![0u64; usize::from(months)];
    for (name, enter) in shortage_limits(rules, rule) {
        let measure =
            rule.measure(name).ok_or_else(|| Missing::Measure { name: name.to_owned() })?;
        if !measure.parts.is_empty() || measure.due_in_months > 0 {
            continue;
        }
        let points = read(measure, inputs, at.date(), months)?;
        let ends = points.figures.iter().filter(|figure| figure.month.is_some());
        for (figure, found) in ends.zip(&mut found) {
            let least = points.least_within(figure, enter).unwrap_or(0);
            *found = (*found).max(u64::try_from(least).unwrap_or(0));
        }
    }
    Ok(found)
}

/// The limits, by measure, that lead into the mildest class that counts as short.
fn shortage_limits<'a>(rules: &Rules, rule: &'a Rule) -> Vec<(&'a str, Number)> {
    let short = |class| rules.class(class).is_some_and(|class| class.shortage);
    let mut levels = rule.levels.iter().filter(|level| level.entry == Entry::Limits);
    let Some(level) = levels.find(|level| short(&level.class)) else { return Vec::new() };
    let limits = level.limits.iter().filter(|limit| limit.side == Side::Below);
    limits.filter_map(|limit| Some((limit.measure.as_str(), limit.enter?))).collect()
}

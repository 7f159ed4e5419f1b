//! The words of re-routing.

/// Heads the page.
pub(crate) const REROUTE_TITLE: &str = "Re-routing";
/// What the page is for.
pub(crate) const REROUTE_LEAD: &str = "When stock falls short, promised units can be diverted to \
                                       it: just enough, and with the least harm. A plan changes \
                                       nothing. An order is signed, and owes what it undertakes \
                                       to replace.";
/// Heads the workbench.
pub(crate) const REROUTE_BENCH: &str = "Make a plan";
/// A field.
pub(crate) const REROUTE_ITEM: &str = "Item whose stock is short";
/// A field.
pub(crate) const REROUTE_MONTHS: &str = "Months ahead, this one included";
/// What it expects.
pub(crate) const REROUTE_MONTHS_HINT: &str =
    "1 to 60. Left empty: 12, or up to the last promised month";
/// A field.
pub(crate) const REROUTE_SPARE: &str = "Leave these recipients alone";
/// A field.
pub(crate) const REROUTE_CERTIFICATION: &str = "Where it is certified that this is needed";
/// A field.
pub(crate) const REROUTE_NOTICE: &str = "Days of notice before it is executed";
/// A field.
pub(crate) const REROUTE_REPLACEMENT: &str = "Month by which the units are replaced";
/// What it expects.
pub(crate) const REROUTE_REPLACEMENT_HINT: &str = "As in 2026-09. Left empty: nothing is owed";
/// Sends the form.
pub(crate) const REROUTE_PLAN: &str = "Plan";
/// The months are out of range.
pub(crate) const REROUTE_MONTHS_WRONG: &str = "give a number of months, 1 to 60";

/// Heads a plan.
pub(crate) fn reroute_plan_title(item: &str, months: usize, first: &str) -> String {
    let over = if months == 1 { "1 month".to_owned() } else { format!("{months} months") };
    format!("The plan for {item} over {over} from {first}")
}
/// No plan.
pub(crate) const REROUTE_NO_PLAN: &str = "No plan can be made";
/// Nothing is taken.
pub(crate) const REROUTE_NOTHING: &str = "The plan diverts nothing; there is nothing to order.";
/// Heads the units.
pub(crate) const REROUTE_TAKEN: &str = "What is taken from whom, and why";
/// A column.
pub(crate) const REROUTE_RECIPIENT: &str = "Taken from";
/// A column.
pub(crate) const REROUTE_EARMARK: &str = "Earmark";
/// A column.
pub(crate) const REROUTE_HARM: &str = "Harm each";
/// A column.
pub(crate) const REROUTE_WHY: &str = "Why";
/// Heads the months.
pub(crate) const REROUTE_MONTH_TABLE: &str = "Own stock at the end of each month, before and after";
/// A column.
pub(crate) const REROUTE_THRESHOLD: &str = "Short below";
/// A column.
pub(crate) const REROUTE_BEFORE: &str = "Before";
/// A column.
pub(crate) const REROUTE_AFTER: &str = "After";
/// A column.
pub(crate) const REROUTE_SHORT_BEFORE: &str = "Short by, before";
/// A column.
pub(crate) const REROUTE_SHORT_AFTER: &str = "Short by, after";
/// The sum.
pub(crate) const REROUTE_SUM: &str = "Unit-months short";
/// Heads the vetoes.
pub(crate) const REROUTE_VETOES: &str = "What it costs to leave a recipient alone";
/// There is none.
pub(crate) const REROUTE_NO_VETOES: &str = "The plan touches no recipient.";
/// A column.
pub(crate) const REROUTE_VETO: &str = "Recipient";
/// A column.
pub(crate) const REROUTE_NOW: &str = "In this plan";
/// A column.
pub(crate) const REROUTE_COST: &str = "Cost";
/// It is spared.
pub(crate) const REROUTE_SPARED: &str = "left alone";
/// It is touched.
pub(crate) const REROUTE_TOUCHED: &str = "loses units";
/// Leads to the plan without, or with, the veto.
pub(crate) const REROUTE_TRY: &str = "Other way";
/// Sets the veto.
pub(crate) const REROUTE_SPARE_IT: &str = "Leave alone";
/// Takes the veto away.
pub(crate) const REROUTE_ALLOW_IT: &str = "Allow again";
/// How much more stays short and is harmed.
pub(crate) fn reroute_cost(shortfall: i128, harm: i128, short: &str, harmed: &str) -> String {
    let short = match shortfall {
        0 => "as many unit-months short".to_owned(),
        1.. => format!("{short} more unit-months short"),
        ..0 => format!("{short} fewer unit-months short"),
    };
    let harm = match harm {
        0 => "as much harm".to_owned(),
        1.. => format!("{harmed} more harm"),
        ..0 => format!("{harmed} less harm"),
    };
    format!("{short}, {harm}")
}

/// Heads what policy demands.
pub(crate) const REROUTE_DEMANDS: &str = "What policy demands of an order";
/// Heads who must sign.
pub(crate) const REROUTE_CONSENT: &str = "Who must sign, as the order stands in the form";
/// Nobody has to.
pub(crate) const REROUTE_STANDING: &str = "nobody: a standing permission";
/// Nobody can.
pub(crate) const REROUTE_PROHIBITED: &str = "prohibited: nobody's consent would allow it";
/// Names the version.
pub(crate) const REROUTE_POLICY: &str = "Policy";
/// A precondition.
pub(crate) const REROUTE_CERTIFIED: &str = "Certification";
/// A precondition.
pub(crate) const REROUTE_NOTIFIED: &str = "Notice";
/// A precondition.
pub(crate) const REROUTE_REPLACED: &str = "Replacement";
/// Policy demands it, and it is there.
pub(crate) const REROUTE_DEMANDED_GIVEN: &str = "Demanded and given";
/// Policy demands it, and it is missing.
pub(crate) const REROUTE_DEMANDED_MISSING: &str = "Demanded and missing";
/// Policy does not ask.
pub(crate) const REROUTE_NOT_DEMANDED: &str = "Not demanded";
/// Heads what is owed.
pub(crate) const REROUTE_OWES: &str = "What the order would owe";
/// Nothing is.
pub(crate) const REROUTE_OWES_NOTHING: &str =
    "Nothing: no month is named by which the units are replaced.";
/// A column.
pub(crate) const REROUTE_OWED_TO: &str = "Owed to";
/// A column.
pub(crate) const REROUTE_PROMISED_FOR: &str = "Promised for";
/// A column.
pub(crate) const REROUTE_DUE: &str = "Due";

/// Heads the order.
pub(crate) const REROUTE_ORDER: &str = "Order it";
/// What ordering is.
pub(crate) const REROUTE_ORDER_WHY: &str = "The next page shows the exact statement. Nothing \
                                            happens before it is signed, and it is refused if \
                                            the books have moved.";
/// A field.
pub(crate) const REROUTE_OFFICE: &str = "You sign as";
/// A field.
pub(crate) const REROUTE_REASON: &str = "Reason";
/// Sends the form.
pub(crate) const REROUTE_TO_TEXT: &str = "To the text to sign";
/// Who signs is somebody else.
pub(crate) fn reroute_not_yours(sets: &str) -> String {
    format!("this needs the signature of {sets}, and you hold no such office now")
}
/// Several have to sign.
pub(crate) fn reroute_several(sets: &str) -> String {
    format!(
        "this needs {sets} on one order, more signatures than one page can take; use the \
         command below"
    )
}
/// Under other terms.
pub(crate) const REROUTE_NOT_ALLOWED: &str =
    "policy does not allow this order as it stands; see what is missing above";
/// Heads the command line.
pub(crate) const REROUTE_COMMAND: &str = "The same on the command line";

/// Heads the orders.
pub(crate) const REROUTE_ORDERS: &str = "Orders so far";
/// There are none.
pub(crate) const REROUTE_NO_ORDERS: &str = "Nothing was ever diverted.";
/// A column.
pub(crate) const REROUTE_ORDER_ID: &str = "Order";
/// A column.
pub(crate) const REROUTE_ORDER_STATE: &str = "State";
/// A column.
pub(crate) const REROUTE_ORDERED_AT: &str = "Ordered";
/// A column.
pub(crate) const REROUTE_EXECUTED_AT: &str = "Executed";
/// A column.
pub(crate) const REROUTE_SIGNED_BY: &str = "Signed for";
/// A column.
pub(crate) const REROUTE_LOSES: &str = "Who loses how much";
/// A column.
pub(crate) const REROUTE_UNDERTAKES: &str = "Undertakes";
/// How an order came to nothing.
pub(crate) fn reroute_stale(why: &str) -> String {
    format!("the books had moved: {why}")
}
/// How an order came to nothing.
pub(crate) fn reroute_held(hold: &str) -> String {
    format!("{hold} suspends it")
}
/// How an order came to nothing.
pub(crate) fn reroute_disallowed(why: &str) -> String {
    format!("policy no longer allowed it: {why}")
}
/// What an order undertakes.
pub(crate) fn reroute_undertakes(certified: &str, days: u16, month: Option<&str>) -> String {
    let certified = (!certified.is_empty()).then(|| format!("certified: {certified}"));
    let notice = (days > 0).then(|| format!("{days} days of notice"));
    let month = month.map(|month| format!("replaced by {month}"));
    let all: Vec<String> = [certified, notice, month].into_iter().flatten().collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join("; ") }
}
/// The word for a state of an order.
pub(crate) fn order_state(state: countersign_core::rerouting::OrderState) -> &'static str {
    use countersign_core::rerouting::OrderState;
    match state {
        OrderState::Ordered => "Ordered",
        OrderState::Executed => "Executed",
        OrderState::Lapsed => "Lapsed",
    }
}
/// Heads the debts.
pub(crate) const REROUTE_DEBTS: &str = "Replacement debts, and when they can be given back";
/// There are none.
pub(crate) const REROUTE_NO_DEBTS: &str = "Nothing is owed.";
/// A column.
pub(crate) const REROUTE_DEBT: &str = "Debt";
/// A column.
pub(crate) const REROUTE_LEFT: &str = "Still owed";
/// A column.
pub(crate) const REROUTE_REPAYABLE: &str = "Can be given back";
/// It is all given back.
pub(crate) const REROUTE_REPAID: &str = "repaid";
/// A part.
pub(crate) fn reroute_part(units: &str, month: Option<&str>, late: bool) -> String {
    match month {
        Some(month) if late => format!("{units} in {month} (late)"),
        Some(month) => format!("{units} in {month}"),
        None => format!("{units} not within five years"),
    }
}
/// Nobody knows when.
pub(crate) fn reroute_unknown(why: &str) -> String {
    format!("not known: {why}")
}
/// The books moved between looking and ordering.
pub(crate) const REROUTE_MOVED: &str = "the plan that you looked at is not the best one any more: \
                                        the books have moved; look at the new plan and order that";
/// No reason was given.
pub(crate) const REROUTE_REASON_MISSING: &str = "say why this is ordered";

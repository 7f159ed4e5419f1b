//! The words of stock.

/// Heads the board.
pub(crate) const STOCK_TITLE: &str = "Stock";
/// What the board shows.
pub(crate) const STOCK_LEAD: &str = "What is there, what it must cover, and when it will be \
                                     short. A class is given by a rule or by a signed word over \
                                     it; what is not known is never green.";
/// Names the board's table.
pub(crate) const STOCK_BOARD: &str = "Every item, judged on the stock of the party it comes from";
/// No item fits the filter.
pub(crate) const STOCK_NONE: &str = "No item fits this filter.";
/// Whose stock is judged.
pub(crate) const STOCK_OF: &str = "Stock of";
/// A column.
pub(crate) const STOCK_ON_HAND: &str = "On hand";
/// A column.
pub(crate) const STOCK_REQUIREMENT: &str = "Must cover";
/// A column.
pub(crate) const STOCK_POSITION: &str = "Position";
/// A column.
pub(crate) const STOCK_THRESHOLD: &str = "Short below";
/// A column.
pub(crate) const STOCK_LASTS: &str = "Lasts";
/// A column.
pub(crate) const STOCK_FIRST_BELOW: &str = "Short from";
/// A column.
pub(crate) const STOCK_AHEAD: &str = "12 months ahead";
/// A column.
pub(crate) const STOCK_HELD_BY: &str = "Held by";
/// Never, as far as the board looks.
pub(crate) const STOCK_NOT_AHEAD: &str = "not within 12 months";
/// Filters.
pub(crate) const STOCK_PARTY: &str = "Party";
/// Filters.
pub(crate) const STOCK_SHOW: &str = "Show";
/// Leads to the same table as a file.
pub(crate) const STOCK_CSV: &str = "As CSV";
/// Titles the position of an item.
pub(crate) fn stock_position(item: &str) -> String {
    format!("Position of {item}")
}
/// Titles the months of an item.
pub(crate) fn stock_months(item: &str) -> String {
    format!("Month ends of {item}")
}
/// Heads the page of an item.
pub(crate) const STOCK_WHY: &str = "The class, and why";
/// No rule judges the item.
pub(crate) fn stock_no_rule(item: &str, class: &str, source: &str, standing: &str) -> String {
    format!(
        "No triage rule is for {item}. Its class, {class}, stands in the charter: {source} \
         ({standing})."
    )
}
/// A class set by hand.
pub(crate) fn stock_by_hand(office: &str, until: &str) -> String {
    format!("Set by hand by {office}, until {until}.")
}
/// When a class is first reached.
pub(crate) fn stock_first(class: &str, when: &str) -> String {
    format!("By the number, {class} is reached {when}.")
}
/// It is so already.
pub(crate) const STOCK_NOW: &str = "now";
/// In a month.
pub(crate) fn stock_in(month: &str) -> String {
    format!("in {month}")
}
/// Not as far as is looked.
pub(crate) fn stock_not_within(months: u16) -> String {
    format!("not within {months} months")
}
/// The chance of being short.
pub(crate) fn stock_chance(percent: &str) -> String {
    format!("The chance that it is short at the end of one of these months is {percent}.")
}
/// Units on hand, projected.
pub(crate) const STOCK_PROJECTION: &str =
    "Units at the end of each month, against the limits of the rule";
/// Classes so far.
pub(crate) const STOCK_HISTORY: &str = "The class since the ledger began";
/// Where an item comes from.
pub(crate) const STOCK_ORIGIN: &str = "Origin";
/// What an item needs.
pub(crate) const STOCK_INPUTS: &str = "Cannot be used without";
/// Who controls it.
pub(crate) const STOCK_CONTROLLERS: &str = "Controllers";
/// An input and who controls it.
pub(crate) fn stock_input(title: &str, party: &str) -> String {
    format!("{title} (controlled by {party})")
}
/// Needs nothing.
pub(crate) const STOCK_NO_INPUTS: &str = "nothing that somebody else controls";
/// Where a figure is stated.
pub(crate) const STOCK_SOURCE: &str = "Stated by";
/// Units promised to releases.
pub(crate) const STOCK_RESERVED: &str = "Reserved for releases";
/// Units kept for recipients.
pub(crate) const STOCK_EARMARKED: &str = "Kept for earmarks";
/// Since when the class holds.
pub(crate) const STOCK_SINCE: &str = "In this class since";

/// Heads the balances.
pub(crate) const STOCK_BALANCES: &str =
    "Three balances for each holder, none of which stands for another";
/// Nobody has any.
pub(crate) const STOCK_NO_BALANCES: &str = "Nobody has any units, and none are promised.";
/// A column.
pub(crate) const STOCK_AUTHORISED: &str = "Authorised for delivery";
/// A column.
pub(crate) const STOCK_DELIVERED: &str = "Delivered";
/// A column.
pub(crate) const STOCK_CLEARED: &str = "Cleared for use";
/// A column.
pub(crate) const STOCK_LOCKED: &str = "Not cleared";
/// Heads the accounts.
pub(crate) const STOCK_ACCOUNTS: &str = "Accounts and lots";
/// There are none.
pub(crate) const STOCK_NO_ACCOUNTS: &str = "No account of this item was ever opened.";
/// A column.
pub(crate) const STOCK_PLACE: &str = "Place";
/// A column.
pub(crate) const STOCK_LOT: &str = "Lot";
/// A column.
pub(crate) const STOCK_FIT_UNTIL: &str = "Fit until";
/// A column.
pub(crate) const STOCK_STATE: &str = "State";
/// A column.
pub(crate) const STOCK_FREE: &str = "Not reserved";
/// Heads what holds units.
pub(crate) const STOCK_HOLDS: &str = "What holds these units";
/// Nothing does.
pub(crate) const STOCK_NO_HOLDS: &str = "Neither a release nor an earmark holds any.";
/// A column.
pub(crate) const STOCK_HOLD: &str = "Held by";
/// A column.
pub(crate) const STOCK_UNDER: &str = "Request";
/// A column.
pub(crate) const STOCK_FOR: &str = "For";
/// A column.
pub(crate) const STOCK_WHERE: &str = "Where";
/// Heads the earmarks.
pub(crate) const STOCK_SLOTS: &str = "Earmarks, month by month";
/// There are none.
pub(crate) const STOCK_NO_SLOTS: &str = "Nothing of this item is promised to anybody.";
/// A column.
pub(crate) const STOCK_EARMARK: &str = "Earmark";
/// A column.
pub(crate) const STOCK_RECIPIENT: &str = "Recipient";
/// A column.
pub(crate) const STOCK_PROMISED: &str = "Promised";
/// A column.
pub(crate) const STOCK_MADE: &str = "Made";
/// A column.
pub(crate) const STOCK_COMMITTED: &str = "Drawn on";
/// A column.
pub(crate) const STOCK_HANDED_OUT: &str = "Handed out";
/// A column.
pub(crate) const STOCK_DIVERTED: &str = "Diverted";
/// A column.
pub(crate) const STOCK_OPEN: &str = "Open";
/// A column.
pub(crate) const STOCK_DIVERTIBLE: &str = "May be diverted";
/// Heads the entries.
pub(crate) const STOCK_RECENT: &str =
    "The latest entries: requests, releases and orders for this item, and changes of its class";
/// There are none.
pub(crate) const STOCK_NO_RECENT: &str = "No entry is about this item yet.";
/// A column.
pub(crate) const STOCK_ENTRY: &str = "Entry";
/// A column.
pub(crate) const STOCK_WHEN: &str = "When";
/// A column.
pub(crate) const STOCK_COMMAND: &str = "Command";
/// A column.
pub(crate) const STOCK_OUTCOME: &str = "Outcome";
/// A column.
pub(crate) const STOCK_ABOUT: &str = "About";
/// It was carried out.
pub(crate) const STOCK_ACCEPTED: &str = "accepted";
/// It was refused.
pub(crate) fn stock_refused(code: &str) -> String {
    format!("refused: {code}")
}
/// Leads to the workbench for the item.
pub(crate) const STOCK_REROUTE: &str = "Plan re-routing";
/// Leads to the requests for the item.
pub(crate) const STOCK_DEPENDENCE: &str = "Who must consent";

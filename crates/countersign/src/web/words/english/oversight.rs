//! The words of oversight.

/// How many were decided.
pub(crate) const OVERSIGHT_DECIDED: &str = "Decided by somebody";
/// How many in time.
pub(crate) const OVERSIGHT_WITHIN: &str = "Within the target";
/// The middle one.
pub(crate) const OVERSIGHT_MEDIAN: &str = "Median time";
/// The longest one.
pub(crate) const OVERSIGHT_LONGEST: &str = "Longest time";
/// What the bars say.
pub(crate) const OVERSIGHT_REFUSALS: &str = "Requests that came to nothing, by reason";
/// Nobody decided in time.
pub(crate) const OVERSIGHT_LAPSED: &str = "nobody decided in time";
/// Heads what is overdue.
pub(crate) const OVERSIGHT_OVERDUE: &str = "Overdue: the overseers were told";
/// There are none.
pub(crate) const OVERSIGHT_NONE: &str = "There are none.";
/// A hold.
pub(crate) const OVERSIGHT_HOLD: &str = "Hold";
/// The holds.
pub(crate) const OVERSIGHT_HOLDS: &str = "Holds";
/// What a hold suspends.
pub(crate) const OVERSIGHT_SCOPE: &str = "Scope";
/// What a scope looks like.
pub(crate) const OVERSIGHT_SCOPE_HINT: &str = "As in item:ATACMS, holder:UA, release:REL-7 or all; \
                                               everything in it is suspended until lifted";
/// When it was placed.
pub(crate) const OVERSIGHT_PLACED: &str = "Placed";
/// It was lifted.
pub(crate) const OVERSIGHT_LIFTED: &str = "lifted";
/// It stands.
pub(crate) const OVERSIGHT_STANDS: &str = "in force";
/// Heads the form.
pub(crate) const OVERSIGHT_PLACE: &str = "Place a hold";
/// Heads the form.
pub(crate) const OVERSIGHT_LIFT: &str = "Lift a hold";
/// Names the table.
pub(crate) const OVERSIGHT_BREACHES: &str = "Releases that were gone beyond";

/// Heads what does not close.
pub(crate) const OVERSIGHT_GAPS: &str = "What was issued to depots and does not close";
/// Nothing.
pub(crate) const OVERSIGHT_NO_GAPS: &str = "Everything that was issued to depots closes.";
/// Column: the kind of gap.
pub(crate) const OVERSIGHT_GAP: &str = "Gap";
/// Column: what it is, in words.
pub(crate) const OVERSIGHT_GAP_SAYS: &str = "What is missing";

/// How many of them were in time.
pub(crate) fn oversight_within(within: u64, all: u64, days: u16) -> String {
    format!("{within} of {all}, within {}", working_days(days))
}

/// So many working days.
pub(crate) fn working_days(days: u16) -> String {
    if days == 1 { "1 working day".to_owned() } else { format!("{days} working days") }
}

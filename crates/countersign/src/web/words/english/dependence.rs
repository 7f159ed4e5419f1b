//! The words of dependence.

/// Heads the page.
pub(crate) const DEPENDENCE_TITLE: &str = "Dependence";
/// What the page shows.
pub(crate) fn dependence_lead(version: &str) -> String {
    format!(
        "Whose consent each holder needs for one unit at a time in every zone at once, as policy \
         {version} has it. Units still to come count beside those that are there. Shown are the \
         holders whose books you may see; nothing is changed by looking."
    )
}
/// A switch.
pub(crate) const DEPENDENCE_WITHOUT: &str = "Suppose that these offices refuse everything";
/// A switch.
pub(crate) const DEPENDENCE_INPUT: &str = "Suppose that these inputs are withheld";
/// A switch.
pub(crate) const DEPENDENCE_VERSION: &str = "Policy, if not the one in force";
/// Sends the form.
pub(crate) const DEPENDENCE_SUPPOSE: &str = "Show what would change";
/// Drops what is supposed.
pub(crate) const DEPENDENCE_CLEAR: &str = "Suppose nothing";
/// No such office.
pub(crate) fn dependence_no_office(name: &str) -> String {
    format!("without: the ledger declares no office {name}; choose one on the page of dependence")
}
/// No such input.
pub(crate) fn dependence_no_input(name: &str) -> String {
    format!("input: the ledger declares no input {name}; choose one on the page of dependence")
}
/// Heads the sums.
pub(crate) const DEPENDENCE_SUMS: &str = "Units by how many offices must consent";
/// Nobody has anything.
pub(crate) const DEPENDENCE_EMPTY: &str =
    "No holder whose books you may see has any units, and none are to come.";
/// A column.
pub(crate) const DEPENDENCE_CASE: &str = "Case";
/// The case in force.
pub(crate) const DEPENDENCE_NOW: &str = "as\u{a0}it\u{a0}is";
/// The other case.
pub(crate) const DEPENDENCE_SUPPOSED: &str = "as\u{a0}supposed";
/// A column.
pub(crate) const DEPENDENCE_FREE: &str = "Nobody";
/// A column.
pub(crate) const DEPENDENCE_ONE: &str = "One office";
/// A column.
pub(crate) const DEPENDENCE_MORE: &str = "Two or more";
/// A column.
pub(crate) const DEPENDENCE_NONE: &str = "Not usable";
/// A column.
pub(crate) const DEPENDENCE_VETOES: &str = "Vetoes";
/// Heads a matrix.
pub(crate) const DEPENDENCE_ITEMS: &str = "Who must consent, by holder and item";
/// Heads a matrix.
pub(crate) const DEPENDENCE_OFFICES: &str =
    "Which offices each holder depends on, with nothing supposed to be refused";
/// A cell: nothing goes without this office.
pub(crate) const DEPENDENCE_VETO: &str = "holds a veto";
/// A cell: another office can stand in.
pub(crate) const DEPENDENCE_CAN: &str = "can consent";
/// Heads the flow.
pub(crate) const DEPENDENCE_FLOW: &str = "Whose control runs over which items to which holders";
/// Heads the sets.
pub(crate) const DEPENDENCE_SETS: &str =
    "Minimal approval sets, with nothing supposed to be refused, and the units each allows";
/// A column.
pub(crate) const DEPENDENCE_SET: &str = "All of these";
/// The empty set.
pub(crate) const DEPENDENCE_NOBODY: &str = "nobody";

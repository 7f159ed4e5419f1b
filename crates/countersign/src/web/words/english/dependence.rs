//! The words of dependence.

/// Asks for the version.
pub(crate) const DEPENDENCE_POLICY: &str = "Under which policy version";
/// Asks who is supposed to refuse.
pub(crate) const DEPENDENCE_WITHOUT: &str = "Suppose that these offices refuse everything";
/// What that does.
pub(crate) const DEPENDENCE_WITHOUT_HINT: &str = "What is left of the holder's units is then shown \
                                                  beside what there is";
/// The word in a cell.
pub(crate) const DEPENDENCE_LOCKS: &str = "locks alone";
/// What the matrix says.
pub(crate) const DEPENDENCE_MATRIX: &str = "Whose refusal alone locks an item everywhere";
/// What the flow says.
pub(crate) const DEPENDENCE_FLOW: &str = "Who controls what the holder has or is promised";
/// What the bars say.
pub(crate) const DEPENDENCE_SPLIT: &str = "Units by how many offices' consent their use takes";
/// The same in the case supposed.
pub(crate) const DEPENDENCE_LEFT: &str = "What is left if those offices refuse";
/// Nobody's consent.
pub(crate) const DEPENDENCE_FREE: &str = "nobody's";
/// One office's.
pub(crate) const DEPENDENCE_ONE: &str = "one office's";
/// Two or more.
pub(crate) const DEPENDENCE_MORE: &str = "two or more offices'";
/// Nobody can.
pub(crate) const DEPENDENCE_NONE: &str = "nobody can allow it";
/// Column: on hand.
pub(crate) const DEPENDENCE_HELD: &str = "Held";
/// Column: promised.
pub(crate) const DEPENDENCE_TO_COME: &str = "To come";
/// Column: cleared for use.
pub(crate) const DEPENDENCE_CLEARED: &str = "Cleared for use";
/// Column: who must consent.
pub(crate) const DEPENDENCE_WHO: &str = "Who must consent";
/// Column: who can lock it alone.
pub(crate) const DEPENDENCE_LOCK: &str = "Locked alone by";
/// All zones at once.
pub(crate) const DEPENDENCE_EVERYWHERE: &str = "everywhere";
/// Names the table.
pub(crate) const DEPENDENCE_TABLE: &str = "Item by item, and where";
/// There is nothing.
pub(crate) const DEPENDENCE_EMPTY: &str = "There is no holder with units whose books you may see.";

/// What an office can lock alone.
pub(crate) fn dependence_alone(office: &str, units: &str) -> String {
    format!("{office} alone can lock {units} units.")
}

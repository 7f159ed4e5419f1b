//! The words of the search.

/// Column: the id.
pub(crate) const SEARCH_ID: &str = "Id";
/// What can be searched for.
pub(crate) const SEARCH_HELP: &str = "Search by the id of a request or release, or by a part of \
                                      the name of an item, a party, an office or a person.";

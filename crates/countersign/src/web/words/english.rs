//! The words in English. Answers: *how is each thing said?*

mod dependence;
mod doors;
mod evidence;
mod oversight;
mod people;
mod policy;
mod record;
mod requests;
mod rerouting;
mod search;
mod stock;

pub(crate) use dependence::*;
pub(crate) use doors::*;
pub(crate) use evidence::*;
pub(crate) use oversight::*;
pub(crate) use people::*;
pub(crate) use policy::*;
pub(crate) use record::*;
pub(crate) use requests::*;
pub(crate) use rerouting::*;
pub(crate) use search::*;
pub(crate) use stock::*;

use countersign_core::requests::{ReleaseState, RequestState};

/// The language, as the `lang` attribute names it.
pub(crate) const LANG: &str = "en";

// The frame.

/// The name of the product.
pub(crate) const PRODUCT: &str = "Countersign";
/// Takes a keyboard user past the navigation.
pub(crate) const SKIP: &str = "Skip to the content";
/// Marks a ledger with demo keys and a scripted clock.
pub(crate) const EXERCISE: &str = "EXERCISE";
/// Why the mark is there.
pub(crate) const EXERCISE_WHY: &str =
    "Demo keys and a scripted clock. Nothing here releases anything.";
/// Names the navigation.
pub(crate) const NAVIGATION: &str = "Main";
/// Names the search form.
pub(crate) const SEARCH_LABEL: &str = "Search by id, item, holder or office";
/// The search button.
pub(crate) const SEARCH: &str = "Search";
/// Ends the session.
pub(crate) const SIGN_OUT: &str = "Sign out";
/// Nobody is signed in.
pub(crate) const NOT_SIGNED_IN: &str = "Not signed in";
/// Leads to where one signs in.
pub(crate) const SIGN_IN: &str = "Sign in";
/// A person who holds no office.
pub(crate) const NO_OFFICE: &str = "no office";
/// Names the ledger in the footer.
pub(crate) const LEDGER: &str = "Ledger";
/// Names the position in the footer.
pub(crate) const POSITION: &str = "Shown as of entry";
/// Names the policy version in the footer.
pub(crate) const POLICY: &str = "Policy in force";
/// There is no policy in force.
pub(crate) const NO_POLICY: &str = "none: nothing can be approved";

// Parts.

/// Heads the list of what is wrong with a form.
pub(crate) const ERRORS: &str = "There is a problem";
/// Before an error, for those who hear the page.
pub(crate) const ERROR_PREFIX: &str = "Error: ";
/// After the label of a field that may be left empty.
pub(crate) const OPTIONAL: &str = "(optional)";
/// The way back through a list.
pub(crate) const PREVIOUS: &str = "Previous";
/// The way on through a list.
pub(crate) const NEXT: &str = "Next";
/// Names the links of a pager.
pub(crate) const PAGES: &str = "Pages";
/// Before the reason why an action is not offered.
pub(crate) const NOT_AVAILABLE: &str = "Not available:";
/// A value that nobody knows.
pub(crate) const UNKNOWN: &str = "not known";
/// A cell without a value.
pub(crate) const NOTHING: &str = "–";
/// Moments are told in this zone.
pub(crate) const UTC: &str = "UTC";
/// What a date-time field expects.
pub(crate) const DATE_TIME_HINT: &str = "Date and time in UTC";
/// The months, shortened.
pub(crate) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The word for a state of a request.
pub(crate) fn request_state(state: RequestState) -> &'static str {
    match state {
        RequestState::Submitted => "Submitted",
        RequestState::UnderReview => "Under review",
        RequestState::InformationRequested => "Information requested",
        RequestState::Approved => "Approved",
        RequestState::Refused => "Refused",
        RequestState::Withdrawn => "Withdrawn",
        RequestState::Superseded => "Superseded",
        RequestState::Lapsed => "Lapsed",
    }
}

/// The word for a state of a release.
pub(crate) fn release_state(state: ReleaseState) -> &'static str {
    match state {
        ReleaseState::Issued => "Issued",
        ReleaseState::Suspended => "Suspended",
        ReleaseState::Reinstated => "Reinstated",
        ReleaseState::Exhausted => "Exhausted",
        ReleaseState::Expired => "Expired",
        ReleaseState::Revoked => "Revoked",
        ReleaseState::Surrendered => "Surrendered",
    }
}

// Charts.

/// Opens the table of a chart.
pub(crate) const AS_TABLE: &str = "The figures as a table";
/// A month.
pub(crate) const MONTH: &str = "Month";
/// Units at the end of a month.
pub(crate) const AT_MONTH_END: &str = "Units at month end";
/// The threshold of the better class.
pub(crate) const YELLOW_BELOW: &str = "Yellow below";
/// The threshold of the worse class.
pub(crate) const RED_BELOW: &str = "Red below";
/// The class of an item.
pub(crate) const CLASS: &str = "Class";
/// The first day.
pub(crate) const FROM: &str = "From";
/// The day that is no longer in it.
pub(crate) const UNTIL: &str = "Until";
/// Nothing ends it.
pub(crate) const OPEN_END: &str = "no end";
/// It still lasts.
pub(crate) const TO_THIS_DAY: &str = "to this day";
/// The rows of a bar chart.
pub(crate) const WHAT: &str = "What";
/// The measure of a bar chart.
pub(crate) const NUMBER: &str = "Number";
/// What the number is a part of.
pub(crate) const OUT_OF: &str = "Out of";
/// A policy version.
pub(crate) const VERSION: &str = "Version";
/// How well something is established.
pub(crate) const STANDING: &str = "Standing";
/// The first column of a flow chart.
pub(crate) const CONTROLLER: &str = "Controller";
/// The second column of a flow chart.
pub(crate) const ITEM: &str = "Item";
/// The third column of a flow chart.
pub(crate) const HOLDER: &str = "Holder";
/// Units in a table.
pub(crate) const UNITS: &str = "Units";
/// A zone's id.
pub(crate) const ZONE: &str = "Zone";
/// A zone's name.
pub(crate) const TITLE: &str = "Title";
/// Whether a zone is meant.
pub(crate) const MARKED: &str = "Marked";
/// It is.
pub(crate) const YES: &str = "yes";
/// It is not.
pub(crate) const NO: &str = "no";
/// A zone whose outline cannot be drawn.
pub(crate) const NO_OUTLINE: &str = "no outline";
/// What the kinds of links in a flow chart say.
pub(crate) const FLOW_NOTE: &str = "An item with several controllers counts in full with each: \
     every one of them can withhold it.";
/// A map's plane.
pub(crate) const MAP_NOTE: &str = "Outlines as the pack draws them; no borders are implied.";

/// Nothing to project.
pub(crate) const NO_PROJECTION: &str = "There is no projection: the demand of no month is known.";
/// Nothing in the class history.
pub(crate) const NO_HISTORY: &str = "No class has been recorded yet.";
/// Nothing to compare.
pub(crate) const NO_BARS: &str = "There is nothing to count yet.";
/// Nothing flows.
pub(crate) const NO_FLOW: &str = "No units are held or promised.";
/// No versions.
pub(crate) const NO_VERSIONS: &str = "No policy version has been published.";
/// No zones.
pub(crate) const NO_ZONES: &str = "The pack names no zones.";
/// Nothing in the matrix.
pub(crate) const NO_MATRIX: &str = "There is nobody to show.";

/// Tells a projection to those who cannot see it.
pub(crate) fn projection_described(from: &str, until: &str, lowest: &str, when: &str) -> String {
    format!(
        "Units at the end of each month from {from} to {until}; the lowest is {lowest} in {when}."
    )
}

/// Tells a class history.
pub(crate) fn history_described(spans: usize, now: &str) -> String {
    format!("The class over time, in {spans} spans; the last one is {now}.")
}

/// Tells bars.
pub(crate) fn bars_described(rows: usize, most: &str, number: &str) -> String {
    format!("Horizontal bars, {rows} rows; the longest is {most} with {number}.")
}

/// Tells a flow chart.
pub(crate) fn flow_described(controllers: usize, items: usize, holders: usize) -> String {
    format!(
        "Bands from {controllers} controllers over {items} items to {holders} holders, \
             as wide as the units."
    )
}

/// Tells a policy time line.
pub(crate) fn versions_described(versions: usize, current: Option<&str>) -> String {
    match current {
        Some(current) => {
            format!("When each of {versions} policy versions is in force; now it is {current}.")
        }
        None => format!("When each of {versions} policy versions is in force; now none is."),
    }
}

/// Tells a map.
pub(crate) fn zones_described(zones: usize, marked: &[&str]) -> String {
    if marked.is_empty() {
        format!("Outlines of {zones} zones; none is marked.")
    } else {
        format!("Outlines of {zones} zones; marked: {}.", marked.join(", "))
    }
}

/// Tells a gauge.
pub(crate) fn gauge_described(position: &str, yellow: &str, red: &str) -> String {
    format!("{position}; yellow below {yellow}, red below {red}.")
}

/// Tells a spark line.
pub(crate) fn spark_described(first: &str, last: &str, lowest: &str) -> String {
    format!("From {first} to {last}; the lowest is {lowest}.")
}

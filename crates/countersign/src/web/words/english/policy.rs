//! The words of policy.

/// Heads the page.
pub(crate) const POLICY_TITLE: &str = "Policy";
/// What the page shows.
pub(crate) const POLICY_LEAD: &str = "Which rules are in force, since when, and how well that is \
                                      established. A version is published by signatures and \
                                      never changed; what follows it is another version.";
/// Heads the time line.
pub(crate) const POLICY_TIME: &str = "When each version is in force";
/// Heads the list.
pub(crate) const POLICY_VERSIONS: &str = "All versions, the newest first";
/// A column.
pub(crate) const POLICY_STATUS: &str = "Status";
/// A column.
pub(crate) const POLICY_FROM: &str = "In force from";
/// A column.
pub(crate) const POLICY_TRANSITION: &str = "What is open then";
/// A column.
pub(crate) const POLICY_SOURCE: &str = "Source";
/// A column.
pub(crate) const POLICY_PROVED: &str = "Claims proved";
/// It is in force.
pub(crate) const POLICY_IN_FORCE: &str = "In force";
/// It will be.
pub(crate) const POLICY_COMING: &str = "Coming";
/// It was.
pub(crate) const POLICY_PAST: &str = "Superseded";
/// It cannot be asked.
pub(crate) const POLICY_UNUSABLE: &str =
    "This version cannot be asked, so nothing is allowed under it.";
/// Compares.
pub(crate) const POLICY_COMPARE: &str = "Compare two versions";
/// Asks.
pub(crate) const POLICY_ASK: &str = "Ask who must consent";
/// Heads a version.
pub(crate) fn policy_version(version: &str) -> String {
    format!("Policy {version}")
}
/// A row.
pub(crate) const POLICY_DIGEST: &str = "Digest";
/// A row.
pub(crate) const POLICY_PUBLISHED: &str = "Published";
/// A row.
pub(crate) const POLICY_KEY_ONLY: &str = "Signatures by software keys";
/// The default.
pub(crate) const POLICY_KEY_REFUSED: &str =
    "Refused for items of class red, because nobody verified who used the key";
/// For an exercise.
pub(crate) const POLICY_KEY_ALLOWED: &str = "Allowed: only an exercise may say so";
/// A row.
pub(crate) const POLICY_WITNESSES: &str = "Witnesses before a release counts";
/// None are demanded.
pub(crate) const POLICY_NO_WITNESSES: &str = "None: a release counts at once";
/// How many of how many.
pub(crate) fn policy_witnesses(quorum: u8, count: usize) -> String {
    format!("{quorum} of {count} must have cosigned the record with the release in it:")
}
/// Heads the policies.
pub(crate) const POLICY_TEXTS: &str = "The policies";
/// Heads the properties.
pub(crate) const POLICY_PROPERTIES: &str = "What it promises to keep";
/// Heads the reasons.
pub(crate) const POLICY_REASONS: &str = "What each policy says, in its own words";
/// A column.
pub(crate) const POLICY_POLICY: &str = "Policy";
/// A column.
pub(crate) const POLICY_REASON: &str = "Reason";
/// A policy without words of its own.
pub(crate) const POLICY_NO_REASON: &str = "it gives no reason";
/// There are none.
pub(crate) const POLICY_NO_POLICIES: &str = "The version has no policies: nothing is allowed.";
/// Heads the deciding offices.
pub(crate) const POLICY_DECIDING: &str = "Who decides, by party and act";
/// There are none.
pub(crate) const POLICY_NO_DECIDING: &str = "The version names no deciding offices.";
/// A column.
pub(crate) const POLICY_PARTY: &str = "Party";
/// A standing permission.
pub(crate) const POLICY_STANDING_PERMISSION: &str = "a standing permission";
/// Nobody was named.
pub(crate) const POLICY_NOBODY: &str = "nobody named";
/// Heads the proofs.
pub(crate) const POLICY_CLAIMS: &str = "What is claimed of it, and what was found";
/// There are none.
pub(crate) const POLICY_NO_CLAIMS: &str = "Nothing was recorded about its claims.";
/// A column.
pub(crate) const POLICY_CLAIM: &str = "Claim";
/// A column.
pub(crate) const POLICY_FINDING: &str = "Found";
/// A column.
pub(crate) const POLICY_DETAIL: &str = "Detail";
/// Found.
pub(crate) const POLICY_IS_PROVED: &str = "Proved";
/// Found.
pub(crate) const POLICY_REFUTED: &str = "False";
/// Found.
pub(crate) const POLICY_NOT_PROVED: &str = "Not proved";
/// Who proved it.
pub(crate) fn policy_solver(solver: Option<&str>) -> String {
    solver.map_or_else(
        || "No solver was at hand when it was published.".to_owned(),
        |solver| format!("Found by {solver} when it was published."),
    )
}
/// How many are proved.
pub(crate) fn policy_proved(proved: &str, total: &str) -> String {
    format!("{proved} of {total}")
}
/// Heads the differences.
pub(crate) fn policy_differences(before: &str) -> String {
    format!("What it changes of {before}")
}
/// The first one.
pub(crate) const POLICY_FIRST: &str = "It is the first version; there is none before it.";
/// Nothing changes.
pub(crate) const POLICY_NO_DIFFERENCE: &str =
    "Nothing, for the items, holders and zones that there are.";
/// Another office decides.
pub(crate) fn policy_decided(act: &str, party: &str, before: &str, after: &str) -> String {
    format!("{act} for {party} was decided by {before}; by {after} now")
}
/// A text was changed.
pub(crate) fn policy_edit(kind: &str, id: &str, edit: countersign_core::policy::Edit) -> String {
    use countersign_core::policy::Edit;
    let edit = match edit {
        Edit::Added => "added",
        Edit::Removed => "removed",
        Edit::Reworded => "reworded",
    };
    format!("{kind} {id} {edit}")
}
/// A kind of text.
pub(crate) const POLICY_KIND_POLICY: &str = "policy";
/// A kind of text.
pub(crate) const POLICY_KIND_PROPERTY: &str = "property";
/// Heads what the solver found of the difference.
pub(crate) const POLICY_PROVED_DIFFERENCES: &str =
    "The difference, over every request there could be";
/// A column.
pub(crate) const POLICY_ACT: &str = "Act";
/// A column.
pub(crate) const POLICY_DIRECTION: &str = "What";
/// Nothing at all.
pub(crate) const POLICY_NOTHING_SUCH: &str = "Nothing";
/// There is one.
pub(crate) const POLICY_FOR_EXAMPLE: &str = "For example";
/// Compares with the one before.
pub(crate) const POLICY_SHOW_IMPACT: &str = "What it changes for requests, releases and stock";

/// Heads the comparison.
pub(crate) const IMPACT_TITLE: &str = "What another version would change";
/// What it shows.
pub(crate) const IMPACT_LEAD: &str = "Past requests are judged as policy saw them then; what is \
                                      open, live or held, as it stands now. Nothing is changed \
                                      by looking.";
/// A field.
pub(crate) const IMPACT_FROM: &str = "Before";
/// What leaving it open means.
pub(crate) const IMPACT_FROM_HINT: &str =
    "Left open: what judged each of them, and the version in force for what is held";
/// A field.
pub(crate) const IMPACT_TO: &str = "After";
/// A field.
pub(crate) const IMPACT_ONLY: &str = "Rows";
/// Its answer.
pub(crate) const IMPACT_ONLY_CHANGES: &str = "Only what changes";
/// Sends the form.
pub(crate) const IMPACT_COMPARE: &str = "Compare";
/// Heads the sums.
pub(crate) const IMPACT_SUMS: &str = "In sum";
/// Heads the requests.
pub(crate) const IMPACT_REQUESTS: &str = "Requests";
/// There are none.
pub(crate) const IMPACT_NO_REQUESTS: &str = "No request changes.";
/// Heads the releases.
pub(crate) const IMPACT_RELEASES: &str = "Releases";
/// There are none.
pub(crate) const IMPACT_NO_RELEASES: &str = "No release changes.";
/// Heads the holdings.
pub(crate) const IMPACT_HOLDINGS: &str = "What is held or to come, and its use";
/// There are none.
pub(crate) const IMPACT_NO_HOLDINGS: &str = "Nothing that is held changes.";
/// Heads the offices.
pub(crate) const IMPACT_OFFICES: &str = "Units that an office alone can keep from use everywhere";
/// There are none.
pub(crate) const IMPACT_NO_OFFICES: &str = "No office alone can.";
/// A column.
pub(crate) const IMPACT_REQUEST: &str = "Request";
/// A column.
pub(crate) const IMPACT_RELEASE: &str = "Release";
/// A column.
pub(crate) const IMPACT_BEFORE: &str = "Who, before";
/// A column.
pub(crate) const IMPACT_AFTER: &str = "Who, after";
/// A column.
pub(crate) const IMPACT_CHANGE: &str = "Change";
/// A column.
pub(crate) const IMPACT_FATE: &str = "It would be";
/// A column.
pub(crate) const IMPACT_LEFT: &str = "Units left";
/// A column.
pub(crate) const IMPACT_HELD: &str = "Held";
/// A column.
pub(crate) const IMPACT_TO_COME: &str = "To come";
/// A column.
pub(crate) const IMPACT_ZONES: &str = "Zones";
/// A column.
pub(crate) const IMPACT_OFFICE: &str = "Office";
/// A column.
pub(crate) const IMPACT_UNITS_BEFORE: &str = "Units before";
/// A column.
pub(crate) const IMPACT_UNITS_AFTER: &str = "Units after";
/// A row.
pub(crate) const IMPACT_UNITS: &str = "Units held or to come";
/// A row.
pub(crate) const IMPACT_LOCKED: &str = "Not usable everywhere with nobody's consent";
/// A row.
pub(crate) const IMPACT_NEWLY_LOCKED: &str = "Locked in some zone where they were free";
/// A row.
pub(crate) const IMPACT_NEWLY_FREE: &str = "Free in some zone where they were not";
/// Two numbers.
pub(crate) fn impact_from_to(before: &str, after: &str) -> String {
    format!("{before} before, {after} after")
}
/// Nothing changes.
pub(crate) const IMPACT_SAME: &str = "Same";

/// Heads the question.
pub(crate) const EXPLAIN_TITLE: &str = "Who must consent";
/// What it does.
pub(crate) const EXPLAIN_LEAD: &str =
    "Asks the version in force at that moment, without asking for the act. Nothing is recorded.";
/// A field.
pub(crate) const EXPLAIN_ACT: &str = "Act";
/// A field.
pub(crate) const EXPLAIN_HOLDER: &str = "Holder";
/// A field.
pub(crate) const EXPLAIN_ITEM: &str = "Item";
/// A field.
pub(crate) const EXPLAIN_QUANTITY: &str = "How many units";
/// A field.
pub(crate) const EXPLAIN_ZONES: &str = "Zones, for a use";
/// The map beside the question.
pub(crate) const EXPLAIN_MAP: &str = "The zones of the programme";
/// A field.
pub(crate) const EXPLAIN_RECIPIENT: &str = "Recipient, for a transfer";
/// A field.
pub(crate) const EXPLAIN_AT: &str = "On which day";
/// What it expects.
pub(crate) const EXPLAIN_AT_HINT: &str = "As in 2025-06-01. Left empty: now";
/// Sends the form.
pub(crate) const EXPLAIN_ASK: &str = "Ask";
/// Something is missing.
pub(crate) const EXPLAIN_MISSING: &str = "this is missing";
/// The last day.
pub(crate) const EXPLAIN_TOO_LATE: &str = "this lies beyond the last moment";
/// A verdict.
pub(crate) const EXPLAIN_STANDING: &str = "Allowed with nobody's consent";
/// A verdict.
pub(crate) const EXPLAIN_NEEDS: &str = "Needs consent";
/// A verdict.
pub(crate) const EXPLAIN_PROHIBITED: &str = "Prohibited: nobody's consent would allow it";
/// A refusal.
pub(crate) const EXPLAIN_REFUSED: &str = "Such a request would be refused";
/// Heads the sets.
pub(crate) const EXPLAIN_SETS: &str = "One of these sets must consent";
/// A row.
pub(crate) const EXPLAIN_JUDGED_BY: &str = "Judged by";

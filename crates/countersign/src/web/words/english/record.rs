//! The words of the record.

/// Names an entry.
pub(crate) const RECORD_ENTRY: &str = "Entry";
/// What was asked of the ledger.
pub(crate) const RECORD_COMMAND: &str = "Command";
/// What came of it.
pub(crate) const RECORD_EVENTS: &str = "Events";
/// What it concerns.
pub(crate) const RECORD_ABOUT: &str = "About";
/// What it looks like.
pub(crate) const RECORD_ABOUT_HINT: &str = "An id, as in REQ-1";
/// It was carried out.
pub(crate) const RECORD_ACCEPTED: &str = "accepted";
/// A rule refused it.
pub(crate) const RECORD_REFUSED: &str = "refused:";
/// Names the table.
pub(crate) const RECORD_CAPTION: &str = "Entries, the newest first";
/// There are none.
pub(crate) const RECORD_EMPTY: &str = "No entry fits.";
/// The signed head of the log.
pub(crate) const RECORD_CHECKPOINT: &str = "Checkpoint";
/// What it is.
pub(crate) const RECORD_CHECKPOINT_WHY: &str = "The log's origin, its size and its root, signed by \
                                                the log key. Keep it: whoever shows you another \
                                                history later can be held against it.";
/// The hash that the log is made of.
pub(crate) const RECORD_LEAF: &str = "Leaf hash";
/// The part that everyone may see.
pub(crate) const RECORD_OPEN: &str = "Open part";
/// What it is.
pub(crate) const RECORD_OPEN_WHY: &str = "The log commits to exactly these bytes:";
/// Leads to the bytes.
pub(crate) const RECORD_BYTES: &str = "the bytes themselves";
/// What proves the entry elsewhere.
pub(crate) const RECORD_PROOF_WHY: &str = "That it is in the log is shown without this server by";
/// Leads to it.
pub(crate) const RECORD_PROOF: &str = "its proof (tlog-proof)";
/// A part that only some may see.
pub(crate) const RECORD_SEALED: &str = "Sealed part:";
/// One that this person may not see.
pub(crate) const RECORD_HIDDEN: &str = "This entry has a sealed part that you may not see:";
/// One that was erased.
pub(crate) const RECORD_ERASED: &str = "This sealed part was erased:";
/// A signed text.
pub(crate) const RECORD_STATEMENT: &str = "Signed text";
/// Its signature.
pub(crate) const RECORD_SIGNATURE: &str = "Signature";
/// How to check it.
pub(crate) const RECORD_CHECK: &str = "Check it with stock OpenSSH: save the text as \
                                       statement.txt, the signature as statement.txt.sig, then:";
/// Leads to where this process stands among several.
pub(crate) const RECORD_NODE: &str = "This node";
/// It writes.
pub(crate) const RECORD_NODE_WRITES: &str = "It writes; the others follow it.";
/// It cannot follow.
pub(crate) const RECORD_NODE_LOST: &str = "It cannot follow at the moment, and shows what it knew:";

/// It follows another.
pub(crate) fn node_follows(shown: u64, behind: u64) -> String {
    match behind {
        0 => format!("It follows the node that writes, and shows all of its {shown} entries."),
        1 => format!("It follows the node that writes: {shown} entries, one behind."),
        _ => format!("It follows the node that writes: {shown} entries, {behind} behind."),
    }
}

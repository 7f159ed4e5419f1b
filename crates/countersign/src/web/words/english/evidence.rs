//! The words of evidence.

/// Names the place.
pub(crate) const EVIDENCE: &str = "Evidence";
/// What it is.
pub(crate) const EVIDENCE_WHY: &str = "Evidence is a file that shows, to somebody without this \
                                       ledger and without trust in whoever keeps it, that named \
                                       people authorised exactly this.";
/// Heads the form that makes one.
pub(crate) const EVIDENCE_TAKE: &str = "Take evidence with you";
/// What it is of.
pub(crate) const EVIDENCE_OF: &str = "Of what";
/// What that looks like.
pub(crate) const EVIDENCE_OF_HINT: &str = "A request (REQ-1), a release (REL-1), or entries by \
                                           their numbers (0..50, the last not taken)";
/// Asks what is left out.
pub(crate) const EVIDENCE_WITHOUT: &str = "Leave out";
/// Leaves out names.
pub(crate) const EVIDENCE_NAMES: &str = "The names of people";
/// Leaves out what was said.
pub(crate) const EVIDENCE_DELIBERATION: &str = "Signed texts, reasons and advice";
/// Leaves out what it is about.
pub(crate) const EVIDENCE_PARTIES: &str = "What is asked for, and all that repeats it";
/// What is left out in any case.
pub(crate) const EVIDENCE_HIDDEN: &str =
    "What you may not see is left out; the rest still verifies.";
/// Makes the file.
pub(crate) const EVIDENCE_DOWNLOAD: &str = "Take the file";
/// Heads the form that checks one.
pub(crate) const EVIDENCE_CHECK: &str = "Check evidence here";
/// How it is checked.
pub(crate) const EVIDENCE_CHECK_WHY: &str = "The file is read in this page by a small script and \
                                             is sent nowhere. Whoever does not trust this server \
                                             checks it elsewhere:";
/// Where the file is.
pub(crate) const EVIDENCE_FILE: &str = "The file";
/// What to do before anything is chosen.
pub(crate) const EVIDENCE_NONE: &str = "Choose a file, and what was found is shown here.";
/// While it is checked.
pub(crate) const EVIDENCE_BUSY: &str = "Checking\u{2026}";
/// It holds.
pub(crate) const EVIDENCE_HOLDS: &str = "It holds";
/// It does not.
pub(crate) const EVIDENCE_BROKEN: &str = "It does not hold";
/// Before two numbers.
pub(crate) const EVIDENCE_ENTRIES: &str = "Entries in the log, of how many it has";
/// Before a number.
pub(crate) const EVIDENCE_SIGNATURES: &str = "Signatures that are good";
/// Before the log's key.
pub(crate) const EVIDENCE_COMPARE: &str = "Compare the log\u{2019}s key with one that you got \
                                           another way:";
/// The bundle is from an exercise.
pub(crate) const EVIDENCE_EXERCISE: &str = "EXERCISE: the ledger of this file is an exercise";
/// Before what was left out of it.
pub(crate) const EVIDENCE_LEFT_OUT: &str = "Left out of the file";
/// What is not checked in the page.
pub(crate) const EVIDENCE_NOT: &str = "Not checked in this page: offices, policy, provisos and \
                                       breaches, and that nothing later bears on it. The command \
                                       above checks all of them.";
/// On a case page.
pub(crate) const EVIDENCE_OF_CASE: &str = "Take the evidence of this case with you";

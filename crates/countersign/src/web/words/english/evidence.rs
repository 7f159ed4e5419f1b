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
/// The bundle is from an exercise.
pub(crate) const EVIDENCE_EXERCISE: &str = "EXERCISE: the ledger of this file is an exercise";
/// Heads what was proved.
pub(crate) const EVIDENCE_PROVED: &str = "Proved";
/// How many entries are in a log of how many, with which root.
pub(crate) const EVIDENCE_ENTRIES: &str = "{0} entries are, word for word, in the log of {1} \
                                           entries with the root {2}, signed by its key.";
/// How many signatures are good.
pub(crate) const EVIDENCE_SIGNATURES: &str = "{0} signatures are by keys that the list in the \
                                              file gives to the people they name, at the moment of \
                                              the entry.";
/// How many of them quote a head of the log.
pub(crate) const EVIDENCE_AFTER: &str = "{0} of them quote a head of this very log, so they were \
                                         made after that.";
/// Heads what was left out.
pub(crate) const EVIDENCE_LEFT_OUT: &str = "Left out";
/// How many parts, and who alone may see them.
pub(crate) const EVIDENCE_REDACTED: &str = "{0} parts that only {1} may see: left out on purpose.";
/// The same, of parts that the record has no longer.
pub(crate) const EVIDENCE_ERASED: &str = "{0} parts that only {1} may see: erased from the record.";
/// How many entries have no body.
pub(crate) const EVIDENCE_BODIES: &str = "What {0} entries record in detail.";
/// Heads what was not proved.
pub(crate) const EVIDENCE_NOT: &str = "Not proved";
/// Which key names the log.
pub(crate) const EVIDENCE_COMPARE: &str = "That this is the log you mean: its key is named by the \
                                           file alone. Compare {0} with a copy that you got \
                                           another way.";
/// No witness.
pub(crate) const EVIDENCE_UNCOSIGNED: &str = "That the operator shows everyone the same log: its \
                                              head is signed by the log alone, and by no witness.";
/// Witnesses that the page does not know.
pub(crate) const EVIDENCE_COSIGNED: &str = "That the operator shows everyone the same log: {0} are \
                                            named as witnesses, and only the command above can \
                                            check them, with --trust.";
/// What may have followed.
pub(crate) const EVIDENCE_LATER: &str = "That nothing else in the log bears on this, such as a \
                                         later withdrawal or a key revoked: only the whole record \
                                         shows that.";
/// What the command checks.
pub(crate) const EVIDENCE_POLICY: &str = "Who was enrolled and who held which office, what policy \
                                          demanded, provisos and breaches, and the files in it \
                                          that are for people: the command above checks all of \
                                          them.";
/// What is only stated.
pub(crate) const EVIDENCE_STATED: &str = "What the holder had out and had used beside this: stated \
                                          by whoever exported.";
/// How many signatures are by software keys.
pub(crate) const EVIDENCE_SOFTWARE: &str = "That the person was at the key: {0} signatures are by \
                                            software keys, and for these nothing reports it.";
/// On a case page.
pub(crate) const EVIDENCE_OF_CASE: &str = "Take the evidence of this case with you";

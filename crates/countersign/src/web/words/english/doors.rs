//! The words of the doors: signing in, signing, problems.

/// The place where what waits is.
pub(crate) const INBOX: &str = "Inbox";
/// The place of requests.
pub(crate) const REQUESTS: &str = "Requests";
/// The place of stock.
pub(crate) const STOCK: &str = "Stock";
/// The place of re-routing.
pub(crate) const REROUTING: &str = "Re-routing";
/// The place of dependence.
pub(crate) const DEPENDENCE: &str = "Dependence";
/// The place of policy.
pub(crate) const POLICY_PLACE: &str = "Policy";
/// The place of the record.
pub(crate) const RECORD: &str = "Record";
/// The place of oversight.
pub(crate) const OVERSIGHT: &str = "Oversight";
/// The place of people and keys.
pub(crate) const PEOPLE: &str = "People";

/// A form that was not sent.
pub(crate) const UNSENT: &str = "Not sent yet";
/// Why it was not.
pub(crate) const UNSENT_WHY: &str = "Your session had ended when you sent this. Nothing that you \
                                     typed is lost: look it over and send it again.";
/// Sends it again.
pub(crate) const SEND_AGAIN: &str = "Send it again";
/// Throws it away.
pub(crate) const DISCARD: &str = "Discard it";
/// Before the code of a problem.
pub(crate) const PROBLEM_CODE: &str = "Code:";
/// Leads home.
pub(crate) const BACK_HOME: &str = "Back to the start";

/// The page where one signs in.
pub(crate) const SIGN_IN_TITLE: &str = "Sign in";
/// What signing in is.
pub(crate) const SIGN_IN_HOW: &str = "You sign a short text with your passkey or key. Signing in \
                                      approves nothing: every decision is signed by itself.";
/// Asks for the person's id.
pub(crate) const PERSON_ID: &str = "Your person id";
/// What it looks like.
pub(crate) const PERSON_ID_HINT: &str = "As in P-2C9T";
/// Goes on.
pub(crate) const CONTINUE: &str = "Continue";

/// The page on which people sign.
pub(crate) const SIGN_TITLE: &str = "Sign";
/// What is signed.
pub(crate) const SIGN_EXACTLY: &str = "You sign exactly this text, and nothing else:";
/// Names the fingerprint.
pub(crate) const FINGERPRINT: &str = "Fingerprint of the text";
/// What it is for.
pub(crate) const FINGERPRINT_WHY: &str = "Compare it with what another device or person sees \
                                          before you sign.";
/// Signs with a passkey.
pub(crate) const SIGN_WITH_PASSKEY: &str = "Sign with passkey";
/// Without scripts, passkeys cannot be used.
pub(crate) const SIGN_NEEDS_SCRIPT: &str = "Signing with a passkey needs scripts, which this \
                                            browser has switched off. You can sign elsewhere \
                                            below.";
/// Heads the other way of signing.
pub(crate) const SIGN_ELSEWHERE: &str = "Sign elsewhere, with an SSH or FIDO key";
/// First step.
pub(crate) const SIGN_SAVE: &str = "Save the text:";
/// Names the file.
pub(crate) const SIGN_FILE: &str = "statement.txt";
/// Second step.
pub(crate) const SIGN_RUN: &str = "Sign it on your machine:";
/// Third step.
pub(crate) const SIGN_GIVE: &str = "Give the signature (the .sig file, or its content):";
/// Names the field.
pub(crate) const SIGNATURE_FILE: &str = "Signature file";
/// Names the field.
pub(crate) const SIGNATURE_TEXT: &str = "Or its content";
/// Hands it in.
pub(crate) const SIGNATURE_SEND: &str = "Hand the signature in";
/// Goes back without signing.
pub(crate) const NOT_NOW: &str = "Do not sign now";
/// Where the script's digest stands.
pub(crate) const SCRIPT_DIGEST: &str = "This page runs one script; its digest stands in the \
                                        record:";
/// The request has changed since the text was made.
pub(crate) const SIGN_STALE: &str = "The request has changed since this text was made";

/// An enrolment that waits for its witness.
pub(crate) const WITNESS_NEXT: &str = "Now your witness signs";
/// What happens next.
pub(crate) const WITNESS_NEXT_WHY: &str = "The new key has signed. It may sign for you once this \
                                           person has signed the same text:";
/// A one-time link.
pub(crate) const ENTER_TITLE: &str = "One-time link";
/// What the link does.
pub(crate) const ENTER_WHY: &str = "This link opens a session, once. It approves nothing.";
/// Opens the session.
pub(crate) const ENTER_AS: &str = "Continue as";

/// The page where a passkey is enrolled.
pub(crate) const ENROL_TITLE: &str = "Enrol a passkey";
/// What enrolling is.
pub(crate) const ENROL_HOW: &str = "Your device makes a new key that never leaves it. A second \
                                    enrolled person signs as witness that it is yours.";
/// Asks for the witness.
pub(crate) const WITNESS: &str = "Who witnesses that this key is yours";
/// Asks until when.
pub(crate) const KEY_UNTIL: &str = "The key may sign until";
/// Makes the passkey.
pub(crate) const MAKE_PASSKEY: &str = "Make a passkey on this device";
/// The public key, where a key was made elsewhere.
pub(crate) const PUBLIC_KEY: &str = "Or the public key of an SSH or FIDO key made elsewhere";
/// What it looks like.
pub(crate) const PUBLIC_KEY_HINT: &str = "The line of the .pub file";

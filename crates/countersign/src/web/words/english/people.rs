//! The words of people and keys.

/// Column: the party.
pub(crate) const PEOPLE_PARTY: &str = "Party";
/// The offices.
pub(crate) const PEOPLE_OFFICES: &str = "Offices";
/// The keys.
pub(crate) const PEOPLE_KEYS: &str = "Keys";
/// There are none.
pub(crate) const PEOPLE_NONE: &str = "There are none.";
/// An office that only its incumbent may sign for.
pub(crate) const PEOPLE_PERSONAL: &str = "personal";
/// Any other.
pub(crate) const PEOPLE_COLLEGIAL: &str = "collegial";
/// How many must sign for it.
pub(crate) const PEOPLE_QUORUM: &str = "Signers";
/// What its incumbents may do.
pub(crate) const PEOPLE_MAY: &str = "May";
/// Who holds it.
pub(crate) const PEOPLE_HELD_BY: &str = "Held by";
/// Who stands in.
pub(crate) const PEOPLE_DEPUTIES: &str = "Deputies";
/// A key.
pub(crate) const PEOPLE_KEY: &str = "Key";
/// Who witnessed it.
pub(crate) const WITNESS_OF: &str = "Witness";
/// A key in an authenticator.
pub(crate) const PEOPLE_HARDWARE: &str = "passkey or FIDO key";
/// A key of the founding.
pub(crate) const PEOPLE_FOUNDERS: &str = "the founders";
/// It no longer signs.
pub(crate) const PEOPLE_REVOKED: &str = "revoked";
/// It may sign.
pub(crate) const PEOPLE_GOOD: &str = "may sign";
/// Revokes it.
pub(crate) const PEOPLE_REVOKE: &str = "Revoke";
/// Why, in the text that is signed.
pub(crate) const PEOPLE_REVOKE_REASON: &str = "revoked by its owner";
/// The name is no longer in the record.
pub(crate) const PEOPLE_ERASED: &str = "name erased";
/// Heads the form that takes a name out of the record.
pub(crate) const PEOPLE_ERASE: &str = "Take a name out of the record";
/// A reason is missing.
pub(crate) const PEOPLE_ERASE_REASON: &str = "say why; an erasure cannot be undone";
/// What that means.
pub(crate) const PEOPLE_ERASE_WHY: &str = "Only the opaque id stays, and everything still \
                                           verifies. This cannot be undone, and copies made \
                                           before keep the name. It is refused for whoever holds \
                                           an office.";
/// Makes a one-time link.
pub(crate) const PEOPLE_INVITE: &str = "Make a one-time link";
/// What it is for.
pub(crate) const PEOPLE_INVITE_WHY: &str = "For somebody who has no key yet: the link opens one \
                                            session, in which they can enrol a key and do nothing \
                                            else. Registrars make them.";
/// Whom it is for.
pub(crate) const PEOPLE_WHOM: &str = "For whom";
/// The link.
pub(crate) const PEOPLE_LINK: &str = "One-time link";
/// How to treat it.
pub(crate) const PEOPLE_LINK_WHY: &str = "It is shown once, and works once, within a day. Give it \
                                          to nobody else.";

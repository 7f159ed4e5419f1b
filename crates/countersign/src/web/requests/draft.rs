//! The request form. Answers: *what is asked for, and who would have to agree?*

use super::told;
use crate::actions::tried;
use crate::server::fields::Fields;
use crate::web::page::{Frame, csrf};
use crate::web::parts::{Action, Choice, Field, Number, buttons, error_summary, inset, thin};
use crate::web::signing::faults_of;
use crate::web::words;
use countersign_core::State;
use countersign_core::people::{Authority, Function};
use countersign_core::policy::Verdict;
use countersign_core::requests::{Command, Draft, Request};
use countersign_proof::words::{
    Act, CommandId, Date, ItemId, Moment, PartyId, PersonId, PlaceId, Quantity, Window, ZoneId,
};
use maud::{Markup, html};

/// Takes a moment: a date, a date and time in UTC without seconds, or a whole one.
pub(crate) fn moment(fields: &mut Fields, name: &str) -> Option<Moment> {
    let typed = fields.text(name);
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    let whole = match typed.len() {
        10 => typed.parse::<Date>().ok().map(Date::start),
        16 => format!("{typed}:00Z").parse().ok(),
        19 => format!("{typed}Z").parse().ok(),
        _ => typed.parse().ok(),
    };
    if whole.is_none() {
        fields.error(name, "this is no date and time such as 2025-06-01T12:00");
    }
    whole
}

/// Reads the form; what is wrong stands in the fields.
pub(crate) fn read(fields: &mut Fields) -> Option<(Draft, String)> {
    let act: Option<Act> = fields.word("act");
    let holder: Option<PartyId> = fields.word("holder");
    let item: Option<ItemId> = fields.word("item");
    let quantity: Option<Quantity> = fields.word("quantity");
    let zones: Vec<ZoneId> = fields.words("zone");
    let recipient: Option<PartyId> = fields.maybe("recipient");
    let depot: Option<PlaceId> = fields.maybe("depot");
    let (from, until) = (moment(fields, "from"), moment(fields, "until"));
    for (name, given) in [("from", from), ("until", until)] {
        if given.is_none() {
            fields.error(name, "this is missing");
        }
    }
    let window = from.zip(until).and_then(|(from, until)| {
        let window = Window::new(from, until);
        if window.is_none() {
            fields.error("until", "this must be later than the beginning");
        }
        window
    });
    let why = fields.text("why");
    if why.trim().is_empty() {
        fields.error("why", "say why; those who decide will read it");
    }
    let draft = Draft {
        act: act?,
        holder: holder?,
        item: item?,
        quantity: quantity?,
        zones: zones.into_iter().collect(),
        recipient,
        depot,
        window: window?,
    };
    Some((draft, why))
}

/// The form filled with what a request asks for.
pub(crate) fn of(request: &Request, why: &str) -> Fields {
    let draft = &request.draft;
    let local = |at: Moment| at.to_string().chars().take(16).collect::<String>();
    let mut given = vec![
        ("act", draft.act.to_string()),
        ("holder", draft.holder.to_string()),
        ("item", draft.item.to_string()),
        ("quantity", draft.quantity.to_string()),
        ("recipient", draft.recipient.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("depot", draft.depot.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("from", local(draft.window.from())),
        ("until", local(draft.window.until())),
        ("why", why.to_owned()),
    ];
    given.extend(draft.zones.iter().map(|zone| ("zone", zone.to_string())));
    Fields::of(given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// What can be chosen in the form.
pub(crate) struct Choices {
    holders: Vec<(String, String)>,
    parties: Vec<(String, String)>,
    items: Vec<(String, String)>,
    zones: Vec<(String, String)>,
    depots: Vec<(String, String)>,
}

impl Choices {
    /// What `person` can choose: only the holders for which they may ask.
    pub(crate) fn of(state: &State, person: &PersonId) -> Self {
        let at = state.ledger.clock;
        let mine: Vec<&PartyId> = state
            .people
            .held_by(person, at)
            .filter(|office| office.functions.contains(&Function::Request))
            .map(|office| &office.party)
            .collect();
        let party = |party: &countersign_core::people::Party| {
            (party.id.to_string(), format!("{} ({})", party.title, party.id))
        };
        let parties = state.people.parties();
        let zones = state.policy.world().zones.values().map(|zone| {
            let within = zone.within.as_ref().map(|up| format!(", in {up}")).unwrap_or_default();
            (zone.id.to_string(), format!("{} ({}{within})", zone.title, zone.id))
        });
        let depots = state.stock.places().filter(|place| mine.contains(&&place.party));
        Self {
            holders: parties.filter(|party| mine.contains(&&party.id)).map(party).collect(),
            parties: state.people.parties().map(party).collect(),
            items: state
                .stock
                .items()
                .map(|item| (item.id.to_string(), format!("{} ({})", item.title, item.id)))
                .collect(),
            zones: zones.collect(),
            depots: depots.map(|place| (place.id.to_string(), place.id.to_string())).collect(),
        }
    }
}

fn choices(of: &[(String, String)]) -> Vec<Choice<'_>> {
    of.iter().map(|(value, label)| Choice::new(value, label)).collect()
}

/// What the form is for, and where it goes.
pub(crate) struct Form<'a> {
    /// Its title.
    pub(crate) title: &'a str,
    /// Where it is sent.
    pub(crate) address: &'a str,
    /// What sends it.
    pub(crate) send: &'a str,
    /// The id of the command that it makes.
    pub(crate) command: CommandId,
    /// The revision that it was made from, for a revision.
    pub(crate) revision: Option<String>,
}

/// The form, with what was typed and what is wrong with it, and beside it who would have to agree.
pub(crate) fn form(
    frame: &Frame,
    form: &Form<'_>,
    choice: &Choices,
    fields: &Fields,
    check: &Markup,
) -> Markup {
    let error = |name: &str| fields.errors().get(name).map(String::as_str);
    let field = |name, label| Field::new(name, label).value(fields.typed(name)).error(error(name));
    let zones: Vec<&str> = fields.chosen("zone").collect();
    let (holders, items) = (choices(&choice.holders), choices(&choice.items));
    let acts = [
        Choice::new("use", words::ACT_USE),
        Choice::new("deliver", words::ACT_DELIVER),
        Choice::new("transfer", words::ACT_TRANSFER),
    ];
    html! {
        (error_summary(&faults_of(fields)))
        h1 { (form.title) }
        div class="form-and-check" {
            form method="post" action=(form.address) id="draft" data-check="/requests/check" {
                @if let Some(who) = &frame.viewer { (csrf(who)) }
                input type="hidden" name="command_id" value=(form.command);
                @if let Some(revision) = &form.revision {
                    input type="hidden" name="revision" value=(revision);
                }
                (field("act", words::ACT).radios(&acts))
                (field("holder", words::FOR_WHOM).select(&holders))
                (field("item", words::OF_WHAT).select(&items))
                (field("quantity", words::HOW_MANY).number(Number {
                    least: Some(1), most: None, unit: None,
                }))
                (field("zone", words::WHERE).hint(words::WHERE_HINT).optional()
                    .checkboxes(&choices(&choice.zones), &zones))
                (field("recipient", words::TO_WHOM).hint(words::TO_WHOM_HINT).optional()
                    .select(&choices(&choice.parties)))
                (field("depot", words::FROM_DEPOT).optional().select(&choices(&choice.depots)))
                (field("from", words::FROM).date_time())
                (field("until", words::UNTIL).date_time())
                (field("why", words::WHY).hint(words::WHY_HINT).long_text(5))
                (buttons(&[
                    Action::Main { label: form.send, sends: Some(("do", "send")) },
                    Action::Other { label: words::CHECK, sends: Some(("do", "check")) },
                ]))
            }
            aside id="check" aria-live="polite" aria-label=(words::CHECK_TITLE) { (check) }
        }
    }
}

/// Whether the form is sent only to see who would have to agree.
pub(crate) fn only_checks(fields: &mut Fields) -> bool {
    fields.text("do") == "check"
}

/// Who would have to agree to a draft, and whether it would be taken in now.
pub(crate) fn check(state: &State, draft: Option<&Draft>, by: &Authority, at: Moment) -> Markup {
    let Some(draft) = draft else {
        return inset(Some(words::CHECK_TITLE), &html! { p { (words::CHECK_EMPTY) } });
    };
    let at = at.max(state.ledger.clock);
    let explained = state.explain(draft, at);
    let command = Command::SubmitRequest {
        draft: draft.clone(),
        justification: "-".to_owned(),
        supersedes: None,
    };
    let refused = tried(state, Some(by), command, at);
    let free = told::free(state, draft, at);
    inset(
        Some(words::CHECK_TITLE),
        &html! {
            @match &explained {
                Ok((version, explained)) => {
                    @match &explained.verdict {
                        Verdict::Standing => p { b { (words::CHECK_STANDING) } },
                        Verdict::Prohibited => p { b { (words::CHECK_PROHIBITED) } },
                        Verdict::Needs(sets) => {
                            p { (words::CHECK_NEEDS) }
                            (told::sets(state, sets))
                        },
                    }
                    @if !explained.reasons.is_empty() {
                        p class="hint" { (words::REASONS) " (" (version.bundle.version) "):" }
                        ul {
                            @for reason in &explained.reasons {
                                li { (told::reason(version, reason)) }
                            }
                        }
                    }
                },
                Err(rejection) => p { (rejection) },
            }
            @if let Some(free) = free { p { (words::stock_effect(
                &thin(free.units().into()),
                &thin(i128::from(free.units())
                    .saturating_sub(i128::from(draft.quantity.units()))),
            )) } }
            @match &refused {
                None => p { (words::CHECK_TAKEN) },
                Some(rejection) => p class="error" {
                    (words::CHECK_REFUSED) " " (rejection) " (" (rejection.code()) ")"
                },
            }
        },
    )
}

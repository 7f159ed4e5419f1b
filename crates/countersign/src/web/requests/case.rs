//! The case. Answers: *all that is needed to judge this request, on one page.*

use super::{find, story, told};
use crate::actions::{Action as Act, Offer, on_request};
use crate::names::Names;
use crate::server::app::blocking;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use crate::views;
use crate::web::inbox::looking_as;
use crate::web::map::map;
use crate::web::page::page;
use crate::web::parts::{
    Action, Column, Row, Table, Task, Tone, buttons, details, id, minute, moment, quantity,
    release_tag, request_tag, summary_list, task_list, timeline,
};
use crate::web::places::name_of;
use crate::web::{places, words};
use axum::extract::{Path, State};
use countersign_core::State as Ledger;
use countersign_core::requests::{DecisionMade, Release, Request};
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use countersign_proof::signature::Assurance;
use countersign_proof::words::{DecisionKind, OfficeId, PersonId, ReleaseId, RequestId};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Earlier decisions that are shown.
const PRECEDENTS: usize = 10;
/// How far back they are looked for.
const LOOK_BACK: usize = 5_000;

pub(super) async fn case(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
) -> Result<Markup, Problem> {
    let person = viewer.person().clone();
    let (number, release, deliberation) = app.look(|state| {
        let request = find(state, &name, &person)?;
        let matter = Matter::Request(request);
        let mine = request.is_asked_by(&person);
        Ok::<_, Problem>((
            request.id,
            request.release,
            mine || state.may_view(&person, &matter, Label::Deliberation),
        ))
    })?;
    let reader = app.clone();
    let about = subjects(number, release);
    let entries = blocking(move || reader.stores.about(&about)).await?;
    let names = app.names().await?;
    let mut frame = places::frame(&app, &Visitor(Some(viewer.clone())), "/requests").await?;
    frame.scripts = vec!["live.js"];
    let story = story::read(&entries, (number, release), &names, deliberation);
    let authority = looking_as(&viewer);
    app.look(|state| {
        let request = find(state, &name, &person)?;
        let offers = on_request(state, request, &authority);
        let why = story.revisions.last().and_then(|made| made.why.as_deref());
        let title = format!("{}: {}", request.id, request.draft.item);
        let body = html! {
            div id="live-case" data-live=(subjects(request.id, request.release).join(",")) {
                h1 { (request.id) " " (request_tag(request.state)) }
                p class="lead" { (told::what(&request.draft)) }
                (summary(state, request, &names))
                @if !request.draft.zones.is_empty() {
                    (map(&app.zones, state, words::CASE_MAP, &request.draft.zones))
                }
                h2 { (words::WHERE_IT_STANDS) }
                (standing(state, request, &names, deliberation))
                (possible(request, &offers))
                @if let Some(release) = request.release.and_then(|id| state.requests.release(id)) {
                    (released(release))
                    (certificates(state, release))
                }
                @if deliberation {
                    @if let Some(why) = why {
                        h2 { (words::JUSTIFICATION) }
                        blockquote { (why) }
                    }
                    (advice(request, &names))
                    (decisions(request, &names))
                } @else {
                    p { (words::HIDDEN) }
                }
                h2 { (words::REVISIONS) }
                (story::revisions(&story, request.id, &names))
                (precedents(state, request, &person))
                p { a href={ "/evidence?of=" (request.id) } { (words::EVIDENCE_OF_CASE) } }
                h2 { (words::TIMELINE) }
                (timeline(&story.happenings))
            }
        };
        Ok(page(&frame, &title, &body))
    })
}

fn summary(state: &Ledger, request: &Request, names: &Names) -> Markup {
    let draft = &request.draft;
    let item = state.stock.item(&draft.item);
    let zones: Vec<String> = draft
        .zones
        .iter()
        .map(|zone| {
            let zones = &state.policy.world().zones;
            zones.get(zone).map_or_else(|| zone.to_string(), |of| format!("{} ({zone})", of.title))
        })
        .collect();
    let closing = views::closing_words(request);
    let mut rows = vec![
        (words::ACT_COLUMN, html! { (draft.act) }),
        (
            words::ITEM,
            html! {
                a href={ "/stock/" (draft.item) } { (id(draft.item.as_str())) }
                @if let Some(item) = item { " " (item.title) ", " (item.class) }
            },
        ),
        (words::UNITS, quantity(draft.quantity.units())),
        (words::STOCK_EFFECT, told::stock_effect(state, request)),
        (words::HOLDER, id(draft.holder.as_str())),
        (
            words::WINDOW,
            html! {
                (moment(draft.window.from())) " – " (moment(draft.window.until()))
            },
        ),
        (
            words::ASKED_BY,
            html! {
                (name_of(names, &request.requester)) " (" (request.requester) "), "
                (moment(request.submitted_at))
            },
        ),
        (
            words::JUDGED_BY,
            html! {
                a href={ "/policy/" (request.policy) } { (request.policy) }
                ", " (words::REVISION) " " (request.revision)
            },
        ),
    ];
    if !zones.is_empty() {
        rows.insert(3, (words::ZONES, html! { (zones.join(", ")) }));
    }
    if let Some(recipient) = &draft.recipient {
        rows.push((words::TO_WHOM, id(recipient.as_str())));
    }
    if let Some(depot) = &draft.depot {
        rows.push((words::DEPOT, id(depot.as_str())));
    }
    if let Some(deadline) = request.next_deadline() {
        let stands = request.stopped_at.is_some();
        rows.push((
            words::DUE,
            html! {
                (moment(deadline)) @if stands { " (" (words::CLOCK_STANDS) ")" }
            },
        ));
    }
    if !closing.is_empty() {
        rows.push((words::CLOSED_BECAUSE, html! { (closing) }));
    }
    summary_list(&rows)
}

/// What entries about a request and its release have among their subjects.
fn subjects(request: RequestId, release: Option<ReleaseId>) -> Vec<String> {
    let release = release.map(|release| release.to_string());
    [request.to_string()].into_iter().chain(release).collect()
}

/// Who has signed, who is missing, and who may sign; who it was and when, for those who may see
/// what is deliberated.
fn standing(state: &Ledger, request: &Request, names: &Names, deliberation: bool) -> Markup {
    let standpoint = match state.standpoint(request) {
        Ok(standpoint) => standpoint,
        Err(rejection) if request.state.is_open() => return html! { p { (rejection) } },
        Err(_) => return html! {},
    };
    if standpoint.standing {
        return html! { p { (words::CHECK_STANDING) } };
    }
    let mut offices: BTreeSet<&OfficeId> = standpoint.sets.iter().flatten().collect();
    if deliberation {
        // A refusal can leave no set; who has given a word is told all the same.
        let kinds = [DecisionKind::Approve, DecisionKind::Refuse];
        let given = kinds.into_iter().flat_map(|kind| request.standing(kind));
        offices.extend(given.map(|made| &made.signed.office));
    }
    let told: Vec<(String, String, Tone, &str)> = offices
        .iter()
        .map(|office| {
            let title = state.people.office(office).map(|office| office.title.clone());
            let title = format!("{} ({office})", title.unwrap_or_default());
            let who = |made: &DecisionMade| {
                if !deliberation {
                    return String::new();
                }
                format!("{}, {}", name_of(names, &made.signed.person), minute(made.at))
            };
            let by = |kind: DecisionKind| {
                request.standing(kind).find(|made| made.signed.office == **office)
            };
            if let Some(made) = by(DecisionKind::Approve) {
                return (title, who(made), Tone::Good, words::SIGNED);
            }
            if let Some(made) = by(DecisionKind::Refuse) {
                return (title, who(made), Tone::Bad, words::REFUSED);
            }
            if is_over(state, request) {
                return (title, String::new(), Tone::Closed, words::NOT_SIGNED);
            }
            let may = state.may_sign(request, office);
            let may: Vec<String> = may.iter().map(|person| name_of(names, person)).collect();
            let hint = if may.is_empty() {
                words::NOBODY_MAY_SIGN.to_owned()
            } else {
                format!("{} {}", words::MAY_SIGN, may.join(", "))
            };
            (title, hint, Tone::Open, words::MISSING)
        })
        .collect();
    let tasks: Vec<Task<'_>> = told
        .iter()
        .map(|(title, hint, tone, word)| Task {
            title,
            href: None,
            hint: (!hint.is_empty()).then_some(hint.as_str()),
            tone: *tone,
            word,
        })
        .collect();
    html! {
        @if standpoint.sets.len() > 1 {
            p { (words::ONE_OF) }
            (told::sets(state, &standpoint.sets))
        }
        (task_list(&tasks))
    }
}

/// Whether nobody's word can change anything any more.
fn is_over(state: &Ledger, request: &Request) -> bool {
    match request.release.and_then(|id| state.requests.release(id)) {
        Some(release) => release.state.has_ended(),
        None => !request.state.is_open(),
    }
}

/// Where an action is done, and what it is called.
fn way(request: &Request, offer: &Offer) -> (String, String) {
    let at = |path: &str| format!("/requests/{}/{path}", request.id);
    let office = offer.office.as_ref().map(ToString::to_string).unwrap_or_default();
    let deciding = |kind: DecisionKind| {
        format!("/requests/{}/decide?office={office}&decision={kind}", request.id)
    };
    let (href, label) = match offer.action {
        Act::Revise => (at("revise"), words::action::REVISE),
        Act::Withdraw => (at("withdraw"), words::action::WITHDRAW),
        Act::Answer => (at("answer"), words::action::ANSWER),
        Act::Advise => {
            (format!("/requests/{}/advise?office={office}", request.id), words::action::ADVISE)
        }
        Act::Approve => (deciding(DecisionKind::Approve), words::action::APPROVE),
        Act::Refuse => (deciding(DecisionKind::Refuse), words::action::REFUSE),
        Act::Ask => (deciding(DecisionKind::Ask), words::action::ASK),
        Act::TakeBack => (deciding(DecisionKind::Withdraw), words::action::TAKE_BACK),
        Act::Recuse => (at("recuse"), words::action::RECUSE),
        Act::DeclareInterest => (at("interest"), words::action::DECLARE),
        Act::ReportUse => (at("use"), words::action::REPORT),
        Act::Surrender => (at("surrender"), words::action::SURRENDER),
    };
    let label = if office.is_empty() { label.to_owned() } else { format!("{label} ({office})") };
    (href, label)
}

/// What can be done, and what cannot, each with the rule that stands against it.
pub(super) fn possible(request: &Request, offers: &[Offer]) -> Markup {
    let ways: Vec<(String, String, Option<String>)> = offers
        .iter()
        .map(|offer| {
            let (href, label) = way(request, offer);
            let why = offer.refused.as_ref();
            let why = why.map(|refused| format!("{} ({})", refused.message, refused.code));
            (href, label, why)
        })
        .collect();
    let can: Vec<Action<'_>> = ways
        .iter()
        .filter(|(_, _, why)| why.is_none())
        .map(|(href, label, _)| Action::Link { label, href })
        .collect();
    let cannot: Vec<Action<'_>> = ways
        .iter()
        .filter_map(|(_, label, why)| why.as_deref().map(|reason| Action::Barred { label, reason }))
        .collect();
    html! {
        h2 { (words::WHAT_YOU_CAN_DO) }
        @if can.is_empty() { p { (words::NOTHING_TO_DO) } } @else { (buttons(&can)) }
        @if !cannot.is_empty() {
            (details(words::WHAT_YOU_CANNOT, false, &buttons(&cannot)))
        }
    }
}

fn released(release: &Release) -> Markup {
    let zones: Vec<String> = release.usable.zones.iter().map(ToString::to_string).collect();
    let causes = views::suspensions(release);
    let mut rows = vec![
        (words::RELEASE, html! { (id(&release.id.to_string())) " " (release_tag(release.state)) }),
        (
            words::UNITS,
            html! {
                (quantity(release.left().units())) " / " (quantity(release.usable.quantity.units()))
            },
        ),
        (
            words::WINDOW,
            html! {
                (moment(release.usable.window.from())) " – " (moment(release.usable.window.until()))
            },
        ),
    ];
    if !zones.is_empty() {
        rows.push((words::ZONES, html! { (zones.join(", ")) }));
    }
    if !causes.is_empty() {
        rows.push((words::SUSPENDED_BY, html! { (causes.join(", ")) }));
    }
    if !release.breaches.is_empty() {
        let breaches: Vec<&str> = release.breaches.iter().map(|breach| breach.as_str()).collect();
        rows.push((words::BREACHES, html! { strong { (breaches.join(", ")) } }));
    }
    html! { h2 { (words::RELEASE) } (summary_list(&rows)) }
}

/// The certificates of a release, with what their depots said; nothing where there are none.
fn certificates(state: &Ledger, release: &Release) -> Markup {
    let all = state.requests.certificates().iter();
    let rows: Vec<Row> = all
        .filter(|one| one.terms.release == release.id)
        .map(|one| {
            let closed = one.is_settled();
            Row::from(vec![
                id(&one.terms.id.to_string()),
                id(one.terms.depot.as_str()),
                quantity(one.terms.quantity.units()),
                quantity(one.handed_out.units()),
                quantity(one.out().units()),
                moment(one.terms.window.until()),
                html! { (if closed { words::ACCOUNT_CLOSED } else { words::ACCOUNT_OPEN }) },
            ])
        })
        .collect();
    if rows.is_empty() {
        return html! {};
    }
    let columns = [
        Column::Words(words::CERTIFICATE),
        Column::Words(words::DEPOT),
        Column::Numbers(words::CEILING),
        Column::Numbers(words::HANDED_OUT),
        Column::Numbers(words::STILL_OUT),
        Column::Words(words::GOOD_UNTIL),
        Column::Words(words::ACCOUNT),
    ];
    let (id, caption, empty) = ("certificates", words::CERTIFICATES, words::NOTHING);
    Table { id, caption, columns: &columns, rows, empty }.render()
}

fn advice(request: &Request, names: &Names) -> Markup {
    let columns = [
        Column::Words(words::OFFICE),
        Column::Words(words::PERSON),
        Column::Words(words::WORD),
        Column::Words(words::PROVISOS),
        Column::Words(words::REVISION),
        Column::Words(words::WHEN),
    ];
    let rows = request.advice.iter().map(|given| {
        let provisos = given.provisos.as_ref().map(ToString::to_string);
        Row::from(vec![
            id(given.signed.office.as_str()),
            html! { (name_of(names, &given.signed.person)) },
            html! { (words::advice(given.advice)) },
            html! { (provisos.unwrap_or_else(|| words::NOTHING.to_owned())) },
            html! { (given.revision) },
            moment(given.at),
        ])
    });
    let rows = rows.collect();
    let (caption, empty) = (words::ADVICE, words::NO_ADVICE);
    Table { id: "advice", caption, columns: &columns, rows, empty }.render()
}

fn decision_row(request: &Request, made: &DecisionMade, names: &Names) -> Row {
    let counts = !made.void && made.revision == request.revision && made.policy == request.policy;
    let provisos = made.provisos.as_ref().map(ToString::to_string);
    let assurance = match made.signed.assurance {
        Assurance::KeyOnly => words::KEY_ONLY,
        Assurance::UserVerified => words::USER_VERIFIED,
    };
    Row::from(vec![
        id(made.signed.office.as_str()),
        html! {
            (name_of(names, &made.signed.person))
            @if let Some(of) = &made.signed.deputy_of {
                ", " (words::DEPUTY_OF) " " (name_of(names, of))
            }
        },
        html! {
            (words::decision(made.decision))
            @if !counts { " (" (words::DOES_NOT_COUNT) ")" }
        },
        html! { (provisos.unwrap_or_else(|| words::NOTHING.to_owned())) },
        html! { (made.revision) },
        html! { (assurance) },
        moment(made.at),
    ])
}

fn decisions(request: &Request, names: &Names) -> Markup {
    let columns = [
        Column::Words(words::OFFICE),
        Column::Words(words::PERSON),
        Column::Words(words::WORD),
        Column::Words(words::PROVISOS),
        Column::Words(words::REVISION),
        Column::Words(words::ASSURANCE),
        Column::Words(words::WHEN),
    ];
    let rows = request.decisions.iter().map(|made| decision_row(request, made, names)).collect();
    let (caption, empty) = (words::DECISIONS, words::NO_DECISIONS);
    Table { id: "decisions", caption, columns: &columns, rows, empty }.render()
}

/// Earlier requests for the same item that name one of the same zones, the newest first.
fn precedents(state: &Ledger, request: &Request, person: &PersonId) -> Markup {
    let draft = &request.draft;
    let alike = |other: &&Request| {
        other.id < request.id
            && !other.state.is_open()
            && other.draft.item == draft.item
            && other.draft.act == draft.act
            && (draft.zones.is_empty() || !other.draft.zones.is_disjoint(&draft.zones))
            && state.may_see(other, person)
    };
    let earlier = state.requests.all().iter().rev().take(LOOK_BACK).filter(alike);
    let columns = [
        Column::Words(words::REQUEST),
        Column::Words(words::OUTCOME),
        Column::Words(words::WHAT),
        Column::Words(words::HOLDER),
        Column::Words(words::JUDGED_BY),
        Column::Words(words::WHEN),
    ];
    let rows = earlier.take(PRECEDENTS).map(|other| {
        let why = views::closing_words(other);
        Row::from(vec![
            told::link(other),
            html! { (request_tag(other.state)) @if !why.is_empty() { " " (why) } },
            told::what(&other.draft),
            id(other.draft.holder.as_str()),
            html! { (other.policy) },
            other.closed_at.map_or_else(|| html! { (words::NOTHING) }, moment),
        ])
    });
    let rows = rows.collect();
    let (caption, empty) = (words::PRECEDENTS, words::NO_PRECEDENTS);
    Table { id: "precedents", caption, columns: &columns, rows, empty }.render()
}

//! The frame of every page. Answers: *where am I, who am I here, and as of when is this true?*
//!
//! There is no inline style or script anywhere, so that the server can forbid both.

use super::words;
use crate::server::assets;
use maud::{DOCTYPE, Markup, html};

/// A place in the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its name.
    pub(crate) label: &'static str,
    /// Its address.
    pub(crate) href: &'static str,
    /// How many things wait there for this person.
    pub(crate) waiting: Option<u64>,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    /// The name, or the opaque id where the name is erased.
    pub(crate) name: String,
    /// The offices the person holds now.
    pub(crate) offices: Vec<String>,
    /// What the forms of this session must send along.
    pub(crate) csrf: String,
}

/// What surrounds the body of a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    /// The name of the programme whose ledger this is.
    pub(crate) programme: String,
    /// Whether the ledger is an exercise.
    pub(crate) is_exercise: bool,
    /// The digest of the ledger.
    pub(crate) ledger: String,
    /// The last entry that the page takes into account.
    pub(crate) position: u64,
    /// The policy version in force.
    pub(crate) policy: Option<String>,
    /// Who is signed in.
    pub(crate) viewer: Option<Who>,
    /// The navigation.
    pub(crate) places: Vec<Place>,
    /// The address of the place shown, as in `places`.
    pub(crate) current: &'static str,
    /// What was searched for.
    pub(crate) query: String,
    /// This page's own script modules, by their files' names.
    pub(crate) scripts: Vec<&'static str>,
}

/// Addresses that the frame itself leads to.
pub(crate) mod at {
    /// The style sheet.
    pub(crate) const STYLE: &str = "/static/style.css";
    /// The mark, for the tab.
    pub(crate) const ICON: &str = "/static/mark.svg";
    /// The front page.
    pub(crate) const HOME: &str = "/";
    /// The search.
    pub(crate) const SEARCH: &str = "/search";
    /// Where one signs in.
    pub(crate) const SIGN_IN: &str = "/sign-in";
    /// Where a session is ended.
    pub(crate) const SIGN_OUT: &str = "/sign-out";
    /// The policy versions.
    pub(crate) const POLICY: &str = "/policy";
    /// The record.
    pub(crate) const RECORD: &str = "/record";
}

/// How much of the ledger's digest tells two ledgers apart at a glance.
const DIGEST_SHOWN: usize = 12;

/// A whole page.
pub(crate) fn page(frame: &Frame, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words::LANG) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – " (frame.programme) " – " (words::PRODUCT) }
                link rel="stylesheet" href=(at::STYLE);
                link rel="icon" type="image/svg+xml" href=(at::ICON);
                @for script in &frame.scripts {
                    script type="module" src=(assets::address(script)) {}
                }
            }
            body {
                a class="skip" href="#main" { (words::SKIP) }
                @if frame.is_exercise {
                    // A region of its own, so that whoever goes from landmark to landmark hears it.
                    section class="exercise" aria-label=(words::EXERCISE) {
                        b { (words::EXERCISE) } " " (words::EXERCISE_WHY)
                    }
                }
                (header(frame))
                main id="main" tabindex="-1" { (body) }
                (footer(frame))
            }
        }
    }
}

/// The hidden field that every form of a session sends along.
pub(crate) fn csrf(who: &Who) -> Markup {
    html! { input type="hidden" name="csrf" value=(who.csrf); }
}

fn header(frame: &Frame) -> Markup {
    html! {
        header class="top" {
            div class="bar" {
                a class="product" href=(at::HOME) {
                    (mark()) span { b { (words::PRODUCT) } " " span { (frame.programme) } }
                }
                form role="search" action=(at::SEARCH) method="get" {
                    label class="unseen" for="q" { (words::SEARCH_LABEL) }
                    input type="search" id="q" name="q" value=(frame.query)
                        placeholder=(words::SEARCH_LABEL) autocomplete="off";
                    button class="button" type="submit" { (words::SEARCH) }
                }
                (viewer(frame.viewer.as_ref()))
            }
            @if !frame.places.is_empty() {
                nav class="places" aria-label=(words::NAVIGATION) {
                    ul { @for place in &frame.places { li { (place_link(frame, place)) } } }
                }
            }
        }
    }
}

/// Two strokes, one over the other: a signature and its countersignature.
fn mark() -> Markup {
    html! {
        svg class="logo" viewBox="0 0 24 24" width="28" height="28" aria-hidden="true"
            focusable="false" {
            rect width="24" height="24" rx="5" {}
            path d="M5 12.5 9 16.5 15.5 7.5M11.5 15.5 12.5 16.5 19 7.5" {}
        }
    }
}

fn place_link(frame: &Frame, place: &Place) -> Markup {
    html! {
        a href=(place.href) aria-current=[(place.href == frame.current).then_some("page")] {
            (place.label)
            @if let Some(waiting) = place.waiting.filter(|waiting| *waiting > 0) {
                " " span class="count" { (super::parts::thin(waiting.into())) }
            }
        }
    }
}

fn viewer(viewer: Option<&Who>) -> Markup {
    html! {
        div class="viewer" {
            @match viewer {
                Some(who) => {
                    p {
                        b { (who.name) }
                        span {
                            @if who.offices.is_empty() { (words::NO_OFFICE) }
                            @for (at, office) in who.offices.iter().enumerate() {
                                @if at > 0 { ", " } (office)
                            }
                        }
                    }
                    form action=(at::SIGN_OUT) method="post" {
                        (csrf(who))
                        button class="button" type="submit" { (words::SIGN_OUT) }
                    }
                },
                None => {
                    p { (words::NOT_SIGNED_IN) }
                    a class="button" href=(at::SIGN_IN) { (words::SIGN_IN) }
                },
            }
        }
    }
}

fn footer(frame: &Frame) -> Markup {
    let short: String = frame.ledger.chars().take(DIGEST_SHOWN).collect();
    html! {
        footer {
            dl {
                div {
                    dt { (words::LEDGER) }
                    dd { a href=(at::RECORD) title=(frame.ledger) { code { (short) } } }
                }
                div {
                    dt { (words::POSITION) }
                    dd { (super::parts::thin(frame.position.into())) }
                }
                div {
                    dt { (words::POLICY) }
                    dd {
                        @match &frame.policy {
                            Some(policy) => a href=(at::POLICY) { span class="id" { (policy) } },
                            None => (words::NO_POLICY),
                        }
                    }
                }
            }
        }
    }
}

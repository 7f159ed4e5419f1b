//! Notices and ways on. Answers: *what is wrong, what must be known, and what can be done?*

use crate::web::words;
use maud::{Markup, html};

/// Something wrong with what was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The id of the field; `None` where no one field is at fault.
    pub(crate) field: Option<String>,
    /// What is wrong and how to set it right.
    pub(crate) message: String,
}

/// All that is wrong with a form, each with the way to its field; nothing where nothing is.
/// It takes the focus when the page opens, so that it is heard first.
pub(crate) fn error_summary(faults: &[Fault]) -> Markup {
    html! {
        @if !faults.is_empty() {
            div class="errors" role="alert" tabindex="-1" autofocus aria-labelledby="errors-title" {
                h2 id="errors-title" { (words::ERRORS) }
                ul {
                    @for fault in faults {
                        li {
                            @match &fault.field {
                                Some(field) => a href={ "#" (field) } { (fault.message) },
                                None => (fault.message),
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Something that must be known before going on.
pub(crate) fn inset(title: Option<&str>, body: &Markup) -> Markup {
    html! {
        div class="inset" {
            @if let Some(title) = title { p class="inset-title" { (title) } }
            (body)
        }
    }
}

/// More for those who ask.
pub(crate) fn details(summary: &str, is_open: bool, body: &Markup) -> Markup {
    html! {
        details open[is_open] { summary { (summary) } div class="more" { (body) } }
    }
}

/// The way through a list that is longer than a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pager {
    /// The address of the page before.
    pub(crate) previous: Option<String>,
    /// The address of the page after.
    pub(crate) next: Option<String>,
}

/// Links to the page before and the page after; nothing where there is only one.
pub(crate) fn pager(pager: &Pager) -> Markup {
    html! {
        @if pager.previous.is_some() || pager.next.is_some() {
            nav class="pager" aria-label=(words::PAGES) {
                @if let Some(href) = &pager.previous {
                    a rel="prev" href=(href) {
                        span aria-hidden="true" { "← " } (words::PREVIOUS)
                    }
                }
                @if let Some(href) = &pager.next {
                    a rel="next" href=(href) { (words::NEXT) span aria-hidden="true" { " →" } }
                }
            }
        }
    }
}

/// What can be done here.
pub(crate) enum Action<'a> {
    /// Sends the form around it; the one thing this page is for.
    Main {
        /// What it does.
        label: &'a str,
        /// The field and value it sends, where the form has several.
        sends: Option<(&'a str, &'a str)>,
    },
    /// Sends the form around it, to another end.
    Other {
        /// What it does.
        label: &'a str,
        /// The field and value it sends.
        sends: Option<(&'a str, &'a str)>,
    },
    /// Sends the form around it, to an end that cannot be undone.
    Grave {
        /// What it does.
        label: &'a str,
        /// The field and value it sends.
        sends: Option<(&'a str, &'a str)>,
    },
    /// Leads somewhere.
    Link {
        /// What it does.
        label: &'a str,
        /// Its address.
        href: &'a str,
    },
    /// Cannot be done by this person now. It is text, for a grey button explains nothing.
    Barred {
        /// What it would do.
        label: &'a str,
        /// Exactly why not: the rule, the office, the quantity.
        reason: &'a str,
    },
}

/// What can be done here, and what cannot, with the reason.
pub(crate) fn buttons(actions: &[Action<'_>]) -> Markup {
    html! {
        div class="buttons" { @for action in actions { (button(action)) } }
    }
}

fn button(action: &Action<'_>) -> Markup {
    let send = |class: &str, label: &str, sends: &Option<(&str, &str)>| {
        let (name, value) = sends.unzip();
        html! { button class=(class) type="submit" name=[name] value=[value] { (label) } }
    };
    match action {
        Action::Main { label, sends } => send("button main", label, sends),
        Action::Other { label, sends } => send("button", label, sends),
        Action::Grave { label, sends } => send("button grave", label, sends),
        Action::Link { label, href } => html! { a class="button" href=(href) { (label) } },
        Action::Barred { label, reason } => html! {
            p class="barred" { b { (label) } " " span { (words::NOT_AVAILABLE) " " (reason) } }
        },
    }
}

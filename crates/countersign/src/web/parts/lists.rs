//! Lists. Answers: *what is known of one thing, what is left to do, and what has happened?*

use super::{Tone, moment, tag};
use countersign_proof::words::Moment;
use maud::{Markup, html};

/// What is known of one thing: names and values.
pub(crate) fn summary_list(rows: &[(&str, Markup)]) -> Markup {
    html! {
        dl class="summary" {
            @for (name, value) in rows {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// Something to be done, and how far it is.
pub(crate) struct Task<'a> {
    /// What is to be done.
    pub(crate) title: &'a str,
    /// Where it is done; `None` while it cannot be, and the hint then says why.
    pub(crate) href: Option<&'a str>,
    /// A sentence below the title.
    pub(crate) hint: Option<&'a str>,
    /// How it stands.
    pub(crate) tone: Tone,
    /// The word for that.
    pub(crate) word: &'a str,
}

/// What is left to do, in order.
pub(crate) fn task_list(tasks: &[Task<'_>]) -> Markup {
    html! {
        ol class="tasks" {
            @for task in tasks {
                li {
                    div {
                        @match task.href {
                            Some(href) => a href=(href) { (task.title) },
                            None => span { (task.title) },
                        }
                        @if let Some(hint) = task.hint { p class="hint" { (hint) } }
                    }
                    (tag(task.tone, task.word, None))
                }
            }
        }
    }
}

/// Something that happened.
pub(crate) struct Happening {
    /// When.
    pub(crate) at: Moment,
    /// How it is to be taken.
    pub(crate) tone: Tone,
    /// What happened, and who did it.
    pub(crate) what: Markup,
    /// More about it: a reason, provisos, a link to its entry.
    pub(crate) more: Option<Markup>,
}

/// What has happened, in the order given.
pub(crate) fn timeline(happenings: &[Happening]) -> Markup {
    html! {
        ol class="timeline" {
            @for happening in happenings {
                li {
                    (super::shape(happening.tone))
                    div {
                        p { (happening.what) }
                        p class="hint" { (moment(happening.at)) }
                        @if let Some(more) = &happening.more { div class="more" { (more) } }
                    }
                }
            }
        }
    }
}

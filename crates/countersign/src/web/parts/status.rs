//! Status tags. Answers: *how does it stand, for somebody who cannot see its colour?*
//!
//! A tag has a shape, a word and, where there is one, a number. Each tone has its own shape, so
//! that neither a colour-blind reader nor a black-and-white print loses anything.

use crate::web::words;
use countersign_core::requests::{ReleaseState, RequestState};
use maud::{Markup, html};

/// How good or bad a status is, or that it is still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be: a circle.
    Good,
    /// To be watched: a triangle.
    Watch,
    /// Bad: a square.
    Bad,
    /// Not known, and never to be read as good: a broken ring with a question mark.
    Unknown,
    /// Somebody still has to act: a half-filled circle.
    Open,
    /// It stands still until somebody answers: two bars.
    Paused,
    /// Over, without a judgement: an empty ring.
    Closed,
}

impl Tone {
    /// The tone for how bad a class is, 0 to 3, as triage counts it; `None` is not known.
    pub(crate) fn of_severity(severity: Option<u8>) -> Self {
        match severity {
            None => Self::Unknown,
            Some(0) => Self::Good,
            Some(1) => Self::Watch,
            Some(_) => Self::Bad,
        }
    }

    /// The tone for a state of a request.
    pub(crate) fn of_request(state: RequestState) -> Self {
        match state {
            RequestState::Submitted | RequestState::UnderReview => Self::Open,
            RequestState::InformationRequested => Self::Paused,
            RequestState::Approved => Self::Good,
            RequestState::Refused => Self::Bad,
            RequestState::Withdrawn | RequestState::Superseded | RequestState::Lapsed => {
                Self::Closed
            }
        }
    }

    /// The tone for a state of a release.
    pub(crate) fn of_release(state: ReleaseState) -> Self {
        match state {
            ReleaseState::Issued | ReleaseState::Reinstated => Self::Good,
            ReleaseState::Suspended => Self::Paused,
            ReleaseState::Revoked => Self::Bad,
            ReleaseState::Exhausted | ReleaseState::Expired | ReleaseState::Surrendered => {
                Self::Closed
            }
        }
    }

    /// The class of the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Watch => "watch",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
            Self::Open => "open",
            Self::Paused => "paused",
            Self::Closed => "closed",
        }
    }
}

/// The shape of a tone, drawn within a square of 16 by 16 whose middle is at 0, 0. For the inside
/// of another drawing; the class of the tone colours it.
pub(crate) fn outline(tone: Tone) -> Markup {
    html! {
        @match tone {
            Tone::Good => circle r="6" {},
            Tone::Watch => path d="M0-6.5 7 6H-7Z" {},
            Tone::Bad => rect x="-5.5" y="-5.5" width="11" height="11" {},
            Tone::Unknown => {
                circle class="hollow" r="6" stroke-dasharray="3 1.7" {}
                path class="hollow" d="M-2-1.6A2 2 0 1 1 .6.4Q0 .8 0 1.6M0 3.1V3.9" {}
            },
            Tone::Open => {
                circle class="hollow" r="5.7" {}
                path d="M0-5.7A5.7 5.7 0 0 1 0 5.7Z" {}
            },
            Tone::Paused => path d="M-5-5.5h3.4v11H-5ZM1.6-5.5H5v11H1.6Z" {},
            Tone::Closed => circle class="hollow" r="5.7" {},
        }
    }
}

/// The shape of a tone by itself, beside a word that says the same.
pub(crate) fn shape(tone: Tone) -> Markup {
    html! {
        svg class={ "shape " (tone.class()) } viewBox="-8 -8 16 16" width="16" height="16"
            aria-hidden="true" focusable="false" { (outline(tone)) }
    }
}

/// A status: shape, word and, where there is one, a number already told (`thin`).
pub(crate) fn tag(tone: Tone, word: &str, number: Option<&str>) -> Markup {
    html! {
        span class={ "tag " (tone.class()) } {
            (shape(tone))
            span { (word) }
            @if let Some(number) = number { " " b { (number) } }
        }
    }
}

/// The class of an item in the pack's own words, and how bad it is.
pub(crate) fn grade_tag(severity: Option<u8>, word: &str, number: Option<&str>) -> Markup {
    tag(Tone::of_severity(severity), word, number)
}

/// Where a request stands.
pub(crate) fn request_tag(state: RequestState) -> Markup {
    tag(Tone::of_request(state), words::request_state(state), None)
}

/// Where a release stands.
pub(crate) fn release_tag(state: ReleaseState) -> Markup {
    tag(Tone::of_release(state), words::release_state(state), None)
}

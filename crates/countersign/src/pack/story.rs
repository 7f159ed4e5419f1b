//! `story.toml`: dated acts that walk through what the pack is about, and what each must come to.
//!
//! A story is told to a person and run against a ledger founded from the pack. It is a list of
//! `[[act]]`, in the order of their moments. Every act has:
//!
//! - `at`: the moment, a date or a moment in UTC;
//! - `say`: one sentence for a person;
//! - `do`: what is done, one of the words below;
//! - `by`: who does it, by id; for acts that several sign, a list. Only `observe` has none;
//! - `expect`: `"ok"`, which is what is meant where it is left out, or the code of the rejection
//!   that must come, such as `"requests/prohibited-by-policy"`.
//!
//! | `do` | beside these |
//! |---|---|
//! | `submit` | `request` (a new label), `act`, `item`, `quantity`, `holder`, `window`, `reason`; `zones`, `recipient`, `depot`, `supersedes` (a label) |
//! | `revise` | as `submit`, on an open request, without `supersedes` |
//! | `withdraw` | `request` |
//! | `advise` | `request`, `office`, `advice`, `reason`; `provisos` |
//! | `decide` | `request`, `office`, `decision`, `reason`; `provisos` |
//! | `answer` | `request`, `reason` (the answer) |
//! | `recuse` | `request`, `reason` |
//! | `use` | `request`, `quantity`, `zone`, `reason`; `used_at`, `breaches` |
//! | `handout` | `request`, `quantity`, `reason`; `used_at`, `breaches` |
//! | `surrender` | `request` |
//! | `publish` | `version`, `office`, `reason`: all that `by` names sign for the office |
//! | `appoint` | `change`, `post`, `person`, `role`, `window`, `office`, `reason`; `deputy_of`, `acts` |
//! | `hold` | `hold` (a new label), `scope`, `office`, `reason` |
//! | `lift` | `hold`, `office`, `reason` |
//! | `receive` | `item`, `party`, `quantity`, `source`, `standing`; `place`, `lot` |
//! | `earmark` | `earmark`, `item`, `owner`, `recipient`, `origin`, `priority`, `slots` (units by month), `source`, `standing`; `divertible` |
//! | `override` | `item`, `class`, `until`, `office`, `reason` |
//! | `divert` | `item`, `office`, `reason`; `certification`, `notice_days`, `replacement`, `again` (what the last plan said) |
//! | `repay` | `debt`, `quantity` |
//! | `class` | `item`, `class`: in which class it must be |
//! | `forge` | `request`, `office`, `as`, `decision`, `reason`: the key of `by` signs a decision in the name of `as` |
//! | `deputise` | `request`, `office`, `decision`, `reason`: `by` signs for an office that is not theirs |
//! | `replay` | `request`: the decision that `by` signed last on it is sent again, byte for byte |
//! | `observe` | `request`; `state`, `release`: where the request and its release must stand |
//!
//! A release has the label of its request, and so have acts on it. `window` is
//! `{ from = …, until = … }`, half-open; `provisos` is a table of `quantity`, `zones`, `window`
//! and `depot`. `scope` is `all`, `holder:UA`, `item:ATACMS`, `zone:RU`, `act:deliver`,
//! `office:US.SecDef`, or `request:` or `release:` and a label. `breaches` lists the breaches that
//! the report must be flagged with, such as `beyond quantity`.
//!
//! Beside the acts there are `founded_at`, the moment at which the ledger begins, and `founders`,
//! at least two persons.

mod parts;
mod read;
mod shortage;

pub(super) use read::read;
pub use shortage::{Diversion, Shortage};

use countersign_core::requests::{Breach, Draft, ReleaseState, RequestState};
use countersign_core::stock::AccountKey;
use countersign_proof::words::{
    Act, AdviceKind, AppointmentChange, DecisionKind, HoldScope, Moment, OfficeId, PersonId,
    PolicyVersionId, Provisos, Quantity, Role, Standing, Window, WordError, ZoneId,
};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A name that a story gives a request or a hold, 1 to 64 ASCII letters, digits, `.`, `-`, `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Label(String);

impl FromStr for Label {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        match PolicyVersionId::new(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err(WordError::new(text, "a name of letters, digits, `.`, `-` and `_`")),
        }
    }
}
impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Story {
    /// When the ledger begins.
    pub founded_at: Moment,
    /// Who founds it.
    pub founders: BTreeSet<PersonId>,
    /// What is done, in order.
    pub acts: Vec<StoryAct>,
}

/// One act of a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoryAct {
    /// Its line in `story.toml`.
    pub line: u32,
    /// When.
    pub at: Moment,
    /// One sentence for a person.
    pub say: String,
    /// Who does it; several where several sign, none for an observation.
    pub by: Vec<PersonId>,
    /// What is done.
    pub deed: Deed,
    /// The code of the rejection that must come; `None` where the act must succeed.
    pub refused: Option<&'static str>,
}

/// A decision on a request, as a story tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    /// On which request; always on its current revision.
    pub request: Label,
    /// For which office.
    pub office: OfficeId,
    /// What is decided.
    pub decision: DecisionKind,
    /// Under which conditions.
    pub provisos: Provisos,
    /// Why.
    pub reason: String,
}

/// Units used or handed out under a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draw {
    /// Under the release of this request.
    pub request: Label,
    /// How many.
    pub quantity: Quantity,
    /// When.
    pub used_at: Moment,
    /// Where, for a use.
    pub zone: Option<ZoneId>,
    /// Remarks.
    pub note: String,
    /// The breaches that the report must be flagged with, and no others.
    pub breaches: BTreeSet<Breach>,
}

/// An appointment, as a story tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Post {
    /// Whether it begins or ends.
    pub change: AppointmentChange,
    /// The office filled.
    pub post: OfficeId,
    /// The person appointed.
    pub person: PersonId,
    /// As incumbent or as deputy.
    pub role: Role,
    /// For a deputy, the incumbent in whose stead.
    pub deputy_of: Option<PersonId>,
    /// For a deputy, the acts covered.
    pub acts: BTreeSet<Act>,
    /// The span served.
    pub span: Window,
    /// The office that appoints.
    pub office: OfficeId,
    /// Why.
    pub reason: String,
}

/// What a hold of a story suspends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Scope {
    /// What the charter knows by an id.
    Known(HoldScope),
    /// The request of this label.
    Request(Label),
    /// The release of the request of this label.
    Release(Label),
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the table at the head of the module says what each has")]
pub enum Deed {
    /// Ask for one act.
    Submit { request: Label, draft: Draft, reason: String, supersedes: Option<Label> },
    /// Change what is asked for.
    Revise { request: Label, draft: Draft, reason: String },
    /// Take a request back.
    Withdraw { request: Label },
    /// Give a recommendation.
    Advise {
        request: Label,
        office: OfficeId,
        advice: AdviceKind,
        provisos: Provisos,
        reason: String,
    },
    /// Give an office's word.
    Decide(Word),
    /// Answer a question.
    Answer { request: Label, answer: String },
    /// Step back from a request.
    Recuse { request: Label, reason: String },
    /// Report units used.
    Use(Draw),
    /// Report units handed out.
    Handout(Draw),
    /// Give back what is left of a release.
    Surrender { request: Label },
    /// Publish a version of the pack.
    Publish { version: PolicyVersionId, office: OfficeId, reason: String },
    /// Begin or end an appointment.
    Appoint(Box<Post>),
    /// Place a hold.
    Hold { hold: Label, scope: Scope, office: OfficeId, reason: String },
    /// Lift a hold.
    Lift { hold: Label, office: OfficeId, reason: String },
    /// Take units in.
    Receive { into: AccountKey, quantity: Quantity, source: String, standing: Standing },
    /// Do something about a shortage, or look at one.
    Shortage(Shortage),
    /// Sign a decision in another's name, with one's own key.
    Forge { word: Word, signer: PersonId },
    /// Sign for an office that is another's.
    Deputise(Word),
    /// Send the last decision of this person on the request again.
    Replay { request: Label },
    /// Look where the request and its release stand.
    Observe { request: Label, state: Option<RequestState>, release: Option<ReleaseState> },
}

impl Deed {
    /// Every word that may stand after `do`.
    pub const WORDS: &'static [&'static str] = &[
        "submit",
        "revise",
        "withdraw",
        "advise",
        "decide",
        "answer",
        "recuse",
        "use",
        "handout",
        "surrender",
        "publish",
        "appoint",
        "hold",
        "lift",
        "receive",
        "earmark",
        "override",
        "divert",
        "repay",
        "class",
        "forge",
        "deputise",
        "replay",
        "observe",
    ];

    /// The word that stands after `do`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Submit { .. } => "submit",
            Self::Revise { .. } => "revise",
            Self::Withdraw { .. } => "withdraw",
            Self::Advise { .. } => "advise",
            Self::Decide(_) => "decide",
            Self::Answer { .. } => "answer",
            Self::Recuse { .. } => "recuse",
            Self::Use(_) => "use",
            Self::Handout(_) => "handout",
            Self::Surrender { .. } => "surrender",
            Self::Publish { .. } => "publish",
            Self::Appoint(_) => "appoint",
            Self::Hold { .. } => "hold",
            Self::Lift { .. } => "lift",
            Self::Receive { .. } => "receive",
            Self::Shortage(shortage) => shortage.word(),
            Self::Forge { .. } => "forge",
            Self::Deputise(_) => "deputise",
            Self::Replay { .. } => "replay",
            Self::Observe { .. } => "observe",
        }
    }

    /// The request that the deed is on, if it is on one.
    #[must_use]
    pub fn request(&self) -> Option<&Label> {
        match self {
            Self::Submit { request, .. }
            | Self::Revise { request, .. }
            | Self::Withdraw { request }
            | Self::Advise { request, .. }
            | Self::Answer { request, .. }
            | Self::Recuse { request, .. }
            | Self::Surrender { request }
            | Self::Replay { request }
            | Self::Observe { request, .. } => Some(request),
            Self::Decide(word) | Self::Deputise(word) | Self::Forge { word, .. } => {
                Some(&word.request)
            }
            Self::Use(draw) | Self::Handout(draw) => Some(&draw.request),
            Self::Publish { .. }
            | Self::Appoint(_)
            | Self::Hold { .. }
            | Self::Lift { .. }
            | Self::Receive { .. }
            | Self::Shortage(_) => None,
        }
    }
}

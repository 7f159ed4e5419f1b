//! The texts that people have signed and may hand in, at any later time and more than once.

use super::world::{id, key_of, owner, rules};
use countersign_core::ledger::{self, NonceSubject, subject_of};
use countersign_core::{Command, Envelope, State, apply, decide, people, requests};
use countersign_proof::Statement;
use countersign_proof::signature::{Verified, verify};
use countersign_proof::statement::kinds::{Appointment, Binding, Decision, Hold, Lift};
use countersign_proof::words::{
    CommandId, Digest, Moment, Nonce, Provisos, RequestId, Revision, Role, Window,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Who signs for which office which word, and how many texts of it.
pub type Word = (&'static str, &'static str, &'static str, u8);

/// Those who may sign: the Secretary holds two offices that are asked, the Commander two of which
/// one is asked later; the deputy stands in for the Commander at the one that is not personal, and
/// may succeed the Secretary. The General Staff's officer holds an office that is asked, and made
/// the request. Some of them have a second text of the same words.
pub const WORDS: &[Word] = &[
    ("secdef", "US.SecDef", "approve", 2),
    ("secdef", "GB.MoD", "approve", 1),
    ("saceur", "GB.MoD", "approve", 2),
    ("saceur", "US.SACEUR", "approve", 1),
    ("deputy", "GB.MoD", "approve", 1),
    ("deputy", "US.SecDef", "approve", 1),
    ("genstaff", "GB.MoD", "approve", 1),
    ("secdef", "US.SecDef", "refuse", 1),
    ("saceur", "GB.MoD", "refuse", 1),
    ("saceur", "US.SACEUR", "refuse", 1),
    ("secdef", "US.SecDef", "withdraw", 1),
    ("saceur", "GB.MoD", "withdraw", 1),
    ("secdef", "US.SecDef", "ask", 1),
    ("saceur", "US.SACEUR", "ask", 1),
];

/// A few of them: enough for two releases, an authorisation taken back, and a refusal.
pub const FEW: &[Word] = &[
    ("secdef", "US.SecDef", "approve", 1),
    ("secdef", "GB.MoD", "approve", 1),
    ("saceur", "GB.MoD", "approve", 1),
    ("saceur", "US.SACEUR", "approve", 1),
    ("saceur", "GB.MoD", "withdraw", 1),
    ("secdef", "US.SecDef", "refuse", 1),
];

/// The fewest: one approval of each office, and one taken back.
pub const FEWEST: &[Word] = &[
    ("secdef", "US.SecDef", "approve", 1),
    ("saceur", "GB.MoD", "approve", 1),
    ("saceur", "GB.MoD", "withdraw", 1),
];

/// The versions that texts are bound to: the one in force at the beginning, and the next.
pub const VERSIONS: [&str; 2] = ["v4", "v5"];

/// What a text is, signed and verified.
pub enum Signed {
    Decision(Verified<Decision>),
    Appointment(Verified<Appointment>),
    Hold(Verified<Hold>),
    Lift(Verified<Lift>),
}

/// A signed text.
pub struct Paper {
    /// What it says, in words.
    pub label: String,
    /// The digest of the text, for a decision.
    pub digest: Option<Digest>,
    /// The digest of the text of the same words that is handed in before this one.
    pub after: Option<Digest>,
    pub signed: Signed,
}

impl Paper {
    /// The command that hands it in.
    pub fn command(&self) -> Command {
        match &self.signed {
            Signed::Decision(statement) => {
                requests::Command::DecideRequest { statement: statement.clone() }.into()
            }
            Signed::Appointment(one) => {
                people::Command::Appoint { statements: vec![one.clone()] }.into()
            }
            Signed::Hold(one) => {
                requests::Command::PlaceHold { statements: vec![one.clone()] }.into()
            }
            Signed::Lift(one) => {
                requests::Command::LiftHold { statements: vec![one.clone()] }.into()
            }
        }
    }

    pub fn decision(&self) -> Option<&Verified<Decision>> {
        match &self.signed {
            Signed::Decision(statement) => Some(statement),
            Signed::Appointment(_) | Signed::Hold(_) | Signed::Lift(_) => None,
        }
    }
}

/// Signing is slow, and many ways lead to the same text: the ledger, what it says, from when.
type Cache = BTreeMap<(Digest, String, Moment), Arc<Paper>>;
static CACHE: Mutex<Cache> = Mutex::new(BTreeMap::new());

fn signed<S: Statement>(statement: &S) -> Verified<S> {
    let key = key_of(statement.signer().as_str());
    let (text, armoured) = key.sign(statement).unwrap();
    verify(text.as_bytes(), &armoured, &rules()).unwrap()
}

/// Has the ledger make the nonce of a text, named after what the text says, and gives its binding.
fn bound<S: Statement>(
    state: &mut State,
    (label, person): (&str, &str),
    request: Option<(RequestId, Revision)>,
) -> Binding {
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&Digest::of(label.as_bytes()).0[..16]);
    let nonce = Nonce(nonce);
    let subject = NonceSubject { request, ..subject_of::<S>(None) };
    let head = (1, Digest::of(b"head"));
    let command = ledger::Command::IssueNonce { nonce, person: id(person), subject, head };
    let (at, command) = (state.ledger.clock, command.into());
    let envelope = Envelope { id: CommandId([0; 16]), at, by: None, command };
    let events = decide(state, &envelope).unwrap();
    apply(state, at, &events);
    state.ledger.binding(nonce).unwrap()
}

fn kept(state: &State, label: &str, make: impl FnOnce() -> (Option<Digest>, Signed)) -> Arc<Paper> {
    let key = (state.ledger.digest, label.to_owned(), state.ledger.clock);
    let mut cache = CACHE.lock().unwrap();
    let paper = cache.entry(key).or_insert_with(|| {
        let (after, signed) = make();
        let mut paper = Paper { label: label.to_owned(), digest: None, after, signed };
        paper.digest = paper.decision().map(Verified::digest);
        Arc::new(paper)
    });
    Arc::clone(paper)
}

/// Has every text about the current revision prepared and signed, under each version.
pub fn on_revision(state: &mut State, words: &[Word]) -> Vec<Arc<Paper>> {
    let request = state.requests.request(RequestId(1)).unwrap().clone();
    let revision = request.revision;
    let mut papers = Vec::new();
    for version in VERSIONS {
        for (person, office, word, copies) in words {
            let mut after = None;
            for copy in 1..=*copies {
                let again = if copy == 1 { "" } else { " in a second text" };
                let label = format!(
                    "{person} hands in “{word}” for {office} on revision {revision} under \
                     {version}{again}"
                );
                let about = Some((request.id, revision));
                let binding = bound::<Decision>(state, (&label, person), about);
                let paper = kept(state, &label, || {
                    let policy = state.policy.version(&id(version)).unwrap();
                    let decision = Decision {
                        terms: request.draft.terms(request.id, revision, request.digest),
                        office: id(office),
                        signer: id(person),
                        decision: id(word),
                        provisos: id::<Provisos>("-"),
                        policy: id(version),
                        policy_digest: policy.digest,
                        binding,
                        reason: String::new(),
                    };
                    (after, Signed::Decision(signed(&decision)))
                });
                after = paper.digest;
                papers.push(paper);
            }
        }
    }
    papers
}

/// Who leaves or takes which office: end the Secretary's term; let the deputy succeed; and try to
/// make the deputy a deputy of the Secretary.
const APPOINTMENTS: [(&str, &str, &str, Option<&str>); 3] = [
    ("end", "secdef", "the Secretary's term at US.SecDef is ended", None),
    ("appoint", "deputy", "the deputy is appointed to US.SecDef", None),
    ("appoint", "deputy", "the deputy is to stand in for the Secretary", Some("secdef")),
];

/// Has the texts of the appointments prepared.
pub fn appointments(state: &mut State, until: Moment) -> Vec<Arc<Paper>> {
    let mut papers = Vec::new();
    let now = state.ledger.clock;
    for (change, person, label, deputy_of) in APPOINTMENTS {
        let binding = bound::<Appointment>(state, (label, "registrar"), None);
        papers.push(kept(state, label, || {
            let appointment = Appointment {
                change: id(change),
                subject_office: id("US.SecDef"),
                person: id(person),
                role: if deputy_of.is_some() { Role::Deputy } else { Role::Incumbent },
                deputy_of: deputy_of.map(id),
                acts: deputy_of.iter().map(|_| id("use")).collect(),
                span: match change {
                    "end" => Window::new(an_hour_before(now), now).unwrap(),
                    _ => Window::new(now, until).unwrap(),
                },
                office: id("PR.Registrar"),
                signer: id("registrar"),
                binding,
                reason: String::new(),
            };
            (None, Signed::Appointment(signed(&appointment)))
        }));
    }
    papers
}

/// Has the texts prepared of a hold and of its end.
pub fn a_hold(state: &mut State) -> Vec<Arc<Paper>> {
    let mut papers = Vec::new();
    let label = "the Board places a hold on the item";
    let binding = bound::<Hold>(state, (label, "board"), None);
    papers.push(kept(state, label, || {
        let (office, signer) = (id("PR.Board"), id(owner("board")));
        let scope = id("item:STORM-SHADOW");
        let hold = Hold { scope, office, signer, binding, reason: String::new() };
        (None, Signed::Hold(signed(&hold)))
    }));
    let label = "the Board lifts the hold";
    let binding = bound::<Lift>(state, (label, "board"), None);
    papers.push(kept(state, label, || {
        let (office, signer) = (id("PR.Board"), id(owner("board")));
        let lift = Lift { hold: id("HOLD-1"), office, signer, binding, reason: String::new() };
        (None, Signed::Lift(signed(&lift)))
    }));
    papers
}

fn an_hour_before(now: Moment) -> Moment {
    Moment::from_millis(now.millis() - 3_600_000).unwrap()
}

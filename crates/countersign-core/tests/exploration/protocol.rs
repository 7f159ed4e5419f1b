//! The protocol as a model: real states, changed by nothing but `decide` and `apply`; what people
//! may do at any moment; and what a crash may lose.

use super::acts::{Act, Bounds, Step};
use super::book::{Book, Broken, INVARIANTS, ONE_EFFECT};
use super::labels::{RETRIES, label};
use super::papers::{Paper, a_hold, appointments, on_revision};
use super::planted::Planted;
use super::search::Model;
use super::world::{Appointing, World, charter, draft, id, key_of, quantity};
use countersign_core::people::{Authority, Incumbency};
use countersign_core::policy::Policies;
use countersign_core::record::{self, Answer};
use countersign_core::requests::{Command as Requests, Draft, Event as Of};
use countersign_core::{
    Command, Envelope, Event, Rejection, State, apply, invariants, ledger, next_due,
};
use countersign_proof::words::{CommandId, Digest, Moment, PolicyVersionId, ReleaseId, RequestId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// When the request is made; the second version comes into force two hours later, while what was
/// signed before can still be handed in, and the window ends after a day.
const ASKED_AT: &str = "2025-06-02T09:00:00Z";
const VERSIONS: &[(&str, &str)] = &[("v4", "2024-05-30T00:00:00Z"), ("v5", "2025-06-02T11:00:00Z")];
/// Who there is; everybody else of the exercise is left out.
const PEOPLE: [&str; 7] =
    ["secdef", "saceur", "deputy", "genstaff", "registrar", "board", "uadepot"];
/// Who holds the office that is asked and is not personal.
const MINISTRY: [&str; 3] = ["secdef", "saceur", "genstaff"];

/// A command that was sent and not answered.
#[derive(Clone)]
pub struct Lost {
    act: Act,
    /// The answer in the record, if there is one. The record has the answers of all commands; the
    /// one here is the only one that anybody can ask for again.
    recorded: Option<Answer>,
    /// How often it took effect.
    effects: u8,
}

/// A state of the model.
#[derive(Clone)]
pub struct Node {
    state: State,
    book: Book,
    papers: Arc<Vec<Arc<Paper>>>,
    lost: Option<Lost>,
    crashes: u8,
    reached: Vec<&'static str>,
    broken: Option<Broken>,
}

/// A state put away: its rooms as bytes, but for the policies, which all states of one version
/// share.
pub struct Kept {
    rooms: Box<[u8]>,
    book: Box<[u8]>,
    policy: Arc<Policies>,
    papers: Arc<Vec<Arc<Paper>>>,
    lost: Option<Lost>,
    crashes: u8,
}

/// The model.
pub struct Protocol {
    pub bounds: Bounds,
    draft: Draft,
    begun: World,
    /// The policies as they are before and after the second version comes into force: made ready,
    /// so that they need not be made ready again for every state.
    policies: Mutex<BTreeMap<PolicyVersionId, Arc<Policies>>>,
    /// The states by their keys without order, where they are told apart by order.
    pub without_order: Mutex<BTreeSet<Digest>>,
}

fn in_short(answer: &Answer) -> &str {
    match answer {
        Answer::Accepted(_) => "yes",
        Answer::Refused { code, .. } => code,
    }
}

/// Whose session a command comes through.
fn session(person: &str) -> Authority {
    Authority { person: id(person), key: key_of(person).public_key().id() }
}

fn begun(bounds: Bounds) -> World {
    let mut founding = charter(VERSIONS);
    let all_time = founding.incumbencies[0].span;
    founding.people.retain(|person, _| PEOPLE.contains(&person.as_str()));
    founding.keys.retain(|key| PEOPLE.contains(&key.person.as_str()));
    founding.incumbencies.retain(|term| PEOPLE.contains(&term.person.as_str()));
    founding.incumbencies.extend(MINISTRY.map(|person| Incumbency {
        office: id("GB.MoD"),
        person: id(person),
        span: all_time,
    }));
    founding.items.retain(|item| item.id.as_str() == "STORM-SHADOW");
    for office in founding.offices.iter_mut().filter(|office| office.id.as_str() == "GB.MoD") {
        office.quorum = bounds.quorum;
    }
    let mut world = World::unfounded();
    world.found(founding, &["registrar", "board"]).unwrap();
    world.receive(5, "STORM-SHADOW", "UA", Some("UA.Depot-1")).unwrap();
    let stands_in = Appointing {
        change: "appoint",
        person: "deputy",
        office: "GB.MoD",
        deputy_of: Some("saceur"),
        acts: "use",
        span: "2025-03-03T08:00:00Z/2026-01-01T00:00:00Z",
    };
    world.appoint("registrar", "PR.Registrar", stands_in).unwrap();
    world.awake_until(id(ASKED_AT));
    let window = world.days(1).to_string();
    let asked = draft("use", bounds.units, "STORM-SHADOW", "RU.Kursk", &window);
    world.submit("genstaff", asked).unwrap();
    world
}

impl Protocol {
    pub fn new(bounds: Bounds) -> Self {
        let begun = begun(bounds);
        let draft = (*begun.request(1).draft).clone();
        let (policies, without_order) = (Mutex::default(), Mutex::default());
        Self { bounds, draft, begun, policies, without_order }
    }

    fn command(&self, act: &Act) -> (Option<Authority>, Command) {
        let (request, release) = (RequestId(1), ReleaseId(1));
        let words = String::new;
        let (by, command) = match act {
            Act::Paper(paper) => return (None, paper.command()),
            Act::Revise(read) => {
                let units = self.bounds.units - u64::from(read.0 % 2);
                let draft = Draft { quantity: quantity(units), ..self.draft.clone() };
                let (revision, justification) = (*read, words());
                ("genstaff", Requests::ReviseRequest { request, revision, draft, justification })
            }
            Act::TakeBack => ("genstaff", Requests::WithdrawRequest { request }),
            Act::Answer => ("genstaff", Requests::AnswerInformation { request, answer: words() }),
            Act::Recuse(person) => (*person, Requests::Recuse { request, reason: words() }),
            Act::Report(used_at) => {
                let (zone, used_at) = (Some(id("RU.Kursk")), *used_at);
                let (quantity, note) = (quantity(1), words());
                ("genstaff", Requests::ReportUse { release, quantity, used_at, zone, note })
            }
            Act::Surrender => ("genstaff", Requests::SurrenderRelease { release }),
        };
        (Some(session(by)), command.into())
    }

    /// What the ledger answers to a command now.
    fn decide(&self, node: &Node, act: &Act) -> Result<Vec<Event>, Rejection> {
        let (by, command) = self.command(act);
        let at = node.state.ledger.clock;
        let envelope = Envelope { id: CommandId([0; 16]), at, by, command };
        let paper = match act {
            Act::Paper(paper) => Some(&**paper),
            Act::Revise(_)
            | Act::TakeBack
            | Act::Answer
            | Act::Recuse(_)
            | Act::Report(_)
            | Act::Surrender => None,
        };
        self.bounds.planted.decide(&node.state, &envelope, paper, &node.papers)
    }

    /// The state after these events; looked at by the second book and by the invariants.
    fn after(&self, node: &Node, at: Moment, events: &[Event]) -> Node {
        let mut next = Node { reached: Vec::new(), ..node.clone() };
        self.take(&mut next, at, events);
        next
    }

    /// Puts events into a state, and looks at it.
    ///
    /// How many entries the record has is set back: nothing reads it here, since no version asks
    /// for witnesses, and it would tell otherwise equal states apart by how many texts were made.
    fn take(&self, node: &mut Node, at: Moment, events: &[Event]) {
        apply(&mut node.state, at, events);
        node.state.ledger.entries = 0;
        let taken = node.book.take(at, events, &node.papers);
        let revised = |event: &Event| matches!(event, Event::Requests(Of::RequestRevised { .. }));
        if events.iter().any(revised) {
            let more = on_revision(&mut node.state, self.bounds.words);
            node.state.ledger.entries = 0;
            node.papers = Arc::new(node.papers.iter().cloned().chain(more).collect());
        }
        let found = taken
            .and_then(|()| invariants::check(&node.state).map_err(|e| (INVARIANTS, e.to_string())))
            .and_then(|()| node.book.agrees(&node.state));
        if let Err(found) = found {
            node.broken = node.broken.take().or(Some(found));
        }
        let labels = events.iter().filter_map(|event| label(&node.book, at, event));
        node.reached.extend(labels);
    }

    /// Time passes, and everything happens that is due by then.
    fn wait(&self, node: &Node) -> Result<Node, String> {
        let due = next_due(&node.state).ok_or("nothing is due")?;
        let mut next = Node { reached: Vec::new(), ..node.clone() };
        while next_due(&next.state).is_some_and(|next| next <= due) {
            let command = ledger::Command::AdvanceClock.into();
            let envelope = Envelope { id: CommandId([0; 16]), at: due, by: None, command };
            let events = self.bounds.planted.decide(&next.state, &envelope, None, &[]).unwrap();
            self.take(&mut next, due, &events);
        }
        Ok(next)
    }

    /// The same command comes again with the same id: the writer answers it with the answer in the
    /// record, and decides it where there is none.
    fn retry(&self, node: &Node) -> Result<Node, String> {
        let mut lost = node.lost.clone().ok_or("nothing was lost")?;
        let anew = lost.recorded.is_none() || self.bounds.planted == Planted::DecidedAgain;
        let decided = anew.then(|| self.decide(node, &lost.act));
        let mut next = Node { reached: Vec::new(), lost: None, ..node.clone() };
        let given = match decided {
            None => {
                next.reached.push(RETRIES[0]);
                let recorded = lost.recorded.clone().unwrap();
                if in_short(&recorded) != "yes" && self.decide(node, &lost.act).is_ok() {
                    next.reached.push(RETRIES[2]);
                }
                recorded
            }
            Some(Err(rejection)) => Answer::from(Err(rejection)),
            Some(Ok(events)) => {
                next = self.after(&next, node.state.ledger.clock, &events);
                next.reached.push(RETRIES[1]);
                lost.effects += 1;
                Answer::Accepted(events)
            }
        };
        let same = lost.recorded.as_ref().is_none_or(|recorded| *recorded == given);
        // Nobody is told no of what took effect.
        let denied = lost.effects > 0 && matches!(given, Answer::Refused { .. });
        if lost.effects > 1 || !same || denied {
            let recorded = lost.recorded.as_ref().map_or("nothing", in_short);
            let (act, effects, given) = (&lost.act, lost.effects, in_short(&given));
            let found = format!("{act}: recorded {recorded}, told {given}, effects: {effects}");
            next.broken = next.broken.or(Some((ONE_EFFECT, found)));
        }
        Ok(next)
    }

    /// Everything that somebody may try.
    fn acts(&self, node: &Node) -> Vec<Act> {
        let request = &node.state.requests.all()[0];
        let papers = node.papers.iter();
        let in_turn = papers.filter(|paper| paper.after.is_none_or(|first| node.book.has(first)));
        let mut acts: Vec<Act> = in_turn.cloned().map(Act::Paper).collect();
        if request.revision.0 < self.bounds.revisions {
            acts.push(Act::Revise(request.revision));
        }
        acts.extend([Act::TakeBack, Act::Answer]);
        if request.recused.len() < self.bounds.recusals {
            acts.extend(["secdef", "saceur"].map(Act::Recuse));
        }
        if let Some(release) = node.state.requests.releases().first() {
            if release.used.units() < self.bounds.uses {
                acts.push(Act::Report(node.state.ledger.clock));
            }
            acts.push(Act::Surrender);
        }
        acts
    }
}

/// The snapshot of a state, with what was said on the request in the order of the texts' digests
/// instead of the order in which it was said.
///
/// Nothing reads that order but the narrowing of provisos, of which there are none here: what
/// counts is found by filtering (`Request::standing`), and matched by sorted sets. That it loses
/// nothing is itself tested: `the_order_of_words_makes_no_difference`.
fn without_order(state: &State) -> Vec<u8> {
    let mut bytes = record::snapshot(state).unwrap();
    let mut said = state.requests.all()[0].decisions.clone();
    let as_said = postcard::to_allocvec(&said).unwrap();
    said.sort_by_key(|made| made.statement);
    let sorted = postcard::to_allocvec(&said).unwrap();
    if sorted != as_said {
        let place = bytes.windows(as_said.len()).position(|window| window == as_said).unwrap();
        bytes[place..place + sorted.len()].copy_from_slice(&sorted);
    }
    bytes
}

impl Model for Protocol {
    type State = Node;
    type Kept = Kept;
    type Step = Step;

    fn keep(&self, node: Node) -> Kept {
        let Node { state, book, papers, lost, crashes, .. } = node;
        let in_force = state.policy.current().unwrap().bundle.version.clone();
        let mut policies = self.policies.lock().unwrap();
        let policy = policies.entry(in_force).or_insert_with(|| Arc::new(state.policy));
        let policy = Arc::clone(policy);
        let before = (state.ledger, state.people, state.stock, state.requests);
        let rooms = (before, state.triage, state.rerouting, state.history);
        let rooms = postcard::to_allocvec(&rooms).unwrap().into();
        let book = postcard::to_allocvec(&book).unwrap().into();
        Kept { rooms, book, policy, papers, lost, crashes }
    }

    fn take_up(&self, kept: &Kept) -> Node {
        let (before, triage, rerouting, history) = postcard::from_bytes(&kept.rooms).unwrap();
        let (ledger, people, stock, requests) = before;
        let policy = (*kept.policy).clone();
        let state = State { ledger, people, stock, policy, requests, triage, rerouting, history };
        let book = postcard::from_bytes(&kept.book).unwrap();
        let (papers, lost) = (Arc::clone(&kept.papers), kept.lost.clone());
        let (reached, broken) = (Vec::new(), None);
        Node { state, book, papers, lost, crashes: kept.crashes, reached, broken }
    }

    fn first(&self) -> Node {
        let mut book = Book::default();
        let mut broken = None;
        for (at, _, answered) in &self.begun.log {
            let taken = book.take(*at, answered.as_deref().unwrap_or(&[]), &[]);
            broken = broken.or(taken.err());
        }
        let mut state = self.begun.state.clone();
        let mut papers = on_revision(&mut state, self.bounds.words);
        if self.bounds.appointments {
            papers.extend(appointments(&mut state, id("2026-01-01T00:00:00Z")));
        }
        if self.bounds.holds {
            papers.extend(a_hold(&mut state));
        }
        state.ledger.entries = 0;
        let (papers, reached) = (Arc::new(papers), Vec::new());
        Node { state, book, papers, lost: None, crashes: 0, reached, broken }
    }

    /// The digest of the whole state, the second book, and what was lost.
    ///
    /// What only counts is not told apart, because it does not vary. A text's number is named after
    /// what the text says: the ledger's own are random, and compared for being the same and
    /// nothing else. The clock stands still but where something falls due, and there everything
    /// can be done before and after: two ways with the same waits give the same moments. What is
    /// tried between two such moments, as a text that has expired on a request that is open, is
    /// left to the random histories.
    fn key(&self, node: &Node) -> Digest {
        let book = postcard::to_allocvec(&node.book).unwrap();
        let lost = node.lost.as_ref();
        let lost = lost.map(|lost| (lost.act.to_string(), &lost.recorded, lost.effects));
        let lost = postcard::to_allocvec(&(node.crashes, lost)).unwrap();
        let whole = |state: Vec<u8>| Digest::of(&[state, book.clone(), lost.clone()].concat());
        let key = whole(without_order(&node.state));
        if !self.bounds.in_order {
            return key;
        }
        self.without_order.lock().unwrap().insert(key);
        whole(record::snapshot(&node.state).unwrap())
    }

    fn steps(&self, node: &Node) -> Vec<Step> {
        let acts = self.acts(node);
        let mut steps = Vec::new();
        if node.lost.is_some() {
            steps.push(Step::Retry);
        } else if node.crashes < self.bounds.crashes {
            for act in &acts {
                steps.push(Step::LoseAnswer(act.clone()));
                steps.push(Step::CrashBefore(act.clone()));
            }
        }
        steps.extend(acts.into_iter().map(Step::Do));
        steps.push(Step::Wait);
        steps
    }

    fn next(&self, node: &Node, step: &Step) -> Result<Node, String> {
        let at = node.state.ledger.clock;
        match step {
            Step::Wait => self.wait(node),
            Step::Retry => self.retry(node),
            Step::Do(act) => match self.decide(node, act) {
                Ok(events) => Ok(self.after(node, at, &events)),
                Err(rejection) => Err(rejection.code().to_owned()),
            },
            Step::LoseAnswer(act) => {
                let (mut next, recorded, effects) = match self.decide(node, act) {
                    Ok(events) => (self.after(node, at, &events), Answer::Accepted(events), 1),
                    Err(rejection) => (
                        Node { reached: Vec::new(), ..node.clone() },
                        Answer::from(Err(rejection)),
                        0,
                    ),
                };
                let recorded = Some(recorded);
                next.lost = Some(Lost { act: act.clone(), recorded, effects });
                next.crashes += 1;
                Ok(next)
            }
            // The writer reads state and head back from the store, so nothing has happened.
            Step::CrashBefore(act) => {
                let mut next = Node { reached: Vec::new(), ..node.clone() };
                let mut effects = 0;
                if self.bounds.planted == Planted::KeepsUncommitted
                    && let Ok(events) = self.decide(node, act)
                {
                    (next, effects) = (self.after(node, at, &events), 1);
                }
                next.lost = Some(Lost { act: act.clone(), recorded: None, effects });
                next.crashes += 1;
                Ok(next)
            }
        }
    }

    fn reached(&self, node: &Node) -> Vec<&'static str> {
        node.reached.clone()
    }

    fn broken(&self, node: &Node) -> Option<Broken> {
        node.broken.clone()
    }
}

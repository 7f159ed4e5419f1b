//! What clients do: a small programme, its founding, and the way of a request through it.

use crate::random::Random;
use crate::world::{self, Official};
use countersign::opening::Head;
use countersign::statements::{self, Signing};
use countersign::writer::{Asked, Reader, Receipt, Submission};
use countersign_core::record::Answer;
use countersign_core::requests::Command;
use countersign_core::stock::{self, AccountKey, AccountState};
use countersign_core::{Command as AnyCommand, Event, requests};
use countersign_proof::words::{
    CommandId, DecisionKind, Moment, Provisos, Quantity, ReleaseId, RequestId, Standing, Window,
};
use countersign_store::{Mode, NewHead, StoredEntry};
use std::sync::{Arc, OnceLock};

/// A founded ledger, to begin with.
pub struct Founded {
    /// Its entries.
    pub entries: Vec<Arc<StoredEntry>>,
    /// Its head.
    pub head: NewHead,
    /// The file with its log's key.
    pub log_key: Vec<u8>,
}

/// The ledger that every run begins with.
pub fn founded() -> &'static Founded {
    static FOUNDED: OnceLock<Founded> = OnceLock::new();
    FOUNDED.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ledger = folder.path().join("ledger");
        let location = ledger.to_str().expect("a path in words");
        world::found(location).stop();
        let store = countersign_store::open(location, Mode::Read).expect("it was founded");
        let head = store.head().expect("it has a head");
        let entries = store.read(0, usize::MAX).expect("it has entries");
        Head::of(&head).expect("the head fits");
        Founded {
            entries: entries.into_iter().map(Arc::new).collect(),
            head: NewHead { root: head.root, frontier: head.frontier },
            log_key: std::fs::read(ledger.join("log.key")).expect("it has a key"),
        }
    })
}

/// How far a request has come.
#[derive(Clone, Debug)]
enum Stage {
    /// Nothing is asked for.
    Idle,
    /// An official asks for a nonce.
    Nonce(usize, RequestId),
    /// The official has one and signs.
    Sign(usize, RequestId, Receipt),
    /// It may be used.
    Use(ReleaseId),
}

/// Somebody who takes requests through.
pub struct Client {
    number: u64,
    sent: u64,
    stage: Stage,
    random: Random,
    officials: [Official; 2],
}

impl Client {
    /// A client with an id.
    pub fn new(number: u64, seed: u64) -> Self {
        Self {
            number,
            sent: 0,
            stage: Stage::Idle,
            random: Random::new(seed, &format!("client {number}")),
            officials: [Official::new("P-A", "A.Head"), Official::new("P-B", "B.Head")],
        }
    }

    /// The next command; none while the node asked does not show what it is about.
    pub fn next(&mut self, reader: &Reader, now: Moment) -> Option<Submission> {
        let (by, asked) = match self.stage.clone() {
            Stage::Idle if self.random.chance(50) => (Some("P-S"), receive()),
            Stage::Idle => (Some("P-H"), command(self.request(now))),
            Stage::Nonce(who, request) => (None, self.officials[who].asks(request)),
            Stage::Sign(who, request, nonce) => (None, self.signs(who, request, &nonce, reader)?),
            Stage::Use(release) => {
                let at = reader.read(|state| state.ledger.clock);
                (Some("P-H"), command(world::report_use(release, at)))
            }
        };
        self.sent += 1;
        Some(Submission { id: self.id(), by: by.map(world::authority), asked })
    }

    fn id(&mut self) -> CommandId {
        let mut id = world::id(self.number, self.sent);
        // Ids of real clients are random.
        id.0[12..].copy_from_slice(&self.random.bytes()[..4]);
        id
    }

    fn request(&mut self, now: Moment) -> AnyCommand {
        let mut draft = world::draft();
        if self.random.chance(500) {
            let until = now.plus_minutes(self.random.between(5, 3_000));
            draft.window = Window::new(world::start(), until).expect("it has begun");
        }
        draft.quantity = Quantity::new(2 + self.random.below(7)).expect("a small number");
        let justification = "for the simulation".to_owned();
        Command::SubmitRequest { draft, justification, supersedes: None }.into()
    }

    fn signs(
        &mut self,
        who: usize,
        request: RequestId,
        nonce: &Receipt,
        reader: &Reader,
    ) -> Option<Asked> {
        if reader.position() <= nonce.seq {
            return None;
        }
        let kind =
            if self.random.chance(60) { DecisionKind::Refuse } else { DecisionKind::Approve };
        let official = &self.officials[who];
        let decision = reader.read(|state| {
            let binding = state.ledger.binding(nonce.nonce()?)?;
            let signing = Signing {
                office: official.office.parse().expect("an office"),
                signer: official.person.parse().expect("a person"),
                binding,
                reason: "within the plan".to_owned(),
            };
            let request = state.requests.request(request)?;
            statements::decision(state, request, signing, kind, Provisos::default())
        });
        let Some(decision) = decision else {
            self.stage = Stage::Idle;
            return None;
        };
        let (text, signature) = official.key.sign(&decision).expect("it can be signed");
        let statement = Official::checked(&text, &signature);
        Some(command(Command::DecideRequest { statement }.into()))
    }

    /// Goes on from an answer.
    pub fn answered(&mut self, receipt: &Receipt) {
        let Answer::Accepted(events) = &receipt.answer else {
            self.stage = Stage::Idle;
            return;
        };
        let stage = std::mem::replace(&mut self.stage, Stage::Idle);
        let released = events.iter().find_map(|event| match event {
            Event::Requests(requests::Event::ReleaseIssued { release, .. }) => Some(*release),
            _ => None,
        });
        let submitted = events.iter().find_map(|event| match event {
            Event::Requests(requests::Event::RequestSubmitted { request, .. }) => Some(*request),
            _ => None,
        });
        self.stage = match (stage, submitted, released) {
            (_, Some(request), _) => Stage::Nonce(0, request),
            (_, _, Some(release)) => Stage::Use(release),
            (Stage::Nonce(who, request), ..) => Stage::Sign(who, request, receipt.clone()),
            (Stage::Sign(0, request, _), ..) => Stage::Nonce(1, request),
            _ => Stage::Idle,
        };
    }
}

fn command(command: AnyCommand) -> Asked {
    Asked::Command(Box::new(command))
}

/// Units come in.
pub fn receive() -> Asked {
    let into = AccountKey {
        item: "THING".parse().expect("an item"),
        party: "H".parse().expect("a party"),
        state: AccountState::OnHand,
        place: Some("H.Store".parse().expect("a place")),
        lot: None,
    };
    let units = Quantity::new(5).expect("a small number");
    let receive = stock::Command::receive(into, units, "for the simulation", Standing::Assumed);
    command(receive.into())
}

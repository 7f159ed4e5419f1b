//! A ledger to be played with: founded by a charter made in code, with a clock that moves only when
//! told to, people who sign with real keys, and the invariants looked at after every step.
#![allow(dead_code, unused_imports, unreachable_pub, reason = "each test crate uses its part")]

mod charter;
mod depots;
mod hardware;
mod shortage;
mod signing;
mod stores;
mod witnesses;

pub use charter::{FOUNDED, STORY, bundle, charter, offices, people, places};
pub use depots::{depot_key, signed};
pub use hardware::{HardwareKey, PRESENT, VERIFIED};
pub use shortage::{Ordering, class_rules, figures, short};
pub use signing::{Appointing, Bound};
pub use stores::{
    Receipt, account, account_state, consumption, earmark, figure, issue, move_to, recount,
    requirement, storekeeper,
};
pub use witnesses::{ORIGIN, WITNESSES, cosigned_by, forged, log_key, two_witnesses, witness};

use countersign_core::people::Authority;
use countersign_core::policy::{Policies, Version};
use countersign_core::record::{self, Answer};
use countersign_core::requests::{Draft, Release, Request};
use countersign_core::stock::{AccountKey, AccountState};
use countersign_core::{
    Command, Envelope, Event, Rejection, State, apply, decide, invariants, ledger, next_due, stock,
};
use countersign_proof::SoftwareKey;
use countersign_proof::signature::{SignatureRules, Verified, verify};
use countersign_proof::statement::kinds::Founding;
use countersign_proof::words::{
    Act, CommandId, Digest, Moment, Nonce, Quantity, ReleaseId, RequestId, Standing, Window,
};
use std::collections::BTreeMap;
use std::str::FromStr;

/// What a command got for an answer.
pub type Answered = Result<Vec<Event>, Rejection>;

/// An id, a moment, a window, …: whatever is written as a word.
pub fn id<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

/// A person's key; `secdef` has the first, `secdef/2` is a second one.
pub fn key_of(person: &str) -> SoftwareKey {
    SoftwareKey::from_seed(Digest::of(person.as_bytes()).0)
}

/// The person that a key's name belongs to.
pub fn owner(key: &str) -> &str {
    key.split('/').next().unwrap()
}

pub fn quantity(units: u64) -> Quantity {
    Quantity::new(units).unwrap()
}

pub fn rules() -> SignatureRules {
    places().rules()
}

/// A request's terms with everything set to something ordinary.
pub fn draft(act: &str, units: u64, item: &str, zones: &str, window: &str) -> Draft {
    let act: Act = id(act);
    Draft {
        act,
        holder: id("UA"),
        item: id(item),
        quantity: quantity(units),
        zones: zones.split(',').filter(|zone| !zone.is_empty()).map(id).collect(),
        recipient: (act == Act::Transfer).then(|| id("GB")),
        depot: None,
        window: id(window),
    }
}

/// The ledger, its clock, and what was written of it.
#[derive(Clone)]
pub struct World {
    pub state: State,
    pub at: Moment,
    /// The stored form of every step.
    pub bodies: Vec<Vec<u8>>,
    /// Every step that was carried out or refused, with its events, the clock's own included.
    pub log: Vec<(Moment, &'static str, Answered)>,
    /// What the clock brought about since the last look.
    pub fallen_due: Vec<Event>,
    numbers: u64,
}

impl World {
    /// Founds the exercise with the versions of the story.
    pub fn new() -> Self {
        Self::with(STORY)
    }

    /// Founds the exercise with these versions.
    pub fn with(versions: &[(&str, &str)]) -> Self {
        let mut world = Self::unfounded();
        let answered = world.found(charter(versions), &["registrar", "board"]);
        answered.unwrap();
        world
    }

    /// A ledger that has not begun.
    pub fn unfounded() -> Self {
        Self {
            state: State::default(),
            at: id(FOUNDED),
            bodies: Vec::new(),
            log: Vec::new(),
            fallen_due: Vec::new(),
            numbers: 0,
        }
    }

    /// Founds it, with the statements of these founders.
    pub fn found(&mut self, charter: ledger::Charter, founders: &[&str]) -> Answered {
        self.found_by(charter, founders, &|_| {})
    }

    /// The same, with every founding statement changed before it is signed.
    pub fn found_by(
        &mut self,
        charter: ledger::Charter,
        founders: &[&str],
        change: &dyn Fn(&mut Founding),
    ) -> Answered {
        let first = charter.policies.first().map(|policy| policy.bundle.clone());
        let first = first.unwrap_or_else(|| bundle("v1"));
        let statements = founders
            .iter()
            .map(|key| {
                let mut founding = Founding {
                    origin: ORIGIN.to_owned(),
                    exercise: true,
                    charter_digest: charter.digest(),
                    policy: first.version.clone(),
                    policy_digest: first.digest(),
                    log_key: Digest(log_key().verifier().public_key()),
                    founded_at: self.at,
                    nonce: Nonce([1; 16]),
                    signer: id(owner(key)),
                    reason: String::new(),
                };
                change(&mut founding);
                self.sign(key, &founding)
            })
            .collect();
        let names = BTreeMap::new();
        self.run(None, ledger::Command::Found { charter: Box::new(charter), statements, names })
    }

    /// A number never given before.
    pub fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Runs a command that came through `by`'s session, after everything that is due.
    pub fn run(&mut self, by: Option<&str>, command: impl Into<Command>) -> Answered {
        self.catch_up();
        self.step(by, command)
    }

    /// Lets everything happen that is due.
    pub fn catch_up(&mut self) {
        while self.state.ledger.is_founded()
            && next_due(&self.state).is_some_and(|due| due <= self.at)
        {
            let events = self.step(None, ledger::Command::AdvanceClock).unwrap();
            self.fallen_due.extend(events);
        }
    }

    /// Moves the clock forward and lets everything happen on the way that is due by then, as a
    /// ledger does that is awake all the time.
    pub fn awake_until(&mut self, at: Moment) {
        while let Some(due) = next_due(&self.state).filter(|due| *due <= at) {
            self.at = self.at.max(due);
            self.catch_up();
        }
        self.at = at;
    }

    /// Runs one command and nothing else; looks at the invariants and keeps the record.
    pub fn step(&mut self, by: Option<&str>, command: impl Into<Command>) -> Answered {
        let by =
            by.map(|key| Authority { person: id(owner(key)), key: key_of(key).public_key().id() });
        let number = self.number();
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&number.to_be_bytes());
        let envelope = Envelope { id: CommandId(bytes), at: self.at, by, command: command.into() };
        let answered = decide(&self.state, &envelope);
        let events = answered.as_deref().unwrap_or(&[]);
        if self.at >= self.state.ledger.clock {
            apply(&mut self.state, self.at, events);
            let answer = Answer::from(answered.clone());
            let seq = u64::try_from(self.bodies.len()).unwrap();
            let digest = self.state.ledger.digest;
            let entry = record::write(digest, seq, &envelope, &answer, &mut || [7; 16]).unwrap();
            entry.open.encode().unwrap();
            self.bodies.push(entry.body.bytes);
        }
        let kind = record::command_kind(&envelope.command);
        self.log.push((self.at, kind, answered.clone()));
        if let Err(broken) = invariants::check(&self.state) {
            panic!("after {kind} at {}: {broken}", self.at);
        }
        answered
    }

    /// The open nonce's binding for a statement that `person` will sign.
    pub fn binding(
        &mut self,
        person: &str,
        subject: ledger::NonceSubject,
    ) -> Result<Bound, Rejection> {
        let number = self.number();
        let mut nonce = [0xAB; 16];
        nonce[8..].copy_from_slice(&number.to_be_bytes());
        let size = u64::try_from(self.bodies.len()).unwrap();
        let (person, head) = (id(person), (size, Digest::of(&size.to_be_bytes())));
        let nonce = Nonce(nonce);
        let issue = ledger::Command::IssueNonce { nonce, person, subject, head };
        self.run(None, issue)?;
        Ok(self.state.ledger.binding(nonce).unwrap())
    }

    /// Signs a statement with a key of that name, and verifies it as a door would.
    pub fn sign<S: countersign_proof::Statement>(&self, key: &str, statement: &S) -> Verified<S> {
        let (text, armoured) = key_of(key).sign(statement).unwrap();
        verify(text.as_bytes(), &armoured, &rules()).unwrap()
    }

    /// Takes stock in for a party.
    pub fn receive(
        &mut self,
        units: u64,
        item: &str,
        party: &str,
        place: Option<&str>,
    ) -> Answered {
        let by = if party == "UA" { "uadepot" } else { "usdepot" };
        let into = AccountKey {
            item: id(item),
            party: id(party),
            state: AccountState::OnHand,
            place: place.map(id),
            lot: None,
        };
        let (units, standing) = (quantity(units), Standing::Assumed);
        let command = stock::Command::receive(into, units, "exercise", standing);
        self.run(Some(by), command)
    }

    pub fn request(&self, number: u64) -> &Request {
        self.state.requests.request(RequestId(number)).expect("a request of that number")
    }

    pub fn release(&self, number: u64) -> &Release {
        self.state.requests.release(ReleaseId(number)).expect("a release of that number")
    }

    pub fn policies(&self) -> &Policies {
        &self.state.policy
    }

    pub fn version(&self, name: &str) -> &Version {
        self.state.policy.version(&id(name)).unwrap()
    }

    /// A window from now, so many days long.
    pub fn days(&self, days: u64) -> Window {
        Window::new(self.at, self.at.plus_days(days)).unwrap()
    }
}

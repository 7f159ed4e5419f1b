//! A desk: where a command is carried out, for good or, with `--dry-run`, only to see.

use super::{Failure, Global};
use crate::clock::{Clock, Entropy, ScriptedClock, SystemEntropy, WallClock, random16};
use crate::keys::PersonalKey;
use crate::opening::{Head, open_reader, open_writer, rebuild_at};
use crate::writer::{Asked, Receipt, Submission, Writer};
use countersign_core::ledger::{NonceSubject, SigningPlaces, subject_of};
use countersign_core::people::Authority;
use countersign_core::record::{Answer, check_showable};
use countersign_core::requests::Request;
use countersign_core::viewing::Matter;
use countersign_core::{Command, Envelope, Event, State, apply, decide, ledger, next_due};
use countersign_proof::signature::SignatureRules;
use countersign_proof::statement::kinds::{Binding, Session};
use countersign_proof::words::{
    CommandId, Digest, Moment, Nonce, OfficeId, PersonId, RequestId, Revision, Window,
};
use countersign_proof::{Label, Statement, Verified};
use countersign_store::Store;
use std::path::PathBuf;
use std::str::FromStr;

impl Global {
    /// Where the ledger is.
    pub(super) fn location(&self) -> Result<&str, Failure> {
        let missing = "name the ledger with --ledger DIR, or set COUNTERSIGN_LEDGER";
        self.ledger.as_deref().ok_or_else(|| Failure::usage(missing))
    }

    /// Opens the ledger for reading.
    pub(super) fn read(&self) -> Result<(Box<dyn Store>, State, Head), Failure> {
        Ok(open_reader(self.location()?)?)
    }

    /// The state, for reading.
    pub(super) fn state(&self) -> Result<State, Failure> {
        Ok(self.read()?.1)
    }

    /// The newest state, and the one of a moment of the past where that is asked for.
    pub(super) fn state_as_of(
        &self,
        at: Option<Moment>,
    ) -> Result<(State, Option<State>), Failure> {
        let (store, newest, _) = self.read()?;
        let Some(at) = at else { return Ok((newest, None)) };
        let now = if newest.ledger.exercise { Ok(newest.ledger.clock) } else { WallClock.now() };
        let now = now.map_err(|failed| Failure::unavailable(failed.to_string()))?;
        if at > now.max(newest.ledger.clock) {
            return Err(Failure::usage(format!(
                "{at} is yet to come; it is {now}, and `stock show` says what is there"
            )));
        }
        let state = rebuild_at(store.as_ref(), at)?;
        if !state.ledger.is_founded() {
            return Err(Failure::usage(format!("the ledger was founded after {at}")));
        }
        Ok((newest, Some(state)))
    }

    /// What signatures are held against: the rules of the ledger, where one is named.
    pub(super) fn signature_rules(&self) -> Result<SignatureRules, Failure> {
        match self.ledger {
            Some(_) => Ok(self.state()?.ledger.signature_rules()),
            None => Ok(SigningPlaces::default().rules()),
        }
    }

    /// Whether whoever `--as` names may see a part of a matter. Without it an operator looks, who
    /// can read the files of the ledger anyway.
    pub(super) fn may_view(&self, state: &State, matter: &Matter<'_>, label: Label) -> bool {
        self.person.as_ref().is_none_or(|person| state.may_view(person, matter, label))
    }

    /// The same of a signed text.
    pub(super) fn may_read(&self, state: &State, text: &str) -> bool {
        let person = self.person.as_ref();
        person.is_none_or(|person| crate::statements::may_read(state, person, text))
    }

    /// The same of a request as a whole.
    pub(super) fn may_see(&self, state: &State, request: &Request) -> bool {
        self.person.as_ref().is_none_or(|person| state.may_see(request, person))
    }

    /// Who is at the terminal.
    pub(super) fn person(&self) -> Result<&PersonId, Failure> {
        self.person.as_ref().ok_or_else(|| Failure::usage("say who you are with --as PERSON"))
    }

    fn open_key(&self) -> Result<PersonalKey, Failure> {
        let missing = "name your key with --key FILE";
        let path = self.key.as_deref().ok_or_else(|| Failure::usage(missing))?;
        Ok(PersonalKey::open(path)?)
    }
}

/// A copy of the state that commands are tried on, and the head of the log that texts quote.
struct Tried {
    state: State,
    head: (u64, Digest),
}

/// Where commands are carried out.
pub(super) struct Desk {
    engine: Engine,
    clock: Box<dyn Clock>,
    command_id: Option<CommandId>,
}

enum Engine {
    Live(Writer),
    Dry(Box<Tried>),
}

impl Desk {
    /// Opens the ledger for writing, or, with `--dry-run`, a copy of its state.
    pub(super) fn open(global: &Global) -> Result<Self, Failure> {
        let location = global.location()?;
        let clock = |state: &State| -> Result<Box<dyn Clock>, Failure> {
            match global.clock {
                Some(at) if state.ledger.exercise => Ok(Box::new(ScriptedClock::new(at))),
                Some(_) => Err(Failure::usage("--clock is for exercises; this ledger is none")),
                None if state.ledger.exercise => {
                    Ok(Box::new(ScriptedClock::new(state.ledger.clock)))
                }
                None => Ok(Box::new(WallClock)),
            }
        };
        let command_id = global.command_id;
        if global.dry_run {
            let (_, state, head) = global.read()?;
            let clock = clock(&state)?;
            let head = (head.frontier.size(), head.frontier.root());
            let tried = Box::new(Tried { state, head });
            return Ok(Self { engine: Engine::Dry(tried), clock, command_id });
        }
        let opened = open_writer(location)?;
        let (ours, theirs) = (clock(&opened.state)?, clock(&opened.state)?);
        let writer = Writer::start(opened, theirs, Box::new(SystemEntropy))?;
        Ok(Self { engine: Engine::Live(writer), clock: ours, command_id })
    }

    /// Whether nothing is changed for good.
    pub(super) fn is_dry(&self) -> bool {
        match self.engine {
            Engine::Live(_) => false,
            Engine::Dry(_) => true,
        }
    }

    /// The moment it is.
    pub(super) fn now(&self) -> Result<Moment, Failure> {
        self.clock.now().map_err(|failed| Failure::unavailable(failed.to_string()))
    }

    /// Reads the state.
    pub(super) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        match &self.engine {
            Engine::Live(writer) => writer.read(look),
            Engine::Dry(tried) => look(&tried.state),
        }
    }

    /// What signatures of the ledger are held against.
    pub(super) fn rules(&self) -> SignatureRules {
        self.look(|state| state.ledger.signature_rules())
    }

    /// Opens a session: the person at the terminal signs for it with their key.
    pub(super) fn session(&self, global: &Global) -> Result<Authority, Failure> {
        let person = global.person()?;
        let key = global.open_key()?;
        let now = self.now()?;
        let session = Session {
            ledger: self.look(|state| state.ledger.digest),
            signer: person.clone(),
            nonce: Nonce(random()?),
            validity: Window::new(now, now.plus_minutes(5))
                .ok_or_else(|| Failure::unavailable("the clock stands at its end"))?,
        };
        let verified = key.sign(&session, &self.rules())?;
        Ok(Authority { person: person.clone(), key: verified.key_id() })
    }

    /// Hands a command in and gives its events.
    pub(super) fn submit(
        &mut self,
        by: Option<Authority>,
        command: impl Into<Command>,
    ) -> Result<(Receipt, Vec<Event>), Failure> {
        let id = match self.command_id.take() {
            Some(id) => id,
            None => CommandId(random()?),
        };
        let command = command.into();
        check_showable(&command).map_err(|found| Failure::usage(found.to_string()))?;
        let asked = Asked::Command(Box::new(command));
        let receipt = self.hand_in(Submission { id, by, asked })?;
        let events = Failure::of(&receipt.answer)?.to_vec();
        Ok((receipt, events))
    }

    /// Asks for a nonce and gives the binding of the statement that `person` will sign.
    pub(super) fn binding<S: Statement>(
        &mut self,
        person: &PersonId,
        request: Option<(RequestId, Revision)>,
    ) -> Result<Binding, Failure> {
        let subject = subject_of::<S>(request);
        let asked = Asked::Nonce { person: person.clone(), subject };
        let receipt = self.hand_in(Submission { id: CommandId(random()?), by: None, asked })?;
        Failure::of(&receipt.answer)?;
        let binding =
            receipt.nonce().and_then(|nonce| self.look(|state| state.ledger.binding(nonce)));
        binding.ok_or_else(|| Failure::unavailable("the ledger made no nonce; try again"))
    }

    /// Hands commands in one after the other without waiting for each, and takes the answers in
    /// the same order; `each` is told what came of each, and stops the rest by its error.
    pub(super) fn submit_all(
        &mut self,
        by: &Authority,
        commands: impl Iterator<Item = Result<(CommandId, Command), Failure>>,
        each: &mut dyn FnMut(&Receipt) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        /// How many answers are waited for at once.
        const AHEAD: usize = 2048;
        let mut pending = std::collections::VecDeque::new();
        for command in commands {
            let (id, command) = command?;
            let asked = Asked::Command(Box::new(command));
            let submission = Submission { id, by: Some(by.clone()), asked };
            match &mut self.engine {
                Engine::Live(writer) => pending.push_back(writer.door()?.send(submission)?),
                Engine::Dry(_) => each(&self.hand_in(submission)?)?,
            }
            if pending.len() >= AHEAD
                && let Some(first) = pending.pop_front()
            {
                each(&first.wait()?)?;
            }
        }
        pending.into_iter().try_for_each(|pending| each(&pending.wait()?))
    }

    fn hand_in(&mut self, submission: Submission) -> Result<Receipt, Failure> {
        let now = self.now()?;
        match &mut self.engine {
            Engine::Live(writer) => Ok(writer.submit(submission)?),
            Engine::Dry(tried) => try_out(tried, submission, now),
        }
    }
}

/// What would come of a submission, on a copy of the state.
fn try_out(tried: &mut Tried, submission: Submission, now: Moment) -> Result<Receipt, Failure> {
    let Tried { state, head } = tried;
    let at = now.max(state.ledger.clock);
    let envelope = |id, by, command| Envelope { id, at, by, command };
    while next_due(state).is_some_and(|due| due <= at) {
        let command = Command::Ledger(ledger::Command::AdvanceClock);
        let events = decide(state, &envelope(CommandId(random()?), None, command))?;
        apply(state, at, &events);
    }
    let command = match submission.asked {
        Asked::Time => {
            let answer = Answer::Accepted(Vec::new());
            return Ok(Receipt { seq: 0, at, answer, repeated: false });
        }
        Asked::Command(command) => *command,
        Asked::Nonce { person, subject } => nonce_command(person, subject, *head)?,
    };
    let events = decide(state, &envelope(submission.id, submission.by, command))?;
    apply(state, at, &events);
    Ok(Receipt { seq: 0, at, answer: Answer::Accepted(events), repeated: false })
}

fn nonce_command(
    person: PersonId,
    subject: NonceSubject,
    head: (u64, Digest),
) -> Result<Command, Failure> {
    let nonce = Nonce(random()?);
    Ok(Command::Ledger(ledger::Command::IssueNonce { nonce, person, subject, head }))
}

/// 128 random bits from the system.
pub(super) fn random() -> Result<[u8; 16], Failure> {
    let mut entropy = SystemEntropy;
    let source: &mut dyn Entropy = &mut entropy;
    random16(source).map_err(|failed| Failure::unavailable(failed.to_string()))
}

/// A signer of an act that several may have to sign: `OFFICE:PERSON=KEYFILE`.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    pub(super) office: OfficeId,
    pub(super) person: PersonId,
    pub(super) key: PathBuf,
}

impl FromStr for Signer {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text
            .split_once(':')
            .and_then(|(office, rest)| rest.split_once('=').map(|(who, key)| (office, who, key)));
        let (office, person, key) = parts.ok_or_else(|| {
            "write OFFICE:PERSON=KEYFILE, as in GB.MoD:P-1R7G=keys/P-1R7G".to_owned()
        })?;
        Ok(Self {
            office: office.parse().map_err(|error| format!("{error}"))?,
            person: person.parse().map_err(|error| format!("{error}"))?,
            key: PathBuf::from(key),
        })
    }
}

impl Desk {
    /// Has every signer sign the statement that `make` makes for them.
    pub(super) fn signed_by_all<S: Statement>(
        &mut self,
        signers: &[Signer],
        make: impl Fn(&Signer, Binding) -> S,
    ) -> Result<Vec<Verified<S>>, Failure> {
        let mut signed = Vec::new();
        for signer in signers {
            let binding = self.binding::<S>(&signer.person, None)?;
            let key = PersonalKey::open(&signer.key)?;
            signed.push(key.sign(&make(signer, binding), &self.rules())?);
        }
        Ok(signed)
    }

    /// Has the person at the terminal sign.
    pub(super) fn sign<S: Statement>(
        &self,
        global: &Global,
        statement: &S,
    ) -> Result<Verified<S>, Failure> {
        Ok(global.open_key()?.sign(statement, &self.rules())?)
    }
}

//! The shipped pack in memory, with a request driven into every state there is.

use countersign::actions::Action;
use countersign::pack::{FoundingPolicies, Pack, PackKey, PartyFigures};
use countersign_core::ledger::{Charter, CharterKey, subject_of};
use countersign_core::people::{Authority, Command as People};
use countersign_core::policy::KeyOnlyRule;
use countersign_core::requests::{Command as Requests, Draft, Request};
use countersign_core::stock::Command as Stock;
use countersign_core::triage::Rules;
use countersign_core::{Command, Envelope, State, apply, decide, ledger, next_due};
use countersign_proof::signature::{PublicKey, SoftwareKey, Verified, verify};
use countersign_proof::statement::Statement;
use countersign_proof::statement::kinds::{
    Advice, Appointment, Binding, Decision, Founding, Hold, Lift,
};
use countersign_proof::words::{
    AdviceKind, AppointmentChange, CommandId, DecisionKind, Digest, HoldId, HoldScope, Moment,
    Nonce, OfficeId, PersonId, Provisos, Quantity, RequestId, Role as Post, Window,
};
use std::path::Path;
use std::str::FromStr;

/// Somebody who acts, with the offices that they speak for.
pub struct Role {
    pub name: &'static str,
    pub person: &'static str,
    pub offices: &'static [&'static str],
}

const fn role(name: &'static str, person: &'static str, offices: &'static [&'static str]) -> Role {
    Role { name, person, offices }
}

pub const ROLES: &[Role] = &[
    role("the requester", "P-2C9T", &["UA.GenStaff"]),
    role("another of the same party", "P-8J5B", &["UA.GenStaff"]),
    role("a reviewer", "P-3M9D", &["US.USDP"]),
    role("the deciding official", "P-7K2A", &["US.SecDef"]),
    role("an official of the other deciding office", "P-1R7G", &["GB.MoD"]),
    role("their deputy", "P-5W2K", &["GB.Logistics", "GB.MoD"]),
    role("an official who has stepped back", "P-6D1X", &["GB.MoD"]),
    role("an official without a say", "P-3F8Y", &["FR.MinArm"]),
    role("an overseer", "P-9B3C", &["US.IG"]),
    role("a stranger", "P-7N4Q", &["FR.Logistics"]),
];

const ITEM: &str = "STORM-SHADOW";

/// A word of one of the vocabularies.
pub fn word<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn key(person: &str) -> SoftwareKey {
    SoftwareKey::from_seed(Digest::of(person.as_bytes()).0)
}

/// A ledger with one request that everything is about.
#[derive(Clone)]
pub struct Scene {
    pub state: State,
    at: Moment,
    count: u128,
    asked: RequestId,
}

impl Scene {
    /// Founded in June 2025, under v4, with a deputy at the ministry.
    fn new(change: impl FnOnce(&mut Charter)) -> Self {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/long-range-2025");
        let pack = Pack::load(&dir).unwrap();
        let at: Moment = word("2025-06-02T09:00:00Z");
        let names = pack.names();
        let keys = names.keys().map(|id| {
            let public_key = key(id.as_str()).public_key().to_openssh();
            (id.clone(), PackKey { public_key, expires_on: Moment::LAST })
        });
        let mut charter = pack.charter(&keys.collect(), at, FoundingPolicies::All);
        // Classes stand in the items, so that nothing else falls due.
        charter.triage = Rules::default();
        change(&mut charter);
        let mut scene = Self { state: State::default(), at, count: 0, asked: RequestId(1) };
        scene.found(charter, &pack);
        for PartyFigures { party, figures, .. } in pack.figures() {
            let keeper = pack.stock_keeper(&party, at).unwrap();
            scene.send(Some(keeper.as_str()), Stock::ImportFigures { figures: Box::new(figures) });
        }
        scene.deputise();
        scene
    }

    fn found(&mut self, charter: Charter, pack: &Pack) {
        let first = charter.policies[0].bundle.clone();
        let founders = &pack.story.as_ref().unwrap().founders;
        let sign = |signer: &PersonId| {
            let founding = Founding {
                origin: pack.manifest.origin.clone(),
                exercise: charter.exercise,
                charter_digest: charter.digest(),
                policy: first.version.clone(),
                policy_digest: first.digest(),
                log_key: Digest([7; 32]),
                founded_at: self.at,
                nonce: Nonce([1; 16]),
                signer: signer.clone(),
                reason: "An exercise.".to_owned(),
            };
            let (text, armoured) = key(signer.as_str()).sign(&founding).unwrap();
            verify(text.as_bytes(), &armoured, &charter.signing.rules()).unwrap()
        };
        let statements = founders.iter().map(sign).collect();
        let names = pack.names();
        let charter = Box::new(charter.clone());
        self.send(None, ledger::Command::Found { charter, statements, names });
    }

    fn deputise(&mut self) {
        let signers = ["P-6V3R", "P-1G8M"];
        let statements = signers.map(|signer| {
            let binding = self.binding::<Appointment>(signer, None);
            let appointment = Appointment {
                change: AppointmentChange::Appoint,
                subject_office: word("GB.MoD"),
                person: word("P-5W2K"),
                role: Post::Deputy,
                deputy_of: Some(word("P-1R7G")),
                acts: [word("use")].into(),
                span: Window::new(self.at, self.at.plus_days(400)).unwrap(),
                office: word("Programme.Registrar"),
                signer: word(signer),
                binding,
                reason: "leave".to_owned(),
            };
            self.sign(signer, &appointment)
        });
        self.send(None, People::Appoint { statements: statements.into() });
    }

    /// A use that needs the Secretary and the Ministry; one of the Ministry has stepped back.
    fn asked(mut self) -> Self {
        self.submit(None);
        self.send(Some("P-6D1X"), Requests::Recuse { request: self.asked, reason: word_text() });
        self
    }

    /// As the rest, of an item of class red and by a version that takes no software keys for it;
    /// the Secretary has a passkey too, or not.
    pub fn red(passkey: bool) -> Self {
        let scene = Self::new(|charter| {
            for policy in &mut charter.policies {
                policy.bundle.key_only = KeyOnlyRule::RefuseRed;
            }
            let item = charter.items.iter_mut().find(|item| item.id.as_str() == ITEM).unwrap();
            item.class = word("red");
            if passkey {
                let public_key = PublicKey::from_passkey(&generator(), "localhost").unwrap();
                charter.keys.push(CharterKey {
                    person: word("P-7K2A"),
                    public_key: public_key.to_openssh(),
                    expires_on: Moment::LAST,
                });
            }
        });
        scene.asked()
    }

    pub fn request(&self) -> &Request {
        self.state.requests.request(self.asked).unwrap()
    }

    pub fn authority(&self, person: &str) -> Authority {
        Authority { person: word(person), key: key(person).public_key().id() }
    }

    fn next(&mut self) -> [u8; 16] {
        self.count += 1;
        self.count.to_be_bytes()
    }

    /// Gives a command; the code of the rejection, if it is refused.
    fn give(&mut self, by: Option<&str>, command: impl Into<Command>) -> Result<(), String> {
        let by = by.map(|person| self.authority(person));
        let id = CommandId(self.next());
        let envelope = Envelope { id, at: self.at, by, command: command.into() };
        let events = decide(&self.state, &envelope).map_err(|no| no.code().to_owned())?;
        apply(&mut self.state, self.at, &events);
        Ok(())
    }

    fn send(&mut self, by: Option<&str>, command: impl Into<Command>) {
        assert_eq!(self.give(by, command), Ok(()));
    }

    /// Lets everything happen that is due by then.
    fn wait_until(mut self, until: &str) -> Self {
        let until = word(until);
        while let Some(due) = next_due(&self.state).filter(|due| *due <= until) {
            self.at = self.at.max(due);
            self.send(None, ledger::Command::AdvanceClock);
        }
        self.at = until;
        // The clock is that of the newest entry.
        apply(&mut self.state, until, &[]);
        self
    }

    fn binding<S: Statement>(&mut self, person: &str, request: Option<RequestId>) -> Binding {
        let revision = request.map(|id| (id, self.state.requests.request(id).unwrap().revision));
        let (nonce, head) = (Nonce(self.next()), (1, Digest([9; 32])));
        let (person, subject) = (word(person), subject_of::<S>(revision));
        self.send(None, ledger::Command::IssueNonce { nonce, person, subject, head });
        self.state.ledger.binding(nonce).unwrap()
    }

    fn sign<S: Statement>(&self, person: &str, statement: &S) -> Verified<S> {
        let (text, armoured) = key(person).sign(statement).unwrap();
        verify(text.as_bytes(), &armoured, &self.state.ledger.signature_rules()).unwrap()
    }

    fn draft() -> Draft {
        Draft {
            act: word("use"),
            holder: word("UA"),
            item: word(ITEM),
            quantity: Quantity::new(3).unwrap(),
            zones: [word("RU.Kursk")].into(),
            recipient: None,
            depot: None,
            window: word("2025-06-02T00:00:00Z/2025-12-01T00:00:00Z"),
        }
    }

    fn submit(&mut self, supersedes: Option<RequestId>) {
        let (draft, justification) = (Self::draft(), "a reason".to_owned());
        let command = Requests::SubmitRequest { draft, justification, supersedes };
        self.send(Some("P-2C9T"), command);
    }

    fn decision(&mut self, person: &str, office: &OfficeId, kind: DecisionKind) -> Command {
        let binding = self.binding::<Decision>(person, Some(self.asked));
        let request = self.request();
        let decision = Decision {
            terms: request.draft.terms(request.id, request.revision, request.digest),
            office: office.clone(),
            signer: word(person),
            decision: kind,
            provisos: Provisos::default(),
            policy: request.policy.clone(),
            policy_digest: self.state.policy.version(&request.policy).unwrap().digest,
            binding,
            reason: word_text(),
        };
        let statement = self.sign(person, &decision);
        Requests::DecideRequest { statement }.into()
    }

    fn advice(&mut self, person: &str, office: &OfficeId) -> Command {
        let binding = self.binding::<Advice>(person, Some(self.asked));
        let request = self.request();
        let advice = Advice {
            request: request.id,
            revision: request.revision,
            revision_digest: request.digest,
            office: office.clone(),
            signer: word(person),
            advice: AdviceKind::NoObjection,
            provisos: Provisos::default(),
            binding,
            reason: word_text(),
        };
        let statement = self.sign(person, &advice);
        Requests::AdviseRequest { statement }.into()
    }

    fn decide(mut self, person: &str, office: &str, kind: DecisionKind) -> Self {
        let command = self.decision(person, &word(office), kind);
        self.send(None, command);
        self
    }

    fn approved(self) -> Self {
        self.decide("P-1R7G", "GB.MoD", DecisionKind::Approve).decide(
            "P-7K2A",
            "US.SecDef",
            DecisionKind::Approve,
        )
    }

    fn act(mut self, person: &str, action: Action) -> Self {
        let command = self.command(person, action, None);
        self.send(Some(person), command);
        self
    }

    fn used(mut self, units: u64) -> Self {
        let command = self.report(units);
        self.send(Some("P-2C9T"), command);
        self
    }

    fn report(&self, units: u64) -> Requests {
        Requests::ReportUse {
            release: self.request().release.unwrap(),
            quantity: Quantity::new(units).unwrap(),
            used_at: self.at,
            zone: Some(word("RU.Kursk")),
            note: word_text(),
        }
    }

    fn hold(mut self) -> Self {
        let binding = self.binding::<Hold>("P-5Q1R", None);
        let hold = Hold {
            scope: HoldScope::Request(self.asked),
            office: word("US.DepSecDef"),
            signer: word("P-5Q1R"),
            binding,
            reason: word_text(),
        };
        let statements = vec![self.sign("P-5Q1R", &hold)];
        self.send(None, Requests::PlaceHold { statements });
        self
    }

    fn lift(mut self) -> Self {
        let binding = self.binding::<Lift>("P-5Q1R", None);
        let lift = Lift {
            hold: HoldId(1),
            office: word("US.DepSecDef"),
            signer: word("P-5Q1R"),
            binding,
            reason: word_text(),
        };
        let statements = vec![self.sign("P-5Q1R", &lift)];
        self.send(None, Requests::LiftHold { statements });
        self
    }

    /// The real command of an action, with what it is about filled in by hand.
    fn command(&mut self, person: &str, action: Action, office: Option<&OfficeId>) -> Command {
        let request = self.asked;
        let release = self.request().release;
        let signed = |scene: &mut Self, kind| scene.decision(person, office.unwrap(), kind);
        match action {
            Action::Revise => {
                let (revision, draft) = (self.request().revision, Self::draft());
                let justification = "another reason".to_owned();
                Requests::ReviseRequest { request, revision, draft, justification }.into()
            }
            Action::Withdraw => Requests::WithdrawRequest { request }.into(),
            Action::Answer => Requests::AnswerInformation { request, answer: word_text() }.into(),
            Action::Advise => self.advice(person, office.unwrap()),
            Action::Approve => signed(self, DecisionKind::Approve),
            Action::Refuse => signed(self, DecisionKind::Refuse),
            Action::Ask => signed(self, DecisionKind::Ask),
            Action::TakeBack => signed(self, DecisionKind::Withdraw),
            Action::Recuse => Requests::Recuse { request, reason: word_text() }.into(),
            Action::DeclareInterest => {
                Requests::DeclareInterest { request, interest: word_text() }.into()
            }
            Action::ReportUse => self.report(1).into(),
            Action::Surrender => Requests::SurrenderRelease { release: release.unwrap() }.into(),
        }
    }

    /// What comes of an action when it is really done, on a copy of the state.
    pub fn really(
        &self,
        person: &str,
        action: Action,
        office: Option<&OfficeId>,
    ) -> Option<String> {
        let mut copy = self.clone();
        let command = copy.command(person, action, office);
        copy.give(Some(person), command).err()
    }
}

fn word_text() -> String {
    "for this test".to_owned()
}

/// A point that a passkey could have: the generator of P-256 (SEC 2, version 2.0, section 2.4.2).
fn generator() -> Vec<u8> {
    let x = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    let y = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    let byte = |at: usize, text: &str| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    let bytes =
        [x, y].into_iter().flat_map(|text| (0..64).step_by(2).map(move |at| byte(at, text)));
    std::iter::once(4).chain(bytes).collect()
}

/// A request in every state, and a release in every one of its own.
pub fn scenes() -> Vec<(&'static str, Scene)> {
    let asked = Scene::new(|_| {}).asked();
    let start = || asked.clone();
    let approved = start().approved();
    let mut advised = start();
    let advice = advised.advice("P-3M9D", &word("US.USDP"));
    advised.send(None, advice);
    let mut superseded = start();
    superseded.submit(Some(RequestId(1)));
    vec![
        ("made", start()),
        ("advised", advised),
        ("approved by one of two", start().decide("P-1R7G", "GB.MoD", DecisionKind::Approve)),
        ("asked about", start().decide("P-7K2A", "US.SecDef", DecisionKind::Ask)),
        ("under a hold", start().hold()),
        ("approved", approved.clone()),
        ("used in part", approved.clone().used(1)),
        ("used up", approved.clone().used(3)),
        ("suspended by a hold", approved.clone().hold()),
        ("reinstated", approved.clone().hold().lift()),
        ("suspended by a new version", approved.clone().wait_until("2025-10-22T09:00:00Z")),
        ("past its window", approved.clone().wait_until("2025-12-01T09:00:00Z")),
        ("given back", approved.clone().act("P-2C9T", Action::Surrender)),
        ("taken back by an office", approved.decide("P-7K2A", "US.SecDef", DecisionKind::Withdraw)),
        ("refused", start().decide("P-7K2A", "US.SecDef", DecisionKind::Refuse)),
        ("withdrawn", start().act("P-2C9T", Action::Withdraw)),
        ("superseded", superseded),
        ("lapsed", start().wait_until("2025-07-01T09:00:00Z")),
    ]
}

//! A small programme for benchmarks and fault tests: two personal offices, one holder, one item
//! that both control, ten policies.

#![allow(dead_code, reason = "each program that shares this uses a part of it")]

use countersign::clock::{Clock, ScriptedEntropy, SourceFailed};
use countersign::founding::{self, Founders};
use countersign::keys::PersonalKey;
use countersign::statements::{self, Signing};
use countersign::writer::{Asked, Door, Receipt, Submission, Unavailable, Writer};
use countersign_core::ledger::{
    Calendar, Charter, CharterKey, CharterPolicy, SigningPlaces, subject_of,
};
use countersign_core::people::{Authority, Function, Incumbency, Office, Party, Span};
use countersign_core::policy::{DATA_SHAPE, Deciding, KeyOnlyRule, PolicyBundle, Zone};
use countersign_core::record::Answer;
use countersign_core::requests::{Command, Draft, Event as Happened};
use countersign_core::stock::{self, AccountKey, AccountState, Input, Item, ItemClass, Place};
use countersign_core::{Command as AnyCommand, Event};
use countersign_proof::signature::{SoftwareKey, Verified, verify};
use countersign_proof::statement::kinds::Decision;
use countersign_proof::words::{
    Act, CommandId, DecisionKind, Digest, Moment, Provisos, Quantity, ReleaseId, RequestId,
    Standing, Transition, Window,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

/// The founding moment.
pub fn start() -> Moment {
    "2025-06-02T08:00:00Z".parse().unwrap()
}

/// A clock that moves one millisecond at each look.
pub struct Ticking(AtomicU64);

impl Ticking {
    pub fn from(at: Moment) -> Self {
        Self(AtomicU64::new(at.millis()))
    }
}

impl Clock for Ticking {
    fn now(&self) -> Result<Moment, SourceFailed> {
        let millis = self.0.fetch_add(1, Ordering::Relaxed);
        Moment::from_millis(millis).ok_or_else(|| SourceFailed("out of time".to_owned()))
    }
}

pub fn key(person: &str) -> SoftwareKey {
    SoftwareKey::from_seed(Digest::of(person.as_bytes()).0)
}

const PEOPLE: &[(&str, &str, &str)] = &[
    ("P-A", "A", "A.Head"),
    ("P-B", "B", "B.Head"),
    ("P-H", "H", "H.Staff"),
    ("P-S", "H", "H.Depot"),
    ("P-X", "P", "P.Board"),
    ("P-Y", "P", "P.Board"),
];

fn office(id: &str, party: &str, personal: bool, quorum: u8, functions: &[Function]) -> Office {
    Office {
        id: id.parse().unwrap(),
        title: id.to_owned(),
        party: party.parse().unwrap(),
        personal,
        quorum,
        functions: functions.iter().copied().collect(),
    }
}

fn policies() -> BTreeMap<String, String> {
    let mut text = String::from(
        "@id(\"use\")\npermit (principal, action == Action::\"use\", resource) when {\n  \
         context.approvals.containsAll(context.foreign_controllers)\n};\n\
         @id(\"admit\")\npermit (principal, action == Action::\"admit\", resource);\n",
    );
    // Eight gates more, none of which fires: what costs is that they are looked at.
    for gate in 1..=8 {
        text.push_str(&format!(
            "@id(\"gate-{gate}\")\nforbid (principal, action == Action::\"use\", resource) when \
                 {{\n  \
             context.zones.contains(Zone::\"Z.{gate}\") && context.quantity > 900000 && \
             resource.class == \"red\"\n}};\n"
        ));
    }
    BTreeMap::from([("use.cedar".to_owned(), text)])
}

pub fn bundle(version: &str) -> PolicyBundle {
    let standing = || Act::ALL.iter().map(|act| (*act, Deciding::Standing)).collect();
    let head = |office: &str| {
        let deciding = Deciding::Office(office.parse().unwrap());
        Act::ALL.iter().map(|act| (*act, deciding.clone())).collect()
    };
    PolicyBundle {
        version: version.parse().unwrap(),
        data_shape: DATA_SHAPE,
        deciding: BTreeMap::from([
            ("A".parse().unwrap(), head("A.Head")),
            ("B".parse().unwrap(), head("B.Head")),
            ("H".parse().unwrap(), standing()),
            ("P".parse().unwrap(), standing()),
        ]),
        key_only: KeyOnlyRule::Allow,
        policies: policies(),
        properties: BTreeMap::new(),
        witnesses: None,
    }
}

pub fn charter() -> Charter {
    let (source, standing) = ("made for measurements".to_owned(), Standing::Assumed);
    let party = |id: &str| Party { id: id.parse().unwrap(), title: id.to_owned() };
    let ever = Span { from: start(), until: Moment::LAST };
    let zone = |id: &str| Zone { id: id.parse().unwrap(), title: id.to_owned(), within: None };
    Charter {
        exercise: true,
        parties: ["A", "B", "H", "P"].map(party).to_vec(),
        offices: vec![
            office("A.Head", "A", true, 1, &[Function::Decide]),
            office("B.Head", "B", true, 1, &[Function::Decide]),
            office("H.Staff", "H", false, 1, &[Function::Request]),
            office("H.Depot", "H", false, 1, &[Function::Stock]),
            office("P.Board", "P", false, 2, &[Function::Register]),
        ],
        people: PEOPLE.iter().map(|(p, of, _)| (p.parse().unwrap(), of.parse().unwrap())).collect(),
        keys: PEOPLE
            .iter()
            .map(|(person, _, _)| CharterKey {
                person: person.parse().unwrap(),
                public_key: key(person).public_key().to_openssh(),
                expires_on: Moment::LAST,
            })
            .collect(),
        incumbencies: PEOPLE
            .iter()
            .map(|(person, _, office)| Incumbency {
                office: office.parse().unwrap(),
                person: person.parse().unwrap(),
                span: ever,
            })
            .collect(),
        items: vec![Item {
            id: "THING".parse().unwrap(),
            title: "A thing".to_owned(),
            origin: "A".parse().unwrap(),
            inputs: BTreeSet::from(["part".parse().unwrap()]),
            class: ItemClass::new("green").unwrap(),
            range_km: None,
            labels: BTreeSet::new(),
            packs: BTreeMap::new(),
            serial: false,
            source: source.clone(),
            standing,
        }],
        inputs: vec![Input {
            id: "part".parse().unwrap(),
            title: "A part".to_owned(),
            controller: "B".parse().unwrap(),
            needs: BTreeSet::new(),
            source: source.clone(),
            standing,
        }],
        places: vec![Place {
            id: "H.Store".parse().unwrap(),
            title: "The store".to_owned(),
            party: "H".parse().unwrap(),
        }],
        zones: (0..=8).map(|n| zone(&format!("Z.{n}"))).collect(),
        calendar: Calendar::default(),
        signing: SigningPlaces {
            // Where the doors are measured.
            origins: BTreeSet::from(["http://localhost:8699".to_owned()]),
            ..SigningPlaces::default()
        },
        triage: countersign_core::triage::Rules::default(),
        policies: vec![CharterPolicy {
            bundle: bundle("v1"),
            in_force_from: start(),
            source,
            standing,
            transition: Transition::Keep,
        }],
    }
}

/// Founds the programme at `location` and fills its store.
pub fn found(location: &str) -> Writer {
    let entropy = || ScriptedEntropy::new("measurements");
    let founders = Founders {
        origin: "measurements.example/lifecycle",
        reason: "to measure",
        names: BTreeMap::new(),
        keys: ["P-X", "P-Y"]
            .map(|p| (p.parse().unwrap(), PersonalKey::Software(Box::new(key(p)))))
            .into(),
    };
    let clock = Ticking::from(start());
    let standing = countersign::clock::ScriptedClock::new(start());
    let prepared = founding::prepare(charter(), founders, &standing, &mut entropy()).unwrap();
    let (writer, receipt) =
        founding::found(location, prepared, Box::new(clock), Box::new(entropy())).unwrap();
    assert!(matches!(receipt.answer, Answer::Accepted(_)), "{receipt:?}");
    let received = writer.submit(submission(1, 0, Some("P-S"), receive(1_000_000_000))).unwrap();
    assert!(matches!(received.answer, Answer::Accepted(_)), "{received:?}");
    writer
}

/// Units that come to the holder's store.
pub fn receive(units: u64) -> AnyCommand {
    let into = AccountKey {
        item: "THING".parse().unwrap(),
        party: "H".parse().unwrap(),
        state: AccountState::OnHand,
        place: Some("H.Store".parse().unwrap()),
        lot: None,
    };
    let units = Quantity::new(units).unwrap();
    stock::Command::receive(into, units, "made for measurements", Standing::Assumed).into()
}

/// A submission whose id follows from `client` and `number`.
pub fn submission(client: u64, number: u64, by: Option<&str>, command: AnyCommand) -> Submission {
    Submission {
        id: id(client, number),
        by: by.map(authority),
        asked: Asked::Command(Box::new(command)),
    }
}

/// The session of a person.
pub fn authority(person: &str) -> Authority {
    Authority { person: person.parse().unwrap(), key: key(person).public_key().id() }
}

pub fn id(client: u64, number: u64) -> CommandId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&client.to_be_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    CommandId(bytes)
}

/// Asks for so many uses; takes nine of ten back, and leaves the last two hundred open.
pub fn fill(writer: &Writer, requests: u64) {
    let door = writer.door().unwrap();
    let staff = authority("P-H");
    for first in (0..requests).step_by(1000) {
        let numbers = first..(first + 1000).min(requests);
        let sent: Vec<_> = numbers
            .map(|number| {
                let submission = submission(7, number, Some("P-H"), submit_request());
                door.send(submission).unwrap()
            })
            .collect();
        let made: Vec<_> = sent.into_iter().map(|sent| request_in(&sent.wait().unwrap())).collect();
        let back: Vec<_> = made
            .iter()
            .filter(|id| id.0 + 200 <= requests && id.0 % 10 != 0)
            .map(|request| {
                let command = Command::WithdrawRequest { request: *request };
                let asked = Asked::Command(Box::new(command.into()));
                let (id, by) = (id(8, request.0), Some(staff.clone()));
                door.send(Submission { id, by, asked }).unwrap()
            })
            .collect();
        back.into_iter().for_each(|sent| drop(sent.wait().unwrap()));
    }
}

pub fn draft() -> Draft {
    Draft {
        act: Act::Use,
        holder: "H".parse().unwrap(),
        item: "THING".parse().unwrap(),
        quantity: Quantity::new(2).unwrap(),
        zones: BTreeSet::from(["Z.0".parse().unwrap()]),
        recipient: None,
        depot: Some("H.Store".parse().unwrap()),
        window: Window::new(start(), start().plus_days(300)).unwrap(),
    }
}

pub fn submit_request() -> AnyCommand {
    let justification = "for the measurement".to_owned();
    Command::SubmitRequest { draft: draft(), justification, supersedes: None }.into()
}

pub fn request_in(receipt: &Receipt) -> RequestId {
    let Answer::Accepted(events) = &receipt.answer else { panic!("{receipt:?}") };
    events
        .iter()
        .find_map(|event| {
            let Event::Requests(Happened::RequestSubmitted { request, .. }) = event else {
                return None;
            };
            Some(*request)
        })
        .unwrap()
}

pub fn release_in(receipt: &Receipt) -> ReleaseId {
    let Answer::Accepted(events) = &receipt.answer else { panic!("{receipt:?}") };
    events
        .iter()
        .find_map(|event| {
            let Event::Requests(Happened::ReleaseIssued { release, .. }) = event else {
                return None;
            };
            Some(*release)
        })
        .unwrap()
}

/// Has an official approve a request: a nonce, the text, the signature, its check, the decision.
pub struct Official {
    pub person: &'static str,
    pub office: &'static str,
    pub key: SoftwareKey,
}

impl Official {
    pub fn new(person: &'static str, office: &'static str) -> Self {
        Self { person, office, key: key(person) }
    }

    /// The official's question for a nonce.
    pub fn asks(&self, request: RequestId) -> Asked {
        let revision = countersign_proof::words::Revision(1);
        let subject = subject_of::<Decision>(Some((request, revision)));
        Asked::Nonce { person: self.person.parse().unwrap(), subject }
    }

    /// The official's own part: the text, made from the request as it stands, and its signature.
    pub fn signs(&self, writer: &Writer, nonce: &Receipt, request: RequestId) -> (String, String) {
        let nonce = nonce.nonce().expect("a nonce");
        let decision = writer.read(|state| {
            let binding = state.ledger.binding(nonce).expect("the nonce is open");
            let signing = Signing {
                office: self.office.parse().unwrap(),
                signer: self.person.parse().unwrap(),
                binding,
                reason: "within the plan".to_owned(),
            };
            let request = state.requests.request(request).expect("the request is there");
            let (kind, provisos) = (DecisionKind::Approve, Provisos::default());
            statements::decision(state, request, signing, kind, provisos).unwrap()
        });
        self.key.sign(&decision).unwrap()
    }

    /// Asks, and signs.
    pub fn signed(
        &self,
        writer: &Writer,
        door: &Door,
        request: RequestId,
        nonce_id: CommandId,
    ) -> Result<(String, String), Unavailable> {
        let submission = Submission { id: nonce_id, by: None, asked: self.asks(request) };
        Ok(self.signs(writer, &door.submit(submission)?, request))
    }

    pub fn checked(text: &str, armoured: &str) -> Verified<Decision> {
        verify(text.as_bytes(), armoured, &SigningPlaces::default().rules()).unwrap()
    }
}

pub fn report_use(release: ReleaseId, at: Moment) -> AnyCommand {
    Command::ReportUse {
        release,
        quantity: Quantity::new(2).unwrap(),
        used_at: at,
        zone: Some("Z.0".parse().unwrap()),
        note: String::new(),
    }
    .into()
}

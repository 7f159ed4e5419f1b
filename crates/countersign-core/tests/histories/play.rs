//! One step of a random history: any command, often a faulty one.

use super::random::Random;
use super::world::{World, id, quantity};
use countersign_core::requests::{Command, Draft, RequestState};
use countersign_proof::signature::Verified;
use countersign_proof::statement::kinds::Decision;
use countersign_proof::words::{Moment, RequestId, Window};

pub(super) const PEOPLE: &[&str] = &[
    "secdef",
    "depsecdef",
    "usdp",
    "saceur",
    "usdepot",
    "ig",
    "mod1",
    "mod2",
    "mod3",
    "mod4",
    "genstaff",
    "genstaff2",
    "uadepot",
    "registrar",
    "board",
    "newsec",
    "deputy",
    "outsider",
];
const OFFICES: &[&str] = &[
    "US.SecDef",
    "US.DepSecDef",
    "US.USDP",
    "US.SACEUR",
    "GB.MoD",
    "UA.GenStaff",
    "PR.Board",
    "US.IG",
    "XX.Nobody",
];
pub(super) const ITEMS: &[(u64, &str)] =
    &[(50, "ATACMS"), (32, "STORM-SHADOW"), (14, "FLAMINGO"), (12, "PATRIOT"), (3, "RADAR")];
const ZONES: &[(u64, &str)] = &[
    (40, "RU.Kursk"),
    (15, "RU.Border"),
    (10, "RU.Border.Kharkiv"),
    (5, "RU"),
    (10, "UA"),
    (10, "RU.Border,RU.Kursk"),
    (3, "RU.Kursk,UA"),
    (1, "RU.Atlantis"),
    (1, ""),
];
/// A ledger in the middle of a random history.
pub struct Player {
    pub world: World,
    /// Statements signed and not sent yet, or sent already.
    kept: Vec<Verified<Decision>>,
    pub(super) published: u64,
}

type Act = fn(&mut Player, &mut Random);

const ACTS: &[(u64, Act)] = &[
    (26, Player::submit),
    (50, Player::decide),
    (3, Player::advise),
    (4, Player::revise),
    (7, Player::on_request),
    (14, Player::report_use),
    (12, Player::depots),
    (2, Player::surrender),
    (5, Player::witnesses),
    (3, Player::hold),
    (6, Player::lift),
    (6, Player::appoint),
    (4, Player::keys),
    (3, Player::publish),
    (9, Player::receive),
    (3, Player::moves),
    (3, Player::issue),
    (3, Player::count),
    (6, Player::import),
    (12, Player::wait),
    (4, Player::send_kept),
    (2, Player::out_of_turn),
];

impl Player {
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed, u64::MAX);
        let first = random.weighted(&[
            (3, "v3"),
            (3, "v4"),
            (1, "either"),
            (1, "few"),
            (1, "red"),
            (1, "watched"),
        ]);
        let mut world = World::with(&[(first, "2024-05-30T00:00:00Z")]);
        for item in ["ATACMS", "STORM-SHADOW", "FLAMINGO", "PATRIOT"] {
            world.receive(random.between(3, 30), item, "UA", Some("UA.Depot-1")).unwrap();
        }
        for item in ["ATACMS", "PATRIOT"] {
            world.receive(random.between(5, 30), item, "US", Some("US.Depot-1")).unwrap();
        }
        Self { world, kept: Vec::new(), published: 0 }
    }

    /// One step: a command, with the nonces it needs and whatever was due before it.
    pub fn step(&mut self, random: &mut Random) {
        let act = random.weighted(ACTS);
        act(self, random);
    }

    pub(super) fn session(
        &mut self,
        by: Option<&str>,
        command: impl Into<countersign_core::Command>,
    ) {
        let _ = self.world.run(by, command);
    }

    /// Mostly the person who should, sometimes another, rarely with a second key or nobody.
    pub(super) fn person<'a>(random: &mut Random, should: &'a str) -> &'a str {
        if random.percent(88) { should } else { random.pick(PEOPLE).unwrap() }
    }

    pub(super) fn window(&self, random: &mut Random) -> Window {
        let now = self.world.at;
        let days = random.weighted(&[(5, 2), (10, 8), (10, 20), (3, 60)]);
        let from = match random.below(10) {
            0 => now.plus_days(random.below(5)),
            1 => Moment::from_millis(now.millis() - 86_400_000 * random.below(6)).unwrap(),
            2 if random.percent(10) => id("2025-01-01T00:00:00Z"),
            _ => now,
        };
        Window::new(from, from.plus_days(days)).unwrap()
    }

    fn draft(&self, random: &mut Random) -> Draft {
        let act = random.weighted(&[(60, "use"), (25, "deliver"), (14, "transfer"), (1, "divert")]);
        let zones = if act == "use" || random.percent(1) { random.weighted(ZONES) } else { "" };
        let depot = match act {
            "deliver" => random.weighted(&[(80, ""), (18, "US.Depot-1"), (2, "UA.Depot-1")]),
            _ => random.weighted(&[(90, ""), (6, "UA.Depot-1"), (2, "US.Depot-1"), (1, "Nowhere")]),
        };
        let item = match act == "deliver" && random.percent(70) {
            true => "ATACMS",
            false => random.weighted(ITEMS),
        };
        Draft {
            act: id(act),
            holder: id(random.weighted(&[(98, "UA"), (1, "GB"), (1, "XX")])),
            item: id(if random.percent(1) { "SPEAR" } else { item }),
            quantity: quantity(random.weighted(&[
                (20, 1),
                (20, 2),
                (20, 4),
                (5, 9),
                (1, 0),
                (2, 200),
            ])),
            zones: zones.split(',').filter(|zone| !zone.is_empty()).map(id).collect(),
            recipient: ((act == "transfer") != random.percent(2)).then(|| id("GB")),
            depot: (!depot.is_empty()).then(|| id(depot)),
            window: self.window(random),
        }
    }

    fn submit(&mut self, random: &mut Random) {
        let draft = self.draft(random);
        let by = Self::person(random, "genstaff");
        let instead = random.percent(5).then(|| self.some_request(random));
        let _ = self.world.submit_instead(by, draft, instead);
    }

    /// The number of a request, mostly of an open one; sometimes of none.
    pub(super) fn some_request(&self, random: &mut Random) -> u64 {
        let all = self.world.state.requests.all();
        let open: Vec<u64> = all
            .iter()
            .filter(|request| request.state.is_open() || self.is_suspended(request.id))
            .map(|request| request.id.0)
            .collect();
        match random.pick(&open) {
            Some(number) if random.percent(92) => *number,
            _ => random.between(1, u64::try_from(all.len()).unwrap() + 1),
        }
    }

    fn is_suspended(&self, request: RequestId) -> bool {
        let release = self.world.request(request.0).release;
        release.is_some_and(|release| !self.world.release(release.0).causes.is_empty())
    }

    fn provisos(&self, random: &mut Random) -> String {
        let mut parts: Vec<String> = Vec::new();
        if random.percent(50) {
            parts.push(format!("quantity={}", random.below(5)));
        }
        if random.percent(40) {
            let zones = random.weighted(&[
                (5, "RU.Kursk"),
                (3, "RU.Border"),
                (2, "RU"),
                (1, "RU.Border.Kharkiv,RU.Kursk"),
                (1, "UA"),
            ]);
            parts.push(format!("zones={zones}"));
        }
        if random.percent(20) {
            parts.push(format!("window={}", self.window(random)));
        }
        if random.percent(15) {
            let depot = random.weighted(&[(5, "UA.Depot-1"), (2, "UA.Depot-2"), (1, "US.Depot-1")]);
            parts.push(format!("depot={depot}"));
        }
        if parts.is_empty() { "-".to_owned() } else { parts.join(" ") }
    }

    /// Who should sign what: an office that is missing and a person who may, mostly.
    fn signer(&self, random: &mut Random, number: u64) -> (String, String) {
        let request = self.world.state.requests.request(RequestId(number));
        let missing: Vec<_> = request
            .and_then(|request| self.world.state.standpoint(request).ok())
            .map(|standpoint| standpoint.missing.into_iter().flatten().collect())
            .unwrap_or_default();
        let office = match random.pick(&missing) {
            Some(office) if random.percent(94) => office.to_string(),
            _ => (*random.pick(OFFICES).unwrap()).to_owned(),
        };
        let may: Vec<String> = match (request, office.parse()) {
            (Some(request), Ok(office)) => self
                .world
                .state
                .may_sign(request, &office)
                .into_iter()
                .map(ToString::to_string)
                .collect(),
            _ => Vec::new(),
        };
        let deputies = self.deputies(&office);
        let person = match (random.pick(&may), random.pick(&deputies)) {
            (_, Some(deputy)) if random.percent(15) => deputy.clone(),
            (Some(person), _) if random.percent(94) => person.clone(),
            _ => (*random.pick(PEOPLE).unwrap()).to_owned(),
        };
        let key = if random.percent(12) { format!("{person}/2") } else { person };
        (key, office)
    }

    pub(super) fn deputies(&self, office: &str) -> Vec<String> {
        let office = id(office);
        let deputies = self.world.state.people.deputies(&office);
        deputies.map(|deputy| deputy.deputy.to_string()).collect()
    }

    fn decide(&mut self, random: &mut Random) {
        let number = self.some_request(random);
        if self.world.state.requests.request(RequestId(number)).is_none() {
            return;
        }
        let (key, office) = self.signer(random, number);
        // Of a closed request, only now and then.
        let state = self.world.request(number).state;
        if !state.is_open() && !self.is_suspended(RequestId(number)) && random.percent(60) {
            return;
        }
        let approved = self.world.request(number).state == RequestState::Approved;
        let word = match approved && random.percent(25) {
            true => "withdraw",
            false => {
                random.weighted(&[(80, "approve"), (6, "refuse"), (4, "withdraw"), (8, "ask")])
            }
        };
        let provisos = match word == "approve" && random.percent(25) {
            true => self.provisos(random),
            false => "-".to_owned(),
        };
        let decision = self.world.decision(&key, &office, number, id(word), &provisos);
        let Ok(mut decision) = decision else { return };
        match random.below(50) {
            0 => decision.terms.quantity = quantity(random.between(1, 9)),
            1 => decision.policy = id("v3"),
            2 => decision.binding.ledger = countersign_proof::words::Digest([3; 32]),
            3 => decision.binding.checkpoint.size = 0,
            4 => decision.signer = id("secdef"),
            5 => decision.binding.nonce = countersign_proof::words::Nonce([0; 16]),
            6 => {
                let from = self.world.at.plus_millis(1);
                decision.binding.validity = Window::new(from, Moment::LAST).unwrap();
            }
            _ => {}
        }
        let wrong_key = random.percent(2);
        let key = if wrong_key { (*random.pick(PEOPLE).unwrap()).to_owned() } else { key };
        // A statement that cannot be written never reaches the ledger.
        if countersign_proof::render(&decision).is_err() {
            return;
        }
        let statement = self.world.sign(&key, &decision);
        if random.percent(10) {
            self.kept.push(statement.clone());
        }
        if random.percent(93) {
            let _ = self.world.send(statement);
        }
    }

    /// A statement from before, perhaps sent already.
    fn send_kept(&mut self, random: &mut Random) {
        if let Some(statement) = random.pick(&self.kept) {
            let _ = self.world.send(statement.clone());
        }
    }

    fn advise(&mut self, random: &mut Random) {
        let number = self.some_request(random);
        if self.world.state.requests.request(RequestId(number)).is_some() {
            let by = Self::person(random, "usdp");
            let office = if random.percent(90) { "US.USDP" } else { "US.SecDef" };
            let _ = self.world.advise(by, office, number, "no-objection", "-");
        }
    }

    fn revise(&mut self, random: &mut Random) {
        let number = self.some_request(random);
        let mut draft = self.draft(random);
        let found = self.world.state.requests.request(RequestId(number));
        let mut revision = countersign_proof::words::Revision(1);
        if let Some(found) = found {
            revision = found.revision;
            if random.percent(90) {
                let (quantity, window) = (draft.quantity, draft.window);
                draft = Draft { quantity, window, ..(*found.draft).clone() };
            }
            if random.percent(10) {
                revision.0 += 1;
            }
        }
        let (request, justification) = (RequestId(number), String::new());
        let by = random.weighted(&[(60, "genstaff"), (30, "genstaff2"), (5, "secdef")]);
        let command = Command::ReviseRequest { request, revision, draft, justification };
        self.session(Some(by), command);
    }

    fn on_request(&mut self, random: &mut Random) {
        let request = RequestId(self.some_request(random));
        let words = String::new;
        let holder = Self::person(random, "genstaff");
        let anybody = random.pick(PEOPLE).unwrap();
        let (by, command) = match random.below(10) {
            0 | 1 => (holder, Command::WithdrawRequest { request }),
            2..=6 => (holder, Command::AnswerInformation { request, answer: words() }),
            7 | 8 => (*anybody, Command::Recuse { request, reason: words() }),
            _ => (*anybody, Command::DeclareInterest { request, interest: words() }),
        };
        self.session(Some(by).filter(|_| !random.percent(2)), command);
    }

    pub(super) fn some_release(&self, random: &mut Random) -> u64 {
        let all = self.world.state.requests.releases();
        let live: Vec<u64> = self.world.state.requests.live().map(|release| release.id.0).collect();
        match random.pick(&live) {
            Some(number) if random.percent(93) => *number,
            _ => random.between(1, u64::try_from(all.len()).unwrap() + 1),
        }
    }

    fn report_use(&mut self, random: &mut Random) {
        let number = self.some_release(random);
        let release = countersign_proof::words::ReleaseId(number);
        let found = self.world.state.requests.release(release);
        let left = found.map_or(1, |release| release.left().units());
        let act = found.map(|found| self.world.request(found.request.0).draft.act.to_string());
        let by = if act.as_deref() == Some("deliver") { "usdepot" } else { "uadepot" };
        let by = if act.as_deref() == Some("use") { "genstaff" } else { by };
        let by = Self::person(random, by);
        let most = if random.percent(8) { left + 3 } else { left.max(1) };
        let units = if random.percent(1) { 0 } else { random.between(1, most.max(1)) };
        let ago = random.weighted(&[(60, 0), (10, 1), (10, 20), (5, 200)]) * 3_600_000;
        let at = self.world.at.millis();
        let used_at = if random.percent(1) { at + 1 } else { at - ago };
        let zone = random.weighted(&[(70, "RU.Kursk"), (15, "RU.Border"), (5, "UA"), (1, "")]);
        let command = Command::ReportUse {
            release,
            quantity: quantity(units),
            used_at: Moment::from_millis(used_at).unwrap(),
            zone: (!zone.is_empty()).then(|| id(zone)),
            note: String::new(),
        };
        self.session(Some(by), command);
    }

    fn surrender(&mut self, random: &mut Random) {
        let release = countersign_proof::words::ReleaseId(self.some_release(random));
        let by = Self::person(random, "genstaff");
        self.session(Some(by), Command::SurrenderRelease { release });
    }
}

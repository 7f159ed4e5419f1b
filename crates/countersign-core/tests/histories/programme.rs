//! Steps of a random history that run the programme: offices, keys, versions, holds, stock, clock.

use super::play::{PEOPLE, Player};
use super::random::Random;
use super::world::{Appointing, ORIGIN, WITNESSES, cosigned_by, forged, id, log_key};
use countersign_core::requests::Command;
use countersign_core::{ledger, people};
use countersign_proof::LogKey;
use countersign_proof::words::{Digest, Moment, RequestId};

const VERSIONS: &[(u64, &str)] = &[
    (5, "v3"),
    (20, "v4"),
    (15, "v5"),
    (10, "open"),
    (6, "closed"),
    (10, "few"),
    (10, "either"),
    (6, "red"),
    (8, "watched"),
    (2, "mute"),
    (3, "unreadable"),
];

impl Player {
    pub(super) fn hold(&mut self, random: &mut Random) {
        let number = self.some_release(random);
        let scope = match random.below(12) {
            0 if random.percent(50) => "all".to_owned(),
            1 => "holder:UA".to_owned(),
            2 => "zone:RU.Kursk".to_owned(),
            3 => "zone:RU.Border.Kharkiv".to_owned(),
            4 => "act:use".to_owned(),
            5 | 6 => "office:US.SecDef".to_owned(),
            7 => format!("request:REQ-{}", self.some_request(random)),
            8 => "item:ATACMS".to_owned(),
            _ => format!("release:REL-{number}"),
        };
        let _ = match random.below(4) {
            0 => self.world.hold(&scope, "GB.MoD", &["mod1", "mod2"]),
            1 => self.world.hold(&scope, "GB.MoD", &["mod3"]),
            _ => self.world.hold(&scope, "US.DepSecDef", &["depsecdef"]),
        };
    }

    pub(super) fn lift(&mut self, random: &mut Random) {
        let holds = self.world.state.requests.holds();
        let standing: Vec<u64> =
            holds.iter().filter(|hold| hold.lifted_at.is_none()).map(|hold| hold.id.0).collect();
        let number = match random.pick(&standing) {
            Some(number) if random.percent(90) => *number,
            _ => random.between(1, u64::try_from(holds.len()).unwrap() + 1),
        };
        let _ = self.world.lift(&format!("HOLD-{number}"), "PR.Board", &["board"]);
    }

    /// Shows a cosigned checkpoint: mostly a good one, now and then one that cannot count.
    pub(super) fn witnesses(&mut self, random: &mut Random) {
        let entries = self.world.entries();
        let size = match random.below(6) {
            0 => random.below(entries + 1),
            1 if random.percent(20) => entries + 1,
            _ => entries,
        };
        let names: &[&str] = match random.below(8) {
            0 => &[],
            1 => &WITNESSES[1..2],
            2 => &WITNESSES[..],
            _ => &WITNESSES[..2],
        };
        let log = match random.below(30) {
            0 => LogKey::from_seed(ORIGIN, [78; 32]).unwrap(),
            _ => log_key(),
        };
        let mut note = cosigned_by(&log, size, names);
        if random.percent(3) && !names.is_empty() {
            note = forged(&note);
        }
        let _ = self.world.show_note(note);
    }

    pub(super) fn appoint(&mut self, random: &mut Random) {
        let office = *random
            .pick(&["US.SecDef", "US.SACEUR", "GB.MoD", "GB.MoD", "US.DepSecDef", "UA.GenStaff"])
            .unwrap();
        let held: Vec<String> = (self.world.state.people.terms(&id(office)))
            .map(|term| term.person.to_string())
            .collect();
        let principal = random.pick(&held).cloned().unwrap_or_else(|| "mod1".to_owned());
        let person = if random.percent(2) { "nobody" } else { *random.pick(PEOPLE).unwrap() };
        let span = self.window(random).to_string();
        let kind = random.below(10);
        let mut deputy = "mod4".to_owned();
        let ends = |person| Appointing {
            change: "end",
            person,
            office,
            deputy_of: None,
            acts: "",
            span: &span,
        };
        let wanted = match kind {
            0..=2 => ends(principal.as_str()),
            3 => {
                deputy = self.deputies(office).pop().unwrap_or(deputy);
                Appointing { deputy_of: Some(&principal), acts: "use", ..ends(&deputy) }
            }
            4..=5 => Appointing { change: "appoint", ..ends(person) },
            6 => Appointing { deputy_of: Some(&principal), acts: "use", ..ends(person) },
            _ => Appointing {
                change: "appoint",
                deputy_of: Some(&principal),
                acts: if random.percent(70) { "use,deliver,suspend" } else { "deliver" },
                ..ends(person)
            },
        };
        let by = Self::person(random, "registrar");
        let _ = self.world.appoint(by, "PR.Registrar", wanted);
    }

    pub(super) fn keys(&mut self, random: &mut Random) {
        let person = *random.pick(PEOPLE).unwrap();
        let witness = *random.pick(PEOPLE).unwrap();
        let second = format!("{person}/2");
        let until = self.world.at.plus_days(random.below(40)).to_string();
        match random.below(10) {
            0..=5 => drop(self.world.enrol(&second, witness, &until)),
            6 | 7 => drop(self.world.revoke(&second, person)),
            8 => drop(self.world.revoke(&second, Self::person(random, "registrar"))),
            9 if random.percent(30) => drop(self.world.revoke(&second, witness)),
            9 if random.percent(30) => {
                let (whose, by) = (if random.percent(50) { "P-1" } else { person }, witness);
                let by = if random.percent(70) { Self::person(random, "registrar") } else { by };
                let _ = self.world.erase(whose, by, &[0]);
            }
            _ => {
                let (person, party) = (id(&format!("P-{}", random.below(3))), id("GB"));
                let name = "a name".to_owned();
                let command = people::Command::RegisterPerson { person, party, name };
                let by = Self::person(random, "registrar");
                self.session(Some(by).filter(|_| !random.percent(5)), command);
            }
        }
    }

    pub(super) fn publish(&mut self, random: &mut Random) {
        self.published += 1;
        let name = format!("{}.{}", random.weighted(VERSIONS), self.published);
        let days = random.weighted(&[(5, 0), (5, 1), (3, 4)]);
        let from = self.world.at.plus_days(days).plus_millis(random.below(3)).to_string();
        let transition = random.weighted(&[(2, "keep"), (1, "revoke"), (5, "re-evaluate")]);
        let by = Self::person(random, "board");
        let Ok(mut publication) = self.world.publication(by, &name, &from, transition) else {
            return;
        };
        match random.below(20) {
            0 => publication.version = id("v4.0"),
            1 => publication.supersedes = id("v4.0"),
            2 => publication.digest = countersign_proof::words::Digest([5; 32]),
            3 => publication.version = publication.supersedes.clone(),
            _ => {}
        }
        let mut statements = vec![self.world.sign(by, &publication)];
        if random.percent(5) {
            statements.clear();
        }
        let bundle = Box::new(super::world::bundle(&name));
        self.session(
            None,
            countersign_core::policy::Command::Publish {
                bundle,
                statements,
                proofs: Box::default(),
            },
        );
    }

    pub(super) fn wait(&mut self, random: &mut Random) {
        let hours = random.weighted(&[(30, 1), (20, 9), (15, 30), (5, 100), (1, 400)]);
        let at = self.world.at.plus_minutes(hours * 60 + random.below(60));
        if random.percent(70) {
            self.world.awake_until(at);
        } else {
            self.world.at = at;
        }
    }

    /// A door opens: with the script that it had, with another, or where there is none.
    fn open_door(&mut self) {
        let number = self.world.number();
        let origins = ["https://ledger.example", "http://localhost:8600", "http://else"];
        let origin = origins[usize::try_from(number % 3).unwrap()].to_owned();
        let script = Digest([u8::from(number.is_multiple_of(7)); 32]);
        self.session(None, ledger::Command::OpenDoor { origin, script });
    }

    /// What a writer would never do: tick without need, run late, turn the clock back.
    pub(super) fn out_of_turn(&mut self, random: &mut Random) {
        match random.below(5) {
            0 if random.percent(30) => {
                let by = Self::person(random, "board");
                let number = u8::try_from(random.below(12)).unwrap();
                let _ = self.world.rotate(by, number);
            }
            0 => drop(self.world.step(None, ledger::Command::AdvanceClock)),
            // A door opens: with the script that it had, with another, or where there is none.
            3 => {
                let origins = ["https://ledger.example", "http://localhost:8600", "http://else"];
                let origin = random.weighted(&origins.map(|origin| (1, origin))).to_owned();
                let script = Digest([u8::try_from(random.below(2)).unwrap(); 32]);
                self.session(None, ledger::Command::OpenDoor { origin, script });
            }
            1 => {
                let now = self.world.at;
                self.world.at = Moment::from_millis(now.millis() - 1).unwrap();
                let request = RequestId(1);
                let by = Some("genstaff");
                let _ = self.world.step(by, Command::WithdrawRequest { request });
                self.world.at = now;
            }
            2 => {
                self.world.at = self.world.at.plus_days(3);
                let request = RequestId(1);
                let _ = self.world.step(Some("genstaff"), Command::WithdrawRequest { request });
            }
            _ => {
                let founders = ["registrar", "board"];
                let _ = self.world.found(super::world::charter(super::world::STORY), &founders);
                self.open_door();
            }
        }
    }
}

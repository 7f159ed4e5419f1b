//! The little language of the scenarios. One command a line, its answer after `->`:
//!
//!     at 2025-06-02T09:00:00Z
//!     submit use of 2 ATACMS in RU.Kursk until 2025-06-20 as genstaff -> REQ-1 submitted, …
//!     decide REQ-1 approve as US.SecDef by secdef -> recorded approve, REQ-1 approved, …
//!
//! Without `->` a command must be accepted; what it answers is then of no interest.
#![allow(unreachable_pub, reason = "a module of the tests")]

use super::stores;
use super::tell::{show, tell};
use super::world::{Answered, Appointing, STORY, World, id, quantity};
use countersign_core::people;
use countersign_core::requests::{Command, Draft};
use countersign_proof::signature::Verified;
use countersign_proof::statement::kinds::Decision;
use countersign_proof::words::{Act, Moment, Window};
use std::collections::BTreeMap;

const KEYWORDS: &[&str] = &[
    "of", "by", "as", "in", "to", "from", "until", "during", "instead", "with", "at", "for",
    "acts", "on", "witness", "holder", "revision", "lot", "expires", "order", "earmark", "state",
    "into", "because", "expected", "source",
];

/// The words of a line after its verb.
pub struct Words<'a>(pub Vec<&'a str>);

impl<'a> Words<'a> {
    pub fn first(&self) -> &'a str {
        self.0.first().copied().unwrap_or_else(|| panic!("a word is missing"))
    }

    pub fn second(&self) -> &'a str {
        self.0.get(1).copied().unwrap_or_else(|| panic!("a second word is missing"))
    }

    /// What follows a keyword, up to the next one.
    pub fn all(&self, keyword: &str) -> Vec<&'a str> {
        let place = self.0.iter().position(|word| *word == keyword);
        let rest = place.map_or(&[][..], |place| &self.0[place + 1..]);
        rest.iter().copied().take_while(|word| !KEYWORDS.contains(word)).collect()
    }

    pub fn maybe(&self, keyword: &str) -> Option<&'a str> {
        self.all(keyword).first().copied()
    }

    pub fn get(&self, keyword: &str) -> &'a str {
        self.maybe(keyword).unwrap_or_else(|| panic!("{keyword:?} and a word are missing"))
    }

    pub fn number(&self, text: &str) -> u64 {
        text.rsplit('-').next().and_then(|digits| digits.parse().ok()).expect("a number")
    }
}

/// A moment, or a day's first one.
fn moment(text: &str) -> Moment {
    if text.contains('T') { id(text) } else { id(&format!("{text}T00:00:00Z")) }
}

fn window(text: &str) -> Window {
    let (from, until) = text.split_once('/').expect("from/until");
    Window::new(moment(from), moment(until)).expect("a window that ends after it begins")
}

/// A ledger, the statements that were signed and kept, and the files that were written.
pub struct Player {
    world: Option<World>,
    kept: BTreeMap<String, Verified<Decision>>,
    files: BTreeMap<String, String>,
}

impl Player {
    pub fn new() -> Self {
        Self { world: None, kept: BTreeMap::new(), files: BTreeMap::new() }
    }

    fn world(&mut self) -> &mut World {
        self.world.get_or_insert_with(World::new)
    }

    /// Plays one line; says what is wrong with its answer.
    pub fn play(&mut self, line: &str) -> Result<(), String> {
        let line = line.split('#').next().unwrap_or("").trim();
        if line.is_empty() {
            return Ok(());
        }
        let (command, expected) = match line.split_once("->") {
            Some((command, expected)) => (command, Some(expected.trim())),
            None => (line, None),
        };
        let mut words = command.split_whitespace();
        let verb = words.next().unwrap_or("");
        let told = self.carry_out(verb, &Words(words.collect()));
        let told = if told.is_empty() { "nothing".to_owned() } else { told.join(", ") };
        match expected {
            Some(expected) if expected != told => {
                Err(format!("expected: {expected}\n        got: {told}"))
            }
            None if told.starts_with("refused ") => Err(format!("{told}, which nobody expected")),
            Some(_) | None => Ok(()),
        }
    }

    fn carry_out(&mut self, verb: &str, words: &Words<'_>) -> Vec<String> {
        match verb {
            "versions" => {
                let from = "2024-05-30T00:00:00Z";
                let mut dated: Vec<(&str, &str)> = words
                    .0
                    .iter()
                    .map(|word| word.split_once('@').unwrap_or((word, from)))
                    .collect();
                if dated.is_empty() {
                    dated = STORY.to_vec();
                }
                self.world = Some(World::with(&dated));
                Vec::new()
            }
            "at" => {
                self.world().awake_until(moment(words.first()));
                self.fallen_due()
            }
            "asleep" => {
                let until = moment(words.get("until"));
                self.world().at = until;
                self.world().catch_up();
                self.fallen_due()
            }
            "show" => show(self.world(), words.first()),
            "file" => {
                let text = words.0.get(2..).unwrap_or(&[]).join(" ");
                self.files.insert(words.first().to_owned(), text);
                Vec::new()
            }
            "due" => {
                let asked = self.world().request(words.number(words.first()));
                let when = asked.next_deadline().map(|due| due.to_string());
                vec![when.unwrap_or_else(|| "never".to_owned())]
            }
            "sign" => {
                let decision = self.decision(&Words(words.0[1..].to_vec()));
                match decision {
                    Ok(decision) => {
                        self.kept.insert(words.first().to_owned(), decision);
                        vec!["signed".to_owned()]
                    }
                    Err(rejection) => vec![format!("refused {}", rejection.code())],
                }
            }
            _ => {
                if let Some(told) = stores::show(self.world(), verb, words) {
                    return told;
                }
                let answered = self.command(verb, words);
                let mut told = self.fallen_due();
                match answered {
                    Ok(events) => told.extend(tell(self.world(), &events)),
                    Err(rejection) => told.push(format!("refused {}", rejection.code())),
                }
                told
            }
        }
    }

    fn fallen_due(&mut self) -> Vec<String> {
        let events = std::mem::take(&mut self.world().fallen_due);
        tell(self.world(), &events)
    }

    /// `REQ-1 approve as US.SecDef by secdef with quantity=1`
    fn decision(
        &mut self,
        words: &Words<'_>,
    ) -> Result<Verified<Decision>, countersign_core::Rejection> {
        let key = words.get("by");
        let provisos = words.all("with").join(" ");
        let provisos = if provisos.is_empty() { "-" } else { &provisos };
        let number = words.number(words.first());
        let kind = id(words.second());
        let decision = self.world().decision(key, words.get("as"), number, kind, provisos)?;
        Ok(self.world().sign(key, &decision))
    }

    /// What is asked for: `use of 2 ATACMS in RU.Kursk until 2025-06-20`.
    fn draft(&mut self, act: &str, words: &Words<'_>) -> Draft {
        let what = words.all("of");
        let window = match words.maybe("during") {
            Some(text) => window(text),
            None => Window::new(self.world().at, moment(words.get("until"))).expect("a window"),
        };
        Draft {
            act: id::<Act>(act),
            holder: id(words.maybe("holder").unwrap_or("UA")),
            item: id(what[1]),
            quantity: quantity(what[0].parse().unwrap()),
            zones: words
                .maybe("in")
                .into_iter()
                .flat_map(|zones| zones.split(','))
                .map(id)
                .collect(),
            recipient: words.maybe("to").map(id),
            depot: words.maybe("from").map(id),
            window,
        }
    }

    fn command(&mut self, verb: &str, words: &Words<'_>) -> Answered {
        if let Some((by, command)) = stores::command(verb, words) {
            return self.world().run(Some(&by), command);
        }
        match verb {
            "import" => {
                let text = self.files.get(words.first()).expect("a file of that name").clone();
                stores::import(self.world(), words.get("by"), &text)
            }
            "submit" => {
                let draft = self.draft(words.first(), words);
                let instead = words.maybe("instead").map(|old| words.number(old));
                self.world().submit_instead(words.get("as"), draft, instead)
            }
            "decide" => {
                let statement = self.decision(words)?;
                self.world().send(statement)
            }
            "send" => {
                let kept = self.kept.get(words.first()).expect("a statement of that name").clone();
                self.world().send(kept)
            }
            "advise" => {
                let provisos = words.all("with").join(" ");
                let provisos = if provisos.is_empty() { "-" } else { &provisos };
                let (key, office) = (words.get("by"), words.get("as"));
                let number = words.number(words.first());
                self.world().advise(key, office, number, words.second(), provisos)
            }
            "hold" => self.world().hold(words.first(), words.get("as"), &words.all("by")),
            "lift" => self.world().lift(words.first(), words.get("as"), &words.all("by")),
            "publish" => {
                let (from, transition) = (moment(words.get("from")).to_string(), words.get("with"));
                self.world().publish(words.get("by"), words.first(), &from, transition)
            }
            "enrol" => {
                let until = moment(words.get("until")).to_string();
                self.world().enrol(words.first(), words.get("witness"), &until)
            }
            "revoke" => self.world().revoke(words.first(), words.get("by")),
            "register" => {
                let (person, party) = (id(words.first()), id(words.get("of")));
                let name = String::new();
                let command = people::Command::RegisterPerson { person, party, name };
                self.world().run(Some(words.get("by")), command)
            }
            "appoint" | "deputise" | "end" => self.appoint(verb, words),
            _ => self.session_command(verb, words),
        }
    }

    fn appoint(&mut self, verb: &str, words: &Words<'_>) -> Answered {
        let span = match words.maybe("on") {
            Some(day) => format!("2025-01-01T00:00:00Z/{}", moment(day)),
            None => window(words.get("during")).to_string(),
        };
        let change = if verb == "end" { "end" } else { "appoint" };
        let wanted = Appointing {
            change,
            person: words.first(),
            office: words.maybe("to").unwrap_or_else(|| words.get("at")),
            deputy_of: words.maybe("for"),
            acts: words.maybe("acts").unwrap_or(if words.maybe("for").is_some() {
                "use"
            } else {
                ""
            }),
            span: &span,
        };
        let office = words.maybe("as").unwrap_or("PR.Registrar");
        self.world().appoint(words.get("by"), office, wanted)
    }

    /// Commands that come through a session, without a signed statement.
    fn session_command(&mut self, verb: &str, words: &Words<'_>) -> Answered {
        let request = || countersign_proof::words::RequestId(words.number(words.first()));
        let note = String::new();
        let (by, command) = match verb {
            "revise" => {
                let asked = self.world().request(words.number(words.first()));
                let (act, current) = (asked.draft.act, asked.revision);
                let revision = words.maybe("revision").map_or(current, id);
                let draft = self.draft(act.as_str(), words);
                let (request, justification) = (request(), note);
                (
                    words.get("as"),
                    Command::ReviseRequest { request, revision, draft, justification },
                )
            }
            "withdraw" => (words.get("as"), Command::WithdrawRequest { request: request() }),
            "answer" => {
                (words.get("as"), Command::AnswerInformation { request: request(), answer: note })
            }
            "recuse" => (words.get("by"), Command::Recuse { request: request(), reason: note }),
            "declare" => {
                let (request, interest) = (request(), note);
                (words.get("by"), Command::DeclareInterest { request, interest })
            }
            "use" => {
                let release = id(words.get("of"));
                let quantity = quantity(words.first().parse().unwrap());
                let used_at = words.maybe("at").map_or(self.world().at, moment);
                let zone = words.maybe("in").map(id);
                (words.get("by"), Command::ReportUse { release, quantity, used_at, zone, note })
            }
            "surrender" => {
                (words.get("by"), Command::SurrenderRelease { release: id(words.first()) })
            }
            other => panic!("the language has no verb {other:?}"),
        };
        self.world().run(Some(by), command)
    }
}

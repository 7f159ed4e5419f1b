//! Reading `story.toml`, act by act.

use super::super::fault::code;
use super::super::fields::{Fields, Spot, list};
use super::super::known::Known;
use super::super::node::Node;
use super::super::source::Reading;
use super::super::versions::PackVersion;
use super::parts::{
    Flag, Labels, StateOfRelease, StateOfRequest, office, person, provisos, scope, window, zones,
};
use super::{Deed, Draw, Label, Post, Shortage, Story, StoryAct, Word};
use countersign_core::ledger::FOUNDERS;
use countersign_core::requests::Draft;
use countersign_core::stock::{AccountKey, AccountState};
use countersign_proof::words::{Act, Moment, PersonId, WordError, ZoneId};
use std::collections::BTreeSet;
use std::str::FromStr;

/// What the acts so far have brought about, and what the pack declares.
struct Tale<'a> {
    known: &'a Known,
    versions: &'a [PackVersion],
    requests: Labels,
    holds: Labels,
    /// On which requests these persons have signed a decision.
    decided: BTreeSet<(Label, PersonId)>,
}

/// What an act is expected to come to, as it is written.
struct Expected(Option<&'static str>);

impl FromStr for Expected {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        if text == "ok" {
            return Ok(Self(None));
        }
        let found = countersign_core::Rejection::codes().find(|code| *code == text);
        let expected = "\"ok\" or the code of a rejection, such as requests/under-hold";
        found.map(|code| Self(Some(code))).ok_or_else(|| WordError::new(text, expected))
    }
}

pub(in super::super) fn read(
    r: &mut Reading<'_>,
    node: &Node,
    known: &Known,
    versions: &[PackVersion],
) -> Option<Story> {
    let mut fields = Fields::new(r, node, "story.toml")?;
    let founded_at = fields.moment(r, "founded_at");
    let mut founders: Vec<Spot<PersonId>> = fields.words(r, "founders");
    founders.retain(|founder| known.persons.check(r, founder));
    let founders: BTreeSet<PersonId> = founders.into_iter().map(|spot| spot.value).collect();
    if founders.len() < FOUNDERS {
        let message = format!("a ledger needs {FOUNDERS} founders");
        let remedy = "add founders = [\"…\", \"…\"], distinct persons of people.toml";
        r.fault(fields.at, code::ACT_UNFIT, message, remedy);
    }
    let (requests, holds) = (Labels::default(), Labels::default());
    let mut tale = Tale { known, versions, requests, holds, decided: BTreeSet::new() };
    let mut acts = Vec::new();
    let mut last = founded_at;
    for mut table in fields.tables(r, "act") {
        let (at, place) = (table.get("at").map_or(table.at, |node| node.at), table.at);
        let act = tale.act(r, &mut table, founded_at);
        table.finish(r);
        let Some(act) = act else { continue };
        if last.is_some_and(|last| act.at < last) {
            let message = format!("the act at {} comes after a later one", act.at);
            r.fault(at, code::ORDER_WRONG, message, "put the acts in the order of their moments");
        }
        last = last.max(Some(act.at));
        tale.remember(r, place, &act);
        acts.push(act);
    }
    fields.finish(r);
    Some(Story { founded_at: founded_at?, founders, acts })
}

impl Tale<'_> {
    fn act(
        &mut self,
        r: &mut Reading<'_>,
        fields: &mut Fields<'_>,
        founded_at: Option<Moment>,
    ) -> Option<StoryAct> {
        let at = fields.moment(r, "at");
        let say = fields.text(r, "say");
        let named = fields.list("by").len();
        let mut by: Vec<Spot<PersonId>> = fields.words(r, "by");
        by.retain(|person| self.known.persons.check(r, person));
        let by: Vec<PersonId> = by.into_iter().map(|person| person.value).collect();
        let refused = self.expected(r, fields);
        let place = fields.get("do").map_or(fields.at, |node| node.at);
        let word = fields.text(r, "do");
        // Where the moment is missing, the rest of the act is read all the same.
        let when = at.or(founded_at).unwrap_or(Moment::LAST);
        let deed = self.deed(r, fields, (word.as_str(), place), refused.is_none(), when);
        let deed = deed?;
        let (least, most) = match &deed {
            Deed::Observe { .. } => (0, 1),
            Deed::Shortage(shortage) => shortage.hands(),
            Deed::Publish { .. } | Deed::Appoint(_) | Deed::Hold { .. } | Deed::Lift { .. } => {
                (1, 9)
            }
            Deed::Submit { .. }
            | Deed::Revise { .. }
            | Deed::Withdraw { .. }
            | Deed::Advise { .. }
            | Deed::Decide(_)
            | Deed::Answer { .. }
            | Deed::Recuse { .. }
            | Deed::Use(_)
            | Deed::Handout(_)
            | Deed::Surrender { .. }
            | Deed::Receive { .. }
            | Deed::Forge { .. }
            | Deed::Deputise(_)
            | Deed::Replay { .. } => (1, 1),
        };
        if named < least || named > most {
            let message = format!("{word} is done by {least} to {most} persons, not by {named}");
            r.fault(place, code::ACT_UNFIT, message, "name them in by = …");
        }
        let (line, _) = r.source.place(fields.at);
        Some(StoryAct { line, at: at?, say, by, deed, refused })
    }

    fn expected(&self, r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<&'static str> {
        let node = fields.get("expect")?;
        let at = node.at;
        let written = super::super::fields::text(r, node, "expect")?;
        match written.parse::<Expected>() {
            Ok(Expected(code)) => code,
            Err(WordError { value, expected }) => {
                let message = format!("expect: {value:?} is not {expected}");
                r.fault(at, code::REJECTION_UNKNOWN, message, format!("write {expected}"));
                None
            }
        }
    }

    /// Reads what is done. Every key that belongs to it is asked for, whatever is wrong with it.
    fn deed(
        &mut self,
        r: &mut Reading<'_>,
        fields: &mut Fields<'_>,
        (word, place): (&str, usize),
        comes: bool,
        at: Moment,
    ) -> Option<Deed> {
        let known = self.known;
        match word {
            "submit" | "revise" => self.submission(r, fields, word == "submit", comes),
            "withdraw" => Some(Deed::Withdraw { request: self.request(r, fields)? }),
            "surrender" => Some(Deed::Surrender { request: self.request(r, fields)? }),
            "replay" => Some(Deed::Replay { request: self.request(r, fields)? }),
            "advise" => {
                let request = self.request(r, fields);
                let office = office(r, fields, "office", known);
                let advice = fields.word(r, "advice").map(|advice| advice.value);
                let provisos = provisos(r, fields, known);
                let reason = fields.text(r, "reason");
                let (request, office, advice) = (request?, office?, advice?);
                Some(Deed::Advise { request, office, advice, provisos, reason })
            }
            "decide" => self.decision(r, fields).map(Deed::Decide),
            "deputise" => self.decision(r, fields).map(Deed::Deputise),
            "forge" => {
                let signer = person(r, fields, "as", known);
                let word = self.decision(r, fields);
                Some(Deed::Forge { word: word?, signer: signer? })
            }
            "answer" => {
                let (request, answer) = (self.request(r, fields), fields.text(r, "reason"));
                Some(Deed::Answer { request: request?, answer })
            }
            "recuse" => {
                let (request, reason) = (self.request(r, fields), fields.text(r, "reason"));
                Some(Deed::Recuse { request: request?, reason })
            }
            "use" => self.draw(r, fields, true, at).map(Deed::Use),
            "handout" => self.draw(r, fields, false, at).map(Deed::Handout),
            "publish" => {
                let version = fields.word(r, "version");
                let version = version.filter(|version| known.versions.check(r, version));
                let office = office(r, fields, "office", known);
                let reason = fields.text(r, "reason");
                Some(Deed::Publish { version: version?.value, office: office?, reason })
            }
            "appoint" => self.post(r, fields).map(|post| Deed::Appoint(Box::new(post))),
            "hold" | "lift" => self.hold(r, fields, word == "hold", comes),
            "receive" => self.receipt(r, fields),
            "observe" => {
                let request = self.request(r, fields);
                let state: Option<Spot<StateOfRequest>> = fields.word_or_none(r, "state");
                let release: Option<Spot<StateOfRelease>> = fields.word_or_none(r, "release");
                let (state, release) = (state.map(|s| s.value.0), release.map(|s| s.value.0));
                Some(Deed::Observe { request: request?, state, release })
            }
            "" => {
                fields.forgive();
                None
            }
            of_stock if Shortage::WORDS.contains(&of_stock) => {
                super::shortage::read(r, fields, of_stock, known).map(Deed::Shortage)
            }
            other => {
                fields.forgive();
                let message = format!("do: {other:?} is nothing that a story can do");
                let remedy = format!("write one of {}", list(Deed::WORDS));
                r.fault(place, code::WORD_UNFIT, message, remedy);
                None
            }
        }
    }

    fn request(&self, r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<Label> {
        let label = fields.word(r, "request")?;
        self.requests.check(r, &label);
        Some(label.value)
    }

    fn decision(&self, r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<Word> {
        let request = self.request(r, fields);
        let office = office(r, fields, "office", self.known);
        let decision = fields.word(r, "decision").map(|decision| decision.value);
        let provisos = provisos(r, fields, self.known);
        let reason = fields.text(r, "reason");
        let (request, office, decision) = (request?, office?, decision?);
        Some(Word { request, office, decision, provisos, reason })
    }

    fn submission(
        &mut self,
        r: &mut Reading<'_>,
        fields: &mut Fields<'_>,
        new: bool,
        comes: bool,
    ) -> Option<Deed> {
        let known = self.known;
        let label: Option<Spot<Label>> = fields.word(r, "request");
        let mut supersedes = None;
        match &label {
            Some(label) if new => {
                let old: Option<Spot<Label>> = fields.word_or_none(r, "supersedes");
                if let Some(old) = &old {
                    self.requests.check(r, old);
                }
                supersedes = old.map(|old| old.value);
                self.requests.give(r, label, comes);
            }
            Some(label) => self.requests.check(r, label),
            None => {}
        }
        let act: Option<Spot<Act>> = fields.word(r, "act");
        let item = fields.word(r, "item").filter(|item| known.items.check(r, item));
        let quantity = fields.quantity(r, "quantity");
        let zones = zones(r, fields, known);
        let holder = fields.word(r, "holder").filter(|party| known.parties.check(r, party));
        let to = fields.word_or_none(r, "recipient").filter(|to| known.parties.check(r, to));
        let depot = fields.word_or_none(r, "depot").filter(|place| known.places.check(r, place));
        let window = window(r, fields);
        let reason = fields.text(r, "reason");
        let draft = Draft {
            act: act?.value,
            holder: holder?.value,
            item: item?.value,
            quantity: quantity?,
            zones,
            recipient: to.map(|to| to.value),
            depot: depot.map(|depot| depot.value),
            window: window?,
        };
        let request = label?.value;
        Some(if new {
            Deed::Submit { request, draft, reason, supersedes }
        } else {
            Deed::Revise { request, draft, reason }
        })
    }

    fn draw(
        &self,
        r: &mut Reading<'_>,
        fields: &mut Fields<'_>,
        uses: bool,
        at: Moment,
    ) -> Option<Draw> {
        let request = self.request(r, fields);
        let quantity = fields.quantity(r, "quantity");
        let used_at = fields.moment_or_none(r, "used_at").unwrap_or(at);
        let zone: Option<Spot<ZoneId>> = if uses {
            fields.word(r, "zone").filter(|zone| self.known.zones.check(r, zone))
        } else {
            None
        };
        let note = fields.text(r, "reason");
        let flags: Vec<Spot<Flag>> = fields.words(r, "breaches");
        let breaches = flags.into_iter().map(|flag| flag.value.0).collect();
        let zone = zone.map(|zone| zone.value);
        Some(Draw { request: request?, quantity: quantity?, used_at, zone, note, breaches })
    }

    fn post(&self, r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<Post> {
        let known = self.known;
        let change = fields.word(r, "change").map(|change| change.value);
        let post = office(r, fields, "post", known);
        let person = person(r, fields, "person", known);
        let role = fields.word(r, "role").map(|role| role.value);
        let deputy_of = fields.word_or_none(r, "deputy_of");
        let deputy_of = deputy_of.filter(|person| known.persons.check(r, person));
        let acts: Vec<Spot<Act>> = fields.words(r, "acts");
        let span = window(r, fields);
        let office = office(r, fields, "office", known);
        let reason = fields.text(r, "reason");
        Some(Post {
            change: change?,
            post: post?,
            person: person?,
            role: role?,
            deputy_of: deputy_of.map(|person| person.value),
            acts: acts.into_iter().map(|act| act.value).collect(),
            span: span?,
            office: office?,
            reason,
        })
    }

    fn hold(
        &mut self,
        r: &mut Reading<'_>,
        fields: &mut Fields<'_>,
        new: bool,
        comes: bool,
    ) -> Option<Deed> {
        let label: Option<Spot<Label>> = fields.word(r, "hold");
        match &label {
            Some(label) if new => self.holds.give(r, label, comes),
            Some(label) => self.holds.check(r, label),
            None => {}
        }
        let scope = if new { scope(r, fields, self.known, &self.requests) } else { None };
        let office = office(r, fields, "office", self.known);
        let reason = fields.text(r, "reason");
        let (hold, office) = (label?.value, office?);
        Some(if new {
            Deed::Hold { hold, scope: scope?, office, reason }
        } else {
            Deed::Lift { hold, office, reason }
        })
    }

    fn receipt(&self, r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<Deed> {
        let known = self.known;
        let item = fields.word(r, "item").filter(|item| known.items.check(r, item));
        let party = fields.word(r, "party").filter(|party| known.parties.check(r, party));
        let place = fields.word_or_none(r, "place").filter(|place| known.places.check(r, place));
        let lot = fields.word_or_none(r, "lot").map(|lot| lot.value);
        let quantity = fields.quantity(r, "quantity");
        let source = fields.text(r, "source");
        let standing = fields.word(r, "standing").map(|standing| standing.value);
        let into = AccountKey {
            item: item?.value,
            party: party?.value,
            state: AccountState::OnHand,
            place: place.map(|place| place.value),
            lot,
        };
        Some(Deed::Receive { into, quantity: quantity?, source, standing: standing? })
    }

    /// Notes what an act brings about, and whether it can go as it is told.
    fn remember(&mut self, r: &mut Reading<'_>, place: usize, act: &StoryAct) {
        let succeeds = act.refused.is_none();
        if let (Deed::Decide(word), Some(by), true) = (&act.deed, act.by.first(), succeeds) {
            self.decided.insert((word.request.clone(), by.clone()));
        }
        if let (Deed::Replay { request }, Some(by)) = (&act.deed, act.by.first())
            && !self.decided.contains(&(request.clone(), by.clone()))
        {
            let message = format!("{by} has decided nothing on {request} before");
            r.fault(place, code::ACT_UNFIT, message, "replay what an earlier act has signed");
        }
        if let (Deed::Publish { version, .. }, true) = (&act.deed, succeeds) {
            let found = self.versions.iter().find(|known| known.id() == version);
            let from = found.map_or(Moment::LAST, |found| found.policy.in_force_from);
            if from < act.at {
                let message = format!("{version} is in force from {from}, before it is published");
                r.fault(place, code::ACT_UNFIT, message, "publish it before it comes into force");
            }
        }
    }
}

//! `pack.toml`: what the pack is, what it rests on, its working days, and where people may sign.

use super::fault::code;
use super::fields::{Fields, Spot, kind, moment, text};
use super::node::Node;
use super::source::Reading;
use countersign_core::charter::{check_application, check_origin};
use countersign_core::ledger::{Calendar, SigningPlaces};
use serde::Serialize;
use std::collections::BTreeSet;

/// What a pack says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// Its short name, such as `long-range-2025`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// The origin line of the log of a ledger founded from it, without scheme.
    pub origin: String,
    /// Whether such a ledger is an exercise: scripted clock, demonstration keys.
    pub exercise: bool,
    /// What its facts rest on.
    pub sources: Vec<String>,
    /// Working days and deadlines.
    pub calendar: Calendar,
    /// Where signatures may come from.
    pub signing: SigningPlaces,
}

pub(super) fn read(r: &mut Reading<'_>, node: &Node) -> Manifest {
    let mut manifest = Manifest::default();
    let Some(mut fields) = Fields::new(r, node, "pack.toml") else { return manifest };
    let name: Option<Spot<super::story::Label>> = fields.word(r, "name");
    manifest.name = name.map(|name| name.value.to_string()).unwrap_or_default();
    manifest.title = fields.text(r, "title");
    manifest.description = fields.text(r, "description");
    manifest.exercise = fields.flag(r, "exercise");
    let at = fields.get("origin").map_or(fields.at, |node| node.at);
    manifest.origin = fields.text(r, "origin");
    let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'+';
    if !manifest.origin.bytes().all(visible) || manifest.origin.contains("://") {
        let message = format!("the origin {:?} is no name of a log", manifest.origin);
        let remedy = "write a name without scheme, such as ledger.example/exercise";
        r.fault(at, code::WORD_UNFIT, message, remedy);
    }
    let sources = fields.list("sources");
    manifest.sources = sources.into_iter().filter_map(|node| text(r, node, "sources")).collect();
    let calendar = fields.get("calendar");
    if let Some(mut calendar) = calendar.and_then(|node| Fields::new(r, node, "calendar")) {
        manifest.calendar = read_calendar(r, &mut calendar);
        calendar.finish(r);
    }
    let signing = fields.get("signing");
    if let Some(mut signing) = signing.and_then(|node| Fields::new(r, node, "signing")) {
        manifest.signing = read_signing(r, &mut signing);
        signing.finish(r);
    }
    fields.finish(r);
    manifest
}

fn read_calendar(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Calendar {
    let usual = Calendar::default();
    let mut days = |r: &mut Reading<'_>, key, usual: u16| {
        let days = fields.number(r, key, 1..=250).and_then(|days| u16::try_from(days).ok());
        days.unwrap_or(usual)
    };
    let decide_within = days(r, "decide_within", usual.decide_within);
    let remind_after = days(r, "remind_after", usual.remind_after);
    let escalate_after = days(r, "escalate_after", usual.escalate_after);
    if remind_after > escalate_after || escalate_after > decide_within {
        let message = "reminder, escalation and lapse do not come in this order";
        let remedy = "choose remind_after ≤ escalate_after ≤ decide_within, in working days";
        r.fault(fields.at, code::ORDER_WRONG, message, remedy);
    }
    let mut holidays = BTreeSet::new();
    for node in fields.list("holidays") {
        let Some(day) = moment(r, node, "holidays") else { continue };
        if day.date().start() != day {
            kind(r, node, "a holiday", "a date");
        }
        if !holidays.insert(day.date()) {
            let message = format!("the holiday {} is given twice", day.date());
            r.fault(node.at, code::ID_TWICE, message, "remove one");
        }
    }
    Calendar { holidays, decide_within, remind_after, escalate_after }
}

fn read_signing(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> SigningPlaces {
    let mut places = |key, check: fn(&str) -> Result<(), String>, remedy: &str| {
        let stated = fields.get(key).is_some();
        let mut found = BTreeSet::new();
        for node in fields.list(key) {
            let Some(place) = text(r, node, key) else { continue };
            if let Err(message) = check(&place) {
                r.fault(node.at, code::WORD_UNFIT, message, remedy);
            } else if !found.insert(place.clone()) {
                let message = format!("{place} is given twice under {key}");
                r.fault(node.at, code::ID_TWICE, message, "remove one");
            }
        }
        stated.then_some(found)
    };
    let remedy = "write ssh: for keys made by ssh-keygen, or the domain name that passkeys are \
                  made for";
    let applications = places("applications", check_application, remedy);
    let remedy = "write https://host, https://host:port or http://localhost:port, without a path";
    let origins = places("origins", check_origin, remedy);
    let usual = SigningPlaces::default();
    SigningPlaces {
        applications: applications.unwrap_or(usual.applications),
        origins: origins.unwrap_or(usual.origins),
    }
}

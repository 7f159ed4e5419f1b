//! The exercise that the tests play: parties, offices, people, items, zones and policies.

use super::{id, key_of};
use countersign_core::ledger::{Calendar, Charter, CharterKey, CharterPolicy, SigningPlaces};
use countersign_core::people::{Function, Incumbency, Office, Party, Span};
use countersign_core::policy::{Deciding, KeyOnlyRule, PolicyBundle, Zone};
use countersign_core::stock::{Input, Item, ItemClass, Place};
use countersign_proof::words::{Act, Moment, PartyId, Standing, Transition};
use std::collections::{BTreeMap, BTreeSet};

/// When the ledger is founded, unless a test says otherwise: a Monday.
pub const FOUNDED: &str = "2025-03-03T08:00:00Z";

/// Office, party, personal, quorum, functions, incumbents.
const OFFICES: &[(&str, bool, u8, &str, &str)] = &[
    ("US.SecDef", true, 1, "decide", "secdef"),
    ("US.DepSecDef", false, 1, "decide", "depsecdef"),
    ("US.USDP", false, 1, "advise", "usdp"),
    ("US.SACEUR", true, 1, "decide", "saceur"),
    ("US.Depot", false, 1, "stock", "usdepot"),
    ("US.IG", false, 1, "oversee", "ig"),
    ("GB.MoD", false, 2, "decide", "mod1 mod2 mod3"),
    ("UA.GenStaff", false, 1, "request decide", "genstaff genstaff2"),
    ("UA.Depot", false, 1, "stock", "uadepot"),
    ("PR.Registrar", false, 1, "register", "registrar"),
    ("PR.Board", false, 1, "decide", "board"),
];

/// People without an office at the start.
const OTHERS: &[(&str, &str)] =
    &[("newsec", "US"), ("deputy", "US"), ("mod4", "GB"), ("outsider", "UA")];

/// Item, origin, inputs, class.
const ITEMS: &[(&str, &str, &str, &str)] = &[
    ("ATACMS", "US", "us-components", "green"),
    ("STORM-SHADOW", "GB", "us-targeting-data", "green"),
    ("FLAMINGO", "UA", "", "yellow"),
    ("PATRIOT", "US", "", "red"),
    // Its origin has no deciding office in any version: policy gives no answer.
    ("PROTOTYPE", "PR", "", "green"),
    // Every unit has its serial number.
    ("RADAR", "UA", "", "green"),
];

const ZONES: &[(&str, &str)] = &[
    ("RU", ""),
    ("RU.Kursk", "RU"),
    ("RU.Border", "RU"),
    ("RU.Border.Kharkiv", "RU.Border"),
    ("UA", ""),
];

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|word| !word.is_empty())
}

fn party_of(office: &str) -> PartyId {
    id(office.split('.').next().unwrap())
}

/// Every person of the exercise, with their party.
pub fn people() -> BTreeMap<String, PartyId> {
    let held = OFFICES.iter().flat_map(|(office, _, _, _, people)| {
        people.split(' ').map(|person| (person.to_owned(), party_of(office)))
    });
    let others = OTHERS.iter().map(|(person, party)| ((*person).to_owned(), id(party)));
    held.chain(others).collect()
}

/// The offices by name.
pub fn offices() -> impl Iterator<Item = &'static str> {
    OFFICES.iter().map(|(office, ..)| *office)
}

/// Where signatures may come from: keys of `ssh-keygen`, and passkeys at two doors.
pub fn places() -> SigningPlaces {
    SigningPlaces {
        applications: ["ssh:", "ledger.example"].map(str::to_owned).into(),
        origins: ["https://ledger.example", "http://localhost:8600"].map(str::to_owned).into(),
    }
}

/// The charter with these policy versions; each with its date, or from before the founding.
pub fn charter(versions: &[(&str, &str)]) -> Charter {
    let all_time = Span { from: id("2025-01-01T00:00:00Z"), until: Moment::LAST };
    Charter {
        exercise: true,
        parties: ["US", "GB", "UA", "PR"]
            .map(|party| Party { id: id(party), title: party.to_owned() })
            .into(),
        offices: OFFICES
            .iter()
            .map(|(office, personal, quorum, functions, _)| Office {
                id: id(office),
                title: (*office).to_owned(),
                party: party_of(office),
                personal: *personal,
                quorum: *quorum,
                functions: words(functions).map(id::<Function>).collect(),
            })
            .collect(),
        people: people().into_iter().map(|(person, party)| (id(&person), party)).collect(),
        keys: people()
            .keys()
            .map(|person| CharterKey {
                person: id(person),
                public_key: key_of(person).public_key().to_openssh(),
                expires_on: id("2027-01-01T00:00:00Z"),
            })
            .collect(),
        incumbencies: OFFICES
            .iter()
            .flat_map(|(office, _, _, _, people)| people.split(' ').map(move |who| (office, who)))
            .map(|(office, who)| Incumbency { office: id(office), person: id(who), span: all_time })
            .collect(),
        items: ITEMS
            .iter()
            .map(|(item, origin, inputs, class)| Item {
                id: id(item),
                title: (*item).to_owned(),
                origin: id(origin),
                inputs: words(inputs).map(id).collect(),
                class: ItemClass::new(class).unwrap(),
                range_km: None,
                labels: BTreeSet::new(),
                packs: BTreeMap::new(),
                serial: *item == "RADAR",
                source: "exercise".to_owned(),
                standing: Standing::Assumed,
            })
            .collect(),
        inputs: [("us-targeting-data", ""), ("us-components", "us-targeting-data")]
            .map(|(input, needs)| Input {
                id: id(input),
                title: input.to_owned(),
                controller: id("US"),
                needs: words(needs).map(id).collect(),
                source: "exercise".to_owned(),
                standing: Standing::Assumed,
            })
            .into(),
        places: ["UA.Depot-1", "UA.Depot-2", "US.Depot-1"]
            .map(|place| Place { id: id(place), title: place.to_owned(), party: party_of(place) })
            .into(),
        zones: ZONES
            .iter()
            .map(|(zone, within)| Zone {
                id: id(zone),
                title: (*zone).to_owned(),
                within: (!within.is_empty()).then(|| id(within)),
            })
            .collect(),
        triage: countersign_core::triage::Rules::default(),
        calendar: Calendar {
            holidays: ["2025-07-04", "2025-08-25"].map(id).into(),
            ..Calendar::default()
        },
        signing: places(),
        policies: versions
            .iter()
            .map(|(version, from)| CharterPolicy {
                bundle: bundle(version),
                in_force_from: id(from),
                source: "exercise".to_owned(),
                standing: Standing::Assumed,
                transition: Transition::ReEvaluate,
            })
            .collect(),
    }
}

/// The five versions of the long-range story, at their dates.
pub const STORY: &[(&str, &str)] = &[
    ("v1", "2024-05-30T00:00:00Z"),
    ("v2", "2024-06-20T00:00:00Z"),
    ("v3", "2024-11-17T00:00:00Z"),
    ("v4", "2025-05-15T00:00:00Z"),
    ("v5", "2025-10-22T00:00:00Z"),
];

const COMMON: &str = r#"
@id("admit") permit (principal, action == Action::"admit", resource);
@id("admit-red") forbid (principal, action == Action::"admit", resource)
when { context.requested == "deliver" && resource.class == "red" };
@id("deliver") permit (principal, action in [Action::"deliver", Action::"transfer"], resource)
when { resource.class == "green" && context.approvals.containsAll(context.foreign_controllers) };
@id("deliver-short") permit (principal, action in [Action::"deliver", Action::"transfer"], resource)
when {
  resource.class != "green" && !context.origin_deciding.isEmpty() &&
  context.approvals.containsAll(context.origin_deciding) &&
  context.approvals.containsAll(context.foreign_controllers)
};
@id("use-ua") permit (principal, action == Action::"use", resource)
when { context.zones.contains(Zone::"UA") };
@id("appoint") permit (principal, action == Action::"appoint", resource)
when { context.approvals.contains(Office::"PR.Registrar") };
@id("publish") permit (principal, action == Action::"publish", resource)
when { context.approvals.contains(Office::"PR.Board") };
"#;

/// Who may see what, as in the shipped pack.
const VIEW: &str = r#"
@id("view-oversight") permit (principal, action == Action::"view", resource)
when { principal == Office::"US.IG" || principal == Office::"PR.Board" };
@id("view-parties") permit (principal, action == Action::"view", resource)
when { context.label == "parties" && (context.concerned || context.consulted) };
@id("view-deliberation") permit (principal, action == Action::"view", resource)
when { context.label == "deliberation" && context.consulted };
@id("view-identity") permit (principal, action == Action::"view", resource)
when { context.label == "identity" };
"#;

/// Who publishes.
const PUBLISH: &str = "context.approvals.contains(Office::\"PR.Board\")";

const SUSPEND: &str = r#"
@id("suspend") permit (principal, action == Action::"suspend", resource)
when {
  context.approvals.containsAny([Office::"US.DepSecDef", Office::"GB.MoD", Office::"PR.Board"])
};
"#;

const SHORTAGE: &str = r#"
@id("divert") permit (principal, action == Action::"divert", resource)
when {
  resource.class == "red" && !context.origin_deciding.isEmpty() &&
  context.approvals.containsAll(context.origin_deciding)
};
@id("override") permit (principal, action == Action::"override", resource)
when {
  !context.origin_deciding.isEmpty() && context.approvals.containsAll(context.origin_deciding)
};
"#;

const PRECONDITIONS: &str = r#"
@id("preconditions") forbid (principal, action == Action::"divert", resource)
when { !context.certified || !context.replaced || context.notice_days < 15 };
"#;

/// What each version says of use in Russia: the deciding word of the US, and the condition. What
/// stands behind a dot in its name makes it another version of the same content.
fn use_in_russia(version: &str) -> (&'static str, &'static str) {
    const GATE: &str = "context.approvals.containsAll(context.foreign_controllers)";
    match version {
        "v1" => ("standing", r#"context.zones.contains(Zone::"RU.Border.Kharkiv")"#),
        "v2" => ("standing", r#"context.zones.contains(Zone::"RU.Border")"#),
        "v3" => ("standing", r#"context.zones.containsAny([Zone::"RU.Border", Zone::"RU.Kursk"])"#),
        "v5" => ("US.SACEUR", GATE),
        "open" => ("standing", "true"),
        // At most three units out at once for nothing; beyond that the Secretary decides.
        "few" => (
            "US.SecDef",
            "context.released_total < 3 || \
             context.approvals.containsAll(context.foreign_controllers)",
        ),
        // Either office will do.
        "either" => (
            "US.SecDef",
            r#"context.approvals.containsAny([Office::"US.SecDef", Office::"US.DepSecDef"])"#,
        ),
        "harmful" => ("US.SecDef", "context.approvals.isEmpty()"),
        "unreadable" => ("US.SecDef", "context.colour == 3"),
        // v4, demanding (what is published has to be proved), mute (no holds), blind (nobody sees
        // anything), red (v4 with the strict rule on software keys), watched (v4 with witnesses).
        _ => ("US.SecDef", GATE),
    }
}

/// A policy version by its name.
pub fn bundle(version: &str) -> PolicyBundle {
    let content = version.split('.').next().unwrap_or(version);
    let (us, condition) = use_in_russia(content);
    let mut text = COMMON.to_owned();
    // Whoever else controls an input is asked all the same.
    let gate = " && context.approvals.containsAll(context.foreign_controllers)";
    let gate = if condition.contains("approvals") { "" } else { gate };
    if content != "closed" {
        text += "@id(\"use-ru\") permit (principal, action == Action::\"use\", resource)\n";
        text +=
            &format!("when {{ context.zones.contains(Zone::\"RU\") && ({condition}){gate} }};\n");
    }
    if content == "demanding" {
        text = text.replace(PUBLISH, &format!("context.proved && {PUBLISH}"));
    }
    if content != "blind" {
        text += VIEW;
    }
    if content != "mute" {
        text += SUSPEND;
    }
    if content == "shortage" || content == "strict" {
        text += SHORTAGE;
    }
    if content == "strict" {
        text += PRECONDITIONS;
    }
    let table = |office: &'static str, use_by: &str| {
        let word = |by: &str| match by {
            "standing" => Deciding::Standing,
            office => Deciding::Office(id(office)),
        };
        [Act::Use, Act::Deliver, Act::Transfer, Act::Divert, Act::Override]
            .map(|act| (act, word(if act == Act::Use { use_by } else { office })))
            .into()
    };
    PolicyBundle {
        version: id(version),
        data_shape: 1,
        deciding: BTreeMap::from([
            (id("US"), table("US.SecDef", us)),
            (id("GB"), table("GB.MoD", "GB.MoD")),
            (id("UA"), table("UA.GenStaff", "UA.GenStaff")),
        ]),
        key_only: if content == "red" { KeyOnlyRule::RefuseRed } else { KeyOnlyRule::Allow },
        policies: BTreeMap::from([("all.cedar".to_owned(), text)]),
        properties: BTreeMap::new(),
        witnesses: (content == "watched").then(super::two_witnesses),
    }
}

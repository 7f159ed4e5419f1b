//! A small world like the long-range pack's, and the pack's own versions, for the tests of policy.
#![allow(dead_code, unreachable_pub, reason = "each test crate uses its part")]

use countersign_core::policy::{
    Compiled, Deciding, ItemQuestion, KeyOnlyRule, PolicyBundle, Preconditions, Question, Subject,
    Totals, Verdict, World, Zone,
};
use countersign_core::stock::{Input, Item, ItemClass};
use countersign_proof::words::{Act, Moment, OfficeId, PartyId, Quantity, Standing, ZoneId};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

/// Parties, offices, inputs and zones.
pub fn world() -> World {
    let parties = ["US", "GB", "FR", "UA", "PROGRAMME"].map(|id| id.parse().unwrap()).into();
    let offices = [
        ("US.SecDef", "US"),
        ("US.USDP", "US"),
        ("US.DepSecDef", "US"),
        ("US.SACEUR", "US"),
        ("US.IG", "US"),
        ("GB.MoD", "GB"),
        ("FR.MinArm", "FR"),
        ("UA.GenStaff", "UA"),
        ("Programme.Registrar", "PROGRAMME"),
        ("Programme.Board", "PROGRAMME"),
    ]
    .map(|(office, party)| (office.parse().unwrap(), party.parse().unwrap()))
    .into();
    let inputs = [("us-targeting-data", "US", ""), ("us-components", "US", "us-targeting-data")]
        .map(|(id, controller, needs)| {
            let input = Input {
                id: id.parse().unwrap(),
                title: id.to_owned(),
                controller: controller.parse().unwrap(),
                needs: needs.parse().into_iter().collect(),
                source: "test".to_owned(),
                standing: Standing::Assumed,
            };
            (input.id.clone(), input)
        })
        .into();
    let zones = [
        ("RU", ""),
        ("RU.Border", "RU"),
        ("RU.Border.Kharkiv", "RU.Border"),
        ("RU.Kursk", "RU"),
        ("UA", ""),
        ("XX", ""),
    ]
    .map(|(id, within)| {
        let id: ZoneId = id.parse().unwrap();
        (id.clone(), Zone { title: id.to_string(), id, within: within.parse().ok() })
    })
    .into();
    World { parties, offices, inputs, zones }
}

/// An item of the world, in a class.
pub fn item(id: &str, class: &str) -> Item {
    let us: &[&str] = &["us-targeting-data", "us-components"];
    let (origin, inputs, range): (_, &[&str], _) = match id {
        "ATACMS" => ("US", us, Some(305)),
        "STORM-SHADOW" => ("GB", us, Some(250)),
        "SCALP" => ("FR", us, Some(250)),
        "FLAMINGO" => ("UA", &[], Some(3000)),
        "SHELL" => ("US", &[], None),
        other => panic!("no such item: {other}"),
    };
    Item {
        id: id.parse().unwrap(),
        title: id.to_owned(),
        origin: origin.parse().unwrap(),
        inputs: inputs.iter().map(|id| id.parse().unwrap()).collect(),
        class: ItemClass::new(class).unwrap(),
        range_km: range,
        labels: if id == "ATACMS" { BTreeSet::from(["ballistic".to_owned()]) } else { [].into() },
        packs: [].into(),
        serial: false,
        source: "test".to_owned(),
        standing: Standing::Assumed,
    }
}

fn pack() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../packs/long-range-2025/policy")
}

/// A version of the shipped pack, read from its files.
pub fn version(name: &str) -> PolicyBundle {
    let table = fs::read_to_string(pack().join("versions.toml")).unwrap();
    let (mut current, mut party) = (String::new(), None::<PartyId>);
    let mut deciding: BTreeMap<PartyId, BTreeMap<Act, Deciding>> = BTreeMap::new();
    for line in table.lines() {
        if let Some(id) = line.strip_prefix("[version.deciding.") {
            party = Some(id.trim_end_matches(']').parse().unwrap());
        } else if line == "[[version]]" {
            party = None;
        }
        let Some((key, rest)) = line.split_once(" = ") else { continue };
        let value = rest.split('"').nth(1).unwrap();
        match (key, &party) {
            ("version", None) => value.clone_into(&mut current),
            (act, Some(party)) if current == name => {
                let by = match value {
                    "standing" => Deciding::Standing,
                    office => Deciding::Office(office.parse().unwrap()),
                };
                deciding.entry(party.clone()).or_default().insert(act.parse().unwrap(), by);
            }
            _ => {}
        }
    }
    let files = fs::read_dir(pack().join(name)).unwrap().map(|entry| entry.unwrap().path());
    let policies = files
        .map(|path| {
            let file = path.file_name().unwrap().to_str().unwrap().to_owned();
            (file, fs::read_to_string(path).unwrap())
        })
        .collect();
    PolicyBundle {
        version: name.parse().unwrap(),
        data_shape: 1,
        deciding,
        key_only: KeyOnlyRule::Allow,
        policies,
        properties: BTreeMap::new(),
        witnesses: None,
    }
}

/// A version of the shipped pack, compiled for an exercise.
pub fn long_range(name: &str) -> Compiled {
    Compiled::compile(&version(name), &world(), true).unwrap_or_else(|problems| {
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        panic!("{name}: {}", told.join("\n"))
    })
}

/// A version with one policy file and v4's deciding table.
pub fn bundle(policies: &str) -> PolicyBundle {
    PolicyBundle {
        key_only: KeyOnlyRule::RefuseRed,
        policies: BTreeMap::from([("all.cedar".to_owned(), policies.to_owned())]),
        ..version("v4")
    }
}

/// A question about an item, with everything set to something ordinary.
pub struct Ask<'a> {
    pub act: Act,
    pub item: &'a Item,
    pub holder: PartyId,
    pub zone: Option<ZoneId>,
    pub quantity: u64,
    pub requested: Act,
    pub recipient: Option<PartyId>,
    pub totals: Totals,
    pub now: Moment,
    pub key_only: bool,
    pub exercise: bool,
}

impl<'a> Ask<'a> {
    pub fn new(act: Act, item: &'a Item) -> Self {
        let recipient = (act == Act::Transfer).then(|| "FR".parse().unwrap());
        Self {
            act,
            item,
            holder: "UA".parse().unwrap(),
            zone: None,
            quantity: 4,
            requested: act,
            recipient,
            totals: Totals::default(),
            now: "2025-06-01T12:00:00Z".parse().unwrap(),
            key_only: false,
            exercise: true,
        }
    }

    pub fn zone(mut self, zone: &str) -> Self {
        self.zone = Some(zone.parse().unwrap());
        self
    }

    pub fn holder(mut self, holder: &str) -> Self {
        self.holder = holder.parse().unwrap();
        self
    }

    pub fn requested(mut self, act: Act) -> Self {
        self.requested = act;
        if act == Act::Transfer {
            self.recipient = Some("FR".parse().unwrap());
        }
        self
    }

    pub fn question(&self) -> Question<'_> {
        Question {
            act: self.act,
            subject: Subject::Item(ItemQuestion {
                holder: &self.holder,
                item: self.item,
                zone: self.zone.as_ref(),
                quantity: Quantity::new(self.quantity).unwrap(),
                recipient: self.recipient.as_ref(),
                requested: self.requested,
                totals: self.totals,
                preconditions: Preconditions::default(),
            }),
            now: self.now,
            key_only: self.key_only,
            exercise: self.exercise,
        }
    }
}

/// A question about the programme or an office.
pub fn programme(act: Act, subject: Subject<'_>) -> Question<'_> {
    let now = "2025-06-01T12:00:00Z".parse().unwrap();
    Question { act, subject, now, key_only: false, exercise: true }
}

pub fn offices(names: &[&str]) -> BTreeSet<OfficeId> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

pub fn needs(sets: &[&[&str]]) -> Verdict {
    Verdict::Needs(sets.iter().map(|set| offices(set)).collect())
}

/// A verdict in words: `standing`, `prohibited`, or the sets as `A + B | C`.
pub fn text(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Standing => "standing".to_owned(),
        Verdict::Prohibited => "prohibited".to_owned(),
        Verdict::Needs(sets) => {
            let set = |set: &BTreeSet<OfficeId>| {
                let names: Vec<_> = set.iter().map(ToString::to_string).collect();
                names.join(" + ")
            };
            sets.iter().map(set).collect::<Vec<_>>().join(" | ")
        }
    }
}

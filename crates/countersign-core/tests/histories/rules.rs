//! Who must consent in the exercise, written down by hand: no Cedar, no shared code.

use std::collections::BTreeSet;

/// Alternatives, each a set of offices; an empty set for nobody; no alternative for never.
pub type Needs = Vec<BTreeSet<String>>;

fn controllers(item: &str) -> &'static [&'static str] {
    match item {
        "ATACMS" | "PATRIOT" => &["US"],
        "STORM-SHADOW" => &["GB", "US"],
        "FLAMINGO" | "RADAR" => &["UA"],
        _ => &["PR"],
    }
}

fn class(item: &str) -> &'static str {
    match item {
        "FLAMINGO" => "yellow",
        "PATRIOT" => "red",
        _ => "green",
    }
}

/// The party an item comes from.
pub fn origin(item: &str) -> &'static str {
    match item {
        "STORM-SHADOW" => "GB",
        "FLAMINGO" | "RADAR" => "UA",
        "PROTOTYPE" => "PR",
        _ => "US",
    }
}

/// The zones above a zone, itself included.
pub fn above(zone: &str) -> Vec<&str> {
    match zone {
        "RU.Border.Kharkiv" => vec!["RU.Border.Kharkiv", "RU.Border", "RU"],
        "RU.Border" => vec!["RU.Border", "RU"],
        "RU.Kursk" => vec!["RU.Kursk", "RU"],
        other => vec![other],
    }
}

fn office(party: &str, version: &str, act: &str) -> Option<&'static str> {
    match party {
        "US" if act == "use" => match version {
            "v1" | "v2" | "v3" | "open" => None,
            "v5" => Some("US.SACEUR"),
            _ => Some("US.SecDef"),
        },
        "US" => Some("US.SecDef"),
        "GB" => Some("GB.MoD"),
        "UA" => Some("UA.GenStaff"),
        other => panic!("{other} decides nothing"),
    }
}

fn one(offices: impl IntoIterator<Item = &'static str>) -> Needs {
    vec![offices.into_iter().map(str::to_owned).collect()]
}

fn in_zone(content: &str, foreign: &Needs, zone: &str, out: u64) -> Needs {
    let zones = above(zone);
    let under = |outer: &str| zones.contains(&outer);
    if under("UA") {
        return one([]);
    }
    if !under("RU") {
        return Vec::new();
    }
    let allowed = match content {
        "v1" => under("RU.Border.Kharkiv"),
        "v2" => under("RU.Border"),
        "v3" => under("RU.Border") || under("RU.Kursk"),
        "closed" => false,
        "few" if out < 3 => return one([]),
        "either" => return [one(["US.SecDef"]), one(["US.DepSecDef"])].concat(),
        _ => true,
    };
    if allowed { foreign.clone() } else { Vec::new() }
}

/// Both must be satisfied.
fn both(left: &Needs, right: &Needs) -> Needs {
    let mut unions: Needs = Vec::new();
    for a in left {
        for b in right {
            unions.push(a.union(b).cloned().collect());
        }
    }
    let least =
        |set: &&BTreeSet<String>| !unions.iter().any(|other| other != *set && other.is_subset(set));
    let mut kept: Needs = unions.iter().filter(least).cloned().collect();
    kept.sort();
    kept.dedup();
    kept
}

/// Who must consent to an act of UA under a version; `out`: units that UA has out beside.
pub fn needs(version: &str, act: &str, item: &str, zones: &[&str], out: u64) -> Needs {
    let content = version.split('.').next().unwrap();
    let of = |party: &str| office(party, content, act);
    let foreign = controllers(item).iter().filter(|party| **party != "UA");
    let foreign = one(foreign.filter_map(|party| of(party)));
    if act == "use" {
        let each = zones.iter().map(|zone| in_zone(content, &foreign, zone, out));
        return each.fold(one([]), |all, here| both(&all, &here));
    }
    match class(item) {
        "green" => foreign,
        _ => both(&foreign, &one(of(origin(item)))),
    }
}

/// Distinct persons for every slot, by trying every way.
pub fn filled(
    slots: &[&str],
    signed: &BTreeSet<(String, String)>,
    taken: &mut Vec<String>,
) -> bool {
    let Some((slot, rest)) = slots.split_first() else { return true };
    for (person, office) in signed {
        if office == slot && !taken.contains(person) {
            taken.push(person.clone());
            if filled(rest, signed, taken) {
                return true;
            }
            taken.pop();
        }
    }
    false
}

//! The definition of the findings, read straight: every ordering is walked one by one. Slow, and
//! shares nothing with the audit but the facts.

use super::small::{FIRST, SECOND};
use countersign_core::history::{Fact, Kind, Ties, What};
use std::collections::{BTreeMap, BTreeSet};

/// What policy demands, worked out by hand from the text of the policies in `small.rs`.
#[derive(Clone, Debug, PartialEq)]
enum Demand {
    Nothing,
    Sets(Vec<Vec<u32>>),
    Impossible,
}

/// The matters: 0 and 1 are deliveries of two items, 2 a transfer, 3 a diversion.
fn demand(matter: u32, quantity: u64, version: u8) -> Demand {
    match (version, matter) {
        (1, 0 | 1) => Demand::Sets(vec![vec![0]]),
        (1, 2) => Demand::Nothing,
        (2, 0 | 1) if quantity <= 50 => Demand::Sets(vec![vec![0, 1], vec![2]]),
        (2, 0 | 1) => Demand::Sets(vec![vec![0, 1, 2]]),
        _ => Demand::Impossible,
    }
}

fn quorum(office: u32) -> usize {
    if office == 2 { 2 } else { 1 }
}

fn versions(fact: &Fact) -> Vec<u8> {
    let (from, to) = (fact.when.earliest().millis(), fact.when.latest().millis());
    let mut found = Vec::new();
    for moment in from..=to {
        let version = if moment < FIRST { 0 } else { 1 + u8::from(moment >= SECOND) };
        if !found.contains(&version) {
            found.push(version);
        }
    }
    found
}

/// Something that happens in an ordering: a fact, or the end of an approval.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Happening {
    Fact(usize),
    End(usize),
}

/// Every ordering that the times allow.
fn orderings(case: &[Fact], ties: Ties) -> Vec<Vec<Happening>> {
    let mut all = Vec::new();
    for (index, fact) in case.iter().enumerate() {
        all.push(Happening::Fact(index));
        if let What::Approved { until: Some(_), .. } = fact.what {
            all.push(Happening::End(index));
        }
    }
    let span = |one: &Happening| match one {
        Happening::Fact(at) => case[*at].when,
        Happening::End(at) => match case[*at].what {
            What::Approved { until: Some(until), .. } => until,
            What::Approved { .. }
            | What::Asked { .. }
            | What::Refused
            | What::Withdrawn { .. }
            | What::Acted { .. } => panic!("only an approval ends"),
        },
    };
    let must = |a: &Happening, b: &Happening| {
        let (last, first) = (span(a).latest(), span(b).earliest());
        match (a, b) {
            // At its very last moment an approval still holds.
            (Happening::Fact(_), Happening::End(_)) => last <= first,
            (Happening::Fact(a), Happening::Fact(b)) => {
                last < first || (ties == Ties::FileOrder && last == first && a < b)
            }
            (Happening::End(_), _) => last < first,
        }
    };
    let mut found = Vec::new();
    extend(&mut Vec::new(), &all, &must, &mut found);
    found
}

fn extend(
    begun: &mut Vec<Happening>,
    all: &[Happening],
    must: &dyn Fn(&Happening, &Happening) -> bool,
    found: &mut Vec<Vec<Happening>>,
) {
    if begun.len() == all.len() {
        found.push(begun.clone());
        return;
    }
    for next in all.iter().filter(|next| !begun.contains(next)).copied().collect::<Vec<_>>() {
        let open = all.iter().filter(|other| !begun.contains(other) && **other != next);
        if open.clone().all(|other| !must(other, &next)) {
            begun.push(next);
            extend(begun, all, must, found);
            begun.pop();
        }
    }
}

/// An approval of one ordering.
struct Given {
    index: usize,
    office: u32,
    /// The person, or one of its own where nobody is named.
    person: (bool, u32),
    matter: u32,
    left: Option<u64>,
}

/// What a walk finds, by act.
pub type Found = BTreeMap<usize, BTreeSet<Option<Kind>>>;

/// The findings of a case: for each act, everything that it is in some ordering; `None` is fine.
pub fn findings(case: &[Fact], ties: Ties) -> Found {
    let acts: Vec<usize> =
        (0..case.len()).filter(|at| matches!(case[*at].what, What::Acted { .. })).collect();
    let mut choices: Vec<BTreeMap<usize, u8>> = vec![BTreeMap::new()];
    for act in &acts {
        let mut more = Vec::new();
        for choice in &choices {
            for version in versions(&case[*act]) {
                let mut choice = choice.clone();
                choice.insert(*act, version);
                more.push(choice);
            }
        }
        choices = more;
    }
    let mut found = Found::new();
    for ordering in orderings(case, ties) {
        for choice in &choices {
            for (act, kind) in walk(case, &ordering, choice) {
                found.entry(act).or_default().insert(kind);
            }
        }
    }
    found
}

fn walk(
    case: &[Fact],
    ordering: &[Happening],
    choice: &BTreeMap<usize, u8>,
) -> Vec<(usize, Option<Kind>)> {
    let requesters: BTreeSet<u32> = case
        .iter()
        .filter(|fact| matches!(fact.what, What::Asked { .. }))
        .filter_map(|fact| fact.by.map(|by| by.0))
        .collect();
    let mut told: BTreeMap<usize, Option<Kind>> = BTreeMap::new();
    let mut given: Vec<Given> = Vec::new();
    let mut over: BTreeSet<usize> = BTreeSet::new();
    let mut open: Vec<usize> = Vec::new();
    let (mut refused, mut last_asked) = (false, None);
    for happening in ordering {
        let index = match happening {
            Happening::End(index) => {
                over.insert(*index);
                continue;
            }
            Happening::Fact(index) => *index,
        };
        let fact = &case[index];
        match fact.what {
            What::Asked { quantity } => {
                if refused {
                    given.clear();
                    told.extend(open.drain(..).map(|act| (act, Some(Kind::Without))));
                    refused = false;
                }
                last_asked = quantity.map(|quantity| quantity.units());
            }
            What::Refused => {
                given.clear();
                told.extend(open.drain(..).map(|act| (act, Some(Kind::Without))));
                refused = true;
            }
            What::Withdrawn { office } => {
                given.retain(|one| office.is_some_and(|office| office.0 != one.office));
            }
            What::Approved { office, quantity, .. } => {
                if fact.by.is_some_and(|by| requesters.contains(&by.0)) {
                    continue;
                }
                given.push(Given {
                    index,
                    office: office.0,
                    person: fact.by.map_or((false, index as u32), |by| (true, by.0)),
                    matter: fact.matter.0,
                    left: quantity.map(|quantity| quantity.units()).or(last_asked),
                });
                let mut still = Vec::new();
                for act in std::mem::take(&mut open) {
                    if covered(case, act, choice[&act], &mut given, &over) {
                        told.insert(act, Some(Kind::Before));
                    } else {
                        still.push(act);
                    }
                }
                open = still;
            }
            What::Acted { quantity } => {
                let version = choice[&index];
                match demand(fact.matter.0, quantity.units(), version) {
                    Demand::Nothing => {
                        told.insert(index, None);
                    }
                    Demand::Impossible => {
                        told.insert(index, Some(Kind::Without));
                    }
                    Demand::Sets(sets) => {
                        if covered(case, index, version, &mut given, &over) {
                            told.insert(index, None);
                        } else if let Some(set) =
                            sets.iter().find(|set| signed(set, &given.iter().collect::<Vec<_>>()))
                        {
                            told.insert(index, Some(Kind::Beyond));
                            draw(set, fact.matter.0, quantity.units(), &mut given, &over);
                        } else {
                            open.push(index);
                        }
                    }
                }
            }
        }
    }
    told.extend(open.into_iter().map(|act| (act, Some(Kind::Without))));
    told.into_iter().collect()
}

/// Whether a set covers the act; then it is drawn on it.
fn covered(
    case: &[Fact],
    act: usize,
    version: u8,
    given: &mut [Given],
    over: &BTreeSet<usize>,
) -> bool {
    let fact = &case[act];
    let What::Acted { quantity } = fact.what else { panic!("no act") };
    let quantity = quantity.units();
    let Demand::Sets(sets) = demand(fact.matter.0, quantity, version) else { return false };
    for set in sets {
        let fits: Vec<&Given> = given
            .iter()
            .filter(|one| one.matter == fact.matter.0 && !over.contains(&one.index))
            .filter(|one| quantity == 0 || one.left != Some(0))
            .collect();
        let enough = |office: &u32| {
            let mut persons: BTreeMap<(bool, u32), u64> = BTreeMap::new();
            for one in fits.iter().filter(|one| one.office == *office) {
                let all = persons.entry(one.person).or_default();
                *all = (*all + one.left.unwrap_or(1 << 50)).min(1 << 50);
            }
            let borne: u64 = persons.values().map(|left| (*left).min(quantity)).sum();
            borne >= quantity * quorum(*office) as u64
        };
        if signed(&set, &fits) && set.iter().all(enough) {
            draw(&set, fact.matter.0, quantity, given, over);
            return true;
        }
    }
    false
}

/// Whether distinct persons fill the set: every way to seat them is tried.
fn signed(set: &[u32], given: &[&Given]) -> bool {
    let seats: Vec<u32> =
        set.iter().flat_map(|office| std::iter::repeat_n(*office, quorum(*office))).collect();
    fn seat(seats: &[u32], given: &[&Given], sitting: &mut Vec<(bool, u32)>) -> bool {
        let Some((first, rest)) = seats.split_first() else { return true };
        for one in given.iter().filter(|one| one.office == *first) {
            if !sitting.contains(&one.person) {
                sitting.push(one.person);
                if seat(rest, given, sitting) {
                    return true;
                }
                sitting.pop();
            }
        }
        false
    }
    seat(&seats, given, &mut Vec::new())
}

/// Draws an act on a set, unit by unit: each person bears a unit once, the oldest first.
fn draw(set: &[u32], matter: u32, quantity: u64, given: &mut [Given], over: &BTreeSet<usize>) {
    for office in set {
        let own = |one: &Given| {
            one.office == *office && one.matter == matter && !over.contains(&one.index)
        };
        let mut persons: Vec<(bool, u32)> = Vec::new();
        for one in given.iter().filter(|one| own(one)) {
            if !persons.contains(&one.person) {
                persons.push(one.person);
            }
        }
        let mut wanted = quantity * quorum(*office) as u64;
        for person in persons {
            let mut borne = 0;
            for one in given.iter_mut().filter(|one| own(one) && one.person == person) {
                while borne < quantity && wanted > 0 && one.left != Some(0) {
                    borne += 1;
                    wanted -= 1;
                    if let Some(left) = &mut one.left {
                        *left -= 1;
                    }
                }
            }
        }
    }
}

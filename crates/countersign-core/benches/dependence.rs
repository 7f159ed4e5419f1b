//! What it costs to put requests to another policy version, and to report on whom holders depend.
//!
//! `cargo bench -p countersign-core --bench dependence [-- --quick] [-- --json FILE]`. Every figure
//! is printed with its ratio to what is to be reached, or to a floor measured in the same run;
//! nothing here passes or fails by time. The floor looks every request up in a bare map from four
//! numbers to a verdict.
//!
//! "Nothing repeats" means that no two questions are alike in what the policies read: each has its
//! own combination of what the item is made of and holder, and three parties control each item. How
//! many forms are left when names that no policy names are exchanged is told beside.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark prints, measures and stops at the first surprise"
)]

#[path = "../tests/policy/world.rs"]
mod policy;
#[path = "report/report.rs"]
mod report;

use self::report::{Report, timed};
use countersign_core::State;
use countersign_core::dependence::impact::{Asked, Change};
use countersign_core::dependence::report::{Terms, report};
use countersign_core::ledger::Charter;
use countersign_core::people::{Office, Party};
use countersign_core::policy::{
    Compiled, Deciding, ItemQuestion, KeyOnlyRule, PolicyBundle, Preconditions, Question, Replay,
    Subject, Totals, Verdict, World, Zone,
};
use countersign_core::requests::Draft;
use countersign_core::stock::{AccountKey, AccountState, Count, Figures, Input, Item, ItemClass};
use countersign_proof::words::{Act, Moment, Quantity, Standing, Window};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::str::FromStr;

const PARTIES: usize = 200;
const ITEMS: usize = 1_000;
const ZONES: usize = 10;

fn id<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// A programme of many parties, each with an office and an input of its own.
fn charter() -> Charter {
    let parties: Vec<String> = (0..PARTIES).map(|n| format!("P{n:03}")).collect();
    let office = |party: &String| Office {
        id: id(&format!("{party}.Min")),
        title: party.clone(),
        party: id(party),
        personal: false,
        quorum: 1,
        functions: [].into(),
    };
    let input = |party: &String| Input {
        id: id(&format!("input-{party}")),
        title: party.clone(),
        controller: id(party),
        needs: [].into(),
        source: "bench".to_owned(),
        standing: Standing::Assumed,
    };
    let zone = |n: usize| {
        let within = (n > 0).then(|| id(&format!("Z{}", (n - 1) / 3)));
        Zone { id: id(&format!("Z{n}")), title: n.to_string(), within }
    };
    Charter {
        exercise: false,
        parties: parties.iter().map(|p| Party { id: id(p), title: p.clone() }).collect(),
        offices: parties.iter().map(office).collect(),
        people: BTreeMap::new(),
        keys: Vec::new(),
        incumbencies: Vec::new(),
        items: (0..ITEMS).map(item).collect(),
        inputs: parties.iter().map(input).collect(),
        places: Vec::new(),
        zones: (0..ZONES).map(zone).collect(),
        calendar: countersign_core::ledger::Calendar::default(),
        signing: countersign_core::ledger::SigningPlaces::default(),
        triage: countersign_core::triage::Rules::default(),
        policies: Vec::new(),
    }
}

/// Item `n`: of one of the parties, with two inputs; no two items are made alike.
fn item(n: usize) -> Item {
    let inputs = [n * 7 % PARTIES, (n * 13 + n / PARTIES) % PARTIES];
    Item {
        id: id(&format!("I{n:04}")),
        title: n.to_string(),
        origin: id(&format!("P{:03}", n % PARTIES)),
        inputs: inputs.iter().map(|p| id(&format!("input-P{p:03}"))).collect(),
        class: ItemClass::new(["green", "yellow", "red"][n % 3]).unwrap(),
        range_km: Some(u32::try_from(n % 400).unwrap()),
        labels: [].into(),
        packs: [].into(),
        serial: false,
        source: "bench".to_owned(),
        standing: Standing::Assumed,
    }
}

/// A version of `total` policies: on use, those of the long-range pack's fourth version and, where
/// `gates` is, gates that read quantity and range; the rest on other acts. `who`: use also asks who
/// the holder is.
fn version(world: &World, total: usize, gates: bool, who: bool) -> Compiled {
    let mut text = r#"
@id("use-at-home") permit (principal, action == Action::"use", resource)
when { context.zones.contains(Zone::"Z9") };
@id("use") permit (principal, action == Action::"use", resource)
when {
  PRINCIPAL && context.zones.contains(Zone::"Z0") &&
  context.approvals.containsAll(context.foreign_controllers)
};
"#
    .replace("PRINCIPAL && ", if who { "!(principal in Party::\"P199\") && " } else { "" });
    for n in 2..total {
        if gates {
            write!(
                text,
                "@id(\"gate-{n}\")\nforbid (principal, action == Action::\"use\", resource)\n\
                 when {{ context.quantity > {n}000 && resource has range_km \
                 && resource.range_km > {n} }}\n\
                 unless {{ context.approvals.contains(Office::\"P000.Min\") }};\n"
            )
            .unwrap();
        } else {
            let act = ["deliver", "transfer", "divert", "admit"][n % 4];
            write!(
                text,
                "@id(\"other-{n}\")\npermit (principal, action == Action::\"{act}\", resource)\n\
                 when {{ resource.class == \"c{n}\" }};\n"
            )
            .unwrap();
        }
    }
    let acts = [Act::Use, Act::Deliver, Act::Transfer, Act::Divert];
    let deciding = world.offices.iter().map(|(office, party)| {
        let by = acts.map(|act| (act, Deciding::Office(office.clone())));
        (party.clone(), by.into())
    });
    let bundle = PolicyBundle {
        version: id("v1"),
        data_shape: 1,
        deciding: deciding.collect(),
        key_only: KeyOnlyRule::RefuseRed,
        policies: BTreeMap::from([("all.cedar".to_owned(), text)]),
        properties: BTreeMap::new(),
        witnesses: None,
    };
    Compiled::compile(&bundle, world, false).unwrap()
}

fn draft(item: &Item, holder: &str, zone: &str, quantity: u64) -> Draft {
    Draft {
        act: Act::Use,
        holder: id(holder),
        item: item.id.clone(),
        quantity: Quantity::new(quantity).unwrap(),
        zones: [id(zone)].into(),
        recipient: None,
        depot: None,
        window: Window::new(id("2025-06-01T00:00:00Z"), id("2025-07-01T00:00:00Z")).unwrap(),
    }
}

fn main() {
    let mut told = Report::from_arguments();
    let quick = told.quick;
    let charter = charter();
    repeating(if quick { 100_000 } else { 1_000_000 }, &mut told);
    fresh(&charter.world(), if quick { 2_000 } else { 20_000 }, &mut told);
    reports(&charter, quick, &mut told);
    told.finish();
}

/// Requests of the long-range pack, which repeat in what the policies read: each is put to the
/// third version and to the fourth.
fn repeating(count: usize, told: &mut Report) {
    let (before, after) = (policy::long_range("v3"), policy::long_range("v4"));
    let items: Vec<Item> =
        ["ATACMS", "STORM-SHADOW", "SCALP", "FLAMINGO"].map(|id| policy::item(id, "green")).into();
    let zones = ["RU", "RU.Border", "RU.Border.Kharkiv", "RU.Kursk", "UA"];
    // Quantities, totals and moments are all different; the policies do not tell them apart.
    let asked: Vec<(usize, Draft)> = (0..10_000)
        .map(|n| {
            let quantity = u64::try_from(n + 1).unwrap();
            (n % 4, draft(&items[n % 4], ["UA", "GB"][n / 4 % 2], zones[n / 8 % 5], quantity))
        })
        .collect();
    let begin: Moment = id("2025-06-01T00:00:00Z");
    let put = |n: usize, version: &mut Replay<'_>| {
        let (item, draft) = &asked[n % asked.len()];
        let at = begin.plus_millis(u64::try_from(n).unwrap());
        let (item, totals) = (&items[*item], Totals::default());
        Asked { draft, item, totals, at, key_only: false, exercise: true }.put_to(version).unwrap()
    };
    let (mut old, mut new) = (Replay::of(&before), Replay::of(&after));
    let (time, changed) = timed(|| {
        let changed = |n: &usize| {
            let (before, after) = (put(*n, &mut old), put(*n, &mut new));
            Change::between(&before.verdict, &after.verdict) != Change::Same
        };
        (0..count).filter(changed).count()
    });
    assert!(changed > 0 && changed < count, "{changed}");
    let worked_out = old.counts().1 + new.counts().1;
    let rate = count as f64 / time;
    let what = format!("requests put to two versions; {worked_out} distinct questions worked out");
    told.add(&what, rate, "/s", "1,000,000/s", rate / 1e6);
    let bare: BTreeMap<[u32; 4], Verdict> =
        (0..40u32).map(|n| ([n % 4, n / 4 % 2, n / 8 % 5, 0], Verdict::Standing)).collect();
    let (floor, found) = timed(|| {
        let hit = |n: &u32| {
            let key = [n % 4, n / 4 % 2, n / 8 % 5, 0];
            bare.contains_key(black_box(&key)) && bare.contains_key(black_box(&key))
        };
        (0..u32::try_from(count).unwrap()).filter(hit).count()
    });
    assert_eq!(found, count);
    told.add(
        "the same from a bare map of numbers",
        count as f64 / floor,
        "/s",
        "replay",
        time / floor,
    );
    let (time, _) = timed(|| {
        let once = |n| usize::from(put(n, &mut new).verdict == Verdict::Standing);
        (0..count).map(once).sum::<usize>()
    });
    let rate = count as f64 / time;
    told.add("requests put to one version", rate, "/s", "1,000,000/s", rate / 1e6);
}

/// Requests of which no two are alike in what the policies read.
fn fresh(world: &World, count: usize, told: &mut Report) {
    let items: Vec<Item> = (0..ITEMS).map(item).collect();
    let asked: Vec<(usize, Draft)> = (0..count)
        .map(|n| {
            // Zones below Z0 only: the others are prohibited, which is quicker.
            let (at, holder, zone) =
                (n / 20 % ITEMS, n % 20 + n / 20_000 * 20, n / 3 % (ZONES - 1));
            let quantity = u64::try_from(n % 7_000 + 1).unwrap();
            (at, draft(&items[at], &format!("P{holder:03}"), &format!("Z{zone}"), quantity))
        })
        .collect();
    let mut rates = Vec::new();
    for (what, total, gates) in [
        ("10 policies, 2 of them on the act", 10, false),
        ("10 policies, all on the act", 10, true),
        ("100 policies, 2 of them on the act", 100, false),
        ("100 policies, all on the act", 100, true),
    ] {
        let compiled = version(world, total, gates, true);
        let (begin, totals) = (id("2025-06-01T00:00:00Z"), Totals::default());
        let mut replay = Replay::of(&compiled);
        let put = |(at, draft): &(usize, Draft), replay: &mut Replay<'_>| {
            let (item, at) = (&items[*at], begin);
            Asked { draft, item, totals, at, key_only: false, exercise: false }
                .put_to(replay)
                .unwrap()
        };
        let (time, needs) = timed(|| {
            let needs = |asked: &&(usize, Draft)| {
                matches!(put(asked, &mut replay).verdict, Verdict::Needs(_))
            };
            asked.iter().filter(needs).count()
        });
        assert!(needs * 10 > count * 9, "{needs} of {count}");
        let (rate, forms) = (count as f64 / time, replay.counts().1);
        let what = format!("nothing repeats, {what}; {forms} forms worked out");
        told.add(&what, rate, "/s", "50,000/s", rate / 5e4);
        let question = |(at, draft): &(usize, Draft)| {
            let asked = ItemQuestion {
                holder: &draft.holder,
                item: &items[*at],
                zone: draft.zones.first(),
                quantity: draft.quantity,
                recipient: None,
                requested: Act::Use,
                totals,
                preconditions: Preconditions::default(),
            };
            let subject = Subject::Item(asked);
            let question =
                Question { act: Act::Use, subject, now: begin, key_only: false, exercise: false };
            compiled.verdict_unmemoised(&question).unwrap().verdict != Verdict::Standing
        };
        let few = &asked[..count / 4];
        let (time, _) = timed(|| few.iter().filter(|asked| question(asked)).count());
        let rate = few.len() as f64 / time;
        rates.push(rate);
        let what = format!("each put to Cedar anew, {what}");
        told.add(&what, rate, "/s", "50,000/s", rate / 5e4);
    }
    for (what, few, many) in [("2 on the act", 0, 2), ("all on the act", 1, 3)] {
        let times = rates[few] / rates[many];
        let what = format!("each put to Cedar anew, 100 policies against 10, {what}");
        told.add(&what, times, "times", "10", times / 10.0);
    }
}

/// Reports on 1,000 items of 200 holders.
fn reports(charter: &Charter, quick: bool, told: &mut Report) {
    let holders = if quick { 20 } else { PARTIES };
    let account = |holder: usize, item: usize| Count {
        account: AccountKey {
            item: id(&format!("I{item:04}")),
            party: id(&format!("P{holder:03}")),
            state: AccountState::OnHand,
            place: None,
            lot: None,
        },
        units: Quantity::new(u64::try_from(1 + item % 50).unwrap()).unwrap(),
        expected: None,
        expires: None,
        as_of: id("2025-06-01"),
        source: "bench".into(),
        standing: Standing::Assumed,
    };
    let figures: Vec<Figures> = (0..holders)
        .map(|holder| Figures {
            counts: (0..ITEMS).map(|item| account(holder, item)).collect(),
            ..Figures::default()
        })
        .collect();
    let at = id("2025-06-01T00:00:00Z");
    let state = State::of_figures(charter, &figures, at).unwrap();
    let world = charter.world();
    let scale = PARTIES as f64 / holders as f64;
    for (what, gates) in [
        ("1,000 items x 200 holders x 10 zones, 10 policies, 2 on use", false),
        ("1,000 items x 200 holders x 10 zones, 10 policies, all on use", true),
    ] {
        let compiled = version(&world, 10, gates, false);
        let terms = Terms { lock_percent: Some(10), ..Terms::all(&compiled, at) };
        let (time, found) = timed(|| report(&state, &terms));
        assert_eq!(found.holders.len(), holders);
        let what = format!("{what}: {} questions", found.worked_out);
        told.add(&what, time * scale * 1e3, "ms", "1 s", time * scale);
    }
    let (time, found) = timed(|| {
        let accounts = state.stock.accounts();
        let sums = accounts.fold(BTreeMap::new(), |mut sums, (key, balance)| {
            *sums.entry((&key.party, &key.item)).or_insert(0) += balance.on_hand;
            sums
        });
        sums.len()
    });
    assert_eq!(found, holders * ITEMS);
    told.add(
        "the units summed up by holder and item in a bare map",
        time * scale * 1e3,
        "ms",
        "1 s",
        time * scale,
    );
}

//! What an audit costs: the engine on facts in memory, and a whole file through the program.
//!
//! `cargo bench -p countersign --bench history [-- --quick] [-- --json FILE]`. Every figure is
//! printed with its ratio to what is to be reached, or to a floor measured in the same run; nothing
//! here passes or fails by time.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark prints, measures and stops at the first surprise"
)]

#[path = "../../countersign-core/benches/report/report.rs"]
mod report;

use countersign_core::charter::{Charter, CharterPolicy};
use countersign_core::history::{
    Auditor, Fact, Matter, MatterNo, OfficeNo, PersonNo, Span, Ties, What,
};
use countersign_core::ledger::{Calendar, SigningPlaces};
use countersign_core::people::{Office, Party};
use countersign_core::policy::{DATA_SHAPE, Deciding, KeyOnlyRule, PolicyBundle};
use countersign_core::stock::Item;
use countersign_proof::words::{Act, Moment, Quantity, Standing, Transition};
use report::Report;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    let mut report = Report::from_arguments();
    engine(if report.quick { 100_000 } else { 1_000_000 }, &mut report);
    file(if report.quick { 100_000 } else { 10_000_000 }, &mut report);
    report.finish();
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let found = black_box(work());
    (begun.elapsed().as_secs_f64(), found)
}

const ITEMS: u64 = 10;

/// So many policies on deliveries, each for one of ten labels; with `quantity`, each asks how much
/// it is.
fn charter(policies: u64, quantity: bool) -> Charter {
    let mut text = String::new();
    for policy in 0..policies {
        let (label, office) = (policy % ITEMS, policy % 5);
        let limit = if quantity {
            format!("context.quantity <= {} &&", 1_000 * (1 + policy))
        } else {
            String::new()
        };
        text.push_str(&format!(
            "@id(\"p{policy}\") @reason(\"r\")\n\
             permit (principal, action == Action::\"deliver\", resource)\n\
             when {{ {limit} resource.labels.contains(\"l{label}\") && \
             context.approvals.contains(Office::\"O{office}\") }};\n"
        ));
    }
    let acts = [Act::Use, Act::Deliver, Act::Transfer, Act::Divert];
    let acts: BTreeMap<Act, Deciding> =
        acts.map(|act| (act, Deciding::Office("O0".parse().unwrap()))).into();
    let bundle = PolicyBundle {
        version: "v1".parse().unwrap(),
        data_shape: DATA_SHAPE,
        deciding: BTreeMap::from([("X".parse().unwrap(), acts)]),
        key_only: KeyOnlyRule::RefuseRed,
        policies: BTreeMap::from([("p.cedar".to_owned(), text)]),
        properties: BTreeMap::new(),
        witnesses: None,
    };
    let office = |number: u64| Office {
        id: format!("O{number}").parse().unwrap(),
        title: "An office".to_owned(),
        party: "X".parse().unwrap(),
        personal: false,
        quorum: 1,
        functions: BTreeSet::new(),
    };
    let item = |number: u64| Item {
        id: format!("I{number}").parse().unwrap(),
        title: "An item".to_owned(),
        origin: "X".parse().unwrap(),
        inputs: BTreeSet::new(),
        class: "green".parse().unwrap(),
        range_km: None,
        labels: [format!("l{number}")].into(),
        packs: BTreeMap::new(),
        serial: false,
        source: "bench".to_owned(),
        standing: Standing::Assumed,
    };
    let party = |id: &str| Party { id: id.parse().unwrap(), title: id.to_owned() };
    Charter {
        exercise: false,
        parties: vec![party("X"), party("Y")],
        offices: (0..5).map(office).collect(),
        people: BTreeMap::new(),
        keys: Vec::new(),
        incumbencies: Vec::new(),
        items: (0..ITEMS).map(item).collect(),
        inputs: Vec::new(),
        places: Vec::new(),
        zones: Vec::new(),
        calendar: Calendar::default(),
        signing: SigningPlaces::default(),
        triage: countersign_core::triage::Rules::default(),
        policies: vec![CharterPolicy {
            bundle,
            in_force_from: Moment::from_millis(0).unwrap(),
            source: "bench".to_owned(),
            standing: Standing::Assumed,
            transition: Transition::Keep,
        }],
    }
}

/// So many requests of three facts each: asked, approved, done. Every quantity is another one.
fn requests(count: u64) -> Vec<[Fact; 3]> {
    let one = |number: u64| {
        let at = |step: u64| Span::at(Moment::from_millis(number * 10 + step).unwrap());
        let quantity = Quantity::new(1 + number).unwrap();
        let fact = |step: u64, by: u64, what| Fact {
            line: number * 3 + step,
            when: at(step),
            matter: MatterNo(u32::try_from(number % ITEMS).unwrap()),
            by: Some(PersonNo(u32::try_from(by).unwrap())),
            what,
        };
        let office = OfficeNo(u32::try_from(number % 5).unwrap());
        let approved = What::Approved { office, quantity: Some(quantity), until: None };
        [
            fact(0, number % 7, What::Asked { quantity: Some(quantity) }),
            fact(1, 10 + number % 7, approved),
            fact(2, 20, What::Acted { quantity }),
        ]
    };
    (0..count).map(one).collect()
}

fn auditor(policies: u64, quantity: bool) -> Auditor {
    let mut auditor = Auditor::new(&charter(policies, quantity), Ties::Unknown).unwrap();
    for number in 0..ITEMS {
        auditor.names.matter(&Matter {
            act: Act::Deliver,
            holder: "Y".parse().unwrap(),
            item: format!("I{number}").parse().unwrap(),
            zone: None,
            recipient: None,
        });
    }
    auditor
}

/// Seconds for each request.
fn judged(auditor: &mut Auditor, requests: &[[Fact; 3]]) -> f64 {
    let mut into = Vec::new();
    let (time, found) = timed(|| {
        let mut fine = 0u64;
        for request in requests {
            into.clear();
            auditor.judge(request, &mut into).unwrap();
            fine += u64::from(into[0].is_fine());
        }
        fine
    });
    assert!(found <= requests.len() as u64);
    time / requests.len() as f64
}

fn engine(count: u64, report: &mut Report) {
    let all = requests(count);
    let (time, _) = timed(|| {
        let mut sum = 0u64;
        for request in &all {
            let mut hasher = DefaultHasher::new();
            for fact in request {
                (fact.line, fact.when.earliest(), fact.when.latest()).hash(&mut hasher);
                (fact.matter.0, fact.by.map(|by| by.0)).hash(&mut hasher);
            }
            sum ^= hasher.finish();
        }
        sum
    });
    let floor = time / count as f64;
    let mut add = |what: &str, each: f64, against, ratio: f64| {
        let (what, figure) = (what.to_owned(), 1.0 / each);
        report.add(what, figure, "/s", against, ratio);
    };
    add("the floor: hashing the same facts", floor, "itself", 1.0);
    let reach = |each: f64, wanted: f64| 1.0 / each / wanted;
    let each = judged(&mut auditor(10, false), &all);
    add("10 policies, requests repeat", each, "1,000,000/s", reach(each, 1e6));
    add("  the same", each, "the floor", floor / each);
    let hundred = judged(&mut auditor(100, false), &all);
    add("100 policies, requests repeat", hundred, "10 policies", each / hundred);
    let each = judged(&mut auditor(10, true), &all);
    add("10 policies, every quantity another, compared", each, "50,000/s", reach(each, 5e4));
    let hundred = judged(&mut auditor(100, true), &all);
    add("100 policies, every quantity another, compared", hundred, "10 policies", each / hundred);
    // What an answer costs that is worked out anew each time.
    let few = &all[..usize::try_from(count / 50).unwrap()];
    let anew = |policies: u64| {
        let mut auditor = auditor(policies, true);
        auditor.forget_answers();
        judged(&mut auditor, few)
    };
    let each = anew(10);
    add("10 policies, every answer worked out anew", each, "50,000/s", reach(each, 5e4));
    let hundred = anew(100);
    add("100 policies, every answer worked out anew", hundred, "10 policies", each / hundred);
}

const MAPPING: &str = r#"
name = "bench"
case = "case"
GROUPED
[time]
formats = ["YYYY-MM-DDThh:mm:ss.fffZZ"]
[matter]
act = "deliver"
holder = "Applicant"
item = "LOAN"
[steps]
column = "step"
[[fact]]
kind = "asked"
step = "asked"
at = "at"
by = "person"
quantity = "amount"
[[fact]]
kind = "approved"
step = "approved"
at = "at"
by = "person"
quantity = "amount"
office = "Lender.Approvals"
[[fact]]
kind = "acted"
step = "done"
at = "at"
by = "person"
quantity = "amount"
"#;

fn file(count: u64, report: &mut Report) {
    let folder = tempfile::tempdir().unwrap();
    let history = folder.path().join("history.csv");
    let mut out = BufWriter::new(File::create(&history).unwrap());
    writeln!(out, "case,at,step,person,amount").unwrap();
    for number in 0..count {
        let (case, step) = (number / 3, number % 3);
        let name = ["asked", "approved", "done"][usize::try_from(step).unwrap()];
        let (minute, second) = (case / 60 % 60, case % 60);
        let (person, amount) = (case % 61 + step * 100, 1_000 + case % 5_000);
        writeln!(
            out,
            "C{case},2012-03-01T{:02}:{minute:02}:{second:02}.{step:03}+01:00,{name},\
             P{person},{amount}",
            case / 3600 % 24
        )
        .unwrap();
    }
    out.into_inner().unwrap();
    let (bare, _) = timed(|| {
        let (mut sum, mut fields) = (0u64, 0usize);
        for line in BufReader::with_capacity(256 * 1024, File::open(&history).unwrap()).lines() {
            let line = line.unwrap();
            let mut hasher = DefaultHasher::new();
            for field in line.split(',') {
                field.hash(&mut hasher);
                fields += 1;
            }
            sum ^= hasher.finish();
        }
        (sum, fields)
    });
    let mut add = |what: String, figure, unit, against, ratio| {
        report.add(what, figure, unit, against, ratio);
    };
    let rate = |seconds: f64| count as f64 / seconds;
    let floor = format!("the floor: splitting and hashing {count} rows");
    add(floor, rate(bare), "rows/s", "itself", 1.0);
    for (grouped, what) in [(true, "cases stand together"), (false, "cases put aside first")] {
        let mapping = folder.path().join("mapping.toml");
        fs::write(&mapping, MAPPING.replace("GROUPED", &format!("grouped = {grouped}"))).unwrap();
        let (seconds, memory) = run(&history, &mapping);
        let told = format!("a file audited by the program, {what}");
        add(told, rate(seconds), "rows/s", "the floor", bare / seconds);
        let told = "  its memory, at most (VmHWM)".to_owned();
        add(told, memory / 1024.0, "MiB", "256 MiB", memory / 1024.0 / 256.0);
    }
}

/// Seconds, and the most memory in KiB, looked up while it runs.
fn run(history: &Path, mapping: &Path) -> (f64, f64) {
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/loan-approvals/policy");
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["history", "audit", "--json"])
        .arg(history)
        .arg("--mapping")
        .arg(mapping)
        .arg("--policy")
        .arg(policy)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0.0f64;
    let ended = loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(kib.unwrap_or(0.0));
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(ended.success(), "the audit of the bench failed");
    (begun.elapsed().as_secs_f64(), most)
}

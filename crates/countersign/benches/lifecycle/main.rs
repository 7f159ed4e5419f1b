//! What one request costs from its submission to its use, against the floor in the same run.
//!
//! `cargo xtask bench [--quick] [--json FILE]`. Every figure is printed with its ratio to a floor
//! measured in the same run; nothing here passes or fails by time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark prints, measures and stops at the first surprise"
)]

mod floor;
mod world;

use countersign::opening::{open_reader, read_body};
use countersign::writer::{Asked, Pending, Receipt, Submission, Writer};
use countersign_core::people::Authority;
use countersign_core::policy::{ItemQuestion, Preconditions, Question, Subject, Totals};
use countersign_core::record::{self, Answer};
use countersign_core::requests::Command;
use countersign_core::{Command as AnyCommand, State};
use countersign_proof::words::{Act, Digest, Quantity, RequestId};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;
use world::Official;

struct Wish {
    quick: bool,
    json: Option<PathBuf>,
}

fn wish() -> Wish {
    let mut wish = Wish { quick: false, json: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => wish.quick = true,
            "--json" => wish.json = arguments.next().map(PathBuf::from),
            _ => {}
        }
    }
    wish
}

/// Processor seconds this process has used, user and system (proc(5), fields 14 and 15).
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

struct Row {
    what: String,
    figure: f64,
    unit: &'static str,
    against: &'static str,
    ratio: f64,
}

struct Timed {
    wall: f64,
    cpu: f64,
}

fn timed(work: impl FnOnce()) -> Timed {
    let (wall, used) = (Instant::now(), cpu());
    work();
    Timed { wall: wall.elapsed().as_secs_f64(), cpu: cpu() - used }
}

/// `count` lifecycles, `clients` of them under way at any moment, from `threads` threads: each
/// sends its clients' next step, then waits for all the answers, as a server does for its
/// connections.
fn lifecycles(writer: &Writer, first: u64, threads: u64, clients: u64, count: u64) {
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let builder = std::thread::Builder::new().name("clients".to_owned());
            let work = move || {
                let each = clients / threads;
                let officials = [Official::new("P-A", "A.Head"), Official::new("P-B", "B.Head")];
                let staff = world::authority("P-H");
                for round in 0..count / clients {
                    let me = |client: u64| first + (thread * each + client) * 1_000_000 + round;
                    together(writer, each, &me, &officials, &staff);
                }
            };
            builder.spawn_scoped(scope, work).unwrap();
        }
    });
}

fn answers(pending: Vec<Pending>) -> Vec<Receipt> {
    let accepted = |receipt: Receipt| {
        assert!(matches!(receipt.answer, Answer::Accepted(_)), "{receipt:?}");
        receipt
    };
    pending.into_iter().map(|pending| accepted(pending.wait().unwrap())).collect()
}

fn together(
    writer: &Writer,
    clients: u64,
    me: &dyn Fn(u64) -> u64,
    officials: &[Official],
    staff: &Authority,
) {
    let door = writer.door().unwrap();
    let send = |client: u64, step: u64, by: Option<&Authority>, asked: Asked| {
        let id = world::id(me(client), step);
        door.send(Submission { id, by: by.cloned(), asked }).unwrap()
    };
    let asked = |command: AnyCommand| Asked::Command(Box::new(command));
    let all = || 0..clients;
    let sent = all().map(|c| send(c, 0, Some(staff), asked(world::submit_request()))).collect();
    let requests: Vec<RequestId> = answers(sent).iter().map(world::request_in).collect();
    let mut released = Vec::new();
    for (step, official) in (1..).zip(officials) {
        let sent = all().zip(&requests);
        let sent = sent.map(|(c, request)| send(c, step * 2, None, official.asks(*request)));
        let nonces = answers(sent.collect());
        let signed: Vec<(String, String)> = nonces
            .iter()
            .zip(&requests)
            .map(|(nonce, request)| official.signs(writer, nonce, *request))
            .collect();
        let sent = all().zip(&signed).map(|(c, (text, signature))| {
            let statement = Official::checked(text, signature);
            let command = Command::DecideRequest { statement }.into();
            send(c, step * 2 + 1, None, asked(command))
        });
        released = answers(sent.collect());
    }
    let sent = all().zip(&released).map(|(c, receipt)| {
        let used = world::report_use(world::release_in(receipt), receipt.at);
        send(c, 7, Some(staff), asked(used))
    });
    answers(sent.collect());
}

fn main() {
    let wish = wish();
    let dir = std::env::var_os("BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = dir.join(format!("countersign-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let (alone, together) = if wish.quick { (200, 2_048) } else { (1_000, 20_480) };
    let mut rows = Vec::new();

    let mut db = floor::open(&dir.join("floor.db"));
    let floor_count: u64 = if wish.quick { 200 } else { 2_000 };
    let floor = timed(|| {
        for id in 1..=floor_count {
            floor::lifecycle(&mut db, i64::try_from(id).unwrap());
        }
    });
    let rate = |count: u64, seconds: f64| count as f64 / seconds.max(1e-9);
    let floor_wall = rate(floor_count, floor.wall);
    let floor_cpu = rate(floor_count, floor.cpu);

    let location = dir.join("ledger");
    let location = location.to_str().unwrap();
    let writer = world::found(location);
    let mut add = |what: &str, figure: f64, unit, against, ratio: f64| {
        rows.push(Row { what: what.to_owned(), figure, unit, against, ratio });
    };
    add("floor: four steps in hand-written SQL, each committed", floor_wall, "/s", "itself", 1.0);
    add("floor, by processor time", floor_cpu, "/cpu s", "itself", 1.0);
    let signing = signing(&writer);
    let runs = [(1_000, 1, 1, alone), (2_000, 2, 64, together), (3_000, 2, 512, together)];
    for (first, threads, clients, count) in runs {
        let count = count / clients * clients;
        let first = first * 1_000_000_000;
        let run = timed(|| lifecycles(&writer, first, threads, clients, count));
        let (wall, used) = (rate(count, run.wall), rate(count, run.cpu));
        let what = format!("request to use, {clients} under way");
        add(&what, wall, "/s", "floor wall", wall / floor_wall);
        add(&format!("{what}, all processor time"), used, "/cpu s", "floor cpu", used / floor_cpu);
        let server = rate(count, run.cpu - 2.0 * signing * count as f64);
        let what = format!("{what}, less the officials' own signing");
        add(&what, server, "/cpu s", "3,500 /cpu s", server / 3_500.0);
    }
    add("an official's own part: render and sign", signing * 1e6, "µs", "-", f64::NAN);

    explain(&writer, wish.quick, &mut add);
    writer.stop();
    rebuild(location, &mut add);
    memory(&mut add);

    println!("{:<58} {:>14} {:<7} {:>9}  ratio to", "what", "figure", "", "ratio");
    for row in &rows {
        println!(
            "{:<58} {:>14.1} {:<7} {:>9.3}  {}",
            row.what, row.figure, row.unit, row.ratio, row.against
        );
    }
    if let Some(path) = &wish.json {
        let figures: Vec<serde_json::Value> = rows
            .iter()
            .map(|row| {
                let ratio = row.ratio.is_finite().then_some(row.ratio);
                serde_json::json!({
                    "what": row.what, "figure": row.figure, "unit": row.unit,
                    "ratio": ratio, "ratio_to": row.against,
                })
            })
            .collect();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, serde_json::to_vec_pretty(&figures).unwrap()).unwrap();
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

/// Processor seconds that an official spends on making and signing one statement.
fn signing(writer: &Writer) -> f64 {
    let official = Official::new("P-A", "A.Head");
    let door = writer.door().unwrap();
    let send = |id, by, asked| answers(vec![door.send(Submission { id, by, asked }).unwrap()]);
    let command = Asked::Command(Box::new(world::submit_request()));
    let submitted = send(world::id(7, 1), Some(world::authority("P-H")), command);
    let request = world::request_in(&submitted[0]);
    let nonce = send(world::id(7, 2), None, official.asks(request));
    let signings = 5_000;
    let run = timed(|| {
        for _ in 0..signings {
            official.signs(writer, &nonce[0], request);
        }
    });
    run.cpu / f64::from(signings)
}

fn explain(
    writer: &Writer,
    quick: bool,
    add: &mut dyn FnMut(&str, f64, &'static str, &'static str, f64),
) {
    let rounds: u32 = if quick { 500 } else { 5_000 };
    let state: State = writer.read(Clone::clone);
    let version = state.policy.current().unwrap();
    let compiled = version.compiled().unwrap();
    let draft = world::draft();
    let item = state.stock.item(&draft.item).unwrap();
    let question = |quantity: u64| Question {
        act: Act::Use,
        subject: Subject::Item(ItemQuestion {
            holder: &draft.holder,
            item,
            zone: draft.zones.first(),
            quantity: Quantity::new(quantity).unwrap(),
            recipient: None,
            requested: Act::Use,
            totals: Totals::default(),
            preconditions: Preconditions::default(),
        }),
        now: world::start(),
        key_only: false,
        exercise: true,
    };
    let plain = timed(|| {
        for round in 0..rounds {
            compiled.verdict_unmemoised(&question(u64::from(round) + 1)).unwrap();
        }
    });
    let memoised = timed(|| {
        for _ in 0..rounds {
            compiled.verdict(&question(2)).unwrap();
        }
    });
    let (plain, memoised) = (plain.wall / f64::from(rounds), memoised.wall / f64::from(rounds));
    add("explain, un-memoised, 10 policies", plain * 1e6, "µs", "200 µs", plain * 1e6 / 200.0);
    add("explain, memoised", memoised * 1e6, "µs", "un-memoised", memoised / plain);
}

fn rebuild(location: &str, add: &mut dyn FnMut(&str, f64, &'static str, &'static str, f64)) {
    let (store, _, head) = open_reader(location).unwrap();
    let entries = head.frontier.size();
    let mut events: u64 = 0;
    let mut hashed = 0;
    let floor = timed(|| {
        store
            .for_each_body(0, &mut |_, body| {
                hashed += usize::from(Digest::of(body).0[0] == 0);
                ControlFlow::Continue(())
            })
            .unwrap();
    });
    store
        .for_each_body(0, &mut |_, body| {
            if let Answer::Accepted(happened) = read_body(body).unwrap().result {
                events += u64::try_from(happened.len()).unwrap();
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    let mut state = State::default();
    let run = timed(|| {
        countersign::opening::replay_from(store.as_ref(), &mut state, 0, entries).unwrap();
    });
    let rate = events as f64 / run.wall;
    add("rebuild from the log, events", rate, "/s", "10^6 /s", rate / 1e6);
    let per_entry = entries as f64 / run.wall;
    let reading = entries as f64 / floor.wall;
    add("rebuild from the log, entries", per_entry, "/s", "read + hash", per_entry / reading);
    let bytes = record::snapshot(&state).unwrap();
    let requests = state.requests.all().len();
    let each = bytes.len() as f64 / requests as f64;
    add("snapshot, bytes for each closed request", each, "B", "1 KiB", each / 1024.0);
    let restored = timed(|| drop(record::restore(&bytes).unwrap()));
    add("snapshot read back", restored.wall * 1e3, "ms", "rebuild", restored.wall / run.wall);
    let verified = timed(|| {
        countersign::verification::verify(location, &mut |_, _| {}).unwrap();
    });
    let rate = entries as f64 / verified.wall;
    add("log verify, signatures included, entries", rate, "/s", "read + hash", rate / reading);
    assert!(hashed > 0, "the floor was optimised away");
}

/// Resident memory now (proc(5), VmRSS), for the whole process.
fn memory(add: &mut dyn FnMut(&str, f64, &'static str, &'static str, f64)) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    add("peak resident memory of the whole run", kib / 1024.0, "MiB", "-", f64::NAN);
}

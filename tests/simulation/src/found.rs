//! What the simulation has found in the nodes, each as the few steps that it takes.

use crate::cluster::{Cluster, HOSTS};
use crate::database::{Database, Mark};
use crate::machine::{Machine, Outbox};
use crate::planted::Planted;
use crate::programme::{self, founded};
use crate::random::Random;
use crate::site::{Place, SNAPSHOT_AFTER};
use crate::store::{SimulatedStore, World, servers};
use crate::world;
use countersign::node::Standing;
use countersign::opening::Head;
use countersign::writer::Submission;
use countersign_core::record::SCHEMA;
use countersign_proof::LogKey;
use countersign_proof::words::Digest;
use countersign_store::{NewHead, Store as _};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Some nodes, of which the first leads.
struct House {
    world: World,
    machines: Vec<Machine>,
    outbox: Outbox,
    sent: u64,
    _folder: tempfile::TempDir,
}

impl House {
    fn new(nodes: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::new(founded().entries.clone(), founded().head.clone());
        let now = world::start().millis() + 3_600_000;
        let random = Random::new(1, "servers");
        let cluster = Cluster::new(db, now, nodes, random, Planted::Nothing);
        let world = Arc::new(Mutex::new(cluster));
        let machine = |node| machine(&world, node, folder.path());
        let machines = (0..nodes).map(machine).collect();
        let mut house =
            Self { world, machines, outbox: Outbox::default(), sent: 0, _folder: folder };
        house.turn(0);
        assert_eq!(house.machines[0].standing(), Some(Standing::Leads));
        house.all_turn();
        house
    }

    fn turn(&mut self, node: usize) {
        let mut servers = servers(&self.world);
        servers.pass(200);
        servers.renew();
        drop(servers);
        self.machines[node].turn();
    }

    fn all_turn(&mut self) {
        (0..self.machines.len()).for_each(|node| self.turn(node));
    }

    /// A node is sent something, takes its turn, and may have an answer.
    fn submit(&mut self, node: usize) -> bool {
        self.sent += 1;
        let (id, by) = (world::id(7, self.sent), Some(world::authority("P-S")));
        let submission = Submission { id, by, asked: programme::receive() };
        self.machines[node].takes(submission, &self.outbox).unwrap();
        self.turn(node);
        self.outbox.lock().unwrap().drain(..).all(|answer| answer.answer.is_ok())
    }

    fn shows(&self, node: usize) -> u64 {
        self.machines[node].process.as_ref().unwrap().reader.position()
    }

    fn size(&self) -> u64 {
        servers(&self.world).durable().mark().size
    }
}

fn machine(world: &World, node: usize, folder: &Path) -> Machine {
    let folder = folder.join(format!("node-{node}"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("log.key"), &founded().log_key).unwrap();
    let mut machine = Machine::new(Place::new(world.clone(), node, &folder, 1), &folder);
    machine.start();
    machine
}

/// It held the head of an old primary, which nobody acknowledged, against the new one's, and
/// halted.
#[test]
fn a_follower_of_an_old_primary_goes_on_with_the_new_one() {
    let mut house = House::new(2);
    assert!(house.submit(0));
    house.all_turn();
    let size = house.size();
    // An append that the standby never gets; its primary restarts and shows it.
    servers(&house.world).part();
    assert!(!house.submit(0));
    servers(&house.world).restart();
    house.machines[1].turn();
    assert_eq!(house.shows(1), size, "it is not acknowledged");
    // The standby takes over without it, and as much is recorded there.
    let mut cluster = servers(&house.world);
    cluster.fail_over(false, false);
    cluster.seats.iter_mut().for_each(|seat| seat.reach = [true; HOSTS]);
    drop(cluster);
    for _ in 0..30 {
        house.all_turn();
    }
    let leader = (0..2).find(|node| house.machines[*node].standing() == Some(Standing::Leads));
    let leader = leader.expect("one leads");
    assert!(house.submit(leader) || house.submit(leader));
    for _ in 0..30 {
        house.all_turn();
    }
    assert!(
        matches!(
            house.machines[1].standing(),
            Some(Standing::Follows { lost: None, .. }) | Some(Standing::Leads)
        ),
        "{:?}",
        house.machines[1].standing()
    );
    assert_eq!([house.shows(0), house.shows(1)], [house.size(); 2]);
}

/// What was recorded though its answer was lost was shown by the others only after the next entry.
#[test]
fn what_a_writer_reads_back_is_shown_by_those_who_follow() {
    let mut house = House::new(2);
    servers(&house.world).seats[0].fate = crate::cluster::Fate::Lost;
    assert!(!house.submit(0));
    let asked = countersign::writer::Asked::Time;
    let submission = Submission { id: world::id(8, 1), by: None, asked };
    house.machines[0].lets_time_pass(submission);
    house.turn(0);
    for _ in 0..30 {
        house.all_turn();
    }
    assert_eq!([house.shows(0), house.shows(1)], [house.size(); 2]);
}

/// A writer that had lost its lease read the record back and showed what nobody had acknowledged.
#[test]
fn a_writer_that_lost_its_lease_shows_nothing_unacknowledged() {
    let mut house = House::new(2);
    // The first is paused past its lease, and the second takes over.
    servers(&house.world).seats[0].fate = crate::cluster::Fate::Torn;
    assert!(!house.submit(0));
    servers(&house.world).seats[0].is_paused = true;
    servers(&house.world).pass(10_000);
    house.machines[1].turn();
    assert_eq!(house.machines[1].standing(), Some(Standing::Leads));
    assert!(house.submit(1));
    let size = house.size();
    servers(&house.world).part();
    assert!(!house.submit(1));
    servers(&house.world).restart();
    // The first goes on before it notices anything.
    house.sent += 1;
    let (id, by) = (world::id(7, house.sent), Some(world::authority("P-S")));
    let submission = Submission { id, by, asked: programme::receive() };
    house.machines[0].takes(submission, &house.outbox).unwrap();
    house.machines[0].turn();
    assert!(house.shows(0) <= size, "{} of {size}", house.shows(0));
}

/// A writer whose database lost entries refused one command after the other, and went on.
#[test]
fn a_writer_whose_database_lost_entries_halts() {
    let mut house = House::new(2);
    for _ in 0..20 {
        assert!(house.submit(0));
        house.all_turn();
    }
    assert!(servers(&house.world).fail_over(false, true) > 0);
    assert!(!house.submit(0));
    let standing = house.machines[0].standing();
    assert!(matches!(standing, Some(Standing::Halted { .. })), "{standing:?}");
    house.all_turn();
    let standing = house.machines[1].standing();
    assert!(matches!(standing, Some(Standing::Follows { lost: Some(_), .. })), "{standing:?}");
}

/// Where only an old lease could be read, a node said that it was ready and behind nothing.
#[test]
fn whoever_reads_of_no_writer_while_there_is_one_says_so() {
    let mut house = House::new(2);
    house.all_turn();
    let follows = |house: &House| match house.machines[1].standing() {
        Some(Standing::Follows { lost, .. }) => lost,
        other => panic!("{other:?}"),
    };
    // It reads from the standby, which stands still.
    servers(&house.world).seats[1].reach[0] = false;
    house.all_turn();
    servers(&house.world).seats[1].reach[0] = true;
    servers(&house.world).lag();
    assert_eq!(follows(&house), None);
    let shown = house.shows(1);
    assert!(house.submit(0), "who writes is not disturbed");
    for _ in 0..20 {
        house.all_turn();
    }
    assert_eq!(house.shows(1), shown);
    assert!(follows(&house).is_some_and(|why| why.contains("another node writes")));
    assert_eq!(house.machines[0].standing(), Some(Standing::Leads));
    servers(&house.world).catch_up();
    for _ in 0..3 {
        house.all_turn();
    }
    assert_eq!((follows(&house), house.shows(1)), (None, house.size()));
}

/// Nodes that took over from each other kept no snapshot: who joined replayed the whole record.
#[test]
fn those_who_follow_keep_snapshots_for_those_who_join() {
    let mut house = House::new(2);
    let kept = |house: &House| {
        let store = SimulatedStore::read(&house.world, 0).unwrap();
        store.latest_snapshot(SCHEMA).unwrap().usable.map(|snapshot| snapshot.position)
    };
    let before = kept(&house).unwrap_or(0);
    for _ in 0..SNAPSHOT_AFTER + 1 {
        assert!(house.submit(0));
        house.all_turn();
    }
    let now = kept(&house).expect("one was kept");
    assert!(now >= before + SNAPSHOT_AFTER && now <= house.size(), "{before} {now}");
}

/// The seed of the log's key.
fn log_seed() -> [u8; 32] {
    let text = String::from_utf8(founded().log_key.clone()).unwrap();
    text.trim_end().parse::<Digest>().unwrap().0
}

/// A record whose last head is changed before the follower sees it, or an entry of it.
fn house_with(change: impl Fn(&mut Database)) -> House {
    let mut house = House::new(2);
    house.all_turn();
    assert!(house.submit(0));
    let mut cluster = servers(&house.world);
    cluster.databases().for_each(change);
    drop(cluster);
    house
}

/// A head was believed that fitted the entries, whoever had signed it.
#[test]
fn a_head_that_the_log_has_not_signed_halts_whoever_follows() {
    let sign = |seed: u8, more: u64| {
        move |db: &mut Database| {
            let mark = db.marks.pop().unwrap();
            let mut stored = Head::of(&countersign_store::Head {
                epoch: 1,
                size: mark.size,
                root: mark.head.root,
                frontier: mark.head.frontier.clone(),
            });
            let head = stored.as_mut().unwrap();
            let origin = head.note.lines().next().unwrap().to_owned();
            let root = Digest(head.frontier.root().0);
            let key = if seed == 0 { log_seed() } else { [seed; 32] };
            let key = LogKey::from_seed(&origin, key).unwrap();
            head.note = key.sign(mark.size + more, root);
            let frontier = head.encode().unwrap();
            let head = NewHead { root: mark.head.root, frontier };
            db.marks.push(Arc::new(Mark { size: mark.size, head }));
        }
    };
    for (seed, more, is_good) in [(0, 0, true), (0, 1, false), (1, 0, false)] {
        let mut house = house_with(sign(seed, more));
        let before = house.shows(1);
        house.all_turn();
        house.turn(1);
        let standing = house.machines[1].standing();
        let halted = matches!(standing, Some(Standing::Halted { .. }));
        assert_eq!((halted, house.shows(1) > before), (!is_good, is_good), "{standing:?}");
    }
}

/// What was replayed was not held against the entry that the log's head stands for.
#[test]
fn a_body_that_is_not_its_entrys_halts_whoever_follows() {
    let mut house = house_with(|db| {
        let mut entry = (*db.entries.pop().unwrap()).clone();
        *entry.body.last_mut().unwrap() ^= 1;
        db.entries.push(Arc::new(entry));
    });
    house.all_turn();
    house.turn(1);
    let standing = house.machines[1].standing();
    assert!(matches!(standing, Some(Standing::Halted { .. })), "{standing:?}");
}

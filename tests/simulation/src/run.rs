//! A run: three nodes, their clients, and everything that goes wrong, one step after another.

use crate::cluster::Cluster;
use crate::database::Database;
use crate::machine::{Answer, Machine, Outbox};
use crate::oracle::{self, Broken, Oracle, broken};
use crate::planted::Planted;
use crate::programme::{Client, founded};
use crate::random::Random;
use crate::site::Place;
use crate::store::{World, servers};
use crate::trace::Trace;
use crate::world;
use countersign::node::Standing;
use countersign::writer::{Submission, Unavailable};
use countersign_proof::words::{CommandId, Digest, Moment};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// How many nodes there are.
pub const NODES: usize = 3;
/// How many clients.
const CLIENTS: u64 = 6;
/// How many answered commands are kept to be sent again.
const ANSWERED: usize = 32;
/// An hour, in milliseconds.
pub const HOUR: u64 = 3_600_000;

/// What a run is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What everything follows from.
    pub seed: u64,
    /// How many hours of simulated time.
    pub hours: u64,
    /// What is wrong on purpose.
    pub planted: Planted,
    /// Whether the database loses what it acknowledged, once.
    pub loses: bool,
}

/// What a run was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// How many steps.
    pub steps: u64,
    /// How much simulated time, in milliseconds.
    pub millis: u64,
    /// How many entries the record has.
    pub entries: u64,
    /// How many commands were acknowledged.
    pub acknowledged: u64,
    /// How often what happened.
    pub counts: BTreeMap<&'static str, u64>,
    /// The digest of the trace.
    pub digest: Digest,
}

/// A run that found something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The run.
    pub settings: Settings,
    /// At which step.
    pub step: u64,
    /// Which check found it.
    pub check: &'static str,
    /// What it found.
    pub what: String,
    /// The last steps.
    pub trace: Vec<String>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in &self.trace {
            writeln!(f, "  {line}")?;
        }
        let Self { settings: Settings { seed, .. }, step, check, what, .. } = self;
        write!(f, "seed {seed}, step {step}: not so: {check}\n  {what}")
    }
}

/// A client with the command that it waits for.
pub(crate) struct Desk {
    client: Client,
    waits: Option<Waiting>,
}

struct Waiting {
    submission: Submission,
    open: usize,
    again_at: u64,
}

/// A run under way.
pub(crate) struct Run {
    pub(crate) settings: Settings,
    pub(crate) world: World,
    pub(crate) random: Random,
    pub(crate) machines: Vec<Machine>,
    pub(crate) oracle: Oracle,
    pub(crate) trace: Trace,
    pub(crate) counts: BTreeMap<&'static str, u64>,
    pub(crate) step: u64,
    /// What is said of this step.
    pub(crate) said: Vec<String>,
    /// What the database lost: how many entries survived, and those before.
    pub(crate) lost: Option<(u64, Database)>,
    /// Who had seen what was lost.
    pub(crate) was_seen: Vec<bool>,
    desks: Vec<Desk>,
    answered: Vec<Submission>,
    outbox: Outbox,
    started: u64,
}

/// Runs the nodes.
///
/// # Errors
/// What was found.
pub fn run(settings: Settings) -> Result<Done, Box<Failure>> {
    let shared = Path::new("/dev/shm");
    let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() };
    let folder = folder.expect("a temporary folder");
    let mut run = Run::new(settings, folder.path());
    match run.all() {
        Ok(()) => Ok(run.done()),
        Err(Broken { check, what }) => {
            run.end_step();
            let (step, trace) = (run.step, run.trace.last());
            Err(Box::new(Failure { settings, step, check, what, trace }))
        }
    }
}

impl Run {
    fn new(settings: Settings, folder: &Path) -> Self {
        let Settings { seed, planted, .. } = settings;
        let founded = founded();
        let db = Database::new(founded.entries.clone(), founded.head.clone());
        let started = world::start().millis() + HOUR;
        let random = Random::new(seed, "servers");
        let world: World = Arc::new(Mutex::new(Cluster::new(db, started, NODES, random, planted)));
        let machines = (0..NODES).map(|node| {
            let folder = folder.join(format!("node-{node}"));
            std::fs::create_dir(&folder).expect("a folder");
            std::fs::write(folder.join("log.key"), &founded.log_key).expect("a file");
            Machine::new(Place::new(world.clone(), node, &folder, seed), &folder)
        });
        let desk = |number| Desk { client: Client::new(1_000 + number, seed), waits: None };
        Self {
            settings,
            machines: machines.collect(),
            world,
            random: Random::new(seed, "run"),
            oracle: Oracle::default(),
            trace: Trace::default(),
            counts: BTreeMap::new(),
            step: 0,
            said: Vec::new(),
            lost: None,
            was_seen: Vec::new(),
            desks: (0..CLIENTS).map(desk).collect(),
            answered: Vec::new(),
            outbox: Outbox::default(),
            started,
        }
    }

    fn done(&self) -> Done {
        Done {
            steps: self.step,
            millis: self.now() - self.started,
            entries: self.oracle.size(),
            acknowledged: self.oracle.told() as u64,
            counts: self.counts.clone(),
            digest: self.trace.digest(),
        }
    }

    fn all(&mut self) -> Result<(), Broken> {
        self.look()?;
        let end = self.started + self.settings.hours * HOUR;
        let mut loses_in = self.settings.loses.then(|| self.random.between(2, 6));
        while self.now() < end {
            for _ in 0..self.random.between(400, 1_200) {
                self.one_step()?;
            }
            self.calm()?;
            if let Some(left) = &mut loses_in {
                *left -= 1;
                if *left == 0 {
                    return self.lose();
                }
            }
            self.quiet()?;
        }
        Ok(())
    }

    /// The true time.
    pub(crate) fn now(&self) -> u64 {
        servers(&self.world).now
    }

    /// Counts what happened, and says it.
    pub(crate) fn happens(&mut self, what: &'static str, detail: String) {
        *self.counts.entry(what).or_default() += 1;
        self.said.push(if detail.is_empty() {
            what.to_owned()
        } else {
            format!("{what} {detail}")
        });
    }

    /// A step in which nothing goes wrong but what already has.
    pub(crate) fn step_after_loss(&mut self) -> Result<(), Broken> {
        let millis = self.random.between(1, 200);
        self.pass(millis);
        if self.random.chance(600) {
            let node = self.random.place(NODES);
            self.turn(node)?;
        } else {
            self.client_acts();
        }
        self.finish_step()
    }

    fn one_step(&mut self) -> Result<(), Broken> {
        let millis = self.random.between(1, 60);
        self.pass(millis);
        match self.random.below(100) {
            0..56 => {
                let node = self.random.place(NODES);
                self.turn(node)?;
            }
            56..92 => self.client_acts(),
            92..95 => {
                let millis = self.random.between(200, 5_000);
                self.pass(millis);
                self.happens("time passes", format!("by {millis} ms"));
            }
            _ => self.fault(),
        }
        self.finish_step()
    }

    /// Lets time pass, and leases be renewed.
    pub(crate) fn pass(&mut self, millis: u64) {
        let mut servers = servers(&self.world);
        servers.pass(millis);
        servers.renew();
    }

    /// Ends a step: looks whether everything holds.
    pub(crate) fn finish_step(&mut self) -> Result<(), Broken> {
        self.answers()?;
        self.look()?;
        if self.step.is_multiple_of(256) {
            self.look_closely()?;
        }
        self.end_step();
        Ok(())
    }

    fn end_step(&mut self) {
        let mut said = std::mem::take(&mut self.said);
        let mut servers = servers(&self.world);
        said.append(&mut servers.notes);
        let passed = servers.now - self.started;
        drop(servers);
        let (hours, rest) = (passed / HOUR, passed % HOUR);
        let (minutes, millis) = (rest / 60_000, rest % 60_000);
        let at = format!("{hours}:{minutes:02}:{:02}.{:03}", millis / 1_000, millis % 1_000);
        self.trace.add(format!("{} at {at}: {}", self.step, said.join("; ")));
        self.step += 1;
    }

    /// A node takes a turn, or its process starts.
    pub(crate) fn turn(&mut self, node: usize) -> Result<(), Broken> {
        let machine = &mut self.machines[node];
        if machine.process.is_none() {
            if self.random.chance(250) {
                let started = machine.start();
                self.oracle.forget(node);
                self.happens("a node starts", format!("{node}: {started}"));
            }
            return Ok(());
        }
        if servers(&self.world).seats[node].is_paused {
            return Ok(());
        }
        let before = machine.standing();
        let jobs = machine.turn();
        let after = machine.standing();
        if jobs > 0 || before != after {
            let after = after.as_ref().map(|standing| machine.said(standing)).unwrap_or_default();
            self.said.push(format!("node {node} takes {jobs} commands and {after}"));
        }
        if let Some(Standing::Halted { why }) = &after
            && before != after
        {
            let why = why.clone();
            self.halted(node, &why)?;
        }
        if servers(&self.world).seats[node].is_dead {
            // It ended within its turn: nobody heard what it answered.
            let mut outbox = self.outbox.lock().expect("one thread");
            outbox.iter_mut().for_each(|answer| answer.is_lost = true);
            drop(outbox);
            self.end(node);
        }
        Ok(())
    }

    fn halted(&mut self, node: usize, why: &str) -> Result<(), Broken> {
        self.happens("a node halts", format!("{node}"));
        // What an old primary shows may be another history, and then nobody can tell which is true.
        let process = self.machines[node].process.as_ref();
        let shown = process.map_or(0, |process| process.reader.position());
        if self.lost.is_some() || servers(&self.world).differs(shown) {
            return Ok(());
        }
        broken(oracle::HALTS, format!("node {node} halts: {why}"))
    }

    /// The process of a node ends.
    pub(crate) fn end(&mut self, node: usize) {
        for id in self.machines[node].end() {
            self.oracle.failed(id, false);
            self.forget_attempt(id);
        }
        self.happens("a node's process ends", format!("{node}"));
    }

    fn forget_attempt(&mut self, id: CommandId) {
        let waits = self.desks.iter_mut().filter_map(|desk| desk.waits.as_mut());
        for waits in waits.filter(|waits| waits.submission.id == id) {
            waits.open = waits.open.saturating_sub(1);
        }
    }

    /// A client sends what it has to send.
    pub(crate) fn client_acts(&mut self) {
        if !self.answered.is_empty() && self.random.chance(30) {
            let submission = self.answered[self.random.place(self.answered.len())].clone();
            self.happens("an answered command comes again", submission.id.to_string());
            let node = self.random.place(NODES);
            self.send(node, submission);
            return;
        }
        let (desk, node) = (self.random.place(self.desks.len()), self.random.place(NODES));
        let now = self.now();
        let at = Moment::from_millis(now).expect("a moment");
        let reader = self.machines[node].process.as_ref().map(|process| process.reader.clone());
        let desk = &mut self.desks[desk];
        let (mut open, first) = match &desk.waits {
            None => (0, true),
            Some(waits) if waits.open == 0 || waits.again_at <= now => (waits.open, false),
            Some(_) => return,
        };
        let submission = match (&desk.waits, reader) {
            (Some(waits), _) => waits.submission.clone(),
            (None, None) => return,
            (None, Some(reader)) => match desk.client.next(&reader, at) {
                Some(submission) => submission,
                None => return,
            },
        };
        let twice = first && self.random.chance(40);
        let again_at = now + self.random.between(500, 8_000);
        open += 1 + usize::from(twice);
        desk.waits = Some(Waiting { submission: submission.clone(), open, again_at });
        let what = if first { "a command is sent" } else { "a command is sent again" };
        self.happens(what, format!("to node {node}: {}", submission.id));
        self.send(node, submission.clone());
        if twice {
            self.send((node + 1) % NODES, submission);
        }
    }

    /// Sends a command to a node.
    pub(crate) fn send(&mut self, node: usize, submission: Submission) {
        self.oracle.sends(submission.id);
        if let Err(id) = self.machines[node].takes(submission, &self.outbox) {
            self.oracle.failed(id, false);
            self.forget_attempt(id);
        }
    }

    /// Goes through the answers that came.
    pub(crate) fn answers(&mut self) -> Result<(), Broken> {
        let answers = std::mem::take(&mut *self.outbox.lock().expect("one thread"));
        for Answer { id, node, answer, is_lost } in answers {
            self.forget_attempt(id);
            match answer {
                Ok(receipt) if !is_lost => {
                    let cluster = servers(&self.world);
                    let known = self.lost.is_none();
                    if known {
                        self.oracle.acknowledged(id, &receipt, cluster.durable())?;
                    }
                    drop(cluster);
                    if self.lost.is_some() {
                        self.answered_after_loss(node, &receipt)?;
                    }
                    self.happens("a command is acknowledged", receipt.seq.to_string());
                    let of_it = |desk: &&mut Desk| {
                        desk.waits.as_ref().is_some_and(|waits| waits.submission.id == id)
                    };
                    if let Some(desk) = self.desks.iter_mut().find(of_it) {
                        desk.client.answered(&receipt);
                        let submission = desk.waits.take().map(|waits| waits.submission);
                        self.answered.extend(submission);
                        if self.answered.len() > ANSWERED {
                            self.answered.remove(0);
                        }
                    }
                }
                Ok(_) | Err(Unavailable::Unknown(_)) => {
                    self.oracle.failed(id, true);
                    self.happens("nobody knows what became of a command", String::new());
                }
                Err(Unavailable::Elsewhere(_)) => {
                    self.oracle.failed(id, false);
                    *self.counts.entry("a command is sent away").or_default() += 1;
                }
                Err(_) if is_lost => self.oracle.failed(id, false),
                Err(why) => {
                    self.oracle.failed(id, false);
                    let why = self.machines[node].without_folder(&why.to_string());
                    self.happens("a command is not recorded:", why);
                }
            }
        }
        Ok(())
    }

    /// Looks whether everything that changed is as it must be.
    pub(crate) fn look(&mut self) -> Result<(), Broken> {
        let mut servers = servers(&self.world);
        let kept = std::mem::take(&mut servers.kept);
        if self.lost.is_some() {
            drop(servers);
            return self.look_after_loss();
        }
        self.oracle.grown(&kept, servers.durable())?;
        drop(servers);
        for (node, machine) in self.machines.iter_mut().enumerate() {
            if let Some(process) = &mut machine.process {
                process.position = self.oracle.shown(node, &process.reader, process.position)?;
            }
        }
        Ok(())
    }

    /// Looks at every entry, every answer and every state.
    pub(crate) fn look_closely(&mut self) -> Result<(), Broken> {
        if self.lost.is_some() {
            return Ok(());
        }
        let servers = servers(&self.world);
        let readers = self.machines.iter().enumerate().filter_map(|(node, machine)| {
            machine.process.as_ref().map(|process| (node, process.reader.clone()))
        });
        let readers: Vec<_> = readers.collect();
        self.oracle.everything(servers.durable())?;
        self.oracle.states(&readers, servers.durable())
    }
}

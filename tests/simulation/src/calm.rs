//! How everything is put right again, and what must be so then.

use crate::cluster::{Fate, HOSTS};
use crate::machine::Machine;
use crate::oracle::{self, Broken, broken};
use crate::programme;
use crate::run::{HOUR, NODES, Run};
use crate::store::servers;
use crate::world;
use countersign::node::Standing;
use countersign::writer::{Asked, Submission};
use countersign_proof::words::CommandId;

/// How many rounds the nodes get to agree once nothing goes wrong any more.
const ROUNDS: u64 = 200;

impl Run {
    fn put_right(&mut self) {
        let mut servers = servers(&self.world);
        servers.join();
        servers.rewind_old();
        servers.catch_up();
        for seat in &mut servers.seats {
            seat.reach = [true; HOSTS];
            seat.flaky = 0;
            seat.fate = Fate::Usual;
            seat.dies_in = None;
            seat.amid = None;
            seat.is_paused = false;
        }
        drop(servers);
        self.machines.iter().for_each(|machine| machine.set_off(0));
        self.happens("everything is put right", String::new());
        for node in 0..NODES {
            // A person has looked, and starts it again.
            if let Some(Standing::Halted { .. }) = self.machines[node].standing()
                && self.lost.is_none()
            {
                self.end(node);
            }
        }
    }

    /// Everything is put right, and then the nodes have to agree and to serve.
    pub(crate) fn calm(&mut self) -> Result<(), Broken> {
        self.put_right();
        self.finish_step()?;
        self.rounds()?;
        self.probe()?;
        self.rounds()?;
        self.look_closely()
    }

    /// Everybody takes a turn.
    fn round(&mut self) -> Result<(), Broken> {
        self.pass(200);
        self.time_passes();
        for node in 0..NODES {
            if self.machines[node].process.is_none() {
                let said = self.machines[node].start();
                self.oracle.forget(node);
                self.happens("a node starts", format!("{node}: {said}"));
            } else {
                self.turn(node)?;
            }
        }
        self.finish_step()
    }

    fn rounds(&mut self) -> Result<(), Broken> {
        for _ in 0..ROUNDS {
            self.round()?;
            if self.agree() {
                return Ok(());
            }
        }
        let standings = self.machines.iter().map(|machine| {
            let said =
                machine.standing().map_or("is not there".to_owned(), |found| machine.said(&found));
            let shown = machine.process.as_ref().map_or(0, |process| process.position);
            format!("{said}, shows {shown}")
        });
        let standings: Vec<_> = standings.collect();
        broken(oracle::SERVES, format!("after {ROUNDS} rounds: {}", standings.join("; ")))
    }

    /// What is due by now is to happen, as servers ask from time to time.
    pub(crate) fn time_passes(&mut self) {
        let submission = Submission { id: CommandId([0; 16]), by: None, asked: Asked::Time };
        for machine in &mut self.machines {
            machine.lets_time_pass(submission.clone());
        }
    }

    /// Whether one leads and the others follow it to the end of the record.
    fn agree(&self) -> bool {
        let size = self.oracle.size();
        let leaders = self.machines.iter().filter(|m| m.standing() == Some(Standing::Leads));
        let follows = |machine: &Machine| match machine.standing() {
            Some(Standing::Leads) => true,
            Some(Standing::Follows { lost, .. }) => lost.is_none(),
            Some(Standing::Halted { .. }) | None => false,
        };
        let shows = |machine: &Machine| {
            machine.process.as_ref().is_some_and(|process| process.position == size)
        };
        leaders.count() == 1 && self.machines.iter().all(follows) && self.machines.iter().all(shows)
    }

    /// A clock that was ahead has left entries that are still to come.
    fn wait_for_clocks(&mut self) {
        let shown = self.machines.iter().filter_map(|machine| machine.process.as_ref());
        let shown = shown.map(|process| process.reader.read(|state| state.ledger.clock.millis()));
        let ahead = shown.max().unwrap_or(0).saturating_sub(self.now());
        self.pass(ahead);
    }

    /// A command is taken by the node that leads.
    fn probe(&mut self) -> Result<(), Broken> {
        let id = CommandId(self.random.bytes());
        let by = Some(world::authority("P-S"));
        let submission = Submission { id, by, asked: programme::receive() };
        for _ in 0..ROUNDS {
            self.wait_for_clocks();
            if let Some(leader) = self.leader() {
                self.send(leader, submission.clone());
            }
            self.round()?;
            if self.oracle.was_told(id) {
                return Ok(());
            }
        }
        broken(oracle::SERVES, "no node takes a command".to_owned())
    }

    /// Nothing happens for a while.
    pub(crate) fn quiet(&mut self) -> Result<(), Broken> {
        let millis = self.random.between(HOUR / 6, 3 * HOUR / 2);
        self.pass(millis);
        let leader = self.leader().unwrap_or(0);
        self.time_passes();
        self.happens("it is quiet", format!("for {} min", millis / 60_000));
        self.turn(leader)?;
        self.finish_step()
    }
}

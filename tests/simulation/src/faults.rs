//! What goes wrong.

use crate::cluster::{Amid, Fate, HOSTS};
use crate::run::{NODES, Run};
use crate::store::servers;
use countersign::node::Standing;
use countersign_core::record::{self, SCHEMA};

impl Run {
    /// Something goes wrong, or is put right.
    pub(crate) fn fault(&mut self) {
        let node = self.random.place(NODES);
        let leader = self.leader().unwrap_or(node);
        // What hits the node that writes is worth more.
        let node = if self.random.chance(500) { leader } else { node };
        match self.random.below(27) {
            0 => {
                if self.machines[node].process.is_some() {
                    self.end(node);
                }
            }
            1 | 2 => {
                let calls = u32::try_from(self.random.between(1, 14)).expect("a small number");
                servers(&self.world).seats[node].dies_in = Some(calls);
                self.happens("a node will end", format!("{node}, at its call {calls}"));
            }
            3 | 4 => self.pause(node),
            5..=7 => self.network(node),
            8..=11 => self.disk(node),
            12 | 13 => self.clock(node),
            14..=16 => self.standby(),
            17 => {
                servers(&self.world).restart();
                self.happens("the primary restarts", String::new());
            }
            18 | 19 => {
                let comes_back = self.random.chance(600);
                self.fail_over(comes_back);
            }
            20 | 21 => self.old_primary(),
            22 => self.snapshot(node),
            23..=25 => self.amid(node),
            _ => {
                let mut servers = servers(&self.world);
                let lags = self.random.chance(600);
                if lags {
                    servers.lag()
                } else {
                    servers.catch_up()
                }
                drop(servers);
                let what = if lags { "the standby lags" } else { "the standby catches up" };
                self.happens(what, String::new());
            }
        }
    }

    /// The node that leads, if one does.
    pub(crate) fn leader(&self) -> Option<usize> {
        self.machines.iter().position(|machine| machine.standing() == Some(Standing::Leads))
    }

    fn amid(&mut self, node: usize) {
        let all = [Amid::FailOver, Amid::Restart, Amid::Part, Amid::Elsewhere, Amid::Lease];
        let amid = all[self.random.place(all.len())];
        let calls = u32::try_from(self.random.between(1, 12)).expect("a small number");
        servers(&self.world).seats[node].amid = Some((calls, amid));
        self.happens("something will happen amid a turn:", format!("node {node}, {amid:?}"));
    }

    fn pause(&mut self, node: usize) {
        let mut servers = servers(&self.world);
        let seat = &mut servers.seats[node];
        seat.is_paused = !seat.is_paused;
        let what = if seat.is_paused { "a node is paused:" } else { "a node goes on:" };
        drop(servers);
        self.happens(what, format!("{node}"));
        if what == "a node is paused:" && self.random.chance(500) {
            let millis = self.random.between(3_000, 12_000);
            self.pass(millis);
            self.said.push(format!("for {millis} ms at least"));
        }
    }

    fn network(&mut self, node: usize) {
        let mut servers = servers(&self.world);
        let seat = &mut servers.seats[node];
        let what = match self.random.below(5) {
            0 => {
                seat.reach = [false; HOSTS];
                "a node is cut off:"
            }
            1 => {
                seat.reach[self.random.place(HOSTS)] ^= true;
                "a node's way to a host changes:"
            }
            2 => {
                seat.flaky = self.random.between(20, 300);
                "a node's connections break:"
            }
            _ => {
                seat.reach = [true; HOSTS];
                seat.flaky = 0;
                "a node has its network again:"
            }
        };
        drop(servers);
        self.happens(what, format!("{node}"));
    }

    fn disk(&mut self, node: usize) {
        let (fate, what) = match self.random.below(4) {
            0 => (Fate::Torn, "an append will be torn:"),
            1 => (Fate::Lost, "an answer will be lost:"),
            _ => {
                let after = self.random.between(20, 6_000);
                let begun = self.random.chance(500);
                (Fate::Slow { after, begun }, "an append will be slow:")
            }
        };
        servers(&self.world).seats[node].fate = fate;
        self.happens(what, format!("node {node}"));
    }

    fn clock(&mut self, node: usize) {
        let (from, to, what) = match self.random.below(6) {
            0 | 1 => (-4_500, 4_500, "a clock is off a little:"),
            2 => (-7_200_000, -6_000, "a clock jumps back:"),
            3 => (6_000, 600_000, "a clock jumps forward:"),
            _ => (0, 1, "a clock is set right:"),
        };
        let span = u64::try_from(to - from).expect("it is not reversed");
        let off = from + i64::try_from(self.random.below(span)).expect("a small number");
        self.machines[node].set_off(off);
        self.happens(what, format!("node {node}, {off} ms"));
    }

    fn standby(&mut self) {
        let mut servers = servers(&self.world);
        let linked = servers.is_linked();
        if linked {
            servers.part()
        } else {
            servers.join()
        }
        drop(servers);
        let what = if linked { "the standby is cut off" } else { "the standby is back" };
        self.happens(what, String::new());
    }

    pub(crate) fn fail_over(&mut self, comes_back: bool) {
        let mut servers = servers(&self.world);
        servers.fail_over(comes_back, false);
        for seat in &mut servers.seats {
            // Who still reaches the old primary may not reach the new one, and the other way round.
            if comes_back && self.random.chance(400) {
                seat.reach[self.random.place(HOSTS)] ^= true;
            }
        }
        drop(servers);
        let what = if comes_back { ", and the old primary comes back" } else { "" };
        self.happens("the standby takes over", what.to_owned());
    }

    fn old_primary(&mut self) {
        let mut servers = servers(&self.world);
        if !servers.has_old() {
            return;
        }
        let restarts = self.random.chance(500);
        if restarts {
            servers.restart_old()
        } else {
            servers.rewind_old()
        }
        drop(servers);
        let what =
            if restarts { "the old primary restarts" } else { "the old primary is set up anew" };
        self.happens(what, String::new());
    }

    fn snapshot(&mut self, node: usize) {
        let Some(process) = &self.machines[node].process else { return };
        let taken = process.reader.read_at(|state, size| (record::snapshot(state), size));
        if let (Ok(bytes), size) = taken
            && servers(&self.world).save(size, SCHEMA, &bytes)
        {
            self.happens("a snapshot is kept", format!("after {size} entries"));
        }
    }
}

//! A database that lost what it acknowledged: then nobody who has seen it goes on.

use crate::oracle::{self, Broken, broken};
use crate::run::{NODES, Run};
use crate::store::servers;
use countersign::node::Standing;
use countersign::opening::SeenHead;
use countersign::writer::Receipt;

impl Run {
    /// The database loses acknowledged entries, and the run goes on only to see who halts.
    pub(crate) fn lose(&mut self) -> Result<(), Broken> {
        let before = servers(&self.world).durable().clone();
        let gone = servers(&self.world).fail_over(false, true);
        let left = self.oracle.size() - gone;
        self.lost = Some((left, before));
        self.happens("the database loses entries:", format!("{gone}, after the first {left}"));
        self.finish_step()?;
        for _ in 0..400 {
            self.step_after_loss()?;
        }
        // Whoever does not know better writes; then the others see that it is another history.
        for _ in 0..100 {
            for node in 0..NODES {
                self.pass(200);
                self.client_acts();
                self.time_passes();
                self.turn(node)?;
                self.finish_step()?;
            }
        }
        for node in 0..NODES {
            self.halted_if_seen(node)?;
        }
        Ok(())
    }

    /// Whether a node has shown, or acknowledged, what was lost.
    fn has_seen(&self, node: usize) -> bool {
        let Some((left, _)) = &self.lost else { return false };
        let machine = &self.machines[node];
        let kept =
            SeenHead::of(&machine.place.location).and_then(|seen| seen.read().ok().flatten());
        kept.is_some_and(|head| head.size() > *left)
            || machine.process.as_ref().is_some_and(|process| process.position > *left)
    }

    fn halted_if_seen(&self, node: usize) -> Result<(), Broken> {
        let machine = &self.machines[node];
        match machine.standing() {
            Some(standing) if self.was_seen[node] => match standing {
                Standing::Halted { .. } => Ok(()),
                // It shows what was acknowledged, and neither writes nor shows anything else.
                Standing::Follows { lost: Some(_), .. } => Ok(()),
                Standing::Follows { lost: None, .. } | Standing::Leads => {
                    broken(oracle::HALTED, format!("node {node} {}", machine.said(&standing)))
                }
            },
            _ => Ok(()),
        }
    }

    /// Nothing is acknowledged by a node that has seen what is lost.
    pub(crate) fn answered_after_loss(
        &mut self,
        node: usize,
        receipt: &Receipt,
    ) -> Result<(), Broken> {
        let repeated = self.lost.as_ref().is_some_and(|(left, _)| receipt.seq < *left);
        if !self.was_seen[node] || repeated {
            return Ok(());
        }
        broken(oracle::HALTED, format!("node {node} acknowledges entry {}", receipt.seq))
    }

    /// Nobody who has shown what was acknowledged shows anything else.
    pub(crate) fn look_after_loss(&mut self) -> Result<(), Broken> {
        if self.was_seen.is_empty() {
            self.was_seen = (0..NODES).map(|node| self.has_seen(node)).collect();
        }
        for node in 0..NODES {
            if !self.was_seen[node] {
                continue;
            }
            let Some(process) = &self.machines[node].process else { continue };
            if process.reader.position() > process.position {
                let what = format!("node {node} shows {} entries", process.reader.position());
                return broken(oracle::HALTED, what);
            }
            self.oracle.shown(node, &process.reader, process.position)?;
        }
        Ok(())
    }
}

//! Instances: random ones from a seed, and small ones written by hand.

use super::random::Random;
use countersign_core::rerouting::{ItemProblem, ProblemError, Slot, Vetoes};

/// What a problem is made from, in the order in which it happens to be known.
#[derive(Clone, Debug)]
pub struct Instance {
    pub base: Vec<i64>,
    pub threshold: Vec<u64>,
    pub slots: Vec<Slot>,
    pub vetoes: Vetoes,
}

/// Bounds of random instances.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub months: u64,
    pub earmarks: u64,
    pub quantity: u64,
    pub harm: u64,
    /// The position lies from minus this to this, the threshold from 0 to this.
    pub position: u64,
}

pub const TINY: Size = Size { months: 3, earmarks: 2, quantity: 2, harm: 2, position: 3 };
pub const SMALL: Size = Size { months: 12, earmarks: 8, quantity: 9, harm: 5, position: 60 };

pub fn slot(earmark: &str, recipient: &str, month: u16, quantity: u64, harm: u64) -> Slot {
    Slot {
        earmark: earmark.parse().unwrap(),
        recipient: recipient.parse().unwrap(),
        month,
        quantity,
        harm,
        divertible: true,
    }
}

pub fn kept(slot: Slot) -> Slot {
    Slot { divertible: false, ..slot }
}

pub fn veto(recipients: &[&str], earmarks: &[&str]) -> Vetoes {
    Vetoes {
        recipients: recipients.iter().map(|name| name.parse().unwrap()).collect(),
        earmarks: earmarks.iter().map(|name| name.parse().unwrap()).collect(),
    }
}

impl Instance {
    pub fn new(base: &[i64], threshold: &[u64], slots: &[Slot]) -> Self {
        let (base, threshold, slots) = (base.to_vec(), threshold.to_vec(), slots.to_vec());
        Self { base, threshold, slots, vetoes: Vetoes::none() }
    }

    pub fn random(seed: u64, number: u64, size: Size) -> Self {
        let mut random = Random::new(seed, number);
        let months = random.between(1, size.months);
        let level = |random: &mut Random| random.below(size.position + 1);
        let mut threshold = level(&mut random);
        let mut instance = Self::new(&[], &[], &[]);
        for _ in 0..months {
            if random.percent(20) {
                threshold = level(&mut random);
            }
            let base = i64::try_from(random.below(2 * size.position + 1)).unwrap();
            instance.base.push(base - i64::try_from(size.position).unwrap());
            instance.threshold.push(threshold);
        }
        let earmarks = random.between(1, size.earmarks);
        for earmark in 1..=earmarks {
            let recipient = format!("R-{}", random.between(1, 1 + earmarks / 2));
            for month in 1..=u16::try_from(months).unwrap() {
                if random.percent(30) {
                    continue;
                }
                let name = format!("EM-{earmark}");
                let quantity = random.below(size.quantity + 1);
                let harm = random.below(size.harm + 1);
                let slot = slot(&name, &recipient, month, quantity, harm);
                let fixed = random.percent(15);
                instance.slots.push(if fixed { kept(slot) } else { slot });
            }
        }
        if random.percent(20) {
            instance.vetoes = veto(&["R-2", "R-nobody"], &["EM-1"]);
        }
        instance.shuffle(&mut random);
        instance
    }

    /// Puts the slots into another order.
    pub fn shuffle(&mut self, random: &mut Random) {
        for last in (1..self.slots.len()).rev() {
            let other = random.below(u64::try_from(last).unwrap() + 1);
            self.slots.swap(last, usize::try_from(other).unwrap());
        }
    }

    pub fn problem(&self) -> ItemProblem {
        self.try_problem().unwrap()
    }

    pub fn try_problem(&self) -> Result<ItemProblem, ProblemError> {
        let first = "2025-07".parse().unwrap();
        let (base, threshold) = (self.base.clone(), self.threshold.clone());
        ItemProblem::new("AAM".parse().unwrap(), first, base, threshold, self.slots.clone())
    }

    /// How short each month is, from the definition.
    pub fn need(&self) -> Vec<u64> {
        let need = |(base, threshold): (&i64, &u64)| {
            u64::try_from((i128::from(*threshold) - i128::from(*base)).max(0)).unwrap()
        };
        self.base.iter().zip(&self.threshold).map(need).collect()
    }

    /// The slots that may be diverted, in the order of goal 4: harm, month, earmark id.
    pub fn free(&self) -> Vec<Slot> {
        let barred = |slot: &Slot| {
            !slot.divertible
                || self.vetoes.recipients.contains(&slot.recipient)
                || self.vetoes.earmarks.contains(&slot.earmark)
        };
        let mut free: Vec<Slot> = self.slots.iter().filter(|slot| !barred(slot)).cloned().collect();
        free.sort_by_key(|slot| (slot.harm, slot.month, slot.earmark.clone()));
        free
    }
}

//! Given approval sets: whose refusal locks, and what is left without some offices?
//!
//! Everything follows from the minimal approval sets. An office is in every satisfying set exactly
//! if it is in every minimal one, and some offices together block every satisfying set exactly if
//! they block every minimal one, whether or not more approvals always help.

use crate::policy::{OFFICES_MAX, PolicyError, Verdict};
use countersign_proof::words::OfficeId;
use std::collections::BTreeSet;

/// Sets of offices.
pub type Sets = BTreeSet<BTreeSet<OfficeId>>;

/// How many groups of offices are weighed at most for the least that lock a share.
pub const GROUPS_MAX: u64 = 1 << 21;

/// The offices whose refusal alone locks: those in every approval set. None under a standing
/// permission, and none where the act is prohibited anyway.
#[must_use]
pub fn vetoes(verdict: &Verdict) -> BTreeSet<OfficeId> {
    match verdict {
        Verdict::Needs(sets) => {
            let mut sets = sets.iter();
            let first = sets.next().cloned().unwrap_or_default();
            sets.fold(first, |all, set| all.intersection(set).cloned().collect())
        }
        Verdict::Standing | Verdict::Prohibited => BTreeSet::new(),
    }
}

/// How few offices can make it allowed: 0 under a standing permission; `None` where it is
/// prohibited.
#[must_use]
pub fn fewest(verdict: &Verdict) -> Option<usize> {
    match verdict {
        Verdict::Standing => Some(0),
        Verdict::Needs(sets) => sets.iter().map(BTreeSet::len).min(),
        Verdict::Prohibited => None,
    }
}

/// What is left when these offices refuse everything.
#[must_use]
pub fn without(verdict: &Verdict, refusing: &BTreeSet<OfficeId>) -> Verdict {
    match verdict {
        Verdict::Needs(sets) => {
            let left: Sets = sets.iter().filter(|set| set.is_disjoint(refusing)).cloned().collect();
            if left.is_empty() { Verdict::Prohibited } else { Verdict::Needs(left) }
        }
        Verdict::Standing => Verdict::Standing,
        Verdict::Prohibited => Verdict::Prohibited,
    }
}

/// The least groups of offices whose joint refusal locks: each hits every approval set, and none
/// of its members can be left out. Empty under a standing permission, which nobody can lock, and
/// where the act is prohibited anyway.
///
/// # Errors
/// [`PolicyError::TooManyOffices`] where the sets name more than [`OFFICES_MAX`] offices.
pub fn blocking(verdict: &Verdict) -> Result<Sets, PolicyError> {
    let sets = match verdict {
        Verdict::Needs(sets) => sets,
        Verdict::Standing | Verdict::Prohibited => return Ok(Sets::new()),
    };
    let offices: Vec<&OfficeId> =
        sets.iter().flatten().collect::<BTreeSet<_>>().into_iter().collect();
    let count = offices.len();
    if count > OFFICES_MAX {
        return Err(PolicyError::TooManyOffices { count, limit: OFFICES_MAX });
    }
    let hits = hitting(&masks(&offices, sets), count);
    let all = (0u64..).zip(&hits).filter(|(_, hits)| **hits).map(|(mask, _)| mask);
    let least = all.filter(|mask| {
        bits(*mask).all(|bit| !hits.get(index(mask & !bit)).copied().unwrap_or(false))
    });
    Ok(least.map(|mask| chosen(&offices, mask)).collect())
}

/// For every group of `count` offices: whether it hits every set. A group hits every set exactly
/// if the others together contain none; whether they do follows from the group less one.
fn hitting(sets: &[u64], count: usize) -> Vec<bool> {
    let size = 1usize.checked_shl(u32::try_from(count).unwrap_or(u32::MAX)).unwrap_or(0);
    let mut contains = vec![false; size];
    for set in sets {
        if let Some(found) = contains.get_mut(index(*set)) {
            *found = true;
        }
    }
    for mask in 0..u64::try_from(size).unwrap_or(0) {
        let less = |bit: u64| contains.get(index(mask & !bit)).copied().unwrap_or(false);
        if bits(mask).any(less)
            && let Some(found) = contains.get_mut(index(mask))
        {
            *found = true;
        }
    }
    contains.reverse();
    contains.iter().map(|contained| !contained).collect()
}

/// Units that stand or fall together: as many as `units`, all under one verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot<'a> {
    /// How many.
    pub units: u64,
    /// Who must consent to their use.
    pub verdict: &'a Verdict,
}

/// A least group of offices whose joint refusal locks a share of some units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The offices; none where the share is locked without anybody refusing.
    pub offices: BTreeSet<OfficeId>,
    /// The units locked then, those that are prohibited anyway included.
    pub units: u64,
}

/// Why there is no such group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Even if everybody refused.
    #[error("all offices together can lock {most} of {units} units, fewer than that share")]
    OutOfReach {
        /// The units locked if every office refused.
        most: u64,
        /// All units.
        units: u64,
    },
    /// There are too many groups to weigh them all.
    #[error(
        "{offices} offices could matter, and more than {GROUPS_MAX} groups of them would have to \
         be weighed; ask about fewer items or zones, or for a smaller share"
    )]
    TooMany {
        /// How many offices.
        offices: usize,
    },
}

/// The least group of offices whose joint refusal locks at least `percent` of the units. Among
/// groups of one size, the one that locks the most; among those, the first by name.
///
/// # Errors
/// [`LockError`].
pub fn least_lock(lots: &[Lot<'_>], percent: u8) -> Result<Lock, LockError> {
    let sum = |units: u64, lot: &Lot<'_>| units.saturating_add(lot.units);
    let total = lots.iter().fold(0, sum);
    let anyway = lots.iter().filter(|lot| *lot.verdict == Verdict::Prohibited).fold(0, sum);
    let free = lots.iter().filter(|lot| *lot.verdict == Verdict::Standing).fold(0, sum);
    let enough = |units: u64| {
        u128::from(units).saturating_mul(100) >= u128::from(total).saturating_mul(percent.into())
    };
    let most = total.saturating_sub(free);
    if !enough(most) {
        return Err(LockError::OutOfReach { most, units: total });
    }
    if enough(anyway) {
        return Ok(Lock { offices: BTreeSet::new(), units: anyway });
    }
    let families = families(lots);
    let named = families.iter().flat_map(|(sets, _)| sets.iter().flatten());
    let offices: Vec<&OfficeId> = named.collect::<BTreeSet<_>>().into_iter().collect();
    let count = offices.len();
    if count > 63 {
        return Err(LockError::TooMany { offices: count });
    }
    let families: Vec<(Vec<u64>, u64)> =
        families.iter().map(|(sets, units)| (masks(&offices, sets), *units)).collect();
    let locked = |group: u64| {
        let hit = families.iter().filter(|(sets, _)| sets.iter().all(|set| set & group != 0));
        hit.fold(anyway, |units, (_, more)| units.saturating_add(*more))
    };
    let mut weighed = 0u64;
    for size in 1..=count {
        let mut best: Option<(u64, BTreeSet<OfficeId>)> = None;
        for group in groups(count, size) {
            weighed = weighed.saturating_add(1);
            if weighed > GROUPS_MAX {
                return Err(LockError::TooMany { offices: count });
            }
            let units = locked(group);
            let better = best.as_ref().is_none_or(|(most, _)| units >= *most);
            if enough(units) && better {
                let found = chosen(&offices, group);
                let first = best.as_ref().is_none_or(|(most, set)| units > *most || found < *set);
                if first {
                    best = Some((units, found));
                }
            }
        }
        if let Some((units, offices)) = best {
            return Ok(Lock { offices, units });
        }
    }
    // Every office refusing locks all that can be locked, and that was enough.
    Ok(Lock { offices: offices.into_iter().cloned().collect(), units: most })
}

/// The families of approval sets among the lots, each once, with all its units.
fn families<'a>(lots: &[Lot<'a>]) -> Vec<(&'a Sets, u64)> {
    let mut families: std::collections::BTreeMap<&Sets, u64> = std::collections::BTreeMap::new();
    for lot in lots {
        match lot.verdict {
            Verdict::Needs(sets) => {
                let units = families.entry(sets).or_default();
                *units = units.saturating_add(lot.units);
            }
            Verdict::Standing | Verdict::Prohibited => {}
        }
    }
    families.into_iter().collect()
}

/// Each set as bits over `offices`.
fn masks(offices: &[&OfficeId], sets: &Sets) -> Vec<u64> {
    let bit = |office: &OfficeId| {
        let at = offices.binary_search(&office).ok().and_then(|at| u32::try_from(at).ok());
        at.and_then(|at| 1u64.checked_shl(at)).unwrap_or(0)
    };
    sets.iter().map(|set| set.iter().fold(0, |mask, office| mask | bit(office))).collect()
}

/// The single bits of a mask.
fn bits(mask: u64) -> impl Iterator<Item = u64> {
    (0..64u32).filter_map(|at| 1u64.checked_shl(at)).filter(move |bit| mask & bit != 0)
}

fn index(mask: u64) -> usize {
    usize::try_from(mask).unwrap_or(usize::MAX)
}

fn chosen(offices: &[&OfficeId], mask: u64) -> BTreeSet<OfficeId> {
    let each = (0u32..).zip(offices);
    each.filter(|(at, _)| mask & 1u64.checked_shl(*at).unwrap_or(0) != 0)
        .map(|(_, office)| OfficeId::clone(office))
        .collect()
}

/// All groups of `size` out of `count` offices, ascending as numbers (Gosper's way).
fn groups(count: usize, size: usize) -> impl Iterator<Item = u64> {
    let shift = |by: usize| u32::try_from(by).ok().and_then(|by| 1u64.checked_shl(by));
    let end = shift(count).unwrap_or(0);
    let first = shift(size).map_or(0, |above| above.saturating_sub(1));
    let next = |group: &u64| {
        let low = group & group.wrapping_neg();
        let ripple = group.checked_add(low)?;
        let ones = (ripple ^ group).checked_shr(low.trailing_zeros().saturating_add(2))?;
        Some(ripple | ones)
    };
    std::iter::successors((first > 0).then_some(first), next).take_while(move |group| *group < end)
}

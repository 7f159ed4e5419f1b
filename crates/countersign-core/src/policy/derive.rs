//! Answers: *which minimal sets of offices satisfy a policy?* Knows nothing of how one is asked.

use super::PolicyError;
use countersign_proof::words::OfficeId;
use std::collections::BTreeSet;

/// The most offices that are weighed for one question: 2¹⁶ sets at worst.
pub const OFFICES_MAX: usize = 16;

/// Sets of offices, none containing another.
pub(super) type Sets = BTreeSet<BTreeSet<OfficeId>>;

/// What can be relied on while deriving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Approvals only ever help, and all candidates together satisfy.
    Monotone,
    /// Nothing: every set has to be asked about.
    Any,
}

/// The minimal satisfying sets among `candidates`, the empty set left aside: the caller has already
/// found that it does not satisfy. Empty where no set does.
///
/// # Errors
/// [`PolicyError::TooManyOffices`] above [`OFFICES_MAX`] candidates; whatever `satisfies` reports.
pub(super) fn minimal_sets(
    candidates: &BTreeSet<OfficeId>,
    shape: Shape,
    mut satisfies: impl FnMut(&BTreeSet<OfficeId>) -> Result<bool, PolicyError>,
) -> Result<Sets, PolicyError> {
    within_bound(candidates.len())?;
    let needed = match shape {
        Shape::Monotone => indispensable(candidates, &mut satisfies)?,
        Shape::Any => BTreeSet::new(),
    };
    if !needed.is_empty() && (needed.len() == candidates.len() || satisfies(&needed)?) {
        return Ok(Sets::from([needed]));
    }
    let open: Vec<&OfficeId> = candidates.difference(&needed).collect();
    let mut found: Vec<u32> = Vec::new();
    let mut sets = Sets::new();
    for size in 1..=open.len() {
        for mask in masks(open.len(), size) {
            if found.iter().any(|smaller| smaller & mask == *smaller) {
                continue;
            }
            let mut set = needed.clone();
            set.extend(chosen(&open, mask).cloned());
            if satisfies(&set)? {
                found.push(mask);
                sets.insert(set);
            }
        }
    }
    Ok(sets)
}

/// The candidates without which the rest do not satisfy: they stand in every minimal set.
fn indispensable(
    candidates: &BTreeSet<OfficeId>,
    satisfies: &mut impl FnMut(&BTreeSet<OfficeId>) -> Result<bool, PolicyError>,
) -> Result<BTreeSet<OfficeId>, PolicyError> {
    let mut rest = candidates.clone();
    let mut needed = BTreeSet::new();
    for office in candidates {
        rest.remove(office);
        if rest.is_empty() || !satisfies(&rest)? {
            needed.insert(office.clone());
        }
        rest.insert(office.clone());
    }
    Ok(needed)
}

/// Every set that satisfies both sides, reduced to the minimal ones. Exact where approvals only
/// ever help.
///
/// # Errors
/// [`PolicyError::TooManyOffices`] where the sets name more than [`OFFICES_MAX`] offices.
pub(super) fn both(left: &Sets, right: &Sets) -> Result<Sets, PolicyError> {
    let offices: BTreeSet<&OfficeId> = left.iter().chain(right).flatten().collect();
    within_bound(offices.len())?;
    let mut unions = Sets::new();
    for a in left {
        for b in right {
            unions.insert(a.union(b).cloned().collect());
        }
    }
    let minimal = |set: &BTreeSet<OfficeId>| {
        !unions.iter().any(|other| other.len() < set.len() && other.is_subset(set))
    };
    Ok(unions.iter().filter(|set| minimal(set)).cloned().collect())
}

/// Refuses more candidates than can be weighed.
pub(super) fn within_bound(count: usize) -> Result<(), PolicyError> {
    if count > OFFICES_MAX {
        return Err(PolicyError::TooManyOffices { count, limit: OFFICES_MAX });
    }
    Ok(())
}

/// All masks over `width` bits with `size` of them set, in ascending order.
fn masks(width: usize, size: usize) -> impl Iterator<Item = u32> {
    let end = u32::try_from(width).ok().and_then(|bits| 1u32.checked_shl(bits)).unwrap_or(0);
    (0..end).filter(move |mask| usize::try_from(mask.count_ones()) == Ok(size))
}

/// The offices whose bit is set.
fn chosen<'a>(offices: &'a [&'a OfficeId], mask: u32) -> impl Iterator<Item = &'a OfficeId> {
    offices.iter().enumerate().filter_map(move |(bit, office)| {
        let bit = u32::try_from(bit).ok().and_then(|bit| 1u32.checked_shl(bit)).unwrap_or(0);
        (mask & bit != 0).then_some(*office)
    })
}

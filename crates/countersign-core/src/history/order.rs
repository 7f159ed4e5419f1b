//! Every ordering of a case's facts that their times allow, weighed without walking each.
//!
//! One fact must come before another where its last possible moment is before the other's first;
//! and, where ties are settled by the order of lines, where those two are the same moment and its
//! line comes first. Every ordering that keeps to this is allowed.
//!
//! Facts fall into blocks between which the order is settled. Within a block, orderings that have
//! taken the same facts and have come to the same [`Course`] go on as one. Facts that nothing tells
//! apart are taken in the order of their lines, and share what they come to.

use super::course::{Course, Seen, Step, Terms};
use std::collections::BTreeSet;

/// The most stages that are weighed for a case.
pub const STAGES_MAX: usize = 200_000;

/// The most facts between which nothing of the order is settled.
pub const BLOCK_MAX: usize = 127;

/// A step and when it can have happened, in half milliseconds: an approval ends between two
/// moments.
#[derive(Clone, Debug)]
pub(super) struct Timed {
    pub first: u64,
    pub last: u64,
    pub step: Step,
}

/// Whether equal times are settled by the order of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ties {
    /// They are: the file is known to list what happened in its order.
    FileOrder,
    /// They are not.
    Unknown,
}

/// A case has more orderings than can be weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany;

/// A step, with its place in the case.
#[derive(Clone, Copy)]
struct Placed<'a> {
    at: u32,
    timed: &'a Timed,
}

impl Placed<'_> {
    fn precedes(&self, other: &Self, ties: Ties) -> bool {
        let settled = match ties {
            Ties::FileOrder => self.timed.last == other.timed.first && self.at < other.at,
            Ties::Unknown => false,
        };
        self.timed.last < other.timed.first || settled
    }
}

/// Scratch space, kept from case to case.
#[derive(Default)]
pub(super) struct Weigher {
    course: Course,
    order: Vec<u32>,
}

impl Weigher {
    /// What each step of a case can come to, by place; `seen` has one slot for each.
    pub(super) fn weigh(
        &mut self,
        case: &[Timed],
        ties: Ties,
        terms: Terms<'_>,
        seen: &mut [Seen],
    ) -> Result<(), TooMany> {
        self.order.clear();
        self.order.extend((0..).take(case.len()));
        let time = |at: &u32| {
            let timed = usize::try_from(*at).ok().and_then(|at| case.get(at));
            timed.map(|timed| (timed.first, timed.last, *at))
        };
        self.order.sort_by_key(time);
        let mut sorted = self.order.iter().filter_map(|at| {
            let timed = case.get(usize::try_from(*at).ok()?)?;
            Some(Placed { at: *at, timed })
        });
        if self.order.is_sorted_by(|a, b| settled(case, *a, *b, ties)) && !branches(case) {
            self.course.clear();
            return sorted
                .try_for_each(|placed| {
                    take_one(&mut self.course, placed, terms, seen);
                    Ok(())
                })
                .map(|()| self.course.end(seen));
        }
        let sorted: Vec<Placed<'_>> = sorted.collect();
        let mut courses = BTreeSet::from([Course::default()]);
        let mut left = STAGES_MAX;
        let mut alike = Vec::new();
        for block in blocks(&sorted, ties) {
            courses = through(block, courses, (ties, terms), (&mut left, &mut alike), seen)?;
        }
        for mut course in courses {
            course.end(seen);
        }
        alike.iter().for_each(|class| share(class, seen));
        Ok(())
    }
}

fn settled(case: &[Timed], a: u32, b: u32, ties: Ties) -> bool {
    let timed = |at: u32| usize::try_from(at).ok().and_then(|at| case.get(at));
    match (timed(a), timed(b)) {
        (Some(first), Some(second)) => {
            Placed { at: a, timed: first }.precedes(&Placed { at: b, timed: second }, ties)
        }
        (None, _) | (_, None) => false,
    }
}

/// Whether some act can come under one of several rules.
fn branches(case: &[Timed]) -> bool {
    case.iter().any(|timed| match &timed.step {
        Step::Acted { rules, .. } => rules.len() != 1,
        Step::Asked { .. }
        | Step::Approved { .. }
        | Step::Refused
        | Step::Withdrawn { .. }
        | Step::Ended { .. } => false,
    })
}

/// Takes a step that can only come to one thing next.
fn take_one(course: &mut Course, placed: Placed<'_>, terms: Terms<'_>, seen: &mut [Seen]) {
    match &placed.timed.step {
        Step::Acted { matter, quantity, rules } => {
            for rule in rules {
                course.act(placed.at, (*matter, *quantity), *rule, terms, seen);
            }
        }
        other @ (Step::Asked { .. }
        | Step::Approved { .. }
        | Step::Refused
        | Step::Withdrawn { .. }
        | Step::Ended { .. }) => course.take(placed.at, other, terms, seen),
    }
}

/// Cuts the steps, sorted by their first moment, where everything before precedes everything after.
fn blocks<'a, 'b>(sorted: &'b [Placed<'a>], ties: Ties) -> Vec<&'b [Placed<'a>]> {
    // From the end: of the steps that begin at the same moment as this one or later, the first
    // line among those that begin exactly then.
    let mut first_line: Vec<u32> = vec![u32::MAX; sorted.len()];
    let mut after: Option<(u64, u32)> = None;
    for (slot, placed) in first_line.iter_mut().zip(sorted).rev() {
        let same = after.filter(|(first, _)| *first == placed.timed.first);
        let line = same.map_or(placed.at, |(_, line)| line.min(placed.at));
        *slot = line;
        after = Some((placed.timed.first, line));
    }
    let mut blocks = Vec::new();
    let (mut begun, mut last, mut line) = (0usize, 0u64, 0u32);
    for (index, placed) in sorted.iter().enumerate() {
        let begins = placed.timed.first;
        let tied = ties == Ties::FileOrder
            && last == begins
            && first_line.get(index).is_some_and(|first| line < *first);
        if index > begun && (last < begins || tied) {
            blocks.extend(sorted.get(begun..index));
            begun = index;
        }
        if placed.timed.last > last || index == 0 {
            (last, line) = (placed.timed.last, placed.at);
        } else if placed.timed.last == last {
            line = line.max(placed.at);
        }
    }
    blocks.extend(sorted.get(begun..));
    blocks
}

/// A step of a block: what must come before it there, as bits.
struct Bound<'a> {
    placed: Placed<'a>,
    bit: u128,
    before: u128,
}

/// All courses through one block.
fn through(
    block: &[Placed<'_>],
    courses: BTreeSet<Course>,
    (ties, terms): (Ties, Terms<'_>),
    (left, all_alike): (&mut usize, &mut Vec<Vec<u32>>),
    seen: &mut [Seen],
) -> Result<BTreeSet<Course>, TooMany> {
    if block.len() > BLOCK_MAX {
        return Err(TooMany);
    }
    let (bound, alike) = bound(block, ties);
    let mut stages: BTreeSet<(u128, Course)> =
        courses.into_iter().map(|course| (0, course)).collect();
    for _ in 0..block.len() {
        let mut next = BTreeSet::new();
        for (taken, course) in &stages {
            for step in &bound {
                if taken & step.bit != 0 || step.before & !taken != 0 {
                    continue;
                }
                *left = left.checked_sub(1).ok_or(TooMany)?;
                branch(step, *taken, course, terms, seen, &mut next);
            }
        }
        stages = next;
    }
    all_alike.extend(alike);
    Ok(stages.into_iter().map(|(_, course)| course).collect())
}

/// What one of them comes to in some ordering, each does in another: an act may wait beyond its
/// block, so this is for the end.
fn share(class: &[u32], seen: &mut [Seen]) {
    let place = |at: &u32| usize::try_from(*at).unwrap_or(usize::MAX);
    let mut all = Seen::default();
    class.iter().for_each(|at| all.add(seen.get(place(at)).copied().unwrap_or_default()));
    for at in class {
        if let Some(slot) = seen.get_mut(place(at)) {
            *slot = all;
        }
    }
}

fn branch(
    step: &Bound<'_>,
    taken: u128,
    course: &Course,
    terms: Terms<'_>,
    seen: &mut [Seen],
    next: &mut BTreeSet<(u128, Course)>,
) {
    let taken = taken | step.bit;
    match &step.placed.timed.step {
        Step::Acted { matter, quantity, rules } => {
            for rule in rules {
                let mut course = course.clone();
                course.act(step.placed.at, (*matter, *quantity), *rule, terms, seen);
                next.insert((taken, course));
            }
        }
        other @ (Step::Asked { .. }
        | Step::Approved { .. }
        | Step::Refused
        | Step::Withdrawn { .. }
        | Step::Ended { .. }) => {
            let mut course = course.clone();
            course.take(step.placed.at, other, terms, seen);
            next.insert((taken, course));
        }
    }
}

/// What must come before what, and which acts nothing tells apart.
fn bound<'a>(block: &[Placed<'a>], ties: Ties) -> (Vec<Bound<'a>>, Vec<Vec<u32>>) {
    let mut bound: Vec<Bound<'a>> = Vec::with_capacity(block.len());
    let bits = || (0u32..).map(|bit| 1u128.checked_shl(bit).unwrap_or(0));
    for (placed, bit) in block.iter().zip(bits()) {
        let earlier = block.iter().zip(bits()).filter(|(other, _)| other.precedes(placed, ties));
        let before = earlier.fold(0, |all, (_, bit)| all | bit);
        bound.push(Bound { placed: *placed, bit, before });
    }
    let after = |bit: u128| -> u128 {
        bound.iter().filter(|b| b.before & bit != 0).fold(0, |all, b| all | b.bit)
    };
    let after: Vec<u128> = bound.iter().map(|step| after(step.bit)).collect();
    let mut classes: Vec<(usize, Vec<usize>)> = Vec::new();
    for (index, step) in bound.iter().enumerate() {
        if !matches!(step.placed.timed.step, Step::Acted { .. }) {
            continue;
        }
        let alike = |(first, _): &&mut (usize, Vec<usize>)| {
            let other = bound.get(*first).zip(after.get(*first)).zip(after.get(index));
            other.is_some_and(|((other, after), own)| {
                other.placed.timed.step == step.placed.timed.step
                    && other.before == step.before
                    && after == own
            })
        };
        match classes.iter_mut().find(alike) {
            Some((_, class)) => class.push(index),
            None => classes.push((index, vec![index])),
        }
    }
    let mut alike = Vec::new();
    for (_, mut class) in classes.into_iter().filter(|(_, class)| class.len() > 1) {
        let place = |index: &usize| bound.get(*index).map_or(u32::MAX, |step| step.placed.at);
        class.sort_by_key(place);
        alike.push(class.iter().map(place).collect());
        for pair in class.windows(2) {
            let [first, second] = pair else { continue };
            let bit = bound.get(*first).map_or(0, |step| step.bit);
            if let Some(second) = bound.get_mut(*second) {
                second.before |= bit;
            }
        }
    }
    (bound, alike)
}

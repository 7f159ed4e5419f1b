//! A breadth-first search over everything that can happen: the first way found to a state is a
//! shortest one.

use countersign_proof::words::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// What is explored.
pub trait Model: Sync {
    /// A state, with what its properties need.
    type State;
    /// The same, put away until its turn comes.
    type Kept: Send + Sync;
    /// What can happen; says so in words.
    type Step: Clone + Display + Send + Sync;

    /// Where it begins.
    fn first(&self) -> Self::State;
    /// Puts a state away.
    fn keep(&self, state: Self::State) -> Self::Kept;
    /// Takes it up again.
    fn take_up(&self, kept: &Self::Kept) -> Self::State;
    /// Two states with the same key are one.
    fn key(&self, state: &Self::State) -> Digest;
    /// What can be tried in a state.
    fn steps(&self, state: &Self::State) -> Vec<Self::Step>;
    /// What comes of it; or the name of the rule that lets nothing come of it.
    fn next(&self, state: &Self::State, step: &Self::Step) -> Result<Self::State, String>;
    /// What the step that led to this state brought about, of what must be seen sometimes.
    fn reached(&self, state: &Self::State) -> Vec<&'static str>;
    /// Which property does not hold here, and what was found.
    fn broken(&self, state: &Self::State) -> Option<(&'static str, String)>;
}

/// What came of an exploration.
#[derive(Default)]
pub struct Explored {
    /// The keys of the states that differ.
    pub known: BTreeSet<Digest>,
    /// Steps tried, those that were refused included.
    pub tried: u64,
    /// The longest of the shortest ways.
    pub depth: usize,
    /// Whether nothing was left to explore: no way was cut off by the number of turns.
    pub whole: bool,
    /// How often each rule refused.
    pub refused: BTreeMap<String, u64>,
    /// A shortest way to each thing that must be seen sometimes.
    pub reached: BTreeMap<&'static str, Vec<String>>,
    /// The property that does not hold, what was found, and a shortest way there.
    pub broken: Option<(&'static str, String, Vec<String>)>,
}

/// How each state was reached first: from which one, and by which step.
type Ways<S> = Vec<Option<(usize, S)>>;

fn way<S: Clone + Display>(ways: &Ways<S>, from: usize, last: &S) -> Vec<String> {
    let mut steps = vec![last.to_string()];
    let mut at = from;
    while let Some(Some((before, step))) = ways.get(at) {
        steps.push(step.to_string());
        at = *before;
    }
    steps.reverse();
    steps
}

/// What follows from one state in one step.
struct Follows<M: Model> {
    from: usize,
    step: M::Step,
    key: Digest,
    /// None where the key was known already.
    state: Option<M::Kept>,
    reached: Vec<&'static str>,
    broken: Option<(&'static str, String)>,
}

fn expand<M: Model>(
    model: &M,
    states: &[(usize, M::Kept)],
    known: &BTreeSet<Digest>,
) -> (Vec<Follows<M>>, u64, BTreeMap<String, u64>) {
    let (mut all, mut tried, mut refused) = (Vec::new(), 0, BTreeMap::new());
    let mut own = BTreeSet::new();
    for (from, kept) in states {
        let state = model.take_up(kept);
        for step in model.steps(&state) {
            tried += 1;
            match model.next(&state, &step) {
                Err(rule) => *refused.entry(rule).or_default() += 1,
                Ok(next) => {
                    let (key, from) = (model.key(&next), *from);
                    let (reached, broken) = (model.reached(&next), model.broken(&next));
                    let new = !known.contains(&key) && own.insert(key);
                    let state = new.then(|| model.keep(next));
                    if new || !reached.is_empty() || broken.is_some() {
                        all.push(Follows { from, step, key, state, reached, broken });
                    }
                }
            }
        }
    }
    (all, tried, refused)
}

/// Explores every way of at most `turns` steps; stops at the first property that does not hold.
pub fn explore<M: Model>(model: &M, turns: usize, threads: usize) -> Explored {
    let mut explored = Explored::default();
    let first = model.first();
    explored.known.insert(model.key(&first));
    if let Some((property, found)) = model.broken(&first) {
        explored.broken = Some((property, found, Vec::new()));
        return explored;
    }
    let mut ways: Ways<M::Step> = vec![None];
    let mut layer = vec![(0, model.keep(first))];
    while explored.depth < turns && !layer.is_empty() {
        let share = layer.len().div_ceil(threads).max(1);
        let parts: Vec<_> = std::thread::scope(|scope| {
            let shares: Vec<_> = layer
                .chunks(share)
                .map(|part| scope.spawn(|| expand(model, part, &explored.known)))
                .collect();
            shares.into_iter().map(|part| part.join().unwrap()).collect()
        });
        layer.clear();
        for (follow, tried, refused) in parts {
            explored.tried += tried;
            for (rule, times) in refused {
                *explored.refused.entry(rule).or_default() += times;
            }
            for Follows { from, step, key, state, reached, broken } in follow {
                for what in reached {
                    let shortest = || way(&ways, from, &step);
                    explored.reached.entry(what).or_insert_with(shortest);
                }
                if let Some((property, found)) = broken {
                    explored.broken = Some((property, found, way(&ways, from, &step)));
                    return explored;
                }
                if let Some(state) = state.filter(|_| explored.known.insert(key)) {
                    layer.push((ways.len(), state));
                    ways.push(Some((from, step)));
                }
            }
        }
        explored.depth += usize::from(!layer.is_empty());
    }
    explored.whole = layer.is_empty();
    explored
}

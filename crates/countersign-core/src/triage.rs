//! Triage. Answers: *how short is each item, by which rule, since when, and what would change it?*
//!
//! A class is a function of what is there, what it is held against, and a horizon. Going worse
//! takes effect at once; going better needs a margin, some evaluations in a row and a least time.
//! A signed declaration wins over the number while it lasts. What is not known is `unknown`, never
//! a good class. Judgements are exact: whole units and fractions, compared by multiplication; only
//! the advisory forecasts and probabilities use floats, in modules of their own.

mod number;

mod rules;

mod nonsense;

mod check;

mod position;

mod projection;

mod reading;

mod memory;

mod judge;

mod outlook;

mod explain;

mod figures;

mod threshold;

mod decide;

pub mod demand;

pub mod breach;

pub(crate) use decide::decide;
pub use explain::explain;
pub use judge::{Digested, Judgement, Reason, judge, judge_item};
pub use memory::{Declaration, Held, Kept, Memory};
pub use nonsense::{Nonsense, Problem};
pub use number::{Number, Ratio, Rounding, Unit};
pub use outlook::{Change, FirstBreach, Way, When, first_months};
pub use position::{Component, Inputs, Missing, Part, Series};
pub use projection::{Coverage, Projection, Step, coverage};
pub use reading::{Figure, Reading};
pub use rules::{
    Against, Amount, Cadence, Class, Counted, Entry, FloorStep, Flow, Forecast, Level, Limit,
    LookBack, Measure, Rule, Rules, Scope, Side, Waiting,
};
pub use threshold::thresholds;

use crate::Event as AnyEvent;
use crate::rejection::rejections;
use crate::stock::{self, ItemClass, Stock};
use countersign_proof::signature::Verified;
use countersign_proof::statement::kinds::{ClassOverride, OverrideLift};
use countersign_proof::words::{Digest, ItemId, Moment, OfficeId, PersonId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// State: the rules, and what is remembered of every item's class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triage {
    rules: Rules,
    memory: BTreeMap<ItemId, Memory>,
    /// When classes set by hand end; follows from the memory.
    ends: BTreeSet<(Moment, ItemId)>,
    /// When every item is judged next.
    next: Option<Moment>,
}

/// Commands of the room.
#[derive(Clone, Debug)]
pub enum Command {
    /// Set a class by hand, for a time.
    OverrideClass {
        /// Statements alike but for office, signer, binding and reason.
        statements: Vec<Verified<ClassOverride>>,
    },
    /// End a class set by hand.
    LiftOverride {
        /// Statements alike but for office, signer, binding and reason.
        statements: Vec<Verified<OverrideLift>>,
    },
}

/// Events of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields say in types what they are")]
pub enum Event {
    /// Items were judged; of those whose memory changed, what is remembered now.
    ItemsJudged { memory: Vec<(ItemId, Memory)>, next: Option<Moment> },
    /// An item has another class, with the rule, the reasons and the figures.
    ClassChanged { item: ItemId, from: ItemClass, judgement: Box<Judgement> },
    /// An office set a class by hand.
    ClassOverridden { item: ItemId, declaration: Declaration, person: PersonId, statement: Digest },
    /// An office ended a class set by hand.
    OverrideLifted { item: ItemId, office: OfficeId, person: PersonId, statement: Digest },
}

rejections!(
    /// Why the room refuses.
    Rejection in "triage" {
        NoStatement = "no-statement", "no signed statement was given";
        StatementsDiffer = "statements-differ",
            "the statements differ in more than office, signer, binding and reason";
        UnknownItem { item: ItemId } = "unknown-item", "the item {item} is not declared";
        NoRule { item: ItemId } = "no-rule",
            "no triage rule is for {item}; its class stands in the charter";
        UnknownClass { class: ItemClass } = "unknown-class",
            "the triage rules have no class {class}";
        OverrideEnded { until: Moment } = "override-ended",
            "the override would end at {until}, which is not to come; name a later moment";
        OfficeMayNotOverride { office: OfficeId } = "office-may-not-override",
            "the rule names other offices for this, not {office}";
        NothingOverridden { item: ItemId } = "nothing-overridden",
            "no class of {item} is set by hand";
    }
);

impl Triage {
    pub(crate) fn found(rules: &Rules, at: Moment) -> Self {
        let next = (!rules.rules.is_empty()).then(|| rules.cadence.next(at.date()).start());
        Self { rules: rules.clone(), next, ..Self::default() }
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What is remembered of an item's class.
    #[must_use]
    pub fn memory(&self, item: &ItemId) -> Option<&Memory> {
        self.memory.get(item)
    }

    /// When items are judged next though nothing moves: at the next evaluation, or when a class set
    /// by hand ends.
    #[must_use]
    pub fn next_due(&self) -> Option<Moment> {
        self.ends.first().map(|(end, _)| *end).into_iter().chain(self.next).min()
    }

    /// Judges an item by its rule; `None` where there is none.
    #[must_use]
    pub fn judge(&self, stock: &Stock, item: &ItemId, at: Moment) -> Option<Judgement> {
        let declared = stock.item(item)?;
        let rule = self.rules.rule_for(item, &declared.labels)?;
        let inputs = Inputs::of(stock, item, &declared.origin, at);
        Some(judge(&self.rules, rule, &inputs, self.memory.get(item), at))
    }

    /// Judges items; gives what changed.
    fn judge_all<'a>(
        &self,
        stock: &Stock,
        items: impl Iterator<Item = &'a ItemId>,
        at: Moment,
    ) -> (Vec<(ItemId, Memory)>, Vec<AnyEvent>) {
        let mut memory = Vec::new();
        let mut changes: Vec<AnyEvent> = Vec::new();
        for item in items {
            let Some(judgement) = self.judge(stock, item, at) else { continue };
            if self.memory.get(item) != Some(&judgement.memory) {
                memory.push((item.clone(), judgement.memory.clone()));
            }
            if let Some(item) = stock.item(item) {
                changes.extend(decide::class_events(item, judgement));
            }
        }
        (memory, changes)
    }

    /// Every item is judged: an evaluation is due, or a class set by hand has ended.
    pub(crate) fn fall_due(&self, stock: &Stock, at: Moment) -> Vec<AnyEvent> {
        let items = stock.items().map(|item| &item.id);
        let (memory, changes) = self.judge_all(stock, items, at);
        let next = self
            .next
            .map(|next| if next <= at { self.rules.cadence.next(at.date()).start() } else { next });
        let mut events: Vec<AnyEvent> = vec![Event::ItemsJudged { memory, next }.into()];
        events.extend(changes);
        events
    }

    /// What becomes of the classes of the items that `events` touch.
    pub(crate) fn consequences(
        &self,
        stock: &Stock,
        events: &[AnyEvent],
        at: Moment,
    ) -> Vec<AnyEvent> {
        if self.rules.rules.is_empty() {
            return Vec::new();
        }
        let moved: Vec<&stock::Event> = events.iter().filter_map(of_stock).collect();
        let mut all = Vec::new();
        let ruled = |item: &ItemId| {
            let declared = stock.item(item);
            declared.is_some_and(|item| self.rules.rule_for(&item.id, &item.labels).is_some())
        };
        for (item, events) in stock.by_item(&moved).into_iter().filter(|(item, _)| ruled(item)) {
            let mut after = stock.of_item(&item, &events);
            events.iter().for_each(|event| after.apply(at, event));
            let (memory, changes) = self.judge_all(&after, std::iter::once(&item), at);
            if !memory.is_empty() {
                all.push(Event::ItemsJudged { memory, next: self.next }.into());
            }
            all.extend(changes);
        }
        all
    }

    pub(crate) fn apply(&mut self, at: Moment, event: &Event) {
        match event {
            Event::ItemsJudged { memory, next } => {
                for (item, memory) in memory {
                    self.remember(item, memory.clone());
                }
                self.next = *next;
            }
            Event::ClassChanged { .. } => {}
            Event::ClassOverridden { item, declaration, .. } => {
                let memory = self.memory.get(item).cloned();
                let memory = memory.unwrap_or_else(|| Memory::unknown(declaration.from));
                self.remember(item, memory.declare(declaration.clone()));
            }
            Event::OverrideLifted { item, .. } => {
                if let Some(memory) = self.memory.get(item).cloned() {
                    self.remember(item, memory.lift(at));
                }
            }
        }
    }

    fn remember(&mut self, item: &ItemId, memory: Memory) {
        let end = |memory: &Memory| memory.declared.as_ref().map(|declared| declared.until);
        if let Some(end) = self.memory.get(item).and_then(end) {
            self.ends.remove(&(end, item.clone()));
        }
        if let Some(end) = end(&memory) {
            self.ends.insert((end, item.clone()));
        }
        self.memory.insert(item.clone(), memory);
    }
}

fn of_stock(event: &AnyEvent) -> Option<&stock::Event> {
    match event {
        AnyEvent::Stock(event) => Some(event),
        AnyEvent::Ledger(_)
        | AnyEvent::People(_)
        | AnyEvent::Policy(_)
        | AnyEvent::Requests(_)
        | AnyEvent::Triage(_)
        | AnyEvent::Rerouting(_)
        | AnyEvent::History(_) => None,
    }
}

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

pub mod demand;

pub mod breach;

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

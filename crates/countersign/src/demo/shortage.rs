//! Playing the acts about stock that runs short.

use super::play::Player;
use crate::cli::Failure;
use crate::pack::story::{Diversion, Shortage, StoryAct};
use crate::statements::{self, Signing, Undertaking};
use crate::writer::Receipt;
use countersign_core::rerouting::{self, Plan, Terms, Vetoes, plan, problem};
use countersign_core::stock::Figures;
use countersign_core::{State, stock, triage};
use countersign_proof::statement::kinds::{ClassOverride, DiversionOrder};
use countersign_proof::words::{ItemId, Moment};

impl Player<'_> {
    /// Carries out an act about a shortage; none comes of an observation.
    pub(super) fn shortage(
        &mut self,
        act: &StoryAct,
        shortage: &Shortage,
    ) -> Result<Option<Receipt>, Failure> {
        let by =
            || act.by.first().ok_or_else(|| Failure::usage(format!("line {}: by whom?", act.line)));
        let receipt = match shortage {
            Shortage::Earmark(earmark) => {
                let earmarks = vec![(**earmark).clone()];
                let figures = Box::new(Figures { earmarks, ..Figures::default() });
                self.send(Some(by()?), stock::Command::ImportFigures { figures }.into())?
            }
            Shortage::Override { item, class, until, office, reason } => {
                let statements = self.signed_by_all(act, |signer, binding| ClassOverride {
                    item: item.clone(),
                    class: class.clone(),
                    until: *until,
                    office: office.clone(),
                    signer: signer.clone(),
                    binding,
                    reason: reason.clone(),
                })?;
                self.send(None, triage::Command::OverrideClass { statements }.into())?
            }
            Shortage::Divert(diversion) => self.divert(act, diversion)?,
            Shortage::Repay { debt, quantity } => {
                let command = rerouting::Command::RepayDebt { debt: *debt, quantity: *quantity };
                self.send(Some(by()?), command.into())?
            }
            Shortage::Class { item, class } => {
                self.let_time_pass()?;
                let found = self.state(|state| state.stock.item(item).map(|i| i.class.clone()));
                return if found.as_ref() == Some(class) {
                    Ok(None)
                } else {
                    let found = found.map_or_else(String::new, |class| class.to_string());
                    let what = format!("story.toml:{}: {item} is {found}, not {class}", act.line);
                    Err(Failure::Integrity(what))
                };
            }
        };
        Ok(Some(receipt))
    }

    /// What came of it, in words.
    pub(super) fn came_of_shortage(&self, shortage: &Shortage) -> String {
        let item = match shortage {
            Shortage::Earmark(earmark) => {
                let (to, item) = (&earmark.recipient, &earmark.item);
                let units = self.state(|state| state.stock.authorised(item, to));
                return format!("{units} {item} authorised for delivery to {to}");
            }
            Shortage::Divert(_) => {
                return self.state(|state| {
                    let order = state.rerouting.orders().last();
                    order.map_or_else(String::new, |order| {
                        let taken = rerouting::losses(&order.plan).into_iter();
                        let taken = taken.map(|(recipient, slots)| {
                            let units: u64 = slots.iter().map(|(_, _, units)| units).sum();
                            format!("{units} from {recipient}")
                        });
                        let taken: Vec<String> = taken.collect();
                        format!("{} {}: {}", order.id, order.state.as_str(), taken.join(", "))
                    })
                });
            }
            Shortage::Repay { debt, .. } => {
                let left =
                    self.state(|state| state.rerouting.debt(*debt).map(rerouting::Debt::left));
                return format!("{debt}: {} units left", left.unwrap_or(0));
            }
            Shortage::Override { item, .. } | Shortage::Class { item, .. } => item,
        };
        let class = self.state(|state| state.stock.item(item).map(|item| item.class.clone()));
        class.map_or_else(String::new, |class| format!("{item} {class}"))
    }

    fn divert(&mut self, act: &StoryAct, made: &Diversion) -> Result<Receipt, Failure> {
        self.let_time_pass()?;
        let last = self.plan.clone().filter(|_| made.again);
        let plan = match last {
            Some(plan) => plan,
            None => self.state(|state| best(state, &made.item, act.at))?,
        };
        self.plan = Some(plan.clone());
        let owner = self.state(|state| state.stock.item(&made.item).map(|i| i.origin.clone()));
        let unknown = || Failure::usage(format!("the pack has no item {}", made.item));
        let owner = owner.ok_or_else(unknown)?;
        let undertaking = Undertaking {
            certification: made.certification.clone(),
            notice_days: made.notice_days,
            replacement: made.replacement,
        };
        let statements = self.signed_by_all(act, |signer, binding| -> DiversionOrder {
            let (office, reason) = (made.office.clone(), made.reason.clone());
            let signing = Signing { office, signer: signer.clone(), binding, reason };
            statements::diversion(&plan, &owner, &undertaking, signing)
        })?;
        let command = rerouting::Command::OrderDiversion { plan: Box::new(plan), statements };
        self.send(None, command.into())
    }
}

/// The best plan for an item by the books as they are.
fn best(state: &State, item: &ItemId, at: Moment) -> Result<Plan, Failure> {
    let made = problem(&state.stock, state.triage.rules(), item, &Terms::default(), at);
    let made = made.map_err(|error| Failure::usage(error.to_string()))?;
    Ok(plan(&made, &Vetoes::none()))
}

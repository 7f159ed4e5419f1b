//! What is asked of the workbench. Answers: *a plan for which item, over how long, sparing whom?*

use crate::server::Problem;
use crate::server::fields::Fields;
use crate::statements::Undertaking;
use crate::web::{asked, words};
use countersign_core::State;
use countersign_core::policy::Preconditions;
use countersign_core::rerouting::position::HORIZON_MAX;
use countersign_core::rerouting::{ItemProblem, PlanningError, Terms, Vetoes, problem};
use countersign_core::stock::Item;
use countersign_proof::words::{ItemId, PartyId};
use std::collections::BTreeSet;

/// What is asked, and what an order would undertake.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// For which item; none where no plan is asked for.
    pub(super) item: Option<ItemId>,
    /// Over how many months.
    pub(super) months: Option<u16>,
    /// Whom to leave alone.
    pub(super) spare: BTreeSet<PartyId>,
    /// What an order would undertake.
    pub(super) undertaking: Undertaking,
    /// What was typed, and what is wrong with it.
    pub(super) fields: Fields,
}

impl Wish {
    /// Reads it from an address.
    ///
    /// # Errors
    /// [`Problem`] for fields that the page does not have.
    pub(super) fn read(query: Option<&str>) -> Result<Self, Problem> {
        let mut wish = Self::of(asked::fields(query)?);
        for place in ["orders", "debts"] {
            let _: Option<usize> = wish.fields.maybe(place);
        }
        wish.fields.finish()?;
        Ok(wish)
    }

    /// Reads it from fields; what is wrong is noted there.
    pub(super) fn of(mut fields: Fields) -> Self {
        let item = fields.maybe("item");
        let months: Option<u16> = fields.maybe("months");
        if months.is_some_and(|months| !(1..=HORIZON_MAX).contains(&months)) {
            fields.error("months", words::REROUTE_MONTHS_WRONG);
        }
        let spare: Vec<PartyId> = fields.words("spare");
        let undertaking = Undertaking {
            certification: fields.text("certification").trim().to_owned(),
            notice_days: fields.maybe("notice_days").unwrap_or_default(),
            replacement: fields.maybe("replacement"),
        };
        Self { item, months, spare: spare.into_iter().collect(), undertaking, fields }
    }

    /// Whom the plan leaves alone.
    pub(super) fn vetoes(&self) -> Vetoes {
        Vetoes { recipients: self.spare.clone(), earmarks: BTreeSet::new() }
    }

    /// What policy reads of the undertaking.
    pub(super) fn preconditions(&self) -> Preconditions {
        Preconditions {
            certified: !self.undertaking.certification.is_empty(),
            notice_days: self.undertaking.notice_days.into(),
            replaced: self.undertaking.replacement.is_some(),
        }
    }

    /// The problem to plan for the books as they are.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn problem(&self, state: &State, item: &Item) -> Result<ItemProblem, PlanningError> {
        let terms = Terms { months: self.months, threshold: None };
        problem(&state.stock, state.triage.rules(), &item.id, &terms, state.ledger.clock)
    }

    /// The address of the same wish with one recipient left alone or not.
    pub(super) fn with_veto(&self, recipient: &PartyId, is_spared: bool) -> String {
        let kept = self.fields.all().iter();
        let mut given: Vec<(String, String)> = kept
            .filter(|(name, value)| !(name == "spare" && value == recipient.as_str()))
            .cloned()
            .collect();
        if is_spared {
            given.push(("spare".to_owned(), recipient.to_string()));
        }
        asked::address("/rerouting", &Fields::of(given), "", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_veto_is_set_and_taken_away_by_its_address() {
        let query = Some("item=X&spare=UA&spare=DE");
        let wish = Wish::read(query).unwrap();
        let ua: PartyId = "UA".parse().unwrap();
        assert_eq!(wish.with_veto(&ua, false), "/rerouting?item=X&spare=DE");
        let nl: PartyId = "NL".parse().unwrap();
        assert_eq!(wish.with_veto(&nl, true), "/rerouting?item=X&spare=UA&spare=DE&spare=NL");
        assert!(wish.fields.is_sound());
    }

    #[test]
    fn what_is_wrong_with_the_form_is_said_at_its_field() {
        for (query, field) in [
            ("item=X&months=0", "months"),
            ("item=X&months=61", "months"),
            ("item=%3Cb%3E", "item"),
            ("item=X&replacement=soon", "replacement"),
            ("item=X&notice_days=-1", "notice_days"),
        ] {
            let wish = Wish::read(Some(query)).unwrap();
            assert!(wish.fields.errors().contains_key(field), "{query}");
        }
    }
}

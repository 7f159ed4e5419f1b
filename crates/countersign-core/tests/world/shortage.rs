//! An exercise that runs short: classes by rule, earmarks, plans and orders.

use super::{Answered, World, charter, id, owner, quantity};
use countersign_core::rerouting::{self, Plan, Terms, Vetoes, plan, plan_digest, problem};
use countersign_core::stock::{
    AccountKey, AccountState, Command, Consumption, Count, Earmark, Figures, Origin, Priority,
    Requirement,
};
use countersign_core::triage::{
    self, Against, Amount, Cadence, Class, Counted, Entry, Forecast, Level, Limit, Measure, Rule,
    Rules, Scope, Side,
};
use countersign_proof::statement::kinds::{ClassOverride, DiversionOrder, OverrideLift};
use countersign_proof::words::{Month, Standing};
use std::collections::BTreeSet;

fn level(class: &str, enter: &str, leave: &str, dwell_days: u16, repeats: u16) -> Level {
    Level {
        class: id(class),
        entry: Entry::Limits,
        limits: vec![Limit {
            measure: "stock".to_owned(),
            side: Side::Below,
            enter: Some(id(enter)),
            leave: id(leave),
        }],
        dwell_days,
        repeats,
    }
}

/// Green, yellow and red for PATRIOT, by what is on hand against the requirement.
pub fn class_rules() -> Rules {
    let class = |label: &str, severity, shortage| Class {
        label: id(label),
        title: label.to_owned(),
        severity,
        shortage,
    };
    Rules {
        cadence: Cadence::Monthly,
        classes: vec![class("green", 0, false), class("yellow", 1, false), class("red", 3, true)],
        rules: vec![Rule {
            name: "interceptors".to_owned(),
            title: "Interceptors against what plans require".to_owned(),
            scope: Scope { items: [id("PATRIOT")].into(), ..Scope::default() },
            measures: vec![Measure {
                name: "stock".to_owned(),
                counted: Counted::OnHand,
                due_in_months: 0,
                parts: BTreeSet::new(),
                against: Against::Greatest(vec![Amount::Requirement(BTreeSet::new())]),
                horizon_months: 0,
                forecast: Forecast::Planned,
            }],
            levels: vec![
                level("yellow", "80 %", "88 %", 0, 1),
                level("red", "40 %", "44 %", 28, 2),
            ],
            max_age_days: None,
            declared_by: [id("US.SecDef"), id("US.DepSecDef")].into(),
            source: "exercise".to_owned(),
            standing: Standing::Assumed,
        }],
        waitings: Vec::new(),
    }
}

fn requirement(units: u64, from: &str, until: Option<&str>) -> Requirement {
    Requirement {
        item: id("PATRIOT"),
        party: id("US"),
        component: "plans".into(),
        quantity: quantity(units),
        from: id(from),
        until: until.map(id),
        source: "exercise".into(),
        standing: Standing::Assumed,
    }
}

fn earmark(name: &str, to: &str, origin: Origin, priority: u8, slots: &[(&str, u64)]) -> Earmark {
    Earmark {
        id: id(name),
        item: id("PATRIOT"),
        owner: id("US"),
        recipient: id(to),
        origin,
        priority: Priority::try_from(priority).unwrap(),
        harm: None,
        divertible: true,
        source: "exercise".to_owned(),
        standing: Standing::Assumed,
        slots: slots
            .iter()
            .map(|(month, units)| (id(month), Earmark::slot(origin, quantity(*units))))
            .collect(),
    }
}

/// 250 on hand; a requirement of 320 that becomes 1,000 in July; ten used a month; earmarks for UA
/// from a contract and for GB from stock.
pub fn figures() -> Figures {
    let months: Vec<Month> = (0..24).map(|index| id::<Month>("2025-06").plus(index)).collect();
    Figures {
        counts: vec![Count {
            account: AccountKey {
                item: id("PATRIOT"),
                party: id("US"),
                state: AccountState::OnHand,
                place: None,
                lot: None,
            },
            units: quantity(250),
            expected: None,
            expires: None,
            as_of: id("2025-06-02"),
            source: "exercise".into(),
            standing: Standing::Assumed,
        }],
        earmarks: vec![
            earmark(
                "EM-UA",
                "UA",
                Origin::Contract,
                5,
                &[("2025-07", 60), ("2025-08", 60), ("2025-09", 60), ("2025-10", 60)],
            ),
            earmark("EM-GB", "GB", Origin::Stock, 2, &[("2025-08", 15), ("2025-09", 15)]),
        ],
        requirements: vec![
            requirement(320, "2025-01-01", Some("2025-07-01")),
            requirement(1000, "2025-07-01", None),
        ],
        consumption: months
            .into_iter()
            .map(|month| Consumption {
                item: id("PATRIOT"),
                party: id("US"),
                month,
                quantity: quantity(10),
                planned: true,
                source: "exercise".into(),
                standing: Standing::Assumed,
            })
            .collect(),
    }
}

/// The exercise under a policy version (`shortage` or `strict`) on 2 June 2025, the figures in.
pub fn short(version: &str) -> World {
    let mut world = World::unfounded();
    let mut charter = charter(&[(version, "2025-01-01T00:00:00Z")]);
    charter.triage = class_rules();
    world.found(charter, &["registrar", "board"]).unwrap();
    world.awake_until(id("2025-06-02T09:00:00Z"));
    let figures = Box::new(figures());
    world.run(Some("usdepot"), Command::ImportFigures { figures }).unwrap();
    world
}

/// An order that is being made.
#[derive(Clone, Debug)]
pub struct Ordering {
    pub plan: Plan,
    pub order: DiversionOrder,
}

impl World {
    /// The best plan for PATRIOT now.
    pub fn planned(&self, months: u16) -> Plan {
        let terms = Terms { months: Some(months), threshold: None };
        let rules = self.state.triage.rules();
        let problem = problem(&self.state.stock, rules, &id("PATRIOT"), &terms, self.at).unwrap();
        plan(&problem, &Vetoes::none())
    }

    /// An order of a plan, by whom and for which office, not yet signed.
    pub fn ordering(&mut self, key: &str, office: &str, plan: Plan) -> Ordering {
        let binding = self.bound::<DiversionOrder>(key).unwrap();
        let order = DiversionOrder {
            item: plan.item.clone(),
            owner: id("US"),
            plan: plan_digest(&plan),
            quantity: quantity(plan.units()),
            recipients: plan.lines().map(|line| line.recipient.clone()).collect(),
            certification: String::new(),
            notice_days: id("0"),
            replacement: None,
            office: id(office),
            signer: id(owner(key)),
            binding,
            reason: String::new(),
        };
        Ordering { plan, order }
    }

    /// Signs an order and hands it in.
    pub fn order(&mut self, key: &str, ordering: Ordering) -> Answered {
        let statements = vec![self.sign(key, &ordering.order)];
        let plan = Box::new(ordering.plan);
        self.run(None, rerouting::Command::OrderDiversion { plan, statements })
    }

    /// Sets a class by hand.
    pub fn set_class(
        &mut self,
        by: (&str, &str),
        item: &str,
        class: &str,
        until: &str,
    ) -> Answered {
        let (key, office) = by;
        let made = ClassOverride {
            item: id(item),
            class: id(class),
            until: id(until),
            office: id(office),
            signer: id(owner(key)),
            binding: self.bound::<ClassOverride>(key)?,
            reason: String::new(),
        };
        let statements = vec![self.sign(key, &made)];
        self.run(None, triage::Command::OverrideClass { statements })
    }

    /// Ends a class set by hand.
    pub fn unset_class(&mut self, by: (&str, &str), item: &str) -> Answered {
        let (key, office) = by;
        let made = OverrideLift {
            item: id(item),
            office: id(office),
            signer: id(owner(key)),
            binding: self.bound::<OverrideLift>(key)?,
            reason: String::new(),
        };
        let statements = vec![self.sign(key, &made)];
        self.run(None, triage::Command::LiftOverride { statements })
    }
}

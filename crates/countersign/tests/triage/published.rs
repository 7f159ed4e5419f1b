//! Twelve published rules of some traffic light for stock.

use countersign::pack::triage_rules;
use countersign_core::stock::ItemClass;
use countersign_core::triage::{
    Component, Declaration, Inputs, Judgement, Memory, Missing, Part, Reason, Rules, Series,
    explain, judge_item,
};
use countersign_proof::words::{Date, ItemId, Moment, Month, OfficeId, Quantity};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn q(units: u64) -> Quantity {
    Quantity::new(units).unwrap()
}

fn at(day: &str) -> Moment {
    format!("{day}T12:00:00Z").parse().unwrap()
}

fn set(labels: &[&str]) -> BTreeSet<String> {
    labels.iter().map(|label| (*label).to_owned()).collect()
}

/// A rule of a pack file, one item of it, and what is remembered of its class.
struct Row {
    rules: Rules,
    item: ItemId,
    labels: BTreeSet<String>,
    memory: Option<Memory>,
}

impl Row {
    fn new(folder: &str, item: &str, labels: &[&str]) -> Self {
        let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/triage").join(folder);
        let rules = triage_rules(&dir).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let text = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<Rules>(&text).unwrap(), rules, "it survives its text");
        Self { rules, item: ItemId::new(item).unwrap(), labels: set(labels), memory: None }
    }

    fn judge(&mut self, inputs: &Inputs, day: &str) -> Judgement {
        let inputs = Inputs { as_of: Some(at(day)), ..inputs.clone() };
        let memory = self.memory.as_ref();
        let found =
            judge_item(&self.rules, &self.item, &self.labels, &inputs, memory, at(day)).unwrap();
        assert!(!explain(self.rules.rule(&found.rule).unwrap(), &found).is_empty());
        self.memory = Some(found.memory.clone());
        found
    }

    fn class(&mut self, inputs: &Inputs, day: &str) -> String {
        self.judge(inputs, day).class.as_str().to_owned()
    }

    /// The class of an item that was never judged before.
    fn fresh(&mut self, inputs: &Inputs, day: &str) -> String {
        self.memory = None;
        self.class(inputs, day)
    }

    fn declare(&mut self, class: &str, office: &str, from: &str, until: &str) {
        let rule = self.rules.rule_for(&self.item, &self.labels).unwrap();
        let office = OfficeId::new(office).unwrap();
        assert!(rule.may_declare(&office));
        let memory = self.memory.take().unwrap_or_else(|| Memory::unknown(at(from)));
        self.memory = Some(memory.declare(Declaration {
            class: ItemClass::new(class).unwrap(),
            office,
            reason: "the outlook is uncertain".to_owned(),
            from: at(from),
            until: at(until),
        }));
    }
}

/// So many units on hand and the same use on every one of the days, or in every one of the months,
/// before.
fn used(on_hand: u64, a_day: u64) -> Inputs {
    let day = |text: &str| text.parse::<Date>().unwrap();
    let (first, last) = (day("2023-01-01"), day("2026-12-31"));
    let days = (u32::from(first)..=u32::from(last)).map(|d| (Date::try_from(d).unwrap(), q(a_day)));
    let mut inputs = used_monthly(on_hand, "use", 0);
    inputs.by_day.insert("use".to_owned(), Series::new(first, last, days));
    let months = span().map(|month| (month, q(a_day * u64::from(month.days()))));
    inputs.by_month.insert("use".to_owned(), series(months));
    inputs
}

fn span() -> impl Iterator<Item = Month> {
    let first: Month = "2023-01".parse().unwrap();
    (0..48).map(move |index| first.plus(index))
}

fn series(months: impl Iterator<Item = (Month, Quantity)>) -> Series<Month> {
    let (first, last) = (span().next().unwrap(), span().last().unwrap());
    Series::new(first, last, months)
}

fn used_monthly(on_hand: u64, flow: &str, a_month: u64) -> Inputs {
    let mut inputs = Inputs { on_hand: Some(q(on_hand)), ..Inputs::default() };
    inputs.by_month.insert(flow.to_owned(), series(span().map(|month| (month, q(a_month)))));
    inputs
}

/// Each stock in turn, judged as if for the first time.
fn each(row: &mut Row, of: impl Fn(u64) -> Inputs, wanted: &[(u64, &str)]) {
    for (units, class) in wanted {
        assert_eq!(row.fresh(&of(*units), "2025-07-01"), *class, "{} at {units}", row.item);
    }
}

/// NHS Blood and Transplant: red cells aim at 6 days, amber predicted below 2; platelets at 1 day,
/// except AB negative.
#[test]
fn nhs_red_cells_and_platelets() {
    let mut cells = Row::new("nhs-red-cells", "RBC-O-neg", &["red-cells"]);
    // 100 a day, of which July asks for 3,034: a month of use averaged over April to June.
    let next_month = 3_034;
    let predicted = |units: u64| {
        let mut inputs = used(units, 100);
        inputs.due_in.insert("2025-07".parse().unwrap(), q(next_month));
        inputs
    };
    let wanted = [
        (400, "green"),
        (399, "pre-amber"),
        (200, "pre-amber"),
        (199, "amber"),
        (100, "amber"),
        (99, "red"),
    ];
    each(&mut cells, predicted, &wanted);
    // Predicted, not present: what is there today is plenty, and the month will take it.
    assert_eq!(cells.fresh(&used(1_000, 100), "2025-07-01"), "red");
    // Pre-amber is left at the aim.
    assert_eq!(cells.fresh(&predicted(399), "2025-07-01"), "pre-amber");
    assert_eq!(cells.class(&predicted(599), "2025-07-02"), "pre-amber");
    assert_eq!(cells.class(&predicted(600), "2025-07-03"), "green");

    let mut platelets = Row::new("nhs-red-cells", "PLT-O-pos", &["platelets"]);
    each(&mut platelets, predicted, &[(101, "green"), (100, "green"), (99, "amber")]);
    let excepted = Row::new("nhs-red-cells", "PLT-AB-neg", &["platelets"]);
    assert!(excepted.rules.rule_for(&excepted.item, &excepted.labels).is_none());
}

/// NHS Blood and Transplant: amber is kept at least 4 weeks, declared and ended by a named body,
/// and was held while O negative stood at 4.28 days.
#[test]
fn nhs_amber_declared_and_held() {
    let mut row = Row::new("nhs-amber-held", "RBC-O-neg", &["red-cells"]);
    assert_eq!(row.class(&used(428, 100), "2024-07-24"), "green");
    row.declare("amber", "NHSBT.Board", "2024-07-25", "2025-07-25");
    let held = row.judge(&used(428, 100), "2024-07-26");
    assert_eq!(held.class.as_str(), "amber");
    assert_eq!(held.warranted.as_ref().map(ItemClass::as_str), Some("green"));
    let told = explain(&row.rules.rules[0], &held).join("\n");
    assert!(told.contains("4.28 days") && told.contains("NHSBT.Board"), "{told}");
    // Ended early, it is still kept for its 4 weeks; then the number rules again.
    row.memory = row.memory.map(|memory| memory.lift(at("2024-08-10")));
    assert_eq!(row.class(&used(428, 100), "2024-08-21"), "amber", "27 days");
    assert_eq!(row.class(&used(428, 100), "2024-08-22"), "green", "28 days");
    // By the number: at 2 days, and below.
    each(&mut row, |units| used(units, 100), &[(201, "green"), (200, "green"), (199, "amber")]);
    let rule = &row.rules.rules[0];
    assert!(!rule.may_declare(&OfficeId::new("NHSBT.Press").unwrap()));
}

/// Canadian blood: five phases, of which recovery is only entered on the way back.
#[test]
fn canada_five_phases_with_a_recovery() {
    let mut row = Row::new("canada-five-phases", "RBC", &["blood"]);
    let of = |units| used(units, 100);
    let wanted = [
        (500, "green"),
        (499, "green-advisory"),
        (300, "green-advisory"),
        (299, "amber"),
        (150, "amber"),
        (149, "red"),
    ];
    each(&mut row, of, &wanted);
    let way = [
        ("2025-07-01", 100, "red"),
        ("2025-07-02", 199, "red"),
        ("2025-07-03", 200, "red"),
        ("2025-07-04", 200, "red"),
        ("2025-07-05", 200, "amber"),
        ("2025-07-06", 550, "recovery"),
        ("2025-07-07", 900, "recovery"),
        ("2025-07-12", 900, "recovery"),
        ("2025-07-13", 599, "recovery"),
        ("2025-07-14", 600, "green"),
        ("2025-07-15", 450, "green-advisory"),
    ];
    row.memory = None;
    for (day, units, class) in way {
        assert_eq!(row.class(&of(units), day), class, "{day}");
    }
    // Worse at once, also out of recovery; and out of red it is recovery, never green.
    assert_eq!(row.class(&of(100), "2025-07-16"), "red");
    for day in ["2025-07-17", "2025-07-18"] {
        assert_eq!(row.class(&of(900), day), "red");
    }
    assert_eq!(row.class(&of(900), "2025-07-19"), "recovery");
    assert_eq!(row.class(&of(299), "2025-07-20"), "amber");
}

/// Australian blood: white alert, yellow activate, red activate, green de-activate; the labels are
/// the pack's own.
#[test]
fn australia_alerts_and_activations() {
    let mut row = Row::new("australia-activations", "RBC", &["blood"]);
    let titles: Vec<&str> = row.rules.classes.iter().map(|class| class.title.as_str()).collect();
    assert_eq!(titles[0], "Green: de-activate");
    let wanted = [
        (500, "green"),
        (499, "white"),
        (300, "white"),
        (299, "yellow"),
        (100, "yellow"),
        (99, "red"),
    ];
    each(&mut row, |units| used(units, 100), &wanted);
}

/// AABB: red below 1 day, prepared at 3 days.
#[test]
fn aabb_days_of_supply() {
    let mut row = Row::new("aabb-days", "RBC", &["blood"]);
    let wanted = [(301, "prepared"), (300, "prepared"), (299, "low"), (100, "low"), (99, "red")];
    each(&mut row, |units| used(units, 100), &wanted);
}

/// The cholera vaccine stockpile: 5,000,000 doses at all times.
#[test]
fn cholera_an_absolute_floor() {
    let mut row = Row::new("cholera-floor", "OCV", &[]);
    let of = |units| Inputs { on_hand: Some(q(units)), ..Inputs::default() };
    let wanted = [(5_000_001, "filled"), (5_000_000, "filled"), (4_999_999, "below-floor")];
    each(&mut row, of, &wanted);
    let short = row.judge(&of(4_999_999), "2025-07-01");
    assert_eq!((short.changes[0].units, short.changes[0].reach), (1, 5_000_000));
    assert_eq!(row.fresh(&Inputs::default(), "2025-07-01"), "unknown");
}

/// The yellow fever stockpile: 6,000,000 doses since May 2016, 2,000,000 from 2001.
#[test]
fn yellow_fever_a_floor_that_changes_by_date() {
    let mut row = Row::new("yellow-fever-floor", "YF", &[]);
    let of = |units| Inputs { on_hand: Some(q(units)), ..Inputs::default() };
    for (day, units, class) in [
        ("2016-04-30", 2_000_000, "filled"),
        ("2016-04-30", 1_999_999, "below-floor"),
        ("2016-05-01", 2_000_000, "below-floor"),
        ("2016-05-01", 5_999_999, "below-floor"),
        ("2016-05-01", 6_000_000, "filled"),
        ("2025-07-01", 6_000_001, "filled"),
    ] {
        assert_eq!(row.fresh(&of(units), day), class, "{units} on {day}");
    }
    let before = row.judge(&of(9_000_000), "2000-12-31");
    let on = "2000-12-31".parse().unwrap();
    assert_eq!(before.reasons, [Reason::Unknown(Missing::Floor { on })]);
}

/// The munitions tracker: stock over the requirement of plans, made of named components; 25 % is
/// red.
#[test]
fn munitions_over_their_requirement() {
    let mut row = Row::new("munitions-requirement", "PATRIOT-INTERCEPTOR", &[]);
    let component = |name: &str, units| Component {
        name: name.to_owned(),
        units: q(units),
        from: None,
        until: Some("2026-01-01".parse().unwrap()),
    };
    let of = |units| Inputs {
        on_hand: Some(q(units + 30)),
        reserved: q(10),
        earmarked: [("2025-12".parse().unwrap(), q(20))].into(),
        requirement: vec![
            component("plans", 1_000),
            component("current operations", 300),
            component("readiness", 320),
            component("homeland", 200),
            component("training", 100),
            component("of another kind", 5_000),
        ],
        ..Inputs::default()
    };
    let wanted = [
        (480, "red"),
        (767, "red"),
        (768, "yellow"),
        (1_535, "yellow"),
        (1_536, "green"),
        (1_537, "green"),
    ];
    each(&mut row, of, &wanted);
    row.memory = None;
    let red = row.judge(&of(480), "2025-07-01");
    let told = explain(&row.rules.rules[0], &red);
    let figure = "480 on hand and not promised against a requirement of 1,920 is 25.0 %, below \
                  40 %, the limit for red.";
    assert_eq!(told[1], figure);
    // A requirement that has ended is not known, and neither is one that lacks a component.
    assert_eq!(row.class(&of(5_000), "2026-01-01"), "unknown");
    let mut lacking = of(5_000);
    lacking.requirement.retain(|component| component.name != "homeland");
    assert_eq!(row.class(&lacking, "2025-07-02"), "unknown");
}

/// European oil: the greater of 90 days of net imports and 61 days of consumption; pledged stock
/// does not count; one third in products.
#[test]
fn oil_the_greatest_of_several_covers() {
    let mut row = Row::new("eu-oil-cover", "OIL", &[]);
    let of = |imports: u64, consumption: u64, units: u64, products: u64, pledged: u64| {
        // Flows of so many a day in every month of the last twelve.
        let mut inputs = used_monthly(units, "use", 0);
        for (name, a_day) in [("net-imports", imports), ("consumption", consumption)] {
            let months = span().map(|month| (month, q(a_day * u64::from(month.days()))));
            inputs.by_month.insert(name.to_owned(), series(months));
        }
        inputs.reserved = q(pledged);
        let part = |on_hand| Part { on_hand: q(on_hand), encumbered: q(0) };
        inputs.parts =
            [("products".to_owned(), part(products)), ("crude".to_owned(), part(units - products))]
                .into();
        inputs
    };
    // 90 × 100 = 9,000 against 61 × 120 = 7,320: imports decide.
    for (units, class) in [(9_001, "met"), (9_000, "met"), (8_999, "short")] {
        assert_eq!(row.fresh(&of(100, 120, units, 5_000, 0), "2025-07-01"), class, "{units}");
    }
    // 90 × 10 = 900 against 61 × 120 = 7,320: consumption decides.
    for (units, class) in [(7_321, "met"), (7_320, "met"), (7_319, "short")] {
        assert_eq!(row.fresh(&of(10, 120, units, 5_000, 0), "2025-07-01"), class, "{units}");
    }
    // Pledged stock does not count.
    assert_eq!(row.fresh(&of(100, 120, 9_100, 5_000, 100), "2025-07-01"), "met");
    assert_eq!(row.fresh(&of(100, 120, 9_100, 5_000, 101), "2025-07-01"), "short");
    // One third of 9,000 in products, however much crude there is.
    for (products, class) in [(3_001, "met"), (3_000, "met"), (2_999, "short")] {
        assert_eq!(row.fresh(&of(100, 120, 90_000, products, 0), "2025-07-01"), class);
    }
}

/// Pharmacy stores: understocked below 3 months of use, overstocked above 6.
#[test]
fn pharmacy_on_both_sides() {
    let mut row = Row::new("pharmacy-stores", "AMOX-500", &["medicine"]);
    let of = |units| used_monthly(units, "use", 100);
    let wanted = [
        (299, "understocked"),
        (300, "adequate"),
        (301, "adequate"),
        (599, "adequate"),
        (600, "adequate"),
        (601, "overstocked"),
    ];
    each(&mut row, of, &wanted);
    row.memory = None;
    let over = row.judge(&of(700), "2025-07-01");
    let told = explain(&row.rules.rules[0], &over);
    assert!(told[1].ends_with("is 7.00 months, above 6 months, the limit for overstocked."));
    assert!(told[2].ends_with("6 months or less: 600 units, 100 fewer."), "{told:?}");
    assert!(!row.rules.class(&over.class).unwrap().shortage);
    // Nobody asks for any: nothing lasts longer.
    assert_eq!(row.fresh(&used_monthly(1, "use", 0), "2025-07-01"), "overstocked");
    assert_eq!(row.fresh(&used_monthly(0, "use", 0), "2025-07-01"), "adequate");
}

/// UK medicines: tiers set by a group, with a reason; no number at all.
#[test]
fn medicine_tiers_are_judged() {
    let mut row = Row::new("uk-medicine-tiers", "AMOX-500", &["medicine"]);
    let plenty = used(1_000_000, 1);
    let none = row.judge(&plenty, "2025-07-01");
    assert_eq!(none.class.as_str(), "unknown", "no number makes it tier 1");
    assert_eq!(none.reasons, [Reason::Unknown(Missing::Declaration)]);
    for tier in ["tier-1", "tier-2", "tier-3", "tier-4"] {
        row.declare(tier, "DHSC.Response-Group", "2025-07-02", "2025-10-01");
        let judged = row.judge(&plenty, "2025-07-03");
        assert_eq!(judged.class.as_str(), tier);
        assert!(explain(&row.rules.rules[0], &judged)[1].contains("the outlook is uncertain"));
        assert_eq!(row.class(&plenty, "2025-09-30"), tier);
    }
    assert_eq!(row.class(&plenty, "2025-10-01"), "unknown", "what was judged has ended");
    let rule = &row.rules.rules[0];
    assert!(rule.is_judged() && !rule.may_declare(&OfficeId::new("DHSC.Press").unwrap()));
}

/// Arms export notices: value and the class of the recipient start a clock of 15 or 30 days.
#[test]
fn arms_notices_by_value_and_recipient() {
    let row = Row::new("arms-notices", "PATRIOT-INTERCEPTOR", &[]);
    let days = |kind: &str, recipient: &[&str], value: u64| {
        let waiting = row.rules.waiting(&row.item, &set(&[kind]), &set(recipient), value);
        waiting.map(|waiting| waiting.days)
    };
    let (allied, other) = (&["nato-plus"][..], &["partner"][..]);
    for (kind, recipient, value, wanted) in [
        ("major-equipment", allied, 24_999_999, None),
        ("major-equipment", allied, 25_000_000, Some(15)),
        ("major-equipment", allied, 25_000_001, Some(15)),
        ("major-equipment", other, 13_999_999, None),
        ("major-equipment", other, 14_000_000, Some(30)),
        ("major-equipment", other, 14_000_001, Some(30)),
        ("major-equipment", &[], 14_000_000, Some(30)),
        ("articles", allied, 99_999_999, None),
        ("articles", allied, 100_000_000, Some(15)),
        ("articles", other, 49_999_999, None),
        ("articles", other, 50_000_000, Some(30)),
        ("boots", other, 1_000_000_000, None),
    ] {
        assert_eq!(days(kind, recipient, value), wanted, "{kind} {recipient:?} {value}");
    }
}

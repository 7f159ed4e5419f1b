//! Cases by name.

use super::random::{auditor, judged};
use super::small::{acted, approved, asked, at, charter_of, fact, id, units};
use countersign_core::history::{
    Auditor, BLOCK_MAX, Certainty, FACTS_MAX, Fact, Kind, Matter, OfficeNo, Span, Ties, Unjudged,
    What,
};

/// What is found of each act, in a word or two.
fn told(case: &[Fact], ties: Ties) -> Vec<String> {
    let found = judged(case, ties).into_iter();
    found
        .map(|act| {
            let words: Vec<String> =
                act.findings().map(|(kind, certainty)| format!("{certainty} {kind}")).collect();
            if words.is_empty() { "fine".to_owned() } else { words.join(", ") }
        })
        .collect()
}

fn unknown(case: &[Fact]) -> Vec<String> {
    told(case, Ties::Unknown)
}

#[test]
fn an_act_after_before_and_without_its_approval() {
    let yes = |line, when| fact(line, when, when, Some(1), approved(0, None));
    let act = |line, when| fact(line, when, when, Some(2), acted(5));
    assert_eq!(unknown(&[yes(1, 3), act(2, 4)]), ["fine"]);
    assert_eq!(unknown(&[act(1, 3), yes(2, 4)]), ["certain before"]);
    assert_eq!(unknown(&[act(1, 3)]), ["certain without"]);
    assert_eq!(unknown(&[yes(1, 0), act(2, 1)]), ["certain without"], "before any version");
}

#[test]
fn times_that_are_equal_are_settled_by_the_file_only_where_it_says_so() {
    let case = [fact(1, 3, 3, Some(1), approved(0, None)), fact(2, 3, 3, Some(2), acted(5))];
    assert_eq!(unknown(&case), ["possible before"]);
    assert_eq!(told(&case, Ties::FileOrder), ["fine"]);
    let case = [case[1], case[0]];
    assert_eq!(told(&case, Ties::FileOrder), ["certain before"]);
}

#[test]
fn a_refusal_ends_what_was_approved() {
    let case = [
        fact(1, 3, 3, Some(9), asked(None)),
        fact(2, 4, 4, Some(1), approved(0, None)),
        fact(3, 5, 5, Some(1), What::Refused),
        fact(4, 6, 6, Some(9), asked(None)),
        fact(5, 7, 7, Some(2), acted(5)),
        fact(6, 8, 8, Some(1), approved(0, None)),
        fact(7, 9, 9, Some(2), acted(5)),
    ];
    assert_eq!(unknown(&case), ["certain before", "fine"]);
    // Done in the first round, approved only in the second.
    let case = [
        fact(1, 3, 3, Some(2), acted(5)),
        fact(2, 4, 4, Some(1), What::Refused),
        fact(3, 5, 5, Some(9), asked(None)),
        fact(4, 6, 6, Some(1), approved(0, None)),
    ];
    assert_eq!(unknown(&case), ["certain without"]);
}

#[test]
fn acts_add_up() {
    let case = [
        fact(1, 3, 3, Some(1), approved(0, Some(100))),
        fact(2, 4, 4, Some(2), acted(60)),
        fact(3, 5, 5, Some(2), acted(40)),
        fact(4, 6, 6, Some(2), acted(1)),
    ];
    assert_eq!(unknown(&case), ["fine", "fine", "certain beyond"]);
    // Two approvals of one office are drawn on together.
    let case = [
        fact(1, 3, 3, Some(1), approved(0, Some(100))),
        fact(2, 4, 4, Some(1), approved(0, Some(50))),
        fact(3, 5, 5, Some(2), acted(150)),
    ];
    assert_eq!(unknown(&case), ["fine"]);
    // On one day, which of the two went beyond is not known.
    let case = [
        fact(1, 3, 3, Some(1), approved(0, Some(100))),
        fact(2, 4, 8, Some(2), acted(60)),
        fact(3, 4, 8, Some(2), acted(60)),
    ];
    assert_eq!(unknown(&case), ["possible beyond", "possible beyond"]);
}

#[test]
fn an_approval_that_ends_is_in_force_up_to_its_end() {
    let yes = What::Approved { office: OfficeNo(0), quantity: None, until: Some(Span::at(at(6))) };
    let case = |when| [fact(1, 3, 3, Some(1), yes), fact(2, when, when, Some(2), acted(5))];
    assert_eq!(unknown(&case(6)), ["fine"]);
    assert_eq!(unknown(&case(7)), ["certain beyond"]);
}

#[test]
fn nobody_approves_what_they_asked_for() {
    let case = [
        fact(1, 3, 3, Some(1), asked(None)),
        fact(2, 4, 4, Some(1), approved(0, None)),
        fact(3, 5, 5, Some(2), acted(5)),
    ];
    assert_eq!(unknown(&case), ["certain without"]);
}

#[test]
fn one_person_fills_one_office() {
    let case = |second: u32| {
        [
            fact(1, 11, 11, Some(1), approved(0, None)),
            fact(2, 12, 12, Some(second), approved(1, None)),
            fact(3, 13, 13, Some(3), acted(5)),
        ]
    };
    assert_eq!(unknown(&case(2)), ["fine"]);
    assert_eq!(unknown(&case(1)), ["certain without"]);
}

#[test]
fn an_act_over_two_versions_is_held_against_both() {
    let case = [
        fact(1, 3, 3, Some(1), approved(0, None)),
        fact(2, 9, 10, Some(2), acted(5)),
        fact(3, 20, 20, Some(3), approved(1, None)),
    ];
    assert_eq!(unknown(&case), ["possible before"]);
}

#[test]
fn acts_that_nothing_tells_apart_are_no_work() {
    let mut case = vec![fact(1, 3, 8, Some(1), approved(0, Some(600)))];
    case.extend((2..102).map(|line| fact(line, 3, 8, Some(2), acted(7))));
    let found = unknown(&case);
    assert_eq!(found.len(), 100);
    // 85 of them find enough, 15 do not; which ones, and on which side of the approval, is open.
    let open = "possible without, possible before, possible beyond";
    assert!(found.iter().all(|found| found == open), "{found:?}");
}

#[test]
fn what_cannot_be_weighed_is_said() {
    let mut auditor = auditor(Ties::Unknown);
    let mut into = Vec::new();
    let many: Vec<Fact> = (1..=u64::try_from(FACTS_MAX).unwrap() + 1)
        .map(|line| fact(line, line, line, None, acted(1)))
        .collect();
    let refused = auditor.judge(&many, &mut into).unwrap_err();
    assert_eq!(refused, Unjudged::TooLarge(FACTS_MAX + 1));
    auditor.judge(&many[..FACTS_MAX], &mut into).unwrap();
    assert_eq!(into.len(), FACTS_MAX);
    into.clear();
    let wide: Vec<Fact> = (1..=u64::try_from(BLOCK_MAX).unwrap() + 1)
        .map(|line| fact(line, 3, 9, None, approved(0, Some(line))))
        .collect();
    assert_eq!(auditor.judge(&wide, &mut into).unwrap_err(), Unjudged::TooManyOrderings);
    let wide: Vec<Fact> = (1..=30u64)
        .flat_map(|line| {
            [fact(line, 3, 9, None, approved(0, Some(line))), fact(line, 3, 9, None, acted(line))]
        })
        .collect();
    assert_eq!(auditor.judge(&wide, &mut into).unwrap_err(), Unjudged::TooManyOrderings);
    assert!(into.is_empty());
}

#[test]
fn a_policy_that_asks_the_books_is_not_audited() {
    let text = r#"
@id("d") @reason("r")
permit (principal, action == Action::"deliver", resource) when { context.used_total < 10 };
"#;
    let mut auditor = Auditor::new(&charter_of(&[("v1", 1, text)]), Ties::Unknown).unwrap();
    let matter =
        Matter { act: id("deliver"), holder: id("Y"), item: id("I"), zone: None, recipient: None };
    auditor.names.matter(&matter);
    let refused = auditor.judge(&[fact(1, 3, 3, None, acted(1))], &mut Vec::new()).unwrap_err();
    assert!(refused.to_string().contains("how much was used"), "{refused}");
}

#[test]
fn a_policy_that_reads_the_moment_is_asked_on_both_sides_of_its_date() {
    let text = r#"
@id("d") @reason("r")
permit (principal, action == Action::"deliver", resource)
when { context.now < datetime("1970-01-02") || context.approvals.contains(Office::"A") };
"#;
    let mut auditor = Auditor::new(&charter_of(&[("v1", 1, text)]), Ties::Unknown).unwrap();
    let matter =
        Matter { act: id("deliver"), holder: id("Y"), item: id("I"), zone: None, recipient: None };
    auditor.names.matter(&matter);
    let mut told = |from, to| {
        let mut found = Vec::new();
        auditor.judge(&[fact(1, from, to, None, acted(1))], &mut found).unwrap();
        found[0].findings().collect::<Vec<_>>()
    };
    const DAY: u64 = 86_400_000;
    assert_eq!(told(5, DAY - 1), []);
    assert_eq!(told(DAY, DAY), [(Kind::Without, Certainty::Certain)]);
    assert_eq!(told(5, 3 * DAY), [(Kind::Without, Certainty::Possible)]);
}

#[test]
fn what_was_missing_is_told_in_words() {
    let mut auditor = auditor(Ties::Unknown);
    let case = [fact(1, 3, 3, Some(1), approved(0, Some(100))), fact(2, 4, 4, Some(2), acted(160))];
    let mut found = Vec::new();
    auditor.judge(&case, &mut found).unwrap();
    let words = auditor.missing(&case, found[0], (Kind::Beyond, Certainty::Certain));
    let expected = "needs A; it was approved, but in all 100 were approved and 160 done; this act \
                    is 160";
    assert_eq!(words, expected);
    assert_eq!(units(5).units(), 5);
}

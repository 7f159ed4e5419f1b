//! Parts that keep what was entered, escape it, and say what a program needs to read them aloud.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::web::gallery;
use crate::web::page::page;
use countersign_core::requests::{ReleaseState, RequestState};
use countersign_proof::words::Moment;
use maud::{Markup, html};
use std::collections::BTreeSet;

fn told(markup: &Markup) -> &str {
    &markup.0
}

#[test]
fn numbers_are_parted_in_threes_with_a_true_minus() {
    let rows = [
        (0, "0"),
        (999, "999"),
        (1_000, "1\u{202f}000"),
        (-1_234_567, "\u{2212}1\u{202f}234\u{202f}567"),
        (
            i128::MIN,
            "\u{2212}170\u{202f}141\u{202f}183\u{202f}460\u{202f}469\u{202f}231\u{202f}731\u{202f}687\u{202f}303\u{202f}715\u{202f}884\u{202f}105\u{202f}728",
        ),
    ];
    for (number, text) in rows {
        assert_eq!(thin(number), text);
    }
}

#[test]
fn a_moment_is_exact_for_programs_and_short_for_people() {
    let at = Moment::from_millis(1_764_004_509_123).unwrap();
    let text = moment(at).into_string();
    assert!(text.contains("datetime=\"2025-11-24T17:15:09.123Z\""), "{text}");
    assert!(text.contains("24\u{a0}Nov\u{a0}2025, 17:15\u{a0}UTC"), "{text}");
}

#[test]
fn every_tone_has_its_own_shape_and_every_state_its_own_word() {
    let tones =
        [Tone::Good, Tone::Watch, Tone::Bad, Tone::Unknown, Tone::Open, Tone::Paused, Tone::Closed];
    let shapes: BTreeSet<String> = tones.iter().map(|tone| outline(*tone).into_string()).collect();
    assert_eq!(shapes.len(), tones.len());
    use ReleaseState as L;
    use RequestState as R;
    let requests = [
        R::Submitted,
        R::UnderReview,
        R::InformationRequested,
        R::Approved,
        R::Refused,
        R::Withdrawn,
        R::Superseded,
        R::Lapsed,
    ];
    let releases = [
        L::Issued,
        L::Suspended,
        L::Reinstated,
        L::Exhausted,
        L::Expired,
        L::Revoked,
        L::Surrendered,
    ];
    for state in requests {
        let tag = request_tag(state).into_string();
        assert!(tag.to_lowercase().contains(state.as_str()), "{tag}");
    }
    for state in releases {
        let tag = release_tag(state).into_string();
        assert!(tag.to_lowercase().contains(state.as_str()), "{tag}");
    }
}

#[test]
fn what_nobody_knows_never_looks_good() {
    assert_eq!(Tone::of_severity(None), Tone::Unknown);
    assert_eq!(Tone::of_severity(Some(0)), Tone::Good);
    for severity in 2..=u8::MAX {
        assert_eq!(Tone::of_severity(Some(severity)), Tone::Bad);
    }
}

#[test]
fn a_field_keeps_what_was_entered_and_names_its_error() {
    let entered = "\"><script>alert(1)</script> 24½";
    let field = Field::new("quantity", "Quantity")
        .hint("64 are free")
        .value(entered)
        .error(Some("Enter a whole number"));
    let choices = [Choice::new(entered, entered), Choice::new("b", "B")];
    let fields = [
        field.text(),
        field.number(Number::default()),
        field.date_time(),
        field.long_text(3),
        field.select(&choices),
        field.radios(&choices),
        field.checkboxes(&choices, &[entered]),
    ];
    for markup in &fields {
        let text = told(markup);
        assert!(!text.contains("<script"), "{text}");
        assert!(text.contains("&quot;&gt;&lt;script&gt;") && text.contains("24½"), "{text}");
        assert!(text.contains("aria-describedby=\"quantity-hint quantity-error\""), "{text}");
        assert!(text.contains("id=\"quantity-error\"") && text.contains("id=\"quantity\""));
    }
    for chosen in &fields[4..] {
        let text = told(chosen);
        assert_eq!(
            text.matches(" checked").count() + text.matches(" selected").count(),
            1,
            "{text}"
        );
    }
}

#[test]
fn a_table_without_rows_is_a_sentence_and_a_short_row_is_filled() {
    let columns = [Column::Words("Item"), Column::Numbers("Units"), Column::Words("Class")];
    let table = |rows| {
        Table { id: "t", caption: "Stock", columns: &columns, rows, empty: "None." }
            .render()
            .into_string()
    };
    let empty = table(Vec::new());
    assert!(empty.contains("None.") && !empty.contains("<table"), "{empty}");
    let one = table(vec![Row::from(vec![html! { "A" }])]);
    assert_eq!(one.matches("<td").count(), 2, "{one}");
    assert_eq!(one.matches("scope=\"row\"").count(), 1, "{one}");
    assert_eq!(one.matches("class=\"numbers\"").count(), 2, "head and cell: {one}");
    assert!(one.contains("tabindex=\"0\"") && one.contains("<caption id=\"t-caption\">Stock"));
}

#[test]
fn faults_lead_to_their_fields_and_none_are_nothing() {
    assert_eq!(told(&error_summary(&[])), "");
    let faults = [
        Fault { field: Some("zones".into()), message: "<b>".into() },
        Fault { field: None, message: "Read it again".into() },
    ];
    let text = error_summary(&faults).into_string();
    assert!(text.contains("<a href=\"#zones\">&lt;b&gt;</a>"), "{text}");
    assert!(text.contains("<li>Read it again</li>") && text.contains("autofocus"), "{text}");
}

#[test]
fn what_is_barred_is_no_button_and_says_why() {
    let barred = Action::Barred { label: "Approve", reason: "the office UK.Defence is asked." };
    let text = buttons(&[barred]).into_string();
    assert!(
        !text.contains("<button") && text.contains("the office UK.Defence is asked."),
        "{text}"
    );
    let sends = buttons(&[Action::Main { label: "Go", sends: Some(("do", "ask")) }]).into_string();
    assert!(sends.contains("name=\"do\" value=\"ask\""), "{sends}");
}

#[test]
fn a_copied_fingerprint_is_the_digest() {
    let digest = "5f2e9c0b77a14d0c8d1";
    let text = fingerprint(digest).into_string();
    let copied = text
        .replace("<code class=\"fingerprint\">", "")
        .replace("</code>", "")
        .replace("<span>", "")
        .replace("</span>", "");
    assert_eq!(copied, digest);
}

#[test]
fn pages_have_no_inline_style_or_script_and_no_id_twice() {
    for (name, text) in gallery::pages() {
        assert!(!text.contains(" style=") && !text.contains("<style"), "{name}");
        assert!(!text.contains(" onclick=") && !text.contains("<script"), "{name}");
        let ids: Vec<&str> =
            text.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len(), "{name}: {ids:?}");
        for attribute in ["aria-labelledby", "aria-describedby", "for"] {
            let start = format!(" {attribute}=\"");
            let named = text.split(&start).skip(1);
            for id in named.flat_map(|rest| rest.split('"').next().unwrap().split(' ')) {
                assert!(
                    distinct.contains(id),
                    "{name}: {attribute} names {id}, which is not there"
                );
            }
        }
        assert_eq!(text.matches("<h1").count(), 1, "{name}");
    }
}

#[test]
fn the_frame_says_who_and_as_of_when() {
    let mut frame = gallery::frame();
    frame.query = "\"<b>".to_owned();
    let text = page(&frame, "<Title>", &html! { "body" }).into_string();
    for part in [
        "<title>&lt;Title&gt; – Long-range 2025 – Countersign</title>",
        "EXERCISE",
        "Morgan Reyes",
        "US.SecDef",
        "10\u{202f}412",
        "2025-08-20",
        "value=\"&quot;&lt;b&gt;\"",
        "href=\"#main\"",
        "aria-current=\"page\"",
        "name=\"csrf\" value=\"token\"",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    frame.viewer = None;
    frame.is_exercise = false;
    let text = page(&frame, "t", &html! {}).into_string();
    assert!(!text.contains("EXERCISE") && !text.contains("csrf") && text.contains("/sign-in"));
}

//! Every part and chart on a page, to be looked at. Answers: *does it look right?*
//!
//! `cargo nextest run … --run-ignored only write_gallery` writes `target/gallery/*.html`.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use super::charts::{
    Bar, Bars, Cell, ClassHistory, Flow, Gauge, Link, Matrix, MonthEnd, Projection, Span, Spark,
    Version, Versions, Zone, Zones,
};
use super::page::{Frame, Place, Who, page};
use super::parts::{
    Action, Choice, Column, Fault, Field, Happening, Number, Pager, Row, Table, Task, Tone,
    buttons, code, details, error_summary, fingerprint, grade_tag, id, inset, moment, pager,
    quantity, release_tag, request_tag, signed, summary_list, task_list, timeline,
};
use countersign_core::requests::{ReleaseState, RequestState};
use countersign_proof::words::{Date, Moment, Month, Standing};
use maud::{Markup, html};

const DIGEST: &str = "5f2e9c0b77a14d0c8d1e9a4471c2b9e05f2e9c0b77a14d0c8d1e9a4471c2b9e0";

fn at(hours: u64) -> Moment {
    Moment::from_millis(1_764_000_000_000 + hours * 3_600_000).unwrap()
}

fn on(day: &str) -> Date {
    day.parse().unwrap()
}

pub(super) fn frame() -> Frame {
    let place = |label, href, waiting| Place { label, href, waiting };
    Frame {
        programme: "Long-range 2025".to_owned(),
        is_exercise: true,
        ledger: DIGEST.to_owned(),
        position: 10_412,
        policy: Some("2025-08-20".to_owned()),
        viewer: Some(Who {
            name: "Morgan Reyes".to_owned(),
            offices: vec!["US.SecDef".to_owned()],
            csrf: "token".to_owned(),
        }),
        places: vec![
            place("Inbox", "/inbox", Some(3)),
            place("Requests", "/requests", None),
            place("Releases", "/releases", None),
            place("Stock", "/stock", None),
            place("Re-routing", "/rerouting", None),
            place("Policy", "/policy", None),
            place("Dependence", "/dependence", None),
            place("Record", "/record", None),
        ],
        current: "/inbox",
        query: String::new(),
        scripts: Vec::new(),
    }
}

fn statuses() -> Markup {
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
    html! {
        p { (grade_tag(Some(0), "green", Some("118"))) " "
            (grade_tag(Some(1), "yellow", Some("64"))) " "
            (grade_tag(Some(3), "red", Some("12"))) " " (grade_tag(None, "unknown", None)) }
        p { @for state in requests { (request_tag(state)) " " } }
        p { @for state in releases { (release_tag(state)) " " } }
    }
}

fn happenings() -> Vec<Happening> {
    let what = |hours, tone, what, more: Option<&str>| Happening {
        at: at(hours),
        tone,
        what,
        more: more.map(|more| html! { p { (more) } }),
    };
    vec![
        what(0, Tone::Open, html! { "Submitted by Olena Kovalenko (UA.General-Staff)" }, None),
        what(
            3,
            Tone::Watch,
            html! { "Advice: " b { "approve with provisos" } " by J. Park" },
            Some("No more than 12 units, and only until the end of the month."),
        ),
        what(9, Tone::Paused, html! { "Information requested by US.SecDef" }, None),
        what(31, Tone::Good, html! { "Authorised by " b { "US.SecDef" } " (Morgan Reyes)" }, None),
    ]
}

fn decision_body() -> Markup {
    html! {
        h1 { "Request " (id("REQ-0412")) ": use of 24 units of ATACMS" }
        p { (request_tag(RequestState::UnderReview)) " waiting since " (moment(at(0))) }
        div class="columns" {
            section {
                h2 { "What is asked" }
                (summary_list(&[
                    ("Item", html! { "ATACMS" }),
                    ("Quantity", quantity(24)),
                    ("Holder", html! { "UA" }),
                    ("Zones", html! { (id("RU.Kursk")) ", " (id("RU.Border")) }),
                    ("Window", html! { (moment(at(0))) " to " (moment(at(720))) }),
                    ("Revision", html! { "2" }),
                    ("Stock effect", html! { (grade_tag(Some(1), "yellow", Some("64"))) " to "
                        (grade_tag(Some(3), "red", Some("40"))) }),
                ]))
                h2 { "Still to do" }
                (task_list(&[
                    Task { title: "Read the advice", href: Some("#"), hint: None,
                        tone: Tone::Good, word: "Done" },
                    Task { title: "Sign for US.SecDef", href: Some("#"),
                        hint: Some("With your passkey"), tone: Tone::Open, word: "To do" },
                    Task { title: "Sign for UK.Defence", href: None,
                        hint: Some("Only its incumbent may sign; you do not hold the office."),
                        tone: Tone::Paused, word: "Waits for another" },
                ]))
                (buttons(&[
                    Action::Main { label: "Go on to sign", sends: None },
                    Action::Other { label: "Ask for information", sends: Some(("do", "ask")) },
                    Action::Grave { label: "Refuse", sends: None },
                    Action::Link { label: "Compare revisions", href: "#" },
                    Action::Barred { label: "Withdraw", reason:
                        "only the requester, Olena Kovalenko, can withdraw REQ-0412." },
                ]))
            }
            section {
                h2 { "What has happened" }
                (timeline(&happenings()))
                (inset(Some("Policy 2025-08-20 asks for US.SecDef"), &html! {
                    p { "The item has an input that US controls, so its deciding office is asked." }
                }))
                (code("The statement", "countersign decision 1\nledger: 5f2e9c0b77a14d0c\n\
                    request: REQ-0412\nrevision: 2\nact: use\nitem: ATACMS\nquantity: 24\n\
                    zones: RU.Border RU.Kursk"))
                p { (fingerprint(DIGEST)) }
                (details("Why this office?", true, &html! { p { "Because the input is theirs." } }))
            }
        }
    }
}

fn form_body() -> Markup {
    let faults = [
        Fault {
            field: Some("quantity".to_owned()),
            message: "Quantity: enter a whole number from 1 to 64; 64 units are free.".to_owned(),
        },
        Fault {
            field: Some("zones".to_owned()),
            message: "Zones: choose at least one.".to_owned(),
        },
        Fault {
            field: None,
            message: "The request was changed meanwhile; read it again.".to_owned(),
        },
    ];
    let items = [Choice::new("ATACMS", "ATACMS"), Choice::new("STORM-SHADOW", "Storm Shadow")];
    let acts = [
        Choice { value: "use", label: "Use", hint: Some("Units that the holder already has") },
        Choice::new("deliver", "Deliver"),
        Choice::new("transfer", "Transfer to a third party"),
    ];
    let zones = [Choice::new("RU.Kursk", "The Kursk region"), Choice::new("UA.East", "The east")];
    html! {
        (error_summary(&faults))
        h1 { "A new request" }
        form method="post" {
            (Field::new("item", "Item").hint("What is asked for").value("ATACMS").select(&items))
            (Field::new("quantity", "Quantity").error(Some("Enter a whole number from 1 to 64"))
                .value("<b>24 1/2</b>").hint("64 units are free").number(Number {
                    least: Some(1), most: Some(64), unit: Some("units") }))
            (Field::new("act", "Act").value("use").radios(&acts))
            (Field::new("zones", "Zones").error(Some("Choose at least one"))
                .checkboxes(&zones, &["UA.East"]))
            (Field::new("from", "From").value("2026-11-24T18:00").date_time())
            (Field::new("depot", "Depot").optional().text())
            (Field::new("reason", "Reason").hint("It is recorded and signed").long_text(4))
            (buttons(&[Action::Main { label: "Check the answers", sends: None }]))
        }
        (statuses())
    }
}

fn board_body() -> Markup {
    let row = |n: usize, item: &str, units: i64, severity: Option<u8>, word: &str| Row {
        cells: vec![
            html! { (item) },
            grade_tag(severity, word, None),
            signed(units.into()),
            quantity(8),
            quantity(1_240),
            Gauge {
                id: &format!("g{n}"),
                title: item,
                position: units,
                yellow: Some(80),
                red: Some(40),
                tone: Tone::of_severity(severity),
            }
            .render(),
            Spark {
                id: &format!("s{n}"),
                title: item,
                months: &[90, 80, 64, 70, 41, units],
                threshold: Some(40),
                tone: Tone::of_severity(severity),
            }
            .render(),
            html! { "2026-03" },
        ],
        is_marked: n == 2,
    };
    let heads = [
        Column::Words("Item"),
        Column::Words("Class"),
        Column::Numbers("On hand"),
        Column::Numbers("Reserved"),
        Column::Numbers("Required"),
        Column::Words("Position"),
        Column::Words("12 months"),
        Column::Words("Short from"),
    ];
    let rows = vec![
        row(0, "ATACMS", 64, Some(1), "yellow"),
        row(1, "PATRIOT-INTERCEPTOR", 12, Some(3), "red"),
        row(2, "STORM-SHADOW", 118, Some(0), "green"),
        row(3, "SCALP-EG", -4, None, "unknown"),
    ];
    let table = |id, rows| Table {
        id,
        caption: "Stock by item",
        columns: &heads,
        rows,
        empty: "Nobody keeps stock of anything yet.",
    };
    html! {
        h1 { "Stock board" }
        (table("board", rows).render())
        (pager(&Pager { previous: Some("#".into()), next: Some("#".into()) }))
        (table("none", Vec::new()).render())
    }
}

pub(super) fn months() -> Vec<MonthEnd> {
    let first = Month::of(on("2025-11-01"));
    let positions = [64, 58, 51, 44, 30, 22, -3, 9, 26, 47, 66, 88];
    let month = |(n, position): (usize, &i64)| {
        let (tone, class) = match position {
            ..30 => (Tone::Bad, "red"),
            30..60 => (Tone::Watch, "yellow"),
            60.. => (Tone::Good, "green"),
        };
        MonthEnd {
            month: first.plus(u32::try_from(n).unwrap()),
            position: (n != 9).then_some(*position),
            yellow: Some(if n < 6 { 60 } else { 66 }),
            red: Some(30),
            tone: if n == 9 { Tone::Unknown } else { tone },
            class: if n == 9 { "unknown" } else { class }.to_owned(),
        }
    };
    positions.iter().enumerate().map(month).collect()
}

fn flows() -> (Vec<Link>, Vec<Link>) {
    let link = |from: &str, to: &str, units| Link { from: from.into(), to: to.into(), units };
    let control = vec![
        link("US", "ATACMS", 64),
        link("UK", "STORM-SHADOW", 118),
        link("FR", "SCALP-EG", 40),
        link("US", "STORM-SHADOW", 118),
        link("US", "SCALP-EG", 40),
        link("Italy, for components", "SCALP-EG", 40),
    ];
    let holdings = vec![
        link("ATACMS", "UA", 24),
        link("ATACMS", "US", 40),
        link("STORM-SHADOW", "UA", 50),
        link("STORM-SHADOW", "UK", 68),
        link("SCALP-EG", "UA", 12),
        link("SCALP-EG", "FR", 28),
    ];
    (control, holdings)
}

fn zones() -> Vec<Zone> {
    let boxed = |id: &str, title: &str, (w, s, e, n): (f64, f64, f64, f64), is_marked| Zone {
        id: id.into(),
        title: title.into(),
        is_marked,
        rings: vec![vec![(w, s), (e, s), (e, n), (w, n), (w, s)]],
    };
    vec![
        boxed("UA", "Ukraine", (5.0, 20.0, 48.0, 80.0), false),
        boxed("UA.East", "The east of Ukraine", (34.0, 28.0, 48.0, 72.0), false),
        boxed("RU", "Russia", (48.0, 5.0, 95.0, 95.0), false),
        boxed("RU.Border", "The border of Russia", (48.0, 30.0, 58.0, 70.0), true),
        boxed("RU.Border.Kharkiv", "Near Kharkiv", (48.0, 40.0, 56.0, 54.0), false),
        Zone {
            id: "RU.Kursk".into(),
            title: "The Kursk region".into(),
            is_marked: true,
            rings: vec![vec![
                (50.0, 78.0),
                (56.0, 74.0),
                (64.0, 76.0),
                (66.0, 84.0),
                (60.0, 90.0),
                (52.0, 88.0),
                (50.0, 78.0),
            ]],
        },
        Zone { id: "X".into(), title: "Not drawn".into(), rings: Vec::new(), is_marked: false },
    ]
}

fn spans() -> Vec<Span> {
    let span = |from, until: Option<&str>, tone, class: &str| Span {
        from: on(from),
        until: until.map(on),
        tone,
        class: class.into(),
    };
    vec![
        span("2025-01-01", Some("2025-04-20"), Tone::Good, "green"),
        span("2025-04-20", Some("2025-05-02"), Tone::Unknown, "unknown"),
        span("2025-05-02", Some("2025-08-01"), Tone::Watch, "yellow"),
        span("2025-08-01", None, Tone::Bad, "red: below what plans can bear"),
    ]
}

fn versions() -> Vec<Version> {
    let version = |name: &str, from, until: Option<&str>, standing, is_current| Version {
        name: name.into(),
        from: on(from),
        until: until.map(on),
        standing,
        is_current,
    };
    vec![
        version("2024-11-17", "2024-11-17", Some("2025-01-20"), Standing::Reported, false),
        version("2025-01-20", "2025-01-20", Some("2025-05-26"), Standing::Assumed, false),
        version("2025-05-26-disputed", "2025-05-26", Some("2025-06-01"), Standing::Disputed, false),
        version("2025-08-20", "2025-06-01", None, Standing::Official, true),
    ]
}

/// Every chart once, with figures that test its corners.
pub(super) fn charts() -> Vec<Markup> {
    let months = months();
    let (control, holdings) = flows();
    let bar = |label: &str, number, of, tone| Bar { label: label.into(), number, of, tone };
    let bars = [
        bar("Decided within 10 days", 7, Some(9), Tone::Good),
        bar("Decided later", 2, Some(9), Tone::Watch),
        bar("Refused: quantity exceeds unearmarked stock", 12, None, Tone::Closed),
        bar("Refused by an office", 0, None, Tone::Closed),
    ];
    let cell = |tone, word: &str, units| Some(Cell { tone, word: word.into(), units });
    let matrix = [
        (
            "UA".to_owned(),
            vec![
                cell(Tone::Bad, "can lock alone", Some(74)),
                cell(Tone::Watch, "one of two", Some(62)),
                None,
            ],
        ),
        (
            "UK".to_owned(),
            vec![
                cell(Tone::Watch, "one of two", Some(68)),
                None,
                cell(Tone::Good, "not asked", Some(12_000)),
            ],
        ),
    ];
    let columns = ["US.SecDef".to_owned(), "UK.Defence".to_owned(), "FR.Armées".to_owned()];
    let history = ClassHistory {
        id: "history",
        message: "Red for four months after a long yellow",
        spans: &spans(),
        today: on("2025-11-24"),
    }
    .render();
    let versions = Versions {
        id: "versions",
        message: "Four versions in a year, one of them official",
        versions: &versions(),
        today: on("2025-11-24"),
    }
    .render();
    vec![
        Projection {
            id: "projection",
            message: "ATACMS is red from March and below nought in May",
            months: &months,
        }
        .render(),
        history,
        Bars { id: "bars", message: "Seven of nine requests were decided in time", rows: &bars }
            .render(),
        Flow {
            id: "flow",
            message: "US controls every unit that UA holds",
            control: &control,
            holdings: &holdings,
        }
        .render(),
        versions,
        Zones { id: "zones", message: "Asked for: the border and Kursk", zones: &zones() }.render(),
        Matrix {
            id: "matrix",
            message: "Whose consent each holder depends on",
            corner: "Holder",
            columns: &columns,
            rows: &matrix,
        }
        .render(),
        Projection { id: "empty", message: "No projection", months: &[] }.render(),
    ]
}

/// Every page of the gallery by its name.
pub(super) fn pages() -> Vec<(&'static str, String)> {
    let charts = html! {
        h1 { "Charts" }
        @for chart in charts() { (chart) }
    };
    let bodies = [
        ("decision", decision_body()),
        ("form", form_body()),
        ("board", board_body()),
        ("charts", charts),
    ];
    bodies.map(|(name, body)| (name, page(&frame(), name, &body).into_string())).to_vec()
}

#[test]
#[ignore = "writes pages to be looked at; it judges nothing"]
fn write_gallery() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/gallery");
    std::fs::create_dir_all(folder).unwrap();
    let style = include_str!("../../static/style.css");
    std::fs::write(format!("{folder}/style.css"), style).unwrap();
    let scheme = |scheme: &str| style.replace("light dark;", scheme);
    std::fs::write(format!("{folder}/dark.css"), scheme("dark;")).unwrap();
    for (name, text) in pages() {
        for scheme in ["style", "dark"] {
            let text = text.replace("/static/style.css", &format!("{scheme}.css")).replace(
                "content=\"light dark\"",
                if scheme == "dark" { "content=\"dark\"" } else { "content=\"light\"" },
            );
            std::fs::write(format!("{folder}/{name}-{scheme}.html"), text).unwrap();
        }
    }
}

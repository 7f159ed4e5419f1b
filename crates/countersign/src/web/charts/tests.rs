//! Charts that can be read by a program, whatever they are given.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]
#![allow(
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    reason = "tests"
)]

use super::drawing::{fitted, ticks, width};
use super::*;
use crate::web::gallery;
use crate::web::parts::Tone;
use countersign_proof::words::{Date, Moment, Month, Standing};
use proptest::prelude::*;
use roxmltree::{Document, Node};

/// Every drawing within a piece of markup, as XML.
fn drawings(markup: &str) -> Vec<&str> {
    let starts = markup.match_indices("<svg").map(|(at, _)| at);
    starts.map(|at| &markup[at..at + markup[at..].find("</svg>").unwrap() + 6]).collect()
}

/// The drawings that say something by themselves; the others stand beside a word that says it.
fn images(markup: &str) -> Vec<Document<'_>> {
    let parsed = drawings(markup).into_iter().map(|svg| match Document::parse(svg) {
        Ok(document) => document,
        Err(error) => panic!("{error}\n{svg}"),
    });
    parsed.filter(|document| document.root_element().attribute("role") == Some("img")).collect()
}

/// The one chart of a piece of markup.
fn image(markup: &str) -> Document<'_> {
    let mut images = images(markup);
    assert_eq!(images.len(), 1, "{markup}");
    images.remove(0)
}

/// Title and description are there, named by the drawing, and not empty.
fn is_told(document: &Document<'_>) {
    let root = document.root_element();
    assert!(root.attribute("viewBox").is_some());
    let names: Vec<&str> = root.attribute("aria-labelledby").unwrap().split(' ').collect();
    for (at, tag) in ["title", "desc"].into_iter().enumerate() {
        let node =
            root.children().find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", tag)));
        let node = node.unwrap_or_else(|| panic!("no {tag}"));
        assert_eq!(node.attribute("id"), Some(names[at]));
        assert!(!node.text().unwrap_or("").is_empty(), "{tag} says nothing");
    }
}

/// Every number of every shape is finite, and every shape lies within the drawing.
fn lies_within(document: &Document<'_>) {
    let root = document.root_element();
    let view: Vec<f64> =
        root.attribute("viewBox").unwrap().split(' ').map(|n| n.parse().unwrap()).collect();
    let number = |node: &Node<'_, '_>, name: &str| {
        node.attribute(name).map(|text| {
            let number: f64 = text.parse().unwrap_or_else(|_| panic!("{name}={text}"));
            assert!(number.is_finite(), "{name}={text}");
            number
        })
    };
    for node in root.descendants().filter(Node::is_element) {
        let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| number(&node, name));
        for name in ["x1", "x2", "y1", "y2", "cx", "cy", "r"] {
            number(&node, name);
        }
        for path in ["d", "transform"].into_iter().filter_map(|name| node.attribute(name)) {
            assert!(!path.contains("NaN") && !path.contains("inf"), "{path}");
        }
        if let (true, Some(x), Some(width)) = (node.tag_name().name() == "rect", x, width) {
            let is_shape = x < 0.0 && width == 11.0;
            assert!(is_shape || x >= -1.0 && x + width <= view[2] + 1.0, "{node:?}");
            assert!(width >= 0.0 && height.unwrap() >= 0.0, "{node:?}");
            assert!(is_shape || y.unwrap() + height.unwrap() <= view[3] + 1.0, "{node:?}");
        }
    }
}

/// The quantities of a table, row by row.
fn quantities(markup: &str) -> Vec<i128> {
    markup
        .split("<data class=\"number\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
        .collect()
}

/// Texts of a class within a drawing.
fn texts(document: &Document<'_>, class: &str) -> Vec<String> {
    let is_of = |node: &Node<'_, '_>| node.attribute("class") == Some(class);
    document.descendants().filter(is_of).filter_map(|node| node.text()).map(str::to_owned).collect()
}

/// Where the marks of a drawing lie.
fn marks(document: &Document<'_>) -> Vec<(f64, f64)> {
    let moved = document.descendants().filter_map(|node| node.attribute("transform"));
    let pairs = moved.map(|text| text.trim_start_matches("translate(").trim_end_matches(')'));
    let parsed = pairs.map(|pair| pair.split_once(' ').unwrap());
    parsed.map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).collect()
}

fn on(day: u32) -> Date {
    Moment::from_millis(u64::from(day) * 86_400_000).unwrap().date()
}

#[test]
fn every_chart_of_the_gallery_is_well_formed_and_told() {
    let mut seen = 0;
    for chart in gallery::charts() {
        for document in images(&chart.into_string()) {
            is_told(&document);
            lies_within(&document);
            seen += 1;
        }
    }
    assert_eq!(seen, 6, "projection, history, bars, flow, versions, zones");
}

#[test]
fn an_unclosed_element_would_be_noticed() {
    assert!(Document::parse("<svg><rect></svg>").is_err());
}

const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "שלום עולם مرحبا",
    "🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚🚚",
    "</title></svg></style>&amp;&lt;",
    "",
];

#[test]
fn hostile_words_stay_words_in_every_chart() {
    let long = "x".repeat(300);
    for word in HOSTILE.into_iter().chain([long.as_str()]) {
        let owned = || word.to_owned();
        let month = MonthEnd {
            month: Month::of(on(20_000)),
            position: Some(1),
            yellow: Some(2),
            red: Some(1),
            tone: Tone::Watch,
            class: owned(),
        };
        let span = Span { from: on(1), until: None, tone: Tone::Bad, class: owned() };
        let bar = Bar { label: owned(), number: 3, of: Some(4), tone: Tone::Good };
        let link = Link { from: owned(), to: owned(), units: 3 };
        let version = Version {
            name: owned(),
            from: on(1),
            until: Some(on(9)),
            standing: Standing::Disputed,
            is_current: true,
        };
        let zone = Zone {
            id: owned(),
            title: owned(),
            is_marked: true,
            rings: vec![vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)]],
        };
        let cell = Some(Cell { tone: Tone::Open, word: owned(), units: Some(1) });
        let message = if word.is_empty() { "message" } else { word };
        let charts = [
            Projection { id: "c", message, months: &[month] }.render(),
            ClassHistory { id: "c", message, spans: &[span], today: on(99) }.render(),
            Bars { id: "c", message, rows: &[bar] }.render(),
            Flow {
                id: "c",
                message,
                control: std::slice::from_ref(&link),
                holdings: std::slice::from_ref(&link),
            }
            .render(),
            Versions { id: "c", message, versions: &[version], today: on(99) }.render(),
            Zones { id: "c", message, zones: &[zone] }.render(),
            Gauge {
                id: "c",
                title: message,
                position: 3,
                yellow: None,
                red: Some(2),
                tone: Tone::Bad,
            }
            .render(),
            Spark { id: "c", title: message, months: &[3], threshold: Some(2), tone: Tone::Bad }
                .render(),
        ];
        for chart in charts {
            let text = chart.into_string();
            assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
            let document = image(&text);
            is_told(&document);
            lies_within(&document);
            assert_eq!(
                document.root_element().first_element_child().unwrap().text(),
                Some(message)
            );
        }
        let matrix = Matrix {
            id: "m",
            message,
            corner: word,
            columns: &[owned()],
            rows: &[(owned(), vec![cell])],
        };
        let text = matrix.render().into_string();
        assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
        images(&text);
    }
}

#[test]
fn nothing_to_show_is_a_sentence_and_no_drawing() {
    let empty = [
        Projection { id: "c", message: "m", months: &[] }.render(),
        ClassHistory { id: "c", message: "m", spans: &[], today: on(1) }.render(),
        Bars { id: "c", message: "m", rows: &[] }.render(),
        Flow { id: "c", message: "m", control: &[], holdings: &[] }.render(),
        Versions { id: "c", message: "m", versions: &[], today: on(1) }.render(),
        Zones { id: "c", message: "m", zones: &[] }.render(),
        Matrix { id: "c", message: "m", corner: "", columns: &[], rows: &[] }.render(),
        Spark { id: "c", title: "m", months: &[], threshold: None, tone: Tone::Good }.render(),
    ];
    for chart in empty {
        let text = chart.into_string();
        assert!(!text.contains("<svg") && text.len() > 5, "{text}");
    }
}

#[test]
fn ticks_are_round_and_enclose() {
    assert_eq!(ticks(0, 88, 5), [0, 20, 40, 60, 80, 100]);
    assert_eq!(ticks(-3, 88, 5), [-20, 0, 20, 40, 60, 80, 100]);
    assert_eq!(ticks(0, 1, 5), [0, 1]);
    assert_eq!(ticks(0, 1_000_000, 5), [0, 200_000, 400_000, 600_000, 800_000, 1_000_000]);
}

#[test]
fn a_word_that_does_not_fit_is_cut_and_says_so() {
    assert_eq!(fitted("short", 100.0), "short");
    let cut = fitted(&"x".repeat(300), 100.0);
    assert!(cut.ends_with('…') && width(&cut) <= 100.0, "{cut}");
}

/// A place that GeoJSON could bring, and some that it could not.
fn place() -> impl Strategy<Value = (f64, f64)> {
    prop_oneof![
        8 => (-180.0..180.0, -90.0..90.0),
        1 => Just((f64::NAN, 1.0)),
        1 => (any::<f64>(), any::<f64>()),
    ]
}

fn tone() -> impl Strategy<Value = Tone> {
    prop::sample::select(vec![
        Tone::Good,
        Tone::Watch,
        Tone::Bad,
        Tone::Unknown,
        Tone::Open,
        Tone::Paused,
        Tone::Closed,
    ])
}

fn units() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        6 => (-200_i64..5_000).prop_map(Some),
        1 => Just(None),
        1 => any::<i64>().prop_map(Some),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn projections_show_the_numbers_of_their_tables(
        rows in prop::collection::vec((units(), units(), units(), tone()), 1..30),
    ) {
        let first = Month::of(on(20_000));
        let months: Vec<MonthEnd> = rows.iter().zip(0..).map(|((position, yellow, red, tone), n)| {
            MonthEnd { month: first.plus(n), position: *position, yellow: *yellow, red: *red,
                tone: *tone, class: "c".to_owned() }
        }).collect();
        let text = Projection { id: "p", message: "m", months: &months }.render().into_string();
        let known: Vec<i64> = months.iter().filter_map(|m| m.position).collect();
        if known.is_empty() {
            prop_assert!(!text.contains("<svg viewBox"));
            return Ok(());
        }
        let document = image(&text);
        is_told(&document);
        lies_within(&document);
        let told: Vec<i128> = months.iter().flat_map(|m| [m.position, m.yellow, m.red]).flatten()
            .map(i128::from).collect();
        prop_assert_eq!(quantities(&text), told);
        let marks = marks(&document);
        prop_assert_eq!(marks.len(), known.len());
        for (a, (_, ya)) in known.iter().zip(&marks) {
            for (b, (_, yb)) in known.iter().zip(&marks) {
                prop_assert!(a < b || ya <= yb, "{} units at {}, {} at {}", a, ya, b, yb);
            }
        }
    }

    #[test]
    fn bars_show_the_numbers_of_their_tables(
        rows in prop::collection::vec(
            ("\\PC{0,30}", prop_oneof![0_u64..5_000, any::<u64>()],
                prop::option::of(0_u64..9_000), tone()), 1..20),
    ) {
        let bars: Vec<Bar> = rows.into_iter().map(|(label, number, of, tone)| {
            Bar { label, number, of, tone }
        }).collect();
        let text = Bars { id: "b", message: "m", rows: &bars }.render().into_string();
        let document = image(&text);
        is_told(&document);
        lies_within(&document);
        let plain = |text: &str| text.replace('\u{202f}', "");
        let drawn: Vec<i128> = texts(&document, "told").iter()
            .flat_map(|told| plain(told).split(" / ").map(str::to_owned).collect::<Vec<_>>())
            .map(|number| number.parse().unwrap())
            .collect();
        prop_assert_eq!(quantities(&text), drawn);
        let widths: Vec<f64> = document.descendants()
            .filter(|node| node.attribute("class").is_some_and(|c| c.starts_with("amount")))
            .map(|node| node.attribute("width").unwrap().parse().unwrap()).collect();
        for (a, wa) in bars.iter().zip(&widths) {
            for (b, wb) in bars.iter().zip(&widths) {
                prop_assert!(a.number > b.number || wa <= wb);
            }
        }
    }

    #[test]
    fn flows_show_the_numbers_of_their_tables(
        control in prop::collection::vec(("[A-D]", "[K-N]", 0_u64..2_000), 0..16),
        holdings in prop::collection::vec(("[K-N]", "[U-Z]", 0_u64..2_000), 1..16),
    ) {
        let links = |links: Vec<(String, String, u64)>| links.into_iter()
            .map(|(from, to, units)| Link { from, to, units }).collect::<Vec<_>>();
        let (control, holdings) = (links(control), links(holdings));
        let text = Flow { id: "f", message: "m", control: &control, holdings: &holdings }.render()
            .into_string();
        if holdings.iter().all(|link| link.units == 0) {
            prop_assert!(!text.contains("<svg"));
            return Ok(());
        }
        let document = image(&text);
        is_told(&document);
        lies_within(&document);
        let is_band = |node: &Node<'_, '_>| node.attribute("class") == Some("flow");
        let bands = document.descendants().filter(is_band)
            .map(|node| node.first_element_child().unwrap().text().unwrap().replace('\u{202f}', ""));
        let mut drawn: Vec<String> = bands.filter(|told| told.as_bytes()[0] >= b'K').collect();
        let mut listed: Vec<String> = holdings.iter().filter(|link| link.units > 0)
            .map(|link| format!("{} → {}: {}", link.from, link.to, link.units)).collect();
        drawn.sort();
        listed.sort();
        prop_assert_eq!(drawn, listed);
        let sum: u64 = holdings.iter().map(|link| link.units).sum();
        prop_assert_eq!(quantities(&text).iter().sum::<i128>(), i128::from(sum));
    }

    #[test]
    fn maps_times_and_gauges_never_leave_their_drawings(
        rings in prop::collection::vec(prop::collection::vec(place(), 0..8), 0..6),
        days in prop::collection::vec((0_u32..60_000, prop::option::of(0_u32..60_000)), 0..8),
        (position, yellow, red) in (any::<i64>(), units(), units()),
        months in prop::collection::vec(any::<i64>(), 0..30),
        today in 0_u32..60_000,
        tone in tone(),
    ) {
        let zones: Vec<Zone> = rings.into_iter().zip(0..).map(|(ring, n)| {
            Zone { id: format!("Z{n}"), title: "t".into(), rings: vec![ring], is_marked: n == 1 }
        }).collect();
        let spans: Vec<Span> = days.iter().map(|(from, until)| {
            Span { from: on(*from), until: until.map(on), tone, class: "c".into() }
        }).collect();
        let versions: Vec<Version> = days.iter().map(|(from, until)| {
            Version { name: "v".into(), from: on(*from), until: until.map(on),
                standing: Standing::Assumed, is_current: false }
        }).collect();
        let charts = [
            Zones { id: "z", message: "m", zones: &zones }.render(),
            ClassHistory { id: "h", message: "m", spans: &spans, today: on(today) }.render(),
            Versions { id: "v", message: "m", versions: &versions, today: on(today) }.render(),
            Gauge { id: "g", title: "t", position, yellow, red, tone }.render(),
            Spark { id: "s", title: "t", months: &months, threshold: yellow, tone }.render(),
        ];
        for chart in charts {
            for document in images(&chart.into_string()) {
                is_told(&document);
                lies_within(&document);
            }
        }
    }
}

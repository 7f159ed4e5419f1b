//! The flow chart. Answers: *whose control runs over which items to which holders, and how widely?*
//!
//! Three columns: controllers, items, holders. A node is as high as its units. A controller
//! controls all units of its item, so each of several controllers is counted in full, and its band
//! narrows towards the item to the share that it has of the item's edge.
#![expect(clippy::float_arithmetic, reason = "positions on a drawing, never quantities")]

use super::drawing::{Chart, Px, counted, fitted, nothing};
use crate::web::parts::{Column, Row, Table, thin};
use crate::web::{parts, words};
use maud::{Markup, html};

/// Units between two nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The node on the left.
    pub(crate) from: String,
    /// The node on the right.
    pub(crate) to: String,
    /// Units.
    pub(crate) units: u64,
}

/// Three columns and what runs between them.
pub(crate) struct Flow<'a> {
    /// Names it within the page.
    pub(crate) id: &'a str,
    /// What it says.
    pub(crate) message: &'a str,
    /// From controllers to the items they control.
    pub(crate) control: &'a [Link],
    /// From items to those who hold them.
    pub(crate) holdings: &'a [Link],
}

const WIDTH: f64 = 760.0;
/// The left edges of the three columns.
const EDGES: [f64; 3] = [150.0, 354.0, 596.0];
const NODE: f64 = 12.0;
const GAP: f64 = 14.0;
const TOP: f64 = 8.0;
/// A node is never lower than the label beside it, or labels would lie on each other.
const LEAST: f64 = 18.0;
/// What all nodes of a column together are high, without the gaps.
const ROOM: f64 = 260.0;

/// A node of one column.
#[derive(Debug)]
struct Node<'a> {
    name: &'a str,
    units: u64,
    top: f64,
    height: f64,
    /// How much of each edge is taken already.
    taken: [f64; 2],
}

/// The nodes of a column in the order in which they first appear.
fn column<'a>(weights: impl Iterator<Item = (&'a str, u64)>) -> Vec<Node<'a>> {
    let mut nodes: Vec<Node<'a>> = Vec::new();
    for (name, units) in weights {
        match nodes.iter_mut().find(|node| node.name == name) {
            Some(node) => node.units = node.units.saturating_add(units),
            None => nodes.push(Node { name, units, top: 0.0, height: 0.0, taken: [0.0; 2] }),
        }
    }
    nodes
}

fn total(nodes: &[Node<'_>]) -> f64 {
    nodes.iter().map(|node| node.units as f64).sum()
}

/// Sets the nodes one below the other and gives the height of the column.
fn placed(nodes: &mut [Node<'_>], scale: f64) -> f64 {
    let mut top = TOP;
    for node in nodes.iter_mut() {
        node.height = (node.units as f64 * scale).max(LEAST);
        node.top = top;
        top += node.height + GAP;
    }
    top
}

fn centred(nodes: &mut [Node<'_>], own: f64, whole: f64) {
    for node in nodes {
        node.top += (whole - own) / 2.0;
    }
}

/// Two columns' links as bands.
struct Bands<'n, 'a> {
    left: &'n mut [Node<'a>],
    right: &'n mut [Node<'a>],
    x: (f64, f64),
}

impl Bands<'_, '_> {
    /// Each link takes its share of the right edge of one node and of the left edge of the other.
    fn drawn(&mut self, links: &[Link]) -> Markup {
        let sum = |name: &str, end: fn(&Link) -> &String| {
            links.iter().filter(|link| end(link) == name).map(|link| link.units as f64).sum::<f64>()
        };
        let mut bands = Vec::new();
        for link in ordered(links, self.right) {
            let ends = self.left.iter_mut().find(|node| node.name == link.from);
            let Some((left, right)) =
                ends.zip(self.right.iter_mut().find(|node| node.name == link.to))
            else {
                continue;
            };
            let share = |all: f64| if all > 0.0 { link.units as f64 / all } else { 0.0 };
            let from = taken(left, 1, share(sum(&link.from, |link| &link.from)));
            let to = taken(right, 0, share(sum(&link.to, |link| &link.to)));
            bands.push((self.path(from, to), link));
        }
        html! {
            @for (path, link) in bands {
                path class="flow" d=(path) {
                    title { (link.from) " → " (link.to) ": " (thin(link.units.into())) }
                }
            }
        }
    }

    fn path(&self, from: (f64, f64), to: (f64, f64)) -> String {
        let (a, b) = self.x;
        let (x1, x2, bend) = (Px(a), Px(b), Px((a + b) / 2.0));
        format!(
            "M{x1} {}C{bend} {} {bend} {} {x2} {}V{}C{bend} {} {bend} {} {x1} {}Z",
            Px(from.0),
            Px(from.0),
            Px(to.0),
            Px(to.0),
            Px(to.1),
            Px(to.1),
            Px(from.1),
            Px(from.1)
        )
    }
}

/// Links in the order of the nodes that they end at, so that bands of one node do not cross.
fn ordered<'l>(links: &'l [Link], right: &[Node<'_>]) -> Vec<&'l Link> {
    let mut links: Vec<&Link> = links.iter().collect();
    links.sort_by_key(|link| right.iter().position(|node| node.name == link.to));
    links
}

/// The next part of a node's edge.
fn taken(node: &mut Node<'_>, edge: usize, share: f64) -> (f64, f64) {
    let Some(taken) = node.taken.get_mut(edge) else {
        return (node.top, node.top);
    };
    let start = node.top + *taken * node.height;
    *taken += share;
    (start, start + share * node.height)
}

impl Flow<'_> {
    /// The chart and its table.
    pub(crate) fn render(&self) -> Markup {
        // A node that nothing runs through has nothing to show.
        let live =
            |links: &[Link]| links.iter().filter(|l| l.units > 0).cloned().collect::<Vec<_>>();
        let (control, holdings) = (live(self.control), live(self.holdings));
        if holdings.is_empty() {
            return nothing(self.id, self.message, words::NO_FLOW);
        }
        let mut columns = [
            column(control.iter().map(|link| (link.from.as_str(), link.units))),
            column(holdings.iter().map(|link| (link.from.as_str(), link.units))),
            column(holdings.iter().map(|link| (link.to.as_str(), link.units))),
        ];
        let counts = columns.each_ref().map(Vec::len);
        let widest = columns.iter().map(|nodes| total(nodes)).fold(1.0, f64::max);
        let heights = columns.each_mut().map(|nodes| placed(nodes, ROOM / widest));
        let whole = heights.iter().copied().fold(0.0, f64::max);
        for (nodes, own) in columns.iter_mut().zip(heights) {
            centred(nodes, own, whole);
        }
        let [left, middle, right] = &mut columns;
        let [a, b, c] = EDGES;
        let first = Bands { left, right: middle, x: (a + NODE, b) }.drawn(&control);
        let second = Bands { left: middle, right, x: (b + NODE, c) }.drawn(&holdings);
        Chart {
            id: self.id,
            message: self.message,
            description: words::flow_described(counts[0], counts[1], counts[2]),
            size: (WIDTH, whole + HEADS),
            drawn: html! {
                (heads())
                g transform={ "translate(0 " (Px(HEADS)) ")" } {
                    (first) (second)
                    (nodes(left, a, Side::Left))
                    (nodes(middle, b, Side::Right(c - b - NODE - 20.0)))
                    (nodes(right, c, Side::Right(WIDTH - c - NODE - 10.0)))
                }
            },
            table: self.table(&control, &holdings),
            note: Some(words::FLOW_NOTE),
        }
        .render()
    }

    fn table(&self, control: &[Link], holdings: &[Link]) -> Table<'_> {
        let row = |link: &Link| {
            let controllers: Vec<&str> = control
                .iter()
                .filter(|held| held.to == link.from)
                .map(|held| held.from.as_str())
                .collect();
            Row::from(vec![
                html! { (link.from) },
                html! { (controllers.join(", ")) },
                html! { (link.to) },
                parts::quantity(link.units),
            ])
        };
        Table {
            id: "",
            caption: self.message,
            columns: &[
                Column::Words(words::ITEM),
                Column::Words(words::CONTROLLER),
                Column::Words(words::HOLDER),
                Column::Numbers(words::UNITS),
            ],
            rows: holdings.iter().map(row).collect(),
            empty: words::NO_FLOW,
        }
    }
}

/// The line with the names of the columns.
const HEADS: f64 = 24.0;

fn heads() -> Markup {
    let [a, b, c] = EDGES;
    html! {
        text class="head" x=(Px(a + NODE)) y="14" text-anchor="end" { (words::CONTROLLER) }
        text class="head" x=(Px(b)) y="14" { (words::ITEM) }
        text class="head" x=(Px(c)) y="14" { (words::HOLDER) }
    }
}

/// On which side of a node its label stands, and with how much room.
enum Side {
    Left,
    Right(f64),
}

fn nodes(nodes: &[Node<'_>], x: f64, side: Side) -> Markup {
    let (label, anchor, room) = match side {
        Side::Left => (x - 8.0, "end", x - 12.0),
        Side::Right(room) => (x + NODE + 8.0, "start", room),
    };
    html! {
        @for node in nodes {
            @let told = thin(node.units.into());
            @let room = room - counted(told.chars().count().saturating_add(1)) * 7.6;
            rect class="node" x=(Px(x)) y=(Px(node.top)) width=(Px(NODE))
                height=(Px(node.height)) {}
            text class="over" x=(Px(label)) y=(Px(node.top + node.height / 2.0 + 4.0))
                text-anchor=(anchor) {
                (fitted(node.name, room)) " " tspan class="told" { (told) }
            }
        }
    }
}

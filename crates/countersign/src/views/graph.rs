//! Dependence as a graph, in the language of Graphviz: who holds what, what it needs, who controls
//! that, and which offices decide.

use super::dependence::status;
use countersign_core::State;
use countersign_core::dependence::report::{HolderReport, ItemReport, Report, needs};
use countersign_core::policy::{Deciding, PolicyBundle, Verdict};
use countersign_core::stock::Item;
use countersign_proof::words::{Act, InputId, PartyId};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The graph of a report under a version: holders, their items with units, the inputs these need,
/// the parties that control them, and the offices that decide on use.
#[must_use]
pub fn dot(state: &State, policy: &PolicyBundle, report: &Report) -> String {
    let mut graph = Graph::default();
    let mut inputs: BTreeSet<&InputId> = BTreeSet::new();
    let mut parties: BTreeSet<&PartyId> = BTreeSet::new();
    for holder in &report.holders {
        graph.node(&("holder", holder.holder.as_str()), holder.holder.as_str(), "house");
        for held in holder.items.iter().filter(|item| item.holding.units() > 0) {
            let Some(item) = state.stock.item(&held.item) else { continue };
            graph.item(holder, held, item);
            inputs.extend(needs(item, state.stock.inputs()));
            parties.insert(&item.origin);
        }
    }
    for id in inputs {
        let Some(input) = state.stock.inputs().get(id) else { continue };
        graph.node(&("input", id.as_str()), &input.title, "parallelogram");
        let to = ("party", input.controller.as_str());
        graph.edge(&("input", id.as_str()), &to, "controlled by", "");
        for need in &input.needs {
            graph.edge(&("input", id.as_str()), &("input", need.as_str()), "needs", "");
        }
        parties.insert(&input.controller);
    }
    for party in parties {
        graph.node(&("party", party.as_str()), party.as_str(), "box");
        if let Some(Deciding::Office(office)) =
            policy.deciding.get(party).and_then(|acts| acts.get(&Act::Use))
        {
            graph.node(&("office", office.as_str()), office.as_str(), "octagon");
            let to = ("office", office.as_str());
            graph.edge(&("party", party.as_str()), &to, "decides on use", "");
        }
    }
    graph.text()
}

/// A kind of thing and its id: what a node is called.
type Name<'a> = (&'a str, &'a str);

#[derive(Default)]
struct Graph {
    nodes: BTreeSet<String>,
    edges: BTreeSet<String>,
}

impl Graph {
    fn item(&mut self, holder: &HolderReport, held: &ItemReport, item: &Item) {
        // The same item can be free for one holder and locked for another.
        let own = format!("{}/{}", holder.holder, held.item);
        let name = ("item", own.as_str());
        let said = &held.answer.everywhere.said;
        let holding = &held.holding;
        let told = format!(
            "{}\n{} held, {} to come\n{}",
            item.title,
            holding.held,
            holding.to_come,
            status(said)
        );
        self.node(&name, &told, "ellipse");
        self.edge(&("holder", holder.holder.as_str()), &name, "has", "");
        self.edge(&name, &("party", item.origin.as_str()), "origin", "");
        for input in &item.inputs {
            self.edge(&name, &("input", input.as_str()), "needs", "");
        }
        let consent = &held.answer.everywhere;
        if let Ok(Verdict::Needs(sets)) = said {
            let all: BTreeSet<_> = sets.iter().flatten().collect();
            for office in all {
                let (word, style) = if consent.vetoes.contains(office) {
                    ("must consent", "bold")
                } else {
                    ("can consent", "dashed")
                };
                self.node(&("office", office.as_str()), office.as_str(), "octagon");
                self.edge(&("office", office.as_str()), &name, word, style);
            }
        }
    }

    fn node(&mut self, name: &Name<'_>, label: &str, shape: &str) {
        let label = quoted(label);
        self.nodes.insert(format!("{} [label={label}, shape={shape}];", called(name)));
    }

    fn edge(&mut self, from: &Name<'_>, to: &Name<'_>, label: &str, style: &str) {
        let style = if style.is_empty() { String::new() } else { format!(", style={style}") };
        let (from, to, label) = (called(from), called(to), quoted(label));
        self.edges.insert(format!("{from} -> {to} [label={label}{style}];"));
    }

    fn text(&self) -> String {
        let mut text = String::from("digraph dependence {\n  rankdir=LR;\n");
        for line in self.nodes.iter().chain(&self.edges) {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "  {line}");
        }
        text.push_str("}\n");
        text
    }
}

fn called((kind, id): &Name<'_>) -> String {
    quoted(&format!("{kind} {id}"))
}

/// A quoted string of Graphviz: in it, a quotation mark and a backslash are escaped, a line break
/// is `\n`, and what cannot be printed is left out.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => {}
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

//! What the rules say together that makes no sense: where it stands, and what to do about it.

use super::MEASURE;
use crate::pack::fault::code;
use crate::pack::node::{Node, Value};
use crate::pack::source::Reading;
use countersign_core::triage::{Nonsense, Problem};

/// Notes a problem where it stands in the file.
pub(super) fn tell(r: &mut Reading<'_>, root: &Node, problem: &Problem) {
    r.fault(place(root, problem), fault_code(problem), problem.to_string(), remedy(problem));
}

/// The place in the file that a problem is about: the key, or the nearest table around it.
fn place(root: &Node, problem: &Problem) -> usize {
    let twice = if let Nonsense::Twice(name) = &problem.nonsense { Some(name) } else { None };
    let mut around = root;
    if let Some(rule) = problem.rule.as_ref().or(twice) {
        around = named(root, &["rule", "waiting", "class"], rule).unwrap_or(root);
    }
    if let Some(within) = &problem.within {
        around = named(around, &["level", "measure", "class"], within).unwrap_or(around);
    }
    if let Some(node) = get(around, problem.field).filter(|node| !is_tables(node)) {
        return node.at;
    }
    // Of several limits, amounts or steps, the one whose value the message tells.
    let told = problem.nonsense.to_string();
    let lists = ["limit", "amount", "floor"];
    let inner = || lists.iter().flat_map(|list| tables(around, list));
    let mut nodes = inner().filter_map(|table| get(table, problem.field));
    let meant = inner().filter_map(|table| get(table, problem.field)).find(|node| {
        matches!(&node.value, Value::Text(text) | Value::Bare(text) if told.contains(text.as_str()))
    });
    meant.or_else(|| nodes.next()).map_or(around.at, |node| node.at)
}

fn is_tables(node: &Node) -> bool {
    let table = |node: &Node| matches!(node.value, Value::Table(_));
    matches!(&node.value, Value::List(list) if list.iter().any(table))
}

/// The value of a key.
fn get<'n>(table: &'n Node, key: &str) -> Option<&'n Node> {
    match &table.value {
        Value::Table(entries) => entries.get(key).map(|(_, node)| node),
        Value::Text(_) | Value::Bare(_) | Value::Flag(_) | Value::Nothing | Value::List(_) => None,
    }
}

fn tables<'n>(table: &'n Node, key: &str) -> impl DoubleEndedIterator<Item = &'n Node> {
    match get(table, key) {
        Some(Node { value: Value::List(list), .. }) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
    .iter()
}

/// The last table of that name in one of the lists: of two with one name, the second is at fault.
fn named<'n>(root: &'n Node, lists: &[&str], name: &str) -> Option<&'n Node> {
    let is_named = |table: &&Node| {
        let keys = ["name", "label", "class"].iter().find_map(|key| get(table, key));
        match keys.map(|node| &node.value) {
            Some(Value::Text(text)) => text == name,
            Some(_) => false,
            None => name == MEASURE,
        }
    };
    lists.iter().find_map(|list| tables(root, list).rfind(is_named))
}

fn fault_code(problem: &Problem) -> &'static str {
    match problem.nonsense {
        Nonsense::Count { .. } | Nonsense::Bounds { .. } => code::NUMBER_UNFIT,
        Nonsense::Twice(_) | Nonsense::NamedTwice(_) => code::ID_TWICE,
        Nonsense::Reserved | Nonsense::Name(_) | Nonsense::Unit { .. } => code::WORD_UNFIT,
        Nonsense::Empty => code::TEXT_UNFIT,
        Nonsense::Missing(_) => code::REFERENCE_DANGLING,
        Nonsense::Order(_) => code::ORDER_WRONG,
        Nonsense::Margin { .. } | Nonsense::Unreachable { .. } | Nonsense::Together(_) => {
            code::RULE_UNFIT
        }
    }
}

fn remedy(problem: &Problem) -> String {
    match &problem.nonsense {
        Nonsense::Count { least, most, .. } => format!("give {least} to {most} of them"),
        Nonsense::Bounds { least, most, .. } => format!("write a number from {least} to {most}"),
        Nonsense::Twice(_) => "remove one, or give one another name".to_owned(),
        Nonsense::NamedTwice(item) => format!("name {item} in one rule, and except it elsewhere"),
        Nonsense::Reserved => "give the class another label".to_owned(),
        Nonsense::Name(_) => "write 1 to 32 lower-case letters, digits and -".to_owned(),
        Nonsense::Empty => "fill the text".to_owned(),
        Nonsense::Missing(_) => "declare it, or correct the name".to_owned(),
        Nonsense::Order(_) => {
            "put it in order: classes from best to worst, dates upwards".to_owned()
        }
        Nonsense::Unit { wanted, .. } => match *wanted {
            "share" => "write a share, such as 40 % or 1/3".to_owned(),
            unit => format!("write it in {unit}"),
        },
        Nonsense::Margin { enter, .. } => {
            format!("leave the class at {enter}, or further on the better side")
        }
        Nonsense::Unreachable { better, worse } => {
            let (better, worse) = (better.as_str(), worse.as_str());
            format!("let {worse} begin beyond the limit of {better}")
        }
        Nonsense::Together(_) => format!("change or remove {}", problem.field),
    }
}

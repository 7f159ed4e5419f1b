//! Reading a table key by key: each mistake is noted, and what nobody asks for is refused.

use super::fault::code;
use super::node::{Entries, Node, Value};
use super::source::{Reading, unfit_character};
use countersign_proof::words::{Date, Moment, Quantity, WordError};
use std::collections::BTreeSet;
use std::str::FromStr;

/// The longest text, in bytes.
const TEXT_MAX: usize = 1000;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Spot<T> {
    /// The value.
    pub value: T,
    /// Where it stands, as a byte of the text.
    pub at: usize,
}

/// A table being read.
pub(super) struct Fields<'n> {
    entries: &'n Entries,
    /// Where the table stands.
    pub at: usize,
    /// What the table is, for messages.
    what: String,
    asked: BTreeSet<&'static str>,
    forgiven: bool,
}

impl<'n> Fields<'n> {
    /// Begins to read `node`, which must be a table.
    pub(super) fn new(r: &mut Reading<'_>, node: &'n Node, what: &str) -> Option<Self> {
        match &node.value {
            Value::Table(entries) => {
                let (what, asked) = (what.to_owned(), BTreeSet::new());
                Some(Self { entries, at: node.at, what, asked, forgiven: false })
            }
            Value::Text(_) | Value::Bare(_) | Value::Flag(_) | Value::Nothing | Value::List(_) => {
                kind(r, node, what, "a table");
                None
            }
        }
    }

    /// The value of `key`, if there is one.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'n Node> {
        self.asked.insert(key);
        self.entries.get(key).map(|(_, node)| node)
    }

    /// Every key with its value and place; for tables whose keys are ids.
    pub(super) fn all(&self) -> impl Iterator<Item = (Spot<&'n str>, &'n Node)> + use<'n> {
        let entries: &'n Entries = self.entries;
        entries.iter().map(|(key, (at, node))| (Spot { value: key.as_str(), at: *at }, node))
    }

    fn need(&mut self, r: &mut Reading<'_>, key: &'static str) -> Option<&'n Node> {
        let found = self.get(key);
        if found.is_none() {
            let message = format!("{} has no {key:?}", self.what);
            r.fault(self.at, code::KEY_MISSING, message, format!("add {key} = …"));
        }
        found
    }

    /// A text that must be there, checked for its characters.
    pub(super) fn text(&mut self, r: &mut Reading<'_>, key: &'static str) -> String {
        let found = self.need(r, key).and_then(|node| text(r, node, key));
        found.unwrap_or_default()
    }

    /// A text that may be missing.
    pub(super) fn text_or_none(
        &mut self,
        r: &mut Reading<'_>,
        key: &'static str,
    ) -> Option<String> {
        self.get(key).and_then(|node| text(r, node, key))
    }

    /// A word that must be there.
    pub(super) fn word<T: FromStr<Err = WordError>>(
        &mut self,
        r: &mut Reading<'_>,
        key: &'static str,
    ) -> Option<Spot<T>> {
        self.need(r, key).and_then(|node| word(r, node, key))
    }

    /// A word that may be missing.
    pub(super) fn word_or_none<T: FromStr<Err = WordError>>(
        &mut self,
        r: &mut Reading<'_>,
        key: &'static str,
    ) -> Option<Spot<T>> {
        self.get(key).and_then(|node| word(r, node, key))
    }

    /// A list of words, or one word; empty where it is missing.
    pub(super) fn words<T: FromStr<Err = WordError>>(
        &mut self,
        r: &mut Reading<'_>,
        key: &'static str,
    ) -> Vec<Spot<T>> {
        self.list(key).into_iter().filter_map(|node| word(r, node, key)).collect()
    }

    /// The nodes of a list, or the one node that stands there; none where the key is missing.
    pub(super) fn list(&mut self, key: &'static str) -> Vec<&'n Node> {
        match self.get(key) {
            Some(Node { value: Value::List(list), .. }) => list.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        }
    }

    /// The tables of an array of tables; none where the key is missing.
    pub(super) fn tables(&mut self, r: &mut Reading<'_>, key: &'static str) -> Vec<Fields<'n>> {
        self.list(key).into_iter().filter_map(|node| Fields::new(r, node, key)).collect()
    }

    /// True or false; false where it is missing.
    pub(super) fn flag(&mut self, r: &mut Reading<'_>, key: &'static str) -> bool {
        match self.get(key) {
            Some(Node { value: Value::Flag(flag), .. }) => *flag,
            Some(other) => {
                kind(r, other, key, "true or false");
                false
            }
            None => false,
        }
    }

    /// A whole number within bounds; `None` where it is missing.
    pub(super) fn number(
        &mut self,
        r: &mut Reading<'_>,
        key: &'static str,
        bounds: std::ops::RangeInclusive<u32>,
    ) -> Option<u32> {
        self.get(key).and_then(|node| number(r, node, key, bounds))
    }

    /// A quantity that must be there.
    pub(super) fn quantity(&mut self, r: &mut Reading<'_>, key: &'static str) -> Option<Quantity> {
        let node = self.need(r, key)?;
        let written = bare(r, node, key, "a whole number of units")?;
        match quantity(&written, 1) {
            Ok(quantity) => Some(quantity),
            Err((message, remedy)) => {
                r.fault(node.at, code::QUANTITY_UNFIT, message, remedy);
                None
            }
        }
    }

    /// A moment that must be there; a date is its first moment in UTC.
    pub(super) fn moment(&mut self, r: &mut Reading<'_>, key: &'static str) -> Option<Moment> {
        self.need(r, key).and_then(|node| moment(r, node, key))
    }

    /// A moment that may be missing.
    pub(super) fn moment_or_none(
        &mut self,
        r: &mut Reading<'_>,
        key: &'static str,
    ) -> Option<Moment> {
        self.get(key).and_then(|node| moment(r, node, key))
    }

    /// Lets every key pass: what the table is cannot be made out.
    pub(super) fn forgive(&mut self) {
        self.forgiven = true;
    }

    /// Refuses every key that nobody asked for.
    pub(super) fn finish(self, r: &mut Reading<'_>) {
        if self.forgiven {
            return;
        }
        let asked: Vec<&str> = self.asked.iter().copied().collect();
        for (key, (at, _)) in self.entries {
            if !self.asked.contains(key.as_str()) {
                let message = format!("{} takes no {key:?}", self.what);
                let remedy = format!("remove it, or correct its name; there are: {}", list(&asked));
                r.fault(*at, code::KEY_UNKNOWN, message, remedy);
            }
        }
    }
}

/// Words for a list, at most twenty of them.
pub(super) fn list<T: ToString>(words: &[T]) -> String {
    let mut told: Vec<String> = words.iter().take(20).map(ToString::to_string).collect();
    if words.len() > told.len() {
        told.push("…".to_owned());
    }
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}

/// Notes that a value is of another kind than wanted.
pub(super) fn kind(r: &mut Reading<'_>, node: &Node, what: &str, wanted: &str) {
    let message = format!("{what} is {}, not {wanted}", node.value.kind());
    r.fault(node.at, code::VALUE_KIND, message, format!("write {wanted} here"));
}

fn string<'n>(r: &mut Reading<'_>, node: &'n Node, key: &str) -> Option<&'n str> {
    match &node.value {
        Value::Text(text) => Some(text),
        Value::Bare(_) | Value::Flag(_) | Value::Nothing | Value::List(_) | Value::Table(_) => {
            kind(r, node, key, "a text in quotes");
            None
        }
    }
}

fn bare(r: &mut Reading<'_>, node: &Node, key: &str, wanted: &str) -> Option<String> {
    match &node.value {
        Value::Text(text) | Value::Bare(text) => Some(text.clone()),
        Value::Flag(_) | Value::Nothing | Value::List(_) | Value::Table(_) => {
            kind(r, node, key, wanted);
            None
        }
    }
}

/// A whole number within bounds.
pub(super) fn number(
    r: &mut Reading<'_>,
    node: &Node,
    key: &str,
    bounds: std::ops::RangeInclusive<u32>,
) -> Option<u32> {
    let written = bare(r, node, key, "a whole number")?;
    let number = written.parse().ok().filter(|number| bounds.contains(number));
    if number.is_none() {
        let message = format!("{key} = {written} is no whole number within its bounds");
        let remedy = format!("write a number from {} to {}", bounds.start(), bounds.end());
        r.fault(node.at, code::NUMBER_UNFIT, message, remedy);
    }
    number
}

/// A text for people: not empty, not too long, and every character shows what it is.
pub(super) fn text(r: &mut Reading<'_>, node: &Node, key: &str) -> Option<String> {
    let found = string(r, node, key)?;
    match unfit_text(found) {
        None => Some(found.to_owned()),
        Some((what, remedy)) => {
            r.fault(node.at, code::TEXT_UNFIT, format!("{key} {what}"), remedy);
            None
        }
    }
}

/// What is wrong with a text for people, and what to do about it.
pub(super) fn unfit_text(text: &str) -> Option<(String, &'static str)> {
    if let Some((found, what)) = unfit_character(text) {
        let told = format!("holds U+{:04X}, {what}", u32::from(found));
        return Some((told, "remove the character; texts are plain, in one line"));
    }
    if text.trim() != text || text.is_empty() {
        return Some(("is empty or begins or ends with a space".to_owned(), "trim or fill it"));
    }
    if text.len() > TEXT_MAX {
        return Some((format!("has {} bytes", text.len()), "keep it within 1000 bytes"));
    }
    None
}

/// A word of one of our vocabularies.
pub(super) fn word<T: FromStr<Err = WordError>>(
    r: &mut Reading<'_>,
    node: &Node,
    key: &str,
) -> Option<Spot<T>> {
    let found = string(r, node, key)?;
    match found.parse() {
        Ok(value) => Some(Spot { value, at: node.at }),
        Err(WordError { value, expected }) => {
            let message = format!("{key}: {value:?} is not {expected}");
            r.fault(node.at, code::WORD_UNFIT, message, format!("write {expected}"));
            None
        }
    }
}

/// A key that is a word of one of our vocabularies.
pub(super) fn key_word<T: FromStr<Err = WordError>>(
    r: &mut Reading<'_>,
    key: &Spot<&str>,
) -> Option<Spot<T>> {
    match key.value.parse() {
        Ok(value) => Some(Spot { value, at: key.at }),
        Err(WordError { value, expected }) => {
            let message = format!("the key {value:?} is not {expected}");
            r.fault(key.at, code::WORD_UNFIT, message, format!("write {expected}"));
            None
        }
    }
}

/// A date, or a moment in UTC, in quotes or without.
pub(super) fn moment(r: &mut Reading<'_>, node: &Node, key: &str) -> Option<Moment> {
    let written = bare(r, node, key, "a date or moment in UTC")?;
    let date = written.parse::<Date>().map(Date::start);
    let found = date.or_else(|_| written.replacen(' ', "T", 1).parse());
    found.ok().or_else(|| {
        let message = format!("{key}: {written} is no date or moment in UTC");
        let remedy = "write 2025-06-01 or 2025-06-01T12:00:00Z";
        r.fault(node.at, code::DATE_UNFIT, message, remedy);
        None
    })
}

/// A whole number of units, from `least` to 10^12; otherwise what is wrong, and what to do about
/// it.
pub(super) fn quantity(written: &str, least: u64) -> Result<Quantity, (String, String)> {
    let parsed: Result<Quantity, _> = written.parse();
    if let Some(quantity) = parsed.ok().filter(|quantity| quantity.units() >= least) {
        return Ok(quantity);
    }
    let told: String = written.chars().take(80).collect();
    let message =
        format!("the quantity {told:?} is no whole number of units from {least} to 10^12");
    let separator = |found: &char| matches!(found, ',' | '_' | '\'' | ' ' | '.' | '\u{A0}');
    let digits: String = written.chars().filter(|found| !separator(found)).collect();
    let grouped = written.split(|found: char| separator(&found)).skip(1).all(|g| g.len() == 3);
    let has_groups = written.chars().any(|found| separator(&found)) && grouped;
    let remedy = match digits.parse::<Quantity>() {
        Ok(quantity) if has_groups && !quantity.is_zero() => {
            format!("write digits only, without separators: {quantity}")
        }
        Ok(_) | Err(_) if least > 0 => {
            "write digits only, at least 1; leave out what is not there".to_owned()
        }
        Ok(_) | Err(_) => "write digits only".to_owned(),
    };
    Err((message, remedy))
}

//! JSON with places: `serde_json` says whether a text is JSON, this says where its parts stand.

use super::fault::code;
use super::node::{Entries, Node, Value};
use super::source::Reading;

/// Reads JSON. Where it is none, the mistake is noted and there is no tree.
pub(super) fn json(reading: &mut Reading<'_>) -> Option<Node> {
    let text = reading.source.text.as_str();
    // The parser refuses what is nested more than 128 deep, so the walk below is bounded too.
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        let line = text.split_inclusive('\n').take(error.line().saturating_sub(1));
        let start: usize = line.map(str::len).fold(0, usize::saturating_add);
        let at = start.saturating_add(error.column().saturating_sub(1)).min(text.len());
        let remedy = "correct the JSON here; texts stand in double quotes, no comma ends a list";
        reading.fault(at, code::JSON_SYNTAX, format!("not JSON: {error}"), remedy);
        return None;
    }
    let mut walk = Walk { text, at: 0, twice: Vec::new() };
    let node = walk.value();
    for (at, key) in walk.twice {
        let message = format!("{key:?} stands twice in one object");
        reading.fault(at, code::ID_TWICE, message, "keep one of them");
    }
    node
}

/// A walk through a text that is known to be JSON.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    twice: Vec<(usize, String)>,
}

impl Walk<'_> {
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let space = |byte: &&u8| matches!(**byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at = self.at.saturating_add(rest.iter().take_while(space).count());
        self.text.as_bytes().get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn value(&mut self) -> Option<Node> {
        let first = self.peek()?;
        let at = self.at;
        let value = match first {
            b'{' => Value::Table(self.object()?),
            b'[' => Value::List(self.list()?),
            b'"' => Value::Text(self.string()?),
            _ => match self.bare()? {
                "true" => Value::Flag(true),
                "false" => Value::Flag(false),
                "null" => Value::Nothing,
                number => Value::Bare(number.to_owned()),
            },
        };
        Some(Node { at, value })
    }

    fn bare(&mut self) -> Option<&str> {
        let rest = self.text.get(self.at..)?;
        let end = |found: char| found.is_ascii_whitespace() || matches!(found, ',' | ']' | '}');
        let word = rest.split(end).next()?;
        self.at = self.at.saturating_add(word.len());
        Some(word)
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.step();
        loop {
            match self.text.as_bytes().get(self.at)? {
                b'"' => break,
                b'\\' => self.step(),
                _ => {}
            }
            self.step();
        }
        self.step();
        serde_json::from_str(self.text.get(start..self.at)?).ok()
    }

    fn list(&mut self) -> Option<Vec<Node>> {
        let mut list = Vec::new();
        self.step();
        while self.peek()? != b']' {
            list.push(self.value()?);
            if self.peek()? == b',' {
                self.step();
            }
        }
        self.step();
        Some(list)
    }

    fn object(&mut self) -> Option<Entries> {
        let mut entries = Entries::new();
        self.step();
        while self.peek()? != b'}' {
            let at = self.at;
            let key = self.string()?;
            self.peek()?;
            self.step();
            let value = self.value()?;
            if entries.insert(key.clone(), (at, value)).is_some() {
                self.twice.push((at, key));
            }
            if self.peek()? == b',' {
                self.step();
            }
        }
        self.step();
        Some(entries)
    }
}

//! Reading and writing the lines of a statement.

use super::{Fault, Statement, StatementError, StatementKind};

const VERSION: (&str, &str) = ("countersign", "1");

/// A run of lines in a statement: the whole of one kind, or a part that several kinds share.
///
/// Implemented in this crate only; [`LineReader`] and [`LineWriter`] offer nothing outside it.
pub trait Lines: Sized {
    /// Appends the lines in their order.
    fn write_lines(&self, out: &mut LineWriter);

    /// Takes the lines in their order.
    ///
    /// # Errors
    /// [`StatementError`] at the first line that is not as it should be.
    fn read_lines(lines: &mut LineReader<'_>) -> Result<Self, StatementError>;

    /// Appends the keys in their order.
    fn keys(out: &mut Vec<&'static str>);

    /// A rule that the values break among themselves: the key to blame, and the rule with its
    /// remedy.
    fn broken_rule(&self) -> Option<(&'static str, &'static str)> {
        None
    }
}

/// A statement being written.
pub struct LineWriter {
    text: String,
}

impl LineWriter {
    pub(super) fn new(kind: StatementKind) -> Self {
        let (key, version) = VERSION;
        Self { text: format!("{key}: {version}\nkind: {kind}\n") }
    }

    /// Appends one line; `value` writes what stands behind the key.
    pub(super) fn line(&mut self, key: &'static str, value: impl FnOnce(&mut String)) {
        self.text.push_str(key);
        self.text.push_str(": ");
        value(&mut self.text);
        self.text.push('\n');
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A statement being read, line by line.
pub struct LineReader<'t> {
    /// Keys and values.
    lines: Vec<(&'t str, &'t str)>,
    /// How many lines were taken.
    taken: usize,
    /// The keys that this kind has.
    keys: fn(&mut Vec<&'static str>),
}

impl<'t> LineReader<'t> {
    /// Splits a text that was scanned into keys and values.
    pub(super) fn new<S: Statement>(text: &'t str) -> Result<Self, StatementError> {
        let mut lines = Vec::with_capacity(32);
        for (number, line) in (1..).zip(text.strip_suffix('\n').unwrap_or(text).split('\n')) {
            let pair =
                line.split_once(": ").filter(|(key, value)| !key.is_empty() && !value.is_empty());
            let fault = || StatementError { line: number, key: "", fault: Fault::NoKeyValue };
            lines.push(pair.ok_or_else(fault)?);
        }
        Ok(Self { lines, taken: 0, keys: S::keys })
    }

    /// Takes the version and the kind.
    pub(super) fn header(&mut self) -> Result<StatementKind, StatementError> {
        let version = StatementError { line: 1, key: "", fault: Fault::Version };
        if self.lines.first() != Some(&VERSION) {
            return Err(version);
        }
        self.taken = 1;
        let (line, kind) = self.take("kind")?;
        kind.parse().map_err(|error| StatementError {
            line,
            key: "kind",
            fault: Fault::Word(error),
        })
    }

    /// Takes the next line, which must have this key; gives its number and its value.
    pub(super) fn take(&mut self, key: &'static str) -> Result<(usize, &'t str), StatementError> {
        match self.lines.get(self.taken) {
            Some((found, value)) if *found == key => {
                self.taken = self.taken.saturating_add(1);
                Ok((self.taken, value))
            }
            found => Err(self.instead(key, found.map(|(found, _)| *found))),
        }
    }

    /// Says why `found` stands where `key` should.
    fn instead(&self, key: &'static str, found: Option<&str>) -> StatementError {
        let line = self.taken.saturating_add(1);
        let Some(found) = found else {
            return StatementError { line, key, fault: Fault::Missing };
        };
        let comes_later = self.lines.iter().skip(self.taken).any(|(later, _)| *later == key);
        match self.misplaced(found) {
            Some(fault) => StatementError { line, key: "", fault },
            None if comes_later => {
                StatementError { line, key, fault: Fault::OutOfOrder { found: found.to_owned() } }
            }
            None => StatementError { line, key, fault: Fault::Missing },
        }
    }

    /// Why `found` may not stand anywhere from here on, if so.
    fn misplaced(&self, found: &str) -> Option<Fault> {
        let mut keys = vec![VERSION.0, "kind"];
        (self.keys)(&mut keys);
        let shown = || found.chars().take(80).collect();
        if !keys.contains(&found) {
            return Some(Fault::Unknown { found: shown() });
        }
        let before = self.lines.iter().take(self.taken).any(|(earlier, _)| *earlier == found);
        before.then(|| Fault::Duplicate { found: shown() })
    }

    /// Whether every line was taken.
    pub(super) fn end(&self) -> Result<(), StatementError> {
        let Some((found, _)) = self.lines.get(self.taken) else {
            return Ok(());
        };
        let fault = self.misplaced(found).unwrap_or(Fault::NotCanonical);
        Err(StatementError { line: self.taken.saturating_add(1), key: "", fault })
    }

    /// A fault at the line of `key`.
    pub(super) fn at(&self, key: &'static str, fault: Fault) -> StatementError {
        let place = self.lines.iter().position(|(found, _)| *found == key);
        StatementError { line: place.map_or(0, |place| place.saturating_add(1)), key, fault }
    }
}

//! A Rust file with its strings and comments told apart from its code.
//!
//! Not a parser: it knows comments, strings, character literals and braces, which is all the
//! rules need, and it never mistakes the words inside a string for code.

/// One Rust file.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) path: String,
    /// As written, line by line.
    pub(super) text: Vec<String>,
    /// Comments as blanks, the insides of strings and characters as `_`.
    pub(super) code: Vec<String>,
    /// Comments only; everything else as blanks.
    pub(super) comments: Vec<String>,
    /// Which lines belong to `#[cfg(test)]` items.
    test_lines: Vec<bool>,
    functions: Vec<Function>,
}

/// A function with a body.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) name: String,
    /// The line of its name, from 1.
    pub(super) line: usize,
    /// The lines of its body, from the opening brace's to the closing brace's, from 1.
    pub(super) body: std::ops::RangeInclusive<usize>,
}

impl Source {
    pub(super) fn new(path: String, text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let (code, comments) = told_apart(&letters);
        let mut source = Self {
            path,
            text: lines(&letters),
            code: lines(&code),
            comments: lines(&comments),
            test_lines: Vec::new(),
            functions: functions(&code),
        };
        source.test_lines = source.test_lines_of(&code);
        source
    }

    /// The crate's folder name: `countersign-core`, `xtask`, …
    pub(super) fn crate_name(&self) -> &str {
        let mut parts = self.path.split('/');
        match (parts.next(), parts.next()) {
            (Some("crates"), Some(name)) => name,
            (Some(first), _) => first,
            (None, _) => "",
        }
    }

    /// The path inside the crate's `src`; `None` for tests, benches, examples, build scripts.
    pub(super) fn in_src(&self) -> Option<&str> {
        let (_, inside) = self.path.split_once(&format!("{}/src/", self.crate_name()))?;
        let is_test = inside.split('/').any(|part| part == "tests" || part == "tests.rs");
        (!is_test).then_some(inside)
    }

    /// The code that ships, line by line with its number; empty for tests.
    pub(super) fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let ships = self.in_src().is_some();
        let lines = (1_usize..).zip(&self.code).map(|(number, line)| (number, line.as_str()));
        lines.filter(move |(number, _)| ships && !self.is_test_line(*number))
    }

    /// The functions that ship.
    pub(super) fn product_functions(&self) -> impl Iterator<Item = &Function> {
        let ships = self.in_src().is_some();
        self.functions.iter().filter(move |f| ships && !self.is_test_line(f.line))
    }

    /// Lines of code, from the first to the last, that are neither blank nor comment.
    pub(super) fn code_lines(&self, range: std::ops::RangeInclusive<usize>) -> usize {
        let range = (1_usize..).zip(&self.code).filter(|(number, _)| range.contains(number));
        range.filter(|(_, line)| !line.trim().is_empty()).count()
    }

    pub(super) fn is_test_line(&self, number: usize) -> bool {
        self.test_lines.get(number.saturating_sub(1)).copied().unwrap_or(false)
    }

    fn test_lines_of(&self, code: &[char]) -> Vec<bool> {
        let mut marks = vec![false; self.code.len()];
        let mark: Vec<char> = "#[cfg(test)]".chars().collect();
        for start in 0..code.len() {
            if !code.get(start..).is_some_and(|rest| rest.starts_with(&mark)) {
                continue;
            }
            let end = item_end(code, start.saturating_add(mark.len()));
            let (first, last) = (line_of(code, start), line_of(code, end));
            for (number, marked) in (1_usize..).zip(&mut marks) {
                *marked |= (first..=last).contains(&number);
            }
        }
        marks
    }
}

/// Where `word` stands in `line` as a word of its own.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    let part_of_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let (starts, ends) = (word.starts_with(part_of_name), word.ends_with(part_of_name));
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at.saturating_add(word.len())..).and_then(|text| text.chars().next());
        let grown_before = starts && before.is_some_and(part_of_name);
        let grown_after = ends && after.is_some_and(part_of_name);
        !grown_before && !grown_after
    })
}

fn lines(letters: &[char]) -> Vec<String> {
    let mut lines: Vec<String> =
        letters.split(|letter| *letter == '\n').map(|line| line.iter().collect()).collect();
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn line_of(letters: &[char], at: usize) -> usize {
    letters.iter().take(at).filter(|letter| **letter == '\n').count().saturating_add(1)
}

/// Copies code and comments into two texts of the same shape.
fn told_apart(letters: &[char]) -> (Vec<char>, Vec<char>) {
    let mut code = Vec::with_capacity(letters.len());
    let mut comments = Vec::with_capacity(letters.len());
    let mut at = 0_usize;
    while let Some(letter) = letters.get(at) {
        let rest = letters.get(at..).unwrap_or_default();
        let after_name = at
            .checked_sub(1)
            .and_then(|before| letters.get(before))
            .is_some_and(|before| before.is_alphanumeric() || *before == '_');
        let (kind, length) = piece(rest, after_name);
        let end = at.saturating_add(length.max(1));
        for inside in letters.get(at..end.min(letters.len())).unwrap_or(&[*letter]) {
            let (c, m) = match (kind, inside) {
                (_, '\n') => ('\n', '\n'),
                (Kind::Code, other) => (*other, ' '),
                (Kind::Comment, other) => (' ', *other),
                (Kind::Literal, '"' | '\'') => ('"', ' '),
                (Kind::Literal, _) => ('_', ' '),
            };
            code.push(c);
            comments.push(m);
        }
        at = end;
    }
    (code, comments)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// What starts here, and how many letters it has.
fn piece(rest: &[char], after_name: bool) -> (Kind, usize) {
    match rest {
        ['/', '/', ..] => {
            let length = rest.iter().position(|letter| *letter == '\n').unwrap_or(rest.len());
            (Kind::Comment, length)
        }
        ['/', '*', ..] => (Kind::Comment, block_comment(rest)),
        ['"', ..] => (Kind::Literal, quoted(rest, '"')),
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => (Kind::Literal, quoted(rest, '\'')),
        ['r', ..] | ['b' | 'c', 'r', ..] if !after_name => match raw_string(rest) {
            Some(length) => (Kind::Literal, length),
            None => (Kind::Code, 1),
        },
        _ => (Kind::Code, 1),
    }
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0_usize, 0_usize);
    loop {
        match rest.get(at..) {
            Some(['/', '*', ..]) => {
                depth = depth.saturating_add(1);
                at = at.saturating_add(2);
            }
            Some(['*', '/', ..]) => {
                depth = depth.saturating_sub(1);
                at = at.saturating_add(2);
                if depth == 0 {
                    return at;
                }
            }
            Some([_, ..]) => at = at.saturating_add(1),
            Some([]) | None => return rest.len(),
        }
    }
}

fn quoted(rest: &[char], end: char) -> usize {
    let mut at = 1_usize;
    loop {
        match rest.get(at) {
            Some('\\') => at = at.saturating_add(2),
            Some(letter) if *letter == end => return at.saturating_add(1),
            Some(_) => at = at.saturating_add(1),
            None => return rest.len(),
        }
    }
}

/// The length of `r"…"`, `r#"…"#`, `br"…"`; `None` where it is only a name or `r#name`.
fn raw_string(rest: &[char]) -> Option<usize> {
    let prefix = rest.iter().take_while(|letter| matches!(letter, 'r' | 'b' | 'c')).count();
    let hashes = rest.iter().skip(prefix).take_while(|letter| **letter == '#').count();
    let open = prefix.saturating_add(hashes);
    if prefix > 2 || rest.get(open) != Some(&'"') {
        return None;
    }
    let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let body = open.saturating_add(1);
    let inside = rest.get(body..)?.windows(closing.len()).position(|part| part == closing);
    Some(inside.map_or(rest.len(), |at| body.saturating_add(at).saturating_add(closing.len())))
}

/// Every function with a body, found by its `fn` and its braces.
fn functions(code: &[char]) -> Vec<Function> {
    let part_of_name = |letter: &char| letter.is_alphanumeric() || *letter == '_';
    let mut found = Vec::new();
    for at in 0..code.len() {
        let before = at.checked_sub(1).and_then(|before| code.get(before));
        let Some(['f', 'n', gap, after @ ..]) = code.get(at..) else { continue };
        if before.is_some_and(part_of_name) || !gap.is_whitespace() {
            continue;
        }
        let name: String = after.iter().take_while(|letter| part_of_name(letter)).collect();
        if name.is_empty() {
            continue;
        }
        let Some(open) = body_start(code, at) else { continue };
        let close = brace_end(code, open);
        let body = line_of(code, open)..=line_of(code, close);
        found.push(Function { name, line: line_of(code, at), body });
    }
    found
}

/// The brace that opens the body of the function whose `fn` is at `at`.
fn body_start(code: &[char], at: usize) -> Option<usize> {
    match next_of(code, at) {
        Some(found) if code.get(found) == Some(&'{') => Some(found),
        _ => None,
    }
}

/// The next `{` or `;` outside round and square brackets.
fn next_of(code: &[char], from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in code.iter().enumerate().skip(from) {
        match letter {
            '(' | '[' => depth = depth.saturating_add(1),
            ')' | ']' => depth = depth.saturating_sub(1),
            '{' | ';' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// The brace that closes the one at `open`.
fn brace_end(code: &[char], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in code.iter().enumerate().skip(open) {
        match letter {
            '{' => depth = depth.saturating_add(1),
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    code.len().saturating_sub(1)
}

fn item_end(code: &[char], from: usize) -> usize {
    match next_of(code, from) {
        Some(at) if code.get(at) == Some(&'{') => brace_end(code, at),
        Some(at) => at,
        None => code.len().saturating_sub(1),
    }
}

//! Tables as CSV (RFC 4180, lines ending in LF).

/// The table as text. A cell is quoted where it has to be.
#[must_use]
pub fn csv(headings: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = cells.map(cell).collect::<Vec<_>>().join(",");
        line.push('\n');
        line
    };
    let mut text = line(&mut headings.iter().copied());
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

/// A text that no spreadsheet takes for a formula: what looks like one gets a mark before it.
#[must_use]
pub fn harmless(text: &str) -> String {
    let formula = text.len() > 1 && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

/// A cell, quoted where it has to be.
#[must_use]
pub fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

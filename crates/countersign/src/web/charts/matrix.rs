//! The matrix. Answers: *who depends on whom?*
//!
//! A table already is the best drawing of a matrix, so it is one. Every cell has a shape and a
//! word.

use crate::web::parts::{Column, Row, Table, Tone, tag};
use crate::web::words;
use maud::{Markup, html};

/// Where a row and a column meet.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    /// How it is to be taken.
    pub(crate) tone: Tone,
    /// The word for it.
    pub(crate) word: String,
    /// The number, where there is one.
    pub(crate) units: Option<u64>,
}

/// Rows against columns.
pub(crate) struct Matrix<'a> {
    /// Names it within the page.
    pub(crate) id: &'a str,
    /// What it says.
    pub(crate) message: &'a str,
    /// What the rows are.
    pub(crate) corner: &'a str,
    /// The heads of the columns.
    pub(crate) columns: &'a [String],
    /// The rows: a name, and a cell for each column; `None` says nothing.
    pub(crate) rows: &'a [(String, Vec<Option<Cell>>)],
}

impl Matrix<'_> {
    /// The table.
    pub(crate) fn render(&self) -> Markup {
        let heads = self.columns.iter().map(|head| Column::Words(head));
        let columns: Vec<Column<'_>> =
            std::iter::once(Column::Words(self.corner)).chain(heads).collect();
        let cell = |cell: &Option<Cell>| match cell {
            Some(cell) => {
                let units = cell.units.map(|units| crate::web::parts::thin(units.into()));
                tag(cell.tone, &cell.word, units.as_deref())
            }
            None => html! { (words::NOTHING) },
        };
        let row = |(name, cells): &(String, Vec<Option<Cell>>)| {
            Row::from(
                std::iter::once(html! { (name) }).chain(cells.iter().map(cell)).collect::<Vec<_>>(),
            )
        };
        let table = Table {
            id: self.id,
            caption: self.message,
            columns: &columns,
            rows: self.rows.iter().map(row).collect(),
            empty: words::NO_MATRIX,
        };
        html! { div class="matrix" { (table.render()) } }
    }
}

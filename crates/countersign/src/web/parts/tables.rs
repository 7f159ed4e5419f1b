//! Data tables. Answers: *how do many things compare?*

use crate::web::words;
use maud::{Markup, html};

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column<'a> {
    /// Words, from the left.
    Words(&'a str),
    /// Numbers, one above the other from the right.
    Numbers(&'a str),
}

impl<'a> Column<'a> {
    fn head(self) -> &'a str {
        match self {
            Self::Words(head) | Self::Numbers(head) => head,
        }
    }

    fn class(self) -> Option<&'static str> {
        match self {
            Self::Words(_) => None,
            Self::Numbers(_) => Some("numbers"),
        }
    }
}

/// A row: the first cell names it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    /// Its cells, one for each column.
    pub(crate) cells: Vec<Markup>,
    /// Whether it is set apart, as the sum or the row that is meant.
    pub(crate) is_marked: bool,
}

impl From<Vec<Markup>> for Row {
    fn from(cells: Vec<Markup>) -> Self {
        Self { cells, is_marked: false }
    }
}

/// A table. It scrolls within itself, by keyboard too, so that the page never does sideways.
#[derive(Clone, Debug)]
pub(crate) struct Table<'a> {
    /// Names it within the page.
    pub(crate) id: &'a str,
    /// What it shows.
    pub(crate) caption: &'a str,
    /// Its columns.
    pub(crate) columns: &'a [Column<'a>],
    /// Its rows.
    pub(crate) rows: Vec<Row>,
    /// The sentence where there are no rows.
    pub(crate) empty: &'a str,
}

impl Table<'_> {
    /// The table, or its sentence.
    pub(crate) fn render(&self) -> Markup {
        if self.rows.is_empty() {
            return html! {
                div class="empty" id=(self.id) {
                    p class="caption" { (self.caption) }
                    p { (self.empty) }
                }
            };
        }
        let caption = format!("{}-caption", self.id);
        html! {
            div class="scroll" id=(self.id) role="region" tabindex="0" aria-labelledby=(caption) {
                table {
                    caption id=(caption) { (self.caption) }
                    thead {
                        tr {
                            @for column in self.columns {
                                th scope="col" class=[column.class()] { (column.head()) }
                            }
                        }
                    }
                    tbody { @for row in &self.rows { (self.row(row)) } }
                }
            }
        }
    }

    fn row(&self, row: &Row) -> Markup {
        let mut columns = self.columns.iter();
        let mut cells = row.cells.iter();
        let first = columns.next().zip(cells.next());
        html! {
            tr class=[row.is_marked.then_some("marked")] {
                @if let Some((column, cell)) = first {
                    th scope="row" class=[column.class()] { (cell) }
                }
                @for column in columns {
                    td class=[column.class()] {
                        @match cells.next() {
                            Some(cell) => (cell),
                            None => (words::NOTHING),
                        }
                    }
                }
            }
        }
    }
}

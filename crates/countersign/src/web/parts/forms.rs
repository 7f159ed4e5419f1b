//! Form fields. Answers: *what is asked, what is expected, and what was wrong with the answer?*
//!
//! A field shows again what was entered, exactly, whatever was wrong with it.

use crate::web::words;
use maud::{Markup, html};

/// One of several answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<'a> {
    /// What is sent.
    pub(crate) value: &'a str,
    /// What is read.
    pub(crate) label: &'a str,
    /// A sentence below it.
    pub(crate) hint: Option<&'a str>,
}

impl<'a> Choice<'a> {
    /// An answer without a hint.
    pub(crate) fn new(value: &'a str, label: &'a str) -> Self {
        Self { value, label, hint: None }
    }
}

/// Between which numbers an answer lies, and of what.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Number<'a> {
    /// The least.
    pub(crate) least: Option<u64>,
    /// The most.
    pub(crate) most: Option<u64>,
    /// What is counted, after the field.
    pub(crate) unit: Option<&'a str>,
}

/// A question with its label, hint, error and the answer so far. Its id is its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    name: &'a str,
    label: &'a str,
    hint: Option<&'a str>,
    error: Option<&'a str>,
    value: &'a str,
    is_optional: bool,
}

impl<'a> Field<'a> {
    /// A question that must be answered.
    pub(crate) fn new(name: &'a str, label: &'a str) -> Self {
        Self { name, label, hint: None, error: None, value: "", is_optional: false }
    }

    /// With what is expected.
    pub(crate) fn hint(self, hint: &'a str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// With what was wrong, if anything was.
    pub(crate) fn error(self, error: Option<&'a str>) -> Self {
        Self { error, ..self }
    }

    /// With what was entered.
    pub(crate) fn value(self, value: &'a str) -> Self {
        Self { value, ..self }
    }

    /// It may be left empty.
    pub(crate) fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// One line of words.
    pub(crate) fn text(self) -> Markup {
        self.framed(&html! {
            input type="text" id=(self.name) name=(self.name) value=(self.value)
                required[!self.is_optional] aria-describedby=[self.described()]
                aria-invalid=[self.invalid()] autocomplete="off" spellcheck="false";
        })
    }

    /// A whole number. Not `type=number`: that one changes what was typed and turns at the wheel.
    pub(crate) fn number(self, number: Number<'_>) -> Markup {
        self.framed(&html! {
            span class="with-unit" {
                input class="short" type="text" inputmode="numeric" pattern="[0-9]*" id=(self.name)
                    name=(self.name) value=(self.value) data-least=[number.least]
                    data-most=[number.most] required[!self.is_optional] autocomplete="off"
                    aria-describedby=[self.described()] aria-invalid=[self.invalid()];
                @if let Some(unit) = number.unit { span { (unit) } }
            }
        })
    }

    /// A date and time in UTC, as `2026-11-24T18:00`.
    pub(crate) fn date_time(self) -> Markup {
        let field = if self.hint.is_some() { self } else { self.hint(words::DATE_TIME_HINT) };
        field.framed(&html! {
            input class="medium" type="datetime-local" id=(field.name) name=(field.name)
                value=(field.value) required[!field.is_optional]
                aria-describedby=[field.described()] aria-invalid=[field.invalid()];
        })
    }

    /// Several lines of words.
    pub(crate) fn long_text(self, rows: u8) -> Markup {
        self.framed(&html! {
            textarea id=(self.name) name=(self.name) rows=(rows) required[!self.is_optional]
                aria-describedby=[self.described()] aria-invalid=[self.invalid()] { (self.value) }
        })
    }

    /// One of many answers. The first, empty one is a question still open.
    pub(crate) fn select(self, choices: &[Choice<'_>]) -> Markup {
        self.framed(&html! {
            select id=(self.name) name=(self.name) required[!self.is_optional]
                aria-describedby=[self.described()] aria-invalid=[self.invalid()] {
                option value="" selected[self.value.is_empty()] {}
                @for choice in choices {
                    option value=(choice.value) selected[choice.value == self.value] {
                        (choice.label)
                    }
                }
            }
        })
    }

    /// One of a few answers.
    pub(crate) fn radios(self, choices: &[Choice<'_>]) -> Markup {
        self.grouped("radio", choices, &[self.value])
    }

    /// Any of a few answers; `values` are those already given.
    pub(crate) fn checkboxes(self, choices: &[Choice<'_>], values: &[&str]) -> Markup {
        self.grouped("checkbox", choices, values)
    }

    fn grouped(self, kind: &str, choices: &[Choice<'_>], values: &[&str]) -> Markup {
        html! {
            fieldset class={ "field" @if self.error.is_some() { " wrong" } } id=(self.name)
                tabindex="-1" aria-describedby=[self.described()] {
                legend { (self.label) (self.mark()) }
                (self.notes())
                @for (at, choice) in choices.iter().enumerate() {
                    @let id = format!("{}-{at}", self.name);
                    div class="choice" {
                        input type=(kind) id=(id) name=(self.name) value=(choice.value)
                            checked[values.contains(&choice.value)]
                            required[kind == "radio" && !self.is_optional]
                            aria-describedby=[choice.hint.map(|_| format!("{id}-hint"))];
                        label for=(id) { (choice.label) }
                        @if let Some(hint) = choice.hint {
                            p class="hint" id={ (id) "-hint" } { (hint) }
                        }
                    }
                }
            }
        }
    }

    fn framed(self, input: &Markup) -> Markup {
        html! {
            div class={ "field" @if self.error.is_some() { " wrong" } } {
                label for=(self.name) { (self.label) (self.mark()) }
                (self.notes())
                (input)
            }
        }
    }

    fn mark(self) -> Markup {
        html! { @if self.is_optional { " " span class="hint" { (words::OPTIONAL) } } }
    }

    fn notes(self) -> Markup {
        html! {
            @if let Some(hint) = self.hint { p class="hint" id={ (self.name) "-hint" } { (hint) } }
            @if let Some(error) = self.error {
                p class="error" id={ (self.name) "-error" } {
                    span class="unseen" { (words::ERROR_PREFIX) } (error)
                }
            }
        }
    }

    fn described(self) -> Option<String> {
        let hint = self.hint.map(|_| format!("{}-hint", self.name));
        let error = self.error.map(|_| format!("{}-error", self.name));
        match (hint, error) {
            (Some(hint), Some(error)) => Some(format!("{hint} {error}")),
            (hint, error) => hint.or(error),
        }
    }

    fn invalid(self) -> Option<&'static str> {
        self.error.map(|_| "true")
    }
}

//! A mail. Answers: *what does it say?*
//!
//! Plain text: what waits, and where to read it. It says nothing that the open part of the record
//! does not, and it approves nothing: whoever decides opens the page and signs there.

use super::waiting::Line;
use lettre::Message;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Most lines of a mail; whoever has more waiting looks at the page.
const MOST_LINES: usize = 30;

/// `Auto-Submitted` (RFC 3834 §5): no program is to answer.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Where a mail comes from and goes to.
pub(crate) struct Envelope<'a> {
    /// Whom it comes from.
    pub(crate) from: &'a Mailbox,
    /// Whom it is for.
    pub(crate) to: &'a Mailbox,
    /// What browsers call this server.
    pub(crate) origin: &'a str,
    /// Whether the ledger is an exercise.
    pub(crate) exercise: bool,
}

/// Writes the mail.
///
/// # Errors
/// Why it cannot be written; there is none for addresses that were read from the settings.
pub(crate) fn write(envelope: &Envelope<'_>, lines: &BTreeSet<Line>) -> Result<Message, String> {
    let exercise = if envelope.exercise { "EXERCISE: " } else { "" };
    let subject = match lines.len() {
        1 => format!("{exercise}Something waits for you in Countersign"),
        count => format!("{exercise}{count} things wait for you in Countersign"),
    };
    begin(envelope, &subject).body(text(envelope, lines)).map_err(|error| error.to_string())
}

/// Writes a mail that tells of nothing, to try whether it arrives.
///
/// # Errors
/// Why it cannot be written.
pub(crate) fn test(envelope: &Envelope<'_>) -> Result<Message, String> {
    let text = format!(
        "This mail was sent to see whether it arrives.\nNothing waits for you.\n\n{}\n",
        envelope.origin
    );
    let begun = begin(envelope, "A test of Countersign");
    begun.body(text).map_err(|error| error.to_string())
}

fn begin(envelope: &Envelope<'_>, subject: &str) -> MessageBuilder {
    Message::builder()
        .from(envelope.from.clone())
        .to(envelope.to.clone())
        .subject(subject)
        .message_id(None)
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN)
}

fn text(envelope: &Envelope<'_>, lines: &BTreeSet<Line>) -> String {
    let origin = envelope.origin;
    let mut text = String::new();
    if envelope.exercise {
        text.push_str("This is an exercise.\n\n");
    }
    for line in lines.iter().take(MOST_LINES) {
        // Writing to a string cannot fail.
        let _ = write!(text, "- {}\n  {origin}{}\n", line.words, line.path);
    }
    let more = lines.len().saturating_sub(MOST_LINES);
    if more > 0 {
        let _ = write!(text, "- and {more} more\n  {origin}/inbox\n");
    }
    text.push_str(
        "\nOpen the page and sign in to read what it is about.\nThis mail approves nothing; \
         neither does opening a link, nor answering it.\nWhoever decides signs on the page, with \
         a key of their own.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::{Envelope, test, write};
    use crate::server::notices::waiting::Line;
    use lettre::message::Mailbox;
    use std::collections::BTreeSet;

    fn written(exercise: bool, lines: &BTreeSet<Line>) -> String {
        let from: Mailbox = "Counter Sign <ledger@ledger.example>".parse().unwrap();
        let to: Mailbox = "official@office.example".parse().unwrap();
        let origin = "https://ledger.example";
        let envelope = Envelope { from: &from, to: &to, origin, exercise };
        String::from_utf8(write(&envelope, lines).unwrap().formatted()).unwrap()
    }

    fn line(words: &str, path: &str) -> Line {
        Line { words: words.to_owned(), path: path.to_owned() }
    }

    #[test]
    fn a_mail_names_what_waits_and_where_and_that_it_approves_nothing() {
        let mail =
            written(true, &[line("REQ-4: a decision is asked for", "/requests/REQ-4")].into());
        let (head, body) = mail.split_once("\r\n\r\n").unwrap();
        for wanted in [
            "Subject: EXERCISE: Something waits for you in Countersign",
            "To: official@office.example",
            "Auto-Submitted: auto-generated",
            "Content-Type: text/plain; charset=utf-8",
            "Message-ID: <",
            "Date: ",
        ] {
            assert!(head.contains(wanted), "{wanted}: {head}");
        }
        assert!(body.contains(
            "- REQ-4: a decision is asked for\r\n  https://ledger.example/requests/REQ-4"
        ));
        assert!(body.contains("approves nothing"));
        assert!(body.starts_with("This is an exercise."));
        let mail = written(false, &[line("a", "/a"), line("b", "/b")].into());
        assert!(mail.contains("Subject: 2 things wait for you in Countersign"), "{mail}");
        assert!(!mail.contains("xercise"));
    }

    #[test]
    fn a_mail_has_an_end_however_much_waits() {
        let lines = (0..1000).map(|n| line(&format!("REQ-{n}"), "/x")).collect();
        let mail = written(false, &lines);
        assert!(mail.contains("and 970 more") && mail.len() < 4_000, "{}", mail.len());
    }

    #[test]
    fn words_cannot_begin_a_header() {
        // No id can hold such characters; were one ever to, it stays in the text of the mail.
        let mail = written(false, &[line("x\r\nBcc: evil@evil.example\r\n\r\ny", "/x")].into());
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("Bcc"), "{head}");
        for address in ["a@b.example\r\nBcc: x@y.example", "A\nB <a@b.example>"] {
            assert!(crate::server::notices::settings::mailbox("from", address).is_err());
        }
        let (from, to): (Mailbox, Mailbox) =
            ("a@b.example".parse().unwrap(), "c@d.example".parse().unwrap());
        let envelope =
            Envelope { from: &from, to: &to, origin: "https://ledger.example", exercise: false };
        assert!(test(&envelope).is_ok());
    }
}

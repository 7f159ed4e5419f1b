//! Calling an endpoint. Answers: *did it take the notice?*
//!
//! One attempt as Standard Webhooks 1.0.0 has it: a POST whose id, time and body are signed. 2xx is
//! success and nothing else is; redirects are not followed; what it answers is not read.

use super::address::{Guarded, is_loopback};
use super::kept::now;
use super::settings::Webhook;
use super::told::Notice;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, StatusCode, redirect};
use std::time::Duration;

/// The longest that an endpoint can ask to be left alone: a day.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// It was taken.
    Delivered,
    /// The endpoint wants no more notices, ever (410).
    Gone,
    /// It was not taken.
    Failed {
        /// Why, in words; neither address nor secret is among them.
        why: String,
        /// How long the endpoint asks to be left alone.
        wait: Option<Duration>,
    },
}

/// Calls one endpoint.
pub(crate) struct Caller {
    client: Client,
}

impl Caller {
    /// Makes ready to call.
    ///
    /// # Errors
    /// Why its connections cannot be made.
    pub(crate) fn new(hook: &Webhook) -> Result<Self, String> {
        let guard = Guarded { is_local: is_loopback(hook.host()), is_private: hook.is_private };
        let mut client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(hook.patience)
            .connect_timeout(hook.patience)
            .pool_max_idle_per_host(1)
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(guard);
        if !hook.authorities.is_empty() {
            client = client.tls_certs_merge(hook.authorities.iter().cloned());
        }
        let client = client.build().map_err(|error| error.to_string())?;
        Ok(Self { client })
    }

    /// Sends a notice once.
    pub(crate) async fn call(&self, hook: &Webhook, notice: &Notice) -> Came {
        let failed = |why: &str| Came::Failed { why: why.to_owned(), wait: None };
        let seconds = now();
        let at = i64::try_from(seconds).unwrap_or(i64::MAX);
        let mut marks = Vec::new();
        for signer in &hook.signers {
            let Ok(mark) = signer.sign(&notice.id, at, notice.body.as_bytes()) else {
                return failed("the notice cannot be signed");
            };
            marks.push(mark);
        }
        let request = self
            .client
            .post(hook.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(standardwebhooks::HEADER_WEBHOOK_ID, &notice.id)
            .header(standardwebhooks::HEADER_WEBHOOK_TIMESTAMP, seconds.to_string())
            .header(standardwebhooks::HEADER_WEBHOOK_SIGNATURE, marks.join(" "))
            .body(notice.body.clone());
        match request.send().await {
            Ok(answer) => judged(answer.status(), answer.headers()),
            Err(error) => failed(&in_words(&error)),
        }
    }
}

/// What a status means.
fn judged(status: StatusCode, headers: &HeaderMap) -> Came {
    if status.is_success() {
        return Came::Delivered;
    }
    if status == StatusCode::GONE {
        return Came::Gone;
    }
    let why = if status.is_redirection() {
        format!("it answers {status}, and redirects are not followed; name the new URL")
    } else {
        format!("it answers {status}")
    };
    let wait = headers.get(RETRY_AFTER).and_then(|wait| wait.to_str().ok());
    // Retry-After may also be a date; then the usual pause holds.
    let wait = wait.and_then(|wait| wait.trim().parse().ok()).map(Duration::from_secs);
    Came::Failed { why, wait: wait.map(|wait| wait.min(LONGEST_WAIT)) }
}

/// Why nothing was answered, with every cause and without the URL.
fn in_words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let mut cause = std::error::Error::source(error);
    let mut words = Vec::new();
    while let Some(one) = cause {
        words.push(one.to_string());
        cause = one.source();
    }
    words.dedup();
    if words.is_empty() {
        return "it cannot be called".to_owned();
    }
    format!("it cannot be reached: {}", words.join(": "))
}

#[cfg(test)]
mod tests {
    use super::{Came, judged};
    use reqwest::StatusCode;
    use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
    use std::time::Duration;

    #[test]
    fn only_2xx_is_success_and_410_is_for_ever() {
        let none = HeaderMap::new();
        let judged = |code| judged(StatusCode::from_u16(code).unwrap(), &none);
        for code in [200, 201, 204, 299] {
            assert_eq!(judged(code), Came::Delivered, "{code}");
        }
        assert_eq!(judged(410), Came::Gone);
        for code in [301, 302, 304, 307, 308, 400, 401, 404, 429, 500, 502, 503] {
            assert!(matches!(judged(code), Came::Failed { wait: None, .. }), "{code}");
        }
    }

    #[test]
    fn an_endpoint_may_ask_to_be_left_alone_for_a_day_at_most() {
        let wait = |text: &'static str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            match judged(StatusCode::SERVICE_UNAVAILABLE, &headers) {
                Came::Failed { wait, .. } => wait,
                Came::Delivered | Came::Gone => panic!("it failed"),
            }
        };
        assert_eq!(wait("120"), Some(Duration::from_secs(120)));
        assert_eq!(wait("99999999999"), Some(Duration::from_secs(86_400)));
        for nonsense in ["", "-1", "soon", "Wed, 21 Oct 2015 07:28:00 GMT"] {
            assert_eq!(wait(nonsense), None, "{nonsense}");
        }
    }
}

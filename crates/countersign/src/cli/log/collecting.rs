//! Cosignatures over the network: C2SP tlog-witness, the client's side.

use super::super::output::Output;
use super::super::{Failure, Global};
use super::cosigning::{last_size, name, request_from};
use super::{Opened, open, trust};
use crate::server::running::choose_cryptography;
use crate::tiles::LogTiles;
use clap::Args;
use countersign_proof::checkpoint::SignedNote;
use countersign_proof::cosignature::WitnessVerifier;
use reqwest::{StatusCode, header};
use serde_json::json;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// How often a request is sent again from the size that a witness states.
const TRIES: u32 = 3;
/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// `log collect`.
#[derive(Debug, Args)]
#[command(after_help = "Witnesses are those of the trust file that have a URL, and those given \
                        with --witness, such as --witness 'w.example+1a2b3c4d+BA… \
                        https://w.example'. All are asked at once. Exit code 0 if the quorum of \
                        the trust file cosigned, or, without one, all; 3 if a witness saw another \
                        history; 4 if too few answered.")]
pub(in crate::cli) struct CollectArgs {
    /// A witness: its key and its URL, separated by a space; may be given several times
    #[arg(long, value_name = "VKEY URL")]
    witness: Vec<Asked>,
    /// Whom you trust, with the URLs of the witnesses
    #[arg(long, value_name = "FILE", required_unless_present = "witness")]
    trust: Option<PathBuf>,
    /// How long to wait for a witness, in seconds
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
}

/// A witness to ask.
#[derive(Clone, Debug)]
struct Asked {
    key: WitnessVerifier,
    url: String,
}

impl FromStr for Asked {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (key, url) =
            text.split_once(' ').ok_or("write the key, a space and the URL of the witness")?;
        let key = key.parse().map_err(|error| format!("{error}"))?;
        Ok(Self { key, url: url.trim().to_owned() })
    }
}

/// What came of asking a witness.
enum Outcome {
    Lines(String),
    /// It says that it saw something else.
    Conflict(String),
    Refused(String),
    Unreachable(String),
}

/// What one exchange with a witness gave.
enum Answer {
    Done(Outcome),
    /// Its last size.
    Size(u64),
}

async fn ask(client: &reqwest::Client, url: &str, body: String) -> Answer {
    let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
    let unreachable = |error: reqwest::Error| {
        // The innermost cause says most.
        let mut cause: &dyn std::error::Error = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Answer::Done(Outcome::Unreachable(cause.to_string()))
    };
    let mut answer = match client.post(url).body(body).send().await {
        Ok(answer) => answer,
        Err(error) => return unreachable(error),
    };
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
    let mut bytes = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if bytes.len().saturating_add(chunk.len()) <= LONGEST_ANSWER => {
                bytes.extend_from_slice(&chunk);
            }
            Ok(None) => break,
            Ok(Some(_)) => return Answer::Done(Outcome::Refused("its answer is too long".into())),
            Err(error) => return unreachable(error),
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let size = kind.is_some_and(|kind| kind == "text/x.tlog.size");
    let told = || format!("{status}: {}", text.trim_end().chars().take(300).collect::<String>());
    match status {
        StatusCode::OK => Answer::Done(Outcome::Lines(text)),
        StatusCode::CONFLICT if size => match text.trim_end().parse() {
            Ok(size) => Answer::Size(size),
            Err(_) => Answer::Done(Outcome::Refused(told())),
        },
        StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => {
            Answer::Done(Outcome::Conflict(told()))
        }
        _ => Answer::Done(Outcome::Refused(told())),
    }
}

pub(super) fn collect(
    global: &Global,
    args: &CollectArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    if global.dry_run {
        return Err(Failure::usage("witnesses cannot be asked with --dry-run"));
    }
    let trusted = args.trust.as_deref().map(trust).transpose()?;
    let mut asked = args.witness.clone();
    for witness in trusted.iter().flat_map(|trust| trust.witnesses()) {
        let url = witness.url.clone().filter(|_| !asked.iter().any(|one| one.key == witness.key));
        asked.extend(url.map(|url| Asked { key: witness.key.clone(), url }));
    }
    let opened = open(global)?;
    opened.cosigned.know(&asked.iter().map(|one| one.key.clone()).collect::<Vec<_>>())?;
    opened.cosigned.show(&opened.note)?;
    let mut outcomes = Vec::new();
    let mut tiles = LogTiles::new();
    let mut waiting: Vec<(Asked, u64)> = Vec::new();
    for one in asked {
        let old = last_size(&opened.cosigned, &one.key, output)?;
        waiting.push((one, old));
    }
    for round in 0..TRIES {
        let mut requests = Vec::new();
        for (one, old) in std::mem::take(&mut waiting) {
            let body = request_from(&mut tiles, opened.store.as_ref(), &opened.note, old);
            match body {
                Ok(body) => requests.push((one, old, body.to_string())),
                Err(failure) => outcomes.push((one, Outcome::Conflict(failure.to_string()))),
            }
        }
        for (one, old, answer) in exchange(args.timeout, requests)? {
            match answer {
                Answer::Done(outcome) => outcomes.push((one, outcome)),
                Answer::Size(size) if size != old && round.saturating_add(1) < TRIES => {
                    waiting.push((one, size));
                }
                Answer::Size(size) => {
                    let told = format!("it insists that it cosigned {size} entries last");
                    outcomes.push((one, Outcome::Refused(told)));
                }
            }
        }
    }
    report(&opened, trusted.as_ref(), outcomes, output)
}

/// Asks all at once; a witness that does not answer holds up nobody but itself.
fn exchange(
    seconds: u64,
    requests: Vec<(Asked, u64, String)>,
) -> Result<Vec<(Asked, u64, Answer)>, Failure> {
    choose_cryptography();
    let failed = |error: &dyn ToString| Failure::unavailable(error.to_string());
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(seconds))
        .build()
        .map_err(|error| failed(&error))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let asking = requests.into_iter().map(|(one, old, body)| {
        let client = client.clone();
        async move {
            let answer = ask(&client, &one.url, body).await;
            (one, old, answer)
        }
    });
    let runtime = runtime.map_err(|error| failed(&error))?;
    Ok(runtime.block_on(futures_util::future::join_all(asking)))
}

fn report(
    opened: &Opened,
    trust: Option<&countersign_proof::trust::Trust>,
    outcomes: Vec<(Asked, Outcome)>,
    output: &mut Output,
) -> Result<(), Failure> {
    let (mut told, mut conflict, mut missing) = (Vec::new(), false, 0_usize);
    for (one, outcome) in outcomes {
        let (word, words) = match outcome {
            Outcome::Lines(lines) => match opened.cosigned.accept(&lines) {
                Ok((size, _)) => ("cosigned", format!("{size} entries")),
                Err(error) => ("answered nonsense", error.to_string()),
            },
            Outcome::Conflict(words) => ("saw another history", words),
            Outcome::Refused(words) => ("refused", words),
            Outcome::Unreachable(words) => ("did not answer", words),
        };
        conflict |= word == "saw another history";
        missing = missing.saturating_add(usize::from(word != "cosigned"));
        output.line(&format!("{} {word}: {words}", name(&one.key)));
        told.push(json!({ "witness": name(&one.key), "outcome": word, "detail": words }));
    }
    let found = opened.cosigned.checkpoints(&mut |_| ())?;
    let shown = SignedNote::parse(opened.note.as_bytes());
    let shown = shown.map_err(|error| Failure::Integrity(error.to_string()))?;
    let note = found.into_iter().find(|found| found.note.text() == shown.text());
    let judged = match (trust, &note) {
        (Some(trust), Some(found)) => {
            trust.judge(&found.note).map(|_| ()).map_err(|e| e.to_string())
        }
        (Some(_), None) => Err("the checkpoint is not kept".to_owned()),
        (None, _) if missing == 0 => Ok(()),
        (None, _) => Err(format!("{missing} of the witnesses did not cosign")),
    };
    output.value(&json!({ "witnesses": told, "enough": judged.is_ok() }));
    match judged {
        _ if conflict => Err(Failure::Integrity(
            "a witness saw another history of this log; compare both checkpoints with `witness \
             compare`"
                .to_owned(),
        )),
        Ok(()) => Ok(()),
        Err(missing) => Err(Failure::unavailable(missing)),
    }
}

//! `ledger copy`.

use super::super::log::progress;
use super::super::output::Output;
use super::super::{Failure, Global};
use crate::copying::{self, CopyError};
use clap::Args;
use countersign_store::Mode;
use serde_json::json;

/// `ledger copy`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  countersign ledger copy D elsewhere\n\nEither place is a \
    folder, or a database such as \
    'postgres://clerk@db.example/records?ledger=main&folder=/srv/countersign'.\n\nNobody can write \
    to FROM meanwhile, and it is not changed. A copy that was cut short goes on where it was. At \
    the end both have the same root, every entry of the copy has been read again, and the keys and \
    cosignatures that lie beside the record lie beside the copy too. From then on write to one of \
    the two only: with the other, the log would have two histories.")]
pub(in crate::cli) struct CopyArgs {
    /// The ledger
    #[arg(value_name = "FROM")]
    from: String,
    /// Where the copy goes: a place where there is nothing, or a copy that was cut short
    #[arg(value_name = "TO")]
    to: String,
}

impl From<CopyError> for Failure {
    fn from(error: CopyError) -> Self {
        let message = error.to_string();
        match error {
            CopyError::Open(error) => error.into(),
            CopyError::Another { .. } => {
                Self::Refused { code: "ledger/another-record".to_owned(), message }
            }
            CopyError::Same => Self::usage(message),
            CopyError::Differs(_) => Self::Integrity(message),
            CopyError::File { .. } => Self::unavailable(message),
        }
    }
}

pub(super) fn copy(global: &Global, args: &CopyArgs, output: &mut Output) -> Result<(), Failure> {
    if global.dry_run {
        let head = countersign_store::open(&args.from, Mode::Read)?.head()?;
        output.value(
            &json!({ "dry_run": true, "entries": head.size, "root": head.root.to_string() }),
        );
        output.only_would();
        output.line(&format!("{} entries would be copied.", head.size));
        return Ok(());
    }
    let bar = progress(output, "{bar:40} {pos}/{len} entries {eta}");
    let copied = copying::copy(&args.from, &args.to, &mut |at, of| {
        bar.set_length(of);
        bar.set_position(at);
    });
    bar.finish_and_clear();
    let copied = copied?;
    output.value(&json!({
        "entries": copied.entries, "before": copied.before, "root": copied.root.to_string(),
        "beside": copied.beside,
    }));
    output.line(&format!("Copied {} entries; both have the root {}.", copied.entries, copied.root));
    if copied.before > 0 {
        output.line(&format!("{} of them were there already.", copied.before));
    }
    if !copied.beside.is_empty() {
        output.line(&format!("Carried beside it: {}.", copied.beside.join(", ")));
    }
    output.line("From now on write to one of the two only, and put the other away.");
    Ok(())
}

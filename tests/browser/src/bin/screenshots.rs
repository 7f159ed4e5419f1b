//! `screenshots DIR`: the pages of the exercise as pictures, `NAME-1280.png`, `NAME-1280-dark.png`
//! and `NAME-390.png`. It is what `cargo xtask screenshots` runs.

use countersign_browser::chromium::{Chromium, Scheme, View};
use countersign_browser::fault::Fault;
use countersign_browser::pages::{PAGES, Sight, Viewers};
use countersign_browser::served::Served;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [dir] = arguments.as_slice() else {
        let _ = writeln!(std::io::stderr(), "screenshots DIR");
        return ExitCode::from(2);
    };
    match photograph(dir).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let _ = writeln!(std::io::stderr(), "{fault}");
            ExitCode::FAILURE
        }
    }
}

async fn photograph(dir: &Path) -> Result<(), Fault> {
    let io = |error: std::io::Error| Fault::new(format!("{}: {error}", dir.display()));
    std::fs::create_dir_all(dir).map_err(io)?;
    let exercise = tempfile::tempdir().map_err(io)?;
    let served = Served::exercise(exercise.path())?;
    let chromium = Chromium::launch().await?;
    let mut viewers = Viewers::of(&chromium, &served).await?;
    for view in [View::DESK, View::NIGHT, View::PHONE] {
        for sight in PAGES {
            let file = dir.join(file_name(sight, view));
            viewers.see(sight, view).await?.screenshot(&file).await?;
            let _ = writeln!(std::io::stdout(), "{}", file.display());
        }
    }
    chromium.close().await?;
    served.stop()
}

fn file_name(sight: &Sight, view: View) -> String {
    let dark = match view.scheme {
        Scheme::Light => "",
        Scheme::Dark => "-dark",
    };
    format!("{}-{}{dark}.png", sight.name, view.width)
}

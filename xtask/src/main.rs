//! The door: reads the command line and hands over.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use xtask::{bench, package, say, screenshots, simulate, test, tidy, under_ci, workspace_root};

const USAGE: &str = "\
cargo xtask COMMAND

  test [--skip-lint] [FILTER…]   tools, format, clippy, tidy, tests, doc-tests
  tidy [--root DIR] [--rules]    the house rules; --rules prints them with their reasons
  bench [--quick] [--json FILE] [-- ARGUMENT…]
                                 the benchmarks; figures go to target/bench.json
  screenshots DIR                the pages of the exercise as pictures, in a real browser
  simulate [--seed N] [--hours H] [--planted BUG] [--loses]
                                 three nodes through everything that can go wrong, repeatable by
                                 its seed; simulate --help says more
  package                        a Debian package, in target/debian; cargo-deb packs it

Exit codes: 0 done, 1 something failed, 2 usage, 4 not there yet.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match command(&arguments) {
        Ok(code) => code,
        Err(usage) => {
            say::error(format_args!("{usage}\n\n{USAGE}"));
            ExitCode::from(2)
        }
    }
}

fn command(arguments: &[String]) -> Result<ExitCode, String> {
    let here = std::env::current_dir().map_err(|error| format!("no current folder: {error}"))?;
    let Some((name, rest)) = arguments.split_first() else {
        return Err("a command is missing".to_owned());
    };
    match name.as_str() {
        "test" => Ok(test::run(&root(&here)?, &test::Wish::parse(rest, under_ci())?)),
        "tidy" => tidy_command(rest, &here),
        "bench" => {
            let root = root(&here)?;
            Ok(bench::run(&root, &bench::Wish::parse(rest, &root, &here)?))
        }
        "screenshots" => Ok(screenshots::run(&root(&here)?, &screenshots::parse(rest, &here)?)),
        "package" if rest.is_empty() => Ok(package::run(&root(&here)?)),
        "package" => Err("package takes no arguments".to_owned()),
        "simulate" => match simulate::parse(rest) {
            Ok(rest) => Ok(simulate::run(&root(&here)?, rest)),
            Err(help) => {
                say::line(help);
                Ok(ExitCode::SUCCESS)
            }
        },
        "help" | "--help" | "-h" => {
            say::line(USAGE);
            Ok(ExitCode::SUCCESS)
        }
        other => Err(format!("unknown command {other}")),
    }
}

fn tidy_command(arguments: &[String], here: &Path) -> Result<ExitCode, String> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(tidy::run(&root(here)?)),
        ["--rules"] => {
            say::line(tidy::rule_list());
            Ok(ExitCode::SUCCESS)
        }
        ["--root", dir] => Ok(tidy::run(&here.join(dir))),
        _ => Err("tidy takes --root DIR or --rules".to_owned()),
    }
}

fn root(here: &Path) -> Result<PathBuf, String> {
    workspace_root(here).ok_or_else(|| format!("no workspace at or above {}", here.display()))
}

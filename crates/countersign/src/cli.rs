//! The command line: one of the doors. Answers: *how does a person at a terminal use the ledger?*
//!
//! Noun, then verb. Every command gathers what it needs, hands it to the writer or reads the state,
//! and prints either words for a person or JSON (`--json`).

mod dependence;
mod depot;
mod desk;
mod evidence;
mod failure;
mod history;
mod holds;
mod known;
mod ledger;
mod log;
mod node;
mod notices;
mod output;
mod pack;
mod people;
mod policy;
mod releases;
mod requests;
mod reroute;
pub(crate) mod serve;
mod signing;
mod statement;
mod stock;
mod table;
mod triage;
mod witness;

pub use failure::Failure;
pub(crate) use log::tell as tell_verified;
pub(crate) use output::Output;
pub(crate) use pack::faulty as faulty_pack;
pub(crate) use policy::{SolvingArgs, proved};
pub(crate) use stock::account_state;

use crate::demo;
use clap::{Args, CommandFactory, Parser, Subcommand};
use countersign_proof::words::{CommandId, Date, Moment, PersonId, Quantity, WordError};

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Keeps the release of scarce, controlled stock behind the personal authorisation of named
/// officials, and makes every decision provable.
#[derive(Debug, Parser)]
#[command(
    name = "countersign",
    version,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done; 1 refused by a rule (the code and what is missing are \
                  printed); 2 usage, or a file that is not in its form; 3 integrity failure; 4 \
                  unavailable.\n\n\
                  Examples:\n  \
                  countersign demo --no-serve --dir D\n  \
                  countersign --ledger D request list\n  \
                  countersign --ledger D policy explain --act use --holder UA \
                  --item ATACMS \\\n    \
                  --quantity 2 --zone RU.Kursk\n  \
                  countersign --ledger D log verify"
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    noun: Noun,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The ledger: a folder, or postgres://USER@HOST/DATABASE?ledger=NAME&folder=DIR
    #[arg(
        long,
        global = true,
        env = "COUNTERSIGN_LEDGER",
        hide_env_values = true,
        value_name = "URL|DIR"
    )]
    ledger: Option<String>,
    /// Print JSON instead of words
    #[arg(long, global = true)]
    json: bool,
    /// Who you are: a person id
    // The id is not that of the field: `people register --person` would be taken for it.
    #[arg(
        id = "as",
        long = "as",
        global = true,
        env = "COUNTERSIGN_AS",
        hide_env_values = true,
        value_name = "PERSON"
    )]
    person: Option<PersonId>,
    /// Your key: an OpenSSH private key file, or the .pub of a key in an agent or FIDO device
    #[arg(
        long,
        global = true,
        env = "COUNTERSIGN_KEY",
        hide_env_values = true,
        value_name = "FILE"
    )]
    key: Option<PathBuf>,
    /// Show what would come of it, and change nothing
    #[arg(long, global = true)]
    dry_run: bool,
    /// The id of this command, 32 hexadecimal digits: sent again, it gets the same answer
    #[arg(long, global = true, value_name = "ID")]
    command_id: Option<CommandId>,
    /// The moment it is, in an exercise, such as 2025-06-01T09:00:00Z; time stands still there, if
    /// not given
    #[arg(long, value_parser = moment, global = true, value_name = "MOMENT")]
    clock: Option<Moment>,
}

#[derive(Debug, Subcommand)]
enum Noun {
    /// Run the exercise of the long-range pack from beginning to end
    Demo(demo::DemoArgs),
    /// Found a ledger from a pack
    Init(ledger::InitArgs),
    /// A ledger as a whole
    #[command(subcommand)]
    Ledger(ledger::Verb),
    /// Check a pack
    #[command(subcommand)]
    Pack(pack::Verb),
    /// People, offices and keys
    #[command(subcommand)]
    People(people::Verb),
    /// Policy versions, and what they demand
    #[command(subcommand)]
    Policy(policy::Verb),
    /// Requests
    #[command(subcommand)]
    Request(requests::Verb),
    /// Advise on a request
    Advise(requests::AdviseArgs),
    /// Decide on a request, signing here or with a signature made elsewhere
    Decide(requests::DecideArgs),
    /// Step back from a request: neither see it nor sign on it
    Recuse(requests::RecuseArgs),
    /// Releases
    #[command(subcommand)]
    Release(releases::Verb),
    /// A depot without a network: hand out against certificates, and keep the book
    #[command(subcommand)]
    Depot(Box<depot::Verb>),
    /// Uses
    #[command(subcommand)]
    Use(releases::UseVerb),
    /// Holds: signed suspensions of everything within a scope
    #[command(subcommand)]
    Hold(holds::Verb),
    /// Stock
    #[command(subcommand)]
    Stock(stock::Verb),
    /// Triage: how short each item is, and why
    #[command(subcommand)]
    Triage(triage::Verb),
    /// Re-routing: which promised units go to own stock when that falls short
    #[command(subcommand)]
    Reroute(reroute::Verb),
    /// Foreign histories: audit one against policy, or take one in as evidence
    #[command(subcommand)]
    History(history::Verb),
    /// Show what each holder can use without whose consent, and who can lock it
    Dependence(dependence::DependenceArgs),
    /// Evidence that others can check without the ledger
    #[command(subcommand)]
    Evidence(evidence::Verb),
    /// The exact texts that people sign
    #[command(subcommand)]
    Statement(statement::Verb),
    /// The record
    #[command(subcommand)]
    Log(log::Verb),
    /// A witness: seeing that the logs of others only grow
    #[command(subcommand)]
    Witness(witness::Verb),
    /// Serve the web pages and the API of a ledger
    Serve(serve::ServeArgs),
    /// Nodes: the processes that serve a ledger, of which one writes
    #[command(subcommand)]
    Node(node::Verb),
    /// Notices: who is told of what happens, and what could not be told
    #[command(subcommand)]
    Notices(notices::Verb),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one page for each command into a folder
    Man {
        /// The folder
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// Runs the command line and gives the exit code.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let mut output = Output::new(cli.global.json);
    match dispatch(&cli, &mut output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Help and version go as they are; a mistake is told as JSON where JSON is wanted.
fn usage(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|argument| argument == "--json");
    if json && error.use_stderr() {
        Output::new(true).failure(&Failure::usage(error.to_string().trim_end()));
    } else {
        // Nobody is left to tell if this cannot be printed.
        let _ = error.print();
    }
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

/// A moment, or a date, which means its first moment.
pub(crate) fn moment(text: &str) -> Result<Moment, WordError> {
    let date = text.parse::<Date>().map(Date::start);
    let wanted = "a date such as 2025-06-01, nor a moment in UTC such as 2025-06-01T12:00:00Z";
    date.or_else(|_| text.parse()).map_err(|_| WordError::new(text, wanted))
}

/// A number of units, at least 1.
fn units(text: &str) -> Result<Quantity, WordError> {
    let units = text.parse().ok().filter(|units: &Quantity| !units.is_zero());
    units.ok_or_else(|| WordError::new(text, "a number of units, 1 to 10^12"))
}

/// A number of months to look ahead.
fn months(text: &str) -> Result<u16, WordError> {
    let months = text.parse().ok().filter(|months| (1..=60).contains(months));
    months.ok_or_else(|| WordError::new(text, "a number of months, 1 to 60"))
}

fn dispatch(cli: &Cli, output: &mut Output) -> Result<(), Failure> {
    let global = &cli.global;
    match &cli.noun {
        Noun::Demo(args) => demo::run(args, global.ledger.as_deref(), output),
        Noun::Init(args) => ledger::init(global, args, output),
        Noun::Ledger(verb) => ledger::run(global, verb, output),
        Noun::Pack(verb) => pack::run(verb, output),
        Noun::People(verb) => people::run(global, verb, output),
        Noun::Policy(verb) => policy::run(global, verb, output),
        Noun::Request(verb) => requests::run(global, verb, output),
        Noun::Advise(args) => requests::advise(global, args, output),
        Noun::Decide(args) => requests::decide(global, args, output),
        Noun::Recuse(args) => requests::recuse(global, args, output),
        Noun::Release(verb) => releases::run(global, verb, output),
        Noun::Depot(verb) => depot::run(global, verb, output),
        Noun::Use(verb) => releases::report(global, verb, output),
        Noun::Hold(verb) => holds::run(global, verb, output),
        Noun::Stock(verb) => stock::run(global, verb, output),
        Noun::Triage(verb) => triage::run(global, verb, output),
        Noun::Reroute(verb) => reroute::run(global, verb, output),
        Noun::History(verb) => history::run(global, verb, output),
        Noun::Dependence(args) => dependence::run(global, args, output),
        Noun::Evidence(verb) => evidence::run(global, verb, output),
        Noun::Statement(verb) => statement::run(global, verb, output),
        Noun::Log(verb) => log::run(global, verb, output),
        Noun::Witness(verb) => witness::run(global, verb, output),
        Noun::Serve(args) => serve::serve(global, args, output),
        Noun::Node(verb) => node::run(global, verb, output),
        Noun::Notices(verb) => notices::run(global, verb, output),
        Noun::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "countersign", &mut script);
            output.raw(&script)
        }
        Noun::Man { out } => manual(out.as_deref(), output),
    }
}

fn manual(out: Option<&std::path::Path>, output: &mut Output) -> Result<(), Failure> {
    let io = |error: std::io::Error| Failure::unavailable(format!("the manual: {error}"));
    match out {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(io)?;
            clap_mangen::generate_to(Cli::command(), folder).map_err(io)?;
            output.line(&format!("The manual pages are in {}.", folder.display()));
            Ok(())
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(io)?;
            page.flush().map_err(io)?;
            output.raw(&page)
        }
    }
}

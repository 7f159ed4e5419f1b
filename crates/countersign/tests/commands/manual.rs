//! The manual: what `--help` says of every command, and whether its examples work.

use super::stage::{Ledger, run};
use clap::CommandFactory as _;
use countersign::cli::Cli;
use std::collections::BTreeSet;

/// The heading over what all commands have.
const EVERYWHERE: &str = "Options of every command:";

/// A command, as the command line declares it.
pub struct Described {
    pub words: Vec<String>,
    pub is_leaf: bool,
    /// The options that only it has.
    pub own: BTreeSet<String>,
    /// The options that all commands have.
    pub global: BTreeSet<String>,
    examples: String,
}

/// The program itself and every command, each before those under it.
pub fn commands() -> Vec<Described> {
    let mut found = Vec::new();
    describe(&Cli::command(), &[], &mut found);
    found
}

fn describe(command: &clap::Command, words: &[String], found: &mut Vec<Described>) {
    let ids = |global: bool| {
        let wanted = command.get_arguments().filter(|arg| arg.is_global_set() == global);
        wanted.map(|arg| arg.get_id().to_string()).collect()
    };
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    found.push(Described {
        words: words.to_vec(),
        is_leaf: !command.has_subcommands(),
        own: ids(false),
        global: ids(true),
        examples: after,
    });
    for under in command.get_subcommands() {
        describe(under, &[words, &[under.get_name().to_owned()]].concat(), found);
    }
}

/// What every `--help` prints, one after another.
pub fn text() -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for command in commands() {
        let mut args: Vec<&str> = command.words.iter().map(String::as_str).collect();
        args.push("--help");
        let told = run(folder.path(), &args).good();
        assert_eq!(told.stderr, "", "{args:?}");
        let title = ["countersign"].iter().chain(&args[..args.len() - 1]).copied();
        let title = title.collect::<Vec<_>>().join(" ");
        // What all commands have is shown once, with the program itself.
        let global = told.stdout.find(EVERYWHERE).filter(|_| !command.words.is_empty());
        let (own, after) = match global {
            Some(at) => {
                let rest = &told.stdout[at..];
                (&told.stdout[..at], &rest[rest.find("\n\n").unwrap_or(rest.len() - 1) + 1..])
            }
            None => (told.stdout.as_str(), ""),
        };
        let after = after.trim_end();
        let text_of = format!("{}\n{after}", own.trim_end());
        text.push_str(&format!("## {title}\n\n```text\n{}\n```\n\n", text_of.trim_end()));
    }
    text.trim_end().to_owned() + "\n"
}

/// The commands in the examples of a help text, each on one line.
fn examples(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim);
    let wanted = |line: &&str| line.starts_with("countersign ") || line.starts_with("ssh-keygen ");
    lines.filter(wanted).map(str::to_owned).collect()
}

/// Writes the history and the mapping that the examples name.
const A_HISTORY: &str = r#"printf 'case,day,who\n1,2025-06-02,dirk\n' > list.csv
printf 'name = "A list"\ncase = "case"\n[time]\nformats = ["YYYY-MM-DD"]\n' > mapping.toml
printf '[matter]\nact = "use"\nholder = "UA"\nitem = "ATACMS"\nzone = "UA"\n' >> mapping.toml
printf '[[fact]]\nkind = "acted"\nat = "day"\nby = "who"\n' >> mapping.toml"#;

/// Writes the file that the examples name, and the secret that it names.
const ENDPOINTS: &str = r#"echo whsec_dGhpcnR5LXR3byBieXRlcywgYXMgcmVjb21tZW5kZWQ= > hook.key
printf '[[webhook]]\nname = "case-files"\nurl = "https://hooks.example/x"\n' > notices.toml
printf 'secret_file = "hook.key"\nevents = ["*"]\n' >> notices.toml"#;

/// Tries the examples of a command on a copy of the exercise; gives how many there were.
pub fn try_examples(command: &Described) -> usize {
    // The founding of a programme of one's own is in its script, with the pack that it needs; a
    // server goes on until it is told to stop, and tests/doors.rs starts it and stops it.
    let apart = [&["init"][..], &["serve"], &["witness", "serve"]];
    if apart.iter().any(|words| command.words == *words) {
        return 0;
    }
    let examples = examples(&command.examples);
    let mut ledger = Ledger::new();
    if command.words.first().is_some_and(|noun| noun == "history") {
        ledger.shell(A_HISTORY).good();
    }
    if command.words.first().is_some_and(|noun| noun == "notices") {
        ledger.shell(ENDPOINTS).good();
    }
    let mut submitted = false;
    for example in &examples {
        // Two ways to decide on the same request: each begins anew.
        let again = example.contains("decide REQ-12") && example.contains("--as");
        if example.contains("REQ-12") && (!submitted || again) {
            ledger = Ledger::new();
            let request = commands().into_iter().find(|c| c.words == ["request", "submit"]);
            let told = ledger.shell(&self::examples(&request.unwrap().examples)[0]).good();
            assert!(told.stdout.contains("REQ-12"), "{told:?}");
            submitted = !again;
        }
        let example = example.replace("3f9a01c2", &ledger.a_decision_of("P-2H6N"));
        let example = example.replace("demo --no-serve --dir D", "demo --no-serve --dir D2");
        let told = ledger.shell(&example);
        assert_eq!(told.code, 0, "{:?}: {example}: {told:?}", command.words);
    }
    examples.len()
}

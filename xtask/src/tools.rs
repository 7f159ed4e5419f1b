//! What the tests need besides Rust, and how it gets onto a machine.

use crate::say;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program that tests call.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// Its name on `PATH`.
    pub program: &'static str,
    /// Arguments with which it must succeed to count as there; none: that it is on `PATH` will do.
    pub trial: &'static [&'static str],
    /// The Debian package that brings it.
    pub package: &'static str,
    /// What the tests do with it.
    pub purpose: &'static str,
    /// How to get it where this program cannot install it.
    pub remedy: &'static str,
}

impl Tool {
    /// Where it is, if it is there and fit.
    fn found(&self) -> Option<PathBuf> {
        let path = on_path(self.program)?;
        let fit = self.trial.is_empty() || quiet_output(self.program, self.trial).is_some();
        fit.then_some(path)
    }
}

/// Every tool. A test that needs another one adds a line here, never a skip.
pub const TOOLS: &[Tool] = &[
    Tool {
        program: "ssh-keygen",
        trial: &[],
        package: "openssh-client",
        purpose: "makes keys and checks our signatures against stock OpenSSH",
        remedy: "install OpenSSH's client tools (Debian: openssh-client; Fedora: \
                 openssh-clients; macOS has them)",
    },
    Tool {
        program: "openssl",
        trial: &[],
        package: "openssl",
        purpose: "makes the certificates under which the server is tried over TLS",
        remedy: "install OpenSSL's command (Debian: openssl)",
    },
    Tool {
        program: "curl",
        trial: &["--json", "{}", "--version"],
        package: "curl",
        purpose: "runs the examples of docs/api.md",
        remedy: "install curl 7.82 or later",
    },
    Tool {
        program: "jq",
        trial: &[],
        package: "jq",
        purpose: "reads the answers in the examples of docs/api.md",
        remedy: "install jq 1.6 or later",
    },
    Tool {
        program: "unzip",
        trial: &["-v"],
        package: "unzip",
        purpose: "unpacks evidence for the commands of its own README",
        remedy: "install unzip",
    },
    Tool {
        program: "kill",
        trial: &["-l"],
        package: "procps",
        purpose: "stops, pauses and kills servers in the middle of their work",
        remedy: "install the command kill (Debian: procps)",
    },
    Tool {
        program: "cvc5",
        trial: &[],
        package: "cvc5",
        purpose: "proves what a policy version promises",
        remedy: "install cvc5 (Debian and Ubuntu: cvc5; elsewhere from its project's releases)",
    },
    Tool {
        program: "chromium",
        trial: &[],
        package: "chromium",
        purpose: "opens the pages in a real browser, with a virtual authenticator",
        remedy: "install Chromium (Debian: chromium; Ubuntu's snap cannot be driven: take the \
                 package of its project there)",
    },
    Tool {
        program: "npm",
        trial: &[],
        package: "npm",
        purpose: "brings axe-core, which judges the pages for accessibility",
        remedy: "install Node.js with npm (Debian: nodejs and npm)",
    },
    Tool {
        program: "go",
        trial: &["version"],
        package: "golang-go",
        purpose: "compiles a reader of our checkpoints and tiles that is not ours",
        remedy: "install Go 1.19 or later (Debian: golang-go)",
    },
    Tool {
        // The packages are sources, so whether they are there is Go's to say.
        program: "env",
        trial: &[
            "GO111MODULE=off",
            "GOPATH=/usr/share/gocode",
            "go",
            "list",
            "golang.org/x/mod/sumdb/note",
            "golang.org/x/mod/sumdb/tlog",
        ],
        package: "golang-golang-x-mod-dev",
        purpose: "brings the Go packages of the checksum database, which read them",
        remedy: "put golang.org/x/mod under /usr/share/gocode/src (Debian: \
                 golang-golang-x-mod-dev)",
    },
    Tool {
        // Debian keeps the server's programs off `PATH`, one folder for each version.
        program: "sh",
        trial: &["-c", "command -v initdb || ls /usr/lib/postgresql/*/bin/initdb"],
        package: "postgresql",
        purpose: "keeps ledgers on throw-away servers of its own (PostgreSQL)",
        remedy: "install PostgreSQL 14 or later (Debian: postgresql)",
    },
    Tool {
        program: "ip",
        trial: &["-V"],
        package: "iproute2",
        purpose: "pulls the cable of a node (network namespaces)",
        remedy: "install iproute2 (Linux)",
    },
    Tool {
        program: "etcd",
        trial: &["--version"],
        package: "etcd-server",
        purpose: "says which of three PostgreSQL servers leads, where they fail over",
        remedy: "install etcd 3.4 or later (Debian: etcd-server)",
    },
    Tool {
        program: "python3",
        // Debian keeps a part of the module venv in a package of its own.
        trial: &["-c", "import venv, ensurepip"],
        package: "python3-venv",
        purpose: "runs Schemathesis, which holds the API against its description, and Patroni",
        remedy: "install Python 3.11 or later with its module venv (Debian: python3-venv)",
    },
    Tool {
        program: "python3",
        trial: &["-m", "pip", "--version"],
        package: "python3-pip",
        purpose: "brings a reader of our certificates that is not ours (cwt)",
        remedy: "install pip for Python 3 (Debian: python3-pip)",
    },
];

/// Sees to it that every tool is there, installing what is missing.
///
/// # Errors
/// What is missing, why it could not be installed, and the remedy.
pub fn provide(tools: &[Tool]) -> Result<(), String> {
    let mut missing = Vec::new();
    for tool in tools {
        if let Some(path) = tool.found() {
            say::line(format_args!("{}: {}", tool.program, path.display()));
        } else {
            say::line(format_args!("{}: missing or unfit; it {}", tool.program, tool.purpose));
            missing.push(*tool);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let tried = install(&missing);
    let still: Vec<String> = missing
        .iter()
        .filter(|tool| tool.found().is_none())
        .map(|tool| format!("{} is missing: {}", tool.program, tool.remedy))
        .collect();
    match (still.is_empty(), tried) {
        (true, _) => Ok(()),
        (false, Ok(())) => Err(still.join("; ")),
        (false, Err(why)) => Err(format!("{}. Not installed here: {why}", still.join("; "))),
    }
}

/// What is installed of Patroni, from PyPI: Debian 12 has a version that lost what it had
/// acknowledged.
const PATRONI: [&str; 2] = ["patroni[etcd3]==4.1.5", "psycopg2-binary==2.9.11"];

/// Sees to it that Patroni is there, in a Python environment of its own within `target`.
///
/// # Errors
/// Why it could not be installed, and the remedy.
pub fn provide_patroni(root: &Path) -> Result<(), String> {
    let place = root.join("target/tools/patroni");
    let (program, whole) = (place.join("bin/patroni"), place.join(".installed"));
    let wanted = PATRONI.join(" ");
    if std::fs::read_to_string(&whole).is_ok_and(|found| found == wanted) {
        say::line(format_args!("patroni: {}", program.display()));
        return Ok(());
    }
    say::line(format_args!("patroni: missing; it replaces a PostgreSQL server that fails"));
    let remedy = "install Python 3 with venv, and let pip reach PyPI";
    let failed = |why: &dyn std::fmt::Display| format!("Patroni is missing: {why}; {remedy}");
    if place.exists() {
        // An installation that was broken off is not to be trusted.
        std::fs::remove_dir_all(&place).map_err(|error| failed(&error))?;
    }
    // The system's own, where there is one: servers run as somebody who cannot look into /root.
    let python = Path::new("/usr/bin/python3");
    let python = if python.is_file() { python } else { Path::new("python3") };
    let mut make = Command::new(python);
    make.args(["-m", "venv"]).arg(&place);
    let mut fill = Command::new(place.join("bin/python"));
    fill.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PATRONI);
    for command in [&mut make, &mut fill] {
        let status = command.stdin(Stdio::null()).status().map_err(|error| failed(&error))?;
        if !status.success() {
            return Err(failed(&format!("{command:?} ended with {status}")));
        }
    }
    std::fs::write(&whole, wanted).map_err(|error| failed(&error))
}

/// The full path of `program`, where `PATH` has it.
#[must_use]
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file() || file.with_extension("exe").is_file()
}

fn install(missing: &[Tool]) -> Result<(), String> {
    if on_path("apt-get").is_none() {
        return Err("there is no apt-get".to_owned());
    }
    let as_root: &[&str] = if quiet_output("id", &["-u"]).is_some_and(|id| id.trim() == "0") {
        &[]
    } else if quiet_output("sudo", &["-n", "true"]).is_some() {
        &["sudo", "-n"]
    } else {
        return Err("neither root nor sudo without a password".to_owned());
    };
    apt_get(as_root, &["update"])?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(missing.iter().map(|tool| tool.package));
    apt_get(as_root, &arguments)
}

fn apt_get(as_root: &[&str], arguments: &[&str]) -> Result<(), String> {
    let words: Vec<&str> = as_root
        .iter()
        .chain(&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"])
        .chain(arguments)
        .copied()
        .collect();
    let (program, rest) = words.split_first().ok_or("no command")?;
    let line = words.join(" ");
    say::line(format_args!("$ {line}"));
    let status = Command::new(program)
        .args(rest)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("`{line}`: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` ended with {status}")) }
}

/// What a command prints; `None` where it is absent or fails.
fn quiet_output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

//! The demo, played once for all tests, and the real program to look at it with.
//!
//! Every test gets a folder of its own with a copy of the played ledger in `D`, as the examples of
//! the help texts have it: `D/ledger.db`, `D/log.key`, `D/keys/P-…`.

use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;
use tempfile::TempDir;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

/// What a run of the program came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it was not killed"),
            stdout: String::from_utf8(output.stdout).expect("it prints UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("it prints UTF-8"),
        }
    }
}

impl Run {
    /// The JSON that a run with `--json` printed.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same, of a run that must have gone well.
    pub fn good(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// The code of the error that a run with `--json` printed.
    pub fn error_code(&self) -> String {
        let value = self.json();
        assert!(value["error"]["message"].as_str().is_some_and(|words| !words.is_empty()));
        value["error"]["code"].as_str().expect("an error has a code").to_owned()
    }
}

/// A command that sees nothing of the surroundings that could change its words.
pub fn tame(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).env("NO_COLOR", "1").env("COLUMNS", "100");
    for name in ["COUNTERSIGN_LEDGER", "COUNTERSIGN_AS", "COUNTERSIGN_KEY", "SSH_AUTH_SOCK"] {
        command.env_remove(name);
    }
    command
}

/// Runs the program in `folder`.
pub fn run(folder: &Path, args: &[&str]) -> Run {
    tame(PROGRAM, folder).args(args).output().expect("the program starts").into()
}

/// The demo: what it printed, and the files it left.
pub struct Demo {
    pub run: Run,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Demo {
    /// A file that it left, such as `D/log.key`.
    pub fn file(&self, path: &str) -> &[u8] {
        let found = self.files.iter().find(|(name, _)| name == Path::new(path));
        &found.unwrap_or_else(|| panic!("there is no {path}")).1
    }
}

/// Every file but the one that only running processes share.
fn gather(root: &Path, folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for found in fs::read_dir(folder).expect("a folder") {
        let path = found.expect("a file").path();
        if path.is_dir() {
            gather(root, &path, files);
        } else if !path.to_string_lossy().ends_with("-shm") {
            let bytes = fs::read(&path).expect("a file");
            files.push((path.strip_prefix(root).expect("within").to_owned(), bytes));
        }
    }
}

/// The demo with `--json`, played once.
pub fn demo() -> &'static Demo {
    static PLAYED: OnceLock<Demo> = OnceLock::new();
    PLAYED.get_or_init(|| {
        let (folder, run) = played("json", &["--json"]);
        let mut files = Vec::new();
        gather(&folder, &folder.join("D"), &mut files);
        Demo { run, files }
    })
}

/// What the kept run depends on: the program, and whether there is a solver.
fn key() -> String {
    let program = fs::metadata(PROGRAM).expect("the program");
    let made = program.modified().expect("a time").duration_since(SystemTime::UNIX_EPOCH);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let solver = std::env::var_os("CVC5").is_some()
        || std::env::split_paths(&path).any(|folder| folder.join("cvc5").is_file());
    format!("{}-{}-{solver}", made.expect("after 1970").as_nanos(), program.len())
}

/// The folder in which the demo was played with these words, into `D`, and what it printed. It
/// takes long, since a solver proves its policies, and comes out the same each time; so it is done
/// once for all test processes, and kept beside the build for this very program. The folder is
/// shared: copy what is in it.
pub fn played(name: &str, words: &[&str]) -> (PathBuf, Run) {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("played");
    fs::create_dir_all(&kept).expect("a folder");
    let lock = File::create(kept.join("lock")).expect("a lock");
    lock.lock().expect("its turn");
    let key = key();
    let folder = kept.join(format!("{key}-{name}"));
    let told = folder.join("told.json");
    if !told.is_file() {
        // What was played by another program is of no use any more.
        for old in fs::read_dir(&kept).expect("a folder").filter_map(Result::ok) {
            let is_old = !old.file_name().to_string_lossy().starts_with(&key);
            if (is_old || old.path() == folder) && old.path().is_dir() {
                fs::remove_dir_all(old.path()).expect("an old folder");
            }
        }
        fs::create_dir_all(&folder).expect("a folder");
        let run = run(&folder, &[&["demo", "--no-serve", "--dir", "D"], words].concat());
        let text = serde_json::to_string(&(run.code, run.stdout, run.stderr)).expect("JSON");
        // Last, and by one step: it is whole once this is there.
        fs::write(folder.join("told.new"), text).expect("a file");
        fs::rename(folder.join("told.new"), &told).expect("its name");
    }
    let text = fs::read_to_string(&told).expect("what was printed");
    let (code, stdout, stderr) = serde_json::from_str(&text).expect("what was written");
    let run = Run { code, stdout, stderr };
    assert_eq!(run.code, 0, "{run:?}");
    (folder, run)
}

/// A copy of the played ledger, which a test may do with as it likes.
pub struct Ledger {
    folder: TempDir,
}

impl Ledger {
    /// A new copy.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, bytes) in &demo().files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder");
            fs::write(&path, bytes).expect("a file");
            if path.parent().is_some_and(|parent| parent.ends_with("keys")) {
                // OpenSSH uses no key that others can read.
                use std::os::unix::fs::PermissionsExt;
                fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
            }
        }
        Self { folder }
    }

    /// The folder in which commands run: the ledger is `D` in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the ledger is.
    pub fn location(&self) -> String {
        self.folder.path().join("D").display().to_string()
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("D/ledger.db")
    }

    /// Runs the program on it.
    pub fn run(&self, args: &[&str]) -> Run {
        run(self.folder(), &[&["--ledger", "D"], args].concat())
    }

    /// Runs the program on it as a person, at a moment of the exercise.
    pub fn run_as(&self, person: &str, clock: &str, args: &[&str]) -> Run {
        let key = format!("D/keys/{person}");
        self.run(&[&["--as", person, "--key", &key, "--clock", clock], args].concat())
    }

    /// Runs a line of shell: `countersign` is the program, and works on the ledger.
    pub fn shell(&self, line: &str) -> Run {
        let program = Path::new(PROGRAM).parent().expect("it has a folder");
        let path = std::env::var("PATH").unwrap_or_default();
        tame("sh", self.folder())
            .args(["-c", line])
            .env("PATH", format!("{}:{path}", program.display()))
            .env("COUNTERSIGN_LEDGER", "D")
            .output()
            .expect("there is a shell")
            .into()
    }

    /// The first digits of a statement of the record: a decision that was accepted.
    pub fn a_decision_of(&self, person: &str) -> String {
        let list = self.run(&["statement", "list", "--json"]).good().json();
        let wanted = |made: &&Value| {
            made["kind"] == "decision" && made["signer"] == person && made["accepted"] == true
        };
        let found = list.as_array().and_then(|all| all.iter().find(wanted));
        let digest = found.and_then(|made| made["digest"].as_str());
        digest.and_then(|digest| digest.get(..8)).expect("there is one").to_owned()
    }

    /// Size and root of the log, as its checkpoint says.
    pub fn head(&self) -> (u64, String) {
        let value = self.run(&["log", "checkpoint", "--json"]).good().json();
        let root = value["root"].as_str().expect("a root").to_owned();
        (value["size"].as_u64().expect("a size"), root)
    }
}

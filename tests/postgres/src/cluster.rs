//! A PostgreSQL server of its own: in a temporary folder, on a port of its own, gone at the end.
#![allow(clippy::panic, reason = "a test stops where its server fails")]

use std::fs;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The database that tests keep ledgers in, owned by [`USER`].
pub const DATABASE: &str = "ledgers";
/// Who owns it; let in from this machine without a password.
pub const USER: &str = "countersign";
/// Who is let in with a password only.
pub const CLERK: &str = "clerk";
/// The password of [`CLERK`].
pub const PASSWORD: &str = "hunter2:\\and more";

/// How long a server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server.
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
    settings: Vec<String>,
    /// Where else it listens than on this machine's own address.
    also: Option<Ipv4Addr>,
    /// Whether its files lie on a volume of their own.
    volume: bool,
    running: Option<Child>,
}

/// A server with these settings (`name=value`), or `None` where this machine has no PostgreSQL,
/// which is said aloud.
///
/// # Panics
/// Under CI without PostgreSQL, and wherever a server that is there does not start.
#[must_use]
pub fn given(settings: &[&str]) -> Option<Cluster> {
    started(settings, None, None)
}

/// As [`given`], and it listens on one more address, where everybody is let in.
///
/// # Panics
/// As for [`given`].
#[must_use]
pub fn given_at(address: Ipv4Addr) -> Option<Cluster> {
    started(&[], Some(address), None)
}

/// As [`given`], with its files on a volume of so many megabytes, which can be filled. Only the
/// system's administrator can make one.
///
/// # Panics
/// As for [`given`].
#[must_use]
pub fn given_within(megabytes: u32) -> Option<Cluster> {
    started(&[], None, Some(megabytes))
}

fn started(settings: &[&str], also: Option<Ipv4Addr>, within: Option<u32>) -> Option<Cluster> {
    match Cluster::start(given_programs()?, settings, also, within) {
        Ok(cluster) => Some(cluster),
        Err(why) => panic!("PostgreSQL does not start: {why}"),
    }
}

/// Where the server's programs are, or `None` where there are none, which is said aloud.
///
/// # Panics
/// Under CI without PostgreSQL.
pub(crate) fn given_programs() -> Option<PathBuf> {
    const REMEDY: &str = "install PostgreSQL 14 or later (Debian: postgresql)";
    let found = programs();
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "PostgreSQL is missing: {REMEDY}");
        let mut out = io::stderr().lock();
        let _ = writeln!(out, "\n*** NOTHING WAS TRIED: PostgreSQL is missing; {REMEDY} ***\n");
    }
    found
}

/// Where the server's programs are: on `PATH`, or where Debian keeps them, the newest first.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    debian.sort();
    found.extend(debian.into_iter().rev().map(|(_, folder)| folder));
    let holds_all = |folder: &PathBuf| {
        ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file())
    };
    found.into_iter().find(holds_all)
}

impl Cluster {
    fn start(
        programs: PathBuf,
        settings: &[&str],
        also: Option<Ipv4Addr>,
        within: Option<u32>,
    ) -> io::Result<Self> {
        let folder = Self::folder()?;
        let settings = settings.iter().map(ToString::to_string).collect();
        let (port, volume) = (0, within.is_some());
        let mut cluster = Self { folder, programs, port, settings, also, volume, running: None };
        if let Some(megabytes) = within {
            let home = cluster.folder.path().join("server");
            let mut mount = Command::new("mount");
            mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=0755"), "none"]);
            done(mount.arg(&home))?;
            done(Command::new("chown").arg(unprivileged()).arg(&home))?;
        }
        let data = cluster.data();
        let mut make = cluster.program("initdb");
        make.args(["--username=owner", "--auth=trust", "--encoding=UTF8", "--no-locale"]);
        done(make.args(["--no-sync", "--data-checksums"]).arg("-D").arg(&data))?;
        let mut rules = format!(
            "local all,replication all trust\nhost all {CLERK} all scram-sha-256\n\
             host all all 127.0.0.1/32 trust\n"
        );
        if also.is_some() {
            rules.push_str("host all all all trust\n");
        }
        fs::write(data.join("pg_hba.conf"), rules)?;
        cluster.port = free_port()?;
        cluster.run()?;
        let quoted = PASSWORD.replace('\'', "''");
        cluster.sql("postgres", &format!("CREATE ROLE {USER} LOGIN"));
        cluster.sql("postgres", &format!("CREATE ROLE {CLERK} LOGIN PASSWORD '{quoted}'"));
        cluster.sql("postgres", &format!("CREATE DATABASE {DATABASE} OWNER {USER}"));
        cluster.sql(DATABASE, &format!("GRANT CREATE ON DATABASE {DATABASE} TO {CLERK}"));
        Ok(cluster)
    }

    /// The folder of its files.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("server/data")
    }

    /// Changes a setting that the server reads when told to.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn set(&self, name: &str, value: &str) {
        self.sql("postgres", &format!("ALTER SYSTEM SET {name} = '{value}'"));
        self.sql("postgres", "SELECT pg_reload_conf()");
    }

    /// Copies a file into the folder of the server's files, as `name`, for the server alone.
    ///
    /// # Errors
    /// When it cannot be copied or given away.
    pub fn hand_over(&self, file: &Path, name: &str) -> io::Result<()> {
        let there = self.data().join(name);
        fs::copy(file, &there)?;
        fs::set_permissions(&there, fs::Permissions::from_mode(0o600))?;
        if is_root() {
            done(Command::new("chown").arg(unprivileged()).arg(&there))?;
        }
        Ok(())
    }

    /// A folder for the test's own files beside it.
    #[must_use]
    pub fn beside(&self) -> &Path {
        self.folder.path()
    }

    /// Its port, on 127.0.0.1 and on a Unix socket.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The location of the ledger `name` in it.
    #[must_use]
    pub fn location(&self, name: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{DATABASE}?ledger={name}", self.port)
    }

    /// The same for whoever comes to the other address that it listens on.
    #[must_use]
    pub fn location_at(&self, address: Ipv4Addr, name: &str) -> String {
        let port = self.port;
        format!("postgres://{USER}@{address}:{port}/{DATABASE}?ledger={name}&sslmode=disable")
    }

    /// Fills the volume that its files lie on, so that nothing more goes on it; and gives the file
    /// that does so.
    ///
    /// # Errors
    /// When it cannot be filled.
    pub fn fill(&self) -> io::Result<PathBuf> {
        let path = self.folder.path().join("server/filler");
        let mut file = fs::File::create(&path)?;
        let block = [0; 4096];
        while file.write_all(&block).is_ok() {}
        Ok(path)
    }

    /// A standby of it, which follows and can be read; it has its own folder and port.
    ///
    /// # Errors
    /// When it cannot be made or does not start.
    pub fn standby(&self) -> io::Result<Self> {
        let mut standby = self.backup()?;
        standby.write("standby.signal", "")?;
        let primary = format!(
            "primary_conninfo = 'host={} port={} user=owner'\n",
            self.folder.path().join("server").display(),
            self.port
        );
        standby.write("postgresql.auto.conf", &primary)?;
        standby.run()?;
        Ok(standby)
    }

    /// A base backup of it, which can be run as a server of its own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn backup(&self) -> io::Result<Self> {
        let folder = Self::folder()?;
        let (programs, settings) = (self.programs.clone(), self.settings.clone());
        let (port, also, volume) = (free_port()?, None, false);
        let backup = Self { folder, programs, port, settings, also, volume, running: None };
        let mut copy = backup.program("pg_basebackup");
        copy.args(["--checkpoint=fast", "--no-sync", "-U", "owner"]);
        copy.arg("-h").arg(self.folder.path().join("server")).args(["-p", &self.port.to_string()]);
        done(copy.arg("-D").arg(backup.data()))?;
        Ok(backup)
    }

    /// Has a server that was started with `archive_mode=on` archive its log from now on.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn archive(&self) {
        let archive = self.archived();
        self.set("archive_command", &format!("mkdir -p {0} && cp %p {0}/%f", archive.display()));
    }

    fn archived(&self) -> PathBuf {
        self.folder.path().join("server/archive")
    }

    /// Waits until everything up to now is archived.
    ///
    /// # Errors
    /// When that takes too long.
    pub fn close_archive(&self) -> io::Result<()> {
        let last = self.sql("postgres", "SELECT pg_walfile_name(pg_switch_wal())");
        let start = Instant::now();
        while !self.archived().join(&last).is_file() {
            if start.elapsed() > PATIENCE {
                return Err(io::Error::other(format!("{last} is not archived")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Runs a base backup up to a named point in what `from` has archived since; from there on it
    /// is a server that can be written to.
    ///
    /// # Errors
    /// When it does not get there.
    pub fn restore(&mut self, from: &Self, point: &str) -> io::Result<()> {
        self.write("recovery.signal", "")?;
        let until = format!(
            "restore_command = 'cp {}/%f %p'\nrecovery_target_name = '{point}'\n\
             recovery_target_action = 'promote'\narchive_mode = off\n",
            from.archived().display()
        );
        self.write("postgresql.auto.conf", &until)?;
        self.settings.retain(|setting| !setting.starts_with("archive_"));
        self.run()?;
        let start = Instant::now();
        while self.sql("postgres", "SELECT pg_is_in_recovery()") != "f" {
            if start.elapsed() > PATIENCE {
                return Err(io::Error::other("it stays in recovery"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Adds to one of the server's files, for the server alone.
    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let file = self.data().join(name);
        let mut open = fs::File::options().create(true).append(true).open(&file)?;
        open.write_all(text.as_bytes())?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        if is_root() {
            done(Command::new("chown").arg(unprivileged()).arg(&file))?;
        }
        Ok(())
    }

    /// A folder that the server may write into.
    fn folder() -> io::Result<TempDir> {
        let folder = TempDir::with_prefix("countersign-pg-")?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let home = folder.path().join("server");
        fs::create_dir(&home)?;
        if is_root() {
            done(Command::new("chown").arg(unprivileged()).arg(&home))?;
        }
        Ok(folder)
    }

    /// Starts it again after it was stopped or killed.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub fn run(&mut self) -> io::Result<()> {
        let log = fs::File::create(self.folder.path().join("log"))?;
        let (data, home) = (self.data(), self.folder.path().join("server"));
        let port = self.port.to_string();
        let mut server = self.program("postgres");
        server.arg("-D").arg(&data).arg("-k").arg(&home).args(["-p", &port]);
        let also = self.also.map(|address| format!(",{address}")).unwrap_or_default();
        server.args(["-c", &format!("listen_addresses=127.0.0.1{also}")]);
        server.args(["-c", "unix_socket_permissions=0777"]);
        for setting in &self.settings {
            server.args(["-c", setting]);
        }
        let running = server.stdout(log.try_clone()?).stderr(log).stdin(Stdio::null()).spawn()?;
        self.running = Some(running);
        let start = Instant::now();
        while let Err(why) = self.tried("postgres", "SELECT 1") {
            if start.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.folder.path().join("log"))?;
                return Err(io::Error::other(format!("{why}\n{log}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Runs SQL as the superuser and gives what it prints, a line for each row.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn sql(&self, database: &str, text: &str) -> String {
        match self.tried(database, text) {
            Ok(said) => said,
            Err(why) => panic!("{text}: {why}"),
        }
    }

    /// As [`Cluster::sql`], where the server may refuse.
    ///
    /// # Errors
    /// What it says.
    pub fn tried(&self, database: &str, text: &str) -> io::Result<String> {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "owner"]);
        command.arg("-h").arg(self.folder.path().join("server"));
        done(command.args(["-p", &self.port.to_string(), "-d", database, "-c", text]))
    }

    /// Sends a signal, as `kill` names it, to the server and every process of it.
    ///
    /// # Panics
    /// When there is no server.
    pub fn signal(&self, name: &str) {
        let Some(server) = &self.running else { panic!("no server runs") };
        let mut all = vec![server.id()];
        all.extend(children_of(server.id()));
        let all = all.iter().map(ToString::to_string);
        // One that ended in between is none to signal.
        let _ = Command::new("kill").arg(format!("-{name}")).args(all).output();
    }

    /// Kills every process of it at once, as a machine does that fails.
    pub fn kill(&mut self) {
        self.signal("KILL");
        self.reap();
    }

    /// Stops it as an operator does who does not wait for sessions.
    pub fn stop(&mut self) {
        self.signal("CONT");
        if let Some(server) = &self.running {
            let _ = Command::new("kill").args(["-INT", &server.id().to_string()]).status();
        }
        self.reap();
    }

    fn reap(&mut self) -> Option<ExitStatus> {
        let mut server = self.running.take()?;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(Some(ended)) = server.try_wait() {
                return Some(ended);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = server.kill();
        server.wait().ok()
    }

    /// A program of the server, as somebody without privileges, ended with this process.
    fn program(&self, name: &str) -> Command {
        as_unprivileged(&self.programs.join(name))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.signal("CONT");
        }
        if let Some(server) = &self.running {
            let _ = Command::new("kill").args(["-QUIT", &server.id().to_string()]).status();
        }
        self.reap();
        if self.volume {
            let _ =
                Command::new("umount").arg("-l").arg(self.folder.path().join("server")).output();
        }
    }
}

/// A program as somebody without privileges, for servers refuse root.
pub(crate) fn as_unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let user = unprivileged();
    command.args(["--reuid", user, "--regid", user, "--clear-groups", "--"]).arg(program);
    command
}

pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

pub(crate) fn is_root() -> bool {
    done(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Whom a server may run as; it refuses root.
pub(crate) fn unprivileged() -> &'static str {
    if done(Command::new("id").arg("postgres")).is_ok() { "postgres" } else { "nobody" }
}

pub(crate) fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // The fields after the name, which stands in brackets: state, then the parent.
        let after = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        after.split(' ').nth(1).and_then(|field| field.parse().ok()) == Some(parent)
    })
    .collect()
}

/// Runs a command to its end and gives what it printed.
pub(crate) fn done(command: &mut Command) -> io::Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let signal = output.status.signal();
    Err(io::Error::other(format!("{command:?}: {} {signal:?} {said}", output.status)))
}

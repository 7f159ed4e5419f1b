//! Three PostgreSQL servers under Patroni, with an etcd, on this machine: the configuration is that
//! of `deploy/patroni`, and what befalls the nodes is what befalls machines.

use crate::cluster::{
    DATABASE, USER, as_unprivileged, children_of, done, free_port, given_programs, is_root,
    unprivileged,
};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the cluster may take to become what it should.
const PATIENCE: Duration = Duration::from_secs(120);
/// Passwords within a machine's own loopback.
const SECRET: &str = "only-on-this-machine";
/// The configuration that is tried is the one that is given away.
const CONFIGURATION: &str = include_str!("../../../deploy/patroni/patroni.yml");

/// A running cluster.
pub struct Patroni {
    folder: TempDir,
    programs: PathBuf,
    /// The words that start Patroni.
    patroni: Vec<PathBuf>,
    etcd: Option<Child>,
    members: Vec<Member>,
}

/// A node of it.
struct Member {
    name: String,
    port: u16,
    rest: u16,
    home: PathBuf,
    running: Option<Child>,
}

/// A cluster of three, or `None` where this machine has not what it needs, which is said aloud.
///
/// # Panics
/// Under CI where something is missing, and wherever a cluster does not come up.
#[must_use]
#[expect(clippy::panic, reason = "a test stops where its cluster fails")]
pub fn three() -> Option<Patroni> {
    let patroni = std::env::var_os("PATRONI").map_or_else(installed, PathBuf::from);
    let etcd = done(Command::new("etcd").arg("--version")).is_ok();
    if !etcd || !patroni.is_file() {
        let remedy = "`cargo xtask test` installs etcd (Debian: etcd-server) and Patroni 4 (PyPI)";
        assert!(std::env::var_os("CI").is_none(), "etcd or Patroni is missing: {remedy}");
        let mut out = io::stderr().lock();
        let _ =
            writeln!(out, "\n*** NOTHING WAS TRIED: etcd or Patroni is missing; {remedy} ***\n");
        return None;
    }
    let programs = given_programs()?;
    match Patroni::start(programs, patroni) {
        Ok(cluster) => Some(cluster),
        Err(why) => panic!("the cluster does not come up: {why}"),
    }
}

/// Where `cargo xtask test` puts it.
fn installed() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../../target/tools/patroni/bin/patroni")
}

/// The words that start a program of Python for whoever has no privileges: one that is installed
/// in a folder of its own is copied into `folder`, since the one it is in may be out of reach, as
/// everything in root's home is.
fn within_reach(program: &Path, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let name = program.file_name().ok_or(io::ErrorKind::NotFound)?;
    let own = program.parent().and_then(Path::parent);
    match own.filter(|own| is_root() && own.join("pyvenv.cfg").is_file()) {
        None => Ok(vec![program.to_owned()]),
        Some(own) => {
            let there = folder.join("patroni");
            done(Command::new("cp").arg("-R").arg(own).arg(&there))?;
            Ok(vec![there.join("bin/python"), there.join("bin").join(name)])
        }
    }
}

impl Patroni {
    fn start(programs: PathBuf, patroni: PathBuf) -> io::Result<Self> {
        let folder = TempDir::with_prefix("countersign-patroni-")?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let patroni = within_reach(&patroni, folder.path())?;
        let mut cluster = Self { folder, programs, patroni, etcd: None, members: Vec::new() };
        let (clients, peers) = (free_port()?, free_port()?);
        let etcd = cluster.home("etcd")?;
        let mut keeper = as_unprivileged(Path::new("etcd"));
        keeper.arg("--data-dir").arg(etcd.join("data"));
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        keeper.args(["--listen-peer-urls", &url(peers), "--listen-client-urls", &url(clients)]);
        keeper.args(["--advertise-client-urls", &url(clients)]);
        let log = fs::File::create(cluster.folder.path().join("etcd.log"))?;
        keeper.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).current_dir(&etcd);
        cluster.etcd = Some(keeper.spawn()?);
        for number in 1..=3 {
            let name = format!("n{number}");
            let home = cluster.home(&name)?;
            let (port, rest) = (free_port()?, free_port()?);
            let text = [
                ("@NAME@", name.clone()),
                ("@HOST@", "127.0.0.1".to_owned()),
                ("@NETWORK@", "127.0.0.1/32".to_owned()),
                ("@PORT@", port.to_string()),
                ("@REST_PORT@", rest.to_string()),
                ("@ETCD@", format!("127.0.0.1:{clients}")),
                ("@DATA@", home.join("data").display().to_string()),
                ("@HOME@", home.display().to_string()),
                ("@PROGRAMS@", cluster.programs.display().to_string()),
                ("@SUPERUSER_PASSWORD@", SECRET.to_owned()),
                ("@REPLICATION_PASSWORD@", SECRET.to_owned()),
                ("@REWIND_PASSWORD@", SECRET.to_owned()),
            ]
            .iter()
            .fold(CONFIGURATION.to_owned(), |text, (hole, what)| text.replace(hole, what));
            fs::write(home.join("patroni.yml"), text)?;
            cluster.members.push(Member { name, port, rest, home, running: None });
        }
        for number in 0..3 {
            cluster.run(number)?;
        }
        cluster.settled()?;
        cluster.sql(&format!("CREATE ROLE {USER} LOGIN PASSWORD '{SECRET}'"))?;
        cluster.sql(&format!("CREATE DATABASE {DATABASE} OWNER {USER}"))?;
        Ok(cluster)
    }

    /// A folder that an unprivileged program may write into.
    fn home(&self, name: &str) -> io::Result<PathBuf> {
        let home = self.folder.path().join(name);
        fs::create_dir(&home)?;
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700))?;
        if is_root() {
            done(Command::new("chown").arg(unprivileged()).arg(&home))?;
        }
        Ok(home)
    }

    /// How many nodes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// The location of the ledger `name` in it; its password is what [`Patroni::password`] says.
    /// A Patroni before 4 is refused there, unless `PATRONI` names one on purpose.
    #[must_use]
    pub fn location(&self, name: &str) -> String {
        let hosts: Vec<String> =
            self.members.iter().map(|member| format!("127.0.0.1:{}", member.port)).collect();
        let rest: Vec<String> = self.members.iter().map(|member| member.rest.to_string()).collect();
        let (hosts, rest) = (hosts.join(","), rest.join(","));
        let checked = format!("&patroni={rest}");
        // One that a test was given from outside may be the very one that is to be found wanting.
        let checked = if std::env::var_os("PATRONI").is_some() { "" } else { &checked };
        format!("postgres://{USER}@{hosts}/{DATABASE}?ledger={name}{checked}")
    }

    /// What the location's user shows.
    #[must_use]
    pub fn password(&self) -> &'static str {
        SECRET
    }

    /// The name of a node.
    #[must_use]
    pub fn name(&self, node: usize) -> &str {
        self.members.get(node).map_or("", |member| &member.name)
    }

    /// Runs SQL as the superuser on the node that can be written to.
    ///
    /// # Errors
    /// What the server says, or that there is no such node.
    pub fn sql(&self, text: &str) -> io::Result<String> {
        let leader = self.leader().ok_or_else(|| io::Error::other("no node can be written to"))?;
        let member = self.member(leader)?;
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres"]);
        command.arg("-h").arg("127.0.0.1").env("PGPASSWORD", SECRET);
        done(command.args(["-p", &member.port.to_string(), "-d", "postgres", "-c", text]))
    }

    /// The node that can be written to, as Patroni says.
    #[must_use]
    pub fn leader(&self) -> Option<usize> {
        (0..self.size()).find(|node| self.is("/primary", *node))
    }

    /// Waits until one node leads, the others follow, and one of them is synchronous; gives the
    /// leader.
    ///
    /// # Errors
    /// When that does not come about.
    pub fn settled(&self) -> io::Result<usize> {
        let start = Instant::now();
        loop {
            let all = 0..self.size();
            let (leader, sync) =
                (self.leader(), all.clone().filter(|node| self.is("/sync", *node)).count());
            let healthy = all.clone().filter(|node| self.is("/health", *node)).count();
            let following = all.filter(|node| self.is("/replica", *node)).count();
            let others = self.size().saturating_sub(1);
            match leader {
                Some(leader) if sync >= 1 && healthy == self.size() && following == others => {
                    return Ok(leader);
                }
                _ => {}
            }
            if start.elapsed() > PATIENCE {
                return Err(io::Error::other(format!("it does not settle: {}", self.logs())));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn logs(&self) -> String {
        let read = |member: &Member| {
            let log = self.folder.path().join(format!("{}.log", member.name));
            let text = fs::read_to_string(log).unwrap_or_default();
            let lines: Vec<&str> = text.lines().rev().take(12).collect();
            format!("\n{}: {}", member.name, lines.join("\n"))
        };
        self.members.iter().map(read).collect()
    }

    /// Whether a node answers yes to Patroni's question of that path.
    fn is(&self, path: &str, node: usize) -> bool {
        let Ok(member) = self.member(node) else { return false };
        let ask = || -> io::Result<bool> {
            let address = SocketAddr::from(([127, 0, 0, 1], member.rest));
            let patience = Duration::from_millis(500);
            let mut stream = TcpStream::connect_timeout(&address, patience)?;
            stream.set_read_timeout(Some(patience))?;
            stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
            let mut answer = [0; 12];
            stream.read_exact(&mut answer)?;
            Ok(answer.ends_with(b" 200"))
        };
        ask().unwrap_or(false)
    }

    fn member(&self, node: usize) -> io::Result<&Member> {
        self.members.get(node).ok_or_else(|| io::Error::other("there is no such node"))
    }

    /// Starts a node, for the first time or again after it was killed.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(&mut self, node: usize) -> io::Result<()> {
        let member = self.member(node)?;
        let log = self.folder.path().join(format!("{}.log", member.name));
        let log = fs::File::options().create(true).append(true).open(log)?;
        let (program, words) = self.patroni.split_first().ok_or(io::ErrorKind::NotFound)?;
        let mut program = as_unprivileged(program);
        program.args(words).arg(member.home.join("patroni.yml")).current_dir(&member.home);
        program.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let running = program.spawn()?;
        if let Some(member) = self.members.get_mut(node) {
            member.running = Some(running);
        }
        Ok(())
    }

    /// The processes of a node's server.
    fn server(&self, node: usize) -> Vec<u32> {
        let Ok(member) = self.member(node) else { return Vec::new() };
        let file = fs::read_to_string(member.home.join("data/postmaster.pid")).unwrap_or_default();
        let Some(id) = file.lines().next().and_then(|line| line.trim().parse().ok()) else {
            return Vec::new();
        };
        let mut all = vec![id];
        all.extend(children_of(id));
        all
    }

    fn signal(name: &str, ids: &[u32]) {
        let ids = ids.iter().map(ToString::to_string);
        // One that ended in between is none to signal.
        let _ = Command::new("kill").arg(format!("-{name}")).args(ids).output();
    }

    fn all_of(&self, node: usize) -> Vec<u32> {
        let running = self.members.get(node).and_then(|member| member.running.as_ref());
        let mut all: Vec<u32> = running.iter().map(|child| child.id()).collect();
        all.extend(self.server(node));
        all
    }

    /// Kills a node's server, as a fault of it does; Patroni lives on.
    pub fn kill_server(&self, node: usize) {
        Self::signal("KILL", &self.server(node));
    }

    /// Kills everything of a node, as the end of its machine does. It stays down until it is run
    /// again.
    pub fn kill(&mut self, node: usize) {
        Self::signal("KILL", &self.all_of(node));
        if let Some(mut child) = self.members.get_mut(node).and_then(|one| one.running.take()) {
            let _ = child.wait();
        }
    }

    /// Stops every process of a node without ending it, as a machine does that hangs.
    pub fn pause(&self, node: usize) {
        Self::signal("STOP", &self.all_of(node));
    }

    /// Lets a paused node go on.
    pub fn resume(&self, node: usize) {
        Self::signal("CONT", &self.all_of(node));
    }
}

impl Drop for Patroni {
    fn drop(&mut self) {
        for node in 0..self.size() {
            self.kill(node);
        }
        if let Some(mut etcd) = self.etcd.take() {
            let _ = etcd.kill();
            let _ = etcd.wait();
        }
    }
}

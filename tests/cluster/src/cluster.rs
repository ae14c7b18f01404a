//! A throw-away cluster in a folder of its own, reached by a unix socket in that folder and by nothing else.
//!
//! The servers run with `fsync = off`: what a test kills are processes, and the pages they have written stay in the kernel's cache, where
//! the restarted server finds them. A lost flush would show only when the machine itself went down.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use postgres::Config;
use rustix::process::{Pid, Signal, kill_process};

use crate::job::Job;
use crate::program::{make_folder, output, server_program, unprivileged};
use crate::session::{Running, Session};
use crate::tree::Tree;
use crate::until;

/// The time a server may take to accept connections, or to go.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the postmaster is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// SIGINT: the clean way.
    Fast,
    /// SIGKILL for the postmaster alone: its children have to notice.
    KillPostmaster,
    /// SIGKILL for the postmaster and everything it started.
    KillAll,
}

pub struct Cluster {
    folder: PathBuf,
    /// The server's own program and folders, if it has some.
    tree: Option<Tree>,
    postmaster: Option<Child>,
    reaper: Child,
}

impl Cluster {
    /// A new cluster, accepting connections. `settings` are lines for postgresql.conf.
    pub fn start(settings: &[&str]) -> Self {
        Self::make(settings, |_| None, Self::initdb)
    }

    /// The same with a program, libraries and extensions of its own ([`Cluster::tree`]).
    pub fn start_apart(settings: &[&str]) -> Self {
        Self::make(settings, |folder| Some(Tree::copy(folder)), Self::initdb)
    }

    fn initdb(folder: &Path) {
        let mut initdb = server_program("initdb");
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8"]);
        output(initdb.args(["--no-locale", "--no-sync", "--pgdata"]).arg(folder.join("data")));
    }

    /// A hot standby: a copy of this cluster, which has to be stopped. It follows this one when that is started again.
    pub fn standby(&self) -> Self {
        assert!(self.postmaster.is_none(), "only a stopped cluster can be copied");
        let primary = format!("primary_conninfo = 'host={} port=5432 user=postgres'", self.folder.display());
        Self::make(
            &[&primary],
            |_| None,
            |folder| {
                output(unprivileged("cp").arg("-a").arg(self.folder.join("data")).arg(folder));
                output(unprivileged("touch").arg(folder.join("data/standby.signal")));
            },
        )
    }

    fn make(settings: &[&str], tree: impl Fn(&Path) -> Option<Tree>, fill: impl Fn(&Path)) -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(1);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("zdm-cluster-{}-{number}", std::process::id()));
        make_folder(&folder);
        let reaper = reaper(&folder);
        let tree = tree(&folder);
        fill(&folder);

        let mut conf = format!("unix_socket_directories = '{}'\n", folder.display());
        conf.push_str(
            "listen_addresses = ''\nport = 5432\nfsync = off\nshared_buffers = 16MB\nmax_connections = 30\nmax_prepared_transactions = 600\njit = off\n\
             logging_collector = off\nlog_line_prefix = '%m [%p] '\nlog_destination = 'stderr'\nzdm.small_table = 0\n",
        );
        for line in settings {
            writeln!(conf, "{line}").unwrap();
        }
        // auto.conf is read last, and exists already with the right owner.
        std::fs::write(folder.join("data/postgresql.auto.conf"), conf).expect("the data folder is there");

        let mut cluster = Self { folder, tree, postmaster: None, reaper };
        cluster.restart();
        cluster
    }

    /// Starts the stopped server and waits until it accepts connections; the time it took.
    ///
    /// Children of a killed postmaster keep its shared memory until they notice: it is tried again and again until they have gone.
    pub fn restart(&mut self) -> Duration {
        self.restart_with(&[])
    }

    /// The same with arguments for the postmaster.
    pub fn restart_with(&mut self, arguments: &[&str]) -> Duration {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let log = std::fs::File::options().create(true).append(true).open(self.log_file());
            let log = log.expect("the log can be written");
            let mut postgres = self.tree.as_ref().map_or_else(|| server_program("postgres"), Tree::postgres);
            postgres.arg("-D").arg(self.folder.join("data")).args(arguments).stdout(Stdio::null()).stderr(log);
            let mut child = postgres.spawn().expect("postgres can be started");
            loop {
                if child.try_wait().expect("the postmaster is our child").is_some() {
                    break;
                }
                if Session::connect(&self.config("postgres")).is_ok() {
                    self.postmaster = Some(child);
                    return start.elapsed();
                }
                assert!(start.elapsed() < PATIENCE, "no connection after {PATIENCE:?}:\n{}", self.log_tail());
                std::thread::sleep(Duration::from_millis(3));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server does not start:\n{}", self.log_tail());
    }

    /// Runs these lines, a statement each, in single-user mode of the stopped server; what it printed. An error does not end it.
    pub fn single_user(&self, database: &str, lines: &str) -> String {
        assert!(self.postmaster.is_none(), "single-user mode needs the data folder for itself");
        let mut postgres = server_program("postgres");
        postgres.args(["--single", "-D"]).arg(self.folder.join("data")).arg(database);
        postgres.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = postgres.spawn().expect("postgres can be started");
        // Dropped at once: the end of the input ends the server.
        child.stdin.take().unwrap().write_all(lines.as_bytes()).expect("postgres reads its input");
        let done = child.wait_with_output().expect("postgres is our child");
        let printed = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{postgres:?}: {}\n{printed}", done.status);
        printed
    }

    /// Ends the server. The clean way waits until it has gone; after a kill, children may be left.
    pub fn stop(&mut self, how: Stop) {
        let Some(mut postmaster) = self.postmaster.take() else { return };
        let pid = postmaster.id() as i32;
        match how {
            Stop::Fast => self.signal(pid, Signal::INT),
            Stop::KillPostmaster => self.kill(pid),
            Stop::KillAll => {
                // Frozen, the postmaster cannot tell its children anything; dead after them, it leaves no time to notice.
                self.signal(pid, Signal::STOP);
                children(pid).into_iter().for_each(|child| self.kill(child));
                self.kill(pid);
            }
        }
        postmaster.wait().expect("the postmaster is our child");
    }

    /// SIGKILL for one process of this cluster. No error when it has just gone.
    pub fn kill(&self, pid: i32) {
        self.signal(pid, Signal::KILL);
    }

    fn signal(&self, pid: i32, signal: Signal) {
        let pid = Pid::from_raw(pid).expect("a process id");
        match kill_process(pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => panic!("kill {pid:?}: {error}"),
        }
    }

    /// The postmaster's process id: the same as long as the cluster was not restarted from outside.
    pub fn postmaster(&self) -> i32 {
        self.postmaster.as_ref().expect("the server runs").id() as i32
    }

    /// After a crash: waits until connections are accepted again.
    pub fn reconnect(&self, database: &str) -> Session {
        let start = Instant::now();
        loop {
            match Session::connect(&self.config(database)) {
                Ok(session) => return session,
                Err(error) if start.elapsed() > PATIENCE => {
                    panic!("no connection after {PATIENCE:?}: {error}\n{}", self.log_tail())
                }
                Err(_) => std::thread::sleep(Duration::from_millis(3)),
            }
        }
    }

    pub fn connect(&self, database: &str) -> Session {
        self.connect_as(database, "postgres")
    }

    /// A session, or why there is none.
    pub fn try_connect(&self, database: &str) -> Result<Session, postgres::Error> {
        let mut config = self.config(database);
        Session::connect(config.user("postgres"))
    }

    pub fn connect_as(&self, database: &str, user: &str) -> Session {
        let mut config = self.config(database);
        let session = Session::connect(config.user(user));
        session.unwrap_or_else(|e| panic!("connect to {database} as {user}: {e}\n{}", self.log_tail()))
    }

    /// A session with options, as in PGOPTIONS, or why there is none.
    pub fn connect_with(&self, database: &str, user: &str, options: &str) -> Result<Session, postgres::Error> {
        let mut config = self.config(database);
        Session::connect(config.user(user).options(options))
    }

    fn config(&self, database: &str) -> Config {
        let mut config = Config::new();
        config.host_path(&self.folder).port(5432).user("postgres").dbname(database).application_name("zdm test");
        config
    }

    /// A new database that is a copy of another one, which nobody may be using.
    pub fn copy(&self, name: &str, template: &str) -> Database<'_> {
        let mut admin = self.connect("postgres");
        let users = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{template}'");
        until("the template is free", || admin.value::<i64>(&users) == 0);
        admin.run(&format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"));
        Database { cluster: self, name: name.to_owned() }
    }

    /// A new database with the extension; it lives as long as the cluster.
    pub fn database(&self, name: &str) -> Database<'_> {
        self.database_with(name, "")
    }

    /// The same with options of CREATE DATABASE.
    pub fn database_with(&self, name: &str, options: &str) -> Database<'_> {
        self.connect("postgres").run(&format!("CREATE DATABASE {name} {options}"));
        let database = Database { cluster: self, name: name.to_owned() };
        database.connect().run("CREATE EXTENSION pg_zdm");
        database
    }

    /// Where it lives; its user may write there.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the server of [`Cluster::start_apart`] has for itself.
    pub fn tree(&self) -> &Tree {
        self.tree.as_ref().expect("a cluster that was started apart")
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_file()).unwrap_or_default()).into_owned()
    }

    /// The end of the server's log.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("end of the server's log:\n{}", self.log_tail());
        }
        self.stop(Stop::Fast);
        drop(self.reaper.stdin.take());
        let _ = self.reaper.wait();
    }
}

/// One database of a cluster.
pub struct Database<'a> {
    pub cluster: &'a Cluster,
    pub name: String,
}

impl Database<'_> {
    pub fn connect(&self) -> Session {
        self.cluster.connect(&self.name)
    }

    pub fn connect_as(&self, user: &str) -> Session {
        self.cluster.connect_as(&self.name, user)
    }

    /// A job that is in the pause after its first batch.
    pub fn pausing_job(&self, call: &str) -> Running {
        self.pausing_job_of(self.connect(), call)
    }

    /// The same in a session at hand.
    pub fn pausing_job_of(&self, session: Session, call: &str) -> Running {
        let mut other = self.connect();
        let before = Job::newest(&mut other).map_or(0, |job| job.id);
        let job = session.background(call);
        let progress = format!("SELECT count(*) FROM zdm.job WHERE id > {before} AND batches = 1");
        until("the first batch is done", || other.value::<i64>(&progress) == 1);
        job
    }

    /// A client of its own process: psql, which runs these commands one by one.
    pub fn psql(&self, commands: &[&str]) -> Command {
        let mut psql = self.client("psql");
        psql.arg("--no-psqlrc");
        for command in commands {
            psql.arg("--command").arg(command);
        }
        psql
    }

    /// A client program of the server that is told where the database is.
    pub fn client(&self, program: &str) -> Command {
        let mut client = server_program(program);
        client.args(["--username=postgres", "--port=5432"]).arg("--host").arg(&self.cluster.folder).arg(format!("--dbname={}", self.name));
        client
    }

    /// A script of pgbench, run once by one client in the extended protocol.
    pub fn pgbench(&self, script: &str) -> Output {
        let file = self.cluster.folder.join("pgbench.sql");
        std::fs::write(&file, script).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let mut pgbench = server_program("pgbench");
        pgbench.args(["--no-vacuum", "--protocol=extended", "--transactions=1", "--username=postgres", "--port=5432"]);
        pgbench.arg("--host").arg(&self.cluster.folder).arg("--file").arg(&file).arg(&self.name);
        pgbench.output().unwrap_or_else(|e| panic!("{pgbench:?}: {e}"))
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("end of the server's log:\n{}", self.cluster.log_tail());
        }
    }
}

/// A process that stops the server and removes its folder when ours has gone, in whatever way: its input ends then.
fn reaper(folder: &Path) -> Child {
    let script = r#"trap '' INT TERM HUP; cat >/dev/null
        pid=$(head -n 1 "$0/data/postmaster.pid" 2>/dev/null)
        if [ -n "$pid" ]; then
            kill -QUIT "$pid" 2>/dev/null
            for i in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        fi
        rm -rf "$0""#;
    let mut sh = Command::new("sh");
    sh.arg("-c").arg(script).arg(folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    sh.spawn().expect("sh can be started")
}

/// The processes whose parent is `pid`.
fn children(pid: i32) -> Vec<i32> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("/proc is there").flatten() {
        let Ok(child) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // pid (name) state parent ...
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
        if parent == Some(pid.to_string().as_str()) {
            children.push(child);
        }
    }
    children
}

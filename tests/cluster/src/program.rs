//! Running the server's programs as a user who may: PostgreSQL refuses to run as root, so root hands over to `postgres` (or `nobody`).

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// The folder of the server's programs.
pub fn bindir() -> &'static Path {
    static BINDIR: OnceLock<PathBuf> = OnceLock::new();
    BINDIR.get_or_init(|| configured("bindir"))
}

/// A folder of the server's, from `PG_CONFIG` (or the `pg_config` on the PATH).
pub fn configured(folder: &str) -> PathBuf {
    let pg_config = std::env::var("PG_CONFIG").unwrap_or_else(|_| "pg_config".into());
    PathBuf::from(output(Command::new(&pg_config).arg(format!("--{folder}"))))
}

/// Whether the server has this file among its libraries.
pub fn installed_library(file: &str) -> bool {
    configured("pkglibdir").join(file).exists()
}

/// The user and group to run servers as, when we are root.
fn stand_in() -> Option<&'static (String, String)> {
    static USER: OnceLock<Option<(String, String)>> = OnceLock::new();
    USER.get_or_init(|| {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let exists = |user: &str| {
            let found = Command::new("id").arg(user).stdout(Stdio::null()).stderr(Stdio::null()).status();
            found.is_ok_and(|status| status.success())
        };
        let user = if exists("postgres") { "postgres" } else { "nobody" };
        let group = output(Command::new("id").args(["-g", user]));
        Some((user.to_owned(), group))
    })
    .as_ref()
}

/// `program` of the server, to be run as a user who may run it.
pub fn server_program(program: &str) -> Command {
    unprivileged(&bindir().join(program).to_string_lossy())
}

/// Any program, run as the servers' user.
pub fn unprivileged(program: &str) -> Command {
    let mut command = match stand_in() {
        None => Command::new(program),
        Some((user, group)) => {
            let mut command = Command::new("setpriv");
            command.arg(format!("--reuid={user}")).arg(format!("--regid={group}"));
            command.args(["--init-groups", program]);
            command
        }
    };
    // Nothing of the tester's own settings is meant for these servers and sessions.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    // Rust code in a server that runs with this must not show its backtraces to users.
    command.env("RUST_BACKTRACE", "1");
    command.env("HOME", std::env::temp_dir()).env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// Makes a folder that the servers' user can write in.
pub fn make_folder(path: &Path) {
    std::fs::create_dir(path).unwrap_or_else(|e| panic!("mkdir {}: {e}", path.display()));
    if let Some((user, group)) = stand_in() {
        output(Command::new("chown").arg(format!("{user}:{group}")).arg(path));
    }
}

/// What a program printed; panics when it failed.
pub fn output(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    assert!(done.status.success(), "{command:?}: {}\n{}\n{}", done.status, text(&done.stdout), text(&done.stderr));
    text(&done.stdout)
}

/// The time that a process has had, in ticks of 10 ms.
pub fn cpu(pid: i32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process is there");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().expect("a number")).sum();
    Duration::from_millis(ticks * 10)
}

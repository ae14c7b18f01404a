//! The table of `tests/guard`, and databases to try it in.

use std::sync::OnceLock;

use crate::table::{Entry, FOLDER, entries};
use crate::{Session, claims, shared};

pub struct Lab {
    pub dangerous: Vec<Entry>,
    pub harmless: Vec<Entry>,
    pub major: i32,
}

/// Databases in which the library is not preloaded, for so many threads.
pub const BARE: [&str; 2] = ["guard_bare", "guard_bare_too"];

/// A session in a database of the lab: the library is preloaded in `guard_preloaded`, and not in those of [`BARE`]; all enforce.
pub fn session(database: &str) -> Session {
    shared().connect(database)
}

fn file(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

pub fn lab() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| {
        let cluster = shared();
        let mut admin = cluster.connect("postgres");
        admin.run("SET allow_in_place_tablespaces = on");
        admin.run("CREATE TABLESPACE aside LOCATION ''");
        admin.run("CREATE DATABASE guard_spare");
        let [bare, bare_too] = BARE;
        let mut s = cluster.database(bare).connect();
        s.run("SELECT zdm.set_guard('off')");
        s.run(&file(&format!("{}/fixture.sql", claims::FOLDER)));
        s.run(&file(&format!("{FOLDER}/fixture.sql")));
        let major = s.value::<String>("SELECT current_setting('server_version_num')").parse::<i32>().expect("a number") / 10_000;
        s.run("SELECT zdm.set_guard('enforce')");
        drop(s);
        for copy in ["guard_preloaded", "guard_apart", bare_too] {
            cluster.copy(copy, bare);
        }
        for name in ["guard_preloaded", "guard_apart", bare, bare_too] {
            admin.run(&format!("ALTER DATABASE {name} SET search_path = shop, public"));
            admin.run(&format!("ALTER DATABASE {name} SET zdm.guard_dml = 'enforce'"));
        }
        session("guard_preloaded").run("SELECT zdm.set_guard('enforce', preload => true)");
        let mut lab = Lab { dangerous: entries("dangerous", major), harmless: entries("harmless", major), major };
        let mut s = session("guard_preloaded");
        s.run("SET zdm.guard_mode = off");
        lab.dangerous.iter_mut().chain(&mut lab.harmless).for_each(|entry| entry.alone = alone(&mut s, &entry.sql));
        lab
    })
}

/// Whether the server refuses it in a transaction block.
fn alone(s: &mut Session, sql: &str) -> bool {
    s.run("BEGIN");
    let refused = s.attempt(sql).is_err_and(|error| error.code().is_some_and(|code| code.code() == "25001"));
    s.run("ROLLBACK");
    refused
}

/// Whether it was refused, and by this rule; else what came instead.
pub fn refused(entry: &Entry, result: &Result<(), postgres::Error>) -> Result<(), String> {
    let rule = entry.rule.as_deref().unwrap_or_default();
    match result {
        Ok(()) => Err("it ran".to_owned()),
        Err(error) => match error.as_db_error() {
            Some(db) if db.code().code().starts_with("ZD") && db.message().contains(&format!("zdm[{rule}]: ")) => Ok(()),
            Some(db) => Err(format!("{} {}", db.code().code(), db.message().lines().next().unwrap_or_default())),
            None => Err(error.to_string()),
        },
    }
}

//! Tests of pg_zdm on throw-away clusters: real sessions, cancel, kill, restart.
//!
//! `PG_CONFIG` says which server is used; the extension must have been installed in it. A test binary whose tests leave the server alive
//! shares one cluster ([`shared`]) and gives each test a database of its own ([`Cluster::database`]); a test that kills starts its own
//! ([`Cluster::start`]). A cluster never outlives the process that started it, however that process ends.

pub mod alternative;
mod apart;
pub mod claims;
mod cluster;
pub mod history;
mod job;
pub mod lab;
pub mod manuals;
pub mod observe;
pub mod precision;
mod program;
mod random;
pub mod replay;
mod session;
pub mod table;
mod tree;

use std::sync::OnceLock;

pub use cluster::{Cluster, Database, Stop};
pub use job::{Job, job_number, percentages};
pub use program::{cpu, installed_library};
pub use random::Random;
pub use session::{Notice, Running, Session, cut_off, refused};
pub use tree::Tree;

/// The cluster of this test binary, for tests that do not stop it.
pub fn shared() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(|| Cluster::start(&[]))
}

/// A database of its own on the shared cluster, with the extension.
pub fn database(name: &str) -> Database<'static> {
    shared().database(name)
}

/// Asks until the answer is yes; panics after ten seconds with what was waited for.
pub fn until(what: &str, mut yes: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !yes() {
        assert!(start.elapsed().as_secs() < 10, "waited ten seconds in vain until {what}");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

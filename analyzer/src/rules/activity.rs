//! How a session that is in the way is named.

use crate::catalog::Activity;
use crate::lock::LockMode;
use crate::quote;

/// A session that is in the way, in words.
#[derive(Debug)]
pub struct Blocker {
    /// `process 4711 of app (idle in transaction, for 5 min)`
    pub who: String,
    /// What it holds and its last query, as sentences.
    pub detail: String,
    /// How to get rid of it, as a sentence.
    pub hint: String,
}

/// What there is to say of the one that is in the way on a relation.
pub fn blocker(one: &Activity, relation: &str) -> Blocker {
    let held = one.mode.map_or("a conflicting lock", LockMode::pg_name);
    Blocker { who: who(one), detail: format!("It holds {held} on {relation}.{}", query(one)), hint: end(one) }
}

/// `process 4711 of app (idle in transaction, for 5 min)`, as far as the caller may see it.
pub(super) fn who(one: &Activity) -> String {
    let name = match (&one.prepared, one.pid) {
        (Some(prepared), _) => format!("prepared transaction {}", quote::literal(prepared)),
        (None, Some(pid)) if one.autovacuum => format!("autovacuum process {pid}"),
        (None, Some(pid)) => match &one.user {
            Some(user) => format!("process {pid} of {}", quote::ident(user)),
            None => format!("process {pid}"),
        },
        (None, None) => "another transaction".to_owned(),
    };
    let age = one.seconds.map(|seconds| format!("for {}", duration(seconds)));
    let known: Vec<String> = one.state.clone().into_iter().chain(age).collect();
    if known.is_empty() { name } else { format!("{name} ({})", known.join(", ")) }
}

/// Its query, as a sentence with a blank before it.
pub(super) fn query(one: &Activity) -> String {
    match one.query.as_deref().map(str::trim) {
        Some(query) if !query.is_empty() => format!(" Its last query: {}.", query.trim_end_matches(['.', ';'])),
        _ => String::new(),
    }
}

/// How to get rid of it.
pub(super) fn end(one: &Activity) -> String {
    match (&one.prepared, one.pid, one.state.as_deref()) {
        (Some(prepared), _, _) => format!("Finish it: COMMIT PREPARED {0} or ROLLBACK PREPARED {0}.", quote::literal(prepared)),
        (None, Some(pid), Some("active")) => format!("Wait for it, or end its query: SELECT pg_cancel_backend({pid})."),
        (None, Some(pid), _) => format!("Wait for it, or end it: SELECT pg_terminate_backend({pid})."),
        _ => "Try again later.".to_owned(),
    }
}

fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 120.0 => format!("{seconds:.0} s"),
        seconds if seconds < 7_200.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.0} h", seconds / 3_600.0),
        seconds => format!("{:.0} days", seconds / 86_400.0),
    }
}

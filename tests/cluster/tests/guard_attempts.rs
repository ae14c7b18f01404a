//! The attempts of `tests/guard/attempts` to get past the guard: none does harm, and the guard stands afterwards.

use std::path::Path;

use zdm_cluster_tests::table::FOLDER;
use zdm_cluster_tests::{Session, shared};

/// One attempt: what is done, line by line, whatever comes of the lines before.
struct Attempt {
    name: String,
    since: i32,
    options: String,
    steps: Vec<Step>,
}

enum Step {
    /// By a superuser, before.
    Admin(String),
    /// A new session of this role.
    As(String),
    /// A new session of the same role.
    Again,
    Message(String),
}

fn attempts(file: &Path) -> Vec<Attempt> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut all: Vec<Attempt> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let comment = line.strip_prefix("-- ").map(|comment| comment.split_once(": ").unwrap_or((comment, "")));
        if let Some(("attempt", name)) = comment {
            all.push(Attempt { name: name.to_owned(), since: 0, options: String::new(), steps: Vec::new() });
            continue;
        }
        let attempt = all.last_mut().expect("a line of an attempt");
        match comment {
            Some(("since", major)) => attempt.since = major.parse().expect("a major version"),
            Some(("options", options)) => attempt.options = options.to_owned(),
            Some(("admin", sql)) => attempt.steps.push(Step::Admin(sql.to_owned())),
            Some(("as", role)) => attempt.steps.push(Step::As(role.to_owned())),
            Some(("again", _)) => attempt.steps.push(Step::Again),
            Some(_) => panic!("{line}: not known"),
            None => attempt.steps.push(Step::Message(line.to_owned())),
        }
    }
    all
}

/// Makes the database from which each attempt gets a copy; the server's major version.
fn fixture() -> i32 {
    let mut s = shared().database("attempts").connect();
    s.run("SELECT zdm.set_guard('off')");
    s.run("CREATE ROLE bob LOGIN; CREATE ROLE sam LOGIN; CREATE ROLE dave LOGIN CREATEDB; CREATE ROLE del LOGIN; GRANT bob TO del");
    s.run("GRANT SET ON PARAMETER zdm.allow TO del");
    s.run(&std::fs::read_to_string(Path::new(FOLDER).join("attempts/fixture.sql")).expect("the fixture"));
    s.value::<String>("SELECT current_setting('server_version_num')").parse::<i32>().expect("a number") / 10_000
}

/// What is not to be harmed, a line each.
const STATE: &str = "
    WITH kept AS (SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                   WHERE (nspname IN ('app', 'ground', 'bob') AND relname IN ('users', 'orders', 'events', 'events_1', 'events_rest', 'same',
                          'hollow', 'look', 'kept', 'plot', 'mine')))
    SELECT concat_ws(' ', oid, oid::regclass, relfilenode, relkind, relpersistence) FROM kept
    UNION ALL SELECT concat_ws(' ', attrelid, attname, atttypid, atttypmod, attnotnull, attisdropped)
      FROM pg_attribute WHERE attrelid IN (SELECT oid FROM kept) AND attnum > 0
       AND attname NOT IN ('z', 'TRUNCATE')
    UNION ALL SELECT concat_ws(' ', indrelid, indexrelid, pg_relation_filenode(indexrelid)) FROM pg_index WHERE indrelid IN (SELECT oid FROM kept)
    UNION ALL SELECT concat_ws(' ', oid::regclass, 'holds', public.rows_of(oid::regclass::text)) FROM kept
       WHERE relname NOT IN ('hollow', 'events', 'users') AND relkind IN ('r', 'm')
    UNION ALL SELECT concat_ws(' ', 'users holds', public.rows_of('(SELECT id, v, note, mood, n, code FROM app.users)')) WHERE to_regclass('app.users') IS NOT NULL
    UNION ALL SELECT concat_ws(' ', 'label', enumlabel) FROM pg_enum
    UNION ALL SELECT concat_ws(' ', evtname, evtenabled, evtowner) FROM pg_event_trigger WHERE evtname LIKE 'zdm%'
    UNION ALL SELECT concat_ws(' ', 'mode', mode) FROM zdm.guard_state
    UNION ALL SELECT concat_ws(' ', 'policy', rule, risk) FROM zdm.rule_policy
    UNION ALL SELECT concat_ws(' ', proname, md5(prosrc), proowner, proacl::text) FROM pg_proc WHERE pronamespace = 'zdm'::regnamespace
    ORDER BY 1";

/// What stands for texts that are too long for a file.
fn spelled_out(message: &str, database: &str) -> String {
    let mut text = message.replace("{database}", database);
    if text.contains("{long}") {
        text = text.replace("{long}", &"x".repeat(1_100_000));
    }
    if text.contains("{deep}") {
        text = text.replace("{deep}", &format!("{}{}", "/*".repeat(5000), "*/".repeat(5000)));
    }
    if text.contains("{nested}") {
        text = text.replace("{nested}", &format!("{}v > 0{}", "NOT (".repeat(600), ")".repeat(600)));
    }
    text
}

/// Runs an attempt in a copy of the database; what harm was done, and how many of its messages were refused by the guard.
fn tried(attempt: &Attempt, database: &str) -> (Vec<String>, usize) {
    let cluster = shared();
    let mut admin = cluster.copy(database, "attempts").connect();
    admin.run(&format!(
        "ALTER DATABASE {database} OWNER TO dave; ALTER DATABASE {database} SET zdm.guard_dml = 'enforce';
         GRANT CREATE ON DATABASE {database} TO bob, sam; SELECT zdm.set_guard('enforce', preload => true)"
    ));
    // what the attempts hide is not to be hidden from the look at what came of them
    admin.run(&format!(
        "ALTER ROLE postgres IN DATABASE {database} SET search_path = pg_catalog, pg_temp; SET search_path = pg_catalog, pg_temp"
    ));
    let before = admin.rows(STATE);
    let connect = |role: &str| cluster.connect_with(database, role, &attempt.options).ok();
    let mut role = "bob".to_owned();
    let mut session: Option<Session> = None;
    let mut refusals = 0;
    for step in &attempt.steps {
        match step {
            Step::Admin(sql) => admin.run(sql),
            Step::As(other) => (role, session) = (other.clone(), None),
            Step::Again => session = None,
            Step::Message(message) => {
                if session.is_none() {
                    session = connect(&role);
                }
                // without a session nothing can be done
                let Some(s) = session.as_mut() else { continue };
                let text = spelled_out(message, database);
                let result = if text.starts_with("COPY (") { s.attempt_copy_out(&text) } else { s.attempt(&text) };
                let code = result.err().and_then(|error| error.code().map(|code| code.code().to_owned()));
                refusals += usize::from(code.as_deref() == Some("ZDM01"));
            }
        }
    }
    drop(session);
    let mut harm = Vec::new();
    let mut admin = cluster.reconnect(database);
    let after = admin.rows(STATE);
    harm.extend(before.iter().filter(|line| !after.contains(line)).map(|line| format!("gone: {line}")));
    harm.extend(after.iter().filter(|line| !before.contains(line)).map(|line| format!("new: {line}")));
    for sql in ["TRUNCATE app.orders", "CREATE INDEX ON app.orders (user_id)"] {
        if harm.is_empty()
            && !cluster.connect_as(database, "bob").attempt(sql).is_err_and(|e| e.code().is_some_and(|c| c.code() == "ZDM01"))
        {
            harm.push(format!("the guard no longer refuses {sql}"));
        }
    }
    (harm, refusals)
}

#[test]
fn no_attempt_gets_past_the_guard() {
    let major = fixture();
    let files = ["settings", "objects", "forms"].map(|name| Path::new(FOLDER).join(format!("attempts/{name}.sql")));
    let all: Vec<Attempt> = files.iter().flat_map(|file| attempts(file)).filter(|attempt| attempt.since <= major).collect();
    let wanted = std::env::var("ZDM_CASE").unwrap_or_default();
    let (mut count, mut refusals, mut successes) = (0, 0, Vec::new());
    for attempt in all.iter().filter(|attempt| attempt.name.contains(&wanted)) {
        count += 1;
        let (harm, refused) = tried(attempt, &format!("attempt_{count}"));
        refusals += refused;
        if !harm.is_empty() {
            successes.push(format!("{}: {}", attempt.name, harm.join("; ")));
        }
    }
    println!("PostgreSQL {major}: {} of {count} attempts got past the guard; it refused {refusals} statements", successes.len());
    assert!(count >= 60 || !wanted.is_empty());
    assert!(successes.is_empty(), "{} attempts did harm:\n{}", successes.len(), successes.join("\n"));
}

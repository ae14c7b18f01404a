//! What to run instead of a statement: whether it leads to the same end, and whom it keeps waiting on the way.
//!
//! A case is run on three copies of one database. The first gets the statement, the second what is to be run instead, as psql runs a file; schema
//! and rows of the two are compared. The third gets the same piece by piece, and after each piece it is looked at which locks it held while it read or
//! rewrote a table.

use std::io::Write as _;
use std::process::Stdio;

use zdm_analyzer::split;

use crate::apart::{Apart, Locks, apart};
use crate::cluster::{Cluster, Database};
use crate::observe::{Effects, done, holds, literal, predicted, remember, show};
use crate::session::Session;

/// One statement, and what it needs.
#[derive(Debug, Default)]
pub struct Case {
    /// The rule that offers something; `none` if no rule may, empty if any or none may.
    pub rule: String,
    pub setup: Vec<String>,
    /// What leads to the end that is meant, where the statement itself does not.
    pub like: Option<String>,
    /// Values are drawn anew each time, so that only their number can be compared.
    pub drawn: bool,
    /// Rules that call the alternative dangerous too, for another reason than its locks; the guard is off then.
    pub says: Vec<String>,
    /// Relations that nobody can use yet.
    pub unused: Vec<String>,
    pub since: i32,
    pub until: i32,
    pub sql: String,
}

/// The cases of a file.
pub fn cases(text: &str) -> Vec<Case> {
    text.split("\n\n").map(case).filter(|case| !case.sql.is_empty()).collect()
}

fn case(block: &str) -> Case {
    let mut case = Case { until: i32::MAX, ..Case::default() };
    for line in block.lines() {
        let said = line.strip_prefix("-- ").map(|comment| comment.split_once(": ").unwrap_or((comment, "")));
        match said {
            None => case.sql.push_str(line),
            Some(("rule", rule)) => rule.clone_into(&mut case.rule),
            Some(("setup", sql)) => case.setup.push(sql.to_owned()),
            Some(("like", sql)) => case.like = Some(sql.to_owned()),
            Some(("rows", "drawn")) => case.drawn = true,
            Some(("unused", relation)) => case.unused.push(relation.to_owned()),
            Some(("says", rule)) => case.says.push(rule.to_owned()),
            Some(("since", from)) => case.since = from.parse().expect("a major version"),
            Some(("until", to)) => case.until = to.parse().expect("a major version"),
            Some(_) => {}
        }
    }
    case
}

/// What is offered to be run in place of a statement: each rule with its text.
pub fn offered(s: &mut Session, sql: &str) -> Vec<(String, String)> {
    // A record's text as one value, since the texts have lines and bars.
    let count: i64 = s.value(&format!("{} SELECT count(*) FROM offer", offers(sql)));
    (0..count)
        .map(|at| {
            let one = |column: &str| format!("{} SELECT {column} FROM offer ORDER BY rule, hint OFFSET {at} LIMIT 1", offers(sql));
            (s.value(&one("rule")), s.value(&one("hint")))
        })
        .collect()
}

fn offers(sql: &str) -> String {
    format!(
        "WITH offer AS (SELECT DISTINCT f ->> 'rule' AS rule, f ->> 'hint' AS hint
           FROM jsonb_array_elements(zdm.check_report({}, 'json')::jsonb -> 'findings') f WHERE (f -> 'runnable')::boolean)",
        literal(sql)
    )
}

/// The databases of one case after another.
pub struct Lab<'a> {
    cluster: &'a Cluster,
    template: String,
    path: String,
    number: u32,
}

impl<'a> Lab<'a> {
    /// `template` has the fixture, and its guard refuses.
    pub fn new(cluster: &'a Cluster, template: &str, path: &str) -> Self {
        Self { cluster, template: template.to_owned(), path: path.to_owned(), number: 0 }
    }

    /// What is wrong with what is offered for a case.
    pub fn run(&mut self, case: &Case) -> Vec<String> {
        self.number += 1;
        let name = |which: &str| format!("{}_{}_{which}", self.template, self.number);
        let mut databases = Vec::new();
        let mut base = self.template.clone();
        if !case.setup.is_empty() {
            base = self.cluster.copy(&name("base"), &self.template).name.clone();
            databases.push(base.clone());
        }
        let mut s = self.connect(&base);
        case.setup.iter().for_each(|sql| s.run(sql));
        let offers = offered(&mut s, &case.sql);
        drop(s);
        let mut wrong = Vec::new();
        if case.rule == "none" {
            wrong.extend(offers.iter().map(|(rule, text)| format!("{rule} offers {text}")));
        } else if !case.rule.is_empty() && !offers.iter().any(|(rule, _)| *rule == case.rule) {
            wrong.push(format!("{} offers nothing to run", case.rule));
        }
        for (at, (rule, text)) in offers.iter().enumerate().filter(|_| case.rule != "none") {
            let copy = |which: &str| self.cluster.copy(&name(&format!("{which}{at}")), &base);
            let (original, given, stepped) = (copy("o"), copy("g"), copy("s"));
            databases.extend([&original, &given, &stepped].map(|one| one.name.clone()));
            let mut problems = self.compare(case, text, &original, &given);
            problems.extend(self.step_through(case, text, &stepped));
            wrong.extend(problems.into_iter().map(|problem| format!("{rule}\n{text}\n  {problem}")));
        }
        let mut admin = self.cluster.connect("postgres");
        databases.iter().for_each(|name| admin.run(&format!("DROP DATABASE {name} WITH (FORCE)")));
        wrong
    }

    fn connect(&self, database: &str) -> Session {
        let mut s = self.cluster.connect(database);
        s.run(&format!("SET search_path = {}; SET zdm.guard_mode = 'off'; SET client_min_messages = error", self.path));
        s
    }

    /// The statement on one side, the alternative on the other: what differs then.
    fn compare(&self, case: &Case, text: &str, original: &Database, given: &Database) -> Vec<String> {
        let mut s = self.connect(&original.name);
        for piece in statements(case.like.as_deref().unwrap_or(&case.sql)) {
            s.run(&piece);
        }
        if let Err(error) = self.psql(given, text, !case.says.is_empty()) {
            return vec![format!("it fails: {error}")];
        }
        let mut wrong = Vec::new();
        let (expected, came) = (dump(original), dump(given));
        if expected != came {
            wrong.push(format!("the schema differs:\n{}", difference(&expected, &came)));
        }
        let (expected, came) = (rows(&mut s, case.drawn), rows(&mut self.connect(&given.name), case.drawn));
        if expected != came {
            wrong.push(format!("the rows differ:\n{}", difference(&expected.join("\n"), &came.join("\n"))));
        }
        wrong
    }

    /// Runs a text as psql runs a file.
    fn psql(&self, database: &Database, text: &str, guard_off: bool) -> Result<(), String> {
        let mut psql = database.client("psql");
        let guard = if guard_off { " -c zdm.guard_mode=off" } else { "" };
        psql.env("PGOPTIONS", format!("-c search_path={}{guard}", self.path.replace(' ', "\\ ")));
        psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = psql.spawn().expect("psql can be started");
        child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("psql reads");
        let done = child.wait_with_output().expect("psql ends");
        if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
    }

    /// Runs it piece by piece; what others wait for longer than a moment, and what was predicted otherwise.
    fn step_through(&self, case: &Case, text: &str, database: &Database) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut s = self.connect(&database.name);
        wrong.extend(judged(&mut s, case, text));
        let mut open = false;
        for piece in statements(text) {
            let tag = split(&piece).first().map(|piece| piece.tag.clone()).unwrap_or_default();
            match tag.as_str() {
                "BEGIN" => {
                    s.run(&piece);
                    remember(&mut s);
                    open = true;
                }
                "COMMIT" => {
                    wrong.extend(long(&done(&mut s), case).map(|what| format!("the transaction: {what}")));
                    s.run(&piece);
                    open = false;
                }
                _ if open => s.run(&piece),
                _ => {
                    let said = match predicted(&mut s, &piece) {
                        Ok(said) => said,
                        Err(error) => return vec![format!("{piece}: {error}")],
                    };
                    match self.step(&mut s, database, &piece, &tag) {
                        Ok((came, ran_apart)) => {
                            // REINDEX lists the partitions under SHARE, for a moment; cases.sql claims what it holds while it works
                            let moment = |what: &String| tag == "REINDEX" && piece.contains("CONCURRENTLY") && what.ends_with(" ShareLock");
                            wrong.extend(long(&came, case).filter(|what| !moment(what)).map(|what| format!("{piece}: {what}")));
                            let said = if ran_apart { lasting(&said, &came) } else { said };
                            if tag != "CALL" && tag != "REINDEX" && !holds(&said, &came, true) {
                                wrong.push(format!("{piece}\n    said: {}\n    came: {}", show(&said), show(&came)));
                            }
                        }
                        Err(error) => {
                            wrong.push(format!("{piece}: {error}"));
                            return wrong;
                        }
                    }
                }
            }
        }
        wrong
    }

    /// One statement by itself: what it did, and whether that could only be sampled.
    fn step(&self, s: &mut Session, database: &Database, sql: &str, tag: &str) -> Result<(Effects, bool), String> {
        let text = |error: postgres::Error| error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().to_owned());
        if tag != "CALL" {
            s.run("BEGIN");
            remember(s);
            match s.attempt(sql) {
                Ok(()) => {
                    let came = done(s);
                    s.run("COMMIT");
                    return Ok((came, false));
                }
                Err(error) => {
                    s.run("ROLLBACK");
                    if error.code().is_none_or(|code| code.code() != "25001") {
                        return Err(text(error));
                    }
                }
            }
        }
        let Apart { came, result, .. } = apart(self.cluster, &database.name, &self.path, sql, Locks::Lasting);
        result.map(|()| (came, true)).map_err(text)
    }
}

/// What was said, without the locks that were held for a moment too short to see: what runs apart is sampled, and claims.rs looks closer. REINDEX lists
/// partitions under such a lock, and DETACH CONCURRENTLY ends with one.
fn lasting(said: &Effects, came: &Effects) -> Effects {
    let strength = |lock: &str| STRENGTH.iter().position(|one| *one == lock);
    let seen = said.iter().filter_map(|(relation, said)| Some((relation, said, came.get(relation)?)));
    let told = seen.map(|(relation, [lock, rewrites, scans, builds], came)| {
        let lock = if strength(&came[0]) < strength(lock) { &came[0] } else { lock };
        (relation.clone(), [lock, rewrites, scans, builds].map(String::clone))
    });
    told.collect()
}

/// The modes, weakest first.
const STRENGTH: [&str; 8] = [
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
];

/// What the check itself has to say of the alternative.
fn judged(s: &mut Session, case: &Case, text: &str) -> Vec<String> {
    let findings =
        s.rows(&format!("SELECT DISTINCT rule, risk FROM zdm.check_ddl({}) WHERE risk IN ('danger', 'unknown') ORDER BY 1", literal(text)));
    let mut wrong: Vec<String> = findings
        .into_iter()
        .filter(|row| !case.says.iter().any(|rule| row.starts_with(&format!("{rule}|"))))
        .map(|row| format!("the check calls it {row}"))
        .collect();
    let waiting = s.rows(&format!(
        "SELECT c.relname, 'is said to keep others waiting: ' || e.lock_mode FROM zdm.ddl_effects({}) e JOIN pg_class c ON c.oid = e.relation
          WHERE e.lock_mode IN ('ShareLock', 'ShareRowExclusiveLock', 'AccessExclusiveLock')
            AND (e.rewrites IS DISTINCT FROM false OR e.scans IS DISTINCT FROM false)",
        literal(text)
    ));
    let used = |row: &String| !text.starts_with("REINDEX ") && !case.unused.iter().any(|relation| row.starts_with(&format!("{relation}|")));
    wrong.extend(waiting.into_iter().filter(used));
    wrong
}

/// What readers or writers wait for as long as there are rows. (EXCLUSIVE is what REFRESH ... CONCURRENTLY takes, of what nobody writes to.)
fn long<'a>(came: &'a Effects, case: &'a Case) -> impl Iterator<Item = String> + 'a {
    came.iter().filter_map(|(relation, [lock, rewrites, scans, _])| {
        let blocks =
            matches!(lock.as_str(), "ShareLock" | "ShareRowExclusiveLock" | "AccessExclusiveLock") && !case.unused.contains(relation);
        (blocks && (rewrites == "t" || scans == "t")).then(|| format!("{relation} is read or written anew under {lock}"))
    })
}

/// The statements of a text, one by one.
fn statements(text: &str) -> Vec<String> {
    split(text).iter().filter_map(|piece| text.get(piece.span.clone())).map(str::to_owned).collect()
}

/// The schema as pg_dump writes it down; lines that differ from run to run left out.
fn dump(database: &Database) -> String {
    let mut pg_dump = database.client("pg_dump");
    let done = pg_dump.arg("--schema-only").output().expect("pg_dump can be started");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    text.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict")).collect::<Vec<_>>().join("\n")
}

/// What the tables hold, and where the sequences are.
fn rows(s: &mut Session, drawn: bool) -> Vec<String> {
    let tables = s.rows(
        "SELECT c.oid::regclass FROM pg_class c WHERE c.relkind IN ('r', 'm') AND c.relispopulated
            AND c.relnamespace <> ALL (ARRAY['pg_catalog', 'information_schema', 'zdm']::regnamespace[])
            AND c.relpersistence <> 't' ORDER BY 1",
    );
    let mut all = s.rows("SELECT schemaname, sequencename, last_value FROM pg_sequences WHERE schemaname <> 'zdm' ORDER BY 1, 2");
    for table in tables {
        let query = if drawn {
            format!(
                "SELECT key, count(value) FROM (SELECT (jsonb_each_text(to_jsonb(t))).* FROM ONLY {table} t) x
                  GROUP BY key ORDER BY key"
            )
        } else {
            format!("SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text COLLATE \"C\")) FROM ONLY {table} t")
        };
        all.extend(s.rows(&query).into_iter().map(|row| format!("{table}: {row}")));
    }
    all
}

/// The lines that only one side has.
fn difference(expected: &str, came: &str) -> String {
    let only = |one: &str, other: &str, mark: &str| {
        let others: Vec<&str> = other.lines().collect();
        let lines = one.lines().filter(|line| !others.contains(line));
        lines.take(20).map(|line| format!("    {mark} {line}\n")).collect::<String>()
    };
    let lines = only(expected, came, "-") + &only(came, expected, "+");
    if lines.is_empty() { "    (the same lines in another order)".to_owned() } else { lines }
}

//! Where `zdm.check_ddl` says that a statement would fail, the server refuses it; where the server refuses one of these, that was said. And the other
//! way round: what the server does is not said to fail.

use zdm_cluster_tests::{Session, database};

const FIXTURE: &str = include_str!("../../verify/failures/fixture.sql");
const CASES: &str = include_str!("../../verify/failures/cases.sql");

/// Whether the check says that the last statement of a text fails.
fn foreseen(s: &mut Session, sql: &str) -> Vec<String> {
    s.rows(&format!(
        "WITH found AS (SELECT * FROM zdm.check_ddl($zdm${sql}$zdm$))
         SELECT rule, message FROM found WHERE statement = (SELECT max(statement) FROM found)
            AND (message LIKE 'would fail: %' OR rule IN ('missing-object', 'concurrently-in-transaction'))"
    ))
}

#[test]
fn what_is_said_to_fail_fails() {
    let db = database("failures");
    let mut s = db.connect();
    s.run(FIXTURE);
    let number: String = s.value("SELECT current_setting('server_version_num')");
    let major = number.parse::<i32>().expect("a number") / 10_000;
    if major >= 18 {
        s.run(
            "CREATE TABLE g (a int, v int GENERATED ALWAYS AS (a * 2) VIRTUAL, CONSTRAINT positive CHECK (a > 0));
             CREATE TABLE g2 (a int, v int GENERATED ALWAYS AS (a * 2) VIRTUAL); INSERT INTO g VALUES (1); INSERT INTO g2 VALUES (1);
             CREATE TABLE alone (id int NOT NULL NO INHERIT); CREATE TABLE ne (a int, CONSTRAINT later CHECK (a > 0) NOT ENFORCED); INSERT INTO ne VALUES (1)",
        );
    }
    let (mut count, mut wrong) = (0, Vec::new());
    for case in CASES.lines().map(str::trim).filter(|case| !case.is_empty() && !case.starts_with("--")) {
        let (since, sql) = case.strip_prefix("18: ").map_or((15, case), |sql| (18, sql));
        if major < since {
            continue;
        }
        count += 1;
        let said = foreseen(&mut s, sql);
        s.run("BEGIN");
        let error = s.attempt(sql).err().and_then(|error| error.as_db_error().map(|error| error.message().to_owned()));
        s.run("ROLLBACK");
        if said.is_empty() != error.is_none() {
            wrong.push(format!("{sql}\n    said: {said:?}\n    came: {error:?}"));
        }
        let offered: i64 = s.value(&format!(
            "SELECT count(*) FROM json_array_elements(zdm.check_report($zdm${sql}$zdm$, 'json')::json -> 'findings') f WHERE (f ->> 'runnable')::bool"
        ));
        if error.is_some() && offered > 0 && !sql.contains(';') {
            wrong.push(format!("{sql}\n    fails, and yet something is offered to be run"));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    println!("{count} statements fail, or do not, as it was said, on PostgreSQL {major}");
}

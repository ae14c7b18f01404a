//! `probe => true`: the rows are looked at without waiting, with the caller's rights, without a user's code, and for a limited time.

use std::time::{Duration, Instant};

use zdm_cluster_tests::{Session, database, refused};

/// What a check with a look at the rows says of the rules that need it.
fn probe(s: &mut Session, sql: &str) -> Vec<String> {
    s.rows(&format!(
        "SELECT message FROM zdm.check_ddl($zdm${sql}$zdm$, probe => true)
          WHERE rule IN ('set-not-null-has-nulls', 'unique-has-duplicates', 'validate-will-fail')"
    ))
}

#[track_caller]
fn says(s: &mut Session, sql: &str, expected: &str) {
    let found = probe(s, sql);
    assert!(found.len() == 1 && found[0].contains(expected), "{sql}: expected {expected}, got {found:?}");
}

#[track_caller]
fn silent(s: &mut Session, sql: &str) {
    assert_eq!(probe(s, sql), Vec::<String>::new(), "{sql}");
}

const PEOPLE: &str =
    "CREATE TABLE teams (id int PRIMARY KEY, name text); INSERT INTO teams SELECT g, 'team ' || g FROM generate_series(1, 10) g;
     CREATE TABLE people (id int NOT NULL, email text, nick text, team int, age int);
     INSERT INTO people SELECT g, 'p' || g, CASE WHEN g % 500 <> 0 THEN 'n' || g END, g % 10 + 1, g % 90 FROM generate_series(1, 2000) g;";

#[test]
fn a_row_without_a_value_for_a_new_column_is_found_or_is_not_there() {
    let db = database("probe_new_column");
    let mut s = db.connect();
    s.run("CREATE TABLE gone (a int); INSERT INTO gone VALUES (1); DELETE FROM gone; CREATE TABLE never (a int); CREATE TABLE one (a int); INSERT INTO one VALUES (1)");
    let add = |table: &str| format!("ALTER TABLE {table} ADD COLUMN z int NOT NULL");
    let mut said = |table: &str, probe: bool| {
        let found =
            s.rows(&format!("SELECT message FROM zdm.check_ddl('{}', probe => {probe}) WHERE rule = 'add-column-not-null'", add(table)));
        let fails = s.attempt(&format!("BEGIN; {}; ROLLBACK", add(table))).is_err();
        s.run("ROLLBACK");
        (found.join("; "), fails)
    };
    let if_rows = |table: &str| format!("adding column z NOT NULL without a default fails if public.{table} has rows");
    assert_eq!(said("one", true), ("would fail: public.one has rows, and none of them has a value for column z".to_owned(), true));
    assert_eq!(said("one", false), (if_rows("one"), true));
    // rows were there, and nobody looks whether some are
    assert_eq!(said("gone", false), (if_rows("gone"), false));
    assert_eq!(said("gone", true), (if_rows("gone"), false));
    let empty = "adding column z NOT NULL without a default succeeds only as long as public.never is empty";
    assert_eq!(said("never", true), (empty.to_owned(), false));
}

#[test]
fn a_row_that_breaks_it_is_found_or_is_not_there() {
    let db = database("probe_rows");
    let mut s = db.connect();
    s.run(PEOPLE);
    says(&mut s, "ALTER TABLE people ALTER nick SET NOT NULL", "column public.people.nick has NULLs: a row was found");
    silent(&mut s, "ALTER TABLE people ALTER email SET NOT NULL");
    says(&mut s, "ALTER TABLE people ADD PRIMARY KEY (nick)", "public.people.nick has NULLs");
    says(&mut s, "CREATE UNIQUE INDEX CONCURRENTLY i ON people (team)", "public.people (team) has duplicates: two rows were found");
    says(&mut s, "ALTER TABLE people ADD UNIQUE (team, age)", "(team, age) has duplicates");
    silent(&mut s, "ALTER TABLE people ADD UNIQUE (email)");
    // NULLs are no duplicates of each other
    silent(&mut s, "ALTER TABLE people ADD UNIQUE (nick)");
    says(&mut s, "ALTER TABLE people ADD CONSTRAINT c CHECK (age < 89)", "the CHECK of public.people is broken: a row was found");
    silent(&mut s, "ALTER TABLE people ADD CONSTRAINT c CHECK (age < 90 AND length(email) > 1)");
    silent(&mut s, "ALTER TABLE people ADD CONSTRAINT c CHECK (people.nick <> '')");
    silent(&mut s, "ALTER TABLE people ADD FOREIGN KEY (team) REFERENCES teams");
    s.run("INSERT INTO people VALUES (3000, 'x', 'x', 11, 1)");
    says(
        &mut s,
        "ALTER TABLE people ADD FOREIGN KEY (team) REFERENCES teams (id)",
        "(team) is not all in public.teams (id): a row was found",
    );
    s.run(
        "ALTER TABLE people ADD CONSTRAINT fk FOREIGN KEY (team) REFERENCES teams NOT VALID, ADD CONSTRAINT old CHECK (age < 88) NOT VALID",
    );
    says(&mut s, "ALTER TABLE people VALIDATE CONSTRAINT fk", "is not all in public.teams (id)");
    says(&mut s, "ALTER TABLE people VALIDATE CONSTRAINT old", "constraint old of public.people is broken: a row was found");
    s.run("DELETE FROM people WHERE age >= 88 OR team = 11");
    silent(&mut s, "ALTER TABLE people VALIDATE CONSTRAINT fk");
    silent(&mut s, "ALTER TABLE people VALIDATE CONSTRAINT old");
    s.run("ALTER TABLE people VALIDATE CONSTRAINT fk, VALIDATE CONSTRAINT old");
    // An error of the data is an answer, too.
    says(&mut s, "ALTER TABLE people ADD CHECK (1 / (age - 5) < 2)", "division by zero");
    // What the text changes before cannot be looked at, nor what it adds.
    silent(&mut s, "UPDATE people SET nick = 'x'; ALTER TABLE people ALTER nick SET NOT NULL");
    silent(&mut s, "ALTER TABLE people ADD COLUMN fresh int; ALTER TABLE people ALTER fresh SET NOT NULL");
}

#[test]
fn without_probe_no_row_is_read() {
    let db = database("probe_not");
    let mut s = db.connect();
    s.run(PEOPLE);
    for sql in ["ALTER TABLE people ALTER nick SET NOT NULL", "ALTER TABLE people ADD CHECK (age < 0)"] {
        s.expect(
            &format!("SELECT count(*) FROM zdm.check_ddl('{sql}') WHERE rule IN ('set-not-null-has-nulls', 'validate-will-fail')"),
            &["0"],
        );
    }
    // Statistics of the past are not asked where the rows were seen.
    s.run("ANALYZE people; UPDATE people SET nick = 'x' WHERE nick IS NULL");
    let count = "SELECT count(*) FROM zdm.check_ddl('ALTER TABLE people ALTER nick SET NOT NULL'";
    s.expect(&format!("{count}) WHERE rule = 'set-not-null-has-nulls'"), &["1"]);
    s.expect(&format!("{count}, true) WHERE rule = 'set-not-null-has-nulls'"), &["0"]);
    s.expect(&format!("{count}, NULL) WHERE rule = 'set-not-null-has-nulls'"), &["1"]);
    s.run("UPDATE people SET nick = NULL WHERE id = 7");
    let report = s.rows("SELECT zdm.check_report('ALTER TABLE people ALTER nick SET NOT NULL', probe => true)");
    assert!(report[0].contains("a row was found"), "{report:?}");
}

#[test]
fn nobody_is_waited_for_and_no_lock_stays() {
    let db = database("probe_lock");
    let (mut s, mut other) = (db.connect(), db.connect());
    s.run(PEOPLE);
    other.run("BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE");
    let start = Instant::now();
    for sql in [
        "ALTER TABLE people ALTER nick SET NOT NULL",
        "ALTER TABLE people ADD UNIQUE (team)",
        "ALTER TABLE people ADD CHECK (age < 0)",
        "ALTER TABLE people ADD FOREIGN KEY (team) REFERENCES teams",
    ] {
        says(&mut s, sql, "the table is locked");
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    other.run("COMMIT; BEGIN; LOCK TABLE teams IN ACCESS EXCLUSIVE MODE");
    says(&mut s, "ALTER TABLE people ADD FOREIGN KEY (team) REFERENCES teams", "cannot be told whether public.people (team) is all in");
    other.run("COMMIT");
    s.run("BEGIN READ ONLY");
    says(&mut s, "ALTER TABLE people ALTER nick SET NOT NULL", "a row was found");
    says(&mut s, "ALTER TABLE people ADD UNIQUE (team)", "two rows");
    silent(&mut s, "ALTER TABLE people ADD FOREIGN KEY (team) REFERENCES teams");
    says(&mut s, "ALTER TABLE people ADD CHECK (1 / (age - 5) < 2)", "division by zero");
    s.expect(
        "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN ('people'::regclass, 'teams'::regclass, 'teams_pkey'::regclass)",
        &["0"],
    );
    s.expect("SELECT pg_current_xact_id_if_assigned(), current_setting('search_path')", &["-|\"$user\", public"]);
    s.run("COMMIT");
}

#[test]
fn the_callers_rights_hold() {
    let db = database("probe_rights");
    let mut admin = db.connect();
    admin.run(PEOPLE);
    admin.run("CREATE ROLE probe_plain LOGIN; GRANT SELECT (email) ON people TO probe_plain");
    let mut user = db.connect_as("probe_plain");
    says(&mut user, "ALTER TABLE people ALTER nick SET NOT NULL", "permission denied for column \"nick\"");
    says(&mut user, "ALTER TABLE people ADD CHECK (age < 0)", "permission denied for column \"age\"");
    says(&mut user, "ALTER TABLE people ADD UNIQUE (email, team)", "permission denied for column \"team\"");
    silent(&mut user, "ALTER TABLE people ALTER email SET NOT NULL");
    admin.run("GRANT SELECT ON people TO probe_plain");
    says(&mut user, "ALTER TABLE people ALTER nick SET NOT NULL", "a row was found");
    says(&mut user, "ALTER TABLE people ADD FOREIGN KEY (team) REFERENCES teams", "permission denied for column \"id\"");
    // Rows that a policy hides are not told of.
    admin.run("ALTER TABLE people ENABLE ROW LEVEL SECURITY");
    says(&mut user, "ALTER TABLE people ALTER nick SET NOT NULL", "row-level security");
    says(&mut admin, "ALTER TABLE people ALTER nick SET NOT NULL", "a row was found");
}

#[test]
fn no_code_of_a_user_runs() {
    let db = database("probe_code");
    let mut s = db.connect();
    s.run(
        "CREATE SEQUENCE ran;
         CREATE FUNCTION spy(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM nextval('public.ran'); RAISE 'boom'; END$$;
         CREATE FUNCTION spy_equal(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM nextval('public.ran'); RAISE 'boom'; END$$;
         CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = spy_equal);
         CREATE FUNCTION spy_row(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM nextval('public.ran'); RAISE 'boom'; END$$;
         CREATE TABLE t (a int, d int, e int);
         INSERT INTO t SELECT g, g, g FROM generate_series(1, 100) g;
         CREATE DOMAIN spied AS int;
         ALTER TABLE t ADD COLUMN s spied;
         SET check_function_bodies = off",
    );
    // What a planner would compute, or an executor.
    s.run(
        "ALTER TABLE t ADD CONSTRAINT by_function CHECK (spy(a)) NOT VALID, ADD CONSTRAINT by_operator CHECK (a === 1) NOT VALID,
             ADD CONSTRAINT by_constant CHECK (a > 0 OR spy(1)) NOT VALID;
         ALTER DOMAIN spied ADD CHECK (spy(VALUE)) NOT VALID; CREATE DOMAIN pg_temp.passing AS int CHECK (public.spy(VALUE));
         CREATE TEXT SEARCH CONFIGURATION mine (COPY = simple)",
    );
    let before = s.rows("SELECT last_value, is_called FROM ran");
    for sql in [
        "ALTER TABLE t VALIDATE CONSTRAINT by_function",
        "ALTER TABLE t VALIDATE CONSTRAINT by_operator",
        "ALTER TABLE t VALIDATE CONSTRAINT by_constant",
        "ALTER TABLE t ADD CHECK (spy(a))",
        "ALTER TABLE t ADD CHECK (public.spy(1))",
        "ALTER TABLE t ADD CHECK (a === 1)",
        "ALTER TABLE t ADD CHECK (a OPERATOR(public.===) 1)",
        "ALTER TABLE t ADD CHECK (a::spied > 0)",
        "ALTER TABLE t ADD CHECK (a = ANY ('{1,2}'::public.spied[]))",
        "ALTER TABLE t ADD CHECK (a::passing > 0)",
        "ALTER TABLE t ADD CHECK (to_tsvector('public.mine', 'x') IS NOT NULL AND a > 0)",
    ] {
        let found = probe(&mut s, sql);
        let told = found.len() == 1 && found[0].contains("cannot be told");
        assert!(told && !found[0].contains("boom"), "{sql}: {found:?}");
    }
    says(&mut s, "ALTER TABLE t ADD CHECK (a < random() * 1000)", "not the same each time");
    // Names that mean something else for the session.
    s.run(
        "CREATE FUNCTION length(text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM nextval('public.ran'); RAISE 'boom'; END$$;
         SET search_path = public, pg_catalog",
    );
    says(&mut s, "ALTER TABLE t ADD CHECK (length('x') > 0)", "cannot be told");
    s.run("SET search_path = public");
    silent(&mut s, "ALTER TABLE t ADD CHECK (length('x') > 0 AND a > 0)");
    // An index on a constant that only a planner computes: the other ways to look stay clear of it.
    s.run("SELECT setval('ran', 1, false)");
    s.run("CREATE FUNCTION quiet(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM nextval('public.ran'); RETURN 1; END$$");
    s.run("CREATE INDEX t_quiet ON t ((a + quiet(1))) WHERE quiet(2) = 1; SELECT setval('ran', 1, false)");
    silent(&mut s, "ALTER TABLE t ALTER a SET NOT NULL");
    silent(&mut s, "ALTER TABLE t ADD UNIQUE (a)");
    silent(&mut s, "ALTER TABLE t ADD CHECK (a > 0)");
    s.expect("SELECT last_value, is_called FROM ran", &["1|f"]);
    assert_eq!(before, ["1|f"]);
    assert_eq!(s.texts().iter().filter(|text| text.contains("boom")).count(), 0, "{:?}", s.texts());
}

#[test]
fn it_takes_only_so_long() {
    let db = database("probe_time");
    let mut s = db.connect();
    s.run("CREATE TABLE big AS SELECT g AS a, g % 3 AS b FROM generate_series(1, 1000000) g");
    s.run("SET zdm.probe_timeout = '5ms'");
    let start = Instant::now();
    says(&mut s, "ALTER TABLE big ALTER a SET NOT NULL", "zdm.probe_timeout was over after ");
    says(&mut s, "ALTER TABLE big ADD CHECK (a > 0)", "zdm.probe_timeout was over after ");
    says(&mut s, "CREATE UNIQUE INDEX CONCURRENTLY i ON big (a)", "cannot be told whether public.big (a) has duplicates");
    // All that one check looks at counts together.
    let text = "ALTER TABLE big ADD CHECK (a > 0);".repeat(50);
    assert_eq!(probe(&mut s, &text).len(), 50);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    s.run("SET zdm.probe_timeout = '10min'");
    says(&mut s, "CREATE UNIQUE INDEX CONCURRENTLY i ON big (b)", "two rows were found");
    silent(&mut s, "ALTER TABLE big ALTER a SET NOT NULL");
    says(&mut s, "CREATE UNIQUE INDEX CONCURRENTLY i ON big (a)", "there is none among the first 500000 rows");
    // A cancel ends it.
    s.run("SET statement_timeout = '300ms'");
    let text = "ALTER TABLE big ADD CHECK (a > 0);".repeat(500);
    refused(s.attempt(&format!("SELECT count(*) FROM zdm.check_ddl('{text}', true)")), "57014");
    assert!(s.attempt("SET zdm.probe_timeout = 0").is_err());
}

#[test]
fn partitions_are_looked_at_and_foreign_tables_are_not() {
    let db = database("probe_parts");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE dropped_before (x int, y text, k int, v int);
         CREATE TABLE p (k int, v int) PARTITION BY LIST (k);
         ALTER TABLE dropped_before DROP COLUMN x, DROP COLUMN y; ALTER TABLE p ATTACH PARTITION dropped_before FOR VALUES IN (1);
         CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
         INSERT INTO p VALUES (1, 1), (1, 2), (2, 5)",
    );
    silent(&mut s, "ALTER TABLE p ALTER v SET NOT NULL");
    silent(&mut s, "ALTER TABLE p ADD CHECK (v < 6)");
    says(&mut s, "ALTER TABLE p ADD CHECK (v <> 2)", "a row was found");
    silent(&mut s, "ALTER TABLE p ADD UNIQUE (k, v)");
    s.run("INSERT INTO p VALUES (2, NULL), (1, 1)");
    says(&mut s, "ALTER TABLE p ALTER v SET NOT NULL", "column public.p.v has NULLs");
    says(&mut s, "ALTER TABLE p ADD UNIQUE (k, v)", "two rows were found");
}

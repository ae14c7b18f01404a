//! A dump of a guarded database is restored whole, in each format, and the guard only warns afterwards.

use std::path::{Path, PathBuf};
use std::process::Output;

use zdm_cluster_tests::{Cluster, Database, Session, refused, shared};

/// One of each kind of thing, with rows, so that the guard would have something to say of every index and constraint.
const SCHEMA: &str = "
    CREATE SCHEMA app;
    CREATE TYPE app.mood AS ENUM ('good', 'bad');
    CREATE DOMAIN app.email AS text CHECK (VALUE LIKE '%@%');
    CREATE FUNCTION app.half(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 2';
    CREATE TABLE app.users (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email app.email UNIQUE, mood app.mood NOT NULL DEFAULT 'good',
        v integer NOT NULL CHECK (v > 0), twice integer GENERATED ALWAYS AS (v * 2) STORED, during int4range,
        EXCLUDE USING gist (during WITH &&));
    INSERT INTO app.users (email, v, during) SELECT g || '@x', g, int4range(g, g + 1) FROM generate_series(1, 3000) g;
    CREATE INDEX ON app.users (v); CREATE INDEX users_half ON app.users (app.half(v)) WHERE v > 10;
    CREATE STATISTICS app.users_stat ON v, twice FROM app.users;
    CREATE TABLE public.orders (id bigserial, user_id bigint REFERENCES app.users ON DELETE CASCADE, day date NOT NULL, PRIMARY KEY (id, day))
        PARTITION BY RANGE (day);
    CREATE TABLE public.orders_1 PARTITION OF public.orders FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
    CREATE TABLE public.orders_2 PARTITION OF public.orders DEFAULT;
    INSERT INTO public.orders (user_id, day) SELECT g, '2020-12-01'::date + g / 50 FROM generate_series(1, 3000) g;
    CREATE INDEX ON public.orders (user_id);
    CREATE TABLE public.\"Odd name\" (\"from\" text COLLATE \"C\", a integer) INHERITS (app.users);
    INSERT INTO public.\"Odd name\" (id, email, v, a) SELECT g, g || '@y', g, g FROM generate_series(1, 500) g;
    ALTER TABLE public.\"Odd name\" ADD CONSTRAINT later CHECK (a > 0) NOT VALID;
    CREATE VIEW app.seen AS SELECT u.*, o.day FROM app.users u JOIN public.orders o ON o.user_id = u.id;
    CREATE MATERIALIZED VIEW public.counted AS SELECT day, count(*) AS n FROM public.orders GROUP BY day;
    CREATE UNIQUE INDEX ON public.counted (day);
    CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER touch BEFORE UPDATE ON app.users FOR EACH ROW EXECUTE FUNCTION app.touch();
    CREATE RULE quiet AS ON DELETE TO public.\"Odd name\" DO INSTEAD NOTHING;
    ALTER TABLE app.users ENABLE ROW LEVEL SECURITY;
    CREATE POLICY all_of_it ON app.users USING (true);
    ALTER TABLE app.users CLUSTER ON users_pkey;
    ALTER TABLE public.orders_1 REPLICA IDENTITY FULL;
    COMMENT ON COLUMN app.users.v IS 'a number';
    SELECT zdm.set_rule_policy('drop-table', 'caution', 'a test', 'public.orders')";

/// The guard's line at the end of CREATE EXTENSION. (psql shows it; pg_restore shows no WARNING but with --verbose, so it is looked for in the log.)
const SAID: &str = "only warns in this database, since it holds no tables yet";

/// What psql or pg_restore is told to pass: a restore over a guarded database is the DBA's own decision.
const OFF: (&str, &str) = ("PGOPTIONS", "-c zdm.guard_mode=off");

/// The database `name` with the schema, guarded in every session.
fn source<'a>(cluster: &'a Cluster, name: &str) -> Database<'a> {
    let db = cluster.database(name);
    let mut s = db.connect();
    s.run(SCHEMA);
    s.run("SELECT zdm.set_guard('enforce', preload => true)");
    db
}

fn empty<'a>(cluster: &'a Cluster, name: &str) -> Database<'a> {
    cluster.connect("postgres").run(&format!("CREATE DATABASE {name} TEMPLATE template0"));
    Database { cluster, name: name.to_owned() }
}

/// What a program printed; it must succeed.
fn done(output: Output, what: &str) -> String {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what}: {text}");
    assert!(!text.contains("ERROR") && !text.contains("error:"), "{what}: {text}");
    text
}

fn dump(db: &Database, format: &str, more: &[&str]) -> PathBuf {
    let file = db.cluster.folder().join(format!("{}-{format}{}", db.name, more.concat()));
    let output = db.client("pg_dump").arg("--format").arg(format).arg("--file").arg(&file).args(more).output();
    done(output.expect("pg_dump runs"), "pg_dump");
    file
}

/// Restores with psql or pg_restore; with no exit at the first error: that is what shows that there was none.
fn restore(db: &Database, file: &Path, more: &[&str], environment: &[(&str, &str)]) -> Output {
    let plain = file.to_string_lossy().contains("plain");
    let mut command = db.client(if plain { "psql" } else { "pg_restore" });
    if plain {
        command.args(["--no-psqlrc", "--quiet"]).args(more).arg("--file").arg(file);
    } else {
        command.args(more).arg(file);
    }
    command.envs(environment.iter().copied());
    command.output().expect("the program runs")
}

/// Everything that a dump holds of a database, rows included.
fn content(db: &Database) -> String {
    let text = done(db.client("pg_dump").output().expect("pg_dump runs"), "pg_dump");
    // a key that is another each time
    let kept = text.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
    kept.collect::<Vec<_>>().join("\n")
}

/// The same content, down to the rows; the guard warns, said so, and enforces when it is told to.
fn complete(expected: &str, restored: &Database, log_before: usize) {
    let came = content(restored);
    let differs = expected.lines().zip(came.lines()).find(|(a, b)| a != b);
    assert!(expected == came, "{}: the first difference: {differs:?}", restored.name);
    assert!(restored.cluster.log()[log_before..].contains(SAID), "{}: expected the guard to say that it only warns", restored.name);
    let mut s = restored.connect();
    s.expect("SELECT mode FROM zdm.guard_state", &["warn"]);
    s.expect("SELECT count(*), bool_and(evtenabled = 'A') FROM pg_event_trigger WHERE evtname LIKE 'zdm%'", &["3|t"]);
    s.expect("SELECT count(*) FROM pg_index WHERE NOT indisvalid", &["0"]);
    s.run("SELECT zdm.set_guard('enforce')");
    refused(s.attempt("CREATE INDEX ON app.users (email)"), "ZDM01");
}

#[test]
fn every_format_restores_everything() {
    let cluster = Cluster::start(&["shared_preload_libraries = 'pg_zdm'"]);
    let db = source(&cluster, "formats");
    let expected = content(&db);
    for (name, format, more) in [
        ("r_plain", "plain", &[][..]),
        ("r_plain_one", "plain", &["--single-transaction"][..]),
        ("r_custom", "custom", &["--exit-on-error"][..]),
        ("r_custom_one", "custom", &["--single-transaction"][..]),
        ("r_custom_clean", "custom", &["--clean", "--if-exists"][..]),
        ("r_directory", "directory", &["--jobs=4"][..]),
        ("r_tar", "tar", &[][..]),
    ] {
        let file = db.cluster.folder().join(format!("formats-{format}"));
        let file = if file.exists() { file } else { dump(&db, format, &[]) };
        let restored = empty(&cluster, name);
        let log = cluster.log().len();
        let said = done(restore(&restored, &file, more, &[]), name);
        assert!(format != "plain" || said.contains(SAID), "{name}: {said}");
        complete(&expected, &restored, log);
    }
    db.connect().expect("SELECT mode FROM zdm.guard_state", &["enforce"]);
}

#[test]
fn a_database_is_made_anew_with_its_settings() {
    let from = Cluster::start(&[]);
    let db = source(&from, "whole");
    let expected = content(&db);
    let (file, plain) = (dump(&db, "directory", &["--create"]), dump(&db, "plain", &["--create"]));
    let to = Cluster::start(&[]);
    let (admin, restored) = (Database { cluster: &to, name: "postgres".to_owned() }, Database { cluster: &to, name: "whole".to_owned() });
    let mut drop_it: &[&str] = &[];
    for round in ["-C", "-C --clean"] {
        let mut more = vec!["--create", "--jobs=4"];
        more.extend(drop_it);
        let log = to.log().len();
        done(restore(&admin, &file, &more, &[]), round);
        complete(&expected, &restored, log);
        // What DROP DATABASE takes is guarded, now that the mode is enforce: the administrative database is not this one.
        restored.connect().expect("SELECT active FROM zdm.guard_status() WHERE layer = 'hooks'", &["t"]);
        drop_it = &["--clean", "--if-exists"];
    }
    admin.connect().run("DROP DATABASE whole");
    let log = to.log().len();
    done(restore(&admin, &plain, &[], &[]), "plain, -C");
    complete(&expected, &restored, log);
}

/// Whoever restores into a guarded database changes a guarded database.
#[test]
fn a_guarded_database_is_not_restored_over_by_accident() {
    let cluster = shared();
    let db = source(cluster, "living");
    let mut s = db.connect();
    // pg_dump's own --clean stumbles over the indexes of partitions, guarded or not.
    s.run("BEGIN; SET LOCAL zdm.allow = '*'; DROP TABLE public.orders CASCADE; COMMIT");
    let expected = content(&db);
    let file = dump(&db, "custom", &[]);
    let plain = dump(&db, "plain", &["--clean", "--if-exists"]);
    let rows = |s: &mut Session| s.value::<i64>("SELECT count(*) FROM app.users");
    let before = rows(&mut s);

    let over = ["--clean", "--if-exists", "--single-transaction"];
    let output = restore(&db, &file, &over, &[]);
    assert!(!output.status.success(), "expected a refusal");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("zdm[") && said.contains("allow: SET LOCAL zdm.allow"), "{said}");
    assert_eq!(rows(&mut s), before);
    assert_eq!(content(&db), expected);
    drop(s);

    // With the superuser's word it goes through; the extension is a new one then, and begins anew.
    for (file, how) in [(&file, &over[..]), (&plain, &["--single-transaction"][..])] {
        let log = cluster.log().len();
        done(restore(&db, file, how, &[OFF]), "over it");
        complete(&expected, &db, log);
    }
}

/// A template with the extension in enforce: the copy is guarded from the start, and a restore into it is told so.
#[test]
fn a_database_that_has_the_extension_already_keeps_its_mode() {
    let cluster = shared();
    let db = source(cluster, "into_from");
    let file = dump(&db, "custom", &[]);
    let expected = content(&db);
    let template = cluster.database("into_template");
    template.connect().run("SELECT zdm.set_guard('enforce')");
    for name in ["into_refused", "into_told", "into_warn"] {
        cluster.copy(name, "into_template");
    }
    let at = |name: &str| Database { cluster, name: name.to_owned() };

    // Without a word pg_restore fails, and says of each index why: nothing is lost in silence.
    let output = restore(&at("into_refused"), &file, &[], &[]);
    assert!(!output.status.success(), "expected refusals");
    assert!(String::from_utf8_lossy(&output.stderr).contains("zdm[create-index-not-concurrent]"), "{output:?}");

    done(restore(&at("into_told"), &file, &[], &[OFF]), "told");
    at("into_told").connect().expect("SELECT mode FROM zdm.guard_state", &["enforce"]);
    assert_eq!(content(&at("into_told")), expected);

    at("into_warn").connect().run("SELECT zdm.set_guard('warn')");
    done(restore(&at("into_warn"), &file, &["--jobs=4"], &[]), "warn");
    at("into_warn").connect().expect("SELECT mode FROM zdm.guard_state", &["warn"]);
    assert_eq!(content(&at("into_warn")), expected);
}

/// pg_restore and psql wait for the table as they would without the guard, which limits others.
#[test]
fn a_restore_beside_live_sessions_waits_for_them() {
    let db = shared().database("beside");
    let mut s = db.connect();
    s.run("CREATE TABLE users AS SELECT g AS v FROM generate_series(1, 100) g; SELECT zdm.set_guard('warn')");
    s.run("ALTER DATABASE beside SET zdm.default_lock_timeout = '100ms'");
    let only = ["--clean", "--if-exists", "--table=users"];
    for (file, more) in [(dump(&db, "custom", &["--table=users"]), &only[..]), (dump(&db, "plain", &only), &[][..])] {
        let live = db.connect().background("BEGIN; SELECT v FROM users; SELECT pg_sleep(0.6); COMMIT");
        zdm_cluster_tests::until("it reads", || {
            s.value(&format!("SELECT EXISTS (SELECT FROM pg_locks WHERE pid = {} AND relation = 'users'::regclass)", live.pid))
        });
        refused(db.connect().attempt("ALTER TABLE users ADD COLUMN w int"), "55P03");
        done(restore(&db, &file, more, &[]), "beside");
        live.success().expect("SELECT count(*) FROM users", &["100"]);
    }
}

#[test]
fn a_copy_by_template_keeps_the_mode() {
    let cluster = shared();
    let source = cluster.database("template_source");
    source.connect().run("CREATE TABLE users AS SELECT 1 AS v; SELECT zdm.set_guard('enforce')");
    let copy = cluster.copy("template_copy", "template_source");
    refused(copy.connect().attempt("CREATE INDEX ON users (v)"), "ZDM01");
}

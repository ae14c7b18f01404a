//! A name that comes to mean another relation while the statement waits for its lock: the guard has judged the one, and the server takes the other.

use zdm_cluster_tests::{Database, Session, database, refused, until};

/// `name` is an empty table, of which nothing is a danger; `big` has rows. Both in each of two schemas on the path.
const TABLES: &str = "
    CREATE SCHEMA near; CREATE SCHEMA far;
    CREATE TABLE far.small (id int NOT NULL, v int); CREATE INDEX ON far.small (v);
    CREATE TABLE far.big (id int NOT NULL, v int); INSERT INTO far.big SELECT g, g FROM generate_series(1, 1000) g;
    CREATE INDEX big_v ON far.big (v); CREATE TABLE far.nothing_else (v int);
    CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'";

/// The table is given away, and the name with it.
const RENAME: &str =
    "ALTER TABLE far.small RENAME TO gone; ALTER TABLE far.big RENAME TO small; ALTER TABLE far.small_v_idx RENAME TO gone_v;
                      ALTER INDEX far.big_v RENAME TO small_v_idx";

/// A table of that name comes in a schema that is nearer.
const NEARER: &str = "ALTER TABLE far.big SET SCHEMA near; ALTER TABLE near.big RENAME TO small";

fn lab(name: &str, mode: &str) -> (Database<'static>, Session) {
    let db = database(name);
    let mut admin = db.connect();
    admin.run("SET zdm.guard_mode = off");
    admin.run(TABLES);
    admin.run(&format!("ALTER DATABASE {name} SET search_path = near, far, public; SELECT zdm.set_guard('{mode}', preload => true)"));
    (db, admin)
}

/// Runs it while the name changes hands; the session and the result.
fn meanwhile(db: &Database, sql: &str, swap: &str) -> (Session, Result<(), postgres::Error>) {
    let mut holder = db.connect();
    holder.run("SET zdm.guard_mode = off; BEGIN; LOCK TABLE far.small, far.big IN ACCESS EXCLUSIVE MODE");
    let mut s = db.connect();
    s.run("SET lock_timeout = '20s'");
    let waiting = s.background(sql);
    until("it waits", || holder.value(&format!("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = {})", waiting.pid)));
    holder.run(&format!("{swap}; COMMIT"));
    let (s, result, _) = waiting.outcome();
    (s, result)
}

/// What the statements below could do to the big table.
const STATE: &str = "
    SELECT c.oid, c.relfilenode, c.relhastriggers, (SELECT count(*) FROM far.big), (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid),
           (SELECT string_agg(relfilenode::text, ',' ORDER BY relfilenode) FROM pg_class i, pg_index x WHERE x.indrelid = c.oid AND i.oid = x.indexrelid),
           (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND attnotnull)
      FROM pg_class c WHERE c.oid = 'far.big'::regclass";

const STATEMENTS: [&str; 14] = [
    "TRUNCATE small",
    "TRUNCATE nothing_else, small",
    "CREATE INDEX ON small (id)",
    "CREATE UNIQUE INDEX ON far.small (v, id)",
    "REINDEX TABLE small",
    "REINDEX INDEX small_v_idx",
    "LOCK TABLE small IN SHARE MODE",
    "CLUSTER small USING small_v_idx",
    "ALTER TABLE small ALTER v SET NOT NULL",
    "ALTER TABLE small ADD CHECK (v > 0)",
    "ALTER TABLE small ADD UNIQUE (v)",
    "ALTER TABLE small RENAME TO other",
    "CREATE TRIGGER t BEFORE INSERT ON small FOR EACH ROW EXECUTE FUNCTION nothing()",
    "DROP TABLE small",
];

#[test]
fn a_statement_that_meets_another_table_is_taken_back() {
    let (db, mut admin) = lab("meant_swap", "enforce");
    for (swap, back) in [
        (
            RENAME,
            "ALTER INDEX far.small_v_idx RENAME TO big_v; ALTER INDEX far.gone_v RENAME TO small_v_idx;
             ALTER TABLE far.small RENAME TO big; ALTER TABLE far.gone RENAME TO small",
        ),
        (
            NEARER,
            "ALTER TABLE near.small SET SCHEMA far_aside; ALTER TABLE far_aside.small RENAME TO big; ALTER TABLE far_aside.big SET SCHEMA far",
        ),
    ] {
        admin.run("CREATE SCHEMA IF NOT EXISTS far_aside");
        let before = admin.rows(STATE);
        for sql in STATEMENTS {
            // what is named with its schema, or by an index that stays, does not change its meaning
            if swap == NEARER && (sql.contains("far.") || sql.contains("small_v_idx")) {
                continue;
            }
            for sql in [format!("BEGIN; {sql}"), format!("DO $$BEGIN {sql}; END$$")] {
                let (_, result) = meanwhile(&db, &sql, swap);
                let error = refused(result, "ZDM01");
                // what is dropped is known to the event that tells of it
                let expected = if sql.contains("DROP") { "zdm[drop-table]: drops table " } else { "is not the relation that this " };
                assert!(error.message().contains(expected), "{sql}: {}", error.message());
                admin.run(back);
                assert_eq!(admin.rows(STATE), before, "{sql}");
            }
        }
    }
    let (mut s, result) = meanwhile(&db, "TRUNCATE small", RENAME);
    let error = refused(result, "ZDM01");
    assert_eq!(
        error.message(),
        "zdm[not-analyzable]: cannot be judged: far.small is not the relation that this TRUNCATE TABLE was judged by\n  \
         lock: AccessExclusiveLock on far.small (blocks reads and writes)\n  advice: Run it again: it is judged anew.\n  \
         allow: SET LOCAL zdm.allow = 'not-analyzable:far.small (reason)'"
    );
    // Judged anew, by what the name means now.
    assert!(refused(s.attempt("TRUNCATE small"), "ZDM01").message().starts_with("zdm[truncate]: "));
    s.expect("SELECT count(*) FROM small", &["1000"]);
}

#[test]
fn it_is_only_warned_of_or_allowed_where_that_is_wanted() {
    let (db, mut admin) = lab("meant_warn", "warn");
    let (s, result) = meanwhile(&db, "CREATE INDEX ON small (id)", RENAME);
    assert!(result.is_ok(), "{result:?}");
    assert!(s.texts()[0].starts_with("WARNING: zdm[not-analyzable]: cannot be judged: far.small is not"), "{:?}", s.texts());
    admin.expect(
        "SELECT event, rule, object, command FROM zdm.audit WHERE event = 'warned'",
        &["warned|not-analyzable|far.small|CREATE INDEX"],
    );

    let (db, _admin) = lab("meant_allowed", "enforce");
    let (s, result) = meanwhile(&db, "SET zdm.allow = 'not-analyzable:far.small'; CREATE INDEX ON small (id)", RENAME);
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(s.texts(), Vec::<String>::new());
    let (db, _admin) = lab("meant_off", "enforce");
    let (_, result) = meanwhile(&db, "SET zdm.guard_mode = off; TRUNCATE small", RENAME);
    assert!(result.is_ok(), "{result:?}");
}

#[test]
fn who_waited_for_the_table_that_was_meant_is_let_pass() {
    let (db, _admin) = lab("meant_same", "enforce");
    let nothing = "SELECT 1";
    // what others rename is no concern of it, nor what it does itself
    let aside = "ALTER TABLE far.big RENAME TO other";
    for (sql, swap) in [
        ("TRUNCATE small", nothing),
        ("CREATE INDEX ON small (id)", aside),
        ("ALTER TABLE small RENAME TO moved; ALTER TABLE moved RENAME TO small", nothing),
        ("ALTER TABLE small SET SCHEMA near; ALTER TABLE near.small SET SCHEMA far", nothing),
        (
            "BEGIN; CREATE TABLE near.small (v int); ALTER TABLE small ADD w int; DROP TABLE small; ALTER TABLE small ADD w int; COMMIT",
            nothing,
        ),
        ("CREATE TABLE small_2 (LIKE small); DROP TABLE small; CREATE TABLE small (v int)", nothing),
    ] {
        let (_, result) = meanwhile(&db, sql, swap);
        assert!(result.is_ok(), "{sql}: {result:?}");
        if swap == aside {
            db.connect().run("SET zdm.guard_mode = off; ALTER TABLE far.other RENAME TO big");
        }
    }
}

/// Tables of the same name in several schemas, as with one schema for each customer, that statements reach without their being named.
#[test]
fn tables_of_the_same_name_elsewhere_are_no_mistake() {
    let (db, mut admin) = lab("meant_tenants", "warn");
    admin.run(
        "CREATE SCHEMA one; CREATE SCHEMA two; CREATE TABLE public.users (id int PRIMARY KEY, v int);
         CREATE TABLE one.users (id int PRIMARY KEY, v int, up int REFERENCES public.users); INSERT INTO public.users VALUES (1, 1);
         CREATE TABLE two.users () INHERITS (public.users); INSERT INTO one.users VALUES (1, 1, 1); INSERT INTO two.users VALUES (2, 2);
         CREATE TABLE public.events (id int, v int) PARTITION BY RANGE (id);
         CREATE TABLE one.events PARTITION OF public.events FOR VALUES FROM (0) TO (10);
         CREATE TABLE two.events (id int, v int); INSERT INTO public.events VALUES (1, 1); INSERT INTO two.events VALUES (11, 1);
         CREATE MATERIALIZED VIEW two.seen AS SELECT id FROM public.events; CREATE TYPE two.row AS (a int); CREATE TABLE one.row OF two.row",
    );
    let mut s = db.connect();
    s.run("SET search_path = public, two, one");
    for sql in [
        "TRUNCATE public.users CASCADE",
        "TRUNCATE one.users",
        "DROP TABLE public.users CASCADE",
        "DROP TABLE one.users CASCADE",
        "DROP SCHEMA one CASCADE",
        "DROP TYPE two.row CASCADE",
        "ALTER TYPE two.row ADD ATTRIBUTE b int CASCADE",
        "ALTER TABLE users ADD COLUMN w int",
        "ALTER TABLE users ALTER v TYPE bigint",
        "ALTER TABLE public.users DROP CONSTRAINT users_pkey CASCADE",
        "ALTER TABLE one.users DROP CONSTRAINT users_up_fkey",
        "ALTER TABLE two.users NO INHERIT public.users",
        "ALTER TABLE one.users ADD FOREIGN KEY (v) REFERENCES public.users",
        "ALTER TABLE events ATTACH PARTITION two.events FOR VALUES FROM (10) TO (20)",
        "ALTER TABLE events DETACH PARTITION one.events",
        "CREATE INDEX ON events (v)",
        "DROP TABLE events CASCADE",
        "REINDEX TABLE one.events",
        "CREATE TABLE two.other (LIKE users); ALTER TABLE two.other RENAME TO seen_2",
        "REFRESH MATERIALIZED VIEW two.seen",
        "ALTER TABLE two.events SET SCHEMA far; ALTER TABLE far.events RENAME TO users",
        "LOCK TABLE public.users, two.events",
    ] {
        s.run(&format!("BEGIN; {sql}; ROLLBACK"));
        assert!(!s.texts().iter().any(|text| text.contains("not-analyzable")), "{sql}: {:?}", s.texts());
        s.forget_notices();
    }
}

//! A job does what its caller may do, no more and no less; and the extension leaves nothing outside its schema.

use zdm_cluster_tests::{Cluster, Database, Job, Session, database, refused};

/// A plain role (one per database, as roles belong to the cluster) and its session.
fn plain_role(db: &Database, name: &str) -> Session {
    let mut admin = db.connect();
    admin.run(&format!("CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"));
    db.connect_as(name)
}

fn table(s: &mut Session) {
    s.run(
        "CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0, secret integer NOT NULL DEFAULT 0, who text);
         INSERT INTO t (id) SELECT generate_series(1, 50);",
    );
}

#[test]
fn a_plain_role_with_grants_on_its_table_needs_nothing_else() {
    let db = database("plain");
    let mut s = db.connect();
    table(&mut s);
    let mut user = plain_role(&db, "plain_user");
    s.run("GRANT SELECT (id, v), UPDATE (v, who) ON t TO plain_user");
    user.run("CALL zdm.backfill('t', 'v = v + 1', 'id > 0', batch => 10)");
    assert!(user.attempt_extended("CALL zdm.backfill('t', 'v = v + 1', batch => 10)").is_ok());
    user.run("CALL zdm.backfill('t', $$who = current_user || '/' || session_user$$, batch => 10)");
    s.expect("SELECT DISTINCT v, who FROM t", &["2|plain_user/plain_user"]);
    user.expect("SELECT state, rows_updated FROM zdm.progress", &["done|50"; 3]);
}

#[test]
fn what_the_caller_may_not_do_is_refused() {
    let db = database("denied");
    let mut s = db.connect();
    table(&mut s);
    let mut user = plain_role(&db, "denied_user");
    let mut denied = |grant: &str, arguments: &str| {
        s.run(&format!("REVOKE ALL ON t FROM denied_user; {grant}"));
        refused(user.attempt(&format!("CALL zdm.backfill('t', {arguments})")), "42501");
        s.expect("SELECT sum(v), sum(secret), count(DISTINCT xmin::text) FROM t", &["0|0|1"]);
        s.expect("SELECT count(*) FROM zdm.job", &["0"]);
    };
    denied("", "'v = 1'");
    denied("GRANT SELECT ON t TO denied_user", "'v = 1'");
    denied("GRANT UPDATE ON t TO denied_user", "'v = v + 1'");
    denied("GRANT SELECT, UPDATE (v) ON t TO denied_user", "'secret = 1'");
    denied("GRANT SELECT, UPDATE (v) ON t TO denied_user", "'v = 1, secret = 1'");
    denied("GRANT SELECT (id, v), UPDATE ON t TO denied_user", "'v = secret'");
    denied("GRANT SELECT (id, v), UPDATE ON t TO denied_user", "'v = 1', 'secret = 0'");
    denied("GRANT SELECT, UPDATE ON t TO denied_user; CREATE TABLE other (a integer)", "'v = (SELECT max(a) FROM other)'");
    denied(
        "GRANT SELECT, UPDATE ON t TO denied_user;
         CREATE FUNCTION secret() RETURNS integer LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION secret() FROM PUBLIC",
        "'v = secret()'",
    );
}

#[test]
fn a_right_that_is_taken_away_meanwhile_ends_the_job() {
    let db = database("revoked");
    let mut s = db.connect();
    table(&mut s);
    let user = plain_role(&db, "revoked_user");
    s.run("GRANT SELECT, UPDATE ON t TO revoked_user");
    let job = user.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '300 ms')");
    zdm_cluster_tests::until("the first batch is done", || s.value::<i64>("SELECT sum(v) FROM t") == 10);
    s.run("REVOKE UPDATE ON t FROM revoked_user");
    refused(job.outcome().1, "42501");
    s.expect("SELECT sum(v) FROM t", &["10"]);
    let job = Job::newest(&mut s).unwrap();
    assert_eq!((job.state.as_str(), job.updated), ("failed", 10), "{job:?}");
}

#[test]
fn jobs_are_written_by_the_procedures_only() {
    let db = database("job_tables");
    let mut s = db.connect();
    table(&mut s);
    let mut user = plain_role(&db, "jobs_user");
    let mut nosy = plain_role(&db, "jobs_nosy");
    s.run("GRANT SELECT, UPDATE ON t TO jobs_user");
    user.run("CALL zdm.backfill('t', 'v = v + 1')");
    let id = Job::newest(&mut user).unwrap().id;
    for sql in [
        "UPDATE zdm.job SET position = NULL",
        "DELETE FROM zdm.job",
        "TRUNCATE zdm.job CASCADE",
        "INSERT INTO zdm.job_part SELECT * FROM zdm.job_part",
        "DELETE FROM zdm.job_part",
        "SELECT * FROM zdm.job FOR UPDATE",
        "BEGIN; LOCK zdm.job",
        "CREATE TABLE zdm.mine (a integer)",
        "ALTER TABLE zdm.job OWNER TO jobs_user",
        "CREATE TRIGGER x BEFORE UPDATE ON zdm.job FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ] {
        refused(user.attempt(sql), "42501");
        user.run("ROLLBACK");
    }
    // Others see neither the job nor what it says.
    user.expect(&format!("SELECT id FROM zdm.job WHERE id = {id}"), &[&id.to_string()]);
    for table in ["zdm.job", "zdm.job_part", "zdm.progress"] {
        nosy.expect(&format!("SELECT count(*) FROM {table}"), &["0"]);
    }
    s.run("GRANT pg_monitor TO jobs_nosy");
    nosy.expect("SELECT count(*) FROM zdm.progress", &["1"]);
    // Whoever may become its owner is not asked to: the job would run the owner's code in that session.
    let hint = |session: &mut Session| {
        let error = refused(session.attempt(&format!("CALL zdm.run({id})")), "42501");
        error.hint().unwrap_or_default().to_owned()
    };
    assert_eq!(hint(&mut s), format!("Let jobs_user CALL zdm.run({id})."));
    s.run("REASSIGN OWNED BY jobs_user TO postgres; DROP OWNED BY jobs_user; DROP ROLE jobs_user");
    assert!(hint(&mut s).contains(&format!("DELETE FROM zdm.job WHERE id = {id}")), "came: {}", hint(&mut s));
    s.run(&format!("DELETE FROM zdm.job WHERE id = {id}"));
    s.expect("SELECT count(*) FROM zdm.job_part", &["0"]);
}

#[test]
fn code_that_a_batch_calls_has_the_caller_s_rights_too() {
    let db = database("trojan");
    let mut s = db.connect();
    let mut user = plain_role(&db, "trojan_user");
    s.run("CREATE TABLE seen (place text, who text); GRANT INSERT, SELECT ON seen TO PUBLIC; GRANT CREATE ON SCHEMA public TO trojan_user; GRANT CREATE ON DATABASE trojan TO trojan_user");
    // Whatever this role can bring into a batch: its trigger, its function, its operator, its type's input.
    user.run(
        "CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0);
         INSERT INTO t SELECT generate_series(1, 20);
         CREATE FUNCTION note(place text) RETURNS integer LANGUAGE plpgsql AS $$BEGIN
             INSERT INTO public.seen VALUES (place, current_user);
             BEGIN UPDATE zdm.job SET owner = 'postgres'::regrole; EXCEPTION WHEN insufficient_privilege THEN RETURN 1; END;
             RAISE EXCEPTION 'wrote to zdm.job in %', place;
         END$$;
         CREATE FUNCTION by_row() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM public.note(TG_NAME); RETURN NEW; END$$;
         CREATE TRIGGER before BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION by_row();
         CREATE TRIGGER after_row AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION by_row();
         CREATE TRIGGER statement AFTER UPDATE ON t FOR EACH STATEMENT EXECUTE FUNCTION by_row();
         CREATE CONSTRAINT TRIGGER deferred AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION by_row();
         CREATE FUNCTION plus(integer, integer) RETURNS integer LANGUAGE sql VOLATILE AS $$SELECT public.note('operator') + $1$$;
         CREATE OPERATOR public.@+ (LEFTARG = integer, RIGHTARG = integer, FUNCTION = plus);
         -- Would be found first by any name without a schema.
         CREATE SCHEMA trojan_user;
         CREATE FUNCTION trojan_user.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$SELECT public.note('clock')::text::timestamptz$$;
         CREATE FUNCTION trojan_user.count(bigint) RETURNS bigint LANGUAGE sql AS $$SELECT public.note('count')::bigint$$;
         CREATE FUNCTION trojan_user.text_eq(text, text) RETURNS boolean LANGUAGE sql AS $$SELECT public.note('eq') = 1$$;
         CREATE OPERATOR trojan_user.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trojan_user.text_eq);
         CREATE FUNCTION trojan_user.int_eq(bigint, bigint) RETURNS boolean LANGUAGE sql AS $$SELECT public.note('eq8') = 1$$;
         CREATE OPERATOR trojan_user.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = trojan_user.int_eq);
         CREATE OPERATOR trojan_user.+ (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = int8pl);
         CREATE TABLE trojan_user.job (id bigint, state text);
         SET search_path = trojan_user, public, pg_catalog;",
    );
    user.run("CALL zdm.backfill('t', 'v = public.note(''set'') @+ v', batch => 5)");
    s.expect("SELECT DISTINCT who FROM seen", &["trojan_user"]);
    s.expect("SELECT DISTINCT place FROM seen ORDER BY 1", &["after_row", "before", "deferred", "operator", "set", "statement"]);
    s.expect("SELECT owner, state, rows_updated FROM zdm.job", &["trojan_user|done|20"]);
    user.expect("SELECT current_user", &["trojan_user"]);
}

#[test]
fn row_security_is_an_error_rather_than_a_gap() {
    let db = database("rls");
    let mut s = db.connect();
    table(&mut s);
    let mut user = plain_role(&db, "rls_user");
    s.run(
        "GRANT SELECT, UPDATE ON t TO rls_user; ALTER TABLE t ENABLE ROW LEVEL SECURITY;
         CREATE POLICY half ON t USING (id % 2 = 0);",
    );
    let call = "CALL zdm.backfill('t', 'v = v + 1', batch => 10)";
    refused(user.attempt(call), "42501");
    s.expect("SELECT sum(v) FROM t", &["0"]);
    // Not even where the policy lets all rows pass: that is not for the job to guess.
    s.run("DROP POLICY half ON t; CREATE POLICY everything ON t USING (true)");
    refused(user.attempt(call), "42501");
    user.expect("SHOW row_security", &["on"]);

    // Whom the policies do not bind may.
    s.run("ALTER ROLE rls_user BYPASSRLS");
    user.run(call);
    s.run("ALTER ROLE rls_user NOBYPASSRLS; ALTER TABLE t OWNER TO rls_user");
    user.run(call);
    s.run("ALTER TABLE t FORCE ROW LEVEL SECURITY");
    refused(user.attempt(call), "42501");
    s.expect("SELECT min(v), max(v) FROM t", &["2|2"]);

    // Switched on between two batches.
    s.run("ALTER TABLE t NO FORCE ROW LEVEL SECURITY; ALTER TABLE t OWNER TO postgres; GRANT SELECT, UPDATE ON t TO rls_user");
    s.run("ALTER TABLE t DISABLE ROW LEVEL SECURITY; UPDATE t SET v = 0; DROP POLICY everything ON t; CREATE POLICY half ON t USING (id % 2 = 0)");
    let job = user.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '300 ms')");
    zdm_cluster_tests::until("the first batch is done", || s.value::<i64>("SELECT sum(v) FROM t") == 10);
    s.run("ALTER TABLE t ENABLE ROW LEVEL SECURITY");
    refused(job.outcome().1, "42501");
    s.expect("SELECT sum(v) FROM t", &["10"]);
}

#[test]
fn nothing_is_created_outside_the_schema() {
    let cluster = Cluster::start(&[]);
    let mut s = cluster.connect("postgres");
    // Everything that has a schema or is shared, by kind, without the schema zdm and what hangs on its objects.
    let outside = "
        SELECT 'class ' || n.nspname || '.' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE n.nspname NOT IN ('zdm', 'pg_toast')
        UNION ALL SELECT 'toast ' || relname FROM pg_class t WHERE relkind = 't' AND NOT EXISTS
              (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.reltoastrelid = t.oid AND n.nspname = 'zdm')
        UNION ALL SELECT 'proc ' || n.nspname || '.' || proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE n.nspname <> 'zdm'
        UNION ALL SELECT 'type ' || n.nspname || '.' || typname FROM pg_type JOIN pg_namespace n ON n.oid = typnamespace WHERE n.nspname <> 'zdm'
        UNION ALL SELECT 'operator ' || n.nspname || '.' || oprname FROM pg_operator JOIN pg_namespace n ON n.oid = oprnamespace WHERE n.nspname <> 'zdm'
        UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname <> 'zdm'
        UNION ALL SELECT 'cast ' || oid FROM pg_cast
        UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid JOIN pg_namespace n ON n.oid = relnamespace WHERE n.nspname <> 'zdm'
        UNION ALL SELECT 'statistics ' || stxname FROM pg_statistic_ext
        UNION ALL SELECT 'role ' || rolname FROM pg_roles
        UNION ALL SELECT 'default acl ' || oid FROM pg_default_acl
        UNION ALL SELECT 'lock ' || locktype || mode FROM pg_locks WHERE pid <> pg_backend_pid()
        ORDER BY 1";
    s.run("CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0); INSERT INTO t SELECT generate_series(1, 50)");
    let before = s.rows(outside);
    s.run("CREATE EXTENSION pg_zdm");
    assert_same(&before, &s.rows(outside), "after CREATE EXTENSION");
    s.run("CALL zdm.backfill('t', 'v = v + 1', batch => 10)");
    assert_same(&before, &s.rows(outside), "after a job");
    refused(s.attempt("CALL zdm.backfill('t', 'v = 1 / (id - 25)', batch => 10)"), "22012");
    assert_same(&before, &s.rows(outside), "after a job that failed");
    s.run("DROP EXTENSION pg_zdm");
    assert_same(&before, &s.rows(outside), "after DROP EXTENSION");
    s.expect("SELECT count(*) FROM pg_namespace WHERE nspname = 'zdm'", &["0"]);
}

fn assert_same(before: &[String], after: &[String], when: &str) {
    let new: Vec<_> = after.iter().filter(|object| !before.contains(object)).collect();
    let gone: Vec<_> = before.iter().filter(|object| !after.contains(object)).collect();
    assert!(new.is_empty() && gone.is_empty(), "{when}: expected no change outside zdm, came new: {new:?}, gone: {gone:?}");
}

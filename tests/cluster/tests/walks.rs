//! How tables are walked: by any key that a btree orders, by blocks where there is none, and partitions one by one. Every walk uses
//! `v = v + 1` where it may, so that a row that is met twice shows.

use zdm_cluster_tests::{Job, Session, database, shared};

/// Runs a job in small batches and looks at every row.
fn walk_and_check(s: &mut Session, table: &str, walk: &str) {
    let rows: i64 = s.value(&format!("SELECT count(*) FROM {table}"));
    s.run(&format!("CALL zdm.backfill('{table}', 'v = v + 1', batch => 3)"));
    s.expect(&format!("SELECT count(*) FILTER (WHERE v = 1), count(*) FROM {table}"), &[&format!("{rows}|{rows}")]);
    let job = Job::newest(s).unwrap();
    assert_eq!((job.state.as_str(), job.updated), ("done", rows), "{table}: {job:?}");
    s.expect(&format!("SELECT DISTINCT walk FROM zdm.job_part WHERE job = {}", job.id), &[walk]);
}

#[test]
fn every_btree_type_can_be_a_key() {
    let db = database("types");
    let mut s = db.connect();
    // A position must survive being written down, whatever the session's taste in output.
    s.run("SET extra_float_digits = -15; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'escape'");
    s.run("SET TimeZone = 'America/New_York'; SET xmloption = 'document'");
    s.run("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE TYPE pair AS (a integer, b text); CREATE DOMAIN word AS text CHECK (length(VALUE) < 9)");
    let kinds = [
        ("bigint", "n * 7919 % 1009 - 500"),
        ("smallint", "n - 10"),
        ("integer", "(n - 10) * 100000000"),
        ("numeric", "(n - 10) / 7::numeric * 10 ^ 30"),
        ("numeric", "CASE n WHEN 1 THEN 'NaN' WHEN 2 THEN 'Infinity' WHEN 3 THEN '-Infinity' ELSE n / 3.0 END::numeric"),
        ("float8", "1 + n * 1e-15"),
        ("float8", "CASE n WHEN 1 THEN 'NaN' WHEN 2 THEN 'Infinity' WHEN 3 THEN '-Infinity' WHEN 4 THEN 5e-324 ELSE n / 3.0 END::float8"),
        ("float4", "(1 + n * 1.2e-7)::float4"),
        ("uuid", "md5(n::text)::uuid"),
        ("text", "chr(33 + n) || md5(n::text)"),
        (
            "text",
            "CASE n WHEN 1 THEN '' WHEN 2 THEN ' ' WHEN 3 THEN E'\\\\' WHEN 4 THEN '''' WHEN 5 THEN '\"' WHEN 6 THEN 'NULL' WHEN 7 THEN '{}' WHEN 8 THEN E'\\n' ELSE n || 'é,💧' END",
        ),
        ("text COLLATE \"C\"", "CASE WHEN n % 2 = 0 THEN 'a' ELSE 'B' END || n"),
        ("varchar(20)", "'x' || n"),
        ("char(8)", "'x' || n"),
        ("\"char\"", "chr(60 + n)::\"char\""),
        ("name", "'n' || n"),
        ("bytea", "decode(md5(n::text), 'hex')"),
        ("boolean", "n = 1"),
        ("date", "date '2024-01-20' + n * 5"),
        ("date", "CASE n WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' WHEN 3 THEN '0044-03-15 BC' ELSE '2024-01-01'::date + n END::date"),
        ("timestamp", "timestamp '2024-01-01 00:00:00.000001' + n * interval '1 microsecond'"),
        // Twice 01:30 in New York.
        ("timestamptz", "timestamptz '2024-11-03 04:30:00+00' + n * interval '10 minutes'"),
        ("timestamptz(3)", "CASE n WHEN 1 THEN 'infinity' ELSE now() + n * interval '1 month' END::timestamptz"),
        ("time", "time '00:00' + n * interval '1 second'"),
        ("timetz", "timetz '00:00+02' + n * interval '1 second'"),
        ("interval", "n * interval '1 month 2 days 3.000001 seconds'"),
        ("inet", "inet '10.0.0.0/8' + n"),
        ("macaddr", "('08:00:2b:01:02:' || lpad(to_hex(n), 2, '0'))::macaddr"),
        ("bit varying", "(n::bit(8))"),
        ("oid", "(4294967295 - n)::oid"),
        ("mood", "(enum_range(NULL::mood))[n]"),
        ("word", "'w' || n"),
        ("pair", "ROW(n / 3, 'x' || n)::pair"),
        ("integer[]", "ARRAY[n / 4, n]"),
        ("text[]", "ARRAY[NULL, '', 'NULL', n::text]"),
        ("int4range", "int4range(n / 4, n + 10)"),
        ("int4multirange", "int4multirange(int4range(n / 4, n + 10))"),
        ("jsonb", "jsonb_build_object('a', n)"),
        ("tsvector", "to_tsvector('simple', 'w' || n)"),
        ("pg_lsn", "('0/' || to_hex(n))::pg_lsn"),
        ("xid8", "n::text::xid8"),
    ];
    for (number, (kind, value)) in kinds.into_iter().enumerate() {
        let (table, last) = (
            format!("k{number}"),
            match kind {
                "boolean" => 2,
                "mood" => 3,
                _ => 20,
            },
        );
        s.run(&format!(
            "CREATE TABLE {table} (k {kind} PRIMARY KEY, v integer NOT NULL DEFAULT 0); INSERT INTO {table} SELECT {value} FROM generate_series(1, {last}) n"
        ));
        println!("{kind}: {value}");
        walk_and_check(&mut s, &table, "key");
    }
    s.expect("SHOW extra_float_digits", &["-15"]);
    s.expect("SHOW DateStyle", &["SQL, DMY"]);
}

#[test]
fn keys_of_several_columns() {
    let db = database("pairs");
    let mut s = db.connect();
    for (number, (columns, key, values)) in [
        ("a integer, b text", "a, b", "n / 7, md5(n::text)"),
        ("b text, a integer", "a, b", "md5(n::text), n / 7"),
        ("a uuid, b bigint, c date", "a, b, c", "md5((n / 10)::text)::uuid, n / 3, date '2024-01-01' + n"),
        ("a timestamptz, b text COLLATE \"C\", c boolean", "b, a, c", "now(), (n / 2)::text, n % 2 = 0"),
        ("a integer, b integer, c integer, d integer", "d, c, b, a", "n, n / 2, n / 4, n / 8"),
        ("\"A a\" integer, \"b\"\"b\" text", "\"A a\", \"b\"\"b\"", "n / 5, n::text"),
    ]
    .into_iter()
    .enumerate()
    {
        let table = format!("p{number}");
        s.run(&format!(
            "CREATE TABLE {table} ({columns}, v integer NOT NULL DEFAULT 0, PRIMARY KEY ({key})); INSERT INTO {table} SELECT {values} FROM generate_series(1, 50) n"
        ));
        walk_and_check(&mut s, &table, "key");
    }
}

#[test]
fn a_unique_not_null_index_will_do() {
    let db = database("unique_index");
    let mut s = db.connect();
    for (number, index) in
        ["(k)", "(k DESC)", "(k, w)", "(k) INCLUDE (w)", "(k DESC, w DESC)", "(k NULLS FIRST)", "(k DESC NULLS LAST, w DESC NULLS LAST)"]
            .into_iter()
            .enumerate()
    {
        let table = format!("u{number}");
        s.run(&format!(
            "CREATE TABLE {table} (k integer NOT NULL, w text NOT NULL, v integer NOT NULL DEFAULT 0);
             CREATE UNIQUE INDEX ON {table} {index};
             INSERT INTO {table} SELECT n, md5(n::text) FROM generate_series(1, 30) n"
        ));
        walk_and_check(&mut s, &table, "key");
    }
    // Columns of different directions are not a range of the index; right all the same, or refused, but never wrong.
    s.run(
        "CREATE TABLE mixed (k integer NOT NULL, w text NOT NULL, v integer NOT NULL DEFAULT 0);
         CREATE UNIQUE INDEX ON mixed (k DESC, w);
         INSERT INTO mixed SELECT n / 5, md5(n::text) FROM generate_series(1, 30) n",
    );
    match s.attempt("CALL zdm.backfill('mixed', 'v = v + 1', batch => 3)") {
        Ok(()) => s.expect("SELECT min(v), max(v) FROM mixed", &["1|1"]),
        Err(_) => s.expect("SELECT max(v) FROM mixed", &["0"]),
    }
}

#[test]
fn an_index_with_nulls_at_its_other_end_is_walked_in_its_order() {
    let db = database("nulls_end");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t (k integer NOT NULL, v integer NOT NULL DEFAULT 0);
         INSERT INTO t SELECT generate_series(1, 20000); CREATE UNIQUE INDEX t_k ON t (k DESC NULLS LAST); ANALYZE t",
    );
    s.run("CALL zdm.backfill('t', 'v = v + 1', batch => 20)");
    s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
    s.run("SELECT pg_stat_force_next_flush()");
    // Were the rest of the table sorted for each batch, it would be read a thousand times.
    s.expect("SELECT seq_scan < 10 FROM pg_stat_user_tables WHERE relname = 't'", &["t"]);
}

#[test]
fn indexes_that_do_not_tell_rows_apart_are_not_used() {
    let db = database("bad_indexes");
    let mut s = db.connect();
    for (number, index) in [
        "CREATE UNIQUE INDEX ON {t} (k) WHERE k > 5",
        "CREATE UNIQUE INDEX ON {t} ((k + 0))",
        "CREATE UNIQUE INDEX ON {t} (nullable)",
        "CREATE UNIQUE INDEX ON {t} (k, nullable)",
        "CREATE INDEX ON {t} (k)",
        "CREATE INDEX ON {t} USING hash (k)",
        "CREATE UNIQUE INDEX i ON {t} (k); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass",
    ]
    .into_iter()
    .enumerate()
    {
        let table = format!("b{number}");
        s.run(&format!(
            "CREATE TABLE {table} (k integer NOT NULL, nullable integer, v integer NOT NULL DEFAULT 0, x integer);
             INSERT INTO {table} (k) SELECT generate_series(1, 30)"
        ));
        s.run(&index.replace("{t}", &table));
        zdm_cluster_tests::refused(s.attempt(&format!("CALL zdm.backfill('{table}', 'v = v + 1')")), "55000");
        s.run(&format!("CALL zdm.backfill('{table}', 'x = 1', 'x IS NULL', 3)"));
        s.expect(&format!("SELECT min(x), max(x), max(v) FROM {table}"), &["1|1|0"]);
        s.expect("SELECT walk FROM zdm.job_part ORDER BY job DESC LIMIT 1", &["block"]);
    }
}

#[test]
fn an_index_of_another_collation_is_no_trap() {
    let db = database("collations");
    let mut s = db.connect();
    // For such a column 'a' and 'A' are the same, for an index in "C" they are not.
    if s.attempt("CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)").is_err() {
        println!("this server has no ICU: nothing to test");
        return;
    }
    s.run(
        "CREATE TABLE t (k text COLLATE no_case NOT NULL, v integer NOT NULL DEFAULT 0, x integer);
         CREATE UNIQUE INDEX ON t (k COLLATE \"C\");
         INSERT INTO t (k) SELECT c || n FROM generate_series(1, 20) n, unnest('{a,A,b,B}'::text[]) c;",
    );
    match s.attempt("CALL zdm.backfill('t', 'v = v + 1', batch => 1)") {
        Ok(()) => s.expect("SELECT min(v), max(v) FROM t", &["1|1"]),
        Err(_) => s.expect("SELECT max(v) FROM t", &["0"]),
    }
    // A primary key under such a collation, and under one that orders unlike bytes.
    s.run("CREATE TABLE p (k text COLLATE no_case PRIMARY KEY, v integer NOT NULL DEFAULT 0); INSERT INTO p SELECT 'Key' || n FROM generate_series(1, 30) n");
    walk_and_check(&mut s, "p", "key");
    s.run(
        "CREATE TABLE q (k text COLLATE \"und-x-icu\" PRIMARY KEY, v integer NOT NULL DEFAULT 0);
         INSERT INTO q SELECT c || n FROM generate_series(1, 9) n, unnest('{a,A,b,B,ä,Ä,z,-,_}'::text[]) c",
    );
    walk_and_check(&mut s, "q", "key");
}

#[test]
fn partitions_are_walked_leaf_by_leaf() {
    let db = database("partitions");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE p (id integer, region text, v integer NOT NULL DEFAULT 0, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
         CREATE TABLE p_a PARTITION OF p FOR VALUES IN ('a');
         CREATE TABLE p_b PARTITION OF p FOR VALUES IN ('b') PARTITION BY RANGE (id);
         CREATE TABLE p_b_1 PARTITION OF p_b FOR VALUES FROM (0) TO (50) PARTITION BY HASH (id);
         CREATE TABLE p_b_1_0 PARTITION OF p_b_1 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
         CREATE TABLE p_b_1_1 PARTITION OF p_b_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
         CREATE TABLE p_b_2 PARTITION OF p_b DEFAULT;
         CREATE TABLE p_empty PARTITION OF p FOR VALUES IN ('e');
         -- Of other physical layout: a dropped column, and the columns in another order.
         CREATE TABLE p_c (gone integer, v integer NOT NULL DEFAULT 0, region text NOT NULL, id integer NOT NULL, PRIMARY KEY (id, region));
         ALTER TABLE p_c DROP COLUMN gone;
         ALTER TABLE p ATTACH PARTITION p_c DEFAULT;
         INSERT INTO p SELECT n, r FROM generate_series(0, 99) n, unnest('{a,b,c}'::text[]) r;",
    );
    walk_and_check(&mut s, "p", "key");
    s.expect("SELECT relation FROM zdm.job_part ORDER BY relation::text", &["p_a", "p_b_1_0", "p_b_1_1", "p_b_2", "p_c", "p_empty"]);
    // A subtree, and a single leaf.
    s.run("CALL zdm.backfill('p_b', 'v = p_b.v + 1', batch => 7)");
    s.run("CALL zdm.backfill('p_b_2', 'v = v + 1', batch => 7)");
    s.expect(
        "SELECT tableoid::regclass, min(v), max(v) FROM p GROUP BY 1 ORDER BY tableoid::regclass::text",
        &["p_a|1|1", "p_b_1_0|2|2", "p_b_1_1|2|2", "p_b_2|3|3", "p_c|1|1"],
    );
    // The partition key is not for changing.
    zdm_cluster_tests::refused(s.attempt("CALL zdm.backfill('p', 'region = region')"), "0A000");
}

#[test]
fn partitions_without_a_key_are_walked_by_blocks_or_refused() {
    let db = database("parts_no_key");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE p (id integer, x integer, v integer NOT NULL DEFAULT 0) PARTITION BY RANGE (id);
         CREATE TABLE p_1 PARTITION OF p (PRIMARY KEY (id)) FOR VALUES FROM (0) TO (100);
         CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM (100) TO (200);
         INSERT INTO p SELECT generate_series(0, 199);",
    );
    zdm_cluster_tests::refused(s.attempt("CALL zdm.backfill('p', 'v = v + 1')"), "55000");
    s.expect("SELECT max(v) FROM p", &["0"]);
    s.run("CALL zdm.backfill('p', 'x = 1', 'x IS NULL', 7)");
    s.expect("SELECT min(x), max(x), count(*) FROM p", &["1|1|200"]);
    s.expect("SELECT relation, walk FROM zdm.job_part ORDER BY part", &["p_1|key", "p_2|block"]);
}

#[test]
fn rows_of_inheriting_tables_are_not_lost_silently() {
    let db = database("inheritance");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE parent (id integer PRIMARY KEY, v integer NOT NULL DEFAULT 0);
         CREATE TABLE child (extra integer, PRIMARY KEY (id)) INHERITS (parent);
         INSERT INTO parent SELECT generate_series(1, 20);
         INSERT INTO child SELECT generate_series(1, 20);",
    );
    // Either all rows that UPDATE parent would have changed, or a refusal that says so.
    match s.attempt("CALL zdm.backfill('parent', 'v = v + 1', batch => 3)") {
        Ok(()) => s.expect("SELECT min(v), max(v), count(*) FROM parent", &["1|1|40"]),
        Err(_) => s.expect("SELECT max(v) FROM parent", &["0"]),
    }
    s.run("CALL zdm.backfill('child', 'v = v + 1', batch => 3)");
}

#[test]
fn tables_with_awkward_names_and_columns() {
    let db = database("names");
    let mut s = db.connect();
    s.run(
        r#"CREATE SCHEMA "Sch""ema";
           CREATE TABLE "Sch""ema"."select; drop" ("from" integer PRIMARY KEY, v integer NOT NULL DEFAULT 0, "zdm batch" integer, "zdm found" integer);
           INSERT INTO "Sch""ema"."select; drop" SELECT generate_series(1, 20);
           CREATE TABLE "name of sixty-three bytes: éééééééééééééééééé" ("$1" integer PRIMARY KEY, v integer NOT NULL DEFAULT 0);
           INSERT INTO "name of sixty-three bytes: éééééééééééééééééé" SELECT generate_series(1, 20);"#,
    );
    walk_and_check(&mut s, r#""Sch""ema"."select; drop""#, "key");
    walk_and_check(&mut s, r#""name of sixty-three bytes: éééééééééééééééééé""#, "key");
    // No schema of the table is on the path of a caller who names it by its OID.
    s.run("SET search_path = ''");
    let oid: i64 = s.value(r#"SELECT '"Sch""ema"."select; drop"'::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int8"#);
    s.run(&format!("CALL zdm.backfill({oid}::pg_catalog.oid, 'v = v + 1', batch => 3)"));
    s.expect(r#"SELECT pg_catalog.min(v), pg_catalog.max(v) FROM "Sch""ema"."select; drop""#, &["2|2"]);
}

#[test]
fn keys_of_types_from_extensions() {
    let db = database("extension_types");
    let mut s = db.connect();
    if s.attempt("CREATE EXTENSION citext").is_err() {
        println!("this server has no citext: nothing to test");
        return;
    }
    // Its operators are in the schema public, those of integer in pg_catalog: a row comparison cannot name both.
    for (table, key) in [("one", "k"), ("two", "k, n"), ("three", "n, k")] {
        s.run(&format!(
            "CREATE TABLE {table} (k citext, n integer, v integer NOT NULL DEFAULT 0, PRIMARY KEY ({key}));
             INSERT INTO {table} SELECT CASE n % 2 WHEN 0 THEN 'a' ELSE 'B' END || n, n / 3 FROM generate_series(1, 30) n"
        ));
    }
    walk_and_check(&mut s, "one", "key");
    for table in ["two", "three"] {
        let error = zdm_cluster_tests::refused(s.attempt(&format!("CALL zdm.backfill('{table}', 'v = v + 1')")), "55000");
        let hint = error.hint().unwrap_or_default();
        assert!(hint.contains("one schema"), "expected the hint to say what a key needs, came: {hint}");
        s.expect(&format!("SELECT max(v) FROM {table}"), &["0"]);
    }
}

#[test]
fn other_encodings() {
    let db = shared().database_with("latin1", "ENCODING LATIN1 LOCALE 'C' TEMPLATE template0");
    let mut s = db.connect();
    s.run(
        r#"CREATE TABLE "tablé" ("clé" text PRIMARY KEY, v integer NOT NULL DEFAULT 0, "naïf" text);
           INSERT INTO "tablé" SELECT 'ÿ' || n FROM generate_series(1, 30) n;"#,
    );
    walk_and_check(&mut s, r#""tablé""#, "key");
    s.run(r#"CALL zdm.backfill('"tablé"', $$"naïf" = 'é' || "clé"$$, $$"naïf" IS DISTINCT FROM 'ü'$$)"#);
    s.expect(r#"SELECT DISTINCT left("naïf", 2) FROM "tablé""#, &["éÿ"]);
}

#[test]
fn bytes_that_are_no_text() {
    let db = shared().database_with("ascii", "ENCODING SQL_ASCII LOCALE 'C' TEMPLATE template0");
    let mut s = db.connect();
    // In such a database any byte may be part of a text. Right, or refused; never a row lost, or a value that is not what was said.
    s.run(
        r"CREATE TABLE t (k text PRIMARY KEY, v integer NOT NULL DEFAULT 0, x bytea);
          INSERT INTO t SELECT CASE n % 3 WHEN 0 THEN E'\xf5\xff' WHEN 1 THEN E'\xc3' ELSE '' END || n FROM generate_series(1, 30) n",
    );
    match s.attempt("CALL zdm.backfill('t', 'v = v + 1', batch => 3)") {
        Ok(()) => s.expect("SELECT min(v), max(v) FROM t", &["1|1"]),
        Err(_) => s.expect("SELECT count(*) FROM t WHERE v > 1", &["0"]),
    }
    // This client cannot send such bytes, so the server puts the call together.
    let fragment = r"E'x = convert_to(''\xe9\xff'', ''SQL_ASCII'')'";
    match s.attempt(&format!("DO $do$BEGIN EXECUTE format('CALL zdm.backfill(%L, %L, batch => 3)', 't', {fragment}); END$do$")) {
        Ok(()) => s.expect("SELECT DISTINCT encode(x, 'hex') FROM t", &["e9ff"]),
        Err(_) => s.expect("SELECT count(x) FROM t", &["0"]),
    }
}

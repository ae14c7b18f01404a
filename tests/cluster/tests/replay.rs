//! The replay of migrations counts what it should.

use std::path::{Path, PathBuf};

use zdm_cluster_tests::history::files;
use zdm_cluster_tests::replay::replay;
use zdm_cluster_tests::shared;

const FIRST: &str = "\\set ON_ERROR_STOP on
BEGIN;
CREATE SCHEMA app;
SET LOCAL search_path = app;
CREATE TABLE users (id bigint PRIMARY KEY, email text);
COPY users FROM stdin;
1\tann@example.org
2\tbob@example.org
\\.
COMMIT;
CREATE INDEX CONCURRENTLY users_email ON app.users (email);
ALTER TABLE app.users ALTER COLUMN id TYPE numeric;
";

const SECOND: &str = "ALTER TABLE app.users OWNER TO nobody_we_know;
SELEC 1;
DO $$BEGIN EXECUTE 'ALTER TABLE app.users ADD COLUMN seen timestamptz DEFAULT clock_timestamp()'; END$$;
DO $$BEGIN EXECUTE (SELECT 'ALTER TABLE app.users ADD COLUMN z int' FROM app.users LIMIT 1); END$$;
";

/// What blocks read, of a table with rows and of one without; and a part that takes it all back.
const READS: &str = "-- +goose Up
CREATE TABLE bare (id int, note text);
INSERT INTO bare SELECT i, 'x' FROM generate_series(1, 400) i;
CREATE TABLE none (id int PRIMARY KEY, note text);
CREATE TABLE keyed (id int PRIMARY KEY, note text);
INSERT INTO keyed SELECT i, 'x' FROM generate_series(1, 400) i;
DO $$DECLARE n bigint; BEGIN SELECT count(*) INTO n FROM bare; ALTER TABLE bare ADD COLUMN a int; END$$;
DO $$BEGIN IF EXISTS (SELECT FROM bare WHERE note = 'y') THEN RAISE EXCEPTION 'no'; END IF; ALTER TABLE bare ADD COLUMN b int; END$$;
DO $$BEGIN IF EXISTS (SELECT FROM none WHERE note = 'y') THEN RAISE EXCEPTION 'no'; END IF; ALTER TABLE none ADD COLUMN b int; END$$;
DO $$BEGIN DELETE FROM keyed WHERE note = 'y'; ALTER TABLE keyed ADD COLUMN a int; END$$;
DO $$DECLARE t text; n bigint; BEGIN FOREACH t IN ARRAY ARRAY['bare', 'keyed'] LOOP
    EXECUTE format('SELECT count(*) FROM %I', t) INTO n; EXECUTE format('ALTER TABLE %I ADD COLUMN z int', t); END LOOP; END$$;
-- +goose Down
DROP TABLE bare;
DROP TABLE none;
";

#[test]
fn what_blocks_read_is_told() {
    let file = std::env::temp_dir().join(format!("zdm-reads-{}.sql", std::process::id()));
    std::fs::write(&file, READS).expect("a file in /tmp");
    let count = replay(shared(), "replay_reads", std::slice::from_ref(&file));
    std::fs::remove_file(&file).expect("our file");
    assert_eq!((count.ran, count.exact, count.refused), (10, 10, 0), "{count:#?}");
}

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("zdm-replay-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("later")).expect("a folder in /tmp");
    std::fs::write(folder.join("1.sql"), FIRST).expect("a file in /tmp");
    std::fs::write(folder.join("later/2.sql"), SECOND).expect("a file in /tmp");
    std::fs::write(folder.join("later/2.down.sql"), "DROP TABLE app.users;").expect("a file in /tmp");
    std::fs::write(folder.join("later/2.up.sql"), "SELECT 1;").expect("a file in /tmp");
    std::fs::write(folder.join("notes.txt"), "no SQL").expect("a file in /tmp");
    folder
}

#[test]
fn statements_are_compared_one_by_one() {
    let folder = folder();
    let found = files(&folder);
    assert_eq!(
        found.iter().map(|file| file.file_name()).collect::<Vec<_>>(),
        [Path::new("1.sql").file_name(), Path::new("2.sql").file_name(), Path::new("2.up.sql").file_name()]
    );
    let count = replay(shared(), "replay_test", &found);
    std::fs::remove_dir_all(&folder).expect("our folder");
    assert_eq!((count.ran, count.exact, count.wrong), (9, 8, 0), "{count:#?}");
    assert_eq!((count.unknown, count.refused, count.false_danger), (1, 2, 0), "{count:#?}");
    assert!(count.notes.iter().any(|note| note.contains("2.sql:4: DO")), "{count:#?}");
}

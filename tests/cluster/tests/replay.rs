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

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("zdm-replay-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("later")).expect("a folder in /tmp");
    std::fs::write(folder.join("1.sql"), FIRST).expect("a file in /tmp");
    std::fs::write(folder.join("later/2.sql"), SECOND).expect("a file in /tmp");
    std::fs::write(folder.join("notes.txt"), "no SQL").expect("a file in /tmp");
    folder
}

#[test]
fn statements_are_compared_one_by_one() {
    let folder = folder();
    let found = files(&folder);
    assert_eq!(
        found.iter().map(|file| file.file_name()).collect::<Vec<_>>(),
        [Path::new("1.sql").file_name(), Path::new("2.sql").file_name()]
    );
    let count = replay(shared(), "replay_test", &found);
    std::fs::remove_dir_all(&folder).expect("our folder");
    assert_eq!((count.ran, count.exact, count.wrong), (8, 7, 0), "{count:#?}");
    assert_eq!((count.unknown, count.refused, count.false_danger), (1, 2, 0), "{count:#?}");
    assert!(count.notes.iter().any(|note| note.contains("2.sql:4: DO")), "{count:#?}");
}

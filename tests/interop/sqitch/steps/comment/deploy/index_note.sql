-- Deploy interop:index_note to pg

BEGIN;

/* zdm:allow create-index-not-concurrent OPS-1 */
CREATE INDEX users_note_index ON users (note);

COMMIT;

-- Revert interop:index_note from pg

BEGIN;

DROP INDEX users_note_index;

COMMIT;

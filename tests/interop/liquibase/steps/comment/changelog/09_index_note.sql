--liquibase formatted sql

--changeset interop:09 stripComments:false
/* zdm:allow create-index-not-concurrent OPS-1 */
CREATE INDEX users_note_index ON users (note);
--rollback DROP INDEX users_note_index;

exports.up = (knex) => knex.raw('/* zdm:allow create-index-not-concurrent OPS-1 */ CREATE INDEX users_note_index ON users (note)');

exports.down = (knex) => knex.raw('DROP INDEX users_note_index');

exports.up = (pgm) => pgm.sql('/* zdm:allow create-index-not-concurrent OPS-1 */ CREATE INDEX users_note_index ON users (note)');

exports.down = (pgm) => pgm.dropIndex('users', 'note');

exports.up = (pgm) => pgm.createIndex('users', 'email');

exports.down = (pgm) => pgm.dropIndex('users', 'email');

exports.up = (pgm) => pgm.createIndex('users', 'city');

exports.down = (pgm) => pgm.dropIndex('users', 'city');

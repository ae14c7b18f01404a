exports.up = (pgm) => pgm.createIndex('users', 'country');

exports.down = (pgm) => pgm.dropIndex('users', 'country');

exports.up = (pgm) => pgm.addColumns('users', { city: 'text' });

exports.down = (pgm) => pgm.dropColumns('users', ['city']);

exports.up = (pgm) => pgm.addColumns('users', { country: 'text' });

exports.down = (pgm) => pgm.dropColumns('users', ['country']);

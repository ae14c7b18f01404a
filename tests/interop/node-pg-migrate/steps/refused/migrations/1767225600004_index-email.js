export const up = (pgm) => pgm.createIndex('users', 'email');

export const down = (pgm) => pgm.dropIndex('users', 'email');

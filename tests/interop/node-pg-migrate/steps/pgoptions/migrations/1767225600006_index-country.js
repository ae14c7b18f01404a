export const up = (pgm) => pgm.createIndex('users', 'country');

export const down = (pgm) => pgm.dropIndex('users', 'country');

export const up = (pgm) => pgm.createIndex('users', 'city');

export const down = (pgm) => pgm.dropIndex('users', 'city');

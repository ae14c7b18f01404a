export const up = (pgm) => pgm.addColumns('users', { country: 'text' });

export const down = (pgm) => pgm.dropColumns('users', ['country']);

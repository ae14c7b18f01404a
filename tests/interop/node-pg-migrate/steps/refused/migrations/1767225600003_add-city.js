export const up = (pgm) => pgm.addColumns('users', { city: 'text' });

export const down = (pgm) => pgm.dropColumns('users', ['city']);

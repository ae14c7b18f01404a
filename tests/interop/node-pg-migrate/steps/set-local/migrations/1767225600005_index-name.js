export const up = (pgm) => {
  pgm.sql("SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users (OPS-1)'");
  pgm.createIndex('users', 'name');
};

export const down = (pgm) => pgm.dropIndex('users', 'name');

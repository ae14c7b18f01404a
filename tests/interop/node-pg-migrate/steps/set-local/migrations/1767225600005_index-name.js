exports.up = (pgm) => {
  pgm.sql("SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users (OPS-1)'");
  pgm.createIndex('users', 'name');
};

exports.down = (pgm) => pgm.dropIndex('users', 'name');

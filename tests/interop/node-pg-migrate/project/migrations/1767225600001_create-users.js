exports.up = (pgm) => {
  pgm.createTable('users', {
    id: 'id',
    email: 'text',
    name: 'text',
    note: 'text',
    created_at: { type: 'timestamptz', default: pgm.func('now()') },
  });
  pgm.createIndex('users', 'created_at');
};

exports.down = (pgm) => pgm.dropTable('users');

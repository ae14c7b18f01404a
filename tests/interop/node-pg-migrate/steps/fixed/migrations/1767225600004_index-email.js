exports.up = (pgm) => {
  pgm.noTransaction();
  pgm.createIndex('users', 'email', { concurrently: true });
};

exports.down = (pgm) => {
  pgm.noTransaction();
  pgm.dropIndex('users', 'email', { concurrently: true });
};

exports.up = (pgm) => {
  pgm.noTransaction();
  pgm.sql("CALL zdm.backfill('users', 'country = ''nz''', 'country IS NULL')");
};

exports.down = false;

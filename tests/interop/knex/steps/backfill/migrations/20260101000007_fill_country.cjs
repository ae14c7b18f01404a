exports.config = { transaction: false };

exports.up = (knex) => knex.raw("CALL zdm.backfill('users', 'country = ''nz''', 'country IS NULL')");

exports.down = () => {};

exports.up = async (knex) => {
  await knex.raw("SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users (OPS-1)'");
  await knex.schema.alterTable('users', (table) => { table.index('name'); });
};

exports.down = (knex) => knex.schema.alterTable('users', (table) => { table.dropIndex('name'); });

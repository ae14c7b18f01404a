exports.up = async (knex) => {
  await knex.schema.createTable('users', (table) => {
    table.bigIncrements('id');
    table.text('email');
    table.text('name');
    table.text('note');
    table.timestamp('created_at').index();
  });
};

exports.down = (knex) => knex.schema.dropTable('users');

exports.up = (knex) => knex.schema.alterTable('users', (table) => { table.text('city'); });

exports.down = (knex) => knex.schema.alterTable('users', (table) => { table.dropColumn('city'); });

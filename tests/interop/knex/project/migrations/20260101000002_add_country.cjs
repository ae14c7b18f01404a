exports.up = (knex) => knex.schema.alterTable('users', (table) => { table.text('country'); });

exports.down = (knex) => knex.schema.alterTable('users', (table) => { table.dropColumn('country'); });

exports.up = (knex) => knex.schema.alterTable('users', (table) => { table.index('email'); });

exports.down = (knex) => knex.schema.alterTable('users', (table) => { table.dropIndex('email'); });

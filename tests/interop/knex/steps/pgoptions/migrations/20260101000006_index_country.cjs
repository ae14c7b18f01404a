exports.up = (knex) => knex.schema.alterTable('users', (table) => { table.index('country'); });

exports.down = (knex) => knex.schema.alterTable('users', (table) => { table.dropIndex('country'); });

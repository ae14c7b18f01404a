exports.up = (knex) => knex.schema.alterTable('users', (table) => { table.index('city'); });

exports.down = (knex) => knex.schema.alterTable('users', (table) => { table.dropIndex('city'); });

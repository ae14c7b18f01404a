import { bigserial, index, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

export const users = pgTable('users', {
  id: bigserial('id', { mode: 'number' }).primaryKey(),
  email: text('email'),
  name: text('name'),
  note: text('note'),
  createdAt: timestamp('created_at'),
  country: text('country'),
}, (table) => [index('users_created_at_index').on(table.createdAt)]);

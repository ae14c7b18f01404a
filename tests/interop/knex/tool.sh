# Knex: a transaction for each migration, taken off by `exports.config = { transaction: false }`.
# shellcheck shell=bash disable=SC2034
name=Knex
packages=(node:nodejs npm:npm)
bookkeeping=(knex_migrations knex_migrations_lock)
version() { npm_version knex; }
migrate=(knex migrate:latest --knexfile knexfile.cjs)

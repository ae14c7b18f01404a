# dbmate: a transaction for each migration, taken off by `-- migrate:up transaction:false`; the whole file is one message, so that a file without
# transaction holds one statement.
# shellcheck shell=bash disable=SC2034
name=dbmate
packages=(node:nodejs npm:npm)
bookkeeping=(schema_migrations)
version() { npm_version dbmate; }
migrate=(env PGSSLMODE=disable dbmate --no-dump-schema migrate)

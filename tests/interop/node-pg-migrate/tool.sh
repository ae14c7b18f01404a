# node-pg-migrate: one transaction for all that is pending; pgm.noTransaction() commits what came before and runs one migration outside.
# shellcheck shell=bash disable=SC2034
name=node-pg-migrate
packages=(node:nodejs npm:npm)
bookkeeping=(pgmigrations)
version() { npm_version node-pg-migrate; }
migrate=(node-pg-migrate up)

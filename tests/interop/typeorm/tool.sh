# TypeORM: one transaction for all that is pending, or for each migration (`-t each`), where a class may have `transaction = false`.
# shellcheck shell=bash disable=SC2034
name=TypeORM
packages=(node:nodejs npm:npm)
bookkeeping=(migrations)
version() { npm_version typeorm; }
migrate=(typeorm migration:run -d data-source.js -t each)

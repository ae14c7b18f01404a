# Sequelize: no transaction but those that a migration opens; each call may run on another connection of the pool.
# shellcheck shell=bash disable=SC2034
name=Sequelize
packages=(node:nodejs npm:npm)
bookkeeping=(SequelizeMeta)
version() { npm_version sequelize; }
migrate=(sequelize-cli db:migrate)

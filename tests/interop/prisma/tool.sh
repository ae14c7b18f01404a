# Prisma Migrate: a file is one message, so that a file of several statements is a transaction, and one of one statement is none. A failed
# migration has to be marked as rolled back. The variables keep Prisma from downloading its engines; prisma.config.ts says which one runs.
# shellcheck shell=bash disable=SC2034
name="Prisma Migrate"
packages=(node:nodejs npm:npm)
bookkeeping=(_prisma_migrations)
export PRISMA_SCHEMA_ENGINE_BINARY=/bin/true PRISMA_QUERY_ENGINE_LIBRARY=/bin/true PRISMA_HIDE_UPDATE_MESSAGE=1 CHECKPOINT_DISABLE=1
version() { npm_version prisma; }
migrate=(prisma migrate deploy)
recover=(bash -c 'prisma migrate resolve --rolled-back "$(basename "$(find prisma/migrations -mindepth 1 -type d | sort | tail -n 1)")"')
recover_says="prisma migrate resolve --rolled-back NAME"

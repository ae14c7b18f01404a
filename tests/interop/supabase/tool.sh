# Supabase CLI: one pipeline of messages for each file, which is a transaction; CREATE INDEX CONCURRENTLY and CALL are found and sent alone.
# shellcheck shell=bash disable=SC2034
name="Supabase CLI"
packages=(node:nodejs npm:npm)
bookkeeping=(supabase_migrations.schema_migrations)
version() { npm_version supabase; }
migrate=(bash -c 'supabase db push --db-url "$DATABASE_URL" --yes')

# Drizzle Kit: one transaction for all that is pending, with no way out of it. `drizzle-kit migrate` prints nothing of an error; the program that
# drizzle-orm offers for production (migrate.mjs) prints it.
# shellcheck shell=bash disable=SC2034
name="Drizzle Kit"
packages=(node:nodejs npm:npm)
bookkeeping=(drizzle.__drizzle_migrations)
version() { npm_version drizzle-kit; }
migrate=(drizzle-kit migrate)
explain=(node migrate.mjs)

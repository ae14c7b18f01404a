# sqlx: a transaction for each migration, taken off by a first line `-- no-transaction`; the whole file is one message, so that a file without
# transaction holds one statement.
# shellcheck shell=bash disable=SC2034
name=sqlx
packages=(cargo:cargo)
bookkeeping=(_sqlx_migrations)
install() { cargo_install sqlx-cli 0.9.0 --features postgres; }
version() { "$cache/bin/sqlx" --version | grep -oE '[0-9]+\.[0-9.]+'; }
migrate=(sqlx migrate run)

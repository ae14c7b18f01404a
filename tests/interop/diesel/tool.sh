# diesel: a transaction for each migration, taken off by `run_in_transaction = false` in its metadata.toml; the whole file is one message, so that
# a file without transaction holds one statement.
# shellcheck shell=bash disable=SC2034
name=diesel
packages=(cargo:cargo pg_config:libpq-dev)
bookkeeping=(__diesel_schema_migrations)
install() { cargo_install diesel_cli 2.3.14 --features postgres; }
version() { "$cache/bin/diesel" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1; }
migrate=(diesel migration run)

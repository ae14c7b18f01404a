# refinery: a transaction for each migration, with no way out of it; its driver reads neither PGOPTIONS nor the options of the URL.
# shellcheck shell=bash disable=SC2034
name=refinery
packages=(cargo:cargo)
bookkeeping=(refinery_schema_history)
install() { cargo_install refinery_cli 0.10.0 --features postgresql; }
version() { "$cache/bin/refinery" --version | grep -oE '[0-9]+\.[0-9.]+'; }
migrate=(refinery migrate -e DATABASE_URL -p migrations)
